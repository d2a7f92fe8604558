"""Write trajectories.npz, lbfgs.npz and schedules.npz: what PyTorch's optimisers do to
the parameters, in float64, and its schedules to the rates.

Run by hand in an environment of its own with torch==2.13.0.
"""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import schedules
import torch
import trajectories

HERE = Path(__file__).parent


def main() -> None:
    assert torch.__version__.startswith("2.13.0"), torch.__version__
    warnings.simplefilter("ignore")
    torch.set_default_dtype(torch.float64)  # PyTorch keeps mu_product and eta in it
    write(
        "trajectories",
        {
            name: trajectories.path(torch, make, "float64")
            for name, make in trajectories.CASES.items()
        },
    )
    write(
        "lbfgs",
        {
            name: trajectories.lbfgs_path(torch, options)
            for name, options in trajectories.LBFGS.items()
        },
    )
    write(
        "schedules",
        {name: schedules.rates(torch, make) for name, make in schedules.CASES.items()},
    )


def write(name: str, found: dict[str, np.ndarray]) -> None:
    file = HERE / f"{name}.npz"
    np.savez_compressed(
        file, names=np.array(list(found)), values=np.stack(list(found.values()))
    )
    print(len(found), name, file.stat().st_size, "bytes")


if __name__ == "__main__":
    main()
