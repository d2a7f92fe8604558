"""Windows of series, and texts as numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from ranvier.data import Vocabulary, next_steps, windows
from ranvier.errors import RanvierError

SERIES = np.arange(20.0).reshape(10, 2).astype(np.float32)


@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("horizon", [1, 3])
def test_windows(stride: int, horizon: int) -> None:
    data = windows(SERIES, 4, horizon, stride=stride)
    starts = [s for s in range(0, 10, stride) if s + 4 + horizon <= 10]
    assert len(data) == len(starts)
    for row, start in enumerate(starts):
        np.testing.assert_array_equal(data.arrays[0][row], SERIES[start : start + 4])
        after = SERIES[start + 4 : start + 4 + horizon]
        np.testing.assert_array_equal(data.arrays[1][row], after)
    one = windows(SERIES, 4, horizon, stride=stride, target=1)
    np.testing.assert_array_equal(one.arrays[1], data.arrays[1][:, :, 1])


def test_the_next_character() -> None:
    letters = Vocabulary.of("hello world")
    numbers = letters.encode("hello world")
    x, y = next_steps(numbers, 5).arrays
    assert [letters.decode(row) for row in x] == ["hello", " worl"]
    assert [letters.decode(row) for row in y] == ["ello ", "world"]
    assert len(next_steps(numbers, 5, stride=1)) == 6
    assert letters.decode(letters.encode("hex")) == "he\N{REPLACEMENT CHARACTER}"
    assert Vocabulary.of(["ab", "bc"]).characters == "abc"


# fmt: off
REFUSED = [
    (lambda: windows(SERIES, 0),               "length is 0"),
    (lambda: windows(SERIES, 4, 1.5),          "horizon is 1.5"),
    (lambda: windows(SERIES, 4, stride=-1),    "stride is -1"),
    (lambda: windows(SERIES, 10),              "need at least 11"),
    (lambda: windows(SERIES, 2, target=2),     "target 2 is no feature"),
    (lambda: windows(SERIES[:, 0], 2, target=0), "target 0 is no feature"),
    (lambda: windows(SERIES[None], 2),         "expected (time,) or (time, features)"),
    (lambda: Vocabulary("ab").decode([3]),     "3 is no character; there are 0 to 2"),
]
# fmt: on


@pytest.mark.parametrize(("call", "words"), REFUSED)
def test_what_is_refused(call: Any, words: str) -> None:
    with pytest.raises(RanvierError) as caught:
        call()
    assert words in str(caught.value)
