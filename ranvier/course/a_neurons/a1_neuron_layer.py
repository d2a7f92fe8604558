"""A layer of three neurons on four inputs, and one neuron behind it.

r_j = b_j + Σ_i W_ji x_i   or   r = b + W x,      y = b' + cᵀ r
"""

import ranvier as rv


def experiment(e):
    x = rv.tensor([1.0, -2.0, 0.5, 3.0])
    W = rv.tensor(
        [[0.2, -0.5, 1.0, 0.3], [1.5, 0.4, -0.7, 0.1], [-0.6, 0.8, 0.9, -1.1]]
    )
    b = rv.tensor([0.1, -0.2, 0.3])
    c, b_out = rv.tensor([1.0, -1.0, 0.5]), rv.tensor(0.25)

    one_by_one = []
    for j in range(3):
        r_j = b[j]
        for i in range(len(x)):
            r_j = r_j + W[j, i] * x[i]
        one_by_one.append(r_j)
    at_once = b + W @ x

    rows = [[j + 1, one_by_one[j].item(), at_once[j].item()] for j in range(3)]
    e.table("neurons", ["neuron", "sum", "matrix"], rows)
    apart = max(abs(row[1] - row[2]) for row in rows)
    e.claim("same", apart < 1e-6, apart=apart)

    by_sum = b_out + sum(c[j] * one_by_one[j] for j in range(3))
    by_matrix = b_out + c @ at_once
    e.line("output", by_sum=by_sum.item(), by_matrix=by_matrix.item())
    e.claim("output", abs(by_sum.item() - by_matrix.item()) < 1e-6)
    draw(e, x, W, at_once, by_matrix)


def draw(e, x, W, r, y):
    figure, ax = e.panels(size=(7.2, 4.2))
    places = [[(layer, i - (n - 1) / 2) for i in range(n)]
              for layer, n in enumerate((len(x), len(r), 1))]  # fmt: skip
    top = len(x) / 2
    for i, (x0, y0) in enumerate(places[0]):
        for j, (x1, y1) in enumerate(places[1]):
            w = W[j, i].item()
            ax.plot([x0, x1], [-y0, -y1], lw=1 + 2.5 * abs(w), zorder=1,
                    color="C0" if w > 0 else "C1", alpha=0.7)  # fmt: skip
    for x1, y1 in places[1]:
        ax.plot([x1, 2], [-y1, 0], lw=2, color="#999999", zorder=1)
    values = x.tolist(), r.tolist(), [y.item()]
    for layer, numbers in zip(places, values, strict=True):
        for (px, py), number in zip(layer, numbers, strict=True):
            ax.plot(px, -py, "o", ms=42, mfc="white", mec="black", zorder=2)
            ax.annotate(f"{number:.2f}", (px, -py), ha="center", va="center", zorder=3)
    for px, key in enumerate(("inputs", "layer", "output")):
        ax.annotate(e.word(key), (px, top + 0.1), ha="center", fontsize=13)
    ax.set(xlim=(-0.4, 2.4), ylim=(-top - 0.3, top + 0.5))
    ax.axis("off")
    ax.annotate(e.word("colours"), (1, -top - 0.2), ha="center", color="#555555")
    e.picture(figure)
