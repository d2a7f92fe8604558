"""The base of every layer and model."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Self

import numpy as np

from ranvier import absent
from ranvier.dtypes import ALL, DType, as_dtype, float32, float64
from ranvier.errors import (
    DTypeError,
    LayerShapeError,
    RanvierError,
    UnknownAttributeError,
    UnknownNameError,
    UnsupportedError,
    nearest,
)
from ranvier.graph import leaf
from ranvier.nn import hooks as hooks_of
from ranvier.nn import markup, printing, state
from ranvier.nn.hooks import Around, Hook
from ranvier.nn.parameter import Buffer, Parameter
from ranvier.nn.state import IncompatibleKeys
from ranvier.nn.summary import Summary, summarise
from ranvier.tensor import Tensor, hooks, no_tensor
from ranvier.tensors.creation import check_device
from ranvier.tensors.gradient_hooks import RemovableHandle


class Module:
    """A layer or model: parameters, buffers and sub-modules by name, and a `forward`.

    Attributes that are Parameters, Modules or registered buffers are found by name.

        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.fc1 = nn.Linear(784, 10)
                self.fc2 = nn.Linear(10, 10)

            def forward(self, x):
                return self.fc2(self.fc1(x).relu())
    """

    weighted = False  # whether it counts in a network's depth
    training: bool
    _parameters: dict[str, Parameter | None]
    _buffers: dict[str, Tensor | None]
    _modules: dict[str, Module | None]
    _transient: set[str]
    _made: weakref.ref[Any] | None
    _around: Around | None

    def __init__(self) -> None:
        self.__dict__.update(
            training=True,
            _parameters={},
            _buffers={},
            _modules={},
            _transient=set(),
            _made=None,
            _around=None,
        )

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """What the module computes; every subclass writes its own."""
        raise RanvierError(f"{type(self).__name__} has no forward(); define it.")

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        recorder = hooks.recorder
        if recorder is not None:
            recorder.modes.append((self, self.training))
        try:
            if self._around is None:
                out = self.forward(*args, **kwargs)
            else:
                out = self._around.call(self, args, kwargs)
        except LayerShapeError as error:
            self._locate(error, args)
            raise
        except (AttributeError, TypeError) as error:
            raise self._no_tensor(error, args) from error.__cause__
        if out.__class__ is Tensor:
            # Who made a value is asked only when an error is explained.
            self.__dict__["_made"] = weakref.ref(out._node)
            if recorder is not None:
                recorder.outputs.append((self, out._node))
        return out

    def _no_tensor(self, error: Exception, args: tuple[Any, ...]) -> Exception:
        """The error of a layer that was called with something else than a tensor."""
        ours = type(self).__module__.startswith("ranvier.") and not self._modules
        if ours and args and not isinstance(error, RanvierError):
            return no_tensor(type(self).__name__, error, args[0])
        return no_tensor(type(self).__name__, error)

    def _locate(self, error: LayerShapeError, args: tuple[Any, ...]) -> None:
        """Fill in the names of the layers that `error` is about, as seen from here."""
        details = error.__dict__
        if "module" not in details:
            first = args[0] if args else None
            details.update(module=self, node=getattr(first, "_node", None))
            return
        names = {module: name for name, module in self.named_modules() if name}
        step = names.get(details["module"])
        if step is None:
            return
        error.name = f"{step}.{error.name}" if error.name else step
        if error.source:
            error.source = f"{step}.{error.source}"
        else:
            made = (n for m, n in names.items() if m._made_it(details["node"]))
            error.source = next(made, "")
        details["module"] = self

    def _made_it(self, node: Any) -> bool:
        made = self.__dict__["_made"]
        return made is not None and made() is node and not self._modules

    # ---- registration ----------------------------------------------------------------

    def __setattr__(self, name: str, value: Any) -> None:
        fields = self.__dict__
        if "_parameters" not in fields:
            if isinstance(value, (Parameter, Module)):
                raise RanvierError(
                    f"{type(self).__name__}: call super().__init__() before assigning "
                    f"self.{name}."
                )
            fields[name] = value
        elif isinstance(value, Parameter):
            self._place("_parameters", name, value)
        elif isinstance(value, Module):
            self._place("_modules", name, value)
        elif isinstance(value, Buffer):
            self._place("_buffers", name, value)
            self._keep(name, value.persistent)
        elif name in fields["_parameters"]:
            self._only_none(name, value, "parameter", "nn.Parameter(...)")
            self._place("_parameters", name, None)
        elif name in fields["_modules"]:
            self._only_none(name, value, "module", "an nn.Module")
            self._place("_modules", name, None)
        elif name in fields["_buffers"]:
            if value is not None and not isinstance(value, Tensor):
                self._only_none(name, value, "buffer", "a tensor")
            fields["_buffers"][name] = fields[name] = value
        else:
            object.__setattr__(self, name, value)

    def _only_none(self, name: str, value: Any, what: str, wanted: str) -> None:
        if value is not None:
            raise DTypeError(
                f"{type(self).__name__}.{name} is a {what}; it cannot be set to a "
                f"{type(value).__name__}. Assign {wanted} or None."
            )

    def __delattr__(self, name: str) -> None:
        for registry in (self._parameters, self._buffers, self._modules):
            registry.pop(name, None)
        self._transient.discard(name)
        object.__delattr__(self, name)

    def __getattr__(self, name: str) -> Any:
        raise absent.unknown(type(self).__name__, name, dir(self), absent.MODULE)

    def _place(self, registry: str, name: str, value: Any) -> None:
        fields = self.__dict__
        for other in ("_parameters", "_buffers", "_modules"):
            if other != registry:
                fields[other].pop(name, None)
        fields[registry][name] = fields[name] = value

    def _add(self, registry: str, name: str, value: Any, kind: type) -> None:
        what = type(self).__name__
        if not isinstance(name, str) or not name or "." in name:
            raise UnknownNameError(
                f"{what}: {name!r} is no name for a part of a module; expected a text "
                "without dots."
            )
        if value is not None and not isinstance(value, kind):
            raise DTypeError(
                f"{what}: '{name}' is a {type(value).__name__}; expected "
                f"nn.{kind.__name__} or None."
            )
        fields = self.__dict__
        taken = hasattr(type(self), name) or name in fields
        if taken and name not in fields[registry]:
            raise UnknownNameError(
                f"{what}: there is an attribute '{name}' already; use another name, or "
                f"delete it first."
            )
        self._place(registry, name, value)

    def register_parameter(self, name: str, param: Parameter | None) -> None:
        """Add a parameter under `name`; as assigning it, but for a new name."""
        self._add("_parameters", name, param, Parameter)

    def register_module(self, name: str, module: Module | None) -> None:
        """Add a sub-module under `name`; as assigning it, but for a new name."""
        self._add("_modules", name, module, Module)

    add_module = register_module

    def register_buffer(
        self, name: str, tensor: Tensor | None, persistent: bool = True
    ) -> None:
        """Add a tensor that is state but is not learnt, such as a running mean; in the
        state_dict if `persistent`.
        """
        self._add("_buffers", name, tensor, Tensor)
        self._keep(name, persistent)

    def _keep(self, name: str, persistent: bool) -> None:
        self._transient.discard(name)
        if not persistent:
            self._transient.add(name)

    # ---- hooks -----------------------------------------------------------------------

    def register_forward_pre_hook(
        self, hook: Hook, *, prepend: bool = False, with_kwargs: bool = False
    ) -> RemovableHandle:
        """Call ``hook(module, args)`` before `forward`; what it returns, if not None,
        takes the place of the arguments. With ``with_kwargs`` it is
        ``hook(module, args, kwargs)`` and returns both.

        In a compiled step a hook runs while the step is captured, on stand-ins.
        """
        entry = hooks_of.Entry(hook, with_kwargs)
        return hooks_of.add(self._hooks().before, entry, prepend)

    def register_forward_hook(
        self,
        hook: Hook,
        *,
        prepend: bool = False,
        with_kwargs: bool = False,
        always_call: bool = False,
    ) -> RemovableHandle:
        """Call ``hook(module, args, output)`` after `forward`; what it returns, if not
        None, takes the place of the output. With ``with_kwargs`` it is
        ``hook(module, args, kwargs, output)``.

        In a compiled step a hook runs while the step is captured, on stand-ins.

        >>> import ranvier as rv
        >>> layer = rv.nn.Linear(2, 3)
        >>> shape = lambda module, args, output: print(output.shape)
        >>> with layer.register_forward_hook(shape):
        ...     _ = layer(rv.zeros(5, 2))
        (5, 3)
        """
        if always_call:
            raise UnsupportedError(
                "register_forward_hook: always_call is not supported; leave it out."
            )
        entry = hooks_of.Entry(hook, with_kwargs)
        return hooks_of.add(self._hooks().after, entry, prepend)

    def register_full_backward_hook(
        self, hook: Hook, prepend: bool = False
    ) -> RemovableHandle:
        """Call ``hook(module, grad_input, grad_output)`` when the gradients of the
        arguments of a call are known: tuples with one place an argument, or a result,
        None where there is none. What it gives, if not None, takes the place of
        `grad_input`. In a compiled step it runs while the step is captured.

        >>> import ranvier as rv
        >>> layer = rv.nn.ReLU()
        >>> handle = layer.register_full_backward_hook(
        ...     lambda module, grad_input, grad_output: print(grad_input[0].tolist())
        ... )
        >>> x = rv.tensor([-1.0, 2.0], requires_grad=True)
        >>> (3 * layer(x)).sum().backward()
        [0.0, 3.0]
        """
        return hooks_of.add(self._hooks().going, hooks_of.Entry(hook, False), prepend)

    def register_full_backward_pre_hook(
        self, hook: Hook, prepend: bool = False
    ) -> RemovableHandle:
        """Call ``hook(module, grad_output)`` before the gradients of the arguments of a
        call are computed; what it gives, if not None, takes the place of `grad_output`.
        """
        return hooks_of.add(self._hooks().coming, hooks_of.Entry(hook, False), prepend)

    def _hooks(self) -> Around:
        around = self._around
        if around is None:
            around = self.__dict__["_around"] = Around()
        return around

    # ---- walking ---------------------------------------------------------------------

    def named_children(self) -> Iterator[tuple[str, Module]]:
        """Name and module, for the modules directly inside, each once."""
        seen: set[Module] = set()
        for name, module in self._modules.items():
            if module is not None and module not in seen:
                seen.add(module)
                yield name, module

    def children(self) -> Iterator[Module]:
        """The modules directly inside."""
        return (module for _, module in self.named_children())

    def named_modules(
        self,
        memo: set[Module] | None = None,
        prefix: str = "",
        remove_duplicate: bool = True,
    ) -> Iterator[tuple[str, Module]]:
        """Dotted name and module: this one, then all inside, each once."""
        memo = set() if memo is None else memo
        for name, module in self._every_module(prefix):
            if module not in memo or not remove_duplicate:
                memo.add(module)
                yield name, module

    def modules(self, remove_duplicate: bool = True) -> Iterator[Module]:
        """This module, then all inside, each once."""
        found = self.named_modules(remove_duplicate=remove_duplicate)
        return (module for _, module in found)

    def _named(
        self, registry: str, prefix: str, recurse: bool, unique: bool
    ) -> Iterator[tuple[str, Any]]:
        seen: set[Any] = set()
        owners = self._every_module(prefix) if recurse else iter([(prefix, self)])
        for path, module in owners:
            for name, value in module.__dict__[registry].items():
                if value is not None and not (unique and value in seen):
                    seen.add(value)
                    yield (f"{path}.{name}" if path else name), value

    def _every_module(self, prefix: str) -> Iterator[tuple[str, Module]]:
        """As `named_modules`, but a module that is used twice comes twice."""
        yield prefix, self
        for name, module in self._modules.items():
            if module is not None:
                path = f"{prefix}.{name}" if prefix else name
                yield from module._every_module(path)

    def named_parameters(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Parameter]]:
        """Dotted name and parameter."""
        return self._named("_parameters", prefix, recurse, remove_duplicate)

    def parameters(self, recurse: bool = True) -> Iterator[Parameter]:
        """The parameters, each once."""
        return (p for _, p in self.named_parameters(recurse=recurse))

    def named_buffers(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Tensor]]:
        """Dotted name and buffer."""
        return self._named("_buffers", prefix, recurse, remove_duplicate)

    def buffers(self, recurse: bool = True) -> Iterator[Tensor]:
        """The buffers, each once."""
        return (b for _, b in self.named_buffers(recurse=recurse))

    def get_submodule(self, target: str) -> Module:
        """The module with this dotted name."""
        known = dict(self.named_modules(remove_duplicate=False))
        found: Module = self._found("module", target, known)
        return found

    def get_parameter(self, target: str) -> Parameter:
        """The parameter with this dotted name."""
        known = dict(self.named_parameters(remove_duplicate=False))
        found: Parameter = self._found("parameter", target, known)
        return found

    def get_buffer(self, target: str) -> Tensor:
        """The buffer with this dotted name."""
        known = dict(self.named_buffers(remove_duplicate=False))
        found: Tensor = self._found("buffer", target, known)
        return found

    def _found(self, what: str, target: str, known: dict[str, Any]) -> Any:
        if target not in known:
            raise UnknownAttributeError(
                f"{type(self).__name__} has no {what} '{target}'"
                f"{nearest(target, known)}"
            )
        return known[target]

    def apply(self, fn: Callable[[Module], Any]) -> Self:
        """Call `fn` with every module inside, then with this one."""
        for module in self.children():
            module.apply(fn)
        fn(self)
        return self

    # ---- modes and types -------------------------------------------------------------

    def train(self, mode: bool = True) -> Self:
        """Training mode, which dropout and normalisation heed."""
        if not isinstance(mode, bool):
            raise DTypeError(f"train: mode is {mode!r}; expected True or False.")
        for module in self.modules():
            module.__dict__["training"] = mode
        return self

    def eval(self) -> Self:
        """The mode for using the model; the opposite of `train`."""
        return self.train(False)

    def requires_grad_(self, requires_grad: bool = True) -> Self:
        """Learn the parameters, or freeze them."""
        for parameter in self.parameters():
            parameter.requires_grad_(requires_grad)
        return self

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients (or set them to 0)."""
        for parameter in self.parameters():
            forget_gradient(parameter, set_to_none)

    def to(self, *args: Any, **kwargs: Any) -> Self:
        """Parameters and buffers in another floating point type; the
        device is "cpu".
        """
        wanted = kwargs.get("dtype")
        for arg in args:
            if isinstance(arg, str) and arg not in {d.name for d in ALL}:
                check_device(arg)
            elif arg is not None:
                wanted = arg.dtype if isinstance(arg, Tensor) else arg
        check_device(kwargs.get("device"))
        return self if wanted is None else self._convert(as_dtype(wanted))

    def _convert(self, dtype: DType) -> Self:
        if not dtype.is_float:
            raise DTypeError(f"a module in {dtype.name}; use rv.float32 or rv.float64.")
        for tensor in (*self.parameters(), *self.buffers()):
            if tensor.dtype.is_float and tensor.dtype is not dtype:
                array = tensor._value().astype(dtype.np)
                tensor._rebind(leaf(array, tensor.requires_grad))
                if tensor.grad is not None:
                    tensor.grad = tensor.grad.to(dtype)
        return self

    def type(self, dst_type: Any) -> Self:
        """Parameters and buffers in another floating point type."""
        return self._convert(as_dtype(dst_type))

    def float(self) -> Self:
        """Parameters and buffers as float32."""
        return self._convert(float32)

    def double(self) -> Self:
        """Parameters and buffers as float64."""
        return self._convert(float64)

    def cpu(self) -> Self:
        """This module."""
        return self

    # ---- state -----------------------------------------------------------------------

    def _state(self) -> Iterator[tuple[str, Tensor]]:
        """Everything that a state_dict holds, in PyTorch's order."""
        for path, module in self._every_module(""):
            dot = f"{path}." if path else ""
            for name, parameter in module._parameters.items():
                if parameter is not None:
                    yield dot + name, parameter
            for name, buffer in module._buffers.items():
                if buffer is not None and name not in module._transient:
                    yield dot + name, buffer

    def state_dict(
        self,
        *,
        destination: dict[str, Tensor] | None = None,
        prefix: str = "",
        keep_vars: bool = False,
    ) -> dict[str, Tensor]:
        """Parameters and buffers by dotted name, with `prefix` in front; the values
        follow the model's. With ``keep_vars`` the parameters themselves.
        """
        found = {} if destination is None else destination
        for name, tensor in self._state():
            found[prefix + name] = tensor if keep_vars else tensor.detach()
        return found

    def load_state_dict(
        self, state_dict: Mapping[str, Any], strict: bool = True, assign: bool = False
    ) -> IncompatibleKeys:
        """Take over values, tensors or NumPy arrays, in place; they become what the
        model computes in.

        Raises StateError that lists missing, unexpected and mis-shaped keys together;
        with ``strict=False`` missing and unexpected ones are returned instead. A batch
        norm's count of batches may be missing, as in files of old PyTorch versions.
        """
        if assign:
            raise UnsupportedError(
                "load_state_dict: assign=True is not supported; values are taken over "
                "in place. Leave it out."
            )
        name = type(self).__name__
        return state.load(name, dict(self._state()), state_dict, strict)

    # ---- looking ---------------------------------------------------------------------

    def extra_repr(self) -> str:
        """What stands in the brackets when this module is printed."""
        return ""

    def _get_name(self) -> str:
        return type(self).__name__

    def __repr__(self) -> str:
        return printing.text(self._get_name(), self.extra_repr(), self._modules.items())

    def _repr_html_(self) -> str:
        """In notebooks: a table of layers."""
        return markup.layers(self)

    def __dir__(self) -> list[str]:
        return [n for n in super().__dir__() if not n.isdigit()]

    def summary(self, input_shape: tuple[int, ...], dtype: Any = float32) -> Summary:
        """A table of layers, their output shapes and numbers of parameters.

        Found by writing the graph for an input of `input_shape`; nothing is computed
        and no state changes.

        >>> from ranvier import nn
        >>> print(nn.Linear(784, 10).summary((1, 784)))
        layer  type    output   weights  biases  parameters
               Linear  (1, 10)    7,840      10       7,850
        total                     7,840      10       7,850
        """
        return summarise(self, input_shape, as_dtype(dtype))


def forget_gradient(tensor: Tensor, set_to_none: bool = True) -> None:
    """Set `.grad` to None, or to zeros where there is one."""
    if set_to_none:
        tensor.grad = None
    elif tensor.grad is not None:
        tensor.grad = Tensor(np.zeros(tensor.shape, tensor.dtype.np))
