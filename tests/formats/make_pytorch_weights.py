"""Write weights as a PyTorch user writes them, and what the model gives with them.

python tests/formats/make_pytorch_weights.py      (torch 2.13, safetensors)
"""

from pathlib import Path

HERE = Path(__file__).parent
FILES = {
    kind: HERE / f"pytorch_{kind}.safetensors"
    for kind in ("float32", "float16", "bfloat16")
}


def build(nn):
    """The network, of PyTorch's or of Ranvier's `nn`."""
    return nn.Sequential(
        nn.Conv2d(1, 4, kernel_size=3, padding=1),
        nn.BatchNorm2d(4),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(36, 5),
    )


def main():
    import torch
    from safetensors.torch import save_file

    torch.manual_seed(0)
    model = build(torch.nn)
    x = torch.randn(8, 1, 6, 6)
    for _ in range(3):  # running statistics of their own
        model(x * 2 + 1)
    for kind, file in FILES.items():
        model.to(getattr(torch, kind)).eval()
        state = model.state_dict()
        output = model.float()(x).detach()
        save_file(state | {"x": x, "y": output}, file, metadata={"format": "pt"})


if __name__ == "__main__":
    main()
