"""The chain rule on nested sigmoids.

y = σ(w₃ σ(w₂ σ(w₁ x))),   dy/dx = Π_k w_k σ'(z_k),   σ'(z) = σ(z) (1 - σ(z))
"""

import ranvier as rv

WEIGHTS = [0.8, -1.5, 2.0, 1.2]


def nested(x):
    for w in WEIGHTS:
        x = rv.sigmoid(w * x)
    return x


def by_hand(x):
    """Value and the local derivative of every link, from the inside out."""
    links = []
    for w in WEIGHTS:
        x = rv.sigmoid(w * x)
        links.append((w * x * (1 - x)).item())
    return x, links


def experiment(e):
    x = rv.tensor(0.7, dtype=rv.float64)
    _, links = by_hand(x)
    product = 1.0
    rows = []
    for k, link in enumerate(links):
        product *= link
        rows.append([k + 1, WEIGHTS[k], link, product])
    e.table("links", ["link", "weight", "local", "product"], rows)

    automatic = rv.grad(nested)(x).item()
    e.claim("equal", abs(product - automatic) < 1e-15, product=product)
    h = 1e-5
    central = ((nested(x + h) - nested(x - h)) / (2 * h)).item()
    e.claim("central", abs(central - automatic) < 1e-9, central=central)
    shares = [abs(link / w) for link, w in zip(links, WEIGHTS, strict=True)]
    e.claim("bound", max(shares) <= 0.25)
    draw(e, links)


def draw(e, links):
    figure, (left, right) = e.panels(2, size=(4.4, 3.6))
    names = [str(k + 1) for k in range(len(links))]
    left.bar(names, links, color=["C0" if link > 0 else "C1" for link in links])
    left.axhline(0, color="black", lw=0.8)
    left.set(xlabel=e.word("link"), title=e.word("local"))
    sizes, product = [], 1.0
    for link in links:
        product *= abs(link)
        sizes.append(product)
    right.semilogy(names, sizes, "o-")
    right.set(xlabel=e.word("link"), title=e.word("sizes"))
    e.picture(figure)
