"""Data sets that have a name, read from their files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from ranvier.data.catalog import Source, find, places, source_of
from ranvier.data.dataset import Dataset
from ranvier.data.idx import read_idx
from ranvier.errors import DataError, FileError

Array = np.ndarray[Any, Any]


def load(name: str, *, flatten: bool = True) -> Dataset:
    """Load a data set by name; its test part is kept apart as `.test`.

    flatten: images as rows (n, 784), else as (n, channels, height, width).
    Pixels stay uint8; the model sees them scaled to 0 … 1. Labels are int64, (n,).
    Looks in RANVIER_DATA/<name> first, then in the package or the system's folder.
    Raises UnknownNameError, FileError (not here), DataError (damaged).

        train, val, test = rv.data.load("mnist").split(55_000, 5_000)
    """
    source = source_of(name)
    folder = find(name)
    if folder is None:
        searched = ", ".join(str(place) for place in places(source))
        raise FileError(
            f"{name}: not on this machine; looked in {searched}. {source.remedy}"
        )
    parts = zip(source.files, source.sha256, strict=True)
    arrays = [read_part(folder, file, sha256) for file, sha256 in parts]
    check_pairs(source, folder, arrays)
    images, labels, *rest = arrays
    if source.held_out:
        cut = len(images) - source.held_out
        rest = [images[cut:], labels[cut:]]
        images, labels = images[:cut], labels[:cut]
    test = dataset(source, rest[0], rest[1], None, flatten)
    return dataset(source, images, labels, test, flatten)


def read_part(folder: Path, file: str, sha256: str) -> Array:
    """One file of a set, as published (.gz) or unpacked."""
    packed, plain = folder / f"{file}.gz", folder / file
    return read_idx(plain if plain.exists() and not packed.exists() else packed, sha256)


def check_pairs(source: Source, folder: Path, arrays: list[Array]) -> None:
    """As many labels as images, images of the size that the set has."""
    for images, labels in zip(arrays[::2], arrays[1::2], strict=True):
        if images.shape != (len(labels), *source.shape[1:]):
            raise DataError(
                f"{source.name} in {folder}: images {images.shape} and labels "
                f"{labels.shape} do not fit; expected {source.shape[1:]} each."
            )


def dataset(
    source: Source, images: Array, labels: Array, test: Dataset | None, flatten: bool
) -> Dataset:
    """A Dataset of uint8 images and int64 labels."""
    shape = (-1,) if flatten else source.shape
    return Dataset(
        (images.reshape(len(images), *shape), labels.astype(np.int64)),
        name=source.name,
        classes=list(source.classes),
        scale=1 / source.top,
        image_shape=source.shape,
        test=test,
    )
