"""Schedule → LLVM IR, as text.

Made from what `fuse` scheduled; eaten by `run`. One function a kernel shape (equal
kernels share one), and a driver that calls them phase by phase, step by step, epoch by
epoch. Vectors are explicit, so no vectoriser is needed. Look at it with
``rv.explain(step, stage="lower")``.

`program` is the whole: `functions` (every kernel once), `driver` (phases, steps,
epochs), `barrier` (where threads meet), `table` (what Python and the program share).
A kernel's function is written by `loops` (`nest`, `rows`, `squares`, `sweep`,
`reductions`), `matmul` (`product`, `axes`, `tile`, `epilogue`), `winograd`, `pieces` or
`scan`, all of them on a `body`: the values of nodes at one place.
"""
