"""Loops with carried state: native against the same loop written out in primitives,
gradients against differences, and what the schedule of a loop promises.
"""

import numpy as np
import pytest
from harness import WIDTHS, assert_native_agrees, holes_for, run_native, with_gradient

import ranvier as rv
from ranvier import dtypes, ops
from ranvier.compiler import pipeline
from ranvier.compiler.derive.expand import derive
from ranvier.compiler.run.interpret import interpret
from ranvier.compiler.run.jit import host
from ranvier.errors import DTypeError, ShapeError
from ranvier.graph import Graph, Template, hole
from ranvier.nn import recurrence
from ranvier.ops.scan import loop_body, scan
from ranvier.tensor import _wrap, gradient_nodes

F32, F64, I64 = dtypes.float32, dtypes.float64, dtypes.int64


def numbers(shape, seed=0, dtype="float32"):
    return np.random.default_rng([seed, *shape]).uniform(-1, 1, shape).astype(dtype)


def body(function, *shapes, dtype=F32, kinds=None):
    """A template of a function of nodes."""
    kinds = kinds or [dtype] * len(shapes)
    return loop_body(function.__name__, function, list(zip(shapes, kinds, strict=True)))


def dense(h, x, w):
    return (ops.tanh(ops.add(x, ops.matmul(h, ops.swap(w)))),)


def two_results(h, x):
    z = ops.mul(h, x)
    return ops.add(h, z), ops.sigmoid(z), ops.total(z, 1)


def still(h, k, x):
    """One carry stays what it is, one depends on no other."""
    return ops.mul(h, x), k, ops.add(k, ops.like(x, 1.0))


def mixed(h, x, w, b):
    """A bias and a weight that is used twice, once element by element."""
    y = ops.add(ops.matmul(h, w), b)
    return (ops.mul(ops.sigmoid(y), ops.add(x, ops.total(w, 0))),)


def picked(h, table, x):
    """A carry that is read at rows that the input names."""
    return (ops.mul(ops.take(table, x), ops.add(h, ops.like(h, 0.5))),)


def counter(n, h, x):
    more = ops.add(n, ops.const(1, I64))
    return more, ops.mul(h, ops.add(x, ops.cast(more, F32)))


def nested(h, x):
    """A loop in a loop: the rows of x one after the other."""
    inner = _inner
    (rows,) = scan(inner, [h], [x], [], 3)
    last = ops.cut(rows, ((3, 4, 1), (0, h.shape[0], 1)))
    return (ops.reshape(last, h.shape),)


def inner_step(h, x):
    return (ops.sin(ops.add(h, x)),)


_inner = body(inner_step, (4,), (4,))
REV = (False, True)


def loops(steps, reverse):
    """name: (function of nodes that gives one result, arrays)."""

    def lstm(h, c, x, w):
        made = recurrence.body("LSTM", (h.shape, c.shape, x.shape[1:], w.shape), F32)
        return ops.concat(
            [
                ops.cut(s, ((0, steps + 1, 2), (0, 3, 1), (0, 5, 1)))
                for s in scan(made, [h, c], [x], [w], steps, reverse)
            ],
            0,
        )

    def gru(h, x, w, b):
        shapes = (h.shape, x.shape[1:], w.shape, b.shape)
        made = recurrence.body("GRU", shapes, F32)
        return scan(made, [h], [x], [w, b], steps, reverse)[0]

    def simple(view):
        def run(h, x, w):
            made = body(dense, (3, 5), (3, 5), (5, 5))
            return scan(made, [h], [view(x)], [w], steps, reverse)[0]

        return run

    def last(h, x, w):
        made = body(dense, (3, 5), (3, 5), (5, 5))
        stack = scan(made, [h], [x], [w], steps, reverse)[0]
        at = 0 if reverse else steps
        return ops.cut(stack, ((at, at + 1, 1), (0, 3, 1), (0, 5, 1)))

    def results(which):
        def run(h, x):
            made = body(two_results, (3, 5), (3, 5))
            return scan(made, [h], [x], [], steps, reverse)[which]

        return run

    def kept(h, k, x):
        made = body(still, (3, 5), (3, 5), (3, 5))
        found = scan(made, [h, k], [x], [], steps, reverse)
        return ops.concat([*found[:2], found[2]], 0)

    def weights(h, x, w, b):
        made = body(mixed, (3, 5), (3, 5), (5, 5), (5,))
        return scan(made, [h], [x], [w, b], steps, reverse)[0]

    def rows(h, table, x):
        def turned(h, x, table):
            return picked(h, table, x)

        made = body(turned, (3, 5), (3,), (7, 5), kinds=[F32, I64, F32])
        return scan(made, [h], [x], [table], steps, reverse)[0]

    def counted(h, x):
        made = body(counter, (), (5,), (5,), kinds=[I64, F32, F32])
        return scan(made, [ops.const(2, I64), h], [x], [], steps, reverse)[1]

    def generated(h):
        made = body(two_results, (3, 4), (3, 4))
        x = ops.reshape(ops.cast(ops.iota(steps * 12), F32), (steps, 3, 4))
        x = ops.mul(x, ops.like(x, 0.01))
        return scan(made, [h], [x], [], steps, reverse)[0]

    def constant(h):
        made = body(two_results, (3, 4), (3, 4))
        x = ops.expand(ops.like(h, 0.25), (steps, 3, 4))
        start = ops.expand(ops.like(h, 0.5), (3, 4))
        return ops.mul(h, scan(made, [start], [x], [], steps, reverse)[0])

    def loop_in_loop(h, x):
        made = body(nested, (4,), (3, 4))
        return scan(made, [h], [x], [], steps, reverse)[0]

    flat = numbers((steps, 3, 5), 1)
    square = numbers((5, 5), 2)
    lstm_x = numbers((steps, 3, 20), 1)
    i = np.random.default_rng(0).integers(0, 7, (steps, 3))
    return {
        "lstm": (lstm, [numbers((3, 5)), numbers((3, 5), 3), lstm_x, numbers((20, 5), 2)]),  # noqa: E501
        "gru": (gru, [numbers((3, 5)), numbers((steps, 3, 15), 1), numbers((15, 5), 2), numbers((15,), 3)]),  # noqa: E501
        "dense": (simple(lambda x: x), [numbers((3, 5)), flat, square]),
        "last": (last, [numbers((3, 5)), flat, square]),
        "permuted": (simple(lambda x: ops.permute(x, (1, 0, 2))), [numbers((3, 5)), numbers((3, steps, 5), 1), square]),  # noqa: E501
        "flipped": (simple(lambda x: ops.flip(x, (0, 2))), [numbers((3, 5)), flat, square]),  # noqa: E501
        "steps": (simple(lambda x: ops.cut(x, ((0, 2 * steps, 2), (0, 3, 1), (1, 11, 2)))), [numbers((3, 5)), numbers((2 * steps, 3, 11), 1), square]),  # noqa: E501
        "repeated": (simple(lambda x: ops.expand(x, (steps, 3, 5))), [numbers((3, 5)), numbers((3, 5), 1), square]),  # noqa: E501
        "carry of two": (results(0), [numbers((3, 5)), flat]),
        "result": (results(1), [numbers((3, 5)), flat]),
        "sums": (results(2), [numbers((3, 5)), flat]),
        "still": (kept, [numbers((3, 5)), numbers((3, 5), 4), flat]),
        "weights": (weights, [numbers((3, 5)), flat, square, numbers((5,), 3)]),
        "rows": (rows, [numbers((3, 5)), numbers((7, 5), 1), i]),
        "counter": (counted, [numbers((5,)), numbers((steps, 5), 1)]),
        "generated": (generated, [numbers((3, 4))]),
        "constant": (constant, [numbers((3, 4))]),
        "nested": (loop_in_loop, [numbers((4,)), numbers((steps, 3, 4), 1)]),
    }  # fmt: skip


NAMES = sorted(loops(3, False))


def with_saving(inputs, y):
    """As `with_gradient`, but the loop keeps what its adjoint reads: the gradient is
    left to the derive stage, as `backward` does it.
    """
    seed = ops.add(ops.mul(y, ops.like(y, 0.0)), ops.like(y, 0.7))
    wrt = [i for i in inputs if i.rg]
    return Graph(inputs, [y, *gradient_nodes(y, seed, wrt)])


@pytest.mark.usefixtures("one_thread")
@pytest.mark.parametrize("reverse", REV)
@pytest.mark.parametrize("name", NAMES)
def test_native_agrees_with_the_loop_written_out(name, reverse):
    for steps in (1, 2, 5):
        build, arrays = loops(steps, reverse)[name]
        inputs = holes_for(arrays)
        form = with_saving if steps == 5 else with_gradient
        graph = form(inputs, build(*inputs))
        assert_native_agrees(graph, arrays, what=f"{name}, {steps} steps")


@pytest.mark.usefixtures("one_thread")
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", ["lstm", "gru", "nested", "permuted"])
def test_every_vector_width(name, width):
    build, arrays = loops(4, False)[name]
    inputs = holes_for(arrays)
    graph = with_gradient(inputs, build(*inputs))
    assert_native_agrees(graph, arrays, WIDTHS[width], what=f"{name}, {width}")


@pytest.mark.parametrize("reverse", REV)
@pytest.mark.parametrize("name", NAMES)
def test_interpreter_agrees_with_the_loop_written_out(name, reverse):
    from unroll import unrolled

    for steps in (0, 1, 4):
        build, arrays = loops(steps, reverse)[name]
        inputs = holes_for(arrays)
        graph = derive(with_saving(inputs, build(*inputs)))
        for ours, plain in zip(
            interpret(graph, arrays), interpret(unrolled(graph), arrays), strict=True
        ):
            np.testing.assert_allclose(ours, plain, rtol=2e-5, atol=2e-6)


@pytest.mark.usefixtures("one_thread")
@pytest.mark.parametrize("name", NAMES)
def test_no_steps(name):
    build, arrays = loops(0, False)[name]
    inputs = holes_for(arrays)
    graph = with_gradient(inputs, build(*inputs))
    results, _, _ = run_native(graph, arrays)
    for ours, plain in zip(results, interpret(derive(graph), arrays), strict=True):
        np.testing.assert_array_equal(ours, plain)


WIDE = {
    "dense": (dense, ((2, 3), (2, 3), (3, 3))),
    "two results": (two_results, ((2, 3), (2, 3))),
    "mixed": (mixed, ((2, 3), (2, 3), (3, 3), (3,))),
    "lstm": (recurrence.lstm_step, ((2, 2), (2, 2), (2, 8), (8, 2))),
    "lstm_proj": (recurrence.lstm_step, ((2, 1), (2, 2), (2, 8), (8, 1), (1, 2))),
    "gru": (recurrence.gru_step, ((2, 2), (2, 6), (6, 2), (6,))),
}


def all_results(name, reverse, steps=3):
    """A function of tensors that uses every result of a loop, and float64 arguments."""
    step, shapes = WIDE[name]
    made = body(step, *shapes, dtype=F64)
    carries = {"dense": 1, "two results": 1, "mixed": 1, "gru": 1}.get(name, 2)
    shapes = [(steps, *s) if i == carries else s for i, s in enumerate(shapes)]

    def run(*tensors):
        nodes = [t._node for t in tensors]
        stacks = scan(
            made, nodes[:carries], [nodes[carries]], nodes[carries + 1 :], steps,
            reverse,
        )  # fmt: skip
        return [_wrap(s) for s in stacks]

    return run, tuple(rv.tensor(numbers(s, i, "float64")) for i, s in enumerate(shapes))


@pytest.mark.parametrize("reverse", REV)
@pytest.mark.parametrize("name", WIDE)
def test_first_derivative(name, reverse):
    assert rv.check_gradients(*all_results(name, reverse))


@pytest.mark.parametrize("reverse", REV)
@pytest.mark.parametrize("name", WIDE)
def test_second_derivative(name, reverse):
    """Of Σ f², whose first derivative depends on the inputs even where f is linear."""
    f, inputs = all_results(name, reverse)

    def square(*xs):
        return sum((y**2).sum() for y in f(*xs)) * 0.5

    gradient = rv.grad(square, tuple(range(len(inputs))))
    assert rv.check_gradients(gradient, inputs)


def test_the_same_bits_with_any_number_of_threads():
    """A wide LSTM, whose steps are shared, forward and back."""
    shapes = [(64, 96), (64, 96), (6, 64, 384), (384, 96)]
    arrays = [numbers(s, i) for i, s in enumerate(shapes)]
    made = recurrence.body("LSTM", ((64, 96), (64, 96), (64, 384), (384, 96)), F32)
    inputs = holes_for(arrays)
    h, c, x, w = inputs
    graph = with_saving(inputs, scan(made, [h, c], [x], [w], 6)[0])
    found = {}
    before = rv.get_num_threads()
    for threads in (1, 2, 3):
        rv.set_num_threads(threads)
        plan = pipeline.plan([graph])
        shared = [k.loop.shared for k in plan.schedules[0].kernels if k.loop]
        assert shared == [threads > 1] * 2
        found[threads] = run_plan(plan, graph, arrays)
    rv.set_num_threads(before)
    for threads in (2, 3):
        for a, b in zip(found[1], found[threads], strict=True):
            np.testing.assert_array_equal(a, b)


def run_plan(plan, graph, arrays):
    results = [np.empty(o.shape, o.dtype.np) for o in graph.outputs]
    for position, array in enumerate([*arrays, *results]):
        plan.program.bind(position, array)
    plan.program.run(1, (1,))
    return results


# ---- what the schedule promises ------------------------------------------------------


def lstm_graph(steps, gradient=True):
    """Σ of the last h of an LSTM and its gradients."""
    shapes = [(4, 8), (4, 8), (steps, 4, 32), (32, 8)]
    inputs = [hole(i, s, F32, True) for i, s in enumerate(shapes)]
    h, c, x, w = inputs
    made = recurrence.body("LSTM", (h.shape, c.shape, (4, 32), w.shape), F32)
    stack = scan(made, [h, c], [x], [w], steps)[0]
    y = ops.cut(stack, ((steps, steps + 1, 1), (0, 4, 1), (0, 8, 1)))
    seed = ops.expand(ops.like(y, 1.0), y.shape)
    return Graph(inputs, [y, *(gradient_nodes(y, seed, inputs) if gradient else [])])


def kernels(graph):
    return pipeline.plan([graph], single=True, target=host()).schedules[0].kernels


@pytest.mark.usefixtures("one_thread")
def test_the_text_of_a_program_does_not_grow_with_the_steps():
    """But for the products outside, whose tiles depend on their sizes."""
    texts = [
        pipeline.plan([lstm_graph(n)], single=True).module.text for n in (28, 1000)
    ]
    drivers = [text[text.index("define void @run") :] for text in texts]
    lines = [driver.count("\n") for driver in drivers]
    assert lines[0] == lines[1]
    assert len(texts[1]) < 1.2 * len(texts[0])


def test_weights_gradient_is_one_product_after_the_loop():
    graph = derive(lstm_graph(6))
    back = [n for n in graph.nodes() if n.op == "scan" and n.attrs.reverse]
    assert [n.attrs.carries for n in back] == [2]  # of h and c; none adds up weights
    depths = [n.srcs[0].shape[-1] for n in graph.nodes() if n.op == "matmul"]
    assert depths == [6 * 4]


def test_the_adjoint_computes_no_gate_again():
    ops_inside = [
        n.op
        for scan_node in derive(lstm_graph(6)).nodes()
        if scan_node.op == "scan" and scan_node.attrs.reverse
        for n in ops_of(scan_node.attrs.body)
    ]
    assert ops_inside.count("matmul") == 1
    assert not {"sigmoid", "tanh"} & set(ops_inside)


def ops_of(template):
    return Graph(template.inputs, template.outputs).nodes()


@pytest.mark.usefixtures("one_thread")
def test_without_a_gradient_nothing_is_kept():
    (loop,) = (k for k in kernels(lstm_graph(6, False)) if k.kind == "scan")
    assert [n.op for n in loop.stores].count("item") == 2  # h and c


@pytest.mark.usefixtures("one_thread")
def test_an_lstm_step_is_a_product_and_a_loop():
    loops_ = [k.loop for k in kernels(lstm_graph(6)) if k.kind == "scan"]
    inside = [
        [k.kind for phase in b.schedule.phases[b.once :] for k in phase] for b in loops_
    ]
    assert inside == [["matmul", "loop"], ["loop", "join", "matmul"]]
    before = [[len(p) for p in b.schedule.phases[: b.once]] for b in loops_]
    assert before == [[1], [1]]  # weights packed once


@pytest.mark.usefixtures("one_thread")
def test_explain_shows_the_inside_of_a_loop():
    layer = rv.nn.LSTM(3, 4)
    step = rv.compile(lambda x: layer(x)[0])
    text = rv.explain(step, rv.zeros(28, 2, 3), stage="fuse")
    assert "lstm" in text
    assert "x 28" in text
    assert "before, phase 0:" in text
    assert "each step, phase 1:" in text


# ---- mistakes ------------------------------------------------------------------------


def test_messages():
    made = body(dense, (3, 5), (3, 5), (5, 5))
    h, x, w = hole(0, (3, 5), F32), hole(1, (2, 3, 5), F32), hole(2, (5, 5), F32)
    with pytest.raises(ShapeError) as caught:
        scan(made, [h], [x], [], 2)
    assert str(caught.value) == "scan: dense takes 3 values, 2 are given."
    with pytest.raises(ShapeError) as caught:
        scan(made, [h], [x], [w], 3)
    assert str(caught.value) == (
        "scan: value 1 of dense has shape (2, 3, 5), expected (3, 3, 5)."
    )
    with pytest.raises(DTypeError) as caught:
        scan(made, [h], [x], [hole(2, (5, 5), F64)], 2)
    assert str(caught.value) == "scan: value 2 of dense is float64, expected float32."
    grows = Template("grows", made.inputs, [ops.total(made.inputs[0], 0)])
    with pytest.raises(ShapeError) as caught:
        scan(grows, [h], [x], [w], 2)
    assert str(caught.value) == (
        "scan: carry 0 of grows goes in as float32[3, 5] and comes out as float32[5]; "
        "both must be alike."
    )
