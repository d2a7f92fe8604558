"""rv.explain shows every stage of a program that has run."""

import pytest

import ranvier as rv
from ranvier import nn, optim

STAGES = ("capture", "derive", "fuse", "lower", "run")


@pytest.fixture(scope="module")
def step():
    rv.manual_seed(0)
    model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 3))
    optimizer = optim.Adam(model.parameters(), lr=0.01)
    criterion = nn.CrossEntropyLoss()

    @rv.compile
    def train(x, y):
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        loss.backward()
        optimizer.step()
        return loss

    train(rv.randn(16, 4), rv.zeros(16, dtype=rv.int64))
    return train


def test_all_stages_in_order(step):
    text = rv.explain(step)
    places = [
        text.index(f"\n{stage}: " if i else f"{stage}: ")
        for i, stage in enumerate(STAGES)
    ]
    assert places == sorted(places)


@pytest.mark.parametrize(
    ("stage", "words"),
    [
        ("capture", ["grad", "call adam", "returns", "←", "stops unless"]),
        ("derive", ["matmul", "relu", "sqrt"]),
        ("fuse", ["phase 0", "lanes along", "tile", "writes", "arena"]),
        ("lower", ["define void @run", "llvm.fma"]),
        ("run", ["machine code", "LLVM", "ret"]),
    ],
)
def test_a_stage_shows_what_it_made(step, stage, words):
    text = rv.explain(step, stage=stage)
    assert text.startswith(f"{stage}: ")
    missing = [word for word in words if word not in text]
    assert not missing


def test_derive_leaves_primitives_only(step):
    text = rv.explain(step, stage="derive")
    assert " grad " not in text
    assert " item " not in text


def test_a_plain_function_is_explained_with_example_arguments():
    text = rv.explain(lambda x: (2 * x).sum(), rv.ones(3), stage="capture")
    assert "mul" in text


def test_an_unknown_stage_is_told_the_nearest(step):
    with pytest.raises(rv.errors.UnknownNameError, match="did you mean 'fuse'"):
        rv.explain(step, stage="fuze")


def test_a_function_that_never_ran_needs_arguments():
    with pytest.raises(rv.errors.CaptureError, match="has not run yet"):
        rv.explain(rv.compile(lambda x: x))
