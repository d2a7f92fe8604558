"""A weight as length times direction (Salimans and Kingma 2016, arXiv:1602.07868)."""

from __future__ import annotations

from typing import Any

from ranvier import ops
from ranvier.errors import StateError, UnknownAttributeError, nearest
from ranvier.graph import Node
from ranvier.nn.module import Module
from ranvier.nn.parameter import Parameter
from ranvier.tensor import Tensor, _wrap
from ranvier.tensors.gradient_hooks import RemovableHandle


def lengths(v: Node, dim: int | None) -> Node:
    """‖v‖ of each slice of dimension `dim`, or of all of it."""
    if dim is None or dim == -1:
        return ops.sqrt(ops.total(ops.mul(v, v)))
    d = ops.axis(dim, len(v.shape), "weight_norm")
    over = tuple(i for i in range(len(v.shape)) if i != d)
    return ops.sqrt(ops.total(ops.mul(v, v), over, True)) if over else ops.absolute(v)


def composed(g: Tensor, v: Tensor, dim: int | None) -> Tensor:
    """g v / ‖v‖."""
    return _wrap(ops.mul(v._node, ops.div(g._node, lengths(v._node, dim))))


class _Norm:
    """What computes the weight before each `forward`."""

    def __init__(self, name: str, dim: int | None) -> None:
        self.name = name
        self.dim = dim
        self.handle: RemovableHandle | None = None

    def __call__(self, module: Module, args: tuple[Any, ...]) -> None:
        g, v = (getattr(module, f"{self.name}_{letter}") for letter in "gv")
        module.__dict__[self.name] = composed(g, v, self.dim)


def weight_norm(module: Module, name: str = "weight", dim: int | None = 0) -> Module:
    """Replace parameter `name` of `module` by ``name_g``, the lengths of its slices
    along `dim` (None: one length), and ``name_v``, their directions: w = g v / ‖v‖.

    >>> import ranvier as rv
    >>> layer = rv.nn.utils.weight_norm(rv.nn.Linear(20, 40))
    >>> layer.weight_g.shape, layer.weight_v.shape
    ((40, 1), (40, 20))
    """
    weight = parameter(module, name)
    norm = _Norm(name, dim)
    delattr(module, name)
    g = _wrap(lengths(ops.detach(weight._node), dim))
    module.register_parameter(f"{name}_g", Parameter(g, weight.requires_grad))
    module.register_parameter(f"{name}_v", Parameter(weight, weight.requires_grad))
    norm(module, ())
    norm.handle = module.register_forward_pre_hook(norm)
    return module


def parameter(module: Module, name: str) -> Parameter:
    """The parameter of that name of the module itself."""
    found = module._parameters.get(name)
    if found is None:
        hint = nearest(name, module._parameters)
        kind = type(module).__name__
        raise UnknownAttributeError(f"{kind} has no parameter '{name}'{hint}")
    return found


def remove_weight_norm(module: Module, name: str = "weight") -> Module:
    """One parameter again, with the value it has now. Raises StateError where there is
    no weight norm on it.
    """
    around = module._around
    for entry in around.before if around is not None else ():
        norm = entry.run
        if isinstance(norm, _Norm) and norm.name == name:
            norm(module, ())
            weight = module.__dict__.pop(name)
            for letter in "gv":
                delattr(module, f"{name}_{letter}")
            module.register_parameter(name, Parameter(weight.detach()))
            assert norm.handle is not None, "it was registered"
            norm.handle.remove()
            return module
    raise StateError(
        f"remove_weight_norm: there is no weight norm on '{name}' of "
        f"{type(module).__name__}."
    )
