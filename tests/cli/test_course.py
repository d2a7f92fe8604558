"""`ranvier course`: the list, a run, the code, and what goes wrong."""

import json

import pytest
from click.testing import CliRunner

from ranvier.cli import main
from ranvier.course import play as playing


def ranvier(*arguments):
    return CliRunner().invoke(main, ["course", *arguments])


def test_the_list_names_every_row():
    done = ranvier()
    assert done.exit_code == 0
    assert "A3" in done.output and "gates-by-weights" in done.output
    listed = json.loads(ranvier("--json").stdout)["rows"]
    assert {"id": "A3", "name": "gates-by-weights"}.items() <= listed[0].items() or any(
        row["id"] == "A3" for row in listed
    )


def test_a_run_prints_its_claims(tmp_path):
    done = ranvier("run", "a3", "--out", str(tmp_path), "--lang", "zh")
    assert done.exit_code == 0
    assert "成立" in done.output
    assert (tmp_path / "A3" / "a3.png").exists()


def test_a_claim_that_fails_gives_status_1(tmp_path, monkeypatch):
    monkeypatch.setattr(playing.Experiment, "claim", failing)
    done = ranvier("run", "A3", "--out", str(tmp_path), "--json")
    assert done.exit_code == 1
    assert json.loads(done.stdout)["course"][0]["holds"] is False


def failing(self, key, holds, **values):
    self.claims.append(playing.Claim(key, "no", False))


def test_the_code_is_printed():
    done = ranvier("show", "A3")
    assert "def experiment(e)" in done.output


@pytest.mark.parametrize("command", [("run", "Z9"), ("show", "Z9"), ("copy", "Z9")])
def test_an_unknown_row(command):
    done = ranvier(*command)
    assert done.exit_code == 2
    assert "there is no experiment 'Z9'" in done.output


def test_a_copy_is_changed_and_run(tmp_path):
    done = ranvier("copy", "A3", "--out", str(tmp_path))
    assert done.exit_code == 0
    code = tmp_path / "a3_gates_by_weights.py"
    assert f"ranvier course run {code}" in done.output
    code.write_text(code.read_text("utf-8").replace("gate(-3,", "gate(-5,"), "utf-8")
    assert ranvier("run", "A3", "--out", str(tmp_path)).exit_code == 0
    done = ranvier("run", str(code), "--out", str(tmp_path))
    assert done.exit_code == 1
    assert "FAILS: AND" in done.output
    done = ranvier("copy", "A3", "--out", str(tmp_path))
    assert done.exit_code == 1
    assert "may hold your changes" in done.output


def test_a_file_that_is_no_experiment(tmp_path):
    named, code = tmp_path / "mine.py", tmp_path / "a3_mine.py"
    assert "there is no file" in ranvier("run", str(named)).output
    named.write_text("x = 1\n")
    done = ranvier("run", str(named))
    assert done.exit_code == 2
    assert "mine.py is not named as experiments are" in done.output
    code.write_text("x = 1\n")
    assert "there is no file" in ranvier("run", str(code)).output
    ranvier("copy", "A3", "--out", str(tmp_path))
    (tmp_path / "a3_gates_by_weights.toml").rename(tmp_path / "a3_mine.toml")
    done = ranvier("run", str(code), "--out", str(tmp_path))
    assert done.exit_code == 1
    assert "a3_mine.py has no function experiment(e)" in done.output
