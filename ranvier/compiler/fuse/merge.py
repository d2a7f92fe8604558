"""Loops over the same places made one.

In the body of a scan every kernel is called, and met after, once a step: an LSTM's four
gates are one loop, not four.
"""

from __future__ import annotations

from collections.abc import Callable

from ranvier.compiler.fuse.group import Grouping
from ranvier.compiler.fuse.schedule import Kernel
from ranvier.compiler.fuse.view import View
from ranvier.graph import Node

MOST = 64  # nodes of a loop


def merge_loops(grouping: Grouping, chosen: Callable[[Kernel], bool]) -> None:
    """Merge loops without reductions among the `chosen` kernels."""
    loops = [
        k
        for k in grouping.kernels
        if k.kind == "loop" and k.reduced is None and k.space and chosen(k)
    ]
    merged = True
    while merged:
        merged = False
        for i, a in enumerate(loops):
            for b in loops[i + 1 :]:
                first, second = (b, a) if a.depends_on(b) else (a, b)
                if _may_merge(first, second):
                    _merge(grouping, first, second)
                    loops.remove(second)
                    merged = True
                    break
            if merged:
                break
    _forget_stores(grouping)


def _may_merge(a: Kernel, b: Kernel) -> bool:
    """Whether `b` may run with `a`: it reads what `a` makes at the same places only,
    and nothing between them waits for `a`.
    """
    if a.space != b.space or len(a.nodes) + len(b.nodes) > MOST:
        return False
    made = set(a.nodes) | {v.root for v in a.targets.values()}
    for src, view in b.operands.items():
        if view.root in made and not (src is view.root and view == View.whole(src)):
            return False
    picked = {s for n in b.nodes if n.op == "take" for s in n.srcs}
    if picked & made:  # from any row
        return False
    return not any(k.depends_on(a) for k in b.deps if k is not a)


def _merge(grouping: Grouping, a: Kernel, b: Kernel) -> None:
    inside = set(a.nodes)
    a.nodes += [n for n in b.nodes if n not in inside]
    a.again = (a.again - (set(b.nodes) - b.again)) | (b.again - inside)
    a.operands |= {s: v for s, v in b.operands.items() if s not in inside}
    a.targets |= b.targets
    a.stores += b.stores
    a.deps = (a.deps | b.deps) - {a, b}
    grouping.kernels.remove(b)
    for kernel in grouping.kernels:
        if b in kernel.deps:
            kernel.deps.remove(b)
            kernel.deps.add(a)
    for node in b.nodes:
        if node not in b.again:
            grouping.home[node] = a


def _forget_stores(grouping: Grouping) -> None:
    """What nobody else reads any more stays in registers."""
    read: set[Node] = set(grouping.graph.outputs)
    for kernel in grouping.kernels:
        read |= {view.root for view in kernel.operands.values()}
    for kernel in grouping.kernels:
        if kernel.kind == "loop":
            kernel.stores = [
                n for n in kernel.stores if n in read or n in kernel.targets
            ]
