"""Optimisers in order of increasing complexity, and schedules of the learning rate."""

from importlib import import_module
from typing import TYPE_CHECKING

from ranvier import absent
from ranvier.optim import lr_scheduler
from ranvier.optim.adadelta import Adadelta
from ranvier.optim.adagrad import Adagrad
from ranvier.optim.adam import Adam, AdamW
from ranvier.optim.adamax import Adamax
from ranvier.optim.asgd import ASGD
from ranvier.optim.lion import Lion
from ranvier.optim.nadam import NAdam
from ranvier.optim.optimizer import Optimizer
from ranvier.optim.radam import RAdam
from ranvier.optim.rmsprop import RMSprop
from ranvier.optim.rprop import Rprop
from ranvier.optim.sgd import SGD

__all__ = [
    "ASGD",
    "LBFGS",
    "SGD",
    "Adadelta",
    "Adagrad",
    "Adam",
    "AdamW",
    "Adamax",
    "LevenbergMarquardt",
    "Lion",
    "NAdam",
    "Optimizer",
    "RAdam",
    "RMSprop",
    "Rprop",
    "lr_scheduler",
    "swa_utils",
]

if TYPE_CHECKING:
    from ranvier.optim import swa_utils
    from ranvier.optim.lbfgs import LBFGS
    from ranvier.optim.levenberg_marquardt import LevenbergMarquardt
else:
    # These import the compiler or layers, which the others do without.
    LATER = {
        "LBFGS": "ranvier.optim.lbfgs",
        "LevenbergMarquardt": "ranvier.optim.levenberg_marquardt",
        "swa_utils": "ranvier.optim.swa_utils",
    }

    def __getattr__(name: str) -> object:
        if name not in LATER:
            raise absent.unknown(__name__, name, __all__, absent.OPTIM)
        module = import_module(LATER[name])
        found = globals()[name] = getattr(module, name, module)
        return found

    def __dir__() -> list[str]:
        return sorted({*globals(), *LATER})
