"""Ranvier: neural networks whose whole training run is one native program.

Every public name stands in the table below and is loaded at its first use, so that
`import ranvier` and `ranvier --help` cost nothing. Type checkers and editors read
`__init__.pyi` instead; a test holds the two together.
"""

import sys as _sys
from importlib import import_module as _import_module
from types import ModuleType as _ModuleType

# module: its public names; new=old where the package calls it otherwise
# fmt: off
_NAMES = {
    "": "data errors models nn optim vision",
    "accuracy": "get_strict_accuracy set_strict_accuracy",
    "autograd": "check_gradients grad hessian jvp value_and_grad",
    "compiler.compiled": "compile",
    "compiler.explain": "explain",
    "compiler.run.threads": "get_num_threads set_num_threads",
    "compiler.watch": "Watch",
    "creation": """
        arange as_tensor empty empty_like eye from_numpy full full_like linspace ones
        ones_like rand rand_like randint randn randn_like randperm tensor zeros
        zeros_like
    """,
    "draw": "draw_graph",
    "dtypes": """
        bool=bool_ double=float64 float=float32 float32 float64 int=int32 int16 int32
        int64 int8 long=int64 uint8
    """,
    "formats.safetensors": "load save",
    "functions": """
        abs absolute add all allclose amax amin any argmax argmin argsort bmm cat ceil
        chunk clamp clip clone cos cumprod cumsum div divide dot enable_grad eq equal
        erf exp expm1 flatten flip floor floor_divide gather ge gt index_select
        inference_mode is_floating_point is_grad_enabled is_tensor isclose isfinite
        isinf isnan le log log10 log1p log2 log_softmax logical_and logical_not
        logical_or logsumexp lt matmul max maximum mean min minimum mm mul multiply mv
        ne neg negative no_grad norm numel outer permute pow probe prod reciprocal relu
        remainder reshape round rsqrt scatter scatter_add set_grad_enabled sigmoid sign
        sin softmax sort split sqrt square squeeze stack std sub subtract sum t
        take_along_dim tanh topk transpose true_divide unsqueeze var where
    """,
    "nn.ensemble": "Ensemble",
    "random": "Generator manual_seed",
    "tensor": "Tensor",
    "train.evaluate": "evaluate",
    "train.fit": "fit",
    "train.search": "search",
    "train.space": "Range",
    "train.sweep": "sweep",
    "version": "__version__",
}
# fmt: on

_HOME = {
    word.partition("=")[0]: (f"{__name__}.{module}".rstrip("."), word.split("=")[-1])
    for module, words in _NAMES.items()
    for word in words.split()
}
__all__ = tuple(sorted(_HOME))


class _Package(_ModuleType):
    def __setattr__(self, name: str, value: object) -> None:
        # The import system puts the module ranvier.tensor here when it has loaded it;
        # the name belongs to the function.
        if not (isinstance(value, _ModuleType) and _is_no_room(name)):
            super().__setattr__(name, value)


def _is_no_room(name: str) -> bool:
    return name in _HOME and _HOME[name][0] != __name__


def __getattr__(name: str) -> object:
    """A public name, at its first use; else a module of the package."""
    if _is_no_room(name):
        module, there = _HOME[name]
        globals()[name] = value = getattr(_import_module(module), there)
        return value
    room = f"{__name__}.{name}"
    try:
        return _import_module(room)
    except ModuleNotFoundError as error:
        if error.name != room:
            raise
    absent = _import_module(f"{__name__}.absent")
    raise absent.unknown(__name__, name, __all__, absent.PACKAGE)


def __dir__() -> tuple[str, ...]:
    return __all__


_sys.modules[__name__].__class__ = _Package
