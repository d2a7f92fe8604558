"""Three real tables beside scikit-learn: accuracy or R² of the same test, and time.

    python benchmarks/tables.py --rival-python PATH [--seeds 0 1 2 3 4] [--threads 2]
                                [TABLE …]

Ours is what `ranvier train FILE.csv --target COLUMN` does, with its defaults: 64 % of
the rows to learn from, 16 % for early stopping, 20 % to test, once. scikit-learn gets
the same 80 % and the same test rows, inputs normalised on the 80 %:

  default   MLPClassifier() or MLPRegressor() as they come, which learn from all 80 %
  fair      our layers (256, 128), a fifth of the 80 % held out for early stopping with
            our patience, as many epochs, the target normalised; the rest as it comes

A time is that of fit alone, after a first one that is not counted: of ours the same,
in which it compiles (it stands beside), of theirs three epochs. Seed by seed, ours and
theirs take turns in processes of their own.
survey is $RANVIER_DATA/covid/survey-states-train.csv.gz; without it, it is left out.
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

import numpy as np

HERE = Path(__file__).resolve()
ROOT = HERE.parent.parent
TABLES = ROOT / "tests" / "data" / "tables"
SURVEY = Path(os.environ.get("RANVIER_DATA", ".")) / "covid/survey-states-train.csv.gz"
SOURCES = {
    "cancer": (TABLES / "breast-cancer.csv.gz", "diagnosis"),
    "diabetes": (TABLES / "diabetes.csv.gz", "progression"),
    "survey": (SURVEY, "tested_positive.2"),
}
OURS, THEIRS = "Ranvier", ("default", "fair")


def main() -> int:
    options = parser().parse_args()
    if options.worker:
        print(json.dumps(WORKERS[options.worker](options)))
        return 0
    print(f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, "
          f"load {os.getloadavg()[0]:.1f}, Python {platform.python_version()}, "
          f"NumPy {np.__version__}, {options.threads} threads")  # fmt: skip
    names = [name for name in options.tables if SOURCES[name][0].exists()]
    found = [compared(name, options) for name in names]
    return int(not all(found))


def parser() -> argparse.ArgumentParser:
    result = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    result.add_argument("tables", nargs="*", default=list(SOURCES))
    result.add_argument("--seeds", type=int, nargs="*", default=[0, 1, 2, 3, 4])
    result.add_argument("--threads", type=int, default=os.cpu_count())
    result.add_argument("--rival-python", metavar="PATH", required=True)
    for hidden in ("--worker", "--setting", "--arrays"):
        result.add_argument(hidden, help=argparse.SUPPRESS)
    return result


def compared(name: str, options: Any) -> bool:
    """All seeds of one table; whether ours is at least as good, and faster."""
    found: dict[str, list[dict[str, float]]] = {s: [] for s in (OURS, *THEIRS)}
    for seed in options.seeds:
        with tempfile.TemporaryDirectory() as folder:
            words = [name, "--seeds", str(seed), "--arrays", f"{folder}/rows.npz"]
            found[OURS].append(started("ours", sys.executable, words, options))
            for setting in THEIRS:
                more = [*words, "--setting", setting]
                python = options.rival_python
                found[setting].append(started("theirs", python, more, options))
    show(name, found)
    best, work = (
        {s: middle([run[what] for run in runs]) for s, runs in found.items()}
        for what, middle in (("score", statistics.fmean), ("work", statistics.median))
    )
    is_good = best[OURS] >= max(best.values())
    return is_good and work[OURS] <= min(work.values())


def show(name: str, found: dict[str, list[dict[str, float]]]) -> None:
    """A line a subject: score, times, the scores of all seeds."""
    what = "accuracy" if name == "cancer" else "R²"
    print(f"{name}: {what}, mean ± sd; fit, processors, first fit (medians); seeds; "
          f"load {os.getloadavg()[0]:.1f}")  # fmt: skip
    for setting, runs in found.items():
        scores = [run["score"] for run in runs]
        spread = statistics.stdev(scores) if len(scores) > 1 else 0.0
        times = (
            f"{statistics.median(run[which] for run in runs):7.3f} s"
            for which in ("seconds", "work", "first")
        )
        told = f"{statistics.fmean(scores):.4f} ± {spread:.4f}", *times
        each = " ".join(f"{score:.4f}" for score in scores)
        print(f"  {setting:8}", "  ".join(told), f"  {each}", flush=True)


def started(worker: str, python: str, words: list[str], options: Any) -> dict[str, Any]:
    """What this worker found, in a process of its own."""
    threads = str(options.threads)
    paths = [str(ROOT)] if worker == "ours" else []
    extra = {"OMP_NUM_THREADS": threads, "RANVIER_THREADS": threads}
    extra["PYTHONPATH"] = os.pathsep.join(paths)
    given = ["--worker", worker, "--threads", threads, "--rival-python", "-"]
    done = subprocess.run(
        [python, str(HERE), *words, *given],
        stdout=subprocess.PIPE, text=True, check=True, env=os.environ | extra,
    )  # fmt: skip
    return json.loads(done.stdout.splitlines()[-1])


def timed(learn: Any, warm: Any) -> tuple[Any, dict[str, float]]:
    """What `learn` gives, with its times, and that of `warm` before it."""
    begin = perf_counter()
    warm()
    first = perf_counter() - begin
    begin, work = perf_counter(), process_time()
    result = learn()
    spent = {"seconds": perf_counter() - begin, "work": process_time() - work}
    return result, spent | {"first": first}


def ours(options: Any) -> dict[str, float]:
    """The parts and settings of the command; the rows are left for the rival."""
    import ranvier as rv
    from ranvier import nn
    from ranvier.cli.settings import optimizer_of, scheduler
    from ranvier.cli.train import prepared
    from ranvier.train.architecture import perceptron

    path, target = SOURCES[options.tables[0]]
    given = {"data": str(path), "target": target, "seed": options.seeds[0]}
    settings, material = prepared(given)
    train, val, test = material.parts.values()
    leave_rows(options.arrays, path, target, options.seeds[0])
    loss = nn.MSELoss() if material.is_regression else nn.CrossEntropyLoss()

    def learn() -> Any:
        rv.manual_seed(settings.seed)
        model = perceptron(settings.model, settings.activation)
        optimizer = optimizer_of(settings, model.parameters())
        rv.fit(
            model, train, val=val, loss=loss, optimizer=optimizer,
            scheduler=scheduler(settings, optimizer), epochs=settings.epochs,
            batch_size=settings.batch_size, patience=settings.patience,
            seed=settings.seed,
        )  # fmt: skip
        return model

    model, times = timed(learn, learn)
    score = "r2" if material.is_regression else "accuracy"
    return times | {"score": rv.evaluate(model, test)[score]}


def leave_rows(place: str, path: Path, target: str, seed: int) -> None:
    """The same 80 % and 20 %, in the user's own units, for a rival to read."""
    import ranvier as rv

    made = rv.data.tabular(path, target, seed=seed)
    parts = [part.numpy() for part in (made.train, made.val, made.test)]
    x, y = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
    if made.target.classes is None:
        y = made.target.transform.inverse(y)[:, 0]
    learned = len(made.train) + len(made.val)
    np.savez(place, x=x, y=y, learned=learned)


def theirs(options: Any) -> dict[str, float]:
    """scikit-learn, as it comes or with our layers and early stopping."""
    from sklearn.compose import TransformedTargetRegressor
    from sklearn.neural_network import MLPClassifier, MLPRegressor
    from sklearn.preprocessing import StandardScaler

    warnings.filterwarnings("ignore")  # that 200 epochs were not enough
    rows = np.load(options.arrays)
    x, y, n = rows["x"], rows["y"], int(rows["learned"])
    assert 0.79 < n / len(x) < 0.81, "a fifth of the rows is the test"
    x = StandardScaler().fit(x[:n]).transform(x)
    is_number = y.dtype.kind == "f"
    kind = MLPRegressor if is_number else MLPClassifier
    fair = {"hidden_layer_sizes": (256, 128), "early_stopping": True,
            "validation_fraction": 0.2, "max_iter": 300, "n_iter_no_change": 30,
            "tol": 0.0}  # fmt: skip

    def learn() -> Any:
        if options.setting == "default":
            return kind(random_state=options.seeds[0]).fit(x[:n], y[:n])
        model = kind(random_state=options.seeds[0], **fair)
        if is_number:
            model = TransformedTargetRegressor(model, transformer=StandardScaler())
        return model.fit(x[:n], y[:n])

    few = kind(max_iter=3, hidden_layer_sizes=fair["hidden_layer_sizes"])
    model, times = timed(learn, lambda: few.fit(x[:n], y[:n]))
    return times | {"score": float(model.score(x[n:], y[n:]))}


WORKERS = {"ours": ours, "theirs": theirs}

if __name__ == "__main__":
    sys.exit(main())
