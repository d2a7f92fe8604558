# ruff: noqa: E501  (the tables)
"""Random changes of the training part, inside the native run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import ranvier as rv
from ranvier import nn, optim
from ranvier.data import DataLoader, Dataset
from ranvier.data.transforms import (
    GaussianNoise,
    MixUp,
    Normalize,
    RandomAffine,
    RandomCrop,
    RandomErasing,
    RandomHorizontalFlip,
    RandomRotation,
    RandomVerticalFlip,
)
from ranvier.data.transforms.mixup import beta_quantiles
from ranvier.errors import RanvierError

# fmt: off
CHANGES: dict[str, Callable[[], Any]] = {
    "rotation":  lambda: RandomRotation(15),
    "affine":    lambda: RandomAffine(10, translate=(0.1, 0.2), scale=(0.8, 1.2)),
    "crop":      lambda: RandomCrop(2),
    "flip":      lambda: RandomHorizontalFlip(),
    "up down":   lambda: RandomVerticalFlip(0.3),
    "noise":     lambda: GaussianNoise(sigma=0.2),
    "erasing":   lambda: RandomErasing(p=1.0),
    "mixup":     lambda: MixUp(alpha=0.4),
    "own":       lambda: lambda x: x * rv.rand(x.shape[0], 1, 1, 1),
}
# fmt: on


def digits(rows: int = 40, *, flatten: bool = True) -> Dataset:
    data = rv.data.load("digits", flatten=flatten)
    return data.take(np.arange(rows))


def native(data: Dataset, seed: int = 0) -> Any:
    rv.manual_seed(seed)
    loader = DataLoader(data, batch_size=10, shuffle=True, seed=1)
    seen = rv.compile(lambda x, y: (x * 1, y * 1)).over(loader, epochs=2)
    return [np.asarray(part) for part in seen]


@pytest.mark.parametrize("case", CHANGES)
def test_same_seed_same_pictures_in_a_run_and_in_a_loop(case: str) -> None:
    data = digits().augmented(CHANGES[case]())
    x, y = native(data)
    again, _ = native(data)
    other, _ = native(data, seed=1)
    np.testing.assert_array_equal(x, again)
    assert np.abs(x - other).max() > 0.05
    first, second = (float((part**2 @ np.arange(64)).sum()) for part in (x[:4], x[4:]))
    assert abs(first - second) > 1e-3  # another draw every epoch
    if case == "own":  # rv.rand is drawn at once outside a run, from another stream
        return
    rv.manual_seed(0)
    loader = DataLoader(data, batch_size=10, shuffle=True, seed=1)
    batches = [batch for _ in range(2) for batch in loader]
    looped = np.stack([np.asarray(batch[0]) for batch in batches])
    np.testing.assert_allclose(x, looped, atol=1e-5)
    np.testing.assert_allclose(y, np.stack([np.asarray(b[1]) for b in batches]))


@pytest.mark.parametrize("case", CHANGES)
def test_pictures_of_either_form(case: str) -> None:
    flat, square = (
        native(digits(flatten=flatten).augmented(CHANGES[case]()))[0]
        for flatten in (True, False)
    )
    np.testing.assert_allclose(flat.reshape(square.shape), square, atol=1e-6)


def dot(row: int, column: int) -> Any:
    picture = np.zeros((1, 1, 5, 5), np.float32)
    picture[0, 0, row, column] = 1
    return rv.tensor(picture)


@pytest.mark.parametrize(
    ("change", "before", "after"),
    [
        (RandomRotation((90, 90)), (2, 4), (0, 2)),  # counter-clockwise
        (RandomRotation((-90, -90)), (2, 4), (4, 2)),
        (RandomRotation((180, 180)), (1, 4), (3, 0)),
        (RandomRotation(0), (1, 4), (1, 4)),
        (RandomAffine(0, scale=(2, 2)), (2, 3), (2, 4)),
        (RandomAffine(0, scale=(0.5, 0.5)), (2, 4), (2, 3)),
        (RandomHorizontalFlip(1.0), (1, 4), (1, 0)),
        (RandomVerticalFlip(1.0), (1, 4), (3, 4)),
    ],
)
def test_where_a_dot_goes(change: Any, before: Any, after: Any) -> None:
    found = np.asarray(change(dot(*before)))[0, 0]
    assert np.unravel_index(found.argmax(), (5, 5)) == after


def test_maps_in_a_row_mix_pixels_once() -> None:
    back = [RandomRotation((30, 30)), RandomRotation((-30, -30))]
    data = digits(10).augmented(*back)
    np.testing.assert_allclose(native(data)[0][0], ordered(data), atol=1e-5)


def ordered(data: Dataset) -> Any:
    order = DataLoader(data, batch_size=10, shuffle=True, seed=1).order(0)
    return data.numpy()[0][order]


def test_whole_pixels_and_the_ground() -> None:
    crop = RandomCrop(2, fill=0.5)
    rv.manual_seed(0)
    moved = np.asarray(crop(rv.ones(64, 1, 6, 6)))
    assert set(np.unique(moved)) == {0.5, 1.0}
    sizes = {int((m == 1).sum()) for m in moved}
    assert sizes == {a * b for a in (4, 5, 6) for b in (4, 5, 6)}


def test_how_often_and_how_much() -> None:
    rv.manual_seed(0)
    x = rv.ones(2000, 1, 10, 10)
    erased = 1 - np.asarray(RandomErasing(p=0.5)(x)).mean((1, 2, 3))
    assert abs((erased > 0).mean() - 0.5) < 0.04
    assert erased.max() < 0.45 and abs(erased[erased > 0].mean() - 0.17) < 0.02
    noise = np.asarray(GaussianNoise(mean=0.2, sigma=0.3, clip=False)(x)) - 1
    assert abs(noise.mean() - 0.2) < 0.01 and abs(noise.std() - 0.3) < 0.01
    ramp = rv.arange(2.0).reshape(1, 1, 1, 2).expand(2000, 1, 1, 2)
    flipped = np.asarray(RandomHorizontalFlip(0.25)(ramp))[:, 0, 0, 0]
    assert abs(flipped.mean() - 0.25) < 0.04


@pytest.mark.parametrize("alpha", [0.1, 0.4, 1.0, 3.0])
def test_the_shares_of_mixup_are_beta(alpha: float) -> None:
    drawn = np.random.default_rng(0).beta(alpha, alpha, 200_000)
    places = np.array([0.1, 0.25, 0.5, 0.75, 0.9])
    found = beta_quantiles(alpha)[(places * 1024).round().astype(int)]
    np.testing.assert_allclose(found, np.quantile(drawn, places), atol=0.01)


def test_mixup_mixes_the_targets_alike() -> None:
    data = Dataset((np.eye(4, dtype=np.float32), np.arange(4))).augmented(MixUp())
    rv.manual_seed(0)
    x, y = next(iter(DataLoader(data, batch_size=4)))
    np.testing.assert_allclose(np.asarray(x), np.asarray(y), atol=1e-6)
    np.testing.assert_allclose(np.asarray(y).sum(1), 1, atol=1e-6)


def learned(train: Dataset, val: Dataset) -> Any:
    rv.manual_seed(0)
    model = nn.Sequential(nn.Linear(64, 16), nn.ReLU(), nn.Linear(16, 10))
    optimizer = optim.Adam(model.parameters(), lr=0.01)
    options = {"epochs": 2, "batch_size": 32, "seed": 0}
    run = rv.fit(
        model, train, val, loss=nn.CrossEntropyLoss(), optimizer=optimizer, **options
    )
    return run, np.concatenate(
        [np.asarray(p.detach()).ravel() for p in model.parameters()]
    )


@pytest.mark.parametrize("change", [RandomRotation(15), MixUp(alpha=0.2)])
def test_fit_changes_the_training_part_alone(change: Any) -> None:
    train, val, _ = rv.data.load("digits").split(300, 100)
    run, weights = learned(train.augmented(change), val)
    _, again = learned(train.augmented(change), val)
    _, plain = learned(train, val)
    np.testing.assert_array_equal(weights, again)
    assert np.abs(weights - plain).max() > 1e-3
    last = rv.evaluate(run.model, val)
    assert min(run.history["val_loss"]) == pytest.approx(last["loss"], rel=1e-4)
    judged = [rv.evaluate(run.model, part) for part in (train, train.augmented(change))]
    assert judged[0] == judged[1]


def test_it_goes_before_the_shift_and_the_transform() -> None:
    data = Dataset((np.ones((8, 1, 4, 4), np.uint8), np.zeros(8, np.int64)), shift=-1.0)
    data = data.augmented(RandomAffine(0, translate=(1, 1))).transformed(
        Normalize(1.0, 0.5)
    )
    found = native(data)[0]
    assert found.min() == -4 and found.max() == -2  # ground 0, ink 1


ROWS = Dataset((np.ones((20, 3), np.float32), np.zeros(20, np.int64)), name="rows")

# fmt: off
REFUSED = [
    (lambda: ROWS.augmented(RandomRotation(15)),          "changes pictures, and a row of this data is none"),
    (lambda: ROWS.augmented(GaussianNoise()),             "Pass clip=False"),
    (lambda: ROWS.augmented(Normalize(0, 1)),             "What is fitted goes into transformed()"),
    (lambda: ROWS.augmented(RandomRotation),              "expected random changes such as"),
    (lambda: ROWS.augmented(3),                           "Lambda: got int"),
    (lambda: ROWS.augmented(),                            "name at least one"),
    (lambda: native(ROWS.augmented(lambda x: x[:, :2])),  "expected a tensor of the same shape"),
    (lambda: digits().augmented(MixUp(num_classes=3)),    "the data has 10 classes"),
    (lambda: RandomRotation("far"),                       "degrees is 'far'"),
    (lambda: RandomRotation((5, -5)),                     "expected a number of at least 0, or (low, high)"),
    (lambda: RandomAffine(0, translate=(2, 0)),           "expected shares of the width and height"),
    (lambda: RandomAffine(0, scale=(0, 1)),               "0 < low <= high"),
    (lambda: RandomCrop(0),                               "expected a whole number of pixels"),
    (lambda: RandomHorizontalFlip(1.5),                   "1.5"),
    (lambda: GaussianNoise(sigma=-1),                     "expected a number of at least 0"),
    (lambda: RandomErasing(scale=(0.5, 2)),               "high <= 1"),
    (lambda: MixUp(alpha=0),                              "from 0.01 to 100"),
    (lambda: MixUp()(rv.ones(2, 2)),                      "changes inputs and targets together"),
    (lambda: RandomRotation(5)(rv.ones(2, 2)),            "expected pictures"),
]
# fmt: on


@pytest.mark.parametrize(("call", "words"), REFUSED)
def test_what_is_refused(call: Any, words: str) -> None:
    with pytest.raises(RanvierError) as caught:
        call()
    assert words in str(caught.value)


def test_an_augmented_validation_set_is_refused() -> None:
    train, val, _ = rv.data.load("digits").split(100, 50)
    with pytest.raises(RanvierError, match="the validation set is augmented"):
        learned(train, val.augmented(RandomRotation(5)))
