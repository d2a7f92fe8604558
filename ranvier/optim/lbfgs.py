"""L-BFGS."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from ranvier.errors import UnknownNameError
from ranvier.graph import Array
from ranvier.optim import vectors
from ranvier.optim.line_search import Point, strong_wolfe
from ranvier.optim.optimizer import Optimizer
from ranvier.optim.options import at_least_one, not_negative, plain
from ranvier.tensor import Tensor


class Curvature:
    """What the last steps say about the second derivative: pairs of a step s and the
    change y of the gradient along it.
    """

    def __init__(self) -> None:
        self.pairs: list[tuple[Array, Array, float]] = []  # y, s, 1 / sᵀy
        self.scale = 1.0  # of the first approximation, sᵀy / yᵀy

    def add(self, y: Array, s: Array, most: int) -> None:
        """Remember a step along which the loss curves upwards."""
        curve = float(y @ s)
        if curve > 1e-10:
            self.pairs = [*self.pairs, (y, s, 1.0 / curve)][-most:]
            self.scale = curve / float(y @ y)

    def direction(self, g: Array) -> Array:
        """-H g, where H approximates the inverse second derivative (two loops)."""
        q, parts = -g, []
        for y, s, rho in reversed(self.pairs):
            parts.append(rho * float(s @ q))
            q = q - parts[-1] * y
        d = q * self.scale
        for (y, s, rho), part in zip(self.pairs, reversed(parts), strict=True):
            d = d + (part - rho * float(y @ d)) * s
        return np.asarray(d, g.dtype)


class LBFGS(Optimizer):
    """A quasi-Newton method for losses without noise (Liu and Nocedal, 1989).

        d = -H g, with H from the last `history_size` steps
        p ← p + t d, with t = lr, or chosen by line_search_fn="strong_wolfe"

    One `step(closure)` takes up to `max_iter` such steps, with at most `max_eval` calls
    of the closure, which sets the gradients to 0, computes the loss, calls `backward()`
    and returns the loss. It ends earlier where no gradient is above `tolerance_grad`,
    or neither a parameter nor the loss changes by more than `tolerance_change`. One
    group of parameters.

    The directions and the search along them are NumPy; a compiled closure makes each
    evaluation one native call, a plain one is native from its second evaluation on.

    Raises DTypeError for a missing closure, CaptureError inside a compiled function,
    ValueRangeError for several groups, UnknownNameError for another line search.

    >>> import ranvier as rv
    >>> w = rv.tensor([3.0, -1.0], requires_grad=True)
    >>> optimizer = rv.optim.LBFGS([w], line_search_fn="strong_wolfe")
    >>> def closure():
    ...     optimizer.zero_grad()
    ...     loss = ((w - rv.tensor([1.0, 2.0])) ** 2).sum()
    ...     loss.backward()
    ...     return loss
    >>> optimizer.step(closure).item()
    13.0
    >>> w.detach()
    tensor([1.0000, 2.0000])
    """

    needs_closure = True

    def __init__(
        self,
        params: Any,
        lr: float | Tensor = 1,
        max_iter: int = 20,
        max_eval: int | None = None,
        tolerance_grad: float = 1e-7,
        tolerance_change: float = 1e-9,
        history_size: int = 100,
        line_search_fn: str | None = None,
    ) -> None:
        defaults = {
            "lr": lr,
            "max_iter": max_iter,
            "max_eval": max_iter * 5 // 4 if max_eval is None else max_eval,
            "tolerance_grad": tolerance_grad,
            "tolerance_change": tolerance_change,
            "history_size": history_size,
            "line_search_fn": line_search_fn,
        }
        super().__init__(params, defaults)
        self.params = vectors.only_group(self)
        self.losses: vectors.Losses | None = None
        self.begin()

    def begin(self) -> None:
        """Forget all steps."""
        self.curvature = Curvature()
        self.n_iter = 0
        self.func_evals = 0
        self.d: Array | None = None
        self.t = 0.0
        self.g: Array | None = None

    def check(self, group: Mapping[str, Any]) -> None:
        super().check(group)
        at_least_one("LBFGS", group, "max_iter", "max_eval", "history_size")
        not_negative("LBFGS", group, "tolerance_grad", "tolerance_change")
        if group["line_search_fn"] not in (None, "strong_wolfe"):
            raise UnknownNameError(
                f"LBFGS: line_search_fn is {group['line_search_fn']!r}; expected None "
                "or 'strong_wolfe'."
            )

    def step(self, closure: Callable[[], Tensor] | None = None) -> Tensor | None:
        """Up to `max_iter` steps; the loss before the first."""
        vectors.check_closure("LBFGS", closure, "computes the loss and its gradients")
        self._refresh()
        self.has_stepped = True
        if self.losses is None or self.losses.closure is not closure:
            assert closure is not None, "checked"
            self.losses = vectors.Losses(closure, self.params)
        evaluate, group = self.losses, self.param_groups[0]
        evaluate.count = 0
        first, g = evaluate()
        f = float(first)
        if np.abs(g).max() > group["tolerance_grad"]:
            self._iterate(evaluate, group, f, g)
        self.func_evals += evaluate.count
        return first

    def _iterate(
        self, evaluate: vectors.Losses, group: dict[str, Any], f: float, g: Array
    ) -> None:
        """Steps until one of the limits is reached; f and g are those at the start."""
        x = vectors.values(self.params)
        least = group["tolerance_change"]
        for i in range(1, group["max_iter"] + 1):
            d, t = self._direction(g, plain(group["lr"]), group["history_size"])
            slope = float(g @ d)
            if slope > -least:
                break
            before = f
            if group["line_search_fn"] is not None:
                most = group["max_eval"] - evaluate.count
                start = Point(0.0, f, g, slope)
                trial = self._trial(evaluate, x, d)
                length = float(np.abs(d).max())
                t, f, g, _ = strong_wolfe(trial, start, t, length, least, most)
            self.t = t
            x = x + np.asarray(t * d, x.dtype)
            vectors.put(self.params, x)
            if group["line_search_fn"] is None and i < group["max_iter"]:
                loss, g = evaluate()
                f = float(loss)
            if (
                evaluate.count >= group["max_eval"]
                or np.abs(g).max() <= group["tolerance_grad"]
                or np.abs(t * d).max() <= least
                or (i < group["max_iter"] and abs(f - before) < least)
            ):
                break

    def _direction(self, g: Array, lr: float, most: int) -> tuple[Array, float]:
        """Where to go from here, and the step length to begin with."""
        self.n_iter += 1
        t = lr
        if self.g is None or self.d is None:
            t = min(1.0, 1.0 / float(np.abs(g).sum())) * lr
        else:
            self.curvature.add(g - self.g, self.t * self.d, most)
        self.g, self.d, self.t = g, self.curvature.direction(g), t
        return self.d, t

    def _trial(
        self, evaluate: vectors.Losses, x: Array, d: Array
    ) -> Callable[[float], Point]:
        def at(t: float) -> Point:
            vectors.put(self.params, x + np.asarray(t * d, x.dtype))
            loss, g = evaluate()
            return Point(t, float(loss), g, float(g @ d))

        return at

    # ---- state -----------------------------------------------------------------------

    def state_dict(self) -> dict[str, Any]:
        """As of all optimisers; what is known of the loss stands at parameter 0."""
        found = super().state_dict()
        if self.g is not None:
            found["state"][0] = {
                "func_evals": self.func_evals,
                "n_iter": self.n_iter,
                "d": self.d,
                "t": self.t,
                "old_dirs": [y for y, _, _ in self.curvature.pairs],
                "old_stps": [s for _, s, _ in self.curvature.pairs],
                "H_diag": self.curvature.scale,
                "prev_flat_grad": self.g,
            }
        return found

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Take over what `state_dict` gave, or PyTorch's."""
        states = {int(i): state for i, state in state_dict["state"].items()}
        super().load_state_dict({**state_dict, "state": {}})
        self.begin()
        if 0 not in states:
            return
        saved = states[0]
        dtype = vectors.values(self.params).dtype
        self.func_evals, self.n_iter = int(saved["func_evals"]), int(saved["n_iter"])
        self.d = np.asarray(saved["d"], dtype)
        self.g = np.asarray(saved["prev_flat_grad"], dtype)
        self.t = float(saved["t"])
        for y, s in zip(saved["old_dirs"], saved["old_stps"], strict=True):
            y, s = np.asarray(y, dtype), np.asarray(s, dtype)
            self.curvature.pairs.append((y, s, 1.0 / float(y @ s)))
        self.curvature.scale = float(saved["H_diag"])
