"""A trained network on disk: its weights, and what is needed to use it again."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from ranvier.data.dataset import Dataset
from ranvier.data.kept import from_plain
from ranvier.errors import FileError, RanvierError
from ranvier.formats import safetensors
from ranvier.train import networks, weights
from ranvier.train.history import of_seeds
from ranvier.version import version

NAME: Final = "model.safetensors"
KEY: Final = "ranvier.network"


@dataclass(frozen=True)
class Facts:
    """What the weights do not say: kept as JSON in the file's header."""

    model: str
    activation: str
    data: str
    classes: list[str]
    image_shape: list[int]
    scale: float
    shift: float
    ranvier: str = ""
    kind: str = "named"
    table: dict[str, Any] | None = None
    embed: Sequence[int] = ()

    @classmethod
    def of(
        cls,
        model: str,
        activation: str,
        data: Dataset,
        kind: str,
        table: Any,
        embed: Sequence[int] = (),
    ) -> Facts:
        return cls(
            model,
            activation,
            data.name,
            classes=list(data.classes or ()),
            image_shape=list(data.image_shape or ()),
            scale=data.scale,
            shift=data.shift,
            ranvier=version(),
            kind=kind,
            table=table,
            embed=list(embed),
        )

    def network(self) -> Any:
        """The network, with initial weights."""
        return networks.network(
            self.model,
            self.activation,
            image_shape=self.image_shape or None,
            outputs=len(self.classes),
            categories=self.embed,
        )


def save(path: Path, model: Any, facts: Facts) -> None:
    """Weights under PyTorch's names, facts in the header."""
    safetensors.save(weights.take(model), path, {KEY: json.dumps(asdict(facts))})


def load(run: Path) -> tuple[Any, Facts]:
    """The network of a run's folder, or of its model.safetensors.

    Raises FileError: not there, damaged, or not saved by `ranvier train`.
    """
    path = run / NAME if run.is_dir() else run
    if not path.exists():
        raise FileError(
            f"{path} is not there; expected the folder of a finished run, as "
            f"`ranvier train mnist` leaves in runs/. {of_seeds(run)}".rstrip()
        )
    arrays, header = safetensors.read(path), safetensors.metadata(path)
    try:
        facts = Facts(**json.loads(header[KEY]))
    except (KeyError, ValueError, TypeError):
        raise FileError(
            f"{path} was not saved by `ranvier train`: its header does not say which "
            "network and which data the weights belong to."
        ) from None
    if facts.kind == "table":
        check_table(path, facts.table)
    model = facts.network()
    weights.put_back(model, arrays)
    return model, facts


def check_table(path: Path, table: Any) -> None:
    """The preparation of a table can be read back; else the file is named."""
    try:
        from_plain(table)
    except RanvierError as error:
        raise FileError(f"{path}: {error}") from None
