"""Reading and writing elements at an address."""

from __future__ import annotations

from ranvier.compiler.lower.text import SCALAR, Value, Writer, vector
from ranvier.dtypes import DType

Index = str | int


class Memory:
    def __init__(self, w: Writer) -> None:
        self.w = w

    def address(self, pointer: str, dtype: DType, offset: Index) -> str:
        """Where element number `offset` is."""
        kind = "i8" if dtype.order == 0 else SCALAR[dtype.name]
        if offset == 0:
            return pointer
        return self.w.set(
            f"getelementptr inbounds {kind}, ptr {pointer}, i64 {offset}", "a"
        )

    def load_at(self, pointer: str, dtype: DType, offset: Index, lanes: int) -> Value:
        """`lanes` elements that lie side by side."""
        where = self.address(pointer, dtype, offset)
        align = dtype.itemsize
        if dtype.order == 0:
            raw = self.w.set(f"load {vector('i8', lanes)}, ptr {where}, align 1")
            zero = "zeroinitializer" if lanes > 1 else "0"
            return Value(
                self.w.set(f"icmp ne {vector('i8', lanes)} {raw}, {zero}"), dtype, lanes
            )
        kind = vector(SCALAR[dtype.name], lanes)
        return Value(
            self.w.set(f"load {kind}, ptr {where}, align {align}"), dtype, lanes
        )

    def store_at(self, pointer: str, value: Value, offset: Index) -> None:
        """Write the lanes of a value side by side."""
        dtype = value.dtype
        where = self.address(pointer, dtype, offset)
        if dtype.order == 0:
            kind = vector("i8", value.lanes)
            wide = self.w.set(f"zext {value.type} {value.name} to {kind}")
            self.w.line(f"store {kind} {wide}, ptr {where}, align 1")
        else:
            self.w.line(
                f"store {value.type} {value.name}, ptr {where}, align {dtype.itemsize}"
            )
