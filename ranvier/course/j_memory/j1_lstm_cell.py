"""One cell of a long short-term memory, by hand.

f = σ(W_f [h, x] + b_f),  i = σ(W_i [h, x] + b_i),  o = σ(W_o [h, x] + b_o),
c̃ = tanh(W_c [h, x] + b_c),   c ← f·c + i·c̃,   h ← o·tanh(c)
"""

import numpy as np

import ranvier as rv
from ranvier import nn

INPUTS, HIDDEN, STEPS = 3, 4, 12


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def by_hand(x, W, b):
    """h and c after every step, and the gates; W and b have a row for each gate."""
    h, c = np.zeros(HIDDEN), np.zeros(HIDDEN)
    found = {name: [] for name in ("f", "i", "o", "c", "h")}
    for x_t in x:
        hx = np.concatenate([h, x_t])
        f = sigmoid(W["f"] @ hx + b["f"])
        i = sigmoid(W["i"] @ hx + b["i"])
        o = sigmoid(W["o"] @ hx + b["o"])
        c_new = np.tanh(W["c"] @ hx + b["c"])
        c = f * c + i * c_new
        h = o * np.tanh(c)
        for name, value in zip(found, (f, i, o, c, h), strict=True):
            found[name].append(value)
    return {name: np.array(values) for name, values in found.items()}


def taken_apart(lstm):
    """The layer keeps the gates in the order i, f, c̃, o, and two biases for each."""
    state = {name: w.detach().numpy() for name, w in lstm.named_parameters()}
    weights = np.hstack([state["weight_hh_l0"], state["weight_ih_l0"]])
    biases = state["bias_hh_l0"] + state["bias_ih_l0"]
    return (
        dict(zip("ifco", np.split(weights, 4), strict=True)),
        dict(zip("ifco", np.split(biases, 4), strict=True)),
    )


def experiment(e):
    lstm = nn.LSTM(INPUTS, HIDDEN).double()
    x = e.rng.normal(size=(STEPS, INPUTS))
    hand = by_hand(x, *taken_apart(lstm))
    output, (_, c) = lstm(rv.tensor(x))
    h_error = abs(output.detach().numpy() - hand["h"]).max()
    c_error = abs(c.detach().numpy()[0] - hand["c"][-1]).max()
    e.claim("layer", h_error < 1e-12 and c_error < 1e-12,
            worst=float(max(h_error, c_error)), steps=STEPS)  # fmt: skip

    cell = nn.LSTMCell(INPUTS, HIDDEN).double()
    names = [name.removesuffix("_l0") for name, _ in lstm.named_parameters()]
    cell.load_state_dict(dict(zip(names, lstm.parameters(), strict=True)))
    state = (rv.zeros(1, HIDDEN).double(), rv.zeros(1, HIDDEN).double())
    for x_t in x:
        state = cell(rv.tensor(x_t)[None], state)
    e.claim("cell", abs(state[0].detach().numpy()[0] - hand["h"][-1]).max() < 1e-12)

    W, b = taken_apart(lstm)
    keeping = {name: 0 * w for name, w in W.items()}
    gates = {"f": 20.0, "i": -20.0, "o": 20.0, "c": 0.0}
    once = {name: b[name] * 0 + value for name, value in gates.items()}
    keeping["i"][:, HIDDEN] = 40.0  # opened by the first input
    keeping["c"][:, HIDDEN] = 20.0
    pulse = np.zeros((1000, INPUTS))
    pulse[0, 0] = 1.0
    kept = by_hand(pulse, keeping, once)["c"]
    e.claim("keeps", abs(kept[-1] - 1).max() < 1e-4, kept=float(kept[-1].min()))
    inside = [hand[n].min() >= 0 and hand[n].max() <= 1 for n in "fio"]
    e.claim("gates", all(inside) and abs(hand["h"]).max() < 1)
    draw(e, hand)


def draw(e, hand):
    figure, axes = e.panels(5, size=(2.7, 3.6), sharey=True)
    for ax, name in zip(axes, ("f", "i", "o", "c", "h"), strict=True):
        signed = name in "ch"
        most = 1 if not signed else abs(hand[name]).max()
        shown = ax.imshow(hand[name].T, aspect="auto", vmin=-most if signed else 0,
                          vmax=most, cmap="PuOr" if signed else "cividis",
                          extent=(0.5, STEPS + 0.5, HIDDEN + 0.5, 0.5))  # fmt: skip
        ax.set(title=e.word(name), xlabel=e.word("step"), xticks=[1, 4, 8, 12])
        ax.set(yticks=range(1, HIDDEN + 1))
        ax.grid(False)
        figure.colorbar(
            shown,
            ax=ax,
            location="bottom",
            shrink=0.9,
            format="%.2g",
            ticks=np.linspace(-most if signed else 0, most, 3),
        )
    axes[0].set_ylabel(e.word("unit"))
    e.picture(figure)
