"""Sequences of different lengths as one batch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ranvier import absent, ops
from ranvier.errors import ShapeError, UnknownNameError
from ranvier.nn.functions import checks
from ranvier.tensor import Tensor, _wrap


def pad_sequence(
    sequences: Sequence[Tensor],
    batch_first: bool = False,
    padding_value: float = 0.0,
    padding_side: str = "right",
) -> Tensor:
    """Sequences (Lᵢ, …) filled up to the longest: (L, N, …), or (N, L, …) with
    ``batch_first``.

    >>> import ranvier as rv
    >>> a, b = rv.tensor([1.0, 2.0, 3.0]), rv.tensor([4.0])
    >>> rv.nn.utils.rnn.pad_sequence([a, b], batch_first=True)
    tensor([[1., 2., 3.],
            [4., 0., 0.]])
    """
    what = "pad_sequence"
    if padding_side not in ("left", "right"):
        raise UnknownNameError(
            f"{what}: padding_side is {padding_side!r}; known are left, right."
        )
    nodes = [checks.node(what, s) for s in sequences]
    if not nodes:
        raise ShapeError(f"{what}: got no sequences; it needs at least one.")
    for x in nodes:
        if not x.shape or x.shape[1:] != nodes[0].shape[1:]:
            raise ShapeError(
                f"{what}: shapes {nodes[0].shape} and {x.shape}; all but the first "
                "dimension must be equal."
            )
    longest = max(x.shape[0] for x in nodes)
    rows = []
    for x in nodes:
        missing = longest - x.shape[0]
        edge = (missing, 0, 0) if padding_side == "left" else (0, missing, 0)
        parts = (edge, *((0, 0, 0),) * (len(x.shape) - 1))
        full = ops.pad(x, parts, padding_value)
        at = 0 if batch_first else 1
        rows.append(ops.reshape(full, (*full.shape[:at], 1, *full.shape[at:])))
    return _wrap(ops.concat(rows, 0 if batch_first else 1))


def unpad_sequence(
    padded_sequences: Tensor, lengths: Tensor, batch_first: bool = False
) -> list[Tensor]:
    """The first ``lengths[i]`` places of each sequence: the way back."""
    x = checks.node("unpad_sequence", padded_sequences)
    d = 0 if batch_first else 1
    counts = [int(n) for n in lengths.tolist()]
    if len(x.shape) < 2 or len(counts) != x.shape[d]:
        raise ShapeError(
            f"unpad_sequence: {len(counts)} lengths for a batch of shape {x.shape}."
        )
    out = []
    for i, n in enumerate(counts):
        parts = [(0, size, 1) for size in x.shape]
        parts[d], parts[1 - d] = (i, i + 1, 1), (0, n, 1)
        row = ops.cut(x, tuple(parts))
        out.append(_wrap(ops.reshape(row, (n, *x.shape[2:]))))
    return out


if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        known = ("pad_sequence", "unpad_sequence")
        raise absent.unknown(__name__, name, known, absent.NN_RNN)
