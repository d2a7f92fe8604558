"""Node and Graph: the one data structure that passes between the stages.

    node  ::= leaf                       an array that exists (value set, no sources)
            | const value                a Python number, shape ()
            | input i                    a hole in a Graph or Template, by position
            | stand_in                   what a gradient written by hand is written in
            | primitive(node, …; attrs)  a row of the table in `ranvier.ops`
            | grad(loss, seed, wrt, …)   gradients not yet derived; read through item;
                                       none flows on through the last `attrs` of wrt
            | call(node, …; template)    a Template not yet inlined; read through item
            | scan(node, …; loop)        a Template run once a step; read through item
          | item(node; i)              the i-th result of a grad, a call or a scan
    graph ::= inputs, outputs

A node never changes what it means. Its value, once known, is an array that nobody
writes to, except a compiled program that owns it as state.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from ranvier import dtypes
from ranvier.dtypes import DType

Array = np.ndarray[Any, Any]
Shape = tuple[int, ...]


class GradMode(threading.local):
    """Whether new nodes remember where they came from; one switch a thread."""

    enabled = True


grad_mode = GradMode()


class Node:
    """One value of the program: how it is made, its shape and its type.

    ``rg`` says that gradients flow through it; ``owner`` is a weak reference to the
    leaf Tensor that collects them; ``used`` says that `backward` has been through it.
    """

    __slots__ = (
        "__weakref__", "attrs", "dtype", "exported", "op", "owner", "rg", "shape",
        "srcs", "used", "value",
    )  # fmt: skip

    def __init__(
        self,
        op: str,
        srcs: tuple[Node, ...],
        attrs: Any,
        shape: Shape,
        dtype: DType,
        rg: bool,
    ) -> None:
        self.op = op
        self.srcs = srcs
        self.attrs = attrs
        self.shape = shape
        self.dtype = dtype
        self.rg = rg
        self.value: Array | None = None
        self.owner: Callable[[], Any] | None = None
        self.used = False
        self.exported = False

    def __repr__(self) -> str:
        attrs = "" if self.attrs is None else f" {self.attrs}"
        return f"<{self.op}{attrs} {self.dtype.name}{list(self.shape)}>"


def leaf(value: Array, rg: bool = False) -> Node:
    """A node that is an array."""
    node = Node("leaf", (), None, value.shape, dtypes.of(value), rg)
    node.value = value
    return node


def hole(index: int, shape: Shape, dtype: DType, rg: bool = False) -> Node:
    """A node whose value is given when the graph is run."""
    return Node("input", (), index, shape, dtype, rg)


class Template:
    """A piece of graph that is made once and used many times, such as an optimiser's
    update.

    It is told apart by identity: whoever makes templates keeps them. `made` keeps the
    templates that were made from this one, such as its adjoint.
    """

    __slots__ = ("inputs", "made", "name", "outputs")

    def __init__(
        self, name: str, inputs: Sequence[Node], outputs: Sequence[Node]
    ) -> None:
        self.name = name
        self.inputs = tuple(inputs)
        self.outputs = tuple(outputs)
        self.made: dict[Any, Any] = {}

    def __repr__(self) -> str:
        return self.name

    def call(self, arguments: Sequence[Node]) -> list[Node]:
        """Nodes for the results; the inside is filled in by the derive stage."""
        call = Node("call", tuple(arguments), self, (), dtypes.float32, False)
        return [
            Node("item", (call,), i, out.shape, out.dtype, False)
            for i, out in enumerate(self.outputs)
        ]


class Graph:
    """Inputs and outputs; everything between is reached from the outputs.

    ``updates`` pairs an input's position with the output that replaces it in place.
    ``guards`` pairs an output's position (a boolean scalar) with the message of its
    failure.
    """

    __slots__ = ("guards", "inputs", "names", "outputs", "updates")

    def __init__(
        self,
        inputs: Sequence[Node],
        outputs: Sequence[Node],
        updates: Sequence[tuple[int, int]] = (),
        guards: Sequence[tuple[int, str]] = (),
        names: dict[Node, str] | None = None,
    ) -> None:
        self.inputs = tuple(inputs)
        self.outputs = tuple(outputs)
        self.updates = tuple(updates)
        self.guards = tuple(guards)
        self.names = names or {}

    def nodes(self) -> list[Node]:
        return topological(self.outputs)


def topological(
    outputs: Iterable[Node], stop: Callable[[Node], bool] | None = None
) -> list[Node]:
    """All nodes below `outputs`, sources first. Where ``stop(node)``, its sources are
    not followed.

    >>> a = hole(0, (2,), dtypes.float32)
    >>> b = Node("neg", (a,), None, (2,), dtypes.float32, False)
    >>> [n.op for n in topological([b])]
    ['input', 'neg']
    """
    order: list[Node] = []
    done: dict[Node, bool] = {}  # False: opened, its sources come first
    stack = list(outputs)
    stack.reverse()
    while stack:
        node = stack.pop()
        state = done.get(node)
        if state is None:
            srcs = node.srcs
            if srcs and (stop is None or not stop(node)):
                done[node] = False
                stack.append(node)
                stack.extend(srcs[::-1])
            else:
                done[node] = True
                order.append(node)
        elif not state:
            done[node] = True
            order.append(node)
    return order
