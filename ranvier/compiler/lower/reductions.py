"""Reductions: what they start from, one step of them, and all lanes as one number."""

from __future__ import annotations

from ranvier.compiler.fuse.schedule import Kernel
from ranvier.compiler.lower import elementwise as ew
from ranvier.compiler.lower.maths import suffix
from ranvier.compiler.lower.text import SCALAR, Value, Writer
from ranvier.dtypes import DType
from ranvier.graph import Node

REDUCTIONS = {"sum": "add", "prod": "mul", "amax": "maximum", "amin": "minimum"}


def is_row(kernel: Kernel, node: Node) -> bool:
    """Whether a node has one value a row: a reduction, or made from reductions only."""
    return node.op in REDUCTIONS or node.shape != kernel.space


def stages(kernel: Kernel) -> dict[Node, int]:
    """In which pass over the reduced dimensions a node is known: full nodes that use a
    row's result come one pass later.
    """
    stage: dict[Node, int] = {}
    for node in kernel.nodes:
        row = is_row(kernel, node)
        known = [
            stage[s] + (is_row(kernel, s) and not row) for s in node.srcs if s in stage
        ]
        stage[node] = max(known, default=0)
    return stage


def combine(w: Writer, node: Node, a: Value, b: Value) -> Value:
    """One step of a reduction."""
    op = REDUCTIONS[node.op]
    if node.dtype.order == 0:
        op = "or" if node.op == "amax" else "and"
    return ew.emit(w, op, node.dtype, [a, b], False)


def neutral(node: Node, lanes: int) -> Value:
    """What a reduction starts from."""
    dtype = node.dtype
    if node.op in ("sum", "prod"):
        return ew.constant(node.op == "prod", dtype, lanes)
    if dtype.is_float:
        return ew.constant(float("-inf" if node.op == "amax" else "inf"), dtype, lanes)
    return ew.constant(_limit(dtype, node.op == "amin"), dtype, lanes)


def _limit(dtype: DType, largest: bool) -> int:
    half: int = 2 ** (8 * dtype.itemsize - 1)
    if dtype.order == 0:
        return int(largest)
    if dtype.name == "uint8":
        return 255 if largest else 0
    return half - 1 if largest else -half


def horizontal(w: Writer, node: Node, x: Value) -> Value:
    """All lanes of `x` as one number."""
    if x.lanes == 1:
        return x
    dtype, scalar = node.dtype, SCALAR[node.dtype.name]
    if dtype.is_float and node.op in ("sum", "prod"):
        kind = "f32" if dtype.itemsize == 4 else "f64"
        name = "fadd" if node.op == "sum" else "fmul"
        start = "-0.0" if node.op == "sum" else "1.0"
        got = w.call(
            scalar,
            f"llvm.vector.reduce.{name}.{suffix(kind, x.lanes)}",
            [(scalar, start), (x.type, x.name)],
            "reassoc ",
        )
        return Value(got, dtype, 1)
    while x.lanes > 1:
        half = x.lanes // 2
        rest = ew.lane(w, x, x.lanes - 1) if x.lanes % 2 else None
        x = combine(w, node, ew.split(w, x, 0, half), ew.split(w, x, half, half))
        if rest is not None:
            first = combine(w, node, ew.lane(w, x, 0), rest)
            x = first if half == 1 else _with_first(w, x, first)
    return x


def _with_first(w: Writer, x: Value, first: Value) -> Value:
    name = w.set(f"insertelement {x.type} {x.name}, {first.type} {first.name}, i64 0")
    return Value(name, x.dtype, x.lanes)
