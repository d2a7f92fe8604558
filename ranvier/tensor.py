"""What people write with: a handle on a node of a graph.

An operation checks shapes and types and adds a node; nothing is computed. Values appear
when somebody looks (`print`, `item`, `numpy`, `if`), at `optimizer.step()`, at the next
mini-batch of a loader, and after a few thousand pending nodes. Then everything alive is
computed in one go.

The methods stand in `ranvier.tensors.methods`, a file a chapter, each on the one
before: handle, arithmetic, comparison, elementwise, special, subscript, movement,
pieces, reduction, picking, running, order, quantiles, counting, statistics, solving,
linear, conversion, inplace, drawing, gradients, looking.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ranvier import absent, ops
from ranvier.errors import ShapeError
from ranvier.graph import Node, grad_mode
from ranvier.tensors.handles import Hooks as Hooks
from ranvier.tensors.handles import Recorder as Recorder
from ranvier.tensors.handles import enlist
from ranvier.tensors.handles import flush_pending as flush_pending
from ranvier.tensors.handles import forget_pending as forget_pending
from ranvier.tensors.handles import guard as guard
from ranvier.tensors.handles import held as held
from ranvier.tensors.handles import hooks as hooks
from ranvier.tensors.methods.gradients import started
from ranvier.tensors.methods.handle import Handle, wrap
from ranvier.tensors.methods.handle import MaxResult as MaxResult
from ranvier.tensors.methods.looking import Looking
from ranvier.tensors.methods.operands import default_array as default_array
from ranvier.tensors.methods.operands import no_tensor as no_tensor
from ranvier.tensors.methods.operands import node_of
from ranvier.tensors.methods.operands import not_a_tensor as not_a_tensor
from ranvier.tensors.methods.operands import ragged as ragged
from ranvier.tensors.sweeping import gradient_nodes as gradient_nodes
from ranvier.tensors.views import DETACHED, Path

_node_of = node_of
_wrap: Callable[[Node], Tensor] = wrap


class Tensor(Looking):
    """A multi-dimensional array with a gradient; made with `rv.tensor`, `rv.zeros`, ….

    >>> import ranvier as rv
    >>> x = rv.tensor([[1.0, 2.0]], requires_grad=True)
    >>> y = (x**3 + 2 * x**2).sum()
    >>> y.backward()
    >>> x.grad
    tensor([[ 7., 20.]])
    """

    __slots__ = ()
    _of: Callable[[Node], Tensor] = staticmethod(wrap)

    def detach(self) -> Tensor:
        """The same values, outside the graph; follows later in-place changes as in
        PyTorch.
        """
        return Alias(self)

    @property
    def data(self) -> Tensor:
        """The values without their history; writing to it writes to this tensor."""
        return Alias(self)

    @data.setter
    def data(self, value: Tensor) -> None:
        node = ops.cast(ops.detach(value._node), self.dtype)
        if node.shape != self.shape and not self.is_leaf:
            raise ShapeError(
                f"data of shape {node.shape} for a tensor of {self.shape}."
            )
        node.rg = self._node.rg
        self._rebind(node)


Handle._kind = Tensor

for _name in absent.TENSOR:
    setattr(Tensor, _name, absent.Absent(_name, absent.TENSOR))


class Alias(Tensor):
    """What `detach()` and `.data` give: the values of another handle, whatever node it
    has now.
    """

    __slots__ = ("_base", "_made")

    def __init__(self, base: Tensor) -> None:
        self._base = base
        self._made: tuple[Node, Node] | None = None
        self._grad = None
        self._path = None
        self._root = None
        self._view = None
        if base._views is None:
            base._views = []
        self._views = base._views

    def _origin(self) -> tuple[Any, Path | None]:
        root, path = self._base._origin()
        return root, None if path is None else (*path, DETACHED)

    @property
    def _node(self) -> Node:  # type: ignore[override]
        source = self._base._node
        if not source.rg and source.value is not None:
            return source
        made = self._made[1] if self._made and self._made[0] is source else None
        traced = hooks.recorder is not None  # then it must lead back to the source
        if made is None or (traced and made.value is not None):
            made = ops.detach(source)
            self._made = (source, made)
            enlist(self)
        if source.value is not None and made.value is None and not traced:
            made.value = source.value
            source.exported = True
        return made

    def _assign(  # type: ignore[override]
        self, node: Node, what: str, reshaped: bool = False
    ) -> Tensor:
        with NoGrad():
            self._base._assign(node, what, reshaped)
        return self

    def _rebind(self, node: Node) -> None:
        self._base._rebind(node)

    def __deepcopy__(  # type: ignore[override]
        self, memo: dict[int, Any]
    ) -> Tensor:
        copy = memo[id(self)] = Tensor(self._value().copy())
        return copy

    def requires_grad_(  # type: ignore[override]
        self, requires_grad: bool = True
    ) -> Tensor:
        """A new leaf with the same values."""
        if not requires_grad:
            return self
        if hooks.recorder is None:
            return Tensor(self._value().copy(), True)
        out = _wrap(started(self._node, True))
        out._bind(out._node)
        hooks.recorder.born.add(out)
        return out


class NoGrad:
    """What `rv.no_grad()` makes: nodes made inside do not remember where they came
    from.
    """

    def __init__(self, mode: bool = False) -> None:
        self.mode = mode
        self.before: list[bool] = []  # one may be entered again inside itself

    def __enter__(self) -> None:
        self.before.append(grad_mode.enabled)
        grad_mode.enabled = self.mode

    def __exit__(self, *error: object) -> None:
        grad_mode.enabled = self.before.pop()
