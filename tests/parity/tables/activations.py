"""Activations, with the places where their slope jumps, and softmax."""

from parity.case import (
    ELSEWHERE,
    NO_SECOND,
    function,
    layer,
    normal,
    refuses,
    uniform,
    values,
)

TITLE = ("Activations", "激活函数")
KINK = "at 0 PyTorch has that of the other side"

EDGES = values(-20.0, -6.0, -3.0, -1.0, -0.5, 0.0, 0.5, 1.0, 3.0, 6.0, 19.0, 40.0)
WIDE = uniform(-6.0, 6.0, 3, 5)
EXTREME = values(-1e4, -100.0, -90.0, 90.0, 100.0, 1e4)


SECOND = {
    "Hardsigmoid": KINK,
    "ELU": KINK,
    "SELU": KINK,
    "CELU": KINK,
    "PReLU": KINK,
}


def plain(name):
    """The defaults, at the edges and between them."""
    second = NO_SECOND if name == "Hardsigmoid" else True
    return [
        layer(name, lambda nn: getattr(nn, name)(), WIDE, second=second),
        layer(
            f"{name}/edges",
            lambda nn: getattr(nn, name)(),
            EDGES,
            native=ELSEWHERE,
            second=SECOND.get(name, True),
        ),
        layer(
            f"{name}/empty",
            lambda nn: getattr(nn, name)(),
            normal(0, 3),
            native=ELSEWHERE,
            second=ELSEWHERE,
        ),
    ]


PLAIN = (
    "ReLU",
    "ReLU6",
    "ELU",
    "SELU",
    "CELU",
    "GELU",
    "SiLU",
    "Mish",
    "Softplus",
    "Softsign",
    "Softshrink",
    "Hardshrink",
    "Hardtanh",
    "Hardsigmoid",
    "Hardswish",
    "Tanhshrink",
    "Sigmoid",
    "Tanh",
    "LogSigmoid",
    "LeakyReLU",
    "PReLU",
)
SMOOTH = ("ELU", "SELU", "CELU", "GELU", "SiLU", "Mish", "Softplus", "LogSigmoid")

CASES = [
    *(row for name in PLAIN for row in plain(name)),
    *(
        layer(
            f"{name}/extremes",
            lambda nn, name=name: getattr(nn, name)(),
            EXTREME,
            native=ELSEWHERE,
            second="PyTorch's is NaN" if name == "Mish" else True,
        )
        for name in SMOOTH
    ),
    layer("ELU/alpha", lambda nn: nn.ELU(0.7), WIDE, native=ELSEWHERE),
    layer("CELU/alpha", lambda nn: nn.CELU(0.7), WIDE),
    layer(
        "GELU/tanh",
        lambda nn: nn.GELU(approximate="tanh"),
        WIDE,
        bounds=(1.3e-6, 5e-5, "1 - tanh² cancels where tanh is near 1"),
    ),
    layer("Softplus/beta", lambda nn: nn.Softplus(2.0, 5.0), WIDE),
    layer("LeakyReLU/slope", lambda nn: nn.LeakyReLU(0.3), WIDE, native=ELSEWHERE),
    layer("PReLU/channels", lambda nn: nn.PReLU(5), normal(2, 5, 3)),
    layer("RReLU", lambda nn: nn.RReLU().eval(), WIDE),
    layer("RReLU/ends", lambda nn: nn.RReLU(0.1, 0.4).eval(), WIDE, native=ELSEWHERE),
    layer("Hardtanh/ends", lambda nn: nn.Hardtanh(-2.0, 0.5), WIDE, native=ELSEWHERE),
    layer("Hardshrink/wide", lambda nn: nn.Hardshrink(2.0), WIDE, native=ELSEWHERE),
    layer("Softshrink/wide", lambda nn: nn.Softshrink(2.0), WIDE, native=ELSEWHERE),
    layer("Threshold", lambda nn: nn.Threshold(0.5, 7.0), WIDE),
    layer("Threshold/edge", lambda nn: nn.Threshold(1.0, -2.0), EDGES),
    layer("GLU", lambda nn: nn.GLU(), normal(3, 6)),
    layer("GLU/dim", lambda nn: nn.GLU(1), normal(2, 4, 3), native=ELSEWHERE),
    layer("Softmax", lambda nn: nn.Softmax(dim=1), normal(3, 5)),
    layer("Softmax/front", lambda nn: nn.Softmax(dim=0), normal(3, 5, 2)),
    layer("Softmax/none", lambda nn: nn.Softmax(dim=1), normal(0, 5), native=ELSEWHERE),
    layer("Softmax2d", lambda nn: nn.Softmax2d(), normal(2, 3, 2, 4)),
    layer("Softmax2d/single", lambda nn: nn.Softmax2d(), normal(3, 2, 4)),
    layer("Softmin", lambda nn: nn.Softmin(dim=1), normal(3, 5)),
    layer("LogSoftmax", lambda nn: nn.LogSoftmax(dim=1), normal(3, 5)),
    layer(
        "LogSoftmax/far", lambda nn: nn.LogSoftmax(dim=0), uniform(-90.0, 90.0, 5, 3)
    ),
    function(
        "functional.rrelu",
        lambda torch, x: torch.nn.functional.rrelu(x, 0.1, 0.3),
        WIDE,
    ),
    function(
        "functional.hardtanh/wide",
        lambda torch, x: torch.nn.functional.hardtanh(x, -3.0, 3.0),
        WIDE,
    ),
    function(
        "functional.softmax/dtype",
        lambda torch, x: torch.nn.functional.softmax(x, 1, dtype=torch.float64),
        normal(3, 4),
    ),
    refuses("nn.GLU/odd", lambda torch, x: torch.nn.GLU()(x), normal(3, 5)),
    refuses(
        "nn.Softmax2d/rank", lambda torch, x: torch.nn.Softmax2d()(x), normal(3, 5)
    ),
    refuses("nn.PReLU/slopes", lambda torch, x: torch.nn.PReLU(4)(x), normal(3, 5)),
    refuses("nn.CELU/0", lambda torch, x: torch.nn.CELU(0.0)(x), WIDE),
    refuses("nn.Softshrink/below 0", lambda torch, x: torch.nn.Softshrink(-1)(x), WIDE),
    refuses(
        "nn.Hardtanh/turned", lambda torch, x: torch.nn.Hardtanh(1.0, 0.0)(x), WIDE
    ),
    refuses("nn.RReLU/turned", lambda torch, x: torch.nn.RReLU(0.5, 0.1)(x), WIDE),
    refuses("nn.GELU/name", lambda torch, x: torch.nn.GELU("tan")(x), WIDE),
    refuses(
        "nn.PReLU/types", lambda torch, x: torch.nn.PReLU()(x.to(torch.float64)), WIDE
    ),
]
