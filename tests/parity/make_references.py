"""Write reference/*.npz: PyTorch's answers to the rows of every table, or of those
that are named.

Run by hand in an environment of its own with torch==2.13.0.
"""

from __future__ import annotations

import sys
import warnings
from importlib import import_module
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).parents[1]))
from parity import answers, reference

TABLES = Path(__file__).parent / "tables"


def main(names: list[str]) -> None:
    assert torch.__version__.startswith("2.13.0"), torch.__version__
    warnings.simplefilter("ignore")
    for name in names or sorted(p.stem for p in TABLES.glob("[a-z]*.py")):
        found, dtypes = {}, {}
        for case in import_module(f"parity.tables.{name}").CASES:
            assert case.name not in found, f"two rows named {case.name}"
            found[case.name], dtypes[case.name] = answered(case)
        print(name, len(found), "rows", reference.write(name, found, dtypes), "bytes")


def answered(case):
    if case.refused:
        assert refused(case), f"{case.name}: PyTorch takes it"
        return {"y": [], "g": [], "gg": []}, []
    narrow = answers.run(torch, case, "float32")
    return answers.run(torch, case, "float64"), [a.dtype.name for a in narrow["y"]]


def refused(case) -> bool:
    try:
        answers.run(torch, case, "float32")
    except Exception:
        return True
    return False


if __name__ == "__main__":
    main(sys.argv[1:])
