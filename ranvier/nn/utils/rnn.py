"""Sequences of different lengths as one batch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ranvier import absent, ops
from ranvier.errors import DTypeError, ShapeError, UnknownNameError, ValueRangeError
from ranvier.graph import leaf
from ranvier.nn import packed
from ranvier.nn.functions import checks
from ranvier.nn.packed import PackedSequence
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
    counts = packed.known("unpad_sequence", "lengths", lengths)
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


def pack_padded_sequence(
    input: Tensor, lengths: Any, batch_first: bool = False, enforce_sorted: bool = True
) -> PackedSequence:
    """The first ``lengths[i]`` steps of each sequence of a batch (L, N, …), or
    (N, L, …) with ``batch_first``, without the padding: what `nn.RNN`, `nn.GRU` and
    `nn.LSTM` take.

    Sequences must come by falling length; with ``enforce_sorted=False`` they are sorted
    here, and the layers give them back in the old order. Lengths decide shapes: in a
    compiled function they are a list, not a tensor that is an argument. Raises
    ValueRangeError for lengths below 1 or above L, or that do not fall.

    >>> import ranvier as rv
    >>> x = rv.tensor([[1.0, 2, 3], [4, 0, 0]])
    >>> packed = rv.nn.utils.rnn.pack_padded_sequence(x, [3, 1], batch_first=True)
    >>> packed.data.tolist(), packed.batch_sizes.tolist()
    ([1.0, 4.0, 2.0, 3.0], [2, 1, 1])
    """
    what = "pack_padded_sequence"
    x = checks.node(what, input)
    if len(x.shape) < 2:
        raise ShapeError(f"{what}: got shape {x.shape}; expected (steps, batch, …).")
    if batch_first:
        x = ops.swap(x) if len(x.shape) == 2 else _turned(x)
    counts = packed.known(what, "lengths", lengths)
    if len(counts) != x.shape[1]:
        raise ShapeError(
            f"{what}: {len(counts)} lengths for a batch of {x.shape[1]} sequences "
            f"(input of shape {input.shape}, batch_first={batch_first})."
        )
    falling, order = packed.sorted_by_length(what, counts, x.shape[0], enforce_sorted)
    if order is not None:
        x = _turned(ops.take(_turned(x), leaf(order)))
    longest = int(falling[0])
    parts = ((0, longest, 1), *((0, n, 1) for n in x.shape[1:]))
    data = packed.layout(falling).packed(ops.cut(x, parts))
    return packed.made(data, falling, order)


def _turned(x: Any) -> Any:
    """Steps and sequences exchanged."""
    return ops.permute(x, (1, 0, *range(2, len(x.shape))))


def pad_packed_sequence(
    sequence: PackedSequence,
    batch_first: bool = False,
    padding_value: float = 0.0,
    total_length: int | None = None,
) -> tuple[Tensor, Tensor]:
    """(sequences (L, N, …), lengths): the way back, in the order before sorting; filled
    up to the longest, or to `total_length`.

    >>> import ranvier as rv
    >>> rnn = rv.nn.utils.rnn
    >>> packed = rnn.pack_sequence([rv.tensor([1.0, 2.0]), rv.tensor([3.0])])
    >>> rnn.pad_packed_sequence(packed, batch_first=True)
    (tensor([[1., 2.],
            [3., 0.]]), tensor([2, 1]))
    """
    what = "pad_packed_sequence"
    if not isinstance(sequence, PackedSequence):
        raise DTypeError(
            f"{what}: expected a PackedSequence, got {type(sequence).__name__}."
        )
    place = packed.layout_of(sequence)
    x = place.padded(sequence.data._node)
    steps, shape = x.shape[0], (*x.shape[:2], *(1,) * (len(x.shape) - 2))
    there = ops.ne(ops.reshape(place.mask(x), shape), ops.like(x, 0.0))
    x = ops.where(there, x, ops.like(x, padding_value))
    if total_length is not None and total_length < steps:
        raise ValueRangeError(
            f"{what}: total_length is {total_length}; the longest sequence has {steps} "
            "steps."
        )
    more = (total_length or steps) - steps
    x = ops.pad(x, ((0, more, 0), *((0, 0, 0),) * (len(shape) - 1)), padding_value)
    lengths, back = place.lengths, sequence.unsorted_indices
    x = _turned(x)
    if back is not None:
        x = ops.take(x, back._node)
        lengths = lengths[packed.known(what, "unsorted_indices", back)]
    out = x if batch_first else _turned(x)
    return _wrap(out), Tensor(np.array(lengths, np.int64))


def pack_sequence(
    sequences: Sequence[Tensor], enforce_sorted: bool = True
) -> PackedSequence:
    """Sequences (Lᵢ, …) as a `PackedSequence`; see `pack_padded_sequence`."""
    lengths = [len(s) for s in sequences]
    return pack_padded_sequence(
        pad_sequence(sequences), lengths, enforce_sorted=enforce_sorted
    )


def unpack_sequence(packed_sequences: PackedSequence) -> list[Tensor]:
    """The sequences of a `PackedSequence`: the way back."""
    padded, lengths = pad_packed_sequence(packed_sequences, batch_first=True)
    return unpad_sequence(padded, lengths, batch_first=True)


def invert_permutation(permutation: Tensor | None) -> Tensor | None:
    """The permutation that undoes this one."""
    return None if permutation is None else permutation.argsort()


if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        known = (
            "PackedSequence",
            "invert_permutation",
            "pack_padded_sequence",
            "pack_sequence",
            "pad_packed_sequence",
            "pad_sequence",
            "unpack_sequence",
            "unpad_sequence",
        )
        raise absent.unknown(__name__, name, known, {})
