"""Probes: what is seen of a run while it goes on, and that seeing changes nothing."""

import os
import signal
import threading

import numpy as np
import pytest

import ranvier as rv
from ranvier import nn
from ranvier.compiler.fuse import share
from ranvier.compiler.ring import UNSAFE
from ranvier.errors import (
    CaptureError,
    DTypeError,
    InterruptedRun,
    NotFiniteError,
    ValueRangeError,
)

R = np.random.default_rng(0)
X = R.standard_normal((70, 6)).astype(np.float32)
Y = R.integers(0, 3, 70)


@pytest.fixture(params=[1, 2], ids=["one", "two"])
def threads(request, monkeypatch):
    """On one thread, and on two whatever the model of their cost says."""
    before = rv.get_num_threads()
    rv.set_num_threads(request.param)
    if request.param == 2:
        monkeypatch.setattr(share, "worth_sharing", lambda *args: True)
        monkeypatch.setattr(share, "WORTH_SHARING", 10)
    yield request.param
    rv.set_num_threads(before)


def job(batch=16, inside=lambda h: None, **options):
    """model, step, loader of a small classification."""
    rv.manual_seed(1)
    model = nn.Sequential(nn.Linear(6, 8), nn.ReLU(), nn.Linear(8, 3))
    optimizer = rv.optim.Adam(model.parameters(), lr=0.05)
    criterion = nn.CrossEntropyLoss()

    @rv.compile
    def step(x, y):
        optimizer.zero_grad()
        outputs = model(x)
        inside(outputs)
        loss = criterion(outputs, y)
        loss.backward()
        optimizer.step()
        return loss

    loader = rv.data.DataLoader((X, Y), batch_size=batch, shuffle=True, seed=3)
    return model, step, loader


def counter():
    """A step whose result is the number of steps so far."""
    total = rv.zeros(())
    return rv.compile(lambda x: total.add_(x.sum()).clone()), np.ones(1, np.float32)


def weights(model):
    return np.concatenate([p.detach().numpy().ravel() for p in model.parameters()])


# ---- what is seen ----------------------------------------


@pytest.mark.parametrize("every", [1, 3, 7])
def test_readings_are_the_values_of_their_steps(every, threads):
    _, step, loader = job(inside=lambda h: rv.probe("most", h.amax(0)))
    watch = rv.Watch(every=every)
    losses = step.over(loader, epochs=4, watch=watch).numpy()
    assert watch.steps.tolist() == list(range(every, 21, every))
    np.testing.assert_array_equal(watch.history["result"], losses[every - 1 :: every])
    assert watch.history["most"].shape == (20 // every, 3)
    assert watch.lost == 0


def test_watching_changes_nothing(threads):
    plain, step, loader = job()
    losses = step.over(loader, epochs=5).numpy()
    seen, step, loader = job(inside=lambda h: rv.probe("h", h.mean()))
    watch = rv.Watch(every=2, layers=seen)
    np.testing.assert_array_equal(step.over(loader, epochs=5, watch=watch), losses)
    np.testing.assert_array_equal(weights(seen), weights(plain))


def test_layer_statistics_are_those_of_the_step(threads):
    """The first step's, against NumPy and a plain step."""
    model, step, loader = job(batch=70)
    plain, _, _ = job()
    watch = rv.Watch(layers=model)
    step.over(loader, watch=watch)
    first = {name: values[0] for name, values in watch.history.items()}
    hidden = plain[0](rv.tensor(X))
    outputs = [hidden, hidden.relu(), plain(rv.tensor(X))]
    for i, y in enumerate(o.detach().numpy() for o in outputs):
        assert first[f"{i}.mean"] == pytest.approx(y.mean(), rel=1e-4, abs=1e-6)
        assert first[f"{i}.std"] == pytest.approx(y.std(), rel=1e-4)
        assert first[f"{i}.zeros"] == pytest.approx((y == 0).mean())
    assert 0.2 < first["1.zeros"] < 0.8
    nn.CrossEntropyLoss()(outputs[2], rv.tensor(Y)).backward()
    for name, p in plain.named_parameters():
        old, new = p.detach().numpy(), dict(model.named_parameters())[name]
        norm = np.linalg.norm(p.grad.numpy())
        ratio = np.linalg.norm(new.detach().numpy() - old) / np.linalg.norm(old)
        assert first[f"{name}.grad_norm"] == pytest.approx(norm, rel=1e-4)
        assert first[f"{name}.update_ratio"] == pytest.approx(ratio, rel=1e-3)


def test_results_and_repeated_names_are_told_apart():
    def two(x):
        rv.probe("h", x.sum())
        rv.probe("h", 2 * x.sum())
        return x.sum(), {"mean": x.mean()}

    watch = rv.Watch()
    rv.compile(two).over(np.ones(4, np.float32), watch=watch)
    values = {name: value.tolist() for name, value in watch.history.items()}
    assert values == {"result.0": [4], "result.1": [1], "h": [4], "h#2": [8]}


def test_values_keep_shape_and_type():
    def step(x):
        rv.probe("whole", (x * 10).to(rv.int32).reshape(2, 2))
        rv.probe("wide", x.double())
        rv.probe("flags", x > 0.5)
        return x.sum()

    watch, x = rv.Watch(), np.array([0.1, 0.7, 0.3, 0.9], np.float32)
    rv.compile(step).over(x, epochs=3, watch=watch)
    whole, wide, flags = (watch.history[n] for n in ("whole", "wide", "flags"))
    assert whole.dtype == np.int32
    assert whole.tolist() == [[[1, 7], [3, 9]]] * 3
    np.testing.assert_array_equal(wide, [x.astype(np.float64)] * 3)
    assert flags.tolist() == [[False, True, False, True]] * 3


def test_runs_go_on_counting():
    step, x = counter()
    watch = rv.Watch(every=3)
    for epochs in (4, 4, 1, 3):
        step.over(x, epochs=epochs, watch=watch)
    assert watch.steps.tolist() == [3, 6, 9, 12]
    assert watch.history["result"].tolist() == [3, 6, 9, 12]


def test_several_native_calls_are_one_run(monkeypatch):
    monkeypatch.setattr("ranvier.compiler.whole.INDEX_LIMIT", 100)
    _, step, loader = job()
    watch = rv.Watch(every=4)
    losses = step.over(loader, epochs=7, watch=watch).numpy()
    assert watch.steps.tolist() == list(range(4, 36, 4))
    np.testing.assert_array_equal(watch.history["result"], losses[3::4])


def test_a_run_that_goes_from_one_form_of_the_program_to_the_other(threads):
    """Long enough for the pieces in which the number of threads is measured."""
    _, step, loader = job()
    watch = rv.Watch(every=7, size=100_000)
    losses = step.over(loader, epochs=3000, watch=watch).numpy()
    assert watch.steps.tolist() == list(range(7, 15_001, 7))
    np.testing.assert_array_equal(watch.history["result"], losses[6::7])


def test_a_probe_without_a_watch_does_nothing():
    step = rv.compile(lambda x: rv.probe("twice", 2 * x).sum())
    assert step(rv.ones(2)).item() == 4.0
    assert step.over(rv.ones(2)).tolist() == [4.0]
    assert rv.probe("plain", rv.ones(2)).tolist() == [1.0, 1.0]


def test_one_program_for_every_interval_and_one_without():
    step, x = counter()
    for every in (1, 5, 100):
        step.over(x, epochs=3, watch=rv.Watch(every=every, size=every))
    step.over(x)
    assert len(step.runs) == 2


# ---- the ring ----------------------------------------


def test_a_late_reader_loses_the_oldest_and_is_told_how_many():
    step, x = counter()
    watch = rv.Watch(size=5, callback=lambda reading: None)
    step.over(x, epochs=200_000, watch=watch)
    values = watch.history["result"]
    assert watch.lost > 0
    assert len(values) + watch.lost == 200_000
    np.testing.assert_array_equal(values, watch.steps)
    assert watch.steps[-5:].tolist() == list(range(199_996, 200_001))


def test_rows_that_may_be_half_written_are_not_taken():
    """The writer overtakes the reader while it copies."""
    from ranvier.compiler.lower.table import Words
    from ranvier.compiler.ring import Ring

    class Overtaking:
        def __init__(self):
            self.cells, self.seen = self, [10, 14]

        def __getitem__(self, word):
            assert word == Words.SEEN
            return self.seen.pop(0)

        def __setitem__(self, word, value):
            pass

    ring = Ring(Overtaking(), 64, 8)
    ring.memory[:, 0] = np.arange(8 + UNSAFE)
    first, rows = ring.take()
    assert (first, rows[:, 0].tolist()) == (6, [6, 7, 8, 9])
    assert (ring.lost, ring.read) == (6, 10)


# ---- the callback ----------------------------------------


def test_the_callback_is_called_while_the_run_goes_on():
    step, x = counter()
    main, seen = threading.get_ident(), []

    def look(reading):
        seen.append(reading)
        assert threading.get_ident() == main
        watch.stop()

    watch = rv.Watch(every=100_000, callback=look)
    results = step.over(x, epochs=20_000_000, watch=watch)
    assert [r.step for r in seen] == [100_000]
    assert seen[0].values == {"result": 100_000.0}
    assert 100_000 <= len(results) < 20_000_000
    assert step(x[:1]).item() == min(2.0**24, len(results) + 1)


def test_an_error_in_the_callback_ends_the_run_after_a_whole_step(threads):
    model, step, loader = job()
    twin, other, its_loader = job()

    def fail(reading):
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full") as caught:
        step.over(loader, epochs=100_000, watch=rv.Watch(callback=fail))
    error = caught.value
    assert 0 < error.steps == len(error.results) < 500_000
    assert f"stopped after {error.steps} steps" in error.__notes__[0]
    losses = other.over(its_loader, epochs=-(-error.steps // 5)).numpy()
    np.testing.assert_array_equal(error.results, losses[: error.steps])
    if error.steps == len(losses):
        np.testing.assert_array_equal(weights(model), weights(twin))


def test_the_callback_may_compute_but_not_run_the_same_step():
    step, x = counter()
    found, big = [], rv.rand(300, 300)

    def look(reading):
        found.append((big @ big @ big).sum().item())
        with pytest.raises(CaptureError, match=r"callback of its own run"):
            step.over(x)
        watch.stop()

    watch = rv.Watch(callback=look)
    step.over(x, epochs=1_000_000, watch=watch)
    assert len(found) == 1


@pytest.mark.skipif(not hasattr(signal, "pthread_kill"), reason="needs signals")
def test_ctrl_c_in_a_watched_run(threads):
    _, step, loader = job()
    main = threading.main_thread().ident
    assert main is not None
    watch = rv.Watch(every=50, callback=lambda r: os.kill(os.getpid(), signal.SIGINT))
    with pytest.raises(InterruptedRun) as caught:
        step.over(loader, epochs=1_000_000, watch=watch)
    assert len(caught.value.results) == caught.value.steps
    readings = watch.history["result"]
    steps = watch.steps[watch.steps <= caught.value.steps]
    losses = caught.value.results.numpy()
    np.testing.assert_array_equal(readings[: len(steps)], losses[steps - 1])


def test_a_loss_that_is_not_finite_ends_a_watched_run():
    model, step, loader = job()
    with rv.no_grad():
        model[2].weight[0, 0] = float("inf")
    watch = rv.Watch()
    with pytest.raises(NotFiniteError):
        step.over(loader, epochs=3, watch=watch)
    assert watch.steps.tolist() == []


# ---- mistakes ----------------------------------------


def test_mistakes():
    step, x = counter()
    with pytest.raises(ValueRangeError, match=r"Watch\(every=0\)"):
        rv.Watch(every=0)
    with pytest.raises(DTypeError, match=r"expected a module"):
        rv.Watch(layers=[rv.nn.Linear(1, 1)])
    with pytest.raises(DTypeError, match=r"expected a Watch"):
        step.over(x, watch=100)
    with pytest.raises(DTypeError, match=r"expected a tensor"):
        rv.probe("x", 3.0)
    with pytest.raises(DTypeError, match=r"expected a text"):
        rv.probe(rv.ones(1), "x")


def test_a_probe_whose_shape_is_that_of_the_batch():
    _, step, loader = job(inside=lambda h: rv.probe("h", h))
    with pytest.raises(CaptureError, match=r"'h' has shape \(16, 3\).*\(6, 3\)"):
        step.over(loader, watch=rv.Watch())
