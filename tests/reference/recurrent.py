"""Recurrent layers, cells and a training run, as cases.py: `torch` is PyTorch or
Ranvier.
"""

import numpy as np

DTYPES = ("float32", "float64")
ROWS, STEPS, BATCH, EPOCHS = 12, 5, 4, 3

# name: (module, shape of the input, shapes of the state or None)
CASES = {
    "rnn": (lambda nn: nn.RNN(3, 4), (5, 2, 3), [(1, 2, 4)]),
    "rnn_relu": (
        lambda nn: nn.RNN(3, 4, 2, nonlinearity="relu", batch_first=True),
        (2, 5, 3),
        None,
    ),
    "rnn_alone": (lambda nn: nn.RNN(3, 4, bidirectional=True), (5, 3), [(2, 4)]),
    "lstm": (lambda nn: nn.LSTM(3, 4), (5, 2, 3), [(1, 2, 4), (1, 2, 4)]),
    "lstm_deep": (
        lambda nn: nn.LSTM(3, 4, 2, batch_first=True, bidirectional=True),
        (2, 5, 3),
        [(4, 2, 4), (4, 2, 4)],
    ),
    "lstm_plain": (lambda nn: nn.LSTM(3, 4, bias=False), (1, 2, 3), None),
    "lstm_alone": (lambda nn: nn.LSTM(3, 4, 2), (5, 3), [(2, 4), (2, 4)]),
    "lstm_proj": (
        lambda nn: nn.LSTM(3, 5, 2, proj_size=2, bidirectional=True),
        (4, 2, 3),
        [(4, 2, 2), (4, 2, 5)],
    ),
    "gru": (lambda nn: nn.GRU(3, 4), (5, 2, 3), [(1, 2, 4)]),
    "gru_deep": (
        lambda nn: nn.GRU(3, 4, 2, batch_first=True, bidirectional=True),
        (2, 5, 3),
        None,
    ),
    "gru_plain": (lambda nn: nn.GRU(3, 4, bias=False), (5, 2, 3), None),
    "rnn_cell": (lambda nn: nn.RNNCell(3, 4), (2, 3), [(2, 4)]),
    "rnn_cell_relu": (lambda nn: nn.RNNCell(3, 4, nonlinearity="relu"), (3,), None),
    "lstm_cell": (lambda nn: nn.LSTMCell(3, 4), (2, 3), [(2, 4), (2, 4)]),
    "lstm_cell_alone": (lambda nn: nn.LSTMCell(3, 4, bias=False), (3,), None),
    "gru_cell": (lambda nn: nn.GRUCell(3, 4), (2, 3), [(2, 4)]),
    "gru_cell_alone": (lambda nn: nn.GRUCell(3, 4), (3,), [(4,)]),
}
LAYERS = ("RNN", "LSTM", "GRU")


def inputs(shape, dtype, seed, size=1.0):
    return np.random.default_rng(seed).uniform(-size, size, shape).astype(dtype)


def module(torch, make, dtype):
    made = make(torch.nn).to(getattr(torch, dtype))
    state = {
        key: torch.tensor(inputs(tuple(value.shape), dtype, i + 7))
        for i, (key, value) in enumerate(made.state_dict().items())
    }
    made.load_state_dict(state)
    return made


def arrays(name, dtype):
    """Input and state."""
    _, shape, states = CASES[name]
    return [inputs(s, dtype, i + 1) for i, s in enumerate([shape, *(states or [])])]


def outputs(made, x, state):
    """Every result, in one list."""
    hx = tuple(state) if len(state) > 1 else (state[0] if state else None)
    found = made(x, hx)
    flat = []
    for part in found if isinstance(found, tuple) else (found,):
        flat += part if isinstance(part, tuple) else (part,)
    return flat


def weighted(torch, results, dtype):
    """One number in which every result counts."""
    total = 0.0
    for y in results:
        weights = np.cos(np.arange(y.numel()) * 1.7).reshape(tuple(y.shape)) + 1.5
        total = total + (y * torch.tensor(weights.astype(dtype))).sum()
    return total


def run(torch):
    out = {}
    for dtype in DTYPES:
        for name, (make, _, _) in CASES.items():
            record(torch, name, module(torch, make, dtype), dtype, out)
        for layer in LAYERS:
            train(torch, layer, dtype, out)
    return out


def record(torch, name, made, dtype, out):
    given = [torch.tensor(a, requires_grad=True) for a in arrays(name, dtype)]
    results = outputs(made, given[0], given[1:])
    weighted(torch, results, dtype).backward()
    for i, y in enumerate(results):
        out[f"{name}.{dtype}.y{i}"] = np.array(y.detach())
    for i, x in enumerate(given):
        out[f"{name}.{dtype}.dx{i}"] = np.array(x.grad)
    for key, parameter in made.named_parameters():
        out[f"{name}.{dtype}.d{key}"] = np.array(parameter.grad)


class Net:
    """The last output of two layers, to one number."""

    def __init__(self, torch, layer, dtype):
        nn = torch.nn
        kind = getattr(nn, layer)
        self.layer = module(torch, lambda nn: kind(3, 6, 2, batch_first=True), dtype)
        self.head = module(torch, lambda nn: nn.Linear(6, 1), dtype)

    def parameters(self):
        return [*self.layer.parameters(), *self.head.parameters()]

    def __call__(self, x):
        return self.head(self.layer(x)[0][:, -1])


def data(dtype):
    return inputs((ROWS, STEPS, 3), dtype, 1), inputs((ROWS, 1), dtype, 2)


def step_of(torch, net):
    """One training step, as a function of a mini-batch."""
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.5)

    def step(x, y):
        optimizer.zero_grad()
        loss = ((net(x) - y) ** 2).mean()
        loss.backward()
        optimizer.step()
        return loss

    return step


def train(torch, layer, dtype, out):
    """The losses of a few epochs, rows in order, and the weights at the end."""
    net = Net(torch, layer, dtype)
    step = step_of(torch, net)
    x, y = (torch.tensor(a) for a in data(dtype))
    losses = []
    for _ in range(EPOCHS):
        for i in range(0, ROWS, BATCH):
            losses.append(np.array(step(x[i : i + BATCH], y[i : i + BATCH]).detach()))
    out[f"train.{layer}.{dtype}.losses"] = np.stack(losses)
    for i, parameter in enumerate(net.parameters()):
        out[f"train.{layer}.{dtype}.{i}"] = np.array(parameter.detach())
