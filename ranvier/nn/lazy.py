"""Layers that learn the size of their input at their first call, and are plain layers
from then on.
"""

from __future__ import annotations

from typing import Any, ClassVar

from ranvier.errors import LayerShapeError, StateError
from ranvier.nn.convolution import (
    Conv1d,
    Conv2d,
    Conv3d,
    ConvTranspose1d,
    ConvTranspose2d,
    ConvTranspose3d,
)
from ranvier.nn.linear import Linear
from ranvier.nn.module import Module
from ranvier.nn.normalization import (
    BatchNorm1d,
    BatchNorm2d,
    BatchNorm3d,
    InstanceNorm1d,
    InstanceNorm2d,
    InstanceNorm3d,
)
from ranvier.tensor import Tensor, hooks, not_a_tensor
from ranvier.tensors.handles import pending


class _Unknown(dict[str, Any]):
    """Parameters that are not made yet: asking for them is an error."""

    def __init__(self, layer: str) -> None:
        super().__init__()
        self.layer = layer

    def __deepcopy__(self, memo: dict[int, Any]) -> _Unknown:
        return _Unknown(self.layer)

    def items(self) -> Any:
        raise StateError(
            f"{self.layer}: its parameters are made at the first call, which tells the "
            "size of the input. Call the model once, model(x), before its parameters "
            "go to an optimiser, a state_dict or rv.compile."
        )


class _Lazy(Module):
    """The part in front of a layer of class `becomes`."""

    becomes: ClassVar[type[Module]]
    size: ClassVar[str]  # the attribute, and first argument, that is not known yet

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        least = kwargs.get("groups", 1)
        plain: Any = self.becomes
        plain.__init__(self, least, *args, **kwargs)
        fields = self.__dict__
        fields["_arguments"] = args, kwargs
        fields[self.size] = 0
        fields["_parameters"] = _Unknown(type(self).__name__)
        fields["_buffers"] = _Unknown(type(self).__name__)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if not args or not isinstance(args[0], Tensor):
            raise not_a_tensor(type(self).__name__, args[0] if args else None)
        self._become(args[0])
        return self(*args, **kwargs)

    def _become(self, x: Tensor) -> None:
        """The plain layer for inputs like `x`."""
        if hooks.recorder is not None or pending.held:
            raise StateError(
                f"{type(self).__name__}: its first call is inside a compiled function "
                "or a summary, which make no parameters. Call the model once before."
            )
        fields = self.__dict__
        args, kwargs = fields["_arguments"]
        kept = {name: fields[name] for name in ("training", "_around")}
        n = self._infer(x)
        object.__setattr__(self, "__class__", self.becomes)
        fields.clear()
        plain: Any = self
        plain.__init__(n, *args, **kwargs)
        fields.update(kept)

    def _infer(self, x: Tensor) -> int:
        raise NotImplementedError


class _LazyChannels(_Lazy):
    """A layer of pictures: the channels stand second, or first without a batch."""

    dims: ClassVar[int]
    batched: ClassVar[bool] = False

    def _infer(self, x: Tensor) -> int:
        if self.batched and x.ndim >= 2:
            return x.shape[1]
        if x.ndim not in (self.dims + 1, self.dims + 2):
            reason = f"{x.ndim} dimensions ≠ {self.dims + 1} or {self.dims + 2}"
            remedy = "a tensor of shape (N, C, …) or (C, …)"
            raise LayerShapeError(type(self).__name__, x.shape, reason, remedy)
        return x.shape[-self.dims - 1]


class LazyLinear(_Lazy, Linear):
    """`Linear` whose `in_features` are those of its first input.

    Arguments are those of `Linear` without the first. Raises StateError when its
    parameters are asked for before the first call, or that is inside a compiled
    function.

    >>> import ranvier as rv
    >>> layer = rv.nn.LazyLinear(3)
    >>> layer(rv.ones(2, 7)).shape
    (2, 3)
    >>> layer
    Linear(in_features=7, out_features=3, bias=True)
    """

    becomes = Linear
    size = "in_features"

    def _infer(self, x: Tensor) -> int:
        if not x.ndim:
            raise LayerShapeError("LazyLinear", x.shape, "no dimension", "x.reshape(1)")
        return x.shape[-1]


class LazyConv1d(_LazyChannels, Conv1d):
    """`Conv1d` whose `in_channels` are those of its first input; see `LazyLinear`."""

    becomes, size, dims = Conv1d, "in_channels", 1


class LazyConv2d(_LazyChannels, Conv2d):
    """`Conv2d` whose `in_channels` are those of its first input; see `LazyLinear`.

    >>> import ranvier as rv
    >>> rv.nn.LazyConv2d(8, 3)(rv.ones(1, 5, 6, 6)).shape
    (1, 8, 4, 4)
    """

    becomes, size, dims = Conv2d, "in_channels", 2


class LazyConv3d(_LazyChannels, Conv3d):
    """`Conv3d` whose `in_channels` are those of its first input; see `LazyLinear`."""

    becomes, size, dims = Conv3d, "in_channels", 3


class LazyConvTranspose1d(_LazyChannels, ConvTranspose1d):
    """`ConvTranspose1d` whose `in_channels` are those of its first input."""

    becomes, size, dims = ConvTranspose1d, "in_channels", 1


class LazyConvTranspose2d(_LazyChannels, ConvTranspose2d):
    """`ConvTranspose2d` whose `in_channels` are those of its first input."""

    becomes, size, dims = ConvTranspose2d, "in_channels", 2


class LazyConvTranspose3d(_LazyChannels, ConvTranspose3d):
    """`ConvTranspose3d` whose `in_channels` are those of its first input."""

    becomes, size, dims = ConvTranspose3d, "in_channels", 3


class LazyBatchNorm1d(_LazyChannels, BatchNorm1d):
    """`BatchNorm1d` whose `num_features` are those of its first input."""

    becomes, size, dims, batched = BatchNorm1d, "num_features", 1, True


class LazyBatchNorm2d(_LazyChannels, BatchNorm2d):
    """`BatchNorm2d` whose `num_features` are those of its first input."""

    becomes, size, dims, batched = BatchNorm2d, "num_features", 2, True


class LazyBatchNorm3d(_LazyChannels, BatchNorm3d):
    """`BatchNorm3d` whose `num_features` are those of its first input."""

    becomes, size, dims, batched = BatchNorm3d, "num_features", 3, True


class _LazyInstance(_LazyChannels):
    """As PyTorch's, these learn and keep running statistics unless told otherwise."""

    def __init__(
        self,
        eps: float = 1e-5,
        momentum: float = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(eps, momentum, affine, track_running_stats, **kwargs)


class LazyInstanceNorm1d(_LazyInstance, InstanceNorm1d):
    """`InstanceNorm1d` whose `num_features` are those of its first input; `affine` and
    `track_running_stats` are on by default, as in PyTorch.
    """

    becomes, size, dims = InstanceNorm1d, "num_features", 1


class LazyInstanceNorm2d(_LazyInstance, InstanceNorm2d):
    """`InstanceNorm2d` in the manner of `LazyInstanceNorm1d`."""

    becomes, size, dims = InstanceNorm2d, "num_features", 2


class LazyInstanceNorm3d(_LazyInstance, InstanceNorm3d):
    """`InstanceNorm3d` in the manner of `LazyInstanceNorm1d`."""

    becomes, size, dims = InstanceNorm3d, "num_features", 3
