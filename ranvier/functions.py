"""Methods of `Tensor` as functions: ``rv.exp(x)`` is ``x.exp()``, and a few that take
lists.

They hang on the package as in PyTorch.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from contextlib import ContextDecorator
from typing import Any, Concatenate, ParamSpec, TypeVar

from ranvier import dtypes, ops
from ranvier.errors import DTypeError, ShapeError
from ranvier.graph import grad_mode
from ranvier.tensor import NoGrad, Tensor, _node_of, _wrap, hooks, not_a_tensor

P = ParamSpec("P")
R = TypeVar("R")


def _free(
    method: Callable[Concatenate[Tensor, P], R],
) -> Callable[Concatenate[Tensor, P], R]:
    """The method as a function that says so when its first argument is no tensor."""

    @functools.wraps(method)
    def function(input: Tensor, /, *args: P.args, **kwargs: P.kwargs) -> R:
        if not isinstance(input, Tensor):
            raise not_a_tensor(method.__name__, input)
        return method(input, *args, **kwargs)

    return function


# fmt: off
# arithmetic
add = _free(Tensor.add)
sub = subtract = _free(Tensor.sub)
mul = multiply = _free(Tensor.__mul__)
div = divide = true_divide = _free(Tensor.__truediv__)
floor_divide = _free(Tensor.__floordiv__)
remainder = _free(Tensor.__mod__)
neg = negative = _free(Tensor.__neg__)
pow = _free(Tensor.__pow__)
matmul = mm = bmm = mv = dot = _free(Tensor.__matmul__)
maximum = _free(Tensor.maximum)
minimum = _free(Tensor.minimum)
eq = _free(Tensor.eq)
ne = _free(Tensor.ne)
lt = _free(Tensor.__lt__)
le = _free(Tensor.__le__)
gt = _free(Tensor.__gt__)
ge = _free(Tensor.__ge__)
logical_and = _free(Tensor.__and__)
logical_or = _free(Tensor.__or__)
logical_not = _free(Tensor.logical_not)

# element by element
abs = absolute = _free(Tensor.abs)
sign = _free(Tensor.sign)
exp = _free(Tensor.exp)
expm1 = _free(Tensor.expm1)
log = _free(Tensor.log)
log1p = _free(Tensor.log1p)
log2 = _free(Tensor.log2)
log10 = _free(Tensor.log10)
sqrt = _free(Tensor.sqrt)
rsqrt = _free(Tensor.rsqrt)
square = _free(Tensor.square)
reciprocal = _free(Tensor.reciprocal)
sin = _free(Tensor.sin)
cos = _free(Tensor.cos)
tanh = _free(Tensor.tanh)
sigmoid = _free(Tensor.sigmoid)
relu = _free(Tensor.relu)
erf = _free(Tensor.erf)
floor = _free(Tensor.floor)
ceil = _free(Tensor.ceil)
round = _free(Tensor.round)
clamp = clip = _free(Tensor.clamp)
isnan = _free(Tensor.isnan)
isinf = _free(Tensor.isinf)
isfinite = _free(Tensor.isfinite)

# reductions
sum = _free(Tensor.sum)
mean = _free(Tensor.mean)
prod = _free(Tensor.prod)
var = _free(Tensor.var)
std = _free(Tensor.std)
norm = _free(Tensor.norm)
amax = _free(Tensor.amax)
amin = _free(Tensor.amin)
max = _free(Tensor.max)
min = _free(Tensor.min)
argmax = _free(Tensor.argmax)
argmin = _free(Tensor.argmin)
all = _free(Tensor.all)
any = _free(Tensor.any)
softmax = _free(Tensor.softmax)
log_softmax = _free(Tensor.log_softmax)
logsumexp = _free(Tensor.logsumexp)

# shape
reshape = _free(Tensor.reshape)
flatten = _free(Tensor.flatten)
squeeze = _free(Tensor.squeeze)
unsqueeze = _free(Tensor.unsqueeze)
permute = _free(Tensor.permute)
transpose = _free(Tensor.transpose)
t = _free(Tensor.t)
flip = _free(Tensor.flip)
split = _free(Tensor.split)
chunk = _free(Tensor.chunk)
cumsum = _free(Tensor.cumsum)
cumprod = _free(Tensor.cumprod)
sort = _free(Tensor.sort)
argsort = _free(Tensor.argsort)
topk = _free(Tensor.topk)
gather = _free(Tensor.gather)
scatter = _free(Tensor.scatter)
scatter_add = _free(Tensor.scatter_add)
index_select = _free(Tensor.index_select)
take_along_dim = _free(Tensor.take_along_dim)
clone = _free(Tensor.clone)
numel = _free(Tensor.numel)
# fmt: on


def _tensors(tensors: Sequence[Tensor], what: str) -> list[Tensor]:
    found = list(tensors)
    if not found:
        raise ShapeError(f"{what}: got no tensors; it needs at least one.")
    for value in found:
        if not isinstance(value, Tensor):
            raise not_a_tensor(what, value)
    return found


def cat(tensors: Sequence[Tensor], dim: int = 0) -> Tensor:
    """The tensors one after the other along `dim`; all other sizes are equal.

    >>> import ranvier as rv
    >>> rv.cat([rv.tensor([1, 2]), rv.tensor([3])])
    tensor([1, 2, 3])
    """
    return _wrap(ops.concat([x._node for x in _tensors(tensors, "cat")], dim))


def stack(tensors: Sequence[Tensor], dim: int = 0) -> Tensor:
    """Tensors of one shape, along a new dimension `dim`.

    >>> import ranvier as rv
    >>> rv.stack([rv.tensor([1, 2]), rv.tensor([3, 4])]).shape
    (2, 2)
    """
    found = _tensors(tensors, "stack")
    for x in found:
        if x.shape != found[0].shape:
            raise ShapeError(
                f"stack: shapes {found[0].shape} and {x.shape} differ; all must be "
                "equal. rv.cat joins along a dimension that is there already."
            )
    d = ops.axis(dim, found[0].ndim + 1, "stack")
    shape = (*found[0].shape[:d], 1, *found[0].shape[d:])
    return _wrap(ops.concat([ops.reshape(x._node, shape) for x in found], d))


def where(condition: Tensor, input: Any, other: Any) -> Tensor:
    """`input` where `condition` is true, else `other`; all three broadcast."""
    if not isinstance(condition, Tensor):
        raise not_a_tensor("where", condition)
    like = next((v for v in (input, other) if isinstance(v, Tensor)), None)
    if like is None:
        like = _wrap(ops.const(0.0, dtypes.float32))
        if isinstance(input, int) and isinstance(other, int):
            like = _wrap(ops.const(0, dtypes.int64))
    a, b = _node_of(input, like), _node_of(other, like)
    return _wrap(ops.where(condition._node, a, b))


def outer(input: Tensor, vec2: Tensor) -> Tensor:
    """``y[i, j] = input[i] * vec2[j]``."""
    return input.unsqueeze(1) * vec2.unsqueeze(0)


def equal(input: Tensor, other: Tensor) -> bool:
    """Whether both have the same shape and the same values."""
    if input.shape != other.shape:
        return False
    return bool((input == other).all())


def isclose(
    input: Tensor,
    other: Tensor,
    rtol: float = 1e-05,
    atol: float = 1e-08,
    equal_nan: bool = False,
) -> Tensor:
    """``|input - other| <= atol + rtol * |other|`` element by element."""
    a, b = input.detach(), other.detach()
    close = ((a - b).abs() <= b.abs() * rtol + atol) | (a == b)
    return close | (a.isnan() & b.isnan()) if equal_nan else close


def allclose(
    input: Tensor,
    other: Tensor,
    rtol: float = 1e-05,
    atol: float = 1e-08,
    equal_nan: bool = False,
) -> bool:
    """Whether `isclose` everywhere."""
    return bool(isclose(input, other, rtol, atol, equal_nan).all())


def is_tensor(obj: Any) -> bool:
    """Whether `obj` is a tensor."""
    return isinstance(obj, Tensor)


def is_floating_point(input: Tensor) -> bool:
    """Whether it holds float32 or float64."""
    return input.dtype.is_float


# ---- whether gradients are recorded --------------------------------------------------


class no_grad(NoGrad, ContextDecorator):
    """Nodes made inside do not remember where they came from.

    A context, ``with rv.no_grad():``, and a decorator, with or without brackets.

    >>> import ranvier as rv
    >>> x = rv.tensor(2.0, requires_grad=True)
    >>> with rv.no_grad():
    ...     y = x * x
    >>> y.requires_grad
    False
    """

    def __new__(cls, function: Callable[..., Any] | None = None) -> Any:
        made = super().__new__(cls)
        return made if function is None else made(function)

    def __init__(self, function: Callable[..., Any] | None = None) -> None:
        super().__init__(False)

    def _recreate_cm(self) -> no_grad:
        return type(self)()


class enable_grad(no_grad):
    """Nodes made inside remember where they came from, also within `no_grad`."""

    def __init__(self, function: Callable[..., Any] | None = None) -> None:
        NoGrad.__init__(self, True)


class set_grad_enabled(NoGrad):
    """Switch gradients on or off: at once when called, and back when
    left as a context.
    """

    def __init__(self, mode: bool) -> None:
        super().__init__(bool(mode))
        self.before.append(grad_mode.enabled)
        grad_mode.enabled = self.mode

    def __enter__(self) -> None:
        grad_mode.enabled = self.mode


inference_mode = no_grad


def is_grad_enabled() -> bool:
    """Whether new nodes remember where they came from."""
    return grad_mode.enabled


def probe(name: str, tensor: Tensor) -> Tensor:
    """`tensor` itself; in a compiled step it can be watched under `name`.

    ``step.over(loader, watch=rv.Watch(every=100))`` records the value every 100 steps,
    of any shape. Without a watch, and in a plain loop, it costs nothing. What only the
    probe needs is computed only in the steps that record.

    >>> import ranvier as rv
    >>> double = rv.compile(lambda x: rv.probe("twice", 2 * x).sum())
    >>> watch = rv.Watch()
    >>> double.over(rv.ones(3, 2), watch=watch)
    tensor([12.])
    >>> watch.history["twice"].shape
    (1, 3, 2)
    """
    if not isinstance(name, str):
        raise DTypeError(
            f"probe: the name is {name!r:.40}; expected a text, as in "
            'rv.probe("hidden", h).'
        )
    if not isinstance(tensor, Tensor):
        raise not_a_tensor("probe", tensor)
    if hooks.recorder is not None:
        hooks.recorder.probes.append((name, tensor._node))
    return tensor
