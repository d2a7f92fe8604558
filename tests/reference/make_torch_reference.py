"""Write torch_reference.npz and recurrent_reference.npz: what PyTorch gives for
cases.py and recurrent.py.

Run by hand in an environment of its own with torch==2.13.0; the tests need only the
files. The cases are written for both libraries.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import torch

HERE = Path(__file__).parent


FILES = {"cases": "torch_reference.npz", "recurrent": "recurrent_reference.npz"}


def cases(name):
    spec = importlib.util.spec_from_file_location(name, HERE / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def main() -> None:
    assert torch.__version__.startswith("2.13.0"), torch.__version__
    for name, file in FILES.items():
        arrays = cases(name).run(torch)
        np.savez_compressed(HERE / file, **arrays)
        print(len(arrays), "arrays", (HERE / file).stat().st_size, "bytes")


if __name__ == "__main__":
    main()
