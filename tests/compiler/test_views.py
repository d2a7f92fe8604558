"""Views: strides say where elements lie, checked against NumPy's own."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ranvier import dtypes, ops
from ranvier.compiler.fuse.view import View, restride, through
from ranvier.graph import hole


def places(view, shape):
    """The element number in the root of every element of a view."""
    index = (
        np.indices(shape).reshape(len(shape), -1) if shape else np.zeros((0, 1), int)
    )
    flat = (
        view.offset + np.array(view.strides, int) @ index
        if shape
        else np.array([view.offset])
    )
    return flat.reshape(shape)


shapes = st.lists(st.integers(1, 4), min_size=1, max_size=4).map(tuple)


@settings(max_examples=300, derandomize=True, deadline=None, database=None)
@given(shapes, st.data())
def test_a_chain_of_movements_lies_where_numpy_says(shape, data):
    node = hole(0, shape, dtypes.float32)
    view, value = View.whole(node), np.arange(np.prod(shape)).reshape(shape)
    for _ in range(data.draw(st.integers(1, 5))):
        new = draw_movement(node, data.draw)
        found = through(new, view) if new is not node else view
        value = evaluate_ints(new, node, value)
        if found is None:
            return
        node, view = new, found
        np.testing.assert_array_equal(places(view, node.shape), value)


def evaluate_ints(new, old, value):
    return value if new is old else ops.TABLE[new.op].numpy(new.attrs, value)


def draw_movement(node, draw):
    kind = draw(st.sampled_from(["reshape", "permute", "cut", "flip", "expand"]))
    rank = len(node.shape)
    if kind == "permute":
        return ops.permute(node, draw(st.permutations(range(rank))))
    if kind == "flip":
        return ops.flip(node, tuple(d for d in range(rank) if draw(st.booleans())))
    if kind == "expand":
        return ops.expand(
            node, (draw(st.integers(1, 2)), *(3 if n == 1 else n for n in node.shape))
        )
    if kind == "cut":
        parts = []
        for n in node.shape:
            start = draw(st.integers(0, n - 1))
            parts.append(
                (start, draw(st.integers(start + 1, n)), draw(st.integers(1, 2)))
            )
        return ops.cut(node, tuple(parts))
    size = int(np.prod(node.shape))
    fits = [
        s
        for s in [
            (size,),
            (1, size),
            (size, 1),
            (2, size // 2),
            (size // 3, 3),
            (size // 4, 2, 2),
        ]
        if np.prod(s) == size
    ]
    return ops.reshape(node, draw(st.sampled_from(fits)))


@pytest.mark.parametrize(
    ("shape", "strides", "to", "want"),
    [
        ((4, 6), (6, 1), (24,), (1,)),
        ((4, 6), (6, 1), (2, 2, 6), (12, 6, 1)),
        ((4, 6), (1, 4), (24,), None),
        ((4, 6), (12, 2), (24,), (2,)),
        ((4, 6), (13, 2), (24,), None),
        ((4, 6), (12, 2), (2, 2, 3, 2), (24, 12, 4, 2)),
        ((4, 6), (0, 1), (2, 2, 6), (0, 0, 1)),
        ((4, 6), (0, 1), (24,), None),
        ((0, 6), (6, 1), (3, 0), (0, 1)),
    ],
)
def test_a_reshape_without_a_copy_or_none(shape, strides, to, want):
    assert restride(shape, strides, to) == want


def test_repeated_sizes_have_step_zero():
    assert View.spread((1, 3), (3, 1), (2, 4, 3)) == (0, 0, 1)
    assert View.steps((2, 0, 3)) == (0, 3, 1)
