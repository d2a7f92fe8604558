"""The Python blocks of the documentation: run, and compared with what the page shows.

    python docs/blocks.py [PAGE …]            run every block, compare the shown output
    python docs/blocks.py --write [PAGE …]    put the real output into the pages

A page is one script: its ```python blocks run in order, in one namespace. A block that
is followed by a marker shows its output in the block after it:

    <!-- output -->            the very text; `…` alone stands for anything
    <!-- output, about -->     numbers may differ by a twentieth (they depend on the
                               width of the processor's vectors)
    <!-- output, avx2 -->      compared only on a machine that compiles for this target
    <!-- output, example -->   from the machine of the writer, never compared
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import sys
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parents[1]
BLOCK = re.compile(r"^```python\n(.*?)^```\n", re.DOTALL | re.MULTILINE)
SHOWN = re.compile(
    r"\n?<!-- output(?:, (\w+))? -->\n+```text\n(.*?)^```\n", re.DOTALL | re.MULTILINE
)
NUMBER = re.compile(r"-?\d+\.\d+(?:e[-+]\d+)?")
TOLERANCE = 0.05


class Block(NamedTuple):
    """Code with its place in the page, and the output shown after it, if any."""

    code: str
    line: int
    kind: str | None
    shown: str | None
    span: tuple[int, int]


def pages() -> list[Path]:
    """The READMEs and everything in docs/en and docs/zh."""
    folders = (ROOT / "docs" / "en", ROOT / "docs" / "zh")
    inside = [page for folder in folders for page in sorted(folder.glob("*.md"))]
    return [ROOT / "README.md", ROOT / "README.zh-CN.md", *inside]


def blocks(text: str) -> list[Block]:
    """Every ```python block of a page."""
    found = []
    for match in BLOCK.finditer(text):
        line = text.count("\n", 0, match.start()) + 2
        shown = SHOWN.match(text, match.end())
        if shown is None:
            found.append(Block(match[1], line, None, None, (0, 0)))
        else:
            kind = shown[1] or "exact"
            found.append(Block(match[1], line, kind, shown[2], shown.span(2)))
    return found


def run(page: Path) -> list[tuple[Block, str]]:
    """Run the blocks of a page in the current folder; what each printed."""
    names: dict[str, Any] = {"__name__": "__main__"}
    done = []
    for block in blocks(page.read_text("utf-8")):
        out = io.StringIO()
        # blank lines, so that a traceback names the page's own line
        code = compile("\n" * (block.line - 1) + block.code, str(page), "exec")
        with contextlib.redirect_stdout(out):
            exec(code, names)
        lines = (line.rstrip() for line in out.getvalue().splitlines())
        done.append((block, "".join(f"{line}\n" for line in lines)))
    return done


def agree(block: Block, printed: str) -> bool:
    """Whether the page shows what the block printed."""
    if block.shown is None or block.kind == "example":
        return True
    if block.kind == "about":
        return close(block.shown, printed)
    if block.kind != "exact" and block.kind != target():
        return True
    parts = [re.escape(part) for part in block.shown.split("…")]
    return re.fullmatch(".*".join(parts), printed, re.DOTALL) is not None


def close(shown: str, printed: str) -> bool:
    """The same words, and numbers within the tolerance."""
    if NUMBER.sub("#", shown) != NUMBER.sub("#", printed):
        return False
    pairs = zip(NUMBER.findall(shown), NUMBER.findall(printed), strict=True)
    return all(
        abs(float(a) - float(b)) <= TOLERANCE * max(abs(float(a)), 0.1)
        for a, b in pairs
    )


def target() -> str:
    """Name of the target that this machine compiles for."""
    from ranvier.compiler.run.jit import host

    return host().name


def check(page: Path) -> str:
    """What the page shows wrongly, as a message; empty if nothing."""
    wrong = [
        f"{page}:{block.line}: the block printed\n{printed}\n"
        f"the page shows\n{block.shown}"
        for block, printed in run(page)
        if not agree(block, printed)
    ]
    return "\n".join(wrong)


def write(page: Path) -> None:
    """Put what the blocks print into the page."""
    done = run(page)
    text = page.read_text("utf-8")
    for block, printed in reversed(done):
        if block.shown is not None and "…" not in block.shown:
            start, end = block.span
            text = text[:start] + printed + text[end:]
    page.write_text(text, "utf-8")


def main(arguments: list[str]) -> int:
    """Every page in a folder of its own that is gone afterwards."""
    writing = "--write" in arguments
    given = [Path(a).resolve() for a in arguments if a != "--write"]
    failed = 0
    for page in given or pages():
        home = Path.cwd()
        with tempfile.TemporaryDirectory() as folder:
            os.chdir(folder)
            try:
                message = check(page) if not writing else write(page)
            finally:
                os.chdir(home)
        if message:
            print(message, file=sys.stderr)
            failed = 1
    return failed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
