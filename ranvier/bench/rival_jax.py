"""JAX with the whole epoch inside `jit`: a `fori_loop` that gathers its mini-batch."""

from __future__ import annotations

from functools import cache
from time import perf_counter
from typing import Any

import numpy as np

from .datasets import load
from .orders import orders
from .result import Job, Result, judged
from .version import installed
from .weights import initial_weights
from .workloads import Workload

Array = np.ndarray[Any, Any]


def available() -> str | None:
    return installed("jax")


def refuses(workload: Workload) -> str:
    if workload.name == "resnet18":
        return "about ten times PyTorch's time on convolutions: minutes a step"
    return ""


def job(workload: Workload, threads: int) -> Job:
    """The number of threads is XLA's, set in the environment."""
    training = Training(workload)
    return Job(training.check, training.run)


class Training:
    """Weights and optimiser state that a compiled epoch takes and returns."""

    def __init__(self, workload: Workload) -> None:
        import jax

        self.workload, self.done = workload, 0
        self.program = epoch_program(workload)
        self.x, self.y = (jax.device_put(part) for part in _data(workload))
        self.state = _initial_state(workload)

    def check(self, steps: int) -> Result:
        import jax

        begin = perf_counter()
        nothing = _padded(self.workload, np.zeros(0, np.int32))
        self.state = jax.block_until_ready(self._epoch(nothing, 0))
        compiled = perf_counter() - begin
        result = self.run(steps)
        return Result(result.seconds_per_step, result.loss, compiled)

    def run(self, steps: int) -> Result:
        import jax

        epochs = _epochs(self.workload, self.done, steps)
        self.done += steps
        begin = perf_counter()
        for order, count in epochs:
            self.state = self._epoch(order, count)
        jax.block_until_ready(self.state)
        each = (perf_counter() - begin) / steps
        weights = {name: np.asarray(value) for name, value in self.state[0].items()}
        return Result(each, judged(self.workload, weights, float(self.state[-1])))

    def _epoch(self, order: Any, count: int) -> Any:
        return self.program(self.state, self.x, self.y, order, count)


def _data(workload: Workload) -> tuple[Array, Array]:
    x, y = load(workload).floats(), load(workload).y
    return x, y.astype(np.int32) if y.dtype == np.int64 else y


def _epochs(workload: Workload, first: int, steps: int) -> list[tuple[Any, int]]:
    """(row numbers, steps) of each call; a full batch needs only one call."""
    if workload.full_batch:
        return [(_padded(workload, np.zeros(0, np.int32)), steps)]
    parts = orders(workload, first, first + steps)
    return [(_padded(workload, o), len(o) // workload.batch) for o in parts]


def _padded(workload: Workload, order: Array) -> Any:
    """Row numbers of one length, so that one program serves every call."""
    import jax

    whole = 0 if workload.full_batch else workload.steps_per_epoch * workload.batch
    padded = np.zeros(whole, np.int32)
    padded[: len(order)] = order
    return jax.device_put(padded)


def _initial_state(workload: Workload) -> Any:
    """Weights, two moments, the step's number, the last loss."""
    import jax
    import jax.numpy as jnp

    weights = initial_weights(workload)
    zeros = [jax.tree.map(jnp.zeros_like, weights) for _ in range(2)]
    moments = zeros if workload.optimizer == "Adam" else [{}, {}]
    return jax.device_put((weights, *moments, jnp.float32(0), jnp.float32(0)))


@cache
def epoch_program(workload: Workload) -> Any:
    """`program(state, x, y, order, count)`, compiled, its state donated."""
    import jax
    from jax import lax

    slope = jax.value_and_grad(lambda w, x, y: loss(workload, w, x, y))
    update = {"SGD": sgd, "Adam": adam}[workload.optimizer]

    def epoch(state: Any, x: Any, y: Any, order: Any, count: int) -> Any:
        def step(i: Any, state: Any) -> Any:
            rows = slice(None)
            if not workload.full_batch:
                start = i * workload.batch
                rows = lax.dynamic_slice_in_dim(order, start, workload.batch)
            last, slopes = slope(state[0], x[rows], y[rows])
            return (*update(workload, state, slopes), last)

        return lax.fori_loop(0, count, step, state)

    return jax.jit(epoch, donate_argnums=0)


def loss(workload: Workload, weights: Any, x: Any, y: Any) -> Any:
    import jax
    import jax.numpy as jnp

    for place, layer in enumerate(workload.layers):
        own = {
            name.partition(".")[2]: value
            for name, value in weights.items()
            if name.startswith(f"{place}.")
        }
        x = LAYERS[layer.kind](own, x, *layer.arguments)
    if workload.loss == "MSELoss":
        return jnp.mean((x - y) ** 2)
    chosen = jnp.take_along_axis(jax.nn.log_softmax(x), y[:, None], axis=1)
    return -jnp.mean(chosen)


def linear(w: Any, x: Any, *_: int) -> Any:
    return x @ w["weight"].T + w.get("bias", 0)


def relu(w: Any, x: Any) -> Any:
    import jax

    return jax.nn.relu(x)


def sigmoid(w: Any, x: Any) -> Any:
    import jax

    return jax.nn.sigmoid(x)


def conv(
    w: Any, x: Any, inputs: int, outputs: int, size: int, stride: int, padding: int
) -> Any:
    from jax import lax

    sides = [(padding, padding)] * 2
    y = lax.conv_general_dilated(x, w["weight"], (stride, stride), sides)
    return y + w["bias"][:, None, None]


def pool(w: Any, x: Any, size: int) -> Any:
    from jax import lax

    window = (1, 1, size, size)
    return lax.reduce_window(x, -np.inf, lax.max, window, window, "VALID")


def norm(w: Any, x: Any, *_: int) -> Any:
    """By the batch's own mean and variance; running ones are not kept here."""
    import jax.numpy as jnp

    centred = x - x.mean(axis=(0, 2, 3), keepdims=True)
    variance = (centred**2).mean(axis=(0, 2, 3), keepdims=True)
    scaled = centred / jnp.sqrt(variance + 1e-5)
    return scaled * w["weight"][:, None, None] + w["bias"][:, None, None]


def last_state(w: Any, x: Any, inputs: int, hidden: int, layers: int) -> Any:
    """Gates in PyTorch's order: input, forget, cell, output."""
    import jax
    import jax.numpy as jnp
    from jax import lax

    x = x.swapaxes(0, 1)
    zero = jnp.zeros((x.shape[1], hidden))
    for n in range(layers):
        ih, hh, bi, bh = (
            w[f"lstm.{name}_l{n}"]
            for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
        )

        def cell(state: Any, z: Any, hh: Any = hh) -> Any:
            h, c = state
            i, f, g, o = jnp.split(z + h @ hh.T, 4, axis=1)
            c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
            h = jax.nn.sigmoid(o) * jnp.tanh(c)
            return (h, c), h

        _, x = lax.scan(cell, (zero, zero), x @ ih.T + bi + bh)
    return x[-1]


LAYERS: dict[str, Any] = {
    "Linear": linear,
    "ReLU": relu,
    "Sigmoid": sigmoid,
    "Conv2d": conv,
    "MaxPool2d": pool,
    "BatchNorm2d": norm,
    "LastState": last_state,
    "Flatten": lambda w, x: x.reshape(len(x), -1),
}


def sgd(workload: Workload, state: Any, slopes: Any) -> Any:
    """w ← w - lr g."""
    w, m, v, t, _ = state
    return {name: w[name] - workload.lr * slopes[name] for name in w}, m, v, t


def adam(workload: Workload, state: Any, slopes: Any) -> Any:
    """m ← β₁m + (1-β₁)g; v ← β₂v + (1-β₂)g²; w ← w - lr m̂ / (√v̂ + ε)."""
    import jax
    import jax.numpy as jnp

    w, m, v, t, _ = state
    t = t + 1
    m = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, m, slopes)
    v = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, v, slopes)
    rate, scale = workload.lr / (1 - 0.9**t), 1 / jnp.sqrt(1 - 0.999**t)
    move = jax.tree.map(lambda m, v: rate * m / (jnp.sqrt(v) * scale + 1e-8), m, v)
    return jax.tree.map(jnp.subtract, w, move), m, v, t
