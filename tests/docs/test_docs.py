"""The documentation: blocks print what the page shows, links lead somewhere."""

import importlib.util
import re
import subprocess
import sys
from itertools import takewhile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LINK = re.compile(r"\[[^\]]*\]\(([^)\s#]+)[^)\s]*\)")
CODE = re.compile(r"^```.*?^```$|`[^`\n]*`", re.DOTALL | re.MULTILINE)


def script(name):
    """A module of docs/, which is no package."""
    spec = importlib.util.spec_from_file_location(name, ROOT / "docs" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


blocks = script("blocks")
PAGES = {str(page.relative_to(ROOT)): page for page in blocks.pages()}
WITH_CODE = [n for n, page in PAGES.items() if blocks.blocks(page.read_text("utf-8"))]
LINKED = [*PAGES, "docs/decisions.md", "docs/log.md", "CHANGELOG.md"]


@pytest.mark.parametrize("name", WITH_CODE)
def test_blocks(name, tmp_path):
    # a process of its own: what has been seen before decides what is compiled
    command = [sys.executable, str(ROOT / "docs" / "blocks.py"), str(PAGES[name])]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 0, (
        f"{done.stderr}\nIf the new output is right: python docs/blocks.py --write"
    )


@pytest.mark.parametrize("name", LINKED)
def test_links(name):
    page = ROOT / name
    text = CODE.sub("", page.read_text("utf-8"))
    for link in LINK.findall(text):
        if not link.startswith(("http:", "https:")):
            assert (page.parent / link).exists(), f"{name} links to {link}"


def test_tree_of_the_readmes():
    """Every path in the annotated tree exists, and every room is in it."""
    for name in ("README.md", "README.zh-CN.md"):
        lines = (ROOT / name).read_text("utf-8").split("```\nranvier/\n")[1]
        tree = lines.split("```")[0]
        assert tree.count("\n") > 10
        rooms = {p.name for p in (ROOT / "ranvier").iterdir() if p.is_dir()}
        for room in rooms - {"__pycache__"}:
            assert f"{room}/" in tree, f"{name}: {room}/ is not in the tree"
        named = list(paths(tree))
        assert "ranvier/compiler/pipeline.py" in named and "ranvier/optim" in named
        for path in named:
            assert (ROOT / path).exists(), f"{name} names {path}"


def paths(tree):
    """The paths of a tree drawn with box characters; its first line is ranvier/."""
    above = ["ranvier"]
    for line in tree.splitlines():
        drawn, rest = re.fullmatch(r"([│├└─ ]*)(.*)", line).groups()
        depth = len(drawn) // 4
        words = takewhile(re.compile(r"[\w.]+(/|\.py)").fullmatch, rest.split())
        for name in words:
            above[depth:] = [name.rstrip("/")]
            yield "/".join(above)


def test_messages_page():
    made = script("make_messages")
    for language, page in made.PAGES.items():
        assert page.read_text("utf-8") == made.render(language), (
            f"{page.relative_to(ROOT)} is not what the mistakes give; run "
            "python docs/make_messages.py"
        )


@pytest.mark.parametrize(
    ("shown", "printed", "same"),
    [
        ("loss 0.500\n", "loss 0.510\n", True),
        ("loss 0.500\n", "loss 0.600\n", False),
        ("loss 0.500\n", "cost 0.500\n", False),
    ],
)
def test_about(shown, printed, same):
    assert blocks.close(shown, printed) == same


def test_a_wrong_output_is_found(tmp_path):
    page = tmp_path / "page.md"
    text = "```python\nprint(1 + 1)\n```\n<!-- output -->\n```text\n{}\n```\n"
    page.write_text(text.format(3), "utf-8")
    assert "the block printed\n2\n" in blocks.check(page)
    blocks.write(page)
    assert page.read_text("utf-8") == text.format(2)
    assert blocks.check(page) == ""
