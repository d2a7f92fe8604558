"""What PyTorch and Ranvier both compute; `torch` is whichever of them is given.

`run` gives arrays by name: every loss and activation with its gradient in float32 and
float64, and 20 steps of every optimiser in float64.
"""

import numpy as np

F32, F64 = "float32", "float64"
STEPS = 20

ACTIVATIONS = {
    "sigmoid": lambda nn: nn.Sigmoid(),
    "tanh": lambda nn: nn.Tanh(),
    "relu": lambda nn: nn.ReLU(),
    "leaky_relu": lambda nn: nn.LeakyReLU(0.1),
    "prelu": lambda nn: nn.PReLU(),
    "prelu_channels": lambda nn: nn.PReLU(5),
    "elu": lambda nn: nn.ELU(0.7),
    "selu": lambda nn: nn.SELU(),
    "gelu": lambda nn: nn.GELU(),
    "gelu_tanh": lambda nn: nn.GELU(approximate="tanh"),
    "silu": lambda nn: nn.SiLU(),
    "softplus": lambda nn: nn.Softplus(),
    "softplus_beta": lambda nn: nn.Softplus(2.0, 5.0),
    "logsigmoid": lambda nn: nn.LogSigmoid(),
    "softmax": lambda nn: nn.Softmax(dim=1),
    "log_softmax": lambda nn: nn.LogSoftmax(dim=1),
}
REGRESSION = {
    "mse": lambda nn: nn.MSELoss(),
    "mse_sum": lambda nn: nn.MSELoss(reduction="sum"),
    "mse_none": lambda nn: nn.MSELoss(reduction="none"),
    "l1": lambda nn: nn.L1Loss(),
    "smooth_l1": lambda nn: nn.SmoothL1Loss(beta=0.5),
    "huber": lambda nn: nn.HuberLoss(delta=0.7),
}
BINARY = {
    "bce": lambda nn, w: nn.BCELoss(),
    "bce_weight": lambda nn, w: nn.BCELoss(weight=w),
}
LOGITS = {
    "bce_logits": lambda nn, w: nn.BCEWithLogitsLoss(),
    "bce_logits_pos": lambda nn, w: nn.BCEWithLogitsLoss(pos_weight=w),
    "bce_logits_none": lambda nn, w: nn.BCEWithLogitsLoss(reduction="none"),
}
CLASSES = {
    "ce": lambda nn, w: nn.CrossEntropyLoss(),
    "ce_sum": lambda nn, w: nn.CrossEntropyLoss(reduction="sum"),
    "ce_none": lambda nn, w: nn.CrossEntropyLoss(reduction="none"),
    "ce_weight": lambda nn, w: nn.CrossEntropyLoss(weight=w),
    "ce_smooth": lambda nn, w: nn.CrossEntropyLoss(label_smoothing=0.1),
    "ce_all": lambda nn, w: nn.CrossEntropyLoss(
        weight=w, label_smoothing=0.2, ignore_index=3
    ),
    "ce_ignore": lambda nn, w: nn.CrossEntropyLoss(ignore_index=2),
    "nll": lambda nn, w: nn.NLLLoss(),
    "nll_weight": lambda nn, w: nn.NLLLoss(weight=w, reduction="sum"),
}
CONVOLUTIONS = {
    # name: layer, shape of the input
    "conv1d": (lambda nn: nn.Conv1d(3, 4, 5, stride=2, padding=1), (2, 3, 11)),
    "conv2d": (lambda nn: nn.Conv2d(3, 6, 3), (2, 3, 7, 6)),
    "conv2d_padded": (lambda nn: nn.Conv2d(1, 4, 5, padding=2), (2, 1, 6, 7)),
    "conv2d_same": (
        lambda nn: nn.Conv2d(2, 3, (2, 4), padding="same", dilation=(1, 2)),
        (1, 2, 6, 7),
    ),
    "conv2d_strides": (
        lambda nn: nn.Conv2d(2, 4, 3, stride=(2, 3), padding=(1, 0), bias=False),
        (2, 2, 8, 9),
    ),
    "conv2d_groups": (
        lambda nn: nn.Conv2d(4, 8, 3, groups=2, dilation=2),
        (2, 4, 8, 7),
    ),
    "conv2d_depthwise": (lambda nn: nn.Conv2d(5, 5, 3, groups=5), (2, 5, 6, 5)),
    "conv2d_single": (lambda nn: nn.Conv2d(2, 3, 3), (2, 5, 5)),
    "conv3d": (lambda nn: nn.Conv3d(2, 3, (1, 2, 3), padding=1), (1, 2, 3, 4, 5)),
    "conv_transpose1d": (
        lambda nn: nn.ConvTranspose1d(3, 2, 4, stride=3, padding=1),
        (2, 3, 5),
    ),
    "conv_transpose2d": (
        lambda nn: nn.ConvTranspose2d(
            4, 6, 3, stride=2, padding=1, output_padding=1, groups=2
        ),
        (2, 4, 4, 5),
    ),
    "conv_transpose2d_dilated": (
        lambda nn: nn.ConvTranspose2d(2, 3, 2, dilation=2, bias=False),
        (1, 2, 4, 3),
    ),
}
OPTIMIZERS = {
    "sgd": lambda optim, p: optim.SGD(p, lr=0.1),
    "sgd_momentum": lambda optim, p: optim.SGD(p, lr=0.05, momentum=0.9),
    "sgd_all": lambda optim, p: optim.SGD(
        p, lr=0.05, momentum=0.9, dampening=0.3, weight_decay=0.01
    ),
    "sgd_nesterov": lambda optim, p: optim.SGD(
        p, lr=0.05, momentum=0.8, nesterov=True, weight_decay=0.01
    ),
    "sgd_maximize": lambda optim, p: optim.SGD(p, lr=0.01, maximize=True),
    "adam": lambda optim, p: optim.Adam(p, lr=0.05),
    "adam_all": lambda optim, p: optim.Adam(
        p, lr=0.02, betas=(0.8, 0.9), eps=1e-6, weight_decay=0.1, amsgrad=True
    ),
    "adamw": lambda optim, p: optim.AdamW(p, lr=0.05, weight_decay=0.1),
    "rmsprop": lambda optim, p: optim.RMSprop(p, lr=0.01),
    "rmsprop_all": lambda optim, p: optim.RMSprop(
        p, lr=0.01, alpha=0.9, momentum=0.5, centered=True, weight_decay=0.01
    ),
    "adagrad": lambda optim, p: optim.Adagrad(p, lr=0.1),
    "adagrad_all": lambda optim, p: optim.Adagrad(
        p, lr=0.1, lr_decay=0.01, weight_decay=0.01, initial_accumulator_value=0.1
    ),
}

PICTURES = {
    "max_pool": lambda nn: nn.MaxPool2d(2),
    "max_pool_overlapping": lambda nn: nn.MaxPool2d(3, 2, 1),
    "max_pool_dilated": lambda nn: nn.MaxPool2d((2, 3), 1, 1, 2),
    "max_pool_ceil": lambda nn: nn.MaxPool2d(3, 2, ceil_mode=True),
    "avg_pool": lambda nn: nn.AvgPool2d(2),
    "avg_pool_overlapping": lambda nn: nn.AvgPool2d(3, 2, 1),
    "avg_pool_inside": lambda nn: nn.AvgPool2d(
        3, 2, 1, ceil_mode=True, count_include_pad=False
    ),
    "avg_pool_divisor": lambda nn: nn.AvgPool2d((3, 2), divisor_override=5),
    "adaptive_avg": lambda nn: nn.AdaptiveAvgPool2d((3, 2)),
    "adaptive_avg_even": lambda nn: nn.AdaptiveAvgPool2d((2, 1)),
    "adaptive_max": lambda nn: nn.AdaptiveMaxPool2d((3, None)),
    "batch_norm": lambda nn: nn.BatchNorm2d(3),
    "batch_norm_plain": lambda nn: nn.BatchNorm2d(
        3, affine=False, track_running_stats=False
    ),
    "batch_norm_mean": lambda nn: nn.BatchNorm2d(3, eps=1e-3, momentum=None),
    "group_norm": lambda nn: nn.GroupNorm(3, 3),
    "instance_norm": lambda nn: nn.InstanceNorm2d(3, affine=True),
    "layer_norm": lambda nn: nn.LayerNorm((3, 4, 5)),
    "rms_norm": lambda nn: nn.RMSNorm(5, eps=1e-4),
}
ROWS = {
    "max_pool1d": lambda nn: nn.MaxPool1d(3, 2, 1),
    "avg_pool1d": lambda nn: nn.AvgPool1d(2, 1, 1),
    "adaptive_avg1d": lambda nn: nn.AdaptiveAvgPool1d(3),
    "adaptive_max1d": lambda nn: nn.AdaptiveMaxPool1d(3),
    "batch_norm1d": lambda nn: nn.BatchNorm1d(4, momentum=0.3),
    "layer_norm1d": lambda nn: nn.LayerNorm(7, bias=False),
}
FUNCTIONS = {
    "unfold": lambda torch, x: torch.nn.functional.unfold(x, (2, 3), 1, 1, 2),
    "pad_reflect": lambda torch, x: torch.nn.functional.pad(x, (2, 1, 0, 3), "reflect"),
    "pad_value": lambda torch, x: torch.nn.functional.pad(x, (2, -1, 1, 0), value=2.0),
    "pad_replicate": lambda torch, x: torch.nn.functional.pad(
        x, (2, 1, 0, 3), "replicate"
    ),
    "sort": lambda torch, x: torch.sort(x, 2, descending=True)[0],
    "topk": lambda torch, x: torch.topk(x, 2, 1)[0],
    "cumsum": lambda torch, x: torch.cumsum(x, 2),
    "cumprod": lambda torch, x: torch.cumprod(x, 3),
}


def inputs(shape, dtype, seed, low=-3.0, high=3.0):
    return np.random.default_rng(seed).uniform(low, high, shape).astype(dtype)


def run(torch):
    out = {}
    for dtype in (F32, F64):
        kind = getattr(torch, dtype)
        losses_and_activations(torch, kind, dtype, out)
    for name, make in OPTIMIZERS.items():
        trajectory(torch, name, make, out)
    return out


def losses_and_activations(torch, kind, dtype, out):
    nn = torch.nn
    for name, make in ACTIVATIONS.items():
        module = make(nn).to(kind)
        record(torch, f"{name}.{dtype}", module, inputs((4, 5), dtype, 1), None, out)
    target = torch.tensor(inputs((4, 5), dtype, 2))
    for name, make in REGRESSION.items():
        x = inputs((4, 5), dtype, 1)
        record(torch, f"{name}.{dtype}", make(nn), x, target, out)
    binary(torch, dtype, out)
    classes(torch, dtype, out)
    linear(torch, kind, dtype, out)
    convolutions(torch, kind, dtype, out)
    pictures(torch, kind, dtype, out)


def pictures(torch, kind, dtype, out):
    """Layers for pictures and rows, with ties at 0; the second batch moves the running
    statistics once more, and a last one is judged in eval mode.
    """
    shapes = ((PICTURES, (2, 3, 4, 5)), (ROWS, (3, 4, 7)))
    for table, shape in shapes:
        for name, make in table.items():
            module = make(torch.nn).to(kind)
            state = {
                key: torch.tensor(inputs(tuple(value.shape), dtype, 9, 0.5, 1.5))
                for key, value in module.named_parameters()
            }
            module.load_state_dict(state, strict=False)
            x = np.maximum(inputs(shape, dtype, 1), 0)
            record(torch, f"{name}.{dtype}", module, x, None, out)
            if hasattr(module, "running_mean"):
                running(torch, f"{name}.{dtype}", module, x, out)
    for name, function in FUNCTIONS.items():
        x = inputs((2, 3, 4, 5), dtype, 1)
        call = Call(lambda x, f=function: f(torch, x))
        record(torch, f"{name}.{dtype}", call, x, None, out)


class Call:
    """A function where `record` wants a module."""

    def __init__(self, function):
        self.function = function

    def __call__(self, x):
        return self.function(x)

    def named_parameters(self):
        return ()


def running(torch, name, module, x, out):
    module(torch.tensor(2 * x + 1))
    for key, value in module.named_buffers():
        out[f"{name}.{key}"] = np.array(value)
    module.eval()
    out[f"{name}.judged"] = np.array(module(torch.tensor(x)).detach())


def binary(torch, dtype, out):
    weight = torch.tensor(inputs((5,), dtype, 4, 0.5, 2.0))
    chance = torch.tensor(inputs((4, 5), dtype, 3, 0.0, 1.0))
    for name, make in BINARY.items():
        x = inputs((4, 5), dtype, 1, 0.05, 0.95)
        record(torch, f"{name}.{dtype}", make(torch.nn, weight), x, chance, out)
    for name, make in LOGITS.items():
        x = 5 * inputs((4, 5), dtype, 1)
        record(torch, f"{name}.{dtype}", make(torch.nn, weight), x, chance, out)


def classes(torch, dtype, out):
    weight = torch.tensor(inputs((5,), dtype, 4, 0.5, 2.0))
    y = torch.tensor(np.array([0, 4, 2, 3]))
    x = inputs((4, 5), dtype, 1)
    for name, make in CLASSES.items():
        record(torch, f"{name}.{dtype}", make(torch.nn, weight), x, y, out)
    image = inputs((2, 5, 3), dtype, 6)
    y = torch.tensor(np.array([[0, 4, 2], [3, 3, 1]]))
    loss = torch.nn.CrossEntropyLoss(weight=weight)
    record(torch, f"ce_image.{dtype}", loss, image, y, out)
    chance = inputs((4, 5), dtype, 5, 0.0, 1.0)
    chance = torch.tensor(chance / chance.sum(1, keepdims=True))
    loss = torch.nn.CrossEntropyLoss(label_smoothing=0.1, weight=weight)
    record(torch, f"ce_chance.{dtype}", loss, x, chance, out)


def linear(torch, kind, dtype, out):
    layer = torch.nn.Linear(5, 3).to(kind)
    state = {"weight": inputs((3, 5), dtype, 7), "bias": inputs((3,), dtype, 8)}
    layer.load_state_dict({k: torch.tensor(v) for k, v in state.items()})
    record(torch, f"linear.{dtype}", layer, inputs((2, 4, 5), dtype, 1), None, out)


def convolutions(torch, kind, dtype, out):
    for name, (make, shape) in CONVOLUTIONS.items():
        layer = make(torch.nn).to(kind)
        state = {
            key: torch.tensor(inputs(tuple(value.shape), dtype, 7))
            for key, value in layer.state_dict().items()
        }
        layer.load_state_dict(state)
        record(torch, f"{name}.{dtype}", layer, inputs(shape, dtype, 1), None, out)


def record(torch, name, module, array, target, out):
    """Output, and the gradients of a weighted sum of it."""
    x = torch.tensor(array, requires_grad=True)
    y = module(x) if target is None else module(x, target)
    weights = np.cos(np.arange(y.numel()) * 1.7).reshape(tuple(y.shape)) + 1.5
    (y * torch.tensor(weights.astype(array.dtype))).sum().backward()
    out[f"{name}.y"] = np.array(y.detach())
    out[f"{name}.dx"] = np.array(x.grad)
    for key, parameter in module.named_parameters():
        out[f"{name}.d{key}"] = np.array(parameter.grad)


def trajectory(torch, name, make, out):
    """Weights after each of 20 steps of a small regression."""
    x = torch.tensor(inputs((8, 3), F64, 1))
    y = torch.tensor(inputs((8, 2), F64, 2))
    w = torch.tensor(inputs((3, 2), F64, 3), requires_grad=True)
    b = torch.tensor(inputs((2,), F64, 4), requires_grad=True)
    optimizer = make(torch.optim, [w, b])
    path = []
    for _ in range(STEPS):
        optimizer.zero_grad()
        loss = (((x @ w + b).tanh() - y) ** 2).mean()
        loss.backward()
        optimizer.step()
        path.append(
            np.concatenate([np.array(w.detach()).ravel(), np.array(b.detach())])
        )
    out[f"optim.{name}"] = np.stack(path)
