"""Data sets, their preparation, and mini-batches.

    rv.data.load("mnist") → Dataset → split → Dataset … → DataLoader → (x, y), (x, y), …

Made from files (`idx`, `catalog`) or from arrays that the user has; eaten by `rv.fit`,
`rv.evaluate` and hand-written loops. Pixels stay as they are in the file (uint8);
what the model sees is made from them batch by batch.
"""

from ranvier.data import transforms
from ranvier.data.catalog import CATALOG, Source, find, load
from ranvier.data.collate import default_collate, default_convert
from ranvier.data.combined import ChainDataset, IterableDataset, StackDataset
from ranvier.data.csv_file import read_csv
from ranvier.data.dataset import ConcatDataset, Dataset, Subset, as_dataset
from ranvier.data.idx import read_idx
from ranvier.data.listed import LISTED, Listed
from ranvier.data.loader import DataLoader
from ranvier.data.npz import read_npz
from ranvier.data.parquet import read_parquet
from ranvier.data.picture_folder import image_folder
from ranvier.data.samplers import (
    BatchSampler,
    RandomSampler,
    Sampler,
    SequentialSampler,
    SubsetRandomSampler,
    WeightedRandomSampler,
)
from ranvier.data.sequences import next_steps, windows
from ranvier.data.sources import as_table
from ranvier.data.splits import grouped_split, stratified_split, time_split
from ranvier.data.table import Table
from ranvier.data.table_parts import Tabular, tabular
from ranvier.data.text import Vocabulary, read_lines, read_text
from ranvier.data.torch_names import TensorDataset, random_split

__all__ = [
    "CATALOG",
    "LISTED",
    "BatchSampler",
    "ChainDataset",
    "ConcatDataset",
    "DataLoader",
    "Dataset",
    "IterableDataset",
    "Listed",
    "RandomSampler",
    "Sampler",
    "SequentialSampler",
    "Source",
    "StackDataset",
    "Subset",
    "SubsetRandomSampler",
    "Table",
    "Tabular",
    "TensorDataset",
    "Vocabulary",
    "WeightedRandomSampler",
    "as_dataset",
    "as_table",
    "default_collate",
    "default_convert",
    "find",
    "grouped_split",
    "image_folder",
    "load",
    "next_steps",
    "random_split",
    "read_csv",
    "read_idx",
    "read_lines",
    "read_npz",
    "read_parquet",
    "read_text",
    "stratified_split",
    "tabular",
    "time_split",
    "transforms",
    "windows",
]
