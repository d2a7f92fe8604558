"""PyTorch's room of this name, so that `from ranvier.utils.data import …` works."""

from ranvier.utils import data

__all__ = ["data"]
