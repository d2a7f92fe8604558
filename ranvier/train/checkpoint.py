"""A run on disk: arrays in safetensors, structure as JSON in its header; no pickle.

    FOLDER/latest.safetensors     after the last whole epoch, or the step at which
                                  Ctrl-C came: weights, optimiser, counters, position
                                  in the shuffle, history, configuration, preparation
                                  of the data; what `resume` goes on from
    FOLDER/best.safetensors       the weights of the best epoch, under PyTorch's names
    FOLDER/start.safetensors      the first state, for `rewind` in a resumed run; the
                                  same file as the latest until that is replaced

The latest is written first. A run that is killed between the two has in the latest the
weights that the best should have, and `resume` writes them. Both have a checksum for
every tensor, which is compared when they are read.

A state is nested dicts and lists of arrays and numbers. `pack` puts the arrays into one
flat dict, named by their path, and leaves a reference where they were.
"""

from __future__ import annotations

import json
import os
import shutil
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ranvier.atomic import make_folder, sweep, write_atomically
from ranvier.errors import FileError
from ranvier.tensor import Tensor

Array = np.ndarray[Any, Any]
LATEST = "latest.safetensors"
BEST = "best.safetensors"
START = "start.safetensors"
KEY = "ranvier.checkpoint.2"
REFERENCE = "@array"
PLAIN = (bool, int, float, str)


def save_latest(folder: Path, state: Mapping[str, Any]) -> None:
    """The whole state of a run.

    Raises FileError: it cannot be written; the one before is untouched.
    """
    arrays: dict[str, Array] = {}
    structure = pack(state, "", arrays)
    write(folder / LATEST, arrays, {KEY: json.dumps(structure)})


def save_best(folder: Path, weights: Mapping[str, Array], epoch: int) -> None:
    """The best weights so far, and which epoch they are from.

    Raises FileError: they cannot be written; those before are untouched.
    """
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
    return load_state(path)


def load_state(path: Path) -> dict[str, Any]:
    """The state in a file. Raises FileError: damaged, or something else."""
    arrays, facts = read(path)
    if KEY not in facts:
        raise FileError(foreign(path))
    state: dict[str, Any] = unpack(json.loads(facts[KEY]), arrays)
    return state


def keep_start(folder: Path) -> None:
    """Let the latest state stay under another name; it takes no room until the next.

    Raises FileError: it cannot be written.
    """
    write_atomically(folder / START, lambda file: linked(folder / LATEST, file))


def linked(source: Path, place: Path) -> None:
    """The same file under another name, or a copy where a disk has no such names."""
    place.unlink()
    try:
        os.link(source, place)
    except OSError:
        shutil.copyfile(source, place)


def load_start(folder: Path | None, origin: str) -> dict[str, Any] | None:
    """The first state of the run whose weights began as `origin` says; None where it
    was not kept.

    Raises FileError: the file is damaged.
    """
    if folder is None or not (folder / START).exists():
        return None
    state = load_state(folder / START)
    return state if state.get("origin") == origin else None


def origin_of(weights: Mapping[str, Any]) -> str:
    """Stands for the weights that a run began with: their CRC-32."""
    total = 0
    for name, value in weights.items():
        total = zlib.crc32(name.encode(), total)
        total = zlib.crc32(np.ascontiguousarray(copied(value)).tobytes(), total)
    return f"{total:08x}"


def load_best(folder: Path, epoch: int) -> dict[str, Array] | None:
    """The best weights so far; None if those of this epoch are not there.

    Raises FileError: the file is damaged.
    """
    path = folder / BEST
    if not path.exists():
        return None
    arrays, facts = read(path)
    return arrays if facts.get("epoch") == str(epoch) else None


def has_learned(folder: Path) -> bool:
    """Whether there is a checkpoint that a step was made for; a damaged one counts."""
    try:
        state = load_latest(folder)
    except FileError:
        return (folder / LATEST).exists()
    return bool(state["epoch"] or state["begun"])


def prepare(folder: Path) -> None:
    """Make the folder, and remove what killed writers left in it."""
    make_folder(folder)
    for name in (LATEST, BEST, START):
        sweep(folder / name)


def forget_best(folder: Path) -> None:
    """The best weights of the run that was here before."""
    (folder / BEST).unlink(missing_ok=True)


def write(path: Path, arrays: Mapping[str, Array], facts: dict[str, str]) -> None:
    """A safetensors file with checksums and facts; whole or not at all.

    Raises FileError: there is no room, or the folder cannot be written.
    """
    # imported here to keep `import ranvier` light
    from ranvier.formats import sealed

    try:
        sealed.write(path, arrays, facts)
    except FileError as error:
        remedy = f"Make room for two of it ({size_of(arrays)} each)"
        if path.exists():
            remedy += f" and go on with rv.fit(..., resume={str(path.parent)!r})"
        raise FileError(f"checkpoint: {error} {remedy}.") from None


def read(path: Path) -> tuple[dict[str, Array], dict[str, str]]:
    """Arrays and facts that `write` was given.

    Raises FileError: missing, unreadable, damaged (which tensor is said).
    """
    from ranvier.formats import sealed

    return sealed.read(path, foreign(path))


def foreign(path: Path) -> str:
    """What is said of a file that is something else."""
    return (
        f"{path} is not a checkpoint of this version of rv.fit: it holds no state of a "
        "run with checksums. Weights alone are read by rv.load(path, into=model)."
    )


def size_of(arrays: Mapping[str, Array]) -> str:
    return f"{sum(a.nbytes for a in arrays.values()) / 1e6:,.1f} MB"


def pack(value: Any, path: str, arrays: dict[str, Array]) -> Any:
    """The structure of a state; its arrays are put into `arrays`.

    >>> arrays = {}
    >>> pack({"w": [np.ones(2), 3]}, "", arrays)
    {'w': [{'@array': 'w.0'}, 3]}
    >>> list(arrays)
    ['w.0']
    """
    if value is None or type(value) in PLAIN:  # most of a state, and quickly told
        return value
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
