"""Training: `fit` from start to end, and what it leaves behind.

    plan (checked arguments) → loop (epochs, compiled steps) → Run (history, weights)

Made from a model, data, a loss and an optimiser; eaten by scripts, the course and the
command line. Promises: mistakes are found before the first step; the same seed gives
the same bits; a stopped run goes on as if it had never stopped.
"""

from ranvier.train.compare import Comparison, compare
from ranvier.train.early_stopping import EarlyStopping
from ranvier.train.evaluate import evaluate
from ranvier.train.fit import fit
from ranvier.train.plan import Epoch
from ranvier.train.repeats import Repeats
from ranvier.train.run import Run
from ranvier.train.search import search
from ranvier.train.sweep import sweep
from ranvier.train.swept import Sweep

__all__ = [
    "Comparison", "EarlyStopping", "Epoch", "Repeats", "Run", "Sweep", "compare",
    "evaluate", "fit", "search", "sweep",
]  # fmt: skip
