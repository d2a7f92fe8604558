"""`rv.__version__`: that of the installed package."""

from __future__ import annotations

from functools import cache
from importlib import metadata


@cache  # a checkpoint names it after every epoch, and the search takes 1 ms
def version() -> str:
    """As in pyproject.toml; of the source tree if the package is not installed."""
    try:
        return metadata.version("ranvier")
    except metadata.PackageNotFoundError:
        return "0.1.0.dev0"


__version__ = version()
