"""Inside and outside of what was learned from.

y = sin 2x is learned on -2 <= x <= 2 and asked for on -6 <= x <= 6
"""

import ranvier as rv
from ranvier import nn, optim

FROM, TO = -2.0, 2.0
KINDS = {"tanh": nn.Tanh, "ReLU": nn.ReLU}


def target(x):
    return rv.sin(2 * x)


def column(low, high, count):
    return rv.linspace(low, high, count).reshape(count, 1)


def learn(f, seed):
    rv.manual_seed(seed)
    model = nn.Sequential(nn.Linear(1, 40), f(), nn.Linear(40, 1))
    x = column(FROM, TO, 80)
    optimizer = optim.Adam(model.parameters(), lr=0.02)
    rv.fit(model, (x, target(x)), loss=nn.MSELoss(), optimizer=optimizer,
           epochs=400, batch_size=20, seed=seed)  # fmt: skip
    return model


def error(model, x):
    return (model(x) - target(x)).abs().mean().item()


def bend(model, x):
    """How far the model's curve is from a straight line there."""
    y = model(x).detach()
    return (y[2:] - 2 * y[1:-1] + y[:-2]).abs().max().item()


def experiment(e):
    inside, far = column(FROM, TO, 401), column(200, 400, 201)
    outside = rv.cat([column(-6, FROM, 401), column(TO, 6, 401)])
    rows, models = [], {}
    for kind, f in KINDS.items():
        models[kind] = [learn(f, seed) for seed in e.seeds(5)]
        for seed, model in enumerate(models[kind]):
            a, b = error(model, inside), error(model, outside)
            rows.append([kind, seed, a, b, b / a])
    e.table("errors", ["kind", "seed", "inside", "outside", "times"], rows)

    least, most = min(row[4] for row in rows), max(row[2] for row in rows)
    e.claim("outside", least > 5, least=least)
    e.claim("inside", most < 0.1, most=most)
    straight = max(bend(model, far) for model in models["ReLU"])
    flat = max((model(far).max() - model(far).min()).item() for model in models["tanh"])
    e.claim("shape", straight < 0.01 and flat < 0.01, straight=straight, flat=flat)
    draw(e, models)


def draw(e, models):
    figure, axes = e.panels(2, size=(5.2, 3.9), sharey=True)
    x = column(-6, 6, 601)
    t = x.numpy()[:, 0]
    for ax, (kind, found) in zip(axes, models.items(), strict=True):
        ax.axvspan(FROM, TO, color="#e8e8e8", zorder=0)
        ax.text(0, 3.5, e.word("learned"), ha="center")
        ax.plot(t, target(x).numpy(), color="black", lw=2.5, label="sin 2x")
        for model in found:
            y = model(x).detach().numpy()
            ax.plot(t, y, color="C1", lw=1.5, alpha=0.8)
        ax.plot([], [], color="C1", label=e.word("seeds", n=len(found)))
        ax.set(title=e.word("network", kind=kind), xlabel="x", ylim=(-4.2, 4.2))
    axes[0].legend(loc="lower center", ncols=2)
    e.picture(figure)
