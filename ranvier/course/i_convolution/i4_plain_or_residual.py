"""The same deep stack with and without shortcuts.

F(x) = BN(W₂ * ReLU(BN(W₁ * x))),   y = ReLU(F(x) + s x);   s = 0: plain,  1: residual
layers = 2 · blocks + 2
"""

import numpy as np

import ranvier as rv
from ranvier import nn, optim

WIDTH = 8  # channels
KINDS = {"plain": 0.0, "residual": 1.0}  # s


def conv():
    return nn.Conv2d(WIDTH, WIDTH, 3, padding=1, bias=False)


class Stack(nn.Module):
    def __init__(self, layers, s):
        super().__init__()
        self.first = nn.Conv2d(1, WIDTH, 3, padding=1)
        self.F = nn.ModuleList([
            nn.Sequential(conv(), nn.BatchNorm2d(WIDTH), nn.ReLU(),
                          conv(), nn.BatchNorm2d(WIDTH))
            for _ in range((layers - 2) // 2)
        ])  # fmt: skip
        self.last = nn.Sequential(
            nn.AvgPool2d(4), nn.Flatten(), nn.Linear(4 * WIDTH, 10)
        )
        self.register_buffer("s", rv.tensor(s))

    def forward(self, x):
        x = rv.relu(self.first(x))
        for F in self.F:
            x = rv.relu(F(x) + self.s * x)
        return self.last(x)


def errors(layers, s, train, epochs, seed):
    """The share of training pictures read wrongly, epoch by epoch."""
    rv.manual_seed(seed)
    model = Stack(layers, s)
    run = rv.fit(model, train, loss=nn.CrossEntropyLoss(), epochs=epochs,
                 optimizer=optim.Adam(model.parameters(), lr=0.003),
                 batch_size=50, seed=seed)  # fmt: skip
    return 1 - run.history["train_accuracy"]


def experiment(e):
    train = rv.data.load("digits", flatten=False).take(np.arange(500))
    depths, epochs = ((6, 20), 6) if e.quick else ((6, 14, 26), 12)
    found = {
        (kind, layers): [errors(layers, s, train, epochs, seed) for seed in e.seeds(5)]
        for kind, s in KINDS.items()
        for layers in depths
    }
    last = {case: [float(curve[-1]) for curve in f] for case, f in found.items()}
    rows = [[e.word(kind), layers, float(np.mean(f)), min(f), max(f)]
            for (kind, layers), f in last.items()]  # fmt: skip
    e.table("errors", ["kind", "layers", "mean", "min", "max"], rows)

    few, many = depths[0], depths[-1]
    shallow, plain, residual = (
        last[case] for case in (("plain", few), ("plain", many), ("residual", many))
    )
    e.claim("plain", min(plain) > max(shallow) + 0.03, few=few, many=many,
            plain=min(plain), shallow=max(shallow), runs=len(plain))  # fmt: skip
    e.claim("residual", max(residual) < max(shallow) + 0.01, many=many,
            residual=max(residual))  # fmt: skip
    draw(e, depths, found, last)


def draw(e, depths, found, last):
    figure, (left, right) = e.panels(2, size=(5.2, 4.2), sharey=True)
    looks = {("plain", depths[0]): ("C2", ":"), ("plain", depths[-1]): ("C1", "-"),
             ("residual", depths[-1]): ("C0", "-")}  # fmt: skip
    for (kind, layers), (colour, style) in looks.items():
        for curve in found[kind, layers]:
            epochs = np.arange(1, len(curve) + 1)
            left.plot(epochs, 100 * curve, color=colour, ls=style, lw=1.3)
        label = e.word("so deep", kind=e.word(kind), layers=layers)
        left.plot([], [], color=colour, ls=style, label=label)
    left.set(xlabel=e.word("epoch"), ylabel=e.word("error"), ylim=(-2, 100))
    left.legend()
    for kind, colour in (("plain", "C1"), ("residual", "C0")):
        scores = 100 * np.array([last[kind, layers] for layers in depths])
        right.plot(depths, scores.mean(1), color=colour, label=e.word(kind))
        right.plot(depths, scores, "o", color=colour, ms=5, alpha=0.6)
    right.set(xlabel=e.word("layers"), xticks=depths, title=e.word("at the end"))
    right.legend()
    e.picture(figure)
