"""Sums over products: `einsum`, `tensordot`, chains of matrices."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ranvier import ops
from ranvier.errors import ShapeError, ValueRangeError
from ranvier.graph import Node
from ranvier.tensor import Tensor, _wrap, not_a_tensor


def tensordot(a: Tensor, b: Tensor, dims: Any = 2) -> Tensor:
    """Σ a b over the last `dims` dimensions of `a` and the first ones of `b`, or over
    the dimensions that the pair of lists `dims` names.

    >>> import ranvier as rv
    >>> tensordot(rv.ones(2, 3, 4), rv.ones(3, 4, 5)).shape
    (2, 5)
    """
    for x in (a, b):
        if not isinstance(x, Tensor):
            raise not_a_tensor("tensordot", x)
    if isinstance(dims, int):
        if not 0 <= dims <= min(a.ndim, b.ndim):
            raise ShapeError(f"tensordot: {dims} dimensions of {a.shape}, {b.shape}.")
        left, right = list(range(a.ndim - dims, a.ndim)), list(range(dims))
    else:
        left = [ops.axis(d, a.ndim, "tensordot") for d in _list(dims[0])]
        right = [ops.axis(d, b.ndim, "tensordot") for d in _list(dims[1])]
    sizes = [a.shape[d] for d in left], [b.shape[d] for d in right]
    if sizes[0] != sizes[1]:
        raise ShapeError(
            f"tensordot: {a.shape} over {left} and {b.shape} over {right}: the sizes "
            f"{sizes[0]} and {sizes[1]} differ."
        )
    names = [chr(97 + i) for i in range(a.ndim + b.ndim)]
    first, second = names[: a.ndim], names[a.ndim :]
    for i, j in zip(left, right, strict=True):
        second[j] = first[i]
    kept = [c for i, c in enumerate(first) if i not in left]
    kept += [c for i, c in enumerate(second) if i not in right]
    terms = [(first, a._node), (second, b._node)]
    return _wrap(_contracted(terms, kept))


def _list(dims: Any) -> list[int]:
    return [dims] if isinstance(dims, int) else list(dims)


def einsum(equation: str, *operands: Any) -> Tensor:
    """The sum over products that the equation says (Einstein's convention): a letter a
    dimension, letters that are not in the result are added up.

    >>> import ranvier as rv
    >>> einsum("ij,jk->ik", rv.ones(2, 3), rv.ones(3, 4)).shape
    (2, 4)
    >>> einsum("ii", rv.eye(3))
    tensor(3.)
    """
    if len(operands) == 1 and isinstance(operands[0], (tuple, list)):
        operands = tuple(operands[0])
    for x in operands:
        if not isinstance(x, Tensor):
            raise not_a_tensor("einsum", x)
    inputs, output = _parsed(equation, [x.ndim for x in operands])
    terms = [
        _own_sums(names, x._node, equation)
        for names, x in zip(inputs, operands, strict=True)
    ]
    _check_sizes(terms, equation)
    return _wrap(_contracted(terms, output))


Term = tuple[list[str], Node]


def _parsed(equation: str, ranks: Sequence[int]) -> tuple[list[list[str]], list[str]]:
    """The letters of every operand and of the result; what "…" stands for is named by
    numbers, counted from the last dimension.
    """
    text = equation.replace(" ", "")
    left, arrow, right = text.partition("->")
    parts = left.split(",")
    if len(parts) != len(ranks):
        raise ShapeError(
            f"einsum {equation!r}: {len(parts)} operands are named, {len(ranks)} given."
        )
    inputs = [_letters(p, n, equation) for p, n in zip(parts, ranks, strict=True)]
    known = [c for names in inputs for c in names]
    dots = sorted({c for c in known if c[0] == "."}, reverse=True)
    if not arrow:
        once = sorted(c for c in set(known) if known.count(c) == 1 and c[0] != ".")
        return inputs, dots + once
    before, ellipsis, after = right.partition("...")
    output = [*before, *(dots if ellipsis else []), *after]
    for c in output:
        if c not in known or output.count(c) > 1:
            raise ValueRangeError(
                f"einsum {equation!r}: {c!r} in the result must stand there once, and "
                "in an operand."
            )
    return inputs, output


def _letters(part: str, rank: int, equation: str) -> list[str]:
    before, ellipsis, after = part.partition("...")
    named = len(before) + len(after)
    if not all(c.isalpha() for c in before + after):
        raise ValueRangeError(f"einsum {equation!r}: {part!r} is no list of letters.")
    if named > rank or (named < rank and not ellipsis):
        raise ShapeError(
            f"einsum {equation!r}: {part!r} names {named} dimensions, the operand has "
            f"{rank}."
        )
    dots = [f".{i:02}" for i in range(rank - named - 1, -1, -1)]
    return [*before, *dots, *after]


def _own_sums(names: list[str], x: Node, equation: str) -> Term:
    """The diagonal where a letter stands twice in one operand."""
    tensor = _wrap(x)
    names = list(names)
    while len(set(names)) < len(names):
        c = next(c for c in names if names.count(c) > 1)
        i = names.index(c)
        j = names.index(c, i + 1)
        if tensor.shape[i] != tensor.shape[j]:
            raise ShapeError(
                f"einsum {equation!r}: {c!r} has sizes {tensor.shape[i]} and "
                f"{tensor.shape[j]}."
            )
        tensor = tensor.diagonal(0, i, j)
        names = [n for k, n in enumerate(names) if k not in (i, j)] + [c]
    return names, tensor._node


def _check_sizes(terms: Sequence[Term], equation: str) -> None:
    sizes: dict[str, int] = {}
    for names, x in terms:
        for c, n in zip(names, x.shape, strict=True):
            old = sizes.setdefault(c, n)
            if old == 1:
                sizes[c] = n
            elif n not in (1, old):
                raise ShapeError(f"einsum {equation!r}: {c!r} has sizes {old} and {n}.")


def _contracted(terms: Sequence[Term], output: list[str]) -> Node:
    """Two at a time, from the left; letters that nobody needs any more are added up as
    soon as possible.
    """
    rest = list(terms)
    while len(rest) > 1:
        first, second, *rest = rest
        needed = set(output).union(*(set(names) for names, _ in rest))
        rest.insert(0, _pair(first, second, needed))
    names, x = _summed(rest[0], set(output))
    missing = [c for c in output if c not in names]
    assert not missing, "every letter of the result is in an operand"
    return ops.permute(x, [names.index(c) for c in output])


def _summed(term: Term, needed: set[str]) -> Term:
    names, x = term
    over = [i for i, c in enumerate(names) if c not in needed]
    if over:
        x = ops.total(x, over) if x.dtype.order else ops.amax(x, over)
    return [c for c in names if c in needed], x


def _pair(a: Term, b: Term, needed: set[str]) -> Term:
    """One product of matrices: letters of both that are needed number the matrices,
    letters of both that are not are added up.
    """
    a = _summed(a, needed | set(b[0]))
    b = _summed(b, needed | set(a[0]))
    a, b = _widened(a, b), _widened(b, a)
    both = [c for c in a[0] if c in b[0]]
    front = [c for c in both if c in needed]
    inner = [c for c in both if c not in needed]
    left = [c for c in a[0] if c not in both]
    right = [c for c in b[0] if c not in both]
    sizes = dict(zip(a[0] + b[0], a[1].shape + b[1].shape, strict=True))
    if not inner:
        return _product(a, b, front + left + right)
    x = _grouped(a, [front, left, inner], sizes)
    y = _grouped(b, [front, inner, right], sizes)
    shape = tuple(sizes[c] for c in front + left + right)
    return front + left + right, ops.reshape(ops.matmul(x, y), shape)


def _widened(a: Term, b: Term) -> Term:
    """Sizes of 1 as large as in the other."""
    other = dict(zip(b[0], b[1].shape, strict=True))
    sizes = zip(a[0], a[1].shape, strict=True)
    shape = tuple(other.get(c, n) if n == 1 else n for c, n in sizes)
    return a[0], ops.expand(a[1], shape)


def _grouped(term: Term, groups: list[list[str]], sizes: dict[str, int]) -> Node:
    names, x = term
    x = ops.permute(x, [names.index(c) for group in groups for c in group])
    shape = []
    for group in groups:
        n = 1
        for c in group:
            n *= sizes[c]
        shape.append(n)
    return ops.reshape(x, tuple(shape))


def _product(a: Term, b: Term, names: list[str]) -> Term:
    """Without a sum: element by element, each with 1 where it has no such letter."""
    nodes = []
    for own, x in (a, b):
        x = ops.permute(x, [own.index(c) for c in names if c in own])
        sizes = iter(x.shape)
        shape = tuple(next(sizes) if c in own else 1 for c in names)
        nodes.append(ops.reshape(x, shape))
    return names, ops.mul(*nodes)


def chain_matmul(*matrices: Any) -> Tensor:
    """The product of several matrices, in the order that needs the fewest
    multiplications.

    >>> import ranvier as rv
    >>> chain_matmul(rv.ones(2, 9), rv.ones(9, 9), rv.ones(9, 1)).shape
    (2, 1)
    """
    given = matrices[0] if isinstance(matrices[0], (tuple, list)) else matrices
    found = list(given)
    if found[0].ndim == 1:
        found[0] = found[0].unsqueeze(0)
    column = len(found) > 1 and found[-1].ndim == 1
    if column:
        found[-1] = found[-1].unsqueeze(1)
    for x in found:
        if x.ndim != 2:
            raise ShapeError(f"chain_matmul: {x.shape}; matrices are expected.")
    out = _cheapest(found)
    out = out.squeeze(1) if column else out
    return out.squeeze(0) if given[0].ndim == 1 else out


def _cheapest(found: Sequence[Tensor]) -> Tensor:
    """By dynamic programming over all ways to set the brackets."""
    sizes = [found[0].shape[0], *(x.shape[1] for x in found)]
    cost: dict[tuple[int, int], tuple[float, int]] = {}
    count = len(found)
    for length in range(1, count + 1):
        for i in range(count - length + 1):
            j = i + length
            cost[i, j] = min(
                (
                    (
                        cost[i, k][0] + cost[k, j][0] + sizes[i] * sizes[k] * sizes[j],
                        k,
                    )
                    for k in range(i + 1, j)
                ),
                default=(0.0, i),
            )

    def build(i: int, j: int) -> Tensor:
        if j == i + 1:
            return found[i]
        k = cost[i, j][1]
        return build(i, k) @ build(k, j)

    return build(0, count)
