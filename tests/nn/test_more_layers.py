"""What the tables of parity do not show: surrogates, randomness, attention's edges,
messages of layers for pictures, bags and attention.
"""

import math

import numpy as np
import pytest

import ranvier as rv
from ranvier import nn, optim
from ranvier.errors import (
    DTypeError,
    LayerShapeError,
    ShapeError,
    UnknownNameError,
    UnsupportedError,
    ValueRangeError,
)
from ranvier.nn import functional as F


def text(error, function, *args):
    with pytest.raises(error) as caught:
        function(*args)
    return str(caught.value)


# ---- sign and step -------------------------------------------------------------------

Z = [-3.0, -1.0, -0.5, 0.0, 0.5, 1.0, 3.0, math.inf]


def sigmoid_slope(z):
    with np.errstate(over="ignore"):
        s = 1 / (1 + np.exp(-z))
    return s * (1 - s)


SLOPES = {
    None: lambda z: 0 * np.isfinite(z),
    "identity": lambda z: 1.0 * np.isfinite(z),
    "hardtanh": lambda z: 1.0 * (np.abs(z) <= 1),
    "sigmoid": sigmoid_slope,
}


@pytest.mark.parametrize("surrogate", SLOPES)
@pytest.mark.parametrize("name", ["Sign", "Step"])
def test_values_stay_and_gradients_are_the_surrogates(name, surrogate):
    z = rv.tensor(Z, requires_grad=True)
    layer = getattr(nn, name)(surrogate=surrogate)
    slope = SLOPES[surrogate](np.array(Z))
    if name == "Sign" and surrogate == "sigmoid":
        slope = 2 * slope
    hard = [float(np.sign(v)) if name == "Sign" else float(v >= 0) for v in Z]
    y = layer(z)
    y.sum().backward()
    assert y.tolist() == hard
    np.testing.assert_allclose(z.grad.numpy(), slope, rtol=1e-6)

    def loss(z):
        return layer(z).sum()

    value, gradient = rv.compile(rv.value_and_grad(loss))(rv.tensor(Z))
    assert value.item() == sum(hard)
    np.testing.assert_allclose(gradient.numpy(), slope, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("surrogate", ["identity", "hardtanh", "sigmoid"])
def test_a_network_of_steps_learns_xor(surrogate):
    rv.manual_seed(1)
    x = rv.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    y = rv.tensor([[0.0], [1.0], [1.0], [0.0]])
    act = nn.Sign(surrogate=surrogate)
    model = nn.Sequential(nn.Linear(2, 16), act, nn.Linear(16, 1))
    optimizer = optim.Adam(model.parameters(), lr=0.02)

    @rv.compile
    def step(x, y):
        optimizer.zero_grad()
        loss = F.binary_cross_entropy_with_logits(model(x), y)
        loss.backward()
        optimizer.step()
        return loss

    for _ in range(400):
        step(x, y)
    assert ((model(x) > 0).float() == y).all()


def test_an_unknown_surrogate():
    assert text(UnknownNameError, lambda: nn.Step("hardtan")) == (
        "Step: surrogate is 'hardtan'; known are identity, hardtanh, sigmoid; did you "
        "mean 'hardtanh'?"
    )
    assert repr(nn.Sign()) == "Sign()"
    assert repr(nn.Step("identity")) == "Step(surrogate='identity')"


# ---- random layers -------------------------------------------------------------------


def test_alpha_dropout_keeps_mean_and_variance():
    rv.manual_seed(0)
    x = rv.randn(400, 500)
    for layer in (nn.AlphaDropout(0.3), nn.FeatureAlphaDropout(0.3)):
        y = layer(x)
        assert abs(y.mean().item()) < 0.02 and abs(y.std().item() - 1) < 0.02
        _, counts = np.unique(y.numpy(), return_counts=True)
        assert abs(counts.max() / y.numel() - 0.3) < 0.02
        assert layer.eval()(x) is x


def test_whole_volumes_fall():
    rv.manual_seed(0)
    y = nn.Dropout3d(0.5)(rv.ones(8, 16, 2, 3, 4))
    np.testing.assert_array_equal(y.amax((2, 3, 4)).numpy(), y.amin((2, 3, 4)).numpy())
    assert sorted(set(y.numpy().ravel().tolist())) == [0.0, 2.0]


def test_rrelu_draws_its_slopes():
    rv.manual_seed(0)
    layer, x = nn.RReLU(0.1, 0.4), -rv.ones(1000)
    first, second = -layer(x).numpy(), -layer(x).numpy()
    assert (first != second).any() and first.min() >= 0.1 and first.max() <= 0.4
    assert abs(first.mean() - 0.25) < 0.02


def test_gumbel_softmax_draws_as_often_as_softmax_says():
    rv.manual_seed(0)
    logits = rv.tensor([0.0, 1.0, 2.0]).log_softmax(0)
    many = logits.reshape(1, 3).expand(20_000, 3).clone().requires_grad_()
    hard = F.gumbel_softmax(many, tau=0.7, hard=True)
    np.testing.assert_allclose(
        hard.mean(0).detach().numpy(), np.exp(logits.numpy()), atol=0.01
    )
    soft = F.gumbel_softmax(many, tau=0.7)
    np.testing.assert_allclose(soft.sum(1).detach().numpy(), 1, rtol=1e-5)
    (hard * rv.tensor([1.0, 2.0, 3.0])).sum().backward()
    assert (many.grad != 0).any()
    with pytest.raises(ValueRangeError, match="tau is 0"):
        F.gumbel_softmax(many, tau=0)


# ---- attention -----------------------------------------------------------------------


def test_a_row_that_sees_nothing_gives_zeros():
    q = rv.randn(1, 3, 4, requires_grad=True)
    mask = rv.tensor([[True, True, False], [False, False, False], [True, True, True]])
    y = F.scaled_dot_product_attention(q, q, q, mask)
    y.sum().backward()
    assert (y[0, 1] == 0).all() and np.isfinite(q.grad.numpy()).all()


def test_attention_drops_weights_only_in_training():
    rv.manual_seed(0)
    layer = nn.MultiheadAttention(8, 2, dropout=0.5, batch_first=True)
    x = rv.randn(2, 6, 8)
    _, weights = layer(x, x, x, average_attn_weights=False)
    assert 0.2 < (weights == 0).float().mean().item() < 0.8
    layer.eval()
    _, weights = layer(x, x, x)
    np.testing.assert_allclose(weights.sum(-1).detach().numpy(), 1, rtol=1e-5)
    y = F.scaled_dot_product_attention(x, x, x, dropout_p=1.0)
    assert (y == 0).all()


def test_keys_of_attention_are_pytorchs():
    names = list(nn.TransformerEncoderLayer(8, 2, 16).state_dict())
    assert names == [
        "self_attn.in_proj_weight", "self_attn.in_proj_bias",
        "self_attn.out_proj.weight", "self_attn.out_proj.bias",
        "linear1.weight", "linear1.bias", "linear2.weight", "linear2.bias",
        "norm1.weight", "norm1.bias", "norm2.weight", "norm2.bias",
    ]  # fmt: skip
    layer = nn.MultiheadAttention(8, 2, kdim=3, vdim=5, add_bias_kv=True, bias=False)
    assert list(layer.state_dict()) == [
        "q_proj_weight", "k_proj_weight", "v_proj_weight", "bias_k", "bias_v",
        "out_proj.weight",
    ]  # fmt: skip


def test_a_transformer_learns_to_copy():
    rv.manual_seed(0)
    model = nn.Sequential(
        nn.Embedding(5, 16),
        nn.TransformerEncoder(
            nn.TransformerEncoderLayer(16, 2, 32, 0.1, batch_first=True), 2
        ),
        nn.Linear(16, 5),
    )
    optimizer = optim.Adam(model.parameters(), lr=0.01)

    @rv.compile
    def step(x):
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x).reshape(-1, 5), x.reshape(-1))
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        return loss

    x = rv.randint(0, 5, (16, 6))
    losses = [step(x).item() for _ in range(60)]
    assert losses[-1] < 0.1 < losses[0]


# ---- messages ------------------------------------------------------------------------


def test_messages_of_attention():
    layer, x = nn.MultiheadAttention(8, 2), rv.zeros(5, 3, 8)
    assert text(LayerShapeError, layer, rv.zeros(5, 3, 6), x, x) == (
        "MultiheadAttention(8, 2) got (5, 3, 6); the query needs 2 or 3 dimensions, "
        "the last of 8. Use a query of shape (…, 8)."
    )
    assert "expected (5, 5) or (6, 5, 5)" in text(
        ShapeError, lambda: layer(x, x, x, attn_mask=rv.zeros(4, 4))
    )
    assert "expected (3, 5), one flag a key" in text(
        ShapeError, lambda: layer(x, x, x, key_padding_mask=rv.zeros(5, 3))
    )
    assert "a mask of int64; it is boolean (True: not seen)" in text(
        DTypeError, lambda: layer(x, x, x, attn_mask=rv.zeros(5, 5, dtype=rv.int64))
    )
    assert "batch_first says which" in text(ShapeError, layer, x, rv.zeros(5, 2, 8), x)
    assert text(ValueRangeError, lambda: nn.MultiheadAttention(8, 3)) == (
        "MultiheadAttention: embed_dim 8 does not divide into 3 heads."
    )


def test_messages_of_other_layers():
    assert text(
        LayerShapeError, nn.Bilinear(3, 4, 2), rv.zeros(5, 3), rv.zeros(5, 3)
    ) == (
        "bilinear got (5, 3); the last dimension of input2 ≠ 4. Use weights of shape "
        "(2, (3,), (3,))."
    )
    assert text(DTypeError, nn.BatchNorm1d(3), rv.zeros(4, 3, dtype=rv.float64)) == (
        "BatchNorm1d(3) got values of float64, its weights are float32; convert the "
        "input with x.float() or the model with .double()."
    )
    assert text(LayerShapeError, nn.PixelShuffle(2), rv.zeros(1, 3, 4, 4)) == (
        "pixel_shuffle got (1, 3, 4, 4); 3 channels are no multiple of 2² = 4. Use "
        "another upscale_factor."
    )
    assert text(LayerShapeError, nn.ReflectionPad2d(1), rv.zeros(3, 4)) == (
        "ReflectionPad2d got (3, 4); 2 dimensions ≠ 3 or 4. Use "
        "nn.functional.pad(x, (1, 1, 1, 1), 'reflect')."
    )
    assert text(ValueRangeError, lambda: nn.ZeroPad2d((1, 2))) == (
        "ZeroPad2d: padding is (1, 2); expected a number or 4 numbers, before and "
        "after of each dimension, the last first."
    )
    assert text(UnknownNameError, lambda: nn.Upsample(2, mode="bilinar")) == (
        "Upsample: mode is 'bilinar'; known are nearest, nearest-exact, area, linear, "
        "bilinear, trilinear, bicubic; did you mean 'bilinear'?"
    )
    assert text(
        LayerShapeError, nn.Upsample(2, mode="linear"), rv.zeros(1, 1, 3, 3)
    ) == (
        "interpolate(mode='linear') got (1, 1, 3, 3); 4 dimensions ≠ 3. Use "
        "mode='bilinear'."
    )
    assert "say where each bag starts" in text(
        ShapeError, nn.EmbeddingBag(5, 2), rv.tensor([1, 2])
    )
    assert "they go with mode='sum'" in text(
        UnsupportedError,
        lambda: F.embedding_bag(
            rv.tensor([[1]]), rv.zeros(3, 2), per_sample_weights=rv.ones(1, 1)
        ),
    )


def test_bags_are_checked_in_a_compiled_step_too():
    layer = nn.EmbeddingBag(5, 2, mode="sum")
    step = rv.compile(lambda index, starts: layer(index, starts))
    good = rv.tensor([1, 2, 4]), rv.tensor([0, 2])
    np.testing.assert_allclose(
        step(*good).detach().numpy(), layer(*good).detach().numpy(), rtol=1e-6
    )
    with pytest.raises(ValueRangeError, match="out of range for 5 rows"):
        step(rv.tensor([1, 2, 5]), rv.tensor([0, 2]))
    with pytest.raises(ValueRangeError, match="the first offset is not 0"):
        step(rv.tensor([1, 2, 3]), rv.tensor([1, 2]))
