"""One to seven hidden layers.

h_0 = x,   h_l = ReLU(W_l h_{l-1} + b_l),  l = 1 … n,   y = W h_n + b
"""

import numpy as np

import ranvier as rv
from ranvier import nn, optim

UNITS, DEPTHS = 64, (1, 2, 3, 4, 5, 6, 7)


def network(inputs, depth):
    layers = [nn.Linear(inputs, UNITS), nn.ReLU()]
    for _ in range(depth - 1):
        layers += [nn.Linear(UNITS, UNITS), nn.ReLU()]
    model = nn.Sequential(*layers, nn.Linear(UNITS, 10))
    for layer in model[:-1:2]:
        nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
    return model


def trained(depth, seed, train, val):
    rv.manual_seed(seed)
    model = network(train.arrays[0].shape[1], depth)
    run = rv.fit(
        model, train, val=val, loss=nn.CrossEntropyLoss(),
        optimizer=optim.Adam(model.parameters(), lr=1e-3),
        epochs=20, batch_size=len(train) // 100, patience=4, seed=seed,
    )  # fmt: skip
    return model, run.best_epoch


def experiment(e):
    if e.quick:
        train, val, test = rv.data.load("digits").split(1200, 200)
    else:
        train, val, test = rv.data.load("mnist").split(10_000, 2_000)
    e.line("data", name=train.name, learned=len(train))
    depths = (1, 3, 5) if e.quick else DEPTHS

    scores, rows = {}, []
    for depth in depths:
        models = [trained(depth, seed, train, val) for seed in e.seeds(3)]
        scores[depth] = [rv.evaluate(m, test)["accuracy"] for m, _ in models]
        parameters = sum(w.numel() for w in models[0][0].parameters())
        mean, spread = np.mean(scores[depth]), np.std(scores[depth], ddof=1)
        epochs = float(np.mean([best for _, best in models]))
        rows.append([depth, parameters, epochs, f"{mean:.2%} ± {spread:.2%}"])
    e.table("depths", ["layers", "parameters", "epochs", "accuracy"], rows)

    means = {depth: float(np.mean(found)) for depth, found in scores.items()}
    few = max(mean for depth, mean in means.items() if depth <= 3)
    many = max(mean for depth, mean in means.items() if depth > 3)
    e.claim("little", many - few < 0.005 + 0.015 * e.quick, few=few, many=many,
            added=100 * (many - few))  # fmt: skip
    lowest = min(min(found) for found in scores.values())
    e.claim("all", lowest > (0.8 if e.quick else 0.92), lowest=lowest)
    draw(e, scores)


def draw(e, scores):
    figure, ax = e.panels(size=(6.4, 4.2))
    for depth, found in scores.items():
        ax.plot(np.full(len(found), depth), 100 * np.array(found), "o", color="C0",
                alpha=0.6)  # fmt: skip
    means = [100 * np.mean(found) for found in scores.values()]
    ax.plot(list(scores), means, color="C1", label=e.word("mean"))
    ax.set(xlabel=e.word("layers"), ylabel=e.word("percent"), xticks=list(scores))
    low = 5 * np.floor(min(means) / 5 - 0.2)
    ax.set_ylim(low, 100)
    ax.legend()
    e.picture(figure)
