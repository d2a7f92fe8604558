"""A thousand parameters, in one layer or in four.

parameters of depth d, width w:  (2 w + w) + (d - 1) (w² + w) + (w + 1)
"""

from itertools import pairwise

import numpy as np

import ranvier as rv
from ranvier import nn, optim
from ranvier.course import drawing

SHAPES = {1: 250, 2: 29, 3: 21, 4: 17}  # depth: width
TARGETS = {
    "rings": lambda a, b: np.cos(8 * np.hypot(a, b)),
    "waves": lambda a, b: np.sin(6 * a + 3 * b),
    "product": lambda a, b: np.sin(4 * a) * np.sin(4 * b),
}


def network(depth):
    layers = []
    for n, m in pairwise([2] + [SHAPES[depth]] * depth):
        layers += [nn.Linear(n, m), nn.ReLU()]
    return nn.Sequential(*layers, nn.Linear(SHAPES[depth], 1))


def points(rng, f, count):
    x = rng.uniform(-1, 1, (count, 2)).astype(np.float32)
    return x, f(x[:, :1], x[:, 1:])


def learn(depth, train, test, seed):
    """The network and its mean squared error on points that it has not seen."""
    rv.manual_seed(seed)
    model = network(depth)
    optimizer = optim.Adam(model.parameters(), lr=0.005)
    rv.fit(model, train, loss=nn.MSELoss(), optimizer=optimizer, epochs=150,
           batch_size=50, seed=seed)  # fmt: skip
    return model, rv.evaluate(model, test, loss=nn.MSELoss())["loss"]


def experiment(e):
    count = {d: sum(p.numel() for p in network(d).parameters()) for d in SHAPES}
    rows, errors, models = [], {}, {}
    for name, f in TARGETS.items():
        train, test = points(e.rng, f, 1000), points(e.rng, f, 2000)
        for depth in SHAPES:
            found = [learn(depth, train, test, seed) for seed in e.seeds(5)]
            each = errors[name, depth] = np.array([error for _, error in found])
            models[name, depth] = found[0][0]
            rows.append([e.word(name), depth, SHAPES[depth], count[depth],
                         each.mean().item(), each.std().item(),
                         " ".join(f"{error:.2g}" for error in each)])  # fmt: skip
    heads = ["target", "depth", "width", "count", "mean", "spread", "each"]
    e.table("errors", heads, rows)

    low, high = min(count.values()), max(count.values())
    e.claim("count", high < 1.03 * low, low=low, high=high)
    shallow, deep = errors["rings", 1], errors["rings", 4]
    e.claim("rings", 2 * deep.max() < shallow.min(),
            deep=deep.max(), shallow=shallow.min())  # fmt: skip
    one, four = (errors["product", depth].mean() for depth in (1, 4))
    e.claim("product", one < 3 * four, one=one, four=four)
    draw(e, errors, models)


def draw(e, errors, models):
    figure, axes = e.panels(4, size=(3.1, 3.7))
    side = np.linspace(-1, 1, 101, dtype=np.float32)
    X, Y = np.meshgrid(side, side)
    grid = rv.tensor(np.stack([X, Y], -1).reshape(-1, 2))
    shown = {"rings": TARGETS["rings"](X, Y)}
    for depth in (1, 4):
        answer = models["rings", depth](grid).detach().numpy()
        shown[e.word("layers", n=depth)] = answer.reshape(X.shape)
    for ax, (name, z) in zip(axes, shown.items(), strict=False):
        ax.imshow(z, cmap=drawing.CONTRAST, vmin=-1.2, vmax=1.2, aspect="auto")
        ax.set(title=e.word("rings") if name == "rings" else name)
        ax.set_axis_off()
    ax = axes[3]
    for k, (name, marker) in enumerate(zip(TARGETS, "os^", strict=True)):
        means = [errors[name, depth].mean() for depth in SHAPES]
        ax.plot(list(SHAPES), means, marker=marker, label=e.word(name))
        for depth in SHAPES:
            each = errors[name, depth]
            ax.plot([depth] * len(each), each, marker, c=f"C{k}", ms=4, alpha=0.4)
    ax.set(yscale="log", xlabel=e.word("depth"), title=e.word("error"))
    ax.set(xticks=list(SHAPES), xlim=(0.7, 4.3))
    ax.legend(loc="upper left", bbox_to_anchor=(1, 1))
    e.picture(figure)
