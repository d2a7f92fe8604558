"""How a module is shown in notebooks: a table of its layers."""

from __future__ import annotations

from typing import Any, Final

from ranvier.nn.parameter import Parameter
from ranvier.tensors.markup import table

MOST: Final = 200  # rows
HEAD: Final = ("layer", "type", "settings", "parameters")


def layers(module: Any) -> str:
    """Name, type, settings and number of parameters of every layer, and their sum.

    What two layers share is counted at the first.
    """
    seen: set[Parameter] = set()
    rows: list[tuple[str, ...]] = []
    total = 0
    for name, part in module.named_modules():
        own = [p for p in part._parameters.values() if p is not None and p not in seen]
        seen.update(own)
        count = sum(p.numel() for p in own)
        total += count
        if own or not part._modules:
            settings = " ".join(part.extra_repr().split())
            rows.append((name, part._get_name(), settings, f"{count:,}"))
    hidden = len(rows) - MOST
    if hidden > 0:
        rows[MOST:] = [("…", f"{hidden:,} more", "", "")]
    rows.append(("total", module._get_name(), "", f"{total:,}"))
    return table(rows, HEAD, left=3)
