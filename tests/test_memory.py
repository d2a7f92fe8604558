"""What does not fit is refused before it is allocated; what runs long does not grow."""

import os
import re
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest

import ranvier as rv
from ranvier import cgroup, memory, nn
from ranvier.compiler.run import threads
from ranvier.errors import OutOfMemoryError

GIB = 1 << 30


# ---- refusing ------------------------------------------------------------------------


@pytest.fixture
def small_machine(monkeypatch):
    """1.5 GiB are available."""
    monkeypatch.setattr(memory, "available", lambda: 3 * GIB // 2)


SAYS = r"needs 4\.0 GiB of memory; 1\.5 GiB are available"


@pytest.mark.parametrize(
    "make",
    [
        lambda: rv.zeros(1 << 15, 1 << 15),
        lambda: rv.full((1 << 15, 1 << 14), 1.0, dtype=rv.float64),
        lambda: nn.Linear(1 << 15, 1 << 15),
        lambda: rv.ones((1 << 30,)),
    ],
)
def test_a_huge_tensor_is_refused(make, small_machine):
    with pytest.raises(OutOfMemoryError, match=SAYS):
        make()


def test_too_many_random_numbers_are_refused(small_machine):
    with pytest.raises(OutOfMemoryError, match=r"needs 2\.0 GiB"):
        rv.randn(1 << 29)


def test_a_result_that_is_too_large_is_refused(small_machine):
    column, row = rv.ones(1 << 15, 1), rv.ones(1, 1 << 15)
    with pytest.raises(OutOfMemoryError, match=SAYS):
        (column + row).numpy()


def test_a_program_whose_values_do_not_fit_is_refused(small_machine):
    f = rv.compile(lambda c, r: ((c + r).exp() @ (c - r)).sum())
    with pytest.raises(OutOfMemoryError, match=r"one step of this program needs"):
        f(rv.ones(1 << 15, 1), rv.ones(1, 1 << 15))


def test_what_a_long_run_returns_is_refused(small_machine):
    f = rv.compile(lambda x: x + 1)
    with pytest.raises(OutOfMemoryError, match=r"in 1,000,000,000 steps needs"):
        f.over((np.zeros((2, 8), np.float32),), epochs=1_000_000_000)


def test_it_is_a_memory_error_too(small_machine):
    with pytest.raises(MemoryError):
        rv.zeros(1 << 30)


def test_what_is_available_is_known_here():
    if sys.platform != "linux":
        pytest.skip("/proc/meminfo")
    assert 1 << 20 < memory.available() < 1 << 50


# ---- the container's limits ----------------------------------------------------------


@pytest.fixture
def group(tmp_path, monkeypatch):
    """Writes files of control groups and the group of this process."""
    monkeypatch.setattr(cgroup, "MOUNTED", tmp_path / "mounted")
    monkeypatch.setattr(cgroup, "OWN", tmp_path / "own")

    def write(own, files):
        (tmp_path / "own").write_text(own)
        for name, text in files.items():
            file = tmp_path / "mounted" / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)

    return write


V1 = "4:memory:/a/b\n3:cpu,cpuacct:/a/b\n0::/\n"


@pytest.mark.parametrize(
    ("own", "files", "expected"),
    [
        ("0::/\n", {"cpu.max": "max 100000\n"}, None),
        ("0::/\n", {"cpu.max": "150000 100000\n"}, 2),
        ("0::/a/b\n", {"a/b/cpu.max": "300000 100000\n"}, 3),
        ("0::/a/b\n", {"a/b/cpu.max": "max 1\n", "a/cpu.max": "1 100000"}, 1),
        ("0::/a/b\n", {"a/b/cpu.max": "400000 100000", "cpu.max": "max"}, 4),
        ("0::/host/only\n", {"cpu.max": "200000 100000\n"}, 2),
        ("0::/\n", {"cpu.max": "nonsense\n"}, None),
        (
            V1,
            {
                "cpu,cpuacct/a/b/cpu.cfs_quota_us": "-1\n",
                "cpu,cpuacct/a/b/cpu.cfs_period_us": "100000\n",
            },
            None,
        ),
        (
            V1,
            {
                "cpu,cpuacct/a/cpu.cfs_quota_us": "250000\n",
                "cpu,cpuacct/a/cpu.cfs_period_us": "100000\n",
            },
            3,
        ),
        (V1, {"cpu/cpu.cfs_quota_us": "1000", "cpu/cpu.cfs_period_us": "10"}, 100),
        ("", {}, None),
    ],
)
def test_the_quota_of_processors(own, files, expected, group, monkeypatch):
    group(own, files)
    assert cgroup.processors() == expected
    monkeypatch.setattr(
        os, "sched_getaffinity", lambda _: set(range(64)), raising=False
    )
    assert threads.available() == min(64, expected or 64)


def test_affinity_counts_too(group, monkeypatch):
    group("0::/\n", {"cpu.max": "800000 100000\n"})
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 3}, raising=False)
    assert threads.available() == 2


@pytest.mark.parametrize(
    ("own", "files", "expected"),
    [
        ("0::/\n", {"memory.max": "max\n", "memory.current": "5\n"}, None),
        ("0::/a\n", {"a/memory.max": "100\n", "a/memory.current": "30\n"}, 70),
        (
            "0::/\n",
            {
                "memory.max": "100\n",
                "memory.current": "90\n",
                "memory.stat": "anon 70\ninactive_file 15\nactive_file 5\n",
            },
            30,
        ),
        (
            V1,
            {
                "memory/a/b/memory.limit_in_bytes": "1000\n",
                "memory/a/b/memory.usage_in_bytes": "400\n",
                "memory/a/memory.limit_in_bytes": "500\n",
                "memory/a/memory.usage_in_bytes": "450\n",
            },
            50,
        ),
        (V1, {}, None),
    ],
)
def test_the_limit_of_memory(own, files, expected, group):
    group(own, files)
    assert cgroup.memory() == expected


def test_without_control_groups_nothing_is_limited(tmp_path, monkeypatch):
    monkeypatch.setattr(cgroup, "OWN", tmp_path / "missing")
    assert cgroup.processors() is None
    assert cgroup.memory() is None


# ---- no growth -----------------------------------------------------------------------

GROWTH = """
import gc, sys
import numpy as np
import ranvier as rv
from ranvier import nn

def resident():
    gc.collect()
    for line in open("/proc/self/status"):
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024

def trained(width):
    model = nn.Sequential(nn.Linear(5, width), nn.ReLU(), nn.Linear(width, 3))
    optimizer = rv.optim.Adam(model.parameters())
    criterion = nn.CrossEntropyLoss()

    @rv.compile
    def step(x, y):
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        loss.backward()
        optimizer.step()
        return loss

    return step

R = np.random.default_rng(0)
X, Y = R.random((64, 5), np.float32), R.integers(0, 3, 64)
"""

PROGRAMS = """
def one(i):
    c = 0.5 + i
    f = rv.compile(lambda x: ((x * c).exp() + c).sum())
    f(rv.ones(40)).item()

for i in range(30):
    one(i % KINDS)
before = resident()
for i in range(COUNT):
    one(i % KINDS)
print(resident() - before)
"""

STEPS = """
loader = rv.data.DataLoader((X, Y), batch_size=16, shuffle=True)
step = trained(8)
step.over(loader, epochs=250)
x, y = rv.tensor(X), rv.tensor(Y)
for _ in range(100):
    step(x, y)
before = resident()
for _ in range(COUNT // 1000):
    step.over(loader, epochs=225)
    for _ in range(100):
        step(x, y)
print(resident() - before)
"""


def growth(code, cache="", **numbers):
    """MiB by which a process grows."""
    for name, number in numbers.items():
        code = re.sub(rf"\b{name}\b", str(number), code)
    environment = dict(os.environ, PYTHONPATH=str(Path(__file__).parents[1]))
    if cache:
        environment["RANVIER_CACHE"] = cache
    ended = subprocess.run(
        [sys.executable, "-c", GROWTH + textwrap.dedent(code)],
        env=environment,
        capture_output=True,
        text=True,
        timeout=1200,
    )
    assert ended.returncode == 0, ended.stderr
    return float(ended.stdout)


linux = pytest.mark.skipif(sys.platform != "linux", reason="/proc/self/status")


@linux
def test_steps_leave_nothing_behind():
    assert growth(STEPS, COUNT=100_000) < 1.0


@linux
def test_programs_that_are_dropped_leave_nothing_behind():
    assert growth(PROGRAMS, COUNT=200, KINDS=5) < 0.5


@linux
@pytest.mark.slow
@pytest.mark.parametrize("cache", ["", "off"])
def test_a_thousand_programs_leave_nothing_behind(cache):
    assert growth(PROGRAMS, cache, COUNT=1000, KINDS=100_000) < 1.0


@linux
@pytest.mark.slow
def test_a_million_steps_leave_nothing_behind():
    assert growth(STEPS, COUNT=1_000_000) < 1.0
