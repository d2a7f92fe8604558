"""Compiled steps mean what the plain Python loop means."""

import os
import subprocess
import sys
import textwrap

import numpy as np
import pytest

import ranvier as rv
from ranvier import nn
from ranvier.compiler import pipeline
from ranvier.compiler import specialised as compiled_file
from ranvier.errors import (
    CaptureError,
    DataError,
    GradientError,
    NotFiniteError,
    RanvierError,
)
from ranvier.tensor import Tensor

R = np.random.default_rng(0)
X = R.standard_normal((70, 6)).astype(np.float32)
Y = R.integers(0, 3, 70)


@pytest.fixture(autouse=True)
def seeded():
    before = rv.get_num_threads()
    rv.manual_seed(0)
    yield
    rv.set_num_threads(before)


def network():
    rv.manual_seed(1)
    return nn.Sequential(nn.Linear(6, 8), nn.Tanh(), nn.Linear(8, 3))


OPTIMISERS = {
    "sgd": lambda p: rv.optim.SGD(p, lr=0.1),
    "momentum": lambda p: rv.optim.SGD(p, lr=0.1, momentum=0.9),
    "nesterov": lambda p: rv.optim.SGD(
        p, lr=0.1, momentum=0.9, nesterov=True, weight_decay=0.01
    ),
    "adam": lambda p: rv.optim.Adam(p, lr=0.05),
    "rmsprop": lambda p: rv.optim.RMSprop(p, lr=0.01),
    "adagrad": lambda p: rv.optim.Adagrad(p, lr=0.05),
}


def make_step(model, opt, loss_function=None):
    loss_function = loss_function or nn.CrossEntropyLoss()

    def step(x, y):
        opt.zero_grad()
        loss = loss_function(model(x), y)
        loss.backward()
        opt.step()
        return loss

    return step


def pair(kind="sgd"):
    model = network()
    opt = OPTIMISERS[kind](model.parameters())
    return model, opt, make_step(model, opt)


def weights(model):
    return [p.detach().numpy().copy() for p in model.parameters()]


def assert_same_weights(a, b, exactly=False):
    for p, q in zip(weights(a), weights(b), strict=True):
        if exactly:
            np.testing.assert_array_equal(p, q)
        else:
            np.testing.assert_allclose(p, q, rtol=2e-4, atol=2e-5)


@pytest.fixture
def programs(monkeypatch):
    """How many programs were compiled."""
    made = []
    plan = pipeline.plan

    def counted(*args, **kwargs):
        made.append(1)
        return plan(*args, **kwargs)

    monkeypatch.setattr(pipeline, "plan", counted)
    monkeypatch.setattr(compiled_file, "plan", counted)
    return made


# ---- state ----------------------------------------


@pytest.mark.parametrize("kind", OPTIMISERS)
def test_a_compiled_step_is_the_plain_step(kind):
    plain, _, plain_step = pair(kind)
    model, _, step = pair(kind)
    step = rv.compile(step)
    for i in range(6):
        x, y = rv.tensor(X[i * 10 : i * 10 + 10]), rv.tensor(Y[i * 10 : i * 10 + 10])
        assert step(x, y).item() == pytest.approx(plain_step(x, y).item(), rel=1e-5)
    assert_same_weights(model, plain)


@pytest.mark.parametrize("kind", OPTIMISERS)
def test_over_is_the_loop_written_by_hand(kind):
    model, _, step = pair(kind)
    plain, _, plain_step = pair(kind)
    plain_step = rv.compile(plain_step)
    losses = rv.compile(step).over(
        rv.data.DataLoader((X, Y), batch_size=16, shuffle=True, seed=3), epochs=3
    )
    by_hand = []
    loader = rv.data.DataLoader((X, Y), batch_size=16, shuffle=True, seed=3)
    for _ in range(3):
        for x, y in loader:
            by_hand.append(plain_step(x, y).item())
    assert losses.shape == (15,)
    np.testing.assert_allclose(losses.numpy(), by_hand, rtol=1e-5)
    assert_same_weights(model, plain)


def test_the_state_of_dropout_is_the_same_sequence():
    drop = nn.Dropout(0.5)
    f = rv.compile(lambda x: drop(x))
    x = rv.ones(64)
    rv.manual_seed(5)
    native = [f(x).numpy() for _ in range(3)]
    rv.manual_seed(5)
    plain = [drop(x).numpy() for _ in range(3)]
    np.testing.assert_array_equal(native, plain)
    assert not (native[0] == native[1]).all()


def test_the_learning_rate_changes_without_compiling(programs):
    model, opt, step = pair("adam")
    plain, plain_opt, plain_step = pair("adam")
    step = rv.compile(step)
    x, y = rv.tensor(X), rv.tensor(Y)
    step(x, y)
    count = len(programs)
    plain_step(x, y)
    for o in (opt, plain_opt):
        o.param_groups[0]["lr"] = 0.5
    step(x, y)
    assert len(programs) == count
    plain_step(x, y)
    assert_same_weights(model, plain)


def test_what_is_loaded_between_calls_is_seen(programs):
    model, _, step = pair()
    step = rv.compile(step)
    x, y = rv.tensor(X), rv.tensor(Y)
    saved = {k: v.detach().clone() for k, v in model.state_dict().items()}
    first = step(x, y).item()
    step(x, y)
    model.load_state_dict(saved)
    count = len(programs)
    assert step(x, y).item() == first
    assert len(programs) == count


def test_optimiser_state_is_saved_and_loaded_between_calls():
    model, opt, step = pair("adam")
    step = rv.compile(step)
    x, y = rv.tensor(X), rv.tensor(Y)
    step(x, y)
    weights_then = {k: np.array(v.detach()) for k, v in model.state_dict().items()}
    state = opt.state_dict()
    state["state"] = {
        i: {k: np.array(v) for k, v in s.items()} for i, s in state["state"].items()
    }
    second = step(x, y).item(), weights(model)
    model.load_state_dict({k: rv.tensor(v) for k, v in weights_then.items()})
    opt.load_state_dict(state)
    assert step(x, y).item() == second[0]
    for a, b in zip(weights(model), second[1], strict=True):
        np.testing.assert_array_equal(a, b)


def test_exported_arrays_keep_their_old_values():
    model, _, step = pair()
    step = rv.compile(step)
    x, y = rv.tensor(X), rv.tensor(Y)
    for _ in range(3):
        w = model[0].weight
        array, then = w.detach().numpy(), np.array(w.detach())
        step(x, y)
        np.testing.assert_array_equal(array, then)
        assert not (w.detach().numpy() == then).all()


def test_parameters_stay_in_their_arrays():
    model, _, step = pair()
    step = rv.compile(step)
    x, y = rv.tensor(X), rv.tensor(Y)
    step(x, y)
    places = [p._node.value.__array_interface__["data"][0] for p in model.parameters()]
    for _ in range(3):
        step(x, y)
    assert places == [
        p._node.value.__array_interface__["data"][0] for p in model.parameters()
    ]


def test_gradients_are_not_kept_and_say_so():
    model, _, step = pair()
    rv.compile(step)(rv.tensor(X), rv.tensor(Y))
    with pytest.raises(GradientError, match=r"not kept.*return loss, parameter\.grad"):
        model[0].weight.grad.numpy()


def test_gradients_accumulate_across_calls():
    def pieces():
        model = network()

        def collect(x, y):
            loss = nn.functional.cross_entropy(model(x), y)
            loss.backward()
            return loss

        return model, collect

    model, collect = pieces()
    plain, plain_collect = pieces()
    collect = rv.compile(collect)
    for i in range(3):
        x, y = rv.tensor(X[i * 10 : i * 10 + 10]), rv.tensor(Y[i * 10 : i * 10 + 10])
        collect(x, y)
        plain_collect(x, y)
        for p, q in zip(model.parameters(), plain.parameters(), strict=True):
            np.testing.assert_allclose(
                p.grad.numpy(), q.grad.numpy(), rtol=1e-4, atol=1e-6
            )


def test_a_returned_gradient_can_be_looked_at():
    model = network()

    def f(x, y):
        model.zero_grad()
        loss = nn.functional.cross_entropy(model(x), y)
        loss.backward()
        return loss, model[0].weight.grad

    _, g = rv.compile(f)(rv.tensor(X), rv.tensor(Y))
    f(rv.tensor(X), rv.tensor(Y))
    np.testing.assert_allclose(
        g.numpy(), model[0].weight.grad.numpy(), rtol=1e-4, atol=1e-6
    )


def test_modes_are_part_of_the_program():
    model = nn.Sequential(nn.Linear(6, 8), nn.Dropout(0.5))
    f = rv.compile(model)
    x = rv.tensor(X)
    a, b = f(x).numpy(), f(x).numpy()
    assert not (a == b).all()
    model.eval()
    np.testing.assert_array_equal(f(x).numpy(), f(x).numpy())
    np.testing.assert_allclose(f(x).numpy(), model(x).detach().numpy(), rtol=1e-5)


# ---- over ----------------------------------------


@pytest.mark.parametrize("drop_last", [False, True])
@pytest.mark.parametrize("shuffle", [False, True])
def test_rows_come_in_the_order_of_the_loader(drop_last, shuffle):
    rows = np.arange(23, dtype=np.float32)
    loader = rv.data.DataLoader(
        (rows,), batch_size=5, shuffle=shuffle, drop_last=drop_last, seed=2
    )
    first = rv.compile(lambda x: x.sum()).over(loader, epochs=2).numpy()
    again = rv.data.DataLoader(
        (rows,), batch_size=5, shuffle=shuffle, drop_last=drop_last, seed=2
    )
    want = [x.sum().item() for _ in range(2) for (x,) in again]
    np.testing.assert_allclose(first, want)
    assert loader.epoch == again.epoch == 2


def test_calls_of_over_go_on_where_the_last_one_ended():
    losses = []
    for parts in ((4,), (1, 3)):
        _, _, step = pair()
        step = rv.compile(step)
        loader = rv.data.DataLoader((X, Y), batch_size=16, shuffle=True, seed=3)
        losses.append(
            np.concatenate([step.over(loader, epochs=n).numpy() for n in parts])
        )
    np.testing.assert_array_equal(*losses)


def test_some_steps_of_an_epoch():
    """In pieces, the rest batch by itself too, an epoch is what it is in one."""
    loader = rv.data.DataLoader((X[:33], Y[:33]), batch_size=8, shuffle=True, seed=3)

    def losses(*pieces):
        model = network()
        optimizer = rv.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)

        @rv.compile
        def step(x, y):
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(model(x), y)
            loss.backward()
            optimizer.step()
            return loss

        found = []
        for piece in pieces:
            loader.epoch = 1
            found.append(step.over(loader, steps=piece).numpy())
        return np.concatenate(found)

    whole = losses(None)
    for cut in range(1, 5):
        assert np.array_equal(losses(range(cut), range(cut, 5)), whole)


@pytest.mark.parametrize("steps", [range(0), range(3, 6), range(0, 4, 2), 3])
def test_steps_that_an_epoch_does_not_have(steps):
    loader = rv.data.DataLoader((X[:33], Y[:33]), batch_size=8)
    with pytest.raises(DataError, match="expected steps of one epoch"):
        rv.compile(lambda x, y: x.sum()).over(loader, steps=steps)


def test_one_row_left_over():
    _, _, step = pair()
    losses = rv.compile(step).over(rv.data.DataLoader((X[:33], Y[:33]), batch_size=8))
    assert losses.shape == (5,) and np.isfinite(losses.numpy()).all()


def test_a_tuple_of_arrays_is_one_step_an_epoch():
    model, _, step = pair()
    plain, _, plain_step = pair()
    losses = rv.compile(step).over((X, Y), epochs=4)
    want = [plain_step(rv.tensor(X), rv.tensor(Y)).item() for _ in range(4)]
    np.testing.assert_allclose(losses.numpy(), want, rtol=1e-5)
    assert_same_weights(model, plain)


def test_results_of_any_form_are_stacked():
    f = rv.compile(lambda x: {"sum": x.sum(), "parts": (x.max(), [x.min()])})
    out = f.over(rv.data.DataLoader((np.arange(6.0),), batch_size=2), epochs=2)
    assert out["sum"].tolist() == [1, 5, 9, 1, 5, 9]
    assert out["parts"][0].tolist() == [1, 3, 5, 1, 3, 5]
    assert out["parts"][1][0].tolist() == [0, 2, 4, 0, 2, 4]


def test_results_of_a_smaller_last_batch_cannot_be_stacked():
    with pytest.raises(CaptureError, match="cannot be stacked"):
        rv.compile(lambda x: x * 2).over(
            rv.data.DataLoader((np.arange(5.0),), batch_size=2)
        )


@pytest.mark.parametrize("epochs", [0, -1, 1.5, True])
def test_epochs_is_a_whole_number_from_one(epochs):
    with pytest.raises(DataError, match="whole number from 1"):
        rv.compile(lambda x: x).over((X,), epochs=epochs)


def test_any_number_of_threads_gives_the_same_bits():
    found = []
    wide = R.standard_normal((512, 64)).astype(np.float32)
    for threads in (1, 2, 3):
        rv.set_num_threads(threads)
        rv.manual_seed(4)
        model = nn.Sequential(nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 10))
        step = make_step(model, rv.optim.Adam(model.parameters(), lr=0.01))
        labels = np.arange(512) % 10
        losses = rv.compile(step).over(
            rv.data.DataLoader((wide, labels), batch_size=128, shuffle=True, seed=1),
            epochs=2,
        )
        found.append([losses.numpy(), *weights(model)])
    for other in found[1:]:
        for a, b in zip(found[0], other, strict=True):
            np.testing.assert_array_equal(a, b)


# ---- what goes wrong ----------------------------------------


def test_a_loss_that_is_not_finite_stops_before_the_update():
    model, _, step = pair("momentum")
    step = rv.compile(step)
    bad = X.copy()
    bad[37, 2] = np.nan
    with pytest.raises(NotFiniteError, match="step 3 of epoch 1") as error:
        step.over(rv.data.DataLoader((bad, Y), batch_size=16))
    assert error.value.results.shape == (2,)
    plain, _, plain_step = pair("momentum")
    for i in range(2):
        plain_step(
            rv.tensor(X[i * 16 : i * 16 + 16]), rv.tensor(Y[i * 16 : i * 16 + 16])
        )
    assert_same_weights(model, plain)


def test_a_single_step_that_is_not_finite_changes_nothing():
    model, opt, step = pair("adam")
    step = rv.compile(step)
    step(rv.tensor(X), rv.tensor(Y))
    before = weights(model)
    with pytest.raises(NotFiniteError):
        step(rv.tensor(X * np.inf), rv.tensor(Y))
    for a, b in zip(before, weights(model), strict=True):
        np.testing.assert_array_equal(a, b)
    assert opt.state_dict()["state"][0]["step"].item() == 1
    assert np.isfinite(step(rv.tensor(X), rv.tensor(Y)).item())


@pytest.mark.parametrize("label", [3, -1, 10**12])
def test_a_label_out_of_range_changes_nothing(label):
    model, _, step = pair()
    step = rv.compile(step)
    x = rv.tensor(X)
    step(x, rv.tensor(Y))
    before = weights(model)
    bad = Y.copy()
    bad[5] = label
    with pytest.raises(RanvierError, match="out of range for 3 classes"):
        step(x, rv.tensor(bad))
    for a, b in zip(before, weights(model), strict=True):
        np.testing.assert_array_equal(a, b)


def test_an_index_out_of_range_is_refused():
    f = rv.compile(lambda x, i: x[i].sum())
    assert f(rv.arange(5.0), rv.tensor([1, -1])).item() == 5.0
    for bad in (5, -6, 2**40):
        with pytest.raises(RanvierError, match="index is out of range"):
            f(rv.arange(5.0), rv.tensor([1, bad]))


@pytest.mark.parametrize(
    "look",
    [
        lambda x: bool(x.sum() > 0),
        lambda x: x.sum().item(),
        lambda x: x.detach().numpy(),
        print,
        float,
    ],
)
def test_looking_at_a_value_is_refused(look):
    def f(x):
        look(x.sum() if look is float else x)
        return x

    if look is print:
        rv.compile(f)(rv.ones(3))
        return
    with pytest.raises(CaptureError, match=r"rv\.where\(condition, a, b\)"):
        rv.compile(f)(rv.ones(3))
    assert (rv.ones(2) + 1).tolist() == [2, 2], "outside, values can be looked at again"


def test_a_tensor_that_leaks_out_says_so_and_harms_nothing_else():
    kept = []
    f = rv.compile(lambda x: kept.append(x * 2) or x + 1)
    assert f(rv.ones(2)).tolist() == [2, 2]
    assert (rv.ones(2) * 3).tolist() == [3, 3]
    with pytest.raises(CaptureError, match="made inside a compiled function"):
        kept[0].tolist()


def test_a_parameter_that_is_returned_has_its_new_value():
    w = rv.tensor([1.0, 2.0])

    def f():
        w.mul_(2)
        return w

    out = rv.compile(f)()
    assert out.tolist() == w.tolist() == [2, 4]


def test_a_compiled_function_inside_another_is_refused():
    inner = rv.compile(lambda x: x + 1)
    with pytest.raises(CaptureError, match="compile the outer one only"):
        rv.compile(lambda x: inner(x) * 2)(rv.ones(3))


def test_an_error_in_the_function_leaves_everything_as_it_was():
    model, opt, _ = pair()
    before = weights(model)

    def step(x, y):
        loss = nn.functional.cross_entropy(model(x), y)
        loss.backward()
        opt.step()
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        rv.compile(step)(rv.tensor(X), rv.tensor(Y))
    for a, b in zip(before, weights(model), strict=True):
        np.testing.assert_array_equal(a, b)
    assert all(p.grad is None for p in model.parameters())


def run_script(text, **kwargs):
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(text)],
        capture_output=True,
        text=True,
        timeout=120,
        **kwargs,
    )


ENDLESS = """
    import os, signal, sys, threading, time
    import numpy as np
    import ranvier as rv
    rv.set_num_threads(THREADS)
    rv.manual_seed(0)
    model = rv.nn.Sequential(rv.nn.Linear(64, 128), rv.nn.ReLU(), rv.nn.Linear(128, 1))
    opt = rv.optim.SGD(model.parameters(), lr=1e-6)
    def step(x, y):
        opt.zero_grad()
        loss = ((model(x) - y) ** 2).mean()
        loss.backward()
        opt.step()
        return loss
    x = np.random.default_rng(0).standard_normal((256, 64)).astype("float32")
    y = x[:, :1].copy()
    run = rv.compile(step)
    run.over((x, y), epochs=2)
    when = []
    def interrupt():
        when.append(time.perf_counter())
        os.kill(os.getpid(), signal.SIGINT)
    threading.Timer(0.5, interrupt).start()
    try:
        run.over((x, y), epochs=10_000_000)
    except rv.errors.InterruptedRun as error:
        late = time.perf_counter() - when[0]
        print(late < 0.3, error.steps > 0, len(error.results) == error.steps)
        print(np.isfinite(model[0].weight.detach().numpy()).all())
"""


@pytest.mark.skipif(os.name == "nt", reason="signals")
@pytest.mark.parametrize("threads", [1, 2])
def test_ctrl_c_ends_the_run_after_a_whole_step(threads):
    done = run_script(ENDLESS.replace("THREADS", str(threads)))
    assert done.stdout.split() == ["True"] * 4, done.stderr


@pytest.mark.skipif(not hasattr(os, "fork"), reason="fork")
def test_a_run_works_after_a_fork():
    done = run_script("""
        import os
        import numpy as np
        import ranvier as rv
        rv.set_num_threads(2)
        x = np.ones((600, 300), np.float32)
        f = rv.compile(lambda x: (x @ x.T).sum())
        f.over((x,), epochs=20)
        child = os.fork()
        if not child:
            ok = f.over((x,), epochs=20).numpy()[0] == 600 * 600 * 300
            os._exit(0 if ok else 1)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
    """)
    assert done.stdout.strip() == "0", done.stderr


# ---- forms ----------------------------------------


def test_a_module_is_compiled_for_inference():
    model = network()
    f = rv.compile(model)
    for rows in (1, 5, 70):
        np.testing.assert_allclose(
            f(X[:rows]).numpy(),
            model(rv.tensor(X[:rows])).detach().numpy(),
            rtol=1e-5,
            atol=1e-6,
        )


def test_arguments_may_be_arrays_lists_and_numbers():
    f = rv.compile(lambda x, y, n: x * n + y)
    assert f(np.ones(2, np.float32), [1.0, 2.0], 3).tolist() == [4, 5]
    assert f(np.ones(2, np.float32), [1.0, 2.0], 4).tolist() == [5, 6]


def test_views_as_arguments_are_read_rightly():
    f = rv.compile(lambda x: x + 0.5)
    x = rv.arange(12.0).reshape(3, 4)
    np.testing.assert_array_equal(f(x.T).numpy(), x.numpy().T + 0.5)
    np.testing.assert_array_equal(f(x[:, 1]).numpy(), x.numpy()[:, 1] + 0.5)
    np.testing.assert_array_equal(
        f(np.arange(12.0)[::2]).numpy(), np.arange(12.0)[::2] + 0.5
    )


def test_forms_of_results():
    f = rv.compile(lambda x: {"a": x + 1, "b": (x, None, [x * 2, 3]), "c": "text"})
    out = f(rv.tensor([1.0]))
    assert out["a"].tolist() == [2] and out["b"][0].tolist() == [1]
    assert (
        out["b"][1] is None
        and out["b"][2][0].tolist() == [2]
        and out["b"][2][1] == 3
        and out["c"] == "text"
    )


def test_results_are_not_overwritten_by_the_next_call():
    f = rv.compile(lambda x: x * 2)
    a = f(rv.tensor([1.0]))
    f(rv.tensor([5.0]))
    assert a.tolist() == [2]


def test_assignments_in_place_reach_outside_tensors():
    total = rv.zeros(3)

    def f(x):
        total.add_(x)
        y = x.clone()
        y.mul_(2)
        return y

    g = rv.compile(f)
    for i in range(1, 4):
        assert g(rv.ones(3)).tolist() == [2, 2, 2]
        assert total.tolist() == [i] * 3


def test_two_states_can_be_swapped():
    a, b = rv.tensor([1.0, 2.0]), rv.tensor([3.0, 4.0])

    def f():
        old = a.clone()
        a.copy_(b)
        b.copy_(old)

    g = rv.compile(f)
    g()
    assert (a.tolist(), b.tolist()) == ([3, 4], [1, 2])
    g()
    assert (a.tolist(), b.tolist()) == ([1, 2], [3, 4])


def test_a_plain_loop_is_native_from_the_second_step():
    _, _, step = pair()
    evaluator = pipeline.evaluator
    before = {id(s) for s in evaluator.seen.values()}
    for _ in range(3):
        step(rv.tensor(X), rv.tensor(Y))
    new = [s for s in evaluator.seen.values() if id(s) not in before]
    assert any(s.program is not None and s.count >= 2 for s in new)


def test_a_plain_loop_keeps_its_meaning_when_it_becomes_native():
    model, _, step = pair("momentum")
    other, _, again = pair("momentum")
    again = rv.compile(again)
    for i in range(5):
        x, y = rv.tensor(X[i : i + 10]), rv.tensor(Y[i : i + 10])
        step(x, y)
        again(x, y)
    assert_same_weights(model, other)


def test_arguments_by_name():
    @rv.compile
    def f(x, y, scale=1.0):
        return (x - y) * scale

    x, y = rv.tensor([3.0]), rv.tensor([1.0])
    assert f(x, y=y).item() == f(y=y, x=x).item() == f(x, y).item() == 2.0
    assert f(x=y, y=x).item() == -2.0
    assert f(x, y, scale=3.0).item() == 6.0
    assert f(x, y, scale=2.0).item() == f(x, scale=2.0, y=[1.0]).item() == 4.0
    with pytest.raises(TypeError, match="unexpected keyword argument 'z'"):
        f(x, z=y)


def test_what_is_called_looking_is_refused():
    for look in (float, Tensor.tolist, Tensor.numpy, Tensor.item, bool):
        with pytest.raises(CaptureError, match=r"\(item\(\), tolist\(\), float\(\)"):
            rv.compile(lambda x, look=look: look(x))(rv.ones(1))

    def shown(x):
        print(x)
        return x * 2

    assert rv.compile(shown)(rv.ones(1)).item() == 2.0  # a stand-in is printed


@pytest.mark.slow
def test_xor_is_learnt_in_a_million_epochs():
    rv.manual_seed(0)
    r = np.random.default_rng(0)
    w1 = rv.tensor((2 * r.random((2, 10)) - 1).astype(np.float32), requires_grad=True)
    w2 = rv.tensor((2 * r.random((10, 1)) - 1).astype(np.float32), requires_grad=True)
    opt = rv.optim.SGD([w1, w2], lr=0.1)

    def network(x):
        return ((x @ w1).sigmoid() @ w2).sigmoid()

    def step(x, y):
        opt.zero_grad()
        loss = ((network(x) - y) ** 2).sum()
        loss.backward()
        opt.step()
        return loss

    x = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.float32)
    y = np.array([[0], [1], [1], [0]], np.float32)
    rv.compile(step).over((x, y), epochs=1_000_000)
    np.testing.assert_allclose(network(rv.tensor(x)).detach().numpy(), y, atol=0.02)


def test_pieces_of_a_function_of_nothing():
    """Values of no size are never cheap to make again: they were read before made."""

    @rv.compile
    def step(x):
        y = rv.where(x >= 3, x, rv.where(x <= -3, x * 0, x * (x + 3) / 6))
        y.sum().backward()
        return y, x.grad

    y, slope = step(rv.zeros(0, 3, requires_grad=True))
    assert y.shape == slope.shape == (0, 3)
