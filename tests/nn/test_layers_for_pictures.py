"""Pooling, normalisation, embedding, dropout of channels: what the numbers of PyTorch
in test_torch_parity.py do not show.
"""

import numpy as np
import pytest

import ranvier as rv
from ranvier import nn, ops
from ranvier.compiler.run.interpret import interpret
from ranvier.errors import (
    LayerShapeError,
    RanvierError,
    ShapeError,
    UnsupportedError,
    ValueRangeError,
)
from ranvier.graph import Graph
from ranvier.nn import functional as F

RNG = np.random.default_rng(0)
PICTURE = np.maximum(RNG.normal(size=(3, 4, 6, 8)), 0).astype(np.float32)


def text(error, function, *args):
    with pytest.raises(error) as caught:
        function(*args)
    return str(caught.value)


# ---- pooling -------------------------------------------------------------------------


@pytest.mark.parametrize("sizes", [(2,), (3, 1, 1), (3, 2), (2, 3, 0, 2)])
def test_the_gradient_of_a_maximum_goes_to_the_first_of_equals(sizes):
    x = rv.zeros(1, 2, 8, 8, requires_grad=True)
    y, places = F.max_pool2d(x, *sizes, return_indices=True)
    y.sum().backward()
    expected = np.zeros((2, 64), np.float32)
    for channel, row in enumerate(places.numpy().reshape(2, -1)):
        np.add.at(expected[channel], row, 1)
    np.testing.assert_array_equal(x.grad.numpy().reshape(2, 64), expected)
    assert expected.max() >= 1


def test_a_border_is_never_the_maximum():
    x = -rv.ones(1, 1, 4, 4)
    assert (F.max_pool2d(x, 3, 1, 1) == -1).all()


def test_nan_is_passed_on():
    x = np.ones((1, 1, 4, 4), np.float32)
    x[0, 0, 1, 1] = np.nan
    got = F.max_pool2d(rv.tensor(x), 2).numpy()[0, 0]
    np.testing.assert_array_equal(np.isnan(got), [[True, False], [False, False]])
    _, places = F.max_pool2d(rv.tensor(x), 2, return_indices=True)
    assert places.numpy()[0, 0, 0, 0] == 5


@pytest.mark.parametrize(
    "pool",
    [
        lambda x: F.max_pool2d(x, 2),
        lambda x: F.max_pool2d(x, 3, 2, 1),
        lambda x: F.avg_pool2d(x, 2),
        lambda x: F.avg_pool2d(x, 3, 1, 1, count_include_pad=False),
        lambda x: F.adaptive_avg_pool2d(x, 3),
        lambda x: F.adaptive_max_pool2d(x, (5, 2)),
        lambda x: F.fold(F.unfold(x, 3, 1, 1), (6, 8), 3, 1, 1),
    ],
)
def test_pooling_compiled_and_looked_at_agree(pool):
    x = rv.tensor(PICTURE, requires_grad=True)

    def loss(x):
        return (pool(x.relu()) ** 2).sum()

    value, gradient = rv.compile(rv.value_and_grad(loss))(x)
    plain = loss(x)
    plain.backward()
    np.testing.assert_allclose(value.numpy(), plain.detach().numpy(), rtol=1e-5)
    np.testing.assert_allclose(gradient.numpy(), x.grad.numpy(), rtol=1e-5, atol=1e-6)


def test_a_picture_alone_is_pooled_as_one_of_a_batch():
    x = rv.tensor(PICTURE)
    for pool in (nn.MaxPool2d(2), nn.AvgPool2d(3, 1), nn.AdaptiveAvgPool2d(2)):
        np.testing.assert_array_equal(pool(x[1]).numpy(), pool(x).numpy()[1])


def test_whole_numbers_have_a_maximum():
    x = rv.arange(16).reshape(1, 1, 4, 4) - 8
    got = F.max_pool2d(x, 3, 2, 1)
    assert got.dtype is rv.int64
    np.testing.assert_array_equal(got.numpy()[0, 0], [[-3, -1], [5, 7]])


def test_fold_undoes_unfold_where_windows_do_not_overlap():
    x = rv.tensor(PICTURE)
    columns = F.unfold(x, 2, stride=2)
    assert columns.shape == (3, 16, 12)
    np.testing.assert_array_equal(F.fold(columns, (6, 8), 2, stride=2).numpy(), PICTURE)


def test_messages_of_pooling():
    assert text(LayerShapeError, nn.MaxPool2d(2), rv.zeros(32, 784)) == (
        "MaxPool2d(kernel_size=2) got (32, 784); 2 dimensions ≠ 3 or 4. "
        "Use nn.Unflatten(1, (1, 28, 28)) before it."
    )
    assert text(LayerShapeError, nn.MaxPool2d(5), rv.zeros(2, 1, 3, 3)) == (
        "MaxPool2d(kernel_size=5) got (2, 1, 3, 3); a window of 5 is larger than 3. "
        "Use kernel_size=3 or less, or a larger picture."
    )
    assert text(ValueRangeError, lambda: nn.MaxPool2d(2, padding=2)) == (
        "MaxPool2d: padding is 2 for windows of 2; it can be at most half of that, 1."
    )
    assert text(ValueRangeError, lambda: nn.AvgPool2d((1, 2, 3))) == (
        "AvgPool2d: kernel_size is (1, 2, 3); expected a number or 2 numbers."
    )
    assert text(ValueRangeError, lambda: nn.MaxPool1d(0)) == (
        "MaxPool1d: kernel_size is 0; it must be at least 1."
    )
    assert text(RanvierError, F.avg_pool2d, rv.arange(4).reshape(1, 1, 2, 2), 2) == (
        "avg_pool2d: values of int64; use .float()."
    )


# ---- normalisation -------------------------------------------------------------------


def test_running_statistics_follow_inside_a_compiled_step():
    plain, compiled = nn.BatchNorm2d(4), nn.BatchNorm2d(4)
    step = rv.compile(lambda x: compiled(x))
    for i in range(3):
        x = rv.tensor(PICTURE * (i + 1) + i)
        np.testing.assert_allclose(
            step(x).numpy(), plain(x).detach().numpy(), rtol=1e-4, atol=1e-5
        )
    for a, b in zip(plain.buffers(), compiled.buffers(), strict=True):
        np.testing.assert_allclose(a.numpy(), b.numpy(), rtol=1e-5)
    assert compiled.num_batches_tracked.item() == 3
    compiled.eval()
    x = rv.tensor(PICTURE)
    got = rv.compile(lambda x: compiled(x))(x)
    np.testing.assert_allclose(
        got.numpy(), plain.eval()(x).detach().numpy(), rtol=1e-4, atol=1e-5
    )
    assert compiled.num_batches_tracked.item() == 3


@pytest.mark.parametrize("shape", [(64, 4, 16, 16), (50_000, 4)])
def test_the_variance_of_numbers_far_from_0(shape):
    far = RNG.normal(3000.0, 1.0, shape).astype(np.float32)
    norm = nn.BatchNorm1d(4) if len(shape) == 2 else nn.BatchNorm2d(4)
    x = rv.tensor(far)
    y = rv.compile(lambda x: norm(x))(x).numpy()
    over = tuple(d for d in range(len(shape)) if d != 1)
    wide = far.astype(np.float64)
    spread = wide.std(over, keepdims=True)
    expected = (wide - wide.mean(over, keepdims=True)) / np.sqrt(spread**2 + 1e-5)
    np.testing.assert_allclose(y, expected, atol=2e-3)
    unbiased = wide.var(over, ddof=1)
    np.testing.assert_allclose(
        norm.running_var.numpy(), 0.9 + 0.1 * unbiased, rtol=1e-4
    )


def test_second_derivative_of_batch_norm():
    x = rv.tensor(RNG.normal(size=(5, 2)), dtype=rv.float64)

    def slope(x):
        y = F.batch_norm(x, None, None, training=True)
        return (
            rv.grad(lambda v: (F.batch_norm(v, None, None) ** 3).sum())(x) * y
        ).sum()

    rv.check_gradients(slope, (x,))


def test_reset_and_state_names():
    norm = nn.BatchNorm1d(3)
    norm(rv.rand(8, 3))
    assert list(norm.state_dict()) == [
        "weight",
        "bias",
        "running_mean",
        "running_var",
        "num_batches_tracked",
    ]
    norm.reset_parameters()
    assert norm.num_batches_tracked.item() == 0
    np.testing.assert_array_equal(norm.running_mean.numpy(), np.zeros(3))
    assert list(nn.LayerNorm(3, elementwise_affine=False).state_dict()) == []


def test_messages_of_normalisation():
    assert text(LayerShapeError, nn.BatchNorm2d(3), rv.zeros(2, 4, 5, 5)) == (
        "BatchNorm2d(3) got (2, 4, 5, 5); 4 channels ≠ 3. Use BatchNorm2d(4)."
    )
    assert text(LayerShapeError, nn.BatchNorm2d(3), rv.zeros(2, 3)) == (
        "BatchNorm2d(3) got (2, 3); 2 dimensions ≠ 4. "
        "Use a tensor of shape (N, C, H, W)."
    )
    assert text(ShapeError, nn.BatchNorm1d(3), rv.zeros(1, 3)) == (
        "BatchNorm1d(3): one value a channel in (1, 3) has no variance; train on "
        "batches of at least 2, or call model.eval()."
    )
    assert text(LayerShapeError, nn.LayerNorm(5), rv.zeros(3, 4)) == (
        "LayerNorm(5) got (3, 4); the last dimensions (4,) ≠ (5,). "
        "Use normalized_shape=(4,)."
    )
    assert text(ValueRangeError, lambda: nn.GroupNorm(2, 3)) == (
        "GroupNorm: 3 channels in 2 groups; the number of groups must divide the "
        "number of channels."
    )
    assert text(ValueRangeError, F.group_norm, rv.zeros(2, 3, 4), 0) == (
        "group_norm: 3 channels in 0 groups; the number of groups must divide the "
        "number of channels."
    )
    point = rv.zeros(2, 3, 1, 1)
    for layer in (nn.InstanceNorm2d(3), nn.InstanceNorm2d(3, track_running_stats=True)):
        assert text(ShapeError, layer, point) == (
            "InstanceNorm2d(3): one place a channel in (2, 3, 1, 1) has no variance; "
            "give it pictures of at least 2 places, or use_input_stats=False."
        )
    assert layer.eval()(point).shape == point.shape
    assert text(ValueRangeError, lambda: nn.BatchNorm1d(0)) == (
        "BatchNorm1d: num_features is 0; it must be at least 1."
    )


# ---- embedding -----------------------------------------------------------------------


def test_the_padding_row_stays_0():
    rv.manual_seed(0)
    table = nn.Embedding(5, 3, padding_idx=-4)
    assert table.padding_idx == 1
    np.testing.assert_array_equal(table.weight.detach().numpy()[1], np.zeros(3))
    table(rv.tensor([[1, 0], [1, 4]])).sum().backward()
    np.testing.assert_array_equal(
        table.weight.grad.numpy(), np.repeat([[1.0], [0], [0], [0], [1]], 3, 1)
    )


def test_pretrained_rows_are_frozen_unless_asked():
    rows = rv.tensor([[1.0, 2.0], [3.0, 4.0]])
    assert not nn.Embedding.from_pretrained(rows).weight.requires_grad
    free = nn.Embedding.from_pretrained(rows, freeze=False)
    assert free.weight.requires_grad
    free(rv.tensor([1])).sum().backward()
    np.testing.assert_array_equal(rows.numpy(), [[1, 2], [3, 4]])


def test_a_number_out_of_range_is_refused_now_and_in_a_compiled_step():
    table = nn.Embedding(5, 3)
    message = "is out of range for 5 rows, numbered 0 to 4."
    assert message in text(ValueRangeError, table, rv.tensor([5]))
    assert message in text(ValueRangeError, table, rv.tensor([-1]))
    step = rv.compile(lambda i: table(i))
    assert step(rv.tensor([4, 0])).shape == (2, 3)
    assert message in text(ValueRangeError, step, rv.tensor([4, 5]))


def test_what_is_left_out_is_said():
    assert text(UnsupportedError, lambda: nn.Embedding(3, 2, max_norm=1.0)) == (
        "Embedding: max_norm is not supported; leave it out."
    )


# ---- dropout -------------------------------------------------------------------------


@pytest.mark.parametrize("p", [0.2, 0.5])
def test_channels_are_dropped_as_a_whole(p):
    rv.manual_seed(1)
    y = nn.Dropout2d(p)(rv.ones(200, 50, 2, 2)).numpy()
    np.testing.assert_array_equal(y.min((2, 3)), y.max((2, 3)))
    kept = y[:, :, 0, 0]
    assert set(np.unique(kept)) == {0, np.float32(1 / np.float32(1 - p))}
    assert abs((kept > 0).mean() - (1 - p)) < 0.02
    assert "Dropout1d got (2, 3, 4, 5)" in text(
        LayerShapeError, nn.Dropout1d(), rv.ones(2, 3, 4, 5)
    )


def test_backward_drops_what_forward_dropped():
    rv.manual_seed(2)
    x = rv.ones(40, 33, requires_grad=True)
    for _ in range(3):  # looked at by NumPy first, then compiled
        x.grad = None
        y = F.dropout(x, 0.5)
        y.sum().backward()
        np.testing.assert_array_equal(y.detach().numpy(), x.grad.numpy())
        assert 0.4 < (y.detach().numpy() > 0).mean() < 0.6


# ---- by number and in order ----------------------------------------------------------


def test_scatter_and_scatter_add():
    x = rv.zeros(2, 3)
    index = rv.tensor([[0, 2], [1, 1]])
    values = rv.tensor([[1.0, 2.0], [3.0, 4.0]])
    assert x.scatter(1, index, values).tolist() == [[1, 0, 2], [0, 4, 0]]
    assert x.scatter_add(1, index, values).tolist() == [[1, 0, 2], [0, 7, 0]]
    assert x.scatter(1, index, 5.0).tolist() == [[5, 0, 5], [0, 5, 0]]
    assert "is out of range for 3 places of dimension 1" in text(
        ValueRangeError, rv.gather, x, 1, rv.tensor([[3]])
    )


def test_sort_is_stable_and_puts_nan_last():
    x = rv.tensor([2.0, float("nan"), 1.0, 2.0, -1.0])
    values, places = rv.sort(x)
    assert places.tolist() == [4, 2, 0, 3, 1]
    np.testing.assert_array_equal(values.numpy()[:4], [-1, 1, 2, 2])
    assert x.argsort(descending=True).tolist() == [1, 0, 3, 2, 4]
    assert text(ShapeError, x.topk, 6) == (
        "topk: k is 6 for 5 elements along dimension 0."
    )


def test_borders():
    x = rv.tensor([[1.0, 2.0, 3.0]])
    assert F.pad(x, (2, 1), "circular").tolist() == [[2, 3, 1, 2, 3, 1]]
    assert F.pad(x, (-1, 1), value=9.0).tolist() == [[2, 3, 9]]
    assert "it can be at most 2" in text(ShapeError, F.pad, x, (3, 0), "reflect")
    assert "did you mean 'reflect'" in text(RanvierError, F.pad, x, (1, 0), "reflekt")


def test_windows_of_one_repeated_number_are_added_up():
    """The cotangent may be repeated along every dimension, not only in the windows."""
    one = ops.reshape(ops.const(1.0, rv.float32), (1, 1, 1, 1))
    windows = (None, None, ops.Slide(3, 1))
    added = ops.fold(ops.expand(one, (2, 1, 3, 3)), windows, (2, 1, 5))
    (got,) = interpret(Graph([], [added]), [])
    np.testing.assert_array_equal(got, np.broadcast_to([1, 2, 3, 2, 1], (2, 1, 5)))
