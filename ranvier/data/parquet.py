"""Parquet files, read by pyarrow where it is installed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from ranvier.data.frames import table_of
from ranvier.data.reading import LIMIT, size_of, stem
from ranvier.data.table import Table
from ranvier.errors import DataError, FileError, UnsupportedError


def read_parquet(path: str | Path, *, limit: int = LIMIT) -> Table:
    """Read a Parquet file into a Table.

    limit: bytes that its columns may take once unpacked; more is refused unread.
    Raises UnsupportedError: pyarrow is not installed; FileError: missing, unreadable;
        DataError: not Parquet, damaged, cut short, too large.
    """
    path = Path(path)
    pyarrow = library()
    if not path.is_file():
        kind = "is a folder" if path.is_dir() else "there is no such file"
        raise FileError(f"{path}: {kind}; expected a Parquet file.")
    try:
        with pyarrow.parquet.ParquetFile(path) as file:
            refuse_absurd(path, file.metadata, limit)
            frame = file.read()
    except (pyarrow.ArrowException, OSError, ValueError) as error:
        if isinstance(error, DataError):
            raise
        raise DataError(
            f"{path}: not a whole Parquet file ({str(error).splitlines()[0]:.120}). It "
            "may be cut off or of another format; nothing was read."
        ) from None
    found = table_of(frame)
    return replace(found, name=stem(path), source=str(path))


def refuse_absurd(path: Path, facts: Any, limit: int) -> None:
    """Both what the file says of its size and what a Table of it would take."""
    unpacked = sum(
        facts.row_group(i).total_byte_size for i in range(facts.num_row_groups)
    )
    size = max(unpacked, 8 * facts.num_rows * facts.num_columns)
    if size > limit:
        raise DataError(
            f"{path}: {facts.num_rows:,} rows of {facts.num_columns:,} columns, "
            f"{size_of(size)}; at most {size_of(limit)} are read. If that is meant, "
            "pass limit=, in bytes."
        )


def library() -> Any:
    """pyarrow with its Parquet part, or a message that says how to get it."""
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        raise UnsupportedError(
            "Parquet files are read by pyarrow, which is not installed: pip install "
            "'ranvier[parquet]'. Or save the table as CSV."
        ) from None
    return pyarrow
