"""A run may go from one number of threads to another between any two steps: the faster
is found by the clock, and the bits are the same whatever the clock says.
"""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import ranvier as rv
from ranvier import nn
from ranvier.compiler.fuse import share
from ranvier.compiler.run import execute
from ranvier.compiler.run.pace import SHORT_RUN, Pace, piece
from ranvier.errors import InterruptedRun, NotFiniteError

R = np.random.default_rng(0)
X = R.standard_normal((150, 12)).astype(np.float32)
Y = R.integers(0, 4, 150)


class Clock:
    """A machine on which form 0 and form 1 take these many seconds a step."""

    def __init__(self, *seconds):
        self.seconds = list(seconds)
        self.now = 100.0

    def __call__(self):
        return self.now

    def run(self, pace, seconds):
        """Run so long; the seconds that each form ran."""
        spent = [0.0, 0.0]
        end = self.now + seconds
        while self.now < end:
            form, most = pace.next()
            took = most * self.seconds[form]
            self.now += took
            spent[form] += took
            pace.add(form, most, took)
        return spent


@pytest.mark.parametrize("first", [0, 1])
@pytest.mark.parametrize("step", [1e-5, 1e-3, 0.05])
def test_the_faster_form_is_found_whatever_was_expected(first, step):
    clock = Clock(step, 3 * step)
    pace = Pace(first, step, clock)
    clock.run(pace, 20.0)
    assert pace.chosen == 0
    slow = clock.run(pace, 100.0)[1]
    assert slow < 0.06 * 100


def test_a_short_run_tries_nothing():
    clock = Clock(1e-4, 1e-5)
    pace = Pace(0, 1e-4, clock)
    assert clock.run(pace, 0.9 * SHORT_RUN)[1] == 0


def test_a_neighbour_that_comes_is_noticed_within_seconds():
    clock = Clock(1e-3, 1.8e-3)
    pace = Pace(0, 1e-3, clock)
    clock.run(pace, 300.0)
    assert pace.chosen == 0
    clock.seconds = [9e-3, 2e-3]
    clock.run(pace, 3.0)
    assert pace.chosen == 1
    clock.seconds = [1e-3, 1.8e-3]  # and goes again
    clock.run(pace, 300.0)
    assert pace.chosen == 0


def test_comparisons_become_rare():
    clock = Clock(1e-3, 2e-3)
    pace = Pace(0, 1e-3, clock)
    clock.run(pace, 400.0)
    assert clock.run(pace, 400.0)[1] < 1.0


@given(
    st.integers(1, 6),
    st.lists(st.integers(0, 4), min_size=1, max_size=3).filter(sum),
    st.lists(st.integers(1, 30), min_size=1, max_size=5),
)
def test_pieces_are_the_run(epochs, counts, sizes):
    one = [kind for kind, count in enumerate(counts) for _ in range(count)]
    made = []
    for most in itertools.cycle(sizes):
        if len(made) == epochs * len(one):
            break
        some, of_kind = piece(epochs, counts, len(made), most)
        steps = [kind for kind, count in enumerate(of_kind) for _ in range(count)]
        assert 0 < some * len(steps) <= most
        made += steps * some
    assert made == one * epochs


# ---- real programs -------------------------------------------------------------------


class Restless(Pace):
    """Changes the form after every piece; pieces of 1, 2, 3, … steps."""

    def next(self):
        self.tries = [1 - self.tries[0]] if self.tries else [0]
        self.run = getattr(self, "run", 0) % 7 + 1
        return self.tries[0], self.run

    def add(self, form, steps, seconds):
        used.append((form, steps))


used = []


@pytest.fixture
def shared(monkeypatch):
    """Every kernel is shared and every program has both forms."""
    before = rv.get_num_threads()
    used.clear()
    monkeypatch.setattr(share, "WORTH_SHARING", 0)
    monkeypatch.setattr(share, "worth_sharing", lambda *args: True)
    yield
    rv.set_num_threads(before)


def trained(threads, epochs=3, lr=0.1):
    rv.set_num_threads(threads)
    rv.manual_seed(1)
    model = nn.Sequential(
        nn.Linear(12, 20), nn.Dropout(0.1), nn.ReLU(), nn.Linear(20, 4)
    )
    optimizer = rv.optim.SGD(model.parameters(), lr=lr, momentum=0.9)
    criterion = nn.CrossEntropyLoss()

    @rv.compile
    def step(x, y):
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        loss.backward()
        optimizer.step()
        return loss

    loader = rv.data.DataLoader((X, Y), batch_size=16, shuffle=True, seed=3)
    losses = step.over(loader, epochs=epochs).numpy()
    return step, loader, [losses, *(p.detach().numpy() for p in model.parameters())]


def same(a, b):
    assert all(
        np.array_equal(p.view(np.int32), q.view(np.int32))
        for p, q in zip(a, b, strict=True)
    )


@pytest.mark.parametrize("threads", [2, 3, 5])
def test_switching_in_mid_run_changes_no_bit(threads, shared, monkeypatch):
    *_, alone = trained(1)
    monkeypatch.setattr(execute, "Pace", Restless)
    step, _, restless = trained(threads)
    assert step.last.module.alone
    assert {form for form, _ in used} == {0, 1}
    assert sum(steps for _, steps in used) == 30
    assert len(used) > 8
    same(alone, restless)


@pytest.mark.parametrize("threads", [1, 2, 3, 5])
def test_any_number_of_threads_gives_the_same_bits(threads, shared):
    same(trained(1)[2], trained(threads)[2])


def test_single_steps_switch_too(shared, monkeypatch):
    monkeypatch.setattr(execute, "Pace", Restless)
    step, _, _ = trained(2, epochs=1)
    used.clear()
    for _ in range(4):
        step(X[:16], Y[:16])
    assert [form for form, _ in used] == [0, 1, 0, 1]


def test_a_failed_check_ends_the_run_in_whatever_piece_it_is(shared, monkeypatch):
    def failed(threads):
        with pytest.raises(NotFiniteError) as caught:
            trained(threads, epochs=40, lr=3e4)
        return caught.value

    whole = failed(1)
    monkeypatch.setattr(execute, "Pace", Restless)
    pieces = failed(2)
    assert pieces.steps == whole.steps > 1
    assert str(pieces) == str(whole)
    same([whole.results.numpy()], [pieces.results.numpy()])


def test_ctrl_c_between_two_pieces_keeps_what_was_done(shared, monkeypatch):
    class Interrupted(Restless):
        def next(self):
            if len(used) == 3:
                raise KeyboardInterrupt
            return super().next()

    whole = trained(2)[2][0]
    monkeypatch.setattr(execute, "Pace", Interrupted)
    with pytest.raises(InterruptedRun) as caught:
        trained(2)
    assert caught.value.steps == 1 + 2 + 3
    same([caught.value.results.numpy()], [whole[:6]])


def test_four_times_as_many_threads_as_processors_still_finish(shared):
    from ranvier.compiler.run.threads import available

    same(trained(1)[2], trained(4 * available())[2])
