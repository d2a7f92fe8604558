"""JAX with the whole epoch inside `jit`: a `fori_loop` that gathers its mini-batch."""

from functools import cache
from time import perf_counter
from typing import Any

import numpy as np

from benchmarks.datasets import load
from benchmarks.orders import orders
from benchmarks.result import Result, final_loss
from benchmarks.version import installed
from benchmarks.weights import initial_weights
from benchmarks.workloads import Workload


def available() -> str | None:
    return installed("jax")


def supports(workload: Workload) -> bool:
    known = {"Linear", "ReLU", "Sigmoid"}
    return all(layer.kind in known for layer in workload.layers)


def run(workload: Workload, steps: int, threads: int) -> Result:
    """Train; the number of threads is XLA's, set in the environment."""
    import jax

    program = epoch_program(workload)
    x, y = (jax.device_put(part) for part in _data(workload))
    epochs = _epochs(workload, steps)
    state = _initial_state(workload)
    begin = perf_counter()
    state = jax.block_until_ready(program(state, x, y, epochs[0][0], 0))
    compiled = perf_counter()
    for order, count in epochs:
        state = program(state, x, y, order, count)
    jax.block_until_ready(state)
    each = (perf_counter() - compiled) / steps
    weights = {name: np.asarray(value) for name, value in state[0].items()}
    return Result(each, final_loss(workload, weights), compiled - begin)


def _data(workload: Workload) -> tuple[np.ndarray, np.ndarray]:
    x, y = load(workload)
    return x, y.astype(np.int32) if y.dtype == np.int64 else y


def _epochs(workload: Workload, steps: int) -> list[tuple[Any, int]]:
    """Return (row numbers, steps) of each call; a full batch needs only one call."""
    import jax

    if workload.full_batch:
        return [(jax.device_put(np.zeros(0, np.int32)), steps)]
    whole = workload.steps_per_epoch * workload.batch
    epochs = []
    for order in orders(workload, 0, steps):
        padded = np.zeros(whole, np.int32)
        padded[: len(order)] = order
        epochs.append((jax.device_put(padded), len(order) // workload.batch))
    return epochs


def _initial_state(workload: Workload) -> tuple:
    import jax
    import jax.numpy as jnp

    weights = initial_weights(workload)
    zeros = [jax.tree.map(jnp.zeros_like, weights) for _ in range(2)]
    moments = zeros if workload.optimizer == "Adam" else [{}, {}]
    return jax.device_put((weights, *moments, jnp.float32(0)))


@cache
def epoch_program(workload: Workload) -> Any:
    """Return `program(state, x, y, order, count)`, compiled, its state donated."""
    import jax
    from jax import lax

    slope = jax.grad(lambda w, x, y: loss(workload, w, x, y))
    update = {"SGD": sgd, "Adam": adam}[workload.optimizer]

    def epoch(state: tuple, x: Any, y: Any, order: Any, count: int) -> tuple:
        def step(i: Any, state: tuple) -> tuple:
            if workload.full_batch:
                return update(workload.lr, state, slope(state[0], x, y))
            start = i * workload.batch
            rows = lax.dynamic_slice_in_dim(order, start, workload.batch)
            return update(workload.lr, state, slope(state[0], x[rows], y[rows]))

        return lax.fori_loop(0, count, step, state)

    return jax.jit(epoch, donate_argnums=0)


def loss(workload: Workload, weights: dict, x: Any, y: Any) -> Any:
    import jax
    import jax.numpy as jnp

    for place, layer in enumerate(workload.layers):
        if layer.kind == "Linear":
            x = x @ weights[f"{place}.weight"].T + weights.get(f"{place}.bias", 0)
        else:
            x = {"ReLU": jax.nn.relu, "Sigmoid": jax.nn.sigmoid}[layer.kind](x)
    if workload.loss == "MSELoss":
        return jnp.mean((x - y) ** 2)
    chosen = jnp.take_along_axis(jax.nn.log_softmax(x), y[:, None], axis=1)
    return -jnp.mean(chosen)


def sgd(lr: float, state: tuple, slopes: dict) -> tuple:
    """w ← w - lr g."""
    w, m, v, t = state
    return {name: w[name] - lr * slopes[name] for name in w}, m, v, t


def adam(lr: float, state: tuple, slopes: dict) -> tuple:
    """m ← β₁m + (1-β₁)g; v ← β₂v + (1-β₂)g²; w ← w - lr m̂ / (√v̂ + ε)."""
    import jax
    import jax.numpy as jnp

    w, m, v, t = state
    t = t + 1
    m = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, m, slopes)
    v = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, v, slopes)
    rate, scale = lr / (1 - 0.9**t), 1 / jnp.sqrt(1 - 0.999**t)
    move = jax.tree.map(lambda m, v: rate * m / (jnp.sqrt(v) * scale + 1e-8), m, v)
    return jax.tree.map(jnp.subtract, w, move), m, v, t
