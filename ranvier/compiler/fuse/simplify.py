"""The same values by fewer nodes.

Every node is made again from its simplified sources; equal nodes become one; rules look
at one node and its sources. Nothing here changes a bit of a finite result.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from ranvier import ops
from ranvier.compiler.fuse import channels, rewrites
from ranvier.compiler.fuse.joining import joined_pads
from ranvier.compiler.fuse.rewriting import Rewriting, Rule
from ranvier.graph import Graph, Node, Shape, topological

TRANSPARENT = {"alias", "detach"}


def simplify(graph: Graph, more: tuple[Rule, ...] = ()) -> Graph:
    """A graph of primitives without duplicates, double reshapes, or work on
    constants; `more` are rules beside those of this file.
    """
    rewriting = Rewriting(BY_OP if not more else _by_op(more))
    for node in graph.inputs:
        rewriting.new[node] = node
    for node in topological(graph.outputs):
        rewriting.visit(node)
    outputs = [rewriting.new[o] for o in graph.outputs]
    names = {
        rewriting.new[n]: name for n, name in graph.names.items() if n in rewriting.new
    }
    return Graph(graph.inputs, outputs, graph.updates, graph.guards, names)


def _same(r: Rewriting, n: Node) -> Node | None:
    """alias, detach, and moves that move nothing."""
    if n.op in TRANSPARENT:
        return n.srcs[0]
    if n.op in ("reshape", "expand", "cut", "pad") and n.srcs[0].shape == n.shape:
        return n.srcs[0]
    if n.op == "permute" and _order(n) == tuple(range(len(n.shape))):
        return n.srcs[0]
    return None


def _order(n: Node) -> tuple[int, ...]:
    order: tuple[int, ...] = n.attrs
    return order


def _reshape(r: Rewriting, n: Node) -> Node | None:
    """reshape(reshape(x)) = reshape(x), a reshaped constant is an expanded one, and a
    permute that only moves sizes 1 is a
    reshape.
    """
    if n.op == "permute":
        moved = [d for d in _order(n) if n.srcs[0].shape[d] != 1]
        if moved == sorted(moved):
            return r.make("reshape", n.srcs, n.shape, n.shape, n.dtype)
    if n.op != "reshape":
        return None
    x = n.srcs[0]
    if x.op == "reshape":
        return r.make("reshape", x.srcs, n.shape, n.shape, n.dtype)
    if x.op == "expand" and x.srcs[0].op == "const":
        x = x.srcs[0]
    if x.op == "const":
        return r.make("expand", (x,), n.shape, n.shape, n.dtype)
    return None


def _permute(r: Rewriting, n: Node) -> Node | None:
    """permute(permute(x)) = permute(x); (A B)ᵀ = Bᵀ Aᵀ."""
    if n.op != "permute":
        return None
    x = n.srcs[0]
    if x.op == "permute":
        order = tuple(_order(x)[i] for i in _order(n))
        return r.make("permute", x.srcs, order, n.shape, n.dtype)
    if x.op == "matmul" and len(x.shape) == 2:
        a, b = (_transposed(r, s) for s in x.srcs)
        return r.make("matmul", (b, a), None, n.shape, n.dtype)
    return None


def _transposed(r: Rewriting, x: Node) -> Node:
    return r.make("permute", (x,), (1, 0), x.shape[::-1], x.dtype)


def _expand(r: Rewriting, n: Node) -> Node | None:
    """Element-wise primitives broadcast by themselves: an expanded source that only
    repeats is replaced by what it repeats.
    """
    if n.op == "expand" and n.srcs[0].op == "expand":
        return r.make("expand", n.srcs[0].srcs, n.shape, n.shape, n.dtype)
    if ops.TABLE[n.op].kind != "elementwise" or not any(
        s.op == "expand" for s in n.srcs
    ):
        return None
    for i, s in enumerate(n.srcs):
        if s.op == "expand":
            srcs = (*n.srcs[:i], s.srcs[0], *n.srcs[i + 1 :])
            if _common(srcs) == n.shape:
                return r.make(n.op, srcs, n.attrs, n.shape, n.dtype)
    if all(s.op == "expand" or s.op == "const" for s in n.srcs):
        srcs = tuple(s.srcs[0] if s.op == "expand" else s for s in n.srcs)
        small = r.make(n.op, srcs, n.attrs, _common(srcs), n.dtype)
        return r.make("expand", (small,), n.shape, n.shape, n.dtype)
    return None


def _common(srcs: tuple[Node, ...]) -> Shape:
    return np.broadcast_shapes(*[s.shape for s in srcs])


def _constant(r: Rewriting, n: Node) -> Node | None:
    """Primitives on constants are computed now, by the oracle's own row."""
    row = ops.TABLE[n.op]
    if row.kind != "elementwise" or n.shape or not all(s.op == "const" for s in n.srcs):
        return None
    if n.op == "cast":
        return ops.cast(n.srcs[0], n.dtype)
    with np.errstate(all="ignore"):
        arrays = [np.asarray(s.attrs, s.dtype.np) for s in n.srcs]
        return ops.const(
            np.asarray(row.numpy(n.attrs, *arrays), n.dtype.np).item(), n.dtype
        )


def _neutral(r: Rewriting, n: Node) -> Node | None:
    """x + 0, x - 0, x * 1, x / 1, -(-x), cast to the type it has, sums over sizes 1."""
    if n.op == "cast" and n.srcs[0].dtype is n.dtype:
        return n.srcs[0]
    if n.op == "neg" and n.srcs[0].op == "neg":
        return n.srcs[0].srcs[0]
    if n.op in ("sum", "amax", "amin", "prod") and n.srcs[0].shape == n.shape:
        return n.srcs[0]
    rest = {"sub": 0.0, "mul": 1.0, "div": 1.0}.get(n.op)
    if rest is not None and _is(n.srcs[1], rest) and n.srcs[0].shape == n.shape:
        return n.srcs[0]
    if n.op == "mul" and _is(n.srcs[0], 1.0) and n.srcs[1].shape == n.shape:
        return n.srcs[1]
    return None


def _is(n: Node, value: float) -> bool:
    return n.op == "const" and n.attrs == value and math.copysign(1, n.attrs) > 0


def _product_with_constant(r: Rewriting, n: Node) -> Node | None:
    """A matrix product over a dimension of size 1 with one repeated number repeats the
    other factor, scaled: what the gradient of a sum makes of a layer with one output.
    """
    if n.op != "matmul" or len(n.shape) != 2 or n.srcs[0].shape[-1] != 1:
        return None
    for x, other in (n.srcs, n.srcs[::-1]):
        if x.op == "expand" and x.srcs[0].op == "const" and not x.srcs[0].shape:
            factors = (x.srcs[0], other)
            small = r.make("mul", factors, None, other.shape, n.dtype)
            return r.make("expand", (small,), n.shape, n.shape, n.dtype)
    return None


def _sum_of_scaled(r: Rewriting, n: Node) -> Node | None:
    """A sum of one repeated number is that number times the count."""
    if n.op != "sum" or n.srcs[0].op != "expand" or n.srcs[0].srcs[0].op != "const":
        return None
    x = n.srcs[0]
    count = math.prod(x.shape[i] for i in n.attrs)
    value = ops.const(x.srcs[0].attrs * count, n.dtype)
    return r.make("expand", (value,), n.shape, n.shape, n.dtype)


def _rewritten(rewrite: Callable[[Node], Node | None]) -> Rule:
    """The rule of a function in `rewrites`."""

    def rule(r: Rewriting, n: Node) -> Node | None:
        made = rewrite(n)
        return None if made is None else r.rebuilt(made)

    return rule


def _of_kind(kind: str) -> tuple[str, ...]:
    return tuple(op for op, row in ops.TABLE.items() if row.kind == kind)


ANY = tuple(ops.TABLE)
ELEMENTWISE = _of_kind("elementwise")
SUMS = ("sum", "amax", "amin")
MOVED = ("pad", "cut", "flip", "concat")
NEUTRAL = ("cast", "neg", *SUMS, "prod", "sub", "mul", "div")

# In the order in which they are tried, each with the primitives that it knows.
RULES: tuple[tuple[Rule, tuple[str, ...]], ...] = (
    (_rewritten(rewrites.composite), tuple(ops.COMPOSITES)),
    (_rewritten(rewrites.side_by_side), ("window",)),
    (_rewritten(rewrites.outward), (*SUMS, *ELEMENTWISE)),
    (_rewritten(rewrites.in_pieces), SUMS),
    (_same, (*TRANSPARENT, "reshape", "expand", "cut", "pad", "permute")),
    (_reshape, ("permute", "reshape")),
    (_permute, ("permute",)),
    (_expand, ("expand", *ELEMENTWISE)),
    (_constant, ELEMENTWISE),
    (_neutral, NEUTRAL),
    (_product_with_constant, ("matmul",)),
    (_sum_of_scaled, ("sum",)),
    (joined_pads, ("add",)),
    (channels.elementwise, ELEMENTWISE),
    (channels.alike, ELEMENTWISE),
    (channels.reduction, _of_kind("reduce")),
    (channels.moved, MOVED),
    (channels.cut_convolution, ("cut",)),
    (channels.cut_padding, ("cut",)),
    (channels.pitched, ("conv", "conv_weight")),
)


def _by_op(more: Sequence[Rule] = ()) -> dict[str, list[Rule]]:
    rules = [*((rule, ANY) for rule in more), *RULES]
    return {op: [rule for rule, known in rules if op in known] for op in ANY}


BY_OP = _by_op()
