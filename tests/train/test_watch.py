"""`rv.fit(watch=…)`: seeing into a run, and ending it."""

import numpy as np
import pytest

import ranvier as rv
from ranvier import nn

R = np.random.default_rng(0)
X = R.standard_normal((60, 4)).astype(np.float32)
Y = R.integers(0, 3, 60)


def fit(epochs=4, statistics=False, **options):
    rv.manual_seed(0)
    model = nn.Sequential(nn.Linear(4, 6), nn.Tanh(), nn.Linear(6, 3))
    optimizer = rv.optim.Adam(model.parameters(), lr=0.01)
    if statistics:
        options["watch"].layers = model
    run = rv.fit(
        model,
        (X, Y),
        loss=nn.CrossEntropyLoss(),
        optimizer=optimizer,
        epochs=epochs,
        batch_size=20,
        seed=0,
        **options,
    )
    return run, np.concatenate([p.detach().numpy().ravel() for p in model.parameters()])


@pytest.mark.parametrize("val", [None, (X, Y)], ids=["one call", "an epoch a call"])
def test_a_watch_sees_all_epochs_and_changes_nothing(val):
    plain, weights = fit(val=val)
    watch = rv.Watch(every=5)
    run, same = fit(val=val, watch=watch, statistics=True)
    np.testing.assert_array_equal(same, weights)
    np.testing.assert_array_equal(
        run.history["train_loss"], plain.history["train_loss"]
    )
    assert watch.steps.tolist() == [5, 10]
    assert watch.history["2.weight.grad_norm"].shape == (2,)


def test_stop_ends_the_run_and_keeps_whole_epochs():
    watch = rv.Watch(every=30, callback=lambda reading: watch.stop())
    run, _ = fit(epochs=500_000, watch=watch)
    assert run.stopped_because == "watch"
    assert watch.steps[0] == 30
    assert 10 <= run.epochs < 500_000
    assert run.history["train_loss"][-1] < run.history["train_loss"][0]
