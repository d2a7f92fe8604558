"""The main job: train on what was given, test once, leave everything in a folder."""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import numpy as np

from ranvier import nn, random
from ranvier.atomic import write_text
from ranvier.cli import network
from ranvier.cli.folder import (
    CHECKPOINT,
    CURVES,
    MISTAKES,
    PAGE,
    REPORT,
    RunFolder,
)
from ranvier.cli.material import TEST, TRAIN, VAL, Material, open_material
from ranvier.cli.screen import Screen
from ranvier.cli.settings import Settings, optimizer_of, program, scheduler
from ranvier.cli.texts import TEXTS
from ranvier.data.dataset import Dataset
from ranvier.errors import NotFiniteError
from ranvier.train import Epoch, Run, evaluate, fit
from ranvier.train.checks import check_data
from ranvier.train.described import fingerprint
from ranvier.train.doctor import Diagnosis
from ranvier.train.evaluate import predictions, worst
from ranvier.train.history import HISTORY, write_history
from ranvier.train.report import Facts, report
from ranvier.train.words import WORDS, Words

SHOWN_MISTAKES: Final = 24


@dataclass
class Job:
    """One training run from the command line, and where it has got to."""

    settings: Settings
    folder: Path
    screen: Screen
    lang: str
    resumes: bool = False
    overwrite: bool = False
    material: Material | None = None

    def __post_init__(self) -> None:
        self.began = time.perf_counter()
        self.words = Words(self.lang, {**WORDS, **TEXTS})
        self.data = self.material or open_material(self.settings)
        self.parts = self.data.parts
        self.train = self.parts[TRAIN]
        check_data("the training set", self.train, self.settings.batch_size)
        random.manual_seed(self.settings.seed)
        self.model = self.network_facts.network()
        self.linear: float | None = None
        self.tested: dict[str, float] | None = None
        self.validated: dict[str, float] | None = None
        self.pictures: list[str] = []
        self.error = ""
        self.total: float | None = None

    @property
    def network_facts(self) -> network.Facts:
        """What makes the network again, beside its weights."""
        return network.Facts.of(
            self.settings.model,
            self.settings.activation,
            self.train,
            self.data.kind,
            self.data.kept,
            self.data.categories if self.settings.embed else (),
        )

    @property
    def classes(self) -> list[str]:
        return list(self.train.classes or ())

    @cached_property
    def about(self) -> dict[str, Any]:
        """What `ranvier compare` goes by beside settings and figures."""
        kind = "regression" if self.data.is_regression else "classification"
        return {
            "task": {
                "data": self.data.name,
                "target": self.settings.target,
                "kind": kind,
            },
            "rows": {part: len(dataset) for part, dataset in self.parts.items()},
            "parameters": sum(p.numel() for p in self.model.parameters()),
            "tested": fingerprint(self.parts[TEST]),
        }

    def run(self) -> str:
        """Everything in order, in a folder of its own; why the training stopped."""
        options = {"overwrite": self.overwrite, "resumes": self.resumes}
        with RunFolder(self.folder, **options) as place:
            try:
                return self.work(place)
            except BaseException:
                if not self.resumes and not place.has_learned():
                    place.forget()
                raise

    def work(self, place: RunFolder) -> str:
        self.introduce()
        try:
            run = self.learn()
        except NotFiniteError as error:
            self.error = str(error)
            lost: Run = error.run  # type: ignore[attr-defined]
            self.keep(lost)
            self.tell(lost.doctor())
            raise
        if not self.resumes and not place.has_learned():
            place.forget()
            self.screen.warn(self.words("interrupted early"))
            told = {"run": None, "epochs": 0, "stopped_because": run.stopped_because}
            self.screen.result({**self.settings.as_dict(), "test": None, **told})
            return run.stopped_because
        self.keep(run)
        if run.stopped_because != "interrupted":
            try:
                self.judge(run)
            except KeyboardInterrupt:
                run.stopped_because = "interrupted"
                self.keep(run)
        self.conclude(run)
        return run.stopped_because

    # ---- before -------------------------------------------------------------------

    def introduce(self) -> None:
        """Data, model and folder; history.json holds the settings from here on."""
        for line in self.introduction():
            self.screen.line(line)
        self.screen.line(self.words("folder", self.folder))
        if not self.resumes:
            write_history(self.folder / HISTORY, {}, settings=self.settings.as_dict())

    def introduction(self) -> list[str]:
        """What is learned from, what was inferred, and the network."""
        sizes = ", ".join(
            self.words("size", part=self.words(part), rows=len(dataset))
            for part, dataset in self.parts.items()
        )
        first = self.words("data line", name=self.train.name, sizes=sizes)
        network = summary_of(self.model, self.train)
        batch_size = self.settings.batch_size
        told = {"batch_size": batch_size, "steps": -(-len(self.train) // batch_size)}
        steps = self.words("steps", **told)
        return [first, *self.data.lines(self.words), network, steps]

    # ---- learning -----------------------------------------------------------------

    def learn(self) -> Run:
        """`rv.fit` with a line an epoch."""
        settings = self.settings
        optimizer = optimizer_of(settings, self.model.parameters())
        place = self.folder / CHECKPOINT
        with self.screen.epochs(settings.epochs, self.words("training")) as bar:

            def progress(epoch: Epoch) -> None:
                self.screen.line(self.epoch_line(epoch))
                bar.advance(epoch.number)

            return fit(
                self.model,
                self.train,
                self.parts[VAL],
                loss=nn.MSELoss() if self.data.is_regression else nn.CrossEntropyLoss(),
                optimizer=optimizer,
                scheduler=scheduler(settings, optimizer),
                epochs=settings.epochs,
                batch_size=settings.batch_size,
                patience=settings.patience,
                seed=settings.seed,
                checkpoint=None if self.resumes else place,
                resume=place if self.resumes else None,
                progress=progress,
            )

    def epoch_line(self, epoch: Epoch) -> str:
        return self.words(
            "epoch line" + " loss" * self.data.is_regression,
            number=epoch.number,
            of=epoch.of,
            width=len(str(epoch.of)),
            seconds=epoch.seconds,
            mark="  *" if epoch.is_best else "",
            **epoch.row,
        )

    # ---- after --------------------------------------------------------------------

    def keep(self, run: Run) -> None:
        """Model, history and report, as far as there is something to keep."""
        self.total = time.perf_counter() - self.began
        network.save(self.folder / network.NAME, self.model, self.network_facts)
        write_history(
            self.folder / HISTORY,
            run.history,
            settings=self.settings.as_dict(),
            best_epoch=run.best_epoch,
            stopped_because=run.stopped_because,
            seconds=run.seconds,
            test=self.tested,
            validation=self.validated,
            doctor=run.doctor().as_dict(),
            about=self.about,
            **{self.linear_name: self.linear},
        )
        write_text(self.folder / REPORT, report(self.facts(run), self.lang))

    def judge(self, run: Run) -> None:
        """The test, once, beside the baselines; then the pictures."""
        if run.stopped_because == "patience":
            self.screen.line(self.words("patience", self.settings.patience))
        self.screen.line(self.words("best kept", best=run.best_epoch))
        test = self.parts[TEST]
        self.validated = evaluate(self.model, self.parts[VAL])
        self.tested = evaluate(self.model, test)
        if self.data.is_regression:
            self.tell_errors(test)
        else:
            self.screen.line(self.words("test line", rows=len(test), **self.tested))
        self.compare(run.baselines(test))
        self.tell(run.doctor())
        self.draw(run, test)
        self.keep(run)

    def tell(self, diagnosis: Diagnosis) -> None:
        """What the doctor found; what was not seen is told by `ranvier doctor`."""
        for finding in diagnosis:
            self.screen.line(finding.text(self.lang))
        phrase = "doctor found" if diagnosis.findings else "doctor clear"
        looked, command = len(diagnosis.not_seen), f"{program()} doctor {self.folder}"
        self.screen.line(self.words(phrase, count=looked, command=command))

    def tell_errors(self, test: Dataset) -> None:
        """Validation and test in the target's own units."""
        assert self.tested is not None and self.validated is not None, "judged"
        for judged in (self.validated, self.tested):
            judged["mse"] = judged["rmse"] ** 2
        val = self.parts[VAL]
        for phrase, part, judged in (
            ("validation errors", val, self.validated),
            ("test errors", test, self.tested),
        ):
            self.screen.line(self.words(phrase, rows=len(part), **judged))

    def compare(self, found: dict[str, float]) -> None:
        """What the test has to beat: a linear model, guessing, the row before."""
        self.linear = found.get(self.linear_name)
        what = "rmse" if self.data.is_regression else "accuracy"
        guess = "mean line" if self.data.is_regression else "majority line"
        labels = {
            f"linear_{what}": self.words("linear line"),
            f"baseline_{what}": self.words(guess, self.majority()),
            f"persistence_{what}": self.words("persistence line"),
        }
        shown = [name for name in labels if name in found]
        form = "RMSE {:.4g}" if self.data.is_regression else "{:>7.2%}"
        numbers = [form.format(found[name]) for name in shown]
        self.screen.beside([labels[name] for name in shown], numbers)

    @property
    def linear_name(self) -> str:
        """What the linear model's number is called in JSON."""
        return "linear_rmse" if self.data.is_regression else "linear_accuracy"

    def draw(self, run: Run, test: Dataset) -> None:
        """curves.png, and mistakes.png of pictures."""
        # matplotlib takes half a second to import, so only when something is drawn
        from ranvier.train import pictures

        figure = pictures.curves(run.history, run.best_epoch, self.lang)
        pictures.save(figure, self.folder / CURVES)
        self.pictures = [CURVES]
        self.write_page(run, test)
        if test.image_shape is None:
            return
        outputs, truths = predictions(self.model, test), test.arrays[1]
        wrong = int((outputs.argmax(1) != truths).sum())
        judged = worst(outputs, truths, SHOWN_MISTAKES)
        images = test.arrays[0].reshape(len(test), *(test.image_shape or ()))
        figure = pictures.mistakes(
            images, truths, judged, self.classes, wrong, self.lang
        )
        pictures.save(figure, self.folder / MISTAKES)
        self.pictures = [CURVES, MISTAKES]

    def write_page(self, run: Run, test: Dataset) -> None:
        """report.html: the same and more pictures, in one file."""
        place = self.folder / PAGE
        run.report(place, test=test, name=self.data.name, lang=self.lang)

    def conclude(self, run: Run) -> None:
        """The last line, and the JSON object."""
        if run.stopped_because == "interrupted":
            told = {"epochs": run.epochs, "folder": self.folder, "program": program()}
            self.screen.warn(self.words("interrupted", **told))
        else:
            files = ", ".join([network.NAME, HISTORY, *self.pictures, REPORT, PAGE])
            told = {"files": files, "folder": self.folder, "seconds": self.total}
            self.screen.line(self.words("left", **told))
        self.screen.result(
            {
                **self.settings.as_dict(),
                "test": self.tested,
                "doctor": run.doctor().as_dict(),
                "validation": self.validated,
                self.linear_name: self.linear,
                "run": str(self.folder),
                "seconds": self.total,
                "epochs": run.epochs,
                "best_epoch": run.best_epoch,
                "stopped_because": run.stopped_because,
            }
        )

    def majority(self) -> str:
        """The class that the test set has most of; none where values are predicted."""
        if self.data.is_regression:
            return ""
        counts = np.bincount(self.parts[TEST].arrays[1])
        return self.classes[int(counts.argmax())]

    def facts(self, run: Run) -> Facts:
        """What the report is written from."""
        settings, decay = self.settings, self.settings.weight_decay
        return Facts(
            name=self.data.name,
            model=settings.model,
            parameters=sum(p.numel() for p in self.model.parameters()),
            sizes={part: len(dataset) for part, dataset in self.parts.items()},
            settings={
                "optimizer": settings.optimizer,
                "learning rate": settings.lr,
                "schedule": settings.schedule,
                **({} if decay is None else {"weight decay": decay}),
                "batch size": settings.batch_size,
                "seed": settings.seed,
            },
            history=run.history,
            best_epoch=run.best_epoch,
            stopped_because=run.stopped_because,
            seconds=run.seconds,
            total=self.total,
            test=self.tested,
            linear=self.linear,
            majority=self.majority(),
            command=settings.command(),
            error=self.error,
            pictures=self.pictures,
            diagnosis=run.doctor(),
        )


def summary_of(model: Any, train: Dataset) -> str:
    """The model's table for one row of the data."""
    return str(model.summary((1, *train.arrays[0].shape[1:])))
