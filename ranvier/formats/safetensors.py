"""Weights on disk in the safetensors format, under PyTorch's key names;
never pickle.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save as to_bytes

from ranvier.errors import DTypeError, FileError, StateError
from ranvier.graph import Array
from ranvier.tensor import Tensor

Path_ = str | os.PathLike[str]


def save(
    model_or_state_dict: Any, path: Path_, metadata: Mapping[str, str] | None = None
) -> None:
    """Write a model or a flat dict of tensors or arrays, all of it or nothing.

    The file is written beside its place and then moved there. `metadata` holds texts.
    Raises FileError when the folder is missing or cannot be written to.
    """
    arrays = {k: _array(k, v) for k, v in _state(model_or_state_dict).items()}
    texts = {str(k): str(v) for k, v in (metadata or {}).items()}
    write_whole(Path(path), to_bytes(arrays, texts or None))


def load(path: Path_, into: Any = None) -> Any:
    """Read a file that `save` wrote: a dict of tensors, or `into` with the values
    loaded.

    Raises FileError for a file that is missing or corrupt, StateError when the values
    do not fit `into`; the model is then unchanged.
    """
    state = read(path)
    if into is None:
        return {name: Tensor(array) for name, array in state.items()}
    try:
        into.load_state_dict(state)
    except StateError as error:
        raise StateError(f"{os.fspath(path)}: {error}") from None
    return into


def read(path: Path_) -> dict[str, Array]:
    """The arrays in a file."""
    with _opened(path) as file:
        return {name: np.array(file.get_tensor(name)) for name in file.keys()}  # noqa: SIM118


def metadata(path: Path_) -> dict[str, str]:
    """The texts that were saved beside the arrays."""
    with _opened(path) as file:
        return dict(file.metadata() or {})


def _opened(path: Path_) -> Any:
    name = os.fspath(path)
    if not Path(name).exists():
        raise FileError(f"there is no file {name}.")
    if Path(name).is_dir():
        raise FileError(f"{name} is a folder; expected a .safetensors file.")
    try:
        return safe_open(name, framework="numpy")
    except (SafetensorError, OSError, ValueError) as error:
        raise FileError(
            f"{name} is not a whole safetensors file ({error}). It may be cut off or "
            f"of "
            "another format; nothing was loaded."
        ) from None


def _state(value: Any) -> Mapping[str, Any]:
    state = value.state_dict() if hasattr(value, "state_dict") else value
    if not isinstance(state, Mapping):
        kind = type(value).__name__
        raise DTypeError(f"save: expected a model or a dict of tensors, got {kind}.")
    return state


def _array(key: str, value: Any) -> Array:
    if not isinstance(value, (Tensor, np.ndarray, np.generic)):
        raise DTypeError(
            f"save: '{key}' is a {type(value).__name__}; a file holds tensors under "
            "flat names, texts go into metadata=."
        )
    found = value.detach() if isinstance(value, Tensor) else value
    return np.array(found, order="C")


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that at any moment either the old or the new one
    is there, whole.
    """
    folder = path.parent
    if not folder.is_dir():
        raise FileError(f"there is no folder {folder} to write {path.name} into.")
    try:
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=folder)
    except OSError as error:
        reason = error.strerror
        raise FileError(
            f"the folder {folder} cannot be written to: {reason}."
        ) from None
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(name, 0o666 & ~_umask())
        os.replace(name, path)
    except OSError as error:
        Path(name).unlink(missing_ok=True)
        raise FileError(f"{path} could not be written: {error.strerror}.") from None


def _umask() -> int:
    """What new files are not allowed; it can only be read by setting it."""
    mask = os.umask(0)
    os.umask(mask)
    return mask
