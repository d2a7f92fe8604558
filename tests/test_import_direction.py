"""Imports point one way, and `import ranvier` stays light.

ROOMS is the order of the house: a module may import from its own row and from rows
above it. A module belongs to the row that names the longest part of its name; a new
room is one word in this table.
"""

from __future__ import annotations

import ast
import importlib.util
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

# fmt: off
ROOMS = (
    ("lazy", "errors", "absent", "remedies", "version", "cgroup", "plain"),
    ("memory", "accuracy", "fonts", "atomic"),
    ("dtypes", "devices", "size", "constants"),
    ("graph",),
    ("ops",),
    ("tensor", "tensors", "random", "linalg", "special", "cuda", "backends", "tree",
     "derivatives", "autograd"),
    ("compiler.capture",),
    ("compiler.derive",),
    ("compiler.fuse",),
    ("compiler.lower",),
    ("compiler.run",),
    ("compiler", "compiler.pipeline"),
    ("nn", "optim", "data", "metrics", "func", "distributions"),
    ("train", "models", "formats", "utils", "diagram", "vision"),
    ("bench", "course", "studio"),
    ("cli", "__main__"),
)
# fmt: on
STAGES = [f"compiler.{name}" for name in ("capture", "derive", "fuse", "lower", "run")]
LEVEL = {name: level for level, row in enumerate(ROOMS) for name in row}
HEAVY = ("llvmlite", "matplotlib", "click", "rich", "PIL", "safetensors", "narwhals")


class Import(NamedTuple):
    """`importer` imports `target` (module names without the package), on this line."""

    importer: str
    target: str
    names: tuple[str, ...]
    line: int


def modules(package: Path) -> dict[str, Path]:
    """Every module of the package: 'nn.linear' → its file; the package itself is ''."""
    found = {}
    for file in sorted(package.rglob("*.py")):
        parts = file.relative_to(package).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = file
    return found


def imports(package: Path) -> list[Import]:
    """Every import of the package from itself, those inside functions too."""
    known = modules(package)
    return [
        found
        for module, file in known.items()
        for node in ast.walk(ast.parse(file.read_text("utf-8"), str(file)))
        for found in of_node(node, module, file, package.name, known)
    ]


def of_node(
    node: ast.AST, module: str, file: Path, package: str, known: dict[str, Path]
) -> Iterator[Import]:
    if isinstance(node, ast.Import):
        for alias in node.names:
            if alias.name.split(".")[0] == package:
                target = alias.name.partition(".")[2]
                yield Import(module, target, ("*",), node.lineno)
    elif isinstance(node, ast.ImportFrom):
        source = absolute(node, module, file, package)
        if source is not None:
            yield from of_from(node, module, source, known)


def absolute(node: ast.ImportFrom, module: str, file: Path, package: str) -> str | None:
    """The module that `from … import` names, without the package; None if foreign."""
    if node.level == 0:
        top, _, rest = (node.module or "").partition(".")
        return rest if top == package else None
    parts = module.split(".") if module else []
    up = node.level - (file.name == "__init__.py")
    base = parts[: len(parts) - up]
    return ".".join([*base, *([node.module] if node.module else [])])


def of_from(
    node: ast.ImportFrom, module: str, source: str, known: dict[str, Path]
) -> Iterator[Import]:
    """`from a import b`: of module a.b where that is one, else of a."""
    plain = []
    for alias in node.names:
        inner = f"{source}.{alias.name}" if source else alias.name
        if inner in known:
            yield Import(module, inner, ("*",), node.lineno)
        else:
            plain.append(alias.name)
    if plain:
        yield Import(module, source, tuple(plain), node.lineno)


def room(module: str) -> str | None:
    """The row's word for a module: the longest one that its name begins with."""
    parts = module.split(".")
    prefixes = (".".join(parts[:n]) for n in range(len(parts), 0, -1))
    return next((prefix for prefix in prefixes if prefix in LEVEL), None)


def faults(package: Path) -> list[str]:
    """What is wrong with the imports, one line each; empty when nothing is."""
    strangers = [
        f"{module} stands in no room; add it to ROOMS"
        for module in modules(package)
        if module and room(module) is None
    ]
    found = [i for i in imports(package) if i.importer]
    if strangers:
        return strangers
    arrows = [fault for i in found for fault in of_arrow(i, package)]
    return arrows + of_cycles(found)


def of_arrow(found: Import, package: Path) -> Iterator[str]:
    """The faults of one import: backwards, or a stage that takes another's function."""
    importer, target = room(found.importer), room(found.target)
    assert importer is not None
    where = f"{package.name}.{found.importer}:{found.line}"
    if found.importer.startswith("course.") and found.importer.count(".") == 2:
        return  # an experiment is written as users write
    if target is None:
        what = f"{package.name}.{found.target}".rstrip(".")
        yield f"{where} imports {what}, which stands above everything"
    elif LEVEL[target] > LEVEL[importer]:
        yield f"{where} imports {found.target}: {importer} comes before {target}"
    elif importer != target and importer in STAGES and target in STAGES:
        functions = [name for name in found.names if not name[:1].isupper()]
        if functions:
            yield (
                f"{where} imports {', '.join(functions)} of {found.target}: a stage "
                "takes the data type of another stage, never its functions"
            )


def of_cycles(found: list[Import]) -> list[str]:
    """The first cycle of modules, written as a path."""
    graph: dict[str, list[str]] = {}
    for i in found:
        if i.importer != i.target:
            graph.setdefault(i.importer, []).append(i.target)
    done: set[str] = set()
    for start in graph:
        cycle = cycle_from(start, graph, [], done)
        if cycle:
            return ["a cycle: " + " → ".join(cycle)]
    return []


def cycle_from(
    module: str, graph: dict[str, list[str]], path: list[str], done: set[str]
) -> list[str]:
    if module in path:
        return [*path[path.index(module) :], module]
    if module in done:
        return []
    for target in graph.get(module, []):
        cycle = cycle_from(target, graph, [*path, module], done)
        if cycle:
            return cycle
    done.add(module)
    return []


def real_package() -> Path:
    spec = importlib.util.find_spec("ranvier")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent


def test_the_real_tree_has_no_fault() -> None:
    assert faults(real_package()) == []


def tree(folder: Path, files: dict[str, str]) -> Path:
    """A synthetic package `house` with these files."""
    package = folder / "house"
    for name, text in {"__init__.py": "", **files}.items():
        file = package / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")
    return package


def by_name(package: Path) -> set[tuple[str, str]]:
    """(module, what it imports with `import_module` and a fixed name)."""
    return {
        (module, str(node.args[0].value))
        for module, file in modules(package).items()
        for node in ast.walk(ast.parse(file.read_text("utf-8"), str(file)))
        if isinstance(node, ast.Call)
        if ast.unparse(node.func).endswith("import_module")
        if isinstance(node.args[0], ast.Constant)
    }


def test_one_import_goes_against_the_arrow_in_the_open() -> None:
    assert by_name(real_package()) == {
        ("tensors.handles", "ranvier.compiler.pipeline"),  # the first look at a value
        ("bench.ours", "ranvier"),  # what a user imports is what is measured
        ("bench.overhead", "ranvier"),
        ("__main__", "ranvier.cli"),  # so that Ctrl-C meanwhile is caught
    }


def test_a_good_tree_passes(tmp_path: Path) -> None:
    package = tree(
        tmp_path,
        {
            "__init__.py": "from house.nn import Linear\nfrom house import cli\n",
            "errors.py": "import numpy\n",
            "graph.py": "from house.errors import ShapeError\n",
            "compiler/fuse/__init__.py": "class Schedule: pass\n",
            "compiler/lower/__init__.py": "from house.compiler.fuse import Schedule\n",
            "compiler/pipeline.py": "from house.compiler.lower import lower\n",
            "nn/__init__.py": "from .linear import Linear\n",
            "nn/linear.py": "from ..graph import Node\nfrom house.errors import E\n",
            "cli/__init__.py": "from house import nn\n",
        },
    )
    assert faults(package) == []


@pytest.mark.parametrize(
    ("file", "text", "words"),
    [
        ("graph.py", "from house.nn import Linear", "graph comes before nn"),
        ("graph.py", "from . import nn", "graph comes before nn"),
        ("graph.py", "import house.nn", "graph comes before nn"),
        ("graph.py", "def f():\n    from house.nn import x", "graph comes before nn"),
        ("nn/linear.py", "from ..train import fit", "nn comes before train"),
        ("nn/linear.py", "import house", "stands above everything"),
        ("nn/linear.py", "from house import tensor_of", "stands above everything"),
        (
            "compiler/derive/x.py",
            "from house.compiler.lower import X",
            "compiler.derive comes before compiler.lower",
        ),
        (
            "compiler/lower/x.py",
            "from house.compiler.fuse import fuse",
            "never its functions",
        ),
        ("attic.py", "", "attic stands in no room"),
    ],
)
def test_a_bad_arrow_is_found(tmp_path: Path, file: str, text: str, words: str) -> None:
    rooms = ("nn", "train", "compiler/fuse", "compiler/lower", "compiler/derive")
    files = {f"{name}/__init__.py": "" for name in rooms}
    (fault,) = faults(tree(tmp_path, {**files, file: text + "\n"}))
    assert words in fault


def test_a_cycle_is_found(tmp_path: Path) -> None:
    files = {
        "nn/__init__.py": "",
        "nn/a.py": "from house.nn.b import B\n",
        "nn/b.py": "from house.optim import c\n",
        "optim/__init__.py": "",
        "optim/c.py": "from ..nn import a\n",
    }
    (fault,) = faults(tree(tmp_path, files))
    assert fault == "a cycle: nn.a → nn.b → optim.c → nn.a"


def test_import_ranvier_is_light() -> None:
    code = f"import sys, ranvier; print([m for m in {HEAVY} if m in sys.modules])"
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
