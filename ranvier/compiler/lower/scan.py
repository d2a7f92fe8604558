"""The loop of a scan: the phases of its body once a step, with the pointers of the
stacks moved on.
"""

from __future__ import annotations

from typing import Any, Protocol

from ranvier.compiler.fuse.scan import Body, Moving
from ranvier.compiler.fuse.schedule import Kernel, Schedule
from ranvier.compiler.fuse.target import Target
from ranvier.compiler.lower.text import Writer
from ranvier.graph import Node

Addresses = dict[Node, str]


class Driver(Protocol):
    """What the loop needs of the driver that it is written into."""

    w: Writer
    target: Target
    times: int

    def address(self, node: Node, part: Any, addresses: Addresses) -> str: ...

    def run_phase(
        self,
        schedule: Schedule,
        number: int,
        part: Any,
        addresses: Addresses,
        meet: bool = False,
    ) -> None: ...


def run_loop(driver: Driver, kernel: Kernel, part: Any, addresses: Addresses) -> None:
    """Write the loop of a scan into the driver; `addresses` are those outside."""
    body: Body = kernel.loop
    moving = [*body.inputs.values(), *body.outputs]
    roots = dict.fromkeys(m.root for m in moving)
    bases = {root: driver.address(root, part, addresses) for root in roots}
    scratch = ""
    if body.scratch is not None:
        scratch = driver.address(body.scratch, part, addresses)
    if body.shared or driver.target.threads == 1:
        return _loop(driver, body, part, bases, scratch)
    mine = driver.w.set(f"icmp eq i64 %thread, {kernel.thread}")
    all_threads, driver.target = driver.target, driver.target._replace(threads=1)
    driver.w.when(mine, lambda: _loop(driver, body, part, bases, scratch))
    driver.target = all_threads
    return None


def _loop(
    driver: Driver, body: Body, part: Any, bases: Addresses, scratch: str
) -> None:
    w, schedule = driver.w, body.schedule
    fixed: Addresses = {}
    for node, slot in schedule.slots.items():
        if slot.where == "arena":
            fixed[node] = _at(w, scratch, slot.place)
    moving: dict[Node, Moving] = {}
    for node, m in body.inputs.items():
        if m.stride:
            moving[node] = m
        else:
            fixed[node] = _at(w, bases[m.root], m.offset)
    for node, m in zip(schedule.graph.outputs, body.outputs, strict=True):
        moving[node] = m
    for number in range(body.once):
        driver.run_phase(schedule, number, part, fixed, number == 0)

    def step(i: str | int, _: list[str]) -> list[str]:
        row = i if not body.reverse else w.add(w.mul(i, -1), body.steps - 1)
        here = dict(fixed)
        for node, m in moving.items():
            here[node] = _at(w, bases[m.root], w.add(w.mul(row, m.stride), m.offset))
        for number in range(body.once, len(schedule.phases)):
            driver.run_phase(schedule, number, part, here, number == body.once)
        return []

    times = driver.times
    driver.times = times * body.steps
    w.loop(0, body.steps, 1, step)
    driver.times = times


def _at(w: Writer, base: str, offset: str | int) -> str:
    if offset == 0:
        return base
    return w.set(f"getelementptr inbounds i8, ptr {base}, i64 {offset}", "t")
