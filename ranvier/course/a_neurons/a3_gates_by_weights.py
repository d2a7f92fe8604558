"""Gates from threshold units with weights set by hand.

h(z) = 1 if z >= 0 else 0,   gate(x) = h(b + w₁ x₁ + w₂ x₂)
"""

import ranvier as rv

X = rv.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])


def h(z):
    return (z >= 0).float()


def gate(b, w1, w2, x):
    return h(b + w1 * x[:, 0] + w2 * x[:, 1])


def experiment(e):
    f_and = gate(-3, 2, 2, X)
    f_or = gate(-1, 2, 2, X)
    f_xnor = gate(1, 3, -3, rv.stack([f_and, f_or], dim=1))

    f1 = h(X[:, 0] + X[:, 1] - 0.5)
    f2 = h(-X[:, 0] - X[:, 1] + 1.5)
    f_xor = h(f1 + f2 - 1.5)

    found = {"AND": f_and, "OR": f_or, "XNOR": f_xnor, "XOR": f_xor}
    rows = [[int(a), int(b), *(int(f[i]) for f in found.values())]
            for i, (a, b) in enumerate(X.tolist())]  # fmt: skip
    e.table("truth", ["x1", "x2", *found], rows)

    truth = {"AND": [0, 0, 0, 1], "OR": [0, 1, 1, 1],
             "XNOR": [1, 0, 0, 1], "XOR": [0, 1, 1, 0]}  # fmt: skip
    for name, table in truth.items():
        e.claim(name, found[name].tolist() == table)
    draw(e, found)


def draw(e, found):
    figure, axes = e.panels(4, size=(2.8, 3.2), sharey=True)
    for ax, (name, f) in zip(axes, found.items(), strict=True):
        for (x1, x2), y in zip(X.tolist(), f.tolist(), strict=True):
            ax.plot(x1, x2, "o", ms=26, mew=2, mec="C0", color="C0" if y else "white")
            ax.annotate(f"{y:.0f}", (x1, x2), ha="center", va="center", fontsize=14,
                        color="white" if y else "C0")  # fmt: skip
        ax.set(title=e.word(name), xlabel="$x_1$", xlim=(-0.5, 1.5), ylim=(-0.5, 1.5))
        ax.set(xticks=[0, 1], yticks=[0, 1], aspect="equal")
    axes[0].set_ylabel("$x_2$")
    e.picture(figure)
