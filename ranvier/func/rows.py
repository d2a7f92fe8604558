"""A function of one row, applied to every row."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ranvier import ops, tree
from ranvier.errors import (
    DTypeError,
    ShapeError,
    UnknownNameError,
    UnsupportedError,
    ValueRangeError,
)
from ranvier.random import default_generator
from ranvier.tensor import Tensor
from ranvier.tensors.joining import stack

RANDOMNESS = ("error", "different", "same")


def vmap(
    func: Callable[..., Any],
    in_dims: Any = 0,
    out_dims: Any = 0,
    randomness: str = "error",
    *,
    chunk_size: int | None = None,
) -> Callable[..., Any]:
    """The function that applies `func` to every slice of its arguments along `in_dims`
    and stacks the results along `out_dims`.

    `in_dims` is a number, or a tuple with one place an argument: a number, None for an
    argument that is the same for all, or a tree of those. The graph holds `func` once a
    slice: right for everything that tensors can do, and as fast as a loop over the
    slices; write the function for a batch where there are many. `chunk_size` changes
    nothing.

    Raises ShapeError where the sizes of the slices' dimension differ, DTypeError where
    `func` gives no tensors, UnsupportedError where it draws random numbers and
    `randomness` is "error" ("different": each slice draws its own, "same": all draw the
    same ones).

    >>> import ranvier as rv
    >>> rv.func.vmap(rv.dot)(rv.ones(3, 2), rv.tensor([[1.0, 2.0], [3, 4], [5, 6]]))
    tensor([ 3.,  7., 11.])
    >>> slopes = rv.func.vmap(rv.func.grad(lambda x: x**2))
    >>> slopes(rv.tensor([1.0, 2.0]))
    tensor([2., 4.])
    """
    if randomness not in RANDOMNESS:
        raise UnknownNameError(
            f"vmap: randomness={randomness!r}; there are {', '.join(RANDOMNESS)}."
        )
    if chunk_size is not None and chunk_size < 1:
        raise ValueRangeError(f"vmap: chunk_size={chunk_size}; expected at least 1.")

    def run(*args: Any, **kwargs: Any) -> Any:
        given: list[Any] = [list(args), kwargs]
        dims = [_spread(in_dims, list(args)), tree.transform(lambda _: 0, kwargs)]
        flat = tree.leaves(given)
        places = _flat(dims, given)
        count = _count(flat, places)
        results = []
        for i in range(count):
            parts = [_slice(x, d, i) for x, d in zip(flat, places, strict=True)]
            new_args, new_kwargs = tree.rebuild(given, iter(parts))
            with _Drawing(randomness, last=i == count - 1):
                results.append(func(*new_args, **new_kwargs))
        return _stacked(results, out_dims)

    return run


def _spread(dims: Any, args: list[Any]) -> list[Any]:
    if isinstance(dims, int):
        return [dims] * len(args)
    if isinstance(dims, (tuple, list)) and len(dims) == len(args):
        return list(dims)
    raise ShapeError(
        f"vmap: in_dims={dims!r} for {len(args)} arguments; expected a number, or one "
        "number or None for each argument."
    )


def _flat(dims: Any, given: Any) -> list[int | None]:
    """A dimension for each leaf of `given`; one stands for a whole branch."""
    if isinstance(given, dict):
        return [
            d
            for key, part in given.items()
            for d in _flat(dims[key] if isinstance(dims, dict) else dims, part)
        ]
    if isinstance(given, (list, tuple)):
        several = isinstance(dims, (list, tuple))
        return [
            d
            for i, part in enumerate(given)
            for d in _flat(dims[i] if several else dims, part)
        ]
    return [] if given is None else [dims]


def _count(flat: list[Any], places: list[int | None]) -> int:
    sizes = []
    for x, d in zip(flat, places, strict=True):
        if d is None:
            continue
        if not isinstance(x, Tensor):
            raise DTypeError(
                f"vmap: in_dims is {d} for a {type(x).__name__}; expected a tensor, or "
                "None in in_dims."
            )
        if not -x.ndim <= d < x.ndim:
            raise ShapeError(
                f"vmap: in_dims is {d} for a tensor of shape {x.shape}; expected "
                f"{-x.ndim} to {x.ndim - 1}."
            )
        sizes.append(x.shape[d])
    if not sizes:
        raise ShapeError("vmap: no argument has a dimension to go along (in_dims).")
    if len(set(sizes)) > 1:
        raise ShapeError(f"vmap: sizes {sizes} along in_dims; they must be equal.")
    if not sizes[0]:
        raise ShapeError("vmap: there are no slices: the size along in_dims is 0.")
    return sizes[0]


def _slice(x: Any, dim: int | None, i: int) -> Any:
    return x if dim is None else x.select(dim, i).clone()


def _stacked(results: list[Any], out_dims: Any) -> Any:
    columns = [tree.leaves(r) for r in results]
    for y in columns[0]:
        if not isinstance(y, Tensor):
            raise DTypeError(
                f"vmap: the function gave {type(y).__name__}; expected tensors."
            )
    whole = results[0]
    alone = isinstance(out_dims, int)
    dims = _flat(out_dims if alone else list(out_dims), whole)
    found = []
    for parts, d in zip(zip(*columns, strict=True), dims, strict=True):
        axis = ops.axis(0 if d is None else d, parts[0].ndim + 1, "vmap: out_dims")
        found.append(parts[0] if d is None else stack(list(parts), axis))
    return tree.rebuild(whole, iter(found))


class _Drawing:
    """Around one slice: what its random numbers may be."""

    def __init__(self, randomness: str, last: bool) -> None:
        self.randomness = randomness
        self.last = last

    def __enter__(self) -> None:
        self.numbers = default_generator.numpy.bit_generator.state
        state = default_generator.state
        self.node = None if state is None else state._node

    def __exit__(self, kind: type[BaseException] | None, *error: object) -> None:
        numpy, state = default_generator.numpy.bit_generator, default_generator.state
        node = None if state is None else state._node
        drawn = node is not self.node or repr(numpy.state) != repr(self.numbers)
        if kind is not None or not drawn:
            return
        if self.randomness == "error":
            raise UnsupportedError(
                "vmap: the function draws random numbers; say randomness='different' "
                "or 'same', or draw them before."
            )
        if self.randomness == "same" and not self.last:
            numpy.state = self.numbers
            if state is not None and node is not self.node:
                state._rebind(self.node or default_generator.first_state())
