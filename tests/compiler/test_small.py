"""Small networks: thin products become loops, loops over the same places share one
kernel, narrow layers have the batch in their lanes, and the next rows are asked for.
"""

from itertools import pairwise

import numpy as np
import pytest
from harness import WIDTHS, assert_native_agrees, run_native
from test_fuse import HOST, holes

import ranvier as rv
from ranvier import dtypes, nn, ops
from ranvier.compiler.feed import Feed
from ranvier.compiler.fuse.fuse import fuse
from ranvier.compiler.fuse.target import AVX2, AVX512
from ranvier.graph import Graph, hole

pytestmark = pytest.mark.usefixtures("one_thread")
EVERY = pytest.mark.parametrize("target", WIDTHS.values(), ids=WIDTHS)


def random(*shapes, seed=0):
    generator = np.random.default_rng(seed)
    return [generator.standard_normal(s).astype(np.float32) for s in shapes]


def kinds(schedule):
    return sorted(k.kind for k in schedule.kernels)


# ---- thin products ---------------------------------------------------------------


def thin(case):
    """A graph with one thin product, and the shapes of its inputs."""
    shapes = {
        "outer": ((37, 1), (1, 29)),
        "column": ((37, 29), (29, 1)),
        "row": ((1, 37), (37, 29)),
        "turned column": ((29, 37), (29, 1)),
        "turned row": ((1, 37), (29, 37)),
        "turned vectors": ((29, 37), (1, 29)),
        "number": ((1, 37), (37, 1)),
        "one": ((1, 1), (1, 1)),
        "batch": ((3, 37, 1), (3, 1, 29)),
        "repeated batch": ((3, 37, 1), (1, 29)),
    }[case]
    a, b = holes(*shapes)
    left, right = a, b
    if case.startswith("turned"):
        left = ops.swap(a) if case != "turned row" else a
        right = ops.swap(b) if case != "turned column" else b
    if case == "repeated batch":
        right = ops.expand(ops.reshape(b, (1, 1, 29)), (3, 1, 29))
    return Graph([a, b], [ops.relu(ops.matmul(left, right))]), shapes


CASES = [
    *("outer", "column", "row", "turned column", "turned row", "turned vectors"),
    *("number", "one", "batch", "repeated batch"),
]


@EVERY
@pytest.mark.parametrize("case", CASES)
def test_thin_products_are_right(case, target):
    graph, shapes = thin(case)
    assert_native_agrees(graph, random(*shapes), target)


@pytest.mark.parametrize("case", [c for c in CASES if c != "number"])
def test_thin_products_are_loops(case):
    graph, _ = thin(case)
    assert set(kinds(fuse(graph, HOST))) == {"loop"}


def test_a_large_matrix_times_a_vector_stays_a_product():
    a, b = holes((1000, 100), (100, 1))
    assert kinds(fuse(Graph([a, b], [ops.matmul(a, b)]), HOST)) == ["matmul"]


# ---- loops that share a kernel ---------------------------------------------------


def hidden():
    """1-30-1 on a batch of 50: loss by hand, all gradients, plain descent."""
    x, w, b, v, t = holes((50, 1), (1, 30), (30,), (1, 30), (50, 1))
    h = ops.relu(ops.add(ops.mul(x, w), b))
    y = ops.total(ops.mul(h, v), 1, True)
    d = ops.sub(y, t)
    on = ops.where(ops.le(h, ops.like(h, 0.0)), ops.like(h, 0.0), ops.mul(d, v))
    gradients = [
        ops.total(ops.mul(on, x), 0, True),
        ops.total(on, 0),
        ops.total(ops.mul(h, d), 0, True),
    ]
    rate = ops.like(h, 0.01)
    new = [
        ops.sub(p, ops.mul(rate, g)) for p, g in zip((w, b, v), gradients, strict=True)
    ]
    return Graph([x, w, b, v, t], new, [(1, 0), (2, 1), (3, 2)])


SHAPES = (50, 1), (1, 30), (30,), (1, 30), (50, 1)


def test_a_hidden_layer_forward_and_backward_is_two_kernels():
    schedule = fuse(hidden(), HOST)
    assert [k.reduced for k in schedule.kernels] == [(1,), (0,)]
    first, second = schedule.kernels
    assert [n.shape for n in first.stores] == [(50, 1)]  # the layer is never stored
    assert sum(n.op == "sum" for n in second.nodes) == 3
    assert {slot.where for n, slot in schedule.slots.items() if n in second.stores} == {
        "input"
    }


@EVERY
@pytest.mark.parametrize("threads", [1, 2, 3, 5])
def test_updates_in_the_rows_of_a_reduction_are_right(threads, target):
    x, w, b, v, t = arrays = random(*SHAPES)
    _, held, _ = run_native(hidden(), arrays, target, threads)
    _, alone, _ = run_native(hidden(), arrays, target)
    h = np.maximum(x * w + b, 0)
    d = (h * v).sum(1, keepdims=True) - t
    on = (h > 0) * (d * v)
    want = [
        w - 0.01 * (on * x).sum(0, keepdims=True),
        b - 0.01 * on.sum(0),
        v - 0.01 * (h * d).sum(0, keepdims=True),
    ]
    for got, same, right in zip(held[1:4], alone[1:4], want, strict=True):
        assert np.array_equal(got, same)
        assert np.abs(got - right).max() < 1e-4


def test_a_row_read_after_another_value_replaced_it_is_the_old_row():
    x, b = holes((40, 24), (1, 24))
    mean = ops.total(x, 0, True)
    spread = ops.total(ops.mul(ops.sub(x, mean), b), 0, True)
    graph = Graph([x, b], [mean, ops.add(spread, b)], [(1, 0)])
    values, old = random((40, 24), (1, 24))
    (_, got), held, _ = run_native(graph, [values, old])
    mean = values.sum(0, keepdims=True)
    want = ((values - mean) * old).sum(0, keepdims=True) + old
    assert np.abs(got - want).max() < 2e-2
    assert np.abs(held[1] - mean).max() < 1e-4


def adam_step():
    rv.manual_seed(0)
    model = nn.Sequential(nn.Linear(1, 40), nn.ReLU(), nn.Linear(40, 1))
    optimizer = rv.optim.Adam(model.parameters(), lr=0.01)
    criterion = nn.MSELoss()

    @rv.compile
    def step(x, y):
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        loss.backward()
        optimizer.step()
        return loss

    return step, model


def test_a_whole_step_with_adam_is_few_kernels():
    step, _ = adam_step()
    step(rv.zeros(64, 1), rv.zeros(64, 1))
    (schedule,) = step.last.schedules
    assert len(schedule.kernels) <= 7
    assert {k.kind for k in schedule.kernels} == {"loop"}
    assert not any(
        n.op == "copy" and n.shape for k in schedule.kernels for n in k.nodes
    )


def test_scalars_do_not_wait_for_what_they_do_not_need():
    x, w, n = holes((100, 40), (40, 64), (100, 1))
    count = ops.total(n, None)
    e = ops.exp(ops.matmul(x, w))
    loss = ops.div(ops.total(e, None), count)
    y = ops.mul(e, ops.div(ops.like(count, 1.0), count))
    schedule = fuse(Graph([x, w, n], [loss, y]), HOST)
    first, second = schedule.graph.outputs
    (early,) = [k for k in schedule.kernels if second in k.stores]
    (late,) = [k for k in schedule.kernels if first in k.stores]
    assert not early.depends_on(late)


def test_what_is_made_for_one_sum_is_made_by_its_loop():
    x, w, v = holes((32, 20), (20, 64), (1, 64))
    h = ops.relu(ops.matmul(x, w))
    product, sums = fuse(
        Graph([x, w, v], [h, ops.total(ops.mul(h, v), 1, True)]), HOST
    ).kernels
    assert [n.op for n in product.stores] == ["relu"]
    assert [n.op for n in sums.nodes] == ["mul", "sum"]


# ---- narrow layers ---------------------------------------------------------------


def classifier(batch, widths, dtype=dtypes.float32):
    """Softmax of a network with these widths; the sums of its last gradient too."""
    shapes = [(batch, widths[0])]
    x = h = hole(0, shapes[0], dtype)
    inputs = [x]
    for fan_in, fan_out in pairwise(widths):
        w = hole(len(inputs), (fan_out, fan_in), dtype)
        b = hole(len(inputs) + 1, (fan_out,), dtype)
        inputs += [w, b]
        shapes += [w.shape, b.shape]
        before, h = h, ops.add(ops.matmul(h, ops.swap(w)), b)
        h = ops.relu(h) if fan_out != widths[-1] else h
    e = ops.exp(ops.sub(h, ops.amax(h, 1, True)))
    p = ops.div(e, ops.total(e, 1, True))
    gradient = ops.matmul(ops.swap(p), before)
    return Graph(inputs, [p, ops.total(p, 0), gradient]), shapes


@EVERY
@pytest.mark.parametrize(
    ("batch", "widths"),
    [(100, (30, 10, 14, 10)), (33, (7, 5, 3)), (64, (20, 33, 2)), (17, (40, 12))],
)
def test_narrow_layers_are_right(batch, widths, target):
    graph, shapes = classifier(batch, widths)
    assert_native_agrees(graph, random(*shapes), target)


def test_narrow_layers_are_right_in_float64():
    graph, shapes = classifier(50, (20, 10, 6), dtypes.float64)
    arrays = [a.astype(np.float64) for a in random(*shapes)]
    assert_native_agrees(graph, arrays)


@pytest.mark.parametrize("threads", [2, 3, 5])
def test_narrow_layers_give_the_same_bits_for_any_number_of_threads(threads):
    graph, shapes = classifier(100, (300, 10, 14, 10))
    arrays = random(*shapes)
    alone, _, _ = run_native(graph, arrays)
    together, _, _ = run_native(graph, arrays, threads=threads)
    assert all(np.array_equal(a, b) for a, b in zip(alone, together, strict=True))


def test_narrow_layers_have_the_batch_in_their_lanes():
    graph, _ = classifier(100, (30, 10, 14, 10))
    schedule = fuse(Graph(graph.inputs, graph.outputs[1:]), AVX2)
    products = [k.space for k in schedule.kernels if k.kind == "matmul"]
    assert products[:3] == [(10, 100), (14, 100), (10, 100)]
    (softmax,) = [k for k in schedule.kernels if any(n.op == "exp" for n in k.nodes)]
    assert (softmax.space, softmax.reduced) == ((10, 100), (0,))
    assert "batch in the lanes" in schedule.notes[0]


@pytest.mark.parametrize(
    ("batch", "width", "target", "turned"),
    [
        (100, 10, AVX2, True),
        (100, 16, AVX2, False),  # full vectors already
        (100, 64, AVX2, False),
        (10, 10, AVX2, False),  # too few rows
        (128, 10, AVX512, True),
        (128, 32, AVX512, False),
    ],
)
def test_the_layout_is_decided_by_counted_vectors(batch, width, target, turned):
    x, w = holes((batch, 50), (50, width))
    schedule = fuse(Graph([x, w], [ops.total(ops.matmul(x, w), 1)]), target)
    spaces = [k.space for k in schedule.kernels if k.kind == "matmul"]
    assert spaces == [(width, batch) if turned else (batch, width)]


def test_a_narrow_product_that_updates_a_parameter_keeps_its_order():
    x, w, p = holes((100, 50), (50, 10), (100, 10))
    new = ops.sub(p, ops.matmul(x, w))
    schedule = fuse(Graph([x, w, p], [new], [(2, 0)]), AVX2)
    assert [k.space for k in schedule.kernels] == [(100, 10)]


@pytest.mark.parametrize("activation", [ops.relu, ops.tanh])
def test_showing_a_hidden_value_changes_no_bit_of_the_rest(activation):
    """A watched value is one more output; layouts may not depend on it."""
    x, w, b, v = holes((100, 1), (1, 30), (30,), (30, 10))
    h = activation(ops.add(ops.mul(x, w), b))
    sums = ops.total(ops.mul(h, w), 1, True)
    y = ops.matmul(h, v)
    e = ops.exp(ops.sub(y, ops.amax(y, 1, True)))
    loss = ops.total(ops.div(e, ops.total(e, 1, True)), 0)
    inputs = [x, w, b, v]
    arrays = random((100, 1), (1, 30), (30,), (30, 10))
    plain, _, _ = run_native(Graph(inputs, [sums, loss]), arrays)
    shown, _, _ = run_native(Graph(inputs, [sums, loss, h, y]), arrays)
    assert all(np.array_equal(a, c) for a, c in zip(plain, shown, strict=False))
    assert np.abs(shown[3] - shown[2] @ arrays[3]).max() < 1e-4


# ---- rows of the next step -------------------------------------------------------


def images(rows=500, dtype=np.uint8):
    generator = np.random.default_rng(3)
    x = generator.integers(0, 256, (rows, 784)).astype(dtype)
    return x, generator.integers(0, 10, rows)


def trained(data, batch, threads=1, epochs=2, scale=1 / 255):
    """The weights after a run over `data`, and the step."""
    rv.set_num_threads(threads)
    rv.manual_seed(0)
    model = nn.Sequential(nn.Linear(784, 10), nn.ReLU(), nn.Linear(10, 10))
    optimizer = rv.optim.SGD(model.parameters(), lr=0.1)
    criterion = nn.CrossEntropyLoss()

    @rv.compile
    def step(x, y):
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        loss.backward()
        optimizer.step()
        return loss

    loader = rv.data.DataLoader(
        rv.data.Dataset(data, scale=scale), batch_size=batch, shuffle=True
    )
    losses = step.over(loader, epochs=epochs)
    weights = [p.detach().numpy().copy() for p in model.parameters()]
    return losses.numpy(), weights, step


def test_long_products_ask_for_the_rows_of_the_next_step():
    _, _, step = trained(images(), 100)
    (schedule,) = step.last.schedules
    asking = [k.ahead for k in schedule.kernels if k.ahead]
    assert [k.kind for k in schedule.kernels if k.ahead] == ["matmul", "matmul"]
    assert sum(a.rows for a in asking) == 100
    assert [a.first for a in asking] == [0, asking[0].rows]
    assert "llvm.prefetch" in step.last.module.text
    assert "of the next step" in rv.explain(step, stage="fuse")


def test_every_line_of_the_next_rows_is_asked_for():
    _, _, step = trained(images(), 100)
    for ahead in (k.ahead for k in step.last.schedules[0].kernels if k.ahead):
        assert ahead.pieces * ahead.lines * 64 >= ahead.row_bytes


def test_row_numbers_end_with_those_of_one_batch_more():
    loader = rv.data.DataLoader(images(230), batch_size=50, shuffle=True)
    feed = Feed.of(loader)
    order = feed.order(0, 3)
    assert len(order) == 3 * 230 + 50
    assert not order[-50:].any()
    assert sorted(order[:230].tolist()) == list(range(230))


@pytest.mark.parametrize("threads", [2, 3, 5])
def test_runs_over_bytes_give_the_same_bits_for_any_number_of_threads(threads):
    losses, weights, _ = trained(images(430), 100)
    others, same, _ = trained(images(430), 100, threads)
    rv.set_num_threads(1)
    assert np.array_equal(losses, others)
    assert all(np.array_equal(a, b) for a, b in zip(weights, same, strict=True))


def test_bytes_and_numbers_learn_the_same():
    x, y = images()
    losses, _, _ = trained((x, y), 100)
    others, _, _ = trained((x.astype(np.float32), y), 100)
    assert np.array_equal(losses, others)


def test_threads_meet_once_for_all_guards():
    _, _, step = trained(images(), 100)
    graph = step.last.derived[0]
    schedule = fuse(graph, HOST._replace(threads=2))
    assert len({level for level, _, _ in schedule.guards}) == 1
    writing = [
        k.level
        for k in schedule.kernels
        if any(schedule.slots[n].where == "input" for n in k.stores)
    ]
    assert schedule.guards[0][0] == min(writing) - 1
    found = schedule.meetings
    assert sum(found.phases) <= 2 and not any(found.guards)
