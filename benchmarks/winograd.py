"""3x3 convolutions by Winograd's method beside the sums as they are written.

    python benchmarks/winograd.py [--threads 2] [layers] [networks]

The same function compiled both ways (`rv.set_strict_accuracy`), called by turns, the
best of several calls each; the kernels' transform is counted. Errors are those of the
results against float64, relative to their root mean square.
"""

import argparse
from dataclasses import replace
from time import perf_counter

import numpy as np

import ranvier as rv
from ranvier import nn, ops
from ranvier.bench import networks
from ranvier.bench.workloads import (
    FLATTEN,
    POOL,
    RELU,
    RESNET18,
    WORKLOADS,
    conv,
    mlp,
)
from ranvier.nn import functional as F
from ranvier.ops.conv import Window, conv_weight

# images, size, channels: the layers of ResNet-18 on 32x32 pictures, and others
LAYERS = (
    *((32, 32, 64), (32, 16, 128), (32, 8, 256), (32, 4, 512), (128, 4, 512)),
    *((8, 28, 16), (1, 56, 64), (1, 14, 256), (1, 7, 64)),
)
VGG = (
    *(conv(3, 64, 3, 1), RELU, conv(64, 64, 3, 1), RELU, POOL),
    *(conv(64, 128, 3, 1), RELU, conv(128, 128, 3, 1), RELU, POOL),
    *(conv(128, 256, 3, 1), RELU, conv(256, 256, 3, 1), RELU, POOL),
    *(FLATTEN, *mlp(4096, 10)),
)
SECONDS = 1.5  # for each pair


def both_ways(call):
    """Seconds of a call, and what it returned: strict, then not."""
    seconds, results = [np.inf, np.inf], [None, None]
    end, calls = None, 0
    while end is None or perf_counter() < end or calls < 4:
        for way in (0, 1):
            rv.set_strict_accuracy(way == 0)
            begin = perf_counter()
            results[way] = call()
            seconds[way] = min(seconds[way], perf_counter() - begin)
        end = end or perf_counter() + SECONDS
        calls += 1
    return seconds, results


def line(what, seconds, more=""):
    a, b = (1e3 * s for s in seconds)
    print(f"{what:<44} {a:9.2f} ms {b:9.2f} ms {a / b:6.2f}x{more}", flush=True)


def layer(images, size, channels):
    generator = np.random.default_rng(0)
    shape = (images, size, size, channels)
    x, g = (generator.standard_normal(shape).astype(np.float32) for _ in range(2))
    w = generator.standard_normal((channels, channels, 3, 3)) / np.sqrt(9 * channels)
    weight = nn.Parameter(rv.tensor(w.astype(np.float32)))  # lies as kernels want it

    def forward(x):
        y = F.conv2d(x.permute(0, 3, 1, 2), weight, padding=1)
        return y.permute(0, 2, 3, 1)

    name = f"{images}x{size}x{size}, {channels} channels"
    with rv.no_grad():
        compiled = rv.compile(forward)
        given = rv.tensor(x)
        seconds, results = both_ways(lambda: compiled(given))
    exact = straight(x.astype(float), np.asarray(weight.detach()).astype(float))
    line(f"{name}: forward", seconds, errors(results, exact))
    seconds, results = both_ways(kernel_gradient(x, g))
    exact = turned(x.astype(float), g.astype(float))
    line(f"{name}: gradient of the kernel", seconds, errors(results, exact))


def kernel_gradient(x, g):
    """A call of the weights' gradient alone."""

    def step(x, g):
        wide = ops.pad(x._node, ((0, 0, 0), (1, 1, 0), (1, 1, 0), (0, 0, 0)))
        made = conv_weight(wide, g._node, Window((1, 1), (1, 1)), (3, 3))
        return rv.Tensor._of(made)

    compiled, given = rv.compile(step), (rv.tensor(x), rv.tensor(g))
    return lambda: compiled(*given)


def straight(x, w):
    wide = np.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)))
    size = x.shape[1]
    places = [(i, j) for i in range(3) for j in range(3)]
    parts = (wide[:, i : i + size, j : j + size] @ w[..., i, j].T for i, j in places)
    return sum(parts)


def turned(x, g):
    wide = np.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)))
    size, channels = x.shape[1], x.shape[3]
    rows = g.reshape(-1, channels)

    def place(i, j):
        part = wide[:, i : i + size, j : j + size]
        return part.reshape(-1, channels).T @ rows

    return np.array([[place(i, j) for j in range(3)] for i in range(3)])


def errors(results, exact):
    scale = np.sqrt(np.mean(exact**2))
    apart = [np.asarray(r) - exact for r in results]
    rms = [np.sqrt(np.mean(a**2)) / scale for a in apart]
    most = [np.abs(a).max() / scale for a in apart]
    return f"   rms {rms[0]:.1e} {rms[1]:.1e}, largest {most[0]:.1e} {most[1]:.1e}"


def network(name, layers, batch, training):
    rv.manual_seed(0)
    model = networks.build(nn, replace(WORKLOADS["resnet18"], layers=layers))
    generator = np.random.default_rng(0)
    x = rv.tensor(generator.random((batch, 3, 32, 32)).astype(np.float32))
    y = rv.tensor(generator.integers(0, 10, batch))
    optimizer = rv.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
    criterion = nn.CrossEntropyLoss()

    def step(x, y):
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        loss.backward()
        optimizer.step()
        return loss

    if training:
        compiled = rv.compile(step)
        seconds, _ = both_ways(lambda: compiled(x, y))
    else:
        model.eval()
        with rv.no_grad():
            compiled = rv.compile(lambda x: model(x))
            seconds, _ = both_ways(lambda: compiled(x))
    what = "training step" if training else "inference"
    line(f"{name}, batch {batch}: {what}", seconds)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("what", nargs="*", default=["layers", "networks"])
    chosen = parser.parse_args()
    rv.set_num_threads(chosen.threads)
    print(f"{'':<44} {'direct':>12} {'Winograd':>12}")
    if "layers" in chosen.what:
        for shape in LAYERS:
            layer(*shape)
    if "networks" in chosen.what:
        for name, layers in (("resnet18", RESNET18), ("vgg", VGG)):
            for batch, training in ((32, True), (128, True), (32, False), (1, False)):
                network(name, layers, batch, training)


if __name__ == "__main__":
    main()
