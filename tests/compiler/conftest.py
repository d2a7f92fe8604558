"""What the tests of the compiler share: targets, native runs, and the bound on
errors.
"""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import ranvier as rv


@pytest.fixture
def one_thread():
    """Programs of `plan` use the threads of their target and no others."""
    before = rv.get_num_threads()
    rv.set_num_threads(1)
    yield
    rv.set_num_threads(before)


@pytest.fixture(autouse=True)
def own_cache_where_the_compiler_is_changed(request, tmp_path_factory):
    """A test that changes the compiler finds no program that the unchanged one made,
    and leaves none: the key of a program knows files, not what is patched."""
    if "monkeypatch" not in request.fixturenames:
        yield
        return
    patch = pytest.MonkeyPatch()
    patch.setenv("RANVIER_CACHE", str(tmp_path_factory.mktemp("cache")))
    yield
    patch.undo()
