"""What changes a training batch at random, written with tensors.

So `fit` and `step.over` compile it into the run, where it costs no Python; the numbers
are drawn from `rv.manual_seed`'s counter-based generator: same seed, same pictures.
"""

from __future__ import annotations

from collections.abc import Callable

from ranvier.errors import DTypeError, ShapeError
from ranvier.tensor import Tensor, _wrap
from ranvier.tensors.drawing import draw_uniform


class Augment:
    """One random change of pictures (n, channels, height, width), or of rows."""

    needs_pictures = False

    def __call__(self, x: Tensor) -> Tensor:
        """`x` changed, each of its rows in its own way."""
        raise NotImplementedError

    def batch(self, x: Tensor, *targets: Tensor) -> tuple[Tensor, ...]:
        """Inputs and targets changed; most leave targets as they are."""
        return (self(x), *targets)


class Lambda(Augment):
    """A function of a batch of inputs, compiled into the run with everything else.

    What it draws with `rv.rand` and `rv.randn` is drawn anew in every step.
    """

    def __init__(self, lambd: Callable[[Tensor], Tensor]) -> None:
        if not callable(lambd):
            raise DTypeError(
                f"Lambda: got {type(lambd).__name__}; expected a function from a batch "
                "of inputs to one of the same shape."
            )
        self.lambd = lambd

    def __call__(self, x: Tensor) -> Tensor:
        changed = self.lambd(x)
        if not isinstance(changed, Tensor) or changed.shape != x.shape:
            got = getattr(changed, "shape", type(changed).__name__)
            raise ShapeError(
                f"Lambda: the function made {got} of inputs of shape {x.shape}; "
                "expected a tensor of the same shape."
            )
        return changed

    def __repr__(self) -> str:
        return f"Lambda({getattr(self.lambd, '__name__', 'function')})"


def drawn(low: float, high: float, *shape: int) -> Tensor:
    """Uniform numbers in [low, high), by the counter-based generator."""
    uniform: Tensor = _wrap(draw_uniform(shape))
    return uniform * (high - low) + low


def pictures_of(what: str, x: Tensor) -> tuple[int, int, int, int]:
    """The shape of pictures, or an error that says what was expected."""
    if x.ndim != 4:
        raise ShapeError(
            f"{what}: got shape {x.shape}; expected pictures, (n, channels, height, "
            "width)."
        )
    n, channels, height, width = x.shape
    return n, channels, height, width
