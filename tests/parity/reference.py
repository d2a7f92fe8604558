"""PyTorch's answers on disk: one flat float64 array and an index in JSON a table."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from parity.answers import Answers

FOLDER = Path(__file__).parent / "reference"


def write(table: str, answers: dict[str, Answers], dtypes: dict[str, list[str]]) -> int:
    """The file's size in bytes. `dtypes`: of each row's outputs for float32 inputs."""
    index, flat = {}, [np.zeros(0)]
    for name, parts in answers.items():
        index[name] = {k: [list(a.shape) for a in group] for k, group in parts.items()}
        index[name]["dtypes"] = dtypes[name]
        flat += [a.astype(np.float64).ravel() for g in parts.values() for a in g]
    FOLDER.mkdir(exist_ok=True)
    path = FOLDER / f"{table}.npz"
    text = np.frombuffer(json.dumps(index).encode(), np.uint8)
    np.savez_compressed(path, values=np.concatenate(flat), index=text)
    return path.stat().st_size


def read(table: str) -> tuple[dict[str, Answers], dict[str, list[str]]]:
    with np.load(FOLDER / f"{table}.npz") as archive:
        flat, index = archive["values"], json.loads(archive["index"].tobytes())
    answers, dtypes, start = {}, {}, 0
    for name, parts in index.items():
        dtypes[name] = parts.pop("dtypes")
        answers[name] = {}
        for kind, shapes in parts.items():
            answers[name][kind] = []
            for shape in shapes:
                size = int(np.prod(shape))
                answers[name][kind].append(flat[start : start + size].reshape(shape))
                start += size
    return answers, dtypes
