"""`ranvier bench`: ten training jobs beside whatever rivals are installed."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from collections.abc import Iterable
from typing import Any

import click

from ranvier.bench.machine import cores, describe
from ranvier.bench.measure import Plan, Report, measure_all
from ranvier.bench.peaks import SIZES, Peaks, measure_peaks
from ranvier.bench.subjects import RIVALS, SUBJECTS
from ranvier.bench.table import floor_ratio, ratio, render
from ranvier.bench.version import installed, installed_there
from ranvier.bench.workloads import WORKLOADS
from ranvier.cli.language import chosen
from ranvier.cli.named import Named
from ranvier.cli.options import Positive, shared
from ranvier.cli.screen import Screen
from ranvier.errors import FileError


class Several(Named):
    """Some of these names, with commas between."""

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> Any:
        parts = [part for part in str(value).split(",") if part]
        return [super(Several, self).convert(part, param, ctx) for part in parts]


class Counts(click.ParamType):  # type: ignore[type-arg]
    """Numbers of threads, with commas between."""

    name = "numbers"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> list[int]:
        parts = str(value).split(",")
        if not all(part.isdigit() and int(part) > 0 for part in parts):
            self.fail(f"'{value}' is not numbers of threads, as in 1,2.", param, ctx)
        return sorted({int(part) for part in parts})


@click.command(
    "bench",
    help=chosen(
        "Measure ten training jobs: Ranvier's time a step, beside PyTorch, JAX, "
        "scikit-learn and NumPy where they are installed, and beside what this machine "
        "can do at most.",
        "测量十个训练任务：Ranvier 每步的时间，与已安装的 PyTorch、JAX、scikit-learn、"
        "NumPy 比较，也与本机的极限比较。",
    ),
)
@click.option(
    "--workloads",
    type=Several("workload", WORKLOADS),
    default=",".join(WORKLOADS),
    metavar="NAME,…",
    help=chosen("Which; by default all: ", "测哪些，默认全部：")
    + ", ".join(WORKLOADS)
    + ".",
)
@click.option(
    "--rivals",
    type=Several("rival", RIVALS),
    metavar="NAME,…",
    help=chosen(
        "Beside whom; by default who is installed. '' is nobody. Known: ",
        "与谁比较，默认已安装的；'' 表示不比较。可选：",
    )
    + ", ".join(RIVALS)
    + ".",
)
@click.option(
    "--rival-python",
    metavar="PATH",
    help=chosen(
        "Python that has the rivals; by default this one.",
        "装有其他框架的 Python，默认本机当前的。",
    ),
)
@click.option(
    "--threads",
    type=Counts(),
    default=lambda: ",".join(str(n) for n in sorted({1, min(2, cores())})),
    metavar="N,…",
    help=chosen("Numbers of threads.", "线程数。"),
)
@click.option(
    "--seconds",
    type=Positive(),
    default=0.25,
    show_default=True,
    help=chosen("Length of one measurement.", "每次测量的时长（秒）。"),
)
@click.option(
    "--rounds",
    type=click.IntRange(min=1),
    default=3,
    show_default=True,
    help=chosen(
        "Rounds of measurements, everybody in turn; the median counts.",
        "轮流测量的轮数，取中位数。",
    ),
)
@click.option(
    "--limit",
    type=Positive(),
    default=30.0,
    show_default=True,
    help=chosen(
        "Seconds after which somebody who has not answered is left out.",
        "多少秒没有结果就放弃。",
    ),
)
@shared
def command(
    workloads: list[str],
    rivals: list[str] | None,
    rival_python: str | None,
    threads: list[int],
    as_json: bool,
    lang: str,
    **lengths: Any,
) -> None:
    python = rival_python or sys.executable
    present = versions(python)
    chosen_rivals = usual(present) if rivals is None else rivals
    missing = [name for name in chosen_rivals if SUBJECTS[name].package not in present]
    taking_part = [name for name in chosen_rivals if name not in missing]
    screen = Screen(as_json=as_json)
    machine = describe() | packages(taking_part, present)
    screen.line(introduction(machine))
    if missing or (rivals is None and not taking_part):
        screen.line(absence(missing, python, lang))
    peaks = measure_peaks(max(threads))
    screen.line("\n".join(limits(peaks)) + "\n")
    plan = Plan(workloads, taking_part, threads, python=python, **lengths)
    report = measure_all(plan, peaks, screen.warn)
    screen.line(render(report))
    screen.result(content(machine, report))
    if any(row.error and row.ours for row in report.rows):
        click.get_current_context().exit(1)


def versions(python: str) -> dict[str, str]:
    """Versions of the rivals' packages. Raises FileError: no such Python."""
    names = sorted({SUBJECTS[name].package for name in RIVALS})
    try:
        return installed_there(python, names)
    except (OSError, subprocess.CalledProcessError) as error:
        raise FileError(
            f"--rival-python {python}: it does not run ({error}). Give the path of a "
            "Python interpreter, such as rivals/bin/python."
        ) from error


def usual(present: Iterable[str]) -> list[str]:
    """The rivals that are measured without being asked for, where they are there."""
    return [
        name
        for name in RIVALS
        if SUBJECTS[name].default and SUBJECTS[name].package in present
    ]


def packages(taking_part: list[str], present: dict[str, str]) -> dict[str, str]:
    """The versions behind the figures, ours too."""
    wanted = dict.fromkeys(SUBJECTS[name].package for name in taking_part)
    ours = {"ranvier": installed("ranvier") or "source tree"}
    ours["llvmlite"] = installed("llvmlite") or "unknown"
    return ours | {name: present[name] for name in wanted}


def introduction(machine: dict[str, str]) -> str:
    """The machine and the versions, in lines of at most 100 columns."""
    facts = ", ".join(f"{name} {value}" for name, value in machine.items())
    return wrapped(facts)


def wrapped(text: str) -> str:
    return textwrap.fill(text, 100, break_on_hyphens=False)


def absence(missing: list[str], python: str, lang: str) -> str:
    names = dict.fromkeys(SUBJECTS[name].package for name in missing)
    listed = ", ".join(names) if missing else "torch, jax, scikit-learn"
    if lang == "zh":
        return f"{python} 没有安装：{listed}。可用 pip 安装，或用 --rival-python 指定。"
    return wrapped(
        f"not installed for {python}: {listed}; install with pip, or say with "
        "--rival-python where."
    )


def limits(peaks: Peaks) -> list[str]:
    """What the machine can do, measured just now."""
    rates = ", ".join(
        f"{peaks.read[n] / 1e9:.0f}/{peaks.update[n] / 1e9:.0f} of {n >> 10:,} KB"
        for n in SIZES
    )
    return [
        f"multiply-adds: {peaks.flops / 1e9:.0f} GFLOP/s (threads {peaks.threads}), "
        f"{peaks.one_thread_flops / 1e9:.0f} (1); latency "
        f"{peaks.latency * 1e9:.2f} ns",
        wrapped(f"GB/s read/updated (threads {peaks.threads}): {rates}"),
    ]


def content(machine: dict[str, str], report: Report) -> dict[str, Any]:
    """Everything that was measured, for `--json`."""
    floors = {
        name: floor._asdict()
        | {
            "seconds": floor.seconds,
            "ours_over_floor": floor_ratio(report, name),
            "rival_over_ours": ratio(report.rows, name),
            "required": WORKLOADS[name].required_ratio,
        }
        for name, floor in report.floors.items()
    }
    left_out = [
        {"workload": workload, "rival": rival, "reason": reason}
        for (workload, rival), reason in report.left_out.items()
    ]
    return {
        "machine": machine,
        "peaks": report.peaks._asdict(),
        "floors": floors,
        "left_out": left_out,
        "rows": [row.as_dict() for row in report.rows],
    }
