"""A curve from the shares of hidden units.

y = x³ + 2x²,   ŷ = d + Σ_i c_i f(w_i x + b_i)   with f = sigmoid or ReLU
"""

from itertools import pairwise

import numpy as np

import ranvier as rv
from ranvier import nn, optim

x = rv.linspace(-2.2, 1, 64).reshape(64, 1)
y = x**3 + 2 * x**2
UNITS = {"sigmoid": (0, 1, 2, 10, 100), "ReLU": (0, 1, 4, 10, 100)}
F = {"sigmoid": nn.Sigmoid, "ReLU": nn.ReLU}
SHOTS, DRAWN = 24, 4


def network(n, f):
    if n == 0:
        return nn.Sequential(nn.Linear(1, 1))
    return nn.Sequential(nn.Linear(1, n), f(), nn.Linear(n, 1))


def shares(model):
    """c_i f(w_i x + b_i) of every unit, (64, n), and d."""
    *hidden, out = model
    if not hidden:
        return model(x).detach(), rv.zeros(1)
    linear, f = hidden
    return (f(linear(x)) * out.weight).detach(), out.bias.detach()


def learn(n, kind, seed, shots):
    """The error at the end, and the shares on the way there."""
    rv.manual_seed(seed)
    model = network(n, F[kind])
    optimizer = optim.Adam(model.parameters(), lr=0.1)
    schedule = optim.lr_scheduler.ExponentialLR(optimizer, 0.9)

    @rv.compile
    def step(x, y):
        optimizer.zero_grad()
        loss = ((model(x) - y) ** 2).mean()
        loss.backward()
        optimizer.step()
        return loss

    loader = rv.data.DataLoader((x, y), batch_size=64)
    film = [shares(model)]
    for i in range(1, shots + 1):
        step.over(loader, epochs=i * i)
        schedule.step()
        film.append(shares(model))
    return ((model(x) - y) ** 2).mean().item(), film, model


def line():
    """The error of the least-squares line."""
    A = np.stack([x.numpy()[:, 0], np.ones(64)], 1)
    best, *_ = np.linalg.lstsq(A, y.numpy(), rcond=None)
    return float(((A @ best - y.numpy()) ** 2).mean())


def experiment(e):
    shots = 16 if e.quick else SHOTS
    rows, films, errors, apart = [], {}, {}, 0.0
    for kind, counts in UNITS.items():
        for n in counts[: 4 if e.quick else 5]:
            found = [learn(n, kind, seed, shots) for seed in e.seeds(5)]
            each = [error for error, *_ in found]
            errors[kind, n] = min(each)
            films[kind, n] = found[np.argmin(each)][1]
            rows.append([kind, n, min(each), float(np.median(each)),
                         " ".join(f"{error:.2g}" for error in each)])  # fmt: skip
            for _, film, model in found:
                parts, d = film[-1]
                total = parts.sum(1, keepdim=True) + d
                apart = max(apart, (total - model(x)).abs().max().item())
    e.table("errors", ["kind", "units", "best", "median", "each"], rows)

    for kind, counts in UNITS.items():
        run = [errors[kind, n] for n in counts[:4]]
        falls = all(b < 0.9 * a for a, b in pairwise(run))
        e.claim(f"{kind} falls", falls and run[-1] < 0.03 * run[0],
                **{f"{kind}_first": run[0], f"{kind}_last": run[-1]})  # fmt: skip
    worst = max(abs(errors[kind, 0] / line() - 1) for kind in UNITS)
    e.claim("line", worst < 1e-3, line=line(), worst=worst)
    e.claim("sum", apart < 1e-4, apart=apart)
    draw(e, films, shots)


def draw(e, films, shots):
    figure, axes = e.panels(DRAWN, 2, size=(3, 2.6), sharex=True, sharey=True)
    t, moving = x.numpy()[:, 0], {}
    for row, (kind, counts) in zip(axes, UNITS.items(), strict=True):
        for ax, n in zip(row, counts[:DRAWN], strict=True):
            parts = ax.plot(t, np.zeros((64, n)), color="C0", lw=1, alpha=0.7)
            ax.plot(t, y.numpy(), color="black")
            (total,) = ax.plot(t, t, color="C1", lw=3, alpha=0.9)
            moving[kind, n] = [total, *parts]
            ax.set_title(e.word("title", kind=kind, n=n), fontsize=12)
    ax.set(ylim=(-3.2, 4.2), xlim=(-2.2, 1))

    def frame(i):
        for key, lines in moving.items():
            parts, d = films[key][i]
            curves = rv.cat([parts.sum(1, keepdim=True) + d, parts], 1).numpy()
            for line, curve in zip(lines, curves.T, strict=False):
                line.set_ydata(curve)
        axes[1, 0].set_xlabel(e.word("steps", n=i * (i + 1) * (2 * i + 1) // 6))

    e.film(figure, frame, shots + 1, per_second=6)
