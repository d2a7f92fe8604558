"""The gradients of tensors by tensors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ranvier import ops
from ranvier.errors import GradientError, ShapeError, UnsupportedError, ValueRangeError
from ranvier.graph import Node, topological
from ranvier.tensor import Tensor, _wrap, gradient_nodes
from ranvier.tensors.modes import enable_grad


def grad(
    outputs: Tensor | Sequence[Tensor],
    inputs: Tensor | Sequence[Tensor],
    grad_outputs: Tensor | Sequence[Tensor | None] | None = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    allow_unused: bool | None = None,
    is_grads_batched: bool = False,
    materialize_grads: bool = False,
) -> tuple[Tensor | None, ...]:
    """Σ d outputs / d input, weighted with `grad_outputs`, for every input.

    No `.grad` is changed. With `create_graph` the gradients can be differentiated
    again. An input that no output depends on is an error; None with `allow_unused`,
    zeros with `materialize_grads`. The graph stays, whatever `retain_graph` says.

    >>> import ranvier as rv
    >>> x = rv.tensor(3.0, requires_grad=True)
    >>> (slope,) = rv.autograd.grad(x**2, x, create_graph=True)
    >>> rv.autograd.grad(slope, x)
    (tensor(2.),)
    """
    if is_grads_batched:
        raise UnsupportedError("autograd.grad: is_grads_batched=True; use a loop.")
    ys, xs = _tensors(outputs, "outputs"), _tensors(inputs, "inputs")
    below = topological([y._node for y in ys], lambda node: not node.rg)
    reached = {node for node in below if node.rg}
    _check_inputs(xs, reached, bool(allow_unused or materialize_grads))
    seeds = _seeds(ys, grad_outputs)
    used = [x._node for x in xs if x._node in reached]
    with enable_grad():
        found = iter(_gradients(ys, seeds, used, create_graph))
    out: list[Tensor | None] = []
    for x in xs:
        if x._node in reached:
            out.append(_wrap(next(found)))
        else:
            zeros = ops.expand(ops.like(x._node, 0.0), x.shape)
            out.append(_wrap(zeros) if materialize_grads else None)
    return tuple(out)


def _gradients(
    ys: list[Tensor], seeds: list[Node], wrt: list[Node], create_graph: bool
) -> list[Node]:
    if not wrt:
        return []
    if len(ys) == 1:
        return gradient_nodes(ys[0]._node, seeds[0], wrt, create_graph)
    total = ops.total(ops.mul(ys[0]._node, seeds[0]))
    for y, seed in zip(ys[1:], seeds[1:], strict=True):
        total = ops.add(total, ops.total(ops.mul(y._node, seed)))
    return gradient_nodes(total, ops.like(total, 1.0), wrt, create_graph)


def _tensors(given: Any, what: str) -> list[Tensor]:
    tensors = [given] if isinstance(given, Tensor) or callable(given) else list(given)
    for tensor in tensors:
        if not isinstance(tensor, Tensor):
            remedy = "; rv.grad takes functions" if callable(tensor) else ""
            raise GradientError(
                f"autograd.grad: {what} holds {type(tensor).__name__}, tensors are "
                f"expected{remedy}."
            )
        if not tensor.requires_grad:
            raise GradientError(
                f"autograd.grad: {what} holds a tensor of shape {tensor.shape} that "
                "does not require a gradient. Call .requires_grad_() before it is "
                "used, and compute outside no_grad()."
            )
    return tensors


def _check_inputs(xs: list[Tensor], reached: set[Node], lenient: bool) -> None:
    for i, x in enumerate(xs):
        if x._node not in reached and not lenient:
            raise GradientError(
                f"autograd.grad: inputs[{i}], of shape {x.shape}, was not used to "
                "compute the outputs. Give allow_unused=True for None in its place."
            )


def _seeds(ys: list[Tensor], given: Any) -> list[Node]:
    """What the outputs are weighted with: 1 where nothing is given for one number."""
    weights = [given] if given is None or isinstance(given, Tensor) else list(given)
    if given is None:
        weights *= len(ys)
    if len(weights) != len(ys):
        raise ValueRangeError(
            f"autograd.grad: {len(weights)} grad_outputs for {len(ys)} outputs."
        )
    return [_seed(y, weight) for y, weight in zip(ys, weights, strict=True)]


def _seed(y: Tensor, weight: Tensor | None) -> Node:
    if weight is None:
        if y.numel() != 1:
            raise GradientError(
                f"autograd.grad: an output of shape {y.shape} needs grad_outputs, for "
                "example rv.ones_like(output), or .sum() before."
            )
        return ops.expand(ops.like(y._node, 1.0), y.shape)
    if weight.shape != y.shape:
        raise ShapeError(
            f"autograd.grad: grad_outputs of shape {weight.shape} for an output of "
            f"{y.shape}."
        )
    return ops.cast(weight._node, y.dtype)


def backward(
    tensors: Tensor | Sequence[Tensor],
    grad_tensors: Tensor | Sequence[Tensor | None] | None = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
) -> None:
    """Add Σ d tensors / d leaf, weighted with `grad_tensors`, to the `.grad` of every
    leaf below.

    >>> import ranvier as rv
    >>> x = rv.tensor(3.0, requires_grad=True)
    >>> rv.autograd.backward([x**2, 2 * x])
    >>> x.grad
    tensor(8.)
    """
    ys = _tensors(tensors, "tensors")
    keep = create_graph if retain_graph is None else retain_graph
    seeds = [_wrap(seed) for seed in _seeds(ys, grad_tensors)]
    total = sum((y * seed).sum() for y, seed in zip(ys, seeds, strict=True))
    assert isinstance(total, Tensor), "there is at least one"
    total.backward(retain_graph=keep, create_graph=create_graph)
