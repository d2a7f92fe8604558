"""`rv.autograd.functional`: Jacobians, Hessians and their products with vectors.

All take a function of tensors that gives a tensor or a tuple of them, and its inputs;
with ``create_graph=True`` the results can be differentiated. `strict` makes an input
that nothing depends on an error, where it would give zeros.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ranvier import ops
from ranvier.derivatives import columns, inner, pushed, rows, stand_ins
from ranvier.errors import GradientError, ShapeError, UnsupportedError
from ranvier.graph import Node, topological
from ranvier.tensor import NoGrad, Tensor, _wrap, gradient_nodes

Tensors = Tensor | Sequence[Tensor]
Function = Callable[..., Any]


class _Called:
    """A function called on stand-ins for its inputs."""

    def __init__(
        self,
        what: str,
        func: Function,
        inputs: Tensors,
        create_graph: bool,
        strict: Any,
    ) -> None:
        self.what = what
        self.create_graph = create_graph
        self.alone = isinstance(inputs, Tensor)
        given = [inputs] if isinstance(inputs, Tensor) else list(inputs)
        self.inputs, new = stand_ins(given)
        out = func(*new)
        self.one = isinstance(out, Tensor)
        outs = [out] if isinstance(out, Tensor) else list(out)
        for y in outs:
            if not isinstance(y, Tensor):
                raise GradientError(
                    f"{what}: the function gave {type(y).__name__}; expected a tensor "
                    "or a tuple of them."
                )
        self.outputs = [y._node for y in outs]
        if strict:
            self._all_used()

    def _all_used(self) -> None:
        for k, y in enumerate(self.outputs):
            below = set(topological([y], lambda n: not n.rg)) if y.rg else set()
            for i, x in enumerate(self.inputs):
                if x not in below:
                    raise GradientError(
                        f"{self.what}: output {k} does not depend on input {i}; with "
                        "strict=False its derivative is zero."
                    )

    def scalar(self) -> Node:
        if len(self.outputs) != 1 or not self.one or _count(self.outputs[0]) != 1:
            shapes = ", ".join(str(y.shape) for y in self.outputs)
            raise ShapeError(
                f"{self.what}: the function gave {shapes}; it must give one number, "
                "for example with .sum()."
            )
        return self.outputs[0]

    def directions(self, v: Tensors | None, like: list[Node], of: str) -> list[Node]:
        """The vector, in the form of `like`."""
        if v is None:
            if len(like) != 1 or _count(like[0]) != 1:
                raise ShapeError(
                    f"{self.what}: v is needed unless the {of} is one number."
                )
            return [ops.expand(ops.like(like[0], 1.0), like[0].shape)]
        given = [v] if isinstance(v, Tensor) else list(v)
        have, want = [t.shape for t in given], [x.shape for x in like]
        if have != want:
            raise ShapeError(f"{self.what}: v of shapes {have} for {of}s of {want}.")
        return [ops.cast(t._node, x.dtype) for t, x in zip(given, like, strict=True)]

    def value(self) -> Any:
        return self._given(self.outputs, self.one)

    def like_inputs(self, nodes: Sequence[Node]) -> Any:
        return self._given(nodes, self.alone)

    def like_outputs(self, nodes: Sequence[Node]) -> Any:
        return self._given(nodes, self.one)

    def _given(self, nodes: Sequence[Node], alone: bool) -> Any:
        kept = [_wrap(n if self.create_graph else ops.detach(n)) for n in nodes]
        return kept[0] if alone else tuple(kept)


def _count(node: Node) -> int:
    return _wrap(node).numel()


def vjp(
    func: Function,
    inputs: Tensors,
    v: Tensors | None = None,
    create_graph: bool = False,
    strict: bool = False,
) -> tuple[Any, Any]:
    """(func(inputs), vᵀ J): how v · func changes with every input.

    >>> import ranvier as rv
    >>> rv.autograd.functional.vjp(lambda x: x**2, rv.tensor([1.0, 2.0]), rv.ones(2))
    (tensor([1., 4.]), tensor([2., 4.]))
    """
    with NoGrad(True):
        f = _Called("vjp", func, inputs, create_graph, strict)
        seeds = f.directions(v, f.outputs, "output")
        found = _pulled(f, seeds)
    return f.value(), f.like_inputs(found)


def _pulled(f: _Called, seeds: list[Node]) -> list[Node]:
    """vᵀ J."""
    if len(seeds) == 1:
        return gradient_nodes(f.outputs[0], seeds[0], f.inputs, f.create_graph)
    total = inner(f.outputs, seeds)
    return gradient_nodes(total, ops.like(total, 1.0), f.inputs, f.create_graph)


def jvp(
    func: Function,
    inputs: Tensors,
    v: Tensors | None = None,
    create_graph: bool = False,
    strict: bool = False,
) -> tuple[Any, Any]:
    """(func(inputs), J v): how func changes when the inputs move along v.

    >>> import ranvier as rv
    >>> rv.autograd.functional.jvp(lambda x: x**2, rv.tensor([1.0, 2.0]), rv.ones(2))
    (tensor([1., 4.]), tensor([2., 4.]))
    """
    with NoGrad(True):
        f = _Called("jvp", func, inputs, create_graph, strict)
        directions = f.directions(v, f.inputs, "input")
        found = pushed(f.outputs, f.inputs, directions, create_graph)
    return f.value(), f.like_outputs(found)


def jacobian(
    func: Function,
    inputs: Tensors,
    create_graph: bool = False,
    strict: bool = False,
    vectorize: bool = False,
    strategy: str = "reverse-mode",
) -> Any:
    """J: for an output of shape s and an input of shape t a tensor of shape s + t; a
    tuple of them for a tuple of inputs, a tuple of those for a tuple of outputs.

    One sweep an element of the output, or of the input with
    ``strategy="forward-mode"``; `vectorize` changes nothing.

    >>> import ranvier as rv
    >>> rv.autograd.functional.jacobian(lambda x: x**2, rv.tensor([1.0, 2.0]))
    tensor([[2., 0.],
            [0., 4.]])
    """
    ways = {"reverse-mode": rows, "forward-mode": columns}
    if strategy not in ways:
        raise UnsupportedError(
            f"jacobian: strategy={strategy!r}; there are reverse-mode and forward-mode."
        )
    with NoGrad(True):
        f = _Called("jacobian", func, inputs, create_graph, strict)
        blocks = [ways[strategy](y, f.inputs, create_graph) for y in f.outputs]
    found = [f.like_inputs([b._node for b in block]) for block in blocks]
    return found[0] if f.one else tuple(found)


def hessian(
    func: Function,
    inputs: Tensors,
    create_graph: bool = False,
    strict: bool = False,
    vectorize: bool = False,
    outer_jacobian_strategy: str = "reverse-mode",
) -> Any:
    """The second derivatives of a function that gives one number: for inputs of shapes
    s and t a tensor of shape s + t; a tuple of tuples for a tuple of inputs.

    >>> import ranvier as rv
    >>> rv.autograd.functional.hessian(lambda x: (x**3).sum(), rv.tensor([1.0, 2.0]))
    tensor([[ 6.,  0.],
            [ 0., 12.]])
    """
    with NoGrad(True):
        f = _Called("hessian", func, inputs, create_graph, strict)
        y = f.scalar()
        seed = ops.expand(ops.like(y, 1.0), y.shape)
        first = gradient_nodes(y, seed, f.inputs, True)
        way = columns if outer_jacobian_strategy == "forward-mode" else rows
        blocks = [way(g, f.inputs, create_graph) for g in first]
    found = [f.like_inputs([b._node for b in block]) for block in blocks]
    return found[0] if f.alone else tuple(found)


def hvp(
    func: Function,
    inputs: Tensors,
    v: Tensors | None = None,
    create_graph: bool = False,
    strict: bool = False,
) -> tuple[Any, Any]:
    """(func(inputs), H v), for a function that gives one number: two sweeps, and no
    Hessian is made.

    >>> import ranvier as rv
    >>> x, v = rv.tensor([1.0, 2.0]), rv.tensor([1.0, 0.0])
    >>> rv.autograd.functional.hvp(lambda x: (x**3).sum(), x, v)
    (tensor(9.), tensor([6., 0.]))
    """
    with NoGrad(True):
        f = _Called("hvp", func, inputs, create_graph, strict)
        y = f.scalar()
        directions = f.directions(v, f.inputs, "input")
        seed = ops.expand(ops.like(y, 1.0), y.shape)
        first = gradient_nodes(y, seed, f.inputs, True)
        along = inner(first, directions)
        found = gradient_nodes(along, ops.like(along, 1.0), f.inputs, create_graph)
    return f.value(), f.like_inputs(found)


def vhp(
    func: Function,
    inputs: Tensors,
    v: Tensors | None = None,
    create_graph: bool = False,
    strict: bool = False,
) -> tuple[Any, Any]:
    """(func(inputs), vᵀ H), which is H v: the Hessian is symmetric.

    >>> import ranvier as rv
    >>> x, v = rv.tensor([1.0, 2.0]), rv.tensor([1.0, 0.0])
    >>> rv.autograd.functional.vhp(lambda x: (x**3).sum(), x, v)
    (tensor(9.), tensor([6., 0.]))
    """
    return hvp(func, inputs, v, create_graph, strict)
