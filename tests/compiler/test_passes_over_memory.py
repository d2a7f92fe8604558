"""How often a large array is gone through: what the speed of networks for pictures
rests on.
"""

import math

import numpy as np
import pytest

import ranvier as rv
from ranvier.compiler import pipeline
from ranvier.compiler.derive.sweep import sweep
from ranvier.compiler.fuse.target import AVX2
from ranvier.graph import Graph, hole
from ranvier.nn import functional as F

SHAPE = (20, 16, 14, 14)
LARGE = math.prod(SHAPE)


def schedule_of(function, *shapes):
    """The schedule of a function and its gradient by the first argument."""
    holes = [hole(i, s, rv.float32, not i) for i, s in enumerate(shapes)]
    xs = [rv.Tensor._of(h) for h in holes]
    y = function(*xs)
    graph = Graph(holes, [y._node, *sweep(y._node, y._node, holes[:1])])
    return pipeline.plan([graph], target=AVX2).schedules[0]


def large(schedule):
    """The kernels that go through all places of a large array."""
    return [k for k in schedule.kernels if k.size >= LARGE]


def written(schedule):
    """How many numbers of large arrays are written."""
    nodes = [n for k in schedule.kernels for n in k.stores]
    return sum(n for n in (math.prod(s.shape) for s in nodes) if n >= LARGE) / LARGE


def last(x):
    """Channels second, as a convolution shows its result."""
    n, h, w, c = (SHAPE[0], *SHAPE[2:], SHAPE[1])
    return x.reshape(n, h, w, c).relu().permute(0, 3, 1, 2)


FLAT = (SHAPE[0], SHAPE[2] * SHAPE[3] * SHAPE[1])


@pytest.mark.parametrize("pool", [F.max_pool2d, F.avg_pool2d])
def test_relu_and_pooling_are_three_passes(pool):
    schedule = schedule_of(lambda x: (pool(last(x), 2) ** 2).sum(), FLAT)
    assert [k.kind for k in large(schedule)] == ["loop"] * 3
    assert written(schedule) == 2  # ReLU, and the gradient


def test_batch_norm_relu_and_pooling_are_five_passes():
    def network(x, w, b):
        y = F.batch_norm(last(x), None, None, w, b, training=True)
        return (F.max_pool2d(y.relu(), 2) ** 2).sum()

    channels = (SHAPE[1],)
    schedule = schedule_of(network, FLAT, channels, channels)
    kernels = large(schedule)
    # ReLU and statistics; normalised and ReLU; maximum | two sums; gradient
    assert len(kernels) == 5, [k.name for k in kernels]
    assert written(schedule) == 4


def test_overlapping_windows_are_never_stored():
    schedule = schedule_of(lambda x: (F.max_pool2d(last(x), 3, 1, 1) ** 2).sum(), FLAT)
    room = math.prod((SHAPE[0], SHAPE[2] + 4, SHAPE[3] + 4, SHAPE[1]))
    stored = [n for k in schedule.kernels for n in k.stores]
    assert max(math.prod(n.shape) for n in stored) <= room


def test_a_sum_with_few_results_has_pieces_to_share():
    schedule = schedule_of(lambda x: x.sum((0, 2, 3)).sum(), (64, 4, 32, 32))
    first = schedule.kernels[0]
    assert first.reduced == (2, 3)
    assert first.size == 64 * 4 * 32 * 32
    assert np.prod([n for d, n in enumerate(first.space) if d not in (2, 3)]) == 256
