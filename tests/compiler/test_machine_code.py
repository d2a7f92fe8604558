"""The code that comes out: a run allocates nothing, and every processor gets some."""

import platform
import re

import numpy as np
import pytest
from harness import run_native

import ranvier as rv
from ranvier import nn, ops
from ranvier.compiler.fuse import share
from ranvier.compiler.fuse.target import AVX2, AVX512, GENERIC, NEON, SSE2
from ranvier.compiler.run import jit
from ranvier.dtypes import float32
from ranvier.errors import RanvierWarning
from ranvier.graph import Graph, hole

# Of the C library: what the code generator may call for blocks of memory, and Adam's
# βᵗ in float64. None of them allocates.
LIBRARY = {"memset", "memcpy", "memmove", "pow"}


@pytest.fixture
def shared(monkeypatch):
    before = rv.get_num_threads()
    monkeypatch.setattr(share, "WORTH_SHARING", 0)
    monkeypatch.setattr(share, "worth_sharing", lambda *args: True)
    rv.set_num_threads(2)
    yield
    rv.set_num_threads(before)


def a_step():
    """Training with dropout, Adam, cross-entropy, shuffled rows and two threads."""
    model = nn.Sequential(
        nn.Linear(12, 20), nn.Dropout(0.1), nn.Tanh(), nn.Linear(20, 4)
    )
    optimizer = rv.optim.Adam(model.parameters())
    criterion = nn.CrossEntropyLoss()

    @rv.compile
    def step(x, y):
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        loss.backward()
        optimizer.step()
        return loss

    x = np.ones((40, 12), np.float32)
    y = np.zeros(40, np.int64)
    step.over(rv.data.DataLoader((x, y), batch_size=16, shuffle=True))
    return step.last


def test_a_run_calls_nothing_but_itself_the_scheduler_and_intrinsics(shared):
    text = a_step().module.text
    defined = set(re.findall(r"^define .*?@([\w.]+)\(", text, re.M))
    called = set(re.findall(r"call [^@%\n]*([@%][\w.]+)\(", text))
    assert {"run", "alone", "meet"} <= defined
    strange = {
        name
        for name in called
        if name[1:] not in defined | LIBRARY
        and not name.startswith("@llvm.")
        and name not in ("%yield_call", "%sleep_call")
    }
    assert strange == set()


@pytest.mark.skipif(
    platform.machine().lower() not in ("x86_64", "amd64"), reason="reads x86 assembly"
)
def test_the_machine_code_calls_no_allocator(shared):
    plan = a_step()
    text = jit.assembly(plan.module.text, plan.program.target)
    operands = r"(?:\$|\b(?:call|jmp)q?\s+)([A-Za-z_][\w.]*)"
    called = set(re.findall(operands, text))
    defined = set(re.findall(r"^([A-Za-z_][\w.]*):", text, re.M))
    assert called & defined
    assert called - defined <= LIBRARY


# ---- processors ----------------------------------------------------------------------


@pytest.mark.parametrize("threads", [1, 2])
def test_a_processor_that_was_never_tried_gets_plain_vectors(threads, monkeypatch):
    monkeypatch.setattr(share, "WORTH_SHARING", 0)
    x, w = hole(0, (9, 7), float32), hole(1, (7, 5), float32)
    graph = Graph([x, w], [ops.exp(ops.matmul(x, w)), ops.total(x, (0,))])
    r = np.random.default_rng(0)
    a, b = (r.standard_normal(s).astype(np.float32) for s in ((9, 7), (7, 5)))
    (product, total), _, _ = run_native(graph, [a, b], GENERIC, threads)
    np.testing.assert_allclose(product, np.exp(a @ b), rtol=1e-5)
    np.testing.assert_allclose(total, a.sum(0), rtol=1e-5)


def test_nothing_of_x86_is_in_plain_vectors(shared):
    x = hole(0, (64, 64), float32)
    made = rv.compiler.pipeline.plan(
        [Graph([x], [ops.matmul(ops.exp(x), x)])],
        target=GENERIC._replace(threads=2),
    )
    assert made.module.barriers > 0
    assert "llvm.x86" not in made.module.text


FULL = dict.fromkeys(("avx512f", "avx512vl", "avx512dq", "avx2", "fma"), True)


@pytest.mark.parametrize(
    ("machine", "features", "expected"),
    [
        ("x86_64", FULL, AVX512),
        ("AMD64", {"avx2": True, "fma": True, "avx512f": True}, AVX2),
        ("arm64", {}, NEON),
    ],
)
def test_the_widest_vectors_are_taken(machine, features, expected, monkeypatch):
    monkeypatch.setattr(platform, "machine", lambda: machine)
    monkeypatch.setattr(jit.llvm, "get_host_cpu_features", lambda: features)
    assert jit.host.__wrapped__() == expected


def unknown():
    raise RuntimeError("failed to get host cpu features.")


@pytest.mark.parametrize(
    ("machine", "features", "expected"),
    [
        ("x86_64", lambda: {"avx2": True, "fma": False}, SSE2),
        ("x86_64", dict, SSE2),
        ("x86_64", unknown, SSE2),
        ("riscv64", dict, GENERIC),
        ("", dict, GENERIC),
    ],
)
def test_an_old_or_unknown_processor_is_said(machine, features, expected, monkeypatch):
    monkeypatch.setattr(platform, "machine", lambda: machine)
    monkeypatch.setattr(jit.llvm, "get_host_cpu_features", features)
    with pytest.warns(RanvierWarning, match="plain vectors of 4") as said:
        assert jit.host.__wrapped__() == expected
    assert len(said) == 1


def test_plain_targets_use_no_feature_of_this_processor():
    assert jit.processor(GENERIC)[1:] == ("", "")
    assert jit.processor(SSE2)[1:] == ("", jit.FEATURES["sse2"])
