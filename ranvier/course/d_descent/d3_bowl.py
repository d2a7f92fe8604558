"""A two-dimensional bowl: too small, right and too large a learning rate.

f(x) = ½ (λ₁ x₁² + λ₂ x₂²),   x ← x - η ∇f(x);   it converges if and only if η < 2/λ_max
"""

import numpy as np

import ranvier as rv

LAMBDA = rv.tensor([1.0, 8.0], dtype=rv.float64)
START = rv.tensor([-4.0, 1.5], dtype=rv.float64)
LIMIT = 2 / LAMBDA.max().item()
BEST = 2 / (LAMBDA.min() + LAMBDA.max()).item()


def f(x):
    return (LAMBDA * x**2).sum() / 2


@rv.compile
def step(x, eta):
    return x - eta * rv.grad(f)(x)


def descend(eta, steps=2000):
    x, eta = START, rv.tensor(eta, dtype=rv.float64)
    path = [x.tolist()]
    while len(path) <= steps and 1e-6 < np.linalg.norm(path[-1]) < 1e6:
        x = step(x, eta)
        path.append(x.tolist())
    return np.array(path)


def experiment(e):
    etas = {"small": LIMIT / 25, "right": BEST, "large": 0.996 * LIMIT,
            "diverging": 1.004 * LIMIT}  # fmt: skip
    paths = {name: descend(eta) for name, eta in etas.items()}
    ends = {name: np.linalg.norm(path[-1]) for name, path in paths.items()}
    rows = [[e.word(n), etas[n], len(p) - 1, float(ends[n])] for n, p in paths.items()]
    e.table("rates", ["rate", "eta", "steps", "distance"], rows)

    steps = {name: len(path) - 1 for name, path in paths.items()}
    e.claim("right", steps["right"] < min(steps["large"], steps["small"]) / 5,
            **steps)  # fmt: skip
    below = [np.linalg.norm(descend(LIMIT * (1 - d))[-1]) < 1e-3 for d in (0.05, 0.01)]
    above = [np.linalg.norm(descend(LIMIT * (1 + d))[-1]) > 1e3 for d in (0.05, 0.01)]
    e.claim("limit", all(below) and all(above), limit=LIMIT)
    draw(e, etas, paths)


def draw(e, etas, paths):
    figure, axes = e.panels(4, size=(3.3, 3.3), sharey=True)
    side = np.linspace(-5, 5, 80), np.linspace(-2.5, 2.5, 80)
    X, Y = np.meshgrid(*side)
    levels = np.geomspace(0.1, 40, 12)
    a, b = LAMBDA.tolist()

    def frame(i):
        for ax, (name, path) in zip(axes, paths.items(), strict=True):
            ax.clear()
            ax.contourf(*side, (a * X**2 + b * Y**2) / 2, levels=levels, extend="both")
            ax.plot(*path[: i + 1].T, "o-", ms=4, lw=1.5, color="C1")
            ax.plot(0, 0, "*", ms=12, color="white", mec="black")
            ax.set(xlim=(-5, 5), ylim=(-2.5, 2.5), xlabel="$x_1$")
            ax.set_title(f"{e.word(name)}: η = {etas[name]:.3g}")
        axes[0].set_ylabel("$x_2$")

    e.film(figure, frame, 26, per_second=5)
