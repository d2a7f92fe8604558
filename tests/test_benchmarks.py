"""The benchmarks' own arithmetic; no time decides here."""

import json
from itertools import pairwise

import numpy as np
import pytest

from benchmarks import measure, rival_numpy, table
from benchmarks.__main__ import parser
from benchmarks.datasets import load
from benchmarks.measure import Row, Worker, disagreement, environment
from benchmarks.orders import epoch_order, orders, replay
from benchmarks.result import final_loss
from benchmarks.subjects import SUBJECTS
from benchmarks.weights import initial_weights
from benchmarks.worker import calibrate
from benchmarks.workloads import WORKLOADS

SMALL = [workload for workload in WORKLOADS.values() if workload.data != "mnist"]


@pytest.mark.parametrize("workload", WORKLOADS.values(), ids=WORKLOADS)
def test_workload_is_well_formed(workload):
    widths = [layer.arguments for _, layer in workload.linear]
    pairs = pairwise(widths)
    assert all(before[1] == after[0] for before, after in pairs)
    assert 0 < workload.batch <= workload.rows
    assert workload.optimizer in rival_numpy.OPTIMIZERS
    assert workload.loss in rival_numpy.LOSS_SLOPES
    assert rival_numpy.supports(workload)


@pytest.mark.parametrize("workload", SMALL, ids=lambda workload: workload.name)
def test_data_fit_the_network(workload):
    x, y = load(workload)
    assert x.shape == (workload.rows, workload.layers[0].arguments[0])
    assert y.shape == (workload.rows, workload.linear[-1][1].arguments[1])
    assert x.dtype == y.dtype == np.float32


@pytest.mark.parametrize("workload", SMALL, ids=lambda workload: workload.name)
def test_numpy_learns(workload):
    before = final_loss(workload, initial_weights(workload))
    result = rival_numpy.run(workload, 200, threads=1)
    assert result.final_loss < before


@pytest.mark.parametrize("workload", SMALL, ids=lambda workload: workload.name)
def test_numpy_slopes_are_the_differences_of_the_loss(workload):
    weights = initial_weights(workload)
    network = rival_numpy.Network(workload)
    x, y = load(workload)
    network.backward(x[:1024], y[:1024])
    for name, value in weights.items():
        place = np.unravel_index(value.size // 2, value.shape)
        losses = []
        for sign in (1, -1):
            shifted = value.astype(np.float64)
            shifted[place] += sign * 1e-6
            losses.append(final_loss(workload, weights | {name: shifted}))
        expected = (losses[0] - losses[1]) / 2e-6
        assert network.slopes[name].T[place] == pytest.approx(expected, 1e-2, 1e-5)


def test_mini_batches_are_an_epoch_without_repeats():
    workload = WORKLOADS["tabular"]
    order = epoch_order(workload, 0)
    assert len(np.unique(order)) == workload.steps_per_epoch * workload.batch
    assert not np.array_equal(order, epoch_order(workload, 1))


def test_orders_go_on_where_they_stopped():
    workload = WORKLOADS["tabular"]
    steps = workload.steps_per_epoch + 5
    pieces = [*orders(workload, 0, 7), *orders(workload, 7, steps)]
    assert np.array_equal(np.concatenate(pieces), replay(workload, steps))


def test_replay_repeats_a_full_batch():
    assert replay(WORKLOADS["xor"], 2).tolist() == [0, 1, 2, 3, 0, 1, 2, 3]


def rows():
    def row(subject, times, error=""):
        return Row("xor", subject, 1, times, check_loss=0.25, error=error)

    return [
        row("torch", [200.0, 240.0, 1000.0]),
        row("jax", [2.5, 2.0, 2.1]),
        row("numpy", [0.1], error="LOSS DIFFERS"),
        row("over", [0.5, 0.7, 0.1]),
        row("step", []),
    ]


def test_ratio_is_best_rival_over_ours_without_wrong_rows():
    assert table.best(rows(), "xor", ours=False).subject == "jax"
    assert table.ratio(rows(), "xor") == pytest.approx(2.1 / 0.5)
    assert table.ratio(rows()[:3], "xor") is None


def test_table_shows_median_minimum_ratio_and_the_wrong_loss():
    text = table.render(rows())
    assert text.splitlines()[1].split()[:5] == ["xor", "torch", "1", "240", "200"]
    assert "4.20x" in text
    assert "!! xor, numpy, 1 threads: LOSS DIFFERS" in text


def test_a_different_loss_is_reported():
    assert not disagreement(Row("xor", "jax", 1, check_loss=0.5, reference_loss=0.501))
    wrong = Row("xor", "jax", 1, check_loss=0.5, reference_loss=0.52)
    assert disagreement(wrong).startswith("LOSS DIFFERS: 0.5, NumPy has 0.52")
    assert disagreement(Row("xor", "jax", 1, check_loss=float("nan"), reference_loss=1))


def test_environment_sets_threads_and_forgets_blas_settings(monkeypatch):
    monkeypatch.setenv("OPENBLAS_CORETYPE", "Haswell")
    monkeypatch.setenv("OPENBLAS_L2_SIZE", "1024")
    made = environment(2)
    assert not {"OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"} & set(made)
    assert made["OMP_NUM_THREADS"] == made["RANVIER_THREADS"] == "2"


def test_calibration_reaches_the_wanted_length():
    class Steady:
        seconds_per_step = 1e-5

    assert calibrate(lambda steps: Steady, 10, 1.0)[0] == pytest.approx(100_000, 1e-3)


def test_worker_measures_numpy():
    row = measure.measure(WORKLOADS["xor"], ["numpy"], [1], 2, 0.01, lambda _: None)[0]
    assert row.error == ""
    assert len(row.microseconds) == 2
    assert row.check_loss == pytest.approx(row.reference_loss)
    json.dumps(row.as_dict())


def test_worker_that_fails_leaves_its_last_words():
    row = Row("xor", "nobody", 1)
    worker = Worker(row, 0.01)
    worker.start()
    worker.measure()
    worker.close()
    assert row.error == "failed: KeyError: 'nobody'"


def test_options_are_checked():
    options = parser().parse_args(["--workloads", "xor,cubic", "--subjects", "numpy"])
    assert options.workloads == ["xor", "cubic"]
    assert options.rounds == 3
    with pytest.raises(SystemExit):
        parser().parse_args(["--subjects", "nobody"])


def test_every_subject_has_its_functions():
    for subject in SUBJECTS.values():
        assert callable(subject.run())
        assert callable(subject.check())
        assert subject.load().available() != ""
