"""A transform: fitted on the training part, applied to every part, kept as data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from ranvier.errors import DataError, UnsupportedError
from ranvier.tensor import Tensor

Array = np.ndarray[Any, Any]


class Transform:
    """A map of inputs or targets that never changes once it is fitted.

    `fit` returns the fitted transform and leaves this one as it is. A subclass is a
    frozen dataclass whose fields are all that there is to know, so that it can be
    written into the file of a model and read back (`ranvier.data.transforms.state`).
    """

    is_native = False  # whether it takes tensors, and so runs inside the native loop

    def fit(self, x: Any) -> Self:
        """The transform fitted on `x`: an array, or a Dataset, whose inputs count."""
        return self

    def __call__(self, x: Any) -> Any:
        """`x` transformed: an array from an array, a tensor from a tensor."""
        raise NotImplementedError

    def inverse(self, y: Any) -> Any:
        """What `y` was before; UnsupportedError where that is lost."""
        raise UnsupportedError(f"{type(self).__name__} has no inverse.")

    def is_fitted(self) -> bool:
        """Whether it can be applied."""
        return True

    def then(self, other: Transform) -> Compose:
        """This one, then another."""
        return Compose((self, other))

    def require_fitted(self) -> None:
        if not self.is_fitted():
            name = type(self).__name__
            raise DataError(
                f"{name} was applied before it was fitted; write "
                f"{name.lower()} = {name}().fit(train), with the training part only."
            )


@dataclass(frozen=True, eq=False)
class Compose(Transform):
    """Transforms one after the other; each is fitted on what those before it make.

    >>> from ranvier.data.transforms import Impute, Normalize
    >>> both = Compose([Impute(), Normalize()]).fit(np.array([[1.0], [np.nan], [3.0]]))
    >>> both(np.array([[np.nan]]))
    array([[0.]])
    """

    transforms: Sequence[Transform] = ()

    @property
    def is_native(self) -> bool:  # type: ignore[override]
        return all(transform.is_native for transform in self.transforms)

    def fit(self, x: Any) -> Self:
        x, fitted = inputs_of(x), []
        for transform in self.transforms:
            fitted.append(transform.fit(x))
            x = fitted[-1](x)
        return type(self)(tuple(fitted))

    def __call__(self, x: Any) -> Any:
        for transform in self.transforms:
            x = transform(x)
        return x

    def inverse(self, y: Any) -> Any:
        for transform in reversed(self.transforms):
            y = transform.inverse(y)
        return y

    def is_fitted(self) -> bool:
        return all(transform.is_fitted() for transform in self.transforms)


def inputs_of(x: Any) -> Array:
    """An array, or the inputs of a data set as its model sees them."""
    if hasattr(x, "arrays") and hasattr(x, "numpy"):
        inputs: Array = x.numpy()[0]
        return inputs
    return np.asarray(x.detach() if isinstance(x, Tensor) else x)


def like(array: Array, x: Any) -> Array:
    """`array` in the floating type that `x` is computed in."""
    kind = x.dtype.np if isinstance(x, Tensor) else x.dtype
    return array.astype(kind if kind.kind == "f" else np.float32, copy=False)
