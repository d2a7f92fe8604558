"""First and second derivatives of every primitive, against central differences."""

import numpy as np
import pytest

import ranvier as rv
from ranvier import ops
from ranvier.ops import linalg
from ranvier.ops.primitive import node as new_node
from ranvier.tensor import _wrap

RNG = np.random.default_rng(0)
A = RNG.uniform(0.3, 1.7, (3, 4))
B = RNG.uniform(0.4, 1.6, (3, 4))
ROW = RNG.uniform(0.4, 1.6, (4,))
S = RNG.uniform(-2.0, 2.0, (3, 4))
M = RNG.uniform(-1.0, 1.0, (4, 2))
SQUARE = RNG.uniform(-1.0, 1.0, (4, 4)) + 2 * np.eye(4)
WHERE = rv.tensor(RNG.uniform(size=(3, 4)) > 0.5)
SLIDING = ops.Window((1, 2), (1, 1))
IMAGE = RNG.uniform(-1.0, 1.0, (1, 3, 4, 2))
KERNEL = RNG.uniform(-1.0, 1.0, (2, 2, 2, 1))
GIVEN = RNG.uniform(-1.0, 1.0, (1, 2, 2, 1))
FOLDED = RNG.uniform(-1.0, 1.0, (3, 4, 1))
INDEX = rv.tensor(np.array([2, 0, 2, 1]))


def node(function):
    """A function of nodes as a function of tensors."""
    return lambda *xs: _wrap(function(*(x._node for x in xs)))


def normalised(x, w, b):
    mean = ops.mean(x, 0, True)
    apart = ops.sub(x, mean)
    variance = ops.mean(ops.mul(apart, apart), 0, True)
    root = ops.sqrt(ops.add(variance, ops.like(variance, 0.1)))
    w, b = ops.reshape(w, (1, 4)), ops.reshape(b, (1, 4))
    return ops.normalise(x, mean, ops.div(ops.like(root, 1.0), root), w, b, (0,))


def eigh(x):
    values, vectors = linalg.eigh(ops.add(x, ops.swap(x)))
    return ops.concat([ops.reshape(values, (4, 1)), ops.mul(vectors, vectors)], 1)


def svd(x):
    u, s, vt = linalg.svd(x)
    squares = [ops.mul(u, u), ops.reshape(s, (3, 1)), ops.mul(vt, vt)]
    return ops.concat(squares, 1)


def qr(x):
    q, r = linalg.qr(x)
    return ops.concat([ops.mul(q, q), ops.mul(r, r)], 0)


# fmt: off
SMOOTH = {
    "neg": (ops.neg, S), "abs": (ops.absolute, S), "exp": (ops.exp, S),
    "expm1": (ops.expm1, S), "log": (ops.log, A), "log1p": (ops.log1p, A),
    "tanh": (ops.tanh, S), "sigmoid": (ops.sigmoid, S), "relu": (ops.relu, S),
    "sqrt": (ops.sqrt, A), "sin": (ops.sin, S), "cos": (ops.cos, S),
    "erf": (ops.erf, S), "erfc": (ops.erfc, S), "tan": (ops.tan, S / 2),
    "asin": (ops.asin, S / 3), "acos": (ops.acos, S / 3), "atan": (ops.atan, S),
    "sinh": (ops.sinh, S), "cosh": (ops.cosh, S), "asinh": (ops.asinh, S),
    "acosh": (ops.acosh, A + 1.0), "atanh": (ops.atanh, S / 3),
    "erfinv": (ops.erfinv, S / 3), "lgamma": (ops.lgamma, A),
    "trunc": (ops.trunc, S), "atan2": (ops.atan2, A, B), "hypot": (ops.hypot, A, B),
    "fmod": (lambda a, b: ops.fmod(ops.mul(a, ops.like(a, 3.1)), b), A, B),
    "sign": (ops.sign, S), "floor": (ops.floor, S), "ceil": (ops.ceil, S),
    "round": (ops.rint, S),
    "add": (ops.add, A, B), "sub": (ops.sub, A, B), "mul": (ops.mul, A, B),
    "div": (ops.div, A, B), "pow": (ops.power, A, B),
    "maximum": (ops.maximum, A, B), "minimum": (ops.minimum, A, B),
    "mod": (lambda a, b: ops.mod(ops.mul(a, ops.like(a, 3.1)), b), A, B),
    "where": (lambda a, b: ops.where(WHERE._node, a, b), A, B),
    "cast": (lambda a: ops.cast(a, rv.float64), S),
    "alias": (ops.alias, S),
    "copy": (lambda x: new_node("copy", (x,), None, x.shape, x.dtype), S),
    "sum": (lambda x: ops.total(x, 1), S), "amax": (lambda x: ops.amax(x, 1), S),
    "amin": (lambda x: ops.amin(x, 0), S), "prod": (lambda x: ops.prod(x, 1), A),
    "expand": (lambda x: ops.expand(x, (3, 4)), ROW),
    "reshape": (lambda x: ops.reshape(x, (2, 6)), S),
    "permute": (lambda x: ops.permute(x, (1, 0)), S),
    "cut": (lambda x: ops.cut(x, ((0, 3, 2), (1, 4, 1))), S),
    "flip": (lambda x: ops.flip(x, (0,)), S),
    "pad": (lambda x: ops.pad(x, ((1, 0, 2), (0, 2, 0))), S),
    "concat": (lambda a, b: ops.concat([a, b], 1), A, B),
    "matmul": (ops.matmul, A, M),
    "conv": (lambda x, w: ops.conv(x, w, SLIDING), IMAGE, KERNEL),
    "conv_weight": (
        lambda x, g: ops.conv_weight(x, g, SLIDING, (2, 2)), IMAGE, GIVEN
    ),
    "take": (lambda x: ops.take(x, INDEX._node), S),
    "window": (lambda x: ops.window(x, (ops.Slide(2), ops.Slide(2, 2))), S),
    "fold": (lambda x: ops.fold(x, (ops.Slide(4, 3), None), (10, 1)), FOLDED),
    "window_max": (lambda x: ops.window_max(x, (ops.Slide(2), ops.Slide(2, 2))), S),
    "normalise": (normalised, S, ROW, ROW),
    "binary_entropy": (
        lambda x, y: ops.binary_entropy(ops.sigmoid(x), ops.sigmoid(y)), S, A
    ),
    "surround": (lambda x: ops.pad(x, ((1, 0, 2), (0, 2, 0)), 3.0), S),
    "cumsum": (lambda x: ops.cumsum(x, 1), S),
    "cumprod": (lambda x: ops.cumprod(x, 0), S),
    "solve": (lambda a, b: linalg.solve(a, b), SQUARE, M),
    "det": (linalg.det, SQUARE), "logabsdet": (linalg.logabsdet, SQUARE),
    "cholesky": (lambda x: linalg.cholesky(ops.matmul(x, ops.swap(x))), SQUARE),
    "eigh": (eigh, SQUARE), "svd": (svd, S), "qr": (qr, M),
    "scatter_add": (lambda x: ops.scatter_add(x, rv.tensor([1, 0, 1])._node, 3), S),
}
# fmt: on
NO_GRADIENT = {
    "detach",
    "eq",
    "ne",
    "lt",
    "le",
    "gt",
    "ge",
    "and",
    "or",
    "xor",
    "argsort",
    "detsign",
    "iota",
    "uniform",
}  # fmt: skip


def case(name):
    function, *arrays = SMOOTH[name]
    return node(function), tuple(rv.tensor(a) for a in arrays)


def test_every_primitive_is_here():
    written_by_hand = {"custom"}  # tested in test_function.py
    assert set(ops.TABLE) == set(SMOOTH) | NO_GRADIENT | written_by_hand


@pytest.mark.parametrize("name", SMOOTH)
def test_first_derivative(name):
    assert rv.check_gradients(*case(name))


@pytest.mark.parametrize("name", SMOOTH)
def test_second_derivative(name):
    """Of Σ f², whose first derivative depends on the inputs even where f is linear."""
    f, inputs = case(name)
    numbers = tuple(range(len(inputs)))
    gradient = rv.grad(lambda *xs: (f(*xs) ** 2).sum() * 0.5, numbers)
    assert rv.check_gradients(gradient, inputs)


BROADCAST = [((3, 4), (4,)), ((3, 1), (1, 4)), ((), (2, 3)), ((2, 1, 3), (4, 1))]


@pytest.mark.parametrize(("a", "b"), BROADCAST)
@pytest.mark.parametrize("name", ["add", "sub", "mul", "div", "pow", "maximum"])
def test_gradients_of_what_was_broadcast(name, a, b):
    inputs = [rv.tensor(np.asarray(RNG.uniform(0.3, 1.7, s))) for s in (a, b)]
    f = node(SMOOTH[name][0])
    assert rv.check_gradients(f, tuple(inputs))
    gradients = rv.grad(lambda x, y: f(x, y).sum(), (0, 1))(*inputs)
    assert [g.shape for g in gradients] == [a, b]


SHAPES = [((3, 4), (4,)), ((4,), (4, 2)), ((4,), (4,)), ((5, 3, 4), (4, 2))]
SHAPES += [((5, 3, 4), (5, 4, 2)), ((2, 1, 3, 4), (5, 4, 2))]


@pytest.mark.parametrize(("a", "b"), SHAPES)
def test_gradients_of_products_of_vectors_and_batches(a, b):
    x, y = (rv.tensor(RNG.uniform(-1, 1, s)) for s in (a, b))
    assert (x @ y).shape == np.matmul(x.numpy(), y.numpy()).shape
    assert rv.check_gradients(lambda x, y: x @ y, (x, y))


def test_equal_extremes_share_the_gradient():
    x = rv.tensor([2.0, 2.0, 1.0], requires_grad=True)
    x.max().backward()
    assert x.grad.tolist() == [0.5, 0.5, 0.0]


def test_the_product_with_a_zero_factor():
    x = rv.tensor([2.0, 0.0, 3.0])
    assert rv.grad(lambda x: x.prod())(x).tolist() == [0.0, 6.0, 0.0]
