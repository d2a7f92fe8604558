"""What a library answers to a row: outputs, gradients, second gradients."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from parity.case import Case

Answers = dict[str, list[np.ndarray | None]]


def prepared(torch: Any, case: Case, dtype: str) -> Callable[..., Any]:
    """What the row calls; a module's parameters and buffers set by their names."""
    call = case.make(torch)
    if hasattr(call, "state_dict"):
        call = call.to(getattr(torch, dtype))
        state = {
            key: torch.tensor(_drawn(case.name, key, np.asarray(value), dtype))
            for key, value in call.state_dict().items()
        }
        call.load_state_dict(state)
    return call


def _drawn(name: str, key: str, like: np.ndarray, dtype: str) -> np.ndarray:
    if like.dtype.kind != "f":
        return like
    rng = np.random.default_rng(zlib.crc32(f"{name} {key}".encode()))
    low, high = (0.5, 1.5) if "var" in key else (-0.8, 0.8)
    return rng.uniform(low, high, like.shape).astype(np.float32).astype(dtype)


def inputs(torch: Any, case: Case, dtype: str, seed: int = 0) -> list[Any]:
    return [
        torch.tensor(a.astype(dtype) if a.dtype.kind == "f" else a)
        for a in case.arrays(seed)
    ]


def answer(torch: Any, case: Case, call: Any, *given: Any) -> list[list[Any]]:
    """Outputs, gradients and second gradients as tensors (None where there is none)."""
    floats = [is_float(torch, x) for x in given]
    wanted = case.gradient is True
    xs = [
        x.detach().requires_grad_() if wanted and f else x
        for x, f in zip(given, floats, strict=True)
    ]
    leaves = [x for x, f in zip(xs, floats, strict=True) if f]
    if hasattr(call, "parameters"):
        leaves += list(call.parameters())
        for leaf in leaves:
            leaf.grad = None
    ys = list(flat(call(*xs)))
    if hasattr(call, "buffers"):
        ys += [b for b in call.buffers() if is_float(torch, b)]
    total = weighted(torch, ys, 1.7) if wanted else None
    if total is None:
        return [ys, [], []]
    twice = case.second is True
    total.backward(create_graph=twice)
    first = [leaf.grad for leaf in leaves]
    if not twice:
        return [ys, first, []]
    for leaf in leaves:
        leaf.grad = None
    again = weighted(torch, [g for g in first if g is not None], 2.3)
    if again is None or not again.requires_grad:
        return [ys, first, [None for _ in leaves]]
    again.backward()
    return [ys, first, [leaf.grad for leaf in leaves]]


def weighted(torch: Any, ys: list[Any], pace: float) -> Any:
    """A sum in which every element has a weight of its own; None without elements."""
    total = None
    for y in ys:
        if not is_float(torch, y) or not y.requires_grad:
            continue
        count = int(np.prod(tuple(y.shape)))
        weights = np.cos(np.arange(count) * pace).reshape(tuple(y.shape)) + 1.5
        term = (y * torch.tensor(weights).to(y.dtype)).sum()
        total = term if total is None else total + term
    return total


def is_float(torch: Any, x: Any) -> bool:
    return x.dtype in (torch.float32, torch.float64)


def flat(out: Any) -> Iterator[Any]:
    """The tensors of a result, in order; numbers become tensors' values."""
    if isinstance(out, tuple | list):
        for part in out:
            yield from flat(part)
    elif isinstance(out, dict):
        for key in sorted(out):
            yield from flat(out[key])
    elif out is not None:
        yield out


def arrays(parts: list[list[Any]], shapes: list[tuple[int, ...]]) -> Answers:
    """Tensors as arrays; a gradient that is not there is one of zeros."""
    ys, first, second = parts
    return {
        "y": [np.array(as_array(y)) for y in ys],
        "g": [gradient(g, s) for g, s in zip(first, shapes, strict=False)],
        "gg": [gradient(g, s) for g, s in zip(second, shapes, strict=False)],
    }


def gradient(g: Any, shape: tuple[int, ...]) -> np.ndarray:
    if g is None:
        return np.zeros(shape)
    return np.array(as_array(g.clone()))  # PyTorch's own zeros have no numbers before


def as_array(x: Any) -> np.ndarray:
    return x.detach().numpy() if hasattr(x, "detach") else np.asarray(x)


def leaf_shapes(torch: Any, case: Case, call: Any, given: list[Any]) -> list[Any]:
    shapes = [tuple(x.shape) for x in given if is_float(torch, x)]
    if hasattr(call, "parameters"):
        shapes += [tuple(p.shape) for p in call.parameters()]
    return shapes


def run(torch: Any, case: Case, dtype: str, seed: int = 0) -> Answers:
    """The row's answers in `dtype`, eagerly."""
    call, given = prepared(torch, case, dtype), inputs(torch, case, dtype, seed)
    shapes = leaf_shapes(torch, case, call, given)
    return arrays(answer(torch, case, call, *given), shapes)
