"""Write torch_reference.npz: what PyTorch gives for cases.py.

Run by hand in an environment of its own with torch==2.13.0; the tests need only the
file. The cases stand in cases.py, which is written for both libraries.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import torch

HERE = Path(__file__).parent


def cases():
    spec = importlib.util.spec_from_file_location("cases", HERE / "cases.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def main() -> None:
    assert torch.__version__.startswith("2.13.0"), torch.__version__
    arrays = cases().run(torch)
    np.savez_compressed(HERE / "torch_reference.npz", **arrays)
    print(len(arrays), "arrays", (HERE / "torch_reference.npz").stat().st_size, "bytes")


if __name__ == "__main__":
    main()
