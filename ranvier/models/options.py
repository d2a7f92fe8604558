"""What the makers of models share: torchvision's options that cannot be had here are
refused by name, numbers are checked.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from ranvier import nn
from ranvier.errors import (
    UnknownNameError,
    UnsupportedError,
    ValueRangeError,
    nearest,
)

Model = TypeVar("Model")
SMALL = 64  # pictures of up to this size get the small form of a network
LEAST = 32  # five halvings leave one pixel


def made(
    name: str,
    maker: Callable[..., Model],
    arguments: tuple[Any, ...],
    options: Mapping[str, Any],
) -> Model:
    """`maker(*arguments, **options)` without torchvision's `weights` and `progress`.

    Raises UnsupportedError for weights, UnknownNameError for an option that the maker
    does not have.
    """
    own = dict(options)
    refuse_weights(name, own.pop("weights", None), own.pop("pretrained", False))
    own.pop("progress", None)  # of a download that does not take place
    parameters = [*inspect.signature(maker).parameters][len(arguments) :]
    for option in own:
        if option not in parameters:
            hint = nearest(option, parameters) or "."
            known = ", ".join(parameters)
            raise UnknownNameError(
                f"{name}: there is no option '{option}'{hint} There are: {known}."
            )
    return maker(*arguments, **own)


def refuse_weights(name: str, weights: Any, pretrained: Any) -> None:
    """Raise UnsupportedError unless neither was asked for."""
    option, value = ("weights", weights) if weights else ("pretrained", pretrained)
    if value:
        raise UnsupportedError(
            f"{name}({option}={value!r}): nothing is downloaded. Where PyTorch is "
            "installed, write a file:\n"
            "    from safetensors.torch import save_file\n"
            f"    model = torchvision.models.{name}(weights='DEFAULT')\n"
            f"    save_file(model.state_dict(), '{name}.safetensors')\n"
            f"then here: rv.load('{name}.safetensors', into=rv.models.{name}())."
        )


def is_small(name: str, image_size: Any) -> bool:
    """Whether pictures of this size get the small form.

    Raises ValueRangeError below 32 pixels.
    """
    whole = isinstance(image_size, int) and not isinstance(image_size, bool)
    if not whole or image_size < LEAST:
        raise ValueRangeError(
            f"{name}: image_size={image_size!r}; expected a whole number from {LEAST} "
            "(the network halves the picture five times). Enlarge smaller pictures or "
            "use rv.models.lenet5."
        )
    return bool(image_size <= SMALL)


def initialise_small(features: nn.Sequential, classifier: nn.Sequential) -> None:
    """Weights that keep the signal's size through layers of any width; small scores.

    PyTorch's own shrink it by √6 a layer with ReLU; torchvision's for VGG, of deviation
    0.01, are for layers 4,096 wide: the scores of VGG-19 for two pictures of 32x32
    differed by 4e-5 at first, and it did not begin to learn.
    Source: He et al., Delving deep into rectifiers, 2015, equation 10.
    """
    for layer in (*features, *classifier):
        if isinstance(layer, nn.Conv2d | nn.Linear):
            nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
    nn.init.normal_(classifier[-1].weight, 0, 0.01)


def count(name: str, what: str, value: Any) -> int:
    """A whole number from 1, or ValueRangeError."""
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise ValueRangeError(
            f"{name}: {what}={value!r}; expected a whole number from 1."
        )
    return value
