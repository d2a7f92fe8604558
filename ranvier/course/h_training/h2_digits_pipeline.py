"""The whole pipeline, from pixels to a test accuracy.

x ← (x - mean)/std;  t = one-hot(y);  W ~ U(-1/√m, 1/√m) or N(0, 1/m), m inputs
"""

import numpy as np

import ranvier as rv
from ranvier import nn, optim
from ranvier.data.transforms import Normalize
from ranvier.nn import functional as F


def one_hot(part):
    x, y = part.arrays
    t = F.one_hot(rv.tensor(y), 10).float()
    return part.copy(arrays=(x, t.numpy()), test=None)


def data(e):
    """55,000 to learn from, 5,000 to validate, 10,000 to test, one-hot"""
    parts = rv.data.load("mnist", flatten=False).split(55_000, 5_000)
    sizes = [len(part) for part in parts]
    iterations = len(rv.data.DataLoader(parts[0], batch_size=100))
    if e.quick:
        parts = [part.take(np.arange(len(part) // 10)) for part in parts]
    normalize = Normalize().fit(parts[0])
    return sizes, iterations, [one_hot(p.transformed(normalize)) for p in parts]


def network(start):
    model = nn.Sequential(
        nn.Flatten(), nn.Linear(784, 64), nn.ReLU(), nn.Linear(64, 10)
    )
    for w in model.parameters():
        m = w.shape[1] if w.ndim == 2 else 1
        if w.ndim == 1:
            nn.init.zeros_(w)
        elif start == "uniform":
            nn.init.uniform_(w, -1 / m**0.5, 1 / m**0.5)
        else:
            nn.init.normal_(w, 0, 1 / m**0.5)
    return model


def experiment(e):
    sizes, iterations, (train, val, test) = data(e)
    e.claim("iterations", iterations == 550, train=sizes[0], val=sizes[1],
            test=sizes[2], iterations=iterations)  # fmt: skip
    e.line("used", learned=len(train))
    criterion = nn.CrossEntropyLoss()
    runs = {"uniform": [], "gaussian": []}
    for start, found in runs.items():
        for seed in e.seeds(5):
            rv.manual_seed(seed)
            model = network(start)
            run = rv.fit(
                model, train, val=val, loss=criterion,
                optimizer=optim.SGD(model.parameters(), lr=0.1),
                epochs=40, batch_size=100, patience=2, seed=seed,
            )  # fmt: skip
            found.append((run, rv.evaluate(model, test, criterion)))  # once

    rows = [[e.word(start), seed, run.epochs, run.best_epoch,
             run.history["val_accuracy"][run.best_epoch - 1].item(), tested["accuracy"]]
            for start, found in runs.items()
            for seed, (run, tested) in enumerate(found)]  # fmt: skip
    e.table("trainings", ["start", "seed", "epochs", "best", "val", "test"], rows)

    everything = [pair for found in runs.values() for pair in found]
    stopped = sum(run.stopped_because == "patience" for run, _ in everything)
    e.claim("stopped", stopped == len(everything), stopped=stopped,
            runs=len(everything))  # fmt: skip
    goal = 0.85 if e.quick else 0.965
    for start, found in runs.items():
        scores = [tested["accuracy"] for _, tested in found]
        mean, spread = float(np.mean(scores)), float(np.std(scores, ddof=1))
        e.claim(start, min(scores) > goal and spread < 0.01, **{
            f"{start}_mean": mean, f"{start}_spread": spread,
            "goal": goal})  # fmt: skip
    draw(e, runs, test)


def draw(e, runs, test):
    figure, (left, middle, right) = e.panels(3, size=(4.2, 3.8))
    for i, found in enumerate(runs.values()):
        for run, _ in found:
            epochs = np.arange(1, run.epochs + 1)
            left.plot(epochs, run.history["val_loss"], color=f"C{i}", lw=1, alpha=0.8)
            left.plot(run.best_epoch, run.history["val_loss"].min(), "o", color=f"C{i}",
                      ms=5)  # fmt: skip
        scores = [100 * tested["accuracy"] for _, tested in found]
        middle.plot(np.linspace(-0.1, 0.1, len(scores)) + i, scores, "o", ms=8)
        middle.plot([i - 0.25, i + 0.25], [np.mean(scores)] * 2, color=f"C{i}")
    left.set(xlabel=e.word("epoch"), ylabel=e.word("loss"), title=e.word("stop"))
    middle.set_xticks([0, 1], [e.word(start) for start in runs])
    middle.set(xlim=(-0.6, 1.6), ylabel="%", title=e.word("test"))

    model = runs["uniform"][0][0].model
    answers = model(rv.tensor(test.numpy()[0])).argmax(1).numpy()
    truth = test.arrays[1].argmax(1)
    wrong = np.flatnonzero(answers != truth)[:12]
    pictures = np.pad(test.arrays[0][wrong, 0], [(0, 0), (8, 0), (0, 0)])
    tiles = pictures.reshape(3, 4, 36, 28).swapaxes(1, 2).reshape(108, 112)
    right.imshow(255 - tiles, cmap="gray")
    for k, i in enumerate(wrong):
        right.text(28 * (k % 4) + 14, 36 * (k // 4) + 9, f"{truth[i]}→{answers[i]}",
                   color="C1", ha="center", fontsize=12)  # fmt: skip
    right.set(title=e.word("wrong"))
    right.axis("off")
    e.picture(figure)
