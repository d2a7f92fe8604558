"""Training: `fit` from start to end, and what it leaves behind.

    plan (checked arguments) → loop (epochs, compiled steps) → Run (history, weights)

Made from a model, data, a loss and an optimiser; eaten by scripts, the course and the
command line. Promises: mistakes are found before the first step; the same seed gives
the same bits; a stopped run goes on as if it had never stopped.
"""

from typing import TYPE_CHECKING

from ranvier import lazy

if TYPE_CHECKING:
    from ranvier.train.compare import Comparison as Comparison
    from ranvier.train.compare import compare as compare
    from ranvier.train.early_stopping import EarlyStopping as EarlyStopping
    from ranvier.train.evaluate import evaluate as evaluate
    from ranvier.train.fit import fit as fit
    from ranvier.train.plan import Epoch as Epoch
    from ranvier.train.repeats import Repeats as Repeats
    from ranvier.train.run import Run as Run
    from ranvier.train.search import search as search
    from ranvier.train.sweep import sweep as sweep
    from ranvier.train.swept import Sweep as Sweep

lazy.install(
    __name__,
    {
        "compare": "Comparison compare",
        "early_stopping": "EarlyStopping",
        "evaluate": "evaluate",
        "fit": "fit",
        "plan": "Epoch",
        "repeats": "Repeats",
        "run": "Run",
        "search": "search",
        "sweep": "sweep",
        "swept": "Sweep",
    },
)
