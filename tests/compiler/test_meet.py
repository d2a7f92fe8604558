"""Threads meet only where one needs what another made, or overwrites what another
reads: held up anywhere, they still give the bits of one thread.
"""

import numpy as np
import pytest

import ranvier as rv
from ranvier import nn, optim
from ranvier.compiler.fuse import share
from ranvier.compiler.fuse.meet import Touch, touches
from ranvier.compiler.lower.driver import Driver
from ranvier.compiler.lower.table import Words
from ranvier.compiler.run.pace import Pace

R = np.random.default_rng(0)
ROWS, STEPS = 96, 6


class LastState(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(7, 16, batch_first=True)

    def forward(self, x):
        return self.lstm(x)[0][:, -1]


def table():
    layers = nn.Linear(10, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU()
    return nn.Sequential(*layers, nn.Linear(64, 4)), (10,)


def digits():
    layers = nn.Linear(784, 10), nn.ReLU(), nn.Linear(10, 14), nn.ReLU()
    return nn.Sequential(*layers, nn.Dropout(0.2), nn.Linear(14, 4)), (784,)


def pictures():
    layers = nn.Conv2d(1, 6, 3, padding=1), nn.BatchNorm2d(6), nn.ReLU()
    rest = nn.MaxPool2d(2), nn.Flatten(), nn.Linear(6 * 49, 4)
    return nn.Sequential(*layers, *rest), (1, 14, 14)


def rows():
    return nn.Sequential(LastState(), nn.Linear(16, 4)), (5, 7)


def trained(network, threads):
    """Losses and weights after a run, and its schedule."""
    rv.set_num_threads(threads)
    rv.manual_seed(3)
    model, shape = network()
    optimizer = optim.Adam(model.parameters(), lr=0.01)
    criterion = nn.CrossEntropyLoss()

    @rv.compile
    def step(x, y):
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        loss.backward()
        optimizer.step()
        return loss

    r = np.random.default_rng(1)
    data = r.standard_normal((ROWS, *shape), np.float32), r.integers(0, 4, ROWS)
    loader = rv.data.DataLoader(data, batch_size=ROWS // STEPS, shuffle=True)
    losses = step.over(loader, epochs=4).numpy()
    return [losses, *(v.numpy() for v in model.state_dict().values())], step


@pytest.fixture
def together(monkeypatch):
    """All programs are run by all threads."""
    before = rv.get_num_threads()
    monkeypatch.setattr(share, "worth_sharing", lambda *given: True)
    monkeypatch.setattr(Pace, "next", lambda self: (0, 1 << 30))
    yield
    rv.set_num_threads(before)


def hold_up(monkeypatch, threads, every, late):
    """Before one kernel in `every`, thread `late` (counted on) waits 30 µs."""
    plain, count = Driver._call, iter(range(10**9))

    def call(self, kernel, part, addresses):
        n = next(count)
        if self.target.threads > 1 and n % every == 0:
            w = self.w
            who = (n // every + late) % threads
            at = self.word_address(Words.SLEEP)
            mine = w.set(f"icmp eq i64 %thread, {who}")

            def sleep():
                function = w.set(f"load ptr, ptr {at}")
                w.set(f"call i32 {function}(i32 30)")

            w.when(mine, sleep)
        return plain(self, kernel, part, addresses)

    monkeypatch.setattr(Driver, "_call", call)


@pytest.mark.parametrize("network", [table, digits, pictures, rows])
@pytest.mark.parametrize(
    ("threads", "every", "late"), [(2, 1, 0), (2, 1, 1), (2, 3, 0), (3, 2, 1)]
)
def test_whoever_is_held_up(network, threads, every, late, together, monkeypatch):
    expected, _ = trained(network, 1)
    hold_up(monkeypatch, threads, every, late)
    found, step = trained(network, threads)
    assert step.last.program.target.threads == threads
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_small_step_meets_three_times(together):
    _, step = trained(digits, 2)
    schedule = step.last.schedules[0]
    found = schedule.meetings
    assert sum(found.phases) == 2  # and at the end
    assert not any(found.guards)
    private = [k for k in schedule.kernels if k.private]
    assert any(n.op == "take" for n in private[0].nodes + private[1].nodes)


def test_only_the_arena_and_single_results_are_written_by_every_thread(together):
    for network in (table, digits, pictures, rows):
        schedule = trained(network, 2)[1].last.schedules[0]
        for kernel in (k for k in schedule.kernels if k.private):
            for touch in touches(kernel, schedule):
                assert not touch.writes or touch.own


def touch(start, end, own=0, writes=True, who=-1, where="arena"):
    return Touch(where, start, end, own, writes, who)


@pytest.mark.parametrize(
    ("a", "b", "meet"),
    [
        (touch(0, 64), touch(0, 64), True),
        (touch(0, 64), touch(64, 128), False),
        (touch(0, 64, writes=False), touch(0, 64, writes=False), False),
        (touch(0, 64, who=1), touch(0, 64, who=1), False),
        (touch(0, 64, who=1), touch(0, 64, who=0), True),
        (touch(0, 128, own=64), touch(0, 128, own=64, writes=False), False),
        (touch(0, 128, own=64), touch(64, 192, own=64), True),
        (touch(0, 128, own=64), touch(64, 128), True),
        (touch(0, 64), touch(0, 64, where="input"), False),
    ],
)
def test_which_two_touches_meet(a, b, meet):
    assert a.meets(b) is b.meets(a) is meet
