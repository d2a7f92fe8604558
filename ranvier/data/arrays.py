"""What data sets are made from: arrays of equal length, in types that networks use."""

from __future__ import annotations

from typing import Any

import numpy as np

from ranvier import dtypes
from ranvier.data.frames import array_of, is_frame
from ranvier.errors import DataError, DTypeError, ShapeError, ValueRangeError
from ranvier.tensor import Tensor, default_array

Array = np.ndarray[Any, Any]


def as_array(what: str, value: Any) -> Array:
    """The NumPy array of an array, a Tensor or a list, in a type that networks use."""
    if isinstance(value, Tensor):
        value = value.detach().numpy()
    if is_frame(value):
        return array_of(what, value)
    try:
        array = (
            from_list(what, value) if isinstance(value, list | tuple) else native(value)
        )
        dtypes.of(array)
    except DTypeError as error:
        raise DTypeError(f"{what}: {error}") from None
    return array


def native(value: Any) -> Array:
    """Anything that NumPy takes for an array, in this machine's byte order."""
    array = np.asarray(value)
    return array.astype(array.dtype.newbyteorder("="), copy=False)


def from_list(what: str, value: Any) -> Array:
    """A list of numbers as an array of the default type: float32, int64 or bool."""
    try:
        return default_array(value)
    except ShapeError:
        raise DataError(
            f"{what}: the rows of the list have different lengths; expected as many "
            "numbers in every row."
        ) from None


def called(position: int) -> str:
    """What an array of a data set is called in messages."""
    return ("inputs", "targets")[position] if position < 2 else f"array {position}"


def check(name: str, arrays: tuple[Array, ...]) -> None:
    """At least one array, each with rows, all of one length, none empty."""
    if not arrays:
        raise DataError(f"{name}: no arrays; expected a tuple (inputs, targets).")
    for position, array in enumerate(arrays):
        if array.ndim == 0:
            raise DataError(
                f"{name}: {called(position)} is a single number; expected an array "
                "with one row for each example."
            )
    lengths = [len(array) for array in arrays]
    if len(set(lengths)) > 1:
        listed = ", ".join(f"{called(i)} {n:,}" for i, n in enumerate(lengths))
        raise DataError(
            f"{name}: the arrays have different lengths ({listed}); expected one row "
            "of each for every example."
        )
    if lengths[0] == 0:
        raise DataError(
            f"{name}: there are no rows (inputs have shape {arrays[0].shape}); "
            "expected at least one example."
        )


def check_sizes(name: str, rows: int, sizes: tuple[int, ...]) -> None:
    """Whole positive numbers whose sum is at most the number of rows."""
    if not sizes:
        raise ValueRangeError(
            f"{name}: split() without sizes; write split({rows - rows // 10}, "
            f"{rows // 10})."
        )
    if not all(is_whole(size) for size in sizes):
        whole = ", ".join(whole_size(size, rows) for size in sizes)
        raise ValueRangeError(
            f"{name}: split{sizes} has a size that is not a whole number above 0; "
            f"sizes count rows. Write split({whole})."
        )
    if sum(sizes) > rows:
        raise ValueRangeError(
            f"{name}: split{sizes} asks for {sum(sizes):,} rows, there are {rows:,}; "
            "make the sizes smaller."
        )


def is_whole(size: Any) -> bool:
    """A positive integer of Python or NumPy; True is not a number here."""
    whole = isinstance(size, int | np.integer) and not isinstance(size, bool)
    return whole and bool(size > 0)


def whole_size(size: Any, rows: int) -> str:
    """The size that somebody who wrote a fraction most likely meant."""
    if isinstance(size, float) and 0 < size < 1:
        return str(int(size * rows))
    return str(size) if is_whole(size) else "…"


def refuse_not_finite(name: str, what: str, array: Array) -> None:
    """Raise DataError if a number is NaN or infinite; say where the first one is."""
    finite = np.isfinite(array)
    if finite.all():
        return
    row, *column = np.unravel_index(int(np.argmin(finite)), array.shape)
    where = f"row {row}" + "".join(f", column {i}" for i in column[:1])
    if len(column) > 1:
        where = f"row {row}, place {tuple(int(i) for i in column)}"
    count = array.size - int(np.count_nonzero(finite))
    raise DataError(
        f"{name}: {what} holds {array[(row, *column)]} in {where} ({count:,} such "
        f"value{'s' * (count > 1)} in all); expected finite numbers. Remove or fill "
        "them first, e.g. numpy.nan_to_num(x)."
    )
