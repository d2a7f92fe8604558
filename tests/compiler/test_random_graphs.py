"""500 random graphs of primitives: native equals the float64 oracle, forward and
gradient; and, marked slow, the campaign of 5,000 graphs with layers in them.

The bound is stated in harness.py.
"""

import random

import campaign
import numpy as np
import pytest
from growing import random_graph
from harness import WIDTHS, assert_native_agrees, run_native
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from layer_rows import ROWS

from ranvier.compiler.fuse import share

pytestmark = pytest.mark.usefixtures("one_thread")


@settings(
    max_examples=250,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)
@given(st.integers(0, 2**32))
def test_native_agrees_with_the_oracle(seed):

    check(random.Random(seed), f"seed {seed}")


def check(r, what):
    graph, arrays = random_graph(r)
    assert_native_agrees(graph, arrays, what=f"{what} host")
    if r.random() < 0.2:
        width = r.choice(["sse2", "lanes4", "lanes8", "lanes16"])
        assert_native_agrees(graph, arrays, WIDTHS[width], what=f"{what} {width}")


@pytest.fixture
def share_everything(monkeypatch):
    monkeypatch.setattr(share, "WORTH_SHARING", 0)


@pytest.mark.parametrize("seed", range(12))
def test_any_number_of_threads_gives_the_same_bits(seed, share_everything):

    graph, arrays = random_graph(random.Random(seed))
    alone = run_native(graph, arrays, threads=1)
    for threads in (2, 3, 5):
        shared = run_native(graph, arrays, threads=threads)
        assert shared[2] == alone[2]
        for a, b in zip([*alone[0], *alone[1]], [*shared[0], *shared[1]], strict=True):
            np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("name", ROWS)
def test_every_row_makes_nodes_that_agree(name):
    """Each kind of layer in graphs that hold nothing else new."""
    assert campaign.run([f"{name} {n}" for n in range(6)], processes=1) == []


@pytest.mark.slow
def test_the_campaign():
    assert campaign.run(campaign.jobs(5_000)) == []
