# ruff: noqa: E501  (the tables)
"""The CSV reader: what it takes for numbers and for text, and what it refuses where."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ranvier.data import csv_file, read_csv
from ranvier.errors import (
    DataError,
    FileError,
    RanvierError,
    UnknownNameError,
    ValueRangeError,
)


def written(folder: Path, content: str | bytes, name: str = "a.csv") -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def test_numbers_text_and_what_is_missing(tmp_path: Path) -> None:
    text = "size, town,free\n50,Ulm,yes\n,?,no\n 8e1 ,Bonn,NA\n"
    table = read_csv(written(tmp_path, text))
    assert table.names == ["size", "town", "free"]
    np.testing.assert_array_equal(table["size"], [50, np.nan, 80])
    assert table["town"].tolist() == ["Ulm", None, "Bonn"]
    assert table["free"].tolist() == ["yes", "no", None]
    assert table.name == "a"


@pytest.mark.parametrize(
    ("text", "column", "expected"),
    [
        ("a;b\n1,5;2\n", "a", [1.5]),
        ("a\tb\n1.5\t2\n", "b", [2.0]),
        ("a|b\n1|2\n", "b", [2.0]),
        ('"a,1";b\n1;2\n', "a,1", [1.0]),
        ("a,b\r\n1,2\r\n\r\n3,4\r\n", "b", [2.0, 4.0]),
        ("\ufeffa,b\n1,2\n", "a", [1.0]),
        ('a,b\n"1","x\ny"\n2,z\n', "a", [1.0, 2.0]),
        ("a\n1\n2\n", "a", [1.0, 2.0]),
        ("\n\na,b\n1,2", "b", [2.0]),
    ],
)
def test_dialects(tmp_path: Path, text: str, column: str, expected: list) -> None:
    assert read_csv(written(tmp_path, text))[column].tolist() == expected


def test_gzip_and_other_encodings(tmp_path: Path) -> None:
    packed = gzip.compress("stadt,n\nKöln,1\n".encode())
    assert read_csv(written(tmp_path, packed))["stadt"][0] == "Köln"
    chinese = written(tmp_path, "城市,n\n北京,1\n".encode("gb18030"))
    assert read_csv(chinese, encoding="gb18030")["城市"][0] == "北京"


def test_names_that_come_twice(tmp_path: Path) -> None:
    table = read_csv(written(tmp_path, "a,a,a.1,,a\n1,2,3,4,5\n"))
    assert table.names == ["a", "a.2", "a.1", "column_4", "a.3"]
    assert "'a' (3 times)" in table.notes[0]


def test_without_names(tmp_path: Path) -> None:
    table = read_csv(written(tmp_path, "1,x\n2,y\n"), header=False)
    assert table["column_1"].tolist() == [1, 2]


def test_numbers_that_are_names(tmp_path: Path) -> None:
    path = written(tmp_path, "zip,n\n01067,1\n80331,2\n")
    assert read_csv(path, text=["zip"])["zip"].tolist() == ["01067", "80331"]
    with pytest.raises(UnknownNameError, match="did you mean 'zip'"):
        read_csv(path, text=["zap"])


def test_many_blocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_file, "BLOCK", 3)
    rows = "".join(f"{i},,t{i}\n" for i in range(10)) + "10,5,t\n"
    table = read_csv(written(tmp_path, "a,b,c\n" + rows))
    assert table["a"].tolist() == list(range(11))
    assert np.isnan(table["b"][:10]).all() and table["b"][10] == 5
    assert table["c"][9] == "t9"
    assert table.lines is not None and table.lines[10] == 12
    late = "a,b\n" + ",\n" * 9 + "1,x\n"
    assert read_csv(written(tmp_path, late))["b"].tolist() == [None] * 9 + ["x"]
    for text in ("a\n" + "1\n" * 5 + "x\n", "a\n" + "x\n" * 5 + "1\n"):
        path = written(tmp_path, text)
        if text.startswith("a\n1"):
            with pytest.raises(DataError, match="line 7, column 'a': 'x'"):
                read_csv(path)
        else:
            assert read_csv(path)["a"][5] == "1"


# fmt: off
BAD = {
    "empty":            (b"",                           "the file is empty"),
    "blank":            (b"\n \n",                      "the file is empty"),
    "only names":       (b"a,b\n",                      "there are no rows below"),
    "text in numbers":  (b"a,b\n1,2\n3,x\n4,5\n",       "line 3, column 'b': 'x' is not a number"),
    "underscores":      (b"a\n1\n2\n1_000\n",           "line 4, column 'a': '1_000' is not"),
    "cut short":        (b"a,b,c\n1,2,3\n4,5",          "line 3: 2 cells, the first line has 3"),
    "too long":         (b"a,b\n1,2,3\n",               "line 2: 3 cells"),
    "open quote":       (b'a,b\n1,"x\n2,y\n',           "line 2: unexpected end of data"),
    "quote inside":     (b'a,b\n1,"x"y\n',              "line 2: ',' expected after '\"'"),
    "no names":         (b"1,2\n3,4\n",                 "only numbers (1, 2) where the names"),
    "latin-1":          ("a,b\n1,Köln\n".encode("latin-1"), "line 2, byte 4: 0xf6 is not utf-8"),
    "utf-16":           ("a,b\n1,2\n".encode("utf-16"), "line 1: begins as UTF-16 does"),
    "a ZIP":            (b"PK\3\4abc\n",                "begins as ZIP does"),
    "zeros":            (b"a,b\n1,\0\n",                "line 2: holds a byte 00"),
    "half a gzip":      (gzip.compress(b"a,b\n" + b"1,2\n" * 99)[:30], "damaged or cut short"),
    "bad gzip":         (b"\x1f\x8bnothing of the kind", "damaged or cut short"),
    "old line ends":    (b"a,b\r1,2\r",                 "line 1: new-line character"),
}
# fmt: on


@pytest.mark.parametrize("case", BAD)
def test_a_bad_file_is_refused_by_name_and_place(tmp_path: Path, case: str) -> None:
    content, words = BAD[case]
    path = written(tmp_path, content)
    with pytest.raises(DataError) as caught:
        read_csv(path)
    assert str(path) in str(caught.value)
    assert words in str(caught.value)


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="there is no such file"):
        read_csv(tmp_path / "none.csv")
    with pytest.raises(FileError, match="is a folder"):
        read_csv(tmp_path)


def test_a_file_that_unpacks_to_too_much_is_not_read_to_its_end(tmp_path: Path) -> None:
    bomb = written(tmp_path, gzip.compress(b"a,b\n" + b"1,2\n" * 300_000, 1))
    with pytest.raises(DataError, match="more than 64 KiB once unpacked"):
        read_csv(bomb, limit=2**16)


def test_a_line_without_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ranvier.data.lines.LONGEST_LINE", 1000)
    with pytest.raises(DataError, match="line 2: longer than"):
        read_csv(written(tmp_path, "a\n" + "x" * 5000))
    wide = ",".join(f"c{i}" for i in range(csv_file.MOST_COLUMNS + 1))
    monkeypatch.undo()
    with pytest.raises(DataError, match="20,001 columns"):
        read_csv(written(tmp_path, wide + "\n"))


def test_wrong_options(tmp_path: Path) -> None:
    path = written(tmp_path, "a,b\n1,2\n")
    with pytest.raises(ValueRangeError, match="expected one character"):
        read_csv(path, delimiter=", ")
    with pytest.raises(ValueRangeError, match="no encoding is called 'utf-9'"):
        read_csv(path, encoding="utf-9")


@settings(
    max_examples=150, deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)  # fmt: skip
@given(
    st.one_of(
        st.binary(max_size=60),
        st.text('a1,;"\n\r\t. -', max_size=40).map(lambda t: f"x,y\n{t}".encode()),
        st.binary(max_size=60).map(gzip.compress),
    )
)
def test_whatever_it_is_only_our_errors_come_out(
    tmp_path: Path, content: bytes
) -> None:
    path = written(tmp_path, content)
    try:
        told = read_csv(path).source
    except RanvierError as error:
        told = str(error)
    assert str(path) in told
