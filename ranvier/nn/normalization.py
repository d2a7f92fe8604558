"""Layers that normalise what passes through them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ranvier import dtypes, ops
from ranvier.errors import LayerShapeError, ValueRangeError
from ranvier.graph import Node
from ranvier.nn.functions import normalization as norms
from ranvier.nn.functions.checks import positive
from ranvier.nn.module import Module
from ranvier.nn.parameter import Parameter
from ranvier.tensor import Tensor
from ranvier.tensors.creation import check_device, ones, zeros


class _Tracking(Module):
    """Weight and bias a channel, and running mean and variance."""

    ranks: tuple[int, ...] = ()
    shapes = ""
    weight: Parameter | None
    bias: Parameter | None
    running_mean: Tensor | None
    running_var: Tensor | None
    num_batches_tracked: Tensor | None

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-05,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__()
        check_device(device)
        positive(type(self).__name__, "num_features", num_features)
        self.num_features = num_features
        self.eps = eps
        self.momentum = momentum
        self.affine = affine
        self.track_running_stats = track_running_stats
        n, tracked = num_features, track_running_stats
        made = Parameter(ones(n, dtype=dtype)) if affine else None
        self.register_parameter("weight", made)
        made = Parameter(zeros(n, dtype=dtype)) if affine and bias else None
        self.register_parameter("bias", made)
        for name, make in (("running_mean", zeros), ("running_var", ones)):
            self.register_buffer(name, make(n, dtype=dtype) if tracked else None)
        count = Tensor(np.array(0, np.int64)) if tracked else None
        self.register_buffer("num_batches_tracked", count)

    def reset_running_stats(self) -> None:
        """Forget the running mean and variance."""
        if self.running_mean is not None and self.running_var is not None:
            self.running_mean.zero_()
            self.running_var.fill_(1)
        if self.num_batches_tracked is not None:
            self.num_batches_tracked.zero_()

    def reset_parameters(self) -> None:
        """Start again: weights 1, biases 0, no running statistics."""
        self.reset_running_stats()
        _reset(self)

    def _running(self) -> norms.Running | None:
        if self.running_mean is None or self.running_var is None:
            return None
        momentum = self._momentum() if self.training else 0.0
        return norms.Running(self.running_mean, self.running_var, momentum)

    def _momentum(self) -> float | Node:
        """`momentum`, or 1 / (number of batches so far) where it is None."""
        count = self.num_batches_tracked
        assert count is not None, "what is tracked is counted"
        count._rebind(ops.add(count._node, ops.const(1, dtypes.int64)))
        if self.momentum is not None:
            return self.momentum
        return ops.div(ops.const(1.0, dtypes.float64), ops.cast(count._node, _WIDE))

    def _check(self, input: Tensor) -> None:
        shape = input._node.shape
        if len(shape) not in self.ranks:
            wanted = " or ".join(map(str, self.ranks))
            reason = f"{len(shape)} dimensions ≠ {wanted}"
            remedy = f"a tensor of shape {self.shapes}"
            raise LayerShapeError(self._label(), shape, reason, remedy)
        channels = self._channels(shape)
        if channels != self.num_features:
            reason = f"{channels} channels ≠ {self.num_features}"
            remedy = f"{type(self).__name__}({channels})"
            raise LayerShapeError(self._label(), shape, reason, remedy)

    def _channels(self, shape: tuple[int, ...]) -> int:
        return shape[1]

    def _label(self) -> str:
        return f"{type(self).__name__}({self.num_features})"

    def extra_repr(self) -> str:
        return (
            f"{self.num_features}, eps={self.eps}, momentum={self.momentum}, "
            f"affine={self.affine}, bias={self.bias is not None}, "
            f"track_running_stats={self.track_running_stats}"
        )


_WIDE = dtypes.float64


def _reset(module: Any) -> None:
    for parameter, value in ((module.weight, 1.0), (module.bias, 0.0)):
        if parameter is not None:
            fresh = Tensor(np.full(parameter.shape, value, parameter.dtype.np))
            parameter.data = fresh


class _BatchNorm(_Tracking):
    def forward(self, input: Tensor) -> Tensor:
        """Each channel with mean b and standard deviation w."""
        self._check(input)
        return norms.normalise(
            self._label(), input, self._running(), self.weight, self.bias,
            self.training, self.eps,
        )  # fmt: skip


class BatchNorm1d(_BatchNorm):
    """(x - mean) / √(var + ε) · w + b for each feature of (N, C) or (N, C, L).

    Training takes mean and biased variance of the batch and moves the running ones
    towards them, new = (1 - momentum) old + momentum batch (the variance unbiased;
    momentum None: the mean over all batches). In eval mode the running ones are taken.
    Raises LayerShapeError for another number of channels.

    >>> import ranvier as rv
    >>> rv.nn.BatchNorm1d(2)(rv.tensor([[1.0, 5.0], [3.0, 9.0]])).detach()
    tensor([[-1.0000, -1.0000],
            [ 1.0000,  1.0000]])
    """

    ranks = (2, 3)
    shapes = "(N, C) or (N, C, L)"


class BatchNorm2d(_BatchNorm):
    """(x - mean) / √(var + ε) · w + b for each channel of (N, C, H, W); see
    `BatchNorm1d`.

    >>> import ranvier as rv
    >>> rv.nn.BatchNorm2d(16)(rv.rand(8, 16, 5, 5)).shape
    (8, 16, 5, 5)
    """

    ranks = (4,)
    shapes = "(N, C, H, W)"


class BatchNorm3d(_BatchNorm):
    """(x - mean) / √(var + ε) · w + b for each channel of (N, C, D, H, W); see
    `BatchNorm1d`.
    """

    ranks = (5,)
    shapes = "(N, C, D, H, W)"


class _InstanceNorm(_Tracking):
    def __init__(
        self,
        num_features: int,
        eps: float = 1e-05,
        momentum: float = 0.1,
        affine: bool = False,
        track_running_stats: bool = False,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ) -> None:
        flags = (affine, track_running_stats, device, dtype)
        super().__init__(num_features, eps, momentum, *flags, bias=bias)

    def forward(self, input: Tensor) -> Tensor:
        """Each channel of each example with mean b and standard deviation w."""
        self._check(input)
        single = input.ndim == self.ranks[0]
        y = norms.by_instance(
            self._label(),
            input.unsqueeze(0) if single else input,
            self.running_mean, self.running_var, self.weight, self.bias,
            self.training or not self.track_running_stats,
            0.1 if self.momentum is None else self.momentum, self.eps,
        )  # fmt: skip
        return y.squeeze(0) if single else y

    def _channels(self, shape: tuple[int, ...]) -> int:
        return shape[len(shape) - self.ranks[0]]


class InstanceNorm1d(_InstanceNorm):
    """(x - mean) / √(var + ε) · w + b over each row of (N, C, L) or (C, L)."""

    ranks = (2, 3)
    shapes = "(N, C, L) or (C, L)"


class InstanceNorm2d(_InstanceNorm):
    """(x - mean) / √(var + ε) · w + b over each picture of (N, C, H, W) or
    (C, H, W).
    """

    ranks = (3, 4)
    shapes = "(N, C, H, W) or (C, H, W)"


class InstanceNorm3d(_InstanceNorm):
    """(x - mean) / √(var + ε) · w + b over each volume of (N, C, D, H, W) or
    (C, D, H, W).
    """

    ranks = (4, 5)
    shapes = "(N, C, D, H, W) or (C, D, H, W)"


class LocalResponseNorm(Module):
    """x / (k + α/n Σ x²)^β, the sum over the n = `size` channels around each, as in
    AlexNet (Krizhevsky, Sutskever and Hinton 2012).

    Shapes: (N, C, …) → the same.

    >>> import ranvier as rv
    >>> rv.nn.LocalResponseNorm(5)(rv.zeros(2, 16, 8, 8)).shape
    (2, 16, 8, 8)
    """

    def __init__(
        self, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0
    ) -> None:
        super().__init__()
        positive("LocalResponseNorm", "size", size)
        self.size = size
        self.alpha = alpha
        self.beta = beta
        self.k = k

    def forward(self, input: Tensor) -> Tensor:
        """`input` divided by what its neighbours among the channels hold."""
        given = (self.size, self.alpha, self.beta, self.k)
        return norms.local_response_norm(input, *given)

    def extra_repr(self) -> str:
        return f"{self.size}, alpha={self.alpha}, beta={self.beta}, k={self.k}"


class LayerNorm(Module):
    """(x - mean) / √(var + ε) · w + b over the last dimensions.

    Shapes: (…, *normalized_shape) → the same; w and b have `normalized_shape`.

    >>> import ranvier as rv
    >>> rv.nn.LayerNorm(3)(rv.tensor([1.0, 2.0, 3.0])).detach()
    tensor([-1.2247,  0.0000,  1.2247])
    """

    weight: Parameter | None
    bias: Parameter | None

    def __init__(
        self,
        normalized_shape: int | Sequence[int],
        eps: float = 1e-05,
        elementwise_affine: bool = True,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        check_device(device)
        self.normalized_shape = _sizes("LayerNorm", normalized_shape)
        self.eps = eps
        self.elementwise_affine = elementwise_affine
        shape, both = self.normalized_shape, elementwise_affine and bias
        weight = Parameter(ones(*shape, dtype=dtype)) if elementwise_affine else None
        self.register_parameter("weight", weight)
        self.register_parameter(
            "bias", Parameter(zeros(*shape, dtype=dtype)) if both else None
        )

    def reset_parameters(self) -> None:
        """Weights 1, biases 0."""
        _reset(self)

    def forward(self, input: Tensor) -> Tensor:
        """`input` normalised over its last dimensions."""
        shape = self.normalized_shape
        label = f"LayerNorm({shape[0] if len(shape) == 1 else shape})"
        given = (self.normalized_shape, self.weight, self.bias, self.eps)
        return norms.by_features(label, input, *given)

    def extra_repr(self) -> str:
        return (
            f"{self.normalized_shape}, eps={self.eps}, "
            f"elementwise_affine={self.elementwise_affine}, "
            f"bias={self.bias is not None}"
        )


class RMSNorm(Module):
    """x / √(mean(x²) + ε) · w over the last dimensions.

    >>> import ranvier as rv
    >>> rv.nn.RMSNorm(2)(rv.tensor([3.0, 3.0])).detach()
    tensor([1., 1.])
    """

    weight: Parameter | None

    def __init__(
        self,
        normalized_shape: int | Sequence[int],
        eps: float | None = None,
        elementwise_affine: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        check_device(device)
        self.normalized_shape = _sizes("RMSNorm", normalized_shape)
        self.eps = eps
        self.elementwise_affine = elementwise_affine
        shape = self.normalized_shape
        weight = Parameter(ones(*shape, dtype=dtype)) if elementwise_affine else None
        self.register_parameter("weight", weight)

    def forward(self, x: Tensor) -> Tensor:
        """`x` with root mean square w."""
        return norms.rms_norm(x, self.normalized_shape, self.weight, self.eps)

    def extra_repr(self) -> str:
        return (
            f"{self.normalized_shape}, eps={self.eps}, "
            f"elementwise_affine={self.elementwise_affine}"
        )


class GroupNorm(Module):
    """(x - mean) / √(var + ε) · w + b over groups of channels of each example.

    >>> import ranvier as rv
    >>> rv.nn.GroupNorm(2, 6)(rv.rand(4, 6, 5, 5)).shape
    (4, 6, 5, 5)
    """

    weight: Parameter | None
    bias: Parameter | None

    def __init__(
        self,
        num_groups: int,
        num_channels: int,
        eps: float = 1e-05,
        affine: bool = True,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__()
        check_device(device)
        positive("GroupNorm", "num_groups", num_groups)
        positive("GroupNorm", "num_channels", num_channels)
        if num_channels % num_groups:
            raise ValueRangeError(
                f"GroupNorm: {num_channels} channels in {num_groups} groups; the "
                "number of groups must divide the number of channels."
            )
        self.num_groups = num_groups
        self.num_channels = num_channels
        self.eps = eps
        self.affine = affine
        n = num_channels
        made = Parameter(ones(n, dtype=dtype)) if affine else None
        self.register_parameter("weight", made)
        made = Parameter(zeros(n, dtype=dtype)) if affine and bias else None
        self.register_parameter("bias", made)

    def reset_parameters(self) -> None:
        """Weights 1, biases 0."""
        _reset(self)

    def forward(self, input: Tensor) -> Tensor:
        """`input` normalised over each group."""
        shape = input._node.shape
        label = f"GroupNorm({self.num_groups}, {self.num_channels})"
        if len(shape) < 2 or shape[1] != self.num_channels:
            channels = shape[1] if len(shape) > 1 else 0
            reason = f"{channels} channels ≠ {self.num_channels}"
            remedy = f"GroupNorm({self.num_groups}, {channels})"
            raise LayerShapeError(label, shape, reason, remedy)
        given = (self.num_groups, self.weight, self.bias, self.eps)
        return norms.grouped(label, input, *given)

    def extra_repr(self) -> str:
        return (
            f"{self.num_groups}, {self.num_channels}, eps={self.eps}, "
            f"affine={self.affine}, bias={self.bias is not None}"
        )


def _sizes(what: str, given: int | Sequence[int]) -> tuple[int, ...]:
    sizes = (given,) if isinstance(given, int) else tuple(given)
    for n in sizes or (0,):
        positive(what, "normalized_shape", n)
    return sizes
