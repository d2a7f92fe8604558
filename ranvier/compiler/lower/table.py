"""The table of 64-bit words through which Python and the program speak, and what it
says of arrays and bodies.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from ranvier.compiler.fuse.schedule import Schedule


class Words:
    """Positions in the table. Words that threads write lie 128 bytes apart."""

    EPOCHS = 0
    STATUS = 1  # 0 finished, 1 stopped, 2 a guard failed
    GUARD = 2  # which guard
    DONE = 3  # steps finished so far
    STOP = 4  # set by Python: stop after the current step
    YIELD = 5  # address of sched_yield
    SLEEP = 6  # address of usleep
    ARENA = 7
    EVERY = 8  # a step in so many is watched
    NEXT = 9  # number of the step that is watched next
    RING = 10  # rows of the ring
    SEEN = 11  # steps watched so far
    ROW = 14  # of the first mini-batch
    STEP = 15  # number of the first step
    COUNT = 16  # barrier: how many have arrived
    ROUND = 32  # barrier: which meeting
    GO = 48  # two words: whether to go on, for odd and even steps
    BODIES = 64  # steps an epoch of each body
    POINTERS = 80


class Pointer(NamedTuple):
    """An array of the program: the same for all steps, or moving on by `stride` bytes
    for every step, every row of the mini-batch, every epoch of one native call, or
    every watched step, in a ring.
    """

    moves: Literal["no", "step", "row", "epoch", "ring"] = "no"
    stride: int = 0


class Part(NamedTuple):
    """One body of the run: its schedule, the pointer of each input and output, rows a
    step, and the body of the steps that are watched, where some are.
    """

    schedule: Schedule
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    rows: int = 0
    watched: Part | None = None
