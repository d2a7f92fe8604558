"""Lifting: equal graphs have equal keys, different ones do not, and the graph holds
no data.
"""

import numpy as np
import pytest

import ranvier as rv
from ranvier.compiler.capture.lift import Lifted
from ranvier.compiler.capture.trace import flatten, trace, unflatten
from ranvier.errors import CaptureError
from ranvier.graph import hole
from ranvier.tensor import hooks


def lifted(*tensors):
    return Lifted([t._node for t in tensors])


def test_the_same_code_on_other_numbers_has_the_same_key():
    def f(x):
        return (x * 2 + 1).tanh().sum()

    assert lifted(f(rv.ones(3))).key == lifted(f(rv.tensor([4.0, 5.0, 6.0]))).key


@pytest.mark.parametrize(
    "f",
    [
        lambda x: (x * 3 + 1).tanh().sum(),
        lambda x: (x * 2 + 1).tanh().mean(),
        lambda x: (x * 2 + 1).sigmoid().sum(),
        lambda x: (x * 2 - 1).tanh().sum(),
        lambda x: (x * 2 + x).tanh().sum(),
        lambda x: (x.double() * 2 + 1).tanh().sum(),
        lambda x: (x[:2] * 2 + 1).tanh().sum(),
    ],
)
def test_other_code_has_another_key(f):
    assert lifted((rv.ones(3) * 2 + 1).tanh().sum()).key != lifted(f(rv.ones(3))).key


def test_minus_zero_is_another_constant():
    x = rv.ones(3)
    assert lifted(x + 0.0).key != lifted(x + -0.0).key


def test_a_source_that_is_used_twice_is_told_from_two_sources():
    x, y = rv.ones(3), rv.ones(3)
    assert lifted(x * x).key != lifted(x * y).key


def test_the_order_of_the_outputs_is_part_of_the_key():
    x = rv.ones(3)
    a, b = x + 1, x * 2
    assert lifted(a, b).key != lifted(b, a).key


def test_a_graph_has_holes_and_no_arrays():
    graph = lifted((rv.ones(3) * rv.ones(3)).exp()).graph()
    assert [n.op for n in graph.inputs] == ["input", "input"]
    assert all(n.value is None for n in graph.nodes())


def test_results_of_any_nest_come_back():
    nest = {
        "a": rv.ones(1),
        "b": (rv.ones(2), [None, 3, rv.ones(3)]),
        "c": ("x", 2.5, True),
    }
    nodes = []
    tree = flatten(nest, nodes)
    out = unflatten(tree, list(range(len(nodes))))
    assert out == {"a": 0, "b": (1, [None, 3, 2]), "c": ("x", 2.5, True)}


def test_other_results_are_refused():
    with pytest.raises(CaptureError, match="returned object"):
        rv.compile(lambda x: object())(rv.ones(1))


def test_tracing_changes_nothing():
    w = rv.ones(3, requires_grad=True)
    opt = rv.optim.SGD([w], lr=0.1)
    total = rv.zeros(3)

    def f(xs):
        opt.zero_grad()
        (w * xs[0]).sum().backward()
        opt.step()
        total.add_(xs[0])

    captured = trace(f, [hole(0, (3,), rv.float32)])
    assert hooks.recorder is None
    assert w.tolist() == [1, 1, 1] and total.tolist() == [0, 0, 0] and w.grad is None
    assert len(captured.graph.updates) == 2


def test_state_is_found_and_constants_are_kept_apart():
    w = rv.ones(3)
    fixed = np.arange(3, dtype=np.float32)

    def f(xs):
        w.mul_(xs[0])
        return w + rv.tensor(fixed)

    captured = trace(f, [hole(0, (3,), rv.float32)])
    assert captured.state == [w] if len(captured.state) != 1 else captured.state[0] is w
    assert [c.tolist() for c in captured.constants] == [[0, 1, 2]]
