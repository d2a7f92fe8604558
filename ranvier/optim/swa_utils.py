"""Averages of a model's weights over its training, and the schedule that goes along.

    averaged = AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(0.999))
    ...                                  # after every optimizer.step():
    averaged.update_parameters(model)

`update_parameters` may stand inside a compiled step, so that a native run averages in
every step.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from ranvier.errors import ValueRangeError
from ranvier.nn.module import Module
from ranvier.nn.normalization import _BatchNorm
from ranvier.optim.lr_scheduler.cyclic import known
from ranvier.optim.lr_scheduler.scheduler import LRScheduler, one_a_group
from ranvier.optim.optimizer import Optimizer
from ranvier.tensor import Tensor
from ranvier.tensors.functions import where
from ranvier.tensors.modes import no_grad

Average = Callable[[Tensor, Tensor, Tensor], Tensor]
Averages = Callable[[Sequence[Tensor], Sequence[Tensor], Tensor], None]


def get_swa_avg_fn() -> Average:
    """a + (p - a) / (n + 1): the mean of all (Izmailov et al., 2018)."""
    return lambda a, p, n: a + (p - a) / (n + 1).to(a.dtype)


def get_ema_avg_fn(decay: float = 0.999) -> Average:
    """decay · a + (1 - decay) p: the newer, the more weight (Polyak)."""
    if not 0.0 <= decay <= 1.0:
        raise ValueRangeError(f"decay is {decay}; it must lie between 0 and 1.")
    return lambda a, p, n: decay * a + (1 - decay) * p


def get_swa_multi_avg_fn() -> Averages:
    """As `get_swa_avg_fn`, for lists and in place."""
    return _in_place(get_swa_avg_fn())


def get_ema_multi_avg_fn(decay: float = 0.999) -> Averages:
    """As `get_ema_avg_fn`, for lists and in place."""
    return _in_place(get_ema_avg_fn(decay))


def _in_place(average: Average) -> Averages:
    def update(averaged: Sequence[Tensor], new: Sequence[Tensor], n: Tensor) -> None:
        with no_grad():
            for a, p in zip(averaged, new, strict=True):
                a.copy_(average(a, p, n).to(a.dtype))

    return update


class AveragedModel(Module):
    """A copy of a model whose weights are averages of the model's.

    `avg_fn(averaged, parameter, n)` or `multi_avg_fn` (lists, in place) says which; the
    mean of all without them. The first update copies. Buffers (running statistics) are
    the model's latest, or averaged too with `use_buffers`.

    >>> import ranvier as rv
    >>> from ranvier.optim.swa_utils import AveragedModel
    >>> model = rv.nn.Linear(1, 1, bias=False)
    >>> averaged = AveragedModel(model)
    >>> for value in (1.0, 2.0, 6.0):
    ...     _ = model.load_state_dict({"weight": [[value]]})
    ...     averaged.update_parameters(model)
    >>> averaged.module.weight.item()
    3.0
    """

    n_averaged: Tensor

    def __init__(
        self,
        model: Module,
        device: str | None = None,
        avg_fn: Average | None = None,
        multi_avg_fn: Averages | None = None,
        use_buffers: bool = False,
    ) -> None:
        super().__init__()
        if avg_fn is not None and multi_avg_fn is not None:
            raise ValueRangeError(
                "AveragedModel: got both avg_fn and multi_avg_fn; give one of them."
            )
        self.module = copy.deepcopy(model)
        if device is not None:
            self.module.to(device)
        self.register_buffer("n_averaged", Tensor(np.array(0)))
        self.avg_fn = avg_fn or get_swa_avg_fn()
        self.multi_avg_fn = multi_avg_fn
        self.use_buffers = use_buffers

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """What the averaged model gives."""
        return self.module(*args, **kwargs)

    def update_parameters(self, model: Module) -> None:
        """Take the model's weights into the average."""
        mine: list[Tensor] = list(self.module.parameters())
        theirs: list[Tensor] = list(model.parameters())
        buffers = list(self.module.buffers()), list(model.buffers())
        if self.use_buffers:
            mine, theirs = mine + buffers[0], theirs + buffers[1]
        with no_grad():
            begins, before = self.n_averaged == 0, [a.detach().clone() for a in mine]
            news = self._averages(before, theirs)
            for a, p, new in zip(mine, theirs, news, strict=True):
                a.copy_(where(begins, p.detach(), new.to(a.dtype)))
            if not self.use_buffers:
                for own, other in zip(*buffers, strict=True):
                    own.copy_(other)
            self.n_averaged.add_(1)

    def _averages(
        self, averaged: list[Tensor], params: list[Tensor]
    ) -> Iterable[Tensor]:
        if self.multi_avg_fn is not None:
            self.multi_avg_fn(averaged, [p.detach() for p in params], self.n_averaged)
            return averaged
        pairs = zip(averaged, params, strict=True)
        return [self.avg_fn(a, p.detach(), self.n_averaged) for a, p in pairs]


class SWALR(LRScheduler):
    """From the rate that is there to swa_lr in `anneal_epochs`, then constant."""

    def __init__(
        self,
        optimizer: Optimizer,
        swa_lr: float | Sequence[float],
        anneal_epochs: int = 10,
        anneal_strategy: str = "cos",
        last_epoch: int = -1,
    ) -> None:
        known("SWALR", "anneal_strategy", anneal_strategy, ("cos", "linear"))
        if not isinstance(anneal_epochs, int) or anneal_epochs < 0:
            raise ValueRangeError(
                f"SWALR: anneal_epochs is {anneal_epochs!r:.20}; expected a whole "
                "number from 0."
            )
        self.anneal_epochs = anneal_epochs
        self.anneal_strategy = anneal_strategy
        rates = one_a_group("SWALR", "swa_lr", swa_lr, optimizer)
        for group, rate in zip(optimizer.param_groups, rates, strict=True):
            group["swa_lr"] = rate
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        step = self._step_count - 1
        if self.anneal_epochs == 0:
            step = max(1, step)
        before, now = self._share(step - 1), self._share(step)
        rates = []
        for group, rate in zip(self.optimizer.param_groups, self.rates(), strict=True):
            last = group["swa_lr"]
            first = last if before == 1 else (rate - before * last) / (1 - before)
            rates.append(last * now + first * (1 - now))
        return rates

    def _share(self, step: int) -> float:
        """How far the rate is on its way to swa_lr."""
        t = max(0.0, min(1.0, step / max(1, self.anneal_epochs)))
        return (
            t if self.anneal_strategy == "linear" else (1 - math.cos(math.pi * t)) / 2
        )


def update_bn(loader: Iterable[Any], model: Module, device: str | None = None) -> None:
    """Make the running statistics of all BatchNorm layers anew, from a loader.

    A batch may be a tensor, or a tuple that begins with the inputs.
    """
    layers = [m for m in model.modules() if isinstance(m, _BatchNorm)]
    if not layers:
        return
    momenta = [layer.momentum for layer in layers]
    training = model.training
    model.train()
    for layer in layers:
        layer.reset_running_stats()
        layer.momentum = None
    try:
        with no_grad():
            for batch in loader:
                x = batch[0] if isinstance(batch, list | tuple) else batch
                model(x if device is None else x.to(device))
    finally:
        for layer, momentum in zip(layers, momenta, strict=True):
            layer.momentum = momentum
        model.train(training)
