"""The benchmarks' own arithmetic; no time decides here."""

import json
import subprocess
import sys
from itertools import pairwise
from math import prod

import numpy as np
import pytest

from ranvier.bench import floor, measure, rival_numpy, table
from ranvier.bench.datasets import load
from ranvier.bench.floor import Floor
from ranvier.bench.geometry import costs, parameters
from ranvier.bench.measure import Plan, Report, Row, Worker, disagreement, environment
from ranvier.bench.orders import epoch_order, orders, replay
from ranvier.bench.peaks import SIZES, Peaks, measure_peaks
from ranvier.bench.result import Job, Result, judged
from ranvier.bench.series import SERIES, find
from ranvier.bench.subjects import OURS, RIVALS, SUBJECTS
from ranvier.bench.weights import initial_weights
from ranvier.bench.worker import calibrated
from ranvier.bench.workloads import WORKLOADS, Layer

SMALL = [w for w in WORKLOADS.values() if w.data not in ("mnist", "pictures")]
PLAIN = [w for w in WORKLOADS.values() if w.is_plain]
PEAKS = Peaks(
    2, 200e9, 100e9, 1e-9, dict.fromkeys(SIZES, 50e9), {n: n * 1e6 for n in SIZES}
)


@pytest.mark.parametrize("workload", WORKLOADS.values(), ids=WORKLOADS)
def test_workload_is_well_formed(workload):
    widths = [layer.arguments for _, layer in workload.linear]
    assert all(before[1] == after[0] for before, after in pairwise(widths))
    assert 0 < workload.batch <= workload.rows
    assert workload.check_steps <= workload.steps_per_epoch or workload.full_batch
    assert costs(workload)[-1].shape == (widths[-1][1],)


def test_plain_workloads_are_the_mlps():
    assert [w.name for w in PLAIN] == [*list(WORKLOADS)[:6]]


# From the networks' papers and PyTorch: LeNet with 256 inputs to the first linear
# layer, ResNet-18 for CIFAR with 1x1 shortcuts.
@pytest.mark.parametrize(
    ("name", "count", "multiplications"),
    [
        ("mlp-s", 8_154, 7_840 + 140 + 140),
        ("lenet", 44_426, 86_400 + 153_600 + 30_720 + 10_080 + 840),
        ("cnn", 29_034, 784 * 16 * 25 + 196 * 32 * 16 * 25 + 15_680),
        ("lstm", 214_282, 28 * 512 * (28 + 128 + 256) + 1_280),
        ("resnet18", 11_173_962, 555_422_720),
    ],
)
def test_parameters_and_multiplications(name, count, multiplications):
    workload = WORKLOADS[name]
    assert sum(p.size for p in parameters(workload)) == count
    assert sum(c.multiplications for c in costs(workload)) == multiplications


@pytest.mark.parametrize("workload", SMALL, ids=lambda workload: workload.name)
def test_data_fit_the_network(workload):
    x, y, scale = load(workload)
    assert x.shape == (workload.rows, workload.layers[0].arguments[0])
    assert y.shape == (workload.rows, workload.linear[-1][1].arguments[1])
    assert x.dtype == y.dtype == np.float32
    assert scale == 1


def test_pictures_are_bytes_and_fed_as_floats_to_rivals():
    data = load(WORKLOADS["lenet"])
    assert data.x.shape == (55_000, 1, 28, 28)
    assert data.x.dtype == np.uint8
    floats = data.floats()
    assert floats.dtype == np.float32
    assert floats.max() == pytest.approx(1)


@pytest.mark.parametrize("workload", SMALL, ids=lambda workload: workload.name)
def test_numpy_learns(workload):
    before = judged(workload, initial_weights(workload), np.nan)
    assert rival_numpy.job(workload, 1).check(200).loss < before


@pytest.mark.parametrize("workload", SMALL, ids=lambda workload: workload.name)
def test_numpy_slopes_are_the_differences_of_the_loss(workload):
    weights = initial_weights(workload)
    network = rival_numpy.Network(workload)
    x, y, _ = load(workload)
    network.backward(x[:1024], y[:1024])
    for name, value in weights.items():
        place = np.unravel_index(value.size // 2, value.shape)
        losses = []
        for sign in (1, -1):
            shifted = value.astype(np.float64)
            shifted[place] += sign * 1e-6
            losses.append(judged(workload, weights | {name: shifted}, np.nan))
        expected = (losses[0] - losses[1]) / 2e-6
        assert network.slopes[name].T[place] == pytest.approx(expected, 1e-2, 1e-5)


@pytest.mark.parametrize("name", SERIES)
def test_series_grow_by_doubling_and_their_data_fit(name):
    make, numbers = SERIES[name]
    work = [floor.operations(make(n)) for n in numbers]
    assert work == sorted(work)
    if name != "trap":
        pairs = pairwise(numbers)
        assert all(after == 2 * before for before, after in pairs)
        assert all(1.4 < b / a < 2.1 for a, b in pairwise(work))
    first = make(numbers[0])
    assert find(first.name) == first
    assert load(first).x.shape == (first.rows, *first.sample)


def test_mini_batches_are_an_epoch_without_repeats():
    workload = WORKLOADS["tabular"]
    order = epoch_order(workload, 0)
    assert len(np.unique(order)) == workload.steps_per_epoch * workload.batch
    assert not np.array_equal(order, epoch_order(workload, 1))


def test_orders_go_on_where_they_stopped():
    workload = WORKLOADS["tabular"]
    steps = workload.steps_per_epoch + 5
    pieces = [*orders(workload, 0, 7), *orders(workload, 7, steps)]
    assert np.array_equal(np.concatenate(pieces), replay(workload, 0, steps))


def test_replay_repeats_a_full_batch():
    assert replay(WORKLOADS["xor"], 0, 2).tolist() == [0, 1, 2, 3, 0, 1, 2, 3]


@pytest.mark.parametrize("name", ["plain", "step", "over"])
def test_ours_reaches_numpys_loss(name):
    workload = WORKLOADS["tabular"]
    expected = rival_numpy.job(workload, 1).check(40).loss
    job = SUBJECTS[name].start()(workload, 1)
    assert job.check(40).loss == pytest.approx(expected, 1e-3)
    again = job.run(40)
    assert again.seconds_per_step > 0
    assert again.loss < 2 * expected + 1


@pytest.mark.parametrize("name", OURS)
def test_a_measurement_may_be_two_steps_long(name):
    job = SUBJECTS[name].start()(WORKLOADS["tabular"], 1)
    job.check(2)
    assert job.run(2).seconds_per_step > 0


def test_whole_runs_of_pictures_read_bytes():
    workload = WORKLOADS["mlp-s"]
    expected = rival_numpy.job(workload, 1).check(20).loss
    assert SUBJECTS["over"].start()(workload, 1).check(20).loss == pytest.approx(
        expected, 1e-3
    )


def rows():
    def row(subject, times, error="", threads=1):
        return Row("xor", subject, threads, times, loss=0.25, error=error)

    return [
        row("torch", [200.0, 240.0, 1000.0]),
        row("torch", [250.0], threads=2),
        row("jax", [2.5, 2.0, 2.1]),
        row("numpy", [0.1], error="LOSS DIFFERS"),
        row("over", [0.5, 0.7, 0.1]),
        row("over", [0.8], threads=2),
        row("plain", []),
    ]


def report():
    floors = {"xor": Floor(0.01e-6, 0.0, 0.0, 0.09e-6)}
    left_out = {("xor", "sklearn"): "has a bias in every layer"}
    return Report(PEAKS, rows(), floors, left_out)


def test_ratio_is_best_rival_over_ours_without_wrong_rows():
    assert table.best(rows(), "xor", ours=False).subject == "jax"
    assert table.ratio(rows(), "xor") == pytest.approx(2.1 / 0.5)
    assert table.ratio(rows()[:3], "xor") is None


def test_ratio_to_the_floor():
    assert table.floor_ratio(report(), "xor") == pytest.approx(5.0)


def test_times_have_a_column_a_subject_and_the_better_number_of_threads():
    lines = [line.split() for line in table.times(rows()).splitlines()]
    assert lines[0] == [
        *("workload", "whole", "1", "whole", "2", "plain", "PyTorch", "JAX", "NumPy"),
    ]
    assert lines[1] == ["xor", "0.5", "0.8", "-", "240", "2.1", "-"]


def test_table_shows_ratio_floor_reasons_and_the_wrong_loss():
    text = table.render(report())
    (line,) = [line for line in text.splitlines() if "4.20x" in line]
    assert line.split()[-5:] == ["0.1", "5.00x", "chain", "-", "-"]
    assert "!! xor, NumPy (1): LOSS DIFFERS" in text
    assert "without sklearn (xor): has a bias in every layer" in text


def test_the_widest_table_fits_100_columns():
    times = [
        Row(name, s, n, [123_456.0], compile_seconds=12.34, cached_seconds=0.12)
        for name in WORKLOADS
        for s in SUBJECTS
        if SUBJECTS[s].default
        for n in (1, 2)
    ]
    floors = {n: floor.floor(w, PEAKS) for n, w in WORKLOADS.items()}
    text = table.render(Report(PEAKS, times, floors))
    assert max(map(len, text.splitlines())) <= 100


def test_floor_of_a_large_network_is_its_arithmetic():
    """mlp-l: 128 samples, 3 times 1,861,632 multiplications less the first layer's."""
    found = floor.floor(WORKLOADS["mlp-l"], PEAKS)
    products = 3 * (784 * 1024 + 1024 * 1024 + 10_240) - 784 * 1024
    assert found.arithmetic == pytest.approx(2 * 128 * products / 200e9)
    held = 3 * 4 * sum(p.size for p in parameters(WORKLOADS["mlp-l"]))
    assert SIZES[3] < held <= SIZES[4]
    assert found.parameters == pytest.approx(2 * held / (SIZES[4] * 1e6))
    assert found.data == pytest.approx(128 * 784 / 50e9)
    assert found.largest == "arithmetic"


def test_floor_of_a_tiny_network_is_its_chain():
    found = floor.floor(WORKLOADS["xor"], PEAKS)
    assert found.data == 0
    assert found.chain == pytest.approx((2 * 6 + 2 * 21 + 3 + 1) * 1e-9)
    assert found.largest == "chain"


def test_momentum_is_a_second_array():
    assert floor.arrays(WORKLOADS["resnet18"]) == 2
    assert floor.arrays(WORKLOADS["mlp-s"]) == 1


def test_peaks_are_those_of_a_processor():
    found = measure_peaks(1)
    assert 1e9 < found.flops < 1e12
    assert found.one_thread_flops <= found.flops
    assert 1e-10 < found.latency < 1e-7
    assert all(
        1e8 < rate < 1e13 for rate in (*found.read.values(), *found.update.values())
    )


def test_a_different_loss_is_reported():
    reference = Row("xor", "numpy", 1, loss=0.5)
    assert not disagreement(Row("xor", "jax", 1, loss=0.501), reference)
    wrong = Row("xor", "jax", 1, loss=0.53)
    assert disagreement(wrong, reference) == "LOSS DIFFERS: 0.53, NumPy has 0.5"
    assert disagreement(Row("xor", "jax", 1, loss=float("nan")), reference)


def test_environment_sets_threads_and_forgets_blas_settings(monkeypatch):
    monkeypatch.setenv("OPENBLAS_CORETYPE", "Haswell")
    monkeypatch.setenv("OPENBLAS_L2_SIZE", "1024")
    rival = environment(Row("xor", "numpy", 2), "cache")
    assert not {"OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"} & set(rival)
    assert rival["OMP_NUM_THREADS"] == rival["RANVIER_THREADS"] == "2"
    assert environment(Row("xor", "over", 2), "cache")["RANVIER_CACHE"] == "cache"


def test_calibration_reaches_the_wanted_length():
    steady = Result(1e-5, 0.0)
    job = Job(lambda steps: steady, lambda steps: steady)
    assert calibrated(job, steady, 10, 1.0) == pytest.approx(100_000, 1e-3)
    assert calibrated(job, Result(5.0, 0.0), 10, 1.0) == 2


def plan(**changes):
    usual = {"workloads": ["xor"], "rivals": ["numpy"], "threads": [1], "rounds": 2}
    return Plan(**usual | {"seconds": 0.01, "ours": ()} | changes)


def test_a_rivals_process_needs_nothing_of_ours():
    code = (
        "import sys; from importlib import import_module; from pathlib import Path;"
        f"folder = Path({str(measure.HERE)!r}); sys.path.append(str(folder));"
        "launch = import_module('launch'); sys.path.pop(); launch.adopt(folder);"
        "names = ['worker', *(f.stem for f in folder.glob('rival_*.py'))];"
        "[import_module(f'{launch.NAME}.{name}') for name in names];"
        "print(len(names), [m for m in ('ranvier', 'llvmlite') if m in sys.modules])"
    )
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "5 []"


def test_workers_measure_numpy():
    (row,) = measure.measure(WORKLOADS["xor"], plan(), lambda _: None)
    assert row.error == ""
    assert len(row.microseconds) == 2
    json.dumps(row.as_dict())


def test_a_worker_that_fails_leaves_its_last_words():
    row = Row("no such workload", "numpy", 1)
    worker = Worker(row, plan(), "")
    worker.start()
    worker.measure()
    worker.close()
    assert row.error == "stopped: KeyError: 'no such workload'"


def test_a_worker_that_is_late_is_stopped():
    row = Row("xor", "numpy", 1)
    worker = Worker(row, plan(limit=0.001), "")
    worker.start()
    worker.close()
    assert row.error == "stopped: no answer within 0.001 s"


def test_a_rival_without_its_compiler_is_tried_once():
    broken = {}
    failed = Row("xor", "torch-compile", 1, error="stopped: No C++ compiler found")
    measure.note_broken([failed, Row("xor", "jax", 1, error="stopped: x")], broken)
    assert list(broken) == ["torch-compile"]


def test_who_cannot_take_part_is_left_out_with_a_reason():
    found = measure.measure_all(plan(workloads=["lenet"]), PEAKS, lambda _: None)
    assert found.rows == []
    assert found.left_out == {("lenet", "numpy"): "written for linear layers only"}


def test_every_subject_has_its_functions():
    for subject in SUBJECTS.values():
        assert callable(subject.start())
        assert subject.load().available() != ""
        assert subject.refuses(WORKLOADS["mlp-s"]) == ""
    assert [*OURS, *RIVALS] == list(SUBJECTS)


def test_weights_are_those_of_the_state_dict():
    weights = initial_weights(WORKLOADS["resnet18"])
    assert weights["0.0.weight"].shape == (64, 3, 3, 3)
    assert weights["4.shortcut.1.weight"].tolist() == [1.0] * 128
    assert weights["4.shortcut.1.bias"].tolist() == [0.0] * 128
    assert prod(weights["4.first.0.weight"].shape) == 128 * 64 * 9
    assert Layer("Linear", (512, 10, True)) == WORKLOADS["resnet18"].layers[-1]
