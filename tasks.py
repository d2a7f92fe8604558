#!/usr/bin/env python3
"""The verbs of the project: each sets up what it needs, then does one thing.

    python3 tasks.py run train mnist     ranvier train mnist
    python3 tasks.py install             everything a developer needs, into .venv
    python3 tasks.py check               ruff, mypy, direction of imports
    python3 tasks.py test [ARGS]         pytest [ARGS]; without, all tests on two cores
    python3 tasks.py docs                the documentation, English and Chinese
    python3 tasks.py bench [ARGS]        ranvier bench [ARGS]

Needs Python 3.11 or newer and pip, nothing else. The environment is made in `.venv`
beside this file, or where RANVIER_VENV says; one that happens to be active is left be.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = Path(os.environ.get("RANVIER_VENV") or ROOT / ".venv").absolute()
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
PYTHON = BIN / ("python.exe" if os.name == "nt" else "python")
STAMP = VENV / "ranvier-installed.txt"
LOCK = ROOT / "requirements.lock"
PARALLEL = ["-n", "2", "--dist", "worksteal"]
QUIET = ["--quiet", "--disable-pip-version-check"]
EXTRAS = {
    "install": {"test", "check", "docs", "bench"},
    "check": {"test", "check"},
    "test": {"test"},
    "docs": {"docs"},
    "bench": {"bench"},
    "run": set(),
}


def main(arguments: list[str]) -> int:
    """Set up, then do the verb; the exit status of the first step that failed."""
    if sys.version_info < (3, 11):  # noqa: UP036
        return fail(
            "Ranvier needs Python 3.11 or newer; this is", sys.version.split()[0]
        )
    if not arguments or arguments[0] in ("-h", "--help"):
        print(__doc__)
        return 0 if arguments else 2
    verb, rest = arguments[0], arguments[1:]
    if verb not in EXTRAS:
        return fail(f"no verb '{verb}'; there are:", ", ".join(EXTRAS))
    try:
        set_up(EXTRAS[verb])
    except (OSError, subprocess.CalledProcessError) as error:
        return fail(f"the environment in {VENV} could not be made:", str(error))
    if verb == "run":  # for the commands that it tells people to type
        os.environ["RANVIER_STARTED_AS"] = "python3 tasks.py run"
    return first_failure(steps(verb, rest))


def steps(verb: str, rest: list[str]) -> list[list[str]]:
    """The commands of a verb, in order; `rest` is passed through to the last word."""
    python = str(PYTHON)
    pytest = [python, "-m", "pytest"]
    if verb == "run":
        return [[str(BIN / "ranvier"), *rest]]
    if verb == "check":
        return [
            [python, "-m", "ruff", "check", "."],
            [python, "-m", "ruff", "format", "--check", "."],
            [python, "-m", "mypy"],
            [*pytest, "-q", "tests/test_import_direction.py"],
        ]
    if verb == "test":
        return [[*pytest, *(rest or PARALLEL)]]
    if verb == "docs":
        return [sphinx("en", "en"), sphinx("zh", "zh_CN")]
    if verb == "bench":
        return [[str(BIN / "ranvier"), "bench", *rest]]
    return []


def sphinx(folder: str, language: str) -> list[str]:
    """Build docs/<folder> into docs/_build/<folder>; a warning is an error."""
    options = ["-q", "-W", "--keep-going", "-c", "docs", "-D", f"language={language}"]
    places = [f"docs/{folder}", f"docs/_build/{folder}"]
    return [str(PYTHON), "-m", "sphinx", *options, *places]


def first_failure(commands: list[list[str]]) -> int:
    """Run every command, even after a failure: one call shows all there is to mend."""
    statuses = [status(command) for command in commands]
    return next((code for code in statuses if code), 0)


def status(command: list[str]) -> int:
    """Run a command in the project's root; Ctrl-C is the command's own business."""
    process = subprocess.Popen(command, cwd=ROOT)
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:
            continue


def set_up(extras: set[str]) -> None:
    """Make the environment and install, unless the stamp says that it was done."""
    state, have = read_stamp()
    if PYTHON.exists() and state == wanted_state() and extras <= have:
        return
    if not (PYTHON.exists() and has_pip()):
        have = set()
        make_environment()
    install(sorted(extras | have))
    STAMP.write_text("\n".join([wanted_state(), *sorted(extras | have)]), "utf-8")


def read_stamp() -> tuple[str, set[str]]:
    """What was installed last: the state of the project's files, and the extras."""
    if not STAMP.exists():
        return "", set()
    state, *extras = STAMP.read_text("utf-8").split("\n")
    return state, set(extras)


def wanted_state() -> str:
    """A hash of the files that decide what is installed, and of the root's place."""
    digest = hashlib.sha256(str(ROOT).encode())
    for file in (ROOT / "pyproject.toml", LOCK):
        digest.update(file.read_bytes() if file.exists() else b"")
    return digest.hexdigest()


def has_pip() -> bool:
    """Whether making the environment once came to its end."""
    probe = [str(PYTHON), "-c", "import pip"]
    return subprocess.run(probe, capture_output=True).returncode == 0


def make_environment() -> None:
    """Make the environment with a pip of its own, without python3-venv too."""
    if VENV.exists() and any(VENV.iterdir()) and not (VENV / "pyvenv.cfg").exists():
        raise OSError("the folder is there and holds something else")
    print(f"making the environment in {VENV}", file=sys.stderr, flush=True)
    venv.create(VENV, with_pip=False, clear=True)
    ensure_pip = [str(PYTHON), "-m", "ensurepip", "--default-pip"]
    if subprocess.run(ensure_pip, capture_output=True).returncode == 0:
        return
    if importlib.util.find_spec("pip") is None:
        raise OSError(f"{sys.executable} has no pip; install it (Debian: python3-pip)")
    outer = [sys.executable, "-m", "pip", "--python", str(PYTHON)]
    subprocess.run([*outer, "install", *QUIET, "pip"], check=True)


def install(extras: list[str]) -> None:
    """Install the package, editable, with the versions that requirements.lock names."""
    wanted = f"{ROOT}[{','.join(extras)}]" if extras else str(ROOT)
    print("installing ranvier and what it needs", file=sys.stderr, flush=True)
    pins = ["-c", str(LOCK)] if LOCK.exists() else []
    command = [str(PYTHON), "-m", "pip", "install", *QUIET, *pins, "-e", wanted]
    subprocess.run(command, cwd=ROOT, check=True)


def fail(*words: str) -> int:
    """Print one message and give the exit status of wrong usage or failed set-up."""
    print("tasks.py:", *words, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
