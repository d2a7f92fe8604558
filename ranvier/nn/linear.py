"""The fully connected layer."""

from __future__ import annotations

import math
from typing import Any

import ranvier.nn.functional as F
import ranvier.nn.init as init
from ranvier.errors import DTypeError, LayerShapeError, ValueRangeError
from ranvier.nn.functions.checks import positive
from ranvier.nn.module import Module
from ranvier.nn.parameter import Parameter
from ranvier.tensor import Tensor
from ranvier.tensors.creation import check_device, empty


class Linear(Module):
    """y = x Wᵀ + b with W of shape (out_features, in_features).

    Shapes: (…, in_features) → (…, out_features). W and b start evenly spread in
    ±1/√in_features. Raises LayerShapeError for another last dimension.

    >>> import ranvier as rv
    >>> rv.nn.Linear(784, 10)(rv.zeros(32, 784)).shape
    (32, 10)
    """

    weighted = True
    weight: Parameter
    bias: Parameter | None

    def __init__(
        self,
        in_features: int,
        out_features: int,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        check_device(device)
        for name, n in (("in_features", in_features), ("out_features", out_features)):
            if not isinstance(n, int) or n < 1:
                raise ValueRangeError(
                    f"Linear: {name} is {n!r}; it must be at least 1."
                )
        self.in_features = in_features
        self.out_features = out_features
        self.weight = Parameter(empty(out_features, in_features, dtype=dtype))
        self.register_parameter(
            "bias", Parameter(empty(out_features, dtype=dtype)) if bias else None
        )
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw weights and biases anew."""
        bound = 1 / math.sqrt(self.in_features)
        init.uniform_(self.weight, -bound, bound)
        if self.bias is not None:
            init.uniform_(self.bias, -bound, bound)

    def forward(self, input: Tensor) -> Tensor:
        """x Wᵀ + b."""
        x = input._node
        if not x.shape or x.shape[-1] != self.in_features:
            raise self._refuse(x.shape)
        if x.dtype is not self.weight._node.dtype:
            raise _other_type(self, x.dtype.name)
        return F.linear(input, self.weight, self.bias)

    def _refuse(self, shape: tuple[int, ...]) -> LayerShapeError:
        layer = f"Linear({self.in_features} → {self.out_features})"
        if shape and math.prod(shape[1:]) == self.in_features:
            reason = f"{shape[-1]} ≠ {self.in_features}"
            return LayerShapeError(layer, shape, reason, "nn.Flatten() before it")
        n = shape[-1] if shape else 1
        remedy = f"Linear({n}, {self.out_features})"
        return LayerShapeError(layer, shape, f"{n} ≠ {self.in_features}", remedy)

    def extra_repr(self) -> str:
        return (
            f"in_features={self.in_features}, out_features={self.out_features}, "
            f"bias={self.bias is not None}"
        )


def _other_type(layer: Linear, got: str) -> DTypeError:
    have = layer.weight.dtype.name
    remedy = "x.float()" if have == "float32" else "x.double()"
    model = f" or the model with .{'double' if got == 'float64' else 'float'}()"
    return DTypeError(
        f"Linear({layer.in_features} → {layer.out_features}) got values of {got}, its "
        f"weights are {have}; convert the input with {remedy}"
        f"{model if got in ('float32', 'float64') else ''}."
    )


class Bilinear(Module):
    """y_k = x1ᵀ W_k x2 + b_k with W of shape (out_features, in1_features,
    in2_features).

    Shapes: (…, in1_features) and (…, in2_features) → (…, out_features). W and b start
    evenly spread in ±1/√in1_features. Raises LayerShapeError for other sizes.

    >>> import ranvier as rv
    >>> rv.nn.Bilinear(20, 30, 40)(rv.zeros(128, 20), rv.zeros(128, 30)).shape
    (128, 40)
    """

    weight: Parameter
    bias: Parameter | None

    def __init__(
        self,
        in1_features: int,
        in2_features: int,
        out_features: int,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        check_device(device)
        sizes = (out_features, in1_features, in2_features)
        names = ("out_features", "in1_features", "in2_features")
        for name, n in zip(names, sizes, strict=True):
            positive("Bilinear", name, n)
        self.in1_features = in1_features
        self.in2_features = in2_features
        self.out_features = out_features
        self.weight = Parameter(empty(*sizes, dtype=dtype))
        self.register_parameter(
            "bias", Parameter(empty(out_features, dtype=dtype)) if bias else None
        )
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw weights and biases anew."""
        bound = 1 / math.sqrt(self.in1_features)
        init.uniform_(self.weight, -bound, bound)
        if self.bias is not None:
            init.uniform_(self.bias, -bound, bound)

    def forward(self, input1: Tensor, input2: Tensor) -> Tensor:
        """x1ᵀ W x2 + b."""
        return F.bilinear(input1, input2, self.weight, self.bias)

    def extra_repr(self) -> str:
        return (
            f"in1_features={self.in1_features}, in2_features={self.in2_features}, "
            f"out_features={self.out_features}, bias={self.bias is not None}"
        )
