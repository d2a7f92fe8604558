"""The rows as text: every figure, then one line a workload with the ratio."""

from collections.abc import Sequence

from benchmarks.measure import Row
from benchmarks.workloads import WORKLOADS

HEAD = ("workload", "subject", "threads", "median µs", "min µs", "loss", "compile s")
SUMMARY_HEAD = ("workload", "best rival", "µs", "ours", "µs", "ratio", "required")


def render(rows: list[Row]) -> str:
    """Return both tables and the disagreements."""
    names = list(dict.fromkeys(row.workload for row in rows))
    parts = [
        align([HEAD, *map(_cells, rows)]),
        align([SUMMARY_HEAD, *(_summary(name, rows) for name in names)]),
        *(
            f"!! {row.workload}, {row.subject}, {row.threads} threads: {row.error}"
            for row in rows
            if row.error
        ),
    ]
    return "\n\n".join(parts)


def best(rows: Sequence[Row], workload: str, ours: bool) -> Row | None:
    """Return the row with the smallest median; wrong and failed rows do not count."""
    fit = [
        row
        for row in rows
        if row.workload == workload
        and row.ours == ours
        and row.microseconds
        and not row.error
    ]
    return min(fit, key=lambda row: row.median, default=None)


def ratio(rows: Sequence[Row], workload: str) -> float | None:
    """Return the best rival's time over ours: above 1, we are faster."""
    rival, ours = (best(rows, workload, mine) for mine in (False, True))
    return rival.median / ours.median if rival and ours else None


def align(table: list[tuple[str, ...]]) -> str:
    """Return the table with its columns padded, text left and numbers right."""
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    left = [_is_text(table[-1][i]) for i in range(len(widths))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if is_left else cell.rjust(width)
            for cell, width, is_left in zip(line, widths, left, strict=True)
        ).rstrip()
        for line in table
    )


def _is_text(cell: str) -> bool:
    return cell[:1].isalpha()


def _cells(row: Row) -> tuple[str, ...]:
    times = ("-", "-")
    if row.microseconds:
        times = (microseconds(row.median), microseconds(min(row.microseconds)))
    loss = "-" if row.check_loss is None else f"{row.check_loss:.6g}"
    compiled = "-" if not row.compile_seconds else f"{row.compile_seconds:.2f}"
    head = (row.workload, row.subject, str(row.threads))
    return (*head, *times, loss, compiled)


def _summary(workload: str, rows: list[Row]) -> tuple[str, ...]:
    cells = [workload]
    for mine in (False, True):
        row = best(rows, workload, mine)
        cells += [f"{row.subject} ({row.threads})" if row else "-"]
        cells += [microseconds(row.median) if row else "-"]
    reached = ratio(rows, workload)
    cells += ["-" if reached is None else f"{reached:.2f}x"]
    return (*cells, f"{WORKLOADS[workload].required_ratio:g}x")


def microseconds(value: float) -> str:
    """Return three significant digits, whole numbers from 100 on."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"
