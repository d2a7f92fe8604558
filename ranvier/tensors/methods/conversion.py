"""Number types, devices, copies, and new tensors of the same type."""

from __future__ import annotations

import builtins
from typing import Any, Self

import numpy as np

from ranvier import dtypes, ops
from ranvier.devices import CPU, check_device
from ranvier.devices import device as Device
from ranvier.errors import DTypeError
from ranvier.graph import leaf
from ranvier.tensors.indexing import ints
from ranvier.tensors.methods.handle import Handle
from ranvier.tensors.methods.linear import Linear
from ranvier.tensors.methods.operands import default_array

_NAMES = {d.name for d in dtypes.ALL}


class Conversion(Linear):
    """Number types, devices, copies, and new tensors of the same type."""

    __slots__ = ()

    def to(
        self,
        *args: Any,
        dtype: Any = None,
        device: Any = None,
        non_blocking: builtins.bool = False,
        copy: builtins.bool = False,
        memory_format: Any = None,
    ) -> Self:
        """Another number type: ``to(dtype)``, ``to("cpu", dtype)``, ``to(other)``; a
        device may only be "cpu".
        """
        check_device(device)
        for arg in args:
            if isinstance(arg, Handle):
                dtype = arg.dtype
            elif isinstance(arg, str) and arg not in _NAMES:
                check_device(arg)
            elif isinstance(arg, builtins.bool) or arg is None:
                continue  # non_blocking and copy: nothing is shared here
            else:
                dtype = arg
        out = self if dtype is None else self._cast(dtypes.as_dtype(dtype))
        return out.clone() if copy and out is self else out

    def type(self, dtype: Any = None) -> Any:
        """With another number type; without one, the name of its own."""
        return str(self.dtype) if dtype is None else self.to(dtype)

    def cpu(self) -> Self:
        """This tensor."""
        return self

    @property
    def device(self) -> Device:
        """Always the CPU."""
        return CPU

    def get_device(self) -> builtins.int:
        """-1: the CPU."""
        return -1

    def pin_memory(self, device: Any = None) -> Self:
        """This tensor: there is no other device to copy to."""
        return self

    @property
    def is_cuda(self) -> builtins.bool:
        """False: there is the CPU only."""
        return False

    @property
    def is_cpu(self) -> builtins.bool:
        """True."""
        return True

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

    def short(self) -> Self:
        """As int16."""
        return self.to(dtypes.int16)

    def char(self) -> Self:
        """As int8."""
        return self.to(dtypes.int8)

    def byte(self) -> Self:
        """As uint8."""
        return self.to(dtypes.uint8)

    def bool(self) -> Self:
        """Whether not 0."""
        return self.to(dtypes.bool_)

    def type_as(self, other: Handle) -> Self:
        """With the number type of `other`."""
        return self.to(other.dtype)

    def is_floating_point(self) -> builtins.bool:
        """Whether it holds float32 or float64."""
        return self.dtype.is_float

    def is_complex(self) -> builtins.bool:
        """False: there are no complex numbers."""
        return False

    def is_signed(self) -> builtins.bool:
        """Whether its type has negative numbers."""
        return self.dtype.name not in ("bool", "uint8")

    def element_size(self) -> builtins.int:
        """Bytes of one element."""
        return self.dtype.itemsize

    itemsize = property(element_size)

    @property
    def nbytes(self) -> builtins.int:
        """Bytes of all elements."""
        return self.numel() * self.dtype.itemsize

    def stride(self, dim: builtins.int | None = None) -> Any:
        """How many elements lie between neighbours of each dimension, in row-major
        order: layout is the compiler's business.
        """
        sizes = self._node.shape
        steps = [1]
        for n in sizes[:0:-1]:
            steps.append(steps[-1] * max(1, n))
        found = tuple(steps[::-1]) if sizes else ()
        return found if dim is None else found[ops.axis(dim, self.ndim, "stride")]

    # ---- new ones --------------------------------------------------------------------

    def new_tensor(
        self,
        data: Any,
        *,
        dtype: Any = None,
        device: Any = None,
        requires_grad: builtins.bool = False,
    ) -> Self:
        """A tensor that holds a copy of `data`, of this type unless one is named."""
        check_device(device)
        kind = self.dtype if dtype is None else dtypes.as_dtype(dtype)
        made: Self = self._kind(default_array(data).astype(kind.np), requires_grad)
        return made

    def new_full(
        self,
        size: Any,
        fill_value: builtins.float,
        *,
        dtype: Any = None,
        device: Any = None,
        requires_grad: builtins.bool = False,
    ) -> Self:
        """All elements `fill_value`, of this type unless another is named."""
        check_device(device)
        kind = self.dtype if dtype is None else dtypes.as_dtype(dtype)
        values = np.full(ints((size,)), fill_value, kind.np)
        made: Self = self._kind(values, requires_grad)
        return made

    def new_zeros(self, *size: Any, **options: Any) -> Self:
        """All elements 0, of this type."""
        return self.new_full(ints(size), 0, **options)

    def new_ones(self, *size: Any, **options: Any) -> Self:
        """All elements 1, of this type."""
        return self.new_full(ints(size), 1, **options)

    def new_empty(self, *size: Any, **options: Any) -> Self:
        """Values that do not matter (0), of this type."""
        return self.new_full(ints(size), 0, **options)

    def apply_(self, function: Any) -> Self:
        """Each element by a Python function, one after the other: slow."""
        if not callable(function):
            raise DTypeError(f"apply_: {function!r:.60} is no function.")
        value = self._value()
        made = [function(v) for v in value.ravel().tolist()]
        new = np.array(made, value.dtype).reshape(value.shape)
        return self._assign(leaf(new), "apply_")
