"""The functions of a module: every kernel once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ranvier.compiler.fuse.schedule import Kernel
from ranvier.compiler.fuse.target import Target
from ranvier.compiler.lower.barrier import barrier, declaration
from ranvier.compiler.lower.body import Lowered, memory
from ranvier.compiler.lower.loops import lower_loop
from ranvier.compiler.lower.matmul import lower_matmul
from ranvier.compiler.lower.pieces import lower_move, lower_scatter
from ranvier.compiler.lower.winograd import lower_winograd

KINDS = {
    "loop": lower_loop,
    "matmul": lower_matmul,
    "winograd": lower_winograd,
    "scatter": lower_scatter,
    "move": lower_move,
}


class Function(NamedTuple):
    """A kernel's function, and how many units its calls can divide."""

    name: str
    units: int


class Functions:
    """The kernels of a module, each lowered once; equal texts are one function."""

    def __init__(self, target: Target) -> None:
        self.target = target
        self.made: dict[Kernel, Function] = {}
        self.names: dict[str, str] = {}  # text without name → name
        self.texts: list[str] = []
        self.declared: set[str] = set()

    def of(self, kernel: Kernel) -> Function:
        """For any number of threads: which units are done is given in each call."""
        if kernel not in self.made:
            lowered = KINDS[kernel.kind](kernel, self.target)
            self.made[kernel] = Function(self._name(kernel, lowered), lowered.units)
        return self.made[kernel]

    def _name(self, kernel: Kernel, lowered: Lowered) -> str:
        written = lowered.body.w
        body = written.text()
        count = len(memory(kernel))
        key = f"{count} {kernel.ahead is not None}\n{body}"
        if key not in self.names:
            self.names[key] = name = f"{kernel.name}.{len(self.names)}"
            arguments = [f"ptr %p{i}" for i in range(count)]
            if kernel.ahead:
                arguments += ["ptr %next", "ptr %data"]
            arguments += ["i64 %low", "i64 %high"]
            head = (
                f"define internal void @{name}({', '.join(arguments)}) #0 {{\nentry:\n"
            )
            self.texts.append(head + body + "\n  ret void\n}\n")
            self.declared |= written.declared
        return self.names[key]

    def module(self, drivers: Sequence[str], barriers: bool) -> str:
        bits = 32 * self.target.lanes
        width = f'attributes #0 = {{ nounwind "prefer-vector-width"="{bits}" }}\n'
        declared = sorted(self.declared)
        texts = [*self.texts, *drivers]
        if barriers:
            texts.append(barrier(self.target))
            declared.append(declaration(self.target))
        return "\n".join([*declared, "", *texts, width])
