"""Activations as modules. With `inplace=True` the result becomes the input's value, as
in PyTorch; it saves no memory, since the compiler reuses that by itself.
"""

from __future__ import annotations

from typing import Any

import ranvier.nn.functional as F
from ranvier.errors import LayerShapeError, ValueRangeError
from ranvier.nn.functions import activation, piecewise
from ranvier.nn.functions.surrogate import known_surrogate
from ranvier.nn.module import Module
from ranvier.nn.parameter import Parameter
from ranvier.tensor import Tensor
from ranvier.tensors.creation import full


class _InPlace(Module):
    """An activation that may write to its input; `numbers` are its other options."""

    numbers: tuple[str, ...] = ()

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = bool(inplace)

    def extra_repr(self) -> str:
        shown = [f"{name}={getattr(self, name)}" for name in self.numbers]
        return ", ".join([*shown, "inplace=True"] if self.inplace else shown)


# ---- the common ones -----------------------------------------------------------------


class Sigmoid(Module):
    """1 / (1 + e^-x)."""

    bounds = 0.0, 1.0

    def forward(self, input: Tensor) -> Tensor:
        return F.sigmoid(input)


class Tanh(Module):
    """(e^x - e^-x) / (e^x + e^-x)."""

    bounds = -1.0, 1.0

    def forward(self, input: Tensor) -> Tensor:
        return F.tanh(input)


class ReLU(_InPlace):
    """max(x, 0)."""

    can_die = True

    def forward(self, input: Tensor) -> Tensor:
        return F.relu(input, self.inplace)


class LeakyReLU(_InPlace):
    """x where x > 0, else a x with the slope a."""

    numbers = ("negative_slope",)

    def __init__(self, negative_slope: float = 0.01, inplace: bool = False) -> None:
        super().__init__(inplace)
        self.negative_slope = negative_slope

    def forward(self, input: Tensor) -> Tensor:
        return F.leaky_relu(input, self.negative_slope, self.inplace)


class PReLU(Module):
    """x where x > 0, else a x with learnt a: one number, or one a channel."""

    weight: Parameter

    def __init__(
        self,
        num_parameters: int = 1,
        init: float = 0.25,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self.num_parameters = num_parameters
        self.init = init
        shape = (num_parameters,)
        self.weight = Parameter(full(shape, float(init), dtype=dtype, device=device))

    def reset_parameters(self) -> None:
        """Every slope `init`."""
        self.weight.data.fill_(self.init)

    def forward(self, input: Tensor) -> Tensor:
        return F.prelu(input, self.weight)

    def extra_repr(self) -> str:
        return f"num_parameters={self.num_parameters}"


class RReLU(_InPlace):
    """x where x > 0, else a x; a is drawn evenly from [lower, upper] for each element
    when training, else (lower + upper) / 2 (Xu et al. 2015, arXiv:1505.00853).
    """

    numbers = "lower", "upper"

    def __init__(
        self, lower: float = 1.0 / 8, upper: float = 1.0 / 3, inplace: bool = False
    ) -> None:
        super().__init__(inplace)
        activation.slopes("RReLU", lower, upper)
        self.lower = lower
        self.upper = upper

    def forward(self, input: Tensor) -> Tensor:
        return F.rrelu(input, self.lower, self.upper, self.training, self.inplace)


# ---- with an exponential -------------------------------------------------------------


class ELU(_InPlace):
    """x where x > 0, else α (e^x - 1)."""

    numbers = ("alpha",)

    def __init__(self, alpha: float = 1.0, inplace: bool = False) -> None:
        super().__init__(inplace)
        self.alpha = alpha

    def forward(self, input: Tensor) -> Tensor:
        return F.elu(input, self.alpha, self.inplace)


class SELU(_InPlace):
    """λ elu(x, α) with the constants that keep mean 0 and variance 1."""

    def forward(self, input: Tensor) -> Tensor:
        return F.selu(input, self.inplace)


class CELU(_InPlace):
    """x where x > 0, else α (e^(x/α) - 1) (Barron 2017, arXiv:1704.07483)."""

    numbers = ("alpha",)

    def __init__(self, alpha: float = 1.0, inplace: bool = False) -> None:
        super().__init__(inplace)
        activation.not_zero("CELU", alpha)
        self.alpha = alpha

    def forward(self, input: Tensor) -> Tensor:
        return F.celu(input, self.alpha, self.inplace)


class GELU(Module):
    """x Φ(x) with the Gaussian Φ; "tanh" for the approximation by tanh."""

    def __init__(self, approximate: str = "none") -> None:
        super().__init__()
        self.approximate = activation.approximation(approximate)

    def forward(self, input: Tensor) -> Tensor:
        return F.gelu(input, self.approximate)

    def extra_repr(self) -> str:
        return f"approximate='{self.approximate}'"


class SiLU(_InPlace):
    """x sigmoid(x)."""

    def forward(self, input: Tensor) -> Tensor:
        return F.silu(input, self.inplace)


class Mish(_InPlace):
    """x tanh(softplus(x)) (Misra 2019, arXiv:1908.08681)."""

    def forward(self, input: Tensor) -> Tensor:
        return F.mish(input, self.inplace)


class Softplus(Module):
    """ln(1 + e^(βx)) / β; x itself where βx lies above the threshold."""

    def __init__(self, beta: float = 1.0, threshold: float = 20.0) -> None:
        super().__init__()
        self.beta = beta
        self.threshold = threshold

    def forward(self, input: Tensor) -> Tensor:
        return F.softplus(input, self.beta, self.threshold)

    def extra_repr(self) -> str:
        return f"beta={self.beta}, threshold={self.threshold}"


class LogSigmoid(Module):
    """ln sigmoid(x)."""

    def forward(self, input: Tensor) -> Tensor:
        return F.logsigmoid(input)


class GLU(Module):
    """a sigmoid(b) where a and b are the two halves of `dim`: (…, 2 n) → (…, n).

    >>> import ranvier as rv
    >>> rv.nn.GLU()(rv.tensor([[3.0, 0.0]]))
    tensor([[1.5000]])
    """

    def __init__(self, dim: int = -1) -> None:
        super().__init__()
        self.dim = dim

    def forward(self, input: Tensor) -> Tensor:
        return F.glu(input, self.dim)

    def extra_repr(self) -> str:
        return f"dim={self.dim}"


# ---- of straight pieces --------------------------------------------------------------


class Hardtanh(_InPlace):
    """x limited to [min_val, max_val]."""

    numbers: tuple[str, ...] = ("min_val", "max_val")

    def __init__(
        self,
        min_val: float = -1.0,
        max_val: float = 1.0,
        inplace: bool = False,
    ) -> None:
        super().__init__(inplace)
        if not min_val < max_val:
            raise ValueRangeError(
                f"Hardtanh: min_val is {min_val}, max_val {max_val}; expected min_val "
                "< max_val."
            )
        self.min_val = min_val
        self.max_val = max_val

    def forward(self, input: Tensor) -> Tensor:
        return F.hardtanh(input, self.min_val, self.max_val, self.inplace)


class ReLU6(Hardtanh):
    """min(max(x, 0), 6)."""

    can_die = True
    numbers = ()

    def __init__(self, inplace: bool = False) -> None:
        super().__init__(0.0, 6.0, inplace)


class Hardsigmoid(_InPlace):
    """min(max(x + 3, 0), 6) / 6."""

    bounds = 0.0, 1.0

    def forward(self, input: Tensor) -> Tensor:
        return F.hardsigmoid(input, self.inplace)


class Hardswish(_InPlace):
    """x min(max(x + 3, 0), 6) / 6 (Howard et al. 2019, arXiv:1905.02244)."""

    def forward(self, input: Tensor) -> Tensor:
        return F.hardswish(input, self.inplace)


class Hardshrink(Module):
    """x where |x| > λ, else 0."""

    def __init__(self, lambd: float = 0.5) -> None:
        super().__init__()
        self.lambd = lambd

    def forward(self, input: Tensor) -> Tensor:
        return F.hardshrink(input, self.lambd)

    def extra_repr(self) -> str:
        return f"{self.lambd}"


class Softshrink(Module):
    """x moved towards 0 by λ, and 0 where |x| <= λ."""

    def __init__(self, lambd: float = 0.5) -> None:
        super().__init__()
        self.lambd = piecewise.shrinking("Softshrink", lambd)

    def forward(self, input: Tensor) -> Tensor:
        return F.softshrink(input, self.lambd)

    def extra_repr(self) -> str:
        return f"{self.lambd}"


class Tanhshrink(Module):
    """x - tanh(x)."""

    def forward(self, input: Tensor) -> Tensor:
        return F.tanhshrink(input)


class Softsign(Module):
    """x / (1 + |x|)."""

    def forward(self, input: Tensor) -> Tensor:
        return F.softsign(input)


class Threshold(_InPlace):
    """x where x > `threshold`, else `value`."""

    numbers = "threshold", "value"

    def __init__(self, threshold: float, value: float, inplace: bool = False) -> None:
        super().__init__(inplace)
        self.threshold = threshold
        self.value = value

    def forward(self, input: Tensor) -> Tensor:
        return F.threshold(input, self.threshold, self.value, self.inplace)


# ---- softmax -------------------------------------------------------------------------


class _AlongDim(Module):
    def __init__(self, dim: int | None = None) -> None:
        super().__init__()
        self.dim = dim

    def extra_repr(self) -> str:
        return f"dim={self.dim}"


class Softmax(_AlongDim):
    """e^x / Σ e^x along `dim`; CrossEntropyLoss does this itself."""

    def forward(self, input: Tensor) -> Tensor:
        return F.softmax(input, self.dim)


class Softmin(_AlongDim):
    """e^-x / Σ e^-x along `dim`."""

    def forward(self, input: Tensor) -> Tensor:
        return F.softmin(input, self.dim)


class LogSoftmax(_AlongDim):
    """ln softmax(x) along `dim`; NLLLoss follows it."""

    def forward(self, input: Tensor) -> Tensor:
        return F.log_softmax(input, self.dim)


class Softmax2d(Module):
    """Softmax over the channels of (N, C, H, W) or (C, H, W), at each place."""

    def forward(self, input: Tensor) -> Tensor:
        shape = input._node.shape
        if len(shape) not in (3, 4):
            reason = f"{len(shape)} dimensions ≠ 3 or 4"
            raise LayerShapeError("Softmax2d", shape, reason, "nn.Softmax(dim=…)")
        return F.softmax(input, -3)


# ---- without a slope of their own ----------------------------------------------------


class _Surrogate(Module):
    def __init__(self, surrogate: str | None = None) -> None:
        super().__init__()
        self.surrogate = known_surrogate(type(self).__name__, surrogate)

    def extra_repr(self) -> str:
        return "" if self.surrogate is None else f"surrogate='{self.surrogate}'"


class Sign(_Surrogate):
    """-1, 0 or 1. The gradient is 0, so nothing in front of it learns; with a
    `surrogate` it is another's, so that networks of signs can be trained.

    With g the gradient of the result, "identity" gives g, "hardtanh" g where |x| <= 1
    and 0 beyond, "sigmoid" 2 g σ(x) (1 - σ(x)). Sources: Bengio, Léonard and Courville
    2013, arXiv:1308.3432 (identity, sigmoid); Hubara et al. 2016, arXiv:1602.02830
    (hardtanh). Raises UnknownNameError for another name.

    >>> import ranvier as rv
    >>> x = rv.tensor([-2.0, 0.5], requires_grad=True)
    >>> rv.nn.Sign(surrogate="hardtanh")(x).sum().backward()
    >>> x.grad
    tensor([0., 1.])
    """

    def forward(self, input: Tensor) -> Tensor:
        return F.sign(input, self.surrogate)


class Step(_Surrogate):
    """h(z) = 1 if z >= 0 else 0. The gradient is 0, so nothing in front of it learns;
    with a `surrogate` it is another's, as in `Sign`; "sigmoid" gives g σ(z) (1 - σ(z)).

    >>> import ranvier as rv
    >>> z = rv.tensor([-0.5, 0.0, 2.0], requires_grad=True)
    >>> rv.nn.Step()(z).tolist()
    [0.0, 1.0, 1.0]
    >>> rv.nn.Step(surrogate="identity")(z).sum().backward()
    >>> z.grad
    tensor([1., 1., 1.])
    """

    def forward(self, input: Tensor) -> Tensor:
        return F.step(input, self.surrogate)
