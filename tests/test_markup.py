"""What notebooks show of tensors and models: parsed, escaped, of bounded size."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

import pytest

import ranvier as rv
from ranvier import nn


class Cells(HTMLParser):
    """Rows of cells, the texts outside them, the colours, and every kind of tag."""

    def __init__(self, thing: Any) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.texts: list[str] = []
        self.colours: list[float] = []
        self.tags: set[str] = set()
        self.open: list[str] = []
        self.feed(thing._repr_html_())
        assert not self.open, "a tag is not closed"

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.tags.add(tag)
        self.open.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")
        found = re.search(r"rgba\(.*,([0-9.]+)\)", dict(attrs).get("style") or "")
        if found:
            self.colours.append(float(found[1]))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] in ("td", "th"):
            self.rows[-1][-1] += data
        else:
            self.texts.append(data)


def test_a_matrix() -> None:
    found = Cells(rv.tensor([[1.0, -2.0], [0.0, 1 / 3]], requires_grad=True))
    assert found.texts == [
        "Tensor, shape (2, 2), ranvier.float32, requires_grad=True"
    ]  # fmt: skip
    assert found.rows == [["1", "-2"], ["0", "0.3333"]]
    assert found.colours == pytest.approx([0.23, 0.45, 0.0, 0.08], abs=0.006)


@pytest.mark.parametrize(
    ("tensor", "rows", "text"),
    [
        (rv.tensor(2.5), [], "2.5"),
        (rv.arange(3), [["0", "1", "2"]], "Tensor, shape (3,), ranvier.int64"),
        (rv.zeros(0, 3), [], "no values"),
        (rv.ones(2, 3, 1, 2), [["1", "1"]], "[0, 0, :, :]"),
        (rv.tensor([[True, False]]), [["True", "False"]], "ranvier.bool"),
        (rv.tensor([[float("nan"), 1]]), [["nan", "1"]], "float32"),
        (nn.Parameter(rv.zeros(1)), [["0"]], "Parameter, shape (1,)"),
    ],
    ids=str,
)
def test_other_shapes(tensor: Any, rows: list[list[str]], text: str) -> None:
    found = Cells(tensor)
    assert found.rows == rows
    assert any(text in part for part in found.texts)


def test_only_the_ends_of_what_is_large() -> None:
    tensor = rv.arange(1_000_000).reshape(1000, 1000)
    found = Cells(tensor)
    assert len(found.rows) == 9
    assert {len(row) for row in found.rows} == {9}
    assert found.rows[0][:5] == ["0", "1", "2", "3", "…"]
    assert found.rows[-1][-1] == "999999"
    assert len(tensor._repr_html_() or "") < 20_000


def test_inside_a_compiled_function_there_is_nothing_to_show() -> None:
    shown = []

    @rv.compile
    def step(x: Any) -> Any:
        shown.append(x._repr_html_())
        return x * 2

    step(rv.ones(2))
    assert shown == [None]


def test_a_model() -> None:
    class Odd(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.scale = nn.Parameter(rv.ones(3))

        def extra_repr(self) -> str:
            return "<script>&"

    first = nn.Linear(4, 3)
    second = nn.Linear(4, 3)
    second.weight = first.weight
    model = nn.Sequential(first, nn.ReLU(), second, Odd())
    found = Cells(model)
    assert found.rows == [
        ["layer", "type", "settings", "parameters"],
        ["0", "Linear", first.extra_repr(), "15"],
        ["1", "ReLU", "", "0"],
        ["2", "Linear", first.extra_repr(), "3"],
        ["3", "Odd", "<script>&", "3"],
        ["total", "Sequential", "", "21"],
    ]
    assert found.tags == {"table", "tr", "th", "td"}
    assert Cells(nn.Linear(2, 1)).rows[1:] == [
        ["", "Linear", nn.Linear(2, 1).extra_repr(), "3"],
        ["total", "Linear", "", "3"],
    ]
    many = Cells(nn.Sequential(*[nn.ReLU() for _ in range(300)]))
    assert many.rows[-2] == ["…", "100 more", "", ""]


def test_a_summary() -> None:
    summary = nn.Sequential(nn.Linear(4, 3), nn.ReLU()).summary((1, 4))
    assert Cells(summary).rows[1] == ["0", "Linear", "(1, 3)", "12", "3", "15"]
    assert Cells(summary).rows[-1] == ["total", "", "", "12", "3", "15"]
