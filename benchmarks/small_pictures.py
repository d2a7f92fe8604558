"""Networks for 32x32 pictures on CIFAR-10: accuracy on the test part after each epoch.

    RANVIER_DATA=DIR python benchmarks/small_pictures.py [MODEL …] [--pictures 3000]
                     [--test 1000] [--epochs 3] [--batch 50]

DIR/cifar10/cifar10-jpeg.tar.xz holds train/<class>/NNNN.jpg and test/<class>/NNNN.jpg;
the first of each class are taken. Adam at one rate; the pictures are not changed at
random. Prints a line an epoch.
"""

import argparse
import os
import tarfile
from pathlib import Path
from time import perf_counter

import numpy as np
from PIL import Image

import ranvier as rv
from ranvier import models, nn, optim

ARCHIVE = "cifar10-jpeg.tar.xz"


def main() -> None:
    options = parser().parse_args()
    file = Path(os.environ["RANVIER_DATA"]) / "cifar10" / ARCHIVE
    sizes = {"train": options.pictures, "test": options.test}
    train, test = pictures(file, sizes)
    for name in options.models:
        learn(name, train, test, options)


def parser() -> argparse.ArgumentParser:
    result = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    result.add_argument("models", nargs="*", default=["vgg11", "resnet18"])
    result.add_argument("--pictures", type=int, default=3000)
    result.add_argument("--test", type=int, default=1000)
    result.add_argument("--epochs", type=int, default=3)
    result.add_argument("--batch", type=int, default=50)
    result.add_argument("--lr", type=float, default=0.0003)
    return result


def pictures(file: Path, sizes: dict[str, int]) -> list:
    """(uint8 pictures, labels) of each part; the first ones of every class."""
    found = {part: ([], []) for part in sizes}
    classes: list[str] = []
    taken: dict[tuple[str, str], int] = {}
    with tarfile.open(file) as archive:
        for entry in archive:
            *_, part, name, _ = ("", "", *Path(entry.name).parts)
            if not entry.isfile() or part not in sizes:
                continue
            if name not in classes:
                classes.append(name)
            taken[part, name] = taken.get((part, name), 0) + 1
            if taken[part, name] <= sizes[part] // 10:
                image = Image.open(archive.extractfile(entry)).convert("RGB")
                found[part][0].append(np.asarray(image).transpose(2, 0, 1))
                found[part][1].append(name)
    order = sorted(classes)
    return [
        (np.stack(x), np.array([order.index(name) for name in y]))
        for x, y in found.values()
    ]


def learn(name: str, train: tuple, test: tuple, options: argparse.Namespace) -> None:
    rv.manual_seed(0)
    model = getattr(models, name)(num_classes=10, image_size=32)
    criterion = nn.CrossEntropyLoss()
    optimizer = optim.Adam(model.parameters(), lr=options.lr)

    @rv.compile
    def step(x, y):
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        loss.backward()
        optimizer.step()
        return loss

    data = rv.data.Dataset(train, name="cifar10", scale=1 / 64, shift=-2.0)
    kept = rv.data.Dataset(test, name="cifar10", scale=1 / 64, shift=-2.0)
    loader = rv.data.DataLoader(data, batch_size=options.batch, shuffle=True, seed=0)
    for epoch in range(options.epochs):
        begin = perf_counter()
        losses = np.asarray(step.over(loader, epochs=1))
        seconds = perf_counter() - begin
        accuracy = rv.evaluate(model, kept)["accuracy"]
        print(
            f"{name}: epoch {epoch + 1}, loss {losses.mean():.3f}, "
            f"accuracy {accuracy:.3f}, {seconds:.1f} s, {len(losses)} steps",
            flush=True,
        )


if __name__ == "__main__":
    main()
