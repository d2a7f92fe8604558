"""Graph → Graph + gradients.

Made from what `capture` found; eaten by `fuse`. Afterwards only inputs, constants and
primitives are left: every `grad` has become one reverse sweep and every `call` the
inside of its template. Look at it with ``rv.explain(step, stage="derive")``.
"""
