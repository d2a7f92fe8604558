"""A folder of class folders of pictures, as torchvision's ImageFolder."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from ranvier.data import images
from ranvier.data.dataset import Dataset
from ranvier.data.reading import size_of
from ranvier.errors import DataError, FileError, ValueRangeError

Array = np.ndarray[Any, Any]
SMALL: Final = 64
USUAL: Final = (32, 32)
PARTS: Final = {"train": "training", "training": "training", "test": "test"}


def image_folder(
    root: str | Path,
    *,
    size: int | tuple[int, int] | None = None,
    channels: int | None = None,
    flatten: bool = False,
    limit: int = 2**32,
) -> Dataset:
    """Load pictures from a folder with one folder a class.

        pictures/cat/1.png, pictures/cat/2.jpg, pictures/dog/1.png, …

    size: height and width that every picture is made to have; by default that of the
        pictures where all are alike and at most 64 high and wide, else 32 by 32.
    channels: 1 grey, 3 colour; by default 3 where any picture has colours.
    flatten: rows (n, inputs) instead of (n, channels, height, width).
    limit: bytes of all pictures together, beyond which nothing is decoded.
    Pixels stay uint8; the model sees them scaled to 0 … 1. Classes are the folders'
    names in sorted order; files and folders that begin with a point, and files that
    are no pictures by their ending, are passed over. With folders train/ and test/ that
    hold class folders, the second is kept apart as `.test`.
    Raises FileError: no folder, a picture that is damaged (its name is said);
        DataError: no class folders, one class only, a class without pictures.
    """
    root = Path(root)
    if not root.is_dir():
        kind = "is no folder" if root.exists() else "there is no such folder"
        raise FileError(f"{root}: {kind}; expected a folder with one folder a class.")
    top = {name: folder for name, folder in folders(root) if name in PARTS}
    train = next((f for n, f in top.items() if PARTS[n] == "training"), None)
    held = next((f for n, f in top.items() if PARTS[n] == "test"), None)
    if train is None or held is None:
        train, held = root, None
    classes = files_by_class(train)
    paths = [path for files in classes.values() for path in files]
    shape = (*(looked(paths, size, channels)),)
    refuse_large(root, len(paths), shape, limit)
    names = list(classes)
    test = None
    if held is not None:
        found = files_by_class(held)
        refuse_strangers(root, names, list(found))
        test = loaded(root, found, names, shape, flatten, None)
    return loaded(root, classes, names, shape, flatten, test)


def loaded(
    root: Path,
    files: dict[str, list[Path]],
    names: list[str],
    shape: tuple[int, int, int],
    flatten: bool,
    test: Dataset | None,
) -> Dataset:
    """Every picture decoded, in the order of classes and file names."""
    channels, height, width = shape
    count = sum(map(len, files.values()))
    pixels = np.empty((count, *shape), np.uint8)
    labels = np.empty(count, np.int64)
    row = 0
    for name, paths in files.items():
        for path in paths:
            pixels[row] = images.read_image(path, (height, width), channels)
            labels[row] = names.index(name)
            row += 1
    inputs = pixels.reshape(count, -1) if flatten else pixels
    return Dataset(
        (inputs, labels),
        name=root.resolve().name,
        classes=names,
        scale=1 / 255,
        image_shape=shape,
        test=test,
    )


def files_by_class(root: Path) -> dict[str, list[Path]]:
    """The pictures of each class folder, sorted."""
    found = {name: pictures(folder) for name, folder in folders(root)}
    if not found:
        loose = f" ({len(pictures(root))} pictures lie in it directly)"
        raise DataError(
            f"{root}: there are no class folders{loose if pictures(root) else ''}; "
            "expected one folder a class with its pictures: cat/1.png, dog/1.png."
        )
    for name, paths in found.items():
        if not paths:
            endings = ", ".join(sorted(images.ENDINGS))
            raise DataError(
                f"{root / name}: there is no picture in this class folder ({endings} "
                "are read). Remove the folder, or put pictures into it."
            )
    if len(found) < 2:
        raise DataError(
            f"{root}: '{next(iter(found))}' is the only class folder; there is nothing "
            "to tell apart. Add a folder for another class."
        )
    return found


def folders(root: Path) -> list[tuple[str, Path]]:
    """The folders inside, by name."""
    inside = (path for path in root.iterdir() if not path.name.startswith("."))
    return sorted((path.name, path) for path in inside if path.is_dir())


def pictures(folder: Path) -> list[Path]:
    """The pictures in a folder and in its folders, sorted; links are not followed."""
    found = []
    for place, _, names in os.walk(folder):
        for name in names:
            is_hidden = name.startswith(".")
            if not is_hidden and Path(name).suffix.lower() in images.ENDINGS:
                found.append(Path(place) / name)
    return sorted(found)


def looked(
    paths: Sequence[Path], size: Any, channels: int | None
) -> tuple[int, int, int]:
    """(channels, height, width): what was asked for, or what the headers say."""
    if channels not in (None, 1, 3):
        raise ValueRangeError(
            f"image_folder: channels is {channels!r}; expected 1 (grey) or 3 (colour)."
        )
    if size is not None and channels is not None:
        return (channels, *checked(size))
    facts = [images.look(path) for path in paths]
    sizes = {shape for shape, _ in facts}
    only = next(iter(sizes))
    own = only if len(sizes) == 1 and max(only) <= SMALL else USUAL
    if channels is None:
        channels = 3 if any(has_colour for _, has_colour in facts) else 1
    return (channels, *(own if size is None else checked(size)))


def checked(size: Any) -> tuple[int, int]:
    """Height and width as positive whole numbers."""
    both = (size, size) if isinstance(size, int) else size
    fits = isinstance(both, tuple | list) and len(both) == 2
    if not (fits and all(isinstance(n, int) and 1 <= n <= 4096 for n in both)):
        raise ValueRangeError(
            f"image_folder: size is {size!r}; expected a number of pixels from 1 to "
            "4096, or (height, width)."
        )
    return both[0], both[1]


def refuse_large(root: Path, count: int, shape: tuple[int, ...], limit: int) -> None:
    bytes_ = count * int(np.prod(shape))
    if bytes_ > limit:
        raise DataError(
            f"{root}: {count:,} pictures of {shape} take {size_of(bytes_)}; at most "
            f"{size_of(limit)} are read. Use a smaller size=."
        )


def refuse_strangers(root: Path, known: list[str], found: list[str]) -> None:
    strangers = [name for name in found if name not in known]
    if strangers:
        raise DataError(
            f"{root}: the test part has a class '{strangers[0]}' that the training "
            f"part does not have; there are: {', '.join(known[:20])}."
        )
