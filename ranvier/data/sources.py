"""Everything that is taken for a table."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ranvier.data.csv_file import read_csv
from ranvier.data.frames import is_frame, table_of
from ranvier.data.parquet import read_parquet
from ranvier.data.table import Table
from ranvier.errors import DataError


def as_table(data: Any) -> Table:
    """A Table from a Table, a dict of columns, a data frame, or the path of a file.

    Frames of pandas, polars and pyarrow are taken through narwhals; files are read by
    `read_csv`, or by `read_parquet` where their name ends with .parquet.
    """
    if isinstance(data, Table):
        return data
    if isinstance(data, Mapping):
        return Table(data)
    if isinstance(data, str | Path):
        is_parquet = Path(data).suffix.lower() in (".parquet", ".pq")
        return (read_parquet if is_parquet else read_csv)(data)
    if is_frame(data):
        return table_of(data)
    raise DataError(
        f"a table was expected, got {type(data).__name__}; pass a data frame, a dict "
        "of columns, or the path of a .csv or .parquet file."
    )
