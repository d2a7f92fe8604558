"""Pictures read at any places, unpooling, values combined by place, lazy layers."""

from parity.case import (
    ELSEWHERE,
    Case,
    distinct,
    function,
    integers,
    normal,
    refuses,
    uniform,
    values,
)

TITLE = (
    "Places: grids, unpooling, reduction by number",
    "位置：网格、反池化、按编号归约",
)

KINK = "PyTorch differentiates it once only"
NO_NUMBER = "it is whole numbers"


def grid(name, call, *draws, second=KINK, **options):
    return function(f"nn.functional.{name}", call, *draws, second=second, **options)


def sampled(mode, border, corners, *draws, **options):
    where = "corners" if corners else "edges"
    return grid(
        f"grid_sample/{len(draws)}{mode} {border} {where}",
        lambda torch, x, g: torch.nn.functional.grid_sample(
            x, g, mode=mode, padding_mode=border, align_corners=corners
        ),
        *draws,
        **options,
    )


PICTURE, PLACES = normal(2, 3, 5, 4), uniform(-1.7, 1.7, 2, 3, 4, 2)
FIRST = {("bilinear", "zeros", False), ("bicubic", "reflection", True)}
FIRST |= {("nearest", "border", False)}
GRIDS = (
    [
        sampled(
            mode,
            border,
            corners,
            PICTURE,
            PLACES,
            native=True if (mode, border, corners) in FIRST else ELSEWHERE,
            bounds=(1.3e-6, 3e-5, "places of up to 4 with an error of 1e-6 each"),
        )
        for mode in ("bilinear", "nearest", "bicubic")
        for border in ("zeros", "border", "reflection")
        for corners in (False, True)
    ]
    + [
        grid(
            f"grid_sample/volume {mode}",
            lambda torch, x, g, mode=mode: torch.nn.functional.grid_sample(
                x, g, mode=mode, align_corners=False
            ),
            normal(2, 2, 3, 4, 3),
            uniform(-1.3, 1.3, 2, 2, 3, 2, 3),
            native=ELSEWHERE,
            bounds=(1.3e-6, 3e-5, "places of up to 4 with an error of 1e-6 each"),
        )
        for mode in ("bilinear", "nearest")
    ]
    + [
        grid(
            f"affine_grid/{'corners' if corners else 'edges'} {len(size)}",
            lambda torch, t, size=size, corners=corners: (
                torch.nn.functional.affine_grid(t, size, align_corners=corners)
            ),
            normal(2, len(size) - 2, len(size) - 1),
            native=True if corners else ELSEWHERE,
        )
        for size in ((2, 3, 4, 5), (2, 1, 2, 3, 2))
        for corners in (False, True)
    ]
)


def unpooled(rank, *shape, native=ELSEWHERE, size=None, **options):
    def make(torch):
        pool = getattr(torch.nn, f"MaxPool{rank}d")(return_indices=True, **options)
        back = getattr(torch.nn, f"MaxUnpool{rank}d")(**options)

        def call(x):
            y, places = pool(x)
            return back(y * 2, places, output_size=size), y

        return call

    name = f"nn.MaxUnpool{rank}d/{'x'.join(map(str, shape))}"
    return Case(name, make, (distinct(*shape),), native=native)


UNPOOLING = [
    unpooled(1, 2, 3, 8, kernel_size=2),
    unpooled(2, 2, 2, 6, 4, kernel_size=2, native=True),
    unpooled(2, 2, 7, 5, kernel_size=2, size=(2, 7, 5)[1:]),
    unpooled(2, 1, 2, 6, 9, kernel_size=(2, 3), stride=(2, 3)),
    unpooled(3, 1, 2, 4, 4, 2, kernel_size=2),
]

REDUCED = (
    [
        function(
            f"scatter_reduce/{reduce}{'' if own else ', without self'}",
            lambda torch, x, i, v, reduce=reduce, own=own: x.scatter_reduce(
                1, i, v, reduce, include_self=own
            ),
            normal(3, 4),
            integers(0, 4, 3, 5),
            distinct(3, 5),
            native=True if own else ELSEWHERE,
            second=True if reduce in ("sum", "mean") else KINK,
        )
        for reduce in ("sum", "prod", "mean", "amax", "amin")
        for own in (True, False)
    ]
    + [
        function(
            "scatter_reduce/ties",
            lambda torch, x, v: torch.scatter_reduce(
                x, 0, torch.tensor([0, 0, 1, 1, 0]), v, "amax"
            ),
            values(1.0, 2.0, 3.0),
            values(1.0, 1.0, 2.0, 5.0, 0.5),
            native=ELSEWHERE,
            second=KINK,
        ),
        function(
            "scatter_reduce/smaller index",
            lambda torch, x, i, v: x.scatter_reduce(0, i, v, "prod"),
            normal(4, 3),
            integers(0, 4, 2, 2),
            normal(3, 2),
            native=ELSEWHERE,
            gradient="PyTorch's is an error",
        ),
        function(
            "scatter_reduce/whole numbers",
            lambda torch, x, i, v: [
                x.scatter_reduce(0, i, v, reduce, include_self=False)
                for reduce in ("sum", "amax", "amin", "prod")
            ],
            integers(-5, 5, 4),
            integers(0, 4, 9),
            integers(-5, 5, 9),
            native=ELSEWHERE,
            gradient=NO_NUMBER,
        ),
    ]
    + [
        function(
            f"index_reduce/{reduce}",
            lambda torch, x, v, reduce=reduce: x.index_reduce(
                1, torch.tensor([0, 2, 2, 1]), v, reduce, include_self=reduce != "amin"
            ),
            distinct(3, 4),
            distinct(3, 4),
            native=True if reduce == "amax" else ELSEWHERE,
            second=KINK,
        )
        for reduce in ("prod", "mean", "amax", "amin")
    ]
)


class Grown:
    """A lazy layer after its first call."""

    def __init__(self, layer, shape, torch):
        layer(torch.zeros(shape))
        self.layer = layer

    def __getattr__(self, name):
        return getattr(self.layer, name)

    def __call__(self, x):
        return self.layer(x)

    def to(self, dtype):
        self.layer.to(dtype)
        return self


def lazy(name, make, *shape, native=ELSEWHERE):
    return Case(
        f"nn.{name}",
        lambda torch: Grown(make(torch.nn), shape, torch),
        (normal(*shape),),
        native=native,
    )


LAZY = [
    lazy("LazyLinear", lambda nn: nn.LazyLinear(4), 3, 5, native=True),
    lazy("LazyConv1d", lambda nn: nn.LazyConv1d(4, 3), 2, 3, 6),
    lazy("LazyConv2d", lambda nn: nn.LazyConv2d(4, 3, groups=2), 2, 4, 5, 6),
    lazy("LazyConv3d", lambda nn: nn.LazyConv3d(2, 2), 1, 3, 3, 4, 3),
    lazy("LazyConvTranspose1d", lambda nn: nn.LazyConvTranspose1d(2, 3), 2, 3, 4),
    lazy("LazyConvTranspose2d", lambda nn: nn.LazyConvTranspose2d(2, 3), 2, 3, 4, 3),
    lazy("LazyBatchNorm1d", lambda nn: nn.LazyBatchNorm1d(), 5, 3),
    lazy("LazyBatchNorm2d", lambda nn: nn.LazyBatchNorm2d(momentum=0.3), 4, 3, 2, 2),
    lazy(
        "LazyInstanceNorm2d",
        lambda nn: nn.LazyInstanceNorm2d(affine=True),
        2,
        3,
        3,
        4,
    ),
]

REFUSED = [
    refuses(
        "nn.functional.grid_sample/mode",
        lambda torch, x, g: torch.nn.functional.grid_sample(x, g, mode="cubic"),
        PICTURE,
        PLACES,
    ),
    refuses(
        "nn.functional.grid_sample/border",
        lambda torch, x, g: torch.nn.functional.grid_sample(
            x, g, padding_mode="mirror"
        ),
        PICTURE,
        PLACES,
    ),
    refuses(
        "nn.functional.grid_sample/grid",
        lambda torch, x, g: torch.nn.functional.grid_sample(x, g[..., :1]),
        PICTURE,
        PLACES,
    ),
    refuses(
        "nn.functional.grid_sample/batch",
        lambda torch, x, g: torch.nn.functional.grid_sample(x, g[:1]),
        PICTURE,
        PLACES,
    ),
    refuses(
        "nn.functional.affine_grid/size",
        lambda torch, t: torch.nn.functional.affine_grid(t, (1, 2, 3)),
        normal(1, 2, 3),
    ),
    refuses(
        "nn.MaxUnpool2d/indices",
        lambda torch, x: torch.nn.MaxUnpool2d(2)(
            x, torch.zeros(1, 1, 2, 3, dtype=torch.int64)
        ),
        normal(1, 1, 2, 2),
    ),
    refuses(
        "nn.MaxUnpool2d/output size",
        lambda torch, x: torch.nn.MaxUnpool2d(2)(
            *torch.nn.MaxPool2d(2, return_indices=True)(x), output_size=(9, 4)
        ),
        normal(1, 1, 4, 4),
    ),
    refuses(
        "scatter_reduce/reduce",
        lambda torch, x: x.scatter_reduce(0, torch.tensor([0, 1]), x, "median"),
        normal(2),
    ),
    refuses(
        "scatter_reduce/number out of range",
        lambda torch, x: x.scatter_reduce(0, torch.tensor([0, 2]), x, "sum"),
        normal(2),
    ),
    refuses(
        "nn.LazyConv2d/dimensions",
        lambda torch, x: torch.nn.LazyConv2d(2, 1)(x),
        normal(2, 2),
    ),
]

CASES = [*GRIDS, *UNPOOLING, *REDUCED, *LAZY, *REFUSED]
