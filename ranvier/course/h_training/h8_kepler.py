"""Kepler's third law: a power law and a network predict planets not yet discovered.

T = c a^k,  ln T = ln c + k ln a,  k = 3/2;   network: ln T = f(ln a)
"""

import numpy as np

import ranvier as rv
from ranvier import nn, optim

# Semi-major axis a in astronomical units, period T in years. Source: NASA JPL Solar
# System Dynamics, "Keplerian Elements for Approximate Positions of the Major Planets"
# (a, J2000) and "Planetary Physical Parameters" (sidereal orbit period).
PLANETS = {
    "Mercury": (0.38709927, 0.2408467),
    "Venus": (0.72333566, 0.61519726),
    "Earth": (1.00000261, 1.0000174),
    "Mars": (1.52371034, 1.8808476),
    "Jupiter": (5.20288700, 11.862615),
    "Saturn": (9.53667594, 29.447498),
    "Uranus": (19.18916464, 84.016846),  # discovered 1781
    "Neptune": (30.06992276, 164.79132),  # discovered 1846
}
KNOWN = 6  # to Kepler, from Tycho's observations
a, T = np.array(list(PLANETS.values())).T
x, y = np.log(a)[:, None], np.log(T)[:, None]


def fitted(model):
    """Fit ln T of the six planets by least squares."""
    goal, inputs = rv.tensor(y[:KNOWN]), rv.tensor(x[:KNOWN])
    optimizer = optim.LevenbergMarquardt(model.parameters())
    for _ in range(60):
        optimizer.step(lambda: model(inputs) - goal)
    return model


def periods(model, distances):
    with rv.no_grad():
        return np.exp(model(rv.tensor(np.log(distances)[:, None])).numpy()[:, 0])


def network(seed):
    rv.manual_seed(seed)
    return nn.Sequential(nn.Linear(1, 6), nn.Tanh(), nn.Linear(6, 1)).double()


def experiment(e):
    rv.manual_seed(0)
    line = fitted(nn.Linear(1, 1).double())
    k, c = line.weight.item(), float(np.exp(line.bias.item()))
    e.line("law", c=c, k=k)
    e.claim("slope", abs(k - 1.5) < 0.005, slope=k)

    networks = [fitted(network(seed)) for seed in e.seeds(10, quick=3)]
    law = abs(periods(line, a) / T - 1)
    errors = np.array([abs(periods(f, a) / T - 1) for f in networks])
    rows = [[e.word(name), a[i].item(), T[i].item(), f"{law[i]:.2%}",
             f"{np.median(errors[:, i]):.2%}", e.word("yes" if i < KNOWN else "no")]
            for i, name in enumerate(PLANETS)]  # fmt: skip
    e.table("planets", ["planet", "a", "T", "law", "network", "learned"], rows)

    e.claim("inside", max(law[:KNOWN].max(), errors[:, :KNOWN].max()) < 0.02,
            law_inside=law[:KNOWN].max().item(),
            network_inside=errors[:, :KNOWN].max().item())  # fmt: skip
    e.claim("outside", law[-1] < 0.02 and errors[:, -1].min() > 10 * law[-1],
            law_outside=law[-1].item(), smallest=errors[:, -1].min().item(),
            median=float(np.median(errors[:, -1])))  # fmt: skip
    draw(e, line, networks)


def draw(e, line, networks):
    figure, (left, right) = e.panels(2, size=(5.4, 4.4))
    distances = np.geomspace(0.25, 45, 200)
    for ax in (left, right):
        for f in networks:
            ax.plot(distances, periods(f, distances), "C1", lw=1, alpha=0.7)
        ax.plot(distances, periods(line, distances), "C0")
        ax.plot(a[:KNOWN], T[:KNOWN], "o", color="black", ms=7, zorder=3)
        ax.plot(a[KNOWN:], T[KNOWN:], "o", color="white", mec="black", ms=8, zorder=3)
        ax.set(xlabel=e.word("axis"))
    left.set(xscale="log", yscale="log", xlim=(0.13, 60), ylabel=e.word("period"))
    right.set(xlim=(0, 34), ylim=(0, 200))
    for i, name in enumerate(PLANETS):
        left.annotate(e.word(name), (a[i], T[i]), (-7, 5), fontsize=10, ha="right",
                      textcoords="offset points")  # fmt: skip
        if i >= KNOWN - 2:
            right.annotate(e.word(name), (a[i], T[i]), (-8, 6), fontsize=11, ha="right",
                           textcoords="offset points")  # fmt: skip
    left.plot([], [], "C0", label=e.word("law"))
    left.plot([], [], "C1", label=e.word("network"))
    left.legend(loc="upper left")
    e.picture(figure)
