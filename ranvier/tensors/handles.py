"""What stands behind tensors: values still open, and who listens during a capture.

Made before `Tensor`, so a handle here is anything with a `_node`.
"""

from __future__ import annotations

import importlib
import threading
import weakref
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from ranvier.graph import Node

PENDING_LIMIT = 4000  # nodes


class Recorder:
    """What `rv.compile` listens to while it runs a function on stand-ins.

    `bound` maps every tensor that was assigned to the node it had before; `grads` every
    tensor whose `.grad` was set to the one it had before; `guards` holds (boolean node,
    message); `refresh` what must be called before each run (an optimiser copying its
    learning rate), true if the function has to be captured again; `stepped` the
    optimisers that took a step, `schedules` what was stepped behind them; `born` the
    tensors made inside; `modes` every module whose `training` flag was asked for,
    `outputs` what every module gave; `probes` what `rv.probe` named.
    """

    def __init__(self) -> None:
        self.bound: dict[Any, Node] = {}
        self.grads: dict[Any, Any] = {}
        self.accumulated: list[Any] = []
        self.guards: list[tuple[Node, str]] = []
        self.refresh: list[Callable[[], Any]] = []
        self.stepped: list[Any] = []
        self.schedules: list[Any] = []
        self.born: set[Any] = set()
        self.modes: list[tuple[Any, bool]] = []
        self.outputs: list[tuple[Any, Node]] = []
        self.probes: list[tuple[str, Node]] = []


class Hooks(threading.local):
    """The two things that go against the arrow of imports, and the recorder while this
    thread captures a function.

    `compiler.pipeline` hangs both of them here: computing values, and refusing to look
    at one inside a captured function. The first use imports it, so that a tensor can
    always be looked at, whatever was imported before.
    """

    evaluate: Callable[[Sequence[Node]], None]
    refuse_look: Callable[[Node], None]
    recorder: Recorder | None = None

    def __getattr__(self, name: str) -> Any:
        """Only called while nothing of that name hangs here."""
        if name not in ("evaluate", "refuse_look"):
            raise AttributeError(name)
        importlib.import_module("ranvier.compiler.pipeline")
        return getattr(type(self), name)

    @classmethod
    def hang(
        cls,
        evaluate: Callable[[Sequence[Node]], None],
        refuse_look: Callable[[Node], None],
    ) -> None:
        """For all threads."""
        cls.evaluate = staticmethod(evaluate)
        cls.refuse_look = staticmethod(refuse_look)


hooks = Hooks()


class Pending(threading.local):
    """Handles whose values are not computed yet, how many nodes were made since, and
    whether a parameter was assigned: then the next step starts with a flush. A thread
    computes what it has written itself; a value of another's when it looks at it.
    """

    def __init__(self) -> None:
        self.handles: list[weakref.ref[Any]] = []
        self.made = 0
        self.stepped = False
        self.held = False
        self.spent: list[Node] = []  # have a value, and `backward` went through them


pending = Pending()


def flush_pending() -> None:
    """Compute every tensor that is alive and has no value yet, in one go."""
    if hooks.recorder is not None or pending.held:
        return
    nodes: list[Node] = []
    for ref in pending.handles:
        tensor = ref()
        if tensor is None:
            continue
        node = tensor._node
        if node.value is None and node.op != "absent":
            nodes.append(node)
            if node.owner is None and not node.rg:
                node.owner = ref
    pending.handles = []
    pending.made = 0
    pending.stepped = False
    if nodes:
        hooks.evaluate(list(dict.fromkeys(nodes)))
    for node in pending.spent:  # all gradients that needed the graph are known now
        node.srcs = ()
    pending.spent = []


def forget_pending() -> None:
    """Leave what is open without a value: what a captured function has made."""
    pending.handles = []
    pending.made = 0
    pending.stepped = False


@contextmanager
def held() -> Iterator[None]:
    """Compute nothing meanwhile: around tensors that stand for the
    holes of a template.
    """
    pending.held, before = True, pending.held
    try:
        yield
    finally:
        pending.held = before


def guard(check: Node, message: str) -> None:
    """In a compiled step: stop before any update of the step in which
    `check` is false.
    """
    if hooks.recorder is not None:
        hooks.recorder.guards.append((check, message))


def enlist(tensor: Any) -> None:
    """Compute `tensor` at the next flush; a long pile is flushed now."""
    pending.handles.append(weakref.ref(tensor))
    pending.made += 1
    if pending.made > PENDING_LIMIT:
        flush_pending()
