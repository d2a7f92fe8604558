"""One element-wise primitive on values of one width: the column "lowers to" of the
table.
"""

from __future__ import annotations

from collections.abc import Callable

from ranvier import dtypes
from ranvier.compiler.lower.maths import Maths, splat, splat_float, suffix
from ranvier.compiler.lower.text import SCALAR, Value, Writer, vector
from ranvier.dtypes import DType

LIBRARY = {
    "exp": "exp",
    "expm1": "expm1",
    "log": "log",
    "log1p": "log1p",
    "tanh": "tanh",
    "sin": "sin",
    "cos": "cos",
    "erf": "erf",
    "pow": "pow",
    "mod": "fmod",
    "fmod": "fmod",
    "tan": "tan",
    "asin": "asin",
    "acos": "acos",
    "atan": "atan",
    "sinh": "sinh",
    "cosh": "cosh",
    "asinh": "asinh",
    "acosh": "acosh",
    "atanh": "atanh",
    "erfc": "erfc",
    "lgamma": "lgamma",
    "atan2": "atan2",
    "hypot": "hypot",
}
POLYNOMIAL = {"exp", "expm1", "log", "log1p", "tanh", "sigmoid", "erf"}
COMPARE = {"eq": "oeq", "ne": "une", "lt": "olt", "le": "ole", "gt": "ogt", "ge": "oge"}
SIGNED = {"eq": "eq", "ne": "ne", "lt": "slt", "le": "sle", "gt": "sgt", "ge": "sge"}
ARITHMETIC = {
    "add": ("fadd", "add"),
    "sub": ("fsub", "sub"),
    "mul": ("fmul", "mul"),
    "div": ("fdiv", "sdiv"),
}
LOGIC = {"and": "and", "or": "or", "xor": "xor"}


def constant(value: float | int | bool, dtype: DType, lanes: int) -> Value:
    """A number in every lane."""
    if dtype.is_float:
        text = splat_float(float(value), lanes, dtype)
    elif dtype.order == 0:
        text = splat("i1", "true" if value else "false", lanes)
    else:
        text = splat(SCALAR[dtype.name], str(int(value)), lanes)
    return Value(text, dtype, lanes)


def emit(w: Writer, op: str, dtype: DType, xs: list[Value], fma: bool) -> Value:
    """The result of primitive `op`, of type `dtype`, on sources of equal width."""
    lanes = xs[0].lanes
    special = SPECIAL.get(op)
    if special is not None:
        return Value(special(w, dtype, xs), dtype, lanes)
    if op in COMPARE:
        return Value(_compare(w, op, xs), dtype, lanes)
    if op in ARITHMETIC:
        if dtype.order == 0:
            op = {"add": "or", "mul": "and"}[op]
            return Value(
                w.set(f"{op} {xs[0].type} {xs[0].name}, {xs[1].name}"), dtype, lanes
            )
        name = ARITHMETIC[op][0 if dtype.is_float else 1]
        return Value(
            w.set(f"{name} {xs[0].type} {xs[0].name}, {xs[1].name}"), dtype, lanes
        )
    if op in LOGIC:
        return Value(
            w.set(f"{LOGIC[op]} {xs[0].type} {xs[0].name}, {xs[1].name}"), dtype, lanes
        )
    if op in POLYNOMIAL and dtype is dtypes.float32:
        return Value(getattr(Maths(w, lanes, fma), op)(xs[0].name), dtype, lanes)
    assert op in LIBRARY or op == "sigmoid", f"no native form of {op}"
    return _by_element(w, op, dtype, xs)


def _compare(w: Writer, op: str, xs: list[Value]) -> str:
    a, b = xs
    if a.dtype.is_float:
        return w.set(f"fcmp {COMPARE[op]} {a.type} {a.name}, {b.name}")
    relation = SIGNED[op]
    if a.dtype.name in ("uint8", "bool"):
        relation = relation.replace("s", "u", 1) if relation[0] == "s" else relation
    return w.set(f"icmp {relation} {a.type} {a.name}, {b.name}")


def _intrinsic(
    name: str, flags: str = ""
) -> Callable[[Writer, DType, list[Value]], str]:
    def run(w: Writer, dtype: DType, xs: list[Value]) -> str:
        kind = "f32" if dtype is dtypes.float32 else "f64"
        given = [(x.type, x.name) for x in xs]
        function = f"llvm.{name}.{suffix(kind, xs[0].lanes)}"
        return w.call(xs[0].type, function, given, flags)

    return run


def _neg(w: Writer, dtype: DType, xs: list[Value]) -> str:
    (x,) = xs
    if dtype.is_float:
        return w.set(f"fneg {x.type} {x.name}")
    return w.set(
        f"sub {x.type} zeroinitializer, {x.name}"
        if x.lanes > 1
        else f"sub {x.type} 0, {x.name}"
    )


def _abs(w: Writer, dtype: DType, xs: list[Value]) -> str:
    (x,) = xs
    if dtype.is_float:
        return _intrinsic("fabs")(w, dtype, xs)
    if dtype.name in ("uint8", "bool"):
        return x.name
    name = f"llvm.abs.{suffix(SCALAR[dtype.name], x.lanes)}"
    return w.call(x.type, name, [(x.type, x.name), ("i1", "false")])


def _sign(w: Writer, dtype: DType, xs: list[Value]) -> str:
    (x,) = xs
    zero, one = constant(0, dtype, x.lanes), constant(1, dtype, x.lanes)
    above = _compare(w, "gt", [x, zero])
    mask = vector("i1", x.lanes)
    if not dtype.is_float:
        below = _compare(w, "lt", [x, zero])
        minus = constant(-1, dtype, x.lanes)
        low = w.set(
            f"select {mask} {below}, {x.type} {minus.name}, {x.type} {zero.name}"
        )
        return w.set(f"select {mask} {above}, {x.type} {one.name}, {x.type} {low}")
    below = _compare(w, "lt", [x, zero])
    minus = constant(-1, dtype, x.lanes)
    # NaN stays NaN: neither above nor below, x itself is passed on (and 0 * sign keeps
    # -0 a zero)
    low = w.set(f"select {mask} {below}, {x.type} {minus.name}, {x.type} {x.name}")
    return w.set(f"select {mask} {above}, {x.type} {one.name}, {x.type} {low}")


def _relu(w: Writer, dtype: DType, xs: list[Value]) -> str:
    (x,) = xs
    zero = constant(0, dtype, x.lanes)
    below = _compare(w, "le", [x, zero])
    mask = vector("i1", x.lanes)
    return w.set(f"select {mask} {below}, {x.type} {zero.name}, {x.type} {x.name}")


def _extreme(
    float_name: str, relation: str
) -> Callable[[Writer, DType, list[Value]], str]:
    def run(w: Writer, dtype: DType, xs: list[Value]) -> str:
        if dtype.is_float:  # which of 0 and -0 is larger does not matter
            return _intrinsic(float_name, "nsz ")(w, dtype, xs)
        first = _compare(w, relation, xs)
        a, b = xs
        mask = vector("i1", a.lanes)
        return w.set(f"select {mask} {first}, {a.type} {a.name}, {b.type} {b.name}")

    return run


def _where(w: Writer, dtype: DType, xs: list[Value]) -> str:
    c, a, b = xs
    return w.set(f"select {c.type} {c.name}, {a.type} {a.name}, {b.type} {b.name}")


def _cast(w: Writer, dtype: DType, xs: list[Value]) -> str:
    return convert(w, xs[0], dtype).name


def convert(w: Writer, x: Value, dtype: DType) -> Value:
    """`x` as another number type; float to integer truncates."""
    if x.dtype is dtype:
        return x
    to = vector(SCALAR[dtype.name], x.lanes)
    if dtype.order == 0:
        zero = constant(0, x.dtype, x.lanes)
        return Value(_compare(w, "ne", [x, zero]), dtype, x.lanes)
    if x.dtype.is_float and not dtype.is_float and dtype.itemsize < 4:
        x = convert(w, x, dtypes.int32)
    return Value(
        w.set(f"{_conversion(x.dtype, dtype)} {x.type} {x.name} to {to}"),
        dtype,
        x.lanes,
    )


def _conversion(a: DType, b: DType) -> str:
    unsigned = a.name in ("bool", "uint8")
    if a.is_float and b.is_float:
        return "fpext" if b.itemsize > a.itemsize else "fptrunc"
    if a.is_float:
        return "fptosi"
    if b.is_float:
        return "uitofp" if unsigned else "sitofp"
    if b.itemsize > a.itemsize or a.order == 0:
        return "zext" if unsigned else "sext"
    return "trunc" if b.itemsize < a.itemsize else "bitcast"


def _mod(w: Writer, dtype: DType, xs: list[Value]) -> str:
    """a - b floor(a / b): the sign of the divisor, as in Python."""
    a, b = xs
    if dtype.is_float:
        rest = _by_element(w, "mod", dtype, xs)
    else:
        kind = "urem" if dtype.name == "uint8" else "srem"
        rest = Value(
            w.set(f"{kind} {a.type} {a.name}, {_divisor(w, b)}"), dtype, a.lanes
        )
    zero = constant(0, dtype, a.lanes)
    some = _compare(w, "ne", [rest, zero])
    mask = vector("i1", a.lanes)
    differ = w.set(
        f"xor {mask} {_compare(w, 'lt', [rest, zero])}, {_compare(w, 'lt', [b, zero])}"
    )
    wrong = w.set(f"and {mask} {some}, {differ}")
    moved = w.set(
        f"{'fadd' if dtype.is_float else 'add'} {a.type} {rest.name}, {b.name}"
    )
    return w.set(f"select {mask} {wrong}, {a.type} {moved}, {a.type} {rest.name}")


def _divisor(w: Writer, b: Value) -> str:
    """`b`, but 1 for 0 and -1: no processor trap, and the rest is 0 as in NumPy."""
    one, mask = constant(1, b.dtype, b.lanes), vector("i1", b.lanes)
    if b.dtype.name == "uint8":
        trap = _compare(w, "eq", [b, constant(0, b.dtype, b.lanes)])
    else:
        above = w.set(f"add {b.type} {b.name}, {one.name}")
        trap = w.set(f"icmp ule {b.type} {above}, {one.name}")
    return w.set(f"select {mask} {trap}, {b.type} {one.name}, {b.type} {b.name}")


def _fmod(w: Writer, dtype: DType, xs: list[Value]) -> str:
    """What is left of a / b, with the sign of a."""
    a, b = xs
    if dtype.is_float:
        return _by_element(w, "fmod", dtype, xs).name
    kind = "urem" if dtype.name == "uint8" else "srem"
    return w.set(f"{kind} {a.type} {a.name}, {_divisor(w, b)}")


def _pow(w: Writer, dtype: DType, xs: list[Value]) -> str:
    if dtype.is_float:
        return _by_element(w, "pow", dtype, xs).name
    wide = [convert(w, x, dtypes.float64) for x in xs]
    return convert(w, _by_element(w, "pow", dtypes.float64, wide), dtype).name


SPECIAL: dict[str, Callable[[Writer, DType, list[Value]], str]] = {
    "neg": _neg,
    "abs": _abs,
    "sign": _sign,
    "relu": _relu,
    "where": _where,
    "cast": _cast,
    "copy": lambda w, dtype, xs: xs[0].name,
    "sqrt": _intrinsic("sqrt"),
    "floor": _intrinsic("floor"),
    "ceil": _intrinsic("ceil"),
    "round": _intrinsic("rint"),
    "maximum": _extreme("maximum", "gt"),
    "minimum": _extreme("minimum", "lt"),
    "trunc": _intrinsic("trunc"),
    "mod": _mod,
    "fmod": _fmod,
    "pow": _pow,
}


def _by_element(w: Writer, op: str, dtype: DType, xs: list[Value]) -> Value:
    """Call the C library once a lane."""
    lanes = xs[0].lanes
    results = [
        _library(w, op, dtype, [lane(w, x, i) for x in xs]) for i in range(lanes)
    ]
    return gather(w, results, dtype)


def _library(w: Writer, op: str, dtype: DType, xs: list[Value]) -> Value:
    scalar = SCALAR[dtype.name]
    if op == "sigmoid":
        return _sigmoid(w, dtype, xs[0])
    name = LIBRARY[op] + ("f" if dtype is dtypes.float32 else "")
    return Value(w.call(scalar, name, [(scalar, x.name) for x in xs]), dtype, 1)


def _sigmoid(w: Writer, dtype: DType, x: Value) -> Value:
    """float64: t = e^-|x|; 1 / (1 + t), or t / (1 + t) for negative x."""
    size = w.set(f"fneg double {_abs(w, dtype, [x])}")
    t = w.call("double", "exp", [("double", size)])
    above = w.set(f"fcmp oge double {x.name}, 0.0")
    top = w.set(f"select i1 {above}, double 1.0, double {t}")
    below = w.set(f"fadd double {t}, 1.0")
    return Value(w.set(f"fdiv double {top}, {below}"), dtype, 1)


def row_number(w: Writer, index: Value, rows: int) -> str:
    """An index as i64, kept below `rows`: a guard refuses a wrong one, but only after
    it was used.
    """
    wide = convert(w, index, dtypes.int64)
    return w.call(
        "i64", "llvm.umin.i64", [("i64", wide.name), ("i64", str(max(0, rows - 1)))]
    )


def lane(w: Writer, x: Value, i: int) -> Value:
    """One lane as a scalar."""
    if x.lanes == 1:
        return x
    return Value(w.set(f"extractelement {x.type} {x.name}, i64 {i}"), x.dtype, 1)


def gather(w: Writer, xs: list[Value], dtype: DType) -> Value:
    """Scalars as the lanes of a vector."""
    if len(xs) == 1:
        return xs[0]
    kind = vector(SCALAR[dtype.name], len(xs))
    name = "poison"
    for i, x in enumerate(xs):
        name = w.set(f"insertelement {kind} {name}, {x.type} {x.name}, i64 {i}")
    return Value(name, dtype, len(xs))


def broadcast(w: Writer, x: Value, lanes: int) -> Value:
    """A scalar in every lane."""
    if x.lanes == lanes:
        return x
    kind = vector(SCALAR[x.dtype.name], lanes)
    one = w.set(f"insertelement {kind} poison, {x.type} {x.name}, i64 0")
    mask = f"<{lanes} x i32>"
    name = w.set(f"shufflevector {kind} {one}, {kind} poison, {mask} zeroinitializer")
    return Value(name, x.dtype, lanes)


def split(w: Writer, x: Value, start: int, count: int) -> Value:
    """Lanes start … start + count - 1."""
    if count == x.lanes:
        return x
    if count == 1:
        return lane(w, x, start)
    picks = ", ".join(f"i32 {start + i}" for i in range(count))
    name = w.set(
        f"shufflevector {x.type} {x.name}, {x.type} poison, <{count} x i32> <{picks}>"
    )
    return Value(name, x.dtype, count)


def widen(w: Writer, x: Value, lanes: int) -> Value:
    """`x` followed by lanes of 0 up to `lanes`."""
    if x.lanes == lanes:
        return x
    if x.lanes == 1:
        kind = vector(SCALAR[x.dtype.name], lanes)
        name = w.set(f"insertelement {kind} zeroinitializer, {x.type} {x.name}, i64 0")
        return Value(name, x.dtype, lanes)
    picks = ", ".join(f"i32 {i if i < x.lanes else x.lanes}" for i in range(lanes))
    name = w.set(
        f"shufflevector {x.type} {x.name}, {x.type} zeroinitializer, <{lanes} x i32> "
        f"<{picks}>"
    )
    return Value(name, x.dtype, lanes)


def multiply_add(w: Writer, a: Value, b: Value, c: str, fma: bool) -> str:
    """a b + c, in one rounding where the machine can."""
    if not a.dtype.is_float:
        product = w.set(f"mul {a.type} {a.name}, {b.name}")
        return w.set(f"add {a.type} {product}, {c}")
    name = "llvm.fma" if fma else "llvm.fmuladd"
    kind = suffix("f32" if a.dtype.itemsize == 4 else "f64", a.lanes)
    given = [(a.type, a.name), (b.type, b.name), (a.type, c)]
    return w.call(a.type, f"{name}.{kind}", given)
