"""Looking at values: as a number, a list, an array, a text."""

from __future__ import annotations

from typing import Any, Self

from ranvier import absent, dtypes
from ranvier.errors import DTypeError, GradientError, ShapeError, UnsupportedError
from ranvier.graph import Array, grad_mode
from ranvier.tensors import markup
from ranvier.tensors.handles import hooks
from ranvier.tensors.methods.gradients import Gradients
from ranvier.tensors.methods.handle import Handle
from ranvier.tensors.printing import printed, with_facts

PREFIX = "tensor("
USUAL_EMPTY = (dtypes.float32,)


class Looking(Gradients):
    """Values as numbers, lists, arrays and text."""

    __slots__ = ()

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

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        out = self._snapshot()
        if dtype is not None and out.dtype != dtype:
            return out.astype(dtype)
        return out.copy() if copy else out

    def item(self) -> float | int | bool:
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

    def __float__(self) -> float:
        return float(self.item())

    def __int__(self) -> int:
        return int(self.item())

    def __index__(self) -> int:
        if self.dtype.is_float:
            raise DTypeError(
                "only integer tensors of one element can be used as an index."
            )
        return int(self.item())

    def __bool__(self) -> bool:
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
        return with_facts(printed(self._value(), PREFIX), self._facts(), len(PREFIX))

    def _facts(self) -> list[str]:
        """What is printed behind the values, where it is not the usual."""
        size, dtype = self.numel(), self.dtype
        facts = [] if size or self.ndim == 1 else [f"size={tuple(self.shape)}"]
        usual = (dtypes.float32, dtypes.int64, dtypes.bool_) if size else USUAL_EMPTY
        return facts + ([] if dtype in usual else [f"dtype={dtype}"]) + self._from()

    def _from(self) -> list[str]:
        """Where a gradient would go, if there is one."""
        if not self._node.rg:
            return []
        made = f"grad_fn=<{self._node.op}>"
        return ["requires_grad=True" if self.is_leaf else made]

    def _repr_html_(self) -> str | None:
        """In notebooks: shape, type, and a small table of values."""
        if self._node.op == "absent" or hooks.recorder is not None:
            return None
        facts = f"shape {tuple(self.shape)}", f"{self.dtype}", *self._from()
        about = ", ".join((type(self).__name__, *facts))
        return markup.tensor(self._value(), about)

    def __format__(self, spec: str) -> str:
        unknown = self._node.op == "absent" or hooks.recorder is not None
        plain = self.shape or (unknown and not spec)
        return repr(self) if plain else format(self.item(), spec)

    def __contains__(self, element: Any) -> bool:
        return bool(self.eq(element).any())

    def __hash__(self) -> int:
        return id(self)

    def __dir__(self) -> list[str]:
        return [n for n in super().__dir__() if n not in absent.TENSOR]

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        if not self.is_leaf:
            raise GradientError(
                "only leaf tensors can be deep-copied; use .detach().clone()."
            )
        copy = type(self).__new__(type(self))
        Handle.__init__(copy, self._value().copy(), self.requires_grad)
        memo[id(self)] = copy
        if self._grad is not None and self._grad._node.op != "absent":
            copy._grad = self._kind(self._grad._value().copy())
        return copy

    def __reduce_ex__(self, protocol: Any) -> Any:
        raise UnsupportedError(
            "tensors are not pickled, since a pickle can run code when it is loaded; "
            "use rv.save(model, 'model.safetensors') or np.save('x.npy', "
            "x.detach().numpy())."
        )
