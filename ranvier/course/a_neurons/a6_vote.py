"""One neuron as a vote of 100 people.

y = h(Σ_i w x_i + b),   x_i = 1 for yes and 0 for no,   w = 1, b = -50.5
"""

import ranvier as rv

PEOPLE = 100


def vote(x):
    """1 if more than half say yes, for each row of x."""
    z = x.sum(dim=1) - (PEOPLE / 2 + 0.5)
    return (z >= 0).float()


def experiment(e):
    yes = rv.arange(PEOPLE + 1)
    x = (rv.arange(PEOPLE)[None, :] < yes[:, None]).float()  # row k: k people say yes
    y = vote(x)
    e.line("sixty", yes=60, no=40, answer=int(y[60].item()))
    e.line("forty", few=40, many=60, other=int(y[40].item()))
    majority = (yes > PEOPLE / 2).float()
    e.claim("majority", (y == majority).all().item(), splits=PEOPLE + 1)

    mixed = x[:, rv.randperm(PEOPLE)]
    e.claim("order", (vote(mixed) == y).all().item())
    draw(e, yes, x, y)


def draw(e, yes, x, y):
    figure, (left, right) = e.panels(2, size=(4.4, 3.6))
    left.imshow(x.numpy(), aspect="auto", origin="lower", vmin=0, vmax=1)
    left.set(xlabel=e.word("person"), ylabel=e.word("yes"), title=e.word("ballots"))
    left.text(25, 75, "1", ha="center", fontsize=16)
    left.text(75, 25, "0", ha="center", fontsize=16, color="white")
    left.grid(False)
    right.plot(yes.numpy(), y.numpy(), drawstyle="steps-mid")
    right.plot(60, 1, "o", ms=9, color="C1")
    right.annotate("60 : 40", (60, 1), (66, 0.86), color="C1")
    right.set(xlabel=e.word("yes"), ylabel="y", title=e.word("answer"))
    e.picture(figure)
