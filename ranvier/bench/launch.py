"""Run the worker without Ranvier: the folder of this file as a package by itself.

A rival's Python needs its rival and NumPy, and neither Ranvier nor what that needs.
"""

import sys
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

NAME = "ranvier_bench"


def adopt(folder: Path) -> None:
    """Make the folder importable under NAME."""
    place = [str(folder)]
    spec = spec_from_file_location(
        NAME, folder / "__init__.py", submodule_search_locations=place
    )
    assert spec is not None and spec.loader is not None
    package = sys.modules[NAME] = module_from_spec(spec)
    spec.loader.exec_module(package)


if __name__ == "__main__":
    folder = Path(__file__).resolve().parent
    sys.path[:] = [entry for entry in sys.path if Path(entry).resolve() != folder]
    adopt(folder)
    import_module(f"{NAME}.worker").main(*sys.argv[1:])
