"""The version of the installed package, or that of the source tree."""

from __future__ import annotations

from importlib import metadata


def version() -> str:
    """As in pyproject.toml; 'source tree' if the package is not installed."""
    try:
        return metadata.version("ranvier")
    except metadata.PackageNotFoundError:
        return "(source tree, not installed)"
