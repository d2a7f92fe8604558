"""Two layers with gradients derived on paper, beside automatic differentiation.

h = max(0, x W₁),  ŷ = h W₂,  L = Σ (ŷ - y)²
∂L/∂ŷ = 2 (ŷ - y),   ∂L/∂W₂ = hᵀ ∂L/∂ŷ,
∂L/∂h = ∂L/∂ŷ W₂ᵀ,   ∂L/∂W₁ = xᵀ (∂L/∂h · [x W₁ > 0])
"""

import numpy as np

import ranvier as rv

N, D_IN, H, D_OUT, ETA = 64, 1000, 100, 10, 1e-6


def by_hand(x, y, W1, W2):
    """Loss and both gradients in NumPy."""
    z = x @ W1
    h = np.maximum(z, 0)
    y_hat = h @ W2
    d_y = 2 * (y_hat - y)
    d_h = d_y @ W2.T
    return ((y_hat - y) ** 2).sum(), x.T @ (d_h * (z > 0)), h.T @ d_y


@rv.compile
def automatic(x, y, W1, W2):
    def loss(W1, W2):
        return (((x @ W1).relu() @ W2 - y) ** 2).sum()

    return rv.value_and_grad(loss, argnums=(0, 1))(W1, W2)


def experiment(e):
    steps = 100 if e.quick else 1000
    x, y = e.rng.normal(size=(N, D_IN)), e.rng.normal(size=(N, D_OUT))
    W1, W2 = e.rng.normal(size=(D_IN, H)), e.rng.normal(size=(H, D_OUT))
    X, Y = rv.tensor(x), rv.tensor(y)
    losses, worst = [], 0.0
    for _ in range(steps):
        loss, d_W1, d_W2 = by_hand(x, y, W1, W2)
        _, (a_W1, a_W2) = automatic(X, Y, rv.tensor(W1), rv.tensor(W2))
        for hand, auto in ((d_W1, a_W1.numpy()), (d_W2, a_W2.numpy())):
            worst = max(worst, (abs(hand - auto) / (1 + abs(hand))).max())
        W1, W2 = W1 - ETA * d_W1, W2 - ETA * d_W2
        losses.append(loss)
    e.claim("equal", worst < 1e-5, worst=worst, steps=steps)
    e.claim("falls", losses[-1] < 0.1 * losses[0], first=losses[0], last=losses[-1])
    draw(e, losses)


def draw(e, losses):
    figure, ax = e.panels(size=(6, 3.8))
    ax.semilogy(range(1, len(losses) + 1), losses)
    ax.set(xlabel=e.word("step"), ylabel="L")
    e.picture(figure)
