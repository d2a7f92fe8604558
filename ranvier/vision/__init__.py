"""What a PyTorch script takes from torchvision: data sets, their transforms, models.

    import torchvision                             becomes
    from ranvier import vision as torchvision

    import torchvision.transforms as transforms    becomes
    from ranvier.vision import transforms

Everything here is another name for something in `ranvier.data` and `ranvier.models`.
"""

from typing import TYPE_CHECKING

from ranvier import models
from ranvier.errors import UnknownAttributeError
from ranvier.vision import datasets, transforms

__all__ = ["datasets", "models", "transforms"]

if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        if name.startswith("_"):
            raise AttributeError(name)
        raise UnknownAttributeError(
            f"ranvier.vision has no '{name}'; there are {', '.join(__all__)}. Pictures "
            "can be looked at with matplotlib: plt.imshow(x[0, 0])."
        )
