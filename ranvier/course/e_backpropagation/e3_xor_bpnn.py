"""XOR learned by back-propagation, a million times through the four examples.

h = σ(x W₁),   y = σ(h W₂),   L = ½ Σ (y - t)²,   W ← W - η ∂L/∂W
"""

import time

import numpy as np

import ranvier as rv
from ranvier import nn, optim

EPOCHS = 1_000_000
x = rv.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
t = rv.tensor([[0.0], [1.0], [1.0], [0.0]])


def network():
    return nn.Sequential(
        nn.Linear(2, 10, bias=False), nn.Sigmoid(),
        nn.Linear(10, 1, bias=False), nn.Sigmoid(),
    )  # fmt: skip


def experiment(e):
    model = network()
    with rv.no_grad():
        for w in model.parameters():
            w.copy_(2 * rv.rand(w.shape) - 1)
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    start = [w.detach().numpy().astype(float) for w in model.parameters()]

    @rv.compile
    def step(x, t):
        optimizer.zero_grad()
        loss = ((model(x) - t) ** 2).sum() / 2
        loss.backward()
        optimizer.step()
        return loss

    begin = time.perf_counter()
    losses = step.over(rv.data.DataLoader((x, t), batch_size=4), epochs=EPOCHS)
    seconds = time.perf_counter() - begin

    y = model(x).detach()
    for (a, b), answer in zip(x.tolist(), y[:, 0].tolist(), strict=True):
        e.line("answer", a=int(a), b=int(b), answer=answer)
    worst = (y - t).abs().max().item()
    e.claim("answers", worst < 0.02, worst=worst)

    beside = numpy_loop(start, 20_000 if e.quick else 100_000)
    e.line("time", seconds=seconds, numpy=beside * EPOCHS)
    e.claim("faster", seconds < beside * EPOCHS, times=beside * EPOCHS / seconds)
    draw(e, model, losses.numpy())


def numpy_loop(start, epochs):
    """The same by hand in NumPy; seconds an epoch."""
    a0, goal, eta = x.numpy().astype(float), t.numpy().astype(float), 0.1
    W1, W2 = start[0].T, start[1].T
    begin = time.perf_counter()
    for _ in range(epochs):
        a1 = 1 / (1 + np.exp(-a0 @ W1))
        a2 = 1 / (1 + np.exp(-a1 @ W2))
        d2 = (a2 - goal) * a2 * (1 - a2)
        d1 = d2 @ W2.T * a1 * (1 - a1)
        W2 = W2 - eta * a1.T @ d2
        W1 = W1 - eta * a0.T @ d1
    return (time.perf_counter() - begin) / epochs


def draw(e, model, losses):
    figure, (left, right) = e.panels(2, size=(4.8, 3.8))
    at = np.unique(np.logspace(0, np.log10(len(losses)), 400).astype(int)) - 1
    left.loglog(at + 1, losses[at])
    left.set(xlabel=e.word("epoch"), ylabel=e.word("loss"), title=e.word("learning"))

    side = np.linspace(-0.5, 1.5, 121, dtype=np.float32)
    plane = np.stack(np.meshgrid(side, side), -1).reshape(-1, 2)
    z = model(rv.tensor(plane)).detach().numpy().reshape(121, 121)
    shown = right.contourf(side, side, z, levels=np.linspace(0, 1, 11))
    right.contour(side, side, z, levels=[0.5], colors="white")
    for (a, b), goal in zip(x.tolist(), t[:, 0].tolist(), strict=True):
        right.plot(a, b, "o", ms=12, mec="black", color="white" if goal else "black")
    right.set(xlabel="$x_1$", ylabel="$x_2$", title=e.word("output"), aspect="equal")
    figure.colorbar(shown, ax=right)
    e.picture(figure)
