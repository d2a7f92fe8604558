"""Functions with a gradient of their own.

`backward` runs once, right after `forward`, on stand-ins: what it computes from them is
the formula of the gradient, which takes part in everything that other gradients do: it
is compiled, and differentiated again.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ranvier import ops
from ranvier.errors import DTypeError, GradientError, ShapeError, UnsupportedError
from ranvier.graph import Node, grad_mode
from ranvier.tensor import NoGrad, Tensor, _wrap, held


class FunctionCtx:
    """What `forward` hands on to `backward`: `saved_tensors`, `needs_input_grad`, and
    any attribute.
    """

    def __init__(self, needs_input_grad: tuple[bool, ...]) -> None:
        self.needs_input_grad = needs_input_grad
        self.saved_tensors: tuple[Tensor | None, ...] = ()
        self._apart: tuple[Tensor, ...] = ()

    def save_for_backward(self, *tensors: Tensor | None) -> None:
        """Keep arguments and results for `backward`."""
        for t in tensors:
            if t is not None and not isinstance(t, Tensor):
                raise DTypeError(
                    f"save_for_backward: got {type(t).__name__}; it keeps tensors. "
                    "Other values are kept as ctx.name = value."
                )
        self.saved_tensors = tensors

    save_for_forward = save_for_backward

    def mark_non_differentiable(self, *tensors: Tensor) -> None:
        """No gradient comes in for these results."""
        self._apart = tensors

    def mark_dirty(self, *tensors: Tensor) -> None:
        """Refused: a Function gives new tensors."""
        raise UnsupportedError(
            "ctx.mark_dirty: a Function that changes its arguments in place is not "
            "supported; return a new tensor."
        )

    def set_materialize_grads(self, value: bool) -> None:
        """Gradients that are not there are zeros, as by default."""
        if not value:
            raise UnsupportedError(
                "ctx.set_materialize_grads(False) is not supported: gradients that "
                "are not there come as zeros. Leave it out."
            )


class Function:
    """An operation with the gradient that its `backward` says.

    A subclass has two static methods: ``forward(ctx, *args)`` gives a tensor or a tuple
    of them; ``backward(ctx, *gradients)`` takes a gradient a result and gives one (or
    None) an argument. ``forward(*args)`` with ``setup_context(ctx, inputs, output)`` is
    taken too. Called as ``Sub.apply(*args)``, in a plain loop and inside compiled
    functions. `backward` sees stand-ins: it may compute with gradients, but not look at
    their numbers.

    Raises GradientError for a `backward` that looks at a gradient or gives another
    number of them, ShapeError for one of another shape, UnsupportedError for what
    changes an argument in place.

    >>> import ranvier as rv
    >>> class Reverse(rv.autograd.Function):
    ...     @staticmethod
    ...     def forward(ctx, x, scale):
    ...         ctx.scale = scale
    ...         return x.view_as(x)
    ...
    ...     @staticmethod
    ...     def backward(ctx, gradient):
    ...         return -ctx.scale * gradient, None
    >>> x = rv.tensor([1.0, 2.0], requires_grad=True)
    >>> Reverse.apply(x, 0.5).sum().backward()
    >>> x.grad
    tensor([-0.5000, -0.5000])
    """

    def __init__(self) -> None:
        name = type(self).__name__
        raise UnsupportedError(
            f"{name}(): a Function is not made; call {name}.apply(x), with forward and "
            "backward as static methods."
        )

    @staticmethod
    def forward(*args: Any, **kwargs: Any) -> Any:
        """What the function gives; every subclass writes its own."""
        raise GradientError("a Function needs a static method forward(ctx, *args).")

    @staticmethod
    def backward(ctx: Any, *gradients: Any) -> Any:
        """The gradients of the arguments; every subclass writes its own."""
        raise GradientError("a Function needs a static method backward(ctx, *grads).")

    setup_context: Any = None

    @classmethod
    def apply(cls, *args: Any) -> Any:
        """`forward` of the arguments, with the gradient of `backward`."""
        needs = tuple(isinstance(a, Tensor) and a.requires_grad for a in args)
        ctx = FunctionCtx(needs)
        before = [a._node for a in args if isinstance(a, Tensor)]
        with NoGrad():
            if cls.setup_context is None:
                out = cls.forward(ctx, *args)
            else:
                out = cls.forward(*args)
                cls.setup_context(ctx, args, out)
        if before != [a._node for a in args if isinstance(a, Tensor)]:
            raise UnsupportedError(
                f"{cls.__name__}.forward changed an argument in place; this is not "
                "supported. Return a new tensor."
            )
        call = _Call(cls, ctx, args, out)
        tracked = grad_mode.enabled and any(needs) and bool(call.places)
        return call.joined() if tracked else call.apart()


class _Call:
    """One call of a Function: its results, those with a gradient as one value."""

    def __init__(
        self, kind: type[Function], ctx: FunctionCtx, args: Sequence[Any], out: Any
    ) -> None:
        self.kind, self.ctx, self.args = kind, ctx, args
        self.several = isinstance(out, tuple)
        self.out: tuple[Any, ...] = out if isinstance(out, tuple) else (out,)
        self.places = [
            i
            for i, y in enumerate(self.out)
            if isinstance(y, Tensor)
            and y.dtype.is_float
            and not any(y is t for t in ctx._apart)
        ]
        self.name = kind.__name__

    def apart(self) -> Any:
        """The results without a gradient."""
        plain = [
            _wrap(ops.detach(y._node)) if isinstance(y, Tensor) else y for y in self.out
        ]
        return self._given(plain)

    def joined(self) -> Any:
        """The results with the gradient of `backward`."""
        value = self._packed()
        g, y = ops.stand_in(value), ops.stand_in(value)
        results = dict(zip(self.places, self._parts(y), strict=True))
        saved = [self._saved(t, results) for t in self.ctx.saved_tensors]
        self.ctx.saved_tensors = tuple(saved)
        xs, dxs = self._gradients(self._parts(g))
        whole = ops.custom(value, xs, g, y, dxs)
        found = dict(zip(self.places, self._parts(whole), strict=True))
        plain = [
            found.get(i, _wrap(ops.detach(y._node)) if isinstance(y, Tensor) else y)
            for i, y in enumerate(self.out)
        ]
        return self._given(plain)

    def _given(self, out: list[Any]) -> Any:
        return tuple(out) if self.several else out[0]

    def _packed(self) -> Node:
        nodes = [ops.detach(self.out[i]._node) for i in self.places]
        if len(nodes) == 1:
            return nodes[0]
        if any(n.dtype is not nodes[0].dtype for n in nodes):
            kinds = ", ".join(n.dtype.name for n in nodes)
            raise UnsupportedError(
                f"{self.name}: results of different types ({kinds}); give all of them "
                "one type."
            )
        return ops.concat([ops.reshape(n, (_count(n),)) for n in nodes], 0)

    def _parts(self, whole: Node) -> list[Tensor]:
        """What belongs to each result, of a value of all of them."""
        if len(self.places) == 1:
            return [_wrap(whole)]
        parts, start = [], 0
        for i in self.places:
            node = self.out[i]._node
            stop = start + _count(node)
            part = ops.cut(whole, ((start, stop, 1),))
            parts.append(_wrap(ops.reshape(part, node.shape)))
            start = stop
        return parts

    def _saved(self, t: Tensor | None, results: dict[int, Tensor]) -> Tensor | None:
        """A result is saved as what it will be: with this gradient."""
        return next((results[i] for i in results if self.out[i] is t), t)

    def _gradients(self, parts: list[Tensor]) -> tuple[list[Node], list[Node]]:
        """Arguments that gradients flow to, and their gradients."""
        coming = dict(zip(self.places, parts, strict=True))
        given = [coming.get(i, _zeros(y)) for i, y in enumerate(self.out)]
        with held(), NoGrad(True):
            found = self.kind.backward(self.ctx, *given)
        found = list(found) if isinstance(found, (tuple, list)) else [found]
        count = len(self.args)
        while len(found) > count and found[-1] is None:
            found.pop()
        if len(found) != count:
            raise GradientError(
                f"{self.name}.backward gave {len(found)} gradients; expected {count}, "
                "one for each argument of forward (None for those without)."
            )
        xs, dxs = [], []
        for i, (x, g) in enumerate(zip(self.args, found, strict=True)):
            if self.ctx.needs_input_grad[i]:
                xs.append(x._node)
                dxs.append(self._fitting(i, x._node, g))
            elif g is not None and not isinstance(x, Tensor):
                raise GradientError(
                    f"{self.name}.backward gave a gradient for argument {i}, a "
                    f"{type(x).__name__}; expected None there."
                )
        return xs, dxs

    def _fitting(self, i: int, x: Node, g: Any) -> Node:
        if g is None:
            return ops.expand(ops.like(x, 0.0), x.shape)
        if not isinstance(g, Tensor):
            raise DTypeError(
                f"{self.name}.backward gave {type(g).__name__} for argument {i}; "
                "expected a tensor or None."
            )
        try:
            fits = ops.broadcast(x.shape, g.shape, "backward") == g.shape
        except ShapeError:
            fits = False
        if not fits:
            raise ShapeError(
                f"{self.name}.backward gave a gradient of shape {g.shape} for argument "
                f"{i}, of shape {x.shape}."
            )
        return ops.cast(ops.sum_to(g._node, x.shape), x.dtype)


def _count(node: Node) -> int:
    count = 1
    for n in node.shape:
        count *= n
    return count


def _zeros(y: Any) -> Tensor | None:
    if not isinstance(y, Tensor):
        return None
    return _wrap(ops.expand(ops.like(y._node, 0), y.shape))


def once_differentiable(backward: Any) -> Any:
    """Marks a `backward` that is not meant to be differentiated again; here it can."""
    return backward
