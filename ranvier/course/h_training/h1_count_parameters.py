"""How many numbers a network has to learn.

layer l:  W_l is n_l × n_{l-1},  b_l has n_l;   total = Σ n_l n_{l-1} + Σ n_l
"""

from itertools import pairwise

import numpy as np

from ranvier import nn

SIZES = (784, 10, 14, 10)


def network(sizes):
    layers = []
    for n, m in pairwise(sizes):
        layers += [nn.Linear(n, m), nn.ReLU()]
    return nn.Sequential(*layers[:-1])


def formula(sizes):
    weights = sum(n * m for n, m in pairwise(sizes))
    biases = sum(sizes[1:])
    return weights, biases


def experiment(e):
    summary = network(SIZES).summary((1, SIZES[0]))
    for line in str(summary).splitlines():
        e.line("table", text=line)
    found = summary.weights, summary.biases
    e.claim("course", found == (8120, 34) and "8,154" in str(summary),
            weights=found[0], biases=found[1], total=summary.parameters)  # fmt: skip

    right = 0
    for _ in range(20):
        sizes = tuple(e.rng.integers(1, 200, e.rng.integers(2, 7)).tolist())
        model = network(sizes)
        elements = sum(p.numel() for p in model.parameters())
        right += sum(formula(sizes)) == elements == model.summary((1, sizes[0])).total
    e.claim("formula", right == 20, networks=right)
    draw(e)


def draw(e, shown=16):
    figure, ax = e.panels(size=(8.4, 4.6))
    columns = []
    for x, n in enumerate(SIZES):
        count = min(n, shown)
        y = np.linspace(-1, 1, count) * (count / shown)
        y = y[np.abs(y) > 0.2] if n > shown else y  # a gap: there are more
        columns.append(y)
        ax.plot(np.full(len(y), x), y, "o", ms=9, color=f"C{x}", zorder=2)
        ax.text(x, -1.2, f"{n}", ha="center", va="top", fontsize=15)
        ax.text(x, -1.36, e.word(("input", "hidden", "hidden", "output")[x]),
                ha="center", va="top")  # fmt: skip
    ax.plot([0, 0, 0], [-0.1, 0, 0.1], ".", ms=5, color="C0")
    for x, (left, right) in enumerate(pairwise(columns)):
        for a in left:
            ax.plot([x, x + 1], np.stack([np.full(len(right), a), right]),
                    color="#bbbbbb", lw=0.5, zorder=1)  # fmt: skip
        n, m = SIZES[x], SIZES[x + 1]
        ax.text(x + 0.5, 1.12, f"{n} × {m} = {n * m:,}\n+ {m}", ha="center")
    ax.set(xlim=(-0.4, 3.4), ylim=(-1.5, 1.45))
    ax.axis("off")
    e.picture(figure)
