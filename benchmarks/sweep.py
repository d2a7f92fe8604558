"""64 networks trained with 64 learning rates and seeds: `rv.sweep`, `rv.fit` one after
the other, and PyTorch one after the other and under `torch.func.vmap`.

    python benchmarks/sweep.py --rival-python PATH [--rounds 3] [--runs 64]

xor is 2-10-1 with sigmoids, four rows a step, 1,000 epochs; tabular is 10-64-64-1 with
ReLU and Adam, 8,192 rows in mini-batches of 32, shuffled anew, 4 epochs. Subjects take
turns, each round in a process of its own; a time is that of all 64 runs from building
the first network to the last weights, after one network has been trained to warm up
(so programs are compiled). Medians of the rounds; the time of all processors together
stands beside, which tells more on a machine that others use.

`torch` is a plain loop over the runs, eager, on one thread (two are slower here), with
the fused Adam. `vmap` is what an expert writes: stacked weights, `functional_call`,
`grad` under `vmap`, the update by hand; every run gathers its own rows.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

import numpy as np

HERE = Path(__file__).resolve()
ROOT = HERE.parent.parent
JOBS = {"xor": (4, 4, 1000), "tabular": (8192, 32, 4)}  # rows, batch, epochs
Found = tuple[float, float, list[float]]  # seconds, those of processors, losses
OURS, THEIRS = ("sweep", "fit"), ("torch", "vmap")


def main() -> int:
    options = parser().parse_args()
    if options.subject:
        seconds, work, losses = SUBJECTS[options.subject](options.job, options.runs)
        print(json.dumps({"seconds": seconds, "work": work, "losses": losses}))
        return 0
    known = [*OURS, *(THEIRS if options.rival_python else ())]
    subjects = [s for s in options.subjects.split(",") if s in known]
    for job in options.jobs.split(","):
        found = {subject: [] for subject in subjects}
        for _ in range(options.rounds):
            for subject in subjects:
                found[subject].append(started(subject, job, options))
        show(job, found, options.runs)
    return 0


def parser() -> argparse.ArgumentParser:
    result = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    result.add_argument("--runs", type=int, default=64)
    result.add_argument("--rounds", type=int, default=3)
    result.add_argument("--jobs", default=",".join(JOBS))
    result.add_argument("--subjects", default=",".join((*OURS, *THEIRS)))
    result.add_argument("--rival-python", metavar="PATH", help="has torch")
    result.add_argument("--subject", help=argparse.SUPPRESS)
    result.add_argument("--job", help=argparse.SUPPRESS)
    return result


def started(subject: str, job: str, options: argparse.Namespace) -> dict[str, Any]:
    """What this subject found, in a process of its own."""
    ours = subject in OURS
    python = sys.executable if ours else options.rival_python
    path = {"PYTHONPATH": str(ROOT)} if ours else {}
    words = ["--subject", subject, "--job", job, "--runs", str(options.runs)]
    done = subprocess.run(
        [python, str(HERE), *words],
        capture_output=True, text=True, check=True, env=os.environ | path,
    )  # fmt: skip
    return json.loads(done.stdout.splitlines()[-1])


def show(job: str, found: dict[str, list[dict[str, Any]]], runs: int) -> None:
    """One line a subject: time of all, of one step of one network, how many times."""
    rows, batch, epochs = JOBS[job]
    steps = runs * epochs * (rows // batch)
    middle, work = (
        {s: statistics.median(f[what] for f in all) for s, all in found.items()}
        for what in ("seconds", "work")
    )
    print(f"{job}: {runs} runs of {epochs * (rows // batch):,} steps")
    for subject, seconds in middle.items():
        mean = statistics.fmean(found[subject][0]["losses"])
        times = seconds / middle["sweep"], work[subject] / work["sweep"]
        print(
            f"  {subject:6} {seconds:8.3f} s {1e6 * seconds / steps:8.2f} µs a step, "
            f"{times[0]:6.1f} times the sweep's; processors {work[subject]:8.3f} s, "
            f"{times[1]:6.1f} times; mean loss {mean:.4f}",
            flush=True,
        )


def data(job: str) -> tuple[Any, Any]:
    """Inputs and targets, the same for everybody."""
    if job == "xor":
        x = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.float32)
        return x, (x.sum(1, keepdims=True) == 1).astype(np.float32)
    drawn = np.random.default_rng(0)
    x = drawn.standard_normal((8192, 10)).astype(np.float32)
    return x, (x[:, :1] * x[:, 1:2] + np.sin(x[:, 2:3])).astype(np.float32)


def rates(runs: int) -> list[float]:
    return np.geomspace(1e-4, 1e-2, runs).tolist()


def network(nn: Any, job: str) -> Any:
    if job == "xor":
        first, last = nn.Linear(2, 10, bias=False), nn.Linear(10, 1, bias=False)
        return nn.Sequential(first, nn.Sigmoid(), last, nn.Sigmoid())
    return nn.Sequential(
        nn.Linear(10, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 1)
    )


# ---- ours ----------------------------------------------------------------------------


def swept(job: str, runs: int) -> Found:
    import ranvier as rv

    _, batch, epochs = JOBS[job]
    kind = rv.optim.SGD if job == "xor" else rv.optim.Adam

    def all_of(count: int) -> Any:
        grid = [{"lr": lr, "seed": i} for i, lr in enumerate(rates(runs)[:count])]
        return rv.sweep(
            lambda: network(rv.nn, job), data(job), loss=rv.nn.MSELoss(),
            optimizer=kind, grid=grid, epochs=epochs, batch_size=batch,
        )  # fmt: skip

    all_of(1)
    begin, work = perf_counter(), process_time()
    found = all_of(runs)
    spent = perf_counter() - begin, process_time() - work
    return *spent, [run.loss for run in found]


def fitted(job: str, runs: int) -> Found:
    import ranvier as rv

    _, batch, epochs = JOBS[job]
    kind = rv.optim.SGD if job == "xor" else rv.optim.Adam

    def one(seed: int, lr: float) -> float:
        rv.manual_seed(seed)
        model = network(rv.nn, job)
        run = rv.fit(
            model, data(job), loss=rv.nn.MSELoss(), seed=seed, epochs=epochs,
            optimizer=kind(model.parameters(), lr=lr), batch_size=batch,
        )  # fmt: skip
        return float(run.history["train_loss"][-1])

    return in_turn(one, runs)


def in_turn(one: Callable[[int, float], float], runs: int) -> Found:
    """All runs one after the other, after the first as a warm-up."""
    one(0, rates(runs)[0])
    begin, work = perf_counter(), process_time()
    losses = [one(seed, lr) for seed, lr in enumerate(rates(runs))]
    return perf_counter() - begin, process_time() - work, losses


# ---- PyTorch -------------------------------------------------------------------------


def eager(job: str, runs: int) -> Found:
    import torch

    torch.set_num_threads(1)
    rows, batch, epochs = JOBS[job]
    x, y = map(torch.tensor, data(job))
    criterion = torch.nn.MSELoss()

    def one(seed: int, lr: float) -> float:
        torch.manual_seed(seed)
        model = network(torch.nn, job)
        if job == "xor":
            optimizer = torch.optim.SGD(model.parameters(), lr=lr)
        else:
            optimizer = torch.optim.Adam(model.parameters(), lr=lr, fused=True)
        total = torch.zeros(())
        for _ in range(epochs):
            order = torch.randperm(rows) if batch < rows else None
            total = torch.zeros(())
            for start in range(0, rows, batch):
                here = slice(None) if order is None else order[start : start + batch]
                optimizer.zero_grad()
                loss = criterion(model(x[here]), y[here])
                loss.backward()
                optimizer.step()
                total += loss.detach()
        return float(total) / (rows // batch)

    return in_turn(one, runs)


def stacked(job: str, runs: int) -> Found:
    import torch
    from torch.func import functional_call, grad_and_value, stack_module_state, vmap

    torch.set_num_threads(2)
    rows, batch, epochs = JOBS[job]
    x, y = map(torch.tensor, data(job))
    criterion = torch.nn.MSELoss()
    plain = network(torch.nn, job).to("meta")

    def loss_of(weights: Any, x: Any, y: Any) -> Any:
        return criterion(functional_call(plain, weights, (x,)), y)

    both = vmap(grad_and_value(loss_of), in_dims=(0, 0, 0) if batch < rows else (0, None, None))  # fmt: skip # noqa: E501

    def all_of(epochs: int) -> list[float]:
        torch.manual_seed(0)
        weights, _ = stack_module_state([network(torch.nn, job) for _ in range(runs)])
        weights = {k: w.detach() for k, w in weights.items()}
        lr = torch.tensor(rates(runs), dtype=torch.float32)
        m = {k: torch.zeros_like(w) for k, w in weights.items()}
        v = {k: torch.zeros_like(w) for k, w in weights.items()}
        total, t = torch.zeros(runs), 0
        for _ in range(epochs):
            total = torch.zeros(runs)
            order = torch.stack([torch.randperm(rows) for _ in range(runs)])
            for start in range(0, rows, batch):
                here = order[:, start : start + batch]
                given = (x[here], y[here]) if batch < rows else (x, y)
                grads, losses = both(weights, *given)
                total += losses
                t += 1
                for k, g in grads.items():
                    rate = lr.view(-1, *(1,) * (g.ndim - 1))
                    if job == "xor":
                        weights[k] -= rate * g
                        continue
                    m[k].lerp_(g, 0.1)
                    v[k].mul_(0.999).addcmul_(g, g, value=0.001)
                    size = rate / (1 - 0.9**t)
                    below = (v[k] / (1 - 0.999**t)).sqrt_().add_(1e-8)
                    weights[k] -= size * m[k] / below
        return (total / (rows // batch)).tolist()

    all_of(1)
    begin, work = perf_counter(), process_time()
    losses = all_of(epochs)
    return perf_counter() - begin, process_time() - work, losses


SUBJECTS = {"sweep": swept, "fit": fitted, "torch": eager, "vmap": stacked}

if __name__ == "__main__":
    raise SystemExit(main())
