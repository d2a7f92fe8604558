"""The graph of a small expression as a picture: values forward, gradients backward."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

from ranvier import ops
from ranvier.errors import GradientError, ValueRangeError
from ranvier.fonts import families
from ranvier.graph import Node, topological
from ranvier.tensor import Tensor, gradient_nodes

Place = tuple[float, float]
MOST: Final = 60  # nodes that can still be read
VALUE, GRADIENT = "#0072B2", "#D55E00"
PAPER: Final = {"facecolor": "white", "edgecolor": "none", "pad": 0.6}
NUMBER: Final[dict[str, Any]] = {"ha": "center", "bbox": PAPER}
SIGNS: Final = {
    "add": "+",
    "sub": "−",
    "mul": "×",
    "div": "÷",
    "neg": "−( )",
    "pow": "xʸ",
    "matmul": "@",
    "sum": "Σ",
    "sigmoid": "σ",
    "sqrt": "√",
}
WORDS: Final = {
    "en": ("value, forward", "gradient, backward"),
    "zh": ("前向：值", "反向：梯度"),
}


@dataclass
class Edge:
    """From a node to one that uses it, with what flows along it."""

    start: Node
    end: Node
    value: Any
    gradient: Any


@dataclass
class Drawn:
    """A graph with numbers: nodes and edges with sources first."""

    nodes: list[Node]
    edges: list[Edge]
    result: Any


def draw_graph(
    y: Tensor,
    names: Mapping[str, Tensor] | None = None,
    *,
    forward: int | None = None,
    backward: int | None = None,
    figure: Any = None,
    lang: str = "en",
) -> Any:
    """Draw how `y` was computed, as a matplotlib figure: a circle for each operation,
    on each edge the value that went forward and the gradient that came back.

    y: one number that requires a gradient, before its `backward()`.
    names: what leaves are called in the picture.
    forward, backward: so many operations have computed their value, so many have passed
        the gradient on (None: all).
    figure: a matplotlib figure to draw into instead of a new one; what is in it goes.
    lang: "en" or "zh".

    The gradient on an edge is ∂y/∂x by that edge alone; a value that is used twice gets
    the sum of both.

    Raises GradientError: `y` does not require a gradient, or its graph is gone;
        ValueRangeError: `y` has more than one element, or the graph more than 60 nodes.

    >>> import ranvier as rv
    >>> x, w = rv.tensor(2.0), rv.tensor(3.0, requires_grad=True)
    >>> figure = rv.draw_graph(rv.sigmoid(w * x), {"x": x, "w": w})
    >>> figure.savefig("graph.png")  # doctest: +SKIP
    """
    graph = numbers(y)
    known = {t._node: name for name, t in (names or {}).items()}
    inner = [node for node in graph.nodes if node.srcs]
    done = set(inner if forward is None else inner[:forward])
    passed = set(inner if backward is None else inner[::-1][:backward])
    return _picture(graph, known, done, passed, figure, lang)


def numbers(y: Tensor) -> Drawn:
    """The graph below `y` with the value and the gradient of every edge."""
    if y.numel() != 1:
        raise ValueRangeError(
            f"draw_graph: y has shape {tuple(y.shape)}; it draws how one number came "
            "about. Use y.sum() or one element."
        )
    top = y._node
    if not (y.requires_grad and top.srcs) or top.used:
        raise GradientError(
            "draw_graph: y has no graph. Make its inputs with requires_grad=True, and "
            "draw before backward(), which gives the graph up."
        )
    top = _apart(top)
    shown = _shown(top)
    nodes = [node for node in topological([top]) if node in shown]
    if len(nodes) > MOST:
        raise ValueRangeError(
            f"draw_graph: {len(nodes)} nodes cannot be read in a picture (at most "
            f"{MOST}). Draw a smaller expression, or use model.summary()."
        )
    return _numbers(top, nodes)


def _sources(node: Node) -> tuple[Node, ...]:
    """What a node is drawn as computed from: of a Function, its arguments."""
    return node.srcs[1 : 1 + node.attrs] if node.op == "custom" else node.srcs


def _shown(top: Node) -> set[Node]:
    found: set[Node] = set()
    stack = [top]
    while stack:
        node = stack.pop()
        if node not in found:
            found.add(node)
            stack += _sources(node)
    return found


def _apart(top: Node) -> Node:
    """The same graph in which every use of a constant is a node of its own."""
    copies: dict[Node, Node] = {}
    for node in topological([top]):
        copies[node] = node
        if node.srcs:
            srcs = tuple(
                Node("const", (), s.attrs, s.shape, s.dtype, False)
                if s.op == "const"
                else copies[s]
                for s in node.srcs
            )
            copies[node] = Node(
                node.op, srcs, node.attrs, node.shape, node.dtype, node.rg
            )
    return copies[top]


def _numbers(top: Node, nodes: list[Node]) -> Drawn:
    # The same graph with a node of its own on every edge: what flows there alone.
    copies: dict[Node, Node] = {}
    ends: list[tuple[Node, Node, Node]] = []
    for node in nodes:
        copies[node] = node
        if node.srcs:
            sources = _sources(node)
            along = [_alias(copies[src]) for src in sources]
            srcs = tuple(along)
            if sources != node.srcs:  # a Function's value and gradient stay behind it
                srcs = (node.srcs[0], *along, *node.srcs[1 + node.attrs :])
            copies[node] = Node(
                node.op, srcs, node.attrs, node.shape, node.dtype, node.rg
            )
            ends += zip(sources, [node] * len(along), along, strict=True)
    y = copies[top]
    through = [edge for _, _, edge in ends if edge.rg]
    seed = ops.expand(ops.like(y, 1.0), y.shape)
    found = dict(zip(through, gradient_nodes(y, seed, through), strict=True))
    edges = [
        Edge(start, end, _number(edge), found.get(edge) and _number(found[edge]))
        for start, end, edge in ends
    ]
    return Drawn(nodes, edges, _number(y))


def _alias(node: Node) -> Node:
    return Node("alias", (node,), None, node.shape, node.dtype, node.rg)


def _number(node: Node) -> Any:
    return Tensor._of(node).detach().numpy()


def places(graph: Drawn) -> tuple[dict[Node, Place], list[list[Place]]]:
    """Where each node stands, and the way of each edge: columns by depth, from left to
    right, with a bend in every column that an edge passes.

    The order in a column goes by the mean height of the neighbours, from the result
    back, forth and back again (Sugiyama, Tagawa and Toda 1981).
    """
    column = _columns(graph.nodes)
    ways: list[list[Any]] = []
    for edge in graph.edges:
        passed = range(column[edge.start] + 1, column[edge.end])
        bends = [(id(edge), c) for c in passed]
        column |= {bend: bend[1] for bend in bends}
        ways.append([edge.start, *bends, edge.end])
    rows: dict[int, list[Any]] = {}
    for item, c in column.items():
        rows.setdefault(c, []).append(item)
    steps = [pair for way in ways for pair in pairwise(way)]
    height = dict.fromkeys(column, 0.0)
    for back in (True, False, True):
        for c in sorted(rows, reverse=back):
            near = {i: [b for a, b in steps if a is i] if back else
                    [a for a, b in steps if b is i] for i in rows[c]}  # fmt: skip
            rows[c].sort(key=lambda i: -_mean([height[n] for n in near[i]]))
            for k, item in enumerate(rows[c]):
                height[item] = (len(rows[c]) - 1) / 2 - k
    at = {item: (float(c), height[item]) for item, c in column.items()}
    return {n: at[n] for n in graph.nodes}, _apart_ways(
        [[at[i] for i in w] for w in ways]
    )


def _columns(nodes: Sequence[Node]) -> dict[Any, int]:
    column: dict[Any, int] = {}
    for node in nodes:
        column[node] = 1 + max((column[s] for s in _sources(node)), default=-1)
    for node in reversed(nodes):  # leaves stand beside what uses them first
        for src in _sources(node):
            if not src.srcs:
                column[src] = min(column[n] for n in nodes if src in _sources(n)) - 1
    return column


def _apart_ways(ways: list[list[Place]]) -> list[list[Place]]:
    """Where two edges join the same nodes, the second one takes another way."""
    found: list[list[Place]] = []
    for way in ways:
        if way in found:
            (x, y), *_, (x1, y1) = way
            way = [way[0], ((x + x1) / 2, (y + y1) / 2 - 0.4), way[-1]]
        found.append(way)
    return found


def _mean(heights: list[float]) -> float:
    return sum(heights) / len(heights) if heights else 0.0


def _picture(
    graph: Drawn,
    known: Mapping[Node, str],
    done: set[Node],
    passed: set[Node],
    figure: Any,
    lang: str,
) -> Any:
    import matplotlib as mpl
    from matplotlib.figure import Figure

    at, ways = places(graph)
    across = max(x for x, _ in at.values()) + 1.8
    up = [y for way in ways for _, y in way]
    with mpl.rc_context({"font.family": families(lang), "font.size": 12}):
        size = (1.55 * across, max(2.6, 1.5 * (max(up) - min(up) + 1.6)))
        if figure is None:
            figure = Figure(size, layout="constrained")
        figure.clear()
        ax = figure.add_subplot()
        for edge, way in zip(graph.edges, ways, strict=True):
            _arrow(ax, edge, way, done, passed)
        for node in graph.nodes:
            _circle(ax, node, at[node], known)
        x, y = at[graph.nodes[-1]]
        ax.annotate("", (x + 0.9, y), (x + 0.25, y), arrowprops={"arrowstyle": "->"})
        if graph.nodes[-1] in done:
            ax.text(x + 0.58, y + 0.08, _text(graph.result), color=VALUE, ha="center")
        if passed:
            ax.text(x + 0.58, y - 0.22, "1", color=GRADIENT, ha="center")
        for i, (word, colour) in enumerate(zip(WORDS[lang], (VALUE, GRADIENT))):  # noqa: B905
            ax.text(-0.4, min(up) - 0.75 - 0.25 * i, word, color=colour)
        ax.set(xlim=(-0.5, across - 0.6), ylim=(min(up) - 1.15, max(up) + 0.5))
        ax.axis("off")
    return figure


def _arrow(
    ax: Any, edge: Edge, way: list[Place], done: set[Node], passed: set[Node]
) -> None:
    last = len(way) - 2
    for i, (start, end) in enumerate(pairwise(way)):
        ends = {"shrinkA": 0 if i else 19, "shrinkB": 0 if i < last else 19}
        look = {"arrowstyle": "->" if i == last else "-", "color": "#888888"}
        ax.annotate("", end, start, arrowprops=look | ends)
    (x0, y0), (x1, y1) = way[-2:]
    x, y = x0 + 0.48 * (x1 - x0), y0 + 0.48 * (y1 - y0)
    if not edge.start.srcs or edge.start in done:
        ax.text(x, y + 0.07, _text(edge.value), color=VALUE, **NUMBER)
    if edge.gradient is not None and edge.end in passed:
        ax.text(x, y - 0.23, _text(edge.gradient), color=GRADIENT, **NUMBER)


def _circle(ax: Any, node: Node, place: Place, known: Mapping[Node, str]) -> None:
    colour = "#f2f2f2" if node.srcs else "white"
    edge = "black" if node.srcs else "#aaaaaa"
    ax.plot(*place, "o", ms=34, mfc=colour, mec=edge)
    sign = SIGNS.get(node.op, node.op)
    if not node.srcs:
        sign = known.get(node, "") or _constant(node)
    size = 14 if len(sign) < 3 else 9
    ax.text(*place, sign, ha="center", va="center", fontsize=size)


def _constant(node: Node) -> str:
    return f"{node.attrs:g}" if node.op == "const" else "·"


def _text(value: Any) -> str:
    """A number, or the shape of several.

    >>> import numpy as np
    >>> _text(np.float32(0.25)), _text(np.zeros((2, 3)))
    ('0.25', '2×3')
    """
    if value.size == 1:
        return f"{value.item() + 0.0:.4g}"  # never -0
    return "×".join(map(str, value.shape))
