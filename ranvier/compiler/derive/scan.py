"""The gradient of a scan: a scan in the other direction, whose body is the adjoint of
the body.

It reads what the steps of the scan left behind. `saving` adds to a scan the results
that its adjoint reads, so that nothing is computed twice; what a scan did not keep is
computed again. The cotangent of a constant is a sum over all steps: where its terms are
products, their factors are stacked and multiplied once, after the loop.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from ranvier import ops
from ranvier.graph import Node, Template, grad_mode, hole, topological
from ranvier.ops.scan import Loop, item, scan

Pull = Callable[[Sequence[Node], Sequence[Node], Sequence[Node]], list[Node | None]]
Flags = tuple[bool, ...]
CHEAP = {"add", "sub", "mul", "neg", "cast", "where", "relu", "sign"}
CHEAP |= {"eq", "ne", "lt", "le", "gt", "ge", "and", "or", "xor"}


# ---- the body with another answer to "through what do gradients flow?" ---------------


class Open(NamedTuple):
    """A body written out again: old node → new node."""

    inputs: list[Node]
    outputs: list[Node]
    new: dict[Node, Node]


def written_out(loop: Loop, flags: Flags) -> Open:
    """The body on new holes; `flags` says which sources require a gradient."""
    while True:
        opened = _once(loop.body, flags)
        grown = tuple(
            f or (i < loop.carries and opened.outputs[i].rg)
            for i, f in enumerate(flags)
        )
        if grown == flags:
            return opened
        flags = grown


def _once(body: Template, flags: Flags) -> Open:
    inputs = [
        hole(i, h.shape, h.dtype, f and h.dtype.is_float)
        for i, (h, f) in enumerate(zip(body.inputs, flags, strict=True))
    ]
    new = dict(zip(body.inputs, inputs, strict=True))
    for node in topological(body.outputs):
        if node not in new:
            srcs = tuple(new[s] for s in node.srcs)
            rg = node.rg and any(s.rg for s in srcs)
            new[node] = Node(node.op, srcs, node.attrs, node.shape, node.dtype, rg)
    return Open(inputs, [new[o] for o in body.outputs], new)


def _flags(srcs: Iterable[Node]) -> Flags:
    return tuple(s.rg for s in srcs)


# ---- what the adjoint of one step is -------------------------------------------------


class Step(NamedTuple):
    """One step and its cotangents, as nodes.

    carried: cotangents that come in for the carries (None: no gradient flows);
    more: cotangents of the carries' stacks; results: cotangents of the other outputs;
    found: cotangents of the inputs.
    """

    opened: Open
    carried: list[Node | None]
    more: list[Node | None]
    results: list[Node | None]
    found: list[Node | None]


def _step(loop: Loop, flags: Flags, given: Flags, pull: Pull) -> Step:
    opened = written_out(loop, flags)
    n = loop.carries
    outputs = opened.outputs
    carried = [_like(h) if h.rg else None for h in opened.inputs[:n]]
    extra = [
        _like(o) if g and o.rg else None for o, g in zip(outputs, given, strict=True)
    ]
    seeds: list[tuple[Node, Node]] = []
    for out, first, second in zip(outputs, [*carried, *extra[n:]], extra, strict=True):
        both = [g for g in dict.fromkeys((first, second)) if g is not None]
        if out.rg and both:
            seeds.append((out, both[0] if len(both) == 1 else ops.add(*both)))
    wrt = [h for h in opened.inputs if h.rg]
    pulled = iter(pull([o for o, _ in seeds], [g for _, g in seeds], wrt))
    found = [next(pulled) if h.rg else None for h in opened.inputs]
    return Step(opened, carried, extra[:n], extra[n:], found)


def _like(node: Node) -> Node:
    return hole(0, node.shape, node.dtype, True)


def _constants_only(loop: Loop, opened: Open) -> set[Node]:
    """Nodes of the body that are the same in every step."""
    moving = set(opened.inputs[: loop.carries + loop.inputs])
    still: set[Node] = set()
    for node in topological(opened.outputs):
        if node not in moving and all(s in still for s in node.srcs):
            still.add(node)
    return still


# ---- keeping what the adjoint reads --------------------------------------------------


def saving(node: Node, srcs: Sequence[Node], pull: Pull) -> Loop:
    """The loop of a scan with the intermediate values that its adjoint reads as further
    results.
    """
    loop: Loop = node.attrs
    flags = _flags(srcs)
    key = ("saving", loop.carries, loop.inputs, flags)
    if key not in loop.body.made:
        loop.body.made[key] = _with_saved(loop, flags, pull)
    return loop._replace(body=loop.body.made[key])


def _with_saved(loop: Loop, flags: Flags, pull: Pull) -> Template:
    body = loop.body
    before, grad_mode.enabled = grad_mode.enabled, True
    try:
        step = _step(loop, flags, (True,) * len(body.outputs), pull)
    finally:
        grad_mode.enabled = before
    wanted = _read_by_adjoint(loop, step)
    old = {new: node for node, new in step.opened.new.items()}
    saved = [old[node] for node in wanted]
    if not saved:
        return body
    return Template(f"{body.name} saving", body.inputs, [*body.outputs, *saved])


def _read_by_adjoint(loop: Loop, step: Step) -> list[Node]:
    """Nodes of the body that the adjoint reads and that no stack holds."""
    opened = step.opened
    inside = set(opened.new.values())
    at_hand = {*opened.inputs, *opened.outputs, *_constants_only(loop, opened)}
    found: dict[Node, None] = {}
    seen: set[Node] = set()
    stack = [g for g in step.found if g is not None]
    while stack:
        node = stack.pop()
        if node in seen or node in at_hand:
            continue
        seen.add(node)
        view = node.op in ops.TABLE and ops.TABLE[node.op].kind == "view"
        if node in inside and not view and node.op != "scan":
            found[node] = None
        else:
            stack.extend(node.srcs)
    kept: list[Node] = []
    for node in topological(opened.outputs):
        if node in found:
            known = all(s in at_hand or s.op == "const" for s in node.srcs)
            if not (known and node.op in CHEAP):
                kept.append(node)
            at_hand.add(node)
    return kept


# ---- the adjoint as a template -------------------------------------------------------

Stacks = Callable[[Node], Node]  # node of a step → the stack of its values


class Adjoint(NamedTuple):
    """The body of the reverse scan, and what goes into it and comes out.

    carried: carries of the scan that have a cotangent; totals: what is added up from
    step to step; rows: what lies in the inputs (nodes of `step`); constants: which
    sources go in; written: nodes of `step` whose stacks come out; sums: how the
    cotangent of a constant is put together.
    """

    step: Step
    body: Template
    carried: list[int]
    totals: list[Node]
    rows: list[Node]
    constants: list[int]
    written: list[Node]
    sums: dict[int, Callable[[Stacks], Node]]


def _adjoint(loop: Loop, flags: Flags, given: Flags, pull: Pull) -> Adjoint:
    key = ("adjoint", loop.carries, loop.inputs, flags, given)
    made = loop.body.made
    if key not in made:
        before, grad_mode.enabled = grad_mode.enabled, True
        try:
            made[key] = _make_adjoint(loop, _step(loop, flags, given, pull))
        finally:
            grad_mode.enabled = before
    found: Adjoint = made[key]
    return found


def _make_adjoint(loop: Loop, step: Step) -> Adjoint:
    n, end = loop.carries, loop.carries + loop.inputs
    opened, found = step.opened, step.found
    carried = [i for i in range(n) if step.carried[i] is not None]
    rows = [g for g in found[n:end] if g is not None]
    sums = Sums(loop, step, rows)
    recipes = {
        i: sums.over(g) for i, g in enumerate(found) if i >= end and g is not None
    }
    outside = {*opened.inputs[:end], *opened.outputs, *step.carried, *step.more}
    outside |= set(step.results)
    stacked = dict.fromkeys([*rows, *sums.stacked])
    written = [g for g in stacked if g not in outside]
    following = [found[i] or _zeros(opened.inputs[i]) for i in carried]
    holes = [_like(t) for t in sums.totals]
    more = [ops.add(h, t) for h, t in zip(holes, sums.totals, strict=True)]
    return _closed(
        loop,
        Adjoint(
            step,
            loop.body,
            carried,
            sums.totals,
            [],
            [],
            written,
            recipes,
        ),
        [*(c for c in step.carried if c is not None), *holes],
        [*following, *more, *written],
    )


def _zeros(node: Node) -> Node:
    return ops.expand(ops.like(node, 0.0), node.shape)


def _closed(
    loop: Loop, adjoint: Adjoint, carries: list[Node], outputs: list[Node]
) -> Adjoint:
    """The template: whatever the outputs read of the step itself becomes an input."""
    step = adjoint.step
    opened = step.opened
    end = loop.carries + loop.inputs
    stacks = [n for n in (*opened.inputs[:end], *opened.outputs) if n.op != "const"]
    known = {n: _like(n) for n in stacks if n not in opened.inputs[end:]}
    fixed = {n: _like(n) for n in opened.inputs[end:]}
    own = [g for g in (*step.more, *step.results) if g is not None]
    new: dict[Node, Node] = {**known, **fixed, **{g: g for g in (*own, *carries)}}
    used: set[Node] = set()
    for node in topological(outputs, lambda n: n in new):
        if node in new:
            used.add(node)
            continue
        srcs = tuple(new[s] for s in node.srcs)
        new[node] = (
            node
            if srcs == node.srcs
            else Node(node.op, srcs, node.attrs, node.shape, node.dtype, node.rg)
        )
    rows = [n for n in known if n in used] + own
    constants = [end + i for i, n in enumerate(fixed) if n in used]
    inputs = [*carries, *(new[r] for r in rows)]
    inputs += [new[opened.inputs[i]] for i in constants]
    for i, node in enumerate(inputs):
        node.attrs = i
    name = f"adjoint of {loop.body.name}"
    body = Template(name, inputs, [new[o] for o in outputs])
    return adjoint._replace(body=body, rows=rows, constants=constants)


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


# ---- the rule ------------------------------------------------------------------------


def scan_gradient(
    node: Node, cotangents: dict[int, Node], pull: Pull
) -> list[Node | None]:
    """Cotangents of a scan's sources, given those of its results by number."""
    loop: Loop = node.attrs
    n, end = loop.carries, loop.carries + loop.inputs
    parts = {i: _parted(loop, g) for i, g in cotangents.items() if i < n}
    given = tuple(
        parts[i].rows is not None if i in parts else i in cotangents
        for i in range(len(loop.body.outputs))
    )
    adjoint = _adjoint(loop, _flags(node.srcs), given, pull)
    step = adjoint.step
    outer = _outer_stacks(node, step.opened)
    for i, g in enumerate(step.more):
        if g is not None:
            outer[g] = _present(parts[i].rows)
    for i, g in enumerate(step.results):
        if g is not None:
            outer[g] = cotangents[n + i]
    first = [
        (parts[i].last if i in parts else None) or _zeros(step.opened.inputs[i])
        for i in adjoint.carried
    ] + [_zeros(t) for t in adjoint.totals]
    results = scan(
        adjoint.body,
        first,
        [outer[r] for r in adjoint.rows],
        [node.srcs[i] for i in adjoint.constants],
        loop.steps,
        not loop.reverse,
    )
    back: Loop = loop._replace(reverse=not loop.reverse)
    count = len(adjoint.carried)
    for at, i in enumerate(adjoint.carried):
        outer[_present(step.carried[i])] = _rows(results[at], back.before(0), loop)
    for at, total in enumerate(adjoint.totals):
        outer[total] = _row(results[count + at], back.last)
    count += len(adjoint.totals)
    outer |= dict(zip(adjoint.written, results[count:], strict=True))
    found: list[Node | None] = [None] * len(node.srcs)
    for at, i in enumerate(adjoint.carried):
        g = _row(results[at], back.last)
        own = parts[i].first if i in parts else None
        found[i] = g if own is None else ops.add(g, own)
    for i in range(n, end):
        g_row = step.found[i]
        found[i] = None if g_row is None else outer[g_row]
    for i, recipe in adjoint.sums.items():
        found[i] = recipe(outer.__getitem__)
    return found


def _outer_stacks(node: Node, opened: Open) -> dict[Node, Node]:
    """Stacks of what the scan reads and leaves behind."""
    loop: Loop = node.attrs
    n, end = loop.carries, loop.carries + loop.inputs
    stacks: dict[Node, Node] = {}
    for i, out in enumerate(opened.outputs):
        got = item(node, i)
        stacks[out] = _rows(got, loop.after(0), loop) if i < n else got
    for i, h in enumerate(opened.inputs[:end]):
        stack = item(node, i) if i < n else node.srcs[i]
        stacks[h] = _rows(stack, loop.before(0), loop) if i < n else stack
    return stacks


def _rows(stack: Node, start: int, loop: Loop) -> Node:
    """Rows start … start + steps - 1 of a carry's stack."""
    return _cut(stack, start, start + loop.steps)


def _row(stack: Node, at: int) -> Node:
    return ops.reshape(_cut(stack, at, at + 1), stack.shape[1:])


def _cut(stack: Node, start: int, stop: int) -> Node:
    return ops.cut(stack, ((start, stop, 1), *((0, m, 1) for m in stack.shape[1:])))


def _present(node: Node | None) -> Node:
    assert node is not None
    return node


# ---- cotangents of a carry's stack, in three parts -----------------------------------


class Parts(NamedTuple):
    """Cotangents of the row of the initial value, of the rows that the steps write, and
    of the final value; None is 0. Often only the last is there.
    """

    first: Node | None
    rows: Node | None
    last: Node | None


def _parted(loop: Loop, g: Node) -> Parts:
    if g.op == "add" and g.srcs[0].shape == g.srcs[1].shape:
        pairs = zip(*(_parted(loop, s) for s in g.srcs), strict=True)
        return Parts(*(_plus(a, b) for a, b in pairs))
    before, inner, _ = _unpadded(g, 0)
    count = inner.shape[0]
    alone = ops.reshape(inner, inner.shape[1:]) if count == 1 else None
    if alone is not None and before == loop.last:
        return Parts(None, None, alone)
    if alone is not None and before == loop.first:
        return Parts(alone, None, None)
    start = loop.after(0)
    if before >= start and before + count <= start + loop.steps:
        around = (before - start, start + loop.steps - before - count, 0)
        none = ((0, 0, 0),) * (len(g.shape) - 1)
        return Parts(None, ops.pad(inner, (around, *none)), None)
    return Parts(_row(g, loop.first), _rows(g, start, loop), None)


def _plus(a: Node | None, b: Node | None) -> Node | None:
    if a is None or b is None:
        return a or b
    return ops.add(a, b)


def _unpadded(g: Node, dim: int) -> tuple[int, Node, int]:
    """(rows of 0 before, what is between them, rows of 0 behind) along `dim`."""
    if g.op == "alias":
        return _unpadded(g.srcs[0], dim)
    if g.op == "permute":
        before, inner, after = _unpadded(g.srcs[0], g.attrs[dim])
        return before, ops.permute(inner, g.attrs), after
    if g.op != "pad" or any(
        p[2] if d == dim else any(p) for d, p in enumerate(g.attrs)
    ):
        return 0, g, 0
    before, inner, after = _unpadded(g.srcs[0], dim)
    return before + g.attrs[dim][0], inner, after + g.attrs[dim][1]
