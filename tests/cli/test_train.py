"""`ranvier train`: what it says, what it leaves, what it refuses."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from PIL import Image

from ranvier.cli import folder as folders
from ranvier.cli import settings, train
from ranvier.data import load
from ranvier.formats import safetensors

Command = Callable[..., Result]
pytestmark = pytest.mark.usefixtures("brief")
QUICK = ("train", "digits", "--model", "64-16-10", "--epochs", 2)


def test_what_it_leaves(trained: Path) -> None:
    left = {file.name for file in trained.iterdir()}
    files = "history.json curves.png mistakes.png report.md report.html checkpoint"
    assert left == {"model.safetensors", *files.split()}
    for name in ("curves.png", "mistakes.png"):
        with Image.open(trained / name) as image:
            assert image.size > (500, 300)


def test_the_model_says_what_it_is(trained: Path) -> None:
    header = safetensors.metadata(trained / "model.safetensors")
    facts = json.loads(header["ranvier.network"])
    assert facts["model"] == "64-24-10"
    assert (facts["data"], facts["scale"]) == ("digits", 1 / 16)
    assert facts["classes"] == list("0123456789")
    weights = safetensors.read(trained / "model.safetensors")
    assert {k: v.shape for k, v in weights.items()} == {
        "0.weight": (24, 64),
        "0.bias": (24,),
        "2.weight": (10, 24),
        "2.bias": (10,),
    }


def test_the_history_on_disk(trained: Path) -> None:
    content = json.loads((trained / "history.json").read_text("utf-8"))
    assert len(content["history"]["val_loss"]) == 8
    assert content["stopped_because"] == "epochs"
    assert content["settings"]["data"] == "digits"
    assert content["test"]["accuracy"] > 0.6


def test_the_report_on_disk(trained: Path) -> None:
    text = (trained / "report.md").read_text("utf-8")
    for words in (
        "# Training on digits",
        "linear model",
        "baseline: always",
        "curves.png",
    ):
        assert words in text


def test_what_it_says(ranvier: Command, tmp_path: Path) -> None:
    lines = ranvier(*QUICK, "--out", tmp_path / "run").stdout.splitlines()
    told = "digits: training set 1,198, validation set 239, test set 360"
    assert lines[0] == told
    assert any(line.startswith("total") and line.endswith("1,210") for line in lines)
    assert sum(line.startswith("epoch ") for line in lines) == 2
    assert any(line.startswith("test, 360 examples, once: loss ") for line in lines)
    assert any("a linear model gets" in line for line in lines)
    assert any("always “" in line for line in lines)


def test_patience_zero_is_none(ranvier: Command, tmp_path: Path) -> None:
    result = ranvier(*QUICK, "--patience", 0, "--out", tmp_path / "run", "--json")
    assert json.loads(result.stdout)["patience"] is None


def test_one_json_object(ranvier: Command, tmp_path: Path) -> None:
    result = ranvier(*QUICK, "--seed", 3, "--out", tmp_path / "run", "--json")
    told = json.loads(result.stdout)
    assert set(told["test"]) == {"accuracy", "loss", "baseline_accuracy"}
    assert 0 < told["test"]["baseline_accuracy"] < told["linear_accuracy"] < 1
    assert told["run"] == str(tmp_path / "run")
    assert (told["epochs"], told["seed"], told["model"]) == (2, 3, "64-16-10")
    assert told["best_epoch"] == 2
    assert told["stopped_because"] == "epochs"
    assert told["seconds"] > 0
    assert "epoch 1/2" in result.stderr


def test_quiet(ranvier: Command, tmp_path: Path) -> None:
    result = ranvier(*QUICK, "--out", tmp_path / "run", "--quiet")
    assert result.output == ""
    assert (tmp_path / "run" / "model.safetensors").exists()


def test_same_seed_same_bits(ranvier: Command, tmp_path: Path) -> None:
    for name in "ab":
        ranvier(*QUICK, "--seed", 5, "--out", tmp_path / name, "--quiet")
    a, b = ((tmp_path / n / "model.safetensors").read_bytes() for n in "ab")
    assert a == b


def test_early_stopping(ranvier: Command, tmp_path: Path) -> None:
    options = ("--lr", 0.1, "--epochs", 60, "--patience", 2)
    words = ("train", "digits", *options, "--out", tmp_path / "run", "--json")
    result = ranvier(*words)
    told = json.loads(result.stdout)
    assert told["stopped_because"] == "patience"
    assert told["epochs"] == told["best_epoch"] + 2 < 60
    assert "early stopping: no better validation loss for 2 epochs" in result.stderr
    rates = rates_of(tmp_path / "run")
    assert (rates[0], rates[-1]) == (0.1, pytest.approx(0.1 * 0.3 ** falls(rates)))
    assert falls(rates) > 0


def rates_of(folder: Path) -> list[float]:
    content = json.loads((folder / "history.json").read_text("utf-8"))
    return list(content["history"]["learning_rate"])


def falls(rates: list[float]) -> int:
    return sum(b < a for a, b in pairwise(rates))


@pytest.mark.parametrize(
    ("schedule", "rates"), [("cosine", [0.001, 0.0005]), ("none", [0.001, 0.001])]
)
def test_schedules(
    ranvier: Command, tmp_path: Path, schedule: str, rates: list[float]
) -> None:
    out = tmp_path / "run"
    result = ranvier(*QUICK, "--schedule", schedule, "--out", out)
    assert rates_of(out) == pytest.approx(rates)
    assert "batches of 32: 38 iterations an epoch" in result.stdout
    assert f"--schedule {schedule}" in (out / "report.md").read_text("utf-8")


def test_the_lecture_s_pipeline_and_the_usual_schedules() -> None:
    mnist, material = train.prepared({"data": "mnist"})
    assert material is None
    sizes = [len(p) for p in settings.parts(load("mnist")).values()]
    assert (*sizes, sizes[0] / mnist.batch_size) == (55_000, 5_000, 10_000, 550)
    assert mnist.schedule == "cosine"
    assert train.prepared({"data": "digits"})[0].schedule == "plateau"
    before = {k: v for k, v in mnist.as_dict().items() if k != "schedule"}
    assert settings.Settings(**before).schedule == "none"  # of an older run folder


def test_without_out_it_makes_a_folder(
    ranvier: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    told = json.loads(ranvier(*QUICK, "--json").stdout)
    folder = Path(told["run"])
    assert folder.parent == Path("runs")
    assert folder.name.startswith("digits-20")
    assert (folder / "report.md").exists()


def test_a_folder_of_the_same_second(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(folders.time, "strftime", lambda _: "now")
    for expected in ("mnist-now", "mnist-now-2", "mnist-now-3"):
        folder = folders.new_folder("mnist")
        assert folder.name == expected
        folder.mkdir(parents=True)


def test_in_chinese(ranvier: Command, tmp_path: Path) -> None:
    result = ranvier(*QUICK, "--out", tmp_path / "run", "--lang", "zh")
    for words in ("训练集", "验证集", "第 1/2 轮", "准确率", "基线", "测试集"):
        assert words in result.stdout
    report = (tmp_path / "run" / "report.md").read_text("utf-8")
    assert "# 在 digits 上训练" in report


def test_another_optimizer(ranvier: Command, tmp_path: Path) -> None:
    out = tmp_path / "run"
    result = ranvier(*QUICK, "--optimizer", "sgd", "--out", out, "--json")
    told = json.loads(result.stdout)
    assert (told["optimizer"], told["lr"]) == ("sgd", 0.1)


def test_what_is_usual_for_a_table() -> None:
    def usual(rows: int, **given: Any) -> tuple[Any, ...]:
        of_data = settings.usual_for(rows, (10, 1), is_table=True)
        made = settings.complete({"data": "a.csv", **given}, of_data)
        assert (made.model, made.schedule) == ("10-256-128-1", "plateau")
        return made.optimizer, made.lr, made.weight_decay

    # a step takes 0.0003 of every weight away, whatever the rate is
    assert usual(999) == ("adamw", 0.0003, pytest.approx(1))
    assert usual(1000) == usual(50_000) == ("adamw", 0.001, pytest.approx(0.3))
    assert usual(999, lr=0.01) == ("adamw", 0.01, pytest.approx(0.03))
    assert usual(999, weight_decay=0.0) == ("adamw", 0.0003, 0.0)
    assert usual(999, optimizer="sgd") == ("sgd", 0.1, None)


def test_every_optimizer_has_a_usual_rate() -> None:
    assert set(settings.optimizers()) == set(settings.RATES)


WRONG = [
    (("digts",), "no data set is called 'digts'; did you mean 'digits'?"),
    (
        ("digits", "--optimizer", "adm"),
        "no optimizer is called 'adm'; did you mean 'adam'?",
    ),
    (("digits", "--schedule", "cosin"), "did you mean 'cosine'?"),
    (
        ("digits", "--optimizer", "rprop", "--weight-decay", "0.1"),
        "rprop has no weight decay; leave it out",
    ),
    (("digits", "--lr", "0"), "0 is not a number above 0"),
    (("digits", "--lr", "nan"), "nan is not a number above 0"),
    (("digits", "--lr", "fast"), "'fast' is not a number"),
    (("digits", "--epochs", "0"), "0 is not in the range x>=1"),
    (("digits", "--batch-size", "-5"), "-5 is not in the range x>=1"),
    (("digits", "--model", "64,10"), "model '64,10' is not understood"),
    (("digits", "--model", "784-10"), "Use 64-10."),
    (("digits", "--threads", "0"), "0 is not in the range x>=1"),
    ((), "Missing argument 'DATA'"),
]


@pytest.mark.parametrize(("words", "message"), WRONG)
def test_wrong_usage(ranvier: Command, words: tuple[Any, ...], message: str) -> None:
    result = ranvier("train", *words, status=2)
    assert message in " ".join(result.stderr.split())


def test_a_batch_larger_than_the_data(ranvier: Command, tmp_path: Path) -> None:
    out = tmp_path / "run"
    result = ranvier("train", "digits", "--batch-size", 5000, "--out", out, status=1)
    assert "batch_size 5,000 is larger than the training set" in result.stderr


def test_data_that_is_not_here(
    ranvier: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ranvier.data import catalog

    nowhere = catalog.FASHION._replace(places=(tmp_path / "none",))
    monkeypatch.setitem(catalog.CATALOG, "fashion-mnist", nowhere)
    monkeypatch.delenv("RANVIER_DATA", raising=False)
    out = tmp_path / "run"
    result = ranvier("train", "fashion-mnist", "--out", out, status=1)
    assert "apt install dataset-fashion-mnist" in result.stderr


def test_a_folder_that_cannot_be_written_is_refused_before_training(
    ranvier: Command, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    result = ranvier(*QUICK, "--out", tmp_path / "file" / "run", status=1)
    assert "cannot be written" in result.stderr
    assert "epoch" not in result.output


def test_a_loss_that_explodes_leaves_a_report(ranvier: Command, tmp_path: Path) -> None:
    options = ("--optimizer", "sgd", "--lr", "1e30", "--out", tmp_path / "run")
    result = ranvier(*QUICK, *options, status=1)
    assert "A learning rate of 1e+30 may be too high" in result.stderr
    report = (tmp_path / "run" / "report.md").read_text("utf-8")
    assert "no longer a finite number" in report


def test_threads_reach_the_native_run(
    ranvier: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen: list[int] = []
    monkeypatch.setattr(train, "set_num_threads", chosen.append)
    (tmp_path / "file").touch()
    out = tmp_path / "file" / "run"
    ranvier(*QUICK, "--threads", 1, "--out", out, status=1)
    assert chosen == [1]
