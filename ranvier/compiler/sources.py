"""Which compiler this is: a hash of the files that turn a graph into a program."""

from __future__ import annotations

import hashlib
import os
import platform
from pathlib import Path

import numpy as np

PACKAGE = Path(__file__).parents[1]
FOLDERS = ("ops", "compiler")
FILES = ("dtypes.py", "graph.py")


def sources(package: Path = PACKAGE) -> str:
    """Of this package's files; empty where they cannot be read (inside an archive), in
    which case nothing can be said.
    """
    paths = [package / name for name in FILES]
    for top in FOLDERS:
        for folder, _, names in os.walk(package / top):
            paths += [Path(folder, name) for name in names if name.endswith(".py")]
    sha = hashlib.sha256()
    try:
        for path in sorted(paths):
            sha.update(hashlib.sha256(path.read_bytes()).digest())
    except OSError:
        return ""
    return sha.hexdigest()


# Taken now, when the files are what is loaded: an editor may change them later.
SOURCES = sources()
# Constants are folded by NumPy, numbers are written by Python.
COMPILER = (SOURCES, np.__version__, platform.python_version()) if SOURCES else ()
