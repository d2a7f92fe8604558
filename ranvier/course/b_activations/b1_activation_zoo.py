"""Activations and their derivatives.

σ(z) = 1 / (1 + e^-z), σ' = σ (1 - σ);   tanh' = 1 - tanh²;
p = softmax(z), ∂p_i/∂z_j = p_i (δ_ij - p_j)
"""

from math import pi

import ranvier as rv
from ranvier.nn import functional as F


def where(z, right, left):
    return rv.where(z > 0, right, left)


def bell(z):
    """The normal density φ and its integral Φ."""
    return rv.exp(-(z**2) / 2) / (2 * pi) ** 0.5, (1 + rv.erf(z / 2**0.5)) / 2


def of_silu(z):
    s = rv.sigmoid(z)
    return s + z * s * (1 - s)


def of_gelu(z):
    density, below = bell(z)
    return below + z * density


def of_mish(z):
    t = rv.tanh(F.softplus(z))
    return t + z * (1 - t**2) * rv.sigmoid(z)


a = rv.tensor([0.25], dtype=rv.float64)
SCALE, ALPHA = 1.0507009873554805, 1.6732632423543772  # Klambauer et al. 2017
ZOO = {
    # the activation, and its derivative on paper
    "sign": (rv.sign, lambda z: 0 * z),
    "step": (F.step, lambda z: 0 * z),
    "identity": (lambda z: 1 * z, lambda z: 0 * z + 1),
    "sigmoid": (rv.sigmoid, lambda z: rv.sigmoid(z) * (1 - rv.sigmoid(z))),
    "tanh": (rv.tanh, lambda z: 1 - rv.tanh(z) ** 2),
    "ReLU": (rv.relu, lambda z: where(z, 1.0, 0 * z)),
    "LeakyReLU": (lambda z: F.leaky_relu(z, 0.1), lambda z: where(z, 1.0, 0 * z + 0.1)),
    "PReLU": (lambda z: F.prelu(z, a), lambda z: where(z, 1.0, 0 * z + a)),
    "ELU": (F.elu, lambda z: where(z, 1.0, rv.exp(z))),
    "SELU": (F.selu, lambda z: SCALE * where(z, 1.0, ALPHA * rv.exp(z))),
    "softplus": (F.softplus, rv.sigmoid),
    "SiLU": (F.silu, of_silu),
    "GELU": (F.gelu, of_gelu),
    "Mish": (F.mish, of_mish),
}
SURROGATES = {
    # the slope that is put in the place of 0, and whose it is
    "sign": (lambda z: F.sign(z, "hardtanh"), lambda z: (z.abs() <= 1).double()),
    "step": (lambda z: F.step(z, "sigmoid"), ZOO["sigmoid"][1]),
}
z = rv.linspace(-6, 6, 600, dtype=rv.float64)  # without 0, where some have a corner
far = rv.linspace(-1000, 1000, 20000, dtype=rv.float64)


def slope(f, z):
    return rv.grad(lambda z: f(z).sum())(z)


def central(f, z, h=1e-5):
    return (f(z + h) - f(z - h)) / (2 * h)


def bound(value):
    return round(value, 3) + 0.0 if abs(value) < 50 else f"{'-' * (value < 0)}∞"


def experiment(e):
    rows, rises, paper, apart = [], {}, 0.0, 0.0
    for name, (f, derivative) in ZOO.items():
        d, y = slope(f, z), f(far)
        by_paper = (d - derivative(z)).abs().max().item()
        by_differences = (d - central(f, z)).abs().max().item()
        paper, apart = max(paper, by_paper), max(apart, by_differences)
        rises[name] = ((y[1:] - y[:-1]) >= 0).all().item()
        steepest = d.abs().max().item()
        rows.append([name, bound(y.min().item()), bound(y.max().item()),
                     e.word("yes" if rises[name] else "no"), round(steepest, 3),
                     f"{by_paper:.0e}", f"{by_differences:.0e}"])  # fmt: skip
    heads = ["name", "low", "high", "rises", "steepest", "by_paper", "by_differences"]
    e.table("zoo", heads, rows)
    e.claim("paper", paper < 1e-12, paper=paper, count=len(ZOO))
    e.claim("differences", apart < 1e-7, apart=apart)

    x = rv.tensor([0.5, -1.0, 2.0], dtype=rv.float64)
    J = rv.stack([rv.grad(lambda x, i=i: F.softmax(x, 0)[i])(x) for i in range(3)])
    p = F.softmax(x, 0)
    wrong = (J - p.reshape(3, 1) * (rv.eye(3, dtype=rv.float64) - p)).abs().max().item()
    e.claim("softmax", wrong < 1e-12 and abs(p.sum().item() - 1) < 1e-12, wrong=wrong)
    falling = [name for name in ZOO if not rises[name]]
    e.claim("rising", falling == ["SiLU", "GELU", "Mish"], falling=", ".join(falling))
    s, t = slope(rv.sigmoid, z).max().item(), slope(rv.tanh, z).max().item()
    e.claim("quarter", 0.249 < s <= 0.25 and 0.999 < t <= 1, sigmoid=s, tanh=t)
    borrowed = [(slope(f, z) - d(z)).abs().max().item() for f, d in SURROGATES.values()]
    e.claim("surrogate", max(borrowed) < 1e-12, borrowed=max(borrowed))
    draw(e)


def draw(e):
    rows = len(ZOO) // 5 + 1
    figure, axes = e.panels(5, rows, size=(2.5, 2.3), sharex=True, sharey=True)
    x = z.numpy()
    for ax, (name, (f, _)) in zip(axes.flat, ZOO.items(), strict=False):
        ax.plot(x, f(z).numpy(), label="$f$")
        ax.plot(x, slope(f, z).numpy(), "--", label="$f'$")
        if name in SURROGATES:
            ax.plot(x, slope(SURROGATES[name][0], z).numpy(), ":", color="C1")
        ax.set_title(name, fontsize=13)
    last = axes.flat[len(ZOO)]
    scores = rv.stack([z, 0 * z, 0 * z + 1], 1)
    p = F.softmax(scores, 1).numpy()
    last.plot(x, p[:, 0])
    last.plot(x, p[:, 0] * (1 - p[:, 0]), "--")
    last.plot(x, p[:, 1:], ":", color="C0")
    last.set_title("softmax(z, 0, 1)", fontsize=13)
    axes[0, 0].set(xlim=(-4, 4), ylim=(-1.9, 2.5), xticks=[-3, 0, 3])
    axes[0, 0].legend(loc="lower right", handlelength=1.4, borderpad=0)
    for ax in axes.flat[len(ZOO) + 1 :]:
        ax.set_visible(False)
    for ax in axes[-1]:
        ax.set_xlabel("z")
    e.picture(figure)
