"""One table of cases for every primitive: what is computed, on which arrays.

A case is (name, build, arrays, smooth): `build` gets a node for every array and
returns the result; `smooth` says that a gradient is compared too. Every case runs
natively and in the interpreter.
"""

from typing import Any, NamedTuple

import numpy as np

from ranvier import dtypes, ops
from ranvier.graph import hole

SPECIAL = np.array(
    [
        np.inf,
        -np.inf,
        np.nan,
        -0.0,
        0.0,
        1e-40,
        -1e-40,
        1e-45,
        1.0,
        -1.0,
        3e38,
        -3e38,
        2.5,
        -2.5,
        0.5,
        1.5,
        88.0,
        -88.0,
        1e-8,
    ],
    np.float32,
)
SHAPES = [
    (),
    (1,),
    (5,),
    (16,),
    (37,),
    (4, 8),
    (3, 7),
    (1, 9),
    (9, 1),
    (2, 3, 5),
    (0,),
    (2, 0, 3),
]


class Case(NamedTuple):
    op: str
    what: str
    build: Any
    arrays: tuple[np.ndarray, ...]
    smooth: bool = True


CASES: list[Case] = []


def numbers(shape, dtype="float32", low=-2.0, high=2.0, seed=0):
    """Numbers without ties."""
    r = np.random.default_rng([seed, *shape, 7])
    kind = np.dtype(dtype)
    if kind.kind == "b":
        return r.random(shape) < 0.5
    if kind.kind in "iu":
        return np.asarray(r.integers(0 if kind.kind == "u" else -9, 9, shape), kind)
    return np.asarray(r.uniform(low, high, shape), kind)


def add(op, what, build, *arrays, smooth=True):
    CASES.append(Case(op, what, build, tuple(np.asarray(a) for a in arrays), smooth))


def holes(array):
    """A node that stands for an array, to ask what shape comes out."""
    return hole(0, array.shape, dtypes.of(array))


def views(x, shape):
    """The same array as seen through views that are no plain memory."""
    if len(shape) != 2 or 0 in shape:
        return
    m, n = shape
    yield "permuted", lambda h: ops.swap(h), x((n, m))
    yield (
        "steps",
        lambda h: ops.cut(h, ((0, 2 * m, 2), (1, 3 * n + 1, 3))),
        x((2 * m, 3 * n + 1)),
    )
    yield "flipped", lambda h: ops.flip(h, (0, 1)), x((m, n))
    yield "flipped columns", lambda h: ops.flip(h, (1,)), x((m, n))
    yield "expanded", lambda h: ops.expand(h, (m, n)), x((m, 1))
    yield "expanded rows", lambda h: ops.expand(h, (m, n)), x((1, n))
    yield "reshaped", lambda h: ops.reshape(ops.swap(h), (m, n)), x((m, n))


def unary(
    name,
    f,
    low=-2.0,
    high=2.0,
    dtypes_=("float32", "float64"),
    smooth=True,
    special=True,
):
    for dtype in dtypes_:

        def x(shape, dtype=dtype):
            return numbers(shape, dtype, low, high)

        for shape in SHAPES if dtype == dtypes_[0] else SHAPES[2:7:2]:
            add(
                name,
                f"{dtype}{list(shape)}",
                f,
                x(shape),
                smooth=smooth and dtype.startswith("f"),
            )
        for what, view, array in views(x, (5, 6)):
            add(
                name,
                f"{dtype} {what}",
                lambda h, view=view: f(view(h)),
                array,
                smooth=smooth and dtype[0] == "f",
            )
    if special:
        add(name, "special values", f, SPECIAL, smooth=False)
        add(name, "special values float64", f, SPECIAL.astype(np.float64), smooth=False)


def binary(
    name,
    f,
    low=-2.0,
    high=2.0,
    dtypes_=("float32", "float64", "int64", "int32", "uint8"),
    smooth=True,
    special=True,
):
    for dtype in dtypes_:
        floats = dtype.startswith("f")

        def x(shape, seed=0, dtype=dtype):
            return numbers(shape, dtype, low, high, seed)

        pairs = [
            ((), ()),
            ((5,), (5,)),
            ((4, 8), (8,)),
            ((8,), (4, 8)),
            ((3, 1), (1, 17)),
            ((2, 3, 5), (3, 1)),
            ((), (7,)),
            ((1, 1), (3,)),
            ((0,), (1,)),
            ((33,), (33,)),
        ]
        for a, b in pairs if dtype == dtypes_[0] else pairs[1:5]:
            add(
                name,
                f"{dtype}{list(a)}{list(b)}",
                f,
                x(a),
                x(b, 1),
                smooth=smooth and floats,
            )
        if dtype == dtypes_[0]:
            for what, view, array in views(x, (5, 6)):
                add(
                    name,
                    f"{dtype} {what}",
                    lambda h, o, view=view: f(view(h), o),
                    array,
                    x((5, 6), 1),
                    smooth=smooth and floats,
                )
                add(
                    name,
                    f"{dtype} {what} right",
                    lambda h, o, view=view: f(o, view(h)),
                    array,
                    x((5, 6), 1),
                    smooth=smooth and floats,
                )
    if special:
        grid = np.stack(np.meshgrid(SPECIAL, SPECIAL))
        add(name, "special values", f, grid[0], grid[1], smooth=False)


# ---- element by element --------------------------------------------------------------

NUMBERS = ("float32", "float64", "int64", "int32")
unary("neg", ops.neg, dtypes_=NUMBERS)
unary("abs", ops.absolute, dtypes_=(*NUMBERS, "uint8"))
unary("sign", ops.sign, dtypes_=(*NUMBERS, "uint8"))
unary("relu", ops.relu, dtypes_=NUMBERS)
for op in (ops.exp, ops.expm1, ops.tanh, ops.sigmoid, ops.sin, ops.cos, ops.erf):
    unary(op.__name__, op)
for op in (ops.floor, ops.ceil, ops.rint):
    unary({"rint": "round"}.get(op.__name__, op.__name__), op, smooth=False)
for op in (ops.log, ops.sqrt):
    unary(op.__name__, op, low=0.1, high=4.0)
unary("log1p", ops.log1p, low=-0.9, high=4.0)

for op in (ops.tan, ops.atan, ops.sinh, ops.cosh, ops.asinh, ops.erfc):
    unary(op.__name__, op, low=-1.2, high=1.2)
for op in (ops.asin, ops.acos, ops.atanh, ops.erfinv):
    unary(op.__name__, op, low=-0.9, high=0.9)
unary("acosh", ops.acosh, low=1.1, high=4.0)
unary("lgamma", ops.lgamma, low=0.6, high=4.0)
unary("trunc", ops.trunc, smooth=False)
add("lgamma", "negative", ops.lgamma, np.array([-0.5, -1.3, -2.7], np.float32))

for op in (ops.add, ops.sub, ops.mul, ops.maximum, ops.minimum):
    binary(op.__name__, op)
binary("div", ops.div, low=0.3, dtypes_=("float32", "float64"))
binary("mod", ops.mod, low=0.3, special=False)
binary("fmod", ops.fmod, low=0.3, special=False)
binary("atan2", ops.atan2, low=0.3, dtypes_=("float32", "float64"))
binary("hypot", ops.hypot, low=0.3, dtypes_=("float32", "float64"))
binary("pow", ops.power, low=0.3, dtypes_=("float32", "float64"))
for name in ("eq", "ne", "lt", "le", "gt", "ge"):
    binary(
        name,
        getattr(ops, name),
        dtypes_=("float32", "float64", "int64", "int32", "uint8", "bool"),
        smooth=False,
    )
for name, op in (("and", ops.both), ("or", ops.either), ("xor", ops.exclusive)):
    binary(name, op, dtypes_=("bool", "int64", "uint8"), smooth=False, special=False)
for name, op in (
    ("add", ops.add),
    ("mul", ops.mul),
    ("maximum", ops.maximum),
    ("minimum", ops.minimum),
):
    add(
        name,
        "bool",
        op,
        numbers((19,), "bool"),
        numbers((19,), "bool", seed=1),
        smooth=False,
    )
for name, op in (("maximum", ops.maximum), ("minimum", ops.minimum)):
    add(
        name,
        "ties",
        op,
        np.array([1, 2, 3], np.float32),
        np.array([1, 5, 3], np.float32),
    )
for kind in ("int64", "int32", "uint8"):
    top = np.array([7, 0, 5, 8, 3, 9, 1, 0, 6], kind)
    add("mod", f"by zero {kind}", ops.mod, top, np.zeros(9, kind), smooth=False)
    add("fmod", f"by zero {kind}", ops.fmod, top, np.zeros(9, kind), smooth=False)
    if kind != "uint8":
        low = np.full(9, np.iinfo(kind).min, kind)
        add(
            "mod",
            f"smallest by -1 {kind}",
            ops.mod,
            low,
            np.full(9, -1, kind),
            smooth=False,
        )
        add(
            "fmod",
            f"smallest by -1 {kind}",
            ops.fmod,
            low,
            np.full(9, -1, kind),
            smooth=False,
        )
        add(
            "mod",
            f"signs {kind}",
            ops.mod,
            np.array([7, -7, 7, -7], kind),
            np.array([3, 3, -3, -3], kind),
        )
add(
    "mod",
    "signs",
    ops.mod,
    np.array([7, -7, 7, -7.5], np.float32),
    np.array([3, 3, -3, -3], np.float32),
)
add(
    "pow",
    "negative base",
    ops.power,
    np.array([-2, -3, -1.5, 0, 0], np.float32),
    np.array([2, 3, -1, 0, 2], np.float32),
    smooth=False,
)
add(
    "pow",
    "int64",
    ops.power,
    np.array([2, 3, -2, 0, 1], np.int64),
    np.array([10, 4, 3, 0, 9], np.int64),
    smooth=False,
)

add(
    "where",
    "plain",
    ops.where,
    numbers((4, 9), "bool"),
    numbers((4, 9)),
    numbers((4, 9), seed=1),
)
add(
    "where",
    "broadcast",
    ops.where,
    numbers((4, 1), "bool"),
    numbers((9,)),
    numbers((4, 9), seed=1),
)
add(
    "where",
    "scalars",
    ops.where,
    numbers((17,), "bool"),
    numbers(()),
    numbers((), seed=1),
)
add(
    "where",
    "int64",
    ops.where,
    numbers((17,), "bool"),
    numbers((17,), "int64"),
    numbers((), "int64", seed=1),
)
add(
    "where",
    "bool",
    ops.where,
    numbers((17,), "bool"),
    numbers((17,), "bool", seed=2),
    numbers((17,), "bool", seed=1),
)
add(
    "where",
    "float64",
    ops.where,
    numbers((17,), "bool"),
    numbers((17,), "float64"),
    numbers((17,), "float64", seed=1),
)
add(
    "where",
    "nan is not passed on",
    ops.where,
    np.array([True, False]),
    np.array([1, np.nan], np.float32),
    np.array([np.nan, 2], np.float32),
    smooth=False,
)

for source in dtypes.ALL:
    for target in dtypes.ALL:
        if source is not target:
            x = numbers(
                (19,), source.name, 0.0 if target is dtypes.uint8 else -9.0, 9.0
            )
            if target is dtypes.uint8 and source.np.kind != "b":
                x = np.abs(x)
            add(
                "cast",
                f"{source.name} to {target.name}",
                lambda h, t=target: ops.cast(h, t),
                x,
            )
add(
    "cast",
    "255 to uint8",
    lambda h: ops.cast(h, dtypes.uint8),
    np.array([200, 255, 128, 127.9], np.float32),
)
add("cast", "nan to bool", lambda h: ops.cast(h, dtypes.bool_), SPECIAL, smooth=False)
add(
    "cast",
    "special to float64",
    lambda h: ops.cast(h, dtypes.float64),
    SPECIAL,
    smooth=False,
)
add(
    "cast",
    "large int64 to float32",
    lambda h: ops.cast(h, dtypes.float32),
    np.array([2**53 + 1, -(2**62), 2**24 + 1, 2**24 + 3], np.int64),
)
add(
    "cast",
    "permuted",
    lambda h: ops.cast(ops.swap(h), dtypes.int32),
    numbers((5, 6), low=-9, high=9),
)
add("detach", "plain", lambda h: ops.mul(h, ops.detach(h)), numbers((3, 5)))
add("alias", "plain", ops.alias, numbers((3, 5)))
add("alias", "of an output", lambda h: ops.add(ops.alias(h), h), numbers((3, 5)))


def copied(h):
    from ranvier.graph import Node

    return Node("copy", (h,), None, h.shape, h.dtype, h.rg)


add("copy", "plain", copied, numbers((3, 5)))
add("copy", "permuted", lambda h: copied(ops.swap(h)), numbers((3, 5)))

# ---- reductions ----------------------------------------------------------------------

for name, op in (
    ("sum", ops.total),
    ("amax", ops.amax),
    ("amin", ops.amin),
    ("prod", ops.prod),
):
    for shape in [
        (1,),
        (7,),
        (16,),
        (130,),
        (4, 8),
        (3, 37),
        (37, 3),
        (2, 3, 5),
        (3, 4, 70),
        (17, 2, 9),
    ]:
        for dims in [
            None,
            *range(len(shape)),
            *([(0, 2), (1, 2), (0, 1)] if len(shape) == 3 else []),
        ]:
            if name == "prod" and max(shape) > 20:
                continue
            add(
                name,
                f"{list(shape)} over {dims}",
                lambda h, op=op, dims=dims: op(h, dims),
                numbers(shape),
            )
    for dtype in ("float64", "int64", "int32", "uint8", "bool"):
        x = numbers((3, 9), dtype)
        add(name, dtype, lambda h, op=op: op(h, 1), x, smooth=dtype == "float64")
        add(
            name,
            f"{dtype} columns",
            lambda h, op=op: op(h, 0, True),
            x,
            smooth=dtype == "float64",
        )
    for what, view, array in views(numbers, (5, 6)):
        add(name, what, lambda h, op=op, view=view: op(view(h), 1), array)
        add(name, f"{what} columns", lambda h, op=op, view=view: op(view(h), 0), array)
    rows = np.array(
        [
            [1, np.nan, 2],
            [np.inf, 1, 2],
            [-np.inf, 1, np.inf],
            [-0.0, -0.0, -0.0],
            [3, 3, 1],
        ],
        np.float32,
    )
    add(name, "special values", lambda h, op=op: op(h, 1), rows, smooth=False)
    add(
        name,
        "special columns",
        lambda h, op=op: op(h, 0),
        np.ascontiguousarray(rows.T),
        smooth=False,
    )
for name, op in (("amax", ops.amax), ("amin", ops.amin)):
    add(
        name,
        "ties",
        lambda h, op=op: op(h, 1),
        np.array([[3, 1, 3], [1, 1, 1]], np.float32),
    )
add(
    "prod",
    "zeros",
    lambda h: ops.prod(h, 1),
    np.array([[2, 0, 3], [0, 0, 3], [1, 2, 3]], np.float32),
)
for name, op in (("sum", ops.total), ("prod", ops.prod)):
    add(name, "empty", lambda h, op=op: op(h), numbers((0,)))
    add(name, "empty rows", lambda h, op=op: op(h, 1), numbers((3, 0)))
    add(name, "empty columns", lambda h, op=op: op(h, 1), numbers((0, 3)))
add("sum", "long", lambda h: ops.total(h), numbers((70_000,)))
add(
    "sum",
    "softmax",
    lambda h: ops.div(ops.exp(h), ops.total(ops.exp(h), 1, True)),
    numbers((5, 10)),
)
add(
    "amax",
    "softmax",
    lambda h: ops.exp(ops.sub(h, ops.amax(h, 1, True))),
    numbers((6, 150)),
)
for name, op in (("amax", ops.argmax), ("amin", ops.argmin)):
    add(
        name,
        "position",
        lambda h, op=op: op(h, 1),
        np.array([[3, 1, 3], [1, 1, 1], [0, 2, 5]], np.float32),
        smooth=False,
    )
    add(
        name,
        "position along 0",
        lambda h, op=op: op(h, 0),
        numbers((7, 5)),
        smooth=False,
    )

# ---- movement ------------------------------------------------------------------------

add("reshape", "split", lambda h: ops.reshape(h, (2, 3, 4)), numbers((6, 4)))
add("reshape", "merge", lambda h: ops.reshape(h, (24,)), numbers((2, 3, 4)))
add(
    "reshape",
    "after permute",
    lambda h: ops.reshape(ops.permute(h, (2, 0, 1)), (8, 3)),
    numbers((2, 3, 4)),
)
add("reshape", "to scalar", lambda h: ops.reshape(h, ()), numbers((1, 1)))
add("reshape", "empty", lambda h: ops.reshape(h, (0, 5)), numbers((3, 0)))
add("reshape", "int64", lambda h: ops.reshape(h, (3, 2)), numbers((6,), "int64"))
add(
    "reshape",
    "of steps",
    lambda h: ops.reshape(ops.cut(h, ((0, 8, 2), (0, 6, 2))), (2, 6)),
    numbers((8, 6)),
)
add(
    "reshape",
    "of expanded",
    lambda h: ops.reshape(ops.expand(h, (4, 3)), (6, 2)),
    numbers((1, 3)),
)
add("permute", "matrix", ops.swap, numbers((3, 7)))
add("permute", "three", lambda h: ops.permute(h, (2, 0, 1)), numbers((2, 3, 4)))
add(
    "permute",
    "twice",
    lambda h: ops.permute(ops.permute(h, (1, 2, 0)), (1, 0, 2)),
    numbers((2, 3, 4)),
)
add("permute", "bool", ops.swap, numbers((3, 7), "bool"))
add("cut", "inside", lambda h: ops.cut(h, ((1, 4, 1), (2, 9, 3))), numbers((5, 9)))
add(
    "cut",
    "empty",
    lambda h: ops.cut(h, ((2, 2, 1), (0, 9, 1))),
    numbers((5, 9)),
    smooth=False,
)
add(
    "cut",
    "twice",
    lambda h: ops.cut(ops.cut(h, ((1, 9, 2),)), ((1, 4, 2),)),
    numbers((11,)),
)
add(
    "cut", "flipped", lambda h: ops.cut(ops.flip(h, (0,)), ((1, 9, 2),)), numbers((11,))
)
add("flip", "one", lambda h: ops.flip(h, (0,)), numbers((9,)))
add("flip", "both", lambda h: ops.flip(h, (0, 1)), numbers((3, 9)))
add("flip", "int32", lambda h: ops.flip(h, (0,)), numbers((9,), "int32"))
add("pad", "around", lambda h: ops.pad(h, ((1, 2, 0), (0, 3, 0))), numbers((3, 4)))
add("pad", "between", lambda h: ops.pad(h, ((0, 1, 2), (2, 0, 1))), numbers((3, 4)))
add(
    "pad",
    "permuted",
    lambda h: ops.pad(ops.swap(h), ((1, 1, 0), (1, 1, 0))),
    numbers((3, 4)),
)
add("pad", "empty", lambda h: ops.pad(h, ((2, 1, 0),)), numbers((0,)))
add("pad", "int64", lambda h: ops.pad(h, ((2, 1, 0),)), numbers((5,), "int64"))
add(
    "concat",
    "rows",
    lambda a, b: ops.concat([a, b], 0),
    numbers((2, 5)),
    numbers((3, 5), seed=1),
)
add(
    "concat",
    "columns",
    lambda a, b: ops.concat([a, b, a], 1),
    numbers((4, 5)),
    numbers((4, 2), seed=1),
)
add(
    "concat",
    "mixed",
    lambda a, b: ops.concat([a, b], 0),
    numbers((4,), "int64"),
    numbers((4,), seed=1),
)
add(
    "concat",
    "with empty",
    lambda a, b: ops.concat([a, b], 0),
    numbers((0, 5)),
    numbers((3, 5), seed=1),
)
add(
    "concat",
    "permuted",
    lambda a, b: ops.concat([ops.swap(a), b], 0),
    numbers((5, 2)),
    numbers((3, 5), seed=1),
)
add("expand", "rows", lambda h: ops.expand(h, (4, 9)), numbers((9,)))
add("expand", "columns", lambda h: ops.expand(h, (3, 4, 9)), numbers((4, 1)))
add("expand", "scalar", lambda h: ops.expand(h, (3, 4)), numbers(()))
add("expand", "to empty", lambda h: ops.expand(h, (0, 4)), numbers((4,)), smooth=False)
add(
    "iota",
    "plain",
    lambda h: ops.add(ops.cast(ops.iota(19), dtypes.float32), h),
    numbers((19,)),
)
add(
    "iota",
    "columns",
    lambda h: ops.eq(ops.iota(7), ops.reshape(h, (5, 1))),
    numbers((5,), "int64"),
    smooth=False,
)
add("iota", "alone", lambda h: ops.iota(19), numbers((1,)), smooth=False)
add(
    "iota",
    "flipped",
    lambda h: ops.flip(ops.iota(19), (0,)),
    numbers((1,)),
    smooth=False,
)

# ---- rows by number ------------------------------------------------------------------

LABELS = np.array([2, 0, 2, 1, 1], np.int64)
for kind in ("int64", "int32", "uint8"):
    add("take", kind, ops.take, numbers((3, 9)), LABELS.astype(kind))
    add(
        "scatter_add",
        kind,
        lambda g, i: ops.scatter_add(g, i, 4),
        numbers((5, 9)),
        LABELS.astype(kind),
    )
add("take", "vector", ops.take, numbers((3,)), LABELS)
add("take", "table of numbers", ops.take, numbers((3, 2)), LABELS[:4].reshape(2, 2))
add("take", "permuted", lambda x, i: ops.take(ops.swap(x), i), numbers((9, 3)), LABELS)
add("take", "int64 rows", ops.take, numbers((3, 9), "int64"), LABELS, smooth=False)
add(
    "take",
    "uint8 rows",
    lambda x, i: ops.cast(ops.take(x, i), dtypes.float32),
    numbers((3, 9), "uint8"),
    LABELS,
    smooth=False,
)
add("take", "none", ops.take, numbers((3, 9)), LABELS[:0])
add(
    "take",
    "numbers flipped",
    lambda x, i: ops.take(x, ops.flip(i, (0,))),
    numbers((3, 9)),
    LABELS,
)
add(
    "scatter_add",
    "vector",
    lambda g, i: ops.scatter_add(g, i, 4),
    numbers((5,)),
    LABELS,
)
add(
    "scatter_add",
    "table",
    lambda g, i: ops.scatter_add(g, i, 3),
    numbers((2, 2, 3)),
    LABELS[:4].reshape(2, 2),
)
add(
    "scatter_add",
    "float64",
    lambda g, i: ops.scatter_add(g, i, 3),
    numbers((5, 2), "float64"),
    LABELS,
)
add(
    "scatter_add",
    "permuted",
    lambda g, i: ops.scatter_add(ops.swap(g), i, 3),
    numbers((2, 5)),
    LABELS,
)
add(
    "uniform",
    "plain",
    lambda s: ops.uniform((3, 37), s, 5),
    np.array([12345678901234, 3], np.int64),
    smooth=False,
)
add(
    "uniform",
    "mask",
    lambda s, x: ops.where(
        ops.lt(ops.uniform((50,), s, 0), ops.const(0.5, dtypes.float32)), x, ops.neg(x)
    ),
    np.array([-5, 2**31], np.int64),
    numbers((50,)),
)
add(
    "uniform",
    "flipped",
    lambda s: ops.flip(ops.uniform((9,), s, 1), (0,)),
    np.array([7, 0], np.int64),
    smooth=False,
)
add(
    "uniform",
    "alone",
    lambda s: ops.uniform((), s, 1),
    np.array([7, 0], np.int64),
    smooth=False,
)

# ---- the product ---------------------------------------------------------------------

SIZES = [
    (1, 1, 1),
    (4, 8, 16),
    (5, 7, 9),
    (16, 16, 16),
    (33, 17, 31),
    (1, 20, 40),
    (40, 20, 1),
    (3, 64, 2),
    (100, 13, 10),
    (10, 100, 14),
    (13, 1, 37),
    (64, 70, 48),
]
for m, k, n in SIZES:
    a, b = numbers((m, k)), numbers((k, n), seed=1)
    add("matmul", f"{m}x{k}x{n}", ops.matmul, a, b)
    add(
        "matmul",
        f"{m}x{k}x{n} left transposed",
        lambda a, b: ops.matmul(ops.swap(a), b),
        np.ascontiguousarray(a.T),
        b,
    )
    add(
        "matmul",
        f"{m}x{k}x{n} right transposed",
        lambda a, b: ops.matmul(a, ops.swap(b)),
        a,
        np.ascontiguousarray(b.T),
    )
    add(
        "matmul",
        f"{m}x{k}x{n} both",
        lambda a, b: ops.matmul(ops.swap(a), ops.swap(b)),
        np.ascontiguousarray(a.T),
        np.ascontiguousarray(b.T),
    )
    add(
        "matmul",
        f"{m}x{k}x{n} and what follows",
        lambda a, b, c: ops.relu(ops.add(ops.matmul(a, b), c)),
        a,
        b,
        numbers((n,), seed=2),
    )
for dtype in ("float64", "int64", "int32"):
    add(
        "matmul",
        dtype,
        ops.matmul,
        numbers((5, 19), dtype),
        numbers((19, 11), dtype, seed=1),
    )
    add(
        "matmul",
        f"{dtype} right transposed",
        lambda a, b: ops.matmul(a, ops.swap(b)),
        numbers((5, 19), dtype),
        numbers((11, 19), dtype, seed=1),
    )
add("matmul", "vectors", ops.matmul, numbers((19,)), numbers((19,), seed=1))
add("matmul", "matrix and vector", ops.matmul, numbers((7, 19)), numbers((19,), seed=1))
add("matmul", "vector and matrix", ops.matmul, numbers((19,)), numbers((19, 7), seed=1))
add("matmul", "batched", ops.matmul, numbers((3, 5, 9)), numbers((3, 9, 4), seed=1))
add(
    "matmul",
    "batch broadcast left",
    ops.matmul,
    numbers((5, 9)),
    numbers((3, 9, 4), seed=1),
)
add(
    "matmul",
    "batch broadcast right",
    ops.matmul,
    numbers((3, 5, 9)),
    numbers((9, 4), seed=1),
)
add(
    "matmul",
    "two batches",
    ops.matmul,
    numbers((2, 1, 5, 9)),
    numbers((3, 9, 4), seed=1),
)
add(
    "matmul",
    "batched, one column",
    ops.matmul,
    numbers((2, 17, 9)),
    numbers((2, 9, 1), seed=1),
)
add(
    "matmul",
    "batched with bias",
    lambda a, b, c: ops.tanh(ops.add(ops.matmul(a, b), c)),
    numbers((3, 5, 9)),
    numbers((3, 9, 4), seed=1),
    numbers((3, 1, 4), seed=2),
)
add(
    "matmul",
    "expanded",
    lambda a, b: ops.matmul(ops.expand(a, (5, 9)), b),
    numbers((1, 9)),
    numbers((9, 4), seed=1),
)
add(
    "matmul",
    "flipped",
    lambda a, b: ops.matmul(ops.flip(a, (0, 1)), ops.flip(b, (0,))),
    numbers((5, 9)),
    numbers((9, 14), seed=1),
)
add(
    "matmul",
    "flipped columns",
    lambda a, b: ops.matmul(a, ops.flip(b, (1,))),
    numbers((5, 9)),
    numbers((9, 14), seed=1),
)
add(
    "matmul",
    "steps",
    lambda a, b: ops.matmul(ops.cut(a, ((0, 10, 2), (0, 27, 3))), b),
    numbers((10, 27)),
    numbers((9, 4), seed=1),
)
add("matmul", "with itself", lambda a: ops.matmul(a, a), numbers((9, 9)))
add("matmul", "no rows", ops.matmul, numbers((0, 5)), numbers((5, 3)), smooth=False)
add("matmul", "no inner", ops.matmul, numbers((4, 0)), numbers((0, 3)), smooth=False)
add(
    "matmul",
    "nan and inf",
    ops.matmul,
    np.array([[np.nan, 1], [np.inf, 1], [1, 2]], np.float32),
    numbers((2, 20)),
    smooth=False,
)


# ---- convolutions: channels last, no padding -----------------------------------------

IMAGES = {
    #                     x                 kernel          stride  dilation groups
    "plain": ((2, 7, 8, 4), (3, 3, 4, 6), (1, 1), (1, 1), 1),
    "one channel": ((3, 9, 9, 1), (5, 5, 1, 6), (1, 1), (1, 1), 1),
    "one column": ((2, 5, 6, 7), (3, 3, 7, 1), (1, 1), (1, 1), 1),
    "strides": ((2, 9, 10, 3), (3, 2, 3, 5), (2, 3), (1, 1), 1),
    "dilated": ((1, 9, 9, 2), (3, 3, 2, 9), (1, 2), (2, 1), 1),
    "groups": ((2, 6, 5, 4), (3, 3, 2, 6), (1, 1), (1, 1), 2),
    "depthwise": ((2, 6, 6, 9), (3, 3, 1, 9), (1, 1), (1, 1), 9),
    "two a channel": ((2, 6, 6, 3), (3, 3, 1, 6), (2, 1), (1, 1), 3),
    "pointwise": ((2, 4, 4, 16), (1, 1, 16, 40), (1, 1), (1, 1), 1),
    "pointwise strides": ((2, 5, 4, 8), (1, 1, 8, 8), (2, 2), (1, 1), 1),
    "panels": ((2, 4, 4, 5), (3, 3, 5, 64), (1, 1), (1, 1), 1),
    "sequence": ((3, 17, 4), (5, 4, 10), (2,), (1,), 1),
    "volume": ((1, 4, 5, 4, 2), (2, 3, 2, 2, 5), (1, 1, 1), (1, 1, 1), 1),
    "kernel as large": ((4, 3, 3, 5), (3, 3, 5, 7), (1, 1), (1, 1), 1),
}


def holes_of(*arrays):
    return [hole(i, a.shape, dtypes.of(a)) for i, a in enumerate(arrays)]


def convolution(window):
    return lambda x, w: ops.conv(x, w, window)


def weight_gradient(window, kernel):
    return lambda x, g: ops.conv_weight(x, g, window, kernel)


WIDE = {"plain", "strides", "groups", "depthwise"}  # in float64 too

for what, (image, kernel, *window) in IMAGES.items():
    for kind in ("float32", "float64") if what in WIDE else ("float32",):
        x, w = numbers(image, kind), numbers(kernel, kind, seed=1)
        build = convolution(ops.Window(*window))
        add("conv", f"{what} {kind}", build, x, w)
        made = build(*holes_of(x, w)).shape
        build = weight_gradient(ops.Window(*window), kernel[: len(window[0])])
        add("conv_weight", f"{what} {kind}", build, x, numbers(made, kind, seed=2))

add(
    "conv",
    "with bias and relu, seen from elsewhere",
    lambda x, w, b: ops.relu(
        ops.add(
            ops.conv(
                ops.permute(x, (0, 2, 3, 1)),
                ops.permute(w, (2, 3, 1, 0)),
                ops.Window((1, 1), (1, 1)),
            ),
            b,
        )
    ),
    numbers((2, 3, 8, 8)),
    numbers((16, 3, 3, 3), seed=1),
    numbers((16,), seed=2),
)
add(
    "conv",
    "padded, permuted back, then a long chain",
    lambda x, w: ops.tanh(
        ops.mul(
            ops.exp(
                ops.permute(
                    ops.conv(
                        ops.pad(x, ((0, 0, 0), (1, 1, 0), (2, 0, 0), (0, 0, 0))),
                        w,
                        ops.Window((1, 1), (1, 1)),
                    ),
                    (0, 3, 1, 2),
                )
            ),
            ops.like(x, 0.1),
        )
    ),
    numbers((2, 6, 7, 3)) * np.float32(0.3),
    numbers((3, 3, 3, 5), seed=1) * np.float32(0.3),
)
add(
    "conv_weight",
    "many images",
    weight_gradient(ops.Window((1, 1), (1, 1)), (3, 3)),
    numbers((24, 12, 12, 3)),
    numbers((24, 10, 10, 5), seed=1),
)
add(
    "conv",
    "no images",
    convolution(ops.Window((1, 1), (1, 1))),
    numbers((0, 6, 7, 3)),
    numbers((3, 3, 3, 5), seed=1),
    smooth=False,
)

# ---- moved a row at a time ----------------------------------------

IMAGE = ((0, 0, 0), (2, 1, 0), (1, 2, 0), (0, 0, 0))
add("pad", "image", lambda h: ops.pad(h, IMAGE), numbers((3, 5, 4, 19)))
add("pad", "one channel", lambda h: ops.pad(h, IMAGE), numbers((3, 5, 4, 1)))
add(
    "pad",
    "image seen through a permutation",
    lambda h: ops.pad(ops.permute(h, (0, 2, 3, 1)), IMAGE),
    numbers((2, 3, 5, 4)),
)
add(
    "pad",
    "between rows of vectors",
    lambda h: ops.pad(h, ((0, 0, 0), (2, 2, 1), (1, 0, 2), (0, 0, 0))),
    numbers((2, 3, 4, 18)),
)
add("pad", "wide", lambda h: ops.pad(h, ((3, 2, 0),)), numbers((70,)))
add(
    "pad",
    "bool",
    lambda h: ops.pad(h, ((1, 2, 0), (0, 3, 0))),
    numbers((3, 20), "bool"),
    smooth=False,
)
add("pad", "float64", lambda h: ops.pad(h, IMAGE), numbers((2, 3, 4, 9), "float64"))
add(
    "pad",
    "repeated source",
    lambda h: ops.pad(ops.expand(h, (4, 19)), ((1, 1, 0), (1, 1, 0))),
    numbers((4, 1)),
)
add(
    "surround",
    "with -inf",
    lambda h: ops.pad(h, IMAGE, float("-inf")),
    numbers((3, 5, 4, 19)),
    smooth=False,
)
add("surround", "with 2", lambda h: ops.pad(h, IMAGE, 2.0), numbers((2, 2, 3, 5)))
add(
    "surround",
    "int32 between",
    lambda h: ops.pad(h, ((1, 2, 1), (0, 1, 0)), -1),
    numbers((3, 20), "int32"),
)
for dim in (0, 1, 2):
    b = [3, 4, 21]
    b[dim] = 5
    add(
        "concat",
        f"of three along {dim}",
        lambda a, b, dim=dim: ops.concat([a, b, a], dim),
        numbers((3, 4, 21)),
        numbers(tuple(b), seed=1),
    )
add(
    "concat",
    "many rows in front",
    lambda a, b: ops.concat([a, b], 1),
    numbers((40, 3)),
    numbers((40, 20), seed=1),
)
add(
    "concat",
    "numbers of a row",
    lambda a: ops.concat([a, ops.flip(a, (0,)), a], 0),
    numbers((37,)),
)
add(
    "scatter_add",
    "wide rows",
    lambda g, i: ops.scatter_add(g, i, 5),
    numbers((5, 70)),
    LABELS,
)
add(
    "scatter_add",
    "rows of two dimensions permuted",
    lambda g, i: ops.scatter_add(ops.permute(g, (0, 2, 1)), i, 5),
    numbers((5, 3, 18)),
    LABELS,
)
add(
    "scatter_add",
    "one repeated number",
    lambda g, i: ops.scatter_add(ops.expand(g, (5, 20)), i, 5),
    numbers((5, 1)),
    LABELS,
)

# ---- windows ----------------------------------------

S = ops.Slide
WINDOWS = {
    "side by side": (None, S(2, 2), S(3, 3), None),
    "overlapping": (None, S(3, 2), S(2, 1), None),
    "with gaps": (None, S(2, 3), S(1, 2), None),
    "dilated": (None, S(3, 1, 2), S(2, 2, 3), None),
}
for what, windows in WINDOWS.items():
    for channels in (1, 5, 18):
        x = numbers((2, 6, 9, channels), seed=3)
        name = f"{what}, {channels} channels"
        add("window", name, lambda h, w=windows: ops.window(h, w), x)
        add("window_max", name, lambda h, w=windows: ops.window_max(h, w), x)
        add(
            "fold",
            name,
            lambda h, w=windows, c=channels: ops.fold(h, w, (2, 6, 9, c)),
            numbers(ops.window(holes(x), windows).shape),
        )
add(
    "fold",
    "of one repeated number",
    lambda h: ops.fold(ops.expand(h, (4, 3)), (S(3, 2),), (10,)),
    numbers((4, 1)),
)
add(
    "fold",
    "lanes in a window",
    lambda h: ops.fold(h, (None, S(3, 2)), (4, 10)),
    numbers((4, 4, 3)),
)
add("window", "of a row", lambda h: ops.window(h, (S(5, 2, 2),)), numbers((37,)))
add(
    "window_max",
    "ties",
    lambda h: ops.window_max(h, (S(2, 2), S(2, 2), None)),
    np.maximum(numbers((8, 6, 17)), 0),
)
add(
    "window_max",
    "ties in overlapping windows",
    lambda h: ops.window_max(h, (S(3, 2), S(3, 1), None)),
    np.maximum(numbers((9, 6, 17)), 0),
)
add(
    "window_max",
    "not finite",
    lambda h: ops.window_max(h, (S(3, 2),)),
    np.array([1, np.nan, 2, 3, np.inf, 5, -np.inf, -np.inf, -np.inf], np.float32),
    smooth=False,
)
add(
    "window_max",
    "int32",
    lambda h: ops.window_max(h, (S(3, 2), None)),
    numbers((9, 20), "int32"),
    smooth=False,
)
add(
    "window_max",
    "place of the first",
    lambda h: ops.window_argmax(h, ops.window_max(h, (S(3, 2), None)), (S(3, 2), None)),
    np.maximum(numbers((9, 20)), 0),
    smooth=False,
)

# ---- convolutions of padded images: rows of zeros are not added up -------------------

PADDED = {
    #            x             padding                  kernel         stride  dilation
    "around": ((2, 4, 4, 3), ((1, 1, 0), (1, 1, 0)), (3, 3, 3, 5), (1, 1), (1, 1)),
    "between": ((2, 4, 4, 3), ((1, 1, 1), (1, 1, 1)), (3, 3, 3, 5), (1, 1), (1, 1)),
    "uneven": ((2, 4, 4, 3), ((3, 2, 2), (1, 1, 1)), (4, 2, 3, 5), (1, 1), (1, 1)),
    "strides": ((2, 7, 4, 3), ((1, 2, 0), (1, 1, 0)), (3, 2, 3, 5), (3, 2), (1, 1)),
    "dilated": ((2, 7, 8, 3), ((5, 2, 0), (1, 1, 0)), (3, 2, 3, 5), (1, 1), (2, 2)),
    "more than the kernel": (
        (1, 2, 3, 2), ((4, 3, 0), (3, 3, 0)), (2, 2, 2, 9), (1, 1), (1, 1)
    ),
}  # fmt: skip


def padded_convolution(padding, window):
    return lambda x, w: ops.conv(ops.pad(x, padding), w, window)


for what, (image, padding, kernel, *window) in PADDED.items():
    add(
        "conv",
        f"padded {what}",
        padded_convolution(((0, 0, 0), *padding, (0, 0, 0)), ops.Window(*window)),
        numbers(image),
        numbers(kernel, seed=1),
    )

# ---- batch normalisation ----------------------------------------


def normalised(x, w, b):
    over = tuple(range(len(x.shape) - 1))
    mean = ops.mean(x, over, True)
    apart = ops.sub(x, mean)
    variance = ops.mean(ops.mul(apart, apart), over, True)
    root = ops.sqrt(ops.add(variance, ops.like(variance, 0.1)))
    rate = ops.div(ops.like(root, 1.0), root)
    kept = (1,) * len(over) + w.shape
    w, b = ops.reshape(w, kept), ops.reshape(b, kept)
    return ops.normalise(x, mean, rate, w, b, over)


for shape in ((7, 5), (3, 4, 5, 18)):
    add(
        "normalise",
        f"{list(shape)}",
        normalised,
        numbers(shape),
        numbers(shape[-1:], low=0.5, seed=1),
        numbers(shape[-1:], seed=2),
    )
add(
    "sum",
    "in pieces",
    lambda h: ops.total(h, (0, 1, 2)),
    numbers((16, 16, 16, 9)),
)
add("sum", "a long column in pieces", lambda h: ops.total(h, 0), numbers((6000, 6)))
add("amax", "in pieces", lambda h: ops.amax(h), numbers((40_000,)), smooth=False)
add(
    "window_max",
    "after relu and before a sum",
    lambda h: ops.window_max(ops.relu(h), (None, S(2, 2), S(2, 2), None)),
    numbers((3, 4, 6, 19)),
)

# ---- cross entropy of probabilities ----------------------------------------

for shape in ((7, 5), (129,)):
    add(
        "binary_entropy",
        f"{list(shape)}",
        lambda x, y: ops.binary_entropy(ops.sigmoid(x), ops.sigmoid(y)),
        numbers(shape),
        numbers(shape, seed=1),
    )

# ---- in order ----------------------------------------

for name, op in (("cumsum", ops.cumsum), ("cumprod", ops.cumprod)):
    for shape in ((7,), (1, 9), (4, 37), (3, 4, 19), (3, 0)):
        for dim in range(len(shape)):
            add(
                name,
                f"{list(shape)} along {dim}",
                lambda h, op=op, dim=dim: op(h, dim),
                numbers(shape, low=0.5, high=1.5),
            )
    for dtype in ("float64", "int32", "bool"):
        x = numbers((3, 9), dtype)
        add(name, dtype, lambda h, op=op: op(h, 1), x, smooth=dtype == "float64")
    for what, view, array in views(numbers, (5, 6)):
        add(name, what, lambda h, op=op, view=view: op(view(h), 1), array)
        add(name, f"{what} columns", lambda h, op=op, view=view: op(view(h), 0), array)
add(
    "cumprod",
    "zeros",
    lambda h: ops.cumprod(h, 1),
    np.array([[2, 0, 3, 4], [0, 0, 3, 1], [1, 2, 3, 0]], np.float32),
)
for n in (1, 2, 3, 5, 8, 33, 100):
    for down in (False, True):
        x = np.random.default_rng(n).integers(0, 9, (3, n)).astype(np.float32)
        add(
            "argsort",
            f"{n} with ties, falling {down}",
            lambda h, down=down: ops.argsort(h, 1, down),
            x,
            smooth=False,
        )
for down in (False, True):
    add(
        "argsort",
        f"special values, falling {down}",
        lambda h, down=down: ops.argsort(h, 0, down),
        np.concatenate([SPECIAL, SPECIAL]),
        smooth=False,
    )
    add(
        "argsort",
        f"columns of a permuted array, falling {down}",
        lambda h, down=down: ops.argsort(ops.permute(h, (1, 0, 2)), 1, down),
        numbers((9, 4, 3)),
        smooth=False,
    )
for dtype in ("int64", "uint8", "float64"):
    add(
        "argsort",
        dtype,
        lambda h: ops.argsort(h, 0),
        numbers((19,), dtype),
        smooth=False,
    )

# ---- random numbers ----------------------------------------

F32 = dtypes.float32
STATE = np.array([12345678901234, 3], np.int64)
for shape in ((), (1,), (3,), (64,), (130,), (4, 32), (5, 6), (3, 5, 8)):
    add(
        "uniform",
        f"{list(shape)} in arithmetic",
        lambda s, shape=shape: ops.mul(ops.uniform(shape, s, 1), ops.const(2.0, F32)),
        STATE,
        smooth=False,
    )
add(
    "uniform",
    "seen through views",
    lambda s: ops.add(
        ops.swap(ops.uniform((7, 9), s, 0)),
        ops.cut(ops.uniform((12, 20), s, 2), ((1, 10, 1), (2, 16, 2))),
    ),
    STATE,
    smooth=False,
)
add(
    "uniform",
    "after a product",
    lambda a, s: ops.mul(ops.uniform((9, 9), s, 0), ops.matmul(a, ops.swap(a))),
    numbers((9, 5)),
    STATE,
    smooth=False,
)

# ---- products read across long rows: kept apart, in blocks of rows -------------------

for rows in (1280, 1301):
    add(
        "matmul",
        f"across {rows} rows",
        lambda a, b: ops.matmul(ops.swap(a), b),
        numbers((64, rows), low=0.5),
        numbers((64, 40), low=0.5, seed=1),
        smooth=False,
    )
