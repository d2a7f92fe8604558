"""LLVM IR → machine code → numbers.

Made from the text that `lower` wrote. `jit` compiles it, or `cache` has it already;
`threads` runs it on several cores where `pace` finds that faster, `execute` binds
arrays to it; `interpret` is the same graph in NumPy, the oracle for all of it. Look at
it with ``rv.explain(step, stage="run")``.
"""
