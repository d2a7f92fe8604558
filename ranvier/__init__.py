"""Ranvier: neural networks whose whole training run is one native program."""

from importlib import import_module as _import_module
from typing import Any as _Any

from ranvier import data, errors, nn, optim
from ranvier.autograd import check_gradients, grad, hessian, jvp, value_and_grad
from ranvier.compiler import pipeline as _pipeline
from ranvier.compiler.compiled import compile
from ranvier.creation import (
    arange, as_tensor, empty, empty_like, eye, from_numpy, full, full_like, linspace, ones,
    ones_like, rand, rand_like, randint, randn, randn_like, randperm, tensor, zeros,
    zeros_like,
)  # fmt: skip
from ranvier.dtypes import bool_ as bool
from ranvier.dtypes import float32, float64, int8, int16, int32, int64, uint8
from ranvier.functions import (
    abs, absolute, add, all, allclose, amax, amin, any, argmax, argmin, bmm, cat,
    ceil, chunk, clamp, clip, clone, cos, div, divide, dot, enable_grad, eq, equal,
    erf, exp, expm1, flatten, flip, floor, floor_divide, ge, gt, inference_mode,
    is_floating_point, is_grad_enabled, is_tensor, isclose, isfinite, isinf, isnan,
    le, log, log10, log1p, log2, log_softmax, logical_and, logical_not, logical_or,
    logsumexp, lt, matmul, max, maximum, mean, min, minimum, mm, mul, multiply, mv,
    ne, neg, negative, no_grad, norm, numel, outer, permute, pow, prod, reciprocal,
    relu, remainder, reshape, round, rsqrt, set_grad_enabled, sigmoid, sign, sin,
    softmax, split, sqrt, square, squeeze, stack, std, sub, subtract, sum, t, tanh,
    transpose, true_divide, unsqueeze, var, where,
)  # fmt: skip
from ranvier.random import Generator, manual_seed
from ranvier.tensor import Tensor

double, float, int, long = float64, float32, int32, int64

# Rooms that load more than NumPy come with the first use of their names.
_LATER = {
    "load": "ranvier.formats.safetensors",
    "save": "ranvier.formats.safetensors",
}


def __getattr__(name: str) -> _Any:
    if name in _LATER:
        return getattr(_import_module(_LATER[name]), name)
    hint = errors.nearest(name, [*globals(), *_LATER])
    raise errors.UnknownAttributeError(f"ranvier has no '{name}'{hint}")


__all__ = [
    "Generator", "Tensor", "abs", "absolute", "add", "all", "allclose", "amax",
    "amin", "any", "arange", "argmax", "argmin", "as_tensor", "bmm", "bool", "cat",
    "ceil", "check_gradients", "chunk", "clamp", "clip", "clone", "compile", "cos",
    "data", "div", "divide", "dot", "double", "empty", "empty_like", "enable_grad",
    "eq", "equal", "erf", "errors", "exp", "expm1", "eye", "flatten", "flip", "float",
    "float32", "float64", "floor", "floor_divide", "from_numpy", "full", "full_like",
    "ge", "grad", "gt", "hessian", "inference_mode", "int", "int16", "int32", "int64",
    "int8", "is_floating_point", "is_grad_enabled", "is_tensor", "isclose",
    "isfinite", "isinf", "isnan", "jvp", "le", "linspace", "load", "log", "log10",
    "log1p", "log2", "log_softmax", "logical_and", "logical_not", "logical_or",
    "logsumexp", "long", "lt", "manual_seed", "matmul", "max", "maximum", "mean",
    "min", "minimum", "mm", "mul", "multiply", "mv", "ne", "neg", "negative", "nn",
    "no_grad", "norm", "numel", "ones", "ones_like", "optim", "outer", "permute",
    "pow", "prod", "rand", "rand_like", "randint", "randn", "randn_like", "randperm",
    "reciprocal", "relu", "remainder", "reshape", "round", "rsqrt", "save",
    "set_grad_enabled", "sigmoid", "sign", "sin", "softmax", "split", "sqrt",
    "square", "squeeze", "stack", "std", "sub", "subtract", "sum", "t", "tanh",
    "tensor", "transpose", "true_divide", "uint8", "unsqueeze", "value_and_grad",
    "var", "where", "zeros", "zeros_like",
]  # fmt: skip
