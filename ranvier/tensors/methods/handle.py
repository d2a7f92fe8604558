"""The handle behind a tensor: the node that it stands on, and how that changes.

A node never changes, so in-place forms bind the handle to a new node. Where PyTorch
would let that be seen through another tensor (a view), this is an error with a remedy.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any, ClassVar, Generic, NamedTuple, Self, TypeVar

import numpy as np

from ranvier import dtypes, ops
from ranvier.dtypes import DType
from ranvier.errors import (
    DTypeError,
    GradientError,
    ShapeError,
    UnsupportedError,
)
from ranvier.graph import Array, Node, grad_mode, leaf
from ranvier.size import Size
from ranvier.tensors.handles import enlist, flush_pending, hooks, pending
from ranvier.tensors.indexing import fits
from ranvier.tensors.views import (
    DETACHED,
    Path,
    Step,
    alive,
    along,
    steps,
    writable,
    written,
)

T = TypeVar("T")


class MaxResult(NamedTuple, Generic[T]):
    """Result of ``max(dim)``, ``min(dim)``, ``sort`` and ``topk``."""

    values: T
    indices: T


class Extremes(NamedTuple, Generic[T]):
    """Result of `aminmax`."""

    min: T
    max: T


def wrap(node: Node) -> Any:
    """A new tensor on `node`."""
    kind = Handle._kind
    tensor = kind.__new__(kind)
    tensor._node = node
    tensor._grad = None
    tensor._path = None
    tensor._root = None
    tensor._view = None
    tensor._views = None
    if node.value is None:
        if pending.stepped and node.rg:
            flush_pending()
        enlist(tensor)
    elif node.owner is None and not node.rg:
        node.owner = weakref.ref(tensor)
    return tensor


def _old_form(first: Any, second: Any, more: tuple[int, ...]) -> Array:
    """The array of ``Tensor(2, 3)``, ``Tensor([1, 2])`` or ``Tensor(tensor)``."""
    kind = dtypes.default.float.np
    if type(first) is int or isinstance(first, Size):
        sizes = tuple(first) if isinstance(first, Size) else (first,)
        if type(second) is int:
            sizes += (second, *more)
        if min(sizes, default=0) < 0:
            raise ShapeError(f"a shape cannot hold a negative size: {sizes}.")
        return np.zeros(sizes, kind)
    if not isinstance(first, (list, tuple, Handle)):
        raise DTypeError(
            f"Tensor(…) of {type(first).__name__}: it takes sizes, a list, an array or "
            "a tensor. For one number write rv.tensor(number)."
        )
    found: Array = Handle._array_of(first).astype(kind)
    return found


class Handle:
    """A handle on a node. The chapters of `Tensor` stand on it, one after the other."""

    __slots__ = (
        "__weakref__", "_grad", "_hooks", "_node", "_path", "_root", "_view", "_views",
    )  # fmt: skip
    __array_priority__ = 1000
    _node: Node
    _grad: Self | None
    _view: str | None  # what made it, of a view
    _root: weakref.ref[Any] | None  # the tensor on whose memory it would lie
    _path: Path | None  # how one comes from there to the view
    _views: list[weakref.ref[Any]] | None  # all of one root share the list
    _hooks: Any  # functions for the gradient; only there once one is registered
    _array_of: ClassVar[Any]  # of nested lists and tensors; set in `operands`
    _kind: ClassVar[Any]  # what operations give: Tensor
    _new: Callable[[Node], Self] = staticmethod(wrap)

    def __init__(
        self, value: Any = (), requires_grad: Any = False, *sizes: int
    ) -> None:
        """An array as it is; else as PyTorch's old constructor: numbers are sizes of
        zeros, nested lists are values of the default type.
        """
        self._grad = None
        self._path = None
        self._root = None
        self._view = None
        self._views = None
        if not isinstance(value, np.ndarray):
            value, requires_grad = _old_form(value, requires_grad, sizes), False
        if requires_grad and value.dtype.kind != "f":
            raise DTypeError(
                f"a tensor of {value.dtype} cannot require a gradient; only floating "
                "point can. Use .float() first."
            )
        if hooks.recorder is not None:
            hooks.recorder.born.add(self)
        self._bind(leaf(value, requires_grad))

    def _bind(self, node: Node) -> None:
        node.owner = weakref.ref(self)
        self._node = node
        if node.value is None:
            enlist(self)

    def _assign(self, node: Node, what: str, reshaped: bool = False) -> Self:
        """Give this handle a new value: every in-place form ends here."""
        old = self._node
        root = self._origin()[0]
        self._check_views(root, what, reshaped)
        if old.rg and self.is_leaf and grad_mode.enabled:
            raise GradientError(
                f"{what} on a leaf tensor that requires a gradient. Put the assignment "
                f"under "
                "`with rv.no_grad():`."
            )
        if node.shape != old.shape and not reshaped:
            node = ops.expand(node, old.shape) if fits(node.shape, old.shape) else node
        if node.shape != old.shape and not reshaped:
            raise ShapeError(
                f"{what}: a result of shape {node.shape} cannot go into {old.shape}."
            )
        if node.dtype.order > old.dtype.order:
            raise DTypeError(
                f"{what}: a result of {node.dtype.name} cannot go into a tensor of "
                f"{old.dtype.name}; use the form without the underscore."
            )
        node = ops.cast(node, old.dtype)
        if self.is_leaf and old.rg:
            node = ops.detach(node) if node.rg else node
            node = Node("alias", (node,), None, node.shape, node.dtype, True)
        elif node.owner is not None or node.op == "const":
            node = ops.alias(node)
        if root is not self and root is not None:
            self._write_through(root, node, what)
            return self
        self._rebind(node)
        for view in alive(self._views):
            if view is not self and view._origin()[0] is self:
                view._rebind(along(self._node, view._path))
        return self

    def _write_through(self, root: Any, node: Node, what: str) -> None:
        """Give the places of `root` that this view shows another value."""
        path, before = self._path, grad_mode.enabled
        assert path is not None, "_check_views has refused the others"
        grad_mode.enabled = before and DETACHED not in path
        try:
            root._assign(written(root._node, path, node), what)
        finally:
            grad_mode.enabled = before

    def _origin(self) -> tuple[Any, Path | None]:
        """The tensor on whose memory this one would lie, if it is still in use, and how
        one comes from there to here.
        """
        if self._root is not None:
            root = self._root()
            if root is not None or any(v is not self for v in alive(self._views)):
                return root, self._path
            self._root, self._view, self._views = None, None, None  # nobody shares it
        return self, ()

    def _check_views(self, root: Any, what: str, reshaped: bool) -> None:
        """Refuse where what is written would not reach the tensors that share memory
        with this one in PyTorch.
        """
        others = [v for v in alive(self._views) if v is not self]
        if root is None and not others:
            return
        if root is not self and root is not None:
            kept = self._path is None or reshaped or not writable(self._path)
        else:
            kept = root is None and bool(others)
        if kept:
            raise UnsupportedError(
                f"{what} writes into a view of another tensor (made by {self._view}); "
                "here it would not reach that tensor. Write to the tensor itself, as "
                "in x[index] = value, or work on a copy made with .clone()."
            )
        for view in others:
            if view._path is None or reshaped:
                raise UnsupportedError(
                    f"{what} changes a tensor of which a view (made by {view._view}) "
                    "is still in use; PyTorch would change the view too, here it would "
                    "keep its values. Make the view with .clone(), or drop it before "
                    "writing."
                )

    def _rebind(self, node: Node) -> None:
        """Bind without checks, telling the recorder; the optimisers' way in."""
        recorder = hooks.recorder
        if recorder is not None:
            recorder.bound.setdefault(self, self._node)
        elif node.rg and not any(s.rg for s in node.srcs):
            pending.stepped = True
        self._bind(node)

    def _value(self) -> Array:
        node = self._node
        if hooks.recorder is not None:
            hooks.refuse_look(node)
        if node.value is None:
            if node.op == "absent":
                raise GradientError(node.attrs)
            flush_pending()
            if node.value is None:
                hooks.evaluate([node])
        value = node.value
        assert value is not None, "evaluate leaves a value"
        return value

    def _viewed(self, node: Node, how: str, index: Any = None) -> Self:
        """A result that shares memory with this tensor in PyTorch: a movement, or what
        is at `index`.
        """
        root, path = self._origin()
        indexed = how == "indexing"
        more = (Step("index", index, ()),) if indexed else steps(node, self._node)
        if node is self._node:
            node = Node(
                "alias",
                (node,),
                None,
                node.shape,
                node.dtype,
                node.rg and grad_mode.enabled,
            )
        if self._views is None:
            self._views = []
        elif len(self._views) > 16:
            self._views[:] = [ref for ref in self._views if ref() is not None]
        view = self._new(node)
        view._view = how
        view._root = self._root if self._root is not None else weakref.ref(root)
        view._path = None if path is None or more is None else path + more
        view._views = self._views
        self._views.append(weakref.ref(view))
        return view

    # ---- facts -----------------------------------------------------------------------

    @property
    def shape(self) -> Size:
        """Sizes, one a dimension."""
        return Size(self._node.shape)

    @property
    def dtype(self) -> DType:
        """Number type."""
        return self._node.dtype

    @property
    def ndim(self) -> int:
        """Number of dimensions."""
        return len(self._node.shape)

    def dim(self) -> int:
        """Number of dimensions."""
        return len(self._node.shape)

    ndimension = dim

    def is_same_size(self, other: Handle) -> bool:
        """Whether the shapes are equal."""
        return self.shape == other.shape

    def size(self, dim: int | None = None) -> Any:
        """The shape, or the size of one dimension."""
        return (
            self.shape if dim is None else self.shape[ops.axis(dim, self.ndim, "size")]
        )

    def numel(self) -> int:
        """Number of elements."""
        n = 1
        for size in self._node.shape:
            n *= size
        return n

    nelement = numel

    @property
    def is_leaf(self) -> bool:
        """Made by the user, not computed from something that requires a gradient."""
        node = self._node
        return not node.rg or (
            node.owner is not None
            and node.owner() is self
            and not node.used
            and not any(s.rg for s in node.srcs)
        )

    def clone(self) -> Self:
        """A copy with its own life; gradients flow back to this tensor."""
        return self._new(ops.alias(self._node))

    def _cast(self, dtype: DType) -> Self:
        """This tensor, or another with that type."""
        return self if dtype is self.dtype else self._new(ops.cast(self._node, dtype))
