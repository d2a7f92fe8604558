"""Nodes into kernels.

Going through the graph in order, a node joins the kernel of one of its sources where
the values meet in registers, else it opens a kernel. A product keeps its element-wise
successors; a reduction keeps what made its argument and what uses its result row by row
(softmax is one kernel).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection

from ranvier import ops
from ranvier.compiler.fuse.schedule import Kernel, Kind
from ranvier.compiler.fuse.view import View, through
from ranvier.graph import Graph, Node, Shape

SERIAL_LIMIT = 16_384  # elements that one thread may reduce alone
PATIENCE = 8  # nodes in a row that may wait for the next to be placed
PRODUCTS = ("matmul", "winograd")
WINOGRAD = ("winograd", "winograd_kernel", "winograd_sums", "winograd_weight")
REDUCE = {"sum", "prod", "amax", "amin"}
AGAIN = 8  # cheap nodes that are rather computed again than kept in memory
TIMES = 8  # a value is spread over at least this many times as many places as it has
TOGETHER = 4  # reductions in one pass: more would not stay in registers
GENERATED = {"iota", "uniform"}  # computed from the position, without memory
CHEAP = (
    {"add", "sub", "mul", "neg", "abs", "relu", "maximum", "minimum", "where"}
    | {"eq", "ne", "lt", "le", "gt", "ge", "and", "or", "xor"}
)  # fmt: skip


class Grouping:
    """Which kernel makes a node, where it lies, and what must be in memory."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.kernels: list[Kernel] = []
        self.home: dict[Node, Kernel] = {}
        self.views: dict[Node, View] = {}
        self.copies: dict[Node, Node] = {}
        self.stored: set[Node] = set()
        self.waiting: dict[Node, int] = {}  # how long the chain of waiting sources is
        self.spread: dict[Node, frozenset[Node]] = {}  # made again where it is used
        self.users: dict[Node, list[Node]] = {}
        for node in graph.nodes():
            for src in node.srcs:
                self.users.setdefault(src, []).append(node)

    # ---- where things are ------------------------------------------------------------

    def view(self, node: Node) -> View:
        """Where `node` lies; puts it into memory if it must be."""
        known = self.views.get(node)
        if known is None:
            known = self.views[node] = self._find(node)
        if known.root in self.home:
            self.stored.add(known.root)
        return known

    def _find(self, node: Node) -> View:
        row = ops.TABLE.get(node.op)
        if row is not None and row.kind == "view":
            source = self.view(node.srcs[0])
            found = through(node, source)
            if found is None:
                found = through(node, self.view(self.copy(node.srcs[0])))
            assert found is not None, "a contiguous source can be reshaped"
            return found
        if node.op == "const":
            return View.whole(self.copy(node))
        return View.whole(node)

    def copy(self, node: Node) -> Node:
        """A node with the values of `node` in memory of its own, row-major."""
        if node not in self.copies:
            made = Node("copy", (node,), None, node.shape, node.dtype, False)
            self.copies[node] = made
            self.add(self.open("loop", node.shape), made)
        return self.copies[node]

    # ---- kernels ---------------------------------------------------------------------

    def open(
        self, kind: Kind, space: Shape, reduced: tuple[int, ...] | None = None
    ) -> Kernel:
        kernel = Kernel(len(self.kernels), kind, space, reduced)
        self.kernels.append(kernel)
        return kernel

    def add(self, kernel: Kernel, node: Node) -> None:
        """Compute `node` in `kernel`; sources made elsewhere become operands."""
        for src in (
            kernel.factors
            if kernel.kind == "matmul" and not kernel.nodes
            else node.srcs
        ):
            if src in self.waiting:
                del self.waiting[src]
                self.add(kernel, src)
            else:
                self._source(kernel, src)
        kernel.nodes.append(node)
        self.home[node] = kernel

    def _source(self, kernel: Kernel, src: Node) -> None:
        """Make `src` available in `kernel`: computed there, or an operand."""
        if src in self.spread:
            if src not in kernel.again:
                for below in src.srcs:
                    self._source(kernel, below)
                kernel.nodes.append(src)
                kernel.again.add(src)
        elif src.op != "const" and self.home.get(src) is not kernel:
            self._operand(kernel, src)

    def _operand(self, kernel: Kernel, src: Node) -> None:
        view = kernel.operands[src] = self.view(src)
        if view.root in self.home:
            kernel.deps.add(self.home[view.root])
        if view.root.op == "uniform":
            self._operand(kernel, view.root.srcs[0])

    def into(self, src: Node, place: View) -> Kernel:
        """Write the values of `src` into the memory of another node, in the kernel that
        makes them if they are still in registers there.
        """
        made = Node("copy", (src,), None, src.shape, src.dtype, False)
        self.elementwise(made)
        kernel = self.home[made]
        kernel.targets[made] = place
        self.stored.add(made)
        return kernel

    def join(self, node: Node) -> None:
        """concat: every piece is written to its place by who makes it."""
        steps, at, makers = View.steps(node.shape), 0, set()
        for src in node.srcs:
            makers.add(self.into(src, View(node, at * steps[node.attrs], steps)))
            at += src.shape[node.attrs]
        kernel = self.open("join", node.shape)
        kernel.deps |= makers
        kernel.nodes.append(node)
        self.home[node] = kernel

    # ---- joining ---------------------------------------------------------------------

    def joins(self, kernel: Kernel, node: Node) -> bool:
        """Whether the sources of `node` are at hand in `kernel` or made before it."""
        for src in node.srcs:
            if src.op == "const" or (
                self.home.get(src) is kernel and aligned(kernel, src.shape)
            ):
                continue
            if src in self.waiting or src in self.spread:
                if not self.joins(kernel, src):
                    return False
                continue
            maker = self.home.get(self.view_root(src))
            if maker is not None and maker.depends_on(kernel):
                return False
        return True

    def view_root(self, node: Node) -> Node:
        """The node whose memory `node` will be read from."""
        while node not in self.home and node.srcs and ops.TABLE[node.op].kind == "view":
            known = self.views.get(node)
            if known is not None:
                return known.root
            node = node.srcs[0]
        return self.copies.get(node, node) if node.op == "const" else node

    def waits(self, node: Node) -> bool:
        """Whether `node` is better made where it is first used: all its users are loops
        over the same places, and it is made from what lies in memory anyway, or is a
        cheap comparison."""
        users = self.users.get(node, [])
        if not users or node in self.graph.outputs or not node.shape:
            return False
        if not all(_loops_over(user, node.shape) for user in users):
            return False
        if node.dtype.order == 0:
            return True
        return len(users) == 1 and not any(
            s.shape and s in self.home for s in node.srcs
        )

    def spreads(self, node: Node) -> bool:
        """Whether `node` is a few cheap operations on values far smaller than itself,
        such as rows and columns, and only loops use it: computing it wherever it is
        used costs less than memory for it.
        """
        users = self.users.get(node, [])
        size = math.prod(node.shape)
        if (
            size == 0
            or node in self.graph.outputs
            or node.op not in CHEAP
            or not all(_loops_over(user, node.shape) for user in users)
        ):
            return False
        below = {node}
        for src in node.srcs:
            if src in self.spread:
                below |= self.spread[src]
            elif TIMES * math.prod(src.shape) > size:
                return False
        if len(below) > AGAIN:
            return False
        self.spread[node] = frozenset(below)
        return True

    def elementwise(self, node: Node) -> None:
        if self.spreads(node):
            return None
        chain = 1 + max((self.waiting.get(s, 0) for s in node.srcs), default=0)
        if chain <= PATIENCE and self.waits(node):
            self.waiting[node] = chain
            return None
        for kernel in self.candidates(node):
            if kernel.kind in PRODUCTS and (self.draws(node) or self.only_summed(node)):
                continue  # drawn four at a time, or added up, by a loop of its own
            if fits(kernel, node.shape) and self.joins(kernel, node):
                return self.add(kernel, node)
        if chain <= PATIENCE and (self.better_later(node) or self.only_summed(node)):
            self.waiting[node] = chain
            return None
        return self.add(self.open("loop", node.shape), node)

    def only_summed(self, node: Node) -> bool:
        """Whether `node` is made for one reduction, which makes it from its sources."""
        users = self.users.get(node, [])
        sums = len(users) == 1 and users[0].op in REDUCE
        return sums and node not in self.graph.outputs

    def draws(self, node: Node) -> bool:
        """Whether random numbers are drawn to make `node`."""
        return any(
            self.draws(s) if s in self.waiting else self.view_root(s).op == "uniform"
            for s in node.srcs
        )

    def better_later(self, node: Node) -> bool:
        """Whether a large node that no kernel takes is made by its one user, which
        reads the sources instead of the result.
        """
        users = set(self.users.get(node, []))
        return (
            math.prod(node.shape) > SERIAL_LIMIT
            and len(users) == 1
            and node not in self.graph.outputs
            and all(_loops_over(user, node.shape) for user in users)
        )

    def candidates(self, node: Node) -> list[Kernel]:
        """Kernels that might take `node`, the latest first."""
        found = {self.home[s] for s in node.srcs if s in self.home}
        for src in node.srcs:
            if src in self.waiting:
                found |= set(self.candidates(src))
        if node.shape == ():
            known: dict[Kernel, int] = {}
            found |= {k for k in self.kernels if self._keeps_time(k, node, known)}
        else:
            found |= {k for k in self.beside(node) if k.reduced is None}
        return [*sorted(found, key=lambda k: -k.number), *self.siblings(node)]

    def siblings(self, node: Node) -> list[Kernel]:
        """Loops that reduce the same places as the one reduction that `node` is or is
        made for, and read one of its sources already: it is then read once.
        """
        users = [node] if node.op in REDUCE else self.users.get(node, [])
        shape = node.srcs[0].shape if node.op in REDUCE else node.shape
        if math.prod(shape) <= SERIAL_LIMIT or len(users) != 1:
            return []
        return [
            k
            for k in reversed(self.kernels)
            if k.kind == "loop"
            and k.space == shape
            and k.reduced is not None
            and users[0].op in REDUCE
            and k.reduced == users[0].attrs
            and any(s.shape == shape and s in k.operands for s in node.srcs)
        ]

    def _keeps_time(self, kernel: Kernel, node: Node, known: dict[Kernel, int]) -> bool:
        """Whether a scalar can be made in a kernel of scalars as early as by itself:
        what needs it would wait for all that the kernel needs.
        """
        if kernel.kind != "loop" or kernel.space != ():
            return False
        makers = {self.home.get(self.view_root(s)) for s in node.srcs}
        alone = [m for m in makers if m and m is not kernel]
        return depth(kernel.deps, known) == depth(alone, known)

    def beside(self, node: Node) -> list[Kernel]:
        """Loops over the same places that read what `node` reads."""
        space = node.srcs[0].shape if node.op in REDUCE else node.shape
        read = self._read(node)
        return [
            k
            for k in self.kernels
            if k.kind == "loop" and k.space == space and not read.isdisjoint(k.operands)
        ]

    def _read(self, node: Node) -> set[Node]:
        """What a node is made from, through what waits or is made again."""
        found: set[Node] = set()
        for src in node.srcs:
            if src in self.waiting or src in self.spread:
                found |= self._read(src)
            elif src.op != "const" and src.shape:
                found.add(src)
        return found

    def reduction(self, node: Node) -> None:
        (src,) = node.srcs
        over: tuple[int, ...] = node.attrs
        kernel = self.home.get(src)
        if (
            kernel is not None
            and kernel.kind == "loop"
            and src.shape == kernel.space
            and kernel.reduced in (None, over)
            and (kernel.reduced is not None or shareable(kernel.space, over))
        ):
            kernel.reduced = over
            return self.add(kernel, node)
        for kernel in reversed(self.beside(node)):
            full = sum(n.op in REDUCE for n in kernel.nodes) >= TOGETHER
            if kernel.reduced == over and not full and self.joins(kernel, node):
                return self.add(kernel, node)
        return self.add(self.open("loop", src.shape, over), node)


def depth(kernels: Collection[Kernel], known: dict[Kernel, int]) -> int:
    """How many kernels at least run one after the other until all these have; `known`
    keeps what was found for each.
    """
    stack = list(kernels)
    while stack:
        kernel = stack[-1]
        before = kernel.deps - {kernel}
        missing = [k for k in before if k not in known]
        if missing and kernel not in known:
            stack += missing
        else:
            known[kernel] = 1 + max((known[k] for k in before), default=0)
            stack.pop()
    return max((known[k] for k in kernels), default=0)


def _loops_over(user: Node, shape: Shape) -> bool:
    """Whether a user goes through the places of `shape` one by one."""
    kind = ops.TABLE[user.op].kind if user.op in ops.TABLE else user.op
    return kind == "reduce" or (kind == "elementwise" and user.shape == shape)


def aligned(kernel: Kernel, shape: Shape) -> bool:
    """Whether a value of this shape is at hand at every place of the kernel's loops."""
    return shape == kernel.space or shape == row_shape(kernel)


def fits(kernel: Kernel, shape: Shape) -> bool:
    """Whether a node of this shape can be computed in the kernel's loops."""
    if kernel.kind not in ("loop", *PRODUCTS) or kernel.closed:
        return False
    return shape == kernel.space or (
        kernel.reduced is not None and shape == row_shape(kernel)
    )


def row_shape(kernel: Kernel) -> Shape | None:
    if kernel.reduced is None:
        return None
    return tuple(1 if d in kernel.reduced else n for d, n in enumerate(kernel.space))


def shareable(space: Shape, over: tuple[int, ...]) -> bool:
    """A reduction may take in the loop before it if that leaves work to share, or is
    small.
    """
    kept = math.prod(n for d, n in enumerate(space) if d not in over)
    rows = kept if len(space) - 1 in over else kept // 16
    return math.prod(space) <= SERIAL_LIMIT or rows >= 8


def group(
    graph: Graph,
    product: Callable[[Grouping, Node], None],
    loop: Callable[[Grouping, Node], None],
    views: dict[Node, View] | None = None,
) -> Grouping:
    """Every node of the graph in a kernel, and every output in memory of its own.

    `product` opens the kernel of a matrix product (see `layout`), `loop` that of a
    scan. `views` says where inputs lie that are not row-major.
    """
    grouping = Grouping(graph)
    grouping.views.update(views or {})
    for node in graph.nodes():
        kind = ops.TABLE[node.op].kind if node.op in ops.TABLE else node.op
        if kind == "elementwise":
            grouping.elementwise(node)
        elif kind == "reduce":
            grouping.reduction(node)
        elif kind == "take":
            grouping.add(grouping.open("loop", node.shape), node)
        elif kind in ("matmul", *WINOGRAD):
            product(grouping, node)
        elif kind == "scan":
            loop(grouping, node)
        elif node.op == "concat":
            grouping.join(node)
        elif kind in ("scatter", "move"):
            grouping.add(grouping.open(kind, node.shape), node)  # type: ignore[arg-type]
    _own_outputs(grouping)
    for kernel in grouping.kernels:
        kernel.stores = [n for n in kernel.nodes if n in grouping.stored]
    return grouping


def _own_outputs(grouping: Grouping) -> None:
    """Outputs that are views, inputs, constants or given twice become copies; one that
    only renames the dimensions of a kernel's result is that result.
    """
    graph = grouping.graph
    outputs: list[Node] = []
    for node in graph.outputs:
        made_as = _unnamed(node)
        if made_as in grouping.home and made_as not in graph.outputs:
            node = made_as
        if node not in grouping.home or node in outputs:
            made = Node("copy", (node,), None, node.shape, node.dtype, False)
            grouping.add(grouping.open("loop", node.shape), made)
            node = made
        grouping.stored.add(node)
        outputs.append(node)
    graph.outputs = tuple(outputs)


def _unnamed(node: Node) -> Node:
    """The node below reshapes: the same elements in the same order."""
    while node.op == "reshape":
        node = node.srcs[0]
    return node


__all__ = ["GENERATED", "Grouping", "group", "row_shape"]
