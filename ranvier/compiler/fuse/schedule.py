"""Schedule: what is run, in which order, where it lies in memory.

schedule ::= phases: kernel, … ; kernel, … ; …      threads meet where they must
kernel   ::= loop     element-wise nodes and reductions over one index space
           | matmul   a product (or convolution), and element-wise nodes on it while it
                      is in registers
           | winograd a convolution by patches: transforms, products, transforms, and
                      element-wise nodes on its results (see `winograd`)
           | scatter  rows added to rows by number
           | move     one primitive by itself: a piece copied into a result of zeros
                      (pad), windows added up, running sums, sorting
           | join     nothing: its pieces were written side by side by their makers
           | scan     a schedule of its own, run once a step of the loop
"""

from __future__ import annotations

import math
from typing import Any, Literal, NamedTuple

from ranvier.compiler.fuse.target import Target
from ranvier.compiler.fuse.tiles import Tile
from ranvier.compiler.fuse.view import View
from ranvier.graph import Graph, Node, Shape

Kind = Literal["loop", "matmul", "winograd", "scatter", "move", "join", "scan"]


class Kernel:
    """Nodes that are computed together.

    `space` is the index space; `reduced` the dimensions that reductions inside sum over
    (None: no reduction); `operands` says where every source made elsewhere lies;
    `stores` are the nodes written to memory, `targets` those of them that are written
    into the memory of another node; `again` those that other kernels compute too,
    because that is cheaper than memory; `loop` is what a scan runs. `cost` is in
    cycles; `parallel` says that threads share it, `private` that every thread runs all
    of it for itself, into memory of its own; else thread `thread` runs it alone.

    A product has `factors`, what they are multiplied from; `lanes` and `tile` (see
    `layout`); `panel`: the right factor lies in panels of so many columns; `block`: the
    sum goes over so many images at a time and is added up in memory (0: all at once, in
    registers); `rows`: so many rows are gone through for all columns before the next
    (0: all); `closed`: nothing is applied to its tiles; `columns_first`: its outer loop
    goes over columns.
    """

    def __init__(
        self, number: int, kind: Kind, space: Shape, reduced: tuple[int, ...] | None
    ) -> None:
        self.number = number
        self.kind = kind
        self.space = space
        self.reduced = reduced
        self.nodes: list[Node] = []
        self.again: set[Node] = set()
        self.operands: dict[Node, View] = {}
        self.stores: list[Node] = []
        self.targets: dict[Node, View] = {}
        self.loop: Any = None
        self.deps: set[Kernel] = set()
        self.factors: tuple[Node, ...] = ()
        self.lanes: Literal["n", "m", "k"] = "n"
        self.tile: Tile | None = None
        self.panel = 0
        self.block = 0
        self.rows = 0
        self.closed = False
        self.columns_first = True
        self.why = ""
        self.level = 0
        self.cost = 0.0
        self.ahead: Any = None  # what it asks for while it works (`lower.ahead`)
        self.parallel = False
        self.private = False
        self.thread = 0

    @property
    def name(self) -> str:
        return f"k{self.number}_" + "_".join(
            dict.fromkeys(n.op for n in self.nodes[:3])
        )

    @property
    def size(self) -> int:
        return math.prod(self.space)

    def target(self, node: Node) -> View:
        """Where a stored node lies."""
        return self.targets.get(node) or View.whole(node)

    def depends_on(self, other: Kernel) -> bool:
        """Whether `other` must run before this one."""
        seen: set[Kernel] = set()
        stack = [self]
        while stack:
            kernel = stack.pop()
            if kernel is other:
                return True
            if kernel not in seen:
                seen.add(kernel)
                stack.extend(kernel.deps)
        return False

    def __repr__(self) -> str:
        return f"<{self.name} {list(self.space)}>"


class Slot:
    """Memory of a node: ``where`` is "input" or "output" with its position, or "arena"
    with a byte offset; there, `own` bytes from one thread's copy to the next (0: one
    for all).
    """

    __slots__ = ("own", "place", "where")

    def __init__(
        self, where: Literal["input", "output", "arena"], place: int, own: int = 0
    ) -> None:
        self.where = where
        self.place = place
        self.own = own

    def __repr__(self) -> str:
        return (
            f"{self.where}[{self.place}]"
            if self.where != "arena"
            else f"arena+{self.place}"
        )


class Meetings(NamedTuple):
    """Before which phases, and at which guards, all threads meet."""

    phases: list[bool]
    guards: list[bool]


class Schedule:
    """The kernels of one step in phases, and the memory of every stored node."""

    def __init__(
        self, graph: Graph, phases: list[list[Kernel]], target: Target
    ) -> None:
        self.graph = graph
        self.phases = phases
        self.target = target
        self.slots: dict[Node, Slot] = {}
        self.arena = 0
        self.private: set[Node] = set()  # every thread has its own
        self.kept: set[Node] = set()  # stay in the arena to the end
        self.notes: list[str] = []  # decisions about layout
        self.guards: list[
            tuple[int, Node, str]
        ] = []  # after which phase, what, message
        self.meetings = Meetings([], [])

    @property
    def kernels(self) -> list[Kernel]:
        return [k for phase in self.phases for k in phase]

    def bare(self) -> Schedule:
        """The same schedule with nothing placed in the arena."""
        bare = Schedule(self.graph, self.phases, self.target)
        bare.guards = self.guards
        bare.kept = self.kept
        bare.private = self.private
        bare.slots = {n: s for n, s in self.slots.items() if s.where != "arena"}
        return bare
