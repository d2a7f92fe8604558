"""Derivatives from differences, and what limits them.

forward: (f(x+h) - f(x)) / h = f'(x) + O(h),
central: (f(x+h) - f(x-h)) / 2h = f'(x) + O(h²);   round-off adds about ε |f(x)| / h
"""

import numpy as np

import ranvier as rv

X = rv.tensor(1.0, dtype=rv.float64)
EPSILON = 2.0**-52


def f(x):
    return rv.exp(rv.sin(x))


def forward(f, x, h):
    return (f(x + h) - f(x)) / h


def central(f, x, h):
    return (f(x + h) - f(x - h)) / (2 * h)


def slope(h, error):
    """Of the straight line through the points of a log-log plot."""
    return float(np.polyfit(np.log10(h), np.log10(error), 1)[0])


def experiment(e):
    exact = (rv.cos(X) * f(X)).item()
    automatic = rv.grad(f)(X).item()
    e.claim("exact", abs(automatic - exact) <= 4 * EPSILON * abs(exact),
            automatic=automatic)  # fmt: skip

    h = np.logspace(-15, -1, 57)
    rules = {"forward": forward, "central": central}
    errors = {
        name: np.array([abs(rule(f, X, float(h)).item() - exact) for h in h])
        for name, rule in rules.items()
    }
    smooth = {"forward": (1e-6, 1e-2), "central": (1e-4, 1e-2)}
    for name, (low, high) in smooth.items():
        part = (h >= low) & (h <= high)
        order = slope(h[part], errors[name][part])
        e.claim(name, abs(order - (1 if name == "forward" else 2)) < 0.1,
                **{f"{name}_slope": order})  # fmt: skip
        best = errors[name].argmin()
        e.line("best", rule=e.word(name), h=float(h[best]),
               error=float(errors[name][best]))  # fmt: skip

    tiny = h < 1e-11
    noise = errors["forward"][tiny]
    e.claim("round-off", abs(slope(h[tiny], noise) + 1) < 0.5
            and noise.max() > 1e3 * errors["forward"].min(),
            left=slope(h[tiny], noise), worst=float(noise.max()))  # fmt: skip
    draw(e, h, errors, automatic - exact)


def draw(e, h, errors, automatic):
    figure, ax = e.panels(size=(7, 4.6))
    for name, error in errors.items():
        ax.loglog(h, np.maximum(error, 1e-17), "o-", ms=4, lw=1, label=e.word(name))
    at = np.array([1e-7, 1e-1])
    ax.loglog(at, at, "--", color="C0", lw=1)
    ax.loglog(at[1:].repeat(2) * [1e-4, 1], (at[1:].repeat(2) * [1e-4, 1]) ** 2 / 2,
              "--", color="C1", lw=1)  # fmt: skip
    small = np.array([1e-15, 1e-7])
    ax.loglog(small, EPSILON / small, ":", color="black", lw=1.5, label="ε / h")
    ax.axhline(max(abs(automatic), 1e-16), color="C2", label=e.word("automatic"))
    ax.set(xlabel="h", ylabel=e.word("error"), ylim=(3e-17, 10))
    ax.legend(loc="lower left", bbox_to_anchor=(0.0, 0.02), fontsize=11)
    e.picture(figure)
