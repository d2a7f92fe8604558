"""Products of matrices, sums over products, linear algebra, creation."""

import numpy as np

from parity.case import function, integers, normal, refuses, values

NUMPY = "computed by NumPy"


def full(n, *front):
    """Well away from singular."""
    return lambda rng: rng.normal(size=(*front, n, n)) / n + 1.5 * np.eye(n)


def positive(n, *front):
    def draw(rng):
        a = rng.normal(size=(*front, n, n))
        return a @ np.swapaxes(a, -1, -2) / n + np.eye(n)

    return draw


def factor(name, call, *draws, **options):
    """In float32 a few times 1e-6 from float64, as PyTorch's own."""
    reason = "a factorisation in float32"
    return function(
        f"linalg.{name}",
        lambda torch, *xs: call(torch.linalg, *xs),
        *draws,
        native=NUMPY,
        bounds=(1e-3, 1e-3, reason),
        **options,
    )


def sums(equation, *draws, **options):
    return function(
        f"einsum/{equation}",
        lambda torch, *xs: torch.einsum(equation, *xs),
        *draws,
        **options,
    )


CASES = [
    function("mm", lambda torch, a, b: torch.mm(a, b), normal(3, 4), normal(4, 2)),
    function(
        "bmm", lambda torch, a, b: torch.bmm(a, b), normal(2, 3, 4), normal(2, 4, 2)
    ),
    function("mv", lambda torch, a, b: torch.mv(a, b), normal(3, 4), normal(4)),
    function(
        "dot", lambda torch, a, b: (torch.dot(a, b), a.vdot(b)), normal(4), normal(4)
    ),
    function(
        "matmul/integers",
        lambda torch, a, b: a @ b,
        integers(-3, 3, 3, 4),
        integers(-3, 3, 4),
    ),
    function("matmul/empty", lambda torch, a, b: a @ b, normal(3, 0), normal(0, 2)),
    function(
        "outer", lambda torch, a, b: (torch.outer(a, b), a.ger(b)), normal(3), normal(2)
    ),
    function(
        "inner", lambda torch, a, b: torch.inner(a, b), normal(2, 3), normal(4, 3)
    ),
    function(
        "addmm",
        lambda torch, x, a, b: torch.addmm(x, a, b, beta=0.5, alpha=2),
        normal(2),
        normal(3, 4),
        normal(4, 2),
    ),
    function(
        "addmv",
        lambda torch, x, a, b: x.addmv(a, b),
        normal(3),
        normal(3, 4),
        normal(4),
    ),
    function(
        "addr",
        lambda torch, x, a, b: torch.addr(x, a, b, beta=2),
        normal(3, 2),
        normal(3),
        normal(2),
    ),
    function(
        "baddbmm",
        lambda torch, x, a, b: torch.baddbmm(x, a, b, alpha=3),
        normal(2, 3, 2),
        normal(2, 3, 4),
        normal(2, 4, 2),
    ),
    function(
        "addbmm",
        lambda torch, x, a, b: torch.addbmm(x, a, b),
        normal(3, 2),
        normal(2, 3, 4),
        normal(2, 4, 2),
    ),
    function("kron", lambda torch, a, b: torch.kron(a, b), normal(2, 3), normal(3)),
    function("trace", lambda torch, a: torch.trace(a), normal(3, 4)),
    function(
        "cross",
        lambda torch, a, b: (torch.cross(a, b, dim=1), torch.linalg.cross(a, b)),
        normal(2, 3),
        normal(1, 3),
    ),
    function(
        "tensordot",
        lambda torch, a, b: torch.tensordot(a, b, 2),
        normal(2, 3, 4),
        normal(3, 4, 2),
    ),
    function(
        "tensordot/dims",
        lambda torch, a, b: torch.tensordot(a, b, dims=([0, 2], [1, 0])),
        normal(2, 3, 4),
        normal(4, 2),
    ),
    function(
        "chain_matmul",
        lambda torch, a, b, c: torch.linalg.multi_dot([a, b, c]),
        normal(2, 5),
        normal(5, 3),
        normal(3),
    ),
    function(
        "matrix_power",
        lambda torch, a: (torch.matrix_power(a, 3), a.matrix_power(0)),
        full(3),
    ),
    function(
        "vander",
        lambda torch, x: (torch.vander(x), torch.vander(x, 2, True)),
        normal(3),
        gradient="PyTorch writes in place",
    ),
    sums("ij,jk->ik", normal(2, 3), normal(3, 4)),
    sums("bij,bjk->bik", normal(2, 3, 2), normal(2, 2, 3)),
    sums("bhqd,bhkd->bhqk", normal(1, 2, 3, 2), normal(1, 2, 4, 2)),
    sums("i,j", normal(2), normal(3)),
    sums("ii->i", normal(3, 3)),
    sums("ii", normal(3, 3)),
    sums("ij->ji", normal(2, 3)),
    sums("ijk->k", normal(2, 3, 4)),
    sums("i,i", normal(3), normal(3)),
    sums("...ij,...jk->...ik", normal(2, 1, 2, 3), normal(4, 3, 2)),
    sums("b...,b...->...", normal(3, 2), normal(3, 2)),
    sums("ab,bc,cd->ad", normal(2, 3), normal(3, 2), normal(2, 4)),
    sums("bn,anm,bm->ba", normal(2, 3), normal(4, 3, 2), normal(2, 2)),
    sums("ij,ij->", integers(0, 4, 2, 3), integers(0, 4, 2, 3)),
    sums("iji,j->i", normal(2, 3, 2), normal(3)),
    # linear algebra
    factor("inv", lambda la, a: la.inv(a), full(3, 2)),
    factor("det", lambda la, a: la.det(a), full(3, 2)),
    factor("slogdet", lambda la, a: tuple(la.slogdet(a)), full(3)),
    factor("solve", lambda la, a, b: la.solve(a, b), full(3), normal(3, 2)),
    factor("solve/vector", lambda la, a, b: la.solve(a, b), full(3), normal(3)),
    factor("solve/many", lambda la, a, b: la.solve(a, b), full(3, 2), normal(2, 3, 1)),
    factor(
        "solve/right",
        lambda la, a, b: la.solve(a, b, left=False),
        full(3),
        normal(2, 3),
    ),
    factor(
        "solve_triangular",
        lambda la, a, b: la.solve_triangular(a, b, upper=True),
        full(3),
        normal(3, 2),
    ),
    factor("cholesky", lambda la, a: la.cholesky(a), positive(3)),
    factor("eigvalsh", lambda la, a: la.eigvalsh(a + a.mT), normal(3, 3)),
    factor(
        "eigh",
        lambda la, a: (la.eigh(a + a.mT)[0], la.eigh(a + a.mT)[1] ** 2),
        normal(3, 3),
    ),
    factor("svdvals", lambda la, a: la.svdvals(a), normal(3, 4)),
    factor(
        "svd",
        lambda la, a: [part**2 for part in la.svd(a, full_matrices=False)],
        normal(4, 3),
    ),
    factor(
        "svd/wide",
        lambda la, a: [part**2 for part in la.svd(a, full_matrices=False)],
        normal(2, 3),
    ),
    factor("qr", lambda la, a: [part**2 for part in la.qr(a)], normal(4, 3)),
    factor("pinv", lambda la, a: la.pinv(a), normal(4, 3)),
    factor(
        "lstsq",
        lambda la, a, b: la.lstsq(a, b)[0],
        normal(5, 2),
        normal(5, 3),
        gradient="not here",
    ),
    factor(
        "matrix_rank",
        lambda la, a: la.matrix_rank(a),
        values([1.0, 2.0], [2.0, 4.0]),
        gradient="none",
    ),
    factor("cond", lambda la, a: la.cond(a), full(3), second="rough in float32"),
    *(
        factor(
            f"matrix_norm/{p}",
            lambda la, a, p=p: la.matrix_norm(a, p),
            normal(2, 3, 4),
            second=p in ("fro", "nuc", 2) or "zero",
        )
        for p in ("fro", "nuc", 1, -1, 2, float("inf"))
    ),
    factor("norm", lambda la, a: (la.norm(a), la.norm(a, dim=1)), normal(3, 4)),
    function(
        "linalg.vector_norm",
        lambda torch, x: torch.linalg.vector_norm(x, 3),
        normal(3, 4),
    ),
    function(
        "linalg.vecdot",
        lambda torch, x, y: torch.linalg.vecdot(x, y),
        normal(3, 4),
        normal(4),
    ),
    function(
        "logdet",
        lambda torch, a: torch.logdet(a),
        positive(3),
        native=NUMPY,
        bounds=(1e-4, 1e-4, "float32"),
    ),
    # creation
    function(
        "arange",
        lambda torch: (
            torch.arange(5),
            torch.arange(1, 2, 0.25),
            torch.arange(5, 0, -2),
        ),
    ),
    function(
        "linspace",
        lambda torch: (
            torch.linspace(0, 1, 5),
            torch.linspace(3, 3, 1),
            torch.linspace(0, 1, 0),
        ),
    ),
    function(
        "logspace",
        lambda torch: (torch.logspace(0, 2, 3), torch.logspace(0, 3, 4, base=2)),
    ),
    function("eye", lambda torch: (torch.eye(2, 3), torch.eye(3, dtype=torch.int64))),
    function(
        "tril_indices",
        lambda torch: (torch.tril_indices(3, 4, 1), torch.triu_indices(3, 4, -1)),
    ),
    function(
        "full",
        lambda torch: (
            torch.full((2,), True),
            torch.full((2, 1), 3),
            torch.full((), 2.5),
        ),
    ),
    function(
        "new_ones",
        lambda torch, x: (
            x.new_ones(2, 3),
            x.new_zeros((2,)),
            x.new_full((2,), 7),
            x.new_tensor([1, 2]),
        ),
        integers(0, 3, 2),
    ),
    function(
        "zeros_like",
        lambda torch, x: (torch.zeros_like(x), torch.ones_like(x, dtype=torch.float32)),
        integers(0, 3, 2),
    ),
    refuses("mm/vector", lambda torch, a, b: torch.mm(a, b), normal(2, 3), normal(3)),
    refuses(
        "bmm/number",
        lambda torch, a, b: torch.bmm(a, b),
        normal(2, 3, 4),
        normal(3, 4, 2),
    ),
    refuses(
        "mv/matrix", lambda torch, a, b: torch.mv(a, b), normal(2, 3), normal(3, 1)
    ),
    refuses("dot/sizes", lambda torch, a, b: torch.dot(a, b), normal(2), normal(3)),
    refuses(
        "inner/sizes", lambda torch, a, b: torch.inner(a, b), normal(2, 3), normal(2)
    ),
    refuses("matmul/0-d", lambda torch, a, b: a @ b, normal(2), normal()),
    refuses(
        "tensordot/sizes",
        lambda torch, a, b: torch.tensordot(a, b, 1),
        normal(2, 3),
        normal(2, 3),
    ),
    refuses("einsum/count", lambda torch, a: torch.einsum("ij,jk", a), normal(2, 3)),
    refuses("einsum/rank", lambda torch, a: torch.einsum("ijk", a), normal(2, 3)),
    refuses(
        "einsum/sizes",
        lambda torch, a, b: torch.einsum("ij,jk", a, b),
        normal(2, 3),
        normal(2, 3),
    ),
    refuses("einsum/result", lambda torch, a: torch.einsum("ij->ik", a), normal(2, 3)),
    refuses("cross/size", lambda torch, a: torch.cross(a, a, dim=0), normal(2, 2)),
    refuses("trace/stack", lambda torch, a: torch.trace(a), normal(2, 2, 2)),
    refuses("linalg.inv/shape", lambda torch, a: torch.linalg.inv(a), normal(2, 3)),
    refuses(
        "linalg.inv/singular",
        lambda torch, a: torch.linalg.inv(a),
        values([1.0, 1.0], [1.0, 1.0]),
    ),
    refuses(
        "linalg.solve/shape",
        lambda torch, a, b: torch.linalg.solve(a, b),
        normal(3, 3),
        normal(2, 3),
    ),
    refuses(
        "linalg.cholesky/negative",
        lambda torch, a: torch.linalg.cholesky(a),
        values([-1.0, 0.0], [0.0, 1.0]),
    ),
    refuses(
        "linalg.det/integers",
        lambda torch, a: torch.linalg.det(a),
        integers(0, 3, 2, 2),
    ),
    refuses(
        "matrix_power/shape", lambda torch, a: torch.matrix_power(a, 2), normal(2, 3)
    ),
    refuses("arange/step", lambda torch: torch.arange(3, step=0)),
    refuses("linspace/steps", lambda torch: torch.linspace(0, 1, -1)),
]
