"""Minimise the function whose derivative is x - cos x.

f(x) = x²/2 - sin x,   x ← x - η f'(x),   f'(x) = 0 where x = cos x
"""

import ranvier as rv

ETA, MOST = 0.5, 300  # η, steps at most
DOTTIE = 0.7390851332151607  # where x = cos x


def f(x):
    return x**2 / 2 - rv.sin(x)


def experiment(e):
    slope = rv.grad(f)
    x = rv.tensor(3.0, dtype=rv.float64)
    e.claim("derivative", abs(slope(x).item() - (x - rv.cos(x)).item()) < 1e-12)
    path = [x.item()]
    while abs(slope(x).item()) > 1e-13 and len(path) <= MOST:
        x = x - ETA * slope(x)
        path.append(x.item())
    e.line("steps", steps=len(path) - 1, x=x.item())
    e.claim("dottie", abs(x.item() - DOTTIE) < 1e-10, x=x.item())
    draw(e, path)


def draw(e, path):
    figure, (left, right) = e.panels(2, size=(4.6, 3.6))
    t = rv.linspace(min(-1.5, *path), 3.5, 200)
    left.plot(t.numpy(), f(t).numpy())
    left.plot(path, [f(rv.tensor(x)).item() for x in path], "o-", ms=6, color="C1")
    left.set(xlabel="x", ylabel="f(x)", title=e.word("descent"))
    right.semilogy([max(abs(x - DOTTIE), 1e-17) for x in path], "o-", ms=5, color="C1")
    right.set(xlabel=e.word("step"), ylabel="$|x - x^*|$", title=e.word("distance"))
    e.picture(figure)
