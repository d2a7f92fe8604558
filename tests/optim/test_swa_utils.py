"""Averages of weights, in a loop and inside a compiled step."""

import numpy as np
import pytest

import ranvier as rv
from ranvier import nn, optim
from ranvier.errors import UnknownNameError, ValueRangeError
from ranvier.optim import swa_utils

WAYS = {
    "mean": {},
    "avg_fn": {"avg_fn": swa_utils.get_ema_avg_fn(0.8)},
    "multi": {"multi_avg_fn": swa_utils.get_ema_multi_avg_fn(0.8)},
    "swa": {"multi_avg_fn": swa_utils.get_swa_multi_avg_fn()},
    "buffers": {"use_buffers": True},
}


def job(options):
    rv.manual_seed(0)
    model = nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2))
    averaged = swa_utils.AveragedModel(model, **options)
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    rng = np.random.default_rng(1)
    x, y = (rng.normal(size=(12, n)).astype(np.float32) for n in (3, 2))

    def step(x, y):
        optimizer.zero_grad()
        ((model(x) - y) ** 2).mean().backward()
        optimizer.step()
        averaged.update_parameters(model)

    return model, averaged, step, rv.data.DataLoader((x, y), batch_size=4)


def weights(model):
    return [np.array(p.detach()) for p in model.parameters()]


@pytest.mark.parametrize("way", WAYS)
def test_in_a_loop_and_in_a_native_run(way):
    model, averaged, step, loader = job(WAYS[way])
    path = []
    for x, y in (batch for _ in range(3) for batch in loader):
        step(x, y)
        path.append([*weights(model), np.array(model[1].running_mean)])
    expected = path[0]
    for i, new in enumerate(path[1:], 1):
        share = 1 / (i + 1) if way in ("mean", "swa", "buffers") else 0.2
        pairs = zip(expected, new, strict=True)
        expected = [a + share * (p - a) for a, p in pairs]
    if way != "buffers":
        expected[-1] = path[-1][-1]
    found = [*weights(averaged), np.array(averaged.module[1].running_mean)]
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)
    assert averaged.n_averaged.item() == 9

    _, native, step, loader = job(WAYS[way])
    rv.compile(step).over(loader, epochs=3)
    for a, b in zip(weights(native), weights(averaged), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-6)
    assert native.n_averaged.item() == 9
    x = rv.ones(2, 3)
    np.testing.assert_allclose(
        native.eval()(x).tolist(), averaged.eval()(x).tolist(), rtol=1e-4
    )


def test_statistics_made_anew():
    rng = np.random.default_rng(0)
    x = rng.normal(3.0, 2.0, (40, 3)).astype(np.float32)
    model = nn.BatchNorm1d(3).eval()
    swa_utils.update_bn(rv.data.DataLoader((x, x), batch_size=10), model)
    means = x.reshape(4, 10, 3).mean(1).mean(0)
    np.testing.assert_allclose(model.running_mean.tolist(), means, rtol=1e-5)
    assert model.momentum == 0.1
    assert not model.training


def test_messages():
    model = nn.Linear(1, 1)
    with pytest.raises(ValueRangeError, match="decay is 2; it must lie between 0 and"):
        swa_utils.get_ema_avg_fn(2)
    with pytest.raises(ValueRangeError, match="got both avg_fn and multi_avg_fn"):
        swa_utils.AveragedModel(model, avg_fn=max, multi_avg_fn=max)
    optimizer = optim.SGD(model.parameters())
    with pytest.raises(UnknownNameError, match="anneal_strategy is 'cosine'"):
        swa_utils.SWALR(optimizer, 0.1, anneal_strategy="cosine")
    with pytest.raises(ValueRangeError, match="anneal_epochs is -1; expected a whole"):
        swa_utils.SWALR(optimizer, 0.1, -1)
