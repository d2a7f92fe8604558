"""Pieces side by side: each is written to its place by the kernel that makes it, and
sums of pads that do not overlap become such pieces.
"""

import numpy as np
import pytest
from harness import WIDTHS, assert_native_agrees, holes_for, with_gradient

import ranvier as rv
from ranvier import ops
from ranvier.compiler.fuse.fuse import fuse
from ranvier.compiler.fuse.simplify import simplify
from ranvier.compiler.run.jit import host
from ranvier.graph import Graph


def numbers(*shape, seed=0, dtype="float32"):
    return np.random.default_rng([seed, *shape]).uniform(-1, 1, shape).astype(dtype)


def part(x, dim, start, stop):
    whole = [(0, n, 1) for n in x.shape]
    whole[dim] = (start, stop, 1)
    return ops.cut(x, tuple(whole))


# name: (function of nodes, arrays)
CASES = {
    "element-wise": (
        lambda a, b: ops.concat([ops.exp(a), ops.tanh(b), a], 1),
        (numbers(4, 9), numbers(4, 5, seed=1)),
    ),
    "the same thrice": (
        lambda a: ops.concat([y := ops.sin(a), y, y], 0),
        (numbers(4, 9),),
    ),
    "columns of a product": (
        lambda a, b: ops.concat([ops.matmul(a, b), ops.matmul(a, b)], 1),
        (numbers(7, 6), numbers(6, 11, seed=1)),
    ),
    "a product of one column": (
        lambda a, b: ops.concat([ops.matmul(a, b), a], 1),
        (numbers(37, 6), numbers(6, 1, seed=1)),
    ),
    "one number a row": (
        lambda a: ops.concat([ops.total(a, 1, True), ops.amax(a, 1, True), a], 1),
        (numbers(19, 8),),
    ),
    "single columns": (
        lambda a, b: ops.concat([ops.exp(a), ops.exp(b)], 1),
        (numbers(33, 1), numbers(33, 1, seed=1)),
    ),
    "batches of products": (
        lambda a, b: ops.concat([ops.matmul(a, b), ops.matmul(a, b)], 1),
        (numbers(3, 5, 4), numbers(3, 4, 6, seed=1)),
    ),
    "no elements": (
        lambda a, b: ops.concat([a, ops.exp(b)], 1),
        (numbers(4, 0), numbers(4, 5)),
    ),
    "booleans": (
        lambda a, b: ops.where(ops.concat([ops.lt(a, b), ops.gt(a, b)], 0), ops.concat([a, b], 0), ops.concat([b, a], 0)),  # noqa: E501
        (numbers(4, 9), numbers(4, 9, seed=1)),
    ),
    "used again": (
        lambda a, b: ops.matmul(ops.concat([ops.exp(a), b], 1), ops.concat([a, b], 1)),
        (numbers(8, 5), numbers(8, 3, seed=1)),
    ),
    "a join of joins": (
        lambda a, b: ops.concat([ops.concat([a, ops.exp(b)], 1), ops.concat([b, a], 1)], 0),  # noqa: E501
        (numbers(4, 9), numbers(4, 5, seed=1)),
    ),
    "from constants": (
        lambda a: ops.concat([ops.expand(ops.like(a, 2.0), (3, 5)), a], 0),
        (numbers(4, 5),),
    ),
}  # fmt: skip


@pytest.mark.usefixtures("one_thread")
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", CASES)
def test_native_agrees(name, width):
    build, arrays = CASES[name]
    inputs = holes_for(arrays)
    graph = with_gradient(inputs, build(*inputs))
    assert_native_agrees(graph, list(arrays), WIDTHS[width], what=name)


@pytest.mark.parametrize("threads", [2, 3])
@pytest.mark.parametrize("name", CASES)
def test_several_threads(name, threads, monkeypatch):
    from ranvier.compiler.fuse import share

    monkeypatch.setattr(share, "WORTH_SHARING", 0)
    build, arrays = CASES[name]
    inputs = holes_for(arrays)
    graph = with_gradient(inputs, build(*inputs))
    assert_native_agrees(graph, list(arrays), threads=threads, what=name)


@pytest.mark.usefixtures("one_thread")
def test_state_that_is_joined_from_itself():
    """Every piece is made before anything is overwritten."""
    arrays = [numbers(4, 6)]
    (x,) = inputs = holes_for(arrays)
    y = ops.concat([part(x, 1, 3, 6), ops.exp(part(x, 1, 0, 3))], 1)
    graph = Graph(inputs, [y, ops.total(x)], [(0, 0)])
    assert_native_agrees(graph, arrays)


@pytest.mark.usefixtures("one_thread")
def test_convolutions_beside_each_other():
    """As in GoogLeNet: rows of a piece do not lie one behind the other."""
    rv.manual_seed(0)
    convs = [rv.nn.Conv2d(3, 8, 1), rv.nn.Conv2d(3, 5, 3, padding=1)]
    x = numbers(2, 3, 6, 7)

    def run(x):
        return rv.cat([conv(x).relu() for conv in convs], 1)

    with rv.no_grad():
        plain = run(rv.tensor(x)).numpy()  # interpreted at first sight
        np.testing.assert_allclose(
            rv.compile(run)(rv.tensor(x)).numpy(), plain, rtol=1e-5, atol=1e-6
        )


@pytest.mark.usefixtures("one_thread")
def test_a_piece_costs_no_kernel_of_its_own():
    inputs = holes_for([numbers(4, 8), numbers(4, 8)])
    a, b = inputs
    kernels = fuse(Graph(inputs, [ops.concat([ops.exp(a), ops.tanh(b)], 1)]), host())
    assert sorted(k.kind for k in kernels.kernels) == ["join", "loop", "loop"]


def pieces_of(x, cuts, dim=1):
    """The gradient of cutting: a sum of pads."""
    total = None
    for start, stop, node in cuts:
        around = [(0, 0, 0)] * len(x)
        around[dim] = (start, x[dim] - stop, 0)
        padded = ops.pad(node, tuple(around))
        total = padded if total is None else ops.add(total, padded)
    return total


def simplified(inputs, y):
    return [n.op for n in simplify(Graph(inputs, [y])).nodes()]


def test_pads_that_fill_all_places_become_pieces():
    inputs = holes_for([numbers(4, 3, seed=i) for i in range(3)])
    a, b, c = inputs
    y = pieces_of((4, 9), [(6, 9, a), (0, 3, b), (3, 6, c)])
    assert simplified(inputs, y) == ["input", "input", "input", "concat"]
    assert_native_agrees(Graph(inputs, [y]), [numbers(4, 3, seed=i) for i in range(3)])


def test_places_between_pads_are_zeros():
    inputs = holes_for([numbers(4, 3), numbers(4, 3)])
    y = pieces_of((4, 9), [(6, 9, inputs[0]), (1, 4, inputs[1])])
    assert "pad" not in simplified(inputs, y)
    assert_native_agrees(Graph(inputs, [y]), [numbers(4, 3), numbers(4, 3, seed=1)])


def test_pads_that_overlap_are_added():
    inputs = holes_for([numbers(4, 3), numbers(4, 3)])
    y = pieces_of((4, 9), [(2, 5, inputs[0]), (4, 7, inputs[1])])
    assert "concat" not in simplified(inputs, y)
    assert_native_agrees(Graph(inputs, [y]), [numbers(4, 3), numbers(4, 3, seed=1)])
