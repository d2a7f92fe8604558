"""One neuron, ten steps of gradient descent.

ŷ = σ(w x + b),   C = (ŷ - Y)²,   ∂C/∂b = 2 (ŷ - Y) ŷ (1 - ŷ),   ∂C/∂w = x ∂C/∂b
"""

from itertools import pairwise

import ranvier as rv
from ranvier import optim

x, Y, ETA, STEPS = 1.0, 1.0, 0.1, 10


def by_hand(y_hat):
    db = 2 * (y_hat - Y) * y_hat * (1 - y_hat)
    return x * db, db


def experiment(e):
    w, b = (rv.tensor(0.0, requires_grad=True) for _ in range(2))
    optimizer = optim.SGD([w, b], lr=ETA)
    rows, worst = [], 0.0
    for k in range(STEPS + 1):
        y_hat = rv.sigmoid(w * x + b)
        C = (y_hat - Y) ** 2
        optimizer.zero_grad()
        C.backward()
        dw, db = w.grad.item(), b.grad.item()
        worst = max(worst, abs(dw - by_hand(y_hat.item())[0]),
                    abs(db - by_hand(y_hat.item())[1]))  # fmt: skip
        rows.append([k, w.item(), b.item(), y_hat.item(), C.item(), dw])
        optimizer.step()
    e.table("steps", ["step", "w", "b", "answer", "cost", "gradient"], rows)

    cost = [row[4] for row in rows]
    e.claim("first", cost[0] == 0.25, first=cost[0])
    e.claim("falls", all(a > b for a, b in pairwise(cost)),
            last=cost[-1])  # fmt: skip
    e.claim("hand", worst < 1e-6, worst=worst)
    draw(e, rows)


def draw(e, rows):
    figure, (left, right) = e.panels(2, size=(4.6, 3.6))
    k, w, _, answer, cost, _ = zip(*rows, strict=True)
    left.plot(k, cost, "o-")
    left.set(xlabel=e.word("step"), title=e.word("cost"), ylim=(0, 0.27))
    right.plot(k, answer, "o-", label=e.word("answer"))
    right.plot(k, w, "s-", label="w = b")
    right.axhline(Y, color="black", lw=1, ls="--", label="Y")
    right.set(xlabel=e.word("step"), ylim=(-0.05, 1.1))
    right.legend(loc="upper left", bbox_to_anchor=(0, 0.9))
    e.picture(figure)
