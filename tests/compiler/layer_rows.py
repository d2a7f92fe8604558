"""What the campaign's graphs may hold beside plain primitives: one row a kind.

A row takes a growing graph and gives a node, or None where nothing fits. It is written
with the names that users type, so it meets the primitives in the form in which layers
make them.
"""

from functools import partial

from ranvier import ops
from ranvier.nn import functional as F
from ranvier.nn import recurrence
from ranvier.tensor import Tensor


def on(rank, function):
    """`function(g, tensor)` on a node of this many dimensions."""

    def row(g):
        x = g.exact(rank)
        y = None if x is None else function(g, Tensor._of(x))
        return None if y is None else y._node

    return row


def convolution(g, x, function, dims):
    """Any kernel, stride, padding, dilation and number of groups that fit."""
    r = g.r
    kernel = [r.choice([1, 2, 3, 3]) for _ in range(dims)]
    padding = r.choice([0, 0, 1, 2])
    dilation = r.choice([1, 1, 2])
    if any(
        dilation * (k - 1) >= n + 2 * padding
        for n, k in zip(x.shape[2:], kernel, strict=True)
    ):
        kernel, dilation = [1] * dims, 1
    groups = r.choice([n for n in (1, 1, 2, 3) if x.shape[1] % n == 0])
    outputs = groups * r.choice([1, 2, 3, 5, 8])
    weight = Tensor._of(g.noise(outputs, x.shape[1] // groups, *kernel))
    bias = Tensor._of(g.noise(outputs)) if r.random() < 0.5 else None
    stride = r.choice([1, 1, 2])
    return function(x, weight, bias, stride, padding, dilation, groups)


def transposed(g, x):
    """A kernel of 2x3; with a border taken off where something is left inside."""
    weight = Tensor._of(g.noise(x.shape[1], g.r.choice([1, 2, 3]), 2, 3))
    padding = g.r.choice([0, 1]) if min(x.shape[2:]) > 1 else 0
    return F.conv_transpose2d(x, weight, None, g.r.choice([1, 2]), padding)


def pooling(g, x, function):
    """Windows that overlap, touch, or leave gaps; with a border or without."""
    size = min(g.r.choice([1, 2, 2, 3]), *x.shape[2:])
    stride = g.r.choice([1, 2, 3])
    padding = g.r.choice([0, 0, size // 2])
    return function(x, size, stride, padding)


def unfolded(g, x):
    """Overlapping windows as a view, and with them added up again."""
    slide = ops.Slide(min(g.r.choice([1, 2, 3]), x.shape[1]), g.r.choice([1, 2]))
    y = ops.window(x._node, (None, slide, None))
    again = g.r.random() < 0.5
    return Tensor._of(ops.fold(y, (None, slide, None), x.shape) if again else y)


def norm_over(g, x, dims):
    """Batch norm's arithmetic: centred and scaled over these dimensions."""
    x = x._node
    centred = ops.sub(x, ops.mean(x, dims, True))
    variance = ops.mean(ops.mul(centred, centred), dims, True)
    spread = ops.sqrt(ops.add(variance, ops.like(variance, 0.1)))
    return Tensor._of(ops.div(centred, spread))


def batch_norm(g, x):
    """With the gradient rule of its own; the weight may be left out."""
    if x.numel() // x.shape[1] < 2:
        return None
    weight = Tensor._of(g.noise(x.shape[1])) if g.r.random() < 0.5 else None
    return F.batch_norm(x, None, None, weight, None, True, eps=0.1)


def running(g, x):
    dim = g.r.randrange(x.ndim)
    return x.cumsum(dim) if g.r.random() < 0.7 else x.tanh().cumprod(dim)


def bordered(g, x):
    """A border made from the array itself, or of a number."""
    mode = g.r.choice(["reflect", "replicate", "circular", "constant"])
    most = x.shape[-1] - 1 if mode == "reflect" else x.shape[-1]
    sides = [g.r.randint(0, min(2, most)) for _ in range(2)]
    return F.pad(x, sides, mode)


def last_softmax(g, x, function):
    return function(x, g.r.choice([-1, 0]))


def recurrent(g, x, kind):
    """A layer over (steps, batch, features), forwards or backwards in time."""
    found, hidden = recurrence.KINDS[kind], g.r.choice([1, 2, 5, 8])
    wide = found.gates * hidden
    gates = ops.matmul(x._node, g.noise(x.shape[2], wide))
    carries = [g.noise(x.shape[1], hidden) for _ in range(found.carries)]
    weights = [g.noise(wide, hidden)]
    y, _ = recurrence.run(kind, carries, gates, weights, g.r.random() < 0.5)
    return Tensor._of(y)


# fmt: off
ROWS = {
    "conv1d":      on(3, partial(convolution, function=F.conv1d, dims=1)),
    "conv2d":      on(4, partial(convolution, function=F.conv2d, dims=2)),
    "transposed":  on(4, transposed),
    "max_pool":    on(4, partial(pooling, function=F.max_pool2d)),
    "avg_pool":    on(4, partial(pooling, function=F.avg_pool2d)),
    "unfold":      on(3, unfolded),
    "norm":        on(4, partial(norm_over, dims=(0, 2, 3))),
    "batch_norm":  on(4, batch_norm),
    "batch_norm1": on(2, batch_norm),
    "layer_norm":  on(3, lambda g, x: F.layer_norm(x, x.shape[1:], eps=0.1)),
    "group_norm":  on(4, lambda g, x: F.group_norm(x, x.shape[1], eps=0.5)),
    "running":     on(3, running),
    "border":      on(3, bordered),
    "rows_norm":   on(2, partial(norm_over, dims=(1,))),
    "softmax":     on(2, partial(last_softmax, function=F.softmax)),
    "log_softmax": on(2, partial(last_softmax, function=F.log_softmax)),
    "cumsum":      on(2, lambda g, x: x.cumsum(g.r.choice([0, 1]))),
    "sort":        on(2, lambda g, x: x.sort(g.r.choice([0, 1]))[0]),
    "lstm":        on(3, partial(recurrent, kind="LSTM")),
    "gru":         on(3, partial(recurrent, kind="GRU")),
    "gelu":        on(3, lambda g, x: F.gelu(x)),
}
# fmt: on
