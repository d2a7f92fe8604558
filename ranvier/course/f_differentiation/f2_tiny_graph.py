"""The smallest graph in which a gradient splits.

u = w₁ + w₂,   L = u w₃;   ∂L/∂w₁ = ∂L/∂w₂ = w₃,   ∂L/∂w₃ = u
"""

import ranvier as rv


def experiment(e):
    w1, w2, w3 = (rv.tensor(1.0, requires_grad=True) for _ in range(3))
    u = w1 + w2
    L = u * w3
    e.line("forward", u=u.item(), L=L.item())
    figure = rv.draw_graph(L, {"w₁": w1, "w₂": w2, "w₃": w3}, lang=e.lang)

    L.backward()
    gradient = [w.grad.item() for w in (w1, w2, w3)]
    e.claim("gradient", gradient == [1, 1, 2], gradient=gradient)
    e.claim("rule", gradient == [w3.item(), w3.item(), (w1 + w2).item()])
    e.picture(figure)
