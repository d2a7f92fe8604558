"""PyTorch's names that Ranvier leaves out on purpose, and what to write instead.

Looked at only when a name is missing: what is there costs nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ranvier.errors import UnknownAttributeError, nearest

_CPU = "Ranvier runs on the CPU only; leave .{}() out"
_TWO = "Ranvier computes in float32 and float64; use .float() or .double()"
_TYPES = "Ranvier computes in float32 and float64"
_STATE = "there are no hooks on a state_dict; change the dict itself"

_COMPLEX = "there are no complex numbers; keep real and imaginary part apart"
_SPARSE = "there are no sparse tensors; use a dense one, or index_add for rows"
_NUMPY = "use {} of x.numpy(), without a gradient"
_PLACE = "a tensor is a node of a graph, not a place in memory; use {}"

PACKAGE = {
    "amp": _TYPES,
    "as_strided": "there are no strides; use x.unfold, x.reshape or x.permute",
    "autocast": _TYPES + "; leave it out",
    "bfloat16": _TYPES,
    "complex": _COMPLEX,
    "complex64": _COMPLEX,
    "complex128": _COMPLEX,
    "distributed": "runs use the processors of one machine",
    "eig": "its results are complex; rv.linalg.eigh is for symmetric matrices",
    "fft": _NUMPY.format("np.fft"),
    "float16": _TYPES,
    "gcd": _NUMPY.format("np.gcd"),
    "half": _TYPES,
    "histogram": "use rv.histc, or np.histogram of x.numpy()",
    "hub": "nothing is fetched; rv.load(file, into=model) reads weights",
    "jit": "use rv.compile",
    "lcm": _NUMPY.format("np.lcm"),
    "lu": "use rv.linalg.solve(A, B)",
    "matrix_exp": _NUMPY.format("scipy.linalg.expm"),
    "multiprocessing": "a run uses all processors by itself; rv.set_num_threads(n)",
    "nextafter": _NUMPY.format("np.nextafter"),
    "sparse": _SPARSE,
    "sparse_coo_tensor": _SPARSE,
    "stft": _NUMPY.format("scipy.signal.stft"),
    "view_as_complex": _COMPLEX,
    "view_as_real": _COMPLEX,
}
TENSOR = {
    "as_strided": "there are no strides; use x.unfold, x.reshape or x.permute",
    "bfloat16": _TWO,
    "cuda": _CPU.format("cuda"),
    "data_ptr": _PLACE.format(".numpy()"),
    "eig": "its results are complex; rv.linalg.eigh is for symmetric matrices",
    "half": _TWO,
    "histogram": "use .histc(bins, min, max)",
    "imag": _COMPLEX,
    "lstsq": "use rv.linalg.lstsq(A, B)",
    "lu": "use rv.linalg.solve(A, B)",
    "map_": "use apply_ with a function of one number, or rv.where",
    "matrix_exp": _NUMPY.format("scipy.linalg.expm"),
    "real": "x is real; leave .real out",
    "resize_": "make a new tensor, or use .reshape",
    "set_": _PLACE.format("x.data = y"),
    "share_memory_": "processes get copies; pass x.detach().numpy()",
    "sparse_mask": _SPARSE,
    "storage": _PLACE.format(".numpy()"),
    "storage_offset": _PLACE.format(".numpy()"),
    "to_dense": "x is dense; leave it out",
    "to_sparse": _SPARSE,
    "untyped_storage": _PLACE.format(".numpy()"),
    "xpu": _CPU.format("xpu"),
}
MODULE = {
    "bfloat16": _TYPES + "; leave .bfloat16() out",
    "cuda": _CPU.format("cuda"),
    "half": _TYPES + "; leave .half() out",
    "register_backward_hook": "use register_full_backward_hook",
    "register_load_state_dict_post_hook": _STATE,
    "register_state_dict_pre_hook": _STATE,
    "share_memory": "parameters stay in this process; leave it out",
    "to_empty": "there is one device; use the module itself",
}
_FRACTION = "it is not built; use {} with a kernel_size and a stride"
FUNCTIONAL = {
    "fractional_max_pool2d": _FRACTION.format("max_pool2d"),
    "fractional_max_pool3d": _FRACTION.format("max_pool3d"),
    "multi_head_attention_forward": "use nn.MultiheadAttention, or "
    "F.scaled_dot_product_attention",
}
_PARAMETRIZED = "use nn.utils.parametrizations.spectral_norm"
NN_UTILS = {
    "clip_grad_norm": "use clip_grad_norm_",
    "prune": "pruning is not built; multiply the weight by a mask in forward()",
    "remove_spectral_norm": "use nn.utils.parametrize.remove_parametrizations",
    "spectral_norm": _PARAMETRIZED,
}
OPTIM = {
    "Adafactor": "use optim.Adam, or optim.Lion, which keeps one array a parameter",
    "Muon": "use optim.AdamW, or optim.SGD with momentum",
    "SparseAdam": "gradients are dense here; use optim.Adam",
}
NN = {
    "AdaptiveLogSoftmaxWithLoss": "it is not built; use nn.Linear and "
    "nn.CrossEntropyLoss",
    "FractionalMaxPool2d": _FRACTION.format("nn.MaxPool2d"),
    "FractionalMaxPool3d": _FRACTION.format("nn.MaxPool3d"),
    "SyncBatchNorm": "there is one process; use nn.BatchNorm2d",
    "DataParallel": "Ranvier runs on the CPU only; use the module itself, and "
    "rv.set_num_threads(n) for more threads",
}


def unknown(
    where: str, name: str, known: Iterable[str], instead: dict[str, str]
) -> UnknownAttributeError:
    """The error for a name that `where` does not have.

    >>> print(unknown("ranvier.nn", "Liner", ["Linear"], NN))
    ranvier.nn has no 'Liner'; did you mean 'Linear'?
    >>> print(unknown("ranvier.nn", "Quantized", ["Linear"], NN))
    ranvier.nn has no 'Quantized' in this version.
    >>> print(unknown("Tensor", "cuda", [], TENSOR))
    Tensor.cuda: Ranvier runs on the CPU only; leave .cuda() out.
    """
    if name in instead:
        return UnknownAttributeError(f"{where}.{name}: {instead[name]}.")
    if name.startswith("_"):
        return UnknownAttributeError(f"{where} has no '{name}'.")
    hint = nearest(name, known, 0.72) or " in this version."
    return UnknownAttributeError(f"{where} has no '{name}'{hint}")


class Absent:
    """Stands in a class for such a name.

    A `__getattr__` would do the same, and would make every attribute that is there
    three times as slow to reach.
    """

    def __init__(self, name: str, instead: dict[str, str]) -> None:
        self.name = name
        self.instead = instead

    def __get__(self, instance: Any, owner: type) -> Any:
        raise unknown(owner.__name__, self.name, (), self.instead)
