"""`ranvier data`."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

import ranvier as rv
from ranvier.data import CATALOG, LISTED, find
from ranvier.errors import UnknownNameError

Command = Callable[..., Result]


def test_it_lists_every_set_with_its_licence(ranvier: Command) -> None:
    text = ranvier("data").stdout
    for source in (*CATALOG.values(), *LISTED.values()):
        assert source.name in text
        assert f"licence: {source.licence}" in text


def test_as_json(ranvier: Command) -> None:
    told = json.loads(ranvier("data", "--json").stdout)["data"]
    assert [row["name"] for row in told] == [*CATALOG, *LISTED]
    assert told[0]["place"] is not None


def test_in_chinese(ranvier: Command) -> None:
    text = ranvier("data", "--lang", "zh").stdout
    assert "许可: CC BY-SA 3.0" in text
    assert "唐诗 313 首" in text


def test_tables_and_texts_are_found_and_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("RANVIER_DATA", raising=False)
    place = find("covid-worldwide")
    assert place is not None
    assert len(rv.data.read_csv(place)) > 800
    assert find("tang-poems") is None
    with pytest.raises(
        UnknownNameError, match=r"313 poems.*as text/tang-poems\.txt, an"
    ):
        rv.data.load("tang-poems")
    (tmp_path / "text").mkdir()
    (tmp_path / "text" / "tang-poems.txt").write_text("靜夜思\n", "utf-8")
    monkeypatch.setenv("RANVIER_DATA", str(tmp_path))
    assert find("tang-poems") == tmp_path / "text" / "tang-poems.txt"
    with pytest.raises(UnknownNameError, match=r"Read it: rv\.data\.read_text\('"):
        rv.data.load("tang-poems")
