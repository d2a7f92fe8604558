"""Sequences of different lengths without room between them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from ranvier import ops
from ranvier.errors import DTypeError, ValueRangeError
from ranvier.graph import Array, Node, leaf
from ranvier.tensor import Tensor, _wrap, hooks


class PackedSequence(NamedTuple):
    """The values of step 0 of all sequences, then those of step 1 of all that have one,
    …, the longest sequence first: `data` (Σ lengths, …).

    `batch_sizes` says how many sequences have each step, `sorted_indices` where the
    sequences stood before they were sorted by length, `unsorted_indices` the way back
    (None: they were sorted). Made by `nn.utils.rnn.pack_padded_sequence`; taken by
    `nn.RNN`, `nn.GRU` and `nn.LSTM`, which go over no padding.
    """

    data: Tensor
    batch_sizes: Tensor
    sorted_indices: Tensor | None = None
    unsorted_indices: Tensor | None = None

    def to(self, *args: Any, **kwargs: Any) -> PackedSequence:
        """The same with `data` in another type."""
        return self._replace(data=self.data.to(*args, **kwargs))

    def float(self) -> PackedSequence:
        """The same in float32."""
        return self._replace(data=self.data.float())

    def double(self) -> PackedSequence:
        """The same in float64."""
        return self._replace(data=self.data.double())

    def cpu(self) -> PackedSequence:
        """This sequence."""
        return self

    @property
    def is_cuda(self) -> bool:
        """False."""
        return False


class Layout(NamedTuple):
    """Where the values of a packed sequence lie: `at` (steps, sequences) is the row of
    each, -1 where the sequence has ended.
    """

    lengths: Array
    at: Array

    @property
    def sizes(self) -> Array:
        """How many sequences have each step."""
        sizes: Array = (self.at >= 0).sum(1)
        return sizes

    @property
    def rows(self) -> Array:
        """The row of the padded values, step by step, of each packed one."""
        return np.flatnonzero(self.at >= 0)

    def padded(self, data: Node) -> Node:
        """(steps, sequences, …) with any of the values after the end."""
        return ops.take(data, leaf(np.maximum(self.at, 0)))

    def packed(self, x: Node) -> Node:
        """The way back."""
        flat = ops.reshape(x, (x.shape[0] * x.shape[1], *x.shape[2:]))
        return ops.take(flat, leaf(self.rows))

    def mask(self, like: Node) -> Node:
        """(steps, sequences, 1): 1 where there is a value, else 0."""
        return leaf((self.at >= 0)[..., None].astype(like.dtype.np))


def layout(lengths: Array) -> Layout:
    """The layout of sequences of falling lengths."""
    there = np.arange(lengths.max())[:, None] < lengths
    return Layout(
        lengths, np.where(there, there.ravel().cumsum().reshape(there.shape), 0) - 1
    )


def layout_of(packed: PackedSequence) -> Layout:
    """The layout of a packed sequence."""
    sizes = np.array(known("PackedSequence", "batch_sizes", packed.batch_sizes))
    return layout((np.arange(sizes[0])[:, None] < sizes).sum(1))


def known(what: str, name: str, values: Any) -> list[int]:
    """Whole numbers that the shape of the result depends on."""
    if isinstance(values, Tensor):
        node = values._node
        recorder = hooks.recorder
        if recorder is not None and values in recorder.born and node.value is not None:
            return [int(n) for n in node.value.ravel()]
        return [int(n) for n in values.reshape(-1).tolist()]
    try:
        return [int(n) for n in values]
    except (TypeError, ValueError):
        raise DTypeError(
            f"{what}: {name} is {values!r:.60}; expected a list or tensor of whole "
            "numbers."
        ) from None


def sorted_by_length(
    what: str, lengths: Sequence[int], steps: int, enforce_sorted: bool
) -> tuple[Array, Array | None]:
    """(falling lengths, the order that makes them so)."""
    found = np.array(lengths, np.int64)
    if not len(found) or found.min() < 1 or found.max() > steps:
        raise ValueRangeError(
            f"{what}: lengths {found.tolist()}; each must be at least 1 and at most "
            f"the number of steps, {steps}."
        )
    if not enforce_sorted:
        order = np.argsort(-found, kind="stable")
        return found[order], order
    if (np.diff(found) > 0).any():
        raise ValueRangeError(
            f"{what}: lengths {found.tolist()} do not fall; sort the sequences by "
            "length, or give enforce_sorted=False."
        )
    return found, None


def permuted(x: Node, order: Tensor | None) -> Node:
    """`x` (layers, sequences, width) with the sequences in this order."""
    if order is None:
        return x
    turned = ops.take(ops.permute(x, (1, 0, 2)), order._node)
    return ops.permute(turned, (1, 0, 2))


def made(data: Node, lengths: Array, order: Array | None) -> PackedSequence:
    """The packed sequence of `data`."""
    sizes = Tensor(layout(lengths).sizes.astype(np.int64))
    if order is None:
        return PackedSequence(_wrap(data), sizes)
    back = np.argsort(order)
    return PackedSequence(_wrap(data), sizes, Tensor(order), Tensor(back))
