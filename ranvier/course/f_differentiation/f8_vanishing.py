"""Why gradients vanish, why they explode, and what helps.

y ← w σ(w y):  dy'/dy = w² σ'(w y) ≤ w²/4;     a_k = f(W_k a_{k-1} + b_k),  k = 1 … 50:
δ_k = W_{k+1}ᵀ δ_{k+1} · f'(z_k),   σ' ≤ 1/4  ⇒  |δ_k| ≤ ¼ |W_{k+1}| |δ_{k+1}|
"""

import numpy as np

import ranvier as rv
from ranvier import nn
from ranvier.nn import init

DEPTH, WIDTH, BATCH = 50, 16, 16


class Stack(nn.Module):
    """DEPTH equal layers, with what the remedies need."""

    def __init__(self, f, start=None, norm=False, shortcut=False):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(WIDTH, WIDTH) for _ in range(DEPTH)])
        norms = [nn.BatchNorm1d(WIDTH) if norm else nn.Identity() for _ in range(DEPTH)]
        self.norms = nn.ModuleList(norms)
        self.f, self.shortcut = f, shortcut
        for layer in self.layers if start else ():
            start(layer.weight)
            init.zeros_(layer.bias)

    def forward(self, a):
        for layer, norm in zip(self.layers, self.norms, strict=True):
            y = self.f(norm(layer(a)))
            a = a + y if self.shortcut else y
        return a


KINDS = {
    "sigmoid": lambda: Stack(rv.sigmoid),
    "tanh": lambda: Stack(rv.tanh),
    "ReLU": lambda: Stack(rv.relu),
    "tanh large": lambda: Stack(rv.tanh, lambda w: init.normal_(w, 0, 1.0)),
    "ReLU He": lambda: Stack(rv.relu, init.kaiming_normal_),
    "tanh Xavier": lambda: Stack(rv.tanh, init.xavier_normal_),
    "sigmoid norm": lambda: Stack(rv.sigmoid, norm=True),
    "sigmoid shortcut": lambda: Stack(rv.sigmoid, shortcut=True),
}
PLAIN, REMEDIES = list(KINDS)[:4], list(KINDS)[4:]


def differentiated(kind, seed, batch=BATCH):
    """A network with its gradients."""
    rv.manual_seed(seed)
    model = KINDS[kind]().double()
    a, t = (rv.randn(batch, WIDTH, dtype=rv.float64) for _ in range(2))
    ((model(a) - t) ** 2).mean().backward()
    return model


def norms(model):
    return np.array([layer.weight.grad.norm().item() for layer in model.layers])


def four(w, y=1.0):
    """y ← w σ(w y) four times: the factors, and the derivative by Ranvier."""

    def nested(y):
        for _ in range(4):
            y = w * rv.sigmoid(w * y)
        return y

    start, factors = rv.tensor(y, dtype=rv.float64), []
    for _ in range(4):
        s = 1 / (1 + np.exp(-w * y))
        factors.append(w * w * s * (1 - s))
        y = w * s
    return factors, rv.grad(nested)(start).item()


def steepest(w):
    """y ← σ(w y - w/2) from ½, where σ' = ¼ in every layer."""

    def nested(y):
        for _ in range(DEPTH):
            y = rv.sigmoid(w * y - w / 2)
        return y

    return rv.grad(nested)(rv.tensor(0.5, dtype=rv.float64)).item()


def within_bound(seed):
    """δ of one example is the gradient of its biases."""
    layers = differentiated("sigmoid", seed, batch=1).layers
    delta = [layer.bias.grad.norm().item() for layer in layers]
    size = [np.linalg.norm(layer.weight.detach().numpy(), 2) for layer in layers]
    return all(delta[k] <= size[k + 1] / 4 * delta[k + 1] for k in range(DEPTH - 1))


def clipped(model, most=1.0):
    """The norm of the whole gradient, before and after clipping."""
    total = sum((w.grad**2).sum().item() for w in model.parameters()) ** 0.5
    for w in model.parameters():
        w.grad *= min(1, most / total)
    return total, sum((w.grad**2).sum().item() for w in model.parameters()) ** 0.5


def experiment(e):
    rows = [[w, *four(w)[0], four(w)[1], (w * w / 4) ** 4] for w in (0.5, 1.0, 2.0)]
    e.table("four", ["w", "1", "2", "3", "4", "derivative", "bound"], rows)
    e.claim("product", all(abs(np.prod(row[1:5]) / row[5] - 1) < 1e-12 and
            max(row[1:5]) <= row[0] ** 2 / 4 for row in rows))  # fmt: skip
    e.claim("bound", all(within_bound(seed) for seed in e.seeds(3)))

    seeds = e.seeds(3, quick=1)
    models = {kind: [differentiated(kind, s) for s in seeds] for kind in KINDS}
    sizes = {k: np.exp(np.mean([np.log(norms(m)) for m in ms], 0))
             for k, ms in models.items()}  # fmt: skip
    ratio = {kind: float(size[0] / size[-1]) for kind, size in sizes.items()}
    rows = [[e.word(kind), s[0], s[-1], s[0] / s[-1]] for kind, s in sizes.items()]
    e.table("networks", ["network", "first", "last", "ratio"], rows)

    logs = np.log10(sizes["sigmoid"])
    fit = np.polyfit(range(DEPTH), logs, 1)
    straight = np.corrcoef(range(DEPTH), logs)[0, 1]
    e.claim("geometric", straight > 0.99 and 10 ** fit[0] > 2, factor=10 ** -fit[0])
    e.claim("vanish", ratio["sigmoid"] < 1e-30 and ratio["tanh"] < 1e-6
            and ratio["ReLU"] < 1e-12, **{k: ratio[k] for k in PLAIN[:3]})  # fmt: skip
    e.claim("explode", ratio["tanh large"] > 1e4 and steepest(8.0) == 2.0**DEPTH,
            large=ratio["tanh large"], chain=steepest(8.0))  # fmt: skip
    e.claim("remedies", all(1e-4 < ratio[kind] < 1e4 for kind in REMEDIES),
            worst=min(ratio[kind] for kind in REMEDIES))  # fmt: skip
    before, after = clipped(models["tanh large"][0])
    e.claim("clipping", before > 1e3 and abs(after - 1) < 1e-9, before=before)
    draw(e, sizes)


def draw(e, sizes):
    figure, axes = e.panels(2, size=(5.6, 4.4), sharey=True)
    marks = ("o-", "s-", "^-", "D-")
    for ax, kinds, title in zip(
        axes, (PLAIN, REMEDIES), ("plain", "helped"), strict=True
    ):
        for kind, mark in zip(kinds, marks, strict=True):
            ax.semilogy(range(1, DEPTH + 1), sizes[kind], mark, ms=5, markevery=7,
                        label=e.word(kind))  # fmt: skip
        ax.set(title=e.word(title), xlabel=e.word("layer"))
        ax.legend(fontsize=10.5, loc="lower right")
    axes[0].set_ylabel(e.word("norm"))
    e.picture(figure)
