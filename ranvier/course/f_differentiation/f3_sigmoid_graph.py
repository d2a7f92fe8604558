"""A sigmoid neuron taken apart, forward and backward.

h₁ = w x,  h₂ = h₁ + b,  h₃ = -h₂,  h₄ = exp(h₃),  h₅ = h₄ + 1,  f = h₆ = 1/h₅;
∂f/∂w = ∂h₁/∂w · ∂h₂/∂h₁ · … · ∂h₆/∂h₅
"""

import math

import ranvier as rv

x, w, b = 1.0, 0.0, 0.0
LINKS = [
    ("h₁ = w x", lambda w: w * x, 1),
    ("h₂ = h₁ + b", lambda h: h + b, 1),
    ("h₃ = -h₂", lambda h: -h, -1),
    ("h₄ = exp(h₃)", rv.exp, 1),
    ("h₅ = h₄ + 1", lambda h: h + 1, 1),
    ("h₆ = 1/h₅", lambda h: 1 / h, -0.25),
]


def experiment(e):
    h, values, local = rv.tensor(w), [], []
    for _, link, _ in LINKS:
        local.append(rv.grad(link)(h).item())
        h = link(h)
        values.append(h.item() + 0.0)  # never -0
    rows = [[n, *row] for (n, *_), *row in zip(LINKS, values, local, strict=True)]
    e.table("links", ["link", "value", "local"], rows)
    e.claim("values", values == [0, 0, 0, 1, 2, 0.5])
    e.claim("local", local == [goal for *_, goal in LINKS], local=local)

    W, B = (rv.tensor(v, requires_grad=True) for v in (w, b))
    f = 1 / (rv.exp(-(W * x + B)) + 1)
    draw(e, f, {"w": W, "b": B})
    f.backward()
    product = math.prod(local)
    e.claim("gradient", W.grad.item() == B.grad.item() == product == 0.25,
            dw=W.grad.item(), db=B.grad.item())  # fmt: skip


def draw(e, f, names):
    figure, ax = e.panels(size=(12.4, 3.6))
    ax.axis("off")
    count = len(LINKS)

    def frame(i):
        forward, backward = min(i, count), max(0, i - count - 1)
        rv.draw_graph(f, names, forward=forward, backward=backward,
                      figure=figure, lang=e.lang)  # fmt: skip
        figure.axes[0].set_position([0, 0, 1, 0.88])
        title = "forward" if i <= count else "backward"
        step = forward if i <= count else backward
        figure.suptitle(e.word(title, step=step, count=count))

    e.film(figure, frame, 2 * count + 2, per_second=1)
