# ruff: noqa: E501  (the tables)
"""Transforms: fitted on one part, applied to all, the same in a run and from a file."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

import ranvier as rv
from ranvier.data import Dataset, transforms
from ranvier.data.transforms import (
    Categories,
    Compose,
    Grayscale,
    Impute,
    Normalize,
    OneHot,
    Transform,
    Whiten,
    from_json,
    to_json,
)
from ranvier.errors import RanvierError, UnsupportedError

ROWS = np.random.default_rng(0).normal(3, 2, (200, 5)).astype(np.float32)
ROWS[:, 3] = 7
PICTURES = np.random.default_rng(1).integers(0, 255, (50, 3, 6, 4), np.uint8)

# fmt: off
NATIVE = {
    "rows":      (Normalize(),                     ROWS),
    "given":     (Normalize([0.5], [0.25]),        ROWS),
    "pictures":  (Normalize(),                     PICTURES),
    "whiten":    (Whiten(),                        ROWS),
    "whiten it": (Whiten(eps=1.0),                 PICTURES),
    "both":      (Compose([Normalize(), Whiten()]), ROWS),
}
# fmt: on


@pytest.mark.parametrize("case", NATIVE)
def test_the_same_in_numpy_in_a_run_from_a_file_and_back(case: str) -> None:
    unfitted, x = NATIVE[case]
    transform = unfitted if unfitted.is_fitted() else unfitted.fit(x)
    expected = transform(x)
    assert expected.dtype == np.float32 and expected.shape == x.shape
    inside = rv.compile(lambda part: transform(part))(rv.tensor(x.astype(np.float32)))
    np.testing.assert_allclose(np.asarray(inside), expected, atol=2e-4)
    np.testing.assert_array_equal(from_json(to_json(transform))(x), expected)
    np.testing.assert_allclose(transform.inverse(expected), x, atol=2e-2)


def test_normalised() -> None:
    y = Normalize().fit(ROWS)(ROWS)
    np.testing.assert_allclose(y.mean(0), 0, atol=1e-5)
    np.testing.assert_allclose(y.std(0), [1, 1, 1, 0, 1], atol=1e-5)
    y = Normalize().fit(PICTURES)(PICTURES)
    np.testing.assert_allclose(y.mean((0, 2, 3)), 0, atol=1e-5)
    np.testing.assert_allclose(y.std((0, 2, 3)), 1, atol=1e-5)


def test_whitened() -> None:
    y = Whiten(eps=1e-6).fit(ROWS[:, :3])(ROWS[:, :3])
    np.testing.assert_allclose(np.cov(y.T, bias=True), np.eye(3), atol=1e-4)


def test_only_the_training_part_counts() -> None:
    train, val = Dataset((ROWS[:100],)), Dataset((ROWS[100:] + 100,))
    normalize = Normalize().fit(train)
    assert abs(val.transformed(normalize).numpy()[0][:, 0].mean() - 50) < 8
    assert Normalize().fit(train).mean[0] == pytest.approx(ROWS[:100, 0].mean())


def test_a_data_set_carries_its_transform_into_a_run() -> None:
    data = rv.data.load("digits", flatten=False).take(np.arange(60))
    data = data.transformed(Normalize().fit(data)).transformed(Whiten().fit(data))
    assert data.arrays[0].dtype == np.uint8
    seen = rv.compile(lambda x, y: x * 1).over(rv.data.DataLoader(data, batch_size=20))
    found = np.asarray(seen).reshape(data.arrays[0].shape)
    np.testing.assert_allclose(found, data.numpy()[0], atol=1e-4)


def test_what_runs_ahead_of_the_run() -> None:
    rows = np.where(ROWS < 2, np.nan, ROWS)
    data = Dataset((rows, np.zeros(200, np.int64)), scale=2.0)
    both = Compose([Impute(), Normalize()]).fit(data)
    done = data.transformed(both)
    assert (done.scale, done.transform) == (1.0, None)
    assert np.isfinite(done.arrays[0]).all()


def test_grey() -> None:
    grey = Grayscale()(PICTURES)
    red, green, blue = PICTURES[0, :, 2, 1]
    expected = 0.2989 * red + 0.587 * green + 0.114 * blue
    assert grey.shape == (50, 1, 6, 4)
    assert grey[0, 0, 2, 1] == pytest.approx(expected)
    assert Grayscale(3)(PICTURES).shape == PICTURES.shape
    with pytest.raises(UnsupportedError, match="Grayscale has no inverse"):
        Grayscale().inverse(grey)


def test_categories() -> None:
    towns = Categories().fit(["b", None, "a", "b"])
    assert towns(["a", "b", "c", None]).tolist() == [1, 2, 0, 0]
    assert towns.inverse([2, 0]) == ["b", None]
    assert Categories(most=1).fit(["b", "a", "b"]).names == ("b",)
    assert Categories().fit(np.array([3.0, 10.0, 3.5]))([10, 3.0]).tolist() == [1, 2]
    hot = OneHot().fit(["b", "a"])
    assert hot(["b", "c"]).tolist() == [[0, 1], [0, 0]]
    assert hot.inverse(hot(["b", "c", "a"])) == ["b", None, "a"]
    embedding = rv.nn.Embedding(len(towns.names or ()) + 1, 3)
    assert embedding(rv.tensor(towns(["c", "a"]))).shape == (2, 3)


def test_missing_values() -> None:
    x = np.array([[1.0, 5], [np.nan, 5], [2, np.nan], [9, 7]])
    for strategy, expected in (
        ("median", [2, 5]), ("mean", [4, 17 / 3]), ("most_frequent", [1, 5])
    ):  # fmt: skip
        impute = Impute(strategy).fit(x)
        assert impute.values.tolist() == pytest.approx(expected)
        assert impute.missing(x) == 2 and np.isfinite(impute(x)).all()


class Own(Transform):
    """A transform of somebody's own, which no file can hold."""


# fmt: off
REFUSED = [
    (lambda: Normalize()(ROWS),                            "applied before it was fitted"),
    (lambda: Normalize([0, 0], [1, 1])(ROWS),              "2 numbers in mean, and an input of shape (200, 5)"),
    (lambda: Normalize(0, 0),                              "expected more than 0"),
    (lambda: Whiten(eps=-1),                               "expected a number of at least 0"),
    (lambda: Whiten(eps=0.0).fit(ROWS),                    "would divide by 0"),
    (lambda: Whiten().fit(ROWS)(ROWS[:, :2]),              "fitted on 5 inputs a row, got 2"),
    (lambda: Grayscale(2),                                 "expected 1 or 3"),
    (lambda: Grayscale()(ROWS),                            "expected pictures in colour"),
    (lambda: Impute("medan"),                              "did you mean 'median'"),
    (lambda: Impute().fit(np.full((3, 2), np.nan)),        "column 0 holds no value"),
    (lambda: Categories(["a"]).inverse([2]),               "index 2 has no category"),
    (lambda: Dataset((ROWS,)).transformed(Normalize()),    "before it was fitted"),
    (lambda: Dataset((ROWS,)).transformed(Normalize),      "expected a fitted transform"),
    (lambda: Dataset((ROWS,)).transformed(Normalize([0, 0], [1, 1])), "2 numbers in mean"),
    (lambda: to_json(Own()),                               "Own is not one of Ranvier's transforms"),
]
# fmt: on


@pytest.mark.parametrize(("call", "words"), REFUSED)
def test_what_is_refused(call: Any, words: str) -> None:
    with pytest.raises(RanvierError) as caught:
        call()
    assert words in str(caught.value)


GOOD = json.loads(to_json(Normalize([1.0, 2.0], [1.0, 1.0])))


@pytest.mark.parametrize(
    "content",
    [
        None,
        [],
        {},
        {"transform": "Popen"},
        {"transform": "Normalize", "shell": "rm"},
        GOOD | {"mean": {**GOOD["mean"], "shape": [3]}},
        GOOD | {"mean": {**GOOD["mean"], "shape": [-1]}},
        GOOD | {"mean": {**GOOD["mean"], "dtype": "|O"}},
        GOOD | {"mean": {**GOOD["mean"], "array": "§"}},
        GOOD | {"std": [0, 0]},
    ],
)
def test_damaged_text_is_refused(content: Any) -> None:
    with pytest.raises(RanvierError):
        from_json(json.dumps(content))
    with pytest.raises(RanvierError):
        from_json("[" * 100_000)


def test_every_name_is_there() -> None:
    assert all(hasattr(transforms, name) for name in transforms.__all__)
