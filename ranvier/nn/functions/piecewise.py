"""Activations made of straight pieces, and what shrinks towards 0."""

from __future__ import annotations

from ranvier import ops
from ranvier.errors import ValueRangeError
from ranvier.graph import Node
from ranvier.nn.functions import checks
from ranvier.nn.functions.checks import in_place
from ranvier.tensor import Tensor, _wrap


def hardtanh(
    input: Tensor, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False
) -> Tensor:
    """x limited to [min_val, max_val]; gradient 0 at both ends and beyond."""
    if inplace:
        return in_place("hardtanh", input, hardtanh(input, min_val, max_val))
    if min_val > max_val:
        raise ValueRangeError(
            f"hardtanh: min_val is {min_val}, max_val {max_val}; expected min_val <= "
            "max_val."
        )
    return _wrap(_limited(checks.node("hardtanh", input), min_val, max_val))


def _limited(x: Node, low: float, high: float) -> Node:
    least, most = ops.like(x, low), ops.like(x, high)
    return ops.where(ops.le(x, least), least, ops.where(ops.ge(x, most), most, x))


def relu6(input: Tensor, inplace: bool = False) -> Tensor:
    """min(max(x, 0), 6)."""
    if inplace:
        return in_place("relu6", input, relu6(input))
    return _wrap(_limited(checks.node("relu6", input), 0.0, 6.0))


def hardsigmoid(input: Tensor, inplace: bool = False) -> Tensor:
    """min(max(x + 3, 0), 6) / 6."""
    if inplace:
        return in_place("hardsigmoid", input, hardsigmoid(input))
    return _wrap(_sixth(ops.floating(checks.node("hardsigmoid", input))))


def _sixth(x: Node) -> Node:
    moved = _limited(ops.add(x, ops.like(x, 3.0)), 0.0, 6.0)
    return ops.div(moved, ops.like(x, 6.0))


def hardswish(input: Tensor, inplace: bool = False) -> Tensor:
    """x min(max(x + 3, 0), 6) / 6 (Howard et al. 2019, arXiv:1905.02244)."""
    if inplace:
        return in_place("hardswish", input, hardswish(input))
    x = ops.floating(checks.node("hardswish", input))
    three = ops.like(x, 3.0)
    low, high = ops.le(x, ops.neg(three)), ops.ge(x, three)
    middle = ops.div(ops.mul(x, ops.add(x, three)), ops.like(x, 6.0))
    return _wrap(ops.where(low, ops.like(x, 0.0), ops.where(high, x, middle)))


def hardshrink(input: Tensor, lambd: float = 0.5) -> Tensor:
    """x where |x| > λ, else 0."""
    x = checks.node("hardshrink", input)
    low = ops.ge(x, ops.like(x, -float(lambd)))
    inside = ops.both(low, ops.le(x, ops.like(x, float(lambd))))
    return _wrap(ops.where(inside, ops.like(x, 0.0), x))


def softshrink(input: Tensor, lambd: float = 0.5) -> Tensor:
    """x moved towards 0 by λ, and 0 where |x| <= λ."""
    shrinking("softshrink", lambd)
    x = checks.node("softshrink", input)
    edge, back = ops.like(x, float(lambd)), ops.like(x, -float(lambd))
    inside = ops.both(ops.ge(x, back), ops.le(x, edge))
    moved = ops.where(ops.gt(x, edge), ops.sub(x, edge), ops.add(x, edge))
    return _wrap(ops.where(inside, ops.like(x, 0.0), moved))


def shrinking(what: str, lambd: float) -> float:
    """λ of softshrink."""
    if lambd < 0:
        raise ValueRangeError(f"{what}: lambd is {lambd}; it must be at least 0.")
    return lambd


def tanhshrink(input: Tensor) -> Tensor:
    """x - tanh(x)."""
    x = checks.node("tanhshrink", input)
    return _wrap(ops.sub(x, ops.tanh(x)))


def softsign(input: Tensor) -> Tensor:
    """x / (1 + |x|)."""
    x = checks.node("softsign", input)
    return _wrap(ops.div(x, ops.add(ops.absolute(x), ops.like(x, 1.0))))


def threshold(
    input: Tensor, threshold: float, value: float, inplace: bool = False
) -> Tensor:
    """x where x > `threshold`, else `value`."""
    if inplace:
        return in_place("threshold", input, _stepped(input, threshold, value))
    return _stepped(input, threshold, value)


def _stepped(input: Tensor, threshold: float, value: float) -> Tensor:
    x = checks.node("threshold", input)
    low = ops.le(x, ops.like(x, threshold))
    return _wrap(ops.where(low, ops.like(x, value), x))
