"""Data frames of pandas, polars and pyarrow alike, through narwhals."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from ranvier.data.table import Table, as_objects, column, is_text
from ranvier.errors import DataError, DTypeError

Array = np.ndarray[Any, Any]
LIBRARIES: Final = ("pandas", "polars", "pyarrow", "modin", "cudf", "narwhals")


def is_frame(value: Any) -> bool:
    """Whether it is a frame or a series of one of these libraries."""
    library = type(value).__module__.partition(".")[0]
    return library in LIBRARIES and not isinstance(value, type)


def table_of(frame: Any) -> Table:
    """A Table of the frame's columns.

    Raises DataError: nothing that has rows, such as polars' LazyFrame; DTypeError:
        columns that hold neither numbers nor texts nor dates.
    """
    columns = opened(frame).to_frame() if is_series(frame) else opened(frame)
    names = [str(name) for name in columns.columns]
    pairs = zip(names, columns.iter_columns(), strict=True)
    return Table({name: column_of(name, series) for name, series in pairs})


def array_of(what: str, frame: Any) -> Array:
    """A frame of numbers as (n, columns), a series as (n,); whole numbers stay so.

    Raises DTypeError: a column of text; `rv.data.tabular` is for those.
    """
    import narwhals as nw

    if is_series(frame):
        series = opened(frame)
        if series.dtype.is_integer() and not series.null_count():
            return np.asarray(series.cast(nw.Int64).to_numpy())
    columns = table_of(frame).columns
    for name, values in columns.items():
        if is_text(values):
            raise DTypeError(
                f"{what}: column '{name}' holds texts; expected numbers. Use "
                "rv.data.tabular(frame, target=…), which makes numbers of them."
            )
    arrays = [values.astype(np.float32) for values in columns.values()]
    return arrays[0] if is_series(frame) else np.stack(arrays, 1)


def opened(frame: Any) -> Any:
    """The frame or series as narwhals sees it."""
    # imported here: who passes no frame does not wait for it
    import narwhals as nw

    try:
        return nw.from_native(frame, eager_only=True, allow_series=True)
    except TypeError:
        raise DataError(
            f"a {type(frame).__module__.partition('.')[0]} {type(frame).__name__} is "
            "not a table with rows; expected a data frame (a LazyFrame: .collect())."
        ) from None


def is_series(frame: Any) -> bool:
    import narwhals as nw

    return isinstance(opened(frame), nw.Series)


def column_of(name: str, series: Any) -> Array:
    """One column: numbers as float64, texts, categories and dates as text."""
    import narwhals as nw

    kind = series.dtype
    if kind.is_numeric() or kind == nw.Boolean:
        numbers = np.array(series.cast(nw.Float64).to_numpy(), np.float64)
        numbers[series.is_null().to_numpy()] = np.nan
        return numbers
    pairs = zip(series.to_list(), series.is_null().to_list(), strict=True)
    values = [None if is_null else value for value, is_null in pairs]
    if kind == nw.Object:  # pandas' type for anything
        return column(name, as_objects(values))
    if kind.is_temporal() or isinstance(kind, (nw.Categorical, nw.Enum, nw.String)):
        return as_objects([None if value is None else str(value) for value in values])
    raise DTypeError(
        f"column '{name}' is of type {kind}; expected numbers, texts, categories or "
        "dates."
    )
