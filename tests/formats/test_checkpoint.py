"""rv.save of what tutorials keep: nested dicts, optimisers, schedules; bit for bit."""

from __future__ import annotations

import copy
import io
import json
from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file

import ranvier as rv
from ranvier import nn, optim
from ranvier.errors import FileError, StateError
from ranvier.formats import nested, safetensors
from ranvier.optim import lr_scheduler

VALUES = {
    "epoch": 3,
    "loss": float("inf"),
    "nothing": None,
    "done": True,
    "text": "Größe\n",
    "": [],
    "betas": (0.9, (0.1 + 0.2, [])),
    "by number": {0: {1: "a"}, -1: 2, None: 3, (1, "x"): 4, 2.5: 5},
    "@tensor": {"@dict": 1},
    "history": {"loss": [0.5, float("-inf")], "lr": [1e-300]},
}


def exactly(a: Any, b: Any) -> bool:
    """Equal, of the same types, in the same order."""
    if isinstance(a, rv.Tensor):
        same = isinstance(b, rv.Tensor) and a.dtype is b.dtype and a.shape == b.shape
        return same and a.detach().numpy().tobytes() == b.detach().numpy().tobytes()
    if isinstance(a, dict):
        keys = list(a) == list(b) and list(map(type, a)) == list(map(type, b))
        return keys and all(exactly(a[k], b[k]) for k in a)
    if isinstance(a, list | tuple):
        long = type(a) is type(b) and len(a) == len(b)
        return long and all(map(exactly, a, b))
    return type(a) is type(b) and (a == b or (a != a and b != b))


def there_and_back(value: Any, path: Path) -> Any:
    rv.save(value, path)
    return rv.load(path)


def test_everything_comes_back_as_it_was(tmp_path: Path) -> None:
    tensors = {
        "model": OrderedDict([("z.w", rv.randn(3, 2)), ("a.b", rv.tensor([1, 2]))]),
        "a": {"b.c": rv.tensor(True), "b": {"c": rv.zeros(0, 2)}},
        "lists": [rv.tensor(1.5, dtype=rv.float64), (rv.tensor(float("nan")),)],
    }
    found = there_and_back(VALUES | tensors, tmp_path / "c.pt")
    tensors["model"] = dict(tensors["model"])
    assert exactly(VALUES | tensors, found)


@pytest.mark.parametrize("value", [rv.arange(3), [1, rv.ones(2)], 3, "text", None])
def test_what_is_no_dict(tmp_path: Path, value: Any) -> None:
    assert exactly(value, there_and_back(value, tmp_path / "x.pt"))


def test_the_tensors_are_there_for_everybody(tmp_path: Path) -> None:
    model = nn.Linear(2, 1)
    rv.save(model.state_dict(), tmp_path / "model.pth")
    assert set(load_file(tmp_path / "model.pth")) == {"weight", "bias"}
    assert list(rv.load(tmp_path / "model.pth")) == ["weight", "bias"]
    rv.save({"model": model, "e": 1} | {"model": model.state_dict()}, tmp_path / "c")
    assert set(load_file(tmp_path / "c")) == {"model.weight", "model.bias"}
    twice = {"a": {"b": rv.ones(1)}, "a.b": rv.zeros(1)}
    rv.save(twice, tmp_path / "c")
    assert {k: v.item() for k, v in load_file(tmp_path / "c").items()} == {
        "a.b": 1,
        "a.b~2": 0,
    }


def test_the_same_content_is_the_same_bytes() -> None:
    texts = {f"text {i}": "é" for i in range(9)}
    files = [io.BytesIO() for _ in range(2)]
    for file in files:
        rv.save({"b": rv.ones(2), "a": [1]}, file, metadata=texts)
    assert files[0].getvalue() == files[1].getvalue()
    files[0].seek(0)
    assert rv.load(files[0])["a"] == [1]


def test_metadata_is_kept_for_others(tmp_path: Path) -> None:
    rv.save({"a": rv.ones(1)}, tmp_path / "a", metadata={"format": "pt"})
    assert safetensors.metadata(tmp_path / "a") == {"format": "pt"}
    header = (tmp_path / "a").read_bytes()
    length = 8 + int.from_bytes(header[:8], "little")
    assert length % 8 == 0 and json.loads(header[8:length])["a"]["shape"] == [1]


def test_a_damaged_file_says_what_is_damaged(tmp_path: Path) -> None:
    path = tmp_path / "c.pt"
    rv.save({"model": {"w": rv.ones(100)}}, path, metadata={"who": "me"})
    whole = path.read_bytes()
    for place, what in ((-10, "tensor model.w"), (40, "its header")):
        content = bytearray(whole)
        content[place] ^= 1
        path.write_bytes(content)
        with pytest.raises(FileError, match=f"c.pt is damaged: {what}"):
            rv.load(path)


def test_a_checkpoint_is_not_a_model(tmp_path: Path) -> None:
    model = nn.Linear(1, 1)
    rv.save({"model_state_dict": model.state_dict(), "epoch": 2}, tmp_path / "c.pt")
    with pytest.raises(StateError, match=r"more than the weights.*\['model_state_dict"):
        rv.load(tmp_path / "c.pt", into=model)


def test_a_whole_model_comes_back_as_its_state_dict(tmp_path: Path) -> None:
    model = nn.Linear(1, 1)
    rv.save(model, tmp_path / "m.pt")
    found = rv.load(tmp_path / "m.pt")
    assert isinstance(found, dict) and exactly(dict(found), model.state_dict())
    for use in (lambda: found.eval(), lambda: found(rv.ones(1))):
        with pytest.raises(
            AttributeError, match="the state_dict of a Linear, not the L"
        ):
            use()
    nn.Linear(1, 1).load_state_dict(copy.deepcopy(found))
    there_and_back(found, tmp_path / "again.pt")


def test_the_path_is_typed_as_it_is_read() -> None:
    assert nested.place(("a", 0)) == "['a'][0]"


# ---- training goes on as if it had not stopped ---------------------------------------

OPTIMIZERS = {
    "SGD": {"momentum": 0.9, "nesterov": True},
    "Adam": {"amsgrad": True},
    "AdamW": {"lr": rv.tensor(0.01)},
    "NAdam": {},
    "RAdam": {},
    "Adamax": {},
    "RMSprop": {"centered": True, "momentum": 0.5},
    "Adagrad": {"lr_decay": 0.1},
    "Adadelta": {},
    "Rprop": {},
    "Lion": {},
    "LBFGS": {"max_iter": 2},
}
SCHEDULES = {
    "StepLR": lambda o: lr_scheduler.StepLR(o, 2),
    "MultiStepLR": lambda o: lr_scheduler.MultiStepLR(o, [2, 4]),
    "ExponentialLR": lambda o: lr_scheduler.ExponentialLR(o, 0.9),
    "CosineAnnealingLR": lambda o: lr_scheduler.CosineAnnealingLR(o, 5),
    "WarmRestarts": lambda o: lr_scheduler.CosineAnnealingWarmRestarts(o, 2),
    "OneCycleLR": lambda o: lr_scheduler.OneCycleLR(o, 0.1, total_steps=8),
    "CyclicLR": lambda o: lr_scheduler.CyclicLR(o, 0.01, 0.1),
    "LambdaLR": lambda o: lr_scheduler.LambdaLR(o, lambda e: 0.9**e),
    "Plateau": lambda o: lr_scheduler.ReduceLROnPlateau(o, patience=0),
    "SequentialLR": lambda o: lr_scheduler.SequentialLR(
        o,
        [lr_scheduler.LinearLR(o, total_iters=2), lr_scheduler.ExponentialLR(o, 0.5)],
        [2],
    ),
}


class Training:
    """A loop as in a tutorial."""

    def __init__(self, optimizer: str, schedule: str) -> None:
        rv.manual_seed(0)
        self.x, self.y = rv.randn(6, 3).double(), rv.randn(6, 1).double()
        layers = nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 1)
        self.model = nn.Sequential(*layers).double()
        kind = getattr(optim, optimizer)
        options = {"lr": 0.05} | copy.deepcopy(OPTIMIZERS[optimizer])
        self.optimizer = kind(self.model.parameters(), **options)
        self.schedule = SCHEDULES[schedule](self.optimizer)

    def closure(self) -> Any:
        self.optimizer.zero_grad()
        loss = nn.functional.mse_loss(self.model(self.x), self.y)
        loss.backward()
        return loss

    def run(self, epochs: int, *, native: bool = False) -> None:
        step = rv.compile(self.step) if native else self.step
        for _ in range(epochs):
            loss = step()
            plateau = isinstance(self.schedule, lr_scheduler.ReduceLROnPlateau)
            self.schedule.step(*[loss] * plateau)

    def step(self) -> Any:
        if isinstance(self.optimizer, optim.LBFGS):
            return self.optimizer.step(self.closure)
        loss = self.closure()
        self.optimizer.step()
        return loss

    def state(self) -> dict[str, Any]:
        return {
            "model_state_dict": self.model.state_dict(),
            "optimizer_state_dict": self.optimizer.state_dict(),
            "scheduler": self.schedule.state_dict(),
        }

    def take(self, state: dict[str, Any]) -> None:
        self.model.load_state_dict(state["model_state_dict"])
        self.optimizer.load_state_dict(state["optimizer_state_dict"])
        self.schedule.load_state_dict(state["scheduler"])


def resumed(path: Path, *kinds: str, native: bool = False) -> tuple[Any, Any]:
    """The states after six epochs: without a stop, and with one after three."""
    whole = Training(*kinds)
    whole.run(6, native=native)
    first = Training(*kinds)
    first.run(3, native=native)
    rv.save(first.state(), path)
    second = Training(*kinds)
    second.take(rv.load(path))
    assert exactly(plain(first.state()), plain(second.state()))
    second.run(3, native=native)
    return plain(whole.state()), plain(second.state())


@pytest.mark.parametrize("optimizer", ["SGD", "Adam"])
def test_a_compiled_training_goes_on_bit_for_bit(
    tmp_path: Path, optimizer: str
) -> None:
    whole, second = resumed(tmp_path / "c.pt", optimizer, "StepLR", native=True)
    assert exactly(whole, second)


@pytest.mark.parametrize(
    ("optimizer", "schedule"),
    [
        *((name, "StepLR") for name in OPTIMIZERS),
        *(("SGD", name) for name in SCHEDULES),
    ],
)
def test_training_goes_on(tmp_path: Path, optimizer: str, schedule: str) -> None:
    """The first step after a stop is interpreted, so that last bits may differ."""
    whole, second = resumed(tmp_path / "c.pt", optimizer, schedule)
    assert nearly(whole, second)


def nearly(a: Any, b: Any) -> bool:
    """`exactly`, but for rounding in numbers with a point."""
    if isinstance(a, dict):
        return list(a) == list(b) and all(nearly(a[k], b[k]) for k in a)
    if isinstance(a, list | tuple):
        return type(a) is type(b) and len(a) == len(b) and all(map(nearly, a, b))
    if isinstance(a, float | rv.Tensor):
        return bool(np.allclose(np.asarray(a), np.asarray(b), 1e-5, 1e-7))
    return exactly(a, b)


def plain(state: dict[str, Any]) -> Any:
    """As it would be read back, a state being any mapping."""
    arrays: dict[str, np.ndarray[Any, Any]] = {}
    structure = json.loads(json.dumps(nested.pack(state, arrays)))
    return nested.unpack(structure, {k: rv.tensor(v) for k, v in arrays.items()})
