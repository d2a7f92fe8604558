"""Write ranvier/course/g_losses/g2_solution.npz: what scikit-learn finds for the
softmax regression of the course's row G2.

Run by hand where scikit-learn is installed (1.9.1 was); the row needs only the file and
compares with scikit-learn itself where it is there.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ranvier.course.g_losses import g2_softmax_regression as g2

FILE = Path(g2.__file__).with_name("g2_solution.npz")


def main() -> None:
    x, t = g2.digits()
    W, b = g2.by_sklearn(x, t)
    np.savez_compressed(FILE, W=W.astype(np.float32), b=b.astype(np.float32))
    print(W.shape, b.shape, FILE.stat().st_size, "bytes")


if __name__ == "__main__":
    main()
