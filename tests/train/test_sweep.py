# ruff: noqa: E501  (the table)
"""`rv.sweep`: every run is, bit for bit, the run by itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import pytest

from ranvier import nn, optim, random
from ranvier.compiler.run.threads import setting
from ranvier.errors import CaptureError, NotFiniteError, ValueRangeError
from ranvier.optim.lr_scheduler import ReduceLROnPlateau, StepLR
from ranvier.tensor import NoGrad, Tensor
from ranvier.train import Run, fit, sweep
from ranvier.train.grid import settings_of
from ranvier.train.lane import Lane
from ranvier.train.recipe import Recipe
from ranvier.train.sweep import Field
from ranvier.train.swept import Sweep

Array = np.ndarray[Any, Any]
CORNERS = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.float32)
XOR = CORNERS, np.array([[0], [1], [1], [0]], np.float32)
DRAWN = np.random.default_rng(0)
TABLE = DRAWN.standard_normal((90, 6)).astype(np.float32)
NUMBERS = TABLE, (TABLE[:, :2] ** 2).astype(np.float32)
CLASSES = TABLE, (TABLE[:, 0] > 0).astype(np.int64) + (TABLE[:, 1] > 0)
PICTURES = DRAWN.random((40, 1, 8, 8), np.float32), np.arange(40) % 3
ROWS = DRAWN.standard_normal((30, 5, 4)).astype(np.float32), np.arange(30) % 3


@pytest.fixture(params=[1, 2])
def threads(request: pytest.FixtureRequest) -> Iterator[int]:
    before, setting.chosen = setting.chosen, request.param
    yield request.param
    setting.chosen = before


def xor_net() -> Any:
    return nn.Sequential(
        nn.Linear(2, 10, bias=False), nn.Sigmoid(), nn.Linear(10, 1), nn.Sigmoid()
    )


def table_net(outputs: int = 2, units: int = 8) -> Any:
    return nn.Sequential(nn.Linear(6, units), nn.ReLU(), nn.Linear(units, outputs))


def dropped() -> Any:
    return nn.Sequential(
        nn.Linear(6, 8), nn.Dropout(0.4), nn.Tanh(), nn.BatchNorm1d(8), nn.Linear(8, 3)
    )


def convolved() -> Any:
    return nn.Sequential(
        nn.Conv2d(1, 6, 3), nn.BatchNorm2d(6), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(54, 3),
    )  # fmt: skip


class Remembering(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.lstm = nn.LSTM(4, 6, batch_first=True)
        self.last = nn.Linear(6, 3)

    def forward(self, x: Any) -> Any:
        return self.last(self.lstm(x)[0][:, -1])


def scaled() -> Any:
    """With initial weights that nobody has looked at yet."""
    model = table_net()
    with NoGrad():
        model[0].weight.mul_(0.5)
    return model


def doubled() -> Any:
    return table_net().double()


def halved(data: tuple[Array, Array]) -> tuple[Array, Array]:
    return data[0][::2], data[1][::2]


def in_double(data: tuple[Array, Array]) -> tuple[Array, Array]:
    return data[0].astype(np.float64), data[1].astype(np.float64)


class Case(NamedTuple):
    build: Callable[..., Any]
    data: tuple[Array, Array]
    val: tuple[Array, Array] | None
    loss: Any
    optimizer: Any
    grid: dict[str, list[Any]]
    options: dict[str, Any]
    programs: int = 1


momentum = partial(optim.SGD, momentum=0.9)
falling = partial(StepLR, step_size=2, gamma=0.5)
MSE, ENTROPY = nn.MSELoss(), nn.CrossEntropyLoss()
# fmt: off
CASES = {
    # name          build        data      validation        loss     optimizer        grid                                           options
    "xor":      Case(xor_net,     XOR,      None,             MSE,     optim.SGD,       {"lr": [0.1, 1.0]},                            {"epochs": 40, "batch_size": 4}),
    "judged":   Case(xor_net,     XOR,      XOR,              MSE,     optim.SGD,       {"lr": [0.1, 1.0]},                            {"epochs": 7, "batch_size": 4}),
    "rest":     Case(table_net,   NUMBERS,  halved(NUMBERS),  MSE,     optim.Adam,      {"lr": [0.01, 0.1]},                           {"epochs": 4, "batch_size": 20}),
    "many":     Case(table_net,   NUMBERS,  (TABLE[:1].repeat(2300, 0), NUMBERS[1][:1].repeat(2300, 0)), MSE, optim.Adam, {"lr": [0.01]}, {"epochs": 2, "batch_size": 45}),
    "patience": Case(partial(table_net, 3), CLASSES, halved(CLASSES), ENTROPY, momentum, {"lr": [0.05, 0.8]},                          {"epochs": 30, "batch_size": 16, "patience": 2}),
    "dropout":  Case(dropped,     CLASSES,  halved(CLASSES),  ENTROPY, optim.AdamW,     {"lr": [0.01, 0.1]},                           {"epochs": 3, "batch_size": 16}),
    "schedule": Case(table_net,   NUMBERS,  None,             MSE,     momentum,        {"lr": [0.1]},                                 {"epochs": 5, "batch_size": 30, "scheduler": falling}),
    "plateau":  Case(table_net,   NUMBERS,  halved(NUMBERS),  MSE,     momentum,        {"lr": [0.1]},                                 {"epochs": 9, "batch_size": 30, "scheduler": partial(ReduceLROnPlateau, patience=0)}),
    "pictures": Case(convolved,   PICTURES, halved(PICTURES), ENTROPY, optim.Adam,      {"lr": [0.01, 0.1]},                           {"epochs": 2, "batch_size": 16}),
    "lstm":     Case(Remembering, ROWS,     halved(ROWS),     ENTROPY, optim.RMSprop,   {"lr": [0.01]},                                {"epochs": 2, "batch_size": 8}),
    "float64":  Case(doubled,     in_double(NUMBERS), None,   MSE,     optim.Adagrad,   {"lr": [0.01]},                                {"epochs": 2, "batch_size": 16}),
    "scaled":   Case(scaled,      NUMBERS,  None,             MSE,     optim.SGD,       {"lr": [0.01, 0.1]},                           {"epochs": 2, "batch_size": 45}),
    "decay":    Case(table_net,   NUMBERS,  None,             MSE,     optim.Adam,      {"lr": [0.01, 0.1], "weight_decay": [0, 0.1]}, {"epochs": 2, "batch_size": 45}, 2),
    "units":    Case(table_net,   NUMBERS,  None,             MSE,     optim.Adam,      {"units": [3, 17], "lr": [0.01, 0.1]},         {"epochs": 2, "batch_size": 45}, 2),
    "batches":  Case(table_net,   NUMBERS,  None,             MSE,     optim.Adam,      {"batch_size": [10, 90], "lr": [0.1]},         {"epochs": 2, "shuffle": False}, 2),
}
# fmt: on


def swept(case: Case, **more: Any) -> Sweep:
    return sweep(
        case.build, case.data, case.val, loss=case.loss, optimizer=case.optimizer,
        grid=case.grid, seeds=2, **case.options, **more,
    )  # fmt: skip


def alone(case: Case, settings: dict[str, Any]) -> Run:
    """The same run with `fit`, as the documentation of `sweep` has it."""
    settings = {**case.options, **settings}
    seed, units = settings.pop("seed"), settings.pop("units", None)
    random.manual_seed(seed)
    model = case.build() if units is None else case.build(units=units)
    moved = {k: settings.pop(k) for k in ("lr", "weight_decay") if k in settings}
    optimizer = case.optimizer(model.parameters(), **moved)
    scheduler = settings.pop("scheduler", None)
    return fit(
        model, case.data, case.val, loss=case.loss, optimizer=optimizer, seed=seed,
        scheduler=None if scheduler is None else scheduler(optimizer), **settings,
    )  # fmt: skip


def check_same(run: Run, single: Run) -> None:
    assert run.stopped_because == single.stopped_because
    assert run.best_epoch == single.best_epoch
    columns = [name for name in single.history if not name.startswith("gradient")]
    assert set(columns) == {n for n in run.history if not n.startswith("gradient")}
    for name in columns:
        np.testing.assert_array_equal(run.history[name], single.history[name], name)
    ours, theirs = run.model.state_dict(), single.model.state_dict()
    assert list(ours) == list(theirs)
    for name, value in theirs.items():
        assert np.array(ours[name]).tobytes() == np.array(value).tobytes(), name


@pytest.mark.parametrize("name", CASES)
def test_every_run_is_the_single_run(name: str) -> None:
    found = swept(CASES[name])
    assert found.programs == CASES[name].programs
    assert len(found) == 2 * np.prod([len(v) for v in CASES[name].grid.values()])
    for run in found:
        check_same(run, alone(CASES[name], run.settings))


def test_any_number_of_threads_gives_the_same(threads: int) -> None:
    found = swept(CASES["dropout"])
    for run in found.runs[::3]:
        check_same(run, alone(CASES["dropout"], run.settings))


def test_a_run_that_diverges_ends_and_disturbs_nobody() -> None:
    case = CASES["rest"]._replace(grid={"lr": [0.05, 1e30, 0.01]}, optimizer=optim.SGD)
    found = swept(case)
    bad = [run for run in found if run.settings["lr"] == 1e30]
    assert [run.stopped_because for run in bad] == ["not finite"] * 2
    assert "NaN or infinite in step" in bad[0].failure
    assert bad[0].loss == float("inf")
    with pytest.raises(NotFiniteError) as told:
        alone(case, bad[0].settings)
    assert bad[0].failure in str(told.value)
    check_same(bad[0], told.value.run)  # type: ignore[attr-defined]
    for run in found:
        if run not in bad:
            check_same(run, alone(case, run.settings))
    assert found.ranked[-2:] == bad
    assert found.over_seeds()[-1]["failed"] == 2
    assert "2 not finite" in repr(found)


def test_random_numbers_go_on_as_if_nothing_had_been_trained() -> None:
    random.manual_seed(3)
    expected = random.default_generator.numpy.random(3)
    random.manual_seed(3)
    swept(CASES["dropout"])
    np.testing.assert_array_equal(random.default_generator.numpy.random(3), expected)
    assert random.default_generator.seed == 3


def test_models_are_ordinary_ones() -> None:
    found = swept(CASES["rest"])
    run = alone(CASES["rest"], found[1].settings)
    x = Tensor(TABLE[:3])
    ours, theirs = (
        np.array(model(x).detach()) for model in (found.models[1], run.model)
    )
    np.testing.assert_allclose(ours, theirs, rtol=1e-6)  # one is interpreted
    again = fit(
        found.models[1], NUMBERS, loss=MSE, epochs=1,
        optimizer=optim.SGD(found.models[1].parameters(), lr=0.1),
    )  # fmt: skip
    assert again.epochs == 1


def test_a_part_of_the_rows() -> None:
    found = sweep(
        table_net, NUMBERS, loss=MSE, optimizer=optim.Adam, epochs=2, batch_size=10,
        grid={"train_size": [30, 0.5, None]},
    )  # fmt: skip
    rows = np.random.Generator(np.random.Philox(0)).permutation(90)
    for run, size in zip(found, (30, 45, 90), strict=True):
        data = tuple(a[rows[:size]] for a in NUMBERS) if size < 90 else NUMBERS
        random.manual_seed(0)
        model = table_net()
        single = fit(
            model, data, loss=MSE, epochs=2, batch_size=10, seed=0,
            optimizer=optim.Adam(model.parameters()),
        )  # fmt: skip
        check_same(run, single)


def test_ctrl_c_keeps_what_was_learned(threads: int) -> None:
    seen: list[Any] = []

    def first(trial: Any) -> None:
        seen.append(trial)
        if len(seen) == 1:
            raise KeyboardInterrupt

    case = CASES["rest"]
    grid = [{"lr": 0.01, "epochs": 3}, *({"lr": 0.01, "epochs": 10**7} for _ in "abc")]
    found = sweep(
        case.build, case.data, loss=MSE, optimizer=optim.Adam, grid=grid,
        batch_size=30, progress=first,
    )  # fmt: skip
    assert found[0].stopped_because == "epochs"
    assert {run.stopped_because for run in found.runs[1:]} == {"interrupted"}
    assert all(run.epochs < 10**7 for run in found)


def test_an_error_of_the_callback_ends_the_sweep() -> None:
    def fail(trial: Any) -> None:
        raise ZeroDivisionError("mine")

    with pytest.raises(ZeroDivisionError, match="mine"):
        swept(CASES["xor"], progress=fail)


def test_networks_that_share_a_layer_are_refused() -> None:
    layer = nn.Linear(6, 2)
    with pytest.raises(CaptureError, match="runs 0 and 1 share a tensor"):
        sweep(
            lambda: nn.Sequential(layer), NUMBERS, loss=MSE, optimizer=optim.SGD,
            seeds=2, epochs=1,
        )  # fmt: skip


def test_labels_out_of_range_are_told_before_a_step() -> None:
    with pytest.raises(ValueRangeError, match="labels run from") as told:
        sweep(
            partial(table_net, 2), CLASSES, loss=ENTROPY, optimizer=optim.SGD,
            grid={"lr": [0.5]}, epochs=1,
        )  # fmt: skip
    assert told.value.__notes__ == ["In the run with lr=0.5, seed=0."]


def lanes(
    build: Callable[..., Any], grid: dict[str, list[Any]], **more: Any
) -> list[Lane]:
    usual = {
        "loss": MSE,
        "optimizer": optim.Adam,
        "epochs": 1,
        "batch_size": 45,
        "min_delta": 0.0,
        "shuffle": True,
    }
    field = Field(Recipe(build, NUMBERS, None, usual | more))
    return field.add(settings_of(grid, 2))


def test_runs_of_equal_layers_are_captured_once() -> None:
    """And those of other fields, of other structure, or of the user's own layers, not."""
    alike = lanes(table_net, {"lr": [0.1, 0.2]})
    assert [lane.first for lane in alike] == [None, *[alike[0]] * 3]
    decayed = lanes(table_net, {"weight_decay": [0, 0.1]})
    assert [lane.first is None for lane in decayed] == [True, False, True, False]

    def sloped(slope: float) -> Any:
        return nn.Sequential(nn.Linear(6, 2), nn.LeakyReLU(slope))

    other = lanes(sloped, {"slope": [0.1, 0.2]})
    assert [lane.first is None for lane in other] == [True, False, True, False]

    class Mine(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = nn.Linear(6, 2)

        def forward(self, x: Any) -> Any:
            return self.layer(x)

    assert [lane.first for lane in lanes(Mine, {"lr": [0.1]})] == [None, None]
