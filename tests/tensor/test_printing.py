"""Tensors are printed as PyTorch prints them."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from typing import Any

import pytest

import ranvier as rv

PATH = Path(__file__).parents[1] / "reference" / "printing.py"
spec = importlib.util.spec_from_file_location("printing_reference", PATH)
assert spec is not None and spec.loader is not None
reference = importlib.util.module_from_spec(spec)
spec.loader.exec_module(reference)


def test_a_hundred_tensors() -> None:
    """But for the name of a number type, and the line that its length may cost."""
    ours = reference.BETWEEN.join(reference.texts(rv.tensor)) + "\n"
    theirs = reference.FILE.read_text("utf-8").replace("torch.", "ranvier.")
    assert without_breaks(ours) == without_breaks(theirs)


def without_breaks(text: str) -> list[str]:
    return re.sub(r",\s+(?=dtype|requires)", ", ", text).split("\n\ntensor(")


def test_a_number_has_the_same_digits_in_f_strings() -> None:
    assert f"{rv.tensor(1.304)}" == "1.3040000200271606"
    assert repr(rv.tensor(1.304)) == "tensor(1.3040)"
    assert str(rv.ones(2, requires_grad=True) * 2) == "tensor([2., 2.], grad_fn=<mul>)"


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"precision": 2}, "tensor([1.00e+05, 2.50e-01])"),
        ({"sci_mode": False}, "tensor([100000.0000,      0.2500])"),
        ({"linewidth": 20}, "tensor([1.0000e+05,\n        2.5000e-01])"),
        ({"profile": "short"}, "tensor([1.00e+05, 2.50e-01])"),
    ],
)
def test_options(options: dict[str, Any], text: str) -> None:
    rv.set_printoptions(**options)
    try:
        assert repr(rv.tensor([1e5, 0.25])) == text
    finally:
        rv.set_printoptions(profile="default")
