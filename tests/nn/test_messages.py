"""What wrong input to layers and losses gets: the whole text."""

import warnings

import numpy as np
import pytest

import ranvier as rv
from ranvier import nn
from ranvier.errors import (
    DTypeError,
    LayerShapeError,
    RanvierWarning,
    ShapeError,
    UnknownNameError,
    UnsupportedError,
    ValueRangeError,
)
from ranvier.nn import functional as F


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(784, 128)
        self.relu1 = nn.ReLU()
        self.fc2 = nn.Linear(784, 10)

    def forward(self, x):
        return self.fc2(self.relu1(self.fc1(x)))


def text(error, function, *args):
    with pytest.raises(error) as caught:
        function(*args)
    return str(caught.value)


def test_a_wrong_layer_is_named_with_where_its_input_came_from():
    x = rv.zeros(32, 784)
    assert text(LayerShapeError, Net(), x) == (
        "fc2: Linear(784 → 10) got (32, 128) from relu1; 128 ≠ 784. Use Linear(128, "
        "10)."
    )
    assert text(LayerShapeError, nn.Sequential(nn.Flatten(), Net()), x) == (
        "1.fc2: Linear(784 → 10) got (32, 128) from 1.relu1; 128 ≠ 784. "
        "Use Linear(128, 10)."
    )
    model = nn.Sequential(nn.Linear(784, 10), nn.ReLU(), nn.Linear(14, 10))
    assert text(LayerShapeError, model, x) == (
        "layer 2: Linear(14 → 10) got (32, 10) from layer 1; 10 ≠ 14. "
        "Use Linear(10, 10)."
    )


def test_a_layer_on_its_own():
    assert text(LayerShapeError, nn.Linear(784, 10), rv.zeros(32, 100)) == (
        "Linear(784 → 10) got (32, 100); 100 ≠ 784. Use Linear(100, 10)."
    )
    assert text(LayerShapeError, nn.Linear(784, 10), rv.zeros(32, 28, 28)) == (
        "Linear(784 → 10) got (32, 28, 28); 28 ≠ 784. Use nn.Flatten() before it."
    )
    assert text(DTypeError, nn.Linear(2, 1), rv.zeros(1, 2, dtype=rv.float64)) == (
        "Linear(2 → 1) got values of float64, its weights are float32; convert the "
        "input "
        "with x.float() or the model with .double()."
    )
    assert text(ValueRangeError, nn.Linear, 0, 3) == (
        "Linear: in_features is 0; it must be at least 1."
    )


@pytest.mark.parametrize(
    "loss", ["mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss"]
)
def test_nothing_is_broadcast_silently(loss):
    column, row = rv.zeros(5, 1), rv.zeros(5)
    f = getattr(F, loss)
    assert text(ShapeError, f, column, row) == (
        f"{loss}: the prediction has shape (5, 1), the target (5,); they must be "
        f"equal. "
        "Use target.unsqueeze(-1) or prediction.squeeze(-1)."
    )
    assert text(ShapeError, f, row, column) == (
        f"{loss}: the prediction has shape (5,), the target (5, 1); they must be "
        f"equal. "
        "Use target.squeeze(-1) or prediction.unsqueeze(-1)."
    )


@pytest.mark.parametrize("loss", [nn.BCELoss(), nn.BCEWithLogitsLoss()])
def test_binary_losses_want_equal_shapes(loss):
    with pytest.raises(ShapeError, match=r"shape \(5, 1\), the target \(5,\)"):
        loss(rv.full((5, 1), 0.5), rv.zeros(5))


def test_types_of_labels():
    scores = rv.zeros(4, 3)
    assert text(DTypeError, F.cross_entropy, scores, rv.zeros(4)) == (
        "cross_entropy: labels of float32 with shape (4,) for scores of shape (4, 3). "
        "Class numbers are integers: use target.long(). "
        "Probabilities have the shape (4, 3)."
    )
    for dtype in (rv.int64, rv.int32, rv.uint8):
        assert F.cross_entropy(scores, rv.zeros(4, dtype=dtype)).item() > 0
    assert text(DTypeError, F.mse_loss, scores, np.zeros((4, 3))) == (
        "mse_loss (target): expected a tensor, got a NumPy array of shape (4, 3); use "
        "rv.tensor(x)."
    )
    assert "prediction of int64" in text(
        DTypeError, F.mse_loss, rv.arange(3), rv.arange(3)
    )


def test_shapes_of_labels():
    scores = rv.zeros(4, 3)
    assert text(ShapeError, F.cross_entropy, scores, rv.tensor([[0]] * 4)) == (
        "cross_entropy: labels of shape (4, 1) for scores of shape (4, 3); expected "
        "(4,), one class number a row. Use target.squeeze(1)."
    )
    assert "expected (4,)" in text(ShapeError, F.nll_loss, scores, rv.tensor([0, 1]))


OUT = (
    "cross_entropy: label {} is out of range for 3 classes, numbered 0 to 2. Count "
    "from "
    "0, and let the last layer have one output a class."
)


@pytest.mark.parametrize("bad", [3, -1])
def test_labels_out_of_range(bad):
    scores, y = rv.zeros(4, 3), rv.tensor([0, 1, 2, bad])
    assert text(ValueRangeError, F.cross_entropy, scores, y) == OUT.format(bad)


def test_labels_that_are_not_computed_yet():
    scores, y = rv.zeros(2, 3), rv.tensor([0, 1, 2, 3])
    assert F.cross_entropy(scores, y[:2]).item() > 0
    assert F.cross_entropy(scores, y[rv.tensor([0, 1])]).item() > 0
    assert text(ValueRangeError, F.cross_entropy, scores, y[2:]) == OUT.format(3)
    assert text(ValueRangeError, F.cross_entropy, scores, y[:2] + 2) == OUT.format(3)
    one = text(ValueRangeError, F.cross_entropy, rv.zeros(2, 1), rv.tensor([0, 1]))
    assert one.endswith("For two classes with one output use BCEWithLogitsLoss.")
    one = text(ValueRangeError, F.cross_entropy, rv.zeros(2, 1), rv.tensor([0, 5]))
    assert one.endswith("let the last layer have one output a class.")


def test_minus_100_is_ignored():
    scores = rv.randn(3, 3)
    y, kept = rv.tensor([0, -100, 2]), rv.tensor([0, 2])
    both = F.cross_entropy(scores, y), F.cross_entropy(scores[rv.tensor([0, 2])], kept)
    assert rv.allclose(*both)


def test_softmax_before_cross_entropy():
    x = rv.zeros(2, 3)
    for scores in (rv.softmax(x, 1), F.softmax(x, 1), nn.Softmax(dim=1)(x)):
        with pytest.warns(RanvierWarning) as caught:
            F.cross_entropy(scores, rv.tensor([0, 1]))
        assert str(caught[0].message) == (
            "cross_entropy applies softmax itself, and its input went through one "
            "already: gradients become small. Leave the last layer out of the model."
        )
    with pytest.warns(RanvierWarning, match="applies the sigmoid itself"):
        F.binary_cross_entropy_with_logits(rv.sigmoid(x), rv.zeros(2, 3))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        F.cross_entropy(x / x.exp().sum(1, True), rv.tensor([0, 1]))
        F.nll_loss(F.log_softmax(x, 1), rv.tensor([0, 1]))


def test_softmax_without_a_dimension():
    with pytest.warns(RanvierWarning, match="dimension 1 is taken; write dim=1"):
        nn.Softmax()(rv.zeros(2, 3))


def test_probabilities_out_of_range():
    assert text(ValueRangeError, nn.BCELoss(), rv.tensor([1.5]), rv.ones(1)) == (
        "binary_cross_entropy: the prediction holds 1.5; it must lie in [0, 1]. Apply "
        "sigmoid, or use BCEWithLogitsLoss, which does so itself."
    )


def test_options():
    assert text(UnknownNameError, nn.MSELoss, None, None, "maen") == (
        "MSELoss: reduction is 'maen'; known are mean, sum, none; did you mean 'mean'?"
    )
    with pytest.raises(
        UnsupportedError, match="CrossEntropyLoss: size_average is not s"
    ):
        nn.CrossEntropyLoss(size_average=True)
    with pytest.raises(ValueRangeError, match="label_smoothing is 2; it must lie in"):
        nn.CrossEntropyLoss(label_smoothing=2)
    with pytest.raises(
        UnknownNameError, match="approximate is 'tan'; did you mean 'tanh"
    ):
        nn.GELU("tan")(rv.zeros(1))
    with pytest.raises(ShapeError, match=r"weight has shape \(2,\) for 3 classes"):
        F.cross_entropy(rv.zeros(1, 3), rv.tensor([0]), rv.ones(2))


@pytest.mark.parametrize(
    "given", [np.ones((3, 2), "float32"), [[1.0, 2.0]], None, 2.0], ids=str
)
def test_a_layer_gets_no_tensor(given):
    for layer in (nn.Linear(2, 1), nn.Flatten(), nn.ReLU(), nn.Softmax(1)):
        for model in (layer, nn.Sequential(layer)):
            name = type(layer).__name__.lower()
            message = text(DTypeError, model, given).lower()
            assert message.startswith(f"{name}: expected a tensor, got ")
    assert text(DTypeError, nn.Linear(2, 1), np.ones((3, 2))) == (
        "Linear: expected a tensor, got a NumPy array of shape (3, 2); use "
        "rv.tensor(x)."
    )


def test_a_function_gets_no_tensor():
    functions = (F.relu, F.sigmoid, F.softplus, F.gelu, F.one_hot, F.leaky_relu, F.step)
    for function in functions:
        assert text(DTypeError, function, [[1.0, 2.0]]) == (
            f"{function.__name__}: expected a tensor, got a list; use rv.tensor(x)."
        )
    assert text(DTypeError, F.softmax, [1.0], 0).startswith("softmax: expected")
    assert text(DTypeError, F.linear, [1.0], rv.ones(1, 1)).startswith("linear: exp")


def test_another_attribute_error_stays_as_it_is():
    class Net(nn.Module):
        def forward(self, x):
            return x.shpae

    with pytest.raises(AttributeError, match="has no attribute 'shpae'"):
        Net()(rv.ones(1))
    with pytest.raises(AttributeError, match="has no attribute 'shpae'"):
        nn.Sequential(Net())(np.ones(1))


def test_a_class_where_a_layer_is_meant():
    assert text(DTypeError, nn.Sequential, nn.ReLU) == (
        "Sequential: got the class ReLU, expected a layer made from it; write "
        "nn.ReLU()."
    )
    assert text(DTypeError, nn.Sequential, 3) == (
        "Sequential: expected modules, got int 3."
    )
