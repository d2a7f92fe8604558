"""Watching a run while it goes on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from ranvier.compiler.capture.statistics import Probe, layer_statistics, unique
from ranvier.errors import DTypeError, ValueRangeError
from ranvier.graph import Array, Node
from ranvier.tensors.handles import Recorder


class Reading(NamedTuple):
    """What was watched in one step; steps count from 1."""

    step: int
    values: dict[str, Any]


class Watch:
    """What to look at during ``step.over(…, watch=Watch(…))``, and how often.

    every: the values are those of steps every, 2 every, ….
    layers: a model; then mean, standard deviation and share of zeros of every layer's
        output ("0.mean", "0.std", "0.zeros") are watched, the share of values within
        1 % of an end of a sigmoid or tanh ("1.saturated"), which units of a ReLU were
        not 0 for every row ("1.active"), how far the outputs of different rows differ
        ("output.spread"), and of every parameter the norm of its gradient and that of
        its update over its own ("0.weight.grad_norm", "0.weight.update_ratio").
    callback: called with a Reading while the run goes on, by the thread that waits for
        it. If it raises, the run ends after a whole step and the error is raised.
    size: readings that wait for Python at most, fewer if they would take more than
        64 MiB. The run never waits: if Python comes
        late, the oldest are overwritten, and counted in `lost`.

    Watched are also what the step returns ("result", or "result.0", … of several) and
    everything that is named in it with ``rv.probe(name, tensor)``. Afterwards `steps`
    and `history` hold all readings; a second run goes on where the first ended.
    Raises ValueRangeError where `every` or `size` is no whole number from 1, DTypeError
    where `layers` is no module.

    >>> import ranvier as rv
    >>> total = rv.zeros(1)
    >>> step = rv.compile(lambda x: total.add_(x.sum()).sum())
    >>> watch = rv.Watch(every=2)
    >>> _ = step.over(rv.ones(3), epochs=5, watch=watch)
    >>> watch.steps
    array([2, 4])
    >>> watch.history["result"]
    array([ 6., 12.], dtype=float32)
    """

    def __init__(
        self,
        every: int = 1,
        layers: Any = None,
        callback: Callable[[Reading], object] | None = None,
        size: int = 1024,
    ) -> None:
        for name, number in (("every", every), ("size", size)):
            if isinstance(number, bool) or not isinstance(number, int) or number < 1:
                raise ValueRangeError(
                    f"Watch({name}={number!r}): expected a whole number from 1."
                )
        if layers is not None and not hasattr(layers, "named_modules"):
            raise DTypeError(
                f"Watch(layers={layers!r:.40}): expected a module, such as the model; "
                "name single values with rv.probe(name, tensor)."
            )
        self.every = every
        self.layers = layers
        self.callback = callback
        self.size = size
        self.lost = 0
        self.done = 0  # steps of all runs so far
        self.stopping = False
        self._steps: list[Array] = []
        self._columns: dict[str, list[Array]] = {}

    def stop(self) -> None:
        """End the run after the step that it is in; `over` returns what there is."""
        self.stopping = True

    @property
    def steps(self) -> Array:
        """The steps that were read, counted from 1."""
        return np.concatenate([np.zeros(0, np.int64), *self._steps])

    @property
    def history(self) -> dict[str, Array]:
        """Every value by name, (readings, *shape)."""
        return {name: np.concatenate(parts) for name, parts in self._columns.items()}

    def __repr__(self) -> str:
        lost = f", {self.lost} lost" if self.lost else ""
        return f"Watch(every={self.every}: {len(self.steps)} readings{lost})"

    # ---- what the compiler asks ------------------------------------------------------

    def key(self) -> Any:
        """Watches of one key share a program."""
        return (self.layers,)

    def probes(self, recorder: Recorder, results: list[Node]) -> list[Probe]:
        """What is watched of a captured step."""
        names = [f"result.{i}" for i in range(len(results))]
        if len(results) == 1:
            names = ["result"]
        found = list(zip(names, results, strict=True)) + recorder.probes
        if self.layers is not None:
            found += layer_statistics(self.layers, recorder)
        return unique(found)

    def first(self) -> int:
        """How many steps of the next native call go by before one is watched."""
        return self.every - 1 - self.done % self.every

    def take(self, first_step: int, columns: dict[str, Array]) -> None:
        """Note readings, the first of which is of step `first_step`."""
        count = len(next(iter(columns.values())))
        steps = first_step + self.every * np.arange(count)
        self._steps.append(steps)
        for name, values in columns.items():
            self._columns.setdefault(name, []).append(values)
        if self.callback is None:
            return
        for i, step in enumerate(steps):
            if self.stopping:
                break
            reading = {name: _plain(c[i]) for name, c in columns.items()}
            self.callback(Reading(int(step), reading))


def _plain(value: Any) -> Any:
    """A Python number where it is one number."""
    return value.item() if np.ndim(value) == 0 else value
