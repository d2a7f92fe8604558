"""Random changes of the pictures that one learns from.

x ← x turned by up to ±15°, shifted by up to 10 %, scaled by 0.9 … 1.1, with noise;
drawn anew in every step, for the training part alone
"""

import numpy as np

import ranvier as rv
from ranvier import nn, optim
from ranvier.data.transforms import GaussianNoise, RandomAffine, RandomRotation

WAYS = {
    "none": (),
    "rotation": (RandomRotation(15),),
    "shift": (RandomAffine(0, translate=(0.1, 0.1)),),
    "noise": (GaussianNoise(sigma=0.1),),
    "all": (RandomAffine(15, (0.1, 0.1), (0.9, 1.1)), GaussianNoise(sigma=0.1)),
}


def trained(train, changes, seed):
    rv.manual_seed(seed)
    model = nn.Sequential(nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 10))
    rv.fit(
        model, train.augmented(*changes) if changes else train,
        loss=nn.CrossEntropyLoss(),
        optimizer=optim.Adam(model.parameters(), lr=2e-3),
        epochs=50, batch_size=50, seed=seed,
    )  # fmt: skip
    return model


def experiment(e):
    rows = 500 if e.quick else 1000
    train, test = rv.data.load("mnist").split(rows)
    chosen = ("none", "shift") if e.quick else tuple(WAYS)
    scores = {
        name: [
            rv.evaluate(trained(train, WAYS[name], seed), test) for seed in e.seeds(4)
        ]
        for name in chosen
    }
    accuracy = {n: np.array([s["accuracy"] for s in f]) for n, f in scores.items()}
    e.table("ways", ["change", "accuracy", "gain"], [
        [e.word(n), f"{v.mean():.2%} ± {v.std(ddof=1):.2%}",
         f"{100 * (v - accuracy['none']).mean():+.2f}"]
        for n, v in accuracy.items()])  # fmt: skip

    best = chosen[-1]
    gains = accuracy[best] - accuracy["none"]
    e.claim("better", gains.min() > 0 and gains.mean() > 0.01, rows=rows,
            way=e.word(best), without=float(accuracy["none"].mean()),
            with_it=float(accuracy[best].mean()),
            smallest=100 * gains.min())  # fmt: skip
    draw(e, train, accuracy)


def draw(e, train, accuracy):
    figure, (left, right) = e.panels(2, size=(4.9, 4.0), width_ratios=[1.1, 1])
    tiles = [shown(train, changes) for changes in WAYS.values()]
    left.imshow(1 - np.vstack(tiles), cmap="gray", vmin=0, vmax=1)
    left.set_yticks(14 + 28 * np.arange(len(WAYS)), [e.word(n) for n in WAYS])
    left.set_xticks([])
    left.grid(False)
    left.set_title(e.word("pictures"))
    for x, values in enumerate(accuracy.values()):
        right.plot(np.full(len(values), x), 100 * values, "o", color="C0", alpha=0.6)
        right.plot(x, 100 * values.mean(), "_", color="C1", ms=26, mew=3)
    right.set_xticks(range(len(accuracy)), [e.word(n) for n in accuracy], rotation=25)
    right.set(xlim=(-0.6, len(accuracy) - 0.4), ylabel=e.word("percent"))
    e.picture(figure)


def shown(train, changes, count=7):
    """One digit, as it is seen in `count` steps."""
    x, y = train.take(np.full(count, 3)).arrays
    batch = train.copy(arrays=(x, y)).augmented(*changes) if changes else train
    pictures, _ = batch.prepare(rv.tensor(x), rv.tensor(y))
    return np.hstack(pictures.numpy().reshape(count, 28, 28))
