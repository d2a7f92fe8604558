"""Which version of a package is installed, found out without importing it."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version

ASK = """
import json, sys
from importlib.metadata import PackageNotFoundError, version
def found(name):
    try:
        return version(name)
    except PackageNotFoundError:
        return None
print(json.dumps({name: found(name) for name in sys.argv[1:]}))
"""


def installed(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def installed_there(python: str, packages: list[str]) -> dict[str, str]:
    """The versions that another Python has of these packages, where it has them.

    Raises OSError, CalledProcessError: this is no Python that runs.
    """
    if python == sys.executable:
        found = {name: installed(name) for name in packages}
    else:
        command = [python, "-c", ASK, *packages]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        found = json.loads(done.stdout)
    return {name: version for name, version in found.items() if version}
