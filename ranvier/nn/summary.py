"""The table that `model.summary(input_shape)` gives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from ranvier import dtypes, ops
from ranvier.dtypes import DType
from ranvier.graph import Node
from ranvier.tensor import NoGrad, Tensor, _wrap
from ranvier.tensors.handles import held
from ranvier.tensors.markup import table
from ranvier.tree import leaves

HEAD = ("layer", "type", "output", "weights", "biases", "parameters")


class Row(NamedTuple):
    """One layer; `output` is None for a layer that was not used."""

    name: str
    type: str
    output: Any
    weights: int
    biases: int

    @property
    def parameters(self) -> int:
        """Weights and biases."""
        return self.weights + self.biases


class Summary:
    """Rows and totals; printing it gives the table.

    `depth` is the weighted depth: the number of convolutions and linear layers on the
    longest path from input to output, as the papers count (ResNet-18 has 18).
    """

    def __init__(self, rows: list[Row], depth: int = 0) -> None:
        self.rows = rows
        self.depth = depth
        self.weights = sum(row.weights for row in rows)
        self.biases = sum(row.biases for row in rows)
        self.parameters = self.total = self.weights + self.biases

    def __repr__(self) -> str:
        lines = [HEAD, *(_cells(row) for row in self.rows)]
        lines.append(("total", "", "", *(f"{n:,}" for n in self._sums())))
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        return "\n".join(_line(cells, widths) for cells in lines)

    def _repr_html_(self) -> str:
        """In notebooks: the table."""
        total = ("total", "", "", *(f"{n:,}" for n in self._sums()))
        return table([*map(_cells, self.rows), total], HEAD, left=3)

    def _sums(self) -> tuple[int, int, int]:
        return self.weights, self.biases, self.parameters


def _cells(row: Row) -> tuple[str, ...]:
    numbers = (row.weights, row.biases, row.parameters)
    output = "not used" if row.output is None else str(row.output)
    return (row.name, row.type, output, *(f"{n:,}" for n in numbers))


def _line(cells: tuple[str, ...], widths: list[int]) -> str:
    texts = [c.ljust(w) for c, w in zip(cells[:3], widths[:3], strict=True)]
    numbers = [c.rjust(w) for c, w in zip(cells[3:], widths[3:], strict=True)]
    return "  ".join(texts + numbers).rstrip()


def summarise(module: Any, shape: tuple[int, ...], dtype: DType) -> Summary:
    """Write the graph for a stand-in and note what each layer gives.

    While it runs, every layer's `forward` is wrapped in its own instance, so that calls
    in training pay nothing for it.
    """
    watched = [
        (name, part)
        for name, part in module.named_modules()
        if part._parameters or not part._modules
    ]
    outputs: dict[Any, Any] = {}
    weighted: set[Node] = set()
    modes = [(part, part.training) for part in module.modules()]
    module.eval()
    for _, part in watched:
        part.__dict__["forward"] = _noting(part, part.forward, outputs, weighted)
    try:
        with NoGrad(), held():
            result = module(_stand_in(shape, dtype))
    finally:
        for _, part in watched:
            part.__dict__.pop("forward", None)
        for part, mode in modes:
            part.__dict__["training"] = mode
    order = {part: i for i, part in enumerate(outputs)}
    watched.sort(key=lambda pair: order.get(pair[1], len(order)))
    ends = [leaf._node for leaf in leaves(result) if isinstance(leaf, Tensor)]
    return Summary(_rows(watched, outputs), longest_path(ends, weighted))


def _stand_in(shape: tuple[int, ...], dtype: DType) -> Tensor:
    return _wrap(ops.expand(ops.const(0, dtypes.int64), tuple(shape))).to(dtype)


def _noting(
    part: Any,
    forward: Callable[..., Any],
    outputs: dict[Any, Any],
    weighted: set[Node],
) -> Callable[..., Any]:
    def run(*args: Any, **kwargs: Any) -> Any:
        out = forward(*args, **kwargs)
        first = out[0] if isinstance(out, tuple) else out
        outputs[part] = first.shape if isinstance(first, Tensor) else ""
        if part.weighted:
            weighted.add(first._node)
        return out

    return run


def longest_path(ends: list[Node], counted: set[Node]) -> int:
    """The largest number of `counted` nodes on a path that leads to one of `ends`."""
    depth: dict[Node, int] = {}
    open_ = list(ends)
    while open_:
        node = open_[-1]
        waiting = [source for source in node.srcs if source not in depth]
        if waiting:
            open_ += waiting
            continue
        open_.pop()
        above = max((depth[source] for source in node.srcs), default=0)
        depth[node] = above + (node in counted)
    return max((depth[node] for node in ends), default=0)


def _rows(watched: list[tuple[str, Any]], outputs: dict[Any, Any]) -> list[Row]:
    """A parameter that two layers share is counted at the first of them."""
    seen: set[Any] = set()
    rows = []
    for name, part in watched:
        counts = {True: 0, False: 0}
        for key, value in part._parameters.items():
            if value is not None and value not in seen:
                seen.add(value)
                counts[key.startswith("bias")] += value.numel()
        kind = type(part).__name__
        rows.append(Row(name, kind, outputs.get(part), counts[False], counts[True]))
    return rows
