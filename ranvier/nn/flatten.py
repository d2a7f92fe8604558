"""Layers that change the shape."""

from __future__ import annotations

from ranvier import ops
from ranvier.errors import ShapeError
from ranvier.nn.module import Module
from ranvier.tensor import Tensor


class Flatten(Module):
    """Dimensions start_dim … end_dim as one: (N, 28, 28) → (N, 784)."""

    def __init__(self, start_dim: int = 1, end_dim: int = -1) -> None:
        super().__init__()
        self.start_dim = start_dim
        self.end_dim = end_dim

    def forward(self, input: Tensor) -> Tensor:
        """`input` with those dimensions as one."""
        return input.flatten(self.start_dim, self.end_dim)

    def extra_repr(self) -> str:
        return f"start_dim={self.start_dim}, end_dim={self.end_dim}"


class Unflatten(Module):
    """Dimension `dim` as several: Unflatten(1, (28, 28)): (N, 784) → (N, 28, 28)."""

    def __init__(self, dim: int, unflattened_size: tuple[int, ...]) -> None:
        super().__init__()
        self.dim = dim
        self.unflattened_size = tuple(int(n) for n in unflattened_size)
        if self.unflattened_size.count(-1) > 1:
            raise ShapeError(
                f"Unflatten: only one size of {unflattened_size} can be -1."
            )

    def forward(self, input: Tensor) -> Tensor:
        """`input` with that dimension as several."""
        d = ops.axis(self.dim, input.ndim, "Unflatten")
        sizes = self._sizes(input.shape[d])
        return input.reshape(*input.shape[:d], *sizes, *input.shape[d + 1 :])

    def _sizes(self, n: int) -> list[int]:
        known = 1
        for size in self.unflattened_size:
            known *= size if size != -1 else 1
        sizes = [n // known if size == -1 else size for size in self.unflattened_size]
        product = 1
        for size in sizes:
            product *= size
        if product != n:
            raise ShapeError(f"Unflatten: {n} does not divide into {tuple(sizes)}.")
        return sizes

    def extra_repr(self) -> str:
        return f"dim={self.dim}, unflattened_size={self.unflattened_size}"
