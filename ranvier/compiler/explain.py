"""Every stage of a program as text that a person can read."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from ranvier import ops
from ranvier.compiler.compiled import Compiled
from ranvier.compiler.fuse.contraction import Contraction
from ranvier.compiler.fuse.schedule import Kernel, Schedule
from ranvier.compiler.fuse.view import View
from ranvier.compiler.pipeline import Plan
from ranvier.errors import CaptureError, UnknownNameError, nearest
from ranvier.graph import Graph, Node

STAGES = ("capture", "derive", "fuse", "lower", "run")


def explain(step: Any, *arguments: Any, stage: str | None = None) -> str:
    """What the compiler made of `step`, one stage or all five.

    `step` is a compiled function that has been called (its last specialisation is
    shown), or is called now with `arguments` if they are given.

    >>> import ranvier as rv
    >>> print(rv.explain(rv.compile(lambda x: 2 * x + 1), rv.ones(3), stage="capture"))
    capture: Python code → Graph (1 input, 1 output, 2 primitives)
      a = input 0                                float32[3]
      b = mul 2.0, a                             float32[3]
      c = add b, 1.0                             float32[3]
      returns c
    """
    if stage is not None and stage not in STAGES:
        raise UnknownNameError(
            f"stage {stage!r} is not one of "
            f"{', '.join(STAGES)}{nearest(str(stage), STAGES) or '.'}"
        )
    compiled = step if isinstance(step, Compiled) else Compiled(step)
    if arguments:
        compiled(*arguments)
    if compiled.last is None:
        raise CaptureError(
            "explain: this function has not run yet, so the shapes of its arguments "
            "are not known. "
            "Call it once, or give example arguments: rv.explain(step, x, y)."
        )
    plan = compiled.last
    shown = [VIEWS[s](plan) for s in STAGES if stage in (None, s)]
    return "\n\n".join(shown)


def _capture(plan: Plan) -> str:
    return "\n\n".join(_graph("capture: Python code → Graph", g) for g in plan.graphs)


def _derive(plan: Plan) -> str:
    return "\n\n".join(
        _graph("derive: Graph → Graph + gradients", g) for g in plan.derived
    )


def _graph(title: str, graph: Graph) -> str:
    names = _letters(graph)
    nodes = [n for n in graph.nodes() if n.op != "const"]
    primitives = sum(1 for n in nodes if n.op in ops.TABLE)
    lines = [
        f"{title} ({_count(len(graph.inputs), 'input')}, "
        f"{_count(len(graph.outputs), 'output')}, "
        f"{_count(primitives, 'primitive')})"
    ]
    for node in nodes:
        what = f"{names[node]} = {_expression(node, names)}"
        lines.append(f"  {what:<42} {node.dtype.name}{list(node.shape)}")
    updated = {o: i for i, o in graph.updates}
    guarded = {o for o, _ in graph.guards}
    for position, node in enumerate(graph.outputs):
        if position in updated:
            lines.append(
                f"  {names[graph.inputs[updated[position]]]} ← {_name(node, names)}"
            )
        elif position not in guarded:
            lines.append(f"  returns {_name(node, names)}")
    for position, message in graph.guards:
        lines.append(
            f"  stops unless {_name(graph.outputs[position], names)}: {message}"
        )
    return "\n".join(lines)


def _count(n: int, noun: str) -> str:
    return f"{n} {noun}{'' if n == 1 else 's'}"


def _letters(graph: Graph) -> dict[Node, str]:
    """a, b, … z, aa, ab, … in the order of the graph."""
    names: dict[Node, str] = {}
    for node in [*graph.inputs, *graph.nodes()]:
        if node not in names and node.op != "const":
            n, name = len(names), ""
            while True:
                n, letter = divmod(n, 26)
                name = chr(97 + letter) + name
                if not n:
                    break
                n -= 1
            names[node] = name
    return names


def _name(node: Node, names: dict[Node, str]) -> str:
    return f"{node.attrs}" if node.op == "const" else names.get(node, "?")


def _expression(node: Node, names: dict[Node, str]) -> str:
    if node.op == "input":
        return f"input {node.attrs}"
    sources = ", ".join(_name(s, names) for s in node.srcs)
    attrs = "" if node.attrs is None or node.op == "cast" else f" {node.attrs}"
    return f"{node.op}{attrs} {sources}".rstrip()


def _fuse(plan: Plan) -> str:
    return "\n\n".join(_schedule(s) for s in plan.schedules)


def _schedule(schedule: Schedule) -> str:
    target = schedule.target
    lines = [
        f"fuse: Graph → Schedule ({_count(len(schedule.kernels), 'kernel')} in "
        f"{_count(len(schedule.phases), 'phase')}, arena {schedule.arena} bytes, "
        f"{target.name}, "
        f"{target.lanes} lanes, {_count(target.threads, 'thread')})"
    ]
    lines += [f"  layout: {note}" for note in schedule.notes]
    for number, phase in enumerate(schedule.phases):
        for kernel in phase:
            lines.append(f"  phase {number}: {_kernel(kernel, schedule)}")
            if kernel.kind == "scan":
                lines += _inside(kernel)
        for at, _, message in schedule.guards:
            if at == number:
                lines.append(f"  phase {number}: then stop unless: {message}")
    return "\n".join(lines)


def _inside(kernel: Kernel) -> list[str]:
    """The kernels of a scan: those that run once, and those of every step."""
    loop = kernel.loop
    lines = []
    for number, phase in enumerate(loop.schedule.phases):
        when = "before" if number < loop.once else "each step"
        for inner in phase:
            lines.append(f"    {when}, phase {number}: {_kernel(inner, loop.schedule)}")
            if inner.kind == "scan":
                lines += ["  " + line for line in _inside(inner)]
    return lines


def _kernel(kernel: Kernel, schedule: Schedule) -> str:
    inside = " ".join(n.op for n in kernel.nodes)
    to = ", ".join(
        f"{n.op} → {_place(kernel.target(n), schedule)}" for n in kernel.stores
    )
    who = f"thread {kernel.thread}"
    if kernel.parallel or kernel.private:
        who = "shared" if kernel.parallel else "every thread for itself"
    shape = "x".join(map(str, kernel.space)) or "scalar"
    layout = ""
    if kernel.kind == "matmul":
        assert kernel.tile is not None
        rows, columns = kernel.tile.height, kernel.tile.columns
        inner = "x".join(str(d.size) for d in Contraction.of(kernel).inner)
        layout = (
            f", over {inner}, lanes {LANES[kernel.lanes]}, tile {rows}x{columns} "
            f"({kernel.why})"
        )
    elif kernel.kind == "winograd":
        assert kernel.tile is not None
        channels = kernel.nodes[0].srcs[0].shape[-1]
        layout = (
            f", 4x4 patches of {channels} channels, {kernel.block} at a time, tile "
            f"{kernel.tile.rows}x{kernel.tile.columns}"
        )
    elif kernel.kind == "scan":
        layout = f", {kernel.nodes[0].attrs}"
    elif kernel.reduced is not None:
        layout = f", reduces {kernel.reduced}"
    again = ""
    if kernel.again:
        again = f"; {_count(len(kernel.again), 'value')} made again instead of read"
    if kernel.ahead:
        again += f"; asks for {_count(kernel.ahead.rows, 'row')} of the next step"
    return (
        f"{kernel.name} [{shape}{layout}] {inside}; writes {to}{again}; "
        f"about {math.ceil(kernel.cost)} cycles, {who}"
    )


def _place(view: View, schedule: Schedule) -> str:
    plain = view == View.whole(view.root)
    slot = schedule.slots[view.root]
    return f"{slot}" if plain else f"a part of {slot}"


LANES = {"n": "along columns", "m": "along rows", "k": "along the inner dimension"}


def _lower(plan: Plan) -> str:
    module = plan.module
    head = (
        f"lower: Schedule → LLVM IR ({_count(module.kernels, 'kernel function')}, "
        f"{_count(module.barriers, 'barrier')} a step)"
    )
    return f"{head}\n{module.text}"


def _run(plan: Plan) -> str:
    from ranvier.compiler.run.jit import assembly, versions

    program = plan.program
    return (
        f"run: LLVM IR → machine code ({versions()}, {program.target.name}, "
        f"{_count(program.target.threads, 'thread')}, arena {plan.module.arena} "
        "bytes)\n"
        f"{assembly(plan.module.text, program.target)}"
    )


VIEWS: dict[str, Callable[[Plan], str]] = {
    "capture": _capture,
    "derive": _derive,
    "fuse": _fuse,
    "lower": _lower,
    "run": _run,
}
