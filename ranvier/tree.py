"""Trees: tensors in nested dicts, lists and tuples, as `rv.grad` takes
and gives them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any


def leaves(tree: Any) -> list[Any]:
    """What hangs in the tree, dicts in the order of insertion.

    >>> leaves({"w": 1, "b": [2, (3,)]})
    [1, 2, 3]
    """
    if isinstance(tree, dict):
        return [leaf for value in tree.values() for leaf in leaves(value)]
    if isinstance(tree, (list, tuple)):
        return [leaf for value in tree for leaf in leaves(value)]
    return [] if tree is None else [tree]


def rebuild(tree: Any, new: Iterator[Any]) -> Any:
    """A tree of the same form, whose leaves come from `new`.

    >>> rebuild({"w": 1, "b": [2, (3,)]}, iter("abc"))
    {'w': 'a', 'b': ['b', ('c',)]}
    """
    if isinstance(tree, dict):
        return {key: rebuild(value, new) for key, value in tree.items()}
    if isinstance(tree, tuple) and hasattr(tree, "_fields"):
        return type(tree)(*(rebuild(value, new) for value in tree))
    if isinstance(tree, (list, tuple)):
        return type(tree)(rebuild(value, new) for value in tree)
    return None if tree is None else next(new)


def transform(function: Callable[[Any], Any], tree: Any) -> Any:
    """The tree with `function` applied to every leaf.

    >>> transform(str, [1, (2, None)])
    ['1', ('2', None)]
    """
    return rebuild(tree, map(function, leaves(tree)))
