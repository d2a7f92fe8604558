"""CSV files: the standard library's parser, NumPy's numbers, and nothing guessed twice.

    names of the columns, then rows with as many cells; plain or compressed with gzip

A column is numbers or text, decided by its first rows; a cell that does not fit its
column is refused with its line.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, Final

import numpy as np

from ranvier.data.lines import Lines
from ranvier.data.reading import LIMIT, reading, stem
from ranvier.data.table import Table, as_objects, unknown_column
from ranvier.errors import DataError, ValueRangeError

Array = np.ndarray[Any, Any]

MISSING: Final = frozenset(
    ("", "NA", "N/A", "n/a", "na", "NaN", "nan", "NULL", "null", "None", "?", "-", "NN")
)
DELIMITERS: Final = (",", ";", "\t", "|")
MOST_COLUMNS: Final = 20_000
BLOCK: Final = 20_000


def read_csv(
    path: str | Path,
    *,
    delimiter: str | None = None,
    header: bool = True,
    encoding: str = "utf-8",
    text: Sequence[str] = (),
    limit: int = LIMIT,
) -> Table:
    """Read a CSV file, plain or gzip, into a Table.

    delimiter: by default the one of , ; tab | that the first line has most of. Where it
        is a semicolon, numbers may have a decimal comma.
    header: whether the first line names the columns; else they are column_1, ….
    text: columns whose numbers are names, such as postcodes.
    limit: bytes of the unpacked file, beyond which nothing is read.
    Empty cells and NA, NaN, null, None, ?, - are missing values. Columns of the same
    name become name, name.1, name.2.
    Raises FileError (missing, unreadable); DataError, with the line: rows of another
        length, text in a column of numbers, another encoding, an open quote.

        table = rv.data.read_csv("houses.csv")
    """
    path = Path(path)
    with reading(path, "a CSV file", limit) as stream:
        lines = Lines(stream, path, encoding)
        first = lines.first()
        delimiter = delimiter or delimiter_of(first)
        records = Records(lines.all(first), delimiter, path)
        names, notes = records.names(header)
        columns = read_columns(records, names, {str(name) for name in text})
    known = [column.name for column in columns]
    for name in text:
        if name not in known:
            raise unknown_column(str(path), name, known)
    values = {column.name: column.array() for column in columns}
    lines_of_rows = np.array(records.lines, np.int64)
    return Table(values, stem(path), lines_of_rows, notes, str(path))


class Records:
    """The rows of cells, each with the line that it begins on."""

    def __init__(self, lines: Iterator[str], delimiter: str, path: Path) -> None:
        self.path = path
        self.delimiter = delimiter
        self.lines: list[int] = []
        self.next_line = 1
        try:
            self.reader = csv.reader(lines, delimiter=delimiter, strict=True)
        except TypeError:
            raise ValueRangeError(
                f"read_csv: delimiter is {delimiter!r}; expected one character, such "
                "as ',' or ';' or '\\t'."
            ) from None
        self.width = 0

    def read(self) -> list[str] | None:
        """The next row that is not blank; None at the end."""
        while True:
            self.line = self.reader.line_num + 1
            try:
                cells = next(self.reader)
            except StopIteration:
                return None
            except csv.Error as error:
                raise DataError(
                    f"{self.path}, line {self.line}: {error}. A quoted cell is closed "
                    "by a quote before the next delimiter, and a quote inside is "
                    'written twice: "say ""hello"" twice".'
                ) from None
            if cells and (len(cells) > 1 or cells[0].strip()):
                return cells

    def names(self, header: bool) -> tuple[list[str], tuple[str, ...]]:
        """The names of the columns, each once, and what was done to make them so."""
        cells = self.read()
        assert cells is not None, "the first line is not blank"
        self.width = len(cells)
        if self.width > MOST_COLUMNS:
            raise DataError(
                f"{self.path}: {self.width:,} columns; {MOST_COLUMNS:,} are the most "
                "that are read."
            )
        self.held = None
        if not header:
            self.held = cells
            return [f"column_{i + 1}" for i in range(self.width)], ()
        if all(is_number(cell) for cell in cells):
            raise DataError(
                f"{self.path}, line {self.line}: only numbers ({', '.join(cells[:4])}"
                f"{', …' * (len(cells) > 4)}) where the names of the columns were "
                "expected. If the file has no such line, pass header=False; the "
                "columns are then column_1, column_2, …."
            )
        return unique([cell.strip() for cell in cells])

    def block(self) -> list[list[str]]:
        """Up to BLOCK rows of the right length."""
        return list(islice(self.rows(), BLOCK))

    def rows(self) -> Iterator[list[str]]:
        while (cells := self.held or self.read()) is not None:
            self.held = None
            if len(cells) != self.width:
                raise DataError(
                    f"{self.path}, line {self.line}: {len(cells)} cells, the first "
                    f"line has {self.width}; expected as many in every line (the "
                    f"delimiter is {self.delimiter!r}). Is the file cut short, or is a "
                    "delimiter part of a text that is not in quotes?"
                )
            self.lines.append(self.line)
            yield cells


def read_columns(records: Records, names: list[str], text: set[str]) -> list[Column]:
    """All rows, a block at a time, so that numbers do not stay texts for long."""
    comma = records.delimiter == ";"
    columns = [Column(name, name in text, comma, records) for name in names]
    while block := records.block():
        start = len(records.lines) - len(block)
        for column, cells in zip(columns, zip(*block, strict=True), strict=True):
            column.add(cells, start)
    return columns


class Column:
    """One column while it is read: numbers or text, as its first block says."""

    def __init__(self, name: str, is_text: bool, comma: bool, records: Records) -> None:
        self.name = name
        self.is_text: bool | None = True if is_text else None
        self.comma = comma
        self.records = records
        self.parts: list[Array] = []

    def add(self, cells: Sequence[str], start: int) -> None:
        """The cells of a block whose first row has the number `start`."""
        if not self.is_text:
            try:
                self.parts.append(self.numbers(cells))
                some = self.is_text is None and not np.isnan(self.parts[-1]).all()
                self.is_text = False if some else self.is_text
                return
            except ValueError:
                self.refuse_or_turn(cells, start)
        stripped = (cell.strip() for cell in cells)
        texts = [None if cell in MISSING else cell for cell in stripped]
        self.parts.append(as_objects(texts))

    def numbers(self, cells: Sequence[str]) -> Array:
        """float64 with NaN for what is missing; ValueError if one is no number."""
        if any("_" in cell for cell in cells):
            raise ValueError("Python takes 1_000 for a number, a table does not")
        if self.comma:
            cells = [cell.replace(",", ".") for cell in cells]
        try:
            return np.array(cells, np.float64)
        except ValueError:
            filled = ["nan" if cell.strip() in MISSING else cell for cell in cells]
            return np.array(filled, np.float64)

    def refuse_or_turn(self, cells: Sequence[str], start: int) -> None:
        """A column that is mostly numbers refuses text; another is text from here on.

        Raises DataError with the first cell that is no number.
        """
        present = [(i, c) for i, c in enumerate(cells) if c.strip() not in MISSING]
        words = [(i, c) for i, c in present if not is_number(c, self.comma)]
        if self.is_text is None and 2 * len(words) > len(present):
            self.is_text = True
            self.parts = [as_objects([None] * len(part)) for part in self.parts]
            return
        row, cell = words[0]
        line = self.records.lines[start + row]
        raise DataError(
            f"{self.records.path}, line {line}, column '{self.name}': {cell.strip()!r} "
            "is not a number, and the column holds numbers. Mend the cell, leave it "
            f"empty if the value is missing, or pass text=['{self.name}'] if all its "
            "values are names."
        )

    def array(self) -> Array:
        return np.concatenate(self.parts) if self.parts else np.empty(0)


def is_number(cell: str, comma: bool = False) -> bool:
    """
    >>> is_number(" 1.5e3"), is_number("1,5"), is_number("1,5", comma=True)
    (True, False, True)
    """
    try:
        float(cell.replace(",", ".") if comma else cell)
    except ValueError:
        return False
    return "_" not in cell


def delimiter_of(line: str) -> str:
    """The delimiter that a line has most of, outside quotes.

    >>> delimiter_of('a;"b,c,d";e')
    ';'
    """
    outside = "".join(line.split('"')[::2])
    return max(DELIMITERS, key=outside.count)


def unique(names: list[str]) -> tuple[list[str], tuple[str, ...]]:
    """Every name once: the second ``cli`` is ``cli.1``; and what was done, in words.

    >>> unique(["a", "b", "a", ""])[0]
    ['a', 'b', 'a.1', 'column_4']
    """
    given = [name or f"column_{i + 1}" for i, name in enumerate(names)]
    counts, taken, made = Counter(given), set(given), []
    seen: Counter[str] = Counter()
    for name in given:
        number, new = seen[name], name
        while number and (new := f"{name}.{number}") in taken:
            number += 1
        seen[name] = number + 1
        taken.add(new)
        made.append(new)
    again = [f"'{name}' ({count} times)" for name, count in counts.items() if count > 1]
    if not again:
        return made, ()
    shown = ", ".join(again[:3]) + f" and {len(again) - 3} more" * (len(again) > 3)
    first = next(name for name, count in counts.items() if count > 1)
    note = f"columns of the same name: {shown}; the second is called {first}.1 here"
    return made, (note,)
