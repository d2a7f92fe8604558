"""Files that PyTorch wrote load by name; what does not fit is told in one message."""

from __future__ import annotations

import importlib.util
import pickle
import zipfile
from pathlib import Path

import numpy as np
import pytest

import ranvier as rv
from ranvier import nn
from ranvier.errors import DTypeError, FileError, StateError, UnsupportedError

spec = importlib.util.spec_from_file_location(
    "make_pytorch_weights", Path(__file__).parent / "make_pytorch_weights.py"
)
made = importlib.util.module_from_spec(spec)
spec.loader.exec_module(made)


def written(kind="float32"):
    """State, input and output of a file of PyTorch's."""
    state = rv.load(made.FILES[kind])
    return state, state.pop("x"), state.pop("y")


@pytest.mark.parametrize("kind", made.FILES)
def test_a_file_of_pytorch_gives_pytorchs_numbers(kind):
    state, x, y = written(kind)
    model = made.build(nn).eval()
    assert model.load_state_dict(state) == ([], [])
    np.testing.assert_allclose(np.asarray(model(x)), y.numpy(), 1.3e-6, 1e-5)
    assert model[1].num_batches_tracked.item() == 3
    assert {v.dtype for k, v in state.items() if "num_batches" not in k} == {rv.float32}


def test_load_into(tmp_path):
    state, x, y = written()
    rv.save(state, tmp_path / "model.safetensors")
    model = made.build(nn).eval()
    assert rv.load(tmp_path / "model.safetensors", into=model) is model
    np.testing.assert_allclose(np.asarray(model(x)), y.numpy(), 1.3e-6, 1e-5)


def test_half_precision_is_exact():
    state, _, _ = written("bfloat16")
    bits = state["5.weight"].numpy().view(np.uint32)
    assert (bits & 0xFFFF == 0).all() and bits.any()
    state, _, _ = written("float16")
    array = state["5.weight"].numpy()
    np.testing.assert_array_equal(array.astype(np.float16).astype(np.float32), array)


def test_float64_and_a_model_in_float64():
    state, x, y = written()
    model = made.build(nn).double().eval()
    model.load_state_dict(state)
    assert model[5].weight.dtype is rv.float64
    np.testing.assert_allclose(np.asarray(model(x.double())), y.numpy(), 1e-5, 1e-5)


def test_all_that_does_not_fit_stands_in_one_message():
    state, _, _ = written()
    state["5.wieght"] = state.pop("5.weight")
    state["head.bias"] = rv.zeros(5)
    state["0.bias"] = rv.zeros(3)
    del state["1.running_mean"]
    model = made.build(nn)
    before = np.asarray(model[0].weight)
    with pytest.raises(StateError) as caught:
        model.load_state_dict(state)
    assert str(caught.value) == (
        "this state_dict does not fit Sequential:\n"
        "  missing: 1.running_mean\n"
        "  missing: 5.weight\n"
        "  unexpected: 5.wieght; did you mean '5.weight'?\n"
        "  unexpected: head.bias\n"
        "  shape: 0.bias is (3,), the model has (4,)\n"
        "strict=False leaves out keys that are missing or unexpected."
    )
    np.testing.assert_array_equal(np.asarray(model[0].weight), before)


def test_old_files_have_no_count_of_batches():
    state, x, y = written()
    del state["1.num_batches_tracked"]
    model = made.build(nn).eval()
    assert model.load_state_dict(state) == ([], [])
    np.testing.assert_allclose(np.asarray(model(x)), y.numpy(), 1.3e-6, 1e-5)


@pytest.mark.parametrize("prefix", ["module.", "_orig_mod."])
def test_a_name_before_every_key(prefix):
    state = {prefix + key: value for key, value in written()[0].items()}
    with pytest.raises(StateError) as caught:
        made.build(nn).load_state_dict(state)
    last = str(caught.value).splitlines()[-1]
    assert last.startswith(f"'{prefix}' stands before the keys; write ")
    remedy = last.partition("write ")[2].removesuffix(".")
    made.build(nn).load_state_dict(eval(remedy, {"state_dict": state}))


def test_pickles_are_refused_with_what_to_run(tmp_path):
    bare = tmp_path / "old.pth"
    bare.write_bytes(pickle.dumps({"a": 1}))
    packed = tmp_path / "new.pt"
    with zipfile.ZipFile(packed, "w") as file:
        file.writestr("new/data.pkl", b"")
    for path in (bare, packed):
        with pytest.raises(FileError) as caught:
            rv.load(path, into=nn.Linear(1, 1))
        text = str(caught.value)
        assert f"{path} is a pickle, as torch.save writes" in text
        new = str(path.with_suffix(".safetensors"))
        assert (
            f"save_file(torch.load({str(path)!r}, map_location='cpu'), {new!r})" in text
        )


@pytest.mark.parametrize("kind", ["F8_E4M3", "C64", "U16"])
def test_number_types_that_are_not_here(tmp_path, kind):
    size = {"F8_E4M3": 2, "C64": 16, "U16": 4}[kind]
    header = f'{{"w":{{"dtype":"{kind}","shape":[2],"data_offsets":[0,{size}]}}}}'
    content = len(header).to_bytes(8, "little") + header.encode() + bytes(size)
    (tmp_path / "w.safetensors").write_bytes(content)
    with pytest.raises(DTypeError, match=f"w is {kind}, which is not one of"):
        rv.load(tmp_path / "w.safetensors")


def test_torch_loads_arguments(tmp_path):
    rv.save({"a": np.ones(1)}, tmp_path / "model.ckpt")
    loaded = rv.load(tmp_path / "model.ckpt", map_location="cpu", weights_only=True)
    assert loaded["a"].tolist() == [1.0]
    with pytest.raises(UnsupportedError, match="CPU only"):
        rv.load(tmp_path / "model.ckpt", map_location="cuda:0")
