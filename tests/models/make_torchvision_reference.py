"""Write what torchvision's models are: keys and shapes of their state_dicts, and what
some of them compute from weights that a formula gives.

    python tests/models/make_torchvision_reference.py     (torch 2.13, torchvision 0.28)
"""

import json
import zlib
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
KEYS = HERE / "torchvision_keys.json"
OUTPUTS = HERE / "torchvision_outputs.npz"
NAMES = (
    "alexnet", "vgg11", "vgg13", "vgg16", "vgg19", "vgg11_bn", "vgg13_bn", "vgg16_bn",
    "vgg19_bn", "googlenet", "resnet18", "resnet34", "resnet50", "resnet101",
    "resnet152",
)  # fmt: skip
# model: its options, and whether it is in training mode
NO_DROPOUT = {"dropout": 0.0, "dropout_aux": 0.0}
COMPUTED = {
    "googlenet": ({"num_classes": 10, "transform_input": True, **NO_DROPOUT}, True),
    "resnet18": ({"num_classes": 10}, True),
    "resnet50": ({"num_classes": 10, "width_per_group": 32}, False),
}


def weights(model):
    """Values for a model's state_dict in float64; the same for everyone."""
    return {k: values(k, tuple(v.shape)) for k, v in model.state_dict().items()}


def values(name, shape):
    random = np.random.default_rng(zlib.crc32(name.encode()))
    if name.endswith("num_batches_tracked"):
        return np.zeros(shape, np.int64)
    drawn = random.standard_normal(shape)
    if name.endswith("running_var") or (len(shape) == 1 and name.endswith("weight")):
        return 1 + 0.1 * np.abs(drawn)
    fan = np.prod(shape[1:]) if len(shape) > 1 else 100
    return drawn * np.sqrt(2 / fan)


def pictures():
    """Two pictures of 64x64."""
    random = np.random.default_rng(0)
    return random.standard_normal((2, 3, 64, 64))


def packed(shapes):
    """One line a model: "conv1.weight 64 3 7 7, bn1.weight 64, …"."""
    return ", ".join(" ".join(map(str, (name, *shape))) for name, shape in shapes)


def unpacked(text):
    parts = (entry.split(" ") for entry in text.split(", "))
    return [(name, tuple(map(int, shape))) for name, *shape in parts]


def main():
    import torch
    from torchvision import models

    shapes = {}
    for name in NAMES:
        with torch.device("meta"):
            options = {"init_weights": False} if name == "googlenet" else {}
            model = getattr(models, name)(**options)
        state = model.state_dict().items()
        shapes[name] = [(key, tuple(value.shape)) for key, value in state]
    text = {name: packed(entries) for name, entries in shapes.items()}
    KEYS.write_text(json.dumps(text, indent=0) + "\n", "utf-8")
    outputs = {}
    for name, (options, training) in COMPUTED.items():
        more = {"init_weights": False} if name == "googlenet" else {}
        model = getattr(models, name)(**options, **more).double().train(training)
        state = weights(model)
        model.load_state_dict({k: torch.from_numpy(v) for k, v in state.items()})
        with torch.no_grad():
            found = model(torch.from_numpy(pictures()))
        parts = found if isinstance(found, tuple) else (found,)
        outputs |= {f"{name}.{i}": part.numpy() for i, part in enumerate(parts)}
    np.savez_compressed(OUTPUTS, **outputs)


if __name__ == "__main__":
    main()
