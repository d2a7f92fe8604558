"""Where a network says yes: with no, one and two hidden layers.

region = {x : w·a + b > 0},   a = x;  f(W x + b);  f(W' f(W x + b) + b')
"""

import numpy as np

import ranvier as rv
from ranvier import nn, optim
from ranvier.course import drawing

HIDDEN = {"none": (), "one": (6,), "two": (20, 20)}
SHOTS = 14
side = np.linspace(-1, 1, 81, dtype=np.float32)
plane = rv.tensor(np.stack(np.meshgrid(side, side), -1).reshape(-1, 2))


def square(rng, count):
    return rng.uniform(-1, 1, (count, 2)).astype(np.float32)


def xor(rng, count):
    x = square(rng, count)
    return x, (x[:, :1] * x[:, 1:] < 0).astype(np.float32)


def circle(rng, count):
    x = square(rng, count)
    return x, ((x**2).sum(1, keepdims=True) < 0.5).astype(np.float32)


def spirals(rng, count):
    """Two arms that go round each other twice."""
    t = rng.integers(0, 2, (count, 1))
    r = rng.uniform(0.1, 0.95, (count, 1))
    angle = 4 * np.pi * r + np.pi * t + rng.normal(0, 0.08, (count, 1))
    x = np.concatenate([r * np.cos(angle), r * np.sin(angle)], 1)
    return x.astype(np.float32), t.astype(np.float32)


PROBLEMS = {"xor": xor, "circle": circle, "spirals": spirals}


def network(hidden):
    layers, n = [], 2
    for m in hidden:
        layers, n = [*layers, nn.Linear(n, m), nn.Tanh()], m
    return nn.Sequential(*layers, nn.Linear(n, 1))


def learn(hidden, train, seed):
    """The network, and what it said over the plane on the way."""
    rv.manual_seed(seed)
    model, criterion = network(hidden), nn.BCEWithLogitsLoss()
    optimizer = optim.Adam(model.parameters(), lr=0.02)

    @rv.compile
    def step(x, t):
        optimizer.zero_grad()
        loss = criterion(model(x), t)
        loss.backward()
        optimizer.step()
        return loss

    loader = rv.data.DataLoader(train, batch_size=50, shuffle=True, seed=seed)
    film = [model(plane).detach().numpy()]
    for i in range(1, SHOTS + 1):
        step.over(loader, epochs=1 + i)
        film.append(model(plane).detach().numpy())
    return model, np.stack(film).reshape(-1, 81, 81)


def convex(inside):
    """How many of the midpoints between points of a region lie in it."""
    points = np.argwhere(inside)
    rng = np.random.default_rng(0)
    a, b = points[rng.integers(0, len(points), (2, 20000))]
    even = ((a + b) % 2 == 0).all(1)
    return float(inside[tuple(((a + b) // 2)[even].T)].mean())


def experiment(e):
    rows, films, scores, shapes = [], {}, {}, {}
    for problem, points in PROBLEMS.items():
        train, test = points(e.rng, 1000), points(e.rng, 1000)
        for kind, hidden in HIDDEN.items():
            found = [learn(hidden, train, seed) for seed in e.seeds(5)]
            right = [((m(rv.tensor(test[0])).detach().numpy() > 0) == test[1]).mean()
                     for m, _ in found]  # fmt: skip
            scores[problem, kind] = np.array(right)
            films[problem, kind] = found[0][1]
            yes = [film[-1] > 0 for _, film in found]
            shapes[problem, kind] = [convex(y) for y in yes if y.any()]
            shapes[problem, kind, "no"] = [convex(~y) for y in yes if not y.all()]
            rows.append([e.word(problem), e.word(kind), np.mean(right).item(),
                         " ".join(f"{r:.3f}" for r in right)])  # fmt: skip
    e.table("scores", ["problem", "hidden", "accuracy", "each"], rows)

    half = min(min(shapes[problem, "none"] + shapes[problem, "none", "no"], default=1)
               for problem in PROBLEMS)  # fmt: skip
    e.claim("half", half > 0.995, half=half)
    inner, outer = min(shapes["circle", "one"]), max(shapes["circle", "one", "no"])
    e.claim("convex", inner > 0.98 and outer < 0.95, inner=inner, outer=outer)
    wild = max(shapes["spirals", "two"])
    e.claim("arbitrary", wild < 0.9, wild=wild)
    means = {f"{p}_{k}": score.mean() for (p, k), score in scores.items()}
    good = min(scores[p, k].min() for p, k in
               [("xor", "two"), ("circle", "one"), ("spirals", "two")])  # fmt: skip
    bad = max(scores[p, "none"].max() for p in PROBLEMS)
    e.claim("accuracy", good > 0.92 and bad < 0.75 and means["spirals_one"] < 0.85,
            good=good, bad=bad, some=means["spirals_one"])  # fmt: skip
    draw(e, films, scores)


def draw(e, films, scores):
    figure, axes = e.panels(3, 3, size=(2.3, 2.45))
    moving = {}
    for row, problem in zip(axes, PROBLEMS, strict=True):
        x, t = PROBLEMS[problem](np.random.default_rng(1), 150)
        for ax, kind in zip(row, HIDDEN, strict=True):
            moving[problem, kind] = ax.imshow(
                np.zeros((81, 81)), origin="lower", extent=(-1, 1, -1, 1), vmin=0,
                vmax=1, cmap=drawing.CONTRAST, aspect="auto")  # fmt: skip
            for value, face in ((0, "#B35806"), (1, "#542788")):
                ax.plot(*x[t[:, 0] == value].T, "o", ms=4, mec="white", mew=0.5, c=face)
            mean = scores[problem, kind].mean()
            ax.set(xticks=[], yticks=[], xlim=(-1, 1), ylim=(-1, 1))
            ax.set_title(f"{e.word(kind)}  {mean:.0%}", fontsize=11)
            ax.grid(False)
        row[0].set_ylabel(e.word(problem))

    def frame(i):
        for key, picture in moving.items():
            p = 1 / (1 + np.exp(-films[key][i]))
            picture.set_data(np.round(10 * p) / 10)  # few colours: a small file

    e.film(figure, frame, SHOTS + 1, per_second=5)
