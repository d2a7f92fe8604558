"""What helps against over-fitting, each remedy by itself.

L1: L + λ Σ|w|   L2: L + λ/2 Σ w²   dropout: hidden units off with p = ½ while training
ensemble: p = 1/k Σ softmax f_i(x)   early stopping: the epoch of lowest L_val
"""

import numpy as np

import ranvier as rv
from ranvier import nn, optim

ROWS, WRONG, UNITS, MEMBERS = 300, 0.2, 256, 5


def data(seed):
    """300 rows (and 1,000) to learn from, a fifth of their labels drawn by chance."""
    train, val, test = rv.data.load("digits").split(1000, 400)
    rng = np.random.default_rng(seed)
    x, y = train.arrays
    y = np.where(rng.random(len(y)) < WRONG, rng.integers(0, 10, len(y)), y)
    more = train.copy(arrays=(x, y), test=None)
    return more.take(np.arange(ROWS)), more, val, test


def network(p=0.0):
    return nn.Sequential(
        nn.Linear(64, UNITS), nn.ReLU(), nn.Dropout(p), nn.Linear(UNITS, 10)
    )


def trained(train, seed, val=None, p=0.0, penalty=None):
    rv.manual_seed(seed)
    model = network(p)
    criterion = nn.CrossEntropyLoss()

    def penalised(outputs, labels):
        weights = [w for w in model.parameters() if w.ndim == 2]
        return criterion(outputs, labels) + sum(penalty(w) for w in weights)

    rv.fit(
        model, train, val=val, loss=penalised if penalty else criterion,
        optimizer=optim.Adam(model.parameters(), lr=5e-3),
        epochs=60 * ROWS // len(train), batch_size=30, seed=seed,
    )  # fmt: skip
    return model


class Ensemble(nn.Module):
    """Answers with the mean of the members' probabilities."""

    def __init__(self, members):
        super().__init__()
        self.members = nn.ModuleList(members)

    def forward(self, x):
        return (sum(f(x).softmax(1) for f in self.members) / len(self.members)).log()


def remedies(seed):
    train, more, val, test = data(seed)
    members = [trained(train, seed + 100 * i) for i in range(MEMBERS)]
    models = {
        "none": members[0],
        "stopping": trained(train, seed, val=val),  # fit keeps the best epoch
        "more": trained(more, seed),
        "l1": trained(train, seed, penalty=lambda w: 1e-3 * w.abs().sum()),
        "l2": trained(train, seed, penalty=lambda w: 1e-2 / 2 * (w**2).sum()),
        "dropout": trained(train, seed, p=0.5),
        "ensemble": Ensemble(members),
    }
    criterion = nn.CrossEntropyLoss()
    return {name: rv.evaluate(m, test, criterion) for name, m in models.items()}


def experiment(e):
    found = [remedies(seed) for seed in e.seeds(5)]

    def scores(name, what):
        return np.array([one[name][what] for one in found])

    names = list(found[0])
    rows = [[e.word(n), *[f"{scores(n, w).mean():.3f} ± {scores(n, w).std(ddof=1):.3f}"
                          for w in ("loss", "accuracy")]] for n in names]  # fmt: skip
    e.table("remedies", ["remedy", "loss", "accuracy"], rows)
    for name in names[1:]:
        gain = float((scores("none", "loss") - scores(name, "loss")).mean())
        right = float((scores(name, "accuracy") - scores("none", "accuracy")).mean())
        e.claim(name, gain > 0.02, **{f"{name}_gain": gain, f"{name}_right": right})
    draw(e, names, scores)


def draw(e, names, scores):
    figure, axes = e.panels(2, size=(4.8, 3.8), sharey=True)
    for ax, what in zip(axes, ("loss", "accuracy"), strict=True):
        ax.axvline(scores("none", what).mean(), color="#999999", ls="--")
        for y, name in enumerate(names):
            values = scores(name, what)
            color = "C1" if name == "none" else "C0"
            ax.plot(values, np.full(len(values), y), "o", color=color, alpha=0.6)
            ax.plot(values.mean(), y, "|", color=color, ms=22, mew=3)
        ax.set(xlabel=e.word(what))
    axes[0].set_yticks(range(len(names)), [e.word(name) for name in names])
    axes[0].set_ylim(len(names) - 0.5, -0.5)
    e.picture(figure)
