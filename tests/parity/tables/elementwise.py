"""Functions of single elements, of pairs, and comparisons."""

from parity.case import (
    booleans,
    function,
    integers,
    normal,
    refuses,
    uniform,
    values,
)

NAN, INF = float("nan"), float("inf")
EDGES = values(NAN, INF, -INF, 0.0, -0.0, 1.5, -2.5, 3.5, 1e-3)


def each(name, low, high, **options):
    def call(torch, x):
        return getattr(torch, name)(x)

    return function(name, call, uniform(low, high, 3, 5), **options)


def of_integers(name):
    return function(
        f"{name}/integers",
        lambda torch, x: getattr(torch, name)(x),
        integers(1, 2, 4),
        native="the floating rows say it",
    )


def edges(name):
    return function(
        f"{name}/edges",
        lambda torch, x: getattr(torch, name)(x),
        EDGES,
        gradient="values only",
    )


def pair(name, left, right, what="", **options):
    def call(torch, a, b):
        return getattr(torch, name)(a, b)

    return function(f"{name}{what and '/' + what}", call, left, right, **options)


CASES = [
    each("tan", -1.2, 1.2),
    each("asin", -0.9, 0.9),
    each("acos", -0.9, 0.9),
    each("atan", -3, 3),
    each("sinh", -2, 2),
    each("cosh", -2, 2),
    each("asinh", -3, 3),
    each("acosh", 1.2, 4),
    each("atanh", -0.9, 0.9),
    each("erfc", -2, 3),
    each("erfinv", -0.95, 0.95),
    each("lgamma", 0.3, 6),
    each("digamma", 0.3, 6, second="PyTorch has polygamma there"),
    each("exp2", -3, 3),
    each("sinc", -2, 2),
    each("logit", 0.05, 0.95),
    each("frac", -3, 3),
    each("trunc", -3, 3),
    each("deg2rad", -3, 3),
    each("rad2deg", -3, 3),
    each("rsqrt", 0.2, 3),
    each("reciprocal", 0.5, 3),
    each("log2", 0.2, 3),
    each("log10", 0.2, 3),
    each("expm1", -1, 1),
    each("square", -2, 2),
    each("positive", -2, 2),
    *(of_integers(n) for n in ("tan", "sinc", "lgamma", "exp2", "rsqrt", "log2")),
    *(of_integers(n) for n in ("trunc", "square", "deg2rad", "sqrt")),
    *(edges(n) for n in ("trunc", "floor", "round", "isnan", "isinf")),
    *(edges(n) for n in ("isfinite", "isposinf", "isneginf", "signbit", "erfinv")),
    *(edges(n) for n in ("lgamma", "digamma", "asinh", "atan", "frac")),
    function(
        "lgamma/negative", lambda torch, x: torch.lgamma(x), values(-0.5, -1.3, -2.7)
    ),
    function(
        "digamma/negative",
        lambda torch, x: torch.digamma(x),
        values(-0.5, -1.3, -2.7),
        second="PyTorch has polygamma there",
    ),
    function(
        "polygamma",
        lambda torch, x: torch.special.polygamma(1, x),
        uniform(0.3, 5, 6),
        gradient="PyTorch has polygamma of 2 there",
    ),
    function("mvlgamma", lambda torch, x: torch.mvlgamma(x, 2), uniform(1, 4, 5)),
    function(
        "round/decimals",
        lambda torch, x: torch.round(x, decimals=2),
        normal(3, 4),
        gradient="zero",
    ),
    function(
        "nan_to_num/values",
        lambda torch, x: torch.nan_to_num(x, nan=1.0, posinf=2.0, neginf=3.0),
        EDGES,
    ),
    function(
        "clamp/tensors",
        lambda torch, x, a: torch.clamp(x, min=a),
        normal(3, 4),
        normal(4),
    ),
    function("clamp_max", lambda torch, x: x.clamp_max(0.2), normal(5)),
    function("logit/eps", lambda torch, x: torch.logit(x, 0.1), uniform(0, 1, 6)),
    # of two
    pair("atan2", normal(3, 4), normal(4)),
    pair("hypot", normal(3, 4), normal(3, 1)),
    pair("fmod", uniform(-9, 9, 7), uniform(1, 3, 7)),
    pair("fmod", integers(-9, 9, 7), integers(1, 4, 7), "integers"),
    pair("remainder", integers(-9, 9, 7), integers(1, 4, 7), "integers"),
    pair("logaddexp", normal(3, 4), normal(4)),
    pair("logaddexp2", normal(5), normal(5)),
    pair(
        "logaddexp",
        values(-INF, 1.0, INF),
        values(-INF, -INF, 1.0),
        "edges",
        gradient="NaN",
    ),
    pair(
        "fmax",
        EDGES,
        values(1.0, NAN, 2.0, -0.0, 0.0, 1.5, NAN, 9.0, 0.0),
        gradient="values only",
    ),
    pair("fmin", normal(3, 4), normal(4)),
    pair("fmax", normal(3, 4), normal(4), "plain"),
    pair("copysign", normal(6), normal(6), second="zero"),
    pair("xlogy", uniform(-1, 1, 5), uniform(0.5, 2, 5)),
    pair(
        "xlogy", values(0.0, 0.0, 0.0), values(0.0, INF, NAN), "edges", gradient="0/0"
    ),
    pair("heaviside", values(-1.0, 0.0, 2.0), values(0.5, 0.5, 0.5), gradient="none"),
    pair("float_power", uniform(0.5, 2, 4), integers(-2, 3, 4), native="float64"),
    pair("floor_divide", integers(-9, 9, 8), integers(1, 4, 8), "integers"),
    pair("maximum", integers(-9, 9, 8), integers(-4, 4, 8), "integers"),
    pair("bitwise_and", integers(0, 99, 8), integers(0, 99, 8)),
    pair("bitwise_or", integers(0, 99, 8), integers(0, 99, 8)),
    pair("bitwise_xor", booleans(8), booleans(8), "booleans"),
    pair("bitwise_left_shift", integers(0, 9, 8), integers(0, 5, 8)),
    pair("bitwise_right_shift", integers(-99, 99, 8), integers(0, 5, 8)),
    pair("logical_and", integers(0, 2, 8), integers(0, 3, 8)),
    pair("logical_or", integers(0, 2, 8), integers(0, 2, 8)),
    pair("logical_xor", normal(8), booleans(8), gradient="none"),
    pair(
        "isclose", values(1.0, INF, NAN), values(1.00000001, INF, NAN), gradient="none"
    ),
    pair("ge", integers(0, 3, 4, 2), integers(0, 3, 2)),
    function("bitwise_not", lambda torch, x: ~x, integers(-9, 9, 5)),
    function("bitwise_not/booleans", lambda torch, x: ~x, booleans(5)),
    function(
        "logical_not/integers", lambda torch, x: torch.logical_not(x), integers(0, 2, 5)
    ),
    function(
        "lerp", lambda torch, a, b: torch.lerp(a, b, 0.3), normal(3), normal(4, 3)
    ),
    function(
        "lerp/weights",
        lambda torch, a, b, w: a.lerp(b, w),
        normal(3),
        normal(3),
        uniform(0, 1, 3),
    ),
    function(
        "addcmul",
        lambda torch, x, a, b: torch.addcmul(x, a, b, value=0.5),
        normal(3, 1),
        normal(4),
        normal(3, 4),
    ),
    function(
        "addcdiv",
        lambda torch, x, a, b: x.addcdiv(a, b, value=2),
        normal(4),
        normal(4),
        uniform(1, 2, 4),
    ),
    function("pow/scalar base", lambda torch, x: torch.pow(2, x), normal(4)),
    function("pow/int and float", lambda torch, x: x**2.0, integers(0, 5, 4)),
    function(
        "div/floor",
        lambda torch, a, b: torch.div(a, b, rounding_mode="floor"),
        integers(-9, 9, 6),
        integers(1, 4, 6),
    ),
    function(
        "div/trunc",
        lambda torch, a, b: torch.div(a, b, rounding_mode="trunc"),
        uniform(-9, 9, 6),
        uniform(1, 4, 6),
    ),
    function(
        "rsub", lambda torch, a, b: torch.rsub(a, b, alpha=2), normal(3), normal(3)
    ),
    function("special.ndtr", lambda torch, x: torch.special.ndtr(x), normal(5)),
    function(
        "special.ndtri", lambda torch, x: torch.special.ndtri(x), uniform(0.1, 0.9, 5)
    ),
    function(
        "special.entr", lambda torch, x: torch.special.entr(x), uniform(0.1, 2, 5)
    ),
    function(
        "special.xlog1py",
        lambda torch, x, y: torch.special.xlog1py(x, y),
        normal(4),
        uniform(0, 1, 4),
    ),
    function("special.expit", lambda torch, x: torch.special.expit(x), normal(4)),
    function(
        "promotion/0-d", lambda torch, x, y: x * y.double()[0], normal(3), normal(1)
    ),
    function(
        "promotion/int and float scalar", lambda torch, x: x * 1.5, integers(0, 4, 3)
    ),
    function("promotion/bool and int scalar", lambda torch, x: x + 2, booleans(4)),
    function(
        "promotion/uint8 and int8",
        lambda torch, x, y: x.byte() + y.char(),
        integers(0, 9, 3),
        integers(0, 9, 3),
    ),
    function("tan/empty", lambda torch, x: torch.tan(x), normal(0, 3)),
    function("atan/0-d", lambda torch, x: torch.atan(x), normal()),
    function("sinh/turned", lambda torch, x: torch.sinh(x.t()), normal(3, 4)),
    refuses("bitwise_and/floats", lambda torch, a: a & a, normal(3)),
    refuses("sub/booleans", lambda torch, a: a - a, booleans(3)),
    refuses("neg/booleans", lambda torch, a: -a, booleans(3)),
    refuses("pow/negative of integers", lambda torch, a: a**-1, integers(1, 3, 3)),
    refuses(
        "lerp/types",
        lambda torch, a, b: torch.lerp(a, b, 0.5),
        normal(3),
        integers(0, 2, 3),
    ),
    refuses(
        "div/rounding_mode",
        lambda torch, a: torch.div(a, a, rounding_mode="up"),
        normal(3),
    ),
    refuses("add/shapes", lambda torch, a, b: a + b, normal(3), normal(4)),
    refuses("clamp/nothing", lambda torch, a: torch.clamp(a), normal(3)),
    refuses("masked/0-d", lambda torch, a: a.masked_fill(a, 1.0), normal(3)),
]
