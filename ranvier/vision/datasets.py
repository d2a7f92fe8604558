"""Data sets under torchvision's names; `rv.data.load` finds them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from PIL import Image

from ranvier import data
from ranvier.data import Dataset
from ranvier.errors import DTypeError, UnknownAttributeError, nearest
from ranvier.vision.transforms import is_native

NAMES = {"MNIST": "mnist", "FashionMNIST": "fashion-mnist"}


def MNIST(
    root: Any = None,
    train: bool = True,
    transform: Callable[[Any], Any] | None = None,
    target_transform: Callable[[int], Any] | None = None,
    download: bool = False,
) -> Dataset:
    """Handwritten digits, (1, 28, 28) each.

    `root` and `download` have no effect: the pictures come with the package (or from
    RANVIER_DATA). Pixels are 0 … 1, as after ToTensor, with or without a transform.
    With functions of one's own, which get a Pillow picture and a number, items are made
    one by one, in every epoch anew.

    >>> from ranvier import vision
    >>> len(vision.datasets.MNIST("data", train=False, download=True))
    10000
    """
    return _loaded("MNIST", train, transform, target_transform)


def FashionMNIST(
    root: Any = None,
    train: bool = True,
    transform: Callable[[Any], Any] | None = None,
    target_transform: Callable[[int], Any] | None = None,
    download: bool = False,
) -> Dataset:
    """Pictures of clothing, (1, 28, 28) each; see `MNIST` and `ranvier data`."""
    return _loaded("FashionMNIST", train, transform, target_transform)


def _loaded(name: str, train: bool, transform: Any, target_transform: Any) -> Dataset:
    for option, function in (("", transform), ("target_", target_transform)):
        if function is not None and not callable(function):
            raise DTypeError(
                f"{name}: {option}transform={function!r:.60}; expected one of "
                "ranvier.vision.transforms, or a function."
            )
    whole = data.load(NAMES[name], flatten=False)
    part = whole if train else whole.test
    assert part is not None, "every set of the catalogue has a test part"
    if target_transform is None and (transform is None or is_native(transform)):
        return part if transform is None else transform.applied(part)
    return Pictures(part, transform, target_transform)


class Pictures(Dataset):
    """Pictures and class numbers, each through a function of the user's own."""

    def __init__(self, part: Dataset, transform: Any, target_transform: Any) -> None:
        self.part = part
        object.__setattr__(self, "classes", part.classes)
        self.function, self.target_function = transform, target_transform

    def __len__(self) -> int:
        return len(self.part)

    def __getitem__(self, row: Any) -> Any:
        x, y = self.part[row]
        if self.function is not None:
            x = self.function(Image.fromarray(self.part.arrays[0][row][0]))
        return x, y if self.target_function is None else self.target_function(y)


if not TYPE_CHECKING:

    def __getattr__(name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        hint = nearest(name, NAMES, 0.72) or "; there are MNIST and FashionMNIST."
        raise UnknownAttributeError(
            f"ranvier.vision.datasets has no '{name}'{hint} Data of your own: pass "
            "(inputs, targets) to rv.data.DataLoader."
        )
