"""Full batch, one example at a time, and mini-batches.

w ← w - η (1/|B|) Σ_{i in B} ∂L_i/∂w,   |B| = all, 1, 32
"""

import time

import numpy as np

import ranvier as rv
from ranvier import nn, optim

ROWS, EPOCHS = 2048, 30
KINDS = {"full": ROWS, "single": 1, "mini": 32}
RATES = {"full": 0.5, "single": 0.01, "mini": 0.1}


def problem(rng):
    x = rng.normal(size=(ROWS, 10)).astype(np.float32)
    w = rng.normal(size=10)
    noise = rng.normal(0, 0.5, ROWS)
    return x, ((x @ w + noise) > 0).astype(np.float32)[:, None]


def trained(x, y, kind, epochs):
    """The loss over all examples after each epoch, and the seconds each took."""
    rv.manual_seed(0)
    model, criterion = nn.Linear(10, 1), nn.BCEWithLogitsLoss()
    nn.init.zeros_(model.weight)
    optimizer = optim.SGD(model.parameters(), lr=RATES[kind])

    @rv.compile
    def step(x, y):
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        loss.backward()
        optimizer.step()
        return loss

    def overall():
        with rv.no_grad():
            return criterion(model(rv.tensor(x)), rv.tensor(y)).item()

    losses, seconds = [overall()], [0.0]
    loader = rv.data.DataLoader((x, y), batch_size=KINDS[kind], shuffle=True)
    for epoch in range(epochs):
        begin = time.perf_counter()
        within = step.over(loader)
        if epoch:  # the first one compiles
            seconds.append(seconds[-1] + time.perf_counter() - begin)
        else:
            seconds.append(0.0)
        losses.append(overall())
    return losses, seconds, within.numpy()


def experiment(e):
    x, y = problem(e.rng)
    found = {k: trained(x, y, k, 8 if e.quick else EPOCHS) for k in KINDS}
    rows = [[e.word(k), KINDS[k], ROWS // KINDS[k], losses[1], losses[-1]]
            for k, (losses, _, _) in found.items()]  # fmt: skip
    e.table("kinds", ["kind", "batch", "updates", "first", "last"], rows)

    first = {kind: losses[1] for kind, (losses, _, _) in found.items()}
    e.claim("early", first["full"] > 1.2 * max(first["mini"], first["single"]), **first)
    spread = {kind: float(np.std(np.diff(within))) if len(within) > 1 else 0.0
              for kind, (_, _, within) in found.items()}  # fmt: skip
    e.claim("noise", spread["single"] > 2 * spread["mini"] > 0,
            single_noise=spread["single"], mini_noise=spread["mini"])  # fmt: skip
    draw(e, found)


def draw(e, found):
    figure, (left, right) = e.panels(2, size=(4.8, 3.8), sharey=True)
    for kind, (losses, seconds, _) in found.items():
        seen = ROWS * np.arange(len(losses))
        left.plot(seen, losses, "o-", ms=3, label=e.word(kind))
        right.plot(1000 * np.array(seconds[2:]), losses[2:], "o-", ms=3)
    left.set(xlabel=e.word("seen"), ylabel=e.word("loss"))
    left.set_xticks(range(0, 60_001, 20_000))
    left.legend()
    right.set(xlabel=e.word("time"), xscale="log")
    e.picture(figure)
