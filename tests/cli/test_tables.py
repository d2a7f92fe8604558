# ruff: noqa: E501  (the tables)
"""`ranvier train` and `predict` on a table and on a folder of pictures."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from click.testing import Result
from PIL import Image

from ranvier.data import load, read_csv
from ranvier.formats import safetensors

Command = Callable[..., Result]
pytestmark = pytest.mark.usefixtures("brief")
TABLES = Path(__file__).parents[1] / "data" / "tables"
CANCER = TABLES / "breast-cancer.csv.gz"


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_what_was_inferred_is_said_once(on_table: tuple[Path, Result]) -> None:
    _, result = on_table
    for line in (
        "diabetes: training set 283, validation set 71, test set 88",
        "table: 442 rows, 11 columns",
        "task: regression of 'progression' (214 different values)",
        "inputs: 10, from 10 columns of numbers (normalised)",
        "rows were divided by chance, seed 0",
        "a linear model gets",
        "always the mean gets",
    ):
        assert result.stderr.count(line) == 1


def test_the_errors_are_in_the_user_s_units(on_table: tuple[Path, Result]) -> None:
    folder, result = on_table
    told = json.loads(result.stdout)
    assert set(told["test"]) == {"loss", "mae", "mse", "rmse", "r2", "baseline_rmse"}
    assert 40 < told["test"]["rmse"] < told["test"]["baseline_rmse"] < 100
    assert told["test"]["mse"] == pytest.approx(told["test"]["rmse"] ** 2)
    assert 40 < told["linear_rmse"] < 70
    assert told["validation"]["r2"] > 0.3
    report = (folder / "report.md").read_text("utf-8")
    assert "| linear model (least squares) |" in report
    assert "root mean square error" in report
    assert "--target progression" in report and "--seed 0" in report


def test_a_row_is_predicted_as_in_the_run(
    ranvier: Command, on_table: tuple[Path, Result], tmp_path: Path
) -> None:
    folder, _ = on_table
    table = read_csv(TABLES / "diabetes.csv.gz")
    whole = rows_of(ranvier("predict", folder, TABLES / "diabetes.csv.gz").stdout)
    guesses = np.array([float(row["progression"]) for row in whole])
    assert np.corrcoef(guesses, table["progression"])[0, 1] > 0.6
    # other columns in another order, and without the target
    names = [name for name in reversed(table.names) if name != "progression"]
    lines = [[f"{table[name][i]:.7g}" for name in names] for i in range(3)]
    text = "\n".join(
        ",".join(line) for line in [[*names, "x"], *([*r, "?"] for r in lines)]
    )
    (tmp_path / "new.csv").write_text(text)
    out = tmp_path / "out.csv"
    ranvier("predict", folder, tmp_path / "new.csv", "--out", out)
    found = [float(row["progression"]) for row in rows_of(out.read_text())]
    np.testing.assert_allclose(found, guesses[:3], rtol=1e-5)
    told = json.loads(ranvier("predict", folder, tmp_path / "new.csv", "--json").stdout)
    assert told["target"] == "progression"
    assert told["predictions"][0]["progression"] == pytest.approx(found[0], rel=1e-5)


def test_the_preparation_lies_in_the_model_s_file(
    on_table: tuple[Path, Result],
) -> None:
    folder, _ = on_table
    path = folder / "model.safetensors"
    assert set(safetensors.read(path)) == {
        f"{i}.{what}" for i in (0, 2, 4) for what in ("weight", "bias")
    }
    facts = json.loads(safetensors.metadata(path)["ranvier.network"])
    assert facts["kind"] == "table"
    assert facts["table"]["target"]["name"] == "progression"
    assert facts["table"]["numbers"][:2] == ["age", "sex"]


def test_what_predict_refuses_and_says(
    ranvier: Command, on_table: tuple[Path, Result], tmp_path: Path
) -> None:
    folder, _ = on_table
    head = "age,sex,bmi,bp,s1,s2,s3,s4,s5,s6"
    row = "59,2,32.1,101,157,93.2,38,4,4.8598,87"
    path = tmp_path / "new.csv"
    for text, words in (
        (f"{head.replace('bmi', 'bmj')}\n{row}", "there is no column 'bmi'; did you mean 'bmj'"),
        (f"{head}\n{row.replace('101', 'high')}", "line 2, column 'bp': 'high' is not a number"),
        (f"{head}\n{row},7", "line 2: 11 cells"),
        (f"{head}\n{row.replace('101', 'inf')}", "line 2, column 'bp': inf"),
    ):  # fmt: skip
        path.write_text(text)
        assert words in ranvier("predict", folder, path, status=1).stderr
    path.write_text(f"{head}\n{row.replace('101', '')}\n")
    result = ranvier("predict", folder, path)
    assert "'bp': 1 missing values became the median" in result.stderr
    assert len(rows_of(result.stdout)) == 1
    assert "is a folder" in ranvier("predict", folder, tmp_path, status=1).stderr


def test_classes(ranvier: Command, tmp_path: Path) -> None:
    out = tmp_path / "run"
    words = ("train", CANCER, "--target", "diagnosis", "--epochs", 10, "--lr", 0.01)
    result = ranvier(*words, "--drop", "mean area", "--out", out, "--json")
    told = json.loads(result.stdout)
    assert told["test"]["accuracy"] > 0.9 > told["test"]["baseline_accuracy"]
    assert "into 2 classes: benign, malignant" in result.stderr
    assert "every class in its share" in result.stderr
    assert "left out: 'mean area' (as asked)" in result.stderr
    answers = rows_of(ranvier("predict", out, CANCER).stdout)
    truth = read_csv(CANCER)["diagnosis"].tolist()
    right = [a["diagnosis"] == t for a, t in zip(answers, truth, strict=True)]
    assert np.mean(right) > 0.9
    assert all(0.5 <= float(answer["probability"]) <= 1 for answer in answers)
    assert "in Chinese" not in result.stderr


def test_numbers_that_are_names(ranvier: Command, tmp_path: Path) -> None:
    zips = ["01067", "80331", "10115"]
    rows = [f"{zips[i % 3]},{i % 7},{i % 3 == 1}" for i in range(90)]
    path = tmp_path / "zips.csv"
    path.write_text("\n".join(["zip,x,in", *rows]))
    words = ("train", path, "--target", "in", "--categories", "zip", "--lr", 0.01)
    out = tmp_path / "run"
    ranvier(*words, "--epochs", 20, "--out", out, "--quiet")
    facts = json.loads(
        safetensors.metadata(out / "model.safetensors")["ranvier.network"]
    )
    assert facts["table"]["categories"][0][1]["names"] == sorted(zips)
    answers = rows_of(ranvier("predict", out, path).stdout)
    assert [a["in"] for a in answers[:3]] == ["False", "True", "False"]


def test_a_damaged_preparation_is_named(
    ranvier: Command, on_table: tuple[Path, Result], tmp_path: Path
) -> None:
    path = on_table[0] / "model.safetensors"
    facts = json.loads(safetensors.metadata(path)["ranvier.network"])
    facts["table"]["impute"] = None
    header = {"ranvier.network": json.dumps(facts)}
    safetensors.save(safetensors.read(path), tmp_path / "m.safetensors", header)
    result = ranvier("predict", tmp_path / "m.safetensors", CANCER, status=1)
    assert "m.safetensors: the table's preparation is damaged" in result.stderr


def test_it_goes_on_and_repeats(ranvier: Command, tmp_path: Path) -> None:
    words = ("train", CANCER, "--target", "diagnosis", "--seed", 4)
    ranvier(*words, "--epochs", 4, "--out", tmp_path / "a", "--quiet")
    ranvier(*words, "--epochs", 2, "--out", tmp_path / "b", "--quiet")
    ranvier("resume", tmp_path / "b", "--epochs", 4, "--quiet")
    a, b = (safetensors.read(tmp_path / n / "model.safetensors") for n in "ab")
    for name, array in a.items():
        np.testing.assert_array_equal(array, b[name])


def test_rows_in_order_of_time_have_one_more_baseline(
    ranvier: Command, tmp_path: Path
) -> None:
    table = tmp_path / "days.csv"
    rows = (f"{i},{i % 7},{np.sin(i / 9) + i:.4f}" for i in range(120))
    table.write_text("\n".join(["day,weekday,count", *rows]))
    out = tmp_path / "run"
    words = ("train", table, "--target", "count", "--time", "day", "--epochs", 2)
    result = ranvier(*words, "--out", out, "--json")
    told = json.loads(result.stdout)["test"]
    assert 0.8 < told["persistence_rmse"] < 1.2 < told["baseline_rmse"]
    assert "as the row before gets" in result.stderr
    assert "| baseline: as the row before |" in (out / "report.md").read_text("utf-8")


def test_in_chinese(ranvier: Command, tmp_path: Path) -> None:
    words = ("train", CANCER, "--target", "diagnosis", "--epochs", 1, "--lang", "zh")
    result = ranvier(*words, "--out", tmp_path / "run")
    for part in ("表格：569 行", "做分类", "按类别分层随机划分，种子 0"):
        assert part in result.stdout


# ---- pictures ------------------------------------------------------------------------


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sixty zeros and sixty ones as files."""
    root = tmp_path_factory.mktemp("pictures")
    data = load("digits")
    for digit, name in enumerate(("zero", "one")):
        (root / name).mkdir()
        rows = np.flatnonzero(data.arrays[1] == digit)[:60]
        for row in rows:
            pixels = (data.arrays[0][row].reshape(8, 8) * 15).astype(np.uint8)
            Image.fromarray(pixels).save(root / name / f"{row}.png")
    return root


def test_a_folder_of_class_folders(
    ranvier: Command, pictures: Path, tmp_path: Path
) -> None:
    out = tmp_path / "run"
    words = ("train", pictures, "--epochs", 10, "--lr", 0.01, "--augment")
    result = ranvier(*words, "--out", out, "--json")
    told = json.loads(result.stdout)
    assert told["test"]["accuracy"] > 0.9
    assert told["augment"] is True
    assert "2 classes: one, zero" in result.stderr
    found = json.loads(ranvier("predict", out, pictures / "zero", "--json").stdout)
    right = [answer["class"] == "zero" for answer in found["predictions"]]
    assert len(right) == 60 and np.mean(right) > 0.9
    wrong = ranvier("predict", out, CANCER, pictures / "one", status=1)
    assert "is not a picture" in wrong.stderr and "one.png" not in wrong.stderr
    ranvier("predict", out, pictures / "one", "--out", "a.csv", status=2)


# ---- wrong usage ---------------------------------------------------------------------

# fmt: off
WRONG = [
    (("none.csv",),                              2, "there is no file and no folder 'none.csv'"),
    (("digts",),                                 2, "did you mean 'digits'"),
    (("digits", "--target", "a"),                2, "--target is for a table"),
    (("{csv}",),                                 2, "which column is to be predicted? Add --target NAME"),
    (("{csv}", "--target", "diagnosi"),          2, "did you mean 'diagnosis'"),
    (("{csv}", "--target", "diagnosis", "--task", "clasification"), 2, "did you mean 'classification'"),
    (("{csv}", "--target", "diagnosis", "--task", "regression"), 1, "regression needs numbers"),
    (("{csv}", "--target", "diagnosis", "--model", "3-2"), 2, "Use 30-2"),
    (("{csv}", "--target", "diagnosis", "--size", "8"), 2, "--size is for pictures"),
    (("{csv}", "--target", "diagnosis", "--augment"),  2, "--augment is for pictures"),
    (("{pictures}", "--target", "a"),            2, "--target is for a table"),
    (("{bad}", "--target", "a"),                 1, "bad.csv, line 3: 1 cells"),
    (("{one}", "--target", "a"),                 1, "'a' is 'x' in every row"),
    (("{pictures}/one",),                        1, "there are no class folders (60 pictures"),
    (("{text}", "--target", "a"),                1, "line 4, column 'b': 'many' is not a number"),
]
# fmt: on


@pytest.mark.parametrize(("words", "status", "message"), WRONG)
def test_wrong_usage(
    ranvier: Command,
    pictures: Path,
    tmp_path: Path,
    words: tuple[str, ...],
    status: int,
    message: str,
) -> None:
    (tmp_path / "bad.csv").write_text("a,b\n1,2\n3\n")
    (tmp_path / "one.csv").write_text("a,b\n" + "x,2\n" * 9)
    (tmp_path / "text.csv.gz").write_bytes(gzip.compress(b"a,b\n1,2\n2,3\n1,many\n"))
    places = {
        "csv": CANCER,
        "pictures": pictures,
        "bad": tmp_path / "bad.csv",
        "one": tmp_path / "one.csv",
        "text": tmp_path / "text.csv.gz",
    }
    out = tmp_path / "run"
    given = [word.format(**places) for word in words]
    result = ranvier("train", *given, "--out", out, status=status)
    assert message in " ".join(result.stderr.split())
    assert not out.exists()
