"""What people write with: a handle on a node of a graph.

An operation checks shapes and types and adds a node; nothing is computed. Values appear
when somebody looks (`print`, `item`, `numpy`, `if`), at `optimizer.step()`, at the next
mini-batch of a loader, and after a few thousand pending nodes. Then everything alive is
computed in one go.

A node never changes, so in-place forms bind the handle to a new node. Where PyTorch
would let that be seen through another tensor (a view), this is an error with a remedy.
"""

from __future__ import annotations

import math
import weakref
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from ranvier import absent, dtypes, ops, picking, random
from ranvier.dtypes import DType
from ranvier.errors import (
    DTypeError,
    GradientError,
    RanvierError,
    ShapeError,
    UnsupportedError,
)
from ranvier.graph import Array, Node, Shape, grad_mode, leaf, topological
from ranvier.handles import Hooks as Hooks
from ranvier.handles import Recorder as Recorder
from ranvier.handles import enlist, pending
from ranvier.handles import flush_pending as flush_pending
from ranvier.handles import forget_pending as forget_pending
from ranvier.handles import guard as guard
from ranvier.handles import held as held
from ranvier.handles import hooks as hooks
from ranvier.indexing import fits, ints, read, written

# Python floats that belong to a formula. Any other is data of the graph, so that a
# loop which lets its learning rate fall makes the same graph in every step.
FIXED = frozenset((0.0, 1.0, -1.0, 2.0, -2.0, 0.5, -0.5))

# Inside the class these words are names of methods.
_Float = float
_Int = int
_Bool = bool


class MaxResult(NamedTuple):
    """Result of ``max(dim)``, ``min(dim)``, ``sort`` and ``topk``."""

    values: Tensor
    indices: Tensor


class Tensor:
    """A multi-dimensional array with a gradient; made with `rv.tensor`, `rv.zeros`, ….

    >>> import ranvier as rv
    >>> x = rv.tensor([[1.0, 2.0]], requires_grad=True)
    >>> y = (x**3 + 2 * x**2).sum()
    >>> y.backward()
    >>> x.grad
    tensor([[ 7., 20.]])
    """

    __slots__ = ("__weakref__", "_grad", "_node", "_view", "_views")
    __array_priority__ = 1000
    _node: Node

    def __init__(self, value: Array, requires_grad: _Bool = False) -> None:
        self._grad: Tensor | None = None
        self._view: str | None = None
        self._views: list[weakref.ref[Tensor]] | None = None
        if requires_grad and value.dtype.kind != "f":
            raise DTypeError(
                f"a tensor of {value.dtype} cannot require a gradient; only floating "
                f"point can. "
                "Use .float() first."
            )
        if hooks.recorder is not None:
            hooks.recorder.born.add(self)
        self._bind(leaf(value, requires_grad))

    # ---- the handle ------------------------------------------------------------------

    def _bind(self, node: Node) -> None:
        node.owner = weakref.ref(self)
        self._node = node
        if node.value is None:
            enlist(self)

    def _assign(self, node: Node, what: str) -> Tensor:
        """Give this handle a new value: every in-place form ends here."""
        old = self._node
        if self._view is not None:
            raise UnsupportedError(
                f"{what} writes into a view of another tensor (made by {self._view}); "
                f"here it "
                "would not reach that tensor. Write to the tensor itself, as in "
                "x[index] = value, or work on a copy made with .clone()."
            )
        for ref in self._views or ():
            view = ref()
            if view is not None:
                raise UnsupportedError(
                    f"{what} changes a tensor of which a view (made by {view._view}) "
                    f"is still in "
                    "use; PyTorch would change the view too, here it would keep its "
                    "values. "
                    "Make the view with .clone(), or drop it before writing."
                )
        if old.rg and self.is_leaf and grad_mode.enabled:
            raise GradientError(
                f"{what} on a leaf tensor that requires a gradient. Put the assignment "
                f"under "
                "`with rv.no_grad():`."
            )
        if node.shape != old.shape:
            node = ops.expand(node, old.shape) if fits(node.shape, old.shape) else node
        if node.shape != old.shape:
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
        self._rebind(node)
        return self

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

    @staticmethod
    def _of(node: Node) -> Tensor:
        """A new handle on `node`."""
        return _wrap(node)

    # ---- looking ---------------------------------------------------------------------

    def numpy(self) -> Array:
        """The values as a NumPy array: a read-only snapshot that later updates do not
        change.
        """
        if self._node.rg and grad_mode.enabled:
            raise GradientError(
                "numpy() on a tensor that requires a gradient; use x.detach().numpy()."
            )
        return self._snapshot()

    def _snapshot(self) -> Array:
        view = self._value().view()
        self._node.exported = True
        view.flags.writeable = False
        return view

    def __array__(self, dtype: Any = None, copy: _Bool | None = None) -> Array:
        out = self._snapshot()
        if dtype is not None and out.dtype != dtype:
            return out.astype(dtype)
        return out.copy() if copy else out

    def item(self) -> _Float | _Int | _Bool:
        """The one element of a one-element tensor as a Python number."""
        if self.numel() != 1:
            raise ShapeError(
                f"item() on a tensor of shape {self.shape}, which has {self.numel()} "
                f"elements; "
                "it needs exactly one. Reduce it first, for example with .mean(), or "
                "use .tolist()."
            )
        return self._value().item()  # type: ignore[no-any-return]

    def tolist(self) -> Any:
        """Nested Python lists of the values."""
        return self._value().tolist()

    def __float__(self) -> _Float:
        return float(self.item())

    def __int__(self) -> _Int:
        return int(self.item())

    def __index__(self) -> _Int:
        if self.dtype.is_float:
            raise DTypeError(
                "only integer tensors of one element can be used as an index."
            )
        return int(self.item())

    def __bool__(self) -> _Bool:
        if self.numel() != 1:
            raise ShapeError(
                f"the truth of a tensor of shape {self.shape} is ambiguous; use .any() "
                f"or .all()."
            )
        return bool(self.item())

    def __repr__(self) -> str:
        if self._node.op == "absent":
            return "tensor(<not kept>)"
        if hooks.recorder is not None:
            return f"tensor(<traced>, shape={self.shape}, dtype={self.dtype})"
        values = np.array2string(
            self._value(), separator=", ", precision=4, prefix="tensor("
        )
        tail = (
            ""
            if self.dtype in (dtypes.float32, dtypes.int64, dtypes.bool_)
            else f", dtype={self.dtype}"
        )
        if self._node.rg:
            tail += (
                ", requires_grad=True"
                if self.is_leaf
                else f", grad_fn=<{self._node.op}>"
            )
        return f"tensor({values}{tail})"

    def __format__(self, spec: str) -> str:
        return format(self.item(), spec) if spec and not self.shape else repr(self)

    def __len__(self) -> _Int:
        if not self.shape:
            raise ShapeError("len() of a tensor without dimensions.")
        return self.shape[0]

    def __iter__(self) -> Iterator[Tensor]:
        return (self[i] for i in range(len(self)))

    def __hash__(self) -> _Int:
        return id(self)

    def __dir__(self) -> list[str]:
        return [n for n in super().__dir__() if n not in absent.TENSOR]

    def __deepcopy__(self, memo: dict[_Int, Any]) -> Tensor:
        if not self.is_leaf:
            raise GradientError(
                "only leaf tensors can be deep-copied; use .detach().clone()."
            )
        copy = type(self).__new__(type(self))
        Tensor.__init__(copy, self._value().copy(), self.requires_grad)
        memo[id(self)] = copy
        if self._grad is not None and self._grad._node.op != "absent":
            copy._grad = Tensor(self._grad._value().copy())
        return copy

    def __reduce_ex__(self, protocol: Any) -> Any:
        raise UnsupportedError(
            "tensors are not pickled, since a pickle can run code when it is loaded; "
            "use rv.save(model, 'model.safetensors') or np.save('x.npy', "
            "x.detach().numpy())."
        )

    # ---- facts -----------------------------------------------------------------------

    @property
    def shape(self) -> Shape:
        """Sizes, one a dimension."""
        return self._node.shape

    @property
    def dtype(self) -> DType:
        """Number type."""
        return self._node.dtype

    @property
    def ndim(self) -> _Int:
        """Number of dimensions."""
        return len(self._node.shape)

    def dim(self) -> _Int:
        """Number of dimensions."""
        return len(self._node.shape)

    def size(self, dim: _Int | None = None) -> Any:
        """The shape, or the size of one dimension."""
        return (
            self.shape if dim is None else self.shape[ops.axis(dim, self.ndim, "size")]
        )

    def numel(self) -> _Int:
        """Number of elements."""
        n = 1
        for size in self._node.shape:
            n *= size
        return n

    nelement = numel

    @property
    def device(self) -> str:
        """Always "cpu"."""
        return "cpu"

    @property
    def T(self) -> Tensor:
        """The transposed matrix."""
        return self.t()

    # ---- gradients -------------------------------------------------------------------

    @property
    def requires_grad(self) -> _Bool:
        """Whether gradients flow through this tensor."""
        return self._node.rg

    @requires_grad.setter
    def requires_grad(self, flag: _Bool) -> None:
        self.requires_grad_(flag)

    def requires_grad_(self, requires_grad: _Bool = True) -> Tensor:
        """Make this leaf collect gradients in `.grad` (or stop it)."""
        if requires_grad == self._node.rg:
            return self
        if not self.is_leaf:
            raise GradientError(
                "requires_grad can only be changed on leaf tensors; this one was "
                "computed from "
                "others. Use .detach() for a copy without gradient."
            )
        if requires_grad and not self.dtype.is_float:
            raise DTypeError(
                f"a tensor of {self.dtype.name} cannot require a gradient."
            )
        recorder = hooks.recorder
        if recorder is not None and (
            self._node.value is None or self in recorder.born
        ):  # made inside the function that is being captured
            self._rebind(_started(self._node, requires_grad))
            recorder.born.add(self)
            return self
        self._rebind(leaf(self._value(), requires_grad))
        self._node.exported = True
        return self

    @property
    def is_leaf(self) -> _Bool:
        """Made by the user, not computed from something that requires a gradient."""
        node = self._node
        return not node.rg or (
            node.owner is not None
            and node.owner() is self
            and not node.used
            and not any(s.rg for s in node.srcs)
        )

    @property
    def grad(self) -> Tensor | None:
        """The gradient collected by `backward`, or None."""
        return self._grad

    @grad.setter
    def grad(self, value: Tensor | None) -> None:
        if value is not None and value.shape != self.shape:
            raise ShapeError(
                f"a gradient of shape {value.shape} for a tensor of {self.shape}."
            )
        recorder = hooks.recorder
        if recorder is not None:
            recorder.grads.setdefault(self, self._grad)
        self._grad = value

    @property
    def grad_fn(self) -> str | None:
        """Name of the operation that made this tensor, or None for a leaf."""
        return None if self.is_leaf else self._node.op

    def backward(
        self,
        gradient: Tensor | None = None,
        retain_graph: _Bool = False,
        create_graph: _Bool = False,
    ) -> None:
        """Add d self / d leaf to the `.grad` of every leaf below, in one reverse sweep.

        Without `gradient` this tensor must have one element. With ``create_graph=True``
        the gradients can be differentiated again.
        """
        node = self._node
        if not node.rg:
            raise GradientError(
                "backward() on a tensor that does not require a gradient: none of its "
                "inputs has requires_grad=True, or it was computed under no_grad() or "
                "detach(), or it came out of a compiled function: there, call "
                "backward() inside."
            )
        if gradient is None and self.numel() != 1:
            raise GradientError(
                f"backward() on a tensor of shape {self.shape} needs one number, such "
                f"as "
                ".sum() or .mean(), or the argument gradient= of the same shape."
            )
        if gradient is not None and gradient.shape != self.shape:
            raise ShapeError(
                f"backward: gradient of shape {gradient.shape} for {self.shape}."
            )
        leaves = self._leaves(retain_graph or create_graph)
        if gradient is None and hooks.recorder is not None:
            finite = ops.lt(ops.absolute(node), ops.like(node, float("inf")))
            guard(ops.reshape(ops.detach(finite), ()), "not finite")
        seed = (
            _node_of(gradient, self)
            if gradient is not None
            else ops.expand(ops.like(node, 1.0), node.shape)
        )
        wrt = [tensor._node for tensor in leaves]
        items = gradient_nodes(node, seed, wrt, create_graph)
        with held():  # a flush between two gradients would let the graph go too early
            for tensor, item in zip(leaves, items, strict=True):
                tensor._collect(_wrap(item))

    def _collect(self, new: Tensor) -> None:
        """Add `new` to the gradient."""
        recorder = hooks.recorder
        if recorder is not None and self not in recorder.grads:
            recorder.accumulated.append(self)
        self.grad = new if self._grad is None else self._grad + new

    def _leaves(self, keep: _Bool) -> list[Tensor]:
        """The leaf tensors below, in the order in which the graph was written."""
        leaves = []
        for node in topological([self._node], lambda n: not n.rg):
            if not node.rg:
                continue
            owner = node.owner() if node.owner is not None else None
            if (
                owner is not None
                and owner._node is node
                and (not node.srcs or owner.is_leaf)
            ):
                leaves.append(owner)
            elif owner is not None and not any(s.rg for s in node.srcs):
                raise GradientError(
                    f"backward() through a leaf tensor of shape {node.shape} that was "
                    "changed after it was used. Compute the loss again after the "
                    "change, or call backward() before it."
                )
            elif node.used:
                raise GradientError(
                    "backward() a second time through the same graph; the first call "
                    "let it go. "
                    "Compute the loss again, or give the first call retain_graph=True."
                )
            elif not keep:
                node.used = True
                if node.value is not None and hooks.recorder is None:
                    pending.spent.append(node)
        return leaves

    # ---- arithmetic ------------------------------------------------------------------

    def __add__(self, other: Any) -> Tensor:
        return _wrap(ops.add(self._node, _node_of(other, self)))

    def __radd__(self, other: Any) -> Tensor:
        return _wrap(ops.add(_node_of(other, self), self._node))

    def __sub__(self, other: Any) -> Tensor:
        return _wrap(ops.sub(self._node, _node_of(other, self)))

    def __rsub__(self, other: Any) -> Tensor:
        return _wrap(ops.sub(_node_of(other, self), self._node))

    def __mul__(self, other: Any) -> Tensor:
        return _wrap(ops.mul(self._node, _node_of(other, self)))

    def __rmul__(self, other: Any) -> Tensor:
        return _wrap(ops.mul(_node_of(other, self), self._node))

    def __truediv__(self, other: Any) -> Tensor:
        return _wrap(ops.div(self._node, _node_of(other, self)))

    def __rtruediv__(self, other: Any) -> Tensor:
        return _wrap(ops.div(_node_of(other, self), self._node))

    def __floordiv__(self, other: Any) -> Tensor:
        return self._floordiv(self._node, _node_of(other, self))

    def __rfloordiv__(self, other: Any) -> Tensor:
        return self._floordiv(_node_of(other, self), self._node)

    @staticmethod
    def _floordiv(a: Node, b: Node) -> Tensor:
        kind = dtypes.promote(a.dtype, b.dtype)
        if kind.is_float:
            return _wrap(ops.floor(ops.div(a, b)))
        wide = ops.floor(
            ops.div(ops.cast(a, dtypes.float64), ops.cast(b, dtypes.float64))
        )
        return _wrap(ops.cast(wide, kind))

    def __mod__(self, other: Any) -> Tensor:
        return _wrap(ops.mod(self._node, _node_of(other, self)))

    def __matmul__(self, other: Any) -> Tensor:
        return _wrap(ops.matmul(self._node, _node_of(other, self)))

    def __rmatmul__(self, other: Any) -> Tensor:
        return _wrap(ops.matmul(_node_of(other, self), self._node))

    def __neg__(self) -> Tensor:
        return _wrap(ops.neg(self._node))

    def __pos__(self) -> Tensor:
        return self

    def __abs__(self) -> Tensor:
        return self.abs()

    def __invert__(self) -> Tensor:
        return self.logical_not()

    def __pow__(self, exponent: Any) -> Tensor:
        if (
            isinstance(exponent, (int, float))
            and exponent in (2, 3, 4)
            and not isinstance(exponent, bool)
        ):
            x = self._node
            square = ops.mul(x, x)
            if exponent == 2:
                return _wrap(square)
            return _wrap(ops.mul(square, x if exponent == 3 else square))
        if isinstance(exponent, float) and exponent == 0.5:
            return self.sqrt()
        return _wrap(ops.power(self._node, _node_of(exponent, self)))

    def __rpow__(self, base: Any) -> Tensor:
        return _wrap(ops.power(_node_of(base, self), self._node))

    def __eq__(self, other: Any) -> Tensor:  # type: ignore[override]
        if other is None:
            return NotImplemented
        return _wrap(ops.eq(self._node, _node_of(other, self)))

    def __ne__(self, other: Any) -> Tensor:  # type: ignore[override]
        if other is None:
            return NotImplemented
        return _wrap(ops.ne(self._node, _node_of(other, self)))

    def eq(self, other: Any) -> Tensor:
        """Whether equal, element by element."""
        return _wrap(ops.eq(self._node, _node_of(other, self)))

    def ne(self, other: Any) -> Tensor:
        """Whether different, element by element."""
        return _wrap(ops.ne(self._node, _node_of(other, self)))

    def __lt__(self, other: Any) -> Tensor:
        return _wrap(ops.lt(self._node, _node_of(other, self)))

    def __le__(self, other: Any) -> Tensor:
        return _wrap(ops.le(self._node, _node_of(other, self)))

    def __gt__(self, other: Any) -> Tensor:
        return _wrap(ops.gt(self._node, _node_of(other, self)))

    def __ge__(self, other: Any) -> Tensor:
        return _wrap(ops.ge(self._node, _node_of(other, self)))

    def __and__(self, other: Any) -> Tensor:
        return _wrap(ops.both(self._node, _node_of(other, self)))

    def __or__(self, other: Any) -> Tensor:
        return _wrap(ops.either(self._node, _node_of(other, self)))

    def __xor__(self, other: Any) -> Tensor:
        return _wrap(ops.exclusive(self._node, _node_of(other, self)))

    def add(self, other: Any, *, alpha: _Float = 1) -> Tensor:
        """``self + alpha * other``."""
        return self.__add__(other if alpha == 1 else other * alpha)

    def sub(self, other: Any, *, alpha: _Float = 1) -> Tensor:
        """``self - alpha * other``."""
        return self.__sub__(other if alpha == 1 else other * alpha)

    mul = multiply = __mul__
    div = divide = true_divide = __truediv__
    floor_divide = __floordiv__
    remainder = __mod__
    neg = negative = __neg__
    matmul = mm = bmm = __matmul__
    pow = __pow__
    lt, le, gt, ge = __lt__, __le__, __gt__, __ge__
    logical_and, logical_or = __and__, __or__

    def maximum(self, other: Any) -> Tensor:
        """Element-wise larger of the two; ties share the gradient."""
        return _wrap(ops.maximum(self._node, _node_of(other, self)))

    def minimum(self, other: Any) -> Tensor:
        """Element-wise smaller of the two; ties share the gradient."""
        return _wrap(ops.minimum(self._node, _node_of(other, self)))

    # ---- element by element ----------------------------------------------------------

    def abs(self) -> Tensor:
        """|x|; gradient sign(x)."""
        return _wrap(ops.absolute(self._node))

    def sign(self) -> Tensor:
        """-1, 0 or 1; gradient 0."""
        return _wrap(ops.sign(self._node))

    def exp(self) -> Tensor:
        """e^x."""
        return _wrap(ops.exp(self._node))

    def expm1(self) -> Tensor:
        """e^x - 1, precise near 0."""
        return _wrap(ops.expm1(self._node))

    def log(self) -> Tensor:
        """Natural logarithm."""
        return _wrap(ops.log(self._node))

    def log1p(self) -> Tensor:
        """ln(1 + x), precise near 0."""
        return _wrap(ops.log1p(self._node))

    def log2(self) -> Tensor:
        """Logarithm to base 2."""
        return self.log() / math.log(2.0)

    def log10(self) -> Tensor:
        """Logarithm to base 10."""
        return self.log() / math.log(10.0)

    def sqrt(self) -> Tensor:
        """Square root."""
        return _wrap(ops.sqrt(self._node))

    def rsqrt(self) -> Tensor:
        """1 / sqrt(x)."""
        return 1 / self.sqrt()

    def square(self) -> Tensor:
        """x²."""
        return _wrap(ops.mul(self._node, self._node))

    def reciprocal(self) -> Tensor:
        """1 / x."""
        return 1 / self

    def sin(self) -> Tensor:
        """Sine of radians."""
        return _wrap(ops.sin(self._node))

    def cos(self) -> Tensor:
        """Cosine of radians."""
        return _wrap(ops.cos(self._node))

    def tanh(self) -> Tensor:
        """Hyperbolic tangent."""
        return _wrap(ops.tanh(self._node))

    def sigmoid(self) -> Tensor:
        """1 / (1 + e^-x)."""
        return _wrap(ops.sigmoid(self._node))

    def relu(self) -> Tensor:
        """max(x, 0); gradient 0 at 0."""
        return _wrap(ops.relu(self._node))

    def erf(self) -> Tensor:
        """Error function."""
        return _wrap(ops.erf(self._node))

    def floor(self) -> Tensor:
        """Largest integer not above x; gradient 0."""
        return _wrap(ops.floor(self._node)) if self.dtype.is_float else self.clone()

    def ceil(self) -> Tensor:
        """Smallest integer not below x; gradient 0."""
        return _wrap(ops.ceil(self._node)) if self.dtype.is_float else self.clone()

    def round(self) -> Tensor:
        """Nearest integer, halves to the even one; gradient 0."""
        return _wrap(ops.rint(self._node)) if self.dtype.is_float else self.clone()

    def clamp(self, min: Any = None, max: Any = None) -> Tensor:
        """x limited to [min, max]; the gradient passes where x lies inside, ends
        included.
        """
        if min is None and max is None:
            raise RanvierError("clamp: give min=, max= or both.")
        x = self
        if min is not None:
            low = _wrap(_node_of(min, self))
            x = _wrap(ops.where((x < low)._node, low._node, x._node))
        if max is not None:
            high = _wrap(_node_of(max, self))
            x = _wrap(ops.where((x > high)._node, high._node, x._node))
        return x

    clip = clamp

    def logical_not(self) -> Tensor:
        """Not; for integers, whether equal to 0."""
        return _wrap(ops.eq(self._node, ops.like(self._node, 0)))

    def isnan(self) -> Tensor:
        """Whether NaN."""
        return self != self

    def isinf(self) -> Tensor:
        """Whether infinite."""
        return self.abs() == float("inf")

    def isfinite(self) -> Tensor:
        """Whether neither infinite nor NaN."""
        return self.abs() < float("inf") if self.dtype.is_float else self == self

    # ---- reductions ------------------------------------------------------------------

    def sum(self, dim: Any = None, keepdim: _Bool = False, dtype: Any = None) -> Tensor:
        """Sum over `dim` (all when None); integers and booleans give int64."""
        x = (
            self._node
            if dtype is None
            else ops.cast(self._node, dtypes.as_dtype(dtype))
        )
        return _wrap(ops.total(x, dim, keepdim))

    def mean(self, dim: Any = None, keepdim: _Bool = False) -> Tensor:
        """Mean over `dim` (all when None)."""
        if not self.dtype.is_float:
            raise DTypeError(f"mean() of {self.dtype.name}; use .float().mean().")
        return _wrap(ops.mean(self._node, dim, keepdim))

    def prod(self, dim: _Int | None = None, keepdim: _Bool = False) -> Tensor:
        """Product over `dim` (all when None)."""
        return _wrap(ops.prod(self._node, dim, keepdim))

    def var(
        self,
        dim: Any = None,
        unbiased: _Bool = True,
        keepdim: _Bool = False,
        *,
        correction: _Int | None = None,
    ) -> Tensor:
        """Variance: Σ (x - mean)² / (n - 1), or / n with unbiased=False."""
        off = correction if correction is not None else int(unbiased)
        count = 1
        for i in ops.axes(dim, self.ndim, "var"):
            count *= self.shape[i]
        centred = self - self.mean(dim, True)
        return (centred * centred).sum(dim, keepdim) * (
            1.0 / (count - off) if count > off else float("nan")
        )

    def std(
        self,
        dim: Any = None,
        unbiased: _Bool = True,
        keepdim: _Bool = False,
        *,
        correction: _Int | None = None,
    ) -> Tensor:
        """Square root of the variance."""
        return self.var(dim, unbiased, keepdim, correction=correction).sqrt()

    def norm(self, p: _Float = 2, dim: Any = None, keepdim: _Bool = False) -> Tensor:
        """(Σ |x|^p)^(1/p); for p = 2 the gradient at 0 is 0, as in PyTorch."""
        if p == 2:
            total = self.square().sum(dim, keepdim)._node
            none, zero = ops.eq(total, ops.like(total, 0.0)), ops.like(total, 0.0)
            root = ops.sqrt(ops.where(none, ops.like(total, 1.0), total))
            return _wrap(ops.where(none, zero, root))
        if p == 1:
            return self.abs().sum(dim, keepdim)
        if p == float("inf"):
            return self.abs().amax(dim, keepdim)
        return (self.abs() ** p).sum(dim, keepdim) ** (1 / p)

    def amax(self, dim: Any = None, keepdim: _Bool = False) -> Tensor:
        """Largest element over `dim`; equal ones share the gradient."""
        self._not_empty("amax")
        return _wrap(ops.amax(self._node, dim, keepdim))

    def amin(self, dim: Any = None, keepdim: _Bool = False) -> Tensor:
        """Smallest element over `dim`; equal ones share the gradient."""
        self._not_empty("amin")
        return _wrap(ops.amin(self._node, dim, keepdim))

    def max(self, dim: Any = None, keepdim: _Bool = False) -> Any:
        """Largest element; with `dim` the pair (values, indices), of which the
        gradient goes to the element at the index; with a tensor, `maximum`.
        """
        if isinstance(dim, Tensor):
            return self.maximum(dim)
        if dim is None:
            return self.amax()
        return self._extreme(self.amax, self.argmax(dim, True), dim, keepdim)

    def min(self, dim: Any = None, keepdim: _Bool = False) -> Any:
        """Smallest element; with `dim` the pair (values, indices), of which the
        gradient goes to the element at the index; with a tensor, `minimum`.
        """
        if isinstance(dim, Tensor):
            return self.minimum(dim)
        if dim is None:
            return self.amin()
        return self._extreme(self.amin, self.argmin(dim, True), dim, keepdim)

    def _extreme(
        self,
        value: Callable[..., Tensor],
        index: Tensor,
        dim: _Int,
        keepdim: _Bool,
    ) -> MaxResult:
        """Values with their places. What `value` gives shares its gradient among
        equals; where one is asked for, the element at `index` is picked instead.
        """
        if self._node.rg and grad_mode.enabled and self.ndim:
            picked = _wrap(ops.pick(self._node, index._node, dim))
        else:
            picked = value(dim, True)
        if keepdim or not self.ndim:
            return MaxResult(picked, index)
        over = ops.axes(dim, self.ndim, "max")
        return MaxResult(
            _wrap(ops.drop(picked._node, over)), _wrap(ops.drop(index._node, over))
        )

    def argmax(self, dim: _Int | None = None, keepdim: _Bool = False) -> Tensor:
        """Position of the largest element along `dim`, or in the flattened tensor."""
        self._not_empty("argmax")
        x = self._node if dim is not None else ops.reshape(self._node, (self.numel(),))
        return _wrap(ops.argmax(ops.detach(x), dim if dim is not None else 0, keepdim))

    def argmin(self, dim: _Int | None = None, keepdim: _Bool = False) -> Tensor:
        """Position of the smallest element along `dim`, or in the flattened tensor."""
        self._not_empty("argmin")
        x = self._node if dim is not None else ops.reshape(self._node, (self.numel(),))
        return _wrap(ops.argmin(ops.detach(x), dim if dim is not None else 0, keepdim))

    def _not_empty(self, what: str) -> None:
        if self.numel() == 0:
            raise ShapeError(f"{what}() of an empty tensor of shape {self.shape}.")

    def all(self, dim: Any = None, keepdim: _Bool = False) -> Tensor:
        """Whether all elements are true (not 0)."""
        if not self.numel():
            return _wrap(ops.const(True, dtypes.bool_))
        return _wrap(ops.amin((self != 0)._node, dim, keepdim))

    def any(self, dim: Any = None, keepdim: _Bool = False) -> Tensor:
        """Whether some element is true (not 0)."""
        if not self.numel():
            return _wrap(ops.const(False, dtypes.bool_))
        return _wrap(ops.amax((self != 0)._node, dim, keepdim))

    def softmax(self, dim: _Int) -> Tensor:
        """e^x / Σ e^x along `dim`, shifted by the largest for stability."""
        e = (self - _wrap(ops.detach(self.amax(dim, True)._node))).exp()
        return e / e.sum(dim, True)

    def log_softmax(self, dim: _Int) -> Tensor:
        """ln softmax(x) along `dim`: x - max - ln Σ e^(x - max)."""
        shifted = self - _wrap(ops.detach(self.amax(dim, True)._node))
        return shifted - shifted.exp().sum(dim, True).log()

    def logsumexp(self, dim: Any, keepdim: _Bool = False) -> Tensor:
        """ln Σ e^x along `dim`."""
        top = _wrap(ops.detach(self.amax(dim, True)._node))
        out = (self - top).exp().sum(dim, True).log() + top
        return out if keepdim else out.sum(dim)

    # ---- shape -----------------------------------------------------------------------

    def reshape(self, *shape: Any) -> Tensor:
        """The same elements under another shape; -1 stands for what is left."""
        return self._viewed(
            ops.reshape(self._node, self._complete(ints(shape))), "reshape"
        )

    view = reshape

    def _complete(self, shape: Shape) -> Shape:
        if shape.count(-1) > 1:
            raise ShapeError(f"reshape: only one size of {shape} can be -1.")
        if -1 not in shape:
            return shape
        known = 1
        for n in shape:
            known *= n if n != -1 else 1
        if known == 0 or self.numel() % known:
            raise ShapeError(f"reshape: {self.shape} does not divide into {shape}.")
        return tuple(self.numel() // known if n == -1 else n for n in shape)

    def flatten(self, start_dim: _Int = 0, end_dim: _Int = -1) -> Tensor:
        """Dimensions start_dim … end_dim as one."""
        if not self.shape:
            return self.reshape(1)
        a, b = (
            ops.axis(start_dim, self.ndim, "flatten"),
            ops.axis(end_dim, self.ndim, "flatten"),
        )
        size = 1
        for n in self.shape[a : b + 1]:
            size *= n
        return self.reshape(*self.shape[:a], size, *self.shape[b + 1 :])

    def squeeze(self, dim: _Int | None = None) -> Tensor:
        """Without dimensions of size 1 (or without `dim`, if it has size 1)."""
        if dim is None:
            return self._viewed(
                ops.reshape(self._node, tuple(n for n in self.shape if n != 1)),
                "squeeze",
            )
        d = ops.axis(dim, self.ndim, "squeeze")
        shape = (
            self.shape[:d] + self.shape[d + 1 :] if self.shape[d] == 1 else self.shape
        )
        return self._viewed(ops.reshape(self._node, shape), "squeeze")

    def unsqueeze(self, dim: _Int) -> Tensor:
        """With a dimension of size 1 put in at `dim`."""
        d = ops.axis(dim, self.ndim + 1, "unsqueeze")
        return self._viewed(
            ops.reshape(self._node, (*self.shape[:d], 1, *self.shape[d:])), "unsqueeze"
        )

    def permute(self, *dims: Any) -> Tensor:
        """Dimensions in another order."""
        return self._viewed(ops.permute(self._node, ints(dims)), "permute")

    def transpose(self, dim0: _Int, dim1: _Int) -> Tensor:
        """Two dimensions exchanged."""
        order = list(range(self.ndim))
        a, b = (
            ops.axis(dim0, self.ndim, "transpose"),
            ops.axis(dim1, self.ndim, "transpose"),
        )
        if order:
            order[a], order[b] = order[b], order[a]
        return self._viewed(ops.permute(self._node, order), "transpose")

    def t(self) -> Tensor:
        """The transposed matrix."""
        if self.ndim > 2:
            raise ShapeError(
                f"t() of a tensor with {self.ndim} dimensions; use .transpose(a, b)."
            )
        return self._viewed(ops.swap(self._node) if self.ndim == 2 else self._node, "t")

    def expand(self, *sizes: Any) -> Tensor:
        """Repeated by broadcasting to a larger shape; -1 keeps a size."""
        shape = ints(sizes)
        front = len(shape) - self.ndim
        shape = tuple(
            self.shape[i - front] if n == -1 else n for i, n in enumerate(shape)
        )
        if not fits(self.shape, shape):
            raise ShapeError(f"expand: {self.shape} does not broadcast to {shape}.")
        return self._viewed(ops.expand(self._node, shape), "expand")

    def expand_as(self, other: Tensor) -> Tensor:
        """Repeated to the shape of `other`."""
        return self.expand(*other.shape)

    def repeat(self, *sizes: Any) -> Tensor:
        """Copies laid side by side, `sizes[i]` of them along dimension i."""
        times = ints(sizes)
        x = ops.reshape(self._node, (1,) * (len(times) - self.ndim) + self.shape)
        for i, n in enumerate(times):
            x = ops.concat([x] * n, i) if n != 1 else x
        return _wrap(x)

    def flip(self, *dims: Any) -> Tensor:
        """The order of the elements reversed along `dims`."""
        return _wrap(ops.flip(self._node, ops.axes(ints(dims), self.ndim, "flip")))

    def split(
        self, split_size: _Int | Sequence[_Int], dim: _Int = 0
    ) -> tuple[Tensor, ...]:
        """Pieces of `split_size` along `dim` (the last may be smaller), or of the sizes
        listed.
        """
        d = ops.axis(dim, self.ndim, "split")
        n = self.shape[d]
        sizes = (
            [min(split_size, n - i) for i in range(0, n, split_size)]
            if isinstance(split_size, int)
            else list(split_size)
        )
        if sum(sizes) != n:
            raise ShapeError(f"split: {sizes} add up to {sum(sizes)}, not to {n}.")
        out, at = [], 0
        for size in sizes:
            out.append(self[(slice(None),) * d + (slice(at, at + size),)])
            at += size
        return tuple(out)

    def chunk(self, chunks: _Int, dim: _Int = 0) -> tuple[Tensor, ...]:
        """About equal pieces along `dim`."""
        return self.split(max(1, -(-self.shape[dim] // chunks)), dim)

    # ---- in order, and by number -----------------------------------------------------

    def cumsum(self, dim: _Int) -> Tensor:
        """Running sums along `dim`: ``y[i] = x[0] + … + x[i]``."""
        return _wrap(ops.cumsum(self._node, dim))

    def cumprod(self, dim: _Int) -> Tensor:
        """Running products along `dim`: ``y[i] = x[0] · … · x[i]``."""
        return _wrap(ops.cumprod(self._node, dim))

    def argsort(
        self, dim: _Int = -1, descending: _Bool = False, stable: _Bool = True
    ) -> Tensor:
        """int64 positions along `dim` in rising (falling) order; equal elements stay
        in their order, NaN counts as larger than any number.
        """
        return _wrap(ops.argsort(ops.detach(self._node), dim, descending))

    def sort(
        self, dim: _Int = -1, descending: _Bool = False, stable: _Bool = True
    ) -> MaxResult:
        """Values along `dim` in rising (falling) order, and where they were.

        >>> import ranvier as rv
        >>> values, places = rv.tensor([3.0, 1.0, 2.0]).sort()
        >>> values, places
        (tensor([1., 2., 3.]), tensor([1, 2, 0]))
        """
        if not self.ndim:
            return MaxResult(self, _wrap(ops.const(0, dtypes.int64)))
        places = self.argsort(dim, descending)
        return MaxResult(_wrap(self._sorted(places._node, dim)), places)

    def _sorted(self, places: Node, dim: _Int) -> Node:
        return picking.picked(self._node, ops.axis(dim, self.ndim, "sort"), places)

    def topk(
        self, k: _Int, dim: _Int = -1, largest: _Bool = True, sorted: _Bool = True
    ) -> MaxResult:
        """The `k` largest (smallest) elements along `dim`, the largest (smallest)
        first, and where they were.

        >>> import ranvier as rv
        >>> rv.tensor([3.0, 1.0, 2.0]).topk(2).indices
        tensor([0, 2])
        """
        d = ops.axis(dim, self.ndim, "topk")
        n = self.shape[d] if self.ndim else 1
        if not 0 <= k <= n:
            raise ShapeError(f"topk: k is {k} for {n} elements along dimension {d}.")
        order = ops.argsort(ops.detach(self._node), d, largest)
        parts = [(0, size, 1) for size in self.shape]
        parts[d] = (0, k, 1)
        places = ops.cut(order, tuple(parts))
        return MaxResult(_wrap(self._sorted(places, d)), _wrap(places))

    def gather(self, dim: _Int, index: Tensor) -> Tensor:
        """``y[i, j, …] = x[index[i, j, …], j, …]`` for dim 0, and so on.

        >>> import ranvier as rv
        >>> rv.tensor([[1, 2], [3, 4]]).gather(1, rv.tensor([[0, 0], [1, 0]]))
        tensor([[1, 1],
                [4, 3]])
        """
        return _wrap(picking.gather(self._node, dim, _node_of(index, self)))

    def take_along_dim(self, indices: Tensor, dim: _Int) -> Tensor:
        """As `gather`, the other dimensions broadcast."""
        return _wrap(picking.take_along(self._node, _node_of(indices, self), dim))

    def scatter(self, dim: _Int, index: Tensor, src: Any) -> Tensor:
        """A copy with ``x[index[i, j, …], j, …] = src[i, j, …]`` for dim 0, and so on;
        `src` is a tensor or a number.
        """
        given = _node_of(index, self), _node_of(src, self)
        return _wrap(picking.scatter(self._node, dim, *given))

    def scatter_add(self, dim: _Int, index: Tensor, src: Tensor) -> Tensor:
        """A copy with ``x[index[i, j, …], j, …] += src[i, j, …]`` for dim 0, and so
        on.
        """
        given = _node_of(index, self), _node_of(src, self)
        return _wrap(picking.scatter_add(self._node, dim, *given))

    def index_select(self, dim: _Int, index: Tensor) -> Tensor:
        """The slices of `dim` with the numbers `index`, in that order."""
        d = ops.axis(dim, self.ndim, "index_select")
        if index.ndim > 1:
            raise ShapeError(
                f"index_select: an index of shape {index.shape}; it has one dimension."
            )
        return self[(slice(None),) * d + (index.reshape(-1),)]

    def contiguous(self) -> Tensor:
        """This tensor: layout is the compiler's business."""
        return self

    def _viewed(self, node: Node, how: str) -> Tensor:
        """A result that shares memory with this tensor in PyTorch."""
        if node is self._node:
            node = Node(
                "alias",
                (node,),
                None,
                node.shape,
                node.dtype,
                node.rg and grad_mode.enabled,
            )
        view = _wrap(node)
        view._view = how
        if self._views is None:
            self._views = []
        elif len(self._views) > 16:
            self._views = [ref for ref in self._views if ref() is not None]
        self._views.append(weakref.ref(view))
        return view

    def __getitem__(self, index: Any) -> Tensor:
        node, basic = read(self._node, index)
        return self._viewed(node, "indexing") if basic else _wrap(node)

    def __setitem__(self, index: Any, value: Any) -> None:
        self._assign(
            written(self._node, index, _node_of(value, self)), "x[index] = value"
        )

    # ---- types and copies ------------------------------------------------------------

    def to(self, *args: Any, **kwargs: Any) -> Tensor:
        """Another number type; a device argument may only be "cpu"."""
        dtype = kwargs.get("dtype")
        for arg in (*args, kwargs.get("device", "cpu")):
            if isinstance(arg, Tensor):
                dtype = arg.dtype
            elif isinstance(arg, str) and arg not in {d.name for d in dtypes.ALL}:
                if arg != "cpu":
                    raise UnsupportedError(
                        f"device {arg!r}: Ranvier runs on the CPU only."
                    )
            else:
                dtype = arg
        return (
            self
            if dtype is None
            else _wrap_if(ops.cast(self._node, dtypes.as_dtype(dtype)), self)
        )

    type = to

    def cpu(self) -> Tensor:
        """This tensor."""
        return self

    def float(self) -> Tensor:
        """As float32."""
        return self.to(dtypes.float32)

    def double(self) -> Tensor:
        """As float64."""
        return self.to(dtypes.float64)

    def long(self) -> Tensor:
        """As int64."""
        return self.to(dtypes.int64)

    def int(self) -> Tensor:
        """As int32."""
        return self.to(dtypes.int32)

    def bool(self) -> Tensor:
        """Whether not 0."""
        return self.to(dtypes.bool_)

    def type_as(self, other: Tensor) -> Tensor:
        """With the number type of `other`."""
        return self.to(other.dtype)

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

    def clone(self) -> Tensor:
        """A copy with its own life; gradients flow back to this tensor."""
        return _wrap(ops.alias(self._node))

    # ---- in place: the handle gets a new node ----------------------------------------

    def add_(self, other: Any, *, alpha: _Float = 1) -> Tensor:
        """In-place add."""
        return self._assign(self.add(other, alpha=alpha)._node, "add_")

    def sub_(self, other: Any, *, alpha: _Float = 1) -> Tensor:
        """In-place sub."""
        return self._assign(self.sub(other, alpha=alpha)._node, "sub_")

    def mul_(self, other: Any) -> Tensor:
        """In-place mul."""
        return self._assign((self * other)._node, "mul_")

    def div_(self, other: Any) -> Tensor:
        """In-place div."""
        return self._assign((self / other)._node, "div_")

    def pow_(self, exponent: Any) -> Tensor:
        """In-place pow."""
        return self._assign((self**exponent)._node, "pow_")

    def clamp_(self, min: Any = None, max: Any = None) -> Tensor:
        """In-place clamp."""
        return self._assign(self.clamp(min, max)._node, "clamp_")

    def zero_(self) -> Tensor:
        """Set every element to 0."""
        return self._fill(0, "zero_")

    def fill_(self, value: Any) -> Tensor:
        """Set every element to `value`."""
        return self._fill(value, "fill_")

    def _fill(self, value: Any, what: str) -> Tensor:
        return self._assign(ops.expand(_node_of(value, self), self.shape), what)

    def uniform_(self, a: _Float = 0.0, b: _Float = 1.0) -> Tensor:
        """Fill with numbers drawn evenly from [a, b)."""
        self._not_traced("uniform_")
        draw = random.default_generator.uniform(a, b, self.shape, self.dtype.np)
        return self._assign(leaf(draw), "uniform_")

    def normal_(self, mean: _Float = 0.0, std: _Float = 1.0) -> Tensor:
        """Fill with Gaussian numbers."""
        self._not_traced("normal_")
        draw = random.default_generator.normal(mean, std, self.shape, self.dtype.np)
        return self._assign(leaf(draw), "normal_")

    def _not_traced(self, what: str) -> None:
        if hooks.recorder is not None:
            raise UnsupportedError(
                f"{what}() inside a compiled function would give the same numbers at "
                f"every "
                "call; use rv.rand or rv.randn there."
            )

    def copy_(self, other: Any) -> Tensor:
        """Take over the values of `other`, converted to this type."""
        node = _node_of(other, self)
        return self._assign(ops.cast(node, self.dtype), "copy_")

    def __iadd__(self, other: Any) -> Tensor:
        return self._assign((self + other)._node, "+=")

    def __isub__(self, other: Any) -> Tensor:
        return self._assign((self - other)._node, "-=")

    def __imul__(self, other: Any) -> Tensor:
        return self._assign((self * other)._node, "*=")

    def __itruediv__(self, other: Any) -> Tensor:
        return self._assign((self / other)._node, "/=")


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
        self._view = None
        self._views = None

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

    def _assign(self, node: Node, what: str) -> Tensor:
        with NoGrad():
            self._base._assign(node, what)
        return self

    def _rebind(self, node: Node) -> None:
        self._base._rebind(node)

    def __deepcopy__(self, memo: dict[int, Any]) -> Tensor:
        copy = memo[id(self)] = Tensor(self._value().copy())
        return copy

    def requires_grad_(self, requires_grad: bool = True) -> Tensor:
        """A new leaf with the same values."""
        if not requires_grad:
            return self
        if hooks.recorder is None:
            return Tensor(self._value().copy(), True)
        out = _wrap(_started(self._node, True))
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


# ---- making handles ------------------------------------------------------------------


def _wrap(node: Node) -> Tensor:
    """A new handle on `node`."""
    tensor = Tensor.__new__(Tensor)
    tensor._node = node
    tensor._grad = None
    tensor._view = None
    tensor._views = None
    if node.value is None:
        if pending.stepped and node.rg:
            flush_pending()
        enlist(tensor)
    elif node.owner is None and not node.rg:
        node.owner = weakref.ref(tensor)
    return tensor


def _started(node: Node, requires_grad: bool) -> Node:
    """The value of `node` as something that gradients start from, or do not."""
    return Node(
        "alias", (ops.detach(node),), None, node.shape, node.dtype, requires_grad
    )


def _wrap_if(node: Node, tensor: Tensor) -> Tensor:
    """`tensor` itself when nothing changed."""
    return tensor if node is tensor._node else _wrap(node)


def _node_of(value: Any, like: Tensor) -> Node:
    """The node of an operand: a tensor, a Python number of a fitting type, an array, a
    list.
    """
    if isinstance(value, Tensor):
        return value._node
    kind = type(value)
    if kind is float or kind is int or kind is bool:
        dtype = like._node.dtype
        if kind is float and not dtype.is_float:
            dtype = dtypes.float32
        elif kind is int and dtype.order == 0:
            dtype = dtypes.int64
        inside = hooks.recorder is not None or pending.held  # a leaf has no value there
        if kind is float and value not in FIXED and not inside:
            return leaf(np.array(value, dtype.np))
        return ops.const(value, dtype)
    if isinstance(value, (np.ndarray, np.generic)):
        return leaf(np.array(value))
    if isinstance(value, (list, tuple)):
        return leaf(default_array(value))
    raise DTypeError(
        f"cannot combine a tensor with {type(value).__name__} {value!r:.60}; "
        "use a tensor, a number, a list or a NumPy array."
    )


def no_tensor(what: str, error: Exception, *given: Any) -> Exception:
    """The error in our words where `error` came of something that is no tensor: of the
    object that has no `_node`, or of `given`; else `error` itself.
    """
    if isinstance(error, AttributeError) and error.name == "_node":
        given = (error.obj,)
    if not given or isinstance(given[0], Tensor):
        return error
    return not_a_tensor(what, given[0])


def not_a_tensor(what: str, value: Any) -> DTypeError:
    """The error for an argument that should have been a tensor."""
    got = f"{type(value).__name__} {value!r:.60}"
    if value is None:
        got = "None"
    elif isinstance(value, (list, tuple)):
        got = f"a {type(value).__name__}"
    elif isinstance(value, np.ndarray):
        got = f"a NumPy array of shape {value.shape}"
    return DTypeError(f"{what}: expected a tensor, got {got}; use rv.tensor(x).")


def default_array(value: Any) -> Array:
    """A NumPy copy of `value`; Python floats become float32, Python integers int64."""
    if isinstance(value, Tensor):
        return value._value().copy()
    if isinstance(value, (np.ndarray, np.generic)):
        array = np.array(value)
    else:
        try:
            array = np.array(_plain(value))
        except ValueError:
            raise ragged(value) from None
        if array.dtype == np.float64 and not _holds_numpy(value):
            array = array.astype(np.float32)
    dtypes.of(array)
    return array


def ragged(value: Any) -> ShapeError:
    """The error for nested lists that are no array, with the first rows that differ."""
    where = _uneven(value)
    return ShapeError(
        f"rows of different lengths do not make a tensor{where and f': {where}'}. "
        "Give all rows one length, for example by filling up with zeros."
    )


def _uneven(rows: Any) -> str:
    if not isinstance(rows, (list, tuple)):
        return ""
    lengths = [len(r) if hasattr(r, "__len__") else 0 for r in rows]
    for i, n in enumerate(lengths):
        if n != lengths[0]:
            return f"row 0 has {lengths[0]} elements, row {i} has {n}"
    return next(filter(None, map(_uneven, rows)), "")


def _plain(value: Any) -> Any:
    """Nested sequences with tensors replaced by their values."""
    if isinstance(value, Tensor):
        return value._value()
    if isinstance(value, (list, tuple)):
        return [_plain(v) for v in value]
    return value


def _holds_numpy(value: Any) -> bool:
    while isinstance(value, (list, tuple)) and value:
        value = value[0]
    return isinstance(value, (np.ndarray, np.generic, Tensor))


def gradient_nodes(
    y: Node, seed: Node, wrt: Sequence[Node], create_graph: bool = False
) -> list[Node]:
    """Nodes for d y / d wrt, weighted with `seed`; the derive stage
    fills in the sweep.
    """
    sweep = Node("grad", (y, seed, *wrt), None, (), dtypes.float32, create_graph)
    return [
        Node("item", (sweep,), i, w.shape, w.dtype, create_graph)
        for i, w in enumerate(wrt)
    ]
