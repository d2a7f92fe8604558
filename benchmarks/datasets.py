"""The data of each workload, the same bits for every subject."""

import gzip
import os
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

from benchmarks.workloads import Workload

ROOT = Path(__file__).resolve().parent.parent


class Dataset(NamedTuple):
    """Inputs (rows, features) float32; targets (rows, 1) float32 or (rows,) int64."""

    x: np.ndarray
    y: np.ndarray


def xor(rows: int) -> Dataset:
    x = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], dtype=np.float32)
    return Dataset(x[:rows], np.array([[0], [1], [1], [0]], dtype=np.float32)[:rows])


def cubic(rows: int) -> Dataset:
    x = np.linspace(-2, 2, rows, dtype=np.float32)[:, None]
    return Dataset(x, x**3 + 2 * x**2)


def tabular(rows: int) -> Dataset:
    generator = np.random.default_rng(10)
    x = generator.standard_normal((rows, 10), dtype=np.float32)
    noise = 0.1 * generator.standard_normal(rows, dtype=np.float32)
    y = np.sin(x[:, 0]) + x[:, 1] * x[:, 2] + 0.5 * x[:, 3:].sum(axis=1) + noise
    return Dataset(x, y[:, None].astype(np.float32))


def mnist(rows: int) -> Dataset:
    folder = mnist_folder()
    x = read_idx(folder / "train-images-idx3-ubyte.gz")[:rows].reshape(rows, 784)
    y = read_idx(folder / "train-labels-idx1-ubyte.gz")[:rows]
    return Dataset(x.astype(np.float32) / np.float32(255), y.astype(np.int64))


def mnist_folder() -> Path:
    """Return the first folder that holds MNIST's training images."""
    folders = [ROOT / "ranvier" / "data" / "files" / "mnist"]
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


def read_idx(path: Path) -> np.ndarray:
    """Read an IDX file of bytes: magic with the number of axes, sizes, values."""
    content = gzip.decompress(path.read_bytes())
    axes = content[3]
    shape = np.frombuffer(content, ">u4", count=axes, offset=4)
    return np.frombuffer(content, np.uint8, offset=4 + 4 * axes).reshape(shape)


DATASETS: dict[str, Callable[[int], Dataset]] = {
    "xor": xor,
    "cubic": cubic,
    "tabular": tabular,
    "mnist": mnist,
}


@cache
def load(workload: Workload) -> Dataset:
    return DATASETS[workload.data](workload.rows)
