"""Dimensions of a loop kernel: which are kept, which reduced, which in the lanes."""

from __future__ import annotations

from ranvier.compiler.fuse.group import CHEAP
from ranvier.compiler.fuse.schedule import Kernel
from ranvier.compiler.fuse.target import Target
from ranvier.compiler.lower import elementwise as ew
from ranvier.compiler.lower.body import Body, Index, Place, merged
from ranvier.compiler.lower.reductions import REDUCTIONS
from ranvier.graph import Node

KEPT = 64  # elements of a reduced row that stay in registers between stages
CHAINS = 4  # registers that a long sum is spread over
LONG = ew.POLYNOMIAL | set(ew.LIBRARY)  # a vector of these fills the registers


class Nest:
    """`kept` and `reduced` are groups of dimensions, `lane` the group in the lanes."""

    def __init__(self, kernel: Kernel, target: Target) -> None:
        self.kernel = kernel
        self.body = Body(kernel, target, merged(kernel))
        self.w = self.body.w
        self.sizes = self.body.sizes
        reduced = kernel.reduced or ()
        groups = self.body.groups
        self.reduced = [g for g, dims in enumerate(groups) if dims[0] in reduced]
        self.kept = [g for g in range(len(groups)) if g not in self.reduced]
        self.lane = self._lane()
        self.lane_reduced = self.lane in self.reduced
        self.width = self._width(target)
        self.in_registers = (
            self.lane_reduced
            and len(self.reduced) == 1
            and self.sizes[self.lane] <= KEPT
        )

    def _width(self, target: Target) -> int:
        """Lanes at a time; long sums take several registers, so that one addition need
        not wait for the one before.
        """
        wide = max((n.dtype.itemsize for n in self.kernel.nodes), default=4)
        width = max(2, target.lanes // 2) if wide == 8 else target.lanes
        if any(v.root.op == "uniform" for v in self.kernel.operands.values()):
            return 4 * width  # a block of the generator is four numbers
        if any(n.op in LONG for n in self.kernel.nodes):
            return width
        if not self.reduced:
            gathers = any(n.op == "take" for n in self.kernel.nodes)
            long = bool(self.sizes) and self.sizes[self.lane] >= CHAINS * width
            return CHAINS * width if gathers and long else width
        sums = sum(n.op in REDUCTIONS for n in self.kernel.nodes)
        if self.lane_reduced:  # the order of a sum depends on nothing but its length
            sums = 1
        chains = CHAINS
        while chains > 1 and (
            chains * (sums + 2) > target.budget
            or chains * width > self.sizes[self.lane]
        ):
            chains //= 2
        return chains * width

    def _lane(self) -> int:
        """The last dimension; a kept one instead of a reduced one where all values lie
        side by side along it: nothing has to be added across the lanes.
        """
        last = len(self.sizes) - 1
        if last not in self.reduced:
            return last
        # Decided without a look at what is stored: a watched value is stored too, and
        # must not change the order of a sum.
        full = [n for n in self.kernel.nodes if n.shape == self.kernel.space]
        if any(n.op not in CHEAP for n in full):
            return last
        steps = []
        used = {s for n in self.kernel.nodes for s in n.srcs}
        for src, view in self.kernel.operands.items():
            if src in used:
                steps.append(self.body.strides(src.shape, view.strides))
        for g in self.kept:
            along = {s[g] for s in steps}
            if 1 in along and along <= {0, 1} and self.sizes[g] >= 8:
                return g
        return last

    def place(self, index: dict[int, Index], chunk: tuple[Index, int] | None) -> Place:
        full = dict(index)
        lanes = 1
        if chunk is not None:
            full[self.lane], lanes = chunk
        return Place(
            tuple(full.get(g, 0) for g in range(len(self.sizes))), self.lane, lanes
        )

    def finish_place(self, place: Place, stores: list[Node]) -> None:
        # All values first: a store may go over an input that another of them reads.
        for node in stores:
            self.body.value(node, place)
        for node in stores:
            self.body.store(node, place)
