"""What `rv.compile` returns: a function that runs as one native program."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ranvier.compiler.feed import Feed
from ranvier.compiler.pipeline import Plan
from ranvier.compiler.specialised import Specialised, Whole
from ranvier.errors import CaptureError, DataError
from ranvier.tensor import Tensor, default_array


class Compiled:
    """A function captured once for each shape of its arguments.

    >>> import ranvier as rv
    >>> double = rv.compile(lambda x: 2 * x)
    >>> double(rv.tensor([1.0, 2.0]))
    tensor([2., 4.])
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function
        self.made: dict[Any, Specialised] = {}
        self.runs: dict[Any, Whole] = {}
        self.last: Plan | None = None
        functools.update_wrapper(self, function, updated=())

    def __call__(self, *args: Any, **named: Any) -> Any:
        """One step: one native call."""
        function, names = self.function, tuple(sorted(named))
        if names:
            args += tuple(named[name] for name in names)
            function = _by_name(function, names)
        tensors, key = _arguments(args)
        found = self.made.get((key, names))
        if found is None or not found.valid():
            found = self.made[key, names] = Specialised(function, args, tensors)
        self.last = found.plan
        return found.run(tensors)

    def over(self, loader: Any, epochs: int = 1) -> Any:
        """Every step of every epoch in one native call, mini-batches gathered inside.

        `loader` is a `DataLoader` (or a pair of arrays, taken whole). Returns what the
        function returns, stacked: first dimension = steps. Ctrl-C ends the run after a
        whole step and raises `InterruptedRun` with the results so far in ``.results``.
        """
        if isinstance(epochs, bool) or not isinstance(epochs, int) or epochs < 1:
            raise DataError(f"over(epochs={epochs!r}): expected a whole number from 1.")
        feed = Feed.of(loader)
        key = feed.key()
        found = self.runs.get(key)
        if found is None or not found.valid():
            found = self.runs[key] = Whole(self.function, feed)
        self.last = found.plan
        return found.run_epochs(feed, epochs)


def compile(function: Any) -> Compiled:
    """Turn a function of tensors, or a module, into one native program.

    It is captured by running it once on stand-ins for each new shape of its arguments.
    Parameters, optimiser state, running statistics and random state that it reads
    become state of the program; what it assigns to them becomes updates. Looking at a
    value inside is an error.
    """
    if isinstance(function, Compiled):
        return function
    if not callable(function):
        raise CaptureError(
            f"rv.compile needs a function or a module, got {type(function).__name__}."
        )
    return Compiled(function)


def _by_name(function: Callable[..., Any], names: Sequence[str]) -> Callable[..., Any]:
    """`function`, which is given these arguments by name as the last ones."""

    def call(*args: Any) -> Any:
        first = len(args) - len(names)
        return function(*args[:first], **dict(zip(names, args[first:], strict=True)))

    return call


def _arguments(args: Sequence[Any]) -> tuple[list[Tensor], Any]:
    """Tensors of the arguments (arrays are taken as they are), and a key of their
    shapes.
    """
    tensors, key = [], []
    for arg in args:
        if isinstance(arg, np.ndarray):
            arg = Tensor(arg)
        elif isinstance(arg, (list, tuple)):
            arg = Tensor(default_array(arg))
        if isinstance(arg, Tensor):
            node = arg._node
            tensors.append(arg)
            key.append((node.shape, node.dtype, node.rg))
        else:
            key.append(_fact(arg))
    return tensors, tuple(key)


def _fact(arg: Any) -> Any:
    """A part of the key: 1, 1.0 and True differ, 0.0 and -0.0 too, and nan is nan."""
    if isinstance(arg, (int, float)):
        return type(arg), repr(arg)
    try:
        hash(arg)
    except TypeError:
        raise CaptureError(
            f"a compiled function got a {type(arg).__name__}; its arguments may be "
            "tensors, arrays, lists of numbers, and values that can be hashed."
        ) from None
    return arg
