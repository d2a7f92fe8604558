"""Which version of a package is installed, found out without importing it."""

from importlib.metadata import PackageNotFoundError, version


def installed(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
