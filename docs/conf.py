"""Sphinx, for both languages: `python3 tasks.py docs` builds docs/en and docs/zh."""

project = "Ranvier"
author = "the Ranvier authors"
extensions = ["myst_parser"]
html_theme = "furo"
html_title = "Ranvier"
myst_enable_extensions = ["dollarmath", "colon_fence"]
myst_heading_anchors = 3
