"""`inplace=True`: the input becomes the result, with the same numbers and gradients."""

from __future__ import annotations

from typing import Any

import pytest

import ranvier as rv
from ranvier import nn
from ranvier.errors import GradientError
from ranvier.nn import functional as F

LAYERS = {
    "ReLU()": "ReLU(inplace=True)",
    "ReLU6()": "ReLU6(inplace=True)",
    "LeakyReLU(0.2)": "LeakyReLU(negative_slope=0.2, inplace=True)",
    "RReLU()": "RReLU(lower=0.125, upper=0.3333333333333333, inplace=True)",
    "ELU()": "ELU(alpha=1.0, inplace=True)",
    "SELU()": "SELU(inplace=True)",
    "CELU()": "CELU(alpha=1.0, inplace=True)",
    "SiLU()": "SiLU(inplace=True)",
    "Mish()": "Mish(inplace=True)",
    "Hardtanh()": "Hardtanh(min_val=-1.0, max_val=1.0, inplace=True)",
    "Hardsigmoid()": "Hardsigmoid(inplace=True)",
    "Hardswish()": "Hardswish(inplace=True)",
    "Threshold(0.1, 2.0)": "Threshold(threshold=0.1, value=2.0, inplace=True)",
    "Dropout()": "Dropout(p=0.5, inplace=True)",
}
X = [[-2.0, -0.5, 0.0], [0.25, 3.0, 7.0]]


def made(layer: str, **options: Any) -> Any:
    inside = layer.replace("()", "(").removesuffix(")")
    comma = "" if inside.endswith("(") else ", "
    written = ", ".join(f"{k}={v}" for k, v in options.items())
    return eval(f"nn.{inside}{comma * bool(written)}{written})")


@pytest.mark.parametrize("layer", LAYERS)
def test_the_input_becomes_the_result(layer: str) -> None:
    results = []
    for inplace in (False, True):
        rv.manual_seed(0)
        leaf = rv.tensor(X, requires_grad=True)
        x = leaf * 1
        y = made(layer, inplace=inplace)(x)
        assert (y is x) == inplace
        (y * y).sum().backward()
        results.append((y.tolist(), leaf.grad.tolist()))
    assert results[0] == results[1]
    assert repr(made(layer, inplace=True)) == LAYERS[layer]


def test_functions_take_it_by_place() -> None:
    x = rv.tensor(X)
    assert F.relu(x, True) is x and x.min() == 0
    assert F.dropout(x, 0.5, False, True) is x and F.dropout(x, 1.0, True, True) is x
    assert not x.any()
    y = rv.ones(2, 3, 4)
    assert F.dropout2d(y, 1.0, inplace=True) is y and not y.any()
    assert F.threshold(y, 1.0, 5.0, inplace=True) is y and y.min() == 5


def test_a_view_shows_it_and_a_leaf_refuses_it() -> None:
    x = rv.tensor(X)
    F.relu(x[0], inplace=True)
    assert x.tolist() == [[0, 0, 0], X[1]]
    with pytest.raises(GradientError, match="relu_ on a leaf tensor that requires"):
        F.relu(rv.ones(2, requires_grad=True), inplace=True)


def test_a_compiled_model_computes_the_same() -> None:
    losses = []
    for inplace in (False, True):
        rv.manual_seed(0)
        model = nn.Sequential(
            nn.Linear(3, 8), nn.ReLU(inplace), nn.Dropout(0.5, inplace), nn.Linear(8, 1)
        )
        optimizer = rv.optim.SGD(model.parameters(), lr=0.1)

        @rv.compile
        def step(x: Any, model: Any = model, optimizer: Any = optimizer) -> Any:
            optimizer.zero_grad()
            loss = model(x).square().mean()
            loss.backward()
            optimizer.step()
            return loss

        losses.append([step(rv.tensor(X)).item() for _ in range(3)])
    assert losses[0] == losses[1]
