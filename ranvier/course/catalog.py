"""Which experiments there are: every file of a chapter's folder is one."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from ranvier.course.texts import Texts, load
from ranvier.errors import UnknownNameError, nearest

HERE: Final = Path(__file__).parent
FILE: Final = re.compile(r"([a-k])(\d+)_(\w+)\.py")
CHAPTERS: Final = {
    # letter: folder, title in English and Chinese
    "A": ("a_neurons", "Neurons and gates", "神经元与逻辑门"),
    "B": ("b_activations", "Activations", "激活函数"),
    "C": ("c_representation", "What a network can represent", "网络能表示什么"),
    "D": ("d_descent", "Gradient descent", "梯度下降"),
    "E": ("e_backpropagation", "Back-propagation by hand", "手工反向传播"),
    "F": ("f_differentiation", "Automatic differentiation", "自动微分"),
    "G": ("g_losses", "Outputs and losses", "输出与损失函数"),
    "H": ("h_training", "Training a real network", "训练真实的网络"),
    "I": ("i_convolution", "Convolution", "卷积"),
    "J": ("j_memory", "Memory", "记忆"),
    "K": ("k_tasks", "One form, many tasks: f(x)", "一种形式，多种任务：f(x)"),
}


@dataclass(frozen=True)
class Row:
    """One experiment: `id` "E3", `name` "xor-bpnn", and its file."""

    id: str
    name: str
    path: Path

    @property
    def chapter(self) -> str:
        return self.id[0]

    @property
    def module(self) -> str:
        return f"ranvier.course.{self.path.parent.name}.{self.path.stem}"

    def texts(self, lang: str = "en") -> Texts:
        return load(self.path.with_suffix(".toml"), lang)


@cache
def rows() -> tuple[Row, ...]:
    """All experiments, in the order of the lectures."""
    found = []
    for folder, *_ in CHAPTERS.values():
        for path in (HERE / folder).glob("*.py"):
            match = FILE.fullmatch(path.name)
            if match is not None:
                letter, number, name = match.groups()
                key = f"{letter.upper()}{number}"
                found.append(Row(key, name.replace("_", "-"), path))
    return tuple(sorted(found, key=lambda row: (row.chapter, int(row.id[1:]))))


def find(wanted: str) -> list[Row]:
    """The rows of an id ("E3"), a name ("xor-bpnn"), a chapter ("E") or "all".

    >>> [row.id for row in find("gates-by-weights")]
    ['A3']

    Raises UnknownNameError: there is none.
    """
    word = wanted.strip().lower()
    chosen = [
        row
        for row in rows()
        if word in ("all", row.id.lower(), row.name, row.chapter.lower())
    ]
    if not chosen:
        names = [n for row in rows() for n in (row.id, row.name)]
        hint = nearest(wanted, names) or "."
        raise UnknownNameError(
            f"course: there is no experiment '{wanted}'{hint} "
            "`ranvier course` lists them all; a chapter is a letter from A to K."
        )
    return chosen
