"""PyTorch's old constructors: `FloatTensor`, `LongTensor`, …, by type."""

from __future__ import annotations

from typing import Any

import numpy as np

from ranvier import dtypes
from ranvier.dtypes import DType
from ranvier.tensor import Tensor


class TensorType:
    """Makes tensors of one number type: from sizes, zeros; from data, a copy. A tensor
    of that type counts as an instance, and ``x.type(rv.FloatTensor)`` converts to it.

    >>> import ranvier as rv
    >>> rv.FloatTensor([1, 2]), rv.LongTensor(2, 1)
    (tensor([1., 2.]), tensor([[0],
            [0]]))
    >>> isinstance(rv.ones(1), rv.FloatTensor)
    True
    """

    def __init__(self, name: str, kind: DType) -> None:
        self.__name__ = name
        self.kind = kind

    def __call__(self, *data: Any) -> Tensor:
        if len(data) == 1 and isinstance(data[0], np.ndarray):
            return Tensor(data[0].astype(self.kind.np))
        made = Tensor(*data)
        return Tensor(made._value().astype(self.kind.np))

    def __instancecheck__(self, value: object) -> bool:
        return isinstance(value, Tensor) and value.dtype is self.kind

    def __repr__(self) -> str:
        return f"ranvier.{self.__name__}"


FloatTensor = TensorType("FloatTensor", dtypes.float32)
DoubleTensor = TensorType("DoubleTensor", dtypes.float64)
LongTensor = TensorType("LongTensor", dtypes.int64)
IntTensor = TensorType("IntTensor", dtypes.int32)
ShortTensor = TensorType("ShortTensor", dtypes.int16)
CharTensor = TensorType("CharTensor", dtypes.int8)
ByteTensor = TensorType("ByteTensor", dtypes.uint8)
BoolTensor = TensorType("BoolTensor", dtypes.bool_)


def set_default_tensor_type(t: Any) -> None:
    """`FloatTensor` or `DoubleTensor`: what Python floats become."""
    dtypes.set_default_dtype(t)
