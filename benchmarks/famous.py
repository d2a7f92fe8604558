"""One compiled training step of the networks that everyone knows: two pictures of
3x224x224, 1,000 classes, SGD with momentum.

    python benchmarks/famous.py [MODEL …] [--threads 2] [--rival-python PATH]
                                [--as-published] [--json FILE]

For each: parameters, weighted depth, seconds to build (weights drawn), to compile with
an empty cache and with a full one (first call less one step), a step (best of some),
and the peak of the process's memory, which must stay below 20 GiB. With an interpreter
that has torch and torchvision the same weights and pictures go through PyTorch: its
step, its memory, and how far the losses of the first two steps lie apart. Dropout is
off, so that both compute the same; --as-published leaves it on and compares nothing.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
from importlib import import_module
from pathlib import Path
from time import perf_counter

import numpy as np

HERE = Path(__file__).resolve()
ROOT = HERE.parent.parent
NAMES = ("alexnet", "vgg19", "googlenet", "resnet101", "resnet152")
LIMIT = 20  # GiB
BATCH, STEPS = 2, 6
NO_DROPOUT = {
    "alexnet": {"dropout": 0.0},
    "vgg19": {"dropout": 0.0},
    "googlenet": {"dropout": 0.0, "dropout_aux": 0.0},
}
COLUMNS = (
    ("model", "{model}"), ("parameters", "{parameters:,}"), ("depth", "{depth}"),
    ("build s", "{build:.1f}"), ("compile s", "{compile:.1f}"),
    ("from cache s", "{cached:.1f}"), ("step ms", "{step:.0f}"), ("GiB", "{peak:.2f}"),
    ("PyTorch step ms", "{their_step:.0f}"), ("GiB", "{their_peak:.2f}"),
    ("loss", "{loss:.6f}"), ("apart", "{apart:.1e}"), ("second", "{second:.1e}"),
)  # fmt: skip


def main() -> int:
    options = parser().parse_args()
    if options.worker:
        print(json.dumps(WORKERS[options.worker](options)))
        return 0
    print(line([head for head, _ in COLUMNS]))
    print(line(["---"] * len(COLUMNS)), flush=True)
    rows = []
    for name in options.models or NAMES:
        with tempfile.TemporaryDirectory() as folder:
            rows.append(row(name, folder, options))
        print(line([shown(form, rows[-1]) for _, form in COLUMNS]), flush=True)
    if options.json:
        Path(options.json).write_text(json.dumps(rows, indent=1) + "\n", "utf-8")
    return int(any(found["peak"] > LIMIT for found in rows))


def parser() -> argparse.ArgumentParser:
    result = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    result.add_argument("models", nargs="*", metavar="MODEL")
    result.add_argument("--threads", type=int, default=os.cpu_count())
    result.add_argument("--rival-python", metavar="PATH", help="has torch, torchvision")
    result.add_argument("--as-published", action="store_true", help="with dropout")
    result.add_argument("--json", metavar="FILE")
    result.add_argument("--worker", help=argparse.SUPPRESS)
    result.add_argument("--folder", help=argparse.SUPPRESS)
    return result


def row(name: str, folder: str, options: argparse.Namespace) -> dict:
    """The figures of one model: cold, from the cache, and the rival's."""
    cold = started("ranvier", sys.executable, name, folder, options)
    warm = started("ranvier", sys.executable, name, folder, options)
    step = min(cold["step"], warm["step"])
    found = cold | {
        "step": step,
        "compile": max(cold["first"] - step, 0) / 1e3,
        "cached": max(warm["first"] - step, 0) / 1e3,
    }
    if options.rival_python:
        theirs = started("torch", options.rival_python, name, folder, options)
        found |= {"their_step": theirs["step"], "their_peak": theirs["peak"]}
        found["their_losses"] = theirs["losses"]
        if not options.as_published:
            gaps = zip(cold["losses"], theirs["losses"], strict=True)
            gaps = [abs(a - b) / abs(b) for a, b in gaps]
            found |= {"apart": gaps[0], "second": gaps[1]}
    return found


def started(
    worker: str, python: str, name: str, folder: str, options: argparse.Namespace
) -> dict:
    """What this worker found, in a process of its own."""
    environment = os.environ | {
        "OMP_NUM_THREADS": str(options.threads),
        "RANVIER_CACHE": str(Path(folder) / "cache"),
    }
    if worker == "ranvier":
        paths = [str(ROOT), os.environ.get("PYTHONPATH", "")]
        environment["PYTHONPATH"] = os.pathsep.join(filter(None, paths))
    else:
        environment.pop("PYTHONPATH", None)
    command = [python, str(HERE), name, "--worker", worker, "--folder", folder]
    command += ["--threads", str(options.threads)]
    command += ["--as-published"] * options.as_published
    done = subprocess.run(
        command, stdout=subprocess.PIPE, text=True, check=True, env=environment
    )
    return json.loads(done.stdout.splitlines()[-1])


def line(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def shown(form: str, found: dict) -> str:
    try:
        return form.format(**found)
    except KeyError:  # no rival
        return "–"


# ---- workers -------------------------------------------------------------------------


def ranvier(options: argparse.Namespace) -> dict:
    """Build, keep the weights for the rival, train a few steps."""
    import ranvier as rv
    from ranvier import models, nn, optim

    rv.set_num_threads(options.threads)
    rv.manual_seed(0)
    (name,) = options.models
    begin = perf_counter()
    model = getattr(models, name)(**chosen(name, options))
    build = perf_counter() - begin
    file = Path(options.folder) / "weights.safetensors"
    if not file.exists():
        rv.save(model, file)
    criterion = nn.CrossEntropyLoss()
    optimizer = optim.SGD(model.parameters(), lr=0.001, momentum=0.9)

    @rv.compile
    def step(x, y):
        optimizer.zero_grad()
        loss = total(criterion, model(x), y)
        loss.backward()
        optimizer.step()
        return loss

    x, y = pictures()
    x, y = rv.tensor(x), rv.tensor(y)
    table = model.summary(tuple(x.shape))
    facts = {"model": name, "parameters": table.parameters, "depth": table.depth}
    return facts | {"build": build} | timed(lambda: step(x, y).item())


def torch(options: argparse.Namespace) -> dict:
    """The same in PyTorch, from the same weights."""
    torch = import_module("torch")
    models = import_module("torchvision.models")
    load_file = import_module("safetensors.torch").load_file
    torch.set_num_threads(options.threads)
    (name,) = options.models
    more = {"init_weights": False} if name == "googlenet" else {}
    model = getattr(models, name)(**chosen(name, options), **more)
    model.load_state_dict(load_file(Path(options.folder) / "weights.safetensors"))
    criterion = torch.nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.001, momentum=0.9)
    x, y = map(torch.from_numpy, pictures())

    def step():
        optimizer.zero_grad()
        loss = total(criterion, model(x), y)
        loss.backward()
        optimizer.step()
        return loss.item()

    return timed(step)


def chosen(name: str, options: argparse.Namespace) -> dict:
    return {} if options.as_published else NO_DROPOUT.get(name, {})


def total(criterion, scores, y):
    """The loss; GoogLeNet's auxiliary heads count 0.3 each, as in the paper."""
    if not isinstance(scores, tuple):
        return criterion(scores, y)
    logits, *heads = scores
    return criterion(logits, y) + 0.3 * sum(criterion(head, y) for head in heads)


def pictures() -> tuple:
    random = np.random.default_rng(0)
    x = random.standard_normal((BATCH, 3, 224, 224), np.float32)
    return x, random.integers(0, 1000, BATCH)


def timed(step) -> dict:
    """Milliseconds of the first call and of the best later one, and what they cost."""
    times, losses = [], []
    for _ in range(STEPS):
        begin = perf_counter()
        losses.append(step())
        times.append(1e3 * (perf_counter() - begin))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    return {
        "first": times[0],
        "step": min(times[1:]),
        "loss": losses[0],
        "losses": losses[:2],
        "peak": peak,
    }


WORKERS = {"ranvier": ranvier, "torch": torch}

if __name__ == "__main__":
    sys.exit(main())
