"""A search by chance over ten hyper-parameters.

every setting is drawn evenly from its range, learning rate and regularisation from the
logarithm of it; ranked by the accuracy on the validation set
"""

import numpy as np

import ranvier as rv
from ranvier import nn, optim

SPACE = {
    "layers": [1, 2, 3],
    "units": [64, 8, 16, 32],
    "activation": ["relu", "tanh", "sigmoid"],
    "initialisation": ["uniform", "gaussian", "xavier", "kaiming"],
    "batch_size": [20, 50, 100],
    "epochs": [5, 10, 20, 40],
    "loss": [nn.CrossEntropyLoss(), nn.MultiMarginLoss()],
    "train_size": [150, 300, 600, 1000],
    "lr": rv.Range(1e-4, 1e-1, log=True),
    "weight_decay": rv.Range(1e-6, 1e-1, log=True),
}
FORM = ("layers", "units", "activation", "initialisation", "batch_size", "loss")
SHORT = SPACE | {name: SPACE[name][:1] for name in FORM}  # trials share programs


def ranks(values):
    """1 for the smallest; equal values share the middle of their ranks."""
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    return (np.cumsum(counts) - (counts - 1) / 2)[place]


def experiment(e):
    train, val, test = rv.data.load("digits").split(1000, 437)
    found = rv.search(
        None, train, val, space=SHORT if e.quick else SPACE,
        trials=12 if e.quick else 36, seed=0, optimizer=optim.AdamW,
    )  # fmt: skip
    best, shown = found.ranked, found.ranked[:5] + found.ranked[-3:]
    names = list(SPACE)
    place = {id(run): i + 1 for i, run in enumerate(best)}
    e.table("ranked", ["place", *names, "val"], [
        [place[id(run)], *[cell(run.settings[n]) for n in names], f"{run.accuracy:.1%}"]
        for run in shown])  # fmt: skip

    criterion = nn.CrossEntropyLoss()
    on_val = np.array([run.accuracy for run in best])
    on_test = np.array([rv.evaluate(run.model, test, criterion)["accuracy"]
                        for run in best])  # fmt: skip
    middle = float(np.median(on_test))
    e.claim("better", on_test[0] > middle + 0.02, winner=on_test[0].item(),
            middle=middle, worst=on_test.min().item(), trials=len(best))  # fmt: skip
    rho = float(np.corrcoef(ranks(on_val), ranks(on_test))[0, 1])
    e.claim("carries", rho > (0.4 if e.quick else 0.7), rho=rho)
    above = float(on_val[0] - on_test[0])
    e.line("optimism", above=100 * above)
    draw(e, best, names, on_val)
    draw_order(e, on_val, on_test)


def cell(value):
    if isinstance(value, float):
        return f"{value:.1e}"
    return value if isinstance(value, int | str) else type(value).__name__[:-4]


def draw(e, best, names, on_val):
    """Parallel coordinates: a line for each trial through its settings."""
    figure, ax = e.panels(size=(14.0, 5.0))
    columns = [heights(ax, x, [run.settings[n] for run in best], e.rng)
               for x, n in enumerate(names)]  # fmt: skip
    columns.append(on_val)
    colours = ax.figure.colorbar(
        ax.scatter(np.full(len(best), len(names)), on_val, c=on_val, zorder=3),
        label=e.word("val"), pad=0.01,
    )  # fmt: skip
    for line in reversed(range(len(best))):
        ax.plot([c[line] for c in columns], lw=1.6, alpha=0.75,
                color=colours.cmap(colours.norm(on_val[line])))  # fmt: skip
    heads = [e.word(name) for name in (*names, "val")]
    ax.set_xticks(range(len(heads)), heads, fontsize=13)
    ax.set(yticks=[], ylim=(-0.06, 1.06), xlim=(-0.3, len(names) + 0.15))
    ax.spines["left"].set_visible(False)
    e.picture(figure)


def heights(ax, x, values, rng):
    """Where values lie on axis x, from 0 to 1, and the axis' labels."""
    if isinstance(values[0], float):
        low, high = np.log(min(values)), np.log(max(values))
        marks = {f"{np.exp(low):.0e}": 0.0, f"{np.exp(high):.0e}": 1.0}
        found = (np.log(values) - low) / (high - low)
    else:
        key = float if isinstance(values[0], int) else cell
        kinds = sorted(set(values), key=key)
        places = np.linspace(0.03, 0.97, len(kinds)) if len(kinds) > 1 else [0.5]
        marks = {str(cell(k)): y for k, y in zip(kinds, places, strict=True)}
        found = np.array([marks[str(cell(v))] for v in values])
        found = found + rng.uniform(-0.03, 0.03, len(values))
    for text, y in marks.items():
        ax.text(x, y, text, ha="center", va="center", fontsize=11, zorder=4,
                bbox={"color": "white", "alpha": 0.85, "pad": 1.5})  # fmt: skip
    return found


def draw_order(e, on_val, on_test):
    figure, ax = e.panels(size=(5.2, 4.4))
    ax.plot(100 * on_val, 100 * on_test, "o", alpha=0.7)
    ax.plot(100 * on_val[0], 100 * on_test[0], "o", ms=11, color="C1",
            label=e.word("winner"))  # fmt: skip
    ax.plot([0, 100], [0, 100], color="#999999", lw=1)
    ax.set(xlabel=e.word("percent_val"), ylabel=e.word("percent_test"))
    ax.legend()
    e.picture(figure, "validation-and-test")
