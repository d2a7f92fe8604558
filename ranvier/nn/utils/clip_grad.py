"""Gradients that are too long made shorter; in a plain loop and in a compiled step."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from ranvier import dtypes, ops
from ranvier.errors import NotFiniteError, ValueRangeError
from ranvier.graph import Node
from ranvier.nn.functions import checks
from ranvier.tensor import NoGrad, Tensor, _wrap, guard, hooks

Parameters = Tensor | Iterable[Tensor]


def clip_grad_norm_(
    parameters: Parameters,
    max_norm: float,
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
    foreach: bool | None = None,
) -> Tensor:
    """Multiply all gradients by min(1, max_norm / (‖g‖ + 1e-6)), where g is all of them
    as one vector; returns ‖g‖ (Pascanu, Mikolov and Bengio 2013, arXiv:1211.5063).

    `foreach` has no effect. With ``error_if_nonfinite`` raises NotFiniteError where
    ‖g‖ is no finite number.

    >>> import ranvier as rv
    >>> w = rv.nn.Parameter(rv.tensor([3.0, 4.0]))
    >>> (w * w).sum().backward()
    >>> rv.nn.utils.clip_grad_norm_([w], 1.0), w.grad
    (tensor(10.), tensor([0.6000, 0.8000]))
    """
    found = _with_gradient(parameters)
    grads = [p.grad for p in found if p.grad is not None]
    total = get_total_norm(grads, norm_type, error_if_nonfinite)
    clip_grads_with_norm_(found, max_norm, total)
    return total


def _with_gradient(parameters: Parameters) -> list[Tensor]:
    given = [parameters] if isinstance(parameters, Tensor) else parameters
    return [p for p in given if p.grad is not None]


def get_total_norm(
    tensors: Parameters,
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
    foreach: bool | None = None,
) -> Tensor:
    """(Σ |x|^p)^(1/p) over all elements of all tensors, p = `norm_type`; 0 for none."""
    what, p = "get_total_norm", float(norm_type)
    given = [tensors] if isinstance(tensors, Tensor) else list(tensors)
    if not given:
        return _wrap(ops.const(0.0, dtypes.float32))
    if p <= 0:
        raise ValueRangeError(f"{what}: norm_type is {p}; it must be above 0.")
    with NoGrad():
        total = _norm([ops.detach(checks.node(what, x)) for x in given], p)
    if error_if_nonfinite:
        _refuse(total)
    return _wrap(total)


def _norm(nodes: list[Node], p: float) -> Node:
    if p == math.inf:
        parts = [ops.amax(ops.absolute(x)) for x in nodes]
        return ops.amax(_side_by_side(parts))
    parts = [ops.total(_power(x, p)) for x in nodes]
    total = ops.total(_side_by_side(parts))
    if p == 1:
        return total
    return ops.sqrt(total) if p == 2 else ops.power(total, ops.like(total, 1.0 / p))


def _power(x: Node, p: float) -> Node:
    if p == 2:
        return ops.mul(x, x)
    size = ops.absolute(x)
    return size if p == 1 else ops.power(size, ops.like(size, p))


def _side_by_side(parts: list[Node]) -> Node:
    return ops.concat([ops.reshape(part, (1,)) for part in parts], 0)


def _refuse(total: Node) -> None:
    text = "the norm of the gradients"
    remedy = "Lower the learning rate, or leave out error_if_nonfinite to clip anyway."
    if hooks.recorder is not None:
        finite = ops.lt(ops.absolute(total), ops.like(total, math.inf))
        guard(finite, f"not finite: {text}. {remedy}")
        return
    hooks.evaluate([total])
    assert total.value is not None, "evaluate leaves a value"
    if not math.isfinite(total.value.item()):
        raise NotFiniteError(f"{text} is {total.value.item()}. {remedy}")


def clip_grads_with_norm_(
    parameters: Parameters,
    max_norm: float,
    total_norm: Tensor,
    foreach: bool | None = None,
) -> None:
    """Multiply all gradients by min(1, max_norm / (total_norm + 1e-6))."""
    if max_norm < 0:
        raise ValueRangeError(f"max_norm is {max_norm}; it must be at least 0.")
    with NoGrad():
        share = float(max_norm) / (total_norm + 1e-6)
        # Smaller than 1, or NaN: a norm that is not finite stays visible.
        factor = share.clamp(max=1.0)
        _set(_with_gradient(parameters), lambda g: g * factor.to(g.dtype))


def clip_grad_value_(
    parameters: Parameters, clip_value: float, foreach: bool | None = None
) -> None:
    """Limit every element of every gradient to [-clip_value, clip_value].

    >>> import ranvier as rv
    >>> w = rv.nn.Parameter(rv.tensor([3.0, 0.1]))
    >>> (w * w).sum().backward()
    >>> rv.nn.utils.clip_grad_value_([w], 1.0)
    >>> w.grad
    tensor([1.0000, 0.2000])
    """
    limit = float(clip_value)
    with NoGrad():
        _set(_with_gradient(parameters), lambda g: g.clamp(-limit, limit))


def _set(parameters: list[Tensor], change: Any) -> None:
    """In place, as PyTorch; a compiled step has no other handle on a gradient."""
    for p in parameters:
        grad = p.grad
        assert grad is not None, "only those with a gradient"
        if hooks.recorder is None:
            grad.copy_(change(grad))
        else:
            p.grad = change(grad)
