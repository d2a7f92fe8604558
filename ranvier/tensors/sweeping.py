"""Gradients as nodes, and the functions that see and may change them on their way.

Where a gradient is to go through a function (a hook), the sweep ends; what the function
gives starts the next one. Without hooks there is one sweep.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Sequence
from typing import Any

from ranvier import dtypes, ops
from ranvier.errors import UnsupportedError
from ranvier.graph import Node, grad_mode, topological

Gradients = list[Node | None]


class Stop:
    """Places where gradients go through a function together before they flow on."""

    def __init__(
        self, nodes: Sequence[Node], run: Callable[[Gradients], Gradients]
    ) -> None:
        self.nodes = [weakref.ref(node) for node in nodes]
        self.run = run
        for node in nodes:
            STOPS.of[node] = self
        STOPS.any = True

    def members(self) -> list[Node | None]:
        """The places, None for those that nobody uses."""
        return [ref() for ref in self.nodes]


class Stops:
    """All of them, by their nodes. `any` stays false as long as nobody uses hooks."""

    def __init__(self) -> None:
        self.of: weakref.WeakKeyDictionary[Node, Stop] = weakref.WeakKeyDictionary()
        self.any = False


STOPS = Stops()


def gradient_nodes(
    y: Node, seed: Node, wrt: Sequence[Node], create_graph: bool = False
) -> list[Node]:
    """Nodes for d y / d wrt, weighted with `seed`; the derive stage
    fills in the sweep.
    """
    if not STOPS.any:
        return one_sweep(y, seed, wrt, 0, create_graph)
    return Staged(y, wrt, create_graph).run(seed)


def one_sweep(
    y: Node, seed: Node, wrt: Sequence[Node], ends: int, create_graph: bool
) -> list[Node]:
    """Nothing flows on through the last `ends` of `wrt`."""
    attrs = ends or None
    sweep = Node("grad", (y, seed, *wrt), attrs, (), dtypes.float32, create_graph)
    return [
        Node("item", (sweep,), i, w.shape, w.dtype, create_graph)
        for i, w in enumerate(wrt)
    ]


class Staged:
    """A sweep in stages, from stop to stop."""

    def __init__(self, y: Node, wrt: Sequence[Node], create_graph: bool) -> None:
        self.y, self.wrt, self.create_graph = y, wrt, create_graph
        self.wanted = set(wrt)
        known = {**_of_leaves(y), **STOPS.of}
        self.order = _ordered(y, known)
        self.leads: set[Node] = set()
        places = {n for n in self.order if n in known}
        together: set[Node] = set()
        while True:  # what goes through a function together is found together
            self._lead(self.wanted | together)
            needed = {known[n] for n in places & self.leads}
            more = {n for n in places if known[n] in needed}
            if more == together:
                break
            together = more
        self.stops = {n: known[n] for n in self.order if n in together}
        self.found: dict[Node, Node] = {}
        self._refuse_second()

    def _refuse_second(self) -> None:
        """Whether a gradient of a gradient reaches a computed tensor is known only when
        it is derived: too late for a function that may change it.
        """
        gradients = [n for n in self.order if n.op == "grad"]
        for node in topological(gradients, lambda n: not n.rg) if gradients else ():
            if node in self.stops and any(s.rg for s in node.srcs):
                raise UnsupportedError(
                    "a second derivative goes through a computed tensor (of shape "
                    f"{node.shape}) that has a hook, or through a module with a "
                    "backward hook. Remove the hook before that backward(): "
                    "handle.remove(); hooks on leaves are taken."
                )

    def _lead(self, targets: set[Node]) -> None:
        """What leads to `targets`."""
        self.leads = set()
        for node in self.order:
            below = node.rg and any(s in self.leads for s in node.srcs)
            if below or node in targets:
                self.leads.add(node)

    def run(self, seed: Node) -> list[Node]:
        self.found[self.y] = seed
        if self.y not in self.stops:
            self._send(self.y, seed)
        # The lowest place of each stop: there all of its gradients are known.
        first: dict[Stop, Node] = {}
        for node, stop in self.stops.items():
            first.setdefault(stop, node)
        for node in reversed(list(self.stops)):
            stop = self.stops[node]
            if first[stop] is node:
                self._pass(stop)
        return [self.found.get(w) or _zeros(w) for w in self.wrt]

    def _pass(self, stop: Stop) -> None:
        members = stop.members()
        given = [
            None if n is None or n not in self.stops else self.found.get(n)
            for n in members
        ]
        before, grad_mode.enabled = grad_mode.enabled, self.create_graph
        try:
            changed = stop.run(given)
        finally:
            grad_mode.enabled = before
        for node, g in zip(members, changed, strict=True):
            if g is not None and node is not None and node in self.stops:
                self.found[node] = g
                if any(s in self.leads for s in node.srcs):
                    self._send(node, g)

    def _send(self, start: Node, g: Node) -> None:
        """One sweep from `start` to what is wanted, and to the next stops."""
        below = topological(
            [start], lambda n: not n.rg or (n in self.stops and n is not start)
        )
        wanted = [n for n in below if n in self.wanted and n not in self.stops]
        ends = [n for n in below if n in self.stops and n is not start]
        targets = [n for n in wanted if n is not start] + ends
        items = one_sweep(start, g, targets, len(ends), self.create_graph)
        for node, part in zip(targets, items, strict=True):
            old = self.found.get(node)
            self.found[node] = part if old is None else ops.add(old, part)


def _zeros(like: Node) -> Node:
    return ops.expand(ops.like(like, 0.0), like.shape)


def _of_leaves(y: Node) -> dict[Node, Stop]:
    """Leaves keep their functions when they get another node."""
    found = {}
    for node in topological([y], lambda n: not n.rg):
        owner: Any = node.owner() if node.owner is not None and node.rg else None
        hooks: Any = getattr(owner, "_hooks", None)
        if hooks is not None and owner._node is node and owner.is_leaf:
            found[node] = hooks.stop(node)
    return found


def _ordered(y: Node, known: dict[Node, Stop]) -> list[Node]:
    """What is below `y`, sources first; the sources of all places of a stop come before
    any of them.
    """
    order: list[Node] = []
    done: dict[Node, bool] = {}
    stack = [y]
    while stack:
        node = stack.pop()
        if node not in done and node.rg:
            done[node] = False
            stop = known.get(node)
            places = (node,) if stop is None else stop.members()
            stack.append(node)
            stack.extend(s for p in places if p is not None for s in reversed(p.srcs))
        elif not done.get(node, False):
            done[node] = True
            order.append(node)
    return order
