"""The doctor: every sickness is named, no healthy training is accused."""

from __future__ import annotations

import json
import re
import string
import warnings

import doctor_cases
import numpy as np
import pytest
from doctor_cases import DIGITS, HEALTHY, SICK, mlp, run

import ranvier as rv
from ranvier import nn, optim
from ranvier.errors import StateError
from ranvier.train.doctor import Diagnosis, Finding, Visits
from ranvier.train.doctor.diagnosis import RULES
from ranvier.train.doctor.texts import PHRASES, SENTENCES
from ranvier.train.run import Run
from ranvier.train.words import LANGUAGES


@pytest.mark.parametrize("case", SICK, ids=lambda case: case.name)
def test_a_sickness_is_named(case: doctor_cases.Case) -> None:
    with warnings.catch_warnings():  # softmax before its loss is warned of, too
        warnings.simplefilter("ignore")
        diagnosis = case.train(0).doctor()
    assert case.expected in diagnosis.names, diagnosis.text()
    assert case.expected not in diagnosis.not_seen
    for finding in diagnosis:
        for lang in LANGUAGES:
            text = finding.text(lang)
            assert len(text.splitlines()) == 4
            assert not re.search(r"\{|\bnan\b", text), text


@pytest.mark.parametrize("case", HEALTHY, ids=lambda case: case.name)
def test_a_healthy_training_is_not_accused(case: doctor_cases.Case) -> None:
    diagnosis = case.train(0).doctor()
    assert not diagnosis.names, diagnosis.text()


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1, 11))
def test_with_other_seeds(seed: int) -> None:
    wrong = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for case in SICK + HEALTHY:
            names = case.train(seed).doctor().names
            if case.expected not in names if case.expected else names:
                wrong.append((case.name, names))
    assert not wrong


def test_every_rule_has_a_case_and_sentences() -> None:
    assert len(SICK) >= 15
    assert len(HEALTHY) >= 15
    assert {case.expected for case in SICK} == set(RULES) == set(SENTENCES)
    assert set(RULES) < set(PHRASES)


@pytest.mark.parametrize("name", SENTENCES)
def test_both_languages_say_the_same_numbers(name: str) -> None:
    for en, zh in SENTENCES[name]:
        fields = [
            sorted({f for _, f, *_ in string.Formatter().parse(text) if f})
            for text in (en, zh)
        ]
        assert fields[0] == fields[1]


def test_a_finding_says_what_was_measured_where_and_what_to_do() -> None:
    found = run(0, mlp(0, 64, 24, 10), *DIGITS, optimizer=optim.SGD, lr=30).doctor()
    dead = next(f for f in found if f.name == "dead_relu")
    assert dead.layer == "1 (ReLU)"
    assert dead.threshold == 0.75
    assert 1 < dead.step < 48
    assert f"step {dead.step} to step {dead.values['until']}" in dead.measured
    assert "of 24 units" in dead.measured
    assert "LeakyReLU" in dead.remedy
    assert "no gradient" in dead.reason


def test_what_is_absent_was_not_seen() -> None:
    diagnosis = run(0, mlp(0, 64, 24, 10), DIGITS[0]).doctor()
    text = str(diagnosis)
    assert text.startswith("Not seen, which is no proof of absence:")
    assert "Not looked for: " in text
    assert "overfitting" in diagnosis.not_looked_at
    assert "overfitting" not in diagnosis.not_seen
    assert "未见到（不等于没有）" in diagnosis.text("zh")


def test_without_readings_the_layers_are_not_looked_at() -> None:
    blind = run(0, mlp(0, 64, 24, 10), *DIGITS, doctor=False).doctor()
    assert blind.not_looked_at["dead_relu"] == "readings"
    model = mlp(0, 64, 24, 10)
    watch = rv.Watch(every=4, layers=model)
    seen = run(0, model, *DIGITS, watch=watch).doctor()
    assert not seen.not_looked_at.keys() & {"dead_relu", "vanishing_gradients"}


def test_a_diagnosis_is_kept_as_json() -> None:
    found = run(0, mlp(0, 64, 24, 10), *DIGITS, optimizer=optim.SGD, lr=30).doctor()
    kept = Diagnosis.of(json.loads(json.dumps(found.as_dict())))
    assert kept.text() == found.text()
    assert kept.text("zh") == found.text("zh")
    kept = Diagnosis.of({"findings": [{"name": "of tomorrow"}], "not_looked_at": {}})
    assert kept.names == []


def test_the_doctor_changes_nothing() -> None:
    a = run(0, mlp(0, 64, 24, 10), *DIGITS)
    b = run(0, mlp(0, 64, 24, 10), *DIGITS, doctor=False)
    for name in ("train_loss", "val_loss"):
        np.testing.assert_array_equal(a.history[name], b.history[name])


def test_a_run_that_fit_did_not_make() -> None:
    with pytest.raises(StateError, match=r"not made by rv\.fit"):
        Run(None, {}, 0, "epochs", 0.0).doctor()


def test_visits_begin_with_the_first_step() -> None:
    visits = Visits(nn.Linear(1, 1), steps=100_000, epoch=None)
    assert (visits.every, visits.first()) == (250, 0)
    visits.done = 251  # the next native call begins with step 252
    assert visits.done + visits.first() == 500


def test_findings_are_told_apart() -> None:
    a = Finding("underfitting", values={"loss": 1.0})
    assert a == Finding("underfitting", values={"loss": 1.0})
