"""The networks that won: depth, parameters, one step, and a small form that learns.

depth = layers with weights on the longest way from the picture to the scores,
parameters = Σ over weights and biases,   one step: w ← w - η ∂L/∂w
"""

import gc
import tarfile

import numpy as np
from PIL import Image

import ranvier as rv
from ranvier import nn, optim
from ranvier.nn import functional as F

# year, layers and parameters that the built one must have, published top-5 error in %:
# Krizhevsky, Sutskever, Hinton 2012 (five networks); Simonyan, Zisserman 2015 and
# Szegedy and others 2015 (seven each); He, Zhang, Ren, Sun 2016 (six, the deepest 152)
NETWORKS = {
    "alexnet": (2012, 8, 61_100_840, 16.4),
    "vgg19": (2014, 19, 143_667_240, 7.3),
    "googlenet": (2014, 22, 6_624_904, 6.7),
    "resnet101": (2015, 101, 44_549_160, None),
    "resnet152": (2015, 152, 60_192_808, 3.57),
}
SMALL = {"alexnet": (40, 3e-4), "vgg11": (40, 3e-4), "googlenet": (20, 1e-3),
         "resnet18": (20, 1e-3)}  # steps and η  # fmt: skip


def built(name, **options):
    if name == "googlenet":
        options["aux_logits"] = False
    if not name.startswith("resnet"):
        options["dropout"] = 0.0
    return getattr(rv.models, name)(**options)


def step(model, x, y, lr=0.01):
    """The loss on these pictures before and after one step on them."""
    optimizer = optim.SGD(model.parameters(), lr=lr)

    @rv.compile
    def step(x, y):
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        return loss

    return step(x, y).item(), step(x, y).item()


def pictures(e):
    """Twenty small pictures in colour, two of each class."""
    archive = None if e.quick else rv.data.find("cifar10")
    if archive is None:
        x, y = rv.data.load("mnist", flatten=False).take(np.arange(20)).numpy()
        x = np.pad(x, [(0, 0), (0, 0), (2, 2), (2, 2)]).repeat(3, axis=1)
        name = "MNIST"
    else:
        found = []
        with tarfile.open(archive, "r|xz") as files:
            for file in files:  # test/cat/0000.jpg; then train, which is not needed
                part, _, rest = file.name.partition("/")
                if part != "test":
                    break
                if file.isfile() and file.name[-8:] in ("0000.jpg", "0001.jpg"):
                    image = Image.open(files.extractfile(file))
                    found.append((np.asarray(image), rest.split("/")[0]))
        x = np.stack([image for image, _ in found]).transpose(0, 3, 1, 2) / 255
        y = np.unique([kind for _, kind in found], return_inverse=True)[1]
        name = "CIFAR-10"
    e.line("pictures", data=name, count=len(x))
    return ((x - 0.5) / 0.25).astype(np.float32), y


def by_heart(name, x, y):
    rv.manual_seed(0)
    steps, lr = SMALL[name]
    model = built(name, num_classes=10, image_size=32)
    run = rv.fit(model, (x, y), loss=nn.CrossEntropyLoss(), epochs=steps, seed=0,
                 batch_size=len(x), optimizer=optim.Adam(model.parameters(), lr=lr),
                 )  # fmt: skip
    return run.history["train_loss"]


def experiment(e):
    names = ("alexnet", "googlenet", "resnet101") if e.quick else tuple(NETWORKS)
    large = e.rng.random((2, 3, 224, 224), np.float32), np.array([0, 1])
    rows, steps = [], {}
    for name in names:
        year, layers, parameters, error = NETWORKS[name]
        model = built(name)
        facts = model.summary((1, 3, 224, 224))
        rows.append(
            [e.word(name), str(year), facts.depth, facts.parameters, error or "-"]
        )
        e.claim("counts", (facts.depth, facts.parameters) == (layers, parameters),
                name=e.word(name), depth=facts.depth,
                parameters=facts.parameters)  # fmt: skip
        if not e.quick:
            steps[name] = step(model, *map(rv.tensor, large))
        del model
        gc.collect()  # the largest takes 2 GB while it learns
    e.table("networks", ["network", "year", "depth", "parameters", "top5"], rows)
    for name, (before, after) in steps.items():
        e.claim("step", after < before, name=e.word(name), before=before, after=after)

    x, y = pictures(e)
    small = ("alexnet",) if e.quick else tuple(SMALL)
    losses = {name: by_heart(name, x, y) for name in small}
    for name, loss in losses.items():
        e.claim("small", loss[-1] < 0.7 * loss[0], name=e.word(name), steps=len(loss),
                first=float(loss[0]), last=float(loss[-1]))  # fmt: skip
    draw(e, losses)


def draw(e, losses):
    figure, (left, middle, right) = e.panels(3, size=(4.3, 3.9))
    known = {e.word(n): facts for n, facts in NETWORKS.items() if facts[3]}
    bars = left.bar(list(known), [error for *_, error in known.values()], color="C1")
    left.bar_label(bars, [f"{error} %" for *_, error in known.values()])
    left.tick_params(axis="x", rotation=20)
    left.set(title=e.word("error"), ylim=(0, 18))
    left.grid(visible=False)
    for i, (name, (_, layers, parameters, _)) in enumerate(NETWORKS.items()):
        middle.plot(layers, parameters / 1e6, "o^sDv"[i], ms=10, label=e.word(name))
    middle.set(xscale="log", xlabel=e.word("depth"), ylabel=e.word("millions"),
               ylim=(0, 155))  # fmt: skip
    middle.set_xticks([8, 20, 50, 150], ["8", "20", "50", "150"])
    middle.minorticks_off()
    middle.legend(fontsize=10)
    for name, loss in losses.items():
        right.plot(np.arange(1, len(loss) + 1), loss, label=e.word(name))
    right.set(xlabel=e.word("step"), ylabel=e.word("loss"), title=e.word("small"))
    right.legend(fontsize=10)
    e.picture(figure)
