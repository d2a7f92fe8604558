"""In-place forms give what the plain forms give, and bind the same handle."""

import numpy as np
import pytest

import ranvier as rv
from ranvier.errors import (
    DTypeError,
    GradientError,
    ShapeError,
    UnsupportedError,
    ValueRangeError,
)

X = np.array([[0.5, -0.25, 0.75], [0.1, 0.9, -0.4]], np.float32)
ONES = rv.ones(2, 3)
ARGUMENTS = {
    "addcmul": (ONES, ONES), "addcdiv": (ONES, ONES), "atan2": (ONES,),
    "clamp": (0.0, 0.5), "clamp_max": (0.2,), "clamp_min": (0.2,), "copysign": (-1.0,),
    "cumprod": (1,), "cumsum": (0,), "div": (2.0,), "eq": (0.5,), "float_power": (2,),
    "floor_divide": (2.0,), "fmod": (0.3,), "ge": (0.1,), "gt": (0.1,),
    "heaviside": (ONES,), "hypot": (1.0,), "index_add": (0, rv.tensor([1]), ONES[:1]),
    "index_copy": (0, rv.tensor([1]), ONES[:1]), "index_fill": (1, rv.tensor([2]), 7.0),
    "index_reduce": (0, rv.tensor([1]), ONES[:1], "amax"),
    "scatter_reduce": (0, rv.tensor([[0, 1, 0]]), ONES, "sum"),
    "le": (0.1,), "lerp": (ONES, 0.5), "logical_and": (ONES,), "logical_or": (ONES,),
    "logical_xor": (ONES,), "lt": (0.1,), "masked_fill": (ONES > 0, 3.0),
    "masked_scatter": (ONES > 0, ONES), "mul": (2.0,), "ne": (0.5,), "pow": (2,),
    "remainder": (0.3,), "renorm": (2, 0, 0.5),
    "scatter_add": (0, rv.tensor([[0, 1, 0]]), ONES),
    "scatter": (0, rv.tensor([[0, 1, 0]]), 5.0), "sub": (1.0,), "add": (1.0,),
    "tril": (), "triu": (), "xlogy": (2.0,), "logit": (0.1,),
    "addbmm": (rv.ones(1, 2, 1), rv.ones(1, 1, 3)),
    "addmm": (rv.ones(2, 1), rv.ones(1, 3)),
    "addr": (rv.ones(2), rv.ones(3)),
}  # fmt: skip
OTHERWISE = {
    "addmv",
    "baddbmm",
    "acosh",
    "lgamma",
    "digamma",
}  # of other shapes, ranges
INTEGERS = {
    "bitwise_and": (3,), "bitwise_or": (3,), "bitwise_xor": (3,), "bitwise_not": (),
    "bitwise_left_shift": (1,), "bitwise_right_shift": (1,),
}  # fmt: skip
RESHAPED = {"squeeze", "unsqueeze", "t", "transpose"}
PLAIN = sorted(
    name[:-1]
    for name in dir(rv.Tensor)
    if name.endswith("_") and name[:1] != "_"
    if hasattr(rv.Tensor, name) and hasattr(rv.Tensor, name[:-1])
    if getattr(rv.Tensor, name).__name__ == name
    if name[:-1] not in OTHERWISE | RESHAPED | {"detach", "requires_grad", "bernoulli"}
    if name[:-1] not in INTEGERS and name[:-1] != "index_put"
)


@pytest.mark.parametrize("name", PLAIN)
def test_the_plain_form_and_the_one_in_place(name):
    given = ARGUMENTS.get(name, ())
    x = rv.tensor(X)
    plain = getattr(rv.tensor(X), name)(*given)
    assert getattr(x, f"{name}_")(*given) is x
    assert x.dtype is rv.float32 and x.shape == (2, 3)
    np.testing.assert_array_equal(x.numpy(), plain.float().numpy())


@pytest.mark.parametrize("name", INTEGERS)
def test_of_integers(name):
    x = rv.tensor([1, 5, -3])
    plain = getattr(x, name)(*INTEGERS[name]).tolist()
    assert getattr(x, f"{name}_")(*INTEGERS[name]).tolist() == plain


def test_shapes_change_in_place():
    x = rv.zeros(1, 3)
    assert x.t_().shape == (3, 1)
    assert x.squeeze_().shape == (3,) and x.unsqueeze_(0).shape == (1, 3)
    assert x.transpose_(0, 1).shape == x.shape == (3, 1)
    x.add_(1)  # no view of it is in use


def test_operators_in_place():
    x = rv.tensor([7.0, -7.0])
    same = x
    x //= 2.0
    x %= 3.0
    x **= 2
    assert x is same and x.tolist() == [0.0, 4.0]
    b = rv.tensor([True, False])
    b |= rv.tensor([False, False])
    b ^= rv.tensor([True, True])
    b &= rv.tensor([True, True])
    assert b.tolist() == [False, True]


def test_fill_diagonal_put_and_index_put():
    assert rv.zeros(2, 3).fill_diagonal_(5.0).tolist() == [[5, 0, 0], [0, 5, 0]]
    tall = rv.zeros(5, 2).fill_diagonal_(1, wrap=True)
    assert tall[:, 0].tolist() == [1, 0, 0, 1, 0]
    x = rv.zeros(2, 2)
    x.put_(rv.tensor([0, 3]), rv.tensor([1.0, 2.0]))
    x.put_(rv.tensor([3, 3]), rv.tensor([1.0, 2.0]), accumulate=True)
    assert x.tolist() == [[1.0, 0.0], [0.0, 5.0]]
    x.index_put_((rv.tensor([0, 0]), rv.tensor([1, 1])), rv.tensor([1.0, 1.0]), True)
    assert x[0, 1].item() == 2.0
    y = rv.tensor([1.0, 2.0]).apply_(lambda v: v * 10)
    assert y.tolist() == [10.0, 20.0]


def test_gradients_flow_through_what_is_written():
    w = rv.tensor([1.0, 2.0], requires_grad=True)
    x = w * 1
    x.exp_().mul_(2)
    x.sum().backward()
    np.testing.assert_allclose(w.grad.numpy(), 2 * np.exp([1.0, 2.0]), rtol=1e-6)
    y = w * 2
    assert y.detach_() is y and not y.requires_grad


def test_what_is_refused():
    leaf = rv.ones(2, requires_grad=True)
    with pytest.raises(GradientError, match="exp_ on a leaf"):
        leaf.exp_()
    with pytest.raises(DTypeError, match="float32 cannot go into a tensor of int64"):
        rv.tensor([1]).exp_()
    with pytest.raises(DTypeError, match="div_ of int64"):
        rv.tensor([1]).div_(2)
    with pytest.raises(ShapeError, match="fill_: a value of shape"):
        rv.zeros(2).fill_(rv.ones(2))
    with pytest.raises(ShapeError, match="fill_diagonal_"):
        rv.zeros(3).fill_diagonal_(1.0)
    column = rv.zeros(2, 1)
    with pytest.raises(UnsupportedError, match="writes into a view"):
        column.expand(2, 2).tanh_()


# ---- random --------------------------------------------------------------------------


def test_drawn_in_place():
    rv.manual_seed(0)
    x = rv.zeros(2000)
    assert abs(x.bernoulli_(0.25).mean().item() - 0.25) < 0.05
    assert abs(x.exponential_(2.0).mean().item() - 0.5) < 0.05 and bool((x >= 0).all())
    assert set(x.random_(3).tolist()) == {0.0, 1.0, 2.0}
    assert set(rv.zeros(200, dtype=rv.int64).random_(5, 7).tolist()) == {5, 6}
    assert abs(x.normal_(3.0, 0.5).mean().item() - 3.0) < 0.1
    assert x.uniform_(1.0, 2.0).amin().item() >= 1.0
    with pytest.raises(ValueRangeError, match="it lies in 0 to 1"):
        x.bernoulli_(1.5)
    with pytest.raises(ValueRangeError, match="must not be negative"):
        x.normal_(0.0, -1.0)


@pytest.mark.parametrize("compiled", [False, True])
def test_bernoulli_and_multinomial(compiled):
    rv.manual_seed(1)
    weights = rv.tensor([[0.0, 1.0, 3.0], [2.0, 0.0, 0.0]])
    wrap = rv.compile if compiled else lambda f: f
    many = wrap(lambda w: w.multinomial(2000, replacement=True))(weights)
    assert many.shape == (2, 2000) and set(many[1].tolist()) == {0}
    assert abs((many[0] == 2).float().mean().item() - 0.75) < 0.05
    few = wrap(lambda w: rv.multinomial(w, 2))(weights[:1])
    assert sorted(few[0].tolist()) == [1, 2]
    p = rv.full((4000,), 0.3)
    assert abs(wrap(rv.bernoulli)(p).mean().item() - 0.3) < 0.05
    with pytest.raises(ValueRangeError, match="without replacement"):
        weights.multinomial(4)


def test_normal():
    rv.manual_seed(2)
    x = rv.normal(rv.tensor([0.0, 100.0]), rv.tensor([1.0, 0.1]))
    assert abs(x[1].item() - 100) < 2 and x.shape == (2,)
    assert rv.normal(2.0, 0.0, (3,)).tolist() == [2.0, 2.0, 2.0]
    with pytest.raises(ShapeError, match="give a size"):
        rv.normal(0.0, 1.0)
