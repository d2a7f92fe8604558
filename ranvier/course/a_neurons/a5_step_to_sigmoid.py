"""A weight changes a little: a perceptron jumps or stands, a sigmoid neuron moves.

step: y = 1 if w x >= 0.5 else 0,     sigmoid: y = σ(w x - 0.5),   Δy ≈ ∂y/∂w Δw
"""

import ranvier as rv

x, dw = rv.tensor(1.0), 1e-3


def step(w):
    return (w * x >= 0.5).float()


def sigmoid(w):
    return rv.sigmoid(w * x - 0.5)


def experiment(e):
    w = rv.tensor(0.4995)  # just below where the perceptron fires
    jump = (step(w + dw) - step(w)).item()
    move = (sigmoid(w + dw) - sigmoid(w)).item()
    slope = rv.grad(sigmoid)(w).item()
    e.line("changes", dw=dw, jump=jump, move=move, expected=slope * dw)
    e.claim("jumps", jump == 1.0)
    e.claim("moves", abs(move / (slope * dw) - 1) < 0.01, slope=slope)

    others = rv.linspace(-2, 2, 401)
    still = ((step(others + dw) - step(others)) != 0).float().sum().item()
    e.claim("stands", still <= 1, still=int(still))
    draw(e, others)


def draw(e, w):
    figure, (left, right) = e.panels(2, size=(4.4, 3.6))
    left.plot(w.numpy(), step(w).numpy(), label=e.word("step"))
    left.plot(w.numpy(), sigmoid(w).numpy(), label=e.word("sigmoid"))
    left.set(xlabel="w", ylabel="y", title=e.word("output"))
    left.legend()
    slopes = rv.grad(lambda w: sigmoid(w).sum())(w)
    right.plot(w.numpy(), 0 * w.numpy(), label=e.word("step"))
    right.plot(w.numpy(), slopes.numpy(), label=e.word("sigmoid"))
    right.set(xlabel="w", ylabel="dy/dw", title=e.word("slope"))
    right.legend()
    e.picture(figure)
