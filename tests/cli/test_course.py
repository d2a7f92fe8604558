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


@pytest.mark.parametrize("command", [("run", "Z9"), ("show", "Z9")])
def test_an_unknown_row(command):
    done = ranvier(*command)
    assert done.exit_code == 1
    assert "there is no experiment 'Z9'" in done.output
