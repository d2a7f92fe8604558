"""Convolutions, pooling, borders and resizing of rows, pictures and volumes."""

from parity.case import ELSEWHERE, distinct, function, integers, layer, normal, refuses

TITLE = ("Convolutions, pooling, borders, resizing", "卷积、池化、边界、缩放")

ROW, PICTURE, VOLUME = (2, 3, 9), (2, 2, 6, 5), (1, 2, 4, 5, 4)


def pooled(name, make, *shape, **options):
    return layer(name, make, distinct(*shape), **options)


CONVOLUTIONS = [
    layer(
        f"Conv{len(shape) - 2}d/{mode}",
        lambda nn, mode=mode, shape=shape: getattr(nn, f"Conv{len(shape) - 2}d")(
            shape[1], 3, 3, padding=2, padding_mode=mode, stride=2
        ),
        normal(*shape),
        native=True if len(shape) == 4 or mode == "zeros" else ELSEWHERE,
    )
    for shape in (ROW, PICTURE, VOLUME)
    for mode in ("zeros", "reflect", "replicate", "circular")
] + [
    layer(
        "Conv2d/same reflect",
        lambda nn: nn.Conv2d(2, 2, (2, 4), padding="same", padding_mode="reflect"),
        normal(*PICTURE),
    ),
    layer("Conv2d/no picture", lambda nn: nn.Conv2d(3, 2, 3), normal(0, 3, 6, 7)),
    layer("Conv2d/groups", lambda nn: nn.Conv2d(4, 6, 3, groups=2), normal(1, 4, 5, 6)),
    layer(
        "ConvTranspose2d/output size",
        lambda nn: Sized(nn.ConvTranspose2d(2, 3, 3, stride=2), (2, 3, 14, 11)),
        normal(*PICTURE),
    ),
]


class Sized:
    """A layer that is asked for a size when it is called."""

    def __init__(self, layer, size):
        self.layer = layer
        self.size = size
        self.state_dict = layer.state_dict
        self.load_state_dict = layer.load_state_dict
        self.parameters = layer.parameters
        self.buffers = layer.buffers

    def to(self, dtype):
        self.layer.to(dtype)
        return self

    def __call__(self, x):
        return self.layer(x, output_size=self.size)


POOLING = [
    pooled("MaxPool1d", lambda nn: nn.MaxPool1d(3, 2, 1), *ROW),
    pooled(
        "MaxPool1d/dilated", lambda nn: nn.MaxPool1d(2, 1, 0, 3), *ROW, native=ELSEWHERE
    ),
    pooled("MaxPool2d", lambda nn: nn.MaxPool2d(2), *PICTURE),
    pooled(
        "MaxPool2d/ceil", lambda nn: nn.MaxPool2d(3, 2, 1, ceil_mode=True), *PICTURE
    ),
    pooled("MaxPool2d/one picture", lambda nn: nn.MaxPool2d((1, 3)), 3, 6, 7),
    pooled(
        "MaxPool2d/places",
        lambda nn: nn.MaxPool2d(2, return_indices=True),
        *PICTURE,
        native=ELSEWHERE,
    ),
    pooled("MaxPool2d/no picture", lambda nn: nn.MaxPool2d(2), 0, 3, 6, 7),
    pooled("MaxPool3d", lambda nn: nn.MaxPool3d(2), *VOLUME),
    pooled("MaxPool3d/overlapping", lambda nn: nn.MaxPool3d((2, 3, 2), 1, 1), *VOLUME),
    pooled(
        "MaxPool3d/places",
        lambda nn: nn.MaxPool3d(2, return_indices=True),
        *VOLUME,
        native=ELSEWHERE,
    ),
    layer("AvgPool1d", lambda nn: nn.AvgPool1d(3, 2, 1), normal(*ROW)),
    layer(
        "AvgPool2d",
        lambda nn: nn.AvgPool2d((3, 2), divisor_override=5),
        normal(*PICTURE),
    ),
    layer(
        "AvgPool2d/inside",
        lambda nn: nn.AvgPool2d(3, 2, 1, ceil_mode=True, count_include_pad=False),
        normal(*PICTURE),
    ),
    layer("AvgPool3d", lambda nn: nn.AvgPool3d(2), normal(*VOLUME)),
    layer(
        "AvgPool3d/ceil",
        lambda nn: nn.AvgPool3d((2, 3, 2), 2, 1, ceil_mode=True),
        normal(*VOLUME),
    ),
    layer("LPPool1d", lambda nn: nn.LPPool1d(2, 3, 2), normal(*ROW)),
    layer("LPPool2d", lambda nn: nn.LPPool2d(2, (3, 2)), normal(*PICTURE)),
    layer(
        "LPPool2d/ceil",
        lambda nn: nn.LPPool2d(4, 3, 2, ceil_mode=True),
        normal(*PICTURE),
        second="a fourth root of sums near 0",
        bounds=(1e-5, 1e-5, "a fourth root of fourth powers"),
    ),
    layer("LPPool3d", lambda nn: nn.LPPool3d(2, 2), normal(*VOLUME)),
    layer("AdaptiveAvgPool1d", lambda nn: nn.AdaptiveAvgPool1d(4), normal(*ROW)),
    layer(
        "AdaptiveAvgPool2d",
        lambda nn: nn.AdaptiveAvgPool2d((4, None)),
        normal(*PICTURE),
    ),
    layer(
        "AdaptiveAvgPool2d/whole", lambda nn: nn.AdaptiveAvgPool2d(1), normal(*PICTURE)
    ),
    layer(
        "AdaptiveAvgPool3d", lambda nn: nn.AdaptiveAvgPool3d((2, 3, 4)), normal(*VOLUME)
    ),
    pooled("AdaptiveMaxPool1d", lambda nn: nn.AdaptiveMaxPool1d(4), *ROW),
    pooled("AdaptiveMaxPool2d", lambda nn: nn.AdaptiveMaxPool2d((3, 2)), *PICTURE),
    pooled("AdaptiveMaxPool3d", lambda nn: nn.AdaptiveMaxPool3d((2, 5, 3)), *VOLUME),
    layer("Unfold", lambda nn: nn.Unfold((2, 3), 1, 1, 2), normal(*PICTURE)),
    layer(
        "Fold", lambda nn: nn.Fold((5, 6), 2, padding=1, stride=2), normal(2, 12, 12)
    ),
    refuses(
        "nn.MaxPool3d/rank", lambda torch, x: torch.nn.MaxPool3d(2)(x), normal(3, 4, 5)
    ),
    refuses(
        "nn.MaxPool2d/wide border",
        lambda torch, x: torch.nn.MaxPool2d(2, padding=2)(x),
        normal(*PICTURE),
    ),
    refuses(
        "nn.AvgPool2d/divisor",
        lambda torch, x: torch.nn.AvgPool2d(2, divisor_override=0)(x),
        normal(*PICTURE),
    ),
    refuses(
        "nn.Fold/columns",
        lambda torch, x: torch.nn.Fold((4, 4), 2)(x),
        normal(2, 12, 7),
    ),
]

EVERY = (1, 2, 0, 1, 2, 1)
PADDING = [
    layer(
        f"{kind}Pad{rank}d",
        lambda nn, kind=kind, rank=rank: getattr(nn, f"{kind}Pad{rank}d")(
            EVERY[: 2 * rank], *([1.5] if kind == "Constant" else [])
        ),
        normal(*(ROW, PICTURE, VOLUME)[rank - 1]),
    )
    for kind in ("Zero", "Constant", "Reflection", "Replication", "Circular")
    for rank in (1, 2, 3)
] + [
    layer("ZeroPad2d/cut", lambda nn: nn.ZeroPad2d((-1, 2, 0, -2)), normal(*PICTURE)),
    layer(
        "ReflectionPad2d/one picture", lambda nn: nn.ReflectionPad2d(2), normal(3, 5, 6)
    ),
    layer("ConstantPad1d/any rank", lambda nn: nn.ConstantPad1d(1, 2.0), normal(4)),
    layer(
        "ReplicationPad2d/no picture",
        lambda nn: nn.ReplicationPad2d(1),
        normal(0, 3, 4, 5),
    ),
    refuses(
        "nn.ReflectionPad1d/wide",
        lambda torch, x: torch.nn.ReflectionPad1d(9)(x),
        normal(*ROW),
    ),
    refuses(
        "nn.CircularPad1d/wide",
        lambda torch, x: torch.nn.CircularPad1d(10)(x),
        normal(*ROW),
    ),
    refuses(
        "nn.ReplicationPad2d/rank",
        lambda torch, x: torch.nn.ReplicationPad2d(1)(x),
        normal(3, 4),
    ),
]


def resized(name, *shape, **options):
    """interpolate with these options."""
    extra = {k: options.pop(k) for k in ("native", "second", "bounds") if k in options}

    def call(torch, x):
        return torch.nn.functional.interpolate(x, **options)

    return function(f"functional.interpolate/{name}", call, normal(*shape), **extra)


RESIZING = [
    resized("double", *PICTURE, scale_factor=2),
    resized("size", *PICTURE, size=(9, 4)),
    resized("rows", *ROW, size=5, native=ELSEWHERE),
    resized("volumes", *VOLUME, scale_factor=(2, 1, 1.5)),
    resized("part", *PICTURE, scale_factor=1.7, native=ELSEWHERE),
    resized(
        "again",
        *PICTURE,
        scale_factor=1.7,
        recompute_scale_factor=True,
        mode="bilinear",
        native=ELSEWHERE,
    ),
    resized("exact", *PICTURE, size=(9, 4), mode="nearest-exact"),
    resized("area", *PICTURE, size=(4, 3), mode="area"),
    resized("linear", *ROW, size=14, mode="linear"),
    resized(
        "linear corners",
        *ROW,
        size=14,
        mode="linear",
        align_corners=True,
        native=ELSEWHERE,
    ),
    resized("bilinear", *PICTURE, scale_factor=2, mode="bilinear"),
    resized("smaller", *PICTURE, size=(4, 3), mode="bilinear", native=ELSEWHERE),
    resized(
        "bilinear corners", *PICTURE, size=(11, 5), mode="bilinear", align_corners=True
    ),
    resized(
        "bilinear part",
        *PICTURE,
        scale_factor=(1.5, 0.7),
        mode="bilinear",
        native=ELSEWHERE,
    ),
    resized(
        "one place",
        *PICTURE,
        size=1,
        mode="bilinear",
        align_corners=True,
        native=ELSEWHERE,
    ),
    resized("trilinear", *VOLUME, scale_factor=1.5, mode="trilinear", native=ELSEWHERE),
    resized("bicubic", *PICTURE, size=(9, 5), mode="bicubic"),
    resized(
        "bicubic corners",
        *PICTURE,
        scale_factor=1.6,
        mode="bicubic",
        align_corners=True,
        native=ELSEWHERE,
    ),
    resized("no picture", 0, 3, 4, 5, scale_factor=2, native=ELSEWHERE),
    function(
        "functional.interpolate/whole numbers",
        lambda torch, x: torch.nn.functional.interpolate(
            x.to(torch.uint8), scale_factor=2
        ),
        integers(0, 9, 1, 1, 2, 3),
        native=ELSEWHERE,
    ),
    layer(
        "Upsample",
        lambda nn: nn.Upsample(scale_factor=2, mode="bilinear"),
        normal(*PICTURE),
    ),
    layer(
        "Upsample/size",
        lambda nn: nn.Upsample((3, 5)),
        normal(*PICTURE),
        native=ELSEWHERE,
    ),
    layer(
        "UpsamplingNearest2d",
        lambda nn: nn.UpsamplingNearest2d(scale_factor=3),
        normal(*PICTURE),
    ),
    layer(
        "UpsamplingBilinear2d",
        lambda nn: nn.UpsamplingBilinear2d((9, 8)),
        normal(*PICTURE),
    ),
    layer("PixelShuffle", lambda nn: nn.PixelShuffle(2), normal(2, 8, 3, 5)),
    layer(
        "PixelShuffle/front",
        lambda nn: nn.PixelShuffle(3),
        normal(2, 2, 9, 1, 2),
        native=ELSEWHERE,
    ),
    layer("PixelUnshuffle", lambda nn: nn.PixelUnshuffle(2), normal(2, 3, 4, 6)),
    layer("ChannelShuffle", lambda nn: nn.ChannelShuffle(3), normal(2, 6, 3, 2)),
    refuses(
        "nn.PixelShuffle/channels",
        lambda torch, x: torch.nn.PixelShuffle(2)(x),
        normal(2, 6, 3, 3),
    ),
    refuses(
        "nn.PixelUnshuffle/size",
        lambda torch, x: torch.nn.PixelUnshuffle(2)(x),
        normal(2, 6, 3, 4),
    ),
    refuses(
        "nn.ChannelShuffle/channels",
        lambda torch, x: torch.nn.ChannelShuffle(4)(x),
        normal(2, 6, 3, 4),
    ),
    refuses(
        "functional.interpolate/both",
        lambda torch, x: torch.nn.functional.interpolate(x, size=3, scale_factor=2),
        normal(*PICTURE),
    ),
    refuses(
        "functional.interpolate/neither",
        lambda torch, x: torch.nn.functional.interpolate(x),
        normal(*PICTURE),
    ),
    refuses(
        "functional.interpolate/corners of nearest",
        lambda torch, x: torch.nn.functional.interpolate(x, 3, align_corners=True),
        normal(*PICTURE),
    ),
    refuses(
        "functional.interpolate/rank",
        lambda torch, x: torch.nn.functional.interpolate(x, 3, mode="bilinear"),
        normal(*ROW),
    ),
    refuses(
        "functional.interpolate/sizes",
        lambda torch, x: torch.nn.functional.interpolate(x, (3, 4, 5)),
        normal(*PICTURE),
    ),
]

CASES = CONVOLUTIONS + POOLING + PADDING + RESIZING
