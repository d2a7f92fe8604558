"""Softmax, one-hot and cross-entropy.

y_i = e^z_i / Σ_j e^z_j,   L = -Σ_i x_i ln y_i,   ∂L/∂z = y - x
"""

import numpy as np

import ranvier as rv
from ranvier import nn
from ranvier.nn import functional as F

LEVELS = ("nursery", "primary", "middle", "high", "university")
z = rv.tensor([0.5, 1.0, 2.5, 1.5, -1.0], dtype=rv.float64)  # scores of one pupil
truth = 2


def one_hot(k):
    return rv.eye(5, dtype=rv.float64)[k]


def cross_entropy(z, x):
    return -(x * rv.log(rv.softmax(z, -1))).sum()


def textbook(z):
    """The formula as it stands, in float64."""
    with np.errstate(over="ignore", invalid="ignore"):
        return np.exp(z) / np.exp(z).sum()


def experiment(e):
    x, y = one_hot(truth), rv.softmax(z, -1)
    rows = [[e.word(level), z[i].item(), x[i].item(), y[i].item(), (y - x)[i].item()]
            for i, level in enumerate(LEVELS)]  # fmt: skip
    e.table("levels", ["level", "z", "x", "y", "gradient"], rows)

    scores = rv.tensor(e.rng.normal(0, 5, (1000, 5)))
    off = (rv.softmax(scores, -1).sum(-1) - 1).abs().max().item()
    e.claim("one", off < 1e-12, off=off)

    far = rv.tensor([1000.0, 0.0, -1000.0], dtype=rv.float64)
    stable = rv.softmax(far, -1).tolist()
    loss = nn.CrossEntropyLoss()(far, rv.tensor(2)).item()
    e.claim("stable", stable == [1, 0, 0] and loss == 2000, loss=loss,
            textbook=str(textbook(far.numpy())[0]))  # fmt: skip

    worst = apart = 0.0
    for row, k in zip(scores[:100], e.rng.integers(0, 5, 100).tolist(), strict=True):
        g = rv.grad(cross_entropy)(row, one_hot(k))
        worst = max(worst, (g - (rv.softmax(row, -1) - one_hot(k))).abs().max().item())
        ready = F.cross_entropy(row, rv.tensor(k)).item()
        apart = max(apart, abs(cross_entropy(row, one_hot(k)).item() - ready))
    e.claim("gradient", worst < 1e-10, worst=worst)
    e.claim("same", apart < 1e-10, apart=apart)
    draw(e)


def draw(e):
    figure, axes = e.panels(4, size=(3.2, 3.4))
    x, y = one_hot(truth), rv.softmax(z, -1)
    names, place = [e.word(level) for level in LEVELS], np.arange(5)
    colours = ["C1" if k == truth else "C0" for k in place]
    for ax, bars, name in zip(
        axes, (z, y, y - x), ("z", "y", "gradient"), strict=False
    ):
        ax.barh(place, bars.numpy(), color=colours)
        ax.axvline(0, color="black", lw=0.8)
        ax.set(title=e.word(name), yticks=place, yticklabels=[])
        ax.invert_yaxis()
    axes[0].set_yticklabels(names)
    p = np.linspace(0.005, 1, 200)
    axes[3].plot(p, -np.log(p), color="C1")
    right = y[truth].item()
    axes[3].plot(right, -np.log(right), "o", color="black", ms=8)
    axes[3].annotate(f"{-np.log(right):.2f}", (right, -np.log(right)), (6, 8),
                     textcoords="offset points")  # fmt: skip
    axes[3].set(title=e.word("loss"), xlabel=e.word("right"), ylim=(0, 5.4))
    e.picture(figure)
