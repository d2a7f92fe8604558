"""Schedules keep their promises, and a schedule that breaks one is caught."""

import random

import numpy as np
import pytest
from harness import WIDTHS, assert_native_agrees, holes_for, oracle
from test_random_graphs import random_graph

import ranvier as rv
from ranvier import dtypes, nn, ops
from ranvier.compiler.derive.expand import derive
from ranvier.compiler.fuse.fuse import fuse
from ranvier.compiler.fuse.group import depth
from ranvier.compiler.fuse.place import check
from ranvier.compiler.fuse.schedule import Kernel, Slot
from ranvier.compiler.fuse.simplify import simplify
from ranvier.compiler.run.interpret import interpret
from ranvier.graph import Graph, hole

HOST = WIDTHS["host"]
pytestmark = pytest.mark.usefixtures("one_thread")


def holes(*shapes):
    return [hole(i, s, dtypes.float32) for i, s in enumerate(shapes)]


def chain():
    """Products and sums: several phases, several values alive."""
    x, w = holes((40, 50), (50, 30))
    a = ops.matmul(ops.tanh(x), w)
    b = ops.matmul(ops.swap(a), x)
    return fuse(Graph([x, w], [b, ops.total(a, 0)]), HOST)


@pytest.mark.parametrize("seed", range(40))
def test_random_schedules_pass_the_check(seed):
    graph, _ = random_graph(random.Random(seed))
    check(fuse(derive(graph), HOST))


def test_check_catches_a_node_that_is_made_twice():
    schedule = chain()
    first, *_, last = schedule.kernels
    last.nodes.append(first.nodes[0])
    with pytest.raises(AssertionError, match="is computed by"):
        check(schedule)


def test_check_catches_a_read_before_the_write():
    schedule = chain()
    for kernel in schedule.kernels:
        kernel.level = 0
    with pytest.raises(AssertionError, match="early"):
        check(schedule)


def test_check_catches_what_is_not_in_memory():
    schedule = chain()
    arena = [n for n, s in schedule.slots.items() if s.where == "arena"]
    del schedule.slots[arena[0]]
    with pytest.raises((AssertionError, KeyError)):
        check(schedule)


def test_check_catches_two_live_values_on_the_same_bytes():
    schedule = chain()
    arena = [n for n, s in schedule.slots.items() if s.where == "arena"]
    assert len(arena) >= 2
    for node in arena:
        schedule.slots[node] = Slot("arena", 0)
    with pytest.raises(AssertionError, match="same bytes"):
        check(schedule)


def test_what_a_guard_looks_at_is_kept_to_the_end_of_the_step():
    x, y = holes((4096,), (4096,))
    ok = ops.lt(ops.amax(x), ops.like(x, 3.0))
    z = ops.total(ops.tanh(ops.add(ops.total(ops.exp(y), 0, True), y)))
    schedule = fuse(
        Graph([x, y], [z, ok], (), [(1, "too large")]), HOST._replace(threads=2)
    )
    (_, node, _) = schedule.guards[0]
    at = schedule.slots[node].place
    sharing = [
        n
        for n, s in schedule.slots.items()
        if s.where == "arena" and s.place == at and n is not node
    ]
    assert not sharing


def test_a_chain_of_elementwise_nodes_is_one_kernel():
    x, y = holes((40, 50), (50,))
    z = ops.sigmoid(ops.mul(ops.add(x, y), ops.like(x, 0.5)))
    assert len(fuse(Graph([x, y], [z]), HOST).kernels) == 1


def test_softmax_is_one_kernel():
    (x,) = holes((64, 10))
    e = ops.exp(ops.sub(x, ops.amax(x, 1, True)))
    assert len(fuse(Graph([x], [ops.div(e, ops.total(e, 1, True))]), HOST).kernels) == 1


def test_bias_and_activation_are_applied_to_the_product_in_registers():
    x, w, b = holes((64, 30), (30, 20), (20,))
    schedule = fuse(Graph([x, w, b], [ops.relu(ops.add(ops.matmul(x, w), b))]), HOST)
    assert [k.kind for k in schedule.kernels] == ["matmul"]


def mlp_step():
    rv.manual_seed(0)
    model = nn.Sequential(nn.Linear(20, 16), nn.ReLU(), nn.Linear(16, 10))
    opt = rv.optim.SGD(model.parameters(), lr=0.1)
    loss_function = nn.CrossEntropyLoss()

    def step(x, y):
        opt.zero_grad()
        loss = loss_function(model(x), y)
        loss.backward()
        opt.step()
        return loss

    run = rv.compile(step)
    run(rv.zeros(32, 20), rv.zeros(32, dtype=rv.int64))
    return run.last.schedules[0]


def test_softmax_cross_entropy_is_one_loop_kernel():
    found = [k for k in mlp_step().kernels if k.kind == "loop" and k.size == 320]
    found = [k for k in found if any(n.op == "exp" for n in k.nodes)]
    assert [(k.space, k.reduced) for k in found] == [((10, 32), (0,))]
    ops_inside = {n.op for n in found[0].nodes}
    assert {"amax", "exp", "sum", "log", "eq", "where", "div"} <= ops_inside


def test_weights_are_updated_by_the_kernel_of_their_gradient():
    schedule = mlp_step()
    products = [k for k in schedule.kernels if k.kind == "matmul"]
    in_place = {n for n, s in schedule.slots.items() if s.where == "input"}
    assert sum(any(n in in_place for n in k.stores) for k in products) == 2


# ---- simplify ----------------------------------------


@pytest.mark.parametrize("seed", range(60))
def test_simplify_keeps_the_oracles_values(seed):
    graph, arrays = random_graph(random.Random(1000 + seed))
    graph = derive(graph)
    simple = simplify(graph)
    assert len(simple.nodes()) <= len(graph.nodes())
    with np.errstate(all="ignore"):
        for a, b in zip(oracle(graph, arrays), oracle(simple, arrays), strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-12)


def rules():
    x, y, s = holes((4, 6), (6, 4), ())
    one, zero = ops.like(x, 1.0), ops.like(x, 0.0)
    yield "alias", ops.alias(x), "input"
    yield "detach", ops.detach(x), "input"
    yield "x * 1", ops.mul(x, one), "input"
    yield "1 * x", ops.mul(one, x), "input"
    yield "x / 1", ops.div(x, one), "input"
    yield "x - 0", ops.sub(x, zero), "input"
    yield "-(-x)", ops.neg(ops.neg(x)), "input"
    yield "two reshapes", ops.reshape(ops.reshape(x, (24,)), (2, 12)), "reshape"
    yield "there and back", ops.reshape(ops.reshape(x, (24,)), (4, 6)), "input"
    yield "transposed twice", ops.swap(ops.swap(x)), "input"
    yield "transposed product", ops.swap(ops.matmul(x, y)), "matmul"
    yield "constants", ops.add(ops.exp(one), one), "const"
    yield "sum of one number", ops.total(ops.expand(one, (4, 6)), 0, True), "expand"
    yield "sum over size 1", ops.total(ops.reshape(x, (24, 1)), 1, True), "reshape"
    yield "of a repeated scalar", ops.exp(ops.expand(s, (4, 6))), "expand"


@pytest.mark.parametrize(
    ("what", "node", "op"), [*rules()], ids=lambda v: v if isinstance(v, str) else ""
)
def test_each_rule_does_what_it_says(what, node, op):
    leaves = sorted(
        (n for n in Graph([], [node]).nodes() if n.op == "input"), key=lambda n: n.attrs
    )
    graph = Graph(leaves, [node])
    simple = simplify(graph)
    assert simple.outputs[0].op == op
    arrays = [
        np.random.default_rng(0).standard_normal(n.shape).astype(np.float32)
        for n in leaves
    ]
    for a, b in zip(interpret(graph, arrays), interpret(simple, arrays), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-6)


def test_what_changes_a_result_is_not_simplified():
    (x,) = holes((4,))
    kept = [
        ops.add(x, ops.like(x, 0.0)),
        ops.mul(x, ops.like(x, 0.0)),
        ops.sub(x, ops.like(x, -0.0)),
        ops.sub(x, x),
    ]
    for node in kept:
        assert simplify(Graph([x], [node])).outputs[0].op == node.op


def test_equal_nodes_become_one():
    (x,) = holes((4,))
    a, b = ops.exp(x), ops.exp(x)
    simple = simplify(Graph([x], [ops.add(a, b)]))
    assert sum(n.op == "exp" for n in simple.nodes()) == 1


# ---- outputs and updates ----------------------------------------


def test_outputs_of_any_kind_get_memory_of_their_own():
    x = np.arange(6, dtype=np.float32).reshape(2, 3)
    (h,) = holes_for([x], rg=False)
    e = ops.exp(h)
    graph = Graph(
        [h],
        [
            h,
            ops.swap(h),
            ops.like(h, 2.5),
            e,
            e,
            ops.swap(e),
            ops.iota(4),
            ops.expand(e, (2, 2, 3)),
        ],
    )
    assert_native_agrees(graph, [x])


def test_updates_that_need_each_others_old_values():
    arrays = [np.full(20, float(i), np.float32) for i in range(3)]
    a, b, c = holes_for(arrays, rg=False)
    for outputs in (
        [b, a, c],
        [b, c, a],
        [ops.add(a, b), ops.sub(a, b), ops.flip(a, (0,))],
        [ops.exp(b), ops.exp(b), a],
    ):
        assert_native_agrees(
            Graph([a, b, c], outputs, [(0, 0), (1, 1), (2, 2)]), arrays
        )


@pytest.mark.parametrize(
    "what",
    ["shifted", "transposed", "scattered", "padded", "reduced", "product", "taken"],
)
def test_an_update_that_reads_other_elements_of_the_old_value_is_not_made_in_place(
    what,
):
    x = np.random.default_rng(0).standard_normal((6, 6)).astype(np.float32)
    (h,) = holes_for([x], rg=False)
    flip = ops.mod(
        ops.add(ops.iota(6), ops.const(3, dtypes.int64)), ops.const(6, dtypes.int64)
    )
    new = {
        "shifted": lambda: ops.add(h, ops.flip(h, (0,))),
        "transposed": lambda: ops.add(h, ops.swap(h)),
        "scattered": lambda: ops.scatter_add(h, flip, 6),
        "padded": lambda: ops.pad(
            ops.cut(h, ((1, 6, 1), (0, 6, 1))), ((0, 1, 0), (0, 0, 0))
        ),
        "reduced": lambda: ops.sub(h, ops.amax(h, 1, True)),
        "product": lambda: ops.add(ops.matmul(h, ops.exp(h)), h),
        "taken": lambda: ops.add(ops.take(h, flip), h),
    }[what]()
    assert_native_agrees(Graph([h], [new], [(0, 0)]), [x])


class Counted(Kernel):
    """A kernel that counts how often somebody looks at what it needs."""

    looks = 0

    @property
    def deps(self):
        Counted.looks += 1
        assert Counted.looks < 20_000, "every way is gone through"
        return self.needs

    @deps.setter
    def deps(self, needs):
        self.needs = needs


def test_depth_goes_through_every_kernel_once():
    """Each of these kernels needs the two before it: there are 10⁴⁰⁰ ways down."""
    kernels = []
    for i in range(2000):
        kernels.append(Counted(i, "loop", (), None))
        kernels[-1].needs = set(kernels[-3:-1])
    Counted.looks = 0
    known = {}
    assert depth([], known) == 0
    assert depth(kernels[10:11], known) == 11
    assert depth(kernels[-1:], known) == 2000
    assert depth([kernels[3], kernels[7]], known) == 8


@pytest.mark.parametrize(("channels", "panels"), [(64, False), (256, True)])
def test_large_weights_lie_in_panels_where_few_rows_read_them(channels, panels):
    x, w = holes((1, 7, 7, channels), (1, 1, channels, 512))
    y = ops.conv(x, w, ops.Window((1, 1), (1, 1)))
    kernels = fuse(Graph([x, w], [y]), WIDTHS["lanes8"]).kernels
    assert ["weights in panels" in k.why for k in kernels if k.kind == "matmul"] == [
        panels
    ]


def test_the_gradient_of_a_strided_pointwise_convolution_is_made_without_zeros():
    g, w = holes((1, 4, 3, 6), (1, 1, 5, 6))
    dx = ops.conv_input(g, w, ops.Window((2, 2), (1, 1)), (8, 5))
    assert dx.shape == (1, 8, 5, 5)
    assert dx.op == "pad" and dx.srcs[0].op == "conv"
    assert dx.srcs[0].shape == (1, 4, 3, 5)
