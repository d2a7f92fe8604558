"""Sources that lie across the lanes are turned over in registers, in squares."""

import re

import numpy as np
import pytest
from harness import WIDTHS, run_native
from test_lower import module_of

from ranvier import dtypes, ops
from ranvier.compiler.fuse.target import AVX2
from ranvier.compiler.lower.text import Value, Writer
from ranvier.compiler.lower.transpose import transpose
from ranvier.graph import Graph, hole

ORDERS = [
    ((40, 50), (1, 0)),
    ((64, 16), (1, 0)),
    ((17, 33), (1, 0)),
    ((8, 8), (1, 0)),
    ((3, 24, 19), (0, 2, 1)),
    ((18, 3, 21), (2, 1, 0)),
    ((9, 5, 20), (1, 2, 0)),
]


@pytest.mark.parametrize("target", WIDTHS.values(), ids=WIDTHS)
@pytest.mark.parametrize("dtype", [dtypes.float32, dtypes.float64, dtypes.uint8])
@pytest.mark.parametrize(("shape", "order"), ORDERS)
def test_a_permuted_copy_is_right(shape, order, dtype, target):
    x = hole(0, shape, dtype)
    values = np.arange(np.prod(shape)).reshape(shape).astype(dtype.np)
    graph = Graph([x], [ops.permute(x, order)])
    ((got,), _, _) = run_native(graph, [values], target)
    assert np.array_equal(got, values.transpose(order))


@pytest.mark.parametrize("threads", [1, 2, 3, 5])
def test_a_source_beside_others_is_right_for_any_number_of_threads(threads):
    shapes = (37, 300), (300, 37), (37,)
    x, y, z = (hole(i, s, dtypes.float32) for i, s in enumerate(shapes))
    graph = Graph([x, y, z], [ops.add(ops.tanh(ops.add(ops.swap(x), y)), z)])
    generator = np.random.default_rng(0)
    arrays = [generator.standard_normal(s).astype(np.float32) for s in shapes]
    ((got,), _, _) = run_native(graph, arrays, threads=threads)
    ((alone,), _, _) = run_native(graph, arrays)
    assert np.array_equal(got, alone)
    want = np.tanh(arrays[0].T + arrays[1]) + arrays[2]
    assert np.abs(got - want).max() < 1e-6


@pytest.mark.parametrize("lanes", [2, 4, 8, 16])
@pytest.mark.parametrize("dtype", [dtypes.float32, dtypes.float64, dtypes.uint8])
def test_the_shuffles_turn_a_block_over(lanes, dtype):
    w = Writer()
    rows = [Value(f"%r{i}", dtype, lanes) for i in range(lanes)]
    columns = transpose(w, rows)
    held = {f"%r{i}": [(i, j) for j in range(lanes)] for i in range(lanes)}
    for line in w.lines:
        made, a, b, picks = re.match(
            r"  (\S+) = shufflevector <.*> (\S+), <.*> (\S+), <.*> <(.*)>", line
        ).groups()
        both = held[a] + held[b]
        held[made] = [both[int(p.split()[1])] for p in picks.split(",")]
    for j, column in enumerate(columns):
        assert held[column.name] == [(i, j) for i in range(lanes)]
    assert len(w.lines) == lanes * (lanes.bit_length() - 1)


def test_a_transposing_copy_loads_whole_vectors():
    x = hole(0, (64, 64), dtypes.float32)
    _, module = module_of(Graph([x], [ops.permute(x, (1, 0))]), AVX2)
    assert "load <8 x float>" in module.text
    assert "load float" not in module.text
