"""What a run learns from: a named data set, a table, a folder of pictures."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np

from ranvier import data
from ranvier.cli.settings import Settings
from ranvier.data import CATALOG, transforms
from ranvier.data.dataset import Dataset
from ranvier.data.kept import as_plain
from ranvier.data.splits import sizes_of, stratified_rows
from ranvier.data.target import REGRESSION
from ranvier.errors import DataError, ValueRangeError
from ranvier.train.networks import embedding_dim
from ranvier.train.words import Words

TRAIN, VAL, TEST = PARTS = ("training set", "validation set", "test set")
SHARES: Final = (0.64, 0.16, 0.20)
NAMED, TABLE, PICTURES = "named", "table", "pictures"


@dataclass(frozen=True)
class Material:
    """Three data sets, and what is to be said and kept about them.

    told: (phrase, values) of what was inferred. kept: the preparation of a table.
    categories: how many each of a table's columns of names has.
    """

    kind: str
    name: str
    parts: dict[str, Dataset]
    told: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    kept: dict[str, Any] | None = None
    is_regression: bool = False
    categories: tuple[int, ...] = ()

    @property
    def ends(self) -> tuple[int, int]:
        """The widths of the first and the last layer."""
        train = self.parts[TRAIN]
        inputs = int(np.prod(train.arrays[0].shape[1:]))
        return inputs, 1 if self.is_regression else len(train.classes or ())

    def lines(self, words: Words) -> list[str]:
        """What was inferred, a line each."""
        return [words(phrase, **values) for phrase, values in self.told]


def kind_of(name: str) -> str:
    """Which kind of data a word of the command line means."""
    if name in CATALOG:
        return NAMED
    return PICTURES if Path(name).is_dir() else TABLE


def open_material(given: Settings | dict[str, Any]) -> Material:
    """Read what the settings name; everything that is inferred is put into words.

    Raises DataError, FileError, UnknownNameError, ValueRangeError.
    """
    said = given if isinstance(given, dict) else given.as_dict()
    kind = kind_of(said["data"])
    if kind == NAMED:
        found = named(said["data"])
    elif kind == TABLE:
        found = table(said)
    else:
        found = pictures(said)
    if said.get("augment"):
        found.parts[TRAIN] = augmented(kind, found.parts[TRAIN])
    return found


def refuse_foreign(kind: str, said: dict[str, Any]) -> None:
    """Options that another kind of data has are not passed over."""
    own = {
        "target": TABLE,
        "task": TABLE,
        "drop": TABLE,
        "categories": TABLE,
        "time": TABLE,
        "group": TABLE,
        "embed": TABLE,
        "size": PICTURES,
    }
    wrong = next((o for o, k in own.items() if said.get(o) and k != kind), None)
    if wrong is not None:
        what = {NAMED: "a data set of the list", TABLE: "a table"}
        raise ValueRangeError(
            f"--{wrong} is for {'a table' if own[wrong] == TABLE else 'pictures'}; "
            f"{said['data']} is {what.get(kind, 'a folder of pictures')}. Leave it out."
        )


def named(name: str) -> Material:
    return Material(NAMED, name, parts(data.load(name)))


def table(said: dict[str, Any]) -> Material:
    """A CSV or Parquet file with a column to predict."""
    source = data.as_table(said["data"], text=said.get("categories") or ())
    if not said.get("target"):
        some = ", ".join(source.names[-20:])
        raise ValueRangeError(
            f"{said['data']}: which column is to be predicted? Add --target NAME; the "
            f"columns are {'…, ' * (len(source.names) > 20)}{some}."
        )
    made = data.tabular(
        source,
        said["target"],
        task=said.get("task"),
        seed=said.get("seed") or 0,
        time=said.get("time"),
        group=said.get("group"),
        drop=said.get("drop") or (),
        categories=said.get("categories") or (),
    )
    sets = dict(zip(PARTS, (made.train, made.val, made.test), strict=True))
    sizes = tuple(len(hot.names or ()) for _, hot in made.features.categories)
    told = told_of(source, made, said.get("seed") or 0)
    if said.get("embed"):
        refuse_no_categories(said["data"], sizes)
        dims = ", ".join(str(embedding_dim(size)) for size in sizes)
        told.append(("embedded", {"count": len(sizes), "dims": dims}))
    return Material(
        TABLE,
        made.name,
        sets,
        told,
        as_plain(made.features, made.target),
        made.task == REGRESSION,
        sizes,
    )


def refuse_no_categories(name: str, sizes: tuple[int, ...]) -> None:
    """There is something to embed."""
    if not sizes:
        raise ValueRangeError(
            f"--embed is for columns of names, and {name} has none. Leave it out, or "
            "say which numbers are names: --categories COLUMN."
        )


def told_of(
    source: data.Table, made: data.Tabular, seed: int
) -> list[tuple[str, dict[str, Any]]]:
    """Task, features, what was left out and why, how the rows were divided."""
    goal, features = made.target, made.features
    size = {"rows": len(source), "columns": len(source.names)}
    told: list[tuple[str, dict[str, Any]]] = [("table", size)]
    if goal.classes is None:
        told.append(("regression", {"target": goal.name, "why": goal.why}))
    else:
        names = shortened(goal.classes)
        count = len(goal.classes)
        about = {"target": goal.name, "why": goal.why, "count": count, "names": names}
        told.append(("classification", about))
    counts = {"numbers": len(features.numbers), "texts": len(features.categories)}
    told.append(("features", {**counts, "inputs": features.width}))
    told += [("dropped", {"column": c, "why": w}) for c, w in made.dropped.items()]
    told += [("note", {"note": note}) for note in made.notes]
    told.append((f"split {made.split or 'random'}", {"seed": seed}))
    return told


def shortened(names: Any, most: int = 10) -> str:
    return ", ".join(names[:most]) + ", …" * (len(names) > most)


def pictures(said: dict[str, Any]) -> Material:
    """A folder of class folders; divided by classes where it has no test part."""
    whole = data.image_folder(said["data"], size=said.get("size"), flatten=True)
    seed = said.get("seed") or 0
    shares = SHARES if whole.test is None else (0.8, 0.2)
    refuse_few(whole)
    sizes = sizes_of("train", shares, len(whole))
    rows = stratified_rows(whole.arrays[1], sizes, seed)
    sets = [whole.take(part) for part in rows]
    sets += [] if whole.test is None else [whole.test]
    channels, height, width = whole.image_shape or (0, 0, 0)
    names = whole.classes or []
    told: list[tuple[str, dict[str, Any]]] = [
        ("pictures", {"rows": len(whole), "height": height, "width": width}),
        ("colour" if channels == 3 else "grey", {}),
        ("classes", {"count": len(names), "names": shortened(names)}),
        ("split stratified", {"seed": seed}),
    ]
    return Material(PICTURES, whole.name, dict(zip(PARTS, sets, strict=True)), told)


def refuse_few(whole: Dataset) -> None:
    """Three pictures a class: one to learn from, one to choose by, one to test."""
    counts = np.bincount(whole.arrays[1], minlength=len(whole.classes or ()))
    if counts.min() < 3:
        name = (whole.classes or [])[int(counts.argmin())]
        raise DataError(
            f"{whole.name}: class '{name}' has {counts.min()} pictures; at least 3 are "
            "needed, to learn from, to validate and to test."
        )


def augmented(kind: str, train: Dataset) -> Dataset:
    """Turned by up to 15°, moved by a tenth, a tenth larger or smaller."""
    if kind == TABLE:
        raise ValueRangeError("--augment is for pictures; leave it out for a table.")
    change = transforms.RandomAffine(15, translate=(0.1, 0.1), scale=(0.9, 1.1))
    return train.augmented(change)


def parts(data: Dataset) -> dict[str, Dataset]:
    """Training, validation and test part: 55,000, 5,000 and 10,000 of MNIST.

    The split is the same for every seed: what differs between seeds is the training.
    """
    val = len(data) // 12 if len(data) >= 12_000 else len(data) // 6
    train, validation, test = data.split(len(data) - val, val)
    return {"training set": train, "validation set": validation, "test set": test}
