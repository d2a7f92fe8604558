"""The data of each workload, the same bits for every subject."""

from __future__ import annotations

import gzip
import os
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from .workloads import Workload

Array = np.ndarray[Any, Any]
PACKAGED = Path(__file__).resolve().parent.parent / "data" / "files" / "mnist"
CLASSES = 10


class Dataset(NamedTuple):
    """Inputs (rows, …) float32, or uint8 to be scaled; targets (rows, 1) float32 or
    (rows,) int64.
    """

    x: Array
    y: Array
    scale: float = 1.0

    def floats(self) -> Array:
        """The inputs as float32, scaled: what everyone but a whole run is fed."""
        if self.x.dtype == np.float32:
            return self.x
        return self.x.astype(np.float32) * np.float32(self.scale)


def xor(workload: Workload) -> Dataset:
    x = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], dtype=np.float32)
    return Dataset(x, np.array([[0], [1], [1], [0]], dtype=np.float32))


def cubic(workload: Workload) -> Dataset:
    x = np.linspace(-2, 2, workload.rows, dtype=np.float32)[:, None]
    return Dataset(x, x**3 + 2 * x**2)


def tabular(workload: Workload) -> Dataset:
    generator = np.random.default_rng(10)
    x = generator.standard_normal((workload.rows, 10), dtype=np.float32)
    noise = 0.1 * generator.standard_normal(workload.rows, dtype=np.float32)
    y = np.sin(x[:, 0]) + x[:, 1] * x[:, 2] + 0.5 * x[:, 3:].sum(axis=1) + noise
    return Dataset(x, y[:, None].astype(np.float32))


def mnist(workload: Workload) -> Dataset:
    """Pictures as bytes, in the shape that the network takes."""
    folder, rows = mnist_folder(), workload.rows
    x = read_idx(folder / "train-images-idx3-ubyte.gz")[:rows]
    y = read_idx(folder / "train-labels-idx1-ubyte.gz")[:rows]
    return Dataset(x.reshape(rows, *workload.sample), y.astype(np.int64), 1 / 255)


def pictures(workload: Workload) -> Dataset:
    """Random colour pictures: no step takes longer for what is on them."""
    generator = np.random.default_rng(32)
    x = generator.integers(0, 256, (workload.rows, *workload.sample), np.uint8)
    y = generator.integers(0, CLASSES, workload.rows, np.int64)
    return Dataset(x, y, 1 / 255)


def noise(workload: Workload) -> Dataset:
    """Normal numbers and random classes."""
    generator = np.random.default_rng(5)
    shape = (workload.rows, *workload.sample)
    x = generator.standard_normal(shape, dtype=np.float32)
    return Dataset(x, generator.integers(0, CLASSES, workload.rows, np.int64))


def mnist_folder() -> Path:
    """The first folder that holds MNIST's training images."""
    folders = [PACKAGED]
    if "RANVIER_DATA" in os.environ:
        folders.append(Path(os.environ["RANVIER_DATA"]) / "mnist")
    for folder in folders:
        if (folder / "train-images-idx3-ubyte.gz").exists():
            return folder
    looked = " and ".join(map(str, folders))
    raise FileNotFoundError(
        f"no train-images-idx3-ubyte.gz in {looked}; set RANVIER_DATA to a folder "
        "that holds mnist/"
    )


def read_idx(path: Path) -> Array:
    """Read an IDX file of bytes: magic with the number of axes, sizes, values."""
    content = gzip.decompress(path.read_bytes())
    axes = content[3]
    shape = np.frombuffer(content, ">u4", count=axes, offset=4)
    return np.frombuffer(content, np.uint8, offset=4 + 4 * axes).reshape(shape)


DATASETS: dict[str, Callable[[Workload], Dataset]] = {
    "xor": xor,
    "cubic": cubic,
    "tabular": tabular,
    "mnist": mnist,
    "pictures": pictures,
    "noise": noise,
}


@cache
def load(workload: Workload) -> Dataset:
    return DATASETS[workload.data](workload)
