# ruff: noqa: E501  (the tables)
"""Tables become data sets: what is inferred, left out, filled in, refused."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import ranvier as rv
from ranvier import nn, optim
from ranvier.data import Table, tabular
from ranvier.data.kept import as_plain, from_plain
from ranvier.errors import DataError, DTypeError, RanvierError

TABLES = Path(__file__).parent / "tables"
RNG = np.random.default_rng(0)
N = 200


def houses(**columns: Any) -> Table:
    """A table with one of everything."""
    size = RNG.normal(100, 20, N)
    town = RNG.choice(["Ulm", "Bonn", "Kiel"], N).tolist()
    usual = {
        "number": np.arange(1.0, N + 1),
        "size": np.where(np.arange(N) % 10 == 0, np.nan, size),
        "town": [None if i % 20 == 0 else t for i, t in enumerate(town)],
        "same": ["x"] * N,
        "empty": [None] * N,
        "owner": [f"Mr {i}" for i in range(N)],
        "year": RNG.integers(1990, 2020, N).astype(float),
        "price": size * 1000 + RNG.normal(0, 1, N),
    }
    return Table(usual | columns, "houses")


def test_what_is_inferred() -> None:
    made = tabular(houses(), "price")
    assert made.task == "regression"
    assert (len(made.train), len(made.val), len(made.test)) == (128, 32, 40)
    assert set(made.dropped) == {"number", "same", "empty", "owner"}
    assert made.dropped["number"] == "counts the rows"
    assert made.dropped["same"] == "constant: x"
    assert "200 different values" not in made.dropped["owner"]
    assert made.features.names == ["size", "year", "town=Bonn", "town=Kiel", "town=Ulm"]
    assert any("'size': 20 missing values became the median" in n for n in made.notes)
    x, y = made.train.arrays
    assert x.dtype == y.dtype == np.float32 and y.shape == (128, 1)
    np.testing.assert_allclose(x[:, :2].mean(0), 0, atol=1e-5)
    np.testing.assert_allclose(x[:, :2].std(0), 1, atol=1e-5)
    assert abs(made.val.arrays[0][:, :2].mean()) > 1e-4  # not fitted on these


# fmt: off
TASKS = [
    (["a", "b"] * 100,                          "classification", ("a", "b")),
    ([True, False] * 100,                       "classification", ("0", "1")),
    ([10.0, 9.0] * 100,                         "classification", ("9", "10")),
    (list(range(20)) * 10,                      "classification", tuple(map(str, range(20)))),
    (list(range(25)) * 8,                       "regression",     None),
    ([0.5, 1.0] * 100,                          "regression",     None),
]
# fmt: on


@pytest.mark.parametrize(("values", "task", "classes"), TASKS)
def test_the_task(values: list[Any], task: str, classes: Any) -> None:
    made = tabular(houses(price=values), "price")
    assert (made.task, made.target.classes) == (task, classes)
    if classes:
        counts = [np.bincount(p.arrays[1]) for p in (made.train, made.val, made.test)]
        for count, share in zip(counts, (0.64, 0.16, 0.2), strict=True):
            assert np.abs(count - share * N / len(classes)).max() <= 1.5


def test_the_task_that_is_asked_for() -> None:
    values = np.repeat([1.0, 2.0], 100)
    made = tabular(houses(price=values), "price", task="regression")
    assert made.task == "regression"
    made = tabular(houses(), "year", task="classification")
    assert made.train.classes == sorted(made.train.classes or [])


def test_time_group_drop_and_categories() -> None:
    made = tabular(houses(), "price", time="year", drop=["town"], categories=["size"])
    assert made.dropped["year"] == "rows are ordered by it"
    assert made.dropped["town"] == "as asked"
    years = houses()["year"]
    assert made.split == "time" and len(years) == N
    made = tabular(houses(), "price", group="town")
    assert made.dropped["town"] == "rows are divided by it"


def test_it_is_kept_as_json_and_applied_to_other_tables() -> None:
    table = houses()
    made = tabular(table, "price")
    text = json.dumps(as_plain(made.features, made.target))
    features, target = from_plain(json.loads(text))
    new = Table({"town": ["Ulm", "Rome", None], "year": [2000, None, 2010],
                 "size": [80, 90, 100]}, "new")  # fmt: skip
    x = features(new)
    np.testing.assert_array_equal(x, made.features(new))
    assert x[:, 2:].tolist() == [[0, 0, 1], [0, 0, 0], [0, 0, 0]]
    notes = " ".join(features.notes(new))
    assert "'year': 1 missing values" in notes and "'town': 1 values are not" in notes
    y = target(table)
    np.testing.assert_allclose(
        target.transform.inverse(y)[:, 0], table["price"], rtol=1e-5
    )


@pytest.mark.parametrize(
    "key", ["numbers", "impute", "normalize", "categories", "target"]
)
def test_damaged_preparation(key: str) -> None:
    made = tabular(houses(), "price")
    content = json.loads(json.dumps(as_plain(made.features, made.target)))
    for damaged in (
        {**content, key: 3},
        {k: v for k, v in content.items() if k != key},
    ):
        with pytest.raises(RanvierError):
            from_plain(damaged)
    with pytest.raises(RanvierError):
        from_plain(None)


# fmt: off
REFUSED = [
    (lambda: tabular(houses(), "prize"),                       "there is no column 'prize'; did you mean 'price'"),
    (lambda: tabular(houses(), "same"),                        "'same' is 'x' in every row"),
    (lambda: tabular(houses(price=[7] * N), "price"),          "'price' is 7 in every row"),
    (lambda: tabular(houses(), "empty"),                       "has no value in any row"),
    (lambda: tabular(houses(), "owner"),                       "has 200 classes in 200 rows"),
    (lambda: tabular(houses(), "town", task="regression"),     "regression needs numbers"),
    (lambda: tabular(houses(), "town", task="regresion"),      "did you mean 'regression'"),
    (lambda: tabular(houses(price=[np.inf] + [1.5] * (N - 1)), "price"), "row 0, column 'price': the target is infinite"),
    (lambda: tabular(houses(year=[-np.inf, *np.arange(N - 1) ** 2]), "price"), "row 0, column 'year': -inf"),
    (lambda: tabular(houses(), "price", drop=["sise"]),        "did you mean 'size'"),
    (lambda: tabular({"a": [1, 2, 3], "b": [1.5, 2, 3]}, "b"), "3 rows with a target; at least 5"),
    (lambda: tabular({"a": [1] * 9, "b": np.arange(9) / 2}, "b"), "no column is left to predict 'b' from (a: constant: 1.0)"),
    (lambda: tabular(houses(), "price", time="year", group="town"), "time and group were both given"),
    (lambda: tabular(houses(), "price", time="size"),          "row 0, column 'size': the time is missing"),
    (lambda: tabular(houses(), "price", lengths=(0.8, 0.2)),   "expected three"),
    (lambda: tabular(3, "price"),                              "a table was expected, got int"),
    (lambda: Table({}),                                        "there are no columns"),
    (lambda: Table({"a": [1], "b": [1, 2]}),                   "column 'b' has 2 rows, 'a' has 1"),
    (lambda: Table({"a": []}),                                 "there are no rows"),
    (lambda: Table({"a": np.ones((2, 2))}),                    "column 'a' has 2 dimensions"),
    (lambda: Table({"a": [1, "x"]}),                           "column 'a' holds int, str"),
]
# fmt: on


@pytest.mark.parametrize(("call", "words"), REFUSED)
def test_what_is_refused(call: Any, words: str) -> None:
    with pytest.raises(RanvierError) as caught:
        call()
    assert words in str(caught.value)


def test_text_where_numbers_were_learned(tmp_path: Path) -> None:
    features = tabular(houses(), "price").features
    path = tmp_path / "new.csv"
    path.write_text("town,year,size\nUlm,,large\n")
    with pytest.raises(
        DataError, match="line 2, column 'size': 'large' is not a number"
    ):
        features(rv.data.read_csv(path))


# ---- data frames ---------------------------------------------------------------------


@pytest.mark.parametrize("library", ["pandas", "polars", "pyarrow"])
def test_data_frames(library: str) -> None:
    module = pytest.importorskip(library)
    columns = {"n": [1, None, 3], "t": ["a", None, "b"], "yes": [True, False, None]}
    made = getattr(module, "DataFrame", getattr(module, "table", None))(columns)
    table = rv.data.as_table(made)
    np.testing.assert_array_equal(table["n"], [1, np.nan, 3])
    assert table["t"].tolist() == ["a", None, "b"]
    np.testing.assert_array_equal(table["yes"], [1, 0, np.nan])
    x = getattr(module, "DataFrame", getattr(module, "table", None))(
        {"a": [1.0, 2.0], "b": [3.0, 4.0], "y": [0, 1]}
    )
    column = x["y"]
    data = rv.data.Dataset((x, column))
    assert data.arrays[0].tolist() == [[1, 3, 0], [2, 4, 1]]
    assert data.arrays[1].dtype == np.int64
    with pytest.raises(DTypeError, match="inputs: column 't' holds texts"):
        rv.data.Dataset((made,))


def test_a_frame_without_rows() -> None:
    polars = pytest.importorskip("polars")
    with pytest.raises(DataError, match="a LazyFrame"):
        rv.data.as_table(polars.LazyFrame({"a": [1]}))


# ---- real tables ---------------------------------------------------------------------

SURVEY = (
    Path(os.environ.get("RANVIER_DATA", "none")) / "covid/survey-states-train.csv.gz"
)

# fmt: off
REAL = [  # at least what scikit-learn's MLP of default settings reaches, less some spread
    (TABLES / "breast-cancer.csv.gz", "diagnosis",         "accuracy", 0.93),
    (TABLES / "wine.csv.gz",          "cultivar",          "accuracy", 0.94),
    (TABLES / "diabetes.csv.gz",      "progression",       "r2",       0.45),
    (SURVEY,                          "tested_positive.2", "r2",       0.97),
]
# fmt: on


@pytest.mark.parametrize(("path", "target", "measure", "least"), REAL)
def test_real_tables(path: Path, target: str, measure: str, least: float) -> None:
    if not path.exists():
        pytest.skip("the survey is not in RANVIER_DATA")
    made = tabular(path, target)
    outputs = len(made.train.classes or [0])
    rv.manual_seed(0)
    model = nn.Sequential(
        nn.Linear(made.features.width, 64), nn.ReLU(), nn.Linear(64, 32), nn.ReLU(),
        nn.Linear(32, outputs),
    )  # fmt: skip
    loss = nn.CrossEntropyLoss() if made.train.classes else nn.MSELoss()
    rv.fit(
        model, made.train, made.val, loss=loss, epochs=60, patience=30, seed=0,
        optimizer=optim.Adam(model.parameters()),
    )  # fmt: skip
    assert rv.evaluate(model, made.test)[measure] >= least
    if path is SURVEY:
        assert rv.evaluate(model, made.val)["rmse"] ** 2 < 1.0
