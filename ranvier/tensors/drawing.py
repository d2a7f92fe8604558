"""Random numbers as nodes: at once by NumPy, or inside a captured function from a state
that every draw moves on.
"""

from __future__ import annotations

import math

from ranvier import ops
from ranvier.dtypes import DType
from ranvier.graph import Node, Shape, leaf
from ranvier.random import Generator, default_generator
from ranvier.tensors.handles import hooks
from ranvier.tensors.methods.handle import wrap


def draw_uniform(shape: Shape, generator: Generator = default_generator) -> Node:
    """float32 in [0, 1) as a node; the generator's state moves on by one draw."""
    state = _advance(generator)
    return ops.uniform(shape, state, 0)


def draw_normal(shape: Shape, generator: Generator = default_generator) -> Node:
    """Gaussian float32 as a node, by Box and Muller: √(-2 ln(1 - u)) cos(2π v)."""
    state = _advance(generator)
    u, v = ops.uniform(shape, state, 0), ops.uniform(shape, state, 1)
    log = ops.log(ops.sub(ops.like(u, 1.0), u))
    radius = ops.sqrt(ops.mul(ops.like(u, -2.0), log))
    return ops.mul(radius, ops.cos(ops.mul(ops.like(v, 2 * math.pi), v)))


def _advance(generator: Generator) -> Node:
    """The state's node before this draw; the state is bound to the next one."""
    if generator.state is None:
        generator.state = wrap(generator.first_state())
    before = generator.state._node
    generator.state._rebind(ops.add(before, ops.iota(2)))
    return before


def evenly(shape: Shape, dtype: DType, generator: Generator | None) -> Node:
    """Numbers drawn evenly from [0, 1)."""
    source = generator or default_generator
    if hooks.recorder is not None:
        return ops.cast(draw_uniform(shape, source), dtype)
    return leaf(source.uniform(0.0, 1.0, shape, dtype.np))
