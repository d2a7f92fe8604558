"""The spine: Python code → Graph → gradients → Schedule → LLVM IR → numbers.

It also hangs on `Tensor` the two things that go against the arrow of imports: looking
at a value, and refusing to look while a function is captured.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ranvier.compiler.derive.expand import derive
from ranvier.compiler.flush import Evaluator
from ranvier.errors import CaptureError
from ranvier.graph import Graph, Node
from ranvier.tensor import hooks


class Plan:
    """A program and every stage on the way to it."""

    def __init__(
        self,
        graphs: list[Graph],
        derived: list[Graph],
        schedules: list[Any],
        module: Any,
        program: Any,
        orders: dict[int, tuple[int, ...]],
    ) -> None:
        self.graphs = graphs
        self.derived = derived
        self.schedules = schedules
        self.module = module
        self.program = program
        self.orders = orders  # of the dimensions of arrays in memory, by pointer


Feeding = tuple[list[tuple[Any, int]], list[list[int]], list[list[int]]]


def plan(
    graphs: Sequence[Graph],
    *,
    single: bool = False,
    feed: Feeding | None = None,
    rows: Sequence[int] = (0,),
    target: Any = None,
    watched: Sequence[Graph] = (),
    watched_outputs: Sequence[Sequence[int]] = (),
    state: Sequence[int] = (),
) -> Plan:
    """The five stages in order, for the parts of a run.

    `feed` says what each pointer of the program is and which ones belong to the inputs
    and outputs of each part; without it every input and output is an array of its own.
    `single` means that one step is run at a time, for which waking other threads must
    pay. `watched` are the same graphs with probes, for the steps that are watched.
    `state` are the pointers whose arrays may lie in another order (see `fuse.orders`).
    """
    from ranvier.compiler.fuse.fuse import fuse
    from ranvier.compiler.fuse.orders import orders, reordered
    from ranvier.compiler.fuse.share import QUIET, deal, worth_sharing
    from ranvier.compiler.lower.program import Part, Pointer, lower
    from ranvier.compiler.run.execute import Program
    from ranvier.compiler.run.jit import host
    from ranvier.compiler.run.threads import get_num_threads

    derived = [derive(graph) for graph in graphs]
    alone = target or host()
    # One number of threads that was asked for by name is taken; else both may be made.
    threads = alone.threads if alone.threads > 1 else get_num_threads()
    target = alone._replace(threads=threads)
    pointers, inputs, outputs = feed or _own_pointers(derived[0])
    kept = {i for i, pointer in enumerate(inputs[0]) if pointer in set(state)}
    found = orders(derived[0], kept) if kept else {}
    turned = {inputs[0][i]: order for i, order in found.items()}

    def laid(graph: Graph, part: int) -> Graph:
        here = {i: turned[p] for i, p in enumerate(inputs[part]) if p in turned}
        return reordered(graph, here)

    schedules = [fuse(laid(graph, i), target) for i, graph in enumerate(derived)]
    both = target != alone and worth_sharing(schedules[0], single, QUIET)
    together = target == alone or worth_sharing(schedules[0], single)
    if not (both or together):
        target = alone
        for schedule in schedules:
            deal(schedule, target)
    parts = [
        Part(s, tuple(i), tuple(o), r)
        for s, i, o, r in zip(schedules, inputs, outputs, rows, strict=True)
    ]
    for i, graph in enumerate(watched):
        schedule = fuse(laid(derive(graph), i), target)
        beside = Part(schedule, parts[i].inputs, tuple(watched_outputs[i]))
        parts[i] = parts[i]._replace(watched=beside)
    module = lower(parts, [Pointer(*p) for p in pointers], target, both)
    cycles = sum(k.cost for k in schedules[0].kernels)
    return Plan(
        list(graphs),
        derived,
        schedules,
        module,
        Program(module, target, len(pointers), cycles, together),
        turned,
    )


def _own_pointers(graph: Graph) -> Feeding:
    n, m = len(graph.inputs), len(graph.outputs)
    return [("no", 0)] * (n + m), [list(range(n))], [list(range(n, n + m))]


def refuse_look(node: Node) -> None:
    raise CaptureError(
        "a value was looked at while a function is compiled (item(), tolist(), "
        "float(), numpy(), or an `if` on a tensor). What the program does may not "
        "depend on a value: use rv.where(condition, a, b) instead of `if`, return the "
        "value and look at it outside, or leave this function uncompiled."
    )


def _program(graph: Graph) -> Any:
    return plan([graph], single=True).program


evaluator = Evaluator(_program)
hooks.hang(evaluator.evaluate, refuse_look)
