"""The course in the documentation: its list, a page a row, the table of its figures.

    python docs/make_course.py               the pages, from the outcomes that are kept
    python docs/make_course.py --run E3 F    run these rows first, in their full form
    python docs/make_course.py --run stale   those whose code has changed since
    python docs/make_course.py --run all     all, and E3, F7, H2 as the lectures do them

--rivals PYTHON names a Python that has PyTorch, for the table. A run keeps its outcome
in docs/gallery/outcomes and its pictures beside the pages; a test makes the pages again
and compares.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import traceback
from pathlib import Path

from gallery import beside, outcome
from gallery.pages import chapter, index, page
from gallery.table import table

from ranvier.bench.machine import describe
from ranvier.course import Row, find, rows


def main() -> int:
    """0 if every row that was run came to its end and all its claims hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--run", nargs="+", metavar="ID", default=[])
    parser.add_argument("--rivals", metavar="PYTHON", default="")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as cache:  # as on a fresh machine
        os.environ["RANVIER_CACHE"] = cache
        if options.run == ["all"] or options.rivals:
            beside.renew(options.rivals, describe())
        failed = run(chosen(options.run))
    for path, text in pages().items():
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, "utf-8")
    if failed:
        print("not well:", *failed)
    return 1 if failed else 0


def pages() -> dict[Path, str]:
    """Every page of the course and what it says, in both languages."""
    made = {}
    for lang, folder in outcome.PAGES.items():
        made[folder.with_suffix(".md")] = index(lang)
        made[folder / "table.md"] = table(lang)
        for row in outcome.shown():
            made[folder / f"{row.chapter.lower()}.md"] = chapter(row.chapter, lang)
            made[folder / f"{row.id.lower()}.md"] = page(row, lang)
    return made


def chosen(names: list[str]) -> list[Row]:
    if names == ["stale"]:
        return [row for row in rows() if outcome.is_stale(row)]
    wanted = {row.id for name in names for row in find(name)}
    return [row for row in rows() if row.id in wanted]


def run(wanted: list[Row]) -> list[str]:
    """Run rows; those that break off or of which a claim fails."""
    machine, failed = describe(), []
    for row in wanted:
        try:
            found = outcome.renew(row, machine)
        except Exception:  # the others are run all the same
            traceback.print_exc()
            failed.append(row.id)
            continue
        holding = [said[2] for said in found["said"] if said[0] == "claim"]
        claims = f"{sum(holding)} of {len(holding)} claims hold"
        print(f"{row.id:<4}{found['seconds']:8.1f} s  {claims}", flush=True)
        if not all(holding):
            failed.append(row.id)
    return failed


if __name__ == "__main__":
    sys.exit(main())
