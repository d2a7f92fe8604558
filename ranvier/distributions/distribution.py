"""What distributions share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar, Self

import numpy as np

from ranvier.errors import ShapeError, UnsupportedError, ValueRangeError
from ranvier.graph import Node, leaf
from ranvier.random import default_generator
from ranvier.size import Size
from ranvier.tensor import NoGrad, Tensor, _wrap, guard, hooks, not_a_tensor
from ranvier.tensors import functions
from ranvier.tensors.creation import as_tensor
from ranvier.tensors.joining import broadcast_tensors
from ranvier.tensors.sampling import rand, randn

Sizes = Sequence[int]
NEAR = 8  # operations that are computed for a check


class Distribution:
    """The base: `batch_shape` are independent distributions, `event_shape` is one draw.

    A subclass names its arguments in `arg_names` and how many last dimensions of each
    belong to one distribution in `tails`. Arguments are checked where their values are
    known, and in a compiled step before its update; ``validate_args=False`` leaves that
    out.
    """

    arg_names: ClassVar[tuple[str, ...]] = ()
    tails: ClassVar[dict[str, int]] = {}
    has_rsample = False
    has_enumerate_support = False

    def __init__(
        self,
        batch_shape: Sizes = (),
        event_shape: Sizes = (),
        validate_args: bool | None = None,
    ) -> None:
        self._batch, self._event = Size(batch_shape), Size(event_shape)
        self.validate_args = validate_args is not False

    @property
    def batch_shape(self) -> Size:
        """The shape of the arguments, without the dimensions of one draw."""
        return self._batch

    @property
    def event_shape(self) -> Size:
        """The shape of one draw."""
        return self._event

    @property
    def mean(self) -> Tensor:
        """The mean."""
        raise self._absent("mean")

    @property
    def mode(self) -> Tensor:
        """The likeliest value."""
        raise self._absent("mode")

    @property
    def variance(self) -> Tensor:
        """The variance."""
        raise self._absent("variance")

    @property
    def stddev(self) -> Tensor:
        """The standard deviation."""
        return self.variance.sqrt()

    def sample(self, sample_shape: Sizes = ()) -> Tensor:
        """Draws of shape sample_shape + batch_shape + event_shape, without gradient."""
        with NoGrad():
            return self.rsample(sample_shape)

    def rsample(self, sample_shape: Sizes = ()) -> Tensor:
        """The same with gradients that flow to the arguments."""
        raise UnsupportedError(
            f"{type(self).__name__}.rsample: no gradient flows through these draws; "
            "use .sample(), and .log_prob() for a score-function gradient."
        )

    def log_prob(self, value: Tensor) -> Tensor:
        """The logarithm of the density, or of the probability."""
        raise self._absent("log_prob")

    def entropy(self) -> Tensor:
        """Minus the mean of log_prob."""
        raise self._absent("entropy")

    def cdf(self, value: Tensor) -> Tensor:
        """The probability of at most `value`."""
        raise self._absent("cdf")

    def icdf(self, value: Tensor) -> Tensor:
        """The inverse of `cdf`."""
        raise self._absent("icdf")

    def enumerate_support(self, expand: bool = True) -> Tensor:
        """All values, along a new first dimension."""
        raise self._absent("enumerate_support")

    def perplexity(self) -> Tensor:
        """exp(entropy)."""
        return self.entropy().exp()

    def expand(self, batch_shape: Sizes) -> Self:
        """The same distribution for a larger batch."""
        named = {}
        for name in self._given():
            value = getattr(self, name)
            tail = value.shape[value.ndim - self.tails.get(name, 0) :]
            named[name] = value.expand((*batch_shape, *tail))
        return type(self)(**named, validate_args=False)

    def _given(self) -> tuple[str, ...]:
        """The names of the arguments that it was made with."""
        return self.arg_names

    def __repr__(self) -> str:
        facts = []
        for name in self._given():
            value = getattr(self, name)
            known = value.numel() == 1 and value._node.value is not None
            facts.append(f"{name}: {value.item() if known else value.shape}")
        return f"{type(self).__name__}({', '.join(facts)})"

    # ---- for subclasses --------------------------------------------------------------

    def _shape(self, sample_shape: Sizes) -> tuple[int, ...]:
        if isinstance(sample_shape, int):
            raise ShapeError(
                f"{type(self).__name__}.sample({sample_shape}): expected a tuple of "
                f"sizes, such as ({sample_shape},)."
            )
        return (*sample_shape, *self._batch, *self._event)

    def _value(self, value: Any) -> Tensor:
        if not isinstance(value, Tensor):
            raise not_a_tensor(f"{type(self).__name__}.log_prob", value)
        return value

    def _absent(self, what: str) -> UnsupportedError:
        return UnsupportedError(f"{type(self).__name__} has no {what}.")

    def _check(
        self, name: str, value: Tensor, holds: Callable[[Tensor], Tensor], wanted: str
    ) -> None:
        """All of ``holds(value)`` are true: looked at where the value is there, else
        when the compiled step runs. A value that a network has to compute first is
        taken: a check would break the graph of a training step in two.
        """
        if not self.validate_args:
            return
        said = f"{type(self).__name__}: {name} must be {wanted}"
        with NoGrad():
            if hooks.recorder is not None:
                guard(holds(value).all()._node, f"{said}. Look at what computes it.")
            elif _at_hand(value._node) and not bool(holds(value).all()):
                raise ValueRangeError(f"{said}; it is {shown(value)}.")

    def _positive(self, *names: str) -> None:
        for name in names:
            self._check(name, getattr(self, name), lambda v: v > 0, "numbers above 0")


def _at_hand(node: Node) -> bool:
    """Whether the value is there, or a few operations away from arrays."""
    if node.value is not None:
        return True
    below, seen = [node], 0
    while below:
        n = below.pop()
        if n.value is None:
            seen += 1
            if n.rg or seen > NEAR:
                return False
            below += n.srcs
    return True


def shown(value: Tensor) -> str:
    """The numbers of a tensor, shortened."""
    text = repr(np.asarray(value.detach()).tolist())
    return text if len(text) < 60 else f"{text[:57]}…"


def as_arguments(*values: Any) -> tuple[Tensor, ...]:
    """Numbers and tensors as tensors of one shape."""
    tensors = [v for v in values if isinstance(v, Tensor)]
    like = tensors[0].dtype if tensors else None
    found = [v if isinstance(v, Tensor) else as_tensor(float(v), like) for v in values]
    return tuple(broadcast_tensors(*found))


def where(condition: Tensor, a: Any, b: Any) -> Tensor:
    """`a` where the condition is true, else `b`."""
    found: Tensor = functions.where(condition, a, b)
    return found


def even(shape: Sizes, like: Tensor) -> Tensor:
    """Numbers drawn evenly from [0, 1)."""
    return rand(*shape, dtype=like.dtype)


def gaussian(shape: Sizes, like: Tensor) -> Tensor:
    """Gaussian numbers with mean 0 and standard deviation 1."""
    return randn(*shape, dtype=like.dtype)


def by_numpy(what: str, draw: Callable[..., Any], *arguments: Tensor) -> Tensor:
    """Numbers that NumPy draws: ``draw(generator, *arguments)``; not inside a compiled
    function.
    """
    if hooks.recorder is not None:
        raise UnsupportedError(
            f"{what}.sample() inside a compiled function: NumPy draws these numbers. "
            "Draw them outside, and give them to the function."
        )
    arrays = [np.asarray(a.detach()) for a in arguments]
    drawn = draw(default_generator.numpy, *arrays)
    return _wrap(leaf(np.asarray(drawn, arguments[0].dtype.np)))


class Independent(Distribution):
    """Another distribution whose last `reinterpreted_batch_ndims` batch dimensions
    belong to one draw: log_prob adds up over them.

    >>> import ranvier as rv
    >>> d = rv.distributions
    >>> d.Independent(d.Normal(rv.zeros(3, 2), rv.ones(3, 2)), 1).event_shape
    (2,)
    """

    def __init__(
        self,
        base_distribution: Distribution,
        reinterpreted_batch_ndims: int,
        validate_args: bool | None = None,
    ) -> None:
        base, count = base_distribution, reinterpreted_batch_ndims
        if count > len(base.batch_shape):
            raise ShapeError(
                f"Independent: reinterpreted_batch_ndims is {count}, the batch has "
                f"shape {base.batch_shape}."
            )
        shape, cut = base.batch_shape, len(base.batch_shape) - count
        super().__init__(shape[:cut], (*shape[cut:], *base.event_shape), validate_args)
        self.base_dist = base
        self.reinterpreted_batch_ndims = count

    @property
    def has_rsample(self) -> bool:  # type: ignore[override]
        """Whether gradients flow through draws."""
        return self.base_dist.has_rsample

    @property
    def mean(self) -> Tensor:
        return self.base_dist.mean

    @property
    def mode(self) -> Tensor:
        return self.base_dist.mode

    @property
    def variance(self) -> Tensor:
        return self.base_dist.variance

    def sample(self, sample_shape: Sizes = ()) -> Tensor:
        return self.base_dist.sample(sample_shape)

    def rsample(self, sample_shape: Sizes = ()) -> Tensor:
        return self.base_dist.rsample(sample_shape)

    def log_prob(self, value: Tensor) -> Tensor:
        return summed(self.base_dist.log_prob(value), self.reinterpreted_batch_ndims)

    def entropy(self) -> Tensor:
        return summed(self.base_dist.entropy(), self.reinterpreted_batch_ndims)

    def expand(self, batch_shape: Sizes) -> Self:
        count = self.reinterpreted_batch_ndims
        base = self.base_dist.expand((*batch_shape, *self._event[:count]))
        return type(self)(base, count)

    def __repr__(self) -> str:
        return f"Independent({self.base_dist}, {self.reinterpreted_batch_ndims})"


def summed(x: Tensor, dims: int) -> Tensor:
    """Added up over the last `dims` dimensions."""
    return x.sum(tuple(range(-dims, 0))) if dims else x
