"""The package itself: one table of names, each loaded at its first use."""

from __future__ import annotations

import ast
import importlib
import re
import subprocess
import sys
from pathlib import Path

import pytest

import ranvier
import ranvier.__main__ as program
import ranvier.course
import ranvier.data
import ranvier.train
from ranvier import lazy
from ranvier.errors import UnknownAttributeError


def fresh(code: str) -> str:
    """What `code` prints in a new process."""
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def stub() -> dict[str, tuple[str, str]]:
    """What `__init__.pyi` says: name → (module, name there)."""
    said = {}
    text = Path(ranvier.__file__).with_suffix(".pyi").read_text("utf-8")
    for node in ast.parse(text).body:
        if isinstance(node, ast.ImportFrom):
            for alias in node.names:
                said[alias.asname or alias.name] = (str(node.module), alias.name)
        elif isinstance(node, ast.Assign):
            (target,) = node.targets
            assert isinstance(node.value, ast.Attribute)
            there = ("ranvier.dtypes", node.value.attr)
            said[ast.unparse(target)] = there
    del said["_dtypes"]
    return said


def test_type_checkers_see_the_names_of_the_table() -> None:
    assert stub() == ranvier._HOME


def test_the_table_is_sorted() -> None:
    groups = [re.findall(r"(\w+)(?:=\w+)?", w) for w in ranvier._NAMES.values()]
    assert list(ranvier._NAMES) == sorted(ranvier._NAMES)
    assert groups == [sorted(group) for group in groups]
    assert sum(map(len, groups)) == len(ranvier.__all__), "no name stands there twice"


@pytest.mark.parametrize("name", ranvier.__all__)
def test_every_name_is_what_its_module_has(name: str) -> None:
    module, there = ranvier._HOME[name]
    assert getattr(ranvier, name) is getattr(importlib.import_module(module), there)


def test_what_is_listed() -> None:
    assert dir(ranvier) == sorted(ranvier.__all__)
    private = [name for name in ranvier.__all__ if name.startswith("_")]
    assert private == ["__version__"]


def test_nothing_is_loaded_before_it_is_used() -> None:
    code = (
        "import sys, ranvier; print(sorted(m for m in sys.modules if 'ranvier' in m))"
    )
    assert fresh(code) == "['ranvier', 'ranvier.lazy']"
    assert fresh("import sys, ranvier.cli; print('numpy' in sys.modules)") == "False"


@pytest.mark.parametrize(
    "before",
    [
        "import ranvier",
        "import ranvier.tensor",
        "import ranvier.tensors.creation",
        "import ranvier.nn",
        "import ranvier.compiler.pipeline",
        "import ranvier.cli.train",
        "import ranvier; ranvier.Tensor",
        "import ranvier; ranvier.tensor; import ranvier.tensor",
        "import ranvier; import importlib as i; i.import_module('ranvier.tensor')",
        "from ranvier.tensor import Tensor",
        "from ranvier import nn, optim, data",
        "from ranvier import random, linalg, tensor",
        "from ranvier import *",
    ],
)
def test_tensor_is_the_function_whatever_came_before(before: str) -> None:
    code = f"{before}\nimport ranvier as rv; print(rv.tensor([1.0]), rv.nn.functional)"
    assert fresh(code).startswith("tensor([1.]) <module 'ranvier.nn.functional'")


@pytest.mark.parametrize(
    "code",
    [
        "from ranvier.tensor import Tensor; a = Tensor(np.ones(2))",
        "from ranvier.tensors.creation import ones as a; a = a(2)",
        "from ranvier import nn; a = nn.Linear(1, 2).bias * 0",
        "from ranvier import data; a, = next(iter(data.DataLoader((np.ones(2),))))",
    ],
)
def test_any_tensor_can_be_looked_at(code: str) -> None:
    assert fresh(f"import numpy as np; {code}; print(a + 1)").startswith("tensor([")


@pytest.mark.parametrize("package", [ranvier.course, ranvier.data, ranvier.train])
def test_a_lazy_package_has_what_type_checkers_see(package: lazy.Package) -> None:
    tree = ast.parse(Path(str(package.__file__)).read_text("utf-8"))
    seen: dict[str, set[str]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.col_offset:
            names = {alias.name for alias in node.names}
            seen.setdefault(str(node.module), set()).update(names)
    table: dict[str, set[str]] = {}
    for name, (module, there) in package._HOME.items():
        table.setdefault(module, set()).add(there)
        inside = importlib.import_module(module)
        if module != package.__name__:
            assert getattr(package, name) is getattr(inside, there)
    assert seen == table


def test_a_name_is_no_module_of_the_same_name() -> None:
    code = "import ranvier.train.fit; from ranvier.train import fit; print(fit)"
    assert fresh(code).startswith("<function fit")


def test_an_unknown_name_of_a_lazy_package() -> None:
    with pytest.raises(UnknownAttributeError, match="did you mean 'Dataset'"):
        _ = ranvier.data.Datset  # type: ignore[attr-defined]


def test_from_ranvier_import_everything() -> None:
    names = fresh("before = {*dir()}; from ranvier import *; print(*dir())").split()
    assert set(ranvier.__all__) <= set(names)


def test_modules_are_there_without_a_name_in_the_table() -> None:
    code = "import ranvier as rv; print(rv.random.manual_seed is rv.manual_seed)"
    assert fresh(code) == "True"


def test_an_unknown_name_gets_the_nearest() -> None:
    message = "ranvier has no 'zerros'; did you mean 'zeros'?"
    with pytest.raises(UnknownAttributeError, match=re.escape(message)):
        _ = ranvier.zerros  # type: ignore[attr-defined]
    assert not hasattr(ranvier, "__wrapped__")
    with pytest.raises(ImportError, match="zerros"):
        exec("from ranvier import zerros")


def test_a_broken_module_is_not_an_unknown_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def missing(name: str) -> None:
        raise ModuleNotFoundError("no module named 'elsewhere'", name="elsewhere")

    monkeypatch.setattr(lazy, "import_module", missing)
    with pytest.raises(ModuleNotFoundError, match="elsewhere"):
        _ = ranvier.broken  # type: ignore[attr-defined]


def test_ctrl_c_while_modules_load(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(name: str) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(program, "import_module", interrupted)
    with pytest.raises(SystemExit) as caught:
        program.main()
    assert caught.value.code == 130
    assert capsys.readouterr().err == ""
