"""A step length that satisfies the strong Wolfe conditions.

Source: Nocedal and Wright, Numerical Optimization, 2nd edition, algorithms 3.5 and 3.6,
with the safeguards and constants of minFunc (Schmidt), which PyTorch uses.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

Array = np.ndarray[Any, Any]
ENOUGH = 1e-4  # c₁: which share of the first slope the loss has to fall by
FLAT = 0.9  # c₂: to which share of the first slope the slope has to fall


class Point(NamedTuple):
    """The loss f at x + t d, its gradient g, and the slope gᵀd."""

    t: float
    f: float
    g: Array
    slope: float


def strong_wolfe(
    at: Callable[[float], Point],
    start: Point,
    t: float,
    length: float,
    least: float,
    most: int,
) -> Point:
    """The point where to go, found with at most `most` trials after the first.

    `at` evaluates a step length; `t` is the first to try; `length` is max |d|. An
    interval in which the step moves no number by more than `least` is not divided.
    """
    low, high, tried = _bracket(at, start, t, most)
    is_stuck = False
    while high is not None and tried < most:
        if abs(high.t - low.t) * length < least:
            break
        t, is_stuck = _inside(low, high, is_stuck)
        point = at(t)
        tried += 1
        if _too_high(point, start) or point.f >= low.f:
            low, high = _by_loss(low, point)
            continue
        if _flat(point, start):
            return point
        if point.slope * (high.t - low.t) >= 0:
            high = low
        low = point
    return low


def _bracket(
    at: Callable[[float], Point], start: Point, t: float, most: int
) -> tuple[Point, Point | None, int]:
    """Two points with a good one between them, the lower first; or the good one."""
    before, point = start, at(t)
    for tried in range(most):
        if _too_high(point, start) or (tried > 1 and point.f >= before.f):
            return (*_by_loss(before, point), tried)
        if _flat(point, start):
            return point, None, tried
        if point.slope >= 0:
            return (*_by_loss(before, point), tried)
        ahead = point.t + 0.01 * (point.t - before.t), 10 * point.t
        t = cubic(before, point, *ahead)
        before, point = point, at(t)
    return (*_by_loss(start, point), most)


def _too_high(point: Point, start: Point) -> bool:
    return point.f > start.f + ENOUGH * point.t * start.slope


def _flat(point: Point, start: Point) -> bool:
    return abs(point.slope) <= -FLAT * start.slope


def _by_loss(a: Point, b: Point) -> tuple[Point, Point]:
    return (a, b) if a.f <= b.f else (b, a)


def _inside(low: Point, high: Point, is_stuck: bool) -> tuple[float, bool]:
    """Where to try between two points, and whether that was close to an end; the second
    time in a row it is a tenth of the interval away.
    """
    left, right = sorted((low.t, high.t))
    t = cubic(low, high, left, right)
    margin = 0.1 * (right - left)
    if min(right - t, t - left) >= margin:
        return t, False
    if not is_stuck and left < t < right:
        return t, True
    return (right - margin if right - t < t - left else left + margin), False


def cubic(a: Point, b: Point, least: float, most: float) -> float:
    """The minimum of the cubic through two points with their slopes, within bounds."""
    a, b = (a, b) if a.t <= b.t else (b, a)
    middle = (least + most) / 2
    if a.t == b.t:
        return middle
    d1 = a.slope + b.slope - 3 * (a.f - b.f) / (a.t - b.t)
    square = d1 * d1 - a.slope * b.slope
    if not square >= 0:  # NaN too
        return middle
    d2 = math.sqrt(square)
    below = b.slope - a.slope + 2 * d2
    if below == 0:
        return middle
    t = b.t - (b.t - a.t) * ((b.slope + d2 - d1) / below)
    return min(max(t, least), most)
