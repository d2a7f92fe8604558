"""The same network with and without an activation.

y = σ(w₂·f(W₁ x + b₁) + b₂)  with f = tanh, or f(z) = z
"""

import numpy as np

import ranvier as rv
from ranvier import nn, optim
from ranvier.course import drawing

PROBLEMS = {
    "xor": lambda x: x[:, :1] * x[:, 1:] < 0,
    "circle": lambda x: (x**2).sum(1, keepdims=True) < 2 / np.pi,  # half the square
}
KINDS = {"without": nn.Identity, "with": nn.Tanh}


def points(rng, inside, count=1000):
    x = rng.uniform(-1, 1, (count, 2)).astype(np.float32)
    return x, inside(x).astype(np.float32)


def learn(f, data, seed):
    rv.manual_seed(seed)
    model = nn.Sequential(nn.Linear(2, 8), f(), nn.Linear(8, 1))
    rv.fit(model, data, loss=nn.BCEWithLogitsLoss(), epochs=100, batch_size=50,
           optimizer=optim.Adam(model.parameters(), lr=0.03), seed=seed)  # fmt: skip
    return model


def judge(model, data):
    """Accuracy and loss on points that were not learned from."""
    x, t = rv.tensor(data[0]), rv.tensor(data[1])
    with rv.no_grad():
        z = model(x)
        loss = nn.BCEWithLogitsLoss()(z, t).item()
        return ((z > 0).float() == t).float().mean().item(), loss


def experiment(e):
    rows, models, scores = [], {}, {}
    for problem, inside in PROBLEMS.items():
        train, test = points(e.rng, inside), points(e.rng, inside)
        for kind, f in KINDS.items():
            found = [learn(f, train, seed) for seed in e.seeds(5)]
            a = np.array([judge(model, test) for model in found])
            models[problem, kind], scores[problem, kind] = found[0], a
            rows.append([e.word(problem), e.word(kind), *a.mean(0).tolist(),
                         " ".join(f"{v:.3f}" for v in a[:, 0])])  # fmt: skip
    e.table("scores", ["problem", "kind", "accuracy", "loss", "each"], rows)

    plain = np.concatenate([scores[p, "without"] for p in PROBLEMS])
    bent = np.concatenate([scores[p, "with"] for p in PROBLEMS])
    e.claim("chance", plain[:, 0].max() < 0.7 and plain[:, 1].min() > 0.66,
            best=plain[:, 0].max(), coin=plain[:, 1].min())  # fmt: skip
    e.claim("solved", bent[:, 0].min() > 0.93, worst=bent[:, 0].min())
    draw(e, models, scores, test=[points(e.rng, f, 300) for f in PROBLEMS.values()])


def draw(e, models, scores, test):
    figure, axes = e.panels(4, size=(3.1, 4.3))
    side = np.linspace(-1, 1, 121, dtype=np.float32)
    grid = np.stack(np.meshgrid(side, side), -1).reshape(-1, 2)
    for ax, (problem, kind) in zip(axes, models, strict=True):
        p = rv.sigmoid(models[problem, kind](rv.tensor(grid))).detach().numpy()
        ax.imshow(p.reshape(121, 121), origin="lower", extent=(-1, 1, -1, 1),
                  cmap=drawing.CONTRAST, vmin=0, vmax=1)  # fmt: skip
        x, t = test[list(PROBLEMS).index(problem)]
        for value, face in ((0, "#B35806"), (1, "#542788")):
            ax.plot(*x[t[:, 0] == value].T, "o", ms=4.5, mec="white", mew=0.6, c=face)
        mean = scores[problem, kind][:, 0].mean()
        ax.set(title=f"{e.word(problem)}, {e.word(kind)}\n{mean:.1%}", xlabel="$x_1$")
        ax.set(xticks=[-1, 0, 1], yticks=[-1, 0, 1])
        ax.grid(False)
    axes[0].set_ylabel("$x_2$")
    e.picture(figure)
