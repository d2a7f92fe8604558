"""Optimisers in order of increasing complexity, and schedules of the learning rate."""

from typing import TYPE_CHECKING

from ranvier import absent
from ranvier.optim import lr_scheduler, swa_utils
from ranvier.optim.adadelta import Adadelta
from ranvier.optim.adagrad import Adagrad
from ranvier.optim.adam import Adam, AdamW
from ranvier.optim.adamax import Adamax
from ranvier.optim.asgd import ASGD
from ranvier.optim.lbfgs import LBFGS
from ranvier.optim.levenberg_marquardt import LevenbergMarquardt
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

if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        raise absent.unknown(__name__, name, __all__, absent.OPTIM)
