# What type checkers and editors see of `__init__.py`; tests/test_package.py compares.
# ruff: noqa: I001
# fmt: off
from ranvier import dtypes as _dtypes
from ranvier import (
    autograd as autograd,
    backends as backends, cuda as cuda, data as data, distributions as distributions,
    errors as errors, func as func, linalg as linalg, metrics as metrics,
    models as models, nn as nn, optim as optim, special as special, vision as vision,
)
from ranvier.accuracy import (
    get_strict_accuracy as get_strict_accuracy,
    set_strict_accuracy as set_strict_accuracy,
)
from ranvier.compiler.compiled import compile as compile
from ranvier.compiler.explain import explain as explain
from ranvier.compiler.run.threads import (
    get_num_threads as get_num_threads, set_num_threads as set_num_threads,
)
from ranvier.compiler.watch import Watch as Watch
from ranvier.constants import (
    e as e, inf as inf, nan as nan, newaxis as newaxis, pi as pi,
)
from ranvier.derivatives import (
    check_gradients as check_gradients, grad as grad, hessian as hessian, jvp as jvp,
    value_and_grad as value_and_grad,
)
from ranvier.devices import device as device
from ranvier.diagram import draw_graph as draw_graph
from ranvier.dtypes import (
    can_cast as can_cast, finfo as finfo, float32 as float32, float64 as float64,
    get_default_dtype as get_default_dtype, iinfo as iinfo, int16 as int16,
    int32 as int32, int64 as int64, int8 as int8, promote_types as promote_types,
    result_type as result_type, set_default_dtype as set_default_dtype, uint8 as uint8,
)
from ranvier.formats.safetensors import load as load, save as save
from ranvier.func.rows import vmap as vmap
from ranvier.nn.ensemble import Ensemble as Ensemble
from ranvier.nn.functional import (
    adaptive_avg_pool1d as adaptive_avg_pool1d,
    adaptive_max_pool1d as adaptive_max_pool1d, alpha_dropout as alpha_dropout,
    avg_pool1d as avg_pool1d, bilinear as bilinear, celu as celu,
    channel_shuffle as channel_shuffle, conv1d as conv1d, conv2d as conv2d,
    conv3d as conv3d, conv_transpose1d as conv_transpose1d,
    conv_transpose2d as conv_transpose2d, conv_transpose3d as conv_transpose3d,
    cosine_similarity as cosine_similarity, dropout as dropout,
    feature_alpha_dropout as feature_alpha_dropout, group_norm as group_norm,
    hardshrink as hardshrink, layer_norm as layer_norm, max_pool1d as max_pool1d,
    max_pool2d as max_pool2d, max_pool3d as max_pool3d,
    pairwise_distance as pairwise_distance, pdist as pdist,
    pixel_shuffle as pixel_shuffle, pixel_unshuffle as pixel_unshuffle, prelu as prelu,
    rms_norm as rms_norm, rrelu as rrelu, selu as selu, threshold as threshold,
)
from ranvier.random import (
    Generator as Generator, initial_seed as initial_seed, manual_seed as manual_seed,
    seed as seed,
)
from ranvier.size import Size as Size
from ranvier.tensor import Tensor as Tensor
from ranvier.tensors.contraction import (
    chain_matmul as chain_matmul, einsum as einsum, tensordot as tensordot,
)
from ranvier.tensors.creation import (
    arange as arange, as_tensor as as_tensor, asarray as asarray, empty as empty,
    empty_like as empty_like, eye as eye, from_numpy as from_numpy, full as full,
    full_like as full_like, linspace as linspace, logspace as logspace, ones as ones,
    ones_like as ones_like, scalar_tensor as scalar_tensor, tensor as tensor,
    tril_indices as tril_indices, triu_indices as triu_indices, vander as vander,
    zeros as zeros, zeros_like as zeros_like,
)
from ranvier.tensors.functions import (
    abs as abs, abs_ as abs_, absolute as absolute, acos as acos, acosh as acosh,
    add as add, addbmm as addbmm, addcdiv as addcdiv, addcmul as addcmul,
    addmm as addmm, addmv as addmv, addr as addr, adjoint as adjoint, all as all,
    allclose as allclose, amax as amax, amin as amin, aminmax as aminmax, any as any,
    arccos as arccos, arccosh as arccosh, arcsin as arcsin, arcsinh as arcsinh,
    arctan as arctan, arctan2 as arctan2, arctanh as arctanh, argmax as argmax,
    argmin as argmin, argsort as argsort, argwhere as argwhere, asin as asin,
    asinh as asinh, atan as atan, atan2 as atan2, atanh as atanh, baddbmm as baddbmm,
    bernoulli as bernoulli, bincount as bincount, bitwise_and as bitwise_and,
    bitwise_left_shift as bitwise_left_shift, bitwise_not as bitwise_not,
    bitwise_or as bitwise_or, bitwise_right_shift as bitwise_right_shift,
    bitwise_xor as bitwise_xor, bmm as bmm, broadcast_to as broadcast_to,
    cdist as cdist, ceil as ceil, ceil_ as ceil_, cholesky as cholesky, chunk as chunk,
    clamp as clamp, clamp_ as clamp_, clamp_max as clamp_max, clamp_min as clamp_min,
    clip as clip, clone as clone, copysign as copysign, corrcoef as corrcoef,
    cos as cos, cos_ as cos_, cosh as cosh, count_nonzero as count_nonzero, cov as cov,
    cross as cross, cummax as cummax, cummin as cummin, cumprod as cumprod,
    cumsum as cumsum, cumulative_trapezoid as cumulative_trapezoid, deg2rad as deg2rad,
    det as det, detach as detach, detach_ as detach_, diag as diag,
    diag_embed as diag_embed, diagflat as diagflat, diagonal as diagonal, diff as diff,
    digamma as digamma, dist as dist, div as div, divide as divide, dot as dot,
    dsplit as dsplit, eq as eq, equal as equal, erf as erf, erfc as erfc,
    erfinv as erfinv, exp as exp, exp2 as exp2, exp_ as exp_, expm1 as expm1,
    fill_ as fill_, fix as fix, flatten as flatten, flip as flip, fliplr as fliplr,
    flipud as flipud, float_power as float_power, floor as floor, floor_ as floor_,
    floor_divide as floor_divide, fmax as fmax, fmin as fmin, fmod as fmod,
    frac as frac, gather as gather, ge as ge, ger as ger, greater as greater,
    greater_equal as greater_equal, gt as gt, heaviside as heaviside, histc as histc,
    hsplit as hsplit, hypot as hypot, index_add as index_add, index_copy as index_copy,
    index_fill as index_fill, index_put as index_put, index_reduce as index_reduce,
    index_select as index_select, inner as inner, inverse as inverse,
    is_complex as is_complex, is_floating_point as is_floating_point,
    is_nonzero as is_nonzero, is_same_size as is_same_size, is_signed as is_signed,
    is_tensor as is_tensor, isclose as isclose, isfinite as isfinite, isinf as isinf,
    isnan as isnan, isneginf as isneginf, isposinf as isposinf, isreal as isreal,
    kron as kron, kthvalue as kthvalue, le as le, lerp as lerp, less as less,
    less_equal as less_equal, lgamma as lgamma, log as log, log10 as log10,
    log1p as log1p, log2 as log2, log_ as log_, log_softmax as log_softmax,
    logaddexp as logaddexp, logaddexp2 as logaddexp2, logcumsumexp as logcumsumexp,
    logdet as logdet, logical_and as logical_and, logical_not as logical_not,
    logical_or as logical_or, logical_xor as logical_xor, logit as logit,
    logsumexp as logsumexp, lt as lt, masked_fill as masked_fill,
    masked_scatter as masked_scatter, masked_select as masked_select, matmul as matmul,
    matrix_power as matrix_power, max as max, maximum as maximum, mean as mean,
    median as median, min as min, minimum as minimum, mm as mm, mode as mode,
    moveaxis as moveaxis, movedim as movedim, msort as msort, mul as mul,
    multinomial as multinomial, multiply as multiply, mv as mv, mvlgamma as mvlgamma,
    nan_to_num as nan_to_num, nanmean as nanmean, nanmedian as nanmedian,
    nanquantile as nanquantile, nansum as nansum, narrow as narrow, ne as ne,
    neg as neg, neg_ as neg_, negative as negative, nonzero as nonzero, norm as norm,
    not_equal as not_equal, numel as numel, outer as outer, permute as permute,
    pinverse as pinverse, polygamma as polygamma, positive as positive, pow as pow,
    probe as probe, prod as prod, qr as qr, quantile as quantile, rad2deg as rad2deg,
    ravel as ravel, reciprocal as reciprocal, reciprocal_ as reciprocal_, relu as relu,
    relu_ as relu_, remainder as remainder, renorm as renorm,
    repeat_interleave as repeat_interleave, reshape as reshape, roll as roll,
    rot90 as rot90, round as round, round_ as round_, rsqrt as rsqrt, rsqrt_ as rsqrt_,
    rsub as rsub, scatter as scatter, scatter_add as scatter_add,
    scatter_reduce as scatter_reduce, select as select, sgn as sgn, sigmoid as sigmoid,
    sigmoid_ as sigmoid_, sign as sign, signbit as signbit, sin as sin, sin_ as sin_,
    sinc as sinc, sinh as sinh, slogdet as slogdet, softmax as softmax, sort as sort,
    split as split, split_with_sizes as split_with_sizes, sqrt as sqrt, sqrt_ as sqrt_,
    square as square, square_ as square_, squeeze as squeeze, std as std,
    std_mean as std_mean, sub as sub, subtract as subtract, sum as sum, svd as svd,
    swapaxes as swapaxes, swapdims as swapdims, t as t, take as take,
    take_along_dim as take_along_dim, tan as tan, tanh as tanh, tanh_ as tanh_,
    tensor_split as tensor_split, tile as tile, topk as topk, trace as trace,
    transpose as transpose, trapezoid as trapezoid, trapz as trapz, tril as tril,
    triu as triu, true_divide as true_divide, trunc as trunc, unbind as unbind,
    unflatten as unflatten, unique as unique, unique_consecutive as unique_consecutive,
    unsqueeze as unsqueeze, var as var, var_mean as var_mean, vdot as vdot,
    vsplit as vsplit, where as where, xlogy as xlogy, zero_ as zero_,
)
from ranvier.tensors.joining import (
    atleast_1d as atleast_1d, atleast_2d as atleast_2d, atleast_3d as atleast_3d,
    block_diag as block_diag, broadcast_shapes as broadcast_shapes,
    broadcast_tensors as broadcast_tensors, cartesian_prod as cartesian_prod,
    cat as cat, column_stack as column_stack, combinations as combinations,
    concat as concat, concatenate as concatenate, dstack as dstack, hstack as hstack,
    meshgrid as meshgrid, row_stack as row_stack, stack as stack, vstack as vstack,
)
from ranvier.tensors.legacy import (
    BoolTensor as BoolTensor, ByteTensor as ByteTensor, CharTensor as CharTensor,
    DoubleTensor as DoubleTensor, FloatTensor as FloatTensor, IntTensor as IntTensor,
    LongTensor as LongTensor, ShortTensor as ShortTensor,
    set_default_tensor_type as set_default_tensor_type,
)
from ranvier.tensors.modes import (
    enable_grad as enable_grad, inference_mode as inference_mode,
    is_grad_enabled as is_grad_enabled, no_grad as no_grad,
    set_grad_enabled as set_grad_enabled,
)
from ranvier.tensors.printing import set_printoptions as set_printoptions
from ranvier.tensors.sampling import (
    get_rng_state as get_rng_state, normal as normal, rand as rand, rand_like as
    rand_like, randint as randint, randint_like as randint_like, randn as randn,
    randn_like as randn_like, randperm as randperm, set_rng_state as set_rng_state,
)
from ranvier.tensors.searching import (
    bucketize as bucketize, isin as isin, searchsorted as searchsorted,
)
from ranvier.train.compare import compare as compare
from ranvier.train.evaluate import evaluate as evaluate
from ranvier.train.fit import fit as fit
from ranvier.train.lr_find import lr_find as lr_find
from ranvier.train.search import search as search
from ranvier.train.space import Range as Range
from ranvier.train.sweep import sweep as sweep
from ranvier.version import __version__ as __version__

bool = _dtypes.bool_
double = _dtypes.float64
dtype = _dtypes.DType
float = _dtypes.float32
int = _dtypes.int32
long = _dtypes.int64
short = _dtypes.int16
