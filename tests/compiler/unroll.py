"""Loops written out: every scan of a graph as plain primitives, one copy of its body a
step. Slow and simple; what the scan's own forms are compared with.
"""

from ranvier import ops
from ranvier.graph import Graph, Node, topological


def unrolled(graph):
    """The same graph without scans."""
    if not any(n.op == "scan" for n in graph.nodes()):
        return graph
    outputs = _rebuilt(graph.outputs, {n: n for n in graph.inputs})
    return Graph(graph.inputs, outputs, graph.updates, graph.guards)


def _rebuilt(outputs, new):
    results = {}
    for node in topological(outputs):
        if node in new:
            continue
        srcs = tuple(new.get(s, s) for s in node.srcs)
        if node.op == "scan":
            results[node] = _written_out(node.attrs, srcs)
            new[node] = node
        elif node.op == "item":
            new[node] = results[node.srcs[0]][node.attrs]
        else:
            new[node] = Node(node.op, srcs, node.attrs, node.shape, node.dtype, node.rg)
    return [new[o] for o in outputs]


def _written_out(loop, srcs):
    n, end = loop.carries, loop.carries + loop.inputs
    carries, rows = list(srcs[:n]), [[] for _ in loop.body.outputs]
    for i, c in enumerate(carries):
        rows[i].append(c)
    for t in loop.order():
        xs = [_row(x, t) for x in srcs[n:end]]
        given = [*carries, *xs, *srcs[end:]]
        found = _rebuilt(
            loop.body.outputs, dict(zip(loop.body.inputs, given, strict=True))
        )
        carries = found[:n]
        for row, value in zip(rows, found, strict=True):
            row.append(value)
    return [_stack(loop, i, row) for i, row in enumerate(rows)]


def _row(x, t):
    whole = tuple((0, n, 1) for n in x.shape[1:])
    return ops.reshape(ops.cut(x, ((t, t + 1, 1), *whole)), x.shape[1:])


def _stack(loop, i, row):
    if not row:
        out = loop.body.outputs[i]
        return ops.expand(ops.like(out, 0), (0, *out.shape))
    parts = [ops.reshape(v, (1, *v.shape)) for v in row]
    return ops.concat(parts[:: -1 if loop.reverse else 1], 0)
