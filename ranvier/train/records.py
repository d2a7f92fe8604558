"""What two runs are compared by: settings and figures of a Run, or of a run's folder.

Made from a Run of this process, a folder that `ranvier train` left, or a folder of
checkpoints of `rv.fit(..., checkpoint=…)`; eaten by `compare`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import ranvier.train.checkpoint as checkpoint
from ranvier.errors import DTypeError, FileError
from ranvier.train.described import configuration, task_of
from ranvier.train.doctor import Diagnosis
from ranvier.train.history import HISTORY, History, at_best, of_seeds, read_history
from ranvier.train.run import Run

USUAL: Final = re.compile(r"\b(in|out)_(features|channels)=|, bias=True")
ASIDE: Final = ("ranvier", "task", "parameters", "rows")


@dataclass(frozen=True)
class Record:
    """One run.

    task: data, target and kind ("classification", "regression"); None is not known.
    settings: by name. figures: by name, in the order in which they are shown.
    tested: stands for the rows of the test; "" where nothing was tested.
    """

    name: str
    task: dict[str, str | None]
    settings: dict[str, Any]
    figures: dict[str, Any]
    history: dict[str, Any]
    tested: str = ""
    folder: Path | None = field(default=None, compare=False)


def record_of(run: Any, name: str) -> Record:
    """The record of a Run or of a folder.

    Raises DTypeError: neither; FileError: no run there, damaged, of another version.
    """
    if isinstance(run, Run):
        return of_run(run, name)
    if not isinstance(run, str | Path):
        raise DTypeError(
            f"compare: {run!r:.40} is a {type(run).__name__}; expected a Run, as "
            "rv.fit returns it, or the folder of one."
        )
    folder = Path(run)
    if (folder / HISTORY).is_file():
        try:
            return of_folder(folder, name)
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            raise FileError(
                f"compare: {folder / HISTORY} cannot be used: it is damaged "
                f"({error!r})."
            ) from None
    if (folder / checkpoint.LATEST).is_file():
        return of_checkpoint(folder, name)
    raise FileError(
        f"compare: {folder} is not the folder of a run: it holds neither {HISTORY}, "
        f"which `ranvier train` leaves, nor {checkpoint.LATEST}, which "
        f"rv.fit(..., checkpoint=…) leaves. {of_seeds(folder)}".rstrip()
    )


def of_run(run: Run, name: str) -> Record:
    """A Run of this process."""
    settings: dict[str, Any] = dict(getattr(run, "settings", {}))
    task: dict[str, str | None] = {}
    if run._recording is not None:
        plan = run._recording.loop.plan
        settings |= settings_of(configuration(plan), plan.optimizer.state_dict())
        task = task_of(plan)
    figures = {
        **at_best(run.history, run.best_epoch),
        "best_epoch": run.best_epoch,
        "epochs_run": run.epochs,
        "parameters": sum(p.numel() for p in run.model.parameters()),
        "seconds": run.seconds,
        "stopped_because": run.stopped_because,
        "doctor": None if run._evidence is None else seen_in(run.doctor()),
    }
    return Record(name, task, settings, figures, run.history)


def of_folder(folder: Path, name: str) -> Record:
    """What `ranvier train` left."""
    content = read_history(folder)
    found = content["history"]
    if not found.get("train_loss"):
        raise FileError(
            f"compare: {folder} holds a run without a finished epoch. Finish it with "
            f"`ranvier resume {folder}`."
        )
    history = History.of(found).arrays()
    about, test = content.get("about", {}), content.get("test") or {}
    settings = {k: v for k, v in content["settings"].items() if k != "data"}
    for part, rows in about.get("rows", {}).items():
        settings[part] = rows
    doctor = content.get("doctor") or {}
    linear = ("linear_accuracy", "linear_rmse")
    figures: dict[str, Any] = {
        **at_best(history, content["best_epoch"]),
        **{f"test_{key}": value for key, value in test.items()},
        **{key: content[key] for key in linear if key in content},
        "best_epoch": content["best_epoch"],
        "epochs_run": len(found["train_loss"]),
        "parameters": about.get("parameters"),
        "seconds": content["seconds"],
        "stopped_because": content["stopped_because"],
        "doctor": seen_in(Diagnosis.of(doctor)) if doctor else None,
    }
    tested = about.get("tested", "") if test else ""
    return Record(
        name, about.get("task", {}), settings, figures, history, tested, folder
    )


def seen_in(found: Diagnosis) -> list[str] | None:
    """What the doctor found; None where he had no readings and found nothing."""
    blind = "readings" in found.not_looked_at.values()
    return None if blind and not found.names else found.names


def of_checkpoint(folder: Path, name: str) -> Record:
    """What `rv.fit(..., checkpoint=folder)` left; the time is not in it."""
    state = checkpoint.load_latest(folder)
    known, history = state["configuration"], state["history"]
    best = state["stopping"]["best_epoch"] or state["epoch"]
    figures = {
        **at_best(history, best),
        "best_epoch": best,
        "epochs_run": state["epoch"],
        "parameters": known.get("parameters"),
        "seconds": None,
        "stopped_because": None,
        "doctor": None,
    }
    settings = settings_of(known, state["optimizer"])
    task = known.get("task") or {}
    return Record(name, task, settings, figures, history, folder=folder)


def settings_of(
    known: Mapping[str, Any], optimizer: Mapping[str, Any]
) -> dict[str, Any]:
    """The arguments of `rv.fit` a row each, a layer of the model a row, too."""
    found = {key: value for key, value in known.items() if key not in ASIDE}
    found |= known.get("rows", {})
    found |= layers_of(found.pop("model", ""))
    for number, group in enumerate(optimizer["param_groups"]):
        where = f" (group {number + 1})" if number else ""
        options = {k: v for k, v in group.items() if k not in ("params", "initial_lr")}
        options["lr"] = group.get("initial_lr", group["lr"])
        found |= {f"{key}{where}": value for key, value in options.items()}
    return found


def layers_of(text: str) -> dict[str, str]:
    """A model as it prints itself, a layer a row.

    >>> layers_of("Sequential(\\n  (0): Linear(2, 1)\\n  (1): ReLU()\\n)")
    {'layer 0': 'Linear(2, 1)', 'layer 1': 'ReLU()'}
    >>> layers_of("S(\\n  (0): Linear(in_features=2, out_features=1, bias=True)\\n)")
    {'layer 0': 'Linear(2, 1)'}
    """
    head, *lines = text.splitlines() or [""]
    if not lines:
        return {"model": head} if head else {}
    found: dict[str, str] = {}
    path: list[str] = []
    for line in lines:
        name, colon, told = line.strip().partition("): ")
        if not colon or not name.startswith("("):
            continue
        depth = (len(line) - len(line.lstrip())) // 2 - 1
        path = [*path[:depth], name[1:]]
        if not told.endswith("("):
            found[f"layer {'.'.join(path)}"] = USUAL.sub("", told)
    return found
