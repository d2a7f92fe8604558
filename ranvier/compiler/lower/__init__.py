"""Schedule → LLVM IR, as text.

Made from what `fuse` scheduled; eaten by `run`. One function a kernel shape (equal
kernels share one), and a driver that calls them phase by phase, step by step, epoch by
epoch. Vectors are explicit, so no vectoriser is needed. Look at it with
``rv.explain(step, stage="lower")``.
"""
