"""LLVM IR → machine code → numbers.

Made from the text that `lower` wrote. `jit` compiles it, `threads` runs it on several
cores, `execute` binds arrays to it; `interpret` is the same graph in NumPy, the oracle
for all of it. Look at it with ``rv.explain(step, stage="run")``.
"""
