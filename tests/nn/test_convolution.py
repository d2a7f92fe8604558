"""Convolution layers: mistakes are told, and a compiled step learns with them."""

import numpy as np
import pytest

import ranvier as rv
from ranvier import nn
from ranvier.errors import RanvierError
from ranvier.nn import functional as F

IMAGE = np.ones((2, 3, 6, 6), np.float32)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: nn.Conv2d(3, 4, 3)(rv.ones(2, 1, 6, 6)), "1 ≠ 3 channels"),
        (lambda: nn.Conv2d(1, 4, 3)(rv.ones(8, 6, 6)), r"Use x\.unsqueeze\(1\)"),
        (lambda: nn.Conv2d(1, 4, 3)(rv.ones(8, 2, 6, 6)), r"Use Conv2d\(2, 4, …\)"),
        (lambda: nn.Conv2d(3, 4, 9)(rv.tensor(IMAGE)), "smaller than the kernel"),
        (lambda: nn.Conv2d(3, 4, 3)(rv.ones(6, 6)), r"expected \(batch, channels"),
        (lambda: nn.Conv2d(3, 4, 3)(rv.tensor(IMAGE).double()), "x.float"),
        (lambda: nn.Conv2d(3, 4, 3, groups=2), "groups=2"),
        (lambda: nn.Conv2d(3, 4, 3, groups=0), "groups=0"),
        (lambda: nn.Conv2d(3, 4, (3, 3, 3)), "kernel_size"),
        (lambda: nn.Conv2d(3, 4, 3, stride=0), "stride"),
        (
            lambda: nn.Conv2d(3, 4, 3, padding="full")(rv.tensor(IMAGE)),
            "'same' or 'valid'",
        ),
        (
            lambda: nn.Conv2d(3, 4, 3, stride=2, padding="same")(rv.tensor(IMAGE)),
            "needs stride 1",
        ),
        (lambda: nn.Conv2d(3, 4, 3, padding_mode="reflekt"), "did you mean 'reflect'"),
        (
            lambda: nn.ConvTranspose2d(3, 4, 3, padding_mode="reflect"),
            "a transposed convolution has only 'zeros'",
        ),
        (
            lambda: nn.ConvTranspose2d(3, 4, 3, output_padding=1)(rv.tensor(IMAGE)),
            "output_padding",
        ),
        (lambda: F.conv2d(rv.tensor(IMAGE), rv.ones(4, 3, 3)), "4 dimensions"),
        (
            lambda: F.conv2d(rv.tensor(IMAGE), rv.ones(4, 3, 3, 3), rv.ones(3)),
            r"expected \(4,\)",
        ),
        (lambda: F.conv2d(IMAGE, rv.ones(4, 3, 3, 3)), "tensor"),
    ],
)
def test_mistakes_are_told(call, said):
    with pytest.raises(RanvierError, match=said):
        call()


def test_a_compiled_step_gives_what_a_loop_gives():
    """Padding, strides, groups, a transposed layer; loss and every weight."""
    x = np.random.default_rng(0).standard_normal((4, 3, 8, 8)).astype(np.float32)
    y = np.random.default_rng(1).standard_normal((4, 2, 8, 8)).astype(np.float32)

    def build():
        rv.manual_seed(0)
        model = nn.Sequential(
            nn.Conv2d(3, 8, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(8, 8, 3, stride=2, padding=1, groups=4),
            nn.Tanh(),
            nn.ConvTranspose2d(8, 2, 2, stride=2),
        )
        optimizer = rv.optim.SGD(model.parameters(), lr=0.1)

        def step(a, b):
            optimizer.zero_grad()
            loss = F.mse_loss(model(a), b)
            loss.backward()
            optimizer.step()
            return loss

        return model, step

    one, loop = build()
    two, step = build()
    step = rv.compile(step)
    for _ in range(3):
        a = loop(rv.tensor(x), rv.tensor(y)).item()
        b = step(rv.tensor(x), rv.tensor(y)).item()
        np.testing.assert_allclose(a, b, rtol=1e-5)
    for key, value in one.state_dict().items():
        np.testing.assert_allclose(
            np.asarray(value), np.asarray(two.state_dict()[key]), atol=1e-5
        )
