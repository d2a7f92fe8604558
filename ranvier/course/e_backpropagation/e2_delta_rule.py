"""The delta rule for any depth.

δ(L) = (a(L) - y) · f'(z(L)),   δ(l) = W(l+1)ᵀ δ(l+1) · f'(z(l)),
∂L/∂W(l) = δ(l) a(l-1)ᵀ
"""

from itertools import pairwise

import ranvier as rv
from ranvier import nn


def network(depth, width=12):
    sizes = [5, *[width] * (depth - 1), 3]
    layers = []
    for n, m in pairwise(sizes):
        layers += [nn.Linear(n, m), nn.Sigmoid()]
    return nn.Sequential(*layers).double()


def deltas(model, x, y):
    """The gradient of every W and b, from the last layer to the first."""
    linear = [layer for layer in model if isinstance(layer, nn.Linear)]
    a = [x]
    for layer in linear:
        a.append(rv.sigmoid(a[-1] @ layer.weight.T + layer.bias))
    gradients = []
    delta = (a[-1] - y) * a[-1] * (1 - a[-1])  # f' = f (1 - f)
    for i in reversed(range(len(linear))):
        gradients.append((delta.T @ a[i], delta.sum(0)))
        if i:
            delta = delta @ linear[i].weight * a[i] * (1 - a[i])
    return gradients[::-1]


def experiment(e):
    x, y = rv.randn(20, 5, dtype=rv.float64), rv.rand(20, 3, dtype=rv.float64)
    rows, sizes = [], {}
    for depth in (1, 2, 4, 8):
        rv.manual_seed(depth)
        model = network(depth)
        with rv.no_grad():
            by_rule = deltas(model, x, y)
        loss = ((model(x) - y) ** 2).sum() / 2
        loss.backward()
        linear = [layer for layer in model if isinstance(layer, nn.Linear)]
        apart = 0.0
        for layer, (dW, db) in zip(linear, by_rule, strict=True):
            apart = max(apart, (layer.weight.grad - dW).abs().max().item(),
                        (layer.bias.grad - db).abs().max().item())  # fmt: skip
        rows.append([depth, sum(p.numel() for p in model.parameters()), apart])
        sizes[depth] = [dW.norm().item() for dW, _ in by_rule]
    e.table("depths", ["layers", "parameters", "apart"], rows)
    e.claim("equal", max(row[2] for row in rows) < 1e-12)
    draw(e, sizes)


def draw(e, sizes):
    figure, ax = e.panels(size=(6, 3.8))
    for depth, norms in sizes.items():
        layers = range(1, depth + 1)
        ax.semilogy(layers, norms, "o-", label=e.word("deep", n=depth))
    ax.set(xlabel=e.word("layer"), ylabel=r"$\|\partial L/\partial W\|$")
    ax.legend()
    e.picture(figure)
