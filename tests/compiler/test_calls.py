"""What a call of a compiled step may keep from the call before, and what it may not."""

import threading

import numpy as np
import pytest

import ranvier as rv
from ranvier import nn
from ranvier.errors import CaptureError


def counter():
    total = rv.zeros(2)

    @rv.compile
    def add(x):
        total.add_(x)
        return total.clone(), total.sum()

    return total, add


def test_results_that_are_held_keep_their_values():
    _, add = counter()
    one = rv.ones(2)
    held = [add(one) for _ in range(6)]
    assert [pair[1].item() for pair in held] == [2.0, 4.0, 6.0, 8.0, 10.0, 12.0]
    assert [pair[0].tolist() for pair in held] == [[i, i] for i in range(1, 7)]


@pytest.mark.parametrize(
    "hold",
    [
        lambda y: y.numpy(),
        lambda y: y.detach(),
        lambda y: y.reshape(2, 1),
        lambda y: y[0],
        lambda y: np.asarray(y)[:1],
        lambda y: y * 1,
    ],
    ids=["numpy", "detach", "reshape", "index", "slice", "graph"],
)
def test_what_was_made_from_a_result_keeps_its_value(hold):
    _, add = counter()
    one = rv.ones(2)
    kept = hold(add(one)[0])
    for _ in range(5):
        add(one)
    np.testing.assert_array_equal(np.asarray(kept), np.ones(np.shape(kept)))


def test_a_result_may_be_the_next_argument():
    double = rv.compile(lambda x: 2 * x)
    x = rv.ones(3)
    for _ in range(10):
        x = double(x)
    assert x.tolist() == [1024.0] * 3


def test_the_same_argument_with_another_value():
    double = rv.compile(lambda x: 2 * x)
    x = rv.ones(3)
    assert double(x).tolist() == [2.0] * 3
    x += 1
    assert double(x).tolist() == [4.0] * 3
    x[0] = 7.0
    assert double(x).tolist() == [14.0, 4.0, 4.0]


def test_an_argument_that_has_no_value_yet():
    double = rv.compile(lambda x: 2 * x)
    x = rv.ones(3)
    for i in range(3):
        assert double(x + i).tolist() == [2.0 + 2 * i] * 3


def test_arguments_of_one_shape_are_no_reason_to_compile_again():
    double = rv.compile(lambda x: 2 * x)
    for x in (rv.ones(3), rv.ones(4), rv.ones(3), np.ones(4, np.float32), [1.0, 1.0]):
        assert np.asarray(double(x)).tolist() == [2.0] * len(x)
    assert len(double.made) == 3


def test_modes_and_shapes_of_state_are_looked_at_in_every_call():
    model = nn.Sequential(nn.Linear(3, 3), nn.Dropout(0.5))
    f, x = rv.compile(model), rv.ones(8, 3)
    assert (f(x) == 0).any()
    model.eval()
    assert not (f(x) == 0).any()
    model.train()
    assert (f(x) == 0).any()
    w = rv.ones(3)
    g = rv.compile(lambda x: x + w)
    assert g(x).shape == (8, 3)
    w.requires_grad_()
    assert g(x).shape == (8, 3)


def test_a_tensor_that_the_function_changes_is_no_argument_of_any_call():
    total, add = counter()
    add(rv.ones(2))
    with pytest.raises(CaptureError, match=r"clone"):
        add(total)


def test_calls_from_two_threads():
    total, add = counter()
    one, seen = rv.ones(2), []

    def work():
        for _ in range(200):
            seen.append(add(one)[1].item())

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(seen) == [2.0 * i for i in range(1, 401)]
    assert total.tolist() == [400.0, 400.0]


def test_a_thread_captures_while_another_looks_at_values():
    """The recorder belongs to the thread: outside it, looking goes on."""
    inside, looked = threading.Event(), threading.Event()
    seen = []

    def slow(x):
        y = 2 * x
        inside.set()
        assert looked.wait(30), "the other thread got no value"
        return y + 1

    def look():
        inside.wait(30)
        seen.append((rv.ones(2) * 3).tolist())
        looked.set()

    thread = threading.Thread(target=look)
    thread.start()
    result = rv.compile(slow)(rv.ones(2)).tolist()
    thread.join()
    assert seen == [[3.0, 3.0]]
    assert result == [3.0, 3.0]


def test_a_value_that_another_thread_has_written():
    made = []
    thread = threading.Thread(target=lambda: made.append(rv.ones(2) * 3 + 1))
    thread.start()
    thread.join()
    assert made[0].tolist() == [4.0, 4.0]


def test_the_gradient_of_an_argument():
    """Added to what it has, or set anew where the function forgets it first."""

    @rv.compile
    def slope(x, w):
        (x * x * w).sum().backward()
        return x.sum()

    @rv.compile
    def fresh(x):
        x.grad = None
        (x * 3).sum().backward()

    w = rv.ones(2)
    for run in range(1, 4):
        x = rv.tensor([1.0, 2.0], requires_grad=True)
        for call in range(1, 3):
            assert slope(x, w * run).item() == 3.0
            assert x.grad.tolist() == [2.0 * run * call, 4.0 * run * call]
        fresh(x)
        fresh(x)
        assert x.grad.tolist() == [3.0, 3.0]
    assert w.grad is None
