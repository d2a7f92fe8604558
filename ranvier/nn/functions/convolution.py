"""Convolutions as functions. Images come with their channels second, as in PyTorch;
inside, the channels lie last, where they fill the vector lanes.
"""

from __future__ import annotations

from collections.abc import Sequence

from ranvier import ops
from ranvier.dtypes import DType
from ranvier.errors import DTypeError, ShapeError, ValueRangeError
from ranvier.graph import Node, Shape
from ranvier.ops.conv import span
from ranvier.tensor import Tensor, _wrap, not_a_tensor

Size = int | Sequence[int]
Padding = str | Size


def sizes(value: Size, rank: int, name: str, low: int = 1) -> Shape:
    """One number a spatial dimension.

    >>> sizes(3, 2, "stride")
    (3, 3)
    """
    given = (value,) * rank if isinstance(value, int) else tuple(value)
    if len(given) == 1:
        given *= rank
    if len(given) != rank or not all(
        isinstance(n, int) and not isinstance(n, bool) and n >= low for n in given
    ):
        raise ValueRangeError(
            f"{name}={value!r}: expected a whole number from {low}, or {rank} of them."
        )
    return given


def _convolve(
    what: str,
    rank: int,
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    stride: Size,
    padding: Padding,
    dilation: Size,
    groups: int,
) -> Tensor:
    x, w, single = _factors(what, rank, input, weight)
    window = ops.Window(
        sizes(stride, rank, f"{what}: stride"),
        sizes(dilation, rank, f"{what}: dilation"),
        groups,
    )
    _check_channels(what, x.shape, w.shape, bias, groups, (1, 0))
    kernel = w.shape[2:]
    around = edges(what, padding, kernel, window)
    x = ops.pad(ops.permute(x, (0, *range(2, rank + 2), 1)), _around(around))
    reach = tuple(span(k, d) for k, d in zip(kernel, window.dilation, strict=True))
    if any(n < m for n, m in zip(x.shape[1:-1], reach, strict=True)):
        raise ShapeError(
            f"{what}: an input of {_spatial(input, rank)} with padding "
            f"{tuple(e[0] for e in around)} is smaller than the kernel, which spans "
            f"{reach}. Use a smaller kernel_size or dilation, or more padding."
        )
    if 0 in x.shape:
        plane = [
            ops.Slide(k, s, d).count(n)
            for n, k, s, d in zip(x.shape[1:-1], kernel, *window[:2], strict=True)
        ]
        y = _nothing((x.shape[0], *plane, w.shape[0]), x, w)
    else:
        y = ops.conv(x, ops.permute(w, (*range(2, rank + 2), 1, 0)), window)
    return _result(y, bias, rank, single)


def _nothing(shape: Shape, *factors: Node) -> Node:
    """A result without elements that was made of these."""
    parts = [ops.mul(ops.total(x), ops.like(x, 0.0)) for x in factors]
    return ops.expand(ops.add(*parts), shape)


def _transpose(
    what: str,
    rank: int,
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    stride: Size,
    padding: Size,
    output_padding: Size,
    groups: int,
    dilation: Size,
) -> Tensor:
    g, w, single = _factors(what, rank, input, weight)
    window = ops.Window(
        sizes(stride, rank, f"{what}: stride"),
        sizes(dilation, rank, f"{what}: dilation"),
        groups,
    )
    edges = sizes(padding, rank, f"{what}: padding", 0)
    extra = sizes(output_padding, rank, f"{what}: output_padding", 0)
    if any(e >= max(s, d) for e, s, d in zip(extra, *window[:2], strict=True)):
        raise ValueRangeError(
            f"{what}: output_padding={output_padding!r} must be smaller than the "
            f"stride {window.stride} or the dilation {window.dilation}."
        )
    _check_channels(what, g.shape, w.shape, bias, groups, (0, 1))
    kernel = w.shape[2:]
    full = tuple(
        span(n, s) + span(k, d) - 1 + max(0, e - p)
        for n, k, s, d, e, p in zip(
            g.shape[2:], kernel, *window[:2], extra, edges, strict=True
        )
    )
    order = (0, *range(2, rank + 2), 1)
    # (in, out / groups, *K) → (*K, out / groups, in): the kernel of the convolution
    # that this is the transpose of
    kernels = ops.permute(w, (*range(2, rank + 2), 1, 0))
    if g.shape[0]:
        y = ops.conv_input(ops.permute(g, order), kernels, window, full)
    else:
        y = _nothing((0, *full, w.shape[1] * groups), g, w)
    parts = [(0, y.shape[0], 1)]
    for n, k, s, d, e, p in zip(
        g.shape[2:], kernel, *window[:2], extra, edges, strict=True
    ):
        size = span(n, s) + span(k, d) - 1 + e - 2 * p
        if size < 1:
            raise ShapeError(
                f"{what}: padding {edges} leaves nothing of the result; use less."
            )
        parts.append((p, p + size, 1))
    y = ops.cut(y, (*parts, (0, y.shape[-1], 1)))
    return _result(y, bias, rank, single)


def _factors(
    what: str, rank: int, input: Tensor, weight: Tensor
) -> tuple[Node, Node, bool]:
    """Nodes of both; an input without a batch gets one of 1."""
    for value in (input, weight):
        if not isinstance(value, Tensor):
            raise not_a_tensor(what, value)
    x, w = input._node, weight._node
    if len(w.shape) != rank + 2:
        raise ShapeError(
            f"{what}: the weight has shape {w.shape}; expected {rank + 2} dimensions: "
            "(out_channels, in_channels / groups, *kernel_size)."
        )
    if len(x.shape) not in (rank + 1, rank + 2):
        letters = ", ".join("DHW"[3 - rank :])
        raise ShapeError(
            f"{what}: the input has shape {x.shape}; expected (batch, channels, "
            f"{letters}) or (channels, {letters}). x.unsqueeze(1) puts a dimension of "
            "one channel after the batch."
        )
    _check_types(what, x.dtype, w.dtype)
    single = len(x.shape) == rank + 1
    return (ops.reshape(x, (1, *x.shape)) if single else x), w, single


def _check_types(what: str, x: DType, w: DType) -> None:
    if x is not w:
        remedy = "x.double()" if w.name == "float64" else "x.float()"
        raise DTypeError(
            f"{what}: the input holds {x.name}, the weights {w.name}; convert the "
            f"input with {remedy}."
        )


def _check_channels(
    what: str, x: Shape, w: Shape, bias: Tensor | None, groups: int, at: tuple[int, int]
) -> None:
    """`at` says which dimension of the weight counts input and output channels."""
    if isinstance(groups, bool) or not isinstance(groups, int) or groups < 1:
        raise ValueRangeError(
            f"{what}: groups={groups!r}: expected a whole number from 1."
        )
    each = [groups if i == 1 else 1 for i in at]
    fed, made = (w[i] * n for i, n in zip(at, each, strict=True))
    if x[1] != fed:
        raise ShapeError(
            f"{what}: the input has {x[1]} channels (shape {x}), the weight {w} with "
            f"groups={groups} takes {fed}."
        )
    if fed % groups or made % groups:
        raise ValueRangeError(
            f"{what}: groups={groups} must divide the {fed} input and the {made} "
            "output channels."
        )
    if bias is not None and bias.shape != (made,):
        raise ShapeError(
            f"{what}: the bias has shape {bias.shape}; expected ({made},)."
        )


def edges(
    what: str, padding: Padding, kernel: Shape, window: ops.Window
) -> list[tuple[int, int]]:
    """Zeros before and after each spatial dimension."""
    if isinstance(padding, str):
        if padding == "valid":
            return [(0, 0)] * len(kernel)
        if padding != "same":
            raise ValueRangeError(
                f"{what}: padding={padding!r}: expected a number, 'same' or 'valid'."
            )
        if any(s != 1 for s in window.stride):
            raise ValueRangeError(
                f"{what}: padding='same' needs stride 1, got {window.stride}."
            )
        total = [span(k, d) - 1 for k, d in zip(kernel, window.dilation, strict=True)]
        return [(t // 2, t - t // 2) for t in total]
    return [(p, p) for p in sizes(padding, len(kernel), f"{what}: padding", 0)]


def _around(edges: list[tuple[int, int]]) -> tuple[tuple[int, int, int], ...]:
    return ((0, 0, 0), *((a, b, 0) for a, b in edges), (0, 0, 0))


def _spatial(input: Tensor, rank: int) -> Shape:
    return tuple(input.shape[-rank:])


def _result(y: Node, bias: Tensor | None, rank: int, single: bool) -> Tensor:
    """Add the bias, and put the channels where PyTorch has them."""
    if bias is not None:
        y = ops.add(y, bias._node)
    y = ops.permute(y, (0, rank + 1, *range(1, rank + 1)))
    return _wrap(ops.reshape(y, y.shape[1:]) if single else y)


def conv1d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Size = 1,
    padding: Padding = 0,
    dilation: Size = 1,
    groups: int = 1,
) -> Tensor:
    """(N, C, L) with weights (O, C / groups, k) → (N, O, L'); see `conv2d`."""
    return _convolve(
        "conv1d", 1, input, weight, bias, stride, padding, dilation, groups
    )


def conv2d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Size = 1,
    padding: Padding = 0,
    dilation: Size = 1,
    groups: int = 1,
) -> Tensor:
    """y[n, o, p] = b[o] + Σ_{c, k} x[n, c, s p + d k - padding] w[o, c, k].

    Shapes: (N, C, H, W) or (C, H, W) with weights (O, C / groups, kH, kW) →
    (N, O, H', W'), H' = ⌊(H + 2 padding - dilation (kH - 1) - 1) / stride⌋ + 1.
    Raises ShapeError where channels do not match or the kernel is larger than the
    padded input.

    >>> import ranvier as rv
    >>> x, w = rv.ones(1, 1, 4, 4), rv.ones(1, 1, 3, 3)
    >>> rv.nn.functional.conv2d(x, w, padding=1)[0, 0, 0]
    tensor([4., 6., 6., 4.])
    """
    return _convolve(
        "conv2d", 2, input, weight, bias, stride, padding, dilation, groups
    )


def conv3d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Size = 1,
    padding: Padding = 0,
    dilation: Size = 1,
    groups: int = 1,
) -> Tensor:
    """(N, C, D, H, W) with weights (O, C / groups, kD, kH, kW); see `conv2d`."""
    return _convolve(
        "conv3d", 3, input, weight, bias, stride, padding, dilation, groups
    )


def conv_transpose1d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Size = 1,
    padding: Size = 0,
    output_padding: Size = 0,
    groups: int = 1,
    dilation: Size = 1,
) -> Tensor:
    """(N, C, L) with weights (C, O / groups, k) → (N, O, L'); see
    `conv_transpose2d`.
    """
    return _transpose(
        "conv_transpose1d", 1, input, weight, bias, stride, padding, output_padding,
        groups, dilation,
    )  # fmt: skip


def conv_transpose2d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Size = 1,
    padding: Size = 0,
    output_padding: Size = 0,
    groups: int = 1,
    dilation: Size = 1,
) -> Tensor:
    """The gradient of `conv2d` with respect to its input, as a layer of its own.

    Shapes: (N, C, H, W) with weights (C, O / groups, kH, kW) → (N, O, H', W'),
    H' = (H - 1) stride - 2 padding + dilation (kH - 1) + output_padding + 1.
    Raises ShapeError and ValueRangeError where the sizes do not fit.

    >>> import ranvier as rv
    >>> x, w = rv.ones(1, 1, 2, 2), rv.ones(1, 1, 2, 2)
    >>> rv.nn.functional.conv_transpose2d(x, w, stride=2).shape
    (1, 1, 4, 4)
    """
    return _transpose(
        "conv_transpose2d", 2, input, weight, bias, stride, padding, output_padding,
        groups, dilation,
    )  # fmt: skip


def conv_transpose3d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Size = 1,
    padding: Size = 0,
    output_padding: Size = 0,
    groups: int = 1,
    dilation: Size = 1,
) -> Tensor:
    """(N, C, D, H, W) with weights (C, O / groups, kD, kH, kW); see
    `conv_transpose2d`.
    """
    return _transpose(
        "conv_transpose3d", 3, input, weight, bias, stride, padding, output_padding,
        groups, dilation,
    )  # fmt: skip
