"""Weights on disk in the safetensors format, under PyTorch's key names;
never pickle.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save as to_bytes

from ranvier.atomic import write_bytes
from ranvier.errors import DTypeError, FileError, StateError
from ranvier.graph import Array
from ranvier.tensor import Tensor
from ranvier.tensors.creation import check_device

Path_ = str | os.PathLike[str]
CODES = {
    "BOOL": "?",
    "U8": "u1",
    "I8": "i1",
    "I16": "<i2",
    "I32": "<i4",
    "I64": "<i8",
    "F16": "<f2",
    "F32": "<f4",
    "F64": "<f8",
}
READ = {*CODES, "BF16"}
PICKLES = tuple(b"\x80" + bytes([protocol]) for protocol in range(2, 6))
EXPORT = """    from safetensors.torch import save_file
    save_file(model.state_dict(), "model.safetensors")"""


def save(
    model_or_state_dict: Any, path: Path_, metadata: Mapping[str, str] | None = None
) -> None:
    """Write a model or a flat dict of tensors or arrays, all of it or nothing.

    The file is written beside its place and then moved there. `metadata` holds texts.
    Raises FileError when the folder is missing or cannot be written to.
    """
    arrays = {k: _array(k, v) for k, v in _state(model_or_state_dict).items()}
    texts = {str(k): str(v) for k, v in (metadata or {}).items()}
    write_bytes(Path(path), to_bytes(arrays, texts or None))


def load(
    path: Path_,
    into: Any = None,
    *,
    map_location: Any = None,
    weights_only: bool = True,
) -> Any:
    """Read a file that `save` or PyTorch's safetensors wrote: a dict of tensors, or
    `into` with the values loaded.

    float16 and bfloat16 become float32, exactly. `map_location` may be the CPU,
    `weights_only` has no effect: there is nothing else in a file. Raises FileError for
    a file that is missing, corrupt or a pickle (.pt, .pth), StateError when the values
    do not fit `into`; the model is then unchanged.
    """
    check_device(map_location)
    state = read(path)
    if into is None:
        return {name: Tensor(array) for name, array in state.items()}
    try:
        into.load_state_dict(state)
    except StateError as error:
        raise StateError(f"{os.fspath(path)}: {error}") from None
    return into


def read(path: Path_) -> dict[str, Array]:
    """The arrays in a file; float16 and bfloat16 as float32."""
    with _opened(path) as file:
        kinds = {name: file.get_slice(name).get_dtype() for name in file.keys()}  # noqa: SIM118
        foreign = sorted({*kinds.values()} - READ)
        if foreign:
            names = [name for name, kind in kinds.items() if kind not in READ]
            raise DTypeError(
                f"{os.fspath(path)}: {names[0]} is {foreign[0]}, which is not one of "
                "Ranvier's number types; save it as float32: "
                "{k: v.float() for k, v in model.state_dict().items()}."
            )
        if "BF16" in kinds.values():
            return _with_bfloat16(Path(path).read_bytes())
        return {name: _plain(file.get_tensor(name)) for name in kinds}


def _plain(array: Array) -> Array:
    return np.array(array, np.float32 if array.dtype == np.float16 else array.dtype)


def _with_bfloat16(content: bytes) -> dict[str, Array]:
    """NumPy has no bfloat16: its 16 bits are the upper half of a float32."""
    size = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + size])
    arrays = {}
    for name, entry in header.items():
        if name != "__metadata__":
            kind, shape = entry["dtype"], entry["shape"]
            start, end = entry["data_offsets"]
            part = content[8 + size + start : 8 + size + end]
            if kind == "BF16":
                wide = np.frombuffer(part, "<u2").astype(np.uint32) << np.uint32(16)
                arrays[name] = wide.view(np.float32).reshape(shape)
            else:
                array = np.frombuffer(part, CODES[kind]).reshape(shape)
                arrays[name] = _plain(array)
    return arrays


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
        _refuse_pickle(name)
        raise FileError(
            f"{name} is not a whole safetensors file ({error}). It may be cut off or "
            f"of "
            "another format; nothing was loaded."
        ) from None


def _refuse_pickle(name: str) -> None:
    """PyTorch's own files: a zip since 1.6, a bare pickle before."""
    with Path(name).open("rb") as file:
        start = file.read(4)
    if start == b"PK\x03\x04" or start[:2] in PICKLES:
        raise FileError(
            f"{name} is a pickle, as torch.save writes; loading one can run any code, "
            "so it is not read. Where PyTorch is installed, write a file that holds "
            f"only arrays:\n{EXPORT}\nthen here: "
            'rv.load("model.safetensors", into=model).'
        )


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
            "flat names, texts go into metadata=. Save model.state_dict() in a file of "
            "its own; rv.fit(checkpoint=...) keeps a whole run."
        )
    found = value.detach() if isinstance(value, Tensor) else value
    return np.array(found, order="C")
