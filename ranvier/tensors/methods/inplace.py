"""In-place forms: the handle gets a new node."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, Concatenate, ParamSpec, Self, TypeVar

from ranvier import ops
from ranvier.errors import DTypeError, ShapeError, ValueRangeError
from ranvier.graph import Node
from ranvier.tensors.methods.conversion import Conversion
from ranvier.tensors.methods.operands import node_of

P = ParamSpec("P")
S = TypeVar("S", bound=Conversion)


def _in_place(
    method: Callable[Concatenate[Any, P], Any], reshaped: bool = False
) -> Callable[Concatenate[S, P], S]:
    """The method so that its result becomes the tensor's own value."""
    what = f"{method.__name__}_"

    @functools.wraps(method)
    def write(self: S, /, *args: P.args, **kwargs: P.kwargs) -> S:
        # What a view of itself stands for goes on; it is no view that is in use.
        node = _alone(self, method(self, *args, **kwargs))
        return self._assign(node, what, reshaped)

    write.__name__ = what
    write.__doc__ = f"In-place {method.__name__}."
    return write


def _alone(tensor: Conversion, result: Any) -> Node:
    """The node of a result of which nobody else has the handle."""
    if tensor._views and tensor._views[-1]() is result:
        tensor._views.pop()
    node: Node = result._node
    return node


class InPlace(Conversion):
    """In-place forms."""

    __slots__ = ()

    # fmt: off
    abs_ = _in_place(Conversion.abs)
    acos_ = _in_place(Conversion.acos)
    acosh_ = _in_place(Conversion.acosh)
    add_ = _in_place(Conversion.add)
    addbmm_ = _in_place(Conversion.addbmm)
    addcdiv_ = _in_place(Conversion.addcdiv)
    addcmul_ = _in_place(Conversion.addcmul)
    addmm_ = _in_place(Conversion.addmm)
    addmv_ = _in_place(Conversion.addmv)
    addr_ = _in_place(Conversion.addr)
    asin_ = _in_place(Conversion.asin)
    asinh_ = _in_place(Conversion.asinh)
    atan_ = _in_place(Conversion.atan)
    atan2_ = _in_place(Conversion.atan2)
    atanh_ = _in_place(Conversion.atanh)
    baddbmm_ = _in_place(Conversion.baddbmm)
    bitwise_and_ = _in_place(Conversion.bitwise_and)
    bitwise_left_shift_ = _in_place(Conversion.bitwise_left_shift)
    bitwise_not_ = _in_place(Conversion.bitwise_not)
    bitwise_or_ = _in_place(Conversion.bitwise_or)
    bitwise_right_shift_ = _in_place(Conversion.bitwise_right_shift)
    bitwise_xor_ = _in_place(Conversion.bitwise_xor)
    ceil_ = _in_place(Conversion.ceil)
    clamp_ = _in_place(Conversion.clamp)
    clamp_max_ = _in_place(Conversion.clamp_max)
    clamp_min_ = _in_place(Conversion.clamp_min)
    cos_ = _in_place(Conversion.cos)
    cosh_ = _in_place(Conversion.cosh)
    copysign_ = _in_place(Conversion.copysign)
    cumprod_ = _in_place(Conversion.cumprod)
    cumsum_ = _in_place(Conversion.cumsum)
    deg2rad_ = _in_place(Conversion.deg2rad)
    digamma_ = _in_place(Conversion.digamma)
    eq_ = _in_place(Conversion.eq)
    erf_ = _in_place(Conversion.erf)
    erfc_ = _in_place(Conversion.erfc)
    erfinv_ = _in_place(Conversion.erfinv)
    exp_ = _in_place(Conversion.exp)
    exp2_ = _in_place(Conversion.exp2)
    expm1_ = _in_place(Conversion.expm1)
    float_power_ = _in_place(Conversion.float_power)
    floor_ = _in_place(Conversion.floor)
    floor_divide_ = _in_place(Conversion.__floordiv__)
    fmod_ = _in_place(Conversion.fmod)
    frac_ = _in_place(Conversion.frac)
    ge_ = _in_place(Conversion.__ge__)
    greater_ = _in_place(Conversion.__gt__)
    greater_equal_ = _in_place(Conversion.__ge__)
    gt_ = _in_place(Conversion.__gt__)
    heaviside_ = _in_place(Conversion.heaviside)
    hypot_ = _in_place(Conversion.hypot)
    index_add_ = _in_place(Conversion.index_add)
    index_reduce_ = _in_place(Conversion.index_reduce)
    index_copy_ = _in_place(Conversion.index_copy)
    index_fill_ = _in_place(Conversion.index_fill)
    le_ = _in_place(Conversion.__le__)
    lerp_ = _in_place(Conversion.lerp)
    less_ = _in_place(Conversion.__lt__)
    less_equal_ = _in_place(Conversion.__le__)
    lgamma_ = _in_place(Conversion.lgamma)
    log_ = _in_place(Conversion.log)
    log10_ = _in_place(Conversion.log10)
    log1p_ = _in_place(Conversion.log1p)
    log2_ = _in_place(Conversion.log2)
    logical_and_ = _in_place(Conversion.logical_and)
    logical_not_ = _in_place(Conversion.logical_not)
    logical_or_ = _in_place(Conversion.logical_or)
    logical_xor_ = _in_place(Conversion.logical_xor)
    logit_ = _in_place(Conversion.logit)
    lt_ = _in_place(Conversion.__lt__)
    masked_fill_ = _in_place(Conversion.masked_fill)
    masked_scatter_ = _in_place(Conversion.masked_scatter)
    mul_ = _in_place(Conversion.__mul__)
    multiply_ = _in_place(Conversion.__mul__)
    nan_to_num_ = _in_place(Conversion.nan_to_num)
    ne_ = _in_place(Conversion.ne)
    neg_ = _in_place(Conversion.__neg__)
    negative_ = _in_place(Conversion.__neg__)
    pow_ = _in_place(Conversion.__pow__)
    rad2deg_ = _in_place(Conversion.rad2deg)
    reciprocal_ = _in_place(Conversion.reciprocal)
    relu_ = _in_place(Conversion.relu)
    remainder_ = _in_place(Conversion.__mod__)
    renorm_ = _in_place(Conversion.renorm)
    round_ = _in_place(Conversion.round)
    rsqrt_ = _in_place(Conversion.rsqrt)
    scatter_ = _in_place(Conversion.scatter)
    scatter_add_ = _in_place(Conversion.scatter_add)
    scatter_reduce_ = _in_place(Conversion.scatter_reduce)
    sigmoid_ = _in_place(Conversion.sigmoid)
    sign_ = _in_place(Conversion.sign)
    sin_ = _in_place(Conversion.sin)
    sinc_ = _in_place(Conversion.sinc)
    sinh_ = _in_place(Conversion.sinh)
    sqrt_ = _in_place(Conversion.sqrt)
    square_ = _in_place(Conversion.square)
    sub_ = _in_place(Conversion.sub)
    tan_ = _in_place(Conversion.tan)
    tanh_ = _in_place(Conversion.tanh)
    tril_ = _in_place(Conversion.tril)
    triu_ = _in_place(Conversion.triu)
    trunc_ = _in_place(Conversion.trunc)
    xlogy_ = _in_place(Conversion.xlogy)
    squeeze_ = _in_place(Conversion.squeeze, True)
    unsqueeze_ = _in_place(Conversion.unsqueeze, True)
    t_ = _in_place(Conversion.t, True)
    transpose_ = _in_place(Conversion.transpose, True)
    absolute_ = abs_
    arccos_ = acos_
    arccosh_ = acosh_
    arcsin_ = asin_
    arcsinh_ = asinh_
    arctan2_ = atan2_
    arctan_ = atan_
    arctanh_ = atanh_
    clip_ = clamp_
    fix_ = trunc_
    not_equal_ = ne_
    sgn_ = sign_
    subtract_ = sub_
    swapaxes_ = transpose_
    swapdims_ = transpose_
    # fmt: on

    def div_(self, other: Any, *, rounding_mode: str | None = None) -> Self:
        """In-place div."""
        if not (self.dtype.is_float or rounding_mode):
            raise DTypeError(
                f"div_ of {self.dtype.name}: the result has a floating type; use the "
                "form without the underscore."
            )
        out = self.div(other, rounding_mode=rounding_mode)
        return self._assign(out._node, "div_")

    divide_ = div_
    true_divide_ = div_

    def zero_(self) -> Self:
        """Set every element to 0."""
        return self._fill(0, "zero_")

    def fill_(self, value: Any) -> Self:
        """Set every element to `value`."""
        node = node_of(value, self)
        if node.shape:
            raise ShapeError(f"fill_: a value of shape {node.shape}; it is one number.")
        return self._fill(value, "fill_")

    def _fill(self, value: Any, what: str) -> Self:
        return self._assign(ops.expand(node_of(value, self), self.shape), what)

    def fill_diagonal_(self, fill_value: Any, wrap: bool = False) -> Self:
        """Set the diagonal of a matrix to `fill_value`; with `wrap` it begins again
        below a tall matrix's last column.
        """
        if self.ndim < 2 or (self.ndim > 2 and len(set(self.shape)) > 1):
            raise ShapeError(
                f"fill_diagonal_: {self.shape}; a matrix, or equal sizes, are expected."
            )
        if self.ndim > 2:
            raise ShapeError(f"fill_diagonal_: {self.shape}; a matrix is expected.")
        n, m = self.shape
        i, j = ops.reshape(ops.iota(n), (n, 1)), ops.iota(m)
        row = ops.mod(i, ops.like(i, m + 1)) if wrap else i
        value = ops.cast(node_of(fill_value, self), self.dtype)
        there = ops.where(ops.eq(row, j), value, self._node)
        return self._assign(there, "fill_diagonal_")

    def copy_(self, src: Any, non_blocking: bool = False) -> Self:
        """Take over the values of `src`, converted to this type."""
        node = node_of(src, self)
        return self._assign(ops.cast(node, self.dtype), "copy_")

    def put_(self, index: Any, source: Any, accumulate: bool = False) -> Self:
        """Set the elements of the flattened tensor with the numbers `index`; with
        `accumulate`, add to them.
        """
        flat, rows = self.ravel().clone(), self._lift(index).ravel()
        values = self._lift(source).ravel()
        if accumulate:
            flat = flat.index_add(0, rows, values)
        else:
            flat[rows] = values
        return self._assign(ops.reshape(flat._node, self.shape), "put_")

    def index_put_(self, indices: Any, values: Any, accumulate: bool = False) -> Self:
        """``x[indices] = values``; with `accumulate`, ``+=`` for every index, also
        where it comes twice.
        """
        if not accumulate:
            self[tuple(indices)] = values
            return self
        places = self._new(ops.reshape(ops.iota(self.numel()), self.shape))
        chosen = places[tuple(indices)]
        given = self._lift(values).expand(chosen.shape)
        return self.put_(chosen, given, True)

    def index_put(self, indices: Any, values: Any, accumulate: bool = False) -> Self:
        """A copy with ``x[indices] = values`` done."""
        return self.clone().index_put_(indices, values, accumulate)

    def detach_(self) -> Self:
        """Forget how it was made."""
        if self._view is not None:
            raise ValueRangeError("detach_ of a view; use .detach().")
        self._rebind(ops.detach(self._node))
        return self

    def __iadd__(self, other: Any) -> Self:
        return self._assign((self + other)._node, "+=")

    def __isub__(self, other: Any) -> Self:
        return self._assign((self - other)._node, "-=")

    def __imul__(self, other: Any) -> Self:
        return self._assign((self * other)._node, "*=")

    def __itruediv__(self, other: Any) -> Self:
        return self._assign((self / other)._node, "/=")

    def __ifloordiv__(self, other: Any) -> Self:
        return self._assign((self // other)._node, "//=")

    def __imod__(self, other: Any) -> Self:
        return self._assign((self % other)._node, "%=")

    def __ipow__(self, other: Any) -> Self:
        return self._assign((self**other)._node, "**=")

    def __iand__(self, other: Any) -> Self:
        return self._assign((self & other)._node, "&=")

    def __ior__(self, other: Any) -> Self:
        return self._assign((self | other)._node, "|=")

    def __ixor__(self, other: Any) -> Self:
        return self._assign((self ^ other)._node, "^=")
