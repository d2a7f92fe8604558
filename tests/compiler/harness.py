"""Running one graph natively on a chosen target, and how far a result may be from
the oracle.

The bound comes from the graph itself: the float64 oracle is run again a few times
with a random relative change of the size of float32's rounding put into every
operation that rounds (a sum and a product have it in every term, larger by 1 + √n/4
for n terms: the partial sums round too). How far these runs move apart is how much
the graph amplifies rounding; a native result may be `FACTOR` times as far from the
oracle, plus a few units in the last place of the result. Cancellation and steep
functions widen the bound by themselves; moves, comparisons and extremes are exact
and add nothing.
"""

import numpy as np
from unroll import unrolled

from ranvier import ops
from ranvier.compiler import pipeline
from ranvier.compiler.derive.expand import derive
from ranvier.compiler.derive.sweep import sweep
from ranvier.compiler.fuse.target import SSE2
from ranvier.compiler.run.interpret import evaluate
from ranvier.compiler.run.jit import host
from ranvier.graph import Graph, hole

FACTOR = 6.0
SAMPLES = 4
EPS = 2.0**-23
TINY = 1e-36
ROUGH = {"exp", "expm1", "log", "log1p", "tanh", "sigmoid", "sin", "cos", "erf", "pow"}
ROUGH |= {"tan", "asin", "acos", "atan", "sinh", "cosh", "asinh", "acosh", "atanh"}
ROUGH |= {"erfc", "lgamma", "atan2", "hypot", "erfinv", "binary_entropy"}
ROUNDS = {
    "add",
    "sub",
    "mul",
    "div",
    "sqrt",
    "mod",
    "fmod",
    "cast",
    "normalise",
} | ROUGH
TERMS = {"sum", "prod", "matmul", "scatter_add", "fold", "conv", "conv_weight"}
TERMS |= {"cumsum", "cumprod"}

WIDTHS = {
    "host": host(),
    "sse2": SSE2,
    "lanes4": host()._replace(lanes=4),
    "lanes8": host()._replace(lanes=8),
    "lanes16": host()._replace(lanes=16, registers=32),
}


def run_native(graph, arrays, target=None, threads=1):
    """(outputs, new values of inputs, failed guard or None); `arrays` stay."""
    target = (target or host())._replace(threads=threads)
    made = pipeline.plan([graph], single=True, target=target)
    program = made.program
    held = [np.array(a, order="C") for a in arrays]
    results = [np.full(o.shape, 77, o.dtype.np) for o in graph.outputs]
    for position, array in enumerate([*held, *results]):
        program.bind(position, array)
    outcome = program.run(1, (1,))
    return results, held, outcome.guard


def oracle(graph, arrays, noise=None):
    """Outputs in float64, and with `noise` disturbed as float32 would."""
    graph = unrolled(derive(graph))
    values = {}
    for node, array in zip(graph.inputs, arrays, strict=True):
        values[node] = array.astype(np.float64) if array.dtype == np.float32 else array
    for node in graph.nodes():
        if node in values:
            continue
        sources = [values[s] for s in node.srcs]
        if noise is not None and node.dtype.is_float and node.op in TERMS:
            terms = _terms(node, sources)
            sources[0] = disturbed(sources[0], noise, EPS * (1 + np.sqrt(terms) / 4))
        value = evaluate(node, sources, wide=True)
        if (
            noise is not None
            and node.dtype.is_float
            and (node.op in ROUNDS or node.op in TERMS or node.op == "const")
        ):
            value = disturbed(value, noise, 3 * EPS if node.op in ROUGH else EPS)
        values[node] = value
    return [np.asarray(values[o]) for o in graph.outputs]


def _terms(node, sources):
    """How many numbers each element of the result adds up."""
    if node.op == "matmul":
        return sources[0].shape[-1]
    if node.op in ("conv", "conv_weight"):
        return np.prod(sources[1].shape[:-1])
    if node.op in ("cumsum", "cumprod"):
        return node.shape[node.attrs]
    return sources[0].size / max(1, min(np.prod(node.shape), sources[0].size))


def disturbed(x, noise, size):
    if x.dtype.kind != "f":
        return x
    return x * (1.0 + size * noise.uniform(-1, 1, x.shape))


def tolerance(graph, arrays, exact):
    """How far each element of each output may be from `exact`."""
    noise = np.random.default_rng(1)
    spread = [np.zeros(e.shape) for e in exact]
    with np.errstate(all="ignore"):
        for _ in range(SAMPLES):
            for s, e, d in zip(
                spread, exact, oracle(graph, arrays, noise), strict=True
            ):
                if e.dtype.kind == "f":
                    np.maximum(s, np.abs(d - e), out=s)
        return [
            FACTOR * s + 4 * EPS * np.abs(e) + TINY if e.dtype.kind == "f" else s
            for s, e in zip(spread, exact, strict=True)
        ]


def assert_close(got, exact, bound, what=""):
    """Equal where not finite, else within the bound."""
    assert got.shape == exact.shape, what
    if exact.dtype.kind != "f":
        np.testing.assert_array_equal(got, exact, err_msg=what)
        return
    with np.errstate(all="ignore"):
        exact32 = exact.astype(got.dtype)
        same = (got == exact32) | (np.isnan(got) & np.isnan(exact32))
        near = np.abs(got.astype(np.float64) - exact) <= bound
    wrong = ~(same | near)
    if wrong.any():
        at = tuple(np.argwhere(wrong)[0])
        raise AssertionError(
            f"{what}: at {at} got {got[at]!r}, exact {exact[at]!r}, "
            f"bound {bound[at]:.3g}; "
            f"{wrong.sum()} of {wrong.size} wrong"
        )


def assert_native_agrees(graph, arrays, target=None, threads=1, what=""):
    """Every output of the native run is near the float64 oracle."""
    with np.errstate(all="ignore"):
        exact = oracle(graph, arrays)
    bounds = tolerance(graph, arrays, exact)
    replaced = {o: i for i, o in graph.updates}
    guarded = {o for o, _ in graph.guards}
    results, held, failed = run_native(graph, arrays, target, threads)
    if failed is not None:
        bad = [exact[o] for o in guarded if not exact[o].all()]
        assert bad, f"{what}: a guard failed that holds"
        for i in replaced.values():
            np.testing.assert_array_equal(held[i], arrays[i])
        return results
    assert all(exact[o].all() for o in guarded), (
        f"{what}: a guard was passed that fails"
    )
    for o, (e, b) in enumerate(zip(exact, bounds, strict=True)):
        if o in guarded:
            continue
        got = held[replaced[o]] if o in replaced else results[o]
        assert_close(got, e, b, f"{what} output {o} ({graph.outputs[o].op})")
    kept = set(range(len(arrays))) - set(replaced.values())
    for i in kept:
        np.testing.assert_array_equal(
            held[i], arrays[i], err_msg=f"{what}: input {i} was written"
        )
    return results


def holes_for(arrays, rg=True):
    """A hole an array; float ones require a gradient."""
    from ranvier import dtypes

    made = []
    for i, a in enumerate(arrays):
        kind = dtypes.of(a)
        made.append(hole(i, a.shape, kind, rg and kind.is_float))
    return made


def with_gradient(inputs, y):
    """Graph of y and its gradients; the cotangent of y is a fixed wave of numbers."""
    wrt = [i for i in inputs if i.rg]
    if not y.rg or not wrt:
        return Graph(inputs, [y])
    wave = ops.cast(ops.iota(int(np.prod(y.shape))), y.dtype)
    seed = ops.sub(ops.mul(wave, ops.like(wave, 0.25)), ops.like(wave, 0.5))
    seed = ops.reshape(seed, y.shape)
    return Graph(inputs, [y, *sweep(y, seed, wrt)])
