"""report.html: one page that needs nothing but itself, no network and no script."""

from __future__ import annotations

import copy
import html
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from ranvier import nn
from ranvier.data.dataset import Dataset
from ranvier.tensor import NoGrad, Tensor
from ranvier.train import panels, weights
from ranvier.train.described import configuration
from ranvier.train.evaluate import evaluate, predictions, probabilities, worst
from ranvier.train.pictures import as_html, curves, mistakes
from ranvier.train.report import COLUMNS, cell, column, epochs_of
from ranvier.train.scoring import Scoring
from ranvier.train.step import mode
from ranvier.train.words import Words

Array = np.ndarray[Any, Any]
MOST_ROWS: Final = 20_000  # of a set that the pictures are of
MISTAKES: Final = 18
ACTIVATION_ROWS: Final = 200
MOMENTS: Final = 12  # at which activations are computed again
STYLE: Final = """
body { max-width: 62rem; margin: 2rem auto; padding: 0 1rem; color: #222;
  font: 16px/1.5 system-ui, "Noto Sans CJK SC", "PingFang SC", "Microsoft YaHei",
  sans-serif; }
h1 { font-size: 1.6rem; } h2 { font-size: 1.2rem; margin-top: 2rem; }
h3 { font-size: 1rem; margin-bottom: .2rem; }
table { border-collapse: collapse; } pre { white-space: pre-wrap; }
td, th { padding: .2rem .8rem; border-bottom: 1px solid #ddd; text-align: left;
  vertical-align: top; }
td.number { text-align: right; font-variant-numeric: tabular-nums; }
img { max-width: 100%; display: block; margin: 1rem 0; }
tr.best { font-weight: bold; }
"""


@dataclass
class Page:
    """What a page is made from; `tests` are named sets that the model is judged on."""

    run: Any
    plan: Any
    name: str
    moments: list[Any]
    tests: dict[str, Dataset]
    facts: dict[str, str] = field(default_factory=dict)
    lang: str = "en"

    def __post_init__(self) -> None:
        self.words = Words(self.lang)

    def text(self) -> str:
        """The whole page."""
        title = html.escape(self.words("report title", name=self.name))
        head = (
            f'<!DOCTYPE html>\n<html lang="{self.lang}"><head><meta charset="utf-8">'
            '<meta name="viewport" content="width=device-width">'
            f"<title>{title}</title><style>{STYLE}</style></head><body>\n<h1>{title}</h1>"
        )
        return "\n".join([head, *self.parts(), "</body></html>\n"])

    def parts(self) -> Iterator[str]:
        run = self.run
        reason = self.words(f"reason {run.stopped_because}")
        yield paragraph(f"{self.words('stopped because')}: {reason}")
        yield from self.figures_beside_baselines()
        yield from self.findings()
        if epochs_of(run.history):
            yield as_html(curves(run.history, run.best_epoch, self.lang))
        yield from self.judged()
        yield from self.inside()
        yield self.heading("how") + table(
            [(name, str(value)) for name, value in self.settings().items()]
        )
        yield from self.every_epoch()

    def heading(self, phrase: str) -> str:
        return f"<h2>{html.escape(self.words(phrase))}</h2>\n"

    # ---- words and numbers -----------------------------------------------------------

    def figures_beside_baselines(self) -> Iterator[str]:
        """What was measured on every set, each beside what guessing would get."""
        for phrase, data in self.tests.items():
            found = evaluate(self.run.model, data, self.plan.loss)
            if phrase == self.last:
                found |= self.run.baselines(data)
            rows = [(self.words(f"figure {n}"), f"{v:.4g}") for n, v in found.items()]
            if phrase == self.last:
                rows += list(self.facts.items())
            part, size = self.words(phrase), self.words("rows", len(data))
            title = html.escape(f"{self.words('result')}: {part}, {size}")
            yield f"<h2>{title}</h2>\n" + table(rows, numbers=True)
        if self.tests:
            yield paragraph(self.words("best weights kept", best=self.run.best_epoch))

    @property
    def last(self) -> str:
        """The set that the pictures are of."""
        return list(self.tests)[-1] if self.tests else ""

    def findings(self) -> Iterator[str]:
        """The doctor's, with remedies."""
        found = self.run.doctor()
        yield self.heading("doctor")
        for finding in found:
            title, *rest = finding.text(self.lang).splitlines()
            lines = "".join(f"<li>{html.escape(line.strip())}</li>" for line in rest)
            yield f"<h3>{html.escape(title)}</h3><ul>{lines}</ul>"
        yield from map(paragraph, found.absences(self.lang).splitlines())

    def settings(self) -> dict[str, Any]:
        """Data, the arguments of fit, and what else is known."""
        sizes = {"training set": len(self.plan.train)}
        if self.plan.val is not None:
            sizes["validation set"] = len(self.plan.val)
        told = {self.words(k): self.words("rows", v) for k, v in sizes.items()}
        plain = {
            k: v
            for k, v in configuration(self.plan).items()
            if v is not None and k not in ("task", "rows", "parameters")
        }
        rate = self.run.history.get("learning_rate", ())
        if len(rate):
            plain["lr"] = f"{rate[0]:g}"
        count = sum(p.numel() for p in self.run.model.parameters())
        told |= {self.words("model"): self.words("parameters", count)}
        time = {self.words("training time"): self.words("seconds", self.run.seconds)}
        return told | plain | time

    def every_epoch(self) -> Iterator[str]:
        history, best = self.run.history, self.run.best_epoch
        names = [name for name in COLUMNS if len(history.get(name, ()))]
        if not names:
            return
        heads = [self.words("epoch"), *(column(name, self.words) for name in names)]
        lines = ["".join(f"<th>{html.escape(head)}</th>" for head in heads)]
        for row in range(epochs_of(history)):
            cells = [str(row + 1), *(cell(n, history[n][row]) for n in names)]
            mark = ' class="best"' if row + 1 == best else ""
            inner = "".join(f'<td class="number">{c}</td>' for c in cells)
            lines.append(f"<tr{mark}>{inner}</tr>")
        rows = "\n".join(lines)
        yield self.heading("every epoch") + f"<table>{rows}</table>"

    # ---- pictures --------------------------------------------------------------------

    def judged(self) -> Iterator[str]:
        """Which classes are mixed up, how sure the model is, or how far it is off."""
        if not self.tests:
            return
        data = self.tests[self.last].plain()
        data = data.take(np.arange(min(len(data), MOST_ROWS)))
        outputs, targets = predictions(self.run.model, data), data.arrays[1]
        title = self.words("answers on", part=self.words(self.last))
        if len(data) == MOST_ROWS:
            title += self.words("the first", rows=MOST_ROWS)
        yield f"<h2>{html.escape(title)}</h2>"
        scoring = self.plan.scoring
        if scoring in (Scoring.CLASSES, Scoring.ONE_HOT):
            yield from self.classified(data, outputs, scoring.numbers(targets))
        elif scoring is Scoring.NONE and outputs[0].size == 1:
            columns = [
                a.reshape(len(data), 1).astype(float) for a in (outputs, targets)
            ]
            if data.target_transform is not None:
                columns = [data.target_transform.inverse(a) for a in columns]
            guesses, truths = (column[:, 0] for column in columns)
            yield as_html(panels.predicted(guesses, truths, self.lang))

    def classified(self, data: Dataset, outputs: Array, truths: Array) -> Iterator[str]:
        """Confusion, calibration, and of pictures the worst mistakes."""
        lang, count = self.lang, outputs.shape[1]
        classes = list(map(str, data.classes or range(count)))
        guesses = outputs.argmax(1)
        if count <= panels.MOST_CLASSES:
            yield as_html(panels.confusion(guesses, truths, classes, lang))
        yield as_html(panels.calibration(probabilities(outputs), truths, lang))
        if data.image_shape is not None:
            wrong = int((guesses != truths).sum())
            images = data.arrays[0].reshape(len(data), *data.image_shape)
            chosen = worst(outputs, truths, MISTAKES)
            yield as_html(
                mistakes(images, truths, chosen, classes, wrong, lang, self.last)
            )

    def inside(self) -> Iterator[str]:
        """Gradients, weights and activations over time; what the first layer sees."""
        yield self.heading("inside")
        figure = panels.gradient_flow(self.run.history, self.lang)
        if figure is not None:
            yield as_html(figure)
        for phrase, columns in (
            ("weights over time", self.weights_over_time()),
            ("activations over time", self.activations_over_time()),
        ):
            if columns:
                yield as_html(panels.spreads(columns, phrase, self.lang))
        first = first_filters(self.run.model, self.plan.train)
        if first is not None:
            yield as_html(panels.filters(first, self.lang))

    def weights_over_time(self) -> dict[str, list[tuple[int, Array]]]:
        """Of every weight: (step, its values) at the moments that were kept."""
        if len(self.moments) < 2:
            return {}
        names = [n for n, p in self.run.model.named_parameters() if p.ndim > 1]
        return {
            name: [(m.step, m.arrays[f"model.{name}"]) for m in self.moments]
            for name in names
            if f"model.{name}" in self.moments[0].arrays
        }

    def activations_over_time(self) -> dict[str, list[tuple[int, Array]]]:
        """Of every layer without weights of an nn.Sequential: (step, its outputs for
        the first rows of the training set).
        """
        model = copy.deepcopy(self.run.model)
        if len(self.moments) < 2 or not isinstance(model, nn.Sequential):
            return {}
        rows = [array[:ACTIVATION_ROWS] for array in self.plan.train.arrays]
        first, *_ = self.plan.train.plain().prepare_numpy(*rows)
        columns: dict[str, list[tuple[int, Array]]] = {}
        names = list(model.state_dict())
        every = -(-len(self.moments) // MOMENTS)
        for moment in self.moments[::every]:
            weights.put_back(model, {n: moment.arrays[f"model.{n}"] for n in names})
            with mode(model, training=False), NoGrad():
                x: Any = Tensor(first)
                for name, layer in model.named_children():
                    x = layer(x)
                    if not any(True for _ in layer.parameters()):
                        values = np.array(x, np.float64).ravel()
                        title = f"{name} {type(layer).__name__}"
                        columns.setdefault(title, []).append((moment.step, values))
        return columns


def first_filters(model: Any, data: Dataset) -> Array | None:
    """The first layer's weights as pictures, where they can be looked at."""
    for module in model.modules():
        if isinstance(module, nn.Conv2d):
            kernels: Array = np.asarray(module.weight.detach()).mean(1)
            return kernels if kernels.shape[-1] > 2 else None
        if isinstance(module, nn.Linear):
            shape = data.image_shape
            rows: Array = np.asarray(module.weight.detach())
            if shape is None or rows.shape[1] != np.prod(shape):
                return None
            pictures: Array = rows.reshape(-1, *shape).mean(1)
            return pictures
    return None


def paragraph(text: str) -> str:
    return f"<p>{html.escape(text)}</p>"


def table(rows: list[tuple[str, str]], numbers: bool = False) -> str:
    kind = ' class="number"' if numbers else ""
    lines = [
        f"<tr><td>{html.escape(name)}</td><td{kind}>{html.escape(value)}</td></tr>"
        for name, value in rows
    ]
    return f"<table>{''.join(lines)}</table>"
