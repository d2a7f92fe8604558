"""The cotangent of a constant of a scan: a sum over all steps.

Where its terms are products, their factors are stacked and multiplied once, after the
loop.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ranvier import ops
from ranvier.compiler.derive.opened import Step
from ranvier.graph import Node, topological
from ranvier.ops.scan import Loop

Stacks = Callable[[Node], Node]  # node of a step → the stack of its values


class Sums:
    """How the cotangents of constants come together: `stacked` nodes are kept for
    products after the loop, `totals` are added up inside.
    """

    def __init__(self, loop: Loop, step: Step, rows: Sequence[Node]) -> None:
        end = loop.carries + loop.inputs
        self.stacked: dict[Node, None] = dict.fromkeys(rows)
        self.totals: list[Node] = []
        for g in step.found[end:]:
            for node in topological([g] if g is not None else [], _is_term):
                if _is_product(node):
                    left, right = (_unswapped(s)[0] for s in node.srcs)
                    self.stacked.update({left: None, right: None})

    def over(self, g: Node) -> Callable[[Stacks], Node]:
        """Σ over the steps of `g`, given the stacks."""
        if g in self.stacked:
            return lambda stacks: ops.total(stacks(g), 0)
        if g.op == "add" and g.srcs[0].shape == g.srcs[1].shape:
            a, b = (self.over(s) for s in g.srcs)
            return lambda stacks: ops.add(a(stacks), b(stacks))
        if g.op in LINEAR:
            inner, make = self.over(g.srcs[0]), LINEAR[g.op]
            return lambda stacks: make(inner(stacks), g.attrs)
        if _is_product(g):
            return lambda stacks: _product(g, stacks)
        if g.op == "sum" and g.srcs[0] in self.stacked:
            dims = (0, *(d + 1 for d in g.attrs))
            return lambda stacks: ops.reshape(
                ops.total(stacks(g.srcs[0]), dims), g.shape
            )
        if g not in self.totals:
            self.totals.append(g)
        return lambda stacks: stacks(g)


LINEAR: dict[str, Callable[[Node, Any], Node]] = {
    "permute": ops.permute,
    "reshape": ops.reshape,
    "neg": lambda x, attrs: ops.neg(x),
}


def _is_term(node: Node) -> bool:
    """Whether `Sums.over` goes no further down."""
    return not (node.op in LINEAR or node.op == "add") or _is_product(node)


def _is_product(node: Node) -> bool:
    return node.op == "matmul" and len(node.srcs[0].shape) == 2 == len(node.shape)


def _unswapped(node: Node) -> tuple[Node, bool]:
    """A matrix without its transposition, and whether it had one."""
    return (node.srcs[0], True) if node.op == "permute" else (node, False)


def _product(g: Node, stacks: Stacks) -> Node:
    """Σ A[t] B[t] as one product of [A[0] A[1] …] and [B[0]; B[1]; …]."""
    left, swapped_left = _unswapped(g.srcs[0])
    right, swapped_right = _unswapped(g.srcs[1])
    a, b = stacks(left), stacks(right)
    a = a if swapped_left else ops.swap(a)
    b = ops.swap(b) if swapped_right else b
    tall = [ops.reshape(x, (x.shape[0] * x.shape[1], x.shape[2])) for x in (a, b)]
    return ops.matmul(ops.swap(tall[0]), tall[1])
