"""Numbers that PyTorch refuses, we refuse, in words of the function that was called."""

from __future__ import annotations

import math
from typing import Any

import pytest

import ranvier as rv
from ranvier.errors import RanvierError, ShapeError, ValueRangeError


@pytest.mark.parametrize("name", ["softmax", "log_softmax", "logsumexp"])
def test_a_dimension_that_is_not_there(name: str) -> None:
    with pytest.raises(ShapeError, match=f"^{name}: dimension 1 of a tensor with 1"):
        getattr(rv, name)(rv.ones(3), 1)


def test_arange_away_from_its_end() -> None:
    with pytest.raises(ValueRangeError, match=r"from 0 to 5 with a step of -1.*step=1"):
        rv.arange(0, 5, -1)
    assert rv.arange(5, 5, -1).shape == (0,)


@pytest.mark.parametrize(
    ("weights", "found"),
    [
        ([0.5, -0.5], "from -0.5 to 0.5"),
        ([1.0, math.inf], "from 1.0 to inf"),
        ([1.0, math.nan], "to nan"),
        ([[1.0, 0.0], [0.0, 0.0]], "a row of zeros"),
    ],
)
def test_weights_of_multinomial(weights: Any, found: str) -> None:
    with pytest.raises(ValueRangeError, match=f"multinomial: .*{found}"):
        rv.multinomial(rv.tensor(weights), 1)


def test_scatter_of_a_value() -> None:
    hot = rv.zeros(4).scatter_(0, rv.tensor(2), value=1)
    assert hot.tolist() == [0, 0, 1, 0]
    with pytest.raises(RanvierError, match="expected src or value, one of them"):
        rv.zeros(4).scatter(0, rv.tensor([2]))


def test_weights_of_multinomial_in_a_compiled_function() -> None:
    draw = rv.compile(lambda w: rv.multinomial(w, 1))
    assert draw(rv.tensor([0.0, 1.0])).tolist() == [1]
    with pytest.raises(RanvierError, match="multinomial: weights"):
        draw(rv.tensor([-1.0, 1.0]))
