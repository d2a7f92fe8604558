"""The state of the random generator: kept in a checkpoint, and gone on from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import ranvier as rv
from ranvier.errors import ValueRangeError
from ranvier.random import Generator
from ranvier.tensor import Tensor


def test_everything_random_goes_on(tmp_path: Path) -> None:
    dropped = rv.compile(lambda x: rv.nn.functional.dropout(x))
    x = rv.ones(50)

    def draws() -> list[Any]:
        drawn = rv.rand(3), rv.randperm(9), dropped(x), rv.bernoulli(x / 2)
        return [t.tolist() for t in drawn]

    rv.manual_seed(3)
    draws()
    rv.save({"rng": rv.get_rng_state()}, tmp_path / "c.pt")
    wanted = draws()
    rv.manual_seed(9)
    draws()
    rv.set_rng_state(rv.load(tmp_path / "c.pt")["rng"])
    assert draws() == wanted


def test_a_generator_before_and_after_its_first_draw_inside_a_graph() -> None:
    first = Generator(5)
    first.numpy.random(3)
    other = Generator(6).set_state(first.get_state())
    numbers = [g.numpy.integers(0, 99, 7).tolist() for g in (first, other)]
    assert numbers[0] == numbers[1]
    first.state = Tensor(np.array([5, 12]))
    other.set_state(first.get_state())
    assert other.first_state().value.tolist() == [5, 12]  # type: ignore[union-attr]
    assert other.manual_seed(7).begun == 0


def test_bytes_of_something_else() -> None:
    with pytest.raises(ValueRangeError, match=r"got uint8 of shape \(5056,\)"):
        rv.set_rng_state(np.zeros(5056, np.uint8))
