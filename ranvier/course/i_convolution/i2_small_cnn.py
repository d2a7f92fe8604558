"""A small convolutional network on the digits, beside a multilayer perceptron.

x → [conv 5x5 → batch norm → ReLU → max pool 2x2] twice, 1 → 16 → 32 channels → Linear;
28x28 → 14x14 → 7x7, 7·7·32 = 1568 features
"""

import numpy as np

import ranvier as rv
from ranvier import nn, optim


def cnn():
    return nn.Sequential(
        nn.Conv2d(1, 16, 5, 1, 2), nn.BatchNorm2d(16), nn.ReLU(), nn.MaxPool2d(2, 2),
        nn.Conv2d(16, 32, 5, 1, 2), nn.BatchNorm2d(32), nn.ReLU(), nn.MaxPool2d(2, 2),
        nn.Flatten(), nn.Linear(7 * 7 * 32, 10),
    )  # fmt: skip


def mlp():
    """That of H2."""
    return nn.Sequential(nn.Flatten(), nn.Linear(784, 64), nn.ReLU(), nn.Linear(64, 10))


def trained(network, train, epochs, seed):
    rv.manual_seed(seed)
    model = network()
    rv.fit(model, train, loss=nn.CrossEntropyLoss(), epochs=epochs, batch_size=50,
           optimizer=optim.Adam(model.parameters(), lr=0.002), seed=seed)  # fmt: skip
    return model.eval()


def experiment(e):
    digits = rv.data.load("mnist", flatten=False)
    count = 500 if e.quick else 8_000
    train = digits.take(np.arange(count))
    test = digits.test.take(np.arange(1_000)) if e.quick else digits.test
    e.line("data", train=len(train), test=len(test))

    networks = {"mlp": (mlp, 12), "cnn": (cnn, 6 if e.quick else 2)}
    scores, models = {}, {}
    for name, (network, epochs) in networks.items():
        models[name] = [trained(network, train, epochs, s) for s in e.seeds(3)]
        scores[name] = [
            rv.evaluate(model, test, nn.CrossEntropyLoss())["accuracy"]
            for model in models[name]
        ]
    rows = []
    for name, (network, epochs) in networks.items():
        parameters = sum(w.numel() for w in network().parameters())
        mean, spread = np.mean(scores[name]), np.std(scores[name], ddof=1)
        rows.append([e.word(name), parameters, epochs, float(mean), float(spread)])
    e.table("networks", ["network", "parameters", "epochs", "mean", "spread"], rows)

    worst, best = min(scores["cnn"]), max(scores["mlp"])
    e.claim("beats", worst > best, worst=worst, best=best, runs=len(scores["cnn"]))
    fewer = (1 - np.mean(scores["mlp"])) / (1 - np.mean(scores["cnn"]))
    e.claim("fewer", fewer > 1.2, fewer=float(fewer))
    draw(e, scores, models["cnn"][0], rv.tensor(test.numpy()[0][:1]))


def draw(e, scores, model, x):
    figure, (left, middle, right) = e.panels(
        3, size=(4.2, 4.2), width_ratios=(0.7, 1, 1)
    )
    for i, found in enumerate(scores.values()):
        places = np.linspace(-0.1, 0.1, len(found)) + i
        left.plot(places, 100 * np.array(found), "o", ms=9)
        left.plot([i - 0.25, i + 0.25], [100 * np.mean(found)] * 2, color=f"C{i}")
    left.set_xticks([0, 1], [e.word(name) for name in scores])
    left.set(xlim=(-0.5, 1.5), ylabel="%", title=e.word("accuracy"))

    filters = model[0].weight.detach().numpy()[:, 0]
    most = abs(filters).max()
    middle.imshow(tiles(filters, np.nan), cmap="PuOr", vmin=-most, vmax=most)
    middle.set_title(e.word("filters"))

    maps = model[:3](x).detach().numpy()[0]
    maps = maps / maps.max((1, 2), keepdims=True).clip(1e-6)
    right.imshow(tiles(maps, np.nan), cmap="cividis")
    right.imshow(x.numpy()[0, 0], cmap="gray_r", extent=(-33, -5, 72, 44))
    right.set(xlim=(-35, 116), ylim=(116, -1), title=e.word("maps"))
    for ax in (middle, right):
        ax.axis("off")
    e.picture(figure)


def tiles(pictures, between):
    """Sixteen pictures as 4 x 4, with a line between them."""
    edged = np.pad(pictures, [(0, 0), (0, 1), (0, 1)], constant_values=between)
    _, height, width = edged.shape
    rows = edged.reshape(4, 4, height, width).swapaxes(1, 2)
    return rows.reshape(4 * height, 4 * width)[:-1, :-1]
