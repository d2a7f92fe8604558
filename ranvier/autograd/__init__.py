"""`rv.autograd`: gradients of tensors by tensors, derivatives of functions, functions
with a gradient of their own, as PyTorch has them.

What turns a function into its derivative (`rv.grad`, `rv.hessian`, …) stands in
`ranvier.derivatives`.
"""

from typing import TYPE_CHECKING

from ranvier.absent import unknown
from ranvier.autograd import function, functional
from ranvier.autograd.by_tensors import backward, grad
from ranvier.autograd.checking import gradcheck, gradgradcheck
from ranvier.autograd.function import Function
from ranvier.tensors.modes import enable_grad, inference_mode, no_grad, set_grad_enabled

_INSTEAD = {
    "Variable": "a tensor is one; rv.tensor(data, requires_grad=True)",
    "anomaly_mode": "a compiled step names the first value that is not finite",
    "detect_anomaly": "a compiled step names the first value that is not finite",
    "forward_ad": "use rv.jvp(f, primals, tangents)",
    "graph": "use x.register_hook for gradients, rv.draw_graph(y) for a picture",
    "profiler": "use `ranvier explain FILE.py:step`, or Python's cProfile",
    "set_detect_anomaly": "a compiled step names the first value that is not finite",
}
__all__ = [
    "Function",
    "backward",
    "enable_grad",
    "function",
    "functional",
    "grad",
    "gradcheck",
    "gradgradcheck",
    "inference_mode",
    "no_grad",
    "set_grad_enabled",
]

if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        raise unknown(__name__, name, __all__, _INSTEAD)
