"""`rv.save` and `rv.load`: models, state_dicts and whole checkpoints as safetensors.

Tensors stand in the file under their paths, PyTorch's key names for a model, so that
other programs can read them; the rest is JSON in its header. Never pickle.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ranvier.atomic import write_bytes
from ranvier.errors import DTypeError, StateError, UnknownAttributeError
from ranvier.formats import foreign, nested, sealed
from ranvier.graph import Array
from ranvier.tensor import Tensor
from ranvier.tensors.creation import check_device

Path_ = str | os.PathLike[str]
STRUCTURE, KIND = "structure", "kind"
SHOWN = 4


class Saved(dict[str, Any]):
    """The state_dict of a model that was given to `save` itself: a dict that says so
    where it is taken for the model.
    """

    def __init__(self, state: Mapping[str, Any], kind: str) -> None:
        super().__init__(state)
        self.kind = kind

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        raise UnknownAttributeError(
            f"there is no '{name}': the file holds the state_dict of a {self.kind}, "
            f"not the {self.kind} itself. Make one, then "
            "model.load_state_dict(rv.load(path))."
        )

    def __call__(self, *args: Any) -> Any:
        return self.__getattr__("forward")


def save(obj: Any, path: Any, metadata: Mapping[str, Any] | None = None) -> None:
    """Write a model, a state_dict, or dicts and lists of tensors, numbers and texts.

    A model is its state_dict. The file, whatever its name is, is in the safetensors
    format, with a checksum for every tensor; it is written beside its place and then
    moved there. `path` may be an open file. `metadata` holds texts for other programs.
    Raises DTypeError for what cannot be kept (functions, objects), with the path to it;
    FileError when the folder is missing or cannot be written to.

        rv.save({"epoch": 3, "model": model.state_dict()}, "checkpoint.pt")
    """
    is_object = hasattr(obj, "state_dict")
    value = obj.state_dict() if is_object else obj
    arrays: dict[str, Array] = {}
    structure = nested.pack(value, arrays)
    texts = {str(k): str(v) for k, v in (metadata or {}).items()}
    facts = {STRUCTURE: json.dumps(structure)}
    facts |= {KIND: type(obj).__name__} if is_object else {}
    content = sealed.to_bytes(arrays, facts, texts)
    if hasattr(path, "write"):
        path.write(content)
    else:
        write_bytes(Path(path), content)


def load(
    path: Any,
    into: Any = None,
    *,
    map_location: Any = None,
    weights_only: bool = True,
) -> Any:
    """Read what `save` wrote, or a safetensors file of PyTorch's: what was saved, with
    its tensors; or `into`, a model, with the values loaded.

    float16 and bfloat16 become float32, exactly. `map_location` may be the CPU,
    `weights_only` has no effect: no file can hold code. Raises FileError for a file
    that is missing, damaged or a pickle (of torch.save), StateError when the values do
    not fit `into`; the model is then unchanged.

        model.load_state_dict(rv.load("checkpoint.pt")["model"])
    """
    if not callable(map_location):  # PyTorch's functions of (storage, location)
        check_device(map_location)
    if into is None:
        return contents(path)
    if not hasattr(into, "load_state_dict"):
        raise DTypeError(
            f"load: into is {into!r:.40}; expected a model. A device is given by name: "
            "map_location='cpu'."
        )
    try:
        into.load_state_dict(flat(contents(path)))
    except StateError as error:
        raise StateError(f"{named(path)}: {error}") from None
    return into


def contents(path: Any) -> Any:
    """What was saved; of a file of another program its tensors by name."""
    content = foreign.content_of(path)
    if not sealed.is_ours(content):
        arrays = foreign.arrays_of(named(path), content)
        return {name: Tensor(array) for name, array in arrays.items()}
    arrays, facts = sealed.opened(named(path), content)
    tensors = {name: Tensor(array) for name, array in arrays.items()}
    if STRUCTURE not in facts:  # such as the best weights of a run
        return tensors
    found = nested.unpack(json.loads(facts[STRUCTURE]), tensors)
    return Saved(found, facts[KIND]) if KIND in facts else found


def read(path: Path_) -> dict[str, Array]:
    """All arrays in a file, by name; float16 and bfloat16 as float32."""
    content = foreign.content_of(path)
    if sealed.is_ours(content):
        return sealed.opened(path, content)[0]
    return foreign.arrays_of(path, content)


def metadata(path: Path_) -> dict[str, str]:
    """The texts that were saved beside the arrays."""
    content = foreign.content_of(path)
    foreign.arrays_of(path, content)
    texts = foreign.texts_of(content)
    return {name: text for name, text in texts.items() if name != sealed.KEY}


def flat(state: Any) -> Any:
    """The state_dict of a model, or an error that says where in the file it may be."""
    values = state.values() if isinstance(state, Mapping) else [None]
    if all(isinstance(value, Tensor) for value in values):
        return state
    keys = list(state)[:SHOWN] if isinstance(state, Mapping) else type(state).__name__
    raise StateError(
        f"it holds more than the weights of a model ({keys}). Take them out: "
        "model.load_state_dict(rv.load(path)['model_state_dict'])."
    )


def named(path: Any) -> str:
    """What a file is called in messages."""
    known = isinstance(path, str | os.PathLike)
    return os.fspath(path) if known else str(getattr(path, "name", "the file"))
