"""Every primitive natively against the float64 oracle, forward and gradient.

Each row of the table in cases.py, for every vector width; the bound is the one of
harness.py: six times what rounding of float32's size does to the graph, plus four
units in the last place.
"""

import numpy as np
import pytest
from cases import CASES
from harness import WIDTHS, assert_native_agrees, holes_for, run_native, with_gradient

from ranvier import ops
from ranvier.compiler.fuse import share
from ranvier.graph import Graph

pytestmark = pytest.mark.usefixtures("one_thread")
GROUPS = sorted({case.op for case in CASES})


def graph_of(cases):
    """Many cases as one graph: one compilation for all rows of a primitive."""
    inputs, outputs, arrays = [], [], []
    for case in cases:
        holes = holes_for(case.arrays, case.smooth)
        for h in holes:
            h.attrs += len(inputs)
        made = (
            with_gradient(holes, case.build(*holes))
            if case.smooth
            else Graph(holes, [case.build(*holes)])
        )
        inputs += holes
        outputs += made.outputs
        arrays += case.arrays
    return Graph(inputs, outputs), arrays


def test_every_primitive_has_a_case():
    native = {name for name, row in ops.TABLE.items() if row.kind != "numpy"}
    native.remove("custom")  # derived away: tests/autograd/test_function.py
    assert set(GROUPS) == native


@pytest.mark.parametrize("op", GROUPS)
@pytest.mark.parametrize(
    "width",
    [
        "host",
        "sse2",
        "lanes16",
        *(pytest.param(w, marks=pytest.mark.slow) for w in ("lanes4", "lanes8")),
    ],
)
def test_native_agrees_with_the_oracle(op, width):
    cases = [c for c in CASES if c.op == op]
    for start in range(0, len(cases), 12):
        some = cases[start : start + 12]
        graph, arrays = graph_of(some)
        names = "; ".join(c.what for c in some)
        assert_native_agrees(
            graph, arrays, WIDTHS[width], what=f"{op} {width} of {names}"
        )


@pytest.mark.parametrize("op", GROUPS)
def test_any_number_of_threads_gives_the_same_bits(op, monkeypatch):
    monkeypatch.setattr(share, "WORTH_SHARING", 0)
    graph, arrays = graph_of([c for c in CASES if c.op == op][:10])
    alone, _, _ = run_native(graph, arrays, threads=1)
    for threads in (2, 3, 5):
        shared, _, _ = run_native(graph, arrays, threads=threads)
        for a, b in zip(alone, shared, strict=True):
            np.testing.assert_array_equal(a, b)
