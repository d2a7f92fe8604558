"""Loop kernels: element-wise nodes and reductions over one index space.

The last dimension lies in the lanes. Dimensions that are kept are shared among threads
(`rows`, or `squares` where a source lies across the lanes); for each place of them, the
reduced dimensions are gone through once a *stage* (`sweep`): what depends on a
reduction belongs to the stage after it (softmax: maximum; sum of exponentials;
quotient).
"""

from __future__ import annotations

from ranvier.compiler.fuse.schedule import Kernel
from ranvier.compiler.fuse.target import Target
from ranvier.compiler.lower.body import Lowered
from ranvier.compiler.lower.rows import Rows
from ranvier.compiler.lower.squares import Squares, across


def lower_loop(kernel: Kernel, target: Target) -> Lowered:
    """``void kernel(pointers…, i64 low, i64 high)`` for units low … high - 1."""
    rows = Rows(kernel, target)
    turned = across(rows)
    return Squares(rows, turned).run() if turned else rows.run()
