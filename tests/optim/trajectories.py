"""100 steps of every optimiser on a small regression; `torch` is PyTorch when the
references are made and Ranvier when they are compared.
"""

import numpy as np

STEPS = 100
KEPT = (0, 1, 2, 9, 49, 99)  # the steps whose parameters are compared

# fmt: off
CASES = {
    "SGD":            lambda o, p: o.SGD(p, lr=0.1),
    "SGD/momentum":   lambda o, p: o.SGD(p, lr=0.05, momentum=0.9),
    "SGD/dampening":  lambda o, p: o.SGD(p, lr=0.05, momentum=0.9, dampening=0.3, weight_decay=0.01),  # noqa: E501
    "SGD/nesterov":   lambda o, p: o.SGD(p, lr=0.05, momentum=0.8, nesterov=True, weight_decay=0.01),  # noqa: E501
    "SGD/maximize":   lambda o, p: o.SGD(p, lr=0.01, maximize=True),
    "Adagrad":        lambda o, p: o.Adagrad(p, lr=0.1),
    "Adagrad/all":    lambda o, p: o.Adagrad(p, lr=0.1, lr_decay=0.01, weight_decay=0.01, initial_accumulator_value=0.1, maximize=True),  # noqa: E501
    "RMSprop":        lambda o, p: o.RMSprop(p, lr=0.01),
    "RMSprop/centered": lambda o, p: o.RMSprop(p, lr=0.01, centered=True),
    "RMSprop/all":    lambda o, p: o.RMSprop(p, lr=0.01, alpha=0.9, momentum=0.5, centered=True, weight_decay=0.01, maximize=True),  # noqa: E501
    "Adadelta":       lambda o, p: o.Adadelta(p),
    "Adadelta/all":   lambda o, p: o.Adadelta(p, lr=0.5, rho=0.8, eps=1e-4, weight_decay=0.01, maximize=True),  # noqa: E501
    "Rprop":          lambda o, p: o.Rprop(p),
    "Rprop/all":      lambda o, p: o.Rprop(p, lr=0.02, etas=(0.4, 1.3), step_sizes=(1e-3, 0.1)),  # noqa: E501
    "ASGD":           lambda o, p: o.ASGD(p, lr=0.1),
    "ASGD/all":       lambda o, p: o.ASGD(p, lr=0.1, lambd=0.02, alpha=0.6, t0=20, weight_decay=0.01),  # noqa: E501
    "Adam":           lambda o, p: o.Adam(p, lr=0.05),
    "Adam/all":       lambda o, p: o.Adam(p, lr=0.02, betas=(0.8, 0.9), eps=1e-6, weight_decay=0.1, amsgrad=True),  # noqa: E501
    "Adam/decoupled": lambda o, p: o.Adam(p, lr=0.02, weight_decay=0.1, decoupled_weight_decay=True, maximize=True),  # noqa: E501
    "AdamW":          lambda o, p: o.AdamW(p, lr=0.05, weight_decay=0.1),
    "AdamW/amsgrad":  lambda o, p: o.AdamW(p, lr=0.05, betas=(0.5, 0.9), amsgrad=True),
    "Adamax":         lambda o, p: o.Adamax(p, lr=0.02),
    "Adamax/all":     lambda o, p: o.Adamax(p, lr=0.02, betas=(0.7, 0.95), eps=1e-3, weight_decay=0.1, maximize=True),  # noqa: E501
    "NAdam":          lambda o, p: o.NAdam(p, lr=0.02),
    "NAdam/all":      lambda o, p: o.NAdam(p, lr=0.005, betas=(0.8, 0.9), weight_decay=0.1, momentum_decay=0.1),  # noqa: E501
    "NAdam/decoupled": lambda o, p: o.NAdam(p, lr=0.02, weight_decay=0.1, decoupled_weight_decay=True),  # noqa: E501
    "RAdam":          lambda o, p: o.RAdam(p, lr=0.02),
    "RAdam/all":      lambda o, p: o.RAdam(p, lr=0.02, betas=(0.8, 0.9), weight_decay=0.1, maximize=True),  # noqa: E501
    "RAdam/decoupled": lambda o, p: o.RAdam(p, lr=0.02, weight_decay=0.1, decoupled_weight_decay=True),  # noqa: E501
    "groups":         lambda o, p: o.Adam([{"params": p[:1], "lr": 0.1}, {"params": p[1:], "betas": (0.5, 0.9)}], lr=0.01),  # noqa: E501
}
LION = {
    "Lion":           lambda o, p: o.Lion(p, lr=0.01),
    "Lion/decay":     lambda o, p: o.Lion(p, lr=0.01, betas=(0.8, 0.95), weight_decay=0.1),  # noqa: E501
}
LBFGS = {
    "LBFGS":            {"max_iter": 8},
    "LBFGS/lr":         {"lr": 0.3, "max_iter": 7, "history_size": 3},
    "LBFGS/wolfe":      {"line_search_fn": "strong_wolfe"},
    "LBFGS/few":        {"line_search_fn": "strong_wolfe", "max_iter": 5, "max_eval": 6, "history_size": 2},  # noqa: E501
    "LBFGS/long":       {"line_search_fn": "strong_wolfe", "lr": 30.0, "max_iter": 9},
    "LBFGS/tolerance":  {"line_search_fn": "strong_wolfe", "tolerance_grad": 1e-2, "tolerance_change": 1e-3},  # noqa: E501
}
# fmt: on


def data(torch, dtype):
    """Inputs, targets, and the parameters w, b and c; c has a gradient in every second
    step only.
    """
    rng = np.random.default_rng(7)
    shapes = ((8, 3), (8, 2), (3, 2), (2,), (1, 2))
    x, y, *start = (rng.uniform(-2, 2, shape).astype(dtype) for shape in shapes)
    parameters = [torch.tensor(a, requires_grad=True) for a in start]
    return torch.tensor(x), torch.tensor(y), parameters


def loss_of(x, y, parameters, with_c):
    w, b, c = parameters
    loss = (((x @ w + b).tanh() - y) ** 2).mean()
    return loss + ((c - 1.0) ** 2 * w.detach()[:1]).mean() if with_c else loss


def path(torch, make, dtype, compiled=False):
    """The parameters after the kept steps, side by side."""
    x, y, parameters = data(torch, dtype)
    optimizer = make(torch.optim, parameters)

    def learn(with_c):
        optimizer.zero_grad()
        loss_of(x, y, parameters, with_c).backward()
        optimizer.step()

    steps = [lambda: learn(True), lambda: learn(False)]
    if compiled:
        steps = [torch.compile(step) for step in steps]
    rows = []
    for i in range(STEPS):
        steps[i % 2]()
        if i in KEPT:
            flat = [np.array(p.detach(), np.float64).ravel() for p in parameters]
            rows.append(np.concatenate(flat))
    return np.stack(rows)


def lbfgs_path(torch, options, dtype="float64", compiled=False):
    """Parameters and loss of five steps on the regression and Rosenbrock's valley."""
    x, y, parameters = data(torch, dtype)
    valley = torch.tensor(np.array([-1.2, 1.0], dtype), requires_grad=True)
    parameters = [*parameters[:2], valley]
    optimizer = torch.optim.LBFGS(parameters, **options)

    def closure():
        optimizer.zero_grad()
        w, b, v = parameters
        loss = (((x @ w + b).tanh() - y) ** 2).mean()
        loss = loss + (1 - v[0]) ** 2 + 10 * (v[1] - v[0] ** 2) ** 2
        loss.backward()
        return loss

    rows = []
    function = torch.compile(closure) if compiled else closure
    for _ in range(5):
        loss = optimizer.step(function)
        flat = [np.array(p.detach(), np.float64).ravel() for p in parameters]
        rows.append(np.concatenate([*flat, [float(loss)]]))
    return np.stack(rows)
