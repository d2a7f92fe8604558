"""Runs beside each other: what differs, what came of it, what is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ranvier import nn, optim
from ranvier.errors import DataError, DTypeError, FileError, ValueRangeError
from ranvier.train import Run, checkpoint, fit
from ranvier.train.compare import compare
from ranvier.train.history import write_history

Learn = Callable[..., Run]
Build = Callable[..., nn.Sequential]


def test_what_differs_and_what_came_of_it(
    learn: Learn, build: Build, tmp_path: Path
) -> None:
    first = learn(epochs=2)
    model = build(0, 0.2)
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    second = learn(
        model, optimizer=optimizer, epochs=3, checkpoint=tmp_path, metrics=["f1"]
    )
    found = compare(first, second, tmp_path, names=["adam", "sgd", "folder"])
    assert found.differs["optimizer"] == ["Adam", "SGD", "SGD"]
    assert found.differs["lr"] == [0.01, 0.1, 0.1]
    assert found.differs["epochs"] == [2, 3, 3]
    assert found.differs["layer 2"] == [
        "Linear(24, 10)",
        *["Dropout(p=0.2, inplace=False)"] * 2,
    ]
    assert not {"batch_size", "seed", "loss"} & set(found.differs)
    figures = found.figures
    assert figures["val_loss"][0] == first.history["val_loss"][first.best_epoch - 1]
    assert figures["val_f1"] == [None, *[second.history["val_f1"][2]] * 2]
    assert figures["parameters"] == [1810] * 3
    assert figures["seconds"] == [first.seconds, second.seconds, None]
    assert figures["stopped_because"] == ["epochs", "epochs", None]
    lines = str(found).splitlines()
    assert lines[0].split() == ["adam", "sgd", "folder"]
    assert any(line.split() == ["best", "epoch", "2", "3", "3"] for line in lines)
    assert "最佳轮" in found.table("zh")
    assert "data:image/png;base64," in found._repr_html_()


def test_curves_of_many_runs(learn: Learn, tmp_path: Path) -> None:
    run = learn(epochs=1)
    figure = compare(*[run] * 7).plot(tmp_path / "all.png", "zh")
    assert (tmp_path / "all.png").stat().st_size > 10_000
    lines = figure.axes[0].get_lines()
    assert len({line.get_color() for line in lines}) == 7, "validation, a colour a run"


def test_losses_that_are_not_the_same_function(parts: Any, build: Build) -> None:
    runs = []
    for smoothing in (0.0, 0.1):
        model = build()
        options: dict[str, Any] = {"optimizer": optim.Adam(model.parameters())}
        loss = nn.CrossEntropyLoss()
        runs.append(
            fit(
                model, parts[0], loss=loss, epochs=1, seed=0, label_smoothing=smoothing,
                **options,
            )
        )  # fmt: skip
    assert compare(*runs).notes == ("losses differ",)
    assert "cannot be compared" in str(compare(*runs))


def test_nothing_differs(learn: Learn) -> None:
    run = learn(epochs=1)
    assert compare(run, run).differs == {}
    assert "no setting that is known" in str(compare(run, run))


def test_what_is_refused(learn: Learn, tmp_path: Path) -> None:
    run = learn(epochs=1)
    with pytest.raises(ValueRangeError, match="number of runs: 1; expected 2"):
        compare(run)
    with pytest.raises(ValueRangeError, match="1 names for 2 runs"):
        compare(run, run, names=["a"])
    with pytest.raises(DTypeError, match=r"3 is a int; expected a Run.*or the folder"):
        compare(run, 3)  # type: ignore[arg-type]
    with pytest.raises(FileError, match=r"holds neither history\.json"):
        compare(run, tmp_path)
    (tmp_path / checkpoint.LATEST).write_bytes(b"x" * 100)
    with pytest.raises(FileError, match=r"latest.safetensors"):
        compare(run, tmp_path)


def test_folders_of_another_version(learn: Learn, tmp_path: Path) -> None:
    run, place = learn(epochs=1), tmp_path / "history.json"
    facts: dict[str, Any] = {
        "settings": {}, "best_epoch": 1, "stopped_because": "epochs", "seconds": 1.0
    }  # fmt: skip
    write_history(place, run.history, **facts)
    content = json.loads(place.read_text("utf-8"))
    assert compare(run, tmp_path).figures["best_epoch"] == [1, 1]
    place.write_text(json.dumps({**content, "format": 99, "ranvier": "9.9"}))
    with pytest.raises(
        FileError, match=r"left by ranvier 9\.9, in format 99.*reads fo"
    ):
        compare(run, tmp_path)
    del content["format"], content["ranvier"]
    place.write_text(json.dumps(content))
    with pytest.raises(FileError, match="did not say its version"):
        compare(run, tmp_path)
    place.write_text(json.dumps([1]))
    with pytest.raises(FileError, match="damaged"):
        compare(run, tmp_path)
    write_history(place, run.history, settings={})
    with pytest.raises(FileError, match=r"damaged \(KeyError\('best_epoch'\)\)"):
        compare(run, tmp_path)
    write_history(place, {}, **facts)
    with pytest.raises(FileError, match="without a finished epoch"):
        compare(run, tmp_path)


def test_other_tasks(learn: Learn, build: Build, parts: Any) -> None:
    x = parts[0].arrays[0].astype("float32")
    model = nn.Linear(64, 1)
    values = fit(
        model, (x, x[:, :1]), loss=nn.MSELoss(),
        optimizer=optim.Adam(model.parameters()), epochs=1,
    )  # fmt: skip
    with pytest.raises(
        DataError, match=r"different tasks.*a: classification in digits; b: regression"
    ):
        compare(learn(epochs=1), values, names=["a", "b"])
