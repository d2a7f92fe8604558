"""What happened, epoch by epoch: plain columns of numbers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np

from ranvier.atomic import write_text
from ranvier.errors import FileError
from ranvier.plain import plain
from ranvier.version import version

Array = np.ndarray[Any, Any]
NORMS = "gradient_norms"
PARTS: Final = ("train_", "val_")
HISTORY: Final = "history.json"
FORMAT: Final = 1  # of that file: another one is not read


class History:
    """Columns that grow with the epochs, and gradient norms where measured.

    `gradient_epochs` says after which epochs (from 1) the norms were measured.
    """

    def __init__(self) -> None:
        self.columns: dict[str, list[float]] = {}
        self.norms: dict[str, list[float]] = {}
        self.norm_epochs: list[int] = []

    def extend(self, columns: Mapping[str, Any]) -> None:
        """The numbers of some epochs, one or more in each column."""
        for name, values in columns.items():
            self.columns.setdefault(name, []).extend(np.asarray(values).tolist())

    def last(self) -> dict[str, float]:
        """The last epoch's numbers."""
        return {name: column[-1] for name, column in self.columns.items()}

    def add_norms(self, epoch: int, norms: Mapping[str, float]) -> None:
        """The length of the gradient of every parameter after an epoch."""
        self.norm_epochs.append(epoch)
        for name, value in norms.items():
            self.norms.setdefault(name, []).append(float(value))

    def until(self, epoch: int) -> History:
        """The history of the first epochs.

        >>> history = History()
        >>> history.extend({"train_loss": [0.5, 0.25]})
        >>> history.until(1).columns
        {'train_loss': [0.5]}
        """
        cut = History()
        cut.columns = {name: values[:epoch] for name, values in self.columns.items()}
        cut.norm_epochs = [e for e in self.norm_epochs if e <= epoch]
        cut.norms = {n: v[: len(cut.norm_epochs)] for n, v in self.norms.items()}
        return cut

    def __len__(self) -> int:
        """Epochs in it."""
        return max((len(column) for column in self.columns.values()), default=0)

    def arrays(self) -> dict[str, Any]:
        """`run.history`: a dict of arrays, and one of gradient norms by parameter."""
        columns: dict[str, Any] = {k: np.array(v) for k, v in self.columns.items()}
        columns["gradient_epochs"] = np.array(self.norm_epochs, np.int64)
        columns[NORMS] = {name: np.array(v) for name, v in self.norms.items()}
        return columns

    @classmethod
    def of(cls, arrays: Mapping[str, Any]) -> History:
        """The history that `arrays()` came from.

        >>> history = History()
        >>> history.extend({"train_loss": [0.5]})
        >>> History.of(history.arrays()).columns
        {'train_loss': [0.5]}
        """
        history = cls()
        for name, values in arrays.items():
            if name == NORMS:
                history.norms = {k: np.asarray(v).tolist() for k, v in values.items()}
            elif name == "gradient_epochs":
                history.norm_epochs = np.asarray(values).tolist()
            else:
                history.columns[name] = np.asarray(values).tolist()
        return history


def at_best(history: Mapping[str, Any], best: int) -> dict[str, float]:
    """Losses and metrics of the epoch whose weights were kept."""
    columns = {k: np.asarray(v) for k, v in history.items() if k.startswith(PARTS)}
    return {
        name: float(column[best - 1])
        for name, column in columns.items()
        if 0 < best <= len(column)
    }


def of_seeds(folder: Path) -> str:
    """Which run is meant, of a folder that holds those of several seeds; "" of another.

    >>> of_seeds(Path("nowhere"))
    ''
    """
    inside = sorted(folder.glob("seed-*"))
    if not inside:
        return ""
    return f"It holds runs of several seeds; name one of them: {inside[0]}."


def write_history(path: Path, arrays: Mapping[str, Any], **facts: Any) -> None:
    """history.json: the columns, and facts about the run beside them."""
    origin = {"format": FORMAT, "ranvier": version()}
    content = plain({**origin, **facts, "history": arrays})
    write_text(path, json.dumps(content, indent=1, ensure_ascii=False) + "\n")


def read_history(run: Path) -> dict[str, Any]:
    """What `write_history` wrote into the folder of a run.

    Raises FileError: no run there, of another version, or damaged.
    """
    path = run / HISTORY
    if not path.is_file():
        raise FileError(
            f"{run} is not the folder of a run: {HISTORY} is missing. "
            + (of_seeds(run) or "`ranvier train` leaves one in runs/.")
        )
    try:
        content: dict[str, Any] = json.loads(path.read_text("utf-8"))
        dict(content["settings"]), dict(content["history"])
        origin, number = content.get("ranvier"), content.get("format")
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise FileError(f"{path} cannot be used: it is damaged ({error}).") from None
    if number != FORMAT:
        by = f"ranvier {origin}" if origin else "a ranvier that did not say its version"
        raise FileError(
            f"{path} was left by {by}, in format {number}; ranvier {version()} reads "
            f"format {FORMAT}. Use that version for it, or train again."
        )
    return content
