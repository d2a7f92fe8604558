"""Write trajectories.npz: what PyTorch's optimisers do to the parameters, in float64.

Run by hand in an environment of its own with torch==2.13.0.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
import trajectories

FILE = Path(__file__).parent / "trajectories.npz"


def main() -> None:
    assert torch.__version__.startswith("2.13.0"), torch.__version__
    torch.set_default_dtype(torch.float64)  # PyTorch keeps mu_product and eta in it
    found = {
        name: trajectories.path(torch, make, "float64")
        for name, make in trajectories.CASES.items()
    }
    names = np.array(list(found))
    np.savez_compressed(FILE, names=names, paths=np.stack(list(found.values())))
    print(len(found), "trajectories,", FILE.stat().st_size, "bytes")


if __name__ == "__main__":
    main()
