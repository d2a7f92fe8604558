"""Operations by value against NumPy, types of results, and what bad input gets."""

import numpy as np
import pytest

import ranvier as rv
from ranvier.errors import DTypeError, ShapeError

X = np.array([[1.0, -2.0, 3.0], [0.5, 5.0, -6.0]], np.float32)
x = rv.tensor(X)
P = np.abs(X) + 0.1

UNARY = {
    "abs": np.abs, "sign": np.sign, "exp": np.exp, "expm1": np.expm1, "sin": np.sin,
    "cos": np.cos, "tanh": np.tanh, "floor": np.floor, "ceil": np.ceil,
    "round": np.rint,
    "square": np.square, "isnan": np.isnan, "isinf": np.isinf, "isfinite": np.isfinite,
}  # fmt: skip
POSITIVE = {
    "log": np.log, "log1p": np.log1p, "log2": np.log2, "log10": np.log10,
    "sqrt": np.sqrt, "reciprocal": np.reciprocal,
}  # fmt: skip


def close(a, b):
    np.testing.assert_allclose(np.asarray(a), b, rtol=2e-6, atol=1e-6)


@pytest.mark.parametrize("name", [*UNARY, *POSITIVE])
def test_element_by_element(name):
    array, oracle = (X, UNARY[name]) if name in UNARY else (P, POSITIVE[name])
    close(getattr(rv, name)(rv.tensor(array)), oracle(array))
    close(getattr(rv.tensor(array), name)(), oracle(array))


@pytest.mark.parametrize("dim", [None, 0, 1, -1])
@pytest.mark.parametrize("name", ["sum", "mean", "amax", "amin", "prod", "std", "var"])
def test_reductions(name, dim):
    options = {"ddof": 1} if name in ("std", "var") else {}
    oracle = getattr(np, name)(X, axis=dim, **options)
    close(getattr(rv, name)(x, dim=dim), oracle)


def test_largest_and_smallest():
    values, indices = rv.max(x, 1)
    assert values.tolist() == [3.0, 5.0] and indices.tolist() == [2, 1]
    assert rv.min(x, 0).indices.tolist() == [1, 0, 1]
    assert rv.argmax(x).item() == 4 and rv.argmin(x, 1).tolist() == [1, 2]
    assert rv.max(x, rv.zeros(3)).tolist() == np.maximum(X, 0).tolist()
    assert rv.max(x).item() == 5.0


def test_functions_of_lists():
    a, b = rv.tensor([[1, 2]]), rv.tensor([[3, 4]])
    assert rv.cat([a, b]).tolist() == [[1, 2], [3, 4]]
    assert rv.cat((a, b), dim=1).tolist() == [[1, 2, 3, 4]]
    assert rv.stack([a, b]).shape == (2, 1, 2)
    assert rv.stack([a, b], -1).tolist() == [[[1, 3], [2, 4]]]
    assert rv.where(x > 0, x, 0.0).tolist() == np.maximum(X, 0).tolist()
    assert rv.where(x > 0, 1, 0).dtype is rv.int64
    assert rv.outer(rv.tensor([1, 2]), rv.tensor([3, 4])).tolist() == [[3, 4], [6, 8]]


def test_comparing():
    assert rv.equal(x, rv.tensor(X)) and not rv.equal(x, x + 1)
    assert not rv.equal(x, rv.ones(2))
    assert rv.allclose(x, x + 1e-9) and not rv.allclose(x, x + 0.1)
    infinite = rv.tensor([float("inf"), float("nan")])
    assert rv.isclose(infinite, infinite).tolist() == [True, False]
    assert rv.allclose(infinite, infinite, equal_nan=True)
    assert rv.is_tensor(x) and not rv.is_tensor(X)
    assert rv.numel(x) == 6 and rv.is_floating_point(x)


def test_softmax_is_stable():
    big = rv.tensor([[1000.0, 1000.0], [-1000.0, 0.0]])
    close(rv.softmax(big, 1), [[0.5, 0.5], [0.0, 1.0]])
    close(rv.log_softmax(big, 1), [[-0.6931472, -0.6931472], [-1000.0, 0.0]])
    close(rv.logsumexp(big, 1), [1000.6931, 0.0])


PROMOTION = [
    (rv.bool, rv.int64, rv.int64),
    (rv.int32, rv.int64, rv.int64),
    (rv.uint8, rv.int8, rv.int16),
    (rv.int64, rv.float32, rv.float32),
    (rv.float32, rv.float64, rv.float64),
]


@pytest.mark.parametrize(("a", "b", "result"), PROMOTION)
def test_types_are_promoted(a, b, result):
    for left, right in ((a, b), (b, a)):
        assert (rv.ones(2, dtype=left) + rv.ones(2, dtype=right)).dtype is result


def test_numbers_and_tensors_without_dimensions_do_not_widen():
    assert (x * 2.5).dtype is rv.float32
    assert (x * rv.tensor(2.5, dtype=rv.float64)).dtype is rv.float32
    assert (rv.tensor(2.5, dtype=rv.float64) * x).dtype is rv.float32
    assert rv.where(x > 0, x, rv.tensor(0.0, dtype=rv.float64)).dtype is rv.float32
    assert (rv.ones(2, dtype=rv.int64) * 2.5).dtype is rv.float32
    assert (rv.ones(2, dtype=rv.int32) + 1).dtype is rv.int32
    assert (rv.tensor(3) / rv.tensor(2)).dtype is rv.float32
    assert rv.ones(2, dtype=rv.int32).sum().dtype is rv.int64


def test_shapes_that_do_not_fit():
    with pytest.raises(ShapeError) as caught:
        x + rv.ones(2)
    assert str(caught.value) == (
        "add: shapes (2, 3) and (2,) do not broadcast: 3 ≠ 2 in dimension -1. Sizes "
        "must "
        "be equal or 1; reshape one of them, for example with .unsqueeze(dim) or "
        ".reshape(...)."
    )
    with pytest.raises(ShapeError, match="the inner sizes differ, 3 ≠ 2"):
        x @ x
    with pytest.raises(ShapeError, match=r"both need at least one dimension"):
        x @ rv.tensor(1.0)
    with pytest.raises(ShapeError, match="cat: got no tensors; it needs at least one"):
        rv.cat([])
    with pytest.raises(ShapeError, match=r"\(1,\) cannot follow \(2, 3\) along"):
        rv.cat([x, rv.ones(1)])
    with pytest.raises(ShapeError, match=r"stack: shapes \(2, 3\) and \(2,\) differ"):
        rv.stack([x, rv.ones(2)])
    with pytest.raises(ShapeError, match="dimension 2 of a tensor with 2 dimensions"):
        x.sum(2)
    with pytest.raises(ShapeError, match=r"has 6 elements, \(4,\) has 4"):
        x.reshape(4)


def test_what_is_no_tensor():
    with pytest.raises(DTypeError) as caught:
        rv.exp(2.0)
    assert str(caught.value) == (
        "exp: expected a tensor, got float 2.0; use rv.tensor(x)."
    )
    with pytest.raises(DTypeError, match="cannot combine a tensor with str 'a'"):
        x + "a"
    with pytest.raises(DTypeError, match="cat: expected a tensor, got int 1"):
        rv.cat([1, 2])
    with pytest.raises(DTypeError, match=r"mean\(\) of int64; use .float\(\).mean\(\)"):
        rv.arange(3).mean()


def test_indexing_like_numpy():
    a = np.arange(24).reshape(2, 3, 4)
    t = rv.tensor(a)
    for index in (0, -1, (slice(None), 1), (..., 2), (0, slice(1, 3)), (None, 1)):
        assert t[index].tolist() == a[index].tolist()
    rows = np.array([1, 0, -1])
    assert t[rv.tensor(rows)].tolist() == a[rows].tolist()
    assert t[:, rv.tensor([2, 0])].tolist() == a[:, [2, 0]].tolist()
    assert (
        t[rv.tensor([0, 1]), rv.tensor([2, 1])].tolist() == a[[0, 1], [2, 1]].tolist()
    )
    assert t[t > 20].tolist() == a[a > 20].tolist()


def test_indices_out_of_range():
    t = rv.ones(3, 2)
    for bad in (3, rv.tensor([0, 3]), rv.tensor([2, 5])[1:] - 2 + 0):
        with pytest.raises(ShapeError, match="index 3 is out of range for dimension 0"):
            t[bad]
    with pytest.raises(
        ShapeError, match="index -4 is out of range for dimension 0 of s"
    ):
        t[rv.tensor([-4])]
    assert t[rv.tensor([0, 5])[:1]].shape == (1, 2)
    with pytest.raises(DTypeError, match="an index must hold integers or booleans"):
        t[rv.tensor([1.0])]


def test_the_gradient_of_a_norm_at_zero_is_zero():
    x = rv.tensor([[0.0, 0.0], [3.0, 4.0]], requires_grad=True)
    lengths = x.norm(dim=1)
    lengths.sum().backward()
    assert lengths.tolist() == [0.0, 5.0]
    np.testing.assert_allclose(x.grad.numpy(), [[0, 0], [0.6, 0.8]], rtol=1e-6)
