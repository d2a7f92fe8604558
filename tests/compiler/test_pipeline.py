"""The spine: when a graph is interpreted and when it is native, and what looking
costs.
"""

import numpy as np
import pytest

import ranvier as rv
from ranvier import ops
from ranvier.compiler import pipeline
from ranvier.compiler.flush import REMEMBERED, Evaluator
from ranvier.tensor import hooks


@pytest.fixture
def evaluator(monkeypatch):
    fresh = Evaluator(pipeline.evaluator.compile)
    monkeypatch.setattr(hooks, "evaluate", fresh.evaluate)
    return fresh


def several(x):
    return ((x * 3 + 1).tanh() * x).exp().sum()


def only(evaluator):
    (seen,) = evaluator.seen.values()
    return seen


def test_a_graph_is_interpreted_first_and_native_from_the_second_time(evaluator):
    x = rv.ones(5)
    first = several(x).item()
    assert only(evaluator).program is None
    second = several(x).item()
    program = only(evaluator).program
    assert program is not None
    several(x).item()
    assert only(evaluator).program is program
    assert second == pytest.approx(first, rel=1e-6)


def test_a_tiny_graph_stays_interpreted(evaluator):
    for _ in range(5):
        (rv.ones(5) + 1).tolist()
    assert only(evaluator).program is None


def test_a_heavy_graph_is_native_at_first_sight(evaluator):
    x = rv.ones(512, 512)
    (x @ x).sum().item()
    assert only(evaluator).program is not None


@pytest.mark.parametrize("sizes", [(1, 16, 16), (2, 16, 64)])
def test_a_heavy_convolution_is_native_at_first_sight(evaluator, sizes):
    """NumPy would lay every window out in memory: 25 times the image."""
    groups, c, o = sizes
    x, w = rv.ones(8, c, 64, 64), rv.ones(o, c // groups, 5, 5)
    rv.nn.functional.conv2d(x, w, groups=groups).sum().item()
    assert only(evaluator).program is not None


def test_the_gradient_of_heavy_weights_is_native_at_first_sight(evaluator):
    window = ops.Window((1, 1), (1, 1))
    x, g = rv.ones(8, 64, 64, 16), rv.ones(8, 60, 60, 16)
    made = ops.conv_weight(x._node, g._node, window, (5, 5))
    rv.Tensor._of(made).sum().item()
    assert only(evaluator).program is not None


def test_a_light_convolution_is_interpreted_at_first_sight(evaluator):
    x, w = rv.ones(1, 4, 8, 8), rv.ones(4, 4, 3, 3)
    rv.nn.functional.conv2d(x, w).sum().item()
    assert only(evaluator).program is None


def test_what_was_not_used_for_long_is_forgotten(evaluator):
    for i in range(REMEMBERED + 20):
        (rv.ones(3) * (i + 0.5)).tolist()
    assert 0 < len(evaluator.seen) <= REMEMBERED


def test_a_plan_holds_every_stage():
    f = rv.compile(several)
    f(rv.ones(7))
    plan = f.last
    assert plan.graphs and plan.derived and plan.schedules
    assert "define" in plan.module.text and plan.program.code.addresses


def test_results_are_new_arrays_each_time(evaluator):
    x = rv.ones(5)
    values = [(x * 3 + 1).tanh().exp().sqrt().numpy() for _ in range(4)]
    assert len({v.__array_interface__["data"][0] for v in values}) == 4
    np.testing.assert_allclose(values[0], values[3], rtol=1e-6)


def test_arrays_that_are_no_plain_memory_are_read_rightly(evaluator):
    base = np.arange(24, dtype=np.float32).reshape(4, 6)
    for array in (base.T, base[:, ::2], base[::-1], np.broadcast_to(base[:1], (4, 6))):
        want = np.exp(np.tanh(array * 0.1 + 1)).sum()
        for _ in range(3):
            assert (
                rv.tensor(array) * 0.1 + 1
            ).tanh().exp().sum().item() == pytest.approx(want, rel=1e-5)
