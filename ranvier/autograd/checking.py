"""Gradients checked against differences, under PyTorch's names."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ranvier import tree
from ranvier.autograd.by_tensors import grad
from ranvier.derivatives import check_gradients
from ranvier.errors import GradientError, UnsupportedError
from ranvier.tensor import Tensor
from ranvier.tensors.creation import full

_UNUSED = {
    "check_batched_grad": False,
    "check_batched_forward_grad": False,
    "check_forward_ad": False,
    "masked": None,
}


def gradcheck(
    func: Callable[..., Any],
    inputs: Tensor | Sequence[Any],
    *,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    raise_exception: bool = True,
    nondet_tol: float = 0.0,
    check_undefined_grad: bool = True,
    check_grad_dtypes: bool = False,
    check_backward_ad: bool = True,
    fast_mode: bool = False,
    **options: Any,
) -> bool:
    """Compare the gradients of `func` by the inputs that require one with differences,
    in float64, as `rv.check_gradients`; all results are weighted and added up.

    Raises GradientError that names the worst entry; False with
    ``raise_exception=False``. UnsupportedError for checks in forward mode.

    >>> import ranvier as rv
    >>> x = rv.tensor([1.0, 2.0], dtype=rv.float64, requires_grad=True)
    >>> rv.autograd.gradcheck(lambda x: x.exp(), (x,))
    True
    """
    _refuse("gradcheck", options)
    given = [inputs] if isinstance(inputs, Tensor) else list(inputs)
    places = [
        i for i, x in enumerate(given) if isinstance(x, Tensor) and x.requires_grad
    ]
    if not places:
        raise GradientError(
            "gradcheck: none of the inputs requires a gradient; make one with "
            "requires_grad=True."
        )

    def of(*xs: Tensor) -> Any:
        args = list(given)
        for i, x in zip(places, xs, strict=True):
            args[i] = x
        return [y for y in tree.leaves(func(*args)) if y.dtype.is_float]

    try:
        return check_gradients(of, tuple(given[i] for i in places), eps, atol, rtol)
    except GradientError:
        if raise_exception:
            raise
        return False


def gradgradcheck(
    func: Callable[..., Any],
    inputs: Tensor | Sequence[Any],
    grad_outputs: Tensor | Sequence[Tensor] | None = None,
    *,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    raise_exception: bool = True,
    **options: Any,
) -> bool:
    """`gradcheck` of the gradient of `func`, weighted with `grad_outputs`.

    >>> import ranvier as rv
    >>> x = rv.tensor([1.0, 2.0], dtype=rv.float64, requires_grad=True)
    >>> rv.autograd.gradgradcheck(lambda x: x**3, (x,))
    True
    """
    _refuse("gradgradcheck", options)
    given = [inputs] if isinstance(inputs, Tensor) else list(inputs)
    learnt = [isinstance(x, Tensor) and x.requires_grad for x in given]

    def gradients(*args: Any) -> list[Tensor]:
        xs = [x.requires_grad_() for x, on in zip(args, learnt, strict=True) if on]
        ys = [y for y in tree.leaves(func(*args)) if y.requires_grad]
        seeds = grad_outputs
        if seeds is None:
            seeds = [full(y.shape, 1 + 0.25 * i) for i, y in enumerate(ys)]
        found = grad(ys, xs, seeds, create_graph=True, materialize_grads=True)
        return [g for g in found if g is not None]

    return gradcheck(
        gradients, given, eps=eps, atol=atol, rtol=rtol, raise_exception=raise_exception
    )


def _refuse(what: str, options: dict[str, Any]) -> None:
    for name, value in options.items():
        if name not in _UNUSED:
            raise UnsupportedError(f"{what}: there is no option {name!r}.")
        if value != _UNUSED[name]:
            raise UnsupportedError(
                f"{what}: {name}={value!r} is not supported; leave it out."
            )
