"""Graph → Graph + gradients.

Made from what `capture` found; eaten by `fuse`. Afterwards only inputs, constants and
primitives are left: every `grad` has become one reverse sweep and every `call` the
inside of its template. Look at it with ``rv.explain(step, stage="derive")``.

`expand` goes through the graph, `sweep` is the reverse sweep; the gradient of a loop is
`scan` (`opened`: one step and its adjoint; `saving`: what the loop keeps for it;
`adjoint`: the reverse loop's body; `sums`: gradients of what every step reads).
"""
