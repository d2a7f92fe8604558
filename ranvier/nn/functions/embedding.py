"""Rows of a table by number as functions."""

from __future__ import annotations

from ranvier import dtypes, ops
from ranvier.errors import DTypeError, ShapeError, UnsupportedError, ValueRangeError
from ranvier.nn import labels
from ranvier.nn.functions import checks
from ranvier.tensor import Tensor, _wrap, no_tensor
from ranvier.tensors.picking import in_range


def embedding(
    input: Tensor,
    weight: Tensor,
    padding_idx: int | None = None,
    max_norm: float | None = None,
    norm_type: float = 2.0,
    scale_grad_by_freq: bool = False,
    sparse: bool = False,
) -> Tensor:
    """Rows of `weight` (rows, dim) by the whole numbers `input`: (…) → (…, dim).

    The row `padding_idx` gets no gradient. Raises ValueRangeError for a number out of
    range.

    >>> import ranvier as rv
    >>> table = rv.tensor([[0.0, 1.0], [2.0, 3.0]])
    >>> rv.nn.functional.embedding(rv.tensor([1, 0, 1]), table)
    tensor([[2., 3.],
            [0., 1.],
            [2., 3.]])
    """
    no_rescaling("embedding", max_norm, scale_grad_by_freq, sparse)
    try:
        index, table = input._node, weight._node
    except AttributeError as error:
        raise no_tensor("embedding", error) from None
    if len(table.shape) != 2:
        raise ShapeError(
            f"embedding: weights of shape {table.shape}; expected (rows, dim)."
        )
    rows, dim = table.shape
    in_range(f"embedding({rows} rows of {dim})", index, rows, "rows")
    taken = ops.take(table, index)
    row = padding_row("embedding", padding_idx, rows)
    if row is not None and taken.rg:
        is_padding = ops.eq(index, ops.like(index, row))
        is_padding = ops.reshape(is_padding, (*index.shape, 1))
        taken = ops.where(is_padding, ops.detach(taken), taken)
    return _wrap(taken)


def no_rescaling(
    what: str, max_norm: float | None, by_frequency: bool, sparse: bool
) -> None:
    """What PyTorch has and Ranvier has not."""
    given = {
        "max_norm": max_norm is not None,
        "scale_grad_by_freq": by_frequency,
        "sparse": sparse,
    }
    for name, asked in given.items():
        if asked:
            raise UnsupportedError(f"{what}: {name} is not supported; leave it out.")


def padding_row(what: str, row: int | None, rows: int) -> int | None:
    """`padding_idx` counted from the front."""
    if row is None:
        return None
    if not -rows <= row < rows:
        raise ValueRangeError(
            f"{what}: padding_idx is {row}; it must lie within the {rows} rows."
        )
    return row % rows


def one_hot(tensor: Tensor, num_classes: int = -1) -> Tensor:
    """int64 rows with a 1 at the label: (…) → (…, num_classes)."""
    y = checks.node("one_hot", tensor)
    if y.dtype.order != 1:
        raise DTypeError(f"one_hot: labels of {y.dtype.name}; use .long().")
    n = int(tensor.max().item()) + 1 if num_classes == -1 else num_classes
    labels.in_range("one_hot", y, n)
    hit = ops.eq(ops.iota(n), ops.reshape(y, (*y.shape, 1)))
    return _wrap(ops.cast(hit, dtypes.int64))
