"""Which language the command line speaks before it has read `--lang`."""

from __future__ import annotations

import os
import sys
from itertools import pairwise


def chosen(english: str, chinese: str) -> str:
    """The text in the language of `--lang`, or of the environment.

    Help is made before options are read, so the arguments are looked at directly.
    """
    return chinese if early_language(sys.argv[1:]) == "zh" else english


def early_language(arguments: list[str]) -> str:
    """
    >>> early_language(["train", "--lang", "zh"]), early_language(["--lang=en"])
    ('zh', 'en')
    """
    for option, value in pairwise([*arguments, ""]):
        if option == "--lang":
            return value
        if option.startswith("--lang="):
            return option.partition("=")[2]
    return system_language()


def system_language() -> str:
    """'zh' where the environment asks for Chinese, else 'en'."""
    names = ("LC_ALL", "LC_MESSAGES", "LANG")
    wanted = next((os.environ[name] for name in names if os.environ.get(name)), "")
    return "zh" if wanted.lower().startswith("zh") else "en"
