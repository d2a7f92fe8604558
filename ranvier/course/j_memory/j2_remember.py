"""Keep one bit for T steps.

x_t = (bit, noise), bit = ±1 at t = 1 and 0 after; which sign was it, T steps later?
RNN: h ← tanh(W_x x + W_h h + b);   LSTM: c ← f·c + i·c̃, whose forget gates start at
1 - 1/2T (b_f = ln 2T, after Tallec and Ollivier 2018)
"""

import math

import numpy as np

import ranvier as rv
from ranvier import nn, optim

HIDDEN, LENGTHS, KINDS = 16, (5, 10, 20, 40, 80), ("RNN", "LSTM")


class Keeper(nn.Module):
    def __init__(self, kind, T):
        super().__init__()
        self.memory = getattr(nn, kind)(2, HIDDEN, batch_first=True)
        self.out = nn.Linear(HIDDEN, 1)
        if kind == "LSTM":
            with rv.no_grad():
                self.memory.bias_hh_l0[HIDDEN : 2 * HIDDEN] = math.log(2 * T)

    def forward(self, x):
        h, _ = self.memory(x)
        return self.out(h[:, -1])


def sequences(rng, count, T):
    x = rng.normal(size=(count, T, 2)).astype(np.float32)
    bit = rng.integers(0, 2, count)
    x[:, :, 0] = 0
    x[:, 0, 0] = 2 * bit - 1
    return x, bit[:, None].astype(np.float32)


def learned(kind, T, seed, count):
    """The share of right answers on 1000 new sequences."""
    rv.manual_seed(seed)
    rng = np.random.default_rng(seed)
    model = Keeper(kind, T)
    rv.fit(model, sequences(rng, count, T), loss=nn.BCEWithLogitsLoss(), epochs=6,
           optimizer=optim.Adam(model.parameters(), lr=0.003), batch_size=50,
           seed=seed)  # fmt: skip
    x, bit = sequences(rng, 1000, T)
    answer = model(rv.tensor(x)).detach().numpy() > 0
    return float((answer == bit).mean())


def through_time(kind, T, seed):
    """|∂ŷ/∂x_t| for t = 1 … T, before learning; the mean over 50 sequences."""
    rv.manual_seed(seed)
    model = Keeper(kind, T)
    x, _ = sequences(np.random.default_rng(seed), 50, T)
    gradient = rv.grad(lambda x: model(x).sum())(rv.tensor(x))
    return abs(gradient.detach().numpy()).mean((0, 2))


def experiment(e):
    lengths = LENGTHS[::3] if e.quick else LENGTHS
    found = {
        (kind, T): [learned(kind, T, seed, 3000) for seed in e.seeds(5)]
        for kind in KINDS
        for T in lengths
    }
    rows = [[T, *(f(found[kind, T]) for kind in KINDS for f in (np.mean, min, max))]
            for T in lengths]  # fmt: skip
    rows = [[row[0], *map(float, row[1:])] for row in rows]
    heads = ["T", *(f"{kind} {what}" for kind in KINDS for what in ("", "min", "max"))]
    e.table("accuracy", heads, rows)

    short, long = lengths[0], lengths[-1]
    e.claim(
        "short", min(found["RNN", short] + found["LSTM", short]) > 0.95, short=short
    )
    e.claim("RNN", max(found["RNN", long]) < 0.65, long=long,
            rnn=float(np.mean(found["RNN", long])))  # fmt: skip
    e.claim("LSTM", min(found["LSTM", long]) > 0.9, long=long,
            lstm=float(np.mean(found["LSTM", long])))  # fmt: skip
    gradients = {
        kind: [through_time(kind, long, s) for s in e.seeds(5)] for kind in KINDS
    }
    kept = {
        k: float(np.mean([g[0] / g[-1] for g in gs])) for k, gs in gradients.items()
    }
    e.claim("gradient", kept["RNN"] < 1e-6 and kept["LSTM"] > 1e-3, long=long, **kept)
    draw(e, lengths, found, gradients)


def draw(e, lengths, found, gradients):
    figure, (left, right) = e.panels(2, size=(5.2, 4))
    for i, kind in enumerate(KINDS):
        scores = np.array([found[kind, T] for T in lengths])
        left.plot(lengths, 100 * scores.mean(1), "os"[i] + "-", label=kind)
        for T, row in zip(lengths, scores, strict=True):
            left.plot([T] * len(row), 100 * row, ".", color=f"C{i}", alpha=0.6, ms=9)
        for gradient in gradients[kind]:
            back = np.arange(len(gradient))[::-1]
            right.semilogy(back, gradient, color=f"C{i}", lw=1.4, alpha=0.8)
    left.axhline(50, color="black", ls="--", lw=1)
    left.set(
        xscale="log", xlabel=e.word("T"), ylabel="%", title=e.word("right answers")
    )
    left.set_xticks(lengths, [str(T) for T in lengths])
    left.minorticks_off()
    left.legend(loc="center left")
    right.set(xlabel=e.word("back"), title=e.word("gradient"))
    e.picture(figure)
