"""Optimisers in order of increasing complexity, and schedules of the learning rate."""

from typing import TYPE_CHECKING

from ranvier import absent
from ranvier.optim import lr_scheduler
from ranvier.optim.adagrad import Adagrad
from ranvier.optim.adam import Adam, AdamW
from ranvier.optim.optimizer import Optimizer
from ranvier.optim.rmsprop import RMSprop
from ranvier.optim.sgd import SGD

__all__ = ["SGD", "Adagrad", "Adam", "AdamW", "Optimizer", "RMSprop", "lr_scheduler"]

if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        raise absent.unknown(__name__, name, __all__, {})
