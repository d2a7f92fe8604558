"""The module: every kernel once, and the drivers `run` and `alone`.

A driver's one argument is a table of 64-bit words (`table.Words`): counters that Python
sets and reads, the barrier, and the address of every array.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ranvier.compiler.fuse.target import Target
from ranvier.compiler.lower.driver import Driver
from ranvier.compiler.lower.functions import Functions
from ranvier.compiler.lower.table import Part, Pointer


class Module(NamedTuple):
    """IR text, and what the run needs to know about it: `rows` of a step of each part;
    `alone` says that there is a second driver, for one thread.
    """

    text: str
    arena: int
    guards: tuple[str, ...]
    kernels: int
    barriers: int
    rows: tuple[int, ...] = ()
    alone: bool = False


def lower(
    parts: Sequence[Part],
    pointers: Sequence[Pointer],
    target: Target,
    alone: bool = False,
) -> Module:
    """The module that runs `parts` one after the other in every epoch.

    With `alone` a second driver, of that name, does the same on one thread with the
    same kernels and the same table, so a run can go from one to the other between two
    steps.
    """
    kernels = Functions(target)
    driver = Driver(parts, pointers, target, kernels)
    drivers = [driver.function("run")]
    if alone:
        single = Driver(parts, pointers, target._replace(threads=1), kernels)
        drivers.append(single.function("alone"))
    bodies = [*parts, *(p.watched for p in parts if p.watched)]
    arena = max((body.schedule.arena for body in bodies), default=0)
    return Module(
        kernels.module(drivers, driver.barriers > 0),
        arena,
        tuple(driver.guards),
        len(kernels.names),
        driver.barriers,
        tuple(p.rows for p in parts),
        alone,
    )
