"""Layers without an activation are one layer.

y = W_n (… (W_2 (W_1 x + b_1) + b_2) …) + b_n  =  W x + b
"""

from itertools import pairwise

import numpy as np

import ranvier as rv
from ranvier import nn, optim


def chain(depth, inputs=1, outputs=1, width=8):
    sizes = [inputs, *[width] * (depth - 1), outputs]
    layers = []
    for n, m in pairwise(sizes):
        layers += [nn.Linear(n, m)]
    return nn.Sequential(*layers)


def composed(model):
    """One W and b for the whole stack."""
    W, b = None, None
    for layer in model:
        if not isinstance(layer, nn.Linear):
            continue
        V, c = layer.weight, layer.bias
        W, b = (V, c) if W is None else (V @ W, V @ b + c)
    return W, b


def experiment(e):
    model = chain(6, 5, 3).double()
    x = rv.randn(100, 5, dtype=rv.float64)
    W, b = composed(model)
    apart = (model(x) - (x @ W.T + b)).abs().max().item()
    e.claim("collapses", apart < 1e-12, apart=apart)

    x = rv.linspace(-2, 1, 60).reshape(60, 1)
    y = x**3 + 2 * x**2
    A = np.stack([x.numpy()[:, 0], np.ones(60)], 1)
    line, *_ = np.linalg.lstsq(A, y.numpy()[:, 0], rcond=None)
    least = float(((A @ line - y.numpy()[:, 0]) ** 2).mean())

    rows, curves = [], {}
    for depth in (1, 2, 4, 8):
        losses, curves[depth] = trained(chain(depth), x, y)
        rows.append([depth, losses[-1].item(), least])
        worst = max(abs(row[1] / least - 1) for row in rows)
    e.table("losses", ["layers", "loss", "line"], rows)
    e.claim("line", worst < 1e-4, worst=worst)
    draw(e, x, y, curves, line)


def trained(model, x, y):
    optimizer = optim.Adam(model.parameters(), lr=0.01)
    schedule = optim.lr_scheduler.ExponentialLR(optimizer, 0.2)

    @rv.compile
    def step(x, y):
        optimizer.zero_grad()
        loss = ((model(x) - y) ** 2).mean()
        loss.backward()
        optimizer.step()
        return loss

    loader = rv.data.DataLoader((x, y), batch_size=60)
    for _ in range(5):
        losses = step.over(loader, epochs=2000)
        schedule.step()
    return losses, model(x).detach().numpy()


def draw(e, x, y, curves, line):
    figure, ax = e.panels(size=(6.4, 4.2))
    t = x.numpy()[:, 0]
    ax.plot(t, y.numpy(), color="black", label="$x^3 + 2x^2$")
    ax.plot(t, line[0] * t + line[1], color="#999999", lw=8, alpha=0.6,
            label=e.word("line"))  # fmt: skip
    for (depth, curve), dash in zip(
        curves.items(), ("-", "--", "-.", ":"), strict=True
    ):
        ax.plot(t, curve, dash, label=e.word("deep", n=depth))
    ax.set(xlabel="x", ylabel="y")
    ax.legend()
    e.picture(figure)
