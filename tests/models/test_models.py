"""What the models take and refuse, and that the small ones learn."""

from __future__ import annotations

import numpy as np
import pytest

import ranvier as rv
from ranvier import models, nn, optim
from ranvier.errors import (
    DTypeError,
    LayerShapeError,
    UnknownNameError,
    UnsupportedError,
    ValueRangeError,
)
from ranvier.models.vgg import make_layers
from ranvier.tensors.handles import held


def digits(count, channels, size):
    """Real digits of 28x28 with a border, every class as often as it comes."""
    pixels, labels = (array[:count] for array in rv.data.load("mnist").arrays)
    border = (size - 28) // 2
    x = pixels.reshape(-1, 1, 28, 28) / np.float32(255)
    x = np.pad(x, [(0, 0), (0, 0), (border, border), (border, border)])
    return rv.tensor(np.repeat(x, channels, 1)), rv.tensor(labels)


def losses(model, x, y, steps, lr, heads=0.3):
    """The loss of every step, all of them on the same few pictures."""
    criterion = nn.CrossEntropyLoss()
    optimizer = optim.Adam(model.parameters(), lr=lr)

    @rv.compile
    def step(x, y):
        optimizer.zero_grad()
        scores = model(x)
        if isinstance(scores, models.GoogLeNetOutputs):
            main, *aux = (criterion(part, y) for part in scores)
            loss = main + heads * sum(aux)
        else:
            loss = criterion(scores, y)
        loss.backward()
        optimizer.step()
        return loss

    return [step(x, y).item() for _ in range(steps)]


SMALL = {"num_classes": 10, "image_size": 32}
NO_DROPOUT = SMALL | {"dropout": 0.0}
ONE_EACH = (1, 1, 1, 1, 1)  # convolutions or blocks a stage, where the network has more

LEARNERS = [
    ("mlp", lambda: models.mlp(**SMALL, in_channels=3), 6, 0.003),
    ("lenet5", lambda: models.lenet5(**SMALL), 12, 0.005),
    ("alexnet", lambda: models.alexnet(**NO_DROPOUT), 8, 0.0005),
    ("vgg", lambda: models.VGG(make_layers(ONE_EACH), **NO_DROPOUT), 8, 0.0003),
    (
        "resnet",
        lambda: models.ResNet(models.BasicBlock, ONE_EACH[:4], **SMALL),
        4,
        3e-4,
    ),
]
WHOLE = [
    *((f"vgg{n}", {"dropout": 0.0}, 40, 0.0002) for n in (11, 13, 16, 19)),
    *((f"vgg{n}_bn", {"dropout": 0.0}, 20, 0.0003) for n in (11, 13, 16, 19)),
    ("googlenet", {"dropout": 0.0, "dropout_aux": 0.0}, 30, 0.0003),
    *((f"resnet{n}", {}, 15, 0.0003) for n in (18, 34, 50, 101, 152)),
]


@pytest.mark.parametrize(("name", "make", "steps", "lr"), LEARNERS)
def test_the_small_form_learns(name, make, steps, lr):
    rv.manual_seed(0)
    x, y = digits(6, 1 if name == "lenet5" else 3, 32)
    found = losses(make(), x, y, steps, lr)
    assert 2.0 < found[0] < 3.0
    assert found[-1] < 0.5 * found[0]


@pytest.mark.slow
@pytest.mark.parametrize(("name", "more", "steps", "lr"), WHOLE)
def test_the_whole_small_form_learns(name, more, steps, lr):
    rv.manual_seed(0)
    model = getattr(models, name)(**SMALL, **more)
    found = losses(model, *digits(20, 3, 32), steps, lr)
    assert found[0] > 2.0
    assert min(found[-10:]) < 0.5 * found[0]


@pytest.mark.parametrize("make", [models.alexnet, models.vgg16])
def test_scores_depend_on_the_picture_from_the_beginning(make):
    """With the initial weights of the wide networks they differed by 5e-4 and 1e-4
    (VGG-19 4e-5), and the loss stood still."""
    rv.manual_seed(0)
    model = make(**NO_DROPOUT).eval()
    x = np.random.default_rng(0).normal(size=(4, 3, 32, 32)).astype(np.float32)
    with rv.no_grad():
        scores = np.asarray(model(rv.tensor(x)))
    assert 0.003 < scores.std(0).mean() < 3


def test_auxiliary_heads_are_for_training():
    model = models.googlenet(num_classes=10, image_size=32)
    bare = models.googlenet(num_classes=10, image_size=32, aux_logits=False)
    x = rv.zeros(2, 3, 32, 32)
    with held():  # shapes are known without computing
        scores = model(x)
        assert isinstance(scores, models.GoogLeNetOutputs)
        assert scores._fields == ("logits", "aux_logits2", "aux_logits1")
        assert [part.shape for part in scores] == [(2, 10)] * 3
        assert model.eval()(x).shape == bare(x).shape == (2, 10)
    assert bare.aux1 is None and bare.aux2 is None


def test_residual_blocks_that_begin_as_the_identity():
    model = models.resnet18(num_classes=3, image_size=32, zero_init_residual=True)
    assert not model.layer1[0].bn2.weight.any()
    assert model.layer1[0].bn1.weight.all()


def test_other_norms_and_groups():
    model = models.resnet18(norm_layer=lambda n: nn.GroupNorm(8, n), image_size=32)
    assert isinstance(model.bn1, nn.GroupNorm)
    wide = models.resnet50(groups=32, width_per_group=4, image_size=32)
    assert wide.layer1[0].conv2.weight.shape == (128, 4, 3, 3)
    assert sum(p.numel() for p in wide.parameters()) == 25_028_904 - 7_680


def test_character_model_goes_on_from_its_state():
    rv.manual_seed(0)
    model = models.char_lstm(20, hidden_size=16, embedding_dim=8).eval()
    text = rv.tensor(np.random.default_rng(0).integers(0, 20, (3, 9)))
    whole, (h, c) = model(text)
    first, state = model(text[:, :4])
    rest, (h2, c2) = model(text[:, 4:], state)
    assert rv.allclose(rv.cat([first, rest], 1), whole, atol=1e-6)
    assert rv.allclose(h, h2, atol=1e-6) and rv.allclose(c, c2, atol=1e-6)


def test_character_model_learns():
    rv.manual_seed(0)
    text = np.array([ord(c) % 32 for c in "the quick brown fox jumps over " * 5])
    model = models.char_lstm(32, hidden_size=32, embedding_dim=16, num_layers=1)
    x, y = rv.tensor(text[None, :-1]), rv.tensor(text[1:])

    class Flat(nn.Module):
        def forward(self, x):
            return model(x)[0].flatten(0, 1)

    flat = Flat()
    flat.model = model
    found = losses(flat, x, y, 60, 0.02)
    assert found[-1] < 0.3 < 3 < found[0]


def test_a_place_sees_only_those_before_it():
    rv.manual_seed(0)
    model = models.transformer(20, d_model=16, nhead=2, max_len=12).eval()
    text = np.random.default_rng(0).integers(0, 20, (2, 12))
    other = text.copy()
    other[:, 8:] = (other[:, 8:] + 1) % 20
    a, b = model(rv.tensor(text)), model(rv.tensor(other))
    assert rv.allclose(a[:, :8], b[:, :8], atol=1e-6)
    assert not rv.allclose(a[:, 8:], b[:, 8:], atol=1e-3)
    shorter = model(rv.tensor(text[:, :5]))
    assert rv.allclose(shorter, a[:, :5], atol=1e-6)
    with pytest.raises(LayerShapeError, match=r"13 > 12 places\. Use max_len=13"):
        model(rv.zeros(1, 13, dtype=rv.int64))


def test_blocks_do_not_begin_alike():
    model = models.transformer(20, d_model=16, nhead=2)
    first, second = (block.self_attn.in_proj_weight for block in model.blocks.layers)
    assert not rv.equal(first, second)


def test_transformer_learns():
    rv.manual_seed(0)
    text = np.array([ord(c) % 32 for c in "the quick brown fox jumps over " * 2])
    model = models.transformer(32, d_model=32, num_layers=1, max_len=len(text))
    x, y = rv.tensor(text[None, :-1]), rv.tensor(text[1:])
    found = losses(nn.Sequential(model, nn.Flatten(0, 1)), x, y, 60, 0.01)
    assert found[-1] < 0.3 < 3 < found[0]


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (
            lambda: models.resnet18(weights="IMAGENET1K_V1"),
            UnsupportedError,
            "resnet18(weights='IMAGENET1K_V1'): nothing is downloaded. Where PyTorch "
            "is installed, write a file:\n"
            "    from safetensors.torch import save_file\n"
            "    model = torchvision.models.resnet18(weights='DEFAULT')\n"
            "    save_file(model.state_dict(), 'resnet18.safetensors')\n"
            "then here: rv.load('resnet18.safetensors', into=rv.models.resnet18()).",
        ),
        (
            lambda: models.vgg16(pretrained=True),
            UnsupportedError,
            "vgg16(pretrained=True): nothing is downloaded.",
        ),
        (
            lambda: models.alexnet(num_class=10),
            UnknownNameError,
            "alexnet: there is no option 'num_class'; did you mean 'num_classes'? "
            "There are: num_classes, dropout, image_size.",
        ),
        (
            lambda: models.vgg11(image_size=28),
            ValueRangeError,
            "vgg: image_size=28; expected a whole number from 32",
        ),
        (
            lambda: models.resnet50(replace_stride_with_dilation=[False, True, True]),
            UnsupportedError,
            "replace_stride_with_dilation (for segmentation) is not built",
        ),
        (
            lambda: models.resnet18(groups=2),
            ValueRangeError,
            "BasicBlock: groups=2 and width_per_group=64; it has 1 and 64 only.",
        ),
        (
            lambda: models.lenet5(image_size=64),
            ValueRangeError,
            "lenet5: image_size=64; LeNet-5 takes 28 or 32.",
        ),
        (
            lambda: models.mlp(hidden=256),
            DTypeError,
            "mlp: hidden=256; expected widths: hidden=(256,).",
        ),
        (
            lambda: models.mlp(num_classes=0),
            ValueRangeError,
            "mlp: a width=0; expected a whole number from 1.",
        ),
        (
            lambda: models.transformer(65, d_model=30),
            ValueRangeError,
            "transformer: d_model=30 and nhead=4; the heads share the width, expected "
            "a multiple: d_model=32.",
        ),
        (
            lambda: models.char_lstm(0),
            ValueRangeError,
            "char_lstm: vocab_size=0; expected a whole number from 1.",
        ),
    ],
)
def test_what_is_refused(make, error, message):
    with pytest.raises(error) as caught:
        make()
    assert message in str(caught.value)


def test_options_without_effect_are_taken():
    model = models.resnet18(weights=None, progress=False, image_size=32)
    assert isinstance(model, models.ResNet)
