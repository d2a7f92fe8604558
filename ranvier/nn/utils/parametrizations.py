"""Ready-made parametrisations: weights by length and direction, and of norm 1."""

from __future__ import annotations

from ranvier import ops
from ranvier.errors import ValueRangeError
from ranvier.graph import leaf
from ranvier.nn.functions.normalization import normalize
from ranvier.nn.module import Module
from ranvier.nn.utils.parametrize import register_parametrization
from ranvier.nn.utils.weight_norm import composed, lengths, parameter
from ranvier.random import default_generator
from ranvier.tensor import NoGrad, Tensor, _wrap


class _WeightNorm(Module):
    def __init__(self, dim: int | None) -> None:
        super().__init__()
        self.dim = -1 if dim is None else dim

    def forward(self, weight_g: Tensor, weight_v: Tensor) -> Tensor:
        return composed(weight_g, weight_v, self.dim)

    def right_inverse(self, weight: Tensor) -> tuple[Tensor, Tensor]:
        return _wrap(lengths(weight._node, self.dim)), weight


def weight_norm(module: Module, name: str = "weight", dim: int | None = 0) -> Module:
    """w = g v / ‖v‖ along `dim` (None: one length); g and v are
    ``parametrizations.weight.original0`` and ``original1``.

    >>> import ranvier as rv
    >>> layer = rv.nn.utils.parametrizations.weight_norm(rv.nn.Linear(20, 40))
    >>> layer.parametrizations.weight.original0.shape
    (40, 1)
    """
    return register_parametrization(module, name, _WeightNorm(dim))


class _SpectralNorm(Module):
    """w / σ with σ ≈ uᵀ W v; u and v follow by power iteration while training."""

    _u: Tensor
    _v: Tensor

    def __init__(self, weight: Tensor, iterations: int, dim: int, eps: float) -> None:
        super().__init__()
        if iterations < 1:
            raise ValueRangeError(
                f"spectral_norm: n_power_iterations is {iterations}; it must be at "
                "least 1."
            )
        self.dim = ops.axis(dim, weight.ndim, "spectral_norm")
        self.n_power_iterations = iterations
        self.eps = eps
        if weight.ndim > 1:
            matrix = self._matrix(weight.detach())
            for name, n in zip(("_u", "_v"), matrix.shape, strict=True):
                draw = default_generator.normal(0.0, 1.0, (n,), weight.dtype.np)
                self.register_buffer(name, normalize(_wrap(leaf(draw)), dim=0, eps=eps))
            self._iterate(matrix, 15)

    def _matrix(self, weight: Tensor) -> Tensor:
        order = (self.dim, *(d for d in range(weight.ndim) if d != self.dim))
        node = ops.permute(weight._node, order)
        rows = node.shape[0]
        return _wrap(ops.reshape(node, (rows, weight.numel() // rows)))

    def _iterate(self, matrix: Tensor, times: int) -> None:
        with NoGrad():
            u, v = self._u, self._v
            for _ in range(times):
                u = normalize(matrix @ v, dim=0, eps=self.eps)
                v = normalize(matrix.t() @ u, dim=0, eps=self.eps)
            self._u._rebind(ops.detach(u._node))
            self._v._rebind(ops.detach(v._node))

    def forward(self, weight: Tensor) -> Tensor:
        if weight.ndim == 1:
            return normalize(weight, dim=0, eps=self.eps)
        matrix = self._matrix(weight)
        if self.training:
            self._iterate(matrix.detach(), self.n_power_iterations)
        u, v = (ops.detach(x._node) for x in (self._u, self._v))
        along = ops.matmul(matrix._node, v)
        return _wrap(ops.div(weight._node, ops.total(ops.mul(u, along))))


def spectral_norm(
    module: Module,
    name: str = "weight",
    n_power_iterations: int = 1,
    eps: float = 1e-12,
    dim: int | None = None,
) -> Module:
    """w / σ(W), σ the largest singular value of `name` as a matrix with the rows `dim`
    (Miyato et al. 2018, arXiv:1802.05957).

    >>> import ranvier as rv
    >>> layer = rv.nn.utils.parametrizations.spectral_norm(rv.nn.Linear(20, 40))
    >>> layer(rv.zeros(1, 20)).shape
    (1, 40)
    """
    weight = parameter(module, name)
    if dim is None:
        dim = 1 if type(module).__name__.startswith("ConvTranspose") else 0
    made = _SpectralNorm(weight, n_power_iterations, dim, eps)
    return register_parametrization(module, name, made)
