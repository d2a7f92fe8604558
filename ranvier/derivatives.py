"""Functions that turn a function into its derivative: `grad`, `jvp`, `hessian`, ….

Each runs the function on stand-ins for its inputs and adds gradient nodes below the
result. The stand-in passes gradients on to what was given, so these functions nest:
``rv.grad(rv.grad(f))`` is the second derivative.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ranvier import dtypes, ops, tree
from ranvier.errors import DTypeError, GradientError, ShapeError, ValueRangeError
from ranvier.graph import Array, Node, topological
from ranvier.tensor import Tensor, _wrap, gradient_nodes
from ranvier.tensors.creation import as_tensor
from ranvier.tensors.functions import enable_grad

Function = Callable[..., Any]
Argnums = int | Sequence[int]


def grad(f: Function, argnums: Argnums = 0, has_aux: bool = False) -> Function:
    """The function that gives df/dx for the argument numbered `argnums`.

    `f` gives one number. The argument may be a tensor, or a dict, list or tuple of
    them; the gradient has the same form. With a tuple of numbers, a tuple of gradients.
    With `has_aux`, `f` gives (number, anything) and the result is (gradient, anything).

    >>> import ranvier as rv
    >>> rv.grad(lambda x: x**3)(rv.tensor(2.0))
    tensor(12.)
    >>> rv.grad(rv.grad(lambda x: x**3))(rv.tensor(2.0))
    tensor(12.)
    """
    both = value_and_grad(f, argnums, has_aux)

    def gradient(*args: Any, **kwargs: Any) -> Any:
        value, gradients = both(*args, **kwargs)
        return (gradients, value[1]) if has_aux else gradients

    return gradient


def value_and_grad(
    f: Function, argnums: Argnums = 0, has_aux: bool = False
) -> Function:
    """As `grad`, but the function gives (value, gradient).

    >>> import ranvier as rv
    >>> rv.value_and_grad(lambda x: x**2)(rv.tensor(3.0))
    (tensor(9.), tensor(6.))
    """

    if isinstance(f, Tensor):
        raise GradientError(
            "grad: a tensor where a function is expected. The gradient of a tensor by "
            "others is rv.autograd.grad(outputs, inputs), or .backward()."
        )

    def run(*args: Any, **kwargs: Any) -> Any:
        chosen = chosen_of(argnums, len(args))
        given = [args[i] for i in chosen]
        with enable_grad():
            inputs, new = stand_ins(given)
            out = f(*replaced(args, chosen, new), **kwargs)
            y, aux = out if has_aux else (out, None)
            outer = tracked(_one_number(y), inputs)
            found = gradient_nodes(y._node, _ones(y._node), inputs, outer)
        value = y if outer else _wrap(ops.detach(y._node))
        parts = tree.rebuild(given, iter([_wrap(node) for node in found]))
        gradients = parts[0] if isinstance(argnums, int) else tuple(parts)
        return ((value, aux) if has_aux else value), gradients

    return run


def chosen_of(argnums: Argnums, count: int) -> list[int]:
    numbers = [argnums] if isinstance(argnums, int) else list(argnums)
    for i in numbers:
        if not -count <= i < count:
            raise ValueRangeError(
                f"grad: argnums is {argnums}, but the function was called with {count} "
                "positional arguments, numbered from 0."
            )
    return [i % count for i in numbers]


def replaced(args: Sequence[Any], chosen: list[int], new: list[Any]) -> list[Any]:
    out = list(args)
    for i, value in zip(chosen, new, strict=True):
        out[i] = value
    return out


def stand_ins(given: Any) -> tuple[list[Node], Any]:
    """Nodes with the same values through which gradients flow, and their tree."""
    nodes = [_stand_in(leaf) for leaf in tree.leaves(given)]
    return nodes, tree.rebuild(given, iter([_wrap(node) for node in nodes]))


def _stand_in(value: Any) -> Node:
    x = as_tensor(value)._node
    if not x.dtype.is_float:
        raise DTypeError(
            f"a gradient with respect to {x.dtype.name}; only floating point has one. "
            "Use .float() first."
        )
    return Node("alias", (x,), None, x.shape, x.dtype, True)


def _one_number(y: Any) -> Node:
    if not isinstance(y, Tensor):
        raise GradientError(
            f"grad: the function gave {type(y).__name__}; it must give a tensor of one "
            "number (with has_aux=True: a pair of that and anything)."
        )
    if y.numel() != 1:
        raise GradientError(
            f"grad: the function gave shape {y.shape}; it must give one number, for "
            "example with .sum() or .mean()."
        )
    if not y.dtype.is_float:
        raise GradientError(f"grad: the function gave {y.dtype.name}; use .float().")
    return y._node


def _ones(y: Node) -> Node:
    return ops.expand(ops.like(y, 1.0), y.shape)


def tracked(y: Node, inputs: Sequence[Node]) -> bool:
    """Whether gradients flow on beyond the stand-ins: an outer `grad`,
    or a parameter.
    """
    own = set(inputs)
    if any(node.srcs[0].rg for node in inputs):
        return True
    return any(
        node.rg and not any(s.rg for s in node.srcs) and node not in own
        for node in topological([y], lambda n: not n.rg)
    )


def jvp(f: Function, primals: Sequence[Any], tangents: Sequence[Any]) -> Any:
    """(f(x), J v): the value, and how it changes when the inputs move along `tangents`.

    The gradient u → uᵀ J is linear in u; its own gradient along v is J v.

    >>> import ranvier as rv
    >>> rv.jvp(lambda x: x**2, (rv.tensor(3.0),), (rv.tensor(1.0),))
    (tensor(9.), tensor(6.))
    """
    directions = [as_tensor(t)._node for t in tree.leaves(list(tangents))]
    with enable_grad():
        inputs, new = stand_ins(list(primals))
        _check_tangents(inputs, directions)
        value = f(*new)
        ys = [y._node for y in tree.leaves(value)]
        outer = any(tracked(y, inputs) for y in ys) or any(v.rg for v in directions)
        found = pushed(ys, inputs, directions, outer)
    values = ys if outer else [ops.detach(y) for y in ys]
    return (
        tree.rebuild(value, iter([_wrap(y) for y in values])),
        tree.rebuild(value, iter([_wrap(y) for y in found])),
    )


def pushed(
    ys: Sequence[Node], inputs: Sequence[Node], along: Sequence[Node], outer: bool
) -> list[Node]:
    """J v, for every y."""
    return _Forward(ys, inputs).along(along, outer)


class _Forward:
    """The gradient u → uᵀ J, which is linear in u."""

    def __init__(self, ys: Sequence[Node], inputs: Sequence[Node]) -> None:
        self.us = [Node("alias", (_ones(y),), None, y.shape, y.dtype, True) for y in ys]
        total = inner(ys, self.us)
        self.pulled = gradient_nodes(total, _one(total), inputs, True)

    def along(self, directions: Sequence[Node], outer: bool) -> list[Node]:
        """Its own gradient along `directions`."""
        total = inner(self.pulled, directions)
        return gradient_nodes(total, _one(total), self.us, outer)


def _check_tangents(inputs: Sequence[Node], tangents: Sequence[Node]) -> None:
    have, want = [t.shape for t in tangents], [x.shape for x in inputs]
    if have != want:
        raise ShapeError(f"jvp: tangents of shapes {have} for primals of {want}.")


def inner(a: Sequence[Node], b: Sequence[Node]) -> Node:
    """Σ a·b over all pairs."""
    parts = [ops.total(ops.mul(x, y)) for x, y in zip(a, b, strict=True)]
    out = parts[0]
    for part in parts[1:]:
        out = ops.add(out, part)
    return out


def _one(y: Node) -> Node:
    return ops.like(y, 1.0)


def hessian(f: Function, argnums: int = 0) -> Function:
    """The function that gives the second derivatives of a scalar `f`, by rows.

    For a tensor of shape s the result has shape s + s; for a tree, a tree of trees.

    >>> import ranvier as rv
    >>> rv.hessian(lambda x: (x**3).sum())(rv.tensor([1.0, 2.0]))
    tensor([[ 6.,  0.],
            [ 0., 12.]])
    """

    def run(*args: Any, **kwargs: Any) -> Any:
        (chosen,) = chosen_of(argnums, len(args))
        given = args[chosen]
        with enable_grad():
            inputs, new = stand_ins(given)
            y = f(*replaced(args, [chosen], [new]), **kwargs)
            outer = tracked(_one_number(y), inputs)
            first = gradient_nodes(y._node, _ones(y._node), inputs, True)
            blocks = [rows(g, inputs, outer) for g in first]
        return tree.rebuild(given, (tree.rebuild(given, iter(b)) for b in blocks))

    return run


def rows(g: Node, inputs: Sequence[Node], outer: bool) -> list[Tensor]:
    """d g / d input for every input: one sweep an element of g."""
    n = math.prod(g.shape)
    flat = ops.reshape(g, (n,))
    found = []
    for i in range(n):
        found.append(gradient_nodes(flat, _basis(n, i, g), inputs, outer))
    if not found:
        return [_wrap(ops.reshape(x, g.shape + x.shape)) for x in inputs]
    return [
        _wrap(
            ops.reshape(
                ops.concat([ops.reshape(r[k], (1, *x.shape)) for r in found], 0),
                g.shape + x.shape,
            )
        )
        for k, x in enumerate(inputs)
    ]


def columns(y: Node, inputs: Sequence[Node], outer: bool) -> list[Tensor]:
    """d y / d input for every input: one sweep an element of the inputs."""
    forward = _Forward([y], inputs)
    zeros = [ops.expand(ops.like(x, 0.0), x.shape) for x in inputs]
    blocks = []
    for k, x in enumerate(inputs):
        found = []
        for i in range(math.prod(x.shape)):
            one = ops.reshape(_basis(math.prod(x.shape), i, x), x.shape)
            directions = [*zeros[:k], one, *zeros[k + 1 :]]
            (part,) = forward.along(directions, outer)
            found.append(ops.reshape(part, (*y.shape, 1)))
        whole = (
            ops.concat(found, len(y.shape))
            if found
            else ops.expand(ops.like(x, 0.0), (*y.shape, 0))
        )
        blocks.append(_wrap(ops.reshape(whole, y.shape + x.shape)))
    return blocks


def _basis(n: int, i: int, like: Node) -> Node:
    """1 in place i of n, else 0."""
    return ops.cast(ops.eq(ops.iota(n), ops.const(i, dtypes.int64)), like.dtype)


# ---- checking against differences ----------------------------------------------------


def check_gradients(
    f: Function,
    inputs: Any,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
) -> bool:
    """Compare df/dx with (f(x + ε) - f(x - ε)) / 2ε for every element, in float64.

    `inputs` is the tuple of arguments, each a tensor or a tree of them; a result with
    more than one element is weighted with fixed numbers and added up. Arguments of
    integers are passed on unchanged. Returns True, or raises GradientError that names
    the entry with the largest difference.

    >>> import ranvier as rv
    >>> rv.check_gradients(lambda x: (x**2).sum(), (rv.tensor([1.0, 2.0]),))
    True
    """
    arguments = list(inputs) if isinstance(inputs, (tuple, list)) else [inputs]
    flat = [as_tensor(x).detach() for x in tree.leaves(arguments)]
    arrays = [_doubled(x) for x in flat]

    def run(*tensors: Tensor) -> Tensor:
        out = f(*tree.rebuild(arguments, iter(tensors)))
        parts = [_weighted(y) for y in tree.leaves(out)]
        total = parts[0]
        for part in parts[1:]:
            total = total + part
        return total

    numbers = [i for i, a in enumerate(arrays) if a.dtype.kind == "f"]
    tensors = [Tensor(a.copy()) for a in arrays]
    gradients = value_and_grad(run, tuple(numbers))(*tensors)[1]
    worst: tuple[float, str] | None = None
    for i, gradient in zip(numbers, gradients, strict=True):
        exact = np.asarray(gradient.detach())
        differences = _differences(run, arrays, i, eps)
        worst = _worse(worst, i, exact, differences, atol, rtol)
    if worst is not None:
        raise GradientError(worst[1])
    return True


def _doubled(x: Tensor) -> Array:
    value = np.array(x)
    return value.astype(np.float64) if x.dtype.is_float else value


def _weighted(y: Tensor) -> Tensor:
    """Σ w·y with fixed weights between 0.5 and 1.5, so that no error cancels."""
    if y.numel() == 1:
        return y.sum()
    weights = 1.0 + 0.5 * np.cos(np.arange(y.numel(), dtype=np.float64) * 1.7)
    return (y * Tensor(weights.reshape(y.shape))).sum()


def _differences(run: Function, arrays: list[Array], i: int, eps: float) -> Array:
    out = np.zeros(arrays[i].shape)
    for index in np.ndindex(arrays[i].shape):
        sides = []
        for sign in (1.0, -1.0):
            moved = [a.copy() for a in arrays]
            moved[i][index] += sign * eps
            sides.append(run(*(Tensor(a) for a in moved)).item())
        out[index] = (sides[0] - sides[1]) / (2 * eps)
    return out


def _worse(
    worst: tuple[float, str] | None,
    i: int,
    exact: Array,
    differences: Array,
    atol: float,
    rtol: float,
) -> tuple[float, str] | None:
    """The larger of the worst entry so far and the worst of this input."""
    off = np.abs(exact - differences)
    excess = np.where(np.isfinite(off), off - atol - rtol * np.abs(differences), np.inf)
    if not excess.size or excess.max() <= 0:
        return worst
    index = tuple(int(k) for k in np.unravel_index(excess.argmax(), excess.shape))
    if worst is not None and worst[0] >= excess[index]:
        return worst
    at = f"[{', '.join(map(str, index))}]" if index else ""
    return float(excess[index]), (
        f"check_gradients: input {i}{at}: the gradient says {exact[index]:.8g}, the "
        f"difference quotient {differences[index]:.8g}; they differ by "
        f"{off[index]:.3g}, allowed are {atol + rtol * abs(differences[index]):.3g}."
    )
