"""Weights of convolutions lie in memory as the kernels want them, and look as the user
knows them.
"""

import numpy as np
import pytest

import ranvier as rv
from ranvier import nn

IMAGES = np.random.default_rng(0).standard_normal((8, 3, 6, 6)).astype(np.float32)
LABELS = np.arange(8) % 4


def build(optimizer):
    rv.manual_seed(0)
    model = nn.Sequential(
        nn.Conv2d(3, 8, 3, padding=1),
        nn.ReLU(),
        nn.Conv2d(8, 16, 3, stride=2),
        nn.Flatten(),
        nn.Linear(64, 4),
    )
    chosen = optimizer(model.parameters())
    loss_of = nn.CrossEntropyLoss()

    def step(x, y):
        chosen.zero_grad()
        loss = loss_of(model(x), y)
        loss.backward()
        chosen.step()
        return loss

    return model, chosen, step


def arrays(model):
    return {k: np.array(v) for k, v in model.state_dict().items()}


OPTIMIZERS = {
    "sgd": lambda p: rv.optim.SGD(p, lr=0.1, momentum=0.9, weight_decay=0.01),
    "adam": lambda p: rv.optim.Adam(p, lr=0.01),
}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_numbers_are_those_of_a_loop(name):
    one, _, loop = build(OPTIMIZERS[name])
    two, _, step = build(OPTIMIZERS[name])
    step = rv.compile(step)
    for _ in range(3):
        loop(rv.tensor(IMAGES), rv.tensor(LABELS)).item()
        step(rv.tensor(IMAGES), rv.tensor(LABELS))
    for key, value in arrays(one).items():
        np.testing.assert_allclose(arrays(two)[key], value, rtol=1e-4, atol=1e-5)


def test_no_kernel_turns_weights_over_for_the_update():
    model, _, step = build(OPTIMIZERS["adam"])
    step = rv.compile(step)
    step(rv.tensor(IMAGES), rv.tensor(LABELS))
    held = model[2].weight.detach().numpy()
    assert held.shape == (16, 8, 3, 3)
    assert held.transpose(2, 3, 1, 0).flags.c_contiguous
    (schedule,) = step.last.schedules
    shapes = {tuple(i.shape) for i in schedule.graph.inputs}
    assert (3, 3, 8, 16) in shapes
    assert (16, 8, 3, 3) not in shapes


def test_training_and_inference_agree_on_the_order():
    """Nothing is copied back and forth between two programs that share weights."""
    model, _, step = build(OPTIMIZERS["sgd"])
    step, fast = rv.compile(step), rv.compile(model)
    for _ in range(2):
        step(rv.tensor(IMAGES), rv.tensor(LABELS))
        fast(rv.tensor(IMAGES))
        place = model[2].weight._node.value.__array_interface__["data"][0]
    step(rv.tensor(IMAGES), rv.tensor(LABELS))
    after = model[2].weight._node.value.__array_interface__["data"][0]
    assert place == after
    np.testing.assert_allclose(
        fast(rv.tensor(IMAGES)).detach().numpy(),
        model(rv.tensor(IMAGES)).detach().numpy(),
        atol=1e-5,
    )


def test_files_and_copies_keep_the_users_order(tmp_path):
    model, _, step = build(OPTIMIZERS["sgd"])
    step = rv.compile(step)
    step(rv.tensor(IMAGES), rv.tensor(LABELS))
    before = arrays(model)
    rv.save(model, tmp_path / "model.safetensors")
    step(rv.tensor(IMAGES), rv.tensor(LABELS))
    assert not np.array_equal(arrays(model)["2.weight"], before["2.weight"])
    rv.load(tmp_path / "model.safetensors", into=model)
    for key, value in before.items():
        np.testing.assert_array_equal(arrays(model)[key], value)
    step(rv.tensor(IMAGES), rv.tensor(LABELS))
    held = model[2].weight.detach().numpy()
    assert held.transpose(2, 3, 1, 0).flags.c_contiguous


def test_an_array_that_someone_holds_is_not_written():
    model, _, step = build(OPTIMIZERS["sgd"])
    step = rv.compile(step)
    step(rv.tensor(IMAGES), rv.tensor(LABELS))
    held = model[0].weight.detach().numpy()
    kept = held.copy()
    step(rv.tensor(IMAGES), rv.tensor(LABELS))
    np.testing.assert_array_equal(held, kept)
    assert not np.array_equal(model[0].weight.detach().numpy(), kept)
