"""L-BFGS against PyTorch's, in lbfgs.npz; its state; what it refuses."""

from pathlib import Path

import numpy as np
import pytest
import trajectories

import ranvier as rv
from ranvier import nn, optim
from ranvier.errors import RanvierError
from ranvier.formats.nested import pack, unpack
from ranvier.optim.line_search import Point, cubic

with np.load(Path(__file__).parent / "lbfgs.npz") as archive:
    THEIRS = dict(zip(archive["names"].tolist(), archive["values"], strict=True))


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("name", trajectories.LBFGS)
def test_float64(name, compiled):
    options = trajectories.LBFGS[name]
    ours = trajectories.lbfgs_path(rv, options, compiled=compiled)
    np.testing.assert_allclose(ours, THEIRS[name], rtol=1e-6, atol=1e-8)


def test_float32():
    ours = trajectories.lbfgs_path(rv, trajectories.LBFGS["LBFGS/wolfe"], "float32")
    # later steps differ: the search's decisions hang on the last bits
    np.testing.assert_allclose(ours[0], THEIRS["LBFGS/wolfe"][0], rtol=1e-3)


def problem():
    w = rv.tensor([-1.2, 1.0, 3.0], dtype=rv.float64, requires_grad=True)
    optimizer = optim.LBFGS([w], max_iter=4, line_search_fn="strong_wolfe")

    def closure():
        optimizer.zero_grad()
        loss = ((w[1:] - w[:-1] ** 2) ** 2).sum() + ((1 - w) ** 2).sum()
        loss.backward()
        return loss

    return w, optimizer, closure


def test_state_goes_round():
    w, optimizer, closure = problem()
    assert optimizer.state_dict()["state"] == {}
    optimizer.step(closure)
    arrays = {}
    structure = pack(optimizer.state_dict(), arrays)
    v, other, again = problem()
    with rv.no_grad():
        v.copy_(w)
    other.load_state_dict(unpack(structure, arrays))
    for _ in range(2):
        optimizer.step(closure)
        other.step(again)
        assert v.tolist() == w.tolist()


def test_an_evaluation_of_a_compiled_closure_is_one_native_call():
    w, optimizer, closure = problem()
    compiled = rv.compile(closure)
    optimizer.step(compiled)
    optimizer.step(compiled)
    assert len(optimizer.losses.native.made) == 1
    assert optimizer.func_evals > 8
    assert w.grad.shape == (3,)


def test_a_cubic_without_a_minimum_is_halved():
    a, b = Point(0.0, 1.0, None, -1.0), Point(1.0, 1 / 3, None, -1.0)
    assert cubic(a, b, 0.0, 1.0) == 0.5
    assert cubic(a, a, 0.0, 1.0) == 0.5
    assert cubic(a, b._replace(f=float("nan")), 0.0, 1.0) == 0.5


# fmt: off
BAD = [
    (lambda w: optim.LBFGS([w], lr=-1.0), "LBFGS: lr is -1.0; it must be above 0"),
    (lambda w: optim.LBFGS([w], max_iter=0), "max_iter is 0; expected a whole number"),
    (lambda w: optim.LBFGS([w], history_size=0.5), "history_size is 0.5; expected a wh"),  # noqa: E501
    (lambda w: optim.LBFGS([w], tolerance_grad=-1), "tolerance_grad is -1; it must be"),
    (lambda w: optim.LBFGS([w], line_search_fn="armijo"), "line_search_fn is 'armijo'; exp"),  # noqa: E501
    (lambda w: optim.LBFGS([{"params": [w]}, {"params": [rv.ones(1)]}]), "got 2 groups"),  # noqa: E501
    (lambda w: optim.LBFGS([w]).step(), r"step\(\) needs a function that it can call"),
    (lambda w: optim.LBFGS([w]).step(3), r"step\(\) got int; expected a function"),
    (lambda w: optim.LBFGS([w]).step(lambda: 3.0), "closure of an optimiser returned f"),  # noqa: E501
    (lambda w: optim.LBFGS([w]).step(lambda: w * 1), r"optimiser returned \(2,\); exp"),
    (lambda w: rv.compile(lambda: optim.LBFGS([w]).step(lambda: w.sum()))(), "inside a compiled function: it decides by"),  # noqa: E501
]
# fmt: on


@pytest.mark.parametrize(("make", "words"), BAD)
def test_messages(make, words):
    with pytest.raises(RanvierError, match=words):
        make(rv.ones(2, requires_grad=True))


@pytest.mark.parametrize("make", [optim.LBFGS, optim.LevenbergMarquardt])
def test_fit_says_what_to_use_instead(make):
    model = nn.Linear(2, 1)
    data = np.ones((4, 2), np.float32), np.ones((4, 1), np.float32)
    with pytest.raises(RanvierError, match=f"fit: {make.__name__} needs a closure"):
        rv.fit(
            model, data, loss=nn.MSELoss(), optimizer=make(model.parameters()), epochs=1
        )
