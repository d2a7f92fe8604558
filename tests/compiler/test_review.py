"""Promises about values that change while others still look at them."""

import gc
import importlib
import threading
import weakref

import numpy as np
import pytest

import ranvier as rv
from ranvier.errors import CaptureError, GradientError, InterruptedRun
from ranvier.optim import SGD
from ranvier.tensors.handles import flush_pending, pending


def weight(*values):
    return rv.tensor(list(values), requires_grad=True)


def descent(w):
    """A compiled step of plain gradient descent on Σ w x with learning rate 1."""
    optimizer = SGD([w], lr=1.0)

    @rv.compile
    def step(x):
        optimizer.zero_grad()
        loss = (w * x).sum()
        loss.backward()
        optimizer.step()
        return loss

    return step


def test_looking_at_a_value_changed_in_place_keeps_its_history():
    w = weight(1.0, 2.0)
    y = w * 2
    y += 1
    y.tolist()
    y.sum().backward()
    assert w.grad.tolist() == [2.0, 2.0]


@pytest.mark.parametrize("steps_before", [0, 1])
def test_a_compiled_step_does_not_write_into_what_an_older_graph_reads(steps_before):
    w = weight(1.0)
    step = descent(w)
    for _ in range(steps_before):
        step(rv.tensor([0.0]))
    y = w.exp()
    held = w._node.value
    y.tolist()
    step(rv.tensor([5.0]))
    assert held.tolist() == [1.0]
    assert w.tolist() == [-4.0]


def test_a_compiled_step_writes_in_place_when_nobody_else_looks():
    w = weight(1.0)
    step = descent(w)
    step(rv.tensor([1.0]))
    array = w._node.value
    step(rv.tensor([1.0]))
    assert w._node.value is array


def test_backward_through_a_parameter_that_was_updated_since_is_an_error():
    w = weight(1.0)
    optimizer = SGD([w], lr=1.0)
    first, second = (w * 2).sum(), (w * w).sum()
    first.backward()
    optimizer.step()
    with pytest.raises(GradientError, match="changed after it was used"):
        second.backward()


@pytest.mark.parametrize("made", range(3990, 4002))
def test_gradients_are_whole_when_the_limit_of_pending_nodes_falls_into_backward(made):
    weights = [weight(1.0, 2.0) for _ in range(6)]
    flush_pending()
    loss = sum(((w * w).sum() for w in weights), start=rv.tensor(0.0))
    pending.made = made
    loss.backward()
    assert [w.grad.tolist() for w in weights] == [[2.0, 4.0]] * 6


def test_a_looked_at_loss_that_is_kept_lets_its_graph_go():
    w = weight(1.0, 2.0)
    optimizer = SGD([w], lr=0.1)
    loss = (w * w).sum()
    loss.item()
    loss.backward()
    optimizer.step()
    assert loss._node.srcs == ()
    assert w.grad.tolist() == [2.0, 4.0]


def test_a_history_that_was_looked_at_is_not_computed_again():
    h, w = weight(1.0), weight(0.5)
    for _ in range(50):
        h = (h * w).tanh()
        h.item()
    lifted = importlib.import_module("ranvier.compiler.capture.lift").Lifted
    assert len(lifted([(h * w)._node], history=False).order) == 3
    h.backward()
    assert w.grad is not None
    assert w.grad.item() != 0


# ---- what a compiled function takes from outside -------------------------------------


def test_a_computed_tensor_changed_later_is_seen():
    c = rv.zeros(1) + 1
    add = rv.compile(lambda x: x + c)
    x = rv.tensor([2.0])
    assert add(x).item() == 3
    c += 10
    assert add(x).item() == 13


def test_a_detached_parameter_changed_later_is_seen():
    w = weight(1.0)
    c = w.detach()
    c.tolist()
    add = rv.compile(lambda x: x + c)
    x = rv.tensor([2.0])
    assert add(x).item() == 3
    with rv.no_grad():
        w += 10
    assert add(x).item() == 13
    assert c.item() == 11


@pytest.mark.parametrize(
    ("first", "second"), [(1, 1.0), (1, True), (0.0, -0.0), (2.0, 3.0)]
)
def test_python_arguments_that_compare_equal_are_told_apart(first, second):
    x = rv.tensor([1, 2])

    def scale(x, k):
        return x / k if k == 0 else x * k

    compiled = rv.compile(scale)
    for k in (first, second):
        plain, native = scale(x, k), compiled(x, k)
        assert native.dtype is plain.dtype
        assert native.tolist() == plain.tolist()


def test_nan_as_an_argument_is_captured_once():
    scale = rv.compile(lambda x, k: x * k)
    for _ in range(3):
        scale(rv.tensor([1.0]), float("nan"))
    assert len(scale.made) == 1


def test_an_argument_that_starts_to_require_a_gradient_is_captured_again():
    asks = rv.compile(lambda x: x * (2.0 if x.requires_grad else 1.0))
    assert asks(rv.tensor([1.0])).item() == 1
    assert asks(weight(1.0)).item() == 2


def test_an_argument_changed_in_place_is_an_error():
    with pytest.raises(CaptureError, match="argument 1 in place"):
        rv.compile(lambda x: x.mul_(2))(rv.tensor([1.0]))


def test_an_argument_that_is_also_changed_state_is_an_error():
    w = rv.tensor([1.0, 1.0])

    @rv.compile
    def step(v):
        w.mul_(2)
        return v + w

    step(rv.tensor([1.0, 1.0]))
    with pytest.raises(CaptureError, match="a tensor that the function changes"):
        step(w)


def test_an_argument_that_cannot_be_hashed_is_an_error():
    with pytest.raises(CaptureError, match="got a dict"):
        rv.compile(lambda x, k: x * k["a"])(rv.tensor([1.0]), {"a": 1})


# ---- threads and memory --------------------------------------------------------------


def test_two_threads_may_run_the_same_compiled_function():
    function = rv.compile(lambda x: (x @ x).exp().sum(1))
    inputs = [rv.tensor(np.full((150, 150), v, np.float32)) for v in (0.001, 0.01)]
    wanted = [function(x).tolist() for x in inputs]
    wrong = []

    def run(i):
        for _ in range(100):
            if function(inputs[i]).tolist() != wanted[i]:
                wrong.append(i)

    threads = [threading.Thread(target=run, args=(i,)) for i in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_rounding_whole_numbers_gives_a_tensor_of_its_own():
    x = rv.tensor([1, 2])
    for y in (x.floor(), x.ceil(), x.round()):
        y += 1
    assert x.tolist() == [1, 2]


def test_a_dropped_program_is_freed():
    double = rv.compile(lambda x: 2 * x)
    double(rv.tensor([1.0]))
    program = weakref.ref(double.last.program)
    del double
    gc.collect()
    assert program() is None


@pytest.mark.parametrize(("given", "wanted"), [(None, 3.0), (4.0, 7.0)])
def test_a_gradient_set_from_outside_is_what_a_compiled_step_adds_to(given, wanted):
    w = weight(1.0)
    add_gradient = rv.compile(lambda x: (w * x).sum().backward())
    add_gradient(rv.tensor([2.0]))
    old = w.grad
    w.grad = None if given is None else rv.tensor([given])
    add_gradient(rv.tensor([3.0]))
    assert w.grad.tolist() == [wanted]
    assert old.tolist() == [2.0]
    add_gradient(rv.tensor([1.0]))
    assert w.grad.tolist() == [wanted + 1]
    assert len(add_gradient.made) == 1


def test_one_no_grad_object_may_be_entered_twice():
    silent = rv.no_grad()
    with silent:
        with silent:
            pass
        assert not rv.is_grad_enabled()
    assert rv.is_grad_enabled()


def test_a_stopped_run_counts_the_epochs_that_it_began():
    w = weight(1.0)
    rows = np.array([[1.0], [1.0], [1.0], [np.nan]], np.float32)
    loader = rv.data.DataLoader((rows,), batch_size=1)
    with pytest.raises(rv.errors.NotFiniteError):
        descent(w).over(loader, epochs=5)
    assert loader.epoch == 1


def test_a_parameter_copied_from_another_is_a_leaf_of_its_own():
    x, y = weight(1.0), weight(2.0)
    with rv.no_grad():
        y.copy_(x)
    assert y.is_leaf
    (y * y).sum().backward()
    assert x.grad is None
    assert y.grad.tolist() == [2.0]


def test_reading_by_another_program_does_not_make_a_step_copy_its_weights():
    w = weight(1.0)
    step, look = descent(w), rv.compile(lambda x: (w * x).sum())
    x = rv.tensor([1.0])
    step(x)
    array = w._node.value
    for expected in (0.0, -1.0, -2.0):
        assert look(x).item() == expected
        step(x)
    assert w._node.value is array


@pytest.mark.parametrize(("later", "wanted"), [(7, None), (-1, 3.0), (2, 3.0)])
def test_an_index_changed_after_capture_is_checked_in_every_run(later, wanted):
    index, table = rv.tensor([0]), rv.tensor([1.0, 2.0, 3.0])
    pick = rv.compile(lambda x: table[index] + x)
    x = rv.tensor([0.0])
    assert pick(x).item() == 1
    index.fill_(later)
    if wanted is None:
        with pytest.raises(rv.errors.ValueRangeError, match="out of range"):
            pick(x)
    else:
        assert pick(x).item() == wanted


def test_an_index_counted_up_by_a_compiled_step_is_checked_again():
    index, table = rv.tensor([0]), rv.tensor([1.0, 2.0, 3.0])
    assert table[index].item() == 1

    @rv.compile
    def count(x):
        index.add_(1)
        return x

    for _ in range(5):
        count(rv.tensor([0.0]))
        index.tolist()
    with pytest.raises(rv.errors.ShapeError, match="index 5 is out of range"):
        table[index].tolist()


def test_ctrl_c_while_the_rows_are_drawn_hands_out_what_was_done(monkeypatch):
    x = np.arange(8.0, dtype=np.float32).reshape(4, 2)
    loader = rv.data.DataLoader((x, x), batch_size=2, shuffle=True, seed=0)
    step = rv.compile(lambda a, b: (a * b).sum())
    step.over(loader, epochs=1)

    def interrupted(self, first, epochs):
        raise KeyboardInterrupt

    monkeypatch.setattr("ranvier.compiler.feed.Feed.order", interrupted)
    with pytest.raises(InterruptedRun, match="interrupted after 0 steps") as caught:
        step.over(loader, epochs=2)
    assert caught.value.results.shape == (0,)
