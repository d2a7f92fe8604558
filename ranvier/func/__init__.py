"""`rv.func`: functions of functions, and modules called with other parameters, under
PyTorch's names.
"""

from typing import TYPE_CHECKING

from ranvier.absent import unknown
from ranvier.derivatives import grad, jvp
from ranvier.func.jacobians import grad_and_value, hessian, jacfwd, jacrev, vjp
from ranvier.func.modules import functional_call, stack_module_state
from ranvier.func.rows import vmap

_INSTEAD = {
    "debug_unwrap": "tensors are not wrapped; leave it out",
    "functionalize": "in-place forms make new values already; leave it out",
    "linearize": "use rv.func.jvp(f, primals, tangents)",
}
__all__ = [
    "functional_call",
    "grad",
    "grad_and_value",
    "hessian",
    "jacfwd",
    "jacrev",
    "jvp",
    "stack_module_state",
    "vjp",
    "vmap",
]

if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        raise unknown(__name__, name, __all__, _INSTEAD)
