"""Schedules of the learning rate: plain Python on `optimizer.param_groups`.

Call `scheduler.step()` after the steps of an epoch, or after every step for a schedule
that is meant for that. A compiled step reads the new rate; nothing is compiled again.
Called inside a function that `rv.compile` captures, behind `optimizer.step()`, it takes
effect at every step of a native run as well: the rates of the run are computed before
it starts.
"""

from ranvier.optim.lr_scheduler.combined import ChainedScheduler, SequentialLR
from ranvier.optim.lr_scheduler.cosine import (
    CosineAnnealingLR,
    CosineAnnealingWarmRestarts,
)
from ranvier.optim.lr_scheduler.cyclic import CyclicLR
from ranvier.optim.lr_scheduler.factors import (
    ConstantLR,
    ExponentialLR,
    LinearLR,
    MultiStepLR,
    PolynomialLR,
    StepLR,
)
from ranvier.optim.lr_scheduler.functions import LambdaLR, MultiplicativeLR
from ranvier.optim.lr_scheduler.one_cycle import OneCycleLR
from ranvier.optim.lr_scheduler.plateau import ReduceLROnPlateau
from ranvier.optim.lr_scheduler.scheduler import LRScheduler

__all__ = [
    "ChainedScheduler",
    "ConstantLR",
    "CosineAnnealingLR",
    "CosineAnnealingWarmRestarts",
    "CyclicLR",
    "ExponentialLR",
    "LRScheduler",
    "LambdaLR",
    "LinearLR",
    "MultiStepLR",
    "MultiplicativeLR",
    "OneCycleLR",
    "PolynomialLR",
    "ReduceLROnPlateau",
    "SequentialLR",
    "StepLR",
]
