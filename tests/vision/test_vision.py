"""torchvision's names, for scripts whose imports are changed."""

from __future__ import annotations

import numpy as np
import pytest

import ranvier as rv
from ranvier import data, models, vision
from ranvier.errors import (
    DTypeError,
    ShapeError,
    UnknownAttributeError,
    ValueRangeError,
)
from ranvier.vision import datasets, transforms


def test_mnist_is_the_packages():
    train = datasets.MNIST(root="nowhere", download=True)
    test = datasets.MNIST("nowhere", train=False, transform=transforms.ToTensor())
    assert (len(train), len(test)) == (60_000, 10_000)
    known = data.load("mnist", flatten=False)
    np.testing.assert_array_equal(train.arrays[0], known.arrays[0])
    np.testing.assert_array_equal(test.arrays[1], known.test.arrays[1])
    x, y = next(iter(data.DataLoader(test, batch_size=5)))
    assert (x.shape, y.dtype) == ((5, 1, 28, 28), rv.int64)
    assert x.min().item() == 0.0 and x.max().item() <= 1.0


def test_normalise():
    both = transforms.Compose(
        [transforms.ToTensor(), transforms.Normalize((0.1307,), (0.3081,))]
    )
    batches = [
        next(iter(data.DataLoader(datasets.MNIST(train=False, transform=t), 5)))[0]
        for t in (None, both)
    ]
    wanted = (np.asarray(batches[0]) - 0.1307) / 0.3081
    np.testing.assert_allclose(np.asarray(batches[1]), wanted, 1e-5, 1e-5)


def test_functions_of_one_s_own():
    flat = transforms.Compose(
        [
            transforms.ToTensor(),
            transforms.Normalize((0.5,), (0.5,)),
            transforms.Lambda(lambda x: x.view(-1)),
        ]
    )
    test = datasets.MNIST(
        train=False,
        transform=flat,
        target_transform=lambda y: rv.zeros(10).scatter_(0, rv.tensor(y), value=1),
    )
    x, y = next(iter(data.DataLoader(test, batch_size=3)))
    plain, labels = next(iter(data.DataLoader(datasets.MNIST(train=False), 3)))
    np.testing.assert_allclose(x, np.asarray(plain).reshape(3, -1) * 2 - 1, 1e-5, 1e-5)
    assert y.argmax(1).tolist() == labels.tolist() and len(test) == 10_000
    picture = np.arange(24, dtype=np.uint8).reshape(2, 4, 3)
    assert transforms.ToTensor()(picture)[2, 1, 3].item() == np.float32(23 / 255)


def test_models_are_ours():
    assert vision.models is models


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (
            lambda: datasets.MNIST(transform="flat"),
            DTypeError,
            "expected one of ranvier.vision.transforms",
        ),
        (
            lambda: transforms.Normalize((0.5,) * 2, (0.5,) * 2)(rv.ones(3, 2, 2)),
            ShapeError,
            "Normalize: 2 means and 2 deviations for a picture of 3 channels",
        ),
        (
            lambda: transforms.ToTensor()(np.ones(3)),
            ShapeError,
            "ToTensor: a picture of shape (3,)",
        ),
        (
            lambda: datasets.MNIST(
                transform=transforms.Normalize((0.5,) * 3, (0.5,) * 3)
            ),
            ShapeError,
            "Normalize: mean has 3 numbers, the pictures have 1 channel",
        ),
        (
            lambda: transforms.Normalize((0.5,), (0.0,)),
            ValueRangeError,
            "Normalize: std=(0.0,); expected numbers above 0.",
        ),
        (
            lambda: datasets.CIFAR100,
            UnknownAttributeError,
            "ranvier.vision.datasets has no 'CIFAR100'; there are MNIST and Fashion",
        ),
        (
            lambda: datasets.FashionMnist,
            UnknownAttributeError,
            "has no 'FashionMnist'; did you mean 'FashionMNIST'?",
        ),
        (
            lambda: transforms.RandomCrop,
            UnknownAttributeError,
            "ranvier.vision.transforms has no 'RandomCrop'; there are ToTensor,",
        ),
        (
            lambda: vision.utils,
            UnknownAttributeError,
            "ranvier.vision has no 'utils'; there are datasets, models, transforms.",
        ),
    ],
)
def test_what_is_refused(make, error, message):
    with pytest.raises(error) as caught:
        make()
    assert message in str(caught.value)
