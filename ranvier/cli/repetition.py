"""`ranvier train … --seeds 5`: the same job with several seeds, a folder each.

    FOLDER/seed-0/ …     complete runs: `predict`, `resume`, `compare`, `doctor`
    FOLDER/seeds.json    settings, seeds, and the figures of all runs
    FOLDER/report.md     each run, mean ± sd

A run's seed is that of its weights and of the order of its mini-batches; of a table and
a folder of pictures it divides the rows, too, so that their spread is in the figures.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from ranvier.atomic import make_folder, write_text
from ranvier.cli.folder import CHECKPOINT, REPORT
from ranvier.cli.job import Job
from ranvier.cli.screen import Screen
from ranvier.cli.settings import Settings, program
from ranvier.cli.texts import TEXTS
from ranvier.errors import FileError, NotFiniteError, ValueRangeError
from ranvier.plain import plain
from ranvier.train.cells import aligned, shown, spread
from ranvier.train.checkpoint import LATEST
from ranvier.train.compare import LABELS
from ranvier.train.history import HISTORY, read_history
from ranvier.train.repeats import Spread
from ranvier.train.words import WORDS, Words

SEEDS: Final = "seeds.json"


@dataclass
class Repetition:
    """Runs of one job, and where they have got to."""

    settings: Settings
    seeds: list[int]
    folder: Path
    screen: Screen
    lang: str
    overwrite: bool = False
    resumes: bool = False

    def __post_init__(self) -> None:
        self.words = Words(self.lang, {**WORDS, **LABELS, **TEXTS})
        self.began = time.perf_counter()

    def run(self) -> str:
        """Every seed that is not finished; "interrupted", or "finished". A run whose
        loss is no longer finite is said and left out.
        """
        make_folder(self.folder)
        self.keep([])
        self.screen.line(self.words("folder", self.folder))
        done: list[dict[str, Any]] = []
        for number, seed in enumerate(self.seeds):
            try:
                reason = self.trained(seed, is_first=number == 0)
            except NotFiniteError as error:
                self.screen.warn(f"seed {seed}: {error}")
                continue
            if reason == "interrupted":
                told = {"done": number, "of": len(self.seeds), "folder": self.folder}
                self.screen.warn(
                    self.words("seeds interrupted", **told, program=program())
                )
                self.conclude(done)
                return "interrupted"
            done.append(self.figures(seed))
            self.screen.line(self.line(done[-1]))
        self.conclude(done)
        return "finished"

    def place(self, seed: int) -> Path:
        return self.folder / f"seed-{seed}"

    def trained(self, seed: int, *, is_first: bool) -> str:
        """Train with a seed, go on where it was stopped, or find it finished."""
        place = self.place(seed)
        is_begun = (place / CHECKPOINT / LATEST).exists() and not self.overwrite
        if is_begun and read_history(place).get("test"):
            return "finished"
        job = Job(
            replace(self.settings, seed=seed),
            place,
            Screen(as_json=False, quiet=True),
            self.lang,
            resumes=is_begun,
            overwrite=not is_begun and (self.overwrite or self.resumes),
        )
        if is_first:
            for line in job.introduction():
                self.screen.line(line)
        return job.run()

    def figures(self, seed: int) -> dict[str, Any]:
        """What a finished run came to."""
        content = read_history(self.place(seed))
        linear = {k: v for k, v in content.items() if k.startswith("linear_")}
        return {
            "seed": seed,
            "run": str(self.place(seed)),
            "test": {**content["test"], **linear},
            "validation": content["validation"],
            "best_epoch": content["best_epoch"],
            "stopped_because": content["stopped_because"],
            "seconds": content["seconds"],
        }

    def line(self, row: dict[str, Any]) -> str:
        """A run in one line."""
        test = row["test"]
        name = "accuracy" if "accuracy" in test else "rmse"
        value = f"{test[name]:.2%}" if name == "accuracy" else shown(test[name])
        facts = {"seed": row["seed"], "best": row["best_epoch"], "value": value}
        what = self.words(f"test_{name}")
        return self.words("seed line", **facts, what=what, seconds=row["seconds"])

    def conclude(self, done: list[dict[str, Any]]) -> None:
        """Mean ± sd of the test, on the screen, in seeds.json and report.md."""
        self.keep(done)
        found = Spread([row["test"] for row in done])
        text = self.table(done, found)
        title = self.words("seeds title", name=Path(self.settings.data).name)
        command = f"{self.settings.command()} --seeds {len(self.seeds)}"
        report = (
            f"# {title}\n\n```\n{text}\n```\n\n{self.words('again')}: `{command}`\n"
        )
        write_text(self.folder / REPORT, report)
        if done:
            self.screen.line(text)
        seconds = time.perf_counter() - self.began
        result = {"test": found.mean or None, "sd": found.sd, "runs": done}
        about = {"seeds": self.seeds, "run": str(self.folder), "seconds": seconds}
        self.screen.result({**self.settings.as_dict(), **result, **about})

    def table(self, done: list[dict[str, Any]], found: Spread) -> str:
        """A line a figure of the test: mean ± sd, and every run's."""
        heads = ["", self.words("mean and sd"), *(f"seed {r['seed']}" for r in done)]
        cells = [heads]
        for name, values in found.items():
            mean, sd = found.mean[name], found.sd[name]
            label = self.label(name)
            if name.endswith("accuracy"):
                both = f"{mean:.2%} ± {sd:.2%}"
                cells.append([label, both, *(f"{v:.2%}" for v in values)])
            else:
                each = [shown(float(value)) for value in values]
                cells.append([label, spread(mean, sd), *each])
        return aligned(cells, left=1)

    def label(self, name: str) -> str:
        key = name if name.startswith("linear_") else f"test_{name}"
        return self.words(key) if key in self.words.table else name

    def keep(self, done: list[dict[str, Any]]) -> None:
        """seeds.json, from the start on, so that `resume` finds it."""
        content = {
            "settings": self.settings.as_dict(),
            "seeds": self.seeds,
            "runs": done,
        }
        text = json.dumps(plain(content), indent=1, ensure_ascii=False)
        write_text(self.folder / SEEDS, text + "\n")


def new_repetition(
    settings: Settings,
    count: int,
    folder: Path,
    screen: Screen,
    lang: str,
    *,
    overwrite: bool,
) -> Repetition:
    """The seeds from the settings' on, in a folder that holds no run.

    Raises ValueRangeError: it does, and `overwrite` was not said.
    """
    there = next((n for n in (SEEDS, HISTORY) if (folder / n).exists()), None)
    if there is not None and not overwrite:
        raise ValueRangeError(
            f"{folder} holds runs already ({there}). Choose another folder with --out, "
            f"go on with `{program()} resume {folder}`, or add --overwrite."
        )
    seeds = [settings.seed + i for i in range(count)]
    return Repetition(settings, seeds, folder, screen, lang, overwrite)


def kept_repetition(folder: Path, screen: Screen, lang: str) -> Repetition:
    """The one that `seeds.json` speaks of.

    Raises FileError: it is damaged, or of another version.
    """
    path = folder / SEEDS
    try:
        content = json.loads(path.read_text("utf-8"))
        settings = Settings(**content["settings"])
        seeds = [int(seed) for seed in content["seeds"]]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise FileError(f"{path} cannot be used: it is damaged ({error}).") from None
    return Repetition(settings, seeds, folder, screen, lang, resumes=True)
