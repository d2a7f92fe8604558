# What type checkers and editors see of `__init__.py`; tests/test_package.py compares.
# ruff: noqa: I001
# fmt: off
from ranvier import dtypes as _dtypes
from ranvier import data as data, errors as errors, models as models
from ranvier import nn as nn, optim as optim, vision as vision
from ranvier.accuracy import (
    get_strict_accuracy as get_strict_accuracy,
    set_strict_accuracy as set_strict_accuracy,
)
from ranvier.autograd import (
    check_gradients as check_gradients, grad as grad, hessian as hessian, jvp as jvp,
    value_and_grad as value_and_grad,
)
from ranvier.compiler.compiled import compile as compile
from ranvier.compiler.explain import explain as explain
from ranvier.compiler.run.threads import (
    get_num_threads as get_num_threads, set_num_threads as set_num_threads,
)
from ranvier.compiler.watch import Watch as Watch
from ranvier.creation import (
    arange as arange, as_tensor as as_tensor, empty as empty, empty_like as empty_like,
    eye as eye, from_numpy as from_numpy, full as full, full_like as full_like,
    linspace as linspace, ones as ones, ones_like as ones_like, rand as rand,
    rand_like as rand_like, randint as randint, randn as randn,
    randn_like as randn_like, randperm as randperm, tensor as tensor, zeros as zeros,
    zeros_like as zeros_like,
)
from ranvier.draw import draw_graph as draw_graph
from ranvier.dtypes import (
    float32 as float32, float64 as float64, int16 as int16, int32 as int32,
    int64 as int64, int8 as int8, uint8 as uint8,
)
from ranvier.formats.safetensors import load as load, save as save
from ranvier.functions import (
    abs as abs, absolute as absolute, add as add, all as all, allclose as allclose,
    amax as amax, amin as amin, any as any, argmax as argmax, argmin as argmin,
    argsort as argsort, bmm as bmm, cat as cat, ceil as ceil, chunk as chunk,
    clamp as clamp, clip as clip, clone as clone, cos as cos, cumprod as cumprod,
    cumsum as cumsum, div as div, divide as divide, dot as dot,
    enable_grad as enable_grad, eq as eq, equal as equal, erf as erf, exp as exp,
    expm1 as expm1, flatten as flatten, flip as flip, floor as floor,
    floor_divide as floor_divide, gather as gather, ge as ge, gt as gt,
    index_select as index_select, inference_mode as inference_mode,
    is_floating_point as is_floating_point, is_grad_enabled as is_grad_enabled,
    is_tensor as is_tensor, isclose as isclose, isfinite as isfinite, isinf as isinf,
    isnan as isnan, le as le, log as log, log10 as log10, log1p as log1p, log2 as log2,
    log_softmax as log_softmax, logical_and as logical_and, logical_not as logical_not,
    logical_or as logical_or, logsumexp as logsumexp, lt as lt, matmul as matmul,
    max as max, maximum as maximum, mean as mean, min as min, minimum as minimum,
    mm as mm, mul as mul, multiply as multiply, mv as mv, ne as ne, neg as neg,
    negative as negative, no_grad as no_grad, norm as norm, numel as numel,
    outer as outer, permute as permute, pow as pow, probe as probe,
    prod as prod,
    reciprocal as reciprocal, relu as relu, remainder as remainder, reshape as reshape,
    round as round, rsqrt as rsqrt, scatter as scatter, scatter_add as scatter_add,
    set_grad_enabled as set_grad_enabled, sigmoid as sigmoid, sign as sign, sin as sin,
    softmax as softmax, sort as sort, split as split, sqrt as sqrt, square as square,
    squeeze as squeeze, stack as stack, std as std, sub as sub, subtract as subtract,
    sum as sum, t as t, take_along_dim as take_along_dim, tanh as tanh, topk as topk,
    transpose as transpose, true_divide as true_divide, unsqueeze as unsqueeze,
    var as var, where as where,
)
from ranvier.nn.ensemble import Ensemble as Ensemble
from ranvier.random import Generator as Generator, manual_seed as manual_seed
from ranvier.tensor import Tensor as Tensor
from ranvier.train.evaluate import evaluate as evaluate
from ranvier.train.fit import fit as fit
from ranvier.train.search import search as search
from ranvier.train.space import Range as Range
from ranvier.train.sweep import sweep as sweep
from ranvier.version import __version__ as __version__

bool = _dtypes.bool_
double = _dtypes.float64
float = _dtypes.float32
int = _dtypes.int32
long = _dtypes.int64
