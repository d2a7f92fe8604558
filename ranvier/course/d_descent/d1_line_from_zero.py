"""Linear regression by gradient descent, from nothing.

ŷ = w x + b,   L = 1/(2m) Σ (y - ŷ)²,   w ← w - η ∂L/∂w,   b ← b - η ∂L/∂b
"""

from itertools import pairwise

import numpy as np

import ranvier as rv

ETA, STEPS = 0.1, 400


def loss(w, b, x, y):
    return ((y - (w * x + b)) ** 2).mean() / 2


def absolute(w, b, x, y):
    return (y - (w * x + b)).abs().mean()


def experiment(e):
    x = rv.tensor(e.rng.uniform(-2, 2, 80), dtype=rv.float64)
    y = 1.5 * x - 0.7 + rv.tensor(e.rng.normal(0, 0.3, 80))

    A = np.stack([x.numpy(), np.ones(80)], 1)
    best = np.linalg.solve(A.T @ A, A.T @ y.numpy())

    gradient = rv.compile(rv.grad(loss, argnums=(0, 1)))
    w, b = rv.tensor(-1.0, dtype=rv.float64), rv.tensor(2.0, dtype=rv.float64)
    path = []
    for _ in range(STEPS):
        path.append([w.item(), b.item(), loss(w, b, x, y).item()])
        dw, db = gradient(w, b, x, y)
        w, b = w - ETA * dw, b - ETA * db
    e.line("found", w=w.item(), b=b.item(), w_normal=best[0], b_normal=best[1])
    apart = max(abs(w.item() - best[0]), abs(b.item() - best[1]))
    e.claim("normal", apart < 1e-6, apart=apart)
    losses = [step[2] for step in path]
    falls = all(after <= before + 1e-12 for before, after in pairwise(losses))
    e.claim("falls", falls)
    start = absolute(*rv.tensor([-1.0, 2.0], dtype=rv.float64), x, y).item()
    end = absolute(w, b, x, y).item()
    e.claim("absolute", end < start / 4, start=start, end=end)
    draw(e, x, y, np.array(path), best)


def draw(e, x, y, path, best):
    side_w, side_b = np.linspace(-2, 4, 60), np.linspace(-3.5, 2.5, 60)
    W, B = rv.tensor(side_w)[None, :, None], rv.tensor(side_b)[:, None, None]
    surface = (((y - (W * x + B)) ** 2).mean(dim=2) / 2).numpy()
    figure, (left, right) = e.panels(2, size=(4.6, 4))
    shown = [0, 1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 18, 22, 27, 33, 40, 50, 65, 90]

    def frame(i):
        step = shown[i]
        left.clear(), right.clear()
        left.plot(x.numpy(), y.numpy(), "o", ms=4, color="#777777")
        ends = np.array([-2.0, 2.0])
        left.plot(ends, path[step, 0] * ends + path[step, 1], color="C1", lw=3)
        left.set(xlabel="x", ylabel="y", ylim=(-5, 4), title=e.word("step", n=step))
        right.contourf(side_w, side_b, surface, levels=np.geomspace(0.04, 20, 14))
        right.plot(path[: step + 1, 0], path[: step + 1, 1], "o-", ms=4, color="C1")
        right.plot(*best, "*", ms=14, color="white", mec="black")
        right.set(xlabel="w", ylabel="b", title=e.word("surface"))

    e.film(figure, frame, len(shown), per_second=4)
