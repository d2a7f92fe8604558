"""A data set in memory: arrays of equal length, and how the model sees them."""

from __future__ import annotations

import operator
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from typing import Any, SupportsIndex

import numpy as np

from ranvier.data.arrays import (
    as_array,
    called,
    check,
    check_sizes,
    refuse_not_finite,
)
from ranvier.data.collect import collected, has_items, read
from ranvier.data.preparing import Preparing
from ranvier.data.refusals import (
    RowError,
    check_rows,
    refuse_augmented,
    refuse_drawn,
)
from ranvier.data.transforms.augmentation import Augmentation, augmentation
from ranvier.data.transforms.transform import Transform
from ranvier.errors import DataError, DTypeError
from ranvier.tensor import Tensor

Array = np.ndarray[Any, Any]


@dataclass(frozen=True, eq=False, repr=False)
class Dataset(Preparing):
    """Inputs and targets of equal length, with the map from raw inputs to the model's.

        x = arrays[0].float() * scale + shift

    arrays: inputs (n, …) first, then targets (n,) or (n, …); kept in their own types.
    scale, shift: the map as data, so that a compiled run applies it inside its loop;
        with 1 and 0 inputs reach the model as they are.
    classes: names of the classes where targets are class numbers.
    image_shape: (channels, height, width) where a row of inputs is an image.
    test: a part that is kept apart and never learned from.
    transform, augmentation: what `transformed` and `augmented` put here; inputs are
        mapped, then changed at random, then transformed.
    target_transform: how targets were made; its inverse gives the user's own units.
    persistence: of rows in order of time, each one's target as it was last seen: the
        forecast that a model has to beat.
    source: what gives other items at every reading, where the arrays are one of these.
    Raises DataError: no arrays, no rows, different lengths, numbers without rows;
        DTypeError: types that networks do not use.

        Dataset((pixels, labels), name="letters", classes=["a", "b"], scale=1 / 255)

    A subclass with `__len__` and `__getitem__` of its own, as for PyTorch, is a data
    set too. A Python loop over a DataLoader asks for its items in every epoch. A native
    run keeps them as arrays, read once, or anew before every epoch where they are
    others each time.
    """

    arrays: tuple[Array, ...] = ()
    name: str = "data"
    classes: list[str] | None = None
    scale: float = 1.0
    shift: float = 0.0
    image_shape: tuple[int, ...] | None = None
    test: Dataset | None = None
    transform: Transform | None = None
    augmentation: Augmentation | None = None
    target_transform: Transform | None = None
    persistence: Array | None = None
    source: Any = None

    def __class_getitem__(cls, item: Any) -> type[Dataset]:
        return cls

    def __init_subclass__(cls) -> None:
        if "__getitem__" in vars(cls):  # it fills itself in, in its own __init__
            cls.__setattr__ = object.__setattr__  # type: ignore[method-assign]

    def __post_init__(self) -> None:
        if not self.arrays and has_own_items(self):
            return
        arrays = tuple(as_array(called(i), a) for i, a in enumerate(self.arrays))
        check(self.name, arrays)
        rows = tuple(np.ascontiguousarray(array) for array in arrays)
        object.__setattr__(self, "arrays", rows)
        before = self.persistence
        if before is not None and before.shape != rows[1].shape:
            raise DataError(
                f"{self.name}: persistence has shape {before.shape}, the targets have "
                f"{rows[1].shape}; expected one forecast a target."
            )

    def transformed(self, transform: Transform) -> Dataset:
        """The data set with a fitted transform behind what it has already.

        Raises DataError: it is not fitted; ShapeError: it takes other inputs.

            normalize = Normalize().fit(train)
            train, val, test = (d.transformed(normalize) for d in (train, val, test))
        """
        data = as_dataset(self)
        if isinstance(transform, type) or not hasattr(transform, "require_fitted"):
            raise DTypeError(
                f"{self.name}: transformed() got {transform!r:.60}; expected a fitted "
                "transform such as Normalize().fit(train). Random changes of the "
                "training part go into augmented()."
            )
        transform.require_fitted()
        if not transform.is_native:
            refuse_drawn(data, f"a {type(transform).__name__}, which maps rows once,")
            x, *rest = data.numpy()
            ahead = {"scale": 1.0, "shift": 0.0, "transform": None}
            return data.copy(arrays=(transform(x), *rest), **ahead)
        both = transform if data.transform is None else data.transform.then(transform)
        x, *_ = data.prepare_numpy(*(array[:1] for array in data.arrays))
        transform(x)
        return data.copy(transform=both)

    def augmented(self, *changes: Any) -> Dataset:
        """The data set with random changes, drawn anew in every step: for training.

        changes: of `ranvier.data.transforms`, or functions of a batch of inputs.
        Raises DataError, DTypeError, ValueRangeError: changes that do not fit it.

            train = train.augmented(RandomRotation(15), GaussianNoise(sigma=0.05))
        """
        data = as_dataset(self)
        is_flat = data.image_shape is not None and data.arrays[0].ndim == 2
        before = data.augmentation.changes if data.augmentation is not None else ()
        made = augmentation(
            data.name,
            (*before, *changes),
            data.image_shape if is_flat else None,
            is_flat or data.arrays[0].ndim == 4,
            data.count_classes(),
        )
        return data.copy(augmentation=made)

    def plain(self) -> Dataset:
        """The data set without its random changes."""
        return self if self.augmentation is None else self.copy(augmentation=None)

    def count_classes(self) -> int | None:
        """How many classes targets name; None where they are no class numbers."""
        targets = self.arrays[1] if len(self.arrays) > 1 else None
        if targets is None or targets.ndim != 1 or targets.dtype.kind not in "iu":
            return None
        return len(self.classes) if self.classes else int(targets.max()) + 1

    def copy(self, **changes: Any) -> Dataset:
        """A plain Dataset with everything that this one has, but for `changes`."""
        facts = {field.name: getattr(self, field.name) for field in fields(Dataset)}
        return Dataset(**(facts | changes))

    def numpy(self) -> tuple[Array, ...]:
        """All rows as the model sees them: MNIST gives float32 and int64 arrays."""
        data = as_dataset(self)
        return data.prepare_numpy(*data.arrays)

    def take(self, rows: Array) -> Dataset:
        """The data set of these rows, in this order, without the test part."""
        data = as_dataset(self)
        arrays, before = tuple(a[rows] for a in data.arrays), data.persistence
        last = None if before is None else before[rows]
        source = None if data.source is None else Subset(data.source, rows.tolist())
        return data.copy(arrays=arrays, test=None, persistence=last, source=source)

    def read_again(self) -> Dataset:
        """The data set with the items that its source gives now.

        Raises DataError: their shapes or types are not those of the first reading.
        """
        arrays = collected(self.source)
        for position, (new, old) in enumerate(zip(arrays, self.arrays, strict=True)):
            if (new.shape, new.dtype) != (old.shape, old.dtype):
                raise DataError(
                    f"{self.name}: read again, {called(position)} are {new.shape} "
                    f"{new.dtype}; at first they were {old.shape} {old.dtype}."
                )
        return self.copy(arrays=arrays)

    def split(self, *sizes: int, seed: int = 0) -> tuple[Dataset, ...]:
        """Parts of these sizes with rows drawn by chance; the test part, if any, last.

        The order is `Generator(Philox(seed)).permutation(n)` of NumPy; the parts are
        its successive runs. Rows beyond the sum of the sizes are left out.
        Raises ValueRangeError: no size, sizes that are no whole numbers or do not fit;
            DataError: it is augmented, which only the training part should be.

            train, val, test = rv.data.load("mnist").split(55_000, 5_000)
        """
        check_sizes(self.name, len(self), sizes)
        refuse_augmented(self, "split()")
        order = np.random.Generator(np.random.Philox(seed)).permutation(len(self))
        runs = np.split(order, np.cumsum(sizes))[: len(sizes)]
        data = as_dataset(self)
        parts = tuple(data.take(run) for run in runs)
        return parts if self.test is None else (*parts, self.test)

    def check_finite(self) -> None:
        """Raise DataError for the first NaN or infinity, with its row and column."""
        for position, array in enumerate(self.arrays):
            if array.dtype.kind == "f":
                refuse_not_finite(self.name, called(position), array)

    def __len__(self) -> int:
        return len(self.arrays[0])

    def __getitem__(self, row: SupportsIndex | slice) -> Any:
        """One row as the model sees it, (input, target), or those of a slice.

        Inputs are tensors, and a class number is a Python number.
        """
        if isinstance(row, slice):
            batch = self.prepare_numpy(*(array[row] for array in self.arrays))
            return tuple(map(Tensor, batch))
        index = operator.index(row)
        if not -len(self) <= index < len(self):
            raise RowError(
                f"{self.name}: row {index} does not exist; there are {len(self)} rows, "
                f"0 to {len(self) - 1}."
            )
        return self._item(index % len(self))

    def _item(self, row: int) -> Any:
        batch = self.prepare_numpy(*(a[row : row + 1] for a in self.arrays))
        x, *targets = (array[0] for array in batch)
        return (Tensor(np.asarray(x)), *map(item_of, targets))

    def __add__(self, other: Any) -> ConcatDataset:
        return ConcatDataset([self, other])

    def __iter__(self) -> Iterator[Any]:
        return (self[row] for row in range(len(self)))

    def __repr__(self) -> str:
        if not self.arrays:
            return f"{type(self).__name__}({len(self):,} rows)"
        arrays = ", ".join(f"{a.shape} {a.dtype}" for a in self.arrays)
        classes = f", {len(self.classes)} classes" if self.classes else ""
        test = f", test {len(self.test):,}" if self.test is not None else ""
        changes = f", {self.augmentation!r}" if self.augmentation is not None else ""
        facts = f"{len(self):,} rows, {arrays}{classes}{test}{changes}"
        return f"Dataset({self.name}: {facts})"


class Subset(Dataset):
    """Some rows of a data set, by number: `dataset` and `indices` are what was given.

    Of a data set of arrays it is one too; items of a class of one's own are asked for
    when they are needed.
    """

    dataset: Any
    indices: Sequence[int]

    def __init__(self, dataset: Any, indices: Sequence[int]) -> None:
        rows = as_array("indices", indices) if len(indices) else np.zeros(0, np.int64)
        check_rows(len(dataset), rows)
        if isinstance(dataset, Dataset) and not has_own_items(dataset):
            adopt(self, dataset.take(rows))
        object.__setattr__(self, "dataset", dataset)
        object.__setattr__(self, "indices", indices)

    def _item(self, row: int) -> Any:
        return self.dataset[int(self.indices[row])]

    def __len__(self) -> int:
        return len(self.indices)


class ConcatDataset(Dataset):
    """The rows of several data sets, one after the other; also ``a + b``."""

    datasets: list[Any]
    cumulative_sizes: list[int]

    def __init__(self, datasets: Iterable[Any]) -> None:
        parts = list(datasets)
        if not parts:
            raise DataError("ConcatDataset: no data sets; expected at least one.")
        if all(isinstance(d, Dataset) and not has_own_items(d) for d in parts) and (
            len({kind(d) for d in parts}) == 1
        ):
            columns = zip(*(d.arrays for d in parts), strict=True)
            arrays = tuple(map(np.concatenate, columns))
            adopt(self, parts[0].copy(arrays=arrays, test=None, persistence=None))
        sizes = np.cumsum([len(d) for d in parts]).tolist()
        object.__setattr__(self, "datasets", parts)
        object.__setattr__(self, "cumulative_sizes", sizes)

    def _item(self, row: int) -> Any:
        part = bisect_right(self.cumulative_sizes, row)
        before = self.cumulative_sizes[part - 1] if part else 0
        return self.datasets[part][row - before]

    def __len__(self) -> int:
        return int(self.cumulative_sizes[-1])


def adopt(data: Dataset, other: Dataset) -> None:
    """Let `data` have every field of `other`."""
    for field in fields(Dataset):
        object.__setattr__(data, field.name, getattr(other, field.name))


def kind(data: Dataset) -> Any:
    """What data sets must have in common to be one."""
    return (data.way, *((a.shape[1:], a.dtype) for a in data.arrays))


def item_of(target: Any) -> Any:
    """A target as an item has it: a class number as a Python number."""
    is_class = isinstance(target, np.integer)
    return int(target) if is_class else Tensor(np.asarray(target))


def as_dataset(data: Any) -> Dataset:
    """A Dataset from a Dataset, or from a tuple of arrays, Tensors or lists.

    Arrays and Tensors keep their types; lists get the default ones (float32, int64).
    Raises DataError and DTypeError.

        as_dataset(([[0, 0], [0, 1]], [0, 1]))

    Any other object with `__len__` and `__getitem__`, and a list of tuples (input,
    target), is gone through.
    """
    if isinstance(data, Dataset):
        own = has_own_items(data)
        refuse_unfilled(data, own)
        return as_read(data) if own else data
    if has_items(data) or is_list_of_items(data):
        return as_read(data)
    if isinstance(data, tuple) or is_list_of_arrays(data):
        return Dataset(tuple(data))
    raise DataError(
        f"a data set was expected, got {type(data).__name__}; pass a tuple "
        "(inputs, targets) of arrays of equal length, or rv.data.load('mnist')."
    )


def as_read(data: Any) -> Dataset:
    """The items of a class of one's own as arrays."""
    arrays, changes = read(data)
    return Dataset(arrays, type(data).__name__, source=data if changes else None)


def has_own_items(data: Dataset) -> bool:
    """Whether a subclass says itself what row i is."""
    kind = type(data)
    is_view = kind._item is not Dataset._item and not data.arrays
    return is_view or kind.__getitem__ is not Dataset.__getitem__


def refuse_unfilled(data: Dataset, own_items: bool) -> None:
    """A subclass has arrays, or methods that do without them."""
    if data.arrays:
        return
    missing = [] if own_items else ["__getitem__"]
    missing += ["__len__"] if type(data).__len__ is Dataset.__len__ else []
    if missing:
        raise DataError(
            f"{type(data).__name__} has no {' and no '.join(missing)}; a data set of "
            "your own has both: the number of rows, and row i as (input, target)."
        )


def is_list_of_items(data: Any) -> bool:
    return isinstance(data, list) and all(isinstance(item, tuple) for item in data)


def is_list_of_arrays(data: Any) -> bool:
    """A list is taken for a tuple only if that cannot be a mistake."""
    arrays = (np.ndarray, Tensor)
    return isinstance(data, list) and all(isinstance(part, arrays) for part in data)
