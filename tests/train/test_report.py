"""report.md, in both languages, for every way a run can end."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from ranvier.train.report import Facts, report

HISTORY = {
    "train_loss": np.array([0.5, 0.3, 0.2, 0.1]),
    "val_loss": np.array([0.45, 0.31, 0.4, 0.5]),
    "train_accuracy": np.array([0.8, 0.9, 0.95, 0.99]),
    "val_accuracy": np.array([0.82, 0.88, 0.87, 0.86]),
}


def facts(**others: Any) -> Facts:
    usual: dict[str, Any] = {
        "name": "mnist",
        "model": "784-10-10",
        "parameters": 7960,
        "sizes": {"training set": 55000, "validation set": 5000, "test set": 10000},
        "settings": {"optimizer": "adam", "learning rate": 0.001, "seed": 0},
        "history": HISTORY,
        "best_epoch": 2,
        "stopped_because": "patience",
        "seconds": 3.14,
        "test": {"accuracy": 0.9321, "loss": 0.2, "baseline_accuracy": 0.1135},
        "linear": 0.92,
        "majority": "1",
        "command": "ranvier train mnist --seed 0",
        "pictures": ["curves.png"],
    }
    return Facts(**(usual | others))


def test_a_whole_report() -> None:
    text = report(facts())
    lines = text.splitlines()
    assert lines[0] == "# Training on mnist"
    for line in (
        "| this model (784-10-10) | 93.21% |",
        "| linear model (softmax regression) | 92.00% |",
        "| baseline: always “1” | 11.35% |",
        "![](curves.png)",
        "- model: 784-10-10, 7,960 parameters",
        "- learning rate: 0.001",
        "- stopped because: early stopping: the validation loss no longer fell",
        "| **2** | 0.3000 | 0.3100 | 90.00% | 88.00% |",
        "ranvier train mnist --seed 0",
    ):
        assert line in lines
    assert "The weights of epoch 2" in text
    assert "overfitting" in text


@pytest.mark.parametrize("val", [[0.45, 0.31, 0.4], [0.45, 0.31, 0.4, 0.35]])
def test_one_epoch_up_is_no_overfitting(val: list[float]) -> None:
    history = {"val_loss": val, "train_loss": [0.5, 0.3, 0.2, 0.1][: len(val)]}
    assert "overfitting" not in report(facts(history=history))


def test_in_chinese() -> None:
    text = report(facts(), "zh")
    terms = (
        "训练集",
        "验证集",
        "测试集",
        "损失",
        "准确率",
        "学习率",
        "早停",
        "过拟合",
        "轮",
        "基线",
    )
    assert [term for term in terms if term not in text] == []


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_an_interrupted_run_says_so(lang: str) -> None:
    text = report(facts(stopped_because="interrupted", test=None, pictures=[]), lang)
    assert {"en": "**Interrupted**; finished epochs: 4", "zh": "训练被中断"}[
        lang
    ] in text
    assert "93.21%" not in text


def test_a_run_that_exploded_says_so() -> None:
    text = report(facts(stopped_because="not finite", test=None, error="step 7: NaN"))
    assert "**Stopped** because the loss was no longer a finite number: step 7" in text


def test_nothing_learned_yet() -> None:
    empty = facts(history={}, best_epoch=0, test=None, stopped_because="interrupted")
    assert "finished epochs: 0" in report(empty)
