"""Losses: every option, every reduction, targets of every kind."""

from functools import partial

from parity.case import (
    NO_SECOND,
    Case,
    function,
    integers,
    layer,
    normal,
    refuses,
    uniform,
    values,
)

TITLE = ("Losses, distances, initial values", "损失函数、距离与初始值")

AT_ZERO = "PyTorch gives NaN at 0"
AT_EDGES = "PyTorch's is no derivative at 0 and 1"
NAN = "a mean over nothing is NaN, which stops a compiled step"
ONCE = "values written once, before training"
SETTINGS = ("gradient", "second", "native", "bounds")


def loss(name, *draws, refused=False, special="", **options):
    """A row for the function `name` of PyTorch's nn.functional.

    Tuples among the options become tensors of the first input's type.
    """

    def call(torch, x, *rest):
        made = {
            key: torch.tensor(value).to(x.dtype) if isinstance(value, tuple) else value
            for key, value in options.items()
            if key not in SETTINGS
        }
        return getattr(torch.nn.functional, name)(x, *rest, **made)

    settings = {k: v for k, v in options.items() if k in SETTINGS}
    said = [f"{k}={v}" for k, v in options.items() if k not in settings]
    full = "/".join(filter(None, (f"nn.functional.{name}", special, *said)))
    if refused:
        return refuses(full, call, *draws)
    return function(full, call, *draws, **settings)


def signs(*shape):
    """1 and -1 as integers: no gradient flows to them."""
    return lambda rng: 2 * rng.integers(0, 2, shape) - 1


def chances(*shape):
    """Rows of probabilities."""

    def draw(rng):
        p = rng.uniform(0.05, 1.0, shape)
        return p / p.sum(1, keepdims=True)

    return draw


x, many = normal(4, 5), normal(2, 3, 4)
y = values(0, 4, 2, 3)
image, labels = normal(2, 5, 3, 2), integers(0, 5, 2, 3, 2)
W5 = (0.5, 1.25, 2.0, 0.75, 1.5)
REDUCTIONS = ("mean", "sum", "none")

# ---- numbers and numbers -------------------------------------------------------------

REGRESSION = [
    *(
        layer(name, make, many, normal(2, 3, 4))
        for name, make in {
            "MSELoss": lambda nn: nn.MSELoss(),
            "L1Loss": lambda nn: nn.L1Loss(),
            "SmoothL1Loss": lambda nn: nn.SmoothL1Loss(beta=0.6),
            "HuberLoss": lambda nn: nn.HuberLoss(delta=0.7),
        }.items()
    ),
    *(loss("mse_loss", many, normal(2, 3, 4), reduction=r) for r in REDUCTIONS[1:]),
    *(loss("l1_loss", many, normal(2, 3, 4), reduction=r) for r in REDUCTIONS[1:]),
    loss("mse_loss", normal(0, 3), normal(0, 3), special="empty", native=NAN),
    loss("mse_loss", normal(), normal(), special="no dimensions"),
    loss("mse_loss", normal(3), integers(-2, 3, 3), special="integers"),
    loss("mse_loss", normal(3), normal(3), weight=(0.5, 1.0, 2.0)),
    loss("l1_loss", normal(3), normal(3), weight=(0.5, 1.0, 2.0)),
    loss("l1_loss", values(1.0, 2.0), values(1.0, 3.0), special="equal"),
    loss("smooth_l1_loss", x, normal(4, 5), reduction="none", beta=0.0),
    loss("smooth_l1_loss", x, normal(4, 5), reduction="sum", beta=2.0),
    loss("huber_loss", x, normal(4, 5), reduction="none", delta=1.3),
    loss("huber_loss", normal(3), normal(3), weight=(0.5, 1.0, 2.0), delta=0.4),
    function(
        "nn.functional.mse_loss/transposed",
        lambda torch, a, b: torch.nn.functional.mse_loss(a.t(), b),
        normal(3, 4),
        normal(4, 3),
    ),
]

# ---- scores and class numbers --------------------------------------------------------

ce, nll = partial(loss, "cross_entropy"), partial(loss, "nll_loss")
smooth = {"label_smoothing": 0.2}
CLASSES = [
    layer("CrossEntropyLoss", lambda nn: nn.CrossEntropyLoss(), x, y),
    layer("NLLLoss", lambda nn: nn.NLLLoss(), x, y),
    *(ce(x, y, reduction=r) for r in REDUCTIONS[1:]),
    *(ce(image, labels, reduction=r, weight=W5, **smooth) for r in REDUCTIONS),
    *(ce(x, values(0, 2, 2, 3), reduction=r, ignore_index=2) for r in REDUCTIONS),
    ce(x, values(0, 2, 2, 3), ignore_index=2, weight=W5, **smooth),
    ce(x, values(1, -100, -100, 3), reduction="none", **smooth),
    ce(x, values(-100, -100, -100, -100), special="all ignored", native=NAN),
    ce(x, values(-100, -100, -100, -100), special="all ignored", reduction="sum"),
    ce(normal(5), integers(0, 5), special="one row"),
    ce(normal(2, 5, 3, 2, 2), integers(0, 5, 2, 3, 2, 2), special="deep"),
    ce(normal(0, 5), integers(0, 5, 0), special="empty", native=NAN),
    ce(normal(0, 5), integers(0, 5, 0), special="empty", reduction="sum"),
    ce(lambda rng: 60 * rng.normal(size=(4, 5)), y, special="large"),
    *(ce(x, chances(4, 5), special="chances", reduction=r) for r in REDUCTIONS),
    ce(x, chances(4, 5), special="chances", weight=W5, **smooth),
    ce(image, chances(2, 5, 3, 2), special="chances", reduction="none", weight=W5),
    ce(normal(5), uniform(0.0, 0.4, 5), special="chances of one row"),
    nll(x, y, weight=W5, reduction="none"),
    nll(image, labels, weight=W5),
    nll(image, labels, ignore_index=1, weight=W5, reduction="sum"),
    nll(normal(5), integers(0, 5), reduction="none"),
    ce(x, values(0, 1, 2, 5), refused=True, special="label out of range"),
    ce(x, values(0, 1, 2), refused=True, special="rows"),
    ce(x, normal(4), refused=True, special="labels of floats"),
    ce(x, chances(4, 5), refused=True, ignore_index=1, special="chances"),
    ce(x, y, refused=True, label_smoothing=2.0),
    ce(x, y, refused=True, weight=(1.0, 2.0)),
    ce(x, y, refused=True, reduction="avg"),
    nll(x, values(0, 1, 2, -1), refused=True, special="label out of range"),
]

# ---- yes or no -----------------------------------------------------------------------

bce = partial(loss, "binary_cross_entropy")
logits = partial(loss, "binary_cross_entropy_with_logits")
p, t = uniform(0.05, 0.95, 4, 5), uniform(0.0, 1.0, 4, 5)
yes = integers(0, 2, 4, 5)


edges = values(0.0, 1.0, 0.0, 1.0, 0.5)


def as_float(name, **options):
    """With whole numbers as the target, in the type of the prediction."""

    def call(torch, x, y):
        return getattr(torch.nn.functional, name)(x, y.to(x.dtype), **options)

    said = [f"{k}={v}" for k, v in options.items()]
    full = "/".join([f"nn.functional.{name}", "whole numbers", *said])
    return partial(function, full, call)


BINARY = [
    layer("BCELoss", lambda nn: nn.BCELoss(), p, t),
    layer("BCEWithLogitsLoss", lambda nn: nn.BCEWithLogitsLoss(), x, t),
    *(bce(p, t, reduction=r, weight=W5) for r in REDUCTIONS),
    *(logits(x, t, reduction=r, weight=W5, pos_weight=W5) for r in REDUCTIONS),
    logits(image, uniform(0, 1, 2, 5, 3, 2), pos_weight=((W5[:2],) * 3)),
    logits(lambda rng: 80 * rng.normal(size=(4, 5)), t, special="large"),
    as_float("binary_cross_entropy", reduction="none")(
        edges, values(0, 1, 1, 0, 1), second=AT_EDGES
    ),
    bce(uniform(0, 1, 0, 2), uniform(0, 1, 0, 2), special="empty", native=NAN),
    logits(normal(0, 2), uniform(0, 1, 0, 2), special="empty", reduction="sum"),
    as_float("binary_cross_entropy_with_logits")(x, yes),
    layer("MultiLabelSoftMarginLoss", lambda nn: nn.MultiLabelSoftMarginLoss(), x, t),
    *(
        loss("multilabel_soft_margin_loss", many, uniform(0, 1, 2, 3, 4), reduction=r)
        for r in REDUCTIONS[1:]
    ),
    loss("multilabel_soft_margin_loss", normal(5), uniform(0, 1, 5), weight=W5),
    as_float("soft_margin_loss")(x, signs(4, 5)),
    as_float("soft_margin_loss", reduction="sum")(many, signs(2, 3, 4)),
    as_float("soft_margin_loss", reduction="none")(x, signs(4, 5)),
    bce(p, uniform(0, 1, 5), refused=True, special="shapes"),
    bce(uniform(1.1, 2, 3), uniform(0, 1, 3), refused=True, special="range"),
    bce(uniform(0, 1, 3), uniform(1.1, 2, 3), refused=True, special="target"),
    bce(uniform(0, 1, 3), uniform(0, 1, 3), refused=True, weight=(1.0, 2.0)),
    logits(normal(3), uniform(0, 1, 2), refused=True, special="shapes"),
    logits(normal(3), uniform(0, 1, 3), refused=True, pos_weight=(1.0, 2.0)),
    logits(normal(3), uniform(0, 1, 3), refused=True, weight=((1.0,),) * 2),
]

# ---- densities -----------------------------------------------------------------------

kl = partial(loss, "kl_div")
poisson = partial(loss, "poisson_nll_loss")
gauss = partial(loss, "gaussian_nll_loss")
counts, v = uniform(0.2, 6.0, 4, 5), uniform(0.1, 2.0, 4, 5)
DENSITIES = [
    layer("KLDivLoss", lambda nn: nn.KLDivLoss(), x, chances(4, 5)),
    layer("PoissonNLLLoss", lambda nn: nn.PoissonNLLLoss(), x, counts),
    layer("GaussianNLLLoss", lambda nn: nn.GaussianNLLLoss(), x, normal(4, 5), v),
    *(kl(x, chances(4, 5), reduction=r) for r in ("sum", "none", "batchmean")),
    kl(x, normal(4, 5), log_target=True, reduction="batchmean"),
    kl(normal(), uniform(0.1, 1), special="no dimensions", reduction="batchmean"),
    as_float("kl_div", reduction="none")(x, yes),
    *(poisson(x, counts, full=True, reduction=r) for r in REDUCTIONS),
    poisson(uniform(0.2, 3, 4, 5), counts, log_input=False, eps=1e-3),
    poisson(x, integers(0, 5, 4, 5), full=True, special="whole numbers"),
    *(gauss(x, normal(4, 5), v, reduction=r, full=True) for r in REDUCTIONS),
    gauss(x, normal(4, 5), uniform(0.1, 2, 4), special="one a row"),
    gauss(x, normal(4, 1), uniform(0.1, 2, 1, 5), special="broadcast"),
    gauss(x, normal(4, 5), var=0.7),
    gauss(x, normal(4, 5), uniform(0, 2, 4, 5), special="small", eps=0.9),
    kl(normal(2, 3), normal(2, 4), refused=True, special="shapes"),
    gauss(x, normal(4, 5), uniform(-2, -1, 4, 5), refused=True, special="negative"),
    gauss(x, normal(4, 5), uniform(1, 2, 5), refused=True, special="shapes"),
    gauss(x, normal(4, 5), v, refused=True, reduction="avg"),
]

# ---- margins -------------------------------------------------------------------------


def with_signs(name, special="", **options):
    """The target, whole numbers of 1 and -1, comes last, in the type of the first."""

    def call(torch, *xs):
        target = xs[-1].to(xs[0].dtype)
        return getattr(torch.nn.functional, name)(*xs[:-1], target, **options)

    said = [f"{k}={v}" for k, v in options.items()]
    full = "/".join(filter(None, (f"nn.functional.{name}", special, *said)))
    return partial(function, full, call)


multi = partial(loss, "multi_margin_loss", second=NO_SECOND)
several = partial(loss, "multilabel_margin_loss", second=NO_SECOND)
some = values([3, 0, -1, 1, 2], [-1, 0, 1, 2, 3], [4, 3, 2, 1, 0], [2, 2, -1, 0, 0])
a, b, c = normal(4, 5), normal(4, 5), normal(4, 5)
MARGINS = [
    layer("SoftMarginLoss", lambda nn: nn.SoftMarginLoss(), x, signs(4, 5)),
    layer("HingeEmbeddingLoss", lambda nn: nn.HingeEmbeddingLoss(), x, signs(4, 5)),
    layer("MarginRankingLoss", lambda nn: nn.MarginRankingLoss(), a, b, signs(4, 5)),
    layer("CosineEmbeddingLoss", lambda nn: nn.CosineEmbeddingLoss(), a, b, signs(4)),
    layer("TripletMarginLoss", lambda nn: nn.TripletMarginLoss(), a, b, c),
    layer(
        "TripletMarginWithDistanceLoss",
        lambda nn: nn.TripletMarginWithDistanceLoss(swap=True),
        a,
        b,
        c,
    ),
    layer(
        "TripletMarginWithDistanceLoss/cosine",
        lambda nn: nn.TripletMarginWithDistanceLoss(
            distance_function=lambda x, y: 1 - nn.CosineSimilarity()(x, y), margin=0.2
        ),
        a,
        b,
        c,
    ),
    layer("MultiMarginLoss", lambda nn: nn.MultiMarginLoss(), x, y, second=NO_SECOND),
    layer(
        "MultiLabelMarginLoss",
        lambda nn: nn.MultiLabelMarginLoss(),
        x,
        some,
        second=NO_SECOND,
    ),
    *(multi(x, y, reduction=r, p=2, margin=0.4, weight=W5) for r in REDUCTIONS),
    multi(normal(5), integers(0, 5), reduction="none"),
    *(several(x, some, reduction=r) for r in REDUCTIONS[1:]),
    several(normal(3), values(1, -1, 0), reduction="none", special="one row"),
    *(
        with_signs("hinge_embedding_loss", margin=0.3, reduction=r)(x, signs(4, 5))
        for r in REDUCTIONS
    ),
    with_signs("hinge_embedding_loss", "other numbers")(x, integers(0, 4, 4, 5)),
    *(
        with_signs("margin_ranking_loss", margin=0.5, reduction=r)(a, b, signs(4, 5))
        for r in REDUCTIONS
    ),
    with_signs("margin_ranking_loss", "equal")(
        values(1.0, 2.0), values(1.0, 1.5), values(1, -1)
    ),
    *(
        with_signs("cosine_embedding_loss", margin=0.2, reduction=r)(a, b, signs(4))
        for r in REDUCTIONS
    ),
    loss("triplet_margin_loss", a, b, c, swap=True, reduction="none"),
    loss("triplet_margin_loss", a, b, c, p=1.0, margin=2.0, reduction="sum"),
    loss("triplet_margin_loss", a, b, c, p=3.0, margin=4.0, reduction="none"),
    loss("triplet_margin_loss", normal(5), normal(5), normal(5), special="one row"),
    multi(x, values(0, 1, 2, 5), refused=True, special="label out of range"),
    multi(x, y, refused=True, p=3),
    several(normal(3), values(1, 0, 7), refused=True, special="label out of range"),
    several(normal(3), values(1, 0), refused=True, special="shapes"),
    loss("triplet_margin_loss", a, b, c, refused=True, margin=0.0),
    loss("triplet_margin_loss", a, normal(5), c, refused=True, special="shapes"),
    loss("margin_ranking_loss", a, b, normal(4), refused=True, special="shapes"),
    loss("cosine_embedding_loss", a, b, normal(5), refused=True, special="shapes"),
]

# ---- distances -----------------------------------------------------------------------

norm = partial(loss, "pairwise_distance")
DISTANCES = [
    layer("CosineSimilarity", lambda nn: nn.CosineSimilarity(), a, b),
    layer("PairwiseDistance", lambda nn: nn.PairwiseDistance(), a, b),
    loss("cosine_similarity", normal(2, 3, 4), normal(3, 1), dim=-2),
    loss("cosine_similarity", normal(4), normal(4), dim=0, eps=3.0),
    loss("cosine_similarity", values([0.0, 0.0]), values([1.0, 2.0]), second=AT_ZERO),
    norm(a, normal(5), p=1.5, keepdim=True),
    norm(a, b, p=float("inf")),
    norm(a, b, p=0.0, gradient="a count has none"),
    norm(
        values([1.0, 2.0]), values([1.0, 2.0]), eps=0.0, special="equal", second=AT_ZERO
    ),
    norm(values([1.0, 2.0]), values([1.0, 2.5]), eps=0.0, p=3.0, special="one equal"),
]

# ---- sequences -----------------------------------------------------------------------


def ctc(special, *draws, spoken, written, **options):
    """Scores become log-probabilities: PyTorch's gradient is meant for these."""

    def call(torch, x, y):
        logp = torch.nn.functional.log_softmax(x, -1)
        lengths = [torch.tensor(n) for n in (spoken, written)]
        return torch.nn.functional.ctc_loss(logp, y, *lengths, **options)

    said = [f"{k}={v}" for k, v in options.items()]
    full = "/".join(["nn.functional.ctc_loss", special, *said])
    return function(full, call, *draws, second=NO_SECOND)


spoken, written = [6, 5, 4], [3, 1, 2]
sounds, padded = normal(6, 3, 4), values([1, 1, 3], [2, 0, 0], [3, 3, 0])
joined = values(1, 1, 3, 2, 3, 3)
CTC = [
    *(
        ctc("padded", sounds, padded, spoken=spoken, written=written, reduction=r)
        for r in REDUCTIONS
    ),
    ctc("joined", sounds, joined, spoken=spoken, written=written),
    ctc("other blank", sounds, values([1, 0, 1], [2, 0, 0], [0, 2, 0]),
        spoken=spoken, written=written, blank=3, reduction="none"),
    ctc("no room", sounds, padded, spoken=[6, 1, 2], written=[3, 1, 2],
        zero_infinity=True, reduction="none"),
    ctc("empty targets", sounds, padded, spoken=spoken, written=[0, 1, 0],
        reduction="none"),
    ctc("one sequence", normal(5, 4), values(1, 2), spoken=5, written=2),
    refuses(
        "nn.functional.ctc_loss/too long",
        lambda torch, x, y: torch.nn.functional.ctc_loss(
            x, y, torch.tensor([7, 5, 4]), torch.tensor(written)
        ),
        sounds, padded,
    ),
    refuses(
        "nn.functional.ctc_loss/blank",
        lambda torch, x, y: torch.nn.functional.ctc_loss(
            x, y, torch.tensor(spoken), torch.tensor(written), blank=4
        ),
        sounds, padded,
    ),
]  # fmt: skip

# ---- initial values ------------------------------------------------------------------


def filled(name, *shape, **options):
    """A row for an initialiser without randomness."""

    def call(torch):
        return getattr(torch.nn.init, name)(torch.empty(*shape), **options)

    said = [f"{k}={v}" for k, v in options.items()]
    full = "/".join([f"nn.init.{name}", str(shape), *said])
    return function(full, call, gradient=ONCE, second=ONCE, native=ONCE)


def gain(name, *param):
    full = "/".join(["nn.init.calculate_gain", name, *map(str, param)])
    return function(
        full,
        lambda torch: torch.tensor(float(torch.nn.init.calculate_gain(name, *param))),
        gradient=ONCE, second=ONCE, native=ONCE,
    )  # fmt: skip


INITIAL = [
    filled("zeros_", 3),
    filled("ones_", 2, 2),
    filled("constant_", 2, 3, val=0.3),
    filled("eye_", 3, 4),
    filled("eye_", 4, 3),
    filled("dirac_", 4, 3, 3),
    filled("dirac_", 4, 2, 3, 2, groups=2),
    filled("dirac_", 2, 3, 2, 4, 3),
    *(gain(name) for name in ("linear", "conv_transpose2d", "sigmoid", "tanh")),
    *(gain(name) for name in ("relu", "leaky_relu", "selu")),
    gain("leaky_relu", 0.3),
    refuses("nn.init.eye_/line", lambda torch: torch.nn.init.eye_(torch.zeros(3))),
    refuses(
        "nn.init.dirac_/matrix", lambda torch: torch.nn.init.dirac_(torch.zeros(3, 3))
    ),
    refuses(
        "nn.init.calculate_gain/no name",
        lambda torch: torch.nn.init.calculate_gain("x"),
    ),
]

CASES: list[Case] = [
    *REGRESSION,
    *CLASSES,
    *BINARY,
    *DENSITIES,
    *MARGINS,
    *DISTANCES,
    *CTC,
    *INITIAL,
]
