"""The table of primitives: one row each, with its shape rule (the builder), its NumPy
form (the oracle), its gradient rule (written with primitives) and how it lowers to
native code.

Made of nodes of `ranvier.graph`; used by `ranvier.tensor` to write graphs and by every
stage of the compiler to read them. Look at it with ``ranvier.ops.TABLE``.
"""

from ranvier.ops import linalg as linalg
from ranvier.ops.contract import matmul
from ranvier.ops.conv import Weight, Window, conv, conv_input, conv_weight
from ranvier.ops.custom import custom, stand_in
from ranvier.ops.elementwise import (
    absolute,
    add,
    alias,
    both,
    ceil,
    cos,
    detach,
    div,
    either,
    eq,
    erf,
    exclusive,
    exp,
    expm1,
    floor,
    ge,
    gt,
    le,
    like,
    log,
    log1p,
    lt,
    maximum,
    minimum,
    mod,
    mul,
    ne,
    neg,
    power,
    relu,
    rint,
    sigmoid,
    sign,
    sin,
    sqrt,
    sub,
    tanh,
    where,
)  # fmt: skip
from ranvier.ops.entropy import binary_entropy
from ranvier.ops.functions import (
    acos,
    acosh,
    asin,
    asinh,
    atan,
    atan2,
    atanh,
    cosh,
    digamma,
    erfc,
    erfinv,
    fmod,
    hypot,
    lgamma,
    sinh,
    tan,
    trigamma,
    trunc,
)  # fmt: skip
from ranvier.ops.index import scatter_add, take
from ranvier.ops.movement import concat, cut, flip, pad, permute, reshape, swap
from ranvier.ops.normalise import normalise
from ranvier.ops.order import argsort, cumprod, cumsum
from ranvier.ops.polynomials import horner
from ranvier.ops.primitive import (
    COMPOSITES,
    TABLE,
    Primitive,
    axes,
    axis,
    broadcast,
    cast,
    common,
    const,
    floating,
    integer,
)
from ranvier.ops.random import uniform
from ranvier.ops.reduce import (
    amax,
    amin,
    argmax,
    argmin,
    drop,
    expand,
    iota,
    mean,
    pick,
    prod,
    sum_to,
    total,
)  # fmt: skip
from ranvier.ops.scan import loop_body, scan
from ranvier.ops.window import (
    Slide,
    disjoint,
    fold,
    window,
    window_argmax,
    window_max,
)

__all__ = [
    "COMPOSITES", "TABLE", "Primitive", "Slide", "Weight", "Window", "absolute", "acos",
    "acosh", "add", "alias", "amax", "amin", "argmax", "argmin", "argsort", "asin",
    "asinh", "atan", "atan2", "atanh", "axes", "axis", "binary_entropy", "both",
    "broadcast", "cast", "ceil", "common", "concat", "const", "conv", "conv_input",
    "conv_weight", "cos", "cosh", "cumprod", "cumsum", "custom", "cut", "detach",
    "digamma", "disjoint", "div", "drop", "either", "eq", "erf", "erfc", "erfinv",
    "exclusive", "exp", "expand", "expm1", "flip", "floating", "floor", "fmod", "fold",
    "ge", "gt", "horner", "hypot", "integer", "iota", "le", "lgamma", "like", "log",
    "log1p", "loop_body", "lt", "matmul", "maximum", "mean", "minimum", "mod", "mul",
    "ne", "neg", "normalise", "pad", "permute", "pick", "power", "prod", "relu",
    "reshape", "rint", "scan", "scatter_add", "sigmoid", "sign", "sin", "sinh", "sqrt",
    "stand_in", "sub", "sum_to", "swap", "take", "tan", "tanh", "total", "trigamma",
    "trunc", "uniform", "where", "window", "window_argmax", "window_max",
]  # fmt: skip
