"""One hidden layer comes as close as one likes (Cybenko 1989, Hornik 1991).

ŷ(x) = d + Σ_i c_i ReLU(x - t_i),   c_i = the change of slope at the knot t_i
"""

import numpy as np

import ranvier as rv
from ranvier import nn, optim
from ranvier.course import drawing

TARGETS = {
    "sin 4πx": lambda x: rv.sin(4 * np.pi * x),
    "1 / (1 + 25x²)": lambda x: 1 / (1 + 25 * x**2),
    "|x - 0.3|": lambda x: (x - 0.3).abs(),
}
WIDTHS = [4**k for k in range(6)]
fine = rv.linspace(-1, 1, 5001, dtype=rv.float64).reshape(5001, 1)


def built(n, f):
    """The polygon through n + 1 points of the curve, as a network."""
    t = rv.linspace(-1, 1, n + 1, dtype=rv.float64)
    slope = (f(t[1:]) - f(t[:-1])) / (t[1:] - t[:-1])
    model = nn.Sequential(nn.Linear(1, n), nn.ReLU(), nn.Linear(n, 1)).double()
    with rv.no_grad():
        model[0].weight.copy_(rv.ones(n, 1))
        model[0].bias.copy_(-t[:-1])
        model[2].weight.copy_(rv.cat([slope[:1], slope[1:] - slope[:-1]]).reshape(1, n))
        model[2].bias.copy_(f(t[:1]))
    return model


def learned(n, f, seed):
    """A network of tanh units, of which everything is learned."""
    rv.manual_seed(seed)
    model = nn.Sequential(nn.Linear(1, n), nn.Tanh(), nn.Linear(n, 1))
    nn.init.uniform_(model[0].weight, -6, 6)
    nn.init.uniform_(model[0].bias, -6, 6)
    x = rv.linspace(-1, 1, 256).reshape(256, 1)
    for lr in (0.02, 0.002):
        optimizer = optim.Adam(model.parameters(), lr=min(lr, 8 * lr / n**0.5))
        rv.fit(model, (x, f(x)), loss=nn.MSELoss(), optimizer=optimizer,
               epochs=200, batch_size=32, seed=seed)  # fmt: skip
    return model.double()


def error(model, f):
    with rv.no_grad():
        return ((model(fine) - f(fine)) ** 2).mean().item() ** 0.5


def cross(x):
    """The indicator function: 1 within a cross, else 0."""
    a, b = x[:, :1].abs(), x[:, 1:].abs()
    return (rv.maximum(a, b) < 0.8).float() * (rv.minimum(a, b) < 0.3).float()


def indicated(n, seed):
    """Two hidden layers learn the cross."""
    rv.manual_seed(seed)
    model = nn.Sequential(nn.Linear(2, n), nn.Tanh(), nn.Linear(n, n), nn.Tanh(),
                          nn.Linear(n, 1), nn.Flatten(0))  # fmt: skip
    x = 2 * rv.rand(4000, 2) - 1
    optimizer = optim.Adam(model.parameters(), lr=0.01)
    rv.fit(model, (x, cross(x)[:, 0]), loss=nn.BCEWithLogitsLoss(),
           optimizer=optimizer, epochs=60, batch_size=50, seed=seed)  # fmt: skip
    return model


def experiment(e):
    by_hand, by_training, rows = {}, {}, []
    for name, f in TARGETS.items():
        by_hand[name] = [error(built(n, f), f) for n in WIDTHS]
        some = WIDTHS[: 4 if e.quick else 6]
        by_training[name] = [[error(learned(n, f, seed), f) for seed in e.seeds(3)]
                             for n in some]  # fmt: skip
        for n, hand, each in zip(
            WIDTHS, by_hand[name], by_training[name], strict=False
        ):
            rows.append([name, n, hand, " ".join(f"{error:.2g}" for error in each)])
    e.table("errors", ["target", "width", "built", "learned"], rows)
    # the slope on the log-log plot, from 16 units on
    slopes = [float(np.polyfit(np.log(WIDTHS[2:]), np.log(errors[2:]), 1)[0])
              for errors in by_hand.values()]  # fmt: skip
    e.claim("built", max(slopes) < -1.2, flattest=max(slopes), steepest=min(slopes))
    fall = min(np.mean(each[0]) / np.mean(each[-1]) for each in by_training.values())
    e.claim("learned", fall > 3, fall=float(fall), width=some[-1])

    side = np.stack(np.meshgrid(*[np.linspace(-1, 1, 201)] * 2), -1)
    grid = rv.tensor(side.reshape(-1, 2).astype(np.float32))
    found = [indicated(24, seed) for seed in e.seeds(3, 1)]
    truth = cross(grid)[:, 0]
    wrong = [((m(grid) > 0).float() != truth).float().mean().item() for m in found]
    e.claim("cross", max(wrong) < 0.04, wrong=max(wrong), share=truth.mean().item())
    answer = rv.sigmoid(found[0](grid)).detach().numpy().reshape(201, 201)
    draw(e, by_hand, by_training, answer)


def draw(e, by_hand, by_training, answer):
    figure, axes = e.panels(3, size=(4.2, 3.8))
    for k, name in enumerate(TARGETS):
        f = TARGETS[name]
        axes[0].plot(fine.numpy(), f(fine).numpy(), color=f"C{k}", lw=1.5)
        shown = built(16, f)(fine).detach().numpy()
        axes[0].plot(fine.numpy(), shown, "--", color="black", lw=1)
        axes[1].plot(WIDTHS, by_hand[name], "o-", ms=5, color=f"C{k}", label=name)
        for n, each in zip(WIDTHS, by_training[name], strict=False):
            axes[1].plot([n] * len(each), each, "x", color=f"C{k}", ms=7, mew=1.5)
    axes[1].plot([], [], "x", color=drawing.GREY, mew=1.5, label=e.word("learned"))
    axes[0].set(title=e.word("sixteen"), xlabel="x")
    axes[1].set(xscale="log", yscale="log", xlabel=e.word("width"))
    axes[1].set(title=e.word("error"))
    axes[1].legend(fontsize=10, loc="lower left")
    axes[2].imshow(answer, origin="lower", extent=(-1, 1, -1, 1), vmin=0, vmax=1,
                   cmap=drawing.CONTRAST, aspect="auto")  # fmt: skip
    outline = (
        np.array(
            [
                (-8, -3),
                (-3, -3),
                (-3, -8),
                (3, -8),
                (3, -3),
                (8, -3),
                (8, 3),
                (3, 3),
                (3, 8),
                (-3, 8),
                (-3, 3),
                (-8, 3),
                (-8, -3),
            ]
        )
        / 10
    )
    axes[2].plot(*outline.T, color="black", lw=1.5)
    axes[2].grid(False)
    axes[2].set(title=e.word("cross"), xlabel="$x_1$", ylabel="$x_2$")
    axes[2].set(xticks=[-1, 0, 1], yticks=[-1, 0, 1])
    e.picture(figure)
