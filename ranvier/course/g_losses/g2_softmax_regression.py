"""Softmax regression: K classes, no hidden layer, on real digits.

y = softmax(W x + b),   L = -(1/m) Σ ln y_right + λ/2 Σ W²
"""

from importlib.util import find_spec
from pathlib import Path

import numpy as np

import ranvier as rv
from ranvier import nn, optim
from ranvier.course import drawing

SOLUTION = Path(__file__).with_name("g2_solution.npz")  # scikit-learn 1.9.1's
DECAY = 0.001  # λ


def digits():
    """8x8 pixels from 0 to 1, and class numbers."""
    x, t = rv.data.load("digits").numpy()
    return x.astype(np.float64), t


def fitted(x, t, outputs, criterion, decay):
    """W and b where the gradient is 0."""
    model = nn.Linear(x.shape[1], outputs).double()
    nn.init.zeros_(model.weight)
    nn.init.zeros_(model.bias)
    exact = {"tolerance_grad": 1e-8, "tolerance_change": 0}
    optimizer = optim.LBFGS(
        model.parameters(), max_iter=500, line_search_fn="strong_wolfe", **exact
    )
    x, t = rv.tensor(x), rv.tensor(t)

    @rv.compile
    def closure():
        optimizer.zero_grad()
        loss = criterion(model(x), t) + decay / 2 * (model.weight**2).sum()
        loss.backward()
        return loss

    optimizer.step(closure)
    return model.weight.detach().numpy(), model.bias.detach().numpy()


def by_sklearn(x, t):
    from sklearn.linear_model import LogisticRegression

    theirs = LogisticRegression(C=1 / (DECAY * len(x)), tol=1e-9, max_iter=5000)
    theirs.fit(x, t)
    return theirs.coef_, theirs.intercept_


def distance(ours, theirs):
    return max(float(np.abs(a - b).max()) for a, b in zip(ours, theirs, strict=True))


def experiment(e):
    x, t = digits()
    W, b = fitted(x, t, 10, nn.CrossEntropyLoss(), DECAY)
    with np.load(SOLUTION) as stored:
        apart = distance((W, b), (stored["W"], stored["b"]))
    e.claim("sklearn", apart < 1e-3, apart=apart, size=float(np.abs(W).max()),
            count=W.size + b.size)  # fmt: skip
    if find_spec("sklearn"):
        e.line("live", live=distance((W, b), by_sklearn(x, t)))
    else:
        e.line("stored")

    # K = 2: softmax with λ is the logistic function with λ/2, of w = W_1 - W_0
    two = (t == 3) | (t == 8)
    x2, t2 = x[two], (t[two] == 8).astype(np.int64)
    W2, b2 = fitted(x2, t2, 2, nn.CrossEntropyLoss(), DECAY)
    target = t2[:, None].astype(np.float64)
    w, c = fitted(x2, target, 1, nn.BCEWithLogitsLoss(), DECAY / 2)
    same = distance((W2[1] - W2[0], b2[1] - b2[0]), (w[0], c[0]))
    e.claim("two", same < 1e-3, same=same, rows=len(x2))

    x_test, t_test = rv.data.load("digits").test.numpy()
    right = (x_test @ W.T + b).argmax(1) == t_test
    e.claim("accuracy", right.mean() > 0.87, accuracy=right.mean(), tested=len(t_test))
    draw(e, W)


def draw(e, W):
    figure, axes = e.panels(5, 2, size=(2, 2.15))
    most = np.abs(W).max()
    for k, ax in enumerate(axes.flat):
        shown = ax.imshow(W[k].reshape(8, 8), cmap=drawing.CONTRAST, vmin=-most,
                          vmax=most, aspect="auto")  # fmt: skip
        ax.set_title(k, fontsize=14)
        ax.set_axis_off()
    figure.colorbar(shown, ax=axes, label=e.word("weight"), aspect=30)
    e.picture(figure)
