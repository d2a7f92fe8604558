"""Data sets under torchvision's names; `rv.data.load` finds them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ranvier import data
from ranvier.data import Dataset
from ranvier.errors import UnknownAttributeError, UnsupportedError, nearest
from ranvier.vision.transforms import Pixels

NAMES = {"MNIST": "mnist", "FashionMNIST": "fashion-mnist"}


def MNIST(
    root: Any = None,
    train: bool = True,
    transform: Pixels | None = None,
    target_transform: None = None,
    download: bool = False,
) -> Dataset:
    """Handwritten digits, (1, 28, 28) each.

    `root` and `download` have no effect: the pictures come with the package (or from
    RANVIER_DATA). Pixels are 0 … 1, as after ToTensor, with or without a transform.

    >>> from ranvier import vision
    >>> len(vision.datasets.MNIST("data", train=False, download=True))
    10000
    """
    return _loaded("MNIST", train, transform, target_transform)


def FashionMNIST(
    root: Any = None,
    train: bool = True,
    transform: Pixels | None = None,
    target_transform: None = None,
    download: bool = False,
) -> Dataset:
    """Pictures of clothing, (1, 28, 28) each; see `MNIST` and `ranvier data`."""
    return _loaded("FashionMNIST", train, transform, target_transform)


def _loaded(name: str, train: bool, transform: Any, target_transform: Any) -> Dataset:
    if target_transform is not None:
        raise UnsupportedError(
            f"{name}: target_transform is not built; change the labels in the loop, or "
            "make rv.data.Dataset((pixels, labels)) with your own."
        )
    if transform is not None and not isinstance(transform, Pixels):
        raise UnsupportedError(
            f"{name}: transform={transform!r:.60}; expected one of "
            "ranvier.vision.transforms. Other functions: map the arrays yourself and "
            "pass (pixels, labels) to the DataLoader."
        )
    whole = data.load(NAMES[name], flatten=False)
    part = whole if train else whole.test
    assert part is not None, "every set of the catalogue has a test part"
    return part if transform is None else transform.applied(part)


if not TYPE_CHECKING:

    def __getattr__(name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        hint = nearest(name, NAMES, 0.72) or "; there are MNIST and FashionMNIST."
        raise UnknownAttributeError(
            f"ranvier.vision.datasets has no '{name}'{hint} Data of your own: pass "
            "(inputs, targets) to rv.data.DataLoader."
        )
