"""Polynomials by Horner's rule, and the coefficients of some functions."""

from __future__ import annotations

from collections.abc import Sequence

from ranvier.graph import Node
from ranvier.ops.elementwise import add, like, mul


def horner(x: Node, coefficients: Sequence[float]) -> Node:
    """c[0] + c[1] x + c[2] x² + …"""
    result = like(x, coefficients[-1])
    for c in reversed(coefficients[:-1]):
        result = add(mul(result, x), like(x, c))
    return result


# B(2k) / 2k, the Bernoulli numbers: what ψ(w) has beside ln w - 1/2w, in 1/w².
DIGAMMA = (
    0.0,
    1 / 12,
    -1 / 120,
    1 / 252,
    -1 / 240,
    1 / 132,
    -691 / 32760,
    1 / 12,
)

# M. J. Wichura, Algorithm AS 241: The Percentage Points of the Normal Distribution,
# Applied Statistics 37 (1988): numerators and denominators, from low to high.
CENTRE = (
    (
        3.3871328727963665,
        133.14166789178438,
        1971.5909503065513,
        13731.69376550946,
        45921.95393154987,
        67265.7709270087,
        33430.57558358813,
        2509.0809287301227,
    ),
    (
        1.0,
        42.31333070160091,
        687.1870074920579,
        5394.196021424751,
        21213.794301586597,
        39307.89580009271,
        28729.085735721943,
        5226.495278852854,
    ),
)
TAIL = (
    (
        1.4234371107496835,
        4.630337846156546,
        5.769497221460691,
        3.6478483247632045,
        1.2704582524523684,
        0.2417807251774506,
        0.022723844989269184,
        0.0007745450142783414,
    ),
    (
        1.0,
        2.053191626637759,
        1.6763848301838038,
        0.6897673349851,
        0.14810397642748008,
        0.015198666563616457,
        0.0005475938084995345,
        1.0507500716444169e-09,
    ),
)
FAR_TAIL = (
    (
        6.657904643501103,
        5.463784911164114,
        1.7848265399172913,
        0.29656057182850487,
        0.026532189526576124,
        0.0012426609473880784,
        2.7115555687434876e-05,
        2.0103343992922881e-07,
    ),
    (
        1.0,
        0.599832206555888,
        0.1369298809227358,
        0.014875361290850615,
        0.0007868691311456133,
        1.8463183175100548e-05,
        1.421511758316446e-07,
        2.0442631033899397e-15,
    ),
)
