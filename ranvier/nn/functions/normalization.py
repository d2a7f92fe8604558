"""Normalisation as functions.

Values are taken from their mean and divided by their spread, over the batch (batch
norm), over the features of one example (layer norm, RMS norm) or over groups of its
channels (group norm, instance norm).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from ranvier import ops
from ranvier.errors import LayerShapeError, ShapeError, ValueRangeError
from ranvier.graph import Node, Shape
from ranvier.nn.functions import checks
from ranvier.tensor import Tensor, _wrap

PLANE = 16  # places of a picture that are a piece of their own


def moments(x: Node, over: tuple[int, ...]) -> tuple[Node, Node]:
    """Mean and biased variance over `over`, whose first is the batch.

    Of pictures each has its mean and the squares around it first: one pass over
    memory, nothing to cancel, and pieces that threads share.
    """
    first, *rest = over
    plane = math.prod(x.shape[d] for d in rest)
    if plane < PLANE or x.shape[first] == 1:
        return _two_passes(x, over)
    own, squares = _two_passes(x, tuple(rest), False)
    mean = ops.mean(own, first, True)
    apart = ops.sub(own, mean)
    between = ops.mul(ops.mul(apart, apart), ops.like(x, float(plane)))
    total = ops.total(ops.add(squares, between), first, True)
    return mean, ops.mul(total, ops.like(x, 1.0 / (plane * x.shape[first])))


def _two_passes(
    x: Node, over: tuple[int, ...], divided: bool = True
) -> tuple[Node, Node]:
    mean = ops.mean(x, over, True)
    apart = ops.sub(x, mean)
    squares = ops.mul(apart, apart)
    return mean, (ops.mean if divided else ops.total)(squares, over, True)


def _rate(variance: Node, eps: float) -> Node:
    """1 / √(variance + ε)."""
    root = ops.sqrt(ops.add(variance, ops.like(variance, eps)))
    return ops.div(ops.like(root, 1.0), root)


# ---- over the batch ------------------------------------------------------------------


class Running:
    """Mean and variance that a layer keeps, and how fast they follow: new = (1 - m) old
    + m batch.
    """

    def __init__(self, mean: Tensor, variance: Tensor, momentum: float | Node) -> None:
        self.mean = mean
        self.variance = variance
        self.momentum = momentum

    def follow(self, mean: Node, variance: Node, n: int) -> None:
        """Take in a batch of `n` values a channel; the variance is kept unbiased."""
        whole = ops.mul(variance, ops.like(variance, n / (n - 1)))
        for old, new in ((self.mean, mean), (self.variance, whole)):
            self._step(old, ops.reshape(ops.detach(new), old.shape))

    def _step(self, old: Tensor, new: Node) -> None:
        before = ops.detach(old._node)
        m: Node
        if isinstance(self.momentum, Node):
            m = ops.cast(self.momentum, before.dtype)
        else:
            m = ops.like(before, float(self.momentum))
        rest = ops.sub(ops.like(before, 1.0), m)
        new = ops.cast(new, before.dtype)
        old._rebind(ops.add(ops.mul(before, rest), ops.mul(new, m)))


def batch_norm(
    input: Tensor,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-05,
) -> Tensor:
    """(x - mean) / √(var + ε) · w + b for each channel (dimension 1), over all others.

    Training takes mean and biased variance of the batch and moves the running ones
    towards them, the variance unbiased; otherwise the running ones are taken.
    """
    running = None
    if running_mean is not None and running_var is not None:
        running = Running(running_mean, running_var, momentum)
    return normalise("batch_norm", input, running, weight, bias, training, eps)


def normalise(
    what: str,
    input: Tensor,
    running: Running | None,
    weight: Tensor | None,
    bias: Tensor | None,
    training: bool,
    eps: float,
) -> Tensor:
    """Batch norm of a layer called `what`."""
    x = checks.node(what, input)
    checks.floats(what, x)
    if len(x.shape) < 2:
        remedy = "a tensor of shape (N, C, …)"
        raise LayerShapeError(what, x.shape, "there is no channel", remedy)
    given = (weight, bias, *((running.mean, running.variance) if running else ()))
    checks.one_type(what, x, *given)
    for other in given:
        if other is not None and other.shape != (x.shape[1],):
            reason = f"{x.shape[1]} channels ≠ {other.numel()}"
            remedy = f"num_features={x.shape[1]}"
            raise LayerShapeError(what, x.shape, reason, remedy)
    rank = len(x.shape)
    x = ops.permute(x, (0, *range(2, rank), 1))
    kept = (1,) * (rank - 1) + (x.shape[-1],)
    w = ops.like(x, 1.0) if weight is None else ops.reshape(weight._node, kept)
    b = ops.like(x, 0.0) if bias is None else ops.reshape(bias._node, kept)
    if training or running is None:
        y = _by_batch(what, x, running if training else None, w, b, eps)
    else:
        y = _by_running(x, running, kept, w, b, eps)
    return _wrap(ops.permute(y, (0, rank - 1, *range(1, rank - 1))))


def _by_batch(
    what: str, x: Node, running: Running | None, w: Node, b: Node, eps: float
) -> Node:
    over = tuple(range(len(x.shape) - 1))
    n = math.prod(x.shape[:-1])
    if not n:
        return ops.add(ops.mul(x, w), b)
    if n < 2:
        raise ShapeError(
            f"{what}: one value a channel in {(x.shape[0], *x.shape[:0:-1])} has no "
            "variance; train on batches of at least 2, or call model.eval()."
        )
    mean, variance = moments(x, over)
    if running is not None:
        running.follow(mean, variance, n)
    return ops.normalise(x, mean, _rate(variance, eps), w, b, over)


def _by_running(
    x: Node, running: Running, kept: Shape, w: Node, b: Node, eps: float
) -> Node:
    mean = ops.reshape(running.mean._node, kept)
    rate = _rate(ops.reshape(running.variance._node, kept), eps)
    return ops.add(ops.mul(ops.sub(x, mean), ops.mul(rate, w)), b)


# ---- over the features ---------------------------------------------------------------


def layer_norm(
    input: Tensor,
    normalized_shape: int | Sequence[int],
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-05,
) -> Tensor:
    """(x - mean) / √(var + ε) · w + b over the last dimensions, which have the sizes
    `normalized_shape`.

    >>> import ranvier as rv
    >>> rv.nn.functional.layer_norm(rv.tensor([[1.0, 3.0]]), 2)
    tensor([[-1.0000,  1.0000]])
    """
    given = (normalized_shape, weight, bias, eps)
    return by_features("layer_norm", input, *given)


def by_features(
    what: str,
    input: Tensor,
    normalized_shape: int | Sequence[int],
    weight: Tensor | None,
    bias: Tensor | None,
    eps: float,
) -> Tensor:
    """Layer norm of a layer called `what`."""
    x = checks.node(what, input)
    over = features(what, x, normalized_shape)
    checks.one_type(what, x, weight, bias)
    mean, variance = _two_passes(x, over)
    y = ops.mul(ops.sub(x, mean), _rate(variance, eps))
    return _wrap(affine(y, weight, bias))


def rms_norm(
    input: Tensor,
    normalized_shape: int | Sequence[int],
    weight: Tensor | None = None,
    eps: float | None = None,
) -> Tensor:
    """x / √(mean(x²) + ε) · w over the last dimensions; ε is that of the number type
    where none is given.
    """
    x = checks.node("rms_norm", input)
    over = features("rms_norm", x, normalized_shape)
    if eps is None:
        eps = 2.0**-23 if x.dtype.itemsize == 4 else 2.0**-52
    square = ops.mean(ops.mul(x, x), over, True)
    return _wrap(affine(ops.mul(x, _rate(square, eps)), weight, None))


def features(what: str, x: Node, sizes: int | Sequence[int]) -> tuple[int, ...]:
    """The last dimensions, which must have these sizes."""
    checks.floats(what, x)
    wanted = (sizes,) if isinstance(sizes, int) else tuple(sizes)
    k = len(wanted)
    if not k or x.shape[-k:] != wanted:
        reason = f"the last dimensions {x.shape[-k:] if k else ()} ≠ {wanted}"
        remedy = f"normalized_shape={x.shape[-k:] if k else x.shape[-1:]}"
        raise LayerShapeError(what, x.shape, reason, remedy)
    return tuple(range(len(x.shape) - k, len(x.shape)))


def affine(y: Node, weight: Tensor | None, bias: Tensor | None) -> Node:
    """y · w + b where there are such."""
    if weight is not None:
        y = ops.mul(y, weight._node)
    return y if bias is None else ops.add(y, bias._node)


# ---- over groups of channels ---------------------------------------------------------


def group_norm(
    input: Tensor,
    num_groups: int,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-05,
) -> Tensor:
    """(x - mean) / √(var + ε) · w + b over each of `num_groups` groups of channels of
    one example; w and b are one number a channel.
    """
    return grouped("group_norm", input, num_groups, weight, bias, eps)


def grouped(
    what: str,
    input: Tensor,
    groups: int,
    weight: Tensor | None,
    bias: Tensor | None,
    eps: float,
) -> Tensor:
    """Group norm of a layer called `what`; (N, C, …) is looked at as (N, …, groups,
    C / groups).
    """
    x = checks.floats(what, checks.node(what, input))
    checks.one_type(what, x, weight, bias)
    if len(x.shape) < 2:
        remedy = "a tensor of shape (N, C, …)"
        raise LayerShapeError(what, x.shape, "there is no channel", remedy)
    n, c, *plane = x.shape
    if groups < 1 or c % groups:
        raise ValueRangeError(
            f"{what}: {c} channels in {groups} groups; the number of groups must "
            "divide the number of channels."
        )
    for other in (weight, bias):
        if other is not None and other.shape != (c,):
            reason = f"{c} channels ≠ {other.numel()}"
            raise LayerShapeError(what, x.shape, reason, f"num_channels={c}")
    rank = len(x.shape)
    x = ops.permute(x, (0, *range(2, rank), 1))
    x = ops.reshape(x, (n, *plane, groups, c // groups))
    over = (*range(1, rank - 1), rank)
    mean, variance = _two_passes(x, over)
    y = ops.mul(ops.sub(x, mean), _rate(variance, eps))
    y = affine(ops.reshape(y, (n, *plane, c)), weight, bias)
    return _wrap(ops.permute(y, (0, rank - 1, *range(1, rank - 1))))


def instance_norm(
    input: Tensor,
    running_mean: Tensor | None = None,
    running_var: Tensor | None = None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    use_input_stats: bool = True,
    momentum: float = 0.1,
    eps: float = 1e-05,
) -> Tensor:
    """Group norm with one channel a group; with ``use_input_stats=False`` the running
    mean and variance are taken.
    """
    return by_instance(
        "instance_norm", input, running_mean, running_var, weight, bias,
        use_input_stats, momentum, eps,
    )  # fmt: skip


def by_instance(
    what: str,
    input: Tensor,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    weight: Tensor | None,
    bias: Tensor | None,
    use_input_stats: bool,
    momentum: float,
    eps: float,
) -> Tensor:
    """Instance norm of a layer called `what`."""
    x = checks.node(what, input)
    running = None
    if running_mean is not None and running_var is not None:
        running = Running(running_mean, running_var, momentum)
    if not use_input_stats:
        return normalise(what, input, running, weight, bias, False, eps)
    if len(x.shape) > 1 and math.prod(x.shape[2:]) == 1:
        raise ShapeError(
            f"{what}: one place a channel in {x.shape} has no variance; give it "
            "pictures of at least 2 places, or use_input_stats=False."
        )
    if running is not None and x.shape[0]:
        checks.one_type(what, x, running_mean)
        _follow_instances(running, ops.detach(x))
    channels = x.shape[1] if len(x.shape) > 1 else 1
    return grouped(what, input, channels, weight, bias, eps)


def _follow_instances(running: Running, x: Node) -> None:
    """Mean and variance of each instance, averaged over the batch."""
    over = tuple(range(2, len(x.shape)))
    mean, variance = _two_passes(x, over)
    n = math.prod(x.shape[2:])
    running.follow(ops.mean(mean, 0, True), ops.mean(variance, 0, True), n)


# ---- by neighbours and by length -----------------------------------------------------


def local_response_norm(
    input: Tensor, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0
) -> Tensor:
    """x / (k + α/n Σ x²)^β with the sum over the n = `size` channels around each:
    n // 2 in front, (n - 1) // 2 behind. Shapes: (N, C, …) → the same.
    """
    x = checks.floats("local_response_norm", checks.node("local_response_norm", input))
    checks.positive("local_response_norm", "size", size)
    if len(x.shape) < 3:
        reason = f"{len(x.shape)} dimensions, expected at least 3"
        remedy = "a tensor of shape (N, C, …)"
        raise LayerShapeError("local_response_norm", x.shape, reason, remedy)
    around = [(0, 0, 0)] * len(x.shape)
    around[1] = (size // 2, (size - 1) // 2, 0)
    slides = tuple(ops.Slide(size) if d == 1 else None for d in range(len(x.shape)))
    squares = ops.pad(ops.mul(x, x), tuple(around))
    mean = ops.mul(ops.total(ops.window(squares, slides), 2), ops.like(x, alpha / size))
    divisor = ops.power(ops.add(mean, ops.like(x, float(k))), ops.like(x, float(beta)))
    return _wrap(ops.div(x, divisor))


def normalize(
    input: Tensor, p: float = 2.0, dim: int = 1, eps: float = 1e-12
) -> Tensor:
    """x / max(‖x‖_p, ε) along `dim`.

    >>> import ranvier as rv
    >>> rv.nn.functional.normalize(rv.tensor([[3.0, 4.0]]))
    tensor([[0.6000, 0.8000]])
    """
    x = checks.floats("normalize", checks.node("normalize", input))
    length = input.norm(p, ops.axis(dim, len(x.shape), "normalize"), True)._node
    short = ops.lt(length, ops.like(length, eps))
    return _wrap(ops.div(x, ops.where(short, ops.like(length, eps), length)))
