"""One watched run: the ring is read, and the watch told, while the program goes on."""

from __future__ import annotations

from collections.abc import Sequence

from ranvier.compiler.lower.table import Words
from ranvier.compiler.ring import Field, Ring
from ranvier.compiler.run.execute import Program
from ranvier.compiler.watch import Watch

RING_BYTES = 64 << 20  # large values leave room for fewer readings


class Watching:
    """Stands between the program that writes and the Watch that takes.

    `failure` is what the callback raised; the run was asked to stop then.
    """

    def __init__(
        self,
        program: Program,
        watch: Watch,
        names: Sequence[str],
        fields: Sequence[Field],
        row: int,
    ) -> None:
        self.program = program
        self.watch = watch
        self.names = names
        self.fields = fields
        self.ring = Ring(program, row, min(watch.size, max(4, RING_BYTES // row)))
        self.first = watch.done + watch.first() + 1  # the step of the first row
        self.failure: Exception | None = None
        watch.stopping = False

    def bind(self, first: int) -> None:
        """Prepare the next native call; the ring's pointers start at `first`."""
        cells = self.program.cells
        cells[Words.EVERY] = self.watch.every
        cells[Words.NEXT] = self.watch.first()
        self.ring.bind(first, self.fields)

    def poll(self) -> None:
        """Hand on what was written since; never raises what a callback raises."""
        if self.failure is None:
            try:
                self._take()
            except Exception as error:
                self.failure = error
        if self.ends:
            self.program.stop()

    @property
    def ends(self) -> bool:
        """Whether the callback wants no more steps."""
        return self.failure is not None or self.watch.stopping

    def _take(self) -> None:
        number, rows = self.ring.take()
        self.watch.lost += self.ring.lost
        self.ring.lost = 0
        if len(rows):
            columns = {
                name: field.of(rows)
                for name, field in zip(self.names, self.fields, strict=True)
            }
            self.watch.take(self.first + self.watch.every * number, columns)

    def end_call(self, steps: int) -> None:
        """After a native call of so many steps."""
        self.poll()
        self.watch.done += steps
