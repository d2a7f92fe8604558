"""`rv.compare`: what differs between runs, and what came of it."""

from __future__ import annotations

import html
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from ranvier.errors import DataError, ValueRangeError
from ranvier.train.cells import aligned, plain, shown
from ranvier.train.records import Record, record_of
from ranvier.train.run import Run
from ranvier.train.words import WORDS, Table, Words

LABELS: Final[Table] = {
    "differs": ("what differs", "不同之处"),
    "figures": ("what came of it", "结果"),
    "nothing differs": ("no setting that is known", "已知的设置全部相同"),
    "best_epoch": ("best epoch", "最佳轮"),
    "epochs_run": ("epochs run", "已训练轮数"),
    "parameters": ("parameters", "参数个数"),
    "seconds": ("training time, s", "训练用时（秒）"),
    "stopped_because": ("stopped because", "停止原因"),
    "doctor": ("the doctor's findings", "诊断结果"),
    "none": ("nothing seen", "未见到"),
    "train_loss": ("training loss", "训练损失"),
    "val_loss": ("validation loss", "验证损失"),
    "test_loss": ("test loss", "测试损失"),
    "train_accuracy": ("training accuracy", "训练准确率"),
    "val_accuracy": ("validation accuracy", "验证准确率"),
    "test_accuracy": ("test accuracy", "测试准确率"),
    "test_baseline_accuracy": ("baseline accuracy", "基线准确率"),
    "test_rmse": ("test RMSE", "测试 RMSE"),
    "test_mse": ("test MSE", "测试 MSE"),
    "test_mae": ("test MAE", "测试 MAE"),
    "test_r2": ("test R²", "测试 R²"),
    "test_baseline_rmse": ("baseline RMSE", "基线 RMSE"),
    "linear_accuracy": ("linear model's accuracy", "线性模型准确率"),
    "linear_rmse": ("linear model's RMSE", "线性模型 RMSE"),
    "lr": ("learning rate", "学习率"),
    "batch_size": ("batch size", "批大小"),
    "epochs": ("epochs at most", "最多轮数"),
    "activation": ("activation", "激活函数"),
    "patience": ("patience", "早停轮数"),
    "stop epochs": ("all epochs run", "全部轮次已完成"),
    "stop patience": ("early stopping", "早停"),
    "stop interrupted": ("Ctrl-C", "被中断"),
    "stop not finite": ("loss not finite", "损失不再有限"),
    "losses differ": (
        "The losses are not the same function, so their values cannot be compared.",
        "损失函数不同，损失值不能相互比较。",
    ),
    "tests differ": (
        "The test sets are not the same rows and columns, so test figures differ for "
        "that, too.",
        "测试集的行或列不同，测试结果的差别也来自于此。",
    ),
}


class Comparison:
    """Two or more runs of one task beside each other; `print` shows the table.

    names: of the runs. differs: setting → its value in every run, of those that are not
        alike. figures: losses and metrics of the epoch whose weights were kept, of the
        test where there was one, best epoch, parameters, seconds, reason for stopping.
    Where a run does not say a value it is None.
    """

    def __init__(self, records: Sequence[Record]) -> None:
        self.records = list(records)
        self.names = [record.name for record in records]
        self.differs = differing([record.settings for record in records])
        self.figures = beside([record.figures for record in records])

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader of the figures has to know: keys of `LABELS`."""
        losses = {record.settings.get("loss") for record in self.records}
        tests = {record.tested for record in self.records} - {""}
        found = {"losses differ": len(losses) > 1, "tests differ": len(tests) > 1}
        return tuple(name for name, is_so in found.items() if is_so)

    def table(self, lang: str = "en") -> str:
        """Settings that differ, then figures, a column a run; notes below."""
        words = Words(lang, {**WORDS, **LABELS})
        cells = [["", *self.names], [words("differs"), *[""] * len(self.names)]]
        cells += rows_of(self.differs, words)
        if not self.differs:
            cells[-1][1] = words("nothing differs")
        cells.append([words("figures"), *[""] * len(self.names)])
        cells += rows_of(self.figures, words)
        return "\n".join([aligned(cells, left=1), *map(words, self.notes)])

    def plot(self, path: str | Path | None = None, lang: str = "en") -> Any:
        """The validation curves (the training's, where a run has none) in one
        matplotlib figure, saved to `path`.
        """
        # matplotlib costs half a second, so it is imported when something is drawn
        from ranvier.train.overlay import overlay
        from ranvier.train.pictures import save

        histories = [record.history for record in self.records]
        judged = all(len(history.get("val_loss", ())) for history in histories)
        figure = overlay(histories, self.names, lang, ["val" if judged else "train"])
        if path is not None:
            save(figure, Path(path))
        return figure

    def as_dict(self) -> dict[str, Any]:
        """What `ranvier compare --json` prints."""
        return {
            "runs": self.names,
            "task": task_together(self.records),
            "differs": self.differs,
            "figures": self.figures,
            "notes": [LABELS[note][0] for note in self.notes],
        }

    def _repr_html_(self) -> str:
        from ranvier.train.pictures import as_html

        return f"<pre>{html.escape(self.table())}</pre>" + as_html(self.plot())

    def __repr__(self) -> str:
        return self.table()


def compare(*runs: Run | str | Path, names: Sequence[str] | None = None) -> Comparison:
    """What differs between runs of one task, and what came of it.

    runs: two or more: a Run, the folder that `ranvier train` left, or that of the
        checkpoints of `rv.fit(..., checkpoint=…)`.
    names: of the runs; by default the folders', or 1, 2, ….
    Raises ValueRangeError: fewer than two runs, another number of names; FileError: a
        folder without a run, damaged, or of another version; DataError: runs of
        different tasks (data, target, classes or values); DTypeError: no run.

    >>> import numpy as np, ranvier as rv
    >>> from ranvier import nn, optim
    >>> x = np.linspace(-1, 1, 40, dtype=np.float32)[:, None]
    >>> def learn(lr):
    ...     rv.manual_seed(0)
    ...     model = nn.Linear(1, 1)
    ...     optimizer = optim.SGD(model.parameters(), lr=lr)
    ...     return rv.fit(
    ...         model, (x, 2 * x), loss=nn.MSELoss(), optimizer=optimizer, epochs=2,
    ...         seed=0,
    ...     )
    >>> rv.compare(learn(0.1), learn(0.2)).differs
    {'lr': [0.1, 0.2]}
    """
    if len(runs) < 2:
        raise ValueRangeError(
            f"compare: number of runs: {len(runs)}; expected 2 or more."
        )
    if names is not None and len(names) != len(runs):
        raise ValueRangeError(
            f"compare: {len(names)} names for {len(runs)} runs; expected one for each."
        )
    called = names_of(runs) if names is None else list(map(str, names))
    records = [record_of(run, name) for run, name in zip(runs, called, strict=True)]
    refuse_other_tasks(records)
    return Comparison(records)


def names_of(runs: Sequence[Any]) -> list[str]:
    """The folders' own names, whole paths where those are the same; else numbers."""
    paths = [Path(run) if isinstance(run, str | Path) else None for run in runs]
    short = [str(i) if p is None else p.resolve().name for i, p in enumerate(paths, 1)]
    long = [str(i) if p is None else str(p) for i, p in enumerate(paths, 1)]
    return short if len(set(short)) == len(short) else long


def refuse_other_tasks(records: Sequence[Record]) -> None:
    """Figures of different tasks say nothing beside each other."""
    for fact in ("data", "target", "kind"):
        known = {r.task.get(fact) for r in records} - {None}
        if len(known) > 1:
            told = "; ".join(f"{r.name}: {task_text(r.task)}" for r in records)
            raise DataError(
                "compare: the runs are on different tasks, so their figures say "
                f"nothing beside each other ({told}). Compare runs of one task."
            )


def task_text(task: dict[str, str | None]) -> str:
    """Such as "regression of 'price' in houses"."""
    target = f" of '{task['target']}'" if task.get("target") else ""
    data = f" in {task['data']}" if task.get("data") else ""
    return f"{task.get('kind') or 'not known'}{target}{data}"


def task_together(records: Sequence[Record]) -> dict[str, str | None]:
    """What is known of the task from any of the runs."""
    found: dict[str, str | None] = {}
    for record in records:
        found |= {key: value for key, value in record.task.items() if value is not None}
    return found


def beside(columns: Sequence[dict[str, Any]]) -> dict[str, list[Any]]:
    """Rows of all names in the first order in which they come; those that no run says
    are left out.
    """
    names = merged([list(column) for column in columns])
    rows = {name: [plain(column.get(name)) for column in columns] for name in names}
    return {n: row for n, row in rows.items() if any(v is not None for v in row)}


def merged(lists: Sequence[list[str]]) -> list[str]:
    """All names once; a new one comes behind the one that it follows in its list."""
    found: list[str] = []
    for names in lists:
        place = 0
        for name in names:
            if name not in found:
                found.insert(place, name)
            place = found.index(name) + 1
    return found


def differing(columns: Sequence[dict[str, Any]]) -> dict[str, list[Any]]:
    """The rows that are not alike."""
    rows = beside(columns)
    return {name: row for name, row in rows.items() if any(v != row[0] for v in row)}


def rows_of(rows: dict[str, list[Any]], words: Words) -> list[list[str]]:
    """Cells with a label before them."""
    return [
        ["  " + label(name, words), *(text_of(name, value, words) for value in row)]
        for name, row in rows.items()
    ]


def label(name: str, words: Words) -> str:
    return words(name) if name in words.table else name.replace("_", " ")


def text_of(name: str, value: Any, words: Words) -> str:
    """One value as it is read: shares in per cent, nothing known as a dash."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return "–"
    if name == "doctor":
        return ", ".join(value) or words("none")
    if name == "stopped_because":
        phrase = f"stop {value}"
        return words(phrase) if phrase in words.table else str(value)
    if isinstance(value, list):
        return ", ".join(map(shown, value)) or "–"
    if name.endswith("accuracy") and isinstance(value, float):
        return f"{value:.2%}"
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}" if name in ("parameters", "training set") else str(value)
    return shown(value)
