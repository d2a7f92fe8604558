"""Data sets, their preparation, and mini-batches.

    rv.data.load("mnist") → Dataset → split → Dataset … → DataLoader → (x, y), (x, y), …

Made from files (`idx`, `catalog`) or from arrays that the user has; eaten by `rv.fit`,
`rv.evaluate` and hand-written loops. Pixels stay as they are in the file (uint8);
what the model sees is made from them batch by batch.
"""

from typing import TYPE_CHECKING

from ranvier import lazy

if TYPE_CHECKING:
    from ranvier.data import transforms as transforms
    from ranvier.data.catalog import CATALOG as CATALOG
    from ranvier.data.catalog import Source as Source
    from ranvier.data.catalog import find as find
    from ranvier.data.collate import default_collate as default_collate
    from ranvier.data.collate import default_convert as default_convert
    from ranvier.data.combined import ChainDataset as ChainDataset
    from ranvier.data.combined import IterableDataset as IterableDataset
    from ranvier.data.combined import StackDataset as StackDataset
    from ranvier.data.csv_file import read_csv as read_csv
    from ranvier.data.dataset import ConcatDataset as ConcatDataset
    from ranvier.data.dataset import Dataset as Dataset
    from ranvier.data.dataset import Subset as Subset
    from ranvier.data.dataset import as_dataset as as_dataset
    from ranvier.data.idx import read_idx as read_idx
    from ranvier.data.listed import LISTED as LISTED
    from ranvier.data.listed import Listed as Listed
    from ranvier.data.loader import DataLoader as DataLoader
    from ranvier.data.named import load as load
    from ranvier.data.npz import read_npz as read_npz
    from ranvier.data.parquet import read_parquet as read_parquet
    from ranvier.data.picture_folder import image_folder as image_folder
    from ranvier.data.samplers import BatchSampler as BatchSampler
    from ranvier.data.samplers import RandomSampler as RandomSampler
    from ranvier.data.samplers import Sampler as Sampler
    from ranvier.data.samplers import SequentialSampler as SequentialSampler
    from ranvier.data.samplers import SubsetRandomSampler as SubsetRandomSampler
    from ranvier.data.samplers import WeightedRandomSampler as WeightedRandomSampler
    from ranvier.data.sequences import next_steps as next_steps
    from ranvier.data.sequences import windows as windows
    from ranvier.data.sources import as_table as as_table
    from ranvier.data.splits import grouped_split as grouped_split
    from ranvier.data.splits import stratified_split as stratified_split
    from ranvier.data.splits import time_split as time_split
    from ranvier.data.table import Table as Table
    from ranvier.data.table_parts import Tabular as Tabular
    from ranvier.data.table_parts import tabular as tabular
    from ranvier.data.text import Vocabulary as Vocabulary
    from ranvier.data.text import read_lines as read_lines
    from ranvier.data.text import read_text as read_text
    from ranvier.data.torch_names import TensorDataset as TensorDataset
    from ranvier.data.torch_names import random_split as random_split

lazy.install(
    __name__,
    {
        "": "transforms",
        "catalog": "CATALOG Source find",
        "collate": "default_collate default_convert",
        "combined": "ChainDataset IterableDataset StackDataset",
        "csv_file": "read_csv",
        "dataset": "ConcatDataset Dataset Subset as_dataset",
        "idx": "read_idx",
        "listed": "LISTED Listed",
        "loader": "DataLoader",
        "named": "load",
        "npz": "read_npz",
        "parquet": "read_parquet",
        "picture_folder": "image_folder",
        "samplers": """
            BatchSampler RandomSampler Sampler SequentialSampler
            SubsetRandomSampler WeightedRandomSampler
        """,
        "sequences": "next_steps windows",
        "sources": "as_table",
        "splits": "grouped_split stratified_split time_split",
        "table": "Table",
        "table_parts": "Tabular tabular",
        "text": "Vocabulary read_lines read_text",
        "torch_names": "TensorDataset random_split",
    },
)
