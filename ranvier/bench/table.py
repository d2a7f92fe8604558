"""The rows as text: times first, then what they mean; at most 100 columns."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from .floor import FORMULA
from .measure import Report, Row
from .subjects import SUBJECTS
from .workloads import WORKLOADS

MEANING = ("workload", "best rival", "ours", "ratio", "aim")
FLOOR = ("floor µs", "x floor", "mostly", "cold s", "cached s")
Line = tuple[str, ...]


def render(report: Report) -> str:
    """Both tables, what is wrong, who was left out, and the floor's formula."""
    return "\n\n".join(
        part
        for part in (
            "microseconds a step, median of the rounds",
            times(report.rows),
            align(
                [MEANING + FLOOR, *(_meaning(name, report) for name in names(report))]
            ),
            "\n".join(_troubles(report)),
            "\n".join(FORMULA),
        )
        if part
    )


def names(report: Report) -> list[str]:
    return list(dict.fromkeys(row.workload for row in report.rows))


def times(rows: Sequence[Row]) -> str:
    """One line a workload, one column a subject; of ours one a number of threads, of
    rivals the better number.
    """
    columns = _columns(rows)
    workloads = dict.fromkeys(row.workload for row in rows)
    lines = [("workload", *columns)]
    for name in workloads:
        cells = (_fastest(rows, name, *key) for key in columns.values())
        lines.append((name, *(_time(row) for row in cells)))
    return align(lines)


def _columns(rows: Sequence[Row]) -> dict[str, tuple[str, int | None]]:
    """Heading → subject and number of threads (None: whichever is better)."""
    found: dict[str, tuple[str, int | None]] = {}
    order = list(SUBJECTS)
    for row in sorted(rows, key=lambda row: (order.index(row.subject), row.threads)):
        title = SUBJECTS[row.subject].title
        if row.subject == "over":
            found[f"{title} {row.threads}"] = (row.subject, row.threads)
        else:
            found[title] = (row.subject, None)
    return found


def _fastest(
    rows: Sequence[Row], workload: str, subject: str, threads: int | None
) -> Row | None:
    fit = (
        row
        for row in rows
        if (row.workload, row.subject) == (workload, subject)
        and threads in (None, row.threads)
    )
    return fastest(fit)


def fastest(rows: Iterable[Row]) -> Row | None:
    """The row with the smallest median; wrong and failed rows do not count."""
    fit = (row for row in rows if row.microseconds and not row.error)
    return min(fit, key=lambda row: row.median, default=None)


def best(rows: Sequence[Row], workload: str, ours: bool) -> Row | None:
    return fastest(r for r in rows if r.workload == workload and r.ours == ours)


def ratio(rows: Sequence[Row], workload: str) -> float | None:
    """The best rival's time over ours: above 1, we are faster."""
    rival, ours = (best(rows, workload, mine) for mine in (False, True))
    return rival.median / ours.median if rival and ours else None


def floor_ratio(report: Report, workload: str) -> float | None:
    """Our best time over the floor."""
    ours = best(report.rows, workload, ours=True)
    return ours.median / (report.floors[workload].seconds * 1e6) if ours else None


def _meaning(workload: str, report: Report) -> Line:
    cells = [workload]
    for mine in (False, True):
        cells.append(_who(best(report.rows, workload, mine)))
    floor = report.floors[workload]
    whole = [
        row for row in report.rows if row.workload == workload and row.subject == "over"
    ]
    cold = [row.compile_seconds for row in whole][-1:]
    cached = [row.cached_seconds for row in whole][-1:]
    return (
        *cells,
        _number(ratio(report.rows, workload), ".2f", "x"),
        f"{WORKLOADS[workload].required_ratio:g}x",
        microseconds(floor.seconds * 1e6),
        _number(floor_ratio(report, workload), ".2f", "x"),
        floor.largest,
        _number((cold or [None])[0], ".2f"),
        _number((cached or [None])[0], ".2f"),
    )


def _who(row: Row | None) -> str:
    return f"{SUBJECTS[row.subject].title} ({row.threads})" if row else "-"


def _time(row: Row | None) -> str:
    return microseconds(row.median) if row else "-"


def _number(value: float | None, form: str, unit: str = "") -> str:
    return "-" if value is None else f"{value:{form}}{unit}"


def _troubles(report: Report) -> Iterable[str]:
    """Rows without a time or with a wrong loss, and rivals that were left out."""
    for row in report.rows:
        if row.error:
            title = SUBJECTS[row.subject].title
            yield f"!! {row.workload}, {title} ({row.threads}): {row.error}"
    reasons: dict[tuple[str, str], list[str]] = {}
    for (workload, rival), reason in report.left_out.items():
        reasons.setdefault((rival, reason), []).append(workload)
    for (rival, reason), workloads in reasons.items():
        yield f"without {SUBJECTS[rival].title} ({', '.join(workloads)}): {reason}"


def align(table: list[Line]) -> str:
    """The table with its columns padded, text left and numbers right."""
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    left = [any(map(_is_text, column[1:])) for column in zip(*table, strict=True)]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if is_left else cell.rjust(width)
            for cell, width, is_left in zip(line, widths, left, strict=True)
        ).rstrip()
        for line in table
    )


def _is_text(cell: str) -> bool:
    return cell[:1].isalpha()


def microseconds(value: float) -> str:
    """Three significant digits, whole numbers from 100 on."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"
