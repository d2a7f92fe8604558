"""Winograd's F(2x2, 3x3) written with Ranvier's own functions, beside the convolution.

    python benchmarks/winograd.py

One thread, forward only, the kernel's transform made beforehand; the best of several
alternating calls. It says whether a rule of the compiler that makes this of a
convolution would pay, before anybody writes one (Lavin and Gray, CVPR 2016, arXiv
1509.09308).
"""

from time import perf_counter

import numpy as np

import ranvier as rv
from ranvier.nn import functional as F

SHAPES = ((32, 32, 64), (32, 16, 128), (32, 8, 256), (32, 4, 512))
KERNEL = np.array([[1, 0, 0], [0.5, 0.5, 0.5], [0.5, -0.5, 0.5], [0, 0, 1]])
CALLS = 9


def inputs(v):
    """Bᵀ d along one direction."""
    return [v[0] - v[2], v[1] + v[2], v[2] - v[1], v[1] - v[3]]


def outputs(v):
    """Aᵀ m along one direction."""
    return [v[0] + v[1] + v[2], v[1] - v[2] - v[3]]


def winograd(x, kernels):
    """(N, H, H, C) with kernels (16, C, O) → (N, H, H, O), padding 1, H even."""
    images, size, _, channels = x.shape
    tiles = size // 2
    wide = F.pad(x, (0, 0, 1, 1, 1, 1))
    end = 2 * tiles - 1
    d = [
        [wide[:, i : i + end : 2, j : j + end : 2] for j in range(4)] for i in range(4)
    ]
    down = [inputs([d[i][j] for i in range(4)]) for j in range(4)]
    v = [inputs([down[j][a] for j in range(4)]) for a in range(4)]
    rows = images * tiles * tiles
    v = rv.stack([v[a][b].reshape(rows, channels) for a in range(4) for b in range(4)])
    m = rv.matmul(v, kernels)
    up = [outputs([m[4 * a + b] for a in range(4)]) for b in range(4)]
    y = [outputs([up[b][i] for b in range(4)]) for i in range(2)]
    shape = (images, tiles, tiles, kernels.shape[-1])
    y = rv.stack([rv.stack([p.reshape(*shape) for p in row], 3) for row in y], 2)
    return y.reshape(images, size, size, kernels.shape[-1])


def compare(images, size, channels):
    generator = np.random.default_rng(0)
    shape = (channels, channels, 3, 3)
    w = generator.standard_normal(shape) / np.sqrt(9 * channels)
    kernels = np.einsum("ai,bj,ocij->abco", KERNEL, KERNEL, w)
    kernels = rv.tensor(kernels.reshape(16, channels, channels).astype(np.float32))
    weight = rv.tensor(w.astype(np.float32))
    x = rv.tensor(
        generator.standard_normal((images, size, size, channels)).astype(np.float32)
    )
    straight = rv.compile(
        lambda x: F.conv2d(x.permute(0, 3, 1, 2), weight, padding=1).permute(0, 2, 3, 1)
    )
    turned = rv.compile(lambda x: winograd(x, kernels))
    difference = np.abs(np.asarray(straight(x)) - np.asarray(turned(x))).max()
    times = [
        [timed(function, x) for function in (straight, turned)] for _ in range(CALLS)
    ]
    a, b = np.min(times, axis=0) * 1e3
    print(
        f"{images}x{size}x{size}x{channels}: convolution {a:.1f} ms, Winograd "
        f"{b:.1f} ms, {a / b:.2f}x, largest difference {difference:.1e}"
    )


def timed(function, x):
    begin = perf_counter()
    function(x)
    return perf_counter() - begin


if __name__ == "__main__":
    rv.set_num_threads(1)
    with rv.no_grad():
        for shape in SHAPES:
            compare(*shape)
