"""Views show what their tensor holds, and what is written to them reaches it."""

import numpy as np
import pytest

import ranvier as rv
from ranvier.errors import GradientError


def by_slice(x):
    x[1:, ::2] += 2
    return x


def by_rows_of_rows(x):
    x[0][1] = 5
    x[-1] *= 2
    x[0].fill_(3)
    x[:, 0].add_(1)
    return x


def by_other_shapes(x):
    x.view(-1)[::5] = 9
    x.t()[0] = 7
    x.flatten().unsqueeze(0)[0, 2:3].mul_(2)
    return x


def by_iteration(x):
    for i, row in enumerate(x):
        row += i
    return x


def from_overlapping_places(x):
    x[0, 1:] = x[0, :-1].clone()
    x[1], x[0] = x[0] + 1, x[1] * 2
    return x


def by_parts(x):
    left, right = x.split([1, 2], 1)
    left += 10
    right[0].zero_()
    return x


def of_what_nobody_else_holds(x):
    y = (x + 1).reshape(3, 2)
    y[0] += 1
    y[1, :1] = 0
    return y


CASES = (
    # what PyTorch 2.13 gives for [[0, 1, 2], [3, 4, 5]]
    (by_slice, [[0, 1, 2], [5, 4, 7]]),
    (by_rows_of_rows, [[4, 3, 3], [7, 8, 10]]),
    (by_other_shapes, [[7, 1, 4], [7, 4, 9]]),
    (by_iteration, [[0, 1, 2], [4, 5, 6]]),
    (from_overlapping_places, [[6, 8, 10], [1, 1, 2]]),
    (by_parts, [[10, 0, 0], [13, 4, 5]]),
    (of_what_nobody_else_holds, [[2, 3], [0, 4], [5, 6]]),
)


@pytest.mark.parametrize(
    ("write", "expected"), CASES, ids=[c[0].__name__ for c in CASES]
)
def test_written_through(write, expected):
    made = rv.arange(6.0).reshape(2, 3).clone()
    assert write(made).tolist() == expected
    step = rv.compile(lambda x: write(x * 1))
    assert step(rv.arange(6.0).reshape(2, 3)).tolist() == expected


def test_views_follow_their_tensor():
    x = rv.zeros(2, 3)
    views = x.t(), x.view(-1)[:3], x.detach()[0], x.expand(2, 2, 3)
    x.add_(1)
    x[0, 1] = 5
    assert views[0].tolist() == [[1, 1], [5, 1], [1, 1]]
    assert views[1].tolist() == views[2].tolist() == [1, 5, 1]
    assert views[3][1].tolist() == x.tolist()
    views[1].mul_(2)
    assert views[2].tolist() == [2, 10, 2]


def test_a_new_tensor_leaves_old_views_alone():
    x = rv.arange(3.0)
    view = x[:2]
    x = x * 2
    view += 1
    assert (x.tolist(), view.tolist()) == ([0, 2, 4], [1, 2])


def test_gradients_through_what_was_written():
    x = rv.ones(2, 3, requires_grad=True)
    y = x.clone()
    y[0] *= 3
    y[:, 1].add_(2)
    (y * y).sum().backward()
    assert x.grad.tolist() == [[18, 30, 18], [2, 6, 2]]
    rows = rv.tensor([1.0, 2.0, 3.0], requires_grad=True)
    out = rv.zeros(3, 2)
    for i in range(3):
        out[i][0] = rows[i]
        out[i, 1] += rows[i] ** 2
    out.sum().backward()
    assert rows.grad.tolist() == [3, 5, 7]


def test_leaves():
    w = rv.ones(2, 3, requires_grad=True)
    with pytest.raises(GradientError, match="leaf"):
        w[0].fill_(2)
    with rv.no_grad():
        w[0].fill_(2)
        w[:, 1] += 1
    w.data[1].mul_(3)
    assert w.is_leaf and w.tolist() == [[2, 3, 2], [3, 6, 3]]
    w.sum().backward()
    assert w.grad.tolist() == [[1] * 3] * 2


def test_state_of_a_compiled_step():
    total = rv.zeros(2, 3)
    row = total[1]

    @rv.compile
    def step(x):
        total[0] += x
        total[1].add_(1)
        return total.sum()

    assert [step(rv.ones(3)).item() for _ in range(2)] == [6, 12]
    np.testing.assert_array_equal(total, np.full((2, 3), 2))
    del row
