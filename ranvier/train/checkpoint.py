"""A run on disk: arrays in safetensors, structure as JSON in its header; no pickle.

    FOLDER/latest.safetensors     after the last whole epoch: weights, optimiser,
                                  history, counters; what `resume` goes on from
    FOLDER/best.safetensors       the weights of the best epoch, under PyTorch's names

A state is nested dicts and lists of arrays and numbers. `pack` puts the arrays into one
flat dict, named by their path, and leaves a reference where they were.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ranvier.errors import FileError
from ranvier.tensor import Tensor
from ranvier.train.atomic import make_folder

Array = np.ndarray[Any, Any]
LATEST = "latest.safetensors"
BEST = "best.safetensors"
KEY = "ranvier.checkpoint.1"
REFERENCE = "@array"


def save_latest(folder: Path, state: Mapping[str, Any]) -> None:
    """The whole state after an epoch."""
    arrays: dict[str, Array] = {}
    structure = pack(state, "", arrays)
    write(folder / LATEST, arrays, {KEY: json.dumps(structure)})


def save_best(folder: Path, weights: Mapping[str, Array], epoch: int) -> None:
    """The best weights so far, and which epoch they are from."""
    write(folder / BEST, weights, {"epoch": str(epoch)})


def load_latest(folder: Path) -> dict[str, Any]:
    """The state that `save_latest` wrote.

    Raises FileError: no checkpoint there, or one that is damaged.
    """
    path = folder / LATEST
    if not path.exists():
        raise FileError(
            f"resume: there is no checkpoint in {folder} ({LATEST} is missing). A run "
            f"leaves one when it is started with checkpoint={str(folder)!r}."
        )
    arrays, facts = read(path)
    if KEY not in facts:
        raise FileError(f"{path} is not a checkpoint of rv.fit.")
    state: dict[str, Any] = unpack(json.loads(facts[KEY]), arrays)
    return state


def load_best(folder: Path) -> dict[str, Array] | None:
    """The best weights so far; None if no epoch was the best yet."""
    path = folder / BEST
    return read(path)[0] if path.exists() else None


def prepare(folder: Path, *, fresh: bool) -> None:
    """Make the folder; a fresh run removes the old run's checkpoint."""
    make_folder(folder)
    if fresh:
        for name in (LATEST, BEST):
            (folder / name).unlink(missing_ok=True)


def write(path: Path, arrays: Mapping[str, Array], facts: dict[str, str]) -> None:
    """A safetensors file with facts in its header; whole or not at all.

    With one fact the same content is the same bytes; more have no fixed order.
    """
    # imported here to keep `import ranvier` light
    from ranvier.formats import safetensors

    safetensors.save(arrays, path, facts)


def read(path: Path) -> tuple[dict[str, Array], dict[str, str]]:
    """Arrays and header of a safetensors file.

    Raises FileError: missing, unreadable, damaged.
    """
    from ranvier.formats import safetensors

    return safetensors.read(path), safetensors.metadata(path)


def pack(value: Any, path: str, arrays: dict[str, Array]) -> Any:
    """The structure of a state; its arrays are put into `arrays`.

    >>> arrays = {}
    >>> pack({"w": [np.ones(2), 3]}, "", arrays)
    {'w': [{'@array': 'w.0'}, 3]}
    >>> list(arrays)
    ['w.0']
    """
    if isinstance(value, Tensor | np.ndarray):
        arrays[path] = copied(value)
        return {REFERENCE: path}
    if isinstance(value, Mapping):
        return {str(k): pack(v, joined(path, k), arrays) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [pack(v, joined(path, i), arrays) for i, v in enumerate(value)]
    return value.item() if isinstance(value, np.generic) else value


def unpack(value: Any, arrays: Mapping[str, Array]) -> Any:
    """The state that `pack` came from; keys that were numbers are numbers again."""
    if isinstance(value, dict):
        if set(value) == {REFERENCE}:
            return arrays[value[REFERENCE]]
        return {as_key(k): unpack(v, arrays) for k, v in value.items()}
    if isinstance(value, list):
        return [unpack(v, arrays) for v in value]
    return value


def as_key(key: str) -> str | int:
    return int(key) if key.isdecimal() else key


def joined(path: str, key: Any) -> str:
    return f"{path}.{key}" if path else str(key)


def copied(value: Any) -> Array:
    """An array of its own, that later steps do not change."""
    return np.array(value.detach() if isinstance(value, Tensor) else value, copy=True)
