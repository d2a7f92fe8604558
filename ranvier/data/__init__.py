"""Data sets, their preparation, and mini-batches.

    rv.data.load("mnist") → Dataset → split → Dataset … → DataLoader → (x, y), (x, y), …

Made from files (`idx`, `catalog`) or from arrays that the user has; eaten by `rv.fit`,
`rv.evaluate` and hand-written loops. Pixels stay as they are in the file (uint8);
what the model sees is made from them batch by batch.
"""

from ranvier.data.catalog import CATALOG, Source, find, load
from ranvier.data.dataset import Dataset, as_dataset
from ranvier.data.loader import DataLoader
from ranvier.data.torch_names import TensorDataset, random_split

__all__ = [
    "CATALOG",
    "DataLoader",
    "Dataset",
    "Source",
    "TensorDataset",
    "as_dataset",
    "find",
    "load",
    "random_split",
]
