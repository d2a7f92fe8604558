"""Squared error or cross-entropy after a sigmoid, from a bad start.

a = σ(w x + b):   L = (a - y)²/2,            ∂L/∂z = (a - y) σ'(z)
                  L = -ln a or -ln(1 - a),   ∂L/∂z = a - y
"""

import numpy as np

import ranvier as rv
from ranvier import nn, optim

LOSSES = {
    "mse": lambda a, y: ((a - y) ** 2).mean() / 2,
    "entropy": nn.BCELoss(),
}
STARTS = (0.6, 2.0, 3.0)  # of w and b; the neuron should say 0 to x = 1
NEAR = 0.1


def descend(model, x, y, loss, steps, lr=0.15):
    """The mean of |a - y| at every step."""
    optimizer = optim.SGD(model.parameters(), lr=lr)

    @rv.compile
    def step(x, y):
        optimizer.zero_grad()
        a = rv.sigmoid(model(x))
        loss(a, y).backward()
        optimizer.step()
        return (a - y).abs().mean()

    loader = rv.data.DataLoader((x, y), batch_size=len(x))
    return step.over(loader, epochs=steps).numpy()


def neuron(start):
    model = nn.Linear(1, 1)
    nn.init.constant_(model.weight, start)
    nn.init.constant_(model.bias, start)
    return model


def slope(start, loss):
    """∂L/∂z of the neuron where it starts."""
    z = rv.tensor([2 * start])
    return rv.grad(lambda z: loss(rv.sigmoid(z), rv.zeros(1)))(z).item()


def threes_and_eights():
    x, t = rv.data.load("digits").numpy()
    two = (t == 3) | (t == 8)
    return x[two], (t[two] == 8).astype(np.float32)[:, None]


def classifier():
    """Sure that everything is an 8."""
    model = nn.Linear(64, 1)
    nn.init.zeros_(model.weight)
    nn.init.constant_(model.bias, 6.0)
    return model


def first_below(errors):
    return int((errors < NEAR).argmax()) if (errors < NEAR).any() else len(errors)


def experiment(e):
    x, y = rv.ones(1, 1), rv.zeros(1, 1)
    rows, curves, ratios = [], {}, []
    for start in STARTS:
        for name, loss in LOSSES.items():
            curves[start, name] = descend(neuron(start), x, y, loss, 20_000)
        mse, entropy = (first_below(curves[start, name]) for name in LOSSES)
        weaker = slope(start, LOSSES["entropy"]) / slope(start, LOSSES["mse"])
        ratios.append(mse / entropy)
        rows.append([start, curves[start, "mse"][0].item(), weaker, mse, entropy,
                     mse / entropy])  # fmt: skip
    e.table("steps", ["start", "error", "weaker", "mse", "entropy", "times"], rows)
    a = rv.sigmoid(rv.tensor(4.0)).item()
    weaker = rows[1][2]
    e.claim("slope", abs(weaker * a * (1 - a) - 1) < 1e-3, weaker=weaker, a=a)
    e.claim("steps", ratios[1] > 2 and ratios[2] > 4 and ratios == sorted(ratios),
            ratio=ratios[1], worse=ratios[2])  # fmt: skip

    x, y = threes_and_eights()
    for name, loss in LOSSES.items():
        curves["digits", name] = descend(classifier(), x, y, loss, 4000, lr=0.5)
    mse, entropy = (first_below(curves["digits", name]) for name in LOSSES)
    e.claim("digits", 2 * entropy < mse, digits_mse=mse, digits_entropy=entropy)
    draw(e, curves)


def draw(e, curves):
    figure, axes = e.panels(4, size=(3.2, 3.4), sharey=True)
    for ax, key in zip(axes, (*STARTS, "digits"), strict=True):
        for name, dash in (("mse", "-"), ("entropy", "--")):
            errors = curves[key, name]
            end = 1.6 * max(first_below(curves[key, other]) for other in LOSSES)
            ax.plot(errors[: int(end)], dash, lw=2.5, label=e.word(name))
        ax.axhline(NEAR, color="#555555", lw=1)
        ax.set(xlabel=e.word("step"), ylim=(0, 1.02))
        digits = key == "digits"
        ax.set_title(e.word("digits") if digits else f"w = b = {key}")
    axes[0].set_ylabel(e.word("error"))
    axes[0].legend()
    e.picture(figure)
