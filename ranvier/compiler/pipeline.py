"""The spine: Python code → Graph → gradients → Schedule → LLVM IR → numbers.

It also hangs on `Tensor` the two things that go against the arrow of imports: looking
at a value, and refusing to look while a function is captured.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from ranvier.accuracy import get_strict_accuracy
from ranvier.compiler.derive.expand import derive
from ranvier.compiler.fingerprint import UnknownAttribute, fingerprint
from ranvier.compiler.flush import Evaluator
from ranvier.compiler.sources import COMPILER
from ranvier.errors import CaptureError
from ranvier.graph import Graph, Node, grad_mode
from ranvier.memory import require
from ranvier.tensor import hooks


class Wanted(NamedTuple):
    """All that a program depends on. `alone` is the target that was asked for, `target`
    the same with the threads there are; the others as in `plan`.
    """

    graphs: tuple[Graph, ...]
    single: bool
    pointers: tuple[tuple[Any, int], ...]
    inputs: tuple[tuple[int, ...], ...]
    outputs: tuple[tuple[int, ...], ...]
    rows: tuple[int, ...]
    alone: Any
    target: Any
    watched: tuple[Graph, ...]
    watched_outputs: tuple[tuple[int, ...], ...]
    state: frozenset[int]

    def on(self, threads: int) -> Any:
        """The target with this number of threads."""
        return self.alone._replace(threads=threads)

    def key(self) -> bytes | None:
        """Where the program is stored; None where it cannot be said in a text."""
        from ranvier.compiler.run.cache import digest
        from ranvier.compiler.run.jit import recipe

        if not COMPILER:
            return None
        try:
            graphs = fingerprint([*self.graphs, *self.watched])
        except UnknownAttribute:
            return None
        rest = self._replace(graphs=(), watched=(), state=frozenset())
        facts = rest, sorted(self.state), len(self.graphs), grad_mode.enabled
        return digest([*COMPILER, *recipe(self.target), repr(facts), graphs])


class Made(NamedTuple):
    """What the stages between capture and machine code made; facts for the run."""

    derived: list[Graph]
    schedules: list[Any]
    module: Any
    facts: Any


class Plan:
    """A program and every stage on the way to it.

    A program from the cache needs no stage: those are made when somebody looks.
    """

    def __init__(self, wanted: Wanted, program: Any, made: Made | None) -> None:
        self.wanted = wanted
        self.graphs = list(wanted.graphs)
        self.program = program
        # Of the dimensions of arrays in memory, by pointer.
        self.orders: dict[int, tuple[int, ...]] = dict(program.facts.orders)
        self._made = made

    @property
    def made(self) -> Made:
        if self._made is None:
            self._made = make(self.wanted)
        return self._made

    @property
    def derived(self) -> list[Graph]:
        return self.made.derived

    @property
    def schedules(self) -> list[Any]:
        return self.made.schedules

    @property
    def module(self) -> Any:
        return self.made.module


Feeding = tuple[list[tuple[Any, int]], list[list[int]], list[list[int]]]


def plan(graphs: Sequence[Graph], **options: Any) -> Plan:
    """The five stages in order, for the parts of a run, or what is stored of them;
    options as for `want`.
    """
    return planned(want(graphs, **options))


def want(
    graphs: Sequence[Graph],
    *,
    single: bool = False,
    feed: Feeding | None = None,
    rows: Sequence[int] = (0,),
    target: Any = None,
    threads: int | None = None,
    watched: Sequence[Graph] = (),
    watched_outputs: Sequence[Sequence[int]] = (),
    state: Sequence[int] = (),
) -> Wanted:
    """All that a program depends on.

    `feed` says what each pointer of the program is and which ones belong to the inputs
    and outputs of each part; without it every input and output is an array of its own.
    `single` means that one step is run at a time, for which waking other threads must
    pay. `watched` are the same graphs with probes, for the steps that are watched.
    `state` are the pointers whose arrays may lie in another order (see `fuse.orders`).
    `threads` is how many may run it; by default as many as programs use.
    """
    from ranvier.compiler.run.jit import host
    from ranvier.compiler.run.threads import get_num_threads

    alone = target or host()
    if get_strict_accuracy():
        alone = alone._replace(strict=True)
    # One number of threads that was asked for by name is taken; else both may be made.
    if threads is None:
        threads = alone.threads if alone.threads > 1 else get_num_threads()
    pointers, inputs, outputs = feed or _own_pointers(graphs[0])
    return Wanted(
        graphs=tuple(graphs),
        single=single,
        pointers=tuple(pointers),
        inputs=tuple(map(tuple, inputs)),
        outputs=tuple(map(tuple, outputs)),
        rows=tuple(rows),
        alone=alone,
        target=alone._replace(threads=threads),
        watched=tuple(watched),
        watched_outputs=tuple(map(tuple, watched_outputs)),
        state=frozenset(state),
    )


def planned(wanted: Wanted) -> Plan:
    """The program, from the cache or made."""
    key = wanted.key()
    return (key and _stored(wanted, key)) or _new(wanted, key)


def _stored(wanted: Wanted, key: bytes) -> Plan | None:
    """The program that is stored under `key`, if there is one that fits."""
    from ranvier.compiler.run import stored

    found = stored.load(key)
    if found is None:
        return None
    facts, image = found
    fits = facts.rows == wanted.rows and facts.threads <= wanted.target.threads
    if not fits or any(pointer not in wanted.state for pointer, _ in facts.orders):
        return None
    try:
        return _plan(wanted, facts, image, None)
    except RuntimeError:  # the linker refuses the object
        return None


def _new(wanted: Wanted, key: bytes | None) -> Plan:
    from ranvier.compiler.run import jit, stored

    made = make(wanted)
    facts = made.facts
    require(facts.arena, ARENA)
    image = jit.compiled(made.module.text, wanted.on(facts.threads))
    found = _plan(wanted, facts, image, made)
    if key is not None:
        stored.store(key, facts, image)
    return found


ARENA = "one step of this program"


def _plan(wanted: Wanted, facts: Any, image: bytes, made: Made | None) -> Plan:
    from ranvier.compiler.run.execute import Program
    from ranvier.compiler.run.jit import Code

    require(facts.arena, ARENA)
    target = wanted.on(facts.threads)
    code = Code(image, target, facts.drivers)
    program = Program(code, facts, target, len(wanted.pointers))
    return Plan(wanted, program, made)


def make(wanted: Wanted) -> Made:
    """The stages derive, fuse and lower."""
    from ranvier.compiler.fuse.fuse import fuse
    from ranvier.compiler.fuse.orders import orders, reordered
    from ranvier.compiler.fuse.share import QUIET, deal, worth_sharing
    from ranvier.compiler.lower.program import lower
    from ranvier.compiler.lower.table import Part, Pointer
    from ranvier.compiler.run.stored import Facts

    _, single, pointers, inputs, outputs, rows, alone, target, *_ = wanted
    derived = [derive(graph) for graph in wanted.graphs]
    kept = {i for i, pointer in enumerate(inputs[0]) if pointer in wanted.state}
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
        Part(s, i, o, r)
        for s, i, o, r in zip(schedules, inputs, outputs, rows, strict=True)
    ]
    for i, graph in enumerate(wanted.watched):
        schedule = fuse(laid(derive(graph), i), target)
        beside = Part(schedule, parts[i].inputs, wanted.watched_outputs[i])
        parts[i] = parts[i]._replace(watched=beside)
    module = lower(parts, [Pointer(*p) for p in pointers], target, both)
    facts = Facts(
        arena=module.arena,
        guards=module.guards,
        kernels=module.kernels,
        barriers=module.barriers,
        rows=module.rows,
        alone=module.alone,
        threads=target.threads,
        cycles=float(sum(k.cost for k in schedules[0].kernels)),
        together=together,
        orders=tuple(sorted(turned.items())),
    )
    return Made(derived, schedules, module, facts)


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
