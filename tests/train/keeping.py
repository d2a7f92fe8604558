"""What cannot lose a run, tried: kills, full disks, flipped bits, Ctrl-C.

    python tests/train/keeping.py --kills 1000 --levels 100 --flips 2000 --signals 100

Every trial is a process of its own, forked from this one, so that it needs no start.
POSIX only. A kill shows what the operating system keeps when a process dies, not what a
disk keeps when the power fails: for that, files and folder are synced.
"""

from __future__ import annotations

import argparse
import json
import os
import random as chance
import resource
import shutil
import signal
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

import ranvier as rv
from ranvier import nn, optim
from ranvier.errors import FileError
from ranvier.formats import sealed
from ranvier.formats.nested import pack
from ranvier.train.checkpoint import BEST, LATEST, load_latest

Digest = str
EPOCHS = 40  # of the digits


# ---- a small run, most of whose time goes into writing checkpoints ------------------


def data(rows: int = 48) -> tuple[Any, Any]:
    random = np.random.default_rng(0)
    x = random.standard_normal((rows, 8)).astype(np.float32)
    return x, (x[:, 0] * x[:, 1] > 0).astype(np.int64)


def train(seed: int = 0, width: int = 2000, epochs: int = 10, **options: Any) -> Any:
    """8-WIDTH-2 with dropout and Adam; width 2000 is 260 kB a checkpoint."""
    rv.manual_seed(seed)
    layers = nn.Linear(8, width), nn.ReLU(), nn.Dropout(0.2), nn.Linear(width, 2)
    model = nn.Sequential(*layers)
    x, y = data()
    return rv.fit(
        model,
        (x[:32], y[:32]),
        val=(x[32:], y[32:]),
        loss=nn.CrossEntropyLoss(),
        optimizer=optim.Adam(model.parameters(), lr=0.01),
        epochs=epochs,
        batch_size=6,
        seed=5,
        **options,
    )


def digest(state: Any) -> Digest:
    """Every bit of a state but how many epochs were asked for."""
    arrays: dict[str, Any] = {}
    state = {k: v for k, v in state.items() if k != "configuration"}
    structure = json.dumps(pack(state, arrays), sort_keys=True)
    sums = {name: sealed.crc(array.tobytes()) for name, array in sorted(arrays.items())}
    return structure + str(sums)


def in_child(work: Callable[[], object]) -> int:
    """The process that does this and nothing else."""
    pid = os.fork()
    if pid:
        return pid
    status = 1
    try:
        work()
        status = 0
    finally:
        os._exit(status)


def path_of_run(epochs: int, width: int, folder: Path) -> dict[int, Digest]:
    """What the checkpoint holds after every epoch of the run that nobody stops."""
    found = {}
    train(
        width=width,
        epochs=epochs,
        checkpoint=folder,
        progress=lambda e: found.update({e.number: digest(load_latest(folder))}),
    )
    return found


# ---- the campaigns -------------------------------------------------------------------


def kills(count: int, width: int = 10_000) -> dict[str, int]:
    """SIGKILL at random moments of a run that resumes from what the last one left.

    After every kill the checkpoint must be that of the undisturbed run at its epoch,
    and so must the last run's end. A finished run is begun again.
    """
    told = {"kills": 0, "while writing": 0, "new epochs": 0, "lost": 0, "runs": 0}
    with tempfile.TemporaryDirectory() as name:
        epochs = min(300, 10 * count)
        expected = path_of_run(epochs, width, Path(name) / "whole")
        folder = Path(name) / "killed"
        before = 0
        while told["kills"] < count:
            is_fresh = not (folder / LATEST).exists()
            status = killed(folder, is_fresh, width, epochs, seed=told["kills"])
            state = load_latest(folder) if (folder / LATEST).exists() else {"epoch": 0}
            epoch = state["epoch"]
            told["lost"] += epoch < before
            told["lost"] += bool(epoch) and digest(state) != expected[epoch]
            told["new epochs"] += epoch - before
            before = epoch
            if os.WIFEXITED(status):  # it was faster than the signal
                told["lost"] += os.WEXITSTATUS(status) != 0 or epoch != epochs
                told["runs"] += 1
                shutil.rmtree(folder)
                before = 0
            else:
                told["kills"] += 1
                told["while writing"] += any(folder.glob(".*.part"))
        if before:
            train(7, width, epochs, resume=folder)
            told["lost"] += digest(load_latest(folder)) != expected[epochs]
    return told


def killed(folder: Path, is_fresh: bool, width: int, epochs: int, seed: int) -> int:
    """The status of a run that is killed soon after its first epoch, or its start."""
    read, write = os.pipe()
    options: dict[str, Any] = {"checkpoint" if is_fresh else "resume": folder}

    def tell(epoch: Any) -> None:
        os.write(write, b"1")

    # a resumed run does not use its own first weights
    run = partial(train, 0 if is_fresh else seed, width, epochs, progress=tell)
    pid = in_child(partial(run, **options))
    os.close(write)
    if is_fresh:
        time.sleep(chance.uniform(0, 0.5))
    else:
        os.read(read, 1)
        time.sleep(chance.uniform(0, 0.03))
    os.kill(pid, signal.SIGKILL)
    status = os.waitpid(pid, 0)[1]
    os.close(read)
    return status


def full_disks(levels: int, width: int = 500) -> dict[str, int]:
    """A limit on the size of files at so many levels up to a checkpoint's own."""
    told = {"levels": levels, "said": 0, "old one intact": 0, "model kept": 0}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "run"
        train(width=width, epochs=2, checkpoint=folder)
        size = (folder / LATEST).stat().st_size
        before = [(folder / file).read_bytes() for file in (LATEST, BEST)]
        for level in range(levels):
            limit = size * level // levels
            found = told_of(partial(limited, limit, width, folder))
            told["said"] += "File too large" in found and "What was there" in found
            told["model kept"] += found.endswith("epochs 3")
            now = [(folder / file).read_bytes() for file in (LATEST, BEST)]
            told["old one intact"] += now == before and not any(folder.glob(".*"))
        train(9, width, 4, resume=folder)
        whole = Path(name) / "whole"
        train(0, width, 4, checkpoint=whole)
        same = digest(load_latest(folder)) == digest(load_latest(whole))
        told["resume is the same"] = int(same)
    return told


def limited(limit: int, width: int, folder: Path) -> str:
    """What a resumed run says that cannot write so much."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    try:
        train(9, width, 4, resume=folder)
    except FileError as error:
        return f"{error} epochs {error.run.epochs}"  # type: ignore[attr-defined]
    return "nothing was said"


def told_of(work: Callable[[], str]) -> str:
    """What a child answers."""
    read, write = os.pipe()
    pid = in_child(lambda: os.write(write, work().encode()))
    os.close(write)
    with os.fdopen(read, "rb") as pipe:
        found = pipe.read().decode()
    os.waitpid(pid, 0)
    return found


def flips(count: int, width: int = 500) -> dict[str, int]:
    """Single bits of both files, anywhere; the tensor or the header must be named."""
    told = {"flips": count, "found": 0, "named": 0}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        train(width=width, epochs=2, checkpoint=folder)
        for file in (folder / LATEST, folder / BEST):
            whole = file.read_bytes()
            header = 8 + int.from_bytes(whole[:8], "little")
            entries = json.loads(whole[8:header])
            for trial in range(count // 2):
                inside = len(whole) if trial % 2 else header  # half in the header
                bit = chance.randrange(8 * inside)
                content = bytearray(whole)
                content[bit // 8] ^= 1 << bit % 8
                file.write_bytes(content)
                try:
                    sealed.read(file, "This is something else.")
                except FileError as error:
                    told["found"] += 1
                    place = name_at(entries, bit // 8 - header)
                    told["named"] += place in str(error)
            file.write_bytes(whole)
    return told


def name_at(entries: dict[str, Any], place: int) -> str:
    """What lies at this byte of the data; before it is the header."""
    for name, entry in entries.items():
        first, last = entry.get("data_offsets", (0, 0))
        if first <= place < last:
            return f"tensor {name} "
    return "header"


def signals(count: int) -> dict[str, Any]:
    """Ctrl-C at random moments of training on digits: how long until `fit` returned,
    and whether the run goes on as if nothing had been.
    """
    seconds, same, begun = [], 0, 0
    with tempfile.TemporaryDirectory() as name:
        whole, expected = Path(name) / "whole", {}
        digits(
            EPOCHS,
            checkpoint=whole,
            progress=lambda e: expected.update({e.number: digest(load_latest(whole))}),
        )
        for _ in range(count):
            folder = Path(name) / "stopped"
            seconds.append(interrupted(folder))
            state = load_latest(folder)
            begun += bool(state["begun"])
            end = state["epoch"] + 1
            digits(end, resume=folder)
            same += digest(load_latest(folder)) == expected[end]
            shutil.rmtree(folder)
    seconds.sort()
    return {
        "signals": count,
        "within 0.3 s": sum(s <= 0.3 for s in seconds),
        "median, longest (s)": [round(seconds[count // 2], 3), round(seconds[-1], 3)],
        "in the middle of an epoch": begun,
        "resumed to the same bits": same,
    }


def digits(epochs: int, **options: Any) -> Any:
    train, val, _ = rv.data.load("mnist").split(20_000, 2_000)
    rv.manual_seed(0)
    layers = nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 10)
    model = nn.Sequential(nn.Flatten(), *layers)
    return rv.fit(
        model,
        train,
        val=val,
        loss=nn.CrossEntropyLoss(),
        optimizer=optim.Adam(model.parameters(), lr=0.001),
        epochs=epochs,
        batch_size=100,
        seed=1,
        **options,
    )


def interrupted(folder: Path) -> float:
    """Seconds from the signal until `fit` has returned."""
    read, write = os.pipe()

    def work() -> None:
        def first(epoch: Any) -> None:
            if epoch.number == 1:
                os.write(write, b"1")

        digits(EPOCHS, checkpoint=folder, progress=first)
        os.write(write, repr(time.monotonic()).encode())

    pid = in_child(work)
    os.close(write)
    os.read(read, 1)
    time.sleep(chance.uniform(0, 0.3))
    sent = time.monotonic()
    os.kill(pid, signal.SIGINT)
    with os.fdopen(read, "rb") as pipe:
        returned = float(pipe.read())
    os.waitpid(pid, 0)
    return returned - sent


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    work = {"kills": kills, "levels": full_disks, "flips": flips, "signals": signals}
    for name in work:
        parser.add_argument(f"--{name}", type=int, default=0)
    given = vars(parser.parse_args())
    rv.set_num_threads(1)  # a fork has no other threads
    for name, campaign in work.items():
        if given[name]:
            begin = time.monotonic()
            found = campaign(given[name])
            seconds = round(time.monotonic() - begin)
            print(json.dumps({name: found, "seconds": seconds}), flush=True)


if __name__ == "__main__":
    main()
