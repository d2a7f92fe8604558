"""The disk cache of object code: right results whatever is in the folder, at most one
warning, and nothing but checked object code of this user's is ever run.
"""

import os
import stat
import subprocess
import sys
import textwrap
import threading
import warnings
from pathlib import Path

import numpy as np
import pytest
from harness import run_native

from ranvier import ops
from ranvier.compiler.fuse.target import SSE2
from ranvier.compiler.run import cache as cache_file
from ranvier.compiler.run import jit, stored
from ranvier.compiler.run.cache import HEADER, SUFFIX, ObjectCache, digest
from ranvier.dtypes import float32
from ranvier.errors import RanvierWarning
from ranvier.graph import Graph, hole

posix = pytest.mark.skipif(os.name == "nt", reason="modes and owners of POSIX")
KEY = digest(["a program"])
IMAGE = bytes(range(256)) * 4


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """RANVIER_CACHE names a folder that does not exist yet."""
    made = tmp_path / "cache"
    monkeypatch.setenv("RANVIER_CACHE", str(made))
    return made


@pytest.fixture
def cache(folder):
    return ObjectCache()


@pytest.fixture
def compiles(monkeypatch):
    """The compiler with a new, empty memory of the folder; counts its compilations."""
    made = []
    plain = jit.compiled

    def counted(*args):
        made.append(1)
        return plain(*args)

    monkeypatch.setattr(jit, "compiled", counted)
    monkeypatch.setattr(stored, "cache", ObjectCache())
    return made


def numbers(target=None):
    """A small program run natively; always the same answer."""
    x = hole(0, (5,), float32)
    y = ops.add(ops.mul(x, x), x)
    (result,), _, _ = run_native(
        Graph([x], [y]), [np.arange(5, dtype=np.float32)], target
    )
    return result.tolist()


def twice():
    assert numbers() == RIGHT
    assert numbers() == RIGHT


RIGHT = [0.0, 2.0, 6.0, 12.0, 20.0]


def only_file(folder):
    (path,) = folder.glob("*" + SUFFIX)
    return path


def forget(monkeypatch):
    """As in a new process."""
    monkeypatch.setattr(stored, "cache", ObjectCache())


# ---- what it is for ----------------------------------------------------------------


def test_a_second_process_compiles_nothing(folder, compiles, monkeypatch):
    assert numbers() == RIGHT
    forget(monkeypatch)
    assert numbers() == RIGHT
    assert len(compiles) == 1


def test_what_is_loaded_is_what_was_stored(cache):
    assert cache.load(KEY) is None
    cache.store(KEY, IMAGE)
    assert cache.load(KEY) == IMAGE
    assert cache.load(digest(["another program"])) is None


def test_parts_of_a_key_do_not_run_into_each_other():
    assert digest(["ab", "c"]) != digest(["a", "bc"])


def test_each_target_has_its_own_object(folder, compiles):
    if jit.host() == SSE2:
        pytest.skip("this processor has one target only")
    assert numbers() == numbers(SSE2) == RIGHT
    assert len(compiles) == 2


@pytest.mark.parametrize("field", ["triple", "cpu", "features"])
def test_another_processor_is_another_key(field, monkeypatch):
    before = digest(jit.recipe(jit.host()))
    other = jit.processor(jit.host())._replace(**{field: "other"})
    monkeypatch.setattr(jit, "processor", lambda target: other)
    assert digest(jit.recipe(jit.host())) != before


def test_another_version_of_llvm_or_of_the_generator_is_another_key(monkeypatch):
    keys = {digest(jit.recipe(jit.host()))}
    monkeypatch.setattr(jit, "versions", lambda: "llvmlite 99")
    keys.add(digest(jit.recipe(jit.host())))
    monkeypatch.setattr(jit, "GENERATOR", "another")
    keys.add(digest(jit.recipe(jit.host())))
    assert len(keys) == 3


# ---- where it is -------------------------------------------------------------------


@pytest.mark.parametrize("setting", ["", "off", "OFF", " off "])
def test_it_can_be_switched_off(setting, tmp_path, monkeypatch, compiles):
    monkeypatch.setenv("RANVIER_CACHE", setting)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    assert numbers() == RIGHT
    assert numbers() == RIGHT
    assert len(compiles) == 2
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="XDG folders")
def test_the_folder_of_the_user(tmp_path, monkeypatch):
    monkeypatch.delenv("RANVIER_CACHE")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    ObjectCache().store(KEY, IMAGE)
    assert only_file(tmp_path / "xdg" / "ranvier").is_file()
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    ObjectCache().store(KEY, IMAGE)
    assert only_file(tmp_path / ".cache" / "ranvier").is_file()


def test_a_changed_setting_is_followed(cache, tmp_path, monkeypatch):
    cache.store(KEY, IMAGE)
    monkeypatch.setenv("RANVIER_CACHE", str(tmp_path / "elsewhere"))
    assert cache.load(KEY) is None
    cache.store(KEY, IMAGE)
    assert only_file(tmp_path / "elsewhere").is_file()


def test_no_home_is_said_once(monkeypatch, compiles):
    def homeless():
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("RANVIER_CACHE")
    monkeypatch.setattr(cache_file, "default_folder", homeless)
    with pytest.warns(RanvierWarning, match="home directory") as said:
        twice()
    assert len(said) == 1


@posix
def test_the_folder_and_its_files_are_private(cache, folder):
    before = os.umask(0)
    try:
        cache.store(KEY, IMAGE)
    finally:
        os.umask(before)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE(only_file(folder).stat().st_mode) == 0o600


# ---- damaged files -----------------------------------------------------------------


def flip(data, at):
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


DAMAGE = {
    "empty": lambda d: b"",
    "half a header": lambda d: d[: HEADER.size // 2],
    "header only": lambda d: d[: HEADER.size],
    "one byte short": lambda d: d[:-1],
    "one byte more": lambda d: d + b"\0",
    "magic": lambda d: flip(d, 0),
    "another key": lambda d: flip(d, 8),
    "length": lambda d: flip(d, 40),
    "checksum": lambda d: flip(d, 48),
    "first byte of the object": lambda d: flip(d, HEADER.size),
    "last byte of the object": lambda d: flip(d, len(d) - 1),
    "no object at all": lambda d: b"\0" * len(d),
    "a pickle": lambda d: b"\x80\x04\x95" + d,
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_a_damaged_file_is_compiled_anew_and_replaced(
    damage, folder, compiles, monkeypatch
):
    assert numbers() == RIGHT
    path = only_file(folder)
    good = path.read_bytes()
    path.write_bytes(damage(good))
    forget(monkeypatch)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert numbers() == RIGHT
    assert len(compiles) == 2
    assert path.read_bytes() == good


def test_an_object_under_another_name_is_not_taken(cache, folder):
    other = digest(["another program"])
    cache.store(other, IMAGE)
    only_file(folder).rename(folder / (KEY.hex() + SUFFIX))
    assert cache.load(KEY) is None


def test_an_object_that_the_linker_refuses_is_compiled_anew(
    folder, compiles, monkeypatch
):
    assert numbers() == RIGHT
    key = bytes.fromhex(only_file(folder).stem)
    ObjectCache().store(key, b"no object file")
    forget(monkeypatch)
    assert numbers() == RIGHT
    assert len(compiles) == 2


def test_a_file_larger_than_the_cache_is_not_read(folder):
    ObjectCache().store(KEY, IMAGE)
    assert ObjectCache(limit=len(IMAGE)).load(KEY) is None


def test_a_folder_in_place_of_the_file(cache, folder):
    (folder / (KEY.hex() + SUFFIX)).mkdir(parents=True)
    assert cache.load(KEY) is None
    with pytest.warns(RanvierWarning, match="cannot be written"):
        cache.store(KEY, IMAGE)


# ---- hostile folders ---------------------------------------------------------------


@posix
@pytest.mark.parametrize("mode", [0o770, 0o702, 0o777, 0o1777])
def test_a_folder_that_others_can_write_is_not_used(mode, folder, compiles):
    folder.mkdir()
    folder.chmod(mode)
    with pytest.warns(RanvierWarning, match="not trusted") as said:
        twice()
    assert len(said) == 1
    assert len(compiles) == 2
    assert list(folder.iterdir()) == []


@posix
@pytest.mark.parametrize("mode", [0o620, 0o602, 0o666])
def test_a_file_that_others_can_write_is_not_used(mode, cache, folder):
    cache.store(KEY, IMAGE)
    only_file(folder).chmod(mode)
    assert cache.load(KEY) is None


@posix
@pytest.mark.parametrize("what", ["folder", "file"])
def test_what_belongs_to_somebody_else_is_not_used(what, folder, monkeypatch):
    ObjectCache().store(KEY, IMAGE)
    cache = ObjectCache()
    stranger = os.geteuid() + 1
    if what == "file":
        assert cache.load(KEY) == IMAGE
        monkeypatch.setattr(os, "geteuid", lambda: stranger)
        assert cache.load(KEY) is None
    else:
        monkeypatch.setattr(os, "geteuid", lambda: stranger)
        with pytest.warns(RanvierWarning, match="belongs to another user"):
            assert cache.load(KEY) is None


@posix
def test_a_link_is_not_followed(cache, folder, tmp_path):
    cache.store(KEY, IMAGE)
    path = only_file(folder)
    path.rename(tmp_path / "elsewhere")
    path.symlink_to(tmp_path / "elsewhere")
    assert cache.load(KEY) is None


@posix
def test_a_pipe_does_not_hold_anybody_up(cache, folder):
    folder.mkdir()
    os.mkfifo(folder / (KEY.hex() + SUFFIX), 0o600)
    assert cache.load(KEY) is None


# ---- folders that cannot be used ---------------------------------------------------


def test_a_file_in_place_of_the_folder_is_said_once(folder, compiles):
    folder.write_text("not a folder")
    with pytest.warns(RanvierWarning, match="its folder cannot be used") as said:
        twice()
    assert len(said) == 1
    assert folder.read_text() == "not a folder"


@pytest.mark.parametrize("error", [28, 30, 13], ids=["full", "read-only", "denied"])
def test_a_failed_write_is_said_once_and_what_is_there_is_still_read(
    error, folder, compiles, monkeypatch
):
    ObjectCache().store(KEY, IMAGE)

    def refuse(*args, **named):
        raise OSError(error, os.strerror(error))

    monkeypatch.setattr(cache_file.tempfile, "mkstemp", refuse)
    with pytest.warns(RanvierWarning, match="cannot be written") as said:
        twice()
    assert len(said) == 1
    assert stored.cache.load(KEY) == IMAGE


def test_a_disk_that_fills_up_in_the_middle_leaves_nothing(cache, folder, monkeypatch):
    def full(*args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.warns(RanvierWarning, match="No space left"):
        cache.store(KEY, IMAGE)
    assert list(folder.iterdir()) == []


def test_a_read_only_folder_serves(folder, monkeypatch):
    ObjectCache().store(KEY, IMAGE)

    def refuse(*args, **named):
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(os, "utime", refuse)
    assert ObjectCache().load(KEY) == IMAGE


# ---- size --------------------------------------------------------------------------


def test_what_was_not_used_for_longest_goes_first(folder):
    size = 16 * (HEADER.size + len(IMAGE)) - 1
    cache = ObjectCache(limit=size)
    keys = [digest([str(i)]) for i in range(15)]
    for age, key in enumerate(keys):
        cache.store(key, IMAGE)
        path = folder / (key.hex() + SUFFIX)
        os.utime(path, (1e9 + age, 1e9 + age))
    assert cache.load(keys[0]) == IMAGE  # used now
    cache.store(digest(["one more"]), IMAGE)
    left = list(folder.glob("*" + SUFFIX))
    assert sum(p.stat().st_size for p in left) <= size * 3 // 4
    assert folder / (keys[0].hex() + SUFFIX) in left
    assert folder / (keys[1].hex() + SUFFIX) not in left
    assert folder / (keys[14].hex() + SUFFIX) in left


def test_the_folder_is_not_listed_to_load_nor_at_every_store(folder, monkeypatch):
    listed = []
    scandir = os.scandir
    monkeypatch.setattr(os, "scandir", lambda f: listed.append(f) or scandir(f))
    cache = ObjectCache()
    for i in range(20):
        cache.store(digest([str(i)]), IMAGE)
        assert cache.load(digest([str(i)])) == IMAGE
    assert len(listed) == 1


def test_files_that_were_never_finished_are_removed(cache, folder):
    folder.mkdir(mode=0o700)
    old, new = folder / ".old.part", folder / ".new.part"
    for path in (old, new):
        path.write_bytes(b"half")
    os.utime(old, (1e9, 1e9))
    cache.store(KEY, IMAGE)
    assert not old.exists()
    assert new.exists()


# ---- several at once ---------------------------------------------------------------


def test_threads_that_store_and_load_at_once_see_whole_objects(folder):
    wrong = []

    def work():
        cache = ObjectCache()
        for _ in range(50):
            cache.store(KEY, IMAGE)
            if cache.load(KEY) != IMAGE:
                wrong.append(1)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert [p.name for p in folder.iterdir()] == [KEY.hex() + SUFFIX]


def test_two_processes_that_compile_at_once_are_both_right(folder):
    code = textwrap.dedent(
        """
        import numpy as np
        import ranvier as rv
        f = rv.compile(lambda x: (x * x + x).sum())
        print([f(rv.tensor(np.arange(n, dtype=np.float32))).item() for n in (3, 5)])
        """
    )
    environment = dict(os.environ, PYTHONPATH=str(Path(__file__).parents[2]))
    started = [
        subprocess.Popen(
            [sys.executable, "-W", "error", "-c", code],
            env=environment,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    assert [p.communicate(timeout=120)[0].strip() for p in started] == [
        "[8.0, 40.0]",
        "[8.0, 40.0]",
    ]
    assert len(list(folder.glob("*" + SUFFIX))) == 2
