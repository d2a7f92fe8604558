"""`ranvier.data` under the name that PyTorch has for it."""

from ranvier.data import DataLoader, Dataset, TensorDataset, random_split

__all__ = ["DataLoader", "Dataset", "TensorDataset", "random_split"]
