"""Winograd's method for 3x3 convolutions: right for every shape, as exact as is said,
chosen where it pays, and not where strict accuracy is asked for.
"""

import numpy as np
import pytest
from harness import (
    WIDTHS,
    assert_close,
    assert_native_agrees,
    oracle,
    run_native,
    tolerance,
    with_gradient,
)

import ranvier as rv
from ranvier import ops
from ranvier.accuracy import Setting
from ranvier.compiler import pipeline
from ranvier.compiler.fuse import patches, share, winograd, winograd_weight
from ranvier.compiler.fuse.target import AVX2, AVX512
from ranvier.compiler.run.jit import host
from ranvier.dtypes import float32, float64
from ranvier.errors import ValueRangeError
from ranvier.graph import Graph, hole
from ranvier.nn import functional as F
from ranvier.ops.conv import Window

ONE = Window((1, 1), (1, 1), 1)
U = 2.0**-24

# images, height, width, channels in and out, zeros above, below, left, right
SHAPES = [
    (1, 4, 4, 16, 16, (1, 1, 1, 1)),
    (2, 7, 5, 16, 32, (1, 1, 1, 1)),
    (3, 6, 6, 32, 16, (0, 0, 0, 0)),
    (1, 3, 3, 16, 16, (0, 0, 0, 0)),
    (1, 1, 1, 16, 48, (1, 1, 1, 1)),
    (2, 5, 9, 16, 16, (0, 2, 1, 0)),
    (1, 4, 3, 16, 16, (3, 2, 0, 4)),
    (7, 9, 10, 16, 16, (1, 1, 1, 1)),
]


@pytest.fixture
def always(monkeypatch):
    monkeypatch.setattr(patches, "GAIN", 0.0)


@pytest.fixture
def strict():
    rv.set_strict_accuracy(True)
    yield
    rv.set_strict_accuracy(False)


def convolution(n, h, w, c, o, zeros, dtype=float32):
    """Inputs, and the convolution of the padded first one with the second."""
    x, k = hole(0, (n, h, w, c), dtype, True), hole(1, (3, 3, c, o), dtype, True)
    above, below, left, right = zeros
    pads = ((0, 0, 0), (above, below, 0), (left, right, 0), (0, 0, 0))
    return [x, k], ops.conv(ops.pad(x, pads), k, ONE)


def numbers(inputs, seed=0):
    generator = np.random.default_rng(seed)
    return [generator.standard_normal(i.shape).astype(i.dtype.np) for i in inputs]


def kinds(graph, target=None):
    plan = pipeline.plan([graph], single=True, target=target)
    return [k.kind for k in plan.schedules[0].kernels]


# ---- the numbers ---------------------------------------------------------------------


@pytest.mark.parametrize("target", WIDTHS.values(), ids=WIDTHS)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_results_and_gradients_are_right(shape, target, always):
    inputs, y = convolution(*shape)
    graph = with_gradient(inputs, y)
    assert kinds(graph, target).count("winograd") == 3
    arrays = numbers(inputs)
    exact = oracle(graph, arrays)
    bounds = tolerance(graph, arrays, exact)
    wave = 0.25 * np.arange(int(np.prod(y.shape))) - 0.5
    bounds[2] = weight_bound(arrays[0], wave.reshape(y.shape))
    results, _, _ = run_native(graph, arrays, target)
    for got, e, b in zip(results, exact, bounds, strict=True):
        assert_close(got, e, b)


def weight_bound(x, g):
    """16 γ(B + K + P + 8) max|x| Σ|g|, for all the gradient of the kernel."""
    images, height, width, _ = g.shape
    patches = images * -(-height // 2) * -(-width // 2)
    block = min(patches + winograd_weight.STEP, winograd_weight.BLOCK)
    n = block + patches // block + winograd_weight.UNITS + 8
    bound = 16 * n * U / (1 - n * U) * np.abs(x).max() * np.abs(g).sum((0, 1, 2))
    return np.broadcast_to(bound, (3, 3, x.shape[-1], g.shape[-1]))


@pytest.mark.parametrize("target", WIDTHS.values(), ids=WIDTHS)
def test_what_follows_is_computed_on_the_results_in_registers(target, always):
    (x, k), y = convolution(2, 5, 6, 16, 32, (1, 1, 1, 1))
    bias, other = hole(2, (32,), float32), hole(3, y.shape, float32)
    graph = Graph([x, k, bias, other], [ops.relu(ops.add(ops.add(y, bias), other))])
    assert kinds(graph, target) == ["move", "winograd"]
    assert_native_agrees(graph, numbers(graph.inputs), target)


def test_an_image_with_channels_second_is_turned_over_first(always):
    x, k = hole(0, (2, 16, 6, 6), float32), hole(1, (32, 16, 3, 3), float32)
    y = ops.conv(ops.permute(x, (0, 2, 3, 1)), ops.permute(k, (2, 3, 1, 0)), ONE)
    graph = Graph([x, k], [ops.permute(y, (0, 3, 1, 2))])
    assert "winograd" in kinds(graph)
    assert_native_agrees(graph, numbers(graph.inputs))


def test_many_channels_go_in_blocks_of_few_patches(always):
    inputs, y = convolution(3, 9, 9, 256, 16, (1, 1, 1, 1))
    graph = Graph(inputs, [y])
    how = winograd.Patches.of(y, 256, host())
    assert how.total > 2 * how.block and how.total % how.rows
    assert_native_agrees(graph, numbers(inputs))


@pytest.mark.parametrize("threads", [2, 3, 5])
def test_the_same_bits_for_any_number_of_threads(threads, always, monkeypatch):
    monkeypatch.setattr(share, "WORTH_SHARING", 0)
    monkeypatch.setattr(share, "worth_sharing", lambda *args: True)
    inputs, y = convolution(6, 13, 12, 16, 16, (1, 1, 1, 1))
    graph, arrays = with_gradient(inputs, y), numbers(inputs)
    alone, _, _ = run_native(graph, arrays)
    together, _, _ = run_native(graph, arrays, threads=threads)
    for a, b in zip(alone, together, strict=True):
        assert np.array_equal(a, b)


# ---- how exact they are --------------------------------------------------------------


def outlier(x, k):
    x[:, 2, 2] *= 1e6


def cancelling(x, k):
    x[:] = np.abs(x) + 1000
    k -= k.mean((0, 1, 2), keepdims=True)


def checkered(x, k):
    x *= np.indices(x.shape).sum(0) % 2 * 2 - 1
    k[:] = np.abs(k)


def plain(x, k):
    pass


@pytest.mark.parametrize("change", [plain, outlier, cancelling, checkered])
@pytest.mark.parametrize("channels", [16, 128])
def test_errors_stay_within_the_bound(channels, change, always):
    inputs, y = convolution(1, 6, 6, channels, 32, (1, 1, 1, 1))
    x, k = numbers(inputs)
    change(x, k)
    ((got,), _, _) = run_native(Graph(inputs, [y]), [x, k])
    exact = straight(x.astype(np.float64), k.astype(np.float64))
    n = channels + 10
    gamma = n * U / (1 - n * U)
    bound = 16 * gamma * np.abs(x).max() * np.abs(k.astype(np.float64)).sum((0, 1, 2))
    assert (np.abs(got - exact) <= bound).all()


@pytest.mark.parametrize("change", [plain, outlier, cancelling, checkered])
def test_errors_of_the_kernels_gradient_stay_within_the_bound(change, always):
    x, g = hole(0, (3, 8, 8, 16), float32), hole(1, (3, 6, 6, 32), float32)
    graph = Graph([x, g], [ops.conv_weight(x, g, ONE, (3, 3))])
    assert kinds(graph) == ["winograd", "move"]
    image, gradient = numbers([x, g])
    change(image, gradient)
    ((got,), _, _) = run_native(graph, [image, gradient])
    a, b = image.astype(np.float64), gradient.astype(np.float64)
    exact = np.empty(got.shape)
    for i, j in np.ndindex(3, 3):
        exact[i, j] = np.tensordot(a[:, i : i + 6, j : j + 6], b, [(0, 1, 2)] * 2)
    assert (np.abs(got - exact) <= weight_bound(a, b)).all()


def test_a_result_is_finite_unless_it_reads_what_is_not(always):
    inputs, y = convolution(1, 9, 9, 16, 16, (1, 1, 1, 1))
    x, k = numbers(inputs)
    x[0, 4, 5] = np.inf
    ((got,), _, _) = run_native(Graph(inputs, [y]), [x, k])
    reads = np.zeros(got.shape, bool)
    reads[0, 3:6, 4:7] = True
    assert np.array_equal(~np.isfinite(got), reads)


def straight(x, k):
    wide = np.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)))
    _, h, w, _ = x.shape
    places = [(i, j) for i in range(3) for j in range(3)]
    return sum(wide[:, i : i + h, j : j + w] @ k[i, j] for i, j in places)


def test_on_random_images_errors_are_no_larger_than_those_of_the_direct_sum(strict):
    inputs, y = convolution(2, 8, 8, 64, 64, (1, 1, 1, 1))
    graph, (x, k) = Graph(inputs, [y]), numbers(inputs)
    exact = straight(x.astype(np.float64), k.astype(np.float64))
    errors = []
    for on in (True, False):
        rv.set_strict_accuracy(on)
        assert ("winograd" in kinds(graph)) is not on
        ((got,), _, _) = run_native(graph, [x, k])
        errors.append(np.sqrt(np.mean((got - exact) ** 2)))
    assert errors[1] < errors[0]


# ---- the choice ----------------------------------------------------------------------

DIRECT = {
    "stride": ((2, 9, 9, 32), (3, 3, 32, 32), Window((2, 2), (1, 1), 1), float32),
    "dilation": ((2, 9, 9, 32), (3, 3, 32, 32), Window((1, 1), (2, 2), 1), float32),
    "groups": ((2, 9, 9, 32), (3, 3, 16, 32), Window((1, 1), (1, 1), 2), float32),
    "5x5": ((2, 9, 9, 32), (5, 5, 32, 32), ONE, float32),
    "3x1": ((2, 9, 9, 32), (3, 1, 32, 32), ONE, float32),
    "float64": ((2, 9, 9, 32), (3, 3, 32, 32), ONE, float64),
    "1 channel": ((2, 9, 9, 1), (3, 3, 1, 32), ONE, float32),
    "3 channels": ((2, 9, 9, 3), (3, 3, 3, 32), ONE, float32),
    "10 results": ((2, 9, 9, 32), (3, 3, 32, 10), ONE, float32),
    "1-d": ((2, 9, 32), (3, 32, 32), Window((1,), (1,), 1), float32),
}


@pytest.mark.parametrize("name", DIRECT)
def test_what_the_method_does_not_fit_stays_direct(name, always):
    image, kernel, window, dtype = DIRECT[name]
    x, k = hole(0, image, dtype), hole(1, kernel, dtype)
    assert "winograd" not in kinds(Graph([x, k], [ops.conv(x, k, window)]))


@pytest.mark.parametrize("target", [AVX2, AVX512])
@pytest.mark.parametrize(
    ("images", "size", "channels", "pays"),
    [
        (32, 32, 64, True),
        (32, 16, 128, True),
        (32, 8, 256, True),
        (32, 4, 512, True),
        (1, 32, 64, True),
        (1, 16, 128, True),
        (1, 4, 512, False),
        (1, 2, 64, False),
    ],
)
def test_the_layers_of_a_resnet(images, size, channels, pays, target):
    _, y = convolution(images, size, size, channels, channels, (1, 1, 1, 1))
    gain = winograd.direct_cycles(y, target) / winograd.patch_cycles(y, target)
    assert (gain > patches.GAIN) is pays


def test_the_choice_is_explained(strict):
    x, w = rv.ones(4, 64, 16, 16), rv.ones(64, 64, 3, 3)
    conv = rv.compile(lambda x: F.conv2d(x, w, padding=1))
    text = rv.explain(conv, x, stage="fuse")
    direct = "convolution (4, 16, 16, 64) of 64 channels: direct, because strict"
    assert direct in text
    rv.set_strict_accuracy(False)
    text = rv.explain(conv, x, stage="fuse")
    assert "of 64 channels: Winograd F(2x2, 3x3); cycles: direct" in text
    assert "4x4 patches of 64 channels, " in text


# ---- the switch ----------------------------------------------------------------------


def test_the_switch_is_part_of_the_key_of_a_program(strict):
    inputs, y = convolution(1, 4, 4, 16, 16, (0, 0, 0, 0))
    graph = Graph(inputs, [y])
    keys = {pipeline.plan([graph]).wanted.key()}
    rv.set_strict_accuracy(False)
    keys.add(pipeline.plan([graph]).wanted.key())
    assert len(keys) == 2 and None not in keys


def test_what_is_compiled_and_looked_at_follows_the_switch(strict):
    x = rv.randn(16, 64, 16, 16)  # compiled at the first look
    w = rv.randn(64, 64, 3, 3)

    @rv.compile
    def step(x):
        return F.conv2d(x, w, padding=1)

    def looked_at():
        return F.conv2d(x, w, padding=1).numpy()

    for run in (lambda: step(x).numpy(), looked_at):
        rv.set_strict_accuracy(True)
        before = run()
        rv.set_strict_accuracy(False)
        quick = run()
        rv.set_strict_accuracy(True)
        assert np.array_equal(run(), before)
        assert not np.array_equal(quick, before)
        assert np.allclose(quick, before, atol=1e-4)


def test_a_run_over_a_loader_follows_the_switch(strict):
    w = rv.randn(16, 16, 3, 3)
    x = np.random.default_rng(0).standard_normal((8, 16, 16, 16)).astype(np.float32)
    step = rv.compile(lambda x: F.conv2d(x, w, padding=1).sum())
    loader = rv.data.DataLoader((x,), batch_size=8)
    step.over(loader)
    first = step.last
    rv.set_strict_accuracy(False)
    step.over(loader)
    found = [[k.kind for k in p.schedules[0].kernels] for p in (first, step.last)]
    assert ["winograd" in k for k in found] == [False, True]


@pytest.mark.parametrize(("text", "on"), [("", False), ("0", False), ("1", True)])
def test_the_environment_switches_it_on(text, on, monkeypatch):
    monkeypatch.setenv("RANVIER_STRICT", text)
    assert Setting().get() is on


def test_other_values_are_refused(monkeypatch):
    monkeypatch.setenv("RANVIER_STRICT", "yes")
    with pytest.raises(ValueRangeError, match="RANVIER_STRICT='yes': expected 1"):
        Setting().get()
    with pytest.raises(ValueRangeError, match="set_strict_accuracy\\(1\\): expected"):
        rv.set_strict_accuracy(1)


# ---- when ----------------------------------------------------------------------------


def test_kernels_are_transformed_just_before_they_are_used(always):
    x = hole(0, (1, 6, 6, 16), float32)
    weights = [hole(i, (3, 3, 16, 16), float32) for i in (1, 2, 3)]
    y = x
    for w in weights:
        y = ops.conv(ops.pad(y, ((0, 0, 0), (1, 1, 0), (1, 1, 0), (0, 0, 0))), w, ONE)
    schedule = pipeline.plan([Graph([x, *weights], [y])]).schedules[0]
    phases = [[k.nodes[0].op for k in phase] for phase in schedule.phases]
    assert phases == [
        ["winograd_kernel"],
        ["winograd", "winograd_kernel"],
        ["winograd", "winograd_kernel"],
        ["winograd"],
    ]
