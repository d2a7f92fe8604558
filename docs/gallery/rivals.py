"""The lectures' own ways in PyTorch, run by a Python that has it and no Ranvier.

python rivals.py digits.npz → {"version": …, "e3": …, "f7": …, "h2": {…}}, seconds
"""

import json
import sys
import time

import numpy as np
import torch
from torch import nn

X = torch.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
T = torch.tensor([[0.0], [1.0], [1.0], [0.0]])


def seconds_per_epoch(step, epochs, tries=3):
    """The best of some tries."""
    step()
    found = []
    for _ in range(tries):
        begin = time.perf_counter()
        for _ in range(epochs):
            step()
        found.append((time.perf_counter() - begin) / epochs)
    return min(found)


def e3():
    model = nn.Sequential(
        nn.Linear(2, 10, bias=False), nn.Sigmoid(),
        nn.Linear(10, 1, bias=False), nn.Sigmoid(),
    )  # fmt: skip
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)

    def step():
        optimizer.zero_grad()
        loss = ((model(X) - T) ** 2).sum() / 2
        loss.backward()
        optimizer.step()

    return 1_000_000 * seconds_per_epoch(step, 1000)


def f7():
    w = [torch.rand((), requires_grad=True) for _ in range(9)]
    optimizer = torch.optim.SGD(w, lr=0.1)
    x1, x2, t = X[:, 0], X[:, 1], T[:, 0]

    def step():
        optimizer.zero_grad()
        h1 = torch.sigmoid(w[0] * x1 + w[1] * x2 + w[2])
        h2 = torch.sigmoid(w[3] * x1 + w[4] * x2 + w[5])
        y = torch.sigmoid(w[6] * h1 + w[7] * h2 + w[8])
        loss = ((y - t) ** 2).sum()
        loss.backward()
        optimizer.step()

    return 20_000 * seconds_per_epoch(step, 300)


def h2(file, epochs, loader):
    """Seconds of so many epochs, each followed by a look at the validation set."""
    parts = [torch.tensor(array) for array in np.load(file).values()]
    x, y, x_val, y_val = parts
    model = nn.Sequential(nn.Linear(784, 64), nn.ReLU(), nn.Linear(64, 10))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    criterion = nn.CrossEntropyLoss()
    pairs = torch.utils.data.TensorDataset(x, y)
    batches = torch.utils.data.DataLoader(pairs, batch_size=100, shuffle=True)
    begin = time.perf_counter()
    for _ in range(epochs):
        taken = ((x[rows], y[rows]) for rows in torch.randperm(len(x)).split(100))
        for inputs, targets in batches if loader else taken:
            optimizer.zero_grad()
            criterion(model(inputs), targets).backward()
            optimizer.step()
        with torch.no_grad():
            answers = model(x_val)
            criterion(answers, y_val).item()
            (answers.argmax(1) == y_val).float().mean().item()
    return time.perf_counter() - begin


def measured(file):
    return {
        "e3": e3(),
        "f7": f7(),
        "h2": {
            "loader": h2(file, 10, loader=True),
            "sliced": h2(file, 10, loader=False),
        },
    }


def better(one, other):
    """The smaller seconds, entry by entry."""
    if isinstance(one, dict):
        return {key: better(one[key], other[key]) for key in one}
    return min(one, other)


if __name__ == "__main__":
    everywhere = measured(sys.argv[1])
    torch.set_num_threads(1)  # faster for small networks
    found = better(everywhere, measured(sys.argv[1]))
    print(json.dumps({"version": torch.__version__, **found}))
