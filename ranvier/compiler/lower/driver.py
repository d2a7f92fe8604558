"""The driver: goes through phases, steps, bodies and epochs.

All threads run the same driver. A kernel is shared (each takes a range of its units),
run by every thread for itself, or run by one; threads meet where one needs what another
made.
"""

from __future__ import annotations

from collections.abc import Sequence

from ranvier.compiler.fuse.schedule import Kernel, Schedule
from ranvier.compiler.fuse.target import Target
from ranvier.compiler.lower.ahead import Ahead, look_ahead
from ranvier.compiler.lower.body import memory
from ranvier.compiler.lower.functions import Functions
from ranvier.compiler.lower.scan import run_loop
from ranvier.compiler.lower.table import Part, Pointer, Words
from ranvier.compiler.lower.text import Writer
from ranvier.graph import Node


class Driver:
    def __init__(
        self,
        parts: Sequence[Part],
        pointers: Sequence[Pointer],
        target: Target,
        kernels: Functions,
    ) -> None:
        self.parts = parts
        self.pointers = pointers
        self.target = target
        self.kernels = kernels
        self.w = Writer()
        self.guards: list[str] = []
        self.barriers = 0
        self.row = self.step = self.epoch = self.slot = "0"
        self.watches = any(part.watched is not None for part in parts)
        self.times = 1  # how often a step runs what is written now

    def function(self, name: str) -> str:
        w = self.w
        kept = [("row", Words.ROW), ("step", Words.STEP)]
        if self.watches:
            kept += [("next", Words.NEXT), ("seen", Words.SEEN)]
        for stem, position in kept:
            w.line(f"%{stem}_at = alloca i64")
            w.line(f"store i64 {self.word(position)}, ptr %{stem}_at")
        self.bases = [
            self.word_pointer(Words.POINTERS + i) for i in range(len(self.pointers))
        ]
        self.arena = self.word_pointer(Words.ARENA)
        epochs = self.word(Words.EPOCHS)
        counts = [self.word(Words.BODIES + i) for i in range(len(self.parts))]
        w.loop(0, epochs, 1, lambda e, _: self._epoch(str(e), counts))
        self._finish(0)
        w.line("br label %leave")
        w.label("leave")
        self.kernels.declared |= w.declared
        head = f"define void @{name}(ptr %table, i64 %thread) #0 {{\nentry:\n"
        return head + w.text() + "\n  ret void\n}\n"

    def _epoch(self, epoch: str, counts: list[str]) -> list[str]:
        self.epoch = epoch
        for part, count in zip(self.parts, counts, strict=True):
            self.w.loop(0, count, 1, lambda s, _, part=part: self._step(part))  # type: ignore[misc]
        return []

    # ---- words of the table ----------------------------------------------------------

    def word_address(self, position: int) -> str:
        return self.w.set(f"getelementptr inbounds i64, ptr %table, i64 {position}")

    def word(self, position: int) -> str:
        return self.w.set(f"load i64, ptr {self.word_address(position)}")

    def word_pointer(self, position: int) -> str:
        return self.w.set(f"load ptr, ptr {self.word_address(position)}", "base")

    def write(self, position: int, value: str | int, volatile: bool = False) -> None:
        kind = "volatile " if volatile else ""
        self.w.line(f"store {kind}i64 {value}, ptr {self.word_address(position)}")

    # ---- one step --------------------------------------------------------------------

    def _step(self, part: Part) -> list[str]:
        w = self.w
        self.row = w.set("load i64, ptr %row_at")
        self.step = w.set("load i64, ptr %step_at")
        if part.watched is None:
            self._body(part)
        else:
            self._either(part, part.watched)
        w.line(f"store i64 {w.add(self.row, part.rows)}, ptr %row_at")
        following = w.add(self.step, 1)
        w.line(f"store i64 {following}, ptr %step_at")
        self._between_steps(str(following))
        return []

    def _body(self, part: Part) -> None:
        schedule = part.schedule
        look_ahead(schedule, part.rows, lambda n: self._moves(n, part))
        addresses: dict[Node, str] = {}
        at_guards = iter(schedule.meetings.guards)
        for number in range(len(schedule.phases)):
            self.run_phase(schedule, number, part, addresses)
            for at, node, message in schedule.guards:
                if at == number:
                    self._guard(node, message, part, addresses, next(at_guards))

    def _either(self, plain: Part, watched: Part) -> None:
        """The body with probes in the steps that are watched, that without in all
        others; all threads count alike.
        """
        w = self.w
        due = w.set(f"icmp eq i64 {self.step}, {w.set('load i64, ptr %next_at')}")
        n = w.count = w.count + 1
        w.line(f"br i1 {due}, label %watched{n}, label %plain{n}")
        w.label(f"watched{n}")
        seen = w.set("load i64, ptr %seen_at")
        self.slot = w.set(f"urem i64 {seen}, {self.word(Words.RING)}")
        self._body(watched)
        w.line(f"store i64 {w.add(seen, 1)}, ptr %seen_at")
        following = w.set(f"add i64 {self.step}, {self.word(Words.EVERY)}")
        w.line(f"store i64 {following}, ptr %next_at")
        w.line(f"br label %joined{n}")
        w.label(f"plain{n}")
        self._body(plain)
        w.line(f"br label %joined{n}")
        w.label(f"joined{n}")

    def run_phase(
        self,
        schedule: Schedule,
        number: int,
        part: Part,
        addresses: dict[Node, str],
        meet: bool = False,
    ) -> None:
        """The kernels of a phase; threads meet before it if they must, or are told."""
        if meet or schedule.meetings.phases[number]:
            self._barrier()
        for kernel in schedule.phases[number]:
            self._call(kernel, part, addresses)

    def _moves(self, node: Node, part: Part) -> bool:
        """Whether an input moves on by the rows of the mini-batch."""
        pointer: Pointer = self.pointers[part.inputs[node.attrs]]
        return pointer.moves == "row"

    def _barrier(self) -> None:
        if self.target.threads == 1:
            return
        self.w.line(f"call void @meet(ptr %table, i64 {self.target.threads})")
        self.barriers += self.times

    def _call(self, kernel: Kernel, part: Part, addresses: dict[Node, str]) -> None:
        if kernel.kind == "join":
            return None
        if kernel.kind == "scan":
            return run_loop(self, kernel, part, addresses)
        name, units = self.kernels.of(kernel)
        given = [f"ptr {self.address(n, part, addresses)}" for n in memory(kernel)]
        if kernel.ahead:
            given += self._next_rows(kernel.ahead, part, addresses)

        def call(low: str | int, high: str | int) -> None:
            self.w.line(
                f"call void @{name}({', '.join([*given, f'i64 {low}', f'i64 {high}'])})"
            )

        threads = self.target.threads
        if threads == 1 or kernel.private:
            call(0, units)
        elif kernel.parallel and units > 1:
            low = self._share(units, 0)
            call(low, self._share(units, 1))
        else:
            mine = self.w.set(f"icmp eq i64 %thread, {kernel.thread}")
            self.w.when(mine, lambda: call(0, units))
        return None

    def _next_rows(
        self, ahead: Ahead, part: Part, addresses: dict[Node, str]
    ) -> list[str]:
        """The row numbers of the next step, and the array they pick from."""
        index = self.address(ahead.numbers, part, addresses)
        size = part.rows * ahead.numbers.dtype.itemsize
        following = self.w.set(f"getelementptr i8, ptr {index}, i64 {size}", "t")
        data = self.address(ahead.data, part, addresses)
        return [f"ptr {following}", f"ptr {data}"]

    def _share(self, units: int, plus: int) -> str:
        """units * (thread + plus) / threads: a fixed partition."""
        w = self.w
        return w.set(
            f"udiv i64 {w.mul(w.add('%thread', plus), units)}, {self.target.threads}"
        )

    def address(self, node: Node, part: Part, addresses: dict[Node, str]) -> str:
        """Where a node's memory is in this step. Inside a branch nothing may be
        remembered, so addresses are written before it.
        """
        if node not in addresses:
            addresses[node] = self._locate(node, part)
        return addresses[node]

    def _locate(self, node: Node, part: Part) -> str:
        slot = part.schedule.slots.get(node)
        if slot is None:
            return self._array(part.inputs[node.attrs])
        if slot.where == "input":
            return self._array(part.inputs[slot.place])
        if slot.where == "output":
            return self._array(part.outputs[slot.place])
        place: str | int = slot.place
        if slot.own and self.target.threads > 1:
            place = self.w.add(self.w.mul("%thread", slot.own), place)
        return self.w.set(
            f"getelementptr inbounds i8, ptr {self.arena}, i64 {place}", "t"
        )

    def _array(self, number: int) -> str:
        pointer = self.pointers[number]
        if pointer.moves == "no":
            return self.bases[number]
        places = {
            "row": self.row,
            "step": self.step,
            "epoch": self.epoch,
            "ring": self.slot,
        }
        offset = self.w.mul(places[pointer.moves], pointer.stride)
        return self.w.set(
            f"getelementptr inbounds i8, ptr {self.bases[number]}, i64 {offset}", "t"
        )

    # ---- stopping --------------------------------------------------------------------

    def _guard(
        self,
        node: Node,
        message: str,
        part: Part,
        addresses: dict[Node, str],
        meet: bool,
    ) -> None:
        """Leave before anything is overwritten if the check of this step is false."""
        w = self.w
        where = self.address(node, part, addresses)
        if meet:
            self._barrier()
        raw = w.set(f"load i8, ptr {where}")
        failed = w.set(f"icmp eq i8 {raw}, 0")
        number = len(self.guards)
        self.guards.append(message)

        self._leave_when(failed, 2, number)

    def _leave_when(self, condition: str, status: int, guard: int = 0) -> None:
        w = self.w
        n = w.count = w.count + 1
        w.line(f"br i1 {condition}, label %then{n}, label %else{n}")
        w.label(f"then{n}")
        self._finish(status, guard)
        w.line("br label %leave")
        w.label(f"else{n}")

    def _between_steps(self, following: str) -> None:
        """Tell Python how far we are, and stop if it asks for it; all threads decide
        alike.
        """
        w = self.w
        if self.target.threads == 1:
            self.write(Words.DONE, following, volatile=True)
            stop = w.set(f"load volatile i64, ptr {self.word_address(Words.STOP)}")
        else:
            odd = w.set(f"and i64 {following}, 1")
            go = w.set(
                f"getelementptr inbounds i64, ptr {self.word_address(Words.GO)}, i64 "
                f"{odd}"
            )

            def first() -> None:
                self.write(Words.DONE, following, volatile=True)
                asked = w.set(f"load volatile i64, ptr {self.word_address(Words.STOP)}")
                w.line(f"store volatile i64 {asked}, ptr {go}")

            w.when(w.set("icmp eq i64 %thread, 0"), first)
            self._barrier()
            stop = w.set(f"load volatile i64, ptr {go}")
        if self.watches:  # after the others have written what they watch
            w.when(w.set("icmp eq i64 %thread, 0"), self._publish)
        self._leave_when(w.set(f"icmp ne i64 {stop}, 0"), 1)

    def _publish(self) -> None:
        """Tell Python how many rows of the ring are written."""
        seen = self.w.set("load i64, ptr %seen_at")
        at = self.word_address(Words.SEEN)
        self.w.line(f"store atomic i64 {seen}, ptr {at} release, align 8")

    def _finish(self, status: int, guard: int = 0) -> None:
        """Only the first thread reports."""
        w = self.w

        def report() -> None:
            self.write(Words.STATUS, status)
            self.write(Words.GUARD, guard)
            if self.watches:
                self.write(Words.NEXT, w.set("load i64, ptr %next_at"))

        w.when(w.set("icmp eq i64 %thread, 0"), report)
