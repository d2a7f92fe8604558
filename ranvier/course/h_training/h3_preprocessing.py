"""What preparation of the inputs changes: steps until a network has learned.

normalise: (x - mean)/std   whiten: (x - mean) U (Λ + ε)^(-1/2) Uᵀ
grey: 0.3 R + 0.6 G + 0.1 B
category i: the number i, a one-hot row, or row i of a table that is learned (embedding)
"""

import numpy as np

import ranvier as rv
from ranvier import nn, optim
from ranvier.data.transforms import Grayscale, Normalize, OneHot, Whiten

MOST, EVERY = 1000, 20  # steps at most; validation is looked at after so many
RATES = (1, 0.3, 0.1, 0.003)


def curve(model, train, val, goal, lr):
    """Validation accuracy after every 20 steps, until it reaches the goal."""
    optimizer = optim.SGD(model.parameters(), lr=lr)
    criterion = nn.CrossEntropyLoss()
    x, y = (rv.tensor(array) for array in val)

    @rv.compile
    def step(x, y):
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        loss.backward()
        optimizer.step()
        return loss

    batch = len(train[1]) // EVERY
    loader = rv.data.DataLoader(train, batch_size=batch, shuffle=True, seed=0)
    found = []
    while len(found) < MOST // EVERY and (not found or found[-1] < goal):
        step.over(loader)
        with rv.no_grad():
            found.append((model(x).argmax(1) == y).float().mean().item())
    return found


def classifier(inputs, outputs):
    return nn.Sequential(
        nn.Flatten(), nn.Linear(inputs, 32), nn.ReLU(), nn.Linear(32, outputs)
    )


def pictures(e):
    """Digits: raw bytes, normalised, whitened; in colour, and grey."""
    rows = 600 if e.quick else 2000
    train, val, _ = rv.data.load("mnist", flatten=False).split(rows, 1000)
    raw = [halved(part.arrays[0]) for part in (train, val)]
    labels = [part.arrays[1] for part in (train, val)]
    flat = [x.reshape(len(x), -1) for x in raw]
    colour = normalised([coloured(x / 255, e.rng) for x in raw])
    whiten = Whiten(0.1).fit(flat[0] / 255)
    grey = normalised([Grayscale()(x) for x in colour])
    return labels, {
        "none": flat,
        "normalise": normalised(flat),
        "whiten": [whiten(x / 255) for x in flat],
        "colour": colour,
        "grey": grey,
    }


def halved(x):
    """Squares of four pixels become one: 14 x 14."""
    return x.reshape(-1, 1, 14, 2, 14, 2).mean((3, 5), dtype=np.float32)


def normalised(parts):
    normalize = Normalize().fit(parts[0])
    return [normalize(x) for x in parts]


def coloured(x, rng):
    """A bright colour by chance on a dark one, for each picture."""
    ink, ground = rng.uniform(0.5, 1, (len(x), 3)), rng.uniform(0, 0.5, (len(x), 3))
    ink, ground = (c[:, :, None, None].astype(np.float32) for c in (ink, ground))
    return x * ink + (1 - x) * ground


def towns(rng, rows=1200, count=40):
    """Rows that know a town's number; towns belong to 3 classes, without any order."""
    kinds, town = rng.integers(0, 3, count), rng.integers(0, count, rows)
    return np.split(town, [1000]), np.split(kinds[town], [1000])


def experiment(e):
    labels, ways = pictures(e)
    goal = 0.75 if e.quick else 0.85
    rates = (RATES[0], RATES[1], RATES[3]) if e.quick else RATES
    found = {}
    for name, (train, val) in ways.items():
        inputs = train[0].size
        found[name] = [best((train, labels[0]), (val, labels[1]), goal,
                            lambda i=inputs: classifier(i, 10), seed, rates)
                       for seed in e.seeds(3, quick=1)]  # fmt: skip
    town, kind = towns(e.rng)
    hot = OneHot().fit(town[0])
    for name, (make, prepare) in {
        "number": (lambda: classifier(1, 3), lambda t: (t[:, None] / 40).astype("f4")),
        "onehot": (lambda: classifier(len(hot.names), 3), hot),
        "embedding": (lambda: nn.Sequential(nn.Embedding(40, 8), classifier(8, 3)),
                      lambda t: t),
    }.items():  # fmt: skip
        train, val = (prepare(t) for t in town)
        found[name] = [best((train, kind[0]), (val, kind[1]), 0.95, make, seed,
                            rates)
                       for seed in e.seeds(3, quick=1)]  # fmt: skip

    steps = {n: [len(c) * EVERY if c[-1] >= g else MOST for c, g, _ in f]
             for n, f in found.items()}  # fmt: skip
    e.table("ways", ["way", "goal", "rate", "steps", "reached"], [
        [e.word(n), f"{f[0][1]:.0%}", ", ".join(f"{lr:g}" for *_, lr in f),
         ", ".join(map(str, steps[n])), sum(c[-1] >= g for c, g, _ in f)]
        for n, f in found.items()])  # fmt: skip
    means = {n: float(np.mean(s)) for n, s in steps.items()}
    e.claim("digits", max(means["normalise"], means["whiten"]) < means["none"] / 2,
            **means)  # fmt: skip
    e.claim("grey", means["grey"] <= 1.3 * means["colour"] + EVERY, **means)
    reached = all(c[-1] < g for c, g, _ in found["number"])
    e.claim(
        "category", reached and max(means["onehot"], means["embedding"]) < MOST, **means
    )
    draw(e, found)


def best(train, val, goal, make, seed, rates):
    """The quickest of the learning rates: its curve, the goal, the rate."""
    curves = {}
    for lr in rates:
        rv.manual_seed(seed)
        curves[lr] = curve(make(), train, val, goal, lr)
    lr = min(curves, key=lambda lr: (len(curves[lr]), -curves[lr][-1]))
    return curves[lr], goal, lr


def draw(e, found):
    figure, axes = e.panels(3, size=(4.4, 3.8), sharey=True)
    groups = (("none", "normalise", "whiten"), ("colour", "grey"),
              ("number", "onehot", "embedding"))  # fmt: skip
    for ax, names in zip(axes, groups, strict=True):
        for i, name in enumerate(names):
            goal = found[name][0][1]
            for accuracies, _, _ in found[name]:
                steps = EVERY * np.arange(1, len(accuracies) + 1)
                ax.plot(steps, accuracies, f"C{i}o-", ms=3, lw=1.5)
            ax.plot([], [], f"C{i}", label=e.word(name))
        ax.axhline(goal, color="#999999", ls="--", lw=1)
        ax.set(xlabel=e.word("step"), ylim=(0, 1.02), xscale="log")
        ax.set(xticks=(20, 100, 1000), xticklabels=(20, 100, 1000), xlim=(17, 1200))
        ax.legend(loc="lower right")
    axes[0].set_ylabel(e.word("accuracy"))
    e.picture(figure)
