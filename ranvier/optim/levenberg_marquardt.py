"""Levenberg-Marquardt."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from ranvier import ops
from ranvier.compiler.compiled import Compiled, compile
from ranvier.data.loader import DataLoader
from ranvier.errors import GradientError, NotFiniteError, ShapeError
from ranvier.graph import Array, Node
from ranvier.optim import vectors
from ranvier.optim.optimizer import Optimizer
from ranvier.optim.options import above_zero, at_least_one, not_negative, plain
from ranvier.tensor import Tensor, _wrap, gradient_nodes

LARGEST = 1e16  # a damping that moves no parameter


class Residuals:
    """A function's residuals and their derivatives by all parameters, compiled."""

    def __init__(self, function: Callable[[], Tensor], params: list[Tensor]) -> None:
        self.function = function
        self._call = function.function if isinstance(function, Compiled) else function
        self.params = params
        self.columns = sum(p.numel() for p in params)
        self.value = compile(self._residuals)
        self.by_column = compile(self._column)
        self.by_row = compile(self._row)

    def __call__(self) -> Array:
        """The residuals as one float64 vector."""
        return np.asarray(self.value(), np.float64)

    def jacobian(self, rows: int) -> Array:
        """d residual / d parameter, (rows, columns): one native call.

        One gradient a row, or one derivative along a parameter a column, whichever are
        fewer.
        """
        step = self.by_row if rows <= self.columns else self.by_column
        size = min(rows, self.columns)
        unit = np.eye(size, dtype=self.params[0].dtype.np)
        found = np.asarray(step.over(DataLoader((unit,))), np.float64)
        return found if rows <= self.columns else found.T

    def _residuals(self) -> Tensor:
        r = self._call()
        if not isinstance(r, Tensor) or not r.dtype.is_float:
            kind = r.dtype.name if isinstance(r, Tensor) else type(r).__name__
            raise ShapeError(
                f"LevenbergMarquardt: the closure returned {kind}; expected a tensor "
                "of residuals, such as model(x) - y."
            )
        if not r.requires_grad:
            raise GradientError(
                "LevenbergMarquardt: the residuals do not depend on a parameter, or "
                "were made under no_grad()."
            )
        return r.reshape(-1)

    def _row(self, direction: Tensor) -> Tensor:
        """directionᵀ J."""
        r = self._residuals()
        seed = direction.reshape(-1).to(r.dtype)._node
        found = gradient_nodes(r._node, seed, [p._node for p in self.params])
        return _wrap(ops.concat([_flat(g, r._node) for g in found], 0))

    def _column(self, direction: Tensor) -> Tensor:
        """J direction: the gradient u → uᵀ J is linear in u; its derivative is J."""
        r = self._residuals()._node
        u = Node("alias", (_ones(r),), None, r.shape, r.dtype, True)
        y = ops.total(ops.mul(u, r))
        one = ops.like(y, 1.0)
        pulled = gradient_nodes(y, one, [p._node for p in self.params], True)
        flat = ops.concat([_flat(g, r) for g in pulled], 0)
        along = direction.reshape(-1)._node
        total = ops.total(ops.mul(flat, ops.cast(along, r.dtype)))
        (pushed,) = gradient_nodes(total, one, [u])
        return _wrap(pushed)


def _ones(like: Node) -> Node:
    return ops.expand(ops.like(like, 1.0), like.shape)


def _flat(g: Node, like: Node) -> Node:
    return ops.cast(ops.reshape(g, (math.prod(g.shape),)), like.dtype)


class LevenbergMarquardt(Optimizer):
    """Between Gauss-Newton and gradient descent, for small least-squares problems.

        minimise F = ½ Σ r², with J = dr/dp, A = JᵀJ, g = Jᵀr, D: largest diag(A) so far
        (A + μ D) h = -g
        p ← p + lr h  if F falls; μ ← μ max(⅓, 1 - (2ρ - 1)³), ν ← 2
        else p stays, μ ← μ ν, ν ← 2 ν, and h is made again, up to `max_tries` times

    ρ is how much F fell over how much A and g had promised. `closure` returns the
    residuals r, such as ``model(x) - y``, of any shape, for all data at once; it looks
    at no values and calls no `backward()`: it is compiled, and J comes out of one
    native call (one gradient a residual or one derivative a parameter, whichever are
    fewer). Pass the same function every time; another one is compiled anew. What is
    solved are normal equations in float64: meant for up to some hundred parameters. One
    group of parameters.

    `step(closure)` returns F before the step. `accepted` says whether the last step
    moved the parameters; where it did not, they are at a minimum as far as rounding
    shows.

    Raises DTypeError for a missing closure, ShapeError for one that gives no residuals,
    CaptureError inside a compiled function.

    Sources: Marquardt, 1963; D: Moré, 1978; ρ, ν and the update of μ: Nielsen, 1999, in
    Madsen, Nielsen and Tingleff, Methods for Non-Linear Least Squares Problems, 2004.

    >>> import ranvier as rv
    >>> x = rv.tensor([0.0, 1.0, 2.0, 3.0], dtype=rv.float64)
    >>> y = 2.0 * (-0.5 * x).exp()
    >>> a = rv.tensor([1.0, -1.0], dtype=rv.float64, requires_grad=True)
    >>> optimizer = rv.optim.LevenbergMarquardt([a])
    >>> def residuals():
    ...     return a[0] * (a[1] * x).exp() - y
    >>> for _ in range(8):
    ...     loss = optimizer.step(residuals)
    >>> a.detach()
    tensor([ 2.0000, -0.5000], dtype=ranvier.float64)
    """

    needs_closure = True

    def __init__(
        self,
        params: Any,
        lr: float | Tensor = 1.0,
        damping: float = 1e-3,
        max_tries: int = 10,
        tolerance_grad: float = 1e-15,
    ) -> None:
        defaults = {
            "lr": lr,
            "damping": damping,
            "max_tries": max_tries,
            "tolerance_grad": tolerance_grad,
        }
        super().__init__(params, defaults)
        self.params = vectors.only_group(self)
        self.residuals: Residuals | None = None
        self.begin()

    def begin(self) -> None:
        """Forget all steps."""
        self.n_iter = 0
        self.mu = float(self.param_groups[0]["damping"])
        self.nu = 2.0
        self.scale: Array | None = None
        self.accepted = False

    def check(self, group: Mapping[str, Any]) -> None:
        super().check(group)
        above_zero("LevenbergMarquardt", "damping", group["damping"])
        at_least_one("LevenbergMarquardt", group, "max_tries")
        not_negative("LevenbergMarquardt", group, "tolerance_grad")

    def step(self, closure: Callable[[], Tensor] | None = None) -> Tensor | None:
        """One step that lowers F, or none; F before it."""
        vectors.check_closure("LevenbergMarquardt", closure, "returns the residuals")
        self._refresh()
        self.has_stepped = True
        if self.residuals is None or self.residuals.function is not closure:
            assert closure is not None, "checked"
            self.residuals = Residuals(closure, self.params)
        r = self.residuals()
        f = 0.5 * float(r @ r)
        if not math.isfinite(f):
            raise NotFiniteError(
                "LevenbergMarquardt: a residual is NaN or infinite (or too large to be "
                "squared) before the first step. Begin with other parameters, or look "
                "for such values in the data."
            )
        j = self.residuals.jacobian(len(r))
        a, g = j.T @ j, j.T @ r
        known = np.zeros(len(g)) if self.scale is None else self.scale
        self.scale = np.maximum(known, a.diagonal())
        self.accepted = False
        if np.abs(g).max() > self.param_groups[0]["tolerance_grad"]:
            self.accepted = self._try(self.residuals, f, a, g)
        self.n_iter += 1
        return Tensor(np.array(f))

    def _try(self, residuals: Residuals, f: float, a: Array, g: Array) -> bool:
        """Steps of growing damping until one lowers F; whether one did."""
        assert self.scale is not None, "set by step"
        group, x = self.param_groups[0], vectors.values(self.params)
        t = plain(group["lr"])
        # In units in which D is 1: solvable whatever the units of the parameters are.
        unit = 1.0 / np.sqrt(np.where(self.scale > 0, self.scale, 1.0))
        scaled = a * unit * unit[:, None]
        for _ in range(group["max_tries"]):
            damped = scaled + self.mu * np.eye(len(g))
            h = -unit * np.linalg.solve(damped, unit * g)
            vectors.put(self.params, x + t * h)
            r = residuals()
            fell = f - 0.5 * float(r @ r)
            promised = -t * float(g @ h) - 0.5 * t * t * float(h @ a @ h)
            if fell > 0 and promised > 0:
                self.mu *= max(1.0 / 3.0, 1.0 - (2.0 * fell / promised - 1.0) ** 3)
                self.nu = 2.0
                return True
            self.mu = min(self.mu * self.nu, LARGEST)
            self.nu = min(2.0 * self.nu, LARGEST)
        vectors.put(self.params, x)
        return False

    # ---- state -----------------------------------------------------------------------

    def state_dict(self) -> dict[str, Any]:
        """As of all optimisers; the damping stands at parameter 0."""
        found = super().state_dict()
        if self.scale is not None:
            found["state"][0] = {
                "n_iter": self.n_iter,
                "mu": self.mu,
                "nu": self.nu,
                "scale": self.scale.copy(),
            }
        return found

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Take over what `state_dict` gave."""
        states = {int(i): state for i, state in state_dict["state"].items()}
        super().load_state_dict({**state_dict, "state": {}})
        self.begin()
        if 0 in states:
            saved = states[0]
            self.n_iter = int(saved["n_iter"])
            self.mu, self.nu = float(saved["mu"]), float(saved["nu"])
            self.scale = np.array(saved["scale"], np.float64)
