"""Which experiments there are: every file of a chapter's folder is one."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from ranvier.atomic import make_folder, write_bytes
from ranvier.course.texts import Texts, load
from ranvier.errors import FileError, UnknownNameError, ValueRangeError, nearest

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
    def module(self) -> str | None:
        """The name of its module; None for a file of the user's own."""
        if self.path.parent.parent != HERE:
            return None
        return f"ranvier.course.{self.path.parent.name}.{self.path.stem}"

    def texts(self, lang: str = "en") -> Texts:
        return load(self.path.with_suffix(".toml"), lang)


def named(match: re.Match[str], path: Path) -> Row:
    letter, number, name = match.groups()
    return Row(f"{letter.upper()}{number}", name.replace("_", "-"), path)


@cache
def rows() -> tuple[Row, ...]:
    """All experiments, in the order of the lectures."""
    found = []
    for folder, *_ in CHAPTERS.values():
        for path in (HERE / folder).glob("*.py"):
            match = FILE.fullmatch(path.name)
            if match is not None:
                found.append(named(match, path))
    return tuple(sorted(found, key=lambda row: (row.chapter, int(row.id[1:]))))


def find(wanted: str) -> list[Row]:
    """The rows of an id ("E3"), a name ("xor-bpnn"), a chapter ("E"), "all", or a file
    that `copy` made ("./e3_xor_bpnn.py").

    >>> [row.id for row in find("gates-by-weights")]
    ['A3']

    Raises UnknownNameError: there is none; FileError: no such file.
    """
    word = wanted.strip().lower()
    if word.endswith(".py"):
        return [row_of(Path(wanted.strip()))]
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


def row_of(path: Path) -> Row:
    """A file of the user's own, with its texts beside it.

    Raises FileError: one of the two is not there; ValueRangeError: its name is not
        one of an experiment.
    """
    match = FILE.fullmatch(path.name)
    if match is None and path.is_file():
        raise ValueRangeError(
            f"course: {path.name} is not named as experiments are, such as "
            "e3_xor_bpnn.py. `ranvier course copy E3` makes one."
        )
    for file in (path, path.with_suffix(".toml")):
        if not file.is_file():
            raise FileError(
                f"course: there is no file {file}. An experiment is a .py file and a "
                ".toml file with its texts; `ranvier course copy E3` makes both."
            )
    assert match is not None, "looked at above"
    return named(match, path.resolve())


def copy(name: str, folder: Path) -> list[Path]:
    """Copy experiments into a folder, to be changed there: code, texts, and what else
    lies beside them.

    Raises UnknownNameError: there is none; FileError: the folder cannot be written, or
        holds such a file already.
    """
    make_folder(folder)
    found = [(row.path.parent, f"{row.id.lower()}_*") for row in find(name)]
    files = [f for place, names in found for f in sorted(place.glob(names))]
    for file in files:
        if (folder / file.name).exists():
            raise FileError(
                f"course: {folder / file.name} is there already and may hold your "
                "changes. Rename it, or choose another folder with --out."
            )
    for file in files:
        write_bytes(folder / file.name, file.read_bytes())
    return [folder / file.name for file in files]
