"""Summing over paths, or one sweep back over the graph.

chain of diamonds: x ← a x + tanh(x), n times;
∂y/∂x = Σ_paths Π_edges (local derivative): 2ⁿ paths over 4n edges
"""

import math
import time
from collections import defaultdict

import ranvier as rv

a = 0.5


class Variable:
    """The textbook's: a value, and what it was made from with the local derivatives."""

    def __init__(self, value, sources=()):
        self.value, self.sources = value, sources

    def __add__(self, other):
        return Variable(self.value + other.value, [(self, 1.0), (other, 1.0)])

    def __rmul__(self, c):
        return Variable(c * self.value, [(self, c)])


def tanh(v):
    y = math.tanh(v.value)
    return Variable(y, [(v, 1 - y * y)])


def gradients(y, along=1.0, found=None):
    """Of y by every variable, and how many products that took (under None)."""
    found = defaultdict(float) if found is None else found
    for source, local in y.sources:
        found[None] += 1
        found[source] += along * local
        gradients(source, along * local, found)
    return found


def diamonds(x, n, tanh):
    for _ in range(n):
        x = a * x + tanh(x)
    return x


def by_paths(n):
    x, times = Variable(1.0), []
    for _ in range(5 if n < 12 else 1):
        begin = time.perf_counter()
        found = gradients(diamonds(x, n, tanh))
        times.append(time.perf_counter() - begin)
    return found[x], int(found[None]), min(times)


def by_sweep(n):
    """The same with Ranvier: gradient, operations forward and back, best time of 20."""
    x = rv.tensor(1.0, dtype=rv.float64)
    gradient = rv.compile(rv.grad(lambda x: diamonds(x, n, rv.tanh)))
    value, times = gradient(x).item(), []
    for _ in range(20):
        begin = time.perf_counter()
        gradient(x).item()
        times.append(time.perf_counter() - begin)
    operations = rv.explain(gradient, stage="derive").count(" = ")
    return value, operations, min(times)


def experiment(e):
    paths = {n: by_paths(n) for n in range(1, 15 if e.quick else 19)}
    sweep = {n: by_sweep(n) for n in (1, 2, 4, 8, 16, 100)}
    rows = [[n, 2**n, paths[n][1], sweep[n][1], paths[n][2], sweep[n][2]]
            for n in sweep if n in paths]  # fmt: skip
    e.table("costs", ["n", "paths", "products", "operations", "slow", "fast"], rows)

    same = max(abs(paths[n][0] / sweep[n][0] - 1) for n in sweep if n in paths)
    e.claim("same", same < 1e-12)
    e.claim("exponential", all(c == 4 * (2**n - 1) for n, (_, c, _) in paths.items()),
            n=max(paths), products=paths[max(paths)][1])  # fmt: skip
    e.claim("linear", all(c <= 8 * n for n, (_, c, _) in sweep.items()),
            operations=sweep[100][1])  # fmt: skip
    e.claim("faster", sweep[100][2] < paths[max(paths)][2], n=max(paths),
            slow=paths[max(paths)][2], fast=1e6 * sweep[100][2])  # fmt: skip
    draw(e, paths, sweep)


def draw(e, paths, sweep):
    figure, axes = e.panels(2, size=(4.9, 3.8))
    for ax, column, what in zip(axes, (1, 2), ("count", "seconds"), strict=True):
        for found, way in ((paths, "by paths"), (sweep, "by sweep")):
            ax.loglog(list(found), [row[column] for row in found.values()], "o-",
                      ms=5, label=e.word(way))  # fmt: skip
        ax.set(
            title=e.word(what), xlabel=e.word("n"), xticks=[1, 2, 5, 10, 20, 50, 100]
        )
        ax.set_xticklabels(["1", "2", "5", "10", "20", "50", "100"])
        ax.minorticks_off()
    axes[0].legend()
    e.picture(figure)
