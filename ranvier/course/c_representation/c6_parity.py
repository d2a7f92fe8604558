"""Is n even, and what comes next: what a network is told beforehand decides.

n;   its binary digits b_k = ⌊n / 2^k⌋ mod 2;   sin and cos of 2π n / p for p = 2 … 6
"""

import numpy as np

import ranvier as rv
from ranvier import nn, optim

SEEN, ALL = 100, 256
n = np.arange(ALL)
even = (n % 2 == 0).astype(np.float32)[:, None]
PERIODS = np.arange(2, 7)
INPUTS = {
    "number": n[:, None] / SEEN - 0.5,
    "digits": n[:, None] >> np.arange(8) & 1,
    "waves": np.concatenate([np.sin(2 * np.pi * n[:, None] / PERIODS),
                             np.cos(2 * np.pi * n[:, None] / PERIODS)], 1),
}  # fmt: skip


def network(inputs, kind):
    """A hidden layer for the number; the right inputs need none."""
    if kind == "number":
        return nn.Sequential(nn.Linear(1, 64), nn.Tanh(), nn.Linear(64, 1))
    return nn.Linear(inputs, 1)


def learn(x, kind, seed):
    """What the network says of every number, after learning from the first hundred."""
    rv.manual_seed(seed)
    model = network(x.shape[1], kind)
    optimizer = optim.Adam(model.parameters(), lr=0.03)
    rv.fit(model, (x[:SEEN], even[:SEEN]), loss=nn.BCEWithLogitsLoss(),
           optimizer=optimizer, epochs=300, batch_size=20, seed=seed)  # fmt: skip
    return rv.sigmoid(model(rv.tensor(x))).detach().numpy()


def fibonacci(count):
    s = [1.0, 1.0]
    while len(s) < count:
        s.append(s[-2] + s[-1])
    return rv.tensor(s, dtype=rv.float64)


def least(model, x, y):
    """Squared error minimised by L-BFGS."""
    optimizer = optim.LBFGS(
        model.parameters(), max_iter=200, line_search_fn="strong_wolfe"
    )

    def closure():
        optimizer.zero_grad()
        loss = ((model(x) - y) ** 2).mean()
        loss.backward()
        return loss

    for _ in range(3):
        optimizer.step(closure)
    return model


def sequence():
    """Fibonacci's numbers: from the position, and from the two before; 12 are seen."""
    s, seen = fibonacci(20), 12
    t = rv.arange(20, dtype=rv.float64).reshape(20, 1) / seen - 0.5
    unit = s[seen - 1]
    hidden = nn.Sequential(nn.Linear(1, 10), nn.Tanh(), nn.Linear(10, 1)).double()
    least(hidden, t[:seen], s[:seen].reshape(seen, 1) / unit)
    before, after = rv.stack([s[:-2], s[1:-1]], 1), s[2:].reshape(-1, 1)
    size = before[: seen - 2, 1:]  # so that every example counts alike
    rule = nn.Linear(2, 1, bias=False).double()
    least(rule, before[: seen - 2] / size, after[: seen - 2] / size)
    by_position = (hidden(t) * unit).detach()[:, 0].numpy()
    by_rule = rule(before).detach()[:, 0].numpy()
    return s.numpy(), by_position, by_rule, rule.weight.detach().numpy()[0]


def experiment(e):
    rows, said = [], {}
    for kind, x in INPUTS.items():
        x = x.astype(np.float32)
        found = [learn(x, kind, seed) for seed in e.seeds(5)]
        right = [(p > 0.5) == even for p in found]
        inside = [r[:SEEN].mean().item() for r in right]
        outside = [r[SEEN:].mean().item() for r in right]
        said[kind] = found[0]
        rows.append(
            [e.word(kind), min(inside), max(inside), min(outside), max(outside)]
        )
    e.table("parity", ["input", "low_in", "high_in", "low_out", "high_out"], rows)
    e.claim("number", rows[0][4] < 0.6, best=rows[0][4])
    e.claim("exact", rows[1][3] == rows[2][3] == 1, digits=rows[1][3], waves=rows[2][3])

    s, by_position, by_rule, w = sequence()
    off = abs(by_rule[-1] / s[-1] - 1)
    apart = max(abs(w - 1))
    e.line("next", true=s[-1], position=by_position[-1], rule=by_rule[-1],
           w1=w[0], w2=w[1])  # fmt: skip
    e.claim("rule", off < 1e-3 and apart < 0.01, off=off, w1=w[0], w2=w[1])
    e.claim("position", by_position[-1] < 0.7 * s[-1], times=s[-1] / by_position[-1])
    draw(e, said, s, by_position, by_rule)


def draw(e, said, s, by_position, by_rule):
    figure, axes = e.panels(4, size=(3.1, 3.3))
    for ax, (kind, p) in zip(axes, said.items(), strict=False):
        ax.axvspan(80, SEEN, color="#e8e8e8", zorder=0)
        for start, colour in ((0, "C0"), (1, "C1")):
            t = np.arange(80 + start, 130, 2)
            word = e.word("odd" if start else "even")
            ax.plot(t, p[t, 0], "o", color=colour, ms=5, label=word)
        ax.set(title=e.word(kind), xlabel="n", ylim=(-0.05, 1.05))
    axes[0].set_ylabel(e.word("says"))
    axes[0].legend(loc="upper right", ncols=2, columnspacing=0.6, handletextpad=0)
    ax, k = axes[3], np.arange(1, 21)
    ax.axvspan(0.5, 12.5, color="#e8e8e8", zorder=0)
    ax.plot(k, s, "o", color="black", ms=6, label="1, 1, 2, 3, 5 …")
    ax.plot(k, np.maximum(by_position, 0.5), color="C1", label=e.word("position"))
    ax.plot(k[2:], by_rule, color="C0", label=e.word("rule"))
    ax.set(
        yscale="log", title=e.word("sequence"), xticks=[1, 5, 10, 15, 20], xlabel="k"
    )
    ax.set_ylim(0.4, 3e6)
    ax.legend(fontsize=10, loc="upper left")
    e.picture(figure)
