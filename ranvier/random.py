"""Seeds: `manual_seed`, and the generator that everything random draws from."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Protocol

import numpy as np

from ranvier.absent import RANDOM, unknown
from ranvier.errors import ValueRangeError
from ranvier.graph import Array, Node, leaf
from ranvier.memory import require

PIECE = 1 << 16
WORDS = 15  # of a generator's state


class State(Protocol):
    """A handle that can be bound to another node; a Tensor, which stands above this
    file.
    """

    _node: Node

    def _rebind(self, node: Node) -> None: ...


class Generator:
    """A counter-based generator (NumPy's Philox) that can be seeded again.

    `state` is for draws inside a graph: int64 (seed, number of draws), made at the
    first of them and kept for good, so that compiled programs go on owning it.
    """

    def __init__(self, seed: int | None = None) -> None:
        self.state: State | None = None
        self.manual_seed(_fresh() if seed is None else seed)

    def manual_seed(self, seed: int) -> Generator:
        """Start again from `seed`."""
        self.seed, self.begun = int(seed), 0
        self.numpy = np.random.Generator(np.random.Philox(self.seed % 2**64))
        if self.state is not None:
            self.state._rebind(self.first_state())
        return self

    def first_state(self) -> Node:
        """What `state` holds before the first draw."""
        both = np.array([self.seed % 2**64, self.begun], np.uint64)
        return leaf(both.astype(np.int64))

    def get_state(self) -> Array:
        """Where it stands, as bytes: what `set_state` takes."""
        found: Any = self.numpy.bit_generator.state
        drawn = self.begun if self.state is None else int(np.asarray(self.state)[1])
        parts = [found["state"][name] for name in ("counter", "key")]
        numbers = [found[name] for name in ("buffer_pos", "has_uint32", "uinteger")]
        own = [self.seed % 2**64, drawn, *numbers]
        words = np.concatenate([*parts, found["buffer"], np.array(own, np.uint64)])
        return words.astype("<u8").view(np.uint8)

    def set_state(self, state: Any) -> Generator:
        """Go on from where `get_state` was called.

        Raises ValueRangeError: bytes of something else.
        """
        content = np.array(state, order="C")
        if content.dtype != np.uint8 or content.shape != (8 * WORDS,):
            raise ValueRangeError(
                f"set_state: got {content.dtype} of shape {content.shape}; expected "
                f"the {8 * WORDS} bytes of get_state() of this version."
            )
        words = content.view("<u8").astype(np.uint64)
        seed, drawn, place, has, rest = (int(word) for word in words[10:])
        self.manual_seed(seed)
        found: Any = self.numpy.bit_generator.state
        found["state"] = {"counter": words[:4], "key": words[4:6]}
        found |= {"buffer": words[6:10], "buffer_pos": place}
        self.numpy.bit_generator.state = found | {"has_uint32": has, "uinteger": rest}
        self.begun = drawn
        if self.state is not None:
            self.state._rebind(self.first_state())
        return self

    def uniform(
        self, low: float, high: float, shape: tuple[int, ...], dtype: Any
    ) -> Any:
        """Uniform numbers in [low, high) as an array."""
        if high == low:
            return np.full(shape, low, dtype)
        below = np.nextafter(dtype.type(high), dtype.type(low))

        def draw(place: Any) -> None:
            self.numpy.random(out=place)
            place *= high - low
            place += low

        drawn = _in_pieces(draw, shape, dtype)
        return np.minimum(drawn, below, out=drawn)

    def normal(
        self, mean: float, std: float, shape: tuple[int, ...], dtype: Any
    ) -> Any:
        """Gaussian numbers as an array."""

        def draw(place: Any) -> None:
            self.numpy.standard_normal(out=place)
            place *= std
            place += mean

        return _in_pieces(draw, shape, dtype)

    def draw_seed(self) -> int:
        """A fresh seed, for something that needs its own stream."""
        return int(self.numpy.integers(0, 2**63))


def _in_pieces(draw: Callable[[Any], None], shape: tuple[int, ...], dtype: Any) -> Any:
    """An array of what `draw` puts into arrays of float64, one after the other.

    In pieces that stay in the cache, 143 million numbers take a third of the time.
    """
    size = math.prod(shape)
    require(size * np.dtype(dtype).itemsize, f"drawing random numbers of shape {shape}")
    result = np.empty(size, dtype)
    buffer = np.empty(min(size, PIECE))
    for start in range(0, size, PIECE):
        piece = result[start : start + PIECE]
        place = buffer[: len(piece)]
        draw(place)
        piece[:] = place
    return result.reshape(shape)


def _fresh() -> int:
    return int(np.random.SeedSequence().generate_state(1)[0])


default_generator = Generator()


def manual_seed(seed: int) -> Generator:
    """Make everything random that follows repeatable.

    >>> import ranvier as rv
    >>> _ = rv.manual_seed(0); a = rv.rand(3)
    >>> _ = rv.manual_seed(0); bool((rv.rand(3) == a).all())
    True
    """
    return default_generator.manual_seed(seed)


def draw_seed() -> int:
    """A fresh seed from the default generator."""
    return default_generator.draw_seed()


def initial_seed() -> int:
    """The seed of the default generator."""
    return default_generator.seed


def seed() -> int:
    """Seed the default generator from the operating system; the seed."""
    default_generator.manual_seed(_fresh())
    return default_generator.seed


def __getattr__(name: str) -> Any:
    known = ("Generator", "initial_seed", "manual_seed", "seed")
    raise unknown(__name__, name, known, RANDOM)
