"""draw_graph: the numbers on its edges, what it shows when, and what it refuses."""

from itertools import combinations, pairwise, product

import numpy as np
import pytest

import ranvier as rv
from ranvier.diagram import numbers, places
from ranvier.errors import GradientError, ValueRangeError


def variable(value):
    return rv.tensor(value, requires_grad=True)


def texts(figure):
    return [t.get_text() for t in figure.axes[0].texts if t.get_text()]


def test_every_edge_has_its_value_and_its_gradient():
    x, w, b = variable(1.0), variable(0.0), variable(0.0)
    graph = numbers(1 / (rv.exp(-(w * x + b)) + 1))
    found = {
        (e.start.op, e.end.op): (e.value.item(), e.gradient.item())
        for e in graph.edges
        if e.gradient is not None
    }
    assert found["exp", "add"] == (1.0, -0.25)
    assert found["neg", "exp"] == (0.0, -0.25)
    assert found["mul", "add"] == (0.0, 0.25)
    assert found["add", "div"] == (2.0, -0.25)
    assert graph.result.item() == 0.5


def test_a_value_used_twice_has_a_gradient_on_each_edge():
    x = variable(3.0)
    graph = numbers(x * x * 2)
    assert sorted(e.gradient.item() for e in graph.edges if e.start is x._node) == [
        6,
        6,
    ]


def test_gradients_of_leaves_add_up_to_backward():
    x, w = variable(0.7), variable(-1.3)
    y = rv.tanh(w * x) * x + w
    graph = numbers(y)
    y.backward()
    for leaf in (x, w):
        total = sum(e.gradient for e in graph.edges if e.start is leaf._node)
        np.testing.assert_allclose(total, leaf.grad.numpy(), rtol=1e-6)


def test_it_is_drawn_step_by_step():
    x = variable(2.0)
    y = rv.exp(x) * 3
    shown = texts(rv.draw_graph(y, {"input": x}))
    assert {"input", "exp", "×", "3", "2", "7.389", "22.17"} <= set(shown)
    begun = texts(rv.draw_graph(y, {"input": x}, forward=1, backward=0))
    assert "7.389" in begun and "22.17" not in begun
    figure = rv.draw_graph(y, forward=0, backward=0, lang="zh")
    assert "前向：值" in texts(figure)
    assert rv.draw_graph(y, figure=figure) is figure


def test_nothing_lies_on_anything_else():
    w = [variable(float(i)) for i in range(6)]
    y = sum(rv.sigmoid(a * b) for a, b in pairwise(w))
    at, _ = places(numbers(y))
    assert len(set(at.values())) == len(at)


def test_ways_neither_cross_nor_pass_through_a_node():
    t, b = variable(1.0), variable(1.0)
    x, y = 2 * t, 3 * t
    at, ways = places(numbers(4 * x + 5 * y))
    for one, other in combinations([list(pairwise(way)) for way in ways], 2):
        for ((a, p), (c, q)), ((d, r), (f, s)) in product(one, other):
            assert (a, c) != (d, f) or (p - r) * (q - s) >= 0

    at, ways = places(numbers(t + b + b))
    inside = [place for way in ways for place in way[1:-1]]
    assert len(inside) == 1
    assert not set(inside) & set(at.values())


def test_two_edges_between_the_same_nodes_take_two_ways():
    x = variable(3.0)
    _, ways = places(numbers(x * x))
    assert len(ways) == 2
    assert ways[0] != ways[1]


def test_what_cannot_be_drawn():
    x = variable([1.0, 2.0])
    with pytest.raises(ValueRangeError, match=r"shape \(2,\)"):
        rv.draw_graph(x * 2)
    with pytest.raises(GradientError, match="requires_grad=True"):
        rv.draw_graph(rv.tensor(1.0) * 2)
    y = (x * 2).sum()
    y.backward()
    with pytest.raises(GradientError, match="before backward"):
        rv.draw_graph(y)
    z = x.sum()
    for _ in range(40):
        z = z * 1.5 + 0.1
    with pytest.raises(ValueRangeError, match="at most 60"):
        rv.draw_graph(z)
