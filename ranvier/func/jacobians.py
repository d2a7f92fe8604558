"""Derivatives of functions that give any tensors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ranvier import ops, tree
from ranvier.derivatives import (
    Argnums,
    Function,
    chosen_of,
    columns,
    inner,
    replaced,
    rows,
    stand_ins,
    tracked,
    value_and_grad,
)
from ranvier.errors import GradientError, ShapeError
from ranvier.graph import Node
from ranvier.tensor import NoGrad, Tensor, _wrap, gradient_nodes
from ranvier.tensors.creation import as_tensor

Blocks = Callable[[Node, list[Node], bool], list[Tensor]]


def grad_and_value(
    func: Function, argnums: Argnums = 0, has_aux: bool = False
) -> Function:
    """As `rv.value_and_grad`, but the function gives (gradient, value).

    >>> import ranvier as rv
    >>> rv.func.grad_and_value(lambda x: x**2)(rv.tensor(3.0))
    (tensor(6.), tensor(9.))
    """
    both = value_and_grad(func, argnums, has_aux)

    def run(*args: Any, **kwargs: Any) -> Any:
        value, gradients = both(*args, **kwargs)
        return gradients, value

    return run


def vjp(func: Function, *primals: Any, has_aux: bool = False) -> Any:
    """(func(primals), function): the function turns weights v, like the value, into the
    gradients of v · func by every primal. With `has_aux`, func gives (value, anything)
    and that comes third.

    >>> import ranvier as rv
    >>> value, back = rv.func.vjp(lambda x: x**2, rv.tensor([1.0, 2.0]))
    >>> back(rv.tensor([1.0, 10.0]))
    (tensor([ 2., 40.]),)
    """
    with NoGrad(True):
        inputs, new = stand_ins(list(primals))
        out = func(*new)
        value, aux = out if has_aux else (out, None)
        ys = [y._node for y in _tensors("vjp", value)]
        outer = any(tracked(y, inputs) for y in ys)

    def back(*cotangents: Any) -> Any:
        given = cotangents[0] if len(cotangents) == 1 else cotangents
        seeds = [as_tensor(v)._node for v in tree.leaves(given)]
        have, want = [s.shape for s in seeds], [y.shape for y in ys]
        if have != want:
            raise ShapeError(f"vjp: weights of shapes {have} for values of {want}.")
        with NoGrad(True):
            total = inner(ys, seeds)
            further = outer or any(s.rg for s in seeds)
            found = gradient_nodes(total, ops.like(total, 1.0), inputs, further)
        return tuple(tree.rebuild(list(primals), iter([_wrap(g) for g in found])))

    shown = tree.rebuild(
        value, iter([_wrap(y if outer else ops.detach(y)) for y in ys])
    )
    return (shown, back, aux) if has_aux else (shown, back)


def jacrev(
    func: Function,
    argnums: Argnums = 0,
    *,
    has_aux: bool = False,
    chunk_size: int | None = None,
) -> Function:
    """The function that gives J, one reverse sweep an element of the result: for a
    result of shape s and an argument of shape t a tensor of shape s + t.

    Results and arguments may be trees: a tree of trees. With a tuple of `argnums`,
    tuples in the place of the arguments. `chunk_size` changes nothing.

    >>> import ranvier as rv
    >>> rv.func.jacrev(lambda x: x**2)(rv.tensor([1.0, 2.0]))
    tensor([[2., 0.],
            [0., 4.]])
    """
    return _jacobian("jacrev", func, argnums, has_aux, rows)


def jacfwd(
    func: Function,
    argnums: Argnums = 0,
    has_aux: bool = False,
    *,
    randomness: str = "error",
) -> Function:
    """As `jacrev`, one forward sweep an element of the arguments: better where there
    are fewer of those.
    """
    return _jacobian("jacfwd", func, argnums, has_aux, columns)


def hessian(func: Function, argnums: Argnums = 0) -> Function:
    """The Jacobian of the Jacobian, of a function that gives any tensors: for a result
    of shape s and an argument of shape t a tensor of shape s + t + t.

    >>> import ranvier as rv
    >>> rv.func.hessian(lambda x: (x**3).sum())(rv.tensor([1.0, 2.0]))
    tensor([[ 6.,  0.],
            [ 0., 12.]])
    """
    return jacrev(jacrev(func, argnums), argnums)


def _jacobian(
    what: str, func: Function, argnums: Argnums, has_aux: bool, blocks: Blocks
) -> Function:
    def run(*args: Any, **kwargs: Any) -> Any:
        chosen = chosen_of(argnums, len(args))
        given = [args[i] for i in chosen]
        with NoGrad(True):
            inputs, new = stand_ins(given)
            out = func(*replaced(args, chosen, new), **kwargs)
            value, aux = out if has_aux else (out, None)
            ys = [y._node for y in _tensors(what, value)]
            outer = any(tracked(y, inputs) for y in ys)
            found = [tree.rebuild(given, iter(blocks(y, inputs, outer))) for y in ys]
        parts = (f[0] if isinstance(argnums, int) else tuple(f) for f in found)
        whole = tree.rebuild(value, parts)
        return (whole, aux) if has_aux else whole

    return run


def _tensors(what: str, value: Any) -> list[Tensor]:
    found = tree.leaves(value)
    for y in found:
        if not isinstance(y, Tensor) or not y.dtype.is_float:
            kind = y.dtype.name if isinstance(y, Tensor) else type(y).__name__
            raise GradientError(
                f"{what}: the function gave {kind}; expected tensors of floating point."
            )
    return found
