"""Methods of `Tensor` as functions: ``rv.exp(x)`` is ``x.exp()``.

They hang on the package as in PyTorch. What takes several tensors is in `joining` and
`contraction`.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, Concatenate, ParamSpec, TypeVar

from ranvier import dtypes, ops
from ranvier.errors import DTypeError
from ranvier.tensor import Tensor, _node_of, _wrap, hooks, not_a_tensor
from ranvier.tensors.modes import enable_grad as enable_grad

P = ParamSpec("P")
R = TypeVar("R")


def _free(
    method: Callable[Concatenate[Tensor, P], R],
) -> Callable[Concatenate[Tensor, P], R]:
    """The method as a function that says so when its first argument is no tensor."""
    what = (
        method.__name__.strip("_") if method.__name__[:2] == "__" else method.__name__
    )

    @functools.wraps(method)
    def function(*args: Any, **kwargs: Any) -> R:
        if not args and "input" in kwargs:
            args = (kwargs.pop("input"),)
        if not args or not isinstance(args[0], Tensor):
            raise not_a_tensor(what, args[0] if args else None)
        return method(*args, **kwargs)

    return function


# fmt: off
# arithmetic
add = _free(Tensor.add)
div = divide = true_divide = _free(Tensor.div)
float_power = _free(Tensor.float_power)
floor_divide = _free(Tensor.__floordiv__)
fmod = _free(Tensor.fmod)
matmul = _free(Tensor.__matmul__)
mul = multiply = _free(Tensor.__mul__)
neg = negative = _free(Tensor.__neg__)
positive = _free(Tensor.__pos__)
remainder = _free(Tensor.__mod__)
sub = subtract = _free(Tensor.sub)
# comparison
allclose = _free(Tensor.allclose)
bitwise_and = _free(Tensor.bitwise_and)
bitwise_left_shift = _free(Tensor.bitwise_left_shift)
bitwise_not = _free(Tensor.bitwise_not)
bitwise_or = _free(Tensor.bitwise_or)
bitwise_right_shift = _free(Tensor.bitwise_right_shift)
bitwise_xor = _free(Tensor.bitwise_xor)
eq = _free(Tensor.eq)
ge = greater_equal = _free(Tensor.__ge__)
greater = gt = _free(Tensor.__gt__)
is_nonzero = _free(Tensor.is_nonzero)
isclose = _free(Tensor.isclose)
isfinite = _free(Tensor.isfinite)
isinf = _free(Tensor.isinf)
isnan = _free(Tensor.isnan)
isneginf = _free(Tensor.isneginf)
isposinf = _free(Tensor.isposinf)
isreal = _free(Tensor.isreal)
le = less_equal = _free(Tensor.__le__)
less = lt = _free(Tensor.__lt__)
logical_and = _free(Tensor.logical_and)
logical_not = _free(Tensor.logical_not)
logical_or = _free(Tensor.logical_or)
logical_xor = _free(Tensor.logical_xor)
ne = not_equal = _free(Tensor.ne)
signbit = _free(Tensor.signbit)
# elementwise
abs = absolute = _free(Tensor.abs)
addcdiv = _free(Tensor.addcdiv)
addcmul = _free(Tensor.addcmul)
ceil = _free(Tensor.ceil)
clamp = clip = _free(Tensor.clamp)
clamp_max = _free(Tensor.clamp_max)
clamp_min = _free(Tensor.clamp_min)
copysign = _free(Tensor.copysign)
exp = _free(Tensor.exp)
exp2 = _free(Tensor.exp2)
expm1 = _free(Tensor.expm1)
trunc = fix = _free(Tensor.trunc)
floor = _free(Tensor.floor)
fmax = _free(Tensor.fmax)
fmin = _free(Tensor.fmin)
frac = _free(Tensor.frac)
heaviside = _free(Tensor.heaviside)
lerp = _free(Tensor.lerp)
log = _free(Tensor.log)
log10 = _free(Tensor.log10)
log1p = _free(Tensor.log1p)
log2 = _free(Tensor.log2)
maximum = _free(Tensor.maximum)
minimum = _free(Tensor.minimum)
nan_to_num = _free(Tensor.nan_to_num)
reciprocal = _free(Tensor.reciprocal)
relu = _free(Tensor.relu)
round = _free(Tensor.round)
rsqrt = _free(Tensor.rsqrt)
sign = sgn = _free(Tensor.sign)
sigmoid = _free(Tensor.sigmoid)
sqrt = _free(Tensor.sqrt)
square = _free(Tensor.square)
# special
acos = arccos = _free(Tensor.acos)
acosh = arccosh = _free(Tensor.acosh)
asin = arcsin = _free(Tensor.asin)
asinh = arcsinh = _free(Tensor.asinh)
atan = arctan = _free(Tensor.atan)
atan2 = arctan2 = _free(Tensor.atan2)
atanh = arctanh = _free(Tensor.atanh)
cos = _free(Tensor.cos)
cosh = _free(Tensor.cosh)
deg2rad = _free(Tensor.deg2rad)
digamma = _free(Tensor.digamma)
erf = _free(Tensor.erf)
erfc = _free(Tensor.erfc)
erfinv = _free(Tensor.erfinv)
hypot = _free(Tensor.hypot)
lgamma = _free(Tensor.lgamma)
logaddexp = _free(Tensor.logaddexp)
logaddexp2 = _free(Tensor.logaddexp2)
logit = _free(Tensor.logit)
mvlgamma = _free(Tensor.mvlgamma)
polygamma = _free(Tensor.polygamma)
rad2deg = _free(Tensor.rad2deg)
sin = _free(Tensor.sin)
sinc = _free(Tensor.sinc)
sinh = _free(Tensor.sinh)
tan = _free(Tensor.tan)
tanh = _free(Tensor.tanh)
xlogy = _free(Tensor.xlogy)
# handle
clone = _free(Tensor.clone)
is_same_size = _free(Tensor.is_same_size)
numel = _free(Tensor.numel)
# movement
adjoint = _free(Tensor.adjoint)
broadcast_to = _free(Tensor.broadcast_to)
flatten = _free(Tensor.flatten)
movedim = moveaxis = _free(Tensor.movedim)
permute = _free(Tensor.permute)
ravel = _free(Tensor.ravel)
reshape = _free(Tensor.reshape)
squeeze = _free(Tensor.squeeze)
transpose = swapaxes = swapdims = _free(Tensor.transpose)
t = _free(Tensor.t)
unflatten = _free(Tensor.unflatten)
unsqueeze = _free(Tensor.unsqueeze)
# pieces
chunk = _free(Tensor.chunk)
diag = _free(Tensor.diag)
diag_embed = _free(Tensor.diag_embed)
diagflat = _free(Tensor.diagflat)
diagonal = _free(Tensor.diagonal)
dsplit = _free(Tensor.dsplit)
flip = _free(Tensor.flip)
fliplr = _free(Tensor.fliplr)
flipud = _free(Tensor.flipud)
hsplit = _free(Tensor.hsplit)
narrow = _free(Tensor.narrow)
repeat_interleave = _free(Tensor.repeat_interleave)
roll = _free(Tensor.roll)
rot90 = _free(Tensor.rot90)
select = _free(Tensor.select)
split = _free(Tensor.split)
split_with_sizes = _free(Tensor.split_with_sizes)
tensor_split = _free(Tensor.tensor_split)
tile = _free(Tensor.tile)
tril = _free(Tensor.tril)
triu = _free(Tensor.triu)
unbind = _free(Tensor.unbind)
vsplit = _free(Tensor.vsplit)
# reduction
all = _free(Tensor.all)
amax = _free(Tensor.amax)
amin = _free(Tensor.amin)
aminmax = _free(Tensor.aminmax)
any = _free(Tensor.any)
argmax = _free(Tensor.argmax)
argmin = _free(Tensor.argmin)
count_nonzero = _free(Tensor.count_nonzero)
log_softmax = _free(Tensor.log_softmax)
logsumexp = _free(Tensor.logsumexp)
max = _free(Tensor.max)
mean = _free(Tensor.mean)
min = _free(Tensor.min)
nanmean = _free(Tensor.nanmean)
nansum = _free(Tensor.nansum)
prod = _free(Tensor.prod)
softmax = _free(Tensor.softmax)
sum = _free(Tensor.sum)
# picking
argwhere = _free(Tensor.argwhere)
gather = _free(Tensor.gather)
index_add = _free(Tensor.index_add)
index_reduce = _free(Tensor.index_reduce)
index_copy = _free(Tensor.index_copy)
index_fill = _free(Tensor.index_fill)
index_select = _free(Tensor.index_select)
masked_fill = _free(Tensor.masked_fill)
masked_scatter = _free(Tensor.masked_scatter)
masked_select = _free(Tensor.masked_select)
nonzero = _free(Tensor.nonzero)
scatter = _free(Tensor.scatter)
scatter_add = _free(Tensor.scatter_add)
scatter_reduce = _free(Tensor.scatter_reduce)
take = _free(Tensor.take)
take_along_dim = _free(Tensor.take_along_dim)
# running
cummax = _free(Tensor.cummax)
cummin = _free(Tensor.cummin)
cumprod = _free(Tensor.cumprod)
cumsum = _free(Tensor.cumsum)
cumulative_trapezoid = _free(Tensor.cumulative_trapezoid)
diff = _free(Tensor.diff)
logcumsumexp = _free(Tensor.logcumsumexp)
trapezoid = trapz = _free(Tensor.trapezoid)
# order
argsort = _free(Tensor.argsort)
bincount = _free(Tensor.bincount)
histc = _free(Tensor.histc)
kthvalue = _free(Tensor.kthvalue)
median = _free(Tensor.median)
mode = _free(Tensor.mode)
msort = _free(Tensor.msort)
nanmedian = _free(Tensor.nanmedian)
nanquantile = _free(Tensor.nanquantile)
quantile = _free(Tensor.quantile)
sort = _free(Tensor.sort)
topk = _free(Tensor.topk)
unique = _free(Tensor.unique)
unique_consecutive = _free(Tensor.unique_consecutive)
# statistics
corrcoef = _free(Tensor.corrcoef)
cov = _free(Tensor.cov)
dist = _free(Tensor.dist)
norm = _free(Tensor.norm)
renorm = _free(Tensor.renorm)
std = _free(Tensor.std)
std_mean = _free(Tensor.std_mean)
var = _free(Tensor.var)
var_mean = _free(Tensor.var_mean)
# solving
cholesky = _free(Tensor.cholesky)
det = _free(Tensor.det)
inverse = _free(Tensor.inverse)
logdet = _free(Tensor.logdet)
pinverse = _free(Tensor.pinverse)
qr = _free(Tensor.qr)
slogdet = _free(Tensor.slogdet)
svd = _free(Tensor.svd)
# linear
addbmm = _free(Tensor.addbmm)
addmm = _free(Tensor.addmm)
addmv = _free(Tensor.addmv)
addr = _free(Tensor.addr)
baddbmm = _free(Tensor.baddbmm)
bmm = _free(Tensor.bmm)
cdist = _free(Tensor.cdist)
cross = _free(Tensor.cross)
dot = vdot = _free(Tensor.dot)
outer = ger = _free(Tensor.outer)
inner = _free(Tensor.inner)
kron = _free(Tensor.kron)
matrix_power = _free(Tensor.matrix_power)
mm = _free(Tensor.mm)
mv = _free(Tensor.mv)
trace = _free(Tensor.trace)
# conversion
is_complex = _free(Tensor.is_complex)
is_signed = _free(Tensor.is_signed)
# inplace
abs_ = _free(Tensor.abs_)
ceil_ = _free(Tensor.ceil_)
clamp_ = _free(Tensor.clamp_)
cos_ = _free(Tensor.cos_)
detach_ = _free(Tensor.detach_)
exp_ = _free(Tensor.exp_)
fill_ = _free(Tensor.fill_)
floor_ = _free(Tensor.floor_)
index_put = _free(Tensor.index_put)
log_ = _free(Tensor.log_)
neg_ = _free(Tensor.neg_)
reciprocal_ = _free(Tensor.reciprocal_)
relu_ = _free(Tensor.relu_)
round_ = _free(Tensor.round_)
rsqrt_ = _free(Tensor.rsqrt_)
sigmoid_ = _free(Tensor.sigmoid_)
sin_ = _free(Tensor.sin_)
sqrt_ = _free(Tensor.sqrt_)
square_ = _free(Tensor.square_)
tanh_ = _free(Tensor.tanh_)
zero_ = _free(Tensor.zero_)
# drawing
bernoulli = _free(Tensor.bernoulli)
multinomial = _free(Tensor.multinomial)
# tensor
detach = _free(Tensor.detach)
# fmt: on


def pow(input: Any, exponent: Any) -> Tensor:
    """``input ** exponent``; one of them may be a number."""
    if isinstance(input, Tensor):
        return input.pow(exponent)
    if not isinstance(exponent, Tensor):
        raise not_a_tensor("pow", input)
    return exponent.__rpow__(input)


def where(condition: Tensor, input: Any = None, other: Any = None) -> Any:
    """`input` where `condition` is true, else `other`; all three broadcast. With the
    condition alone, ``condition.nonzero(as_tuple=True)``.
    """
    if not isinstance(condition, Tensor):
        raise not_a_tensor("where", condition)
    if input is None and other is None:
        return condition.nonzero(as_tuple=True)
    like = next((v for v in (input, other) if isinstance(v, Tensor)), None)
    if like is None:
        like = _wrap(ops.const(0.0, dtypes.float32))
        if isinstance(input, int) and isinstance(other, int):
            like = _wrap(ops.const(0, dtypes.int64))
    a, b = _node_of(input, like), _node_of(other, like)
    return _wrap(ops.where(condition._node, a, b))


def rsub(input: Tensor, other: Any, *, alpha: float = 1) -> Tensor:
    """``other - alpha * input``."""
    return (input if alpha == 1 else input * alpha).__rsub__(other)


def equal(input: Tensor, other: Tensor) -> bool:
    """Whether both have the same shape and the same values."""
    return input.equal(other)


def is_tensor(obj: Any) -> bool:
    """Whether `obj` is a tensor."""
    return isinstance(obj, Tensor)


def is_floating_point(input: Tensor) -> bool:
    """Whether it holds float32 or float64."""
    return input.dtype.is_float


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
