"""`rv.linalg`, `rv.special`, `rv.cuda`, devices, limits of types, printing."""

import numpy as np
import pytest

import ranvier as rv
from ranvier.errors import DTypeError, GradientError, UnsupportedError, ValueRangeError


def test_a_script_that_asks_for_a_device_runs_on_the_cpu():
    device = rv.device("cuda" if rv.cuda.is_available() else "cpu")
    x = rv.zeros(2, device=device).to(device).to("cpu", rv.float64, non_blocking=True)
    assert (
        x.device == device
        and x.device.type == "cpu"
        and repr(device) == "device(type='cpu')"
    )
    assert not x.is_cuda and x.is_cpu and rv.cuda.device_count() == 0
    assert not rv.backends.mps.is_available()
    rv.backends.cudnn.benchmark = True
    rv.cuda.manual_seed_all(0)
    with pytest.raises(UnsupportedError, match="CPU only"):
        rv.device("cuda:1")


def test_limits_of_types():
    assert (
        rv.finfo(rv.float32).eps == np.finfo(np.float32).eps and rv.finfo().bits == 32
    )
    assert rv.iinfo(rv.uint8).max == 255 and rv.iinfo("int16").min == -32768
    assert rv.promote_types(rv.int32, rv.float32) is rv.float32
    assert rv.result_type(rv.ones(2), rv.tensor(1.0, dtype=rv.float64)) is rv.float32
    assert rv.can_cast(rv.int64, rv.float32) and not rv.can_cast(rv.float32, rv.int64)
    assert isinstance(rv.ones(1).dtype, rv.dtype)
    with pytest.raises(DTypeError, match=r"use rv\.iinfo"):
        rv.finfo(rv.int32)


def test_the_default_type():
    assert rv.get_default_dtype() is rv.float32
    rv.set_default_dtype(rv.float64)
    try:
        made = rv.tensor([1.0]), rv.zeros(1), rv.arange(0.0, 1.0), rv.tensor([1]) / 2
        assert all(x.dtype is rv.float64 for x in made)
        assert (rv.tensor([1]) * 0.5).dtype is rv.float64
        assert rv.tensor([4]).sqrt().dtype is rv.float64
    finally:
        rv.set_default_dtype(rv.float32)
    with pytest.raises(DTypeError, match="no floating type"):
        rv.set_default_dtype(rv.int64)


def test_what_a_tensor_says_of_itself():
    x = rv.zeros(2, 3, 4)
    assert x.stride() == (12, 4, 1) and x.stride(0) == 12 and x.is_contiguous()
    assert x.nbytes == 96 and x.element_size() == x.itemsize == 4
    assert x.shape.numel() == 24 and isinstance(x.shape, rv.Size)
    assert rv.Size([2, 3]) == (2, 3) and x.type() == "ranvier.float32"
    assert x.is_floating_point() and not x.byte().is_signed() and x.get_device() == -1


def test_print_options():
    x = rv.tensor([1.23456, 1e-5])
    rv.set_printoptions(precision=2, sci_mode=False)
    try:
        assert repr(x) == "tensor([1.23, 0.00])"
        rv.set_printoptions(sci_mode=True)
        assert repr(x) == "tensor([1.23e+00, 1.00e-05])"
        rv.set_printoptions(threshold=2, edgeitems=1)
        assert repr(rv.arange(9)) == "tensor([0,  ..., 8])"
    finally:
        rv.set_printoptions(profile="default")
    assert repr(x) == "tensor([1.2346e+00, 1.0000e-05])"


def test_linear_algebra_is_refused_in_compiled_functions():
    with pytest.raises(UnsupportedError, match=r"linalg.inv is computed by NumPy"):
        rv.compile(lambda x: rv.linalg.inv(x))(rv.eye(2))


def test_gradients_of_factors_in_a_loop():
    """The graph comes again and again, and is interpreted each time."""
    a = rv.eye(3, requires_grad=True)
    for _ in range(4):
        a.grad = None
        loss = (rv.linalg.inv(a + 1) @ rv.ones(3, 2)).square().sum() + a.logdet()
        loss.backward()
    assert np.isfinite(a.grad.numpy()).all()


def test_full_factors():
    x = rv.tensor([[1.0, 2.0, 0.5], [3.0, 4.0, 1.0]])
    u, s, vh = rv.linalg.svd(x)
    assert vh.shape == (3, 3) and rv.allclose(u @ rv.diag(s) @ vh[:2], x, atol=1e-5)
    q, r = rv.linalg.qr(x.T, mode="complete")
    assert q.shape == (3, 3) and rv.allclose(q @ r, x.T, atol=1e-5)
    assert rv.linalg.qr(x, mode="r").R.shape == (2, 3)
    w, v = rv.linalg.eigh(x @ x.T)
    assert rv.allclose(v @ rv.diag(w) @ v.T, x @ x.T, atol=1e-4)
    assert rv.linalg.matrix_rank(x).item() == 2
    with pytest.raises(GradientError, match="svd\\(full_matrices=False\\)"):
        rv.linalg.svd(x.clone().requires_grad_())
    with pytest.raises(ValueRangeError, match="expected 'fro'"):
        rv.linalg.matrix_norm(x, 7)


def test_functions_take_input_by_name_and_say_what_is_no_tensor():
    assert rv.max(input=rv.tensor([1.0, 2.0])).item() == 2.0
    with pytest.raises(DTypeError, match=r"tan: expected a tensor, got float 1.0"):
        rv.tan(1.0)
    with pytest.raises(DTypeError, match="pow: expected a tensor"):
        rv.pow(1, 2)


def test_is_it_in_there():
    assert 2 in rv.tensor([1, 2]) and 3.0 not in rv.tensor([1.0, 2.0])
    assert 1 not in rv.zeros(0)
