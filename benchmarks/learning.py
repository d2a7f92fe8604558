"""Do the networks of `ranvier.models` learn, and as PyTorch's do?

    RANVIER_DATA=DIR python benchmarks/learning.py [MODEL …] [--rows 2000] [--test 1000]
        [--epochs 5] [--batch 50] [--lr 0.001] [--optimizer Adam] [--no-dropout]
        [--threads 1] [--rival-python PATH] [--steps N] [--json FILE]

Pictures: CIFAR-10 (DIR/cifar10/cifar10-jpeg.tar.xz, the first of each class), the 32x32
form of each network, nothing changed at random. Language models: the next character in
DIR/text/tinyshakespeare.txt.gz, rows of 64 from its beginning, tested on its end. A
line an epoch: mean loss, accuracy on rows that were not learned from, seconds of the
processor and of the clock for its steps, without the first, which compiles.

An interpreter that has torch trains the same network (`models_in_torch.py`) from the
same weights on the same mini-batches in the same order. With --steps it ends after so
many steps, goes without dropout, whose numbers differ, and compares the losses with
those of PyTorch in float64: ours and PyTorch's own in float32. Training amplifies
rounding, so that is the yardstick, not the difference of the two.
"""

import argparse
import gzip
import json
import os
import subprocess
import sys
import tarfile
import tempfile
from importlib import import_module
from pathlib import Path
from time import perf_counter, process_time
from types import SimpleNamespace
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
TEXTS = ("char_lstm", "transformer")
ALL = (
    *("mlp", "lenet5", "alexnet", "vgg11", "vgg11_bn", "vgg13", "vgg13_bn", "vgg16"),
    *("vgg16_bn", "vgg19", "vgg19_bn", "googlenet", "resnet18", "resnet34", "resnet50"),
    *("resnet101", "resnet152", *TEXTS),
)
LENGTH = 64  # characters in a row


def main() -> None:
    options = parser().parse_args()
    if options.worker:
        print(json.dumps(train(SIDES[options.worker](options), options)))
        return
    found = []
    with tempfile.TemporaryDirectory() as folder:
        for name in options.models or ALL:
            np.savez(Path(folder) / "data.npz", **data(name, options))
            found.append(both(name, folder, options))
    if options.json:
        Path(options.json).write_text(json.dumps(found, indent=1) + "\n", "utf-8")


def parser() -> argparse.ArgumentParser:
    result = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    result.add_argument("models", nargs="*", metavar="MODEL")
    for name, value in (("rows", 2000), ("test", 1000), ("epochs", 5), ("batch", 50)):
        result.add_argument(f"--{name}", type=int, default=value)
    result.add_argument("--lr", type=float, default=0.001)
    result.add_argument("--optimizer", default="Adam")
    result.add_argument("--no-dropout", action="store_true")
    result.add_argument("--steps", type=int, metavar="N", help="compare these only")
    result.add_argument("--threads", type=int, default=1)
    result.add_argument("--rival-python", metavar="PATH", help="has torch")
    result.add_argument("--json", metavar="FILE")
    result.add_argument("--worker", help=argparse.SUPPRESS)
    result.add_argument("--folder", help=argparse.SUPPRESS)
    return result


def both(name: str, folder: str, options: argparse.Namespace) -> dict:
    """Train here and, if there is a rival, there."""
    found = {"ranvier": started("ranvier", sys.executable, name, folder, options)}
    if options.rival_python:
        for side in ("torch", "exact")[: 2 if options.steps else 1]:
            found[side] = started(side, options.rival_python, name, folder, options)
    if options.steps and options.rival_python:
        compare(name, *(np.array(found[side]["losses"]) for side in SIDES))
    else:
        for side, one in found.items():
            tell(name if side == "ranvier" else f"{name} in PyTorch", one)
    return {"model": name} | found


def compare(name: str, ours: Any, theirs: Any, exact: Any) -> None:
    """How far the losses are from those in float64, in parts of them."""
    columns = []
    for losses in (ours, theirs):
        apart = abs(losses - exact) / abs(exact)
        columns.append(f"{apart[0]:.1e} {apart[:10].max():.1e} {apart.max():.1e}")
    print(
        f"| {name} | {exact[0]:.4f} → {exact[-1]:.4f} | {' | '.join(columns)} |",
        flush=True,
    )


def tell(name: str, found: dict) -> None:
    columns = (found[c] for c in ("means", "accuracies", "processor", "clock"))
    for epoch, (loss, accuracy, cpu, wall) in enumerate(zip(*columns, strict=True)):
        print(
            f"{name}: epoch {epoch + 1}, loss {loss:.3f}, accuracy {accuracy:.3f}, "
            f"{cpu:.1f} s of the processor, {wall:.1f} s",
            flush=True,
        )


def started(
    worker: str, python: str, name: str, folder: str, options: argparse.Namespace
) -> dict:
    """What this worker found, in a process of its own."""
    environment = os.environ | {"OMP_NUM_THREADS": str(options.threads)}
    environment["PYTHONPATH"] = str(ROOT)
    command = [python, __file__, name, "--worker", worker, "--folder", folder]
    for option in ("epochs", "batch", "lr", "optimizer", "threads", "steps"):
        value = getattr(options, option)
        command += [] if value is None else [f"--{option}", str(value)]
    command += ["--no-dropout"] * (options.no_dropout or options.steps is not None)
    done = subprocess.run(
        command, stdout=subprocess.PIPE, text=True, check=True, env=environment
    )
    return json.loads(done.stdout.splitlines()[-1])


# ---- data ----------------------------------------------------------------------------


def data(name: str, options: argparse.Namespace) -> dict:
    """x, y to learn from, x_test, y_test."""
    folder = Path(os.environ["RANVIER_DATA"])
    if name in TEXTS:
        with gzip.open(folder / "text/tinyshakespeare.txt.gz", "rt", "utf-8") as file:
            return characters(file.read(), options)
    sizes = {"train": options.rows, "test": options.test}
    (x, y), (x_test, y_test) = pictures(folder / "cifar10/cifar10-jpeg.tar.xz", sizes)
    return {"x": x, "y": y, "x_test": x_test, "y_test": y_test}


def characters(text: str, options: argparse.Namespace) -> dict:
    letters = sorted(set(text))
    numbers = np.array([letters.index(c) for c in text[: options.rows * LENGTH + 1]])
    rest = text[-options.test * LENGTH - 1 :]
    end = np.array([letters.index(c) for c in rest])
    parts = {"": numbers, "_test": end}
    return {
        f"{what}{part}": found[first : first + (len(found) - 1)].reshape(-1, LENGTH)
        for part, found in parts.items()
        for first, what in enumerate("xy")
    }


def pictures(file: Path, sizes: dict[str, int]) -> list:
    """(pictures about -2 to 2, labels) of each part; the first ones of every class."""
    from PIL import Image  # the rival's interpreter need not have it

    found = {part: ([], []) for part in sizes}
    taken: dict[tuple[str, str], int] = {}
    with tarfile.open(file) as archive:
        for entry in archive:
            *_, part, name, _ = ("", "", *Path(entry.name).parts)
            if not entry.isfile() or part not in sizes:
                continue
            taken[part, name] = taken.get((part, name), 0) + 1
            if taken[part, name] <= sizes[part] // 10:
                image = Image.open(archive.extractfile(entry)).convert("RGB")
                found[part][0].append(np.asarray(image).transpose(2, 0, 1))
                found[part][1].append(name)
    order = sorted({name for _, name in taken})
    return [
        (np.stack(x) / np.float32(64) - 2, np.array([order.index(name) for name in y]))
        for x, y in found.values()
    ]


# ---- workers -------------------------------------------------------------------------


def ranvier(options: argparse.Namespace) -> SimpleNamespace:
    rv = import_module("ranvier")
    rv.set_num_threads(options.threads)
    rv.manual_seed(0)
    models = import_module("ranvier.models")
    model = getattr(models, options.models[0])(**chosen(options))
    rv.save(model, Path(options.folder) / "weights.safetensors")
    return SimpleNamespace(rv=rv, model=model, tensor=rv.tensor, compile=rv.compile)


def torch(options: argparse.Namespace) -> SimpleNamespace:
    torch = import_module("torch")
    torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    make = import_module("models_in_torch").load()
    model = make(options.models[0], **chosen(options))
    load_file = import_module("safetensors.torch").load_file
    model.load_state_dict(load_file(Path(options.folder) / "weights.safetensors"))
    return SimpleNamespace(
        rv=torch, model=model, tensor=torch.from_numpy, compile=lambda step: step
    )


def exact(options: argparse.Namespace) -> SimpleNamespace:
    """PyTorch in float64."""
    side = torch(options)
    side.model.double()
    side.tensor = lambda x: side.rv.from_numpy(
        x.astype(np.float64) if x.dtype == np.float32 else x
    )
    return side


SIDES = {"ranvier": ranvier, "torch": torch, "exact": exact}


def chosen(options: argparse.Namespace) -> dict:
    (name,) = options.models
    if name in TEXTS:
        return {"vocab_size": 65}
    more = {"in_channels": 3} if name in ("mlp", "lenet5") else {}
    return {"num_classes": 10, "image_size": 32} | more


def train(side: SimpleNamespace, options: argparse.Namespace) -> dict:
    """The same lines for both frameworks."""
    step = training_step(side, options)
    arrays = np.load(Path(options.folder) / "data.npz")
    x, y = arrays["x"], arrays["y"]
    random = np.random.default_rng(0)
    found = {c: [] for c in ("losses", "means", "accuracies", "processor", "clock")}
    for epoch in range(options.epochs):
        side.model.train()
        order, losses = random.permutation(len(x)), []
        for at in range(0, len(x), options.batch):
            if at == (0 if epoch else options.batch):  # the first step compiles
                begin = process_time(), perf_counter()
            rows = order[at : at + options.batch]
            losses.append(step(side.tensor(x[rows]), side.tensor(y[rows])).item())
            if options.steps == len(found["losses"]) + len(losses):
                return found | {"losses": found["losses"] + losses}
        found["processor"].append(process_time() - begin[0])
        found["clock"].append(perf_counter() - begin[1])
        found["losses"] += losses
        found["means"].append(float(np.mean(losses)))
        right = judged(side, arrays["x_test"]) == arrays["y_test"]
        found["accuracies"].append(float(right.mean()))
    return found


def training_step(side: SimpleNamespace, options: argparse.Namespace) -> Any:
    model = side.model
    criterion = side.rv.nn.CrossEntropyLoss()
    kind = getattr(side.rv.optim, options.optimizer)
    optimizer = kind(model.parameters(), lr=options.lr)
    for layer in model.modules():
        if options.no_dropout and isinstance(layer, side.rv.nn.Dropout):
            layer.p = 0.0

    @side.compile
    def step(x, y):
        optimizer.zero_grad()
        loss = total(criterion, model(x), y)
        loss.backward()
        optimizer.step()
        return loss

    return step


def total(criterion, scores, y):
    """The loss; GoogLeNet's auxiliary heads count 0.3 each, as in the paper."""
    if not isinstance(scores, tuple):
        return criterion(scores.flatten(0, -2), y.flatten())
    if len(scores) == 2:  # a recurrent network's scores and its state
        return total(criterion, scores[0], y)
    first, *heads = (criterion(part, y) for part in scores)
    return first + 0.3 * sum(heads)


def judged(side: SimpleNamespace, x: np.ndarray) -> np.ndarray:
    side.model.eval()
    answers = []
    for at in range(0, len(x), 200):
        with side.rv.no_grad():
            scores = side.model(side.tensor(x[at : at + 200]))
        scores = scores[0] if isinstance(scores, tuple) else scores
        answers.append(np.asarray(scores).argmax(-1))
    return np.concatenate(answers)


if __name__ == "__main__":
    main()
