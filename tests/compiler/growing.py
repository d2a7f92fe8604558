"""Random graphs of primitives, grown node by node with their float64 values.

Candidates whose value leaves ±1,000 are not taken, so that float32 cannot overflow
where float64 does not. `rows` adds kinds of nodes to the usual ones: see layer_rows.py.
"""

import numpy as np
from harness import evaluate, holes_for, with_gradient

from ranvier import dtypes, ops
from ranvier.graph import Graph

LIMIT = 1000.0
UNARY = [
    ops.neg,
    ops.absolute,
    ops.sign,
    ops.exp,
    ops.expm1,
    ops.tanh,
    ops.sigmoid,
    ops.relu,
    ops.sin,
    ops.cos,
    ops.erf,
    ops.floor,
    ops.ceil,
    ops.rint,
]
BINARY = [ops.add, ops.sub, ops.mul, ops.maximum, ops.minimum, ops.div]
COMPARE = [ops.eq, ops.ne, ops.lt, ops.le, ops.gt, ops.ge]
REDUCE = [ops.total, ops.amax, ops.amin, ops.mean, ops.prod]


class Growing:
    """A graph in the making, with the float64 value of every node."""

    def __init__(self, r, widest=9, rows=()):
        self.r = r
        self.rows = rows
        self.arrays = []
        self.widest = widest
        noise = np.random.default_rng(r.randrange(2**32))
        shapes = [self._shape(widest) for _ in range(r.randint(1, 4))]
        for shape in [*shapes, *self._images()]:
            a = np.asarray(noise.uniform(-2, 2, shape))
            if r.random() < 0.2:
                a = np.round(a)  # ties and zeros
            self.arrays.append(np.asarray(a, np.float32))
        self.inputs = holes_for(self.arrays)
        self.values = {
            n: a.astype(np.float64)
            for n, a in zip(self.inputs, self.arrays, strict=True)
        }
        self.pool = list(self.inputs)
        self.bools = []

    def _shape(self, widest):
        r = self.r
        rank = r.choice([0, 1, 2, 2, 2, 3])
        return tuple(r.choice([1, 2, 3, 4, 5, 7, widest]) for _ in range(rank))

    def _images(self):
        """With rows of layers, one picture or sequence beside the other inputs."""
        if not self.rows:
            return []
        r = self.r
        sizes = [r.randint(1, 3), r.choice([1, 2, 3, 4, 8]), r.randint(3, 8)]
        return [(*sizes, r.randint(3, 7)) if r.random() < 0.7 else tuple(sizes)]

    def noise(self, *shape):
        """A fixed array as a node, such as a layer's weight."""
        wave = ops.cast(ops.iota(int(np.prod(shape))), dtypes.float32)
        step = ops.like(wave, self.r.choice([0.7, 1.3, 2.1]))
        return ops.reshape(ops.sin(ops.mul(wave, step)), shape)

    def exact(self, rank):
        """A node of exactly this many dimensions, or None."""
        fit = [n for n in self.pool if len(n.shape) == rank]
        return self.r.choice(fit) if fit else None

    def pick(self, rank=None):
        some = [n for n in self.pool if rank is None or len(n.shape) >= rank]
        if not some:
            return None
        late = some[-4:]
        return self.r.choice(late if self.r.random() < 0.7 else some)

    def value(self, node):
        if node not in self.values:
            with np.errstate(all="ignore"):
                self.values[node] = evaluate(
                    node, [self.value(s) for s in node.srcs], wide=True
                )
        return self.values[node]

    def take(self, node):
        """Keep a candidate if its values are harmless."""
        v = self.value(node)
        if v.dtype.kind == "f" and not (
            np.isfinite(v).all() and np.abs(v).max(initial=0) < LIMIT
        ):
            return
        if v.size > (1_500 if self.rows else 400) or node.op == "const":
            return
        (self.pool if node.dtype.is_float else self.bools).append(node)

    def grow(self):
        if self.rows and self.r.random() < 0.5:
            made = self.r.choice(self.rows)(self)
        else:
            made = getattr(self, self.r.choice(KINDS))()
        if made is not None:
            self.take(made)

    def unary(self):
        return self.r.choice(UNARY)(self.pick())

    def positive(self):
        x = self.pick()
        return self.r.choice([ops.log, ops.sqrt, ops.log1p])(
            ops.add(ops.absolute(x), ops.like(x, 0.5))
        )

    def constant(self):
        x = self.pick()
        c = ops.like(x, self.r.choice([0.0, 1.0, -1.0, 2.0, 0.3]))
        sides = (x, c) if self.r.random() < 0.5 else (c, x)
        return self.r.choice(BINARY)(*sides)

    def pair(self):
        a = self.pick()
        fits = [n for n in self.pool if _fits(n.shape, a.shape)]
        b = self.r.choice(fits)
        f = self.r.choice(BINARY)
        if f is ops.div:
            b = ops.add(ops.mul(b, b), ops.like(b, 0.5))
        return f(a, b) if self.r.random() < 0.5 or f is ops.div else f(b, a)

    def compare(self):
        a = self.pick()
        b = self.r.choice([n for n in self.pool if _fits(n.shape, a.shape)])
        return self.r.choice(COMPARE)(a, b)

    def choose(self):
        if not self.bools:
            return None
        c = self.r.choice(self.bools)
        fits = [n for n in self.pool if _fits(n.shape, c.shape)]
        if not fits:
            return None
        a = self.r.choice(fits)
        return ops.where(c, a, ops.like(a, 0.5))

    def logic(self):
        if not self.bools:
            return None
        a = self.r.choice(self.bools)
        b = self.r.choice([n for n in self.bools if _fits(n.shape, a.shape)])
        return self.r.choice([ops.both, ops.either, ops.exclusive])(a, b)

    def as_float(self):
        return (
            ops.cast(self.r.choice(self.bools), dtypes.float32) if self.bools else None
        )

    def reduce(self):
        x = self.pick(1)
        if x is None:
            return None
        dims = [d for d in range(len(x.shape)) if self.r.random() < 0.6] or [
            len(x.shape) - 1
        ]
        f = self.r.choice(REDUCE)
        if f is ops.prod and np.prod([x.shape[d] for d in dims]) > 8:
            f = ops.total
        return f(x, dims, self.r.random() < 0.5)

    def arg(self):
        x = self.pick(1)
        if x is None:
            return None
        place = self.r.choice([ops.argmax, ops.argmin])(
            x, self.r.randrange(len(x.shape))
        )
        return ops.cast(place, dtypes.float32)

    def permute(self):
        x = self.pick(2)
        if x is None:
            return None
        order = list(range(len(x.shape)))
        self.r.shuffle(order)
        return ops.permute(x, order)

    def reshape(self):
        x = self.pick()
        size = int(np.prod(x.shape))
        parts = []
        for d in (2, 3, 5, 7):
            while size % d == 0 and len(parts) < 3 and self.r.random() < 0.7:
                parts.append(d)
                size //= d
        parts += [size] if size > 1 or self.r.random() < 0.3 else []
        self.r.shuffle(parts)
        return ops.reshape(x, tuple(parts))

    def expand(self):
        x = self.pick()
        shape = tuple(self.r.choice([2, 3]) if n == 1 else n for n in x.shape)
        return ops.expand(x, (2, *shape) if self.r.random() < 0.3 else shape)

    def cut(self):
        x = self.pick(1)
        if x is None:
            return None
        parts = []
        for n in x.shape:
            start = self.r.randrange(n)
            parts.append(
                (start, self.r.randint(start + 1, n), self.r.choice([1, 1, 2, 3]))
            )
        return ops.cut(x, tuple(parts))

    def flip(self):
        x = self.pick(1)
        if x is None:
            return None
        return ops.flip(
            x, tuple(d for d in range(len(x.shape)) if self.r.random() < 0.5)
        )

    def pad(self):
        x = self.pick(1)
        if x is None:
            return None
        return ops.pad(
            x,
            tuple(
                tuple(self.r.choice([0, 0, 1, 2]) for _ in range(3)) for _ in x.shape
            ),
        )

    def concat(self):
        x = self.pick(1)
        if x is None:
            return None
        d = self.r.randrange(len(x.shape))
        rest = [
            n
            for n in self.pool
            if len(n.shape) == len(x.shape)
            and _without(n.shape, d) == _without(x.shape, d)
        ]
        return ops.concat(
            [x, *(self.r.choice(rest) for _ in range(self.r.randint(1, 2)))], d
        )

    def take_rows(self):
        x = self.pick(1)
        if x is None:
            return None
        n = x.shape[0]
        rows = ops.mod(ops.iota(self.r.randint(1, 6)), ops.const(n, dtypes.int64))
        if self.r.random() < 0.3:
            rows = ops.reshape(rows, (1, *rows.shape))
        return ops.take(x, rows)

    def scatter(self):
        x = self.pick(1)
        if x is None:
            return None
        rows = ops.mod(ops.iota(x.shape[0]), ops.const(2, dtypes.int64))
        return ops.scatter_add(x, rows, self.r.randint(2, 4))

    def product(self):
        a = self.pick(1)
        if a is None:
            return None
        b = self.r.choice([n for n in self.pool if len(n.shape) >= 1])
        if self.r.random() < 0.5 and len(b.shape) > 1:
            b = ops.swap(b)
        k = a.shape[-1]
        if b.shape[0 if len(b.shape) == 1 else -2] != k:
            m = self.r.choice([1, 2, 3, 5, 8, 17])
            if k > 8:
                m = min(m, 8)
            wave = ops.cast(ops.iota(k * m), dtypes.float32)
            b = ops.reshape(ops.sin(wave), (k, m))
        front = (a.shape[:-2], b.shape[:-2])
        if len(a.shape) > 1 and len(b.shape) > 1 and not _fits(*front):
            return None
        return ops.matmul(a, b)

    def rounded(self):
        x = self.pick()
        return ops.cast(
            ops.cast(ops.mul(x, ops.like(x, 0.37)), dtypes.int32), dtypes.float32
        )


KINDS = [
    "unary",
    "unary",
    "positive",
    "constant",
    "constant",
    "pair",
    "pair",
    "pair",
    "compare",
    "choose",
    "logic",
    "as_float",
    "reduce",
    "reduce",
    "reduce",
    "arg",
    "permute",
    "permute",
    "reshape",
    "reshape",
    "expand",
    "cut",
    "flip",
    "pad",
    "concat",
    "take_rows",
    "scatter",
    "product",
    "product",
    "product",
    "rounded",
]


def _fits(a, b):
    try:
        np.broadcast_shapes(a, b)
    except ValueError:
        return False
    return True


def _without(shape, d):
    return shape[:d] + shape[d + 1 :]


def random_graph(r, rows=()):
    """A graph of 3 to 25 primitives with its arrays."""
    g = Growing(r, r.choice([9, 17, 33]), rows)
    for _ in range(r.randint(3, 14)):
        g.grow()
    ends = list(g.pool[len(g.inputs) :]) or [ops.neg(g.inputs[0])]
    y = ends[-1]
    others = [n for n in (*g.bools[-1:], *g.pool[-2:-1]) if r.random() < 0.4]
    base = with_gradient(g.inputs, y)
    outputs = [*base.outputs, *others]
    updates, guards = [], []
    if r.random() < 0.35:
        updates = _updates(r, g, outputs)
    if r.random() < 0.25:
        x = g.pick()
        limit = ops.amax(ops.reshape(x, (int(np.prod(x.shape)),)), 0)
        outputs.append(ops.lt(limit, ops.like(limit, r.choice([1e6, 0.25]))))
        guards = [(len(outputs) - 1, "too large")]
    return Graph(g.inputs, outputs, updates, guards), g.arrays


def _updates(r, g, outputs):
    """New values of some inputs, from anything that has their shape."""
    pairs = []
    for i, n in enumerate(g.inputs):
        if r.random() < 0.6:
            fits = [
                m
                for m in [*g.pool, *outputs]
                if m.shape == n.shape and m.dtype is n.dtype
            ]
            outputs.append(r.choice(fits))
            if r.random() < 0.5:
                outputs[-1] = ops.add(n, ops.mul(outputs[-1], ops.like(n, 0.1)))
            pairs.append((i, len(outputs) - 1))
    return pairs
