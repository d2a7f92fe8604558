"""Initialisers that fill in a pattern: the identity, rotations, mostly zeros."""

from __future__ import annotations

import math

import numpy as np

from ranvier.errors import ShapeError, ValueRangeError
from ranvier.nn.filling import deviation, fill, matrix, shape_of, source_of
from ranvier.random import Generator
from ranvier.tensor import Tensor


def eye_(tensor: Tensor) -> Tensor:
    """The identity matrix.

    >>> import ranvier as rv
    >>> rv.nn.init.eye_(rv.empty(2, 3))
    tensor([[1., 0., 0.],
            [0., 1., 0.]])
    """
    rows, columns = matrix("eye_", tensor)
    return fill(tensor, np.eye(rows, columns))


def dirac_(tensor: Tensor, groups: int = 1) -> Tensor:
    """The weight (out, in, *kernel) of a convolution that hands on as many of its
    channels as it can: 1 in the middle of the kernel from channel i to channel i, of
    each group.

    >>> import ranvier as rv
    >>> rv.nn.init.dirac_(rv.empty(2, 2, 3))
    tensor([[[0., 1., 0.],
             [0., 0., 0.]],
    <BLANKLINE>
            [[0., 0., 0.],
             [0., 1., 0.]]])
    """
    shape = shape_of("dirac_", tensor)
    if len(shape) not in (3, 4, 5):
        raise ShapeError(
            f"dirac_: a tensor of shape {shape}; it needs the weight of a convolution, "
            "with 3, 4 or 5 dimensions."
        )
    if groups < 1 or shape[0] % groups:
        raise ValueRangeError(
            f"dirac_: groups is {groups} for {shape[0]} output channels; they must "
            "share evenly."
        )
    array, middle = np.zeros(shape), tuple(n // 2 for n in shape[2:])
    each = shape[0] // groups
    for channel in range(min(each, shape[1])):
        for first in range(0, shape[0], each):
            array[(first + channel, channel, *middle)] = 1
    return fill(tensor, array)


def orthogonal_(
    tensor: Tensor, gain: float = 1, generator: Generator | None = None
) -> Tensor:
    """gain times a matrix (out, the rest) with orthonormal rows, or columns where
    there are fewer of them; all such matrices are equally likely.

    Sources: Saxe et al., "Exact solutions to the nonlinear dynamics of learning in deep
    linear neural networks" (2013); Mezzadri, "How to generate random matrices from the
    classical compact groups" (2006), for the signs.

    >>> import ranvier as rv
    >>> w = rv.nn.init.orthogonal_(rv.empty(2, 4))
    >>> rv.allclose(w @ w.T, rv.eye(2), atol=1e-6)
    True
    """
    shape = shape_of("orthogonal_", tensor)
    if len(shape) < 2:
        raise ShapeError(
            f"orthogonal_: a tensor of shape {shape}; it needs at least 2 dimensions."
        )
    source = source_of("orthogonal_", tensor, generator)
    if 0 in shape:
        return tensor
    rows, columns = shape[0], math.prod(shape[1:])
    tall = (max(rows, columns), min(rows, columns))
    q, r = np.linalg.qr(source.normal(0.0, 1.0, tall, np.float64))
    q = q * np.sign(np.diag(r))
    return fill(tensor, gain * (q if rows >= columns else q.T).reshape(shape))


def sparse_(
    tensor: Tensor,
    sparsity: float,
    std: float = 0.01,
    generator: Generator | None = None,
) -> Tensor:
    """Gaussian around 0, with ⌈sparsity · rows⌉ places of every column set to 0.

    Source: Martens, "Deep learning via Hessian-free optimization" (2010).

    >>> import ranvier as rv
    >>> w = rv.nn.init.sparse_(rv.empty(10, 3), sparsity=0.25)
    >>> (w == 0).sum(0)
    tensor([3, 3, 3])
    """
    rows, columns = matrix("sparse_", tensor)
    source = source_of("sparse_", tensor, generator)
    if not 0 <= sparsity <= 1:
        raise ValueRangeError(f"sparse_: sparsity is {sparsity}; it lies in [0, 1].")
    deviation("sparse_", std)
    array = source.normal(0.0, std, (rows, columns), np.float64)
    order = source.uniform(0.0, 1.0, (rows, columns), np.dtype(np.float64)).argsort(0)
    empty = order[: math.ceil(sparsity * rows)]
    np.put_along_axis(array, empty, 0.0, 0)
    return fill(tensor, array)
