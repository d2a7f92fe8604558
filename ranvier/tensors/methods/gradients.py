"""Whether gradients flow, and the reverse sweep."""

from __future__ import annotations

import weakref
from collections.abc import Sequence
from typing import Self

from ranvier import ops
from ranvier.errors import DTypeError, GradientError, ShapeError
from ranvier.graph import Node, leaf, topological
from ranvier.tensors.gradient_hooks import Entry, Hook, RemovableHandle, TensorHooks
from ranvier.tensors.handles import guard, held, hooks, pending
from ranvier.tensors.methods.drawing import Drawing
from ranvier.tensors.methods.operands import node_of
from ranvier.tensors.sweeping import STOPS, Stop, gradient_nodes


class Gradients(Drawing):
    """Whether gradients flow, and the reverse sweep."""

    __slots__ = ()

    @property
    def requires_grad(self) -> bool:
        """Whether gradients flow through this tensor."""
        return self._node.rg

    @requires_grad.setter
    def requires_grad(self, flag: bool) -> None:
        self.requires_grad_(flag)

    def requires_grad_(self, requires_grad: bool = True) -> Self:
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
            self._rebind(started(self._node, requires_grad))
            recorder.born.add(self)
            return self
        self._rebind(leaf(self._value(), requires_grad))
        self._node.exported = True
        return self

    @property
    def grad(self) -> Self | None:
        """The gradient collected by `backward`, or None."""
        return self._grad

    @grad.setter
    def grad(self, value: Self | None) -> None:
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
        gradient: Self | None = None,
        retain_graph: bool = False,
        create_graph: bool = False,
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
        leaves, through = self._leaves()
        if gradient is None and hooks.recorder is not None:
            finite = ops.lt(ops.absolute(node), ops.like(node, float("inf")))
            guard(ops.reshape(ops.detach(finite), ()), "not finite")
        seed = (
            node_of(gradient, self)
            if gradient is not None
            else ops.expand(ops.like(node, 1.0), node.shape)
        )
        wrt = [tensor._node for tensor in leaves]
        items = gradient_nodes(node, seed, wrt, create_graph)
        if not (retain_graph or create_graph):
            _let_go(through)
        with held():  # a flush between two gradients would let the graph go too early
            for tensor, item in zip(leaves, items, strict=True):
                tensor._collect(self._new(item))
        if STOPS.any:
            for tensor in leaves:
                tensor._after_collecting()

    def _collect(self, new: Self) -> None:
        """Add `new` to the gradient."""
        recorder = hooks.recorder
        if recorder is not None and self not in recorder.grads:
            recorder.accumulated.append(self)
        self.grad = new if self._grad is None else self._grad + new

    def _leaves(self) -> tuple[list[Self], list[Node]]:
        """The leaf tensors below, in the order in which the graph was written, and the
        nodes between.
        """
        leaves, through = [], []
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
            else:
                through.append(node)
        return leaves, through

    # ---- hooks -----------------------------------------------------------------------

    def register_hook(self, hook: Hook) -> RemovableHandle:
        """Call ``hook(gradient)`` when this tensor's gradient is known; what it gives,
        if not None, takes the gradient's place, in `.grad` and on the way down.

        In a compiled step a hook runs while the step is captured, on stand-ins.

        >>> import ranvier as rv
        >>> x = rv.tensor(3.0, requires_grad=True)
        >>> handle = x.register_hook(lambda gradient: gradient / 2)
        >>> (x**2).backward()
        >>> x.grad
        tensor(3.)
        """
        entry = Entry(hook)
        found = self._hooks_of("register_hook")
        found.before.append(entry)
        return RemovableHandle(found.before, entry)

    def retain_grad(self) -> None:
        """Keep the gradient of a computed tensor in its `.grad` too."""
        if not self.is_leaf or not self.requires_grad:
            self._hooks_of("retain_grad").retained = weakref.ref(self)

    @property
    def retains_grad(self) -> bool:
        """Whether `retain_grad` was called on a computed tensor."""
        hooks = getattr(self, "_hooks", None)
        return not self.is_leaf and hooks is not None and hooks.retained is not None

    def register_post_accumulate_grad_hook(self, hook: Hook) -> RemovableHandle:
        """Call ``hook(tensor)`` when `backward` has added to this leaf's `.grad`."""
        if not self.is_leaf:
            raise GradientError(
                "register_post_accumulate_grad_hook: only leaf tensors collect "
                "gradients; this one was computed. Use register_hook."
            )
        entry = Entry(hook)
        found = self._hooks_of("register_post_accumulate_grad_hook")
        found.after.append(entry)
        return RemovableHandle(found.after, entry)

    def _hooks_of(self, what: str) -> TensorHooks:
        if not self.requires_grad:
            raise GradientError(
                f"{what}: this tensor does not require a gradient; call "
                ".requires_grad_() before it is used."
            )
        found: TensorHooks | None = getattr(self, "_hooks", None)
        if found is not None and (self.is_leaf or found.place is self._stop()):
            return found
        found = self._hooks = TensorHooks()
        STOPS.any = True
        if not self.is_leaf:
            if self._stop() is not None:  # another's: a module's that is watched
                self._bind(ops.alias(self._node))
            found.place = found.stop(self._node)
        return found

    def _stop(self) -> Stop | None:
        return STOPS.of.get(self._node)

    def _after_collecting(self) -> None:
        found: TensorHooks | None = getattr(self, "_hooks", None)
        for entry in list(found.after) if found is not None else ():
            entry.run(self)


def _let_go(through: Sequence[Node]) -> None:
    """`backward` has been through these: they cannot be used again."""
    for node in through:
        node.used = True
        if node.value is not None and hooks.recorder is None:
            pending.spent.append(node)


def started(node: Node, requires_grad: bool) -> Node:
    """The value of `node` as something that gradients start from, or do not."""
    return Node(
        "alias", (ops.detach(node),), None, node.shape, node.dtype, requires_grad
    )
