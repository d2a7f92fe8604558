"""XOR with nine scalar variables.

h₁ = σ(w₁x₁ + w₂x₂ + w₃),  h₂ = σ(w₄x₁ + w₅x₂ + w₆),  y = σ(w₇h₁ + w₈h₂ + w₉);
L = Σ (y - t)² over the four examples,   w ← w - η ∂L/∂w
"""

import math
import time
from collections import defaultdict

import numpy as np

import ranvier as rv
from ranvier import optim

EPOCHS, ETA = 20_000, 0.1
X, T = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], [0.0, 1.0, 1.0, 0.0]


def network(w, x1, x2, sigmoid):
    h1 = sigmoid(w[0] * x1 + w[1] * x2 + w[2])
    h2 = sigmoid(w[3] * x1 + w[4] * x2 + w[5])
    return sigmoid(w[6] * h1 + w[7] * h2 + w[8])


class Variable:
    """The textbook's engine: a value, and what it was made from."""

    def __init__(self, value, sources=()):
        self.value, self.sources = value, sources

    def __add__(self, b):
        return Variable(self.value + b.value, [(self, 1.0), (b, 1.0)])

    def __mul__(self, b):
        return Variable(self.value * b.value, [(self, b.value), (b, self.value)])


def squash(v):
    s = 1 / (1 + math.exp(-v.value))
    return Variable(s, [(v, s * (1 - s))])


def gradients(y, along=1.0, found=None):
    found = defaultdict(float) if found is None else found
    for source, local in y.sources:
        found[source] += along * local
        gradients(source, along * local, found)
    return found


def textbook(start, epochs):
    """The weights after so many epochs, and the seconds an epoch takes."""
    w = [Variable(value) for value in start]
    begin = time.perf_counter()
    for _ in range(epochs):
        L = Variable(0.0)
        for (x1, x2), t in zip(X, T, strict=True):
            error = network(w, Variable(x1), Variable(x2), squash) + Variable(-t)
            L = L + error * error
        found = gradients(L)
        w = [Variable(v.value - ETA * found[v]) for v in w]
    return [v.value for v in w], (time.perf_counter() - begin) / epochs


def learn(start, epochs):
    """Weights, losses, and the seconds of the run."""
    w = [rv.tensor(value, requires_grad=True) for value in start]
    optimizer = optim.SGD(w, lr=ETA)

    @rv.compile
    def step(x, t):
        optimizer.zero_grad()
        L = ((network(w, x[:, 0], x[:, 1], rv.sigmoid) - t) ** 2).sum()
        L.backward()
        optimizer.step()
        return L

    loader = rv.data.DataLoader((rv.tensor(X), rv.tensor(T)), batch_size=4)
    begin = time.perf_counter()
    losses = step.over(loader, epochs=epochs).numpy()
    return w, losses, time.perf_counter() - begin


def experiment(e):
    starts = [np.random.default_rng(s).uniform(-1, 1, 9).tolist() for s in range(10)]
    runs = [learn(start, EPOCHS) for start in starts]
    solved = [losses[-1] < 0.01 for _, losses, _ in runs]
    e.line("starts", solved=sum(solved), starts=len(runs))
    w = runs[solved.index(True)][0] if any(solved) else runs[0][0]
    answers = [network(w, *x, rv.sigmoid).item() for x in X]
    for (x1, x2), y in zip(X, answers, strict=True):
        e.line("answer", a=int(x1), b=int(x2), answer=y)
    e.claim("solved", sum(solved) >= 5 and [round(y) for y in answers] == T,
            solved=sum(solved))  # fmt: skip

    few = 50 if e.quick else 300
    slow, an_epoch = textbook(starts[0], few)
    same = max(abs(a.item() - b) for a, b in zip(learn(starts[0], few)[0], slow,
                                                 strict=True))  # fmt: skip
    e.claim("same", same < 1e-4, epochs=few, difference=same)
    first, best = runs[0][2], min(seconds for *_, seconds in runs)
    e.line("time", first=first, best=best, textbook=EPOCHS * an_epoch)
    e.claim("fast", best < 0.5, best=best)
    e.claim("faster", best < EPOCHS * an_epoch / 10, times=EPOCHS * an_epoch / best)
    draw(e, [losses for _, losses, _ in runs], first, best, EPOCHS * an_epoch)


def draw(e, curves, first, best, slow):
    figure, (left, right) = e.panels(2, size=(4.9, 3.8))
    at = np.unique(np.geomspace(1, EPOCHS, 300).astype(int)) - 1
    for losses in curves:
        left.loglog(at + 1, losses[at], lw=1.3, alpha=0.85,
                    color="C0" if losses[-1] < 0.01 else "C1")  # fmt: skip
    left.set(xlabel=e.word("epoch"), title=e.word("loss"))
    names = [e.word(key) for key in ("textbook", "compiling", "again")]
    bars = right.barh(names, [slow, first, best], color=["C1", "C0", "C0"])
    right.bar_label(bars, fmt="%.2g s", padding=4)
    right.set(xscale="log", title=e.word("seconds"), xlim=(best / 3, slow * 30))
    right.invert_yaxis()
    right.grid(False)
    e.picture(figure)
