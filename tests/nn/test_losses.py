"""Losses beyond the tables of parity: derivatives of derivatives that PyTorch has not,
what is refused and with which words, what a compiled step checks.
"""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
import pytest

import ranvier as rv
from ranvier import nn
from ranvier.errors import (
    DTypeError,
    ShapeError,
    UnknownNameError,
    UnsupportedError,
    ValueRangeError,
)
from ranvier.nn import functional as F

LOSSES = sorted(name for name in nn.__all__ if name.endswith("Loss"))
PADDED, SPOKEN, WRITTEN = rv.tensor([[1, 1, 3], [2, 0, 0]]), [6, 5], [3, 1]


def noise(*shape: int, seed: int = 0) -> Any:
    return rv.tensor(np.random.default_rng(seed).normal(size=shape))


def ctc(x: Any, **options: Any) -> Any:
    return F.ctc_loss(x.log_softmax(2), PADDED, SPOKEN, WRITTEN, **options)


TWICE = {
    "multi_margin_loss": lambda x: F.multi_margin_loss(x, rv.tensor([0, 4, 2]), p=2),
    "multilabel_margin_loss": lambda x: F.multilabel_margin_loss(
        x**2, rv.tensor([[3, 0, -1, 1, 2], [1, -1, 0, 0, 0], [4, 3, 2, 1, 0]])
    ),
    "hinge_loss": lambda x: F.hinge_loss(x, (x.detach() > 0.3) * 2.0 - 1, squared=True),
}


@pytest.mark.parametrize("name", TWICE)
def test_second_derivatives_that_pytorch_has_not(name: str) -> None:
    loss = TWICE[name]
    rv.check_gradients(loss, (noise(3, 5),))
    rv.check_gradients(lambda x: (rv.grad(loss)(x) ** 2).sum(), (noise(3, 5),))


def test_ctc_is_differentiated_twice_interpreted_and_native() -> None:
    def slope(x: Any) -> Any:
        return (rv.grad(ctc)(x) ** 2).sum()

    x = noise(6, 2, 4)
    rv.check_gradients(ctc, (x,))
    rv.check_gradients(slope, (x,))
    native = rv.compile(lambda x: (slope(x), rv.grad(slope)(x)))(x)
    for ours, expected in zip(native, (slope(x), rv.grad(slope)(x)), strict=True):
        np.testing.assert_allclose(ours, expected.detach(), rtol=1e-9, atol=1e-12)


def merged(path: Any) -> list[int]:
    """What a path says: repetitions once, blanks not at all."""
    once = [c for i, c in enumerate(path) if i == 0 or c != path[i - 1]]
    return [c for c in once if c]


def by_counting(x: np.ndarray, target: list[int]) -> float:
    """-ln of the sum over every path, one after the other."""
    steps, classes = x.shape
    total = 0.0
    for path in np.ndindex(*[classes] * steps):
        if merged(path) == target:
            total += float(np.exp(sum(x[t, c] for t, c in enumerate(path))))
    return -float(np.log(total))


@pytest.mark.parametrize("target", [[], [2], [1, 1], [1, 2, 1]])
def test_ctc_sums_over_all_paths(target: list[int]) -> None:
    x = noise(5, 3).log_softmax(1)
    found = F.ctc_loss(x, rv.tensor(target, dtype=rv.int64), 5, len(target))
    mean = by_counting(x.numpy(), target) / max(1, len(target))
    assert found.item() == pytest.approx(mean, rel=1e-12)


def test_ctc_without_room() -> None:
    x = noise(2, 1, 3)

    def loss(x: Any, zero: bool) -> Any:
        y = rv.tensor([[1, 1]])
        return F.ctc_loss(x.log_softmax(2), y, [2], [2], zero_infinity=zero)

    assert loss(x, False).item() == float("inf")
    assert loss(x, True).item() == 0
    assert not rv.grad(lambda x: loss(x, True))(x).numpy().any()
    assert rv.compile(lambda x: loss(x, False))(x).item() == float("inf")
    assert rv.compile(lambda x: loss(x, True))(x).item() == 0


def test_ctc_lengths_as_tensors_in_a_compiled_step() -> None:
    x, joined = noise(6, 2, 4).log_softmax(2), rv.tensor([1, 1, 3, 2])

    @rv.compile
    def step(x: Any, y: Any, spoken: Any, written: Any) -> Any:
        return F.ctc_loss(x, y, spoken, written, reduction="none")

    def both(y: Any, spoken: list[int], written: list[int]) -> None:
        lengths = rv.tensor(spoken), rv.tensor(written)
        expected = F.ctc_loss(x, y, spoken, written, reduction="none")
        np.testing.assert_allclose(step(x, y, *lengths), expected, rtol=1e-9)

    both(joined, SPOKEN, WRITTEN)
    both(joined, [6, 6], [2, 2])
    both(PADDED, SPOKEN, WRITTEN)
    with pytest.raises(ValueRangeError, match="must add up to 4 targets"):
        step(x, joined, rv.tensor(SPOKEN), rv.tensor([3, 2]))
    with pytest.raises(ValueRangeError, match="input_lengths holds a number out of ra"):
        step(x, joined, rv.tensor([7, 5]), rv.tensor(WRITTEN))


@pytest.mark.parametrize("name", LOSSES)
def test_old_and_unknown_reductions_are_refused_at_construction(name: str) -> None:
    kind = getattr(nn, name)
    with pytest.raises(UnknownNameError, match=f"^{name}: reduction is 'avg'; known"):
        kind(reduction="avg")
    if "reduce" in inspect.signature(kind).parameters:
        for old in ("size_average", "reduce"):
            with pytest.raises(UnsupportedError, match=f"^{name}: {old} is not suppo"):
                kind(**{old: True})


def test_the_functions_refuse_the_old_names_too() -> None:
    x = rv.ones(2)
    for name in ("mse_loss", "l1_loss", "smooth_l1_loss", "kl_div", "soft_margin_loss"):
        with pytest.raises(UnsupportedError, match=f"^{name}: size_average is not su"):
            getattr(F, name)(x, x, True)


WRONG = {
    "margin": lambda: nn.TripletMarginLoss(margin=-1),
    "margin ": lambda: nn.TripletMarginWithDistanceLoss(margin=0.0),
    "p": lambda: nn.MultiMarginLoss(p=3),
    "p ": lambda: nn.PairwiseDistance(p=-1),
    "eps": lambda: nn.GaussianNLLLoss(eps=0.0),
    "beta": lambda: nn.SmoothL1Loss(beta=-1.0),
    "delta": lambda: nn.HuberLoss(delta=0.0),
    "var": lambda: F.gaussian_nll_loss(rv.ones(1), rv.ones(1), -1.0),
    "blank ": lambda: nn.CTCLoss(blank=-1),
    "blank": lambda: F.ctc_loss(rv.zeros(2, 1, 3), rv.tensor([[1]]), [2], [1], 3),
}


@pytest.mark.parametrize("setting", WRONG)
def test_settings_out_of_range(setting: str) -> None:
    with pytest.raises(ValueRangeError, match=rf"^\w+: {setting.strip()} is -?\d"):
        WRONG[setting]()


def test_settings_of_another_type() -> None:
    with pytest.raises(DTypeError, match=r"^HingeLoss: margin is 'wide'; it must be "):
        nn.HingeLoss(margin="wide")
    with pytest.raises(
        DTypeError, match=r"distance_function is 3; it must be a functi"
    ):
        nn.TripletMarginWithDistanceLoss(distance_function=3)
    with pytest.raises(
        DTypeError, match=r"^kl_div .target.: expected a tensor, got a l"
    ):
        F.kl_div(rv.ones(1), [1.0])


@pytest.mark.parametrize("weight", [[1.0, 2.0], np.ones(2)], ids=["list", "array"])
def test_weights_are_tensors_from_the_start(weight: Any) -> None:
    for kind in (nn.CrossEntropyLoss, nn.NLLLoss, nn.BCELoss, nn.MultiMarginLoss):
        with pytest.raises(
            DTypeError, match=r"Loss \(weight\): expected a tensor, got"
        ):
            kind(weight=weight)
    kept = nn.CrossEntropyLoss(weight=rv.ones(2)).double()
    assert kept.weight.dtype is rv.float64 and list(kept.state_dict()) == ["weight"]


def said(error: type[Exception], function: Any, *arguments: Any) -> str:
    with pytest.raises(error) as caught:
        function(*arguments)
    return str(caught.value)


def test_shapes_are_named_with_what_to_write() -> None:
    a, b = rv.zeros(4, 3), rv.zeros(4)
    assert said(ShapeError, F.triplet_margin_loss, a, b, a) == (
        "triplet_margin_loss: the anchor has shape (4, 3), the positive (4,); they "
        "must be equal. Reshape one of them, for example with "
        "positive.reshape(anchor.shape)."
    )
    assert said(ShapeError, F.cosine_embedding_loss, a, a, rv.ones(4, 1)) == (
        "cosine_embedding_loss: inputs of shape (4, 3) and a target of shape (4, 1); "
        "expected (N, D) and (N,), or (D,) and (). Use target.reshape((4,))."
    )
    assert said(ShapeError, F.gaussian_nll_loss, a, a, rv.ones(3)) == (
        "gaussian_nll_loss: var has shape (3,), the prediction (4, 3); give the same "
        "shape, or 1 in one of the dimensions, for example with var.unsqueeze(-1)."
    )
    assert said(ShapeError, F.mse_loss, a, a, None, None, "mean", rv.ones(3)) == (
        "mse_loss: weight has shape (3,), the prediction (4, 3); give one number an "
        "element, as in weight.expand(prediction.shape)."
    )
    assert said(ShapeError, F.binary_cross_entropy, a, a, rv.ones(2)) == (
        "binary_cross_entropy: weight has shape (2,), the prediction (4, 3); give one "
        "number an element, or a shape that broadcasts to (4, 3)."
    )
    assert said(ShapeError, F.multilabel_margin_loss, a, rv.tensor([0])) == (
        "multilabel_margin_loss: the prediction has shape (4, 3), the target (1,); "
        "both must be (N, C) or (C,). Fill the rows of the target with -1."
    )
    assert said(ShapeError, F.ctc_loss, a, rv.tensor([[1], [2]]), 4, 1) == (
        "ctc_loss: targets of shape (2, 1) for 1 sequences; expected (1, S), or one "
        "dimension with all of them one after the other."
    )
    assert said(ShapeError, F.ctc_loss, a, rv.tensor([1, 2]), [4, 4], 1) == (
        "ctc_loss: input_lengths has shape (2,) for 1 sequences; give one length each."
    )


def test_values_are_checked() -> None:
    half = rv.full((2,), 0.5)
    with pytest.raises(ValueRangeError, match=r"target holds 2; it must lie in \[0, 1"):
        F.binary_cross_entropy(half, rv.tensor([0.0, 2.0]))
    with pytest.raises(
        ValueRangeError, match=r"var holds -1; it must be at least 0\. L"
    ):
        F.gaussian_nll_loss(half, half, rv.tensor([1.0, -1.0]))
    with pytest.raises(ValueRangeError, match="the target holds a number outside"):
        rv.compile(F.binary_cross_entropy)(half, half * 3)
    with pytest.raises(ValueRangeError, match="var holds a negative number"):
        rv.compile(F.gaussian_nll_loss)(half, half, -half)
    x = rv.zeros(6, 2, 4).log_softmax(2)
    with pytest.raises(ValueRangeError, match="label 4 is out of range for 4 classes"):
        F.ctc_loss(x, rv.tensor([[4], [1]]), SPOKEN, [1, 1])
    with pytest.raises(
        ValueRangeError, match="target_lengths holds 2, out of range: l"
    ):
        F.ctc_loss(x, rv.tensor([[3], [1]]), SPOKEN, [1, 2])
    with pytest.raises(DTypeError, match=r"targets of float32; use \.long"):
        F.ctc_loss(x, rv.ones(2, 1), SPOKEN, [1, 1])


def test_a_negative_variance_that_nobody_saw_is_not_hidden() -> None:
    """In a plain loop it is not known yet when the loss is written down."""
    x = rv.ones(2)
    loss = F.gaussian_nll_loss(x, x, (x - 3).relu() - 1)
    assert np.isnan(loss.item())


def test_the_padding_of_targets_may_hold_anything() -> None:
    x = noise(6, 2, 4).log_softmax(2)
    other = rv.tensor([[1, 1, 3], [2, -1, 99]])
    both = [F.ctc_loss(x, y, SPOKEN, WRITTEN).item() for y in (PADDED, other)]
    assert both[0] == both[1]


def test_soft_margin_of_large_scores_is_finite() -> None:
    assert F.soft_margin_loss(rv.tensor([-2e4]), rv.ones(1)).item() == 2e4


def test_two_hinges() -> None:
    x, y = rv.tensor([0.5, 2.0, -3.0]), rv.tensor([1.0, -1.0, -1.0])
    assert nn.HingeLoss(reduction="none")(x, y).tolist() == [0.5, 3.0, 0.0]
    assert nn.HingeLoss(2.0, squared=True)(x, y).item() == pytest.approx(18.25 / 3)


@pytest.mark.parametrize("compiled", [False, True])
def test_a_network_learns_to_write_down_what_it_hears(compiled: bool) -> None:
    rv.manual_seed(0)
    x, y = noise(8, 2, 5).float(), rv.tensor([[1, 2, 1], [3, 0, 0]])
    model = nn.Sequential(nn.Linear(5, 16), nn.Tanh(), nn.Linear(16, 4))
    optimizer = rv.optim.Adam(model.parameters(), lr=0.05)
    criterion = nn.CTCLoss()

    def step(x: Any, y: Any) -> Any:
        optimizer.zero_grad()
        loss = criterion(model(x).log_softmax(2), y, [8, 6], [3, 1])
        loss.backward()
        optimizer.step()
        return loss

    run = rv.compile(step) if compiled else step
    losses = [run(x, y).item() for _ in range(60)]
    assert losses[-1] < 0.05 < 1 < losses[0]
    first, second = model(x).argmax(2).T.tolist()
    assert (merged(first), merged(second[:6])) == ([1, 2, 1], [3])
