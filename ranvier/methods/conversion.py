"""Number types, devices and copies."""

from __future__ import annotations

from typing import Any, Self

from ranvier import dtypes
from ranvier.errors import UnsupportedError
from ranvier.methods.handle import Handle
from ranvier.methods.order import Order


class Conversion(Order):
    """Number types, devices and copies."""

    __slots__ = ()

    def to(self, *args: Any, **kwargs: Any) -> Self:
        """Another number type; a device argument may only be "cpu"."""
        dtype = kwargs.get("dtype")
        for arg in (*args, kwargs.get("device", "cpu")):
            if isinstance(arg, Handle):
                dtype = arg.dtype
            elif isinstance(arg, str) and arg not in {d.name for d in dtypes.ALL}:
                if arg != "cpu":
                    raise UnsupportedError(
                        f"device {arg!r}: Ranvier runs on the CPU only."
                    )
            else:
                dtype = arg
        return self if dtype is None else self._cast(dtypes.as_dtype(dtype))

    type = to

    def cpu(self) -> Self:
        """This tensor."""
        return self

    def float(self) -> Self:
        """As float32."""
        return self.to(dtypes.float32)

    def double(self) -> Self:
        """As float64."""
        return self.to(dtypes.float64)

    def long(self) -> Self:
        """As int64."""
        return self.to(dtypes.int64)

    def int(self) -> Self:
        """As int32."""
        return self.to(dtypes.int32)

    def bool(self) -> Self:
        """Whether not 0."""
        return self.to(dtypes.bool_)

    def type_as(self, other: Handle) -> Self:
        """With the number type of `other`."""
        return self.to(other.dtype)
