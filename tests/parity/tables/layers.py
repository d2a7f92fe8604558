"""Normalisation, embeddings, products, dropout, and functions beside them."""

from parity.case import (
    ELSEWHERE,
    NO_SECOND,
    function,
    integers,
    layer,
    normal,
    refuses,
    uniform,
    values,
)

TITLE = ("Normalisation, embeddings, products, dropout", "归一化、嵌入、乘积、dropout")

WIDE = (1.3e-6, 1e-4, "second derivatives of a small variance are large")


def normed(name, make, *shape, **options):
    return layer(name, make, normal(*shape), bounds=WIDE, **options)


NORMS = [
    normed("BatchNorm1d/rows", lambda nn: nn.BatchNorm1d(3), 4, 3, 5),
    normed("BatchNorm1d/plain", lambda nn: nn.BatchNorm1d(3, affine=False), 6, 3),
    normed("BatchNorm1d/no bias", lambda nn: nn.BatchNorm1d(3, bias=False), 6, 3),
    normed(
        "BatchNorm1d/no statistics",
        lambda nn: nn.BatchNorm1d(3, track_running_stats=False).eval(),
        6,
        3,
    ),
    normed("BatchNorm1d/nothing", lambda nn: nn.BatchNorm1d(3).eval(), 0, 3),
    normed("BatchNorm2d", lambda nn: nn.BatchNorm2d(3, momentum=0.3), 3, 3, 4, 5),
    normed("BatchNorm2d/mean", lambda nn: nn.BatchNorm2d(3, momentum=None), 3, 3, 4, 5),
    normed("BatchNorm3d", lambda nn: nn.BatchNorm3d(2, eps=1e-3), 2, 2, 3, 4, 2),
    normed("BatchNorm3d/judging", lambda nn: nn.BatchNorm3d(2).eval(), 2, 2, 3, 4, 2),
    normed("InstanceNorm1d", lambda nn: nn.InstanceNorm1d(3, affine=True), 2, 3, 6),
    normed("InstanceNorm2d", lambda nn: nn.InstanceNorm2d(3), 2, 3, 4, 3),
    normed(
        "InstanceNorm2d/tracking",
        lambda nn: nn.InstanceNorm2d(3, affine=True, track_running_stats=True),
        2,
        3,
        4,
        3,
    ),
    normed("InstanceNorm2d/one", lambda nn: nn.InstanceNorm2d(3), 3, 4, 3),
    normed(
        "InstanceNorm3d", lambda nn: nn.InstanceNorm3d(2, affine=True), 2, 2, 3, 2, 2
    ),
    normed("LayerNorm", lambda nn: nn.LayerNorm(6), 3, 6),
    normed("LayerNorm/planes", lambda nn: nn.LayerNorm((3, 4), bias=False), 2, 3, 4),
    normed(
        "LayerNorm/plain", lambda nn: nn.LayerNorm(6, elementwise_affine=False), 3, 6
    ),
    normed("LayerNorm/nothing", lambda nn: nn.LayerNorm(6), 0, 6, native=ELSEWHERE),
    normed("RMSNorm", lambda nn: nn.RMSNorm(6), 3, 6),
    normed("GroupNorm", lambda nn: nn.GroupNorm(2, 4), 2, 4, 3, 5),
    normed("GroupNorm/rows", lambda nn: nn.GroupNorm(3, 6, affine=False), 4, 6),
    layer(
        "LocalResponseNorm", lambda nn: nn.LocalResponseNorm(3, 0.5), normal(2, 6, 3, 2)
    ),
    layer(
        "LocalResponseNorm/even",
        lambda nn: nn.LocalResponseNorm(4, k=2.0),
        normal(2, 6, 3),
    ),
    function(
        "functional.normalize",
        lambda torch, x: torch.nn.functional.normalize(x),
        normal(3, 4),
    ),
    function(
        "functional.normalize/p",
        lambda torch, x: torch.nn.functional.normalize(x, 1.0, 0),
        normal(3, 4),
        native=ELSEWHERE,
    ),
    function(
        "functional.normalize/zero",
        lambda torch, x: torch.nn.functional.normalize(x),
        values([0.0, 0.0], [3.0, 4.0]),
        second="PyTorch's is NaN at 0",
    ),
    refuses(
        "nn.BatchNorm3d/rank",
        lambda torch, x: torch.nn.BatchNorm3d(3)(x),
        normal(2, 3, 4),
    ),
    refuses(
        "nn.BatchNorm2d/channels",
        lambda torch, x: torch.nn.BatchNorm2d(3)(x),
        normal(2, 4, 4, 4),
    ),
    refuses(
        "nn.BatchNorm1d/types",
        lambda torch, x: torch.nn.BatchNorm1d(3)(x.to(torch.float64)),
        normal(4, 3),
    ),
    refuses(
        "nn.LayerNorm/types",
        lambda torch, x: torch.nn.LayerNorm(3)(x.to(torch.float64)),
        normal(4, 3),
    ),
    refuses(
        "nn.GroupNorm/types",
        lambda torch, x: torch.nn.GroupNorm(3, 3)(x.to(torch.float64)),
        normal(4, 3, 2),
    ),
    refuses(
        "nn.InstanceNorm1d/types",
        lambda torch, x: torch.nn.InstanceNorm1d(3, affine=True)(x.to(torch.float64)),
        normal(4, 3, 2),
    ),
    refuses(
        "nn.LocalResponseNorm/rank",
        lambda torch, x: torch.nn.LocalResponseNorm(2)(x),
        normal(4, 3),
    ),
]

PAIRS = [
    layer("Bilinear", lambda nn: nn.Bilinear(3, 4, 2), normal(5, 3), normal(5, 4)),
    layer(
        "Bilinear/many",
        lambda nn: nn.Bilinear(3, 2, 4, bias=False),
        normal(2, 3, 3),
        normal(2, 3, 2),
    ),
    layer("Bilinear/vectors", lambda nn: nn.Bilinear(3, 2, 4), normal(3), normal(2)),
    layer(
        "Bilinear/nothing", lambda nn: nn.Bilinear(3, 2, 4), normal(0, 3), normal(0, 2)
    ),
    layer("Linear/nothing", lambda nn: nn.Linear(3, 2), normal(0, 3)),
    layer("Linear/vector", lambda nn: nn.Linear(3, 2), normal(3)),
    function(
        "functional.pdist",
        lambda torch, x: torch.nn.functional.pdist(x),
        normal(4, 3),
        second=NO_SECOND,
    ),
    function(
        "functional.pdist/p",
        lambda torch, x: torch.nn.functional.pdist(x, 1.0),
        normal(4, 3),
        second=NO_SECOND,
        native=ELSEWHERE,
    ),
    refuses(
        "nn.Bilinear/sizes",
        lambda torch, x, y: torch.nn.Bilinear(3, 4, 2)(x, y),
        normal(5, 3),
        normal(5, 3),
    ),
    refuses(
        "nn.Bilinear/batches",
        lambda torch, x, y: torch.nn.Bilinear(3, 4, 2)(x, y),
        normal(5, 3),
        normal(4, 4),
    ),
    refuses(
        "functional.pdist/rank",
        lambda torch, x: torch.nn.functional.pdist(x),
        normal(4),
    ),
]


def bag(name, make, *draws, **options):
    return layer(f"EmbeddingBag{name}", make, *draws, **options)


NUMBERS, STARTS = values(1, 2, 4, 5, 4, 3, 2, 6), values(0, 3, 3, 7)
ONCE = "PyTorch differentiates it once only"
BAGS = [
    bag("", lambda nn: nn.EmbeddingBag(7, 3), integers(0, 7, 4, 5)),
    bag("/sum", lambda nn: nn.EmbeddingBag(7, 3, mode="sum"), integers(0, 7, 4, 5)),
    bag(
        "/max",
        lambda nn: nn.EmbeddingBag(7, 3, mode="max"),
        integers(0, 7, 4, 5),
        second=ONCE,
    ),
    bag("/starts", lambda nn: nn.EmbeddingBag(7, 3), NUMBERS, STARTS),
    bag("/starts sum", lambda nn: nn.EmbeddingBag(7, 3, mode="sum"), NUMBERS, STARTS),
    bag(
        "/starts max",
        lambda nn: nn.EmbeddingBag(7, 3, mode="max"),
        NUMBERS,
        STARTS,
        second=ONCE,
    ),
    bag(
        "/end",
        lambda nn: nn.EmbeddingBag(7, 3, mode="sum", include_last_offset=True),
        NUMBERS,
        values(0, 3, 3, 8),
        native=ELSEWHERE,
    ),
    *(
        bag(
            f"/padding {mode}",
            lambda nn, mode=mode: nn.EmbeddingBag(7, 3, mode=mode, padding_idx=4),
            NUMBERS,
            STARTS,
            second=ONCE if mode == "max" else True,
        )
        for mode in ("sum", "mean", "max")
    ),
    bag(
        "/padding rows",
        lambda nn: nn.EmbeddingBag(7, 3, padding_idx=0),
        values([0, 1, 2], [0, 0, 0]),
    ),
    function(
        "functional.embedding_bag/weights",
        lambda torch, index, table, starts, share: torch.nn.functional.embedding_bag(
            index, table, starts, mode="sum", per_sample_weights=share
        ),
        NUMBERS,
        normal(7, 3),
        STARTS,
        uniform(0.1, 1.0, 8),
        second=ONCE,
    ),
    layer("Embedding", lambda nn: nn.Embedding(7, 3), integers(0, 7, 2, 4)),
    layer("Embedding/padding", lambda nn: nn.Embedding(7, 3, 2), integers(0, 7, 2, 4)),
    layer("Embedding/nothing", lambda nn: nn.Embedding(7, 3), integers(0, 7, 0)),
    refuses(
        "nn.EmbeddingBag/no starts",
        lambda torch, x: torch.nn.EmbeddingBag(7, 3)(x),
        integers(0, 7, 4),
    ),
    refuses(
        "nn.EmbeddingBag/starts of rows",
        lambda torch, x, y: torch.nn.EmbeddingBag(7, 3)(x, y),
        integers(0, 7, 4, 2),
        values(0, 1),
    ),
    refuses(
        "nn.EmbeddingBag/first start",
        lambda torch, x, y: torch.nn.EmbeddingBag(7, 3)(x, y),
        integers(0, 7, 4),
        values(1, 2),
    ),
    refuses(
        "nn.EmbeddingBag/number",
        lambda torch, x: torch.nn.EmbeddingBag(7, 3)(x),
        values([0, 7]),
    ),
    refuses(
        "functional.embedding_bag/weights of a mean",
        lambda torch, x, w: torch.nn.functional.embedding_bag(
            x, w, mode="mean", per_sample_weights=torch.ones(2, 2)
        ),
        integers(0, 7, 2, 2),
        normal(7, 3),
    ),
]

JUDGING = [
    layer(
        f"{name}/judging",
        lambda nn, name=name: getattr(nn, name)(0.4).eval(),
        normal(2, 3, 4, 2, 2),
        native="nothing happens",
    )
    for name in ("Dropout", "Dropout3d", "AlphaDropout", "FeatureAlphaDropout")
] + [
    layer("Dropout/all", lambda nn: nn.Dropout(1.0), normal(2, 3)),
    layer("AlphaDropout/all", lambda nn: nn.AlphaDropout(1.0), normal(2, 3)),
    refuses("nn.Dropout/p", lambda torch, x: torch.nn.Dropout(1.5)(x), normal(2)),
    refuses(
        "nn.Dropout3d/p",
        lambda torch, x: torch.nn.Dropout3d(-0.5)(x),
        normal(2, 1, 1, 1),
    ),
]

CASES = NORMS + PAIRS + BAGS + JUDGING
