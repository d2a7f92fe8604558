"""How a table was made ready, as JSON for the file of a model."""

from __future__ import annotations

from typing import Any

from ranvier.data.features import Features
from ranvier.data.target import Target
from ranvier.data.transforms.categories import Categories, OneHot
from ranvier.data.transforms.impute import Impute
from ranvier.data.transforms.normalize import Normalize
from ranvier.data.transforms.state import packed, unpacked
from ranvier.errors import DataError, RanvierError


def as_plain(features: Features, target: Target) -> dict[str, Any]:
    """Dicts, lists, texts and numbers, nothing else."""
    return {
        "numbers": list(features.numbers),
        "impute": packed(features.impute),
        "normalize": packed(features.normalize),
        "categories": [[name, packed(hot)] for name, hot in features.categories],
        "target": {
            "name": target.name,
            "task": target.task,
            "why": target.why,
            "transform": packed(target.transform),
        },
    }


def from_plain(content: Any) -> tuple[Features, Target]:
    """The maps that `as_plain` was given.

    Raises DataError: it is something else, or damaged.
    """
    try:
        categories = tuple(
            (str(name), of_kind(OneHot, hot)) for name, hot in content["categories"]
        )
        features = Features(
            tuple(map(str, content["numbers"])),
            of_kind(Impute, content["impute"]),
            of_kind(Normalize, content["normalize"]),
            categories,
        )
        about = content["target"]
        kind = Categories if about["task"] == "classification" else Normalize
        transform = of_kind(kind, about["transform"])
        target = Target(about["name"], about["task"], about["why"], transform)
        if len(features.filled()) != len(features.numbers):
            raise ValueError("there are more columns than numbers to fill in")
    except RanvierError:
        raise
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise DataError(f"the table's preparation is damaged: {error!r}.") from None
    return features, target


def of_kind(kind: Any, content: Any) -> Any:
    found = unpacked(content)
    if type(found) is not kind or not found.is_fitted():
        raise ValueError(f"no fitted {kind.__name__}")
    return found
