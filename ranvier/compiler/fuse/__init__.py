"""Graph → Schedule: loop nests, layouts, one memory arena.

Made from what `derive` filled in; eaten by `lower`. Six passes:
`simplify` (the same values by fewer nodes), `group` (nodes into kernels), `order`
(kernels into phases), `share` (which threads run a kernel), `place` (buffers into one
arena), `meet` (between which phases threads meet).
Promises that every node is computed once, that a kernel reads only what an earlier
phase wrote, and that no two live values share bytes (`check`). Look at it with
``rv.explain(step, stage="fuse")``.
"""
