"""What any safetensors file holds, whoever wrote it; and files that are none."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, deserialize

from ranvier.errors import DTypeError, FileError

Array = np.ndarray[Any, Any]
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
HALF = "BF16"
PICKLES = tuple(b"\x80" + bytes([protocol]) for protocol in range(2, 6))
ZIP = b"PK\x03\x04"


def content_of(path: Any) -> bytes:
    """Every byte of a file, or of something that is open for reading.

    Raises FileError: missing, a folder, not to be read.
    """
    if hasattr(path, "read"):
        return bytes(path.read())
    file = Path(path)
    if not file.exists():
        raise FileError(f"there is no file {file}.")
    if file.is_dir():
        raise FileError(f"{file} is a folder; expected a .safetensors file.")
    try:
        return file.read_bytes()
    except OSError as error:
        raise FileError(f"{file} cannot be read: {error.strerror}.") from None


def arrays_of(path: Any, content: bytes) -> dict[str, Array]:
    """The arrays by name, in the order of the file; float16 and bfloat16 as float32.

    Raises FileError: no safetensors file, or not a whole one; DTypeError: number types
        that there are not here.
    """
    try:
        parts: Any = deserialize(content)  # type: ignore[no-untyped-call]
    except (SafetensorError, ValueError) as error:
        refuse_pickle(path, content)
        raise FileError(
            f"{path} is not a whole safetensors file ({error}). It may be cut off or "
            "of another format; nothing was loaded."
        ) from None
    known = {*CODES, HALF}
    for name, part in parts:
        if part["dtype"] not in known:
            raise DTypeError(
                f"{path}: {name} is {part['dtype']}, which is not one of Ranvier's "
                "number types; save it as float32: {k: v.float() for k, v in "
                "model.state_dict().items()}."
            )
    return {name: array_of(part) for name, part in parts}


def array_of(part: dict[str, Any]) -> Array:
    """One array; bfloat16, which NumPy has not, is the upper half of a float32."""
    raw, shape = part["data"], part["shape"]
    if part["dtype"] == HALF:
        wide = np.frombuffer(raw, "<u2").astype(np.uint32) << np.uint32(16)
        return wide.view(np.float32).reshape(shape)
    array = np.frombuffer(raw, CODES[part["dtype"]]).reshape(shape)
    return np.array(array, np.float32 if array.dtype == np.float16 else array.dtype)


def texts_of(content: bytes) -> dict[str, str]:
    """The texts in the header of a whole file."""
    length = 8 + int.from_bytes(content[:8], "little")
    found: dict[str, str] = json.loads(content[8:length]).get("__metadata__") or {}
    return found


def refuse_pickle(path: Any, content: bytes) -> None:
    """PyTorch's own files: a zip since 1.6, a bare pickle before."""
    if content[:4] != ZIP and content[:2] not in PICKLES:
        return
    named = isinstance(path, str | os.PathLike)
    old = os.fspath(path) if named else "model.pth"
    new = str(Path(str(old)).with_suffix(".safetensors"))
    raise FileError(
        f"{path} is a pickle, as torch.save writes; loading one can run any code, so "
        "it is not read. Where PyTorch is installed, write a file that holds only "
        f"arrays:\n{export(str(old), new)}\nthen here: rv.load({new!r}, into=model). "
        "Where torch.load gives more than a state_dict, take that out of it, such as "
        "torch.load(…)['model_state_dict']."
    )


def export(old: str, new: str) -> str:
    """What to type in a shell."""
    return (
        '    python -c "import torch; from safetensors.torch import save_file; '
        f"save_file(torch.load({old!r}, map_location='cpu'), {new!r})\""
    )
