"""The networks of `ranvier.models` in PyTorch: the same source files, imports changed.

    make = models_in_torch.load()        # in an interpreter that has torch
    make("vgg11", num_classes=10, image_size=32)

So the rival trains exactly the network that is compared, the forms for small pictures
included, which torchvision does not have.
"""

import re
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

FOLDER = Path(__file__).resolve().parent.parent / "ranvier" / "models"
CHANGED = {
    r"from ranvier import nn": "from torch import nn",
    r"import ranvier\.nn\.init as init": "import torch.nn.init as init",
    r"from ranvier\.models\.options import (\([^)]*\)|.*)": "",  # is there already
    r"from ranvier\.(tensor|joining|creation|tensors\.\w+) import": "from torch import",
}


def load() -> Callable[..., Any]:
    """A function (name, …) → the network as a torch.nn.Module."""
    options = scope("options", {})
    makers: dict[str, Any] = {}
    for file in sorted(FOLDER.glob("[a-z]*.py")):
        makers |= scope(file.stem, options)
    known = SimpleNamespace(**makers)
    return lambda name, *sizes, **options: getattr(known, name)(*sizes, **options)


def scope(name: str, known: dict[str, Any]) -> dict[str, Any]:
    """What a file defines, with PyTorch behind it."""
    file = FOLDER / f"{name}.py"
    found = known | {"__name__": f"{name}_in_torch"}
    exec(compile(changed(file.read_text("utf-8")), str(file), "exec"), found)
    return found


def changed(source: str) -> str:
    for ours, theirs in CHANGED.items():
        source = re.sub(ours, theirs, source)
    return source
