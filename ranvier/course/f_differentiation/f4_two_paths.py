"""Where a value is used twice, the gradients of both paths are added.

d = 4x + 5y,  x = 2t,  y = 3t:   dd/dt = 4·2 + 5·3;     y = x + b + b:   ∂y/∂b = 1 + 1
"""

import ranvier as rv


def experiment(e):
    t = rv.tensor(1.0, requires_grad=True)
    x, y = 2 * t, 3 * t
    d = 4 * x + 5 * y
    first = rv.draw_graph(d, {"t": t}, lang=e.lang)
    d.backward()
    e.claim("two", t.grad.item() == 4 * 2 + 5 * 3 == 23, dd_dt=t.grad.item())

    x, b = (rv.tensor(1.0, requires_grad=True) for _ in range(2))
    y = x + b + b
    second = rv.draw_graph(y, {"x": x, "b": b}, lang=e.lang)
    y.backward()
    gradient = [x.grad.item(), b.grad.item()]
    e.claim("twice", gradient == [1, 2], gradient=gradient)
    first.suptitle(e.word("two"))
    second.suptitle(e.word("twice"))
    e.picture(first)
    e.picture(second, "twice")
