"""Looking at values: a flushed graph is interpreted at first sight, compiled when it
comes again or is heavy from the start.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ranvier import ops
from ranvier.accuracy import get_strict_accuracy
from ranvier.compiler.capture.lift import Lifted
from ranvier.compiler.derive.expand import derive
from ranvier.compiler.run.interpret import interpret
from ranvier.errors import CaptureError
from ranvier.graph import Array, Graph, Node, topological
from ranvier.memory import require

REMEMBERED = 512  # different graphs, the least recently used forgotten
SMALL = 4  # primitives; fewer stay with NumPy unless they are heavy
HEAVY = 100_000_000  # multiplications; compiled at first sight


class Seen:
    """One shape of graph: how often it came, and its program once it has one."""

    def __init__(self, graph: Graph) -> None:
        self.graph = derive(graph)
        self.count = 0
        self.used = 0
        self.program: Any = None
        nodes = self.graph.nodes()
        self.primitives = sum(_primitives(n) for n in nodes)
        self.largest = max((_bytes(n) for n in nodes), default=0)
        self.given = sum(map(_bytes, self.graph.outputs))
        self.work = sum(_work(n) for n in nodes)
        self.interpreted = any(_only_interpreted(n) for n in nodes)

    def native(self) -> bool:
        """Decided by the graph's work and by how often this process has seen it,
        nothing else.
        """
        if self.interpreted:
            return False
        if self.work > HEAVY:
            return True
        return self.count > 1 and self.primitives >= SMALL


def _primitives(node: Node) -> int:
    if node.op == "scan":
        return SMALL  # a loop in Python even where its body is small
    return 1 if node.op in ops.TABLE and node.srcs else 0


def _only_interpreted(node: Node) -> bool:
    """Linear algebra that NumPy computes."""
    row = ops.TABLE.get(node.op)
    return row is not None and row.kind == "numpy"


def _work(node: Node) -> float:
    if node.op == "scan":
        inside = topological(node.attrs.body.outputs)
        return node.attrs.steps * sum(_work(n) for n in inside)  # type: ignore[no-any-return]
    return math.prod(node.shape) * _terms(node)


def _terms(node: Node) -> int:
    """How many products each element of a result is the sum of, or 1."""
    if node.op == "matmul":
        return node.srcs[0].shape[-1]
    if node.op in ("conv", "conv_weight"):
        return math.prod(node.srcs[1].shape[:-1])
    return 1


def _bytes(node: Node) -> int:
    """Of a result that takes memory of its own."""
    row = ops.TABLE.get(node.op)
    if row is None or row.kind == "view":
        return 0
    return math.prod(node.shape) * node.dtype.itemsize


class Evaluator:
    """Looks: every graph that is flushed comes through here."""

    def __init__(self, compile: Callable[[Graph], Any]) -> None:
        self.compile = compile
        self.seen: dict[Any, Seen] = {}
        self.clock = 0

    def evaluate(self, nodes: Sequence[Node]) -> None:
        """Give every one of `nodes` its value."""
        lifted = Lifted(nodes, history=False)
        if any(leaf.value is None for leaf in lifted.leaves):
            raise CaptureError(
                "this tensor was made inside a compiled function and has no value "
                "outside; return "
                "it from the function."
            )
        seen = self._find(lifted)
        arrays: list[Any] = [leaf.value for leaf in lifted.leaves]
        values = self._compute(seen, arrays)
        for node, value in zip(nodes, values, strict=True):
            node.value = value
            _let_go(node)

    def _find(self, lifted: Lifted) -> Seen:
        key = lifted.key, get_strict_accuracy()
        seen = self.seen.get(key)  # hashing the key costs most, so once
        if seen is None:
            self._forget()
            seen = self.seen[key] = Seen(lifted.graph())
        seen.count += 1
        self.clock += 1
        seen.used = self.clock
        return seen

    def _forget(self) -> None:
        """Drop the half that was not used for longest when there are too many."""
        if len(self.seen) >= REMEMBERED:
            by_age = sorted(self.seen.items(), key=lambda item: item[1].used)
            self.seen = dict(by_age[len(by_age) // 2 :])

    def _compute(self, seen: Seen, arrays: list[Array]) -> list[Array]:
        if not seen.native():
            require(seen.largest, "one result of this computation")
            return interpret(seen.graph, arrays)
        if seen.program is None:
            seen.program = self.compile(seen.graph)
        require(seen.given, "what is computed here")
        return run_once(seen.program, seen.graph, arrays)


def _let_go(node: Node) -> None:
    """Forget how a computed node was made once no gradient can flow through it: nothing
    below asks for one, or `backward` has been through all that did."""
    node.used = _spent(node, 20)
    if node.used or not any(s.rg for s in node.srcs):
        node.srcs = ()


def _spent(node: Node, depth: int) -> bool:
    """Whether every way down ends where `backward` has been (looking `depth` far)."""
    below = [s for s in node.srcs if s.rg]
    return node.used or (
        bool(below) and depth > 0 and all(_spent(s, depth - 1) for s in below)
    )


def run_once(program: Any, graph: Graph, arrays: Sequence[Array]) -> list[Array]:
    """The outputs of one step in new arrays."""
    results = [np.empty(o.shape, o.dtype.np) for o in graph.outputs]
    kept = [np.ascontiguousarray(a) for a in arrays]
    with program.lock:
        for position, array in enumerate([*kept, *results]):
            program.bind(position, array)
        program.once()
    return results
