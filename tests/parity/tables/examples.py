"""A few rows of each kind, to begin with."""

from parity.case import distinct, function, integers, layer, normal, refuses

TITLE = ("A few of each kind", "各类示例")

CASES = [
    function("matmul", lambda torch, a, b: a @ b, normal(2, 3, 4), normal(4, 5)),
    function("sort", lambda torch, x: torch.sort(x, dim=1), distinct(3, 5)),
    function("mean/empty", lambda torch, x: x.mean(0), normal(4, 0)),
    function("sum/integers", lambda torch, x: x.sum(1), integers(-9, 9, 3, 4)),
    layer("Linear", lambda nn: nn.Linear(5, 3), normal(2, 4, 5)),
    layer("BatchNorm1d", lambda nn: nn.BatchNorm1d(3), normal(6, 3)),
    layer("BatchNorm1d/judging", lambda nn: nn.BatchNorm1d(3).eval(), normal(6, 3)),
    refuses(
        "mm/shapes", lambda torch, a, b: torch.mm(a, b), normal(2, 3), normal(2, 3)
    ),
]
