"""Writing the text of one LLVM function: fresh names, typed values, loops."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import NamedTuple

from ranvier.dtypes import DType

SCALAR = {
    "float32": "float",
    "float64": "double",
    "int64": "i64",
    "int32": "i32",
    "int16": "i16",
    "int8": "i8",
    "uint8": "i8",
    "bool": "i1",
}


class Value(NamedTuple):
    """An SSA value: its name, its number type, how many lanes it has (1: a scalar)."""

    name: str
    dtype: DType
    lanes: int

    @property
    def type(self) -> str:
        return _type(self.dtype, self.lanes)


@functools.cache
def _type(dtype: DType, lanes: int) -> str:
    return vector(SCALAR[dtype.name], lanes)


def vector(scalar: str, lanes: int) -> str:
    return scalar if lanes == 1 else f"<{lanes} x {scalar}>"


class Writer:
    """Lines of one function; `declared` collects the intrinsics that it calls."""

    def __init__(self) -> None:
        self.head: list[str] = []
        self.lines: list[str] = []
        self.declared: set[str] = set()
        self.count = 0
        self.block = "entry"

    def fresh(self, stem: str = "v") -> str:
        self.count += 1
        return f"%{stem}{self.count}"

    def line(self, text: str) -> None:
        self.lines.append("  " + text)

    def set(self, expression: str, stem: str = "v") -> str:
        """A new name for the result of an instruction."""
        self.count += 1  # as `fresh`; this is called for every instruction
        name = f"%{stem}{self.count}"
        self.lines.append(f"  {name} = {expression}")
        return name

    def call(
        self,
        result: str,
        function: str,
        arguments: Sequence[tuple[str, str]],
        flags: str = "",
    ) -> str:
        """Call an intrinsic or library function, declaring it."""
        types = ", ".join([t for t, _ in arguments])
        self.declared.add(f"declare {result} @{function}({types})")
        given = ", ".join([f"{t} {v}" for t, v in arguments])
        return self.set(f"call {flags}{result} @{function}({given})")

    def label(self, name: str) -> None:
        self.lines.append(f"{name}:")
        self.block = name

    def text(self) -> str:
        """The body, memory on the stack first."""
        return "\n".join([*self.head, *self.lines])

    # ---- i64 arithmetic, folded where both sides are numbers -------------------------

    def add(self, a: str | int, b: str | int) -> str | int:
        if isinstance(a, int) and isinstance(b, int):
            return a + b
        if a == 0:
            return b
        if b == 0:
            return a
        return self.set(f"add nsw i64 {a}, {b}", "i")

    def mul(self, a: str | int, b: int) -> str | int:
        if isinstance(a, int):
            return a * b
        if b == 1:
            return a
        return 0 if b == 0 else self.set(f"mul nsw i64 {a}, {b}", "i")

    # ---- control ---------------------------------------------------------------------

    def loop(
        self,
        start: str | int,
        stop: str | int,
        step: int,
        body: Callable[[str | int, list[str]], list[str]],
        carry: Sequence[tuple[str, str]] = (),
    ) -> list[str]:
        """``for i in range(start, stop, step)`` with carried values (type, initial
        value).

        `body` gets the index and the carried names and returns the next ones. A range
        known to be empty or to hold one index needs no loop.
        """
        if isinstance(start, int) and isinstance(stop, int):
            if start >= stop:
                return [value for _, value in carry]
            if start + step >= stop:
                return body(start, [value for _, value in carry])
        n = self.count = self.count + 1
        before, head, exit_ = self.block, f"loop{n}", f"done{n}"
        known = isinstance(start, int) and isinstance(stop, int)
        if known:
            self.line(f"br label %{head}")
        else:
            some = self.set(f"icmp slt i64 {start}, {stop}")
            self.line(f"br i1 {some}, label %{head}, label %{exit_}")
        self.label(head)
        at = len(self.lines)
        index = self.fresh("i")
        names = [self.fresh("c") for _ in carry]
        after = body(index, names)
        following = self.set(f"add nsw i64 {index}, {step}", "i")
        more = self.set(f"icmp slt i64 {following}, {stop}")
        latch = self.block
        self.line(f"br i1 {more}, label %{head}, label %{exit_}")
        phis = [
            f"  {index} = phi i64 [ {start}, %{before} ], [ {following}, %{latch} ]"
        ]
        for (kind, first), name, last in zip(carry, names, after, strict=True):
            phis.append(
                f"  {name} = phi {kind} [ {first}, %{before} ], [ {last}, %{latch} ]"
            )
        self.lines[at:at] = phis
        self.label(exit_)
        if known:
            return list(after)
        out = []
        for (kind, first), last in zip(carry, after, strict=True):
            out.append(
                self.set(f"phi {kind} [ {first}, %{before} ], [ {last}, %{latch} ]")
            )
        return out

    def when(self, condition: str, body: Callable[[], None]) -> None:
        """``if condition: body()``."""
        n = self.count = self.count + 1
        self.line(f"br i1 {condition}, label %then{n}, label %else{n}")
        self.label(f"then{n}")
        body()
        self.line(f"br label %else{n}")
        self.label(f"else{n}")
