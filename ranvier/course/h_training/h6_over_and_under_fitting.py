"""Networks that are too small, right and too large, on little and on noisy data.

gap = L_validation - L_training,   L = cross-entropy after the last epoch
"""

import numpy as np

import ranvier as rv
from ranvier import nn, optim

SIZES = {"small": 2, "right": 12, "large": 256}
PARTS = {
    # rows to learn from, share of labels drawn by chance
    "clean": (300, 0.0),
    "noisy": (300, 0.2),
    "little": (60, 0.0),
}


def part_of(train, rows, wrong, rng):
    x, y = (array[:rows] for array in train.arrays)
    hit = rng.random(rows) < wrong
    y = np.where(hit, rng.integers(0, 10, rows), y)
    return train.copy(arrays=(x, y), test=None)


def trained(train, val, units, seed):
    rv.manual_seed(seed)
    model = nn.Sequential(nn.Linear(64, units), nn.ReLU(), nn.Linear(units, 10))
    run = rv.fit(
        model, train, val=val, loss=nn.CrossEntropyLoss(),
        optimizer=optim.Adam(model.parameters(), lr=5e-3),
        epochs=80, batch_size=30, seed=seed,
    )  # fmt: skip
    return run.history


def experiment(e):
    train, val, _ = rv.data.load("digits").split(1000, 437)
    found = {}
    for part, (rows, wrong) in PARTS.items():
        for size, units in SIZES.items():
            found[part, size] = [
                trained(part_of(train, rows, wrong, e.rng), val, units, seed)
                for seed in e.seeds(5)
            ]

    def mean(case, what, at=-1):
        return float(np.mean([history[what][at] for history in found[case]]))

    def gap(case):
        return mean(case, "val_loss") - mean(case, "train_loss")

    def rise(case):
        return float(np.mean([h["val_loss"][-1] / h["val_loss"].min()
                              for h in found[case]]))  # fmt: skip

    rows = [[e.word(part), e.word(size), SIZES[size],
             *[mean(case, f"{which}_loss") for which in ("train", "val")], gap(case),
             *[mean(case, f"{which}_accuracy") for which in ("train", "val")]]
            for case in found for part, size in [case]]  # fmt: skip
    e.table("cases", ["data", "size", "units", "train", "val", "gap", "right_train",
                      "right_val"], rows)  # fmt: skip

    under = mean(("clean", "small"), "train_loss")
    fits = mean(("clean", "right"), "train_loss")
    e.claim("under", under > 5 * fits and abs(gap(("clean", "small"))) < under / 3,
            under=under, fits=fits, under_gap=gap(("clean", "small")))  # fmt: skip
    over = {size: rise(("noisy", size)) for size in ("right", "large")}
    e.claim("over", over["large"] > 1.3 and over["large"] > over["right"],
            large_rise=over["large"] - 1, right_rise=over["right"] - 1)  # fmt: skip
    gaps = {part: gap((part, "large")) for part in PARTS}
    worst = min(gaps["noisy"], gaps["little"])
    e.claim("gaps", worst > 1.5 * gaps["clean"] > 0, **gaps)
    draw(e, found)


def draw(e, found):
    figure, axes = e.panels(3, 3, size=(3.8, 2.7), sharex=True, sharey=True)
    for ax, ((part, size), histories) in zip(axes.flat, found.items(), strict=True):
        for history in histories:
            epochs = np.arange(1, len(history["val_loss"]) + 1)
            ax.plot(epochs, history["train_loss"], "C0", lw=1)
            ax.plot(epochs, history["val_loss"], "C1", lw=1)
        ax.set(yscale="log", ylim=(1e-3, 4))
        ax.set_title(f"{e.word(part)} · {e.word(size)}", fontsize=12)
    axes[0, 0].plot([], "C0", label=e.word("train"))
    axes[0, 0].plot([], "C1", label=e.word("val"))
    axes[0, 0].legend(loc="lower left")
    for ax in axes[-1]:
        ax.set_xlabel(e.word("epoch"))
    for ax in axes[:, 0]:
        ax.set_ylabel(e.word("loss"))
    e.picture(figure)
