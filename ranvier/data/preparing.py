"""How a model sees the rows of a data set: the map from raw inputs to its own."""

from __future__ import annotations

from typing import Any

import numpy as np

from ranvier.data.transforms.augmentation import Augmentation
from ranvier.data.transforms.transform import Transform
from ranvier.tensor import Tensor

Array = np.ndarray[Any, Any]


class Preparing:
    """x · scale, random changes, + shift, then a transform; for those who have these
    fields.
    """

    scale: float
    shift: float
    transform: Transform | None
    augmentation: Augmentation | None

    def prepare(self, *batch: Tensor) -> tuple[Tensor, ...]:
        """What the model sees of a batch of raw tensors; runs compiled as well."""
        x, *rest = batch
        if self.is_changed and not x.dtype.is_float:
            x = x.float()
        x = x if self.scale == 1 else x * self.scale
        if self.augmentation is not None:  # before the shift: what is empty is 0
            x, *rest = self.augmentation(x, *rest)
        x = x if self.shift == 0 else x + self.shift
        return (x if self.transform is None else self.transform(x), *rest)

    def prepare_numpy(self, *batch: Array) -> tuple[Array, ...]:
        """`prepare` on NumPy arrays, the same numbers but for random changes."""
        x, *rest = batch
        if self.is_changed and x.dtype.kind != "f":
            x = x.astype(np.float32)
        x = x if self.scale == 1 else x * x.dtype.type(self.scale)
        x = x if self.shift == 0 else x + x.dtype.type(self.shift)
        return (x if self.transform is None else self.transform(x), *rest)

    @property
    def way(self) -> tuple[Any, ...]:
        """What `prepare` does, as something to tell data sets apart by."""
        return (self.scale, self.shift, self.augmentation, self.transform)

    @property
    def is_changed(self) -> bool:
        """Whether inputs are changed on their way to the model."""
        kept = self.augmentation is None and self.transform is None
        return not (kept and self.scale == 1 and self.shift == 0)
