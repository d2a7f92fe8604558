"""Distances between all rows as a function; those of pairs stand with the losses made
from them.
"""

from __future__ import annotations

import numpy as np

from ranvier import ops
from ranvier.errors import LayerShapeError
from ranvier.graph import leaf
from ranvier.nn.functions import checks
from ranvier.nn.loss_distance import check_norm, p_norm
from ranvier.tensor import Tensor, _wrap


def pdist(input: Tensor, p: float = 2.0) -> Tensor:
    """‖xᵢ - xⱼ‖_p for all rows i < j: (N, M) → (N (N - 1) / 2).

    >>> import ranvier as rv
    >>> x = rv.tensor([[0.0, 0.0], [3.0, 4.0], [0.0, 4.0]])
    >>> rv.nn.functional.pdist(x)
    tensor([5., 4., 3.])
    """
    x = checks.floats("pdist", checks.node("pdist", input))
    norm = check_norm("pdist", p)
    if len(x.shape) != 2:
        reason = f"{len(x.shape)} dimensions ≠ 2"
        raise LayerShapeError("pdist", x.shape, reason, "a tensor of shape (N, M)")
    left, right = (leaf(at) for at in np.triu_indices(x.shape[0], 1))
    return _wrap(p_norm(ops.sub(ops.take(x, left), ops.take(x, right)), norm, 1, False))
