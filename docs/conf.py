"""Sphinx, for both languages: `python3 tasks.py docs` builds docs/en and docs/zh."""

import re
from pathlib import Path

project = "Ranvier"
author = "the Ranvier authors"
extensions = ["myst_parser", "sphinx.ext.autodoc"]
html_theme = "furo"
html_title = "Ranvier"
smartquotes = False
myst_enable_extensions = ["dollarmath", "colon_fence", "html_image"]
myst_heading_anchors = 3
autodoc_member_order = "bysource"
autodoc_typehints = "none"
autodoc_default_options = {"show-inheritance": True}


def sentence(text):
    """One line of reStructuredText: code in backticks, everything else as it is."""
    parts = re.split(r"``?([^`]+)``?", " ".join(text.split()))
    plain = [re.sub(r"([\\*`_|])", r"\\\1", part) for part in parts[::2]]
    code = [f"\\ ``{part}``\\ " for part in parts[1::2]]
    return "".join(a + b for a, b in zip(plain, [*code, ""], strict=True))


def keep_layout(app, what, name, obj, options, lines):
    """Show a docstring as it is laid out in the code: a sentence, then plain text.

    Docstrings are written to be read in an editor, with aligned formulas, and are not
    reStructuredText.
    """
    text = "\n".join(lines).strip("\n").split("\n\n")
    first, rest = sentence(text[0]), "\n\n".join(text[1:])
    if text[0].startswith(">>>"):
        first, rest = "", "\n\n".join(text)
    lines[:] = [first, ""]
    if rest:
        lines += ["::", "", *("   " + line for line in rest.splitlines()), ""]


def add_course(app, name, source):
    """Hang the course's pages below its list and its chapters: they are Markdown that
    reads well without Sphinx too, so nothing of it stands in them.
    """
    pages = [path.stem for path in Path(app.srcdir, "course").glob("*.md")]
    below = []
    if name == "course":
        below = ["course/table", *sorted(f"course/{p}" for p in pages if len(p) == 1)]
    elif re.fullmatch(r"course/[a-k]", name):
        rows = [page for page in pages if re.fullmatch(name[-1] + r"\d+", page)]
        below = sorted(rows, key=lambda page: int(page[1:]))
    if below:
        lines = ["```{toctree}", ":hidden:", "", *below, "```", ""]
        source[0] += "\n" + "\n".join(lines)


def setup(app):
    app.connect("source-read", add_course)
    app.connect("autodoc-process-docstring", keep_layout)
