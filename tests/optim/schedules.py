"""50 steps of every schedule on two groups; `torch` is PyTorch when the references are
made and Ranvier when they are compared.
"""

from types import SimpleNamespace

import numpy as np

STEPS = 50


class Falling:
    """A function that is an object: its fields are saved with the schedule."""

    def __init__(self):
        self.power = 0.5

    def __call__(self, epoch):
        return (1 + epoch) ** -self.power


def falling(epoch):
    return 0.9**epoch


def warm(s, o):
    first, then = s.LinearLR(o, 0.1, total_iters=4), s.CosineAnnealingLR(o, 30, 0.01)
    return s.SequentialLR(o, [first, then], [4])


def three(s, o):
    parts = [
        s.ConstantLR(o, 0.2, 3),
        s.StepLR(o, 4),
        s.CosineAnnealingWarmRestarts(o, 7),
    ]
    return s.SequentialLR(o, parts, [6, 20])


def chained_first(s, o):
    both = s.ChainedScheduler([s.ConstantLR(o, 0.5, 3), s.PolynomialLR(o, 40, 2.0)])
    return s.SequentialLR(o, [both, s.MultiplicativeLR(o, falling)], [30])


def going_on(s, o):
    for group in o.param_groups:
        group["initial_lr"] = 2 * group["lr"]
    return s.StepLR(o, 5, last_epoch=7)


# fmt: off
CASES = {
    "StepLR":              lambda s, o: s.StepLR(o, 7, gamma=0.5),
    "StepLR/last_epoch":   going_on,
    "MultiStepLR":         lambda s, o: s.MultiStepLR(o, [30, 5, 12, 12], gamma=0.5),
    "ExponentialLR":       lambda s, o: s.ExponentialLR(o, 0.93),
    "ConstantLR":          lambda s, o: s.ConstantLR(o),
    "ConstantLR/factor":   lambda s, o: s.ConstantLR(o, 0.2, total_iters=9),
    "LinearLR":            lambda s, o: s.LinearLR(o),
    "LinearLR/down":       lambda s, o: s.LinearLR(o, 1.0, 0.1, total_iters=20),
    "PolynomialLR":        lambda s, o: s.PolynomialLR(o),
    "PolynomialLR/power":  lambda s, o: s.PolynomialLR(o, 37, power=1.5),
    "LambdaLR":            lambda s, o: s.LambdaLR(o, [falling, Falling()]),
    "MultiplicativeLR":    lambda s, o: s.MultiplicativeLR(o, lambda epoch: 1 - 0.01 * epoch),  # noqa: E501
    "CosineAnnealingLR":   lambda s, o: s.CosineAnnealingLR(o, 12, eta_min=0.01),
    "CosineAnnealingLR/0": lambda s, o: s.CosineAnnealingLR(o, 50),
    "WarmRestarts":        lambda s, o: s.CosineAnnealingWarmRestarts(o, 10),
    "WarmRestarts/longer": lambda s, o: s.CosineAnnealingWarmRestarts(o, 3, 2, 0.01),
    "CyclicLR":            lambda s, o: s.CyclicLR(o, 0.01, 0.3, 6),
    "CyclicLR/2":          lambda s, o: s.CyclicLR(o, [0.01, 0.02], [0.3, 0.4], 6, 3, "triangular2", cycle_momentum=False),  # noqa: E501
    "CyclicLR/range":      lambda s, o: s.CyclicLR(o, 0.01, 0.3, 5, mode="exp_range", gamma=0.98),  # noqa: E501
    "CyclicLR/own":        lambda s, o: s.CyclicLR(o, 0.01, 0.3, 5, scale_fn=falling, scale_mode="iterations"),  # noqa: E501
    "OneCycleLR":          lambda s, o: s.OneCycleLR(o, 0.3, total_steps=50),
    "OneCycleLR/linear":   lambda s, o: s.OneCycleLR(o, [0.3, 0.2], epochs=5, steps_per_epoch=10, pct_start=0.4, anneal_strategy="linear", div_factor=10, final_div_factor=100),  # noqa: E501
    "OneCycleLR/three":    lambda s, o: s.OneCycleLR(o, 0.3, total_steps=50, three_phase=True, cycle_momentum=False),  # noqa: E501
    "SequentialLR":        warm,
    "SequentialLR/three":  three,
    "SequentialLR/chain":  chained_first,
    "ChainedScheduler":    lambda s, o: s.ChainedScheduler([s.ConstantLR(o, 0.1, 5), s.ExponentialLR(o, 0.9), s.CosineAnnealingLR(o, 20)], o),  # noqa: E501
    "Plateau":             lambda s, o: s.ReduceLROnPlateau(o, factor=0.5, patience=2),
    "Plateau/max":         lambda s, o: s.ReduceLROnPlateau(o, "max", 0.5, 1, 0.05, "abs", 3, [0.01, 0.02]),  # noqa: E501
    "SWALR":               lambda s, o: s.SWALR(o, 0.05),
    "SWALR/linear":        lambda s, o: s.SWALR(o, [0.05, 0.3], 7, "linear"),
    "SWALR/0":             lambda s, o: s.SWALR(o, 0.05, 0),
}
# fmt: on


def names(torch):
    """The schedules by name, wherever they stand."""
    both = vars(torch.optim.lr_scheduler), vars(torch.optim.swa_utils)
    return SimpleNamespace(**{k: v for part in both for k, v in part.items()})


def optimizer(torch):
    groups = [
        {"params": [torch.ones(1, requires_grad=True)], "lr": lr} for lr in (0.5, 0.1)
    ]
    return torch.optim.SGD(groups, lr=1.0, momentum=0.7)


def metric(i):
    return float(np.cos(i) / (1 + i // 5))


def rates(torch, make):
    """(steps, 3): both rates and the momentum of the first group."""
    made = optimizer(torch)
    scheduler = make(names(torch), made)
    rows = [row(made)]
    made.step()
    for i in range(STEPS):
        go(scheduler, i)
        rows.append(row(made))
        assert scheduler.get_last_lr() == rows[-1][:2]
    return np.array(rows)


def go(scheduler, i):
    if hasattr(scheduler, "patience"):
        scheduler.step(metric(i))
    else:
        scheduler.step()


def row(made):
    groups = made.param_groups
    return [groups[0]["lr"], groups[1]["lr"], groups[0]["momentum"]]
