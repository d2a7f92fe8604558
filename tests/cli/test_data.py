"""`ranvier data`."""

from __future__ import annotations

import json
from collections.abc import Callable

from click.testing import Result

from ranvier.data import CATALOG

Command = Callable[..., Result]


def test_it_lists_every_set_with_its_licence(ranvier: Command) -> None:
    text = ranvier("data").stdout
    for source in CATALOG.values():
        assert source.name in text
        assert f"licence: {source.licence}" in text


def test_as_json(ranvier: Command) -> None:
    told = json.loads(ranvier("data", "--json").stdout)["data"]
    assert [row["name"] for row in told] == list(CATALOG)
    assert told[0]["place"] is not None


def test_in_chinese(ranvier: Command) -> None:
    assert "许可: CC BY-SA 3.0" in ranvier("data", "--lang", "zh").stdout
