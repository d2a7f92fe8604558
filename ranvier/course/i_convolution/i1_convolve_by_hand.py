"""A convolution by hand.

y[i, j] = Σ_c Σ_u Σ_v x[c, s i + u - p, s j + v - p] k[c, u, v];
size out = ⌊(n + 2p - m) / s⌋ + 1     (n: image, m: kernel, s: stride, p: padding)
"""

import numpy as np

import ranvier as rv
from ranvier.nn import functional as F

IMAGE = [[1, 1, 1, 0, 0], [0, 1, 1, 1, 0], [0, 0, 1, 1, 1], [0, 0, 1, 1, 0],
         [0, 1, 1, 0, 0]]  # fmt: skip
KERNEL = [[1, 0, 1], [0, 1, 0], [1, 0, 1]]
EXPECTED = [[4, 3, 4], [2, 4, 3], [2, 3, 4]]


def by_hand(x, k, stride=1, padding=0):
    """x (channels, n, n), k (channels, m, m)."""
    x = np.pad(x, ((0, 0), (padding, padding), (padding, padding)))
    m, size = k.shape[-1], (x.shape[-1] - k.shape[-1]) // stride + 1
    y = np.zeros((size, size))
    for i in range(size):
        for j in range(size):
            window = x[:, i * stride : i * stride + m, j * stride : j * stride + m]
            y[i, j] = (window * k).sum()
    return y


def by_ranvier(x, k, stride=1, padding=0):
    y = F.conv2d(rv.tensor(x)[None], rv.tensor(k)[None], stride=stride, padding=padding)
    return y[0, 0].numpy()


def sizes(most):
    """Every (image, kernel, stride, padding) whose kernel fits into the image."""
    for n in range(1, most + 1):
        for m in range(1, 6):
            for s in (1, 2, 3):
                for p in (0, 1, 2):
                    if m <= n + 2 * p:
                        yield n, m, s, p


def experiment(e):
    image, kernel = np.array([IMAGE], float), np.array([KERNEL], float)
    y = by_ranvier(image, kernel)
    for row in y:
        e.line("row", row="  ".join(f"{value:.0f}" for value in row))
    e.claim("map", y.tolist() == EXPECTED == by_hand(image, kernel).tolist())

    count, agree, formula = 0, True, True
    for n, m, s, p in sizes(5 if e.quick else 9):
        x = e.rng.integers(0, 3, (2, n, n)).astype(float)
        k = e.rng.integers(-2, 3, (2, m, m)).astype(float)
        out = by_ranvier(x, k, s, p)
        formula = formula and out.shape == ((n + 2 * p - m) // s + 1,) * 2
        agree = agree and (out == by_hand(x, k, s, p)).all()
        count += 1
    e.claim("formula", formula, count=count)
    e.claim("agree", agree)

    x, k = e.rng.normal(size=(3, 7, 7)), e.rng.normal(size=(3, 3, 3))
    apart = sum(by_ranvier(x[c : c + 1], k[c : c + 1]) for c in range(3))
    e.claim("channels", np.allclose(by_ranvier(x, k), apart))
    draw(e, image[0], kernel[0], y)


def draw(e, image, kernel, y):
    figure, axes = e.panels(3, size=(3.2, 4.5), width_ratios=(5, 3, 3))

    def frame(step):
        for ax in axes:
            ax.clear()
            ax.set(xticks=[], yticks=[])
            ax.grid(False)
            ax.spines[:].set_visible(False)
        i, j = divmod(step, 3)
        board(axes[0], image, image, e.word("image"))
        for u, v in np.argwhere(kernel):
            axes[0].text(j + v + 0.27, i + u + 0.33, "×1", color="C1", fontsize=13,
                         ha="center", va="center")  # fmt: skip
        axes[0].add_patch(square(j, i, 3, lw=4))
        board(axes[1], kernel, kernel, e.word("kernel"))
        seen = np.full((3, 3), np.nan)
        seen.flat[: step + 1] = y.flat[: step + 1]
        board(axes[2], seen, seen / 5, e.word("feature map"))
        axes[2].add_patch(square(j, i, 1, lw=4))
        taken = image[i : i + 3, j : j + 3][kernel > 0]
        sum_ = " + ".join(f"{value:.0f}" for value in taken)
        axes[2].set_xlabel(f"{sum_} = {y[i, j]:.0f}", color="C1", fontsize=13)

    e.film(figure, frame, 9, per_second=1)


def square(x, y, side, lw):
    from matplotlib.patches import Rectangle

    return Rectangle((x - 0.5, y - 0.5), side, side, fill=False, ec="C1", lw=lw)


def board(ax, numbers, shades, title):
    ax.imshow(shades, cmap="Blues", vmin=0, vmax=2.6)
    for (i, j), value in np.ndenumerate(numbers):
        if not np.isnan(value):
            ax.text(j, i, f"{value:.0f}", ha="center", va="center", fontsize=15)
    side = len(numbers)
    for line in np.arange(-0.5, side):
        ax.plot([line, line], [-0.5, side - 0.5], color="#aaaaaa", lw=0.8)
        ax.plot([-0.5, side - 0.5], [line, line], color="#aaaaaa", lw=0.8)
    ax.set(title=title, xlim=(-0.6, side - 0.4), ylim=(side - 0.4, -0.6))
