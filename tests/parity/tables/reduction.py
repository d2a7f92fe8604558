"""Reductions, statistics, running values, and order."""

from parity.case import (
    booleans,
    distinct,
    function,
    integers,
    normal,
    refuses,
    uniform,
    values,
)

NAN, INF = float("nan"), float("inf")
GAPS = values([1.0, NAN, 3.0], [4.0, 5.0, NAN])
TIES = values(3.0, 1.0, 3.0, 2.0, 1.0)


def of(name, draw, what="", **options):
    """With dim=1, kept, and of all."""

    def call(torch, x):
        f = getattr(torch, name)
        return f(x, 1), f(x, 0, keepdim=True)

    return function(f"{name}{what and '/' + what}", call, draw, **options)


CASES = [
    of("sum", normal(3, 4)),
    of("sum", booleans(3, 4), "booleans"),
    of("prod", uniform(0.5, 2, 3, 4)),
    of("prod", integers(1, 4, 3, 4), "integers"),
    of("mean", normal(3, 4)),
    of("var", normal(3, 4)),
    of("std", normal(3, 4)),
    of("nansum", GAPS, second="NaN"),
    of("nanmean", GAPS, second="NaN"),
    of("amax", normal(3, 4)),
    of("amin", integers(-9, 9, 3, 4), "integers"),
    of("max", distinct(3, 4)),
    of("argmax", distinct(3, 4)),
    of("all", booleans(3, 4)),
    of("any", integers(0, 2, 3, 4)),
    of("logsumexp", normal(3, 4)),
    of("median", distinct(3, 5)),
    of("median", distinct(4, 4), "even"),
    of("median", GAPS, "nan", second="NaN", gradient="NaN"),
    of("nanmedian", GAPS, second="NaN", gradient="NaN"),
    of("mode", integers(0, 3, 4, 7), gradient="none"),
    of("std_mean", normal(3, 4)),
    of("var_mean", normal(3, 4)),
    function(
        "sum/dtype",
        lambda torch, x: x.sum(dtype=torch.float64),
        normal(3),
        native="float64",
    ),
    function(
        "sum/dims", lambda torch, x: x.sum((0, -1), keepdim=True), normal(2, 3, 4)
    ),
    function(
        "mean/dtype",
        lambda torch, x: x.mean(dtype=torch.float32),
        integers(0, 9, 5),
        native="plain",
    ),
    function("mean/0-d", lambda torch, x: x.mean(), normal()),
    function(
        "sum/empty", lambda torch, x: (x.sum(), x.sum(0), x.prod(1)), normal(2, 0)
    ),
    function("amax/kept empty", lambda torch, x: x.amax(1), normal(0, 3)),
    function(
        "all/empty", lambda torch, x: (x.all(0), x.any(1), x.all()), booleans(2, 0)
    ),
    function("var/one", lambda torch, x: x.var(0, unbiased=False), normal(1, 3)),
    function(
        "var/correction", lambda torch, x: torch.var(x, 1, correction=2), normal(2, 5)
    ),
    function("std/dims", lambda torch, x: x.std((0, 2)), normal(2, 3, 4)),
    function(
        "count_nonzero",
        lambda torch, x: (x.count_nonzero(), torch.count_nonzero(x, 0)),
        integers(0, 2, 3, 4),
    ),
    function("aminmax", lambda torch, x: tuple(torch.aminmax(x, dim=1)), normal(3, 4)),
    function(
        "median/all", lambda torch, x: (torch.median(x), x.nanmedian()), distinct(3, 3)
    ),
    function(
        "median/ties",
        lambda torch, x: torch.median(x),
        values(1.0, 2.0, 2.0, 2.0, 5.0),
        second="zero",
    ),
    function("median/integers", lambda torch, x: torch.median(x), integers(0, 9, 6)),
    function(
        "quantile", lambda torch, x: torch.quantile(x, 0.3, dim=1), distinct(3, 5)
    ),
    function(
        "quantile/several",
        lambda torch, x, q: x.quantile(q, 0, keepdim=True),
        distinct(5, 2),
        values(0.1, 0.5, 1.0),
        gradient="of q",
    ),
    function("quantile/all", lambda torch, x: x.quantile(0.75), distinct(3, 4)),
    *(
        function(
            f"quantile/{way}",
            lambda torch, x, way=way: x.quantile(0.4, 1, interpolation=way),
            distinct(2, 6),
            native="linear is",
        )
        for way in ("lower", "higher", "midpoint", "nearest")
    ),
    function("quantile/nan", lambda torch, x: x.quantile(0.5, 1), GAPS, gradient="NaN"),
    function(
        "nanquantile", lambda torch, x: x.nanquantile(0.5, 1), GAPS, gradient="NaN"
    ),
    function(
        "histc",
        lambda torch, x: (torch.histc(x, 4, -1, 1), torch.histc(x, 5)),
        normal(20),
        gradient="none",
    ),
    function(
        "bincount",
        lambda torch, x: (x.bincount(), x.bincount(minlength=9)),
        integers(0, 5, 12),
        native="its size is a value",
    ),
    function(
        "bincount/weights",
        lambda torch, x, w: x.bincount(w),
        integers(0, 5, 6),
        normal(6),
        gradient="none",
        native="its size is a value",
    ),
    function(
        "unique",
        lambda torch, x: torch.unique(x, return_inverse=True, return_counts=True),
        integers(0, 4, 3, 3),
        native="its size is a value",
    ),
    function(
        "unique/dim",
        lambda torch, x: torch.unique(x, dim=0),
        values([1, 2], [0, 1], [1, 2]),
        native="its size is a value",
    ),
    function(
        "unique_consecutive",
        lambda torch, x: x.unique_consecutive(return_inverse=True, return_counts=True),
        values(1, 1, 2, 2, 1),
        native="its size is a value",
    ),
    function("cov", lambda torch, x: x.cov(), normal(3, 5)),
    function(
        "cov/weights",
        lambda torch, x, w: torch.cov(x, aweights=w, correction=1),
        normal(2, 4),
        uniform(0.5, 1, 4),
        gradient="of weights",
    ),
    function("cov/vector", lambda torch, x: torch.cov(x), normal(5)),
    function(
        "corrcoef", lambda torch, x: x.corrcoef(), normal(3, 5), second="clamped at 1"
    ),
    *(
        function(
            f"norm/{p}",
            lambda torch, x, p=p: torch.norm(x, p, dim=1),
            normal(3, 4),
            second=p in (2, 3) or "zero",
        )
        for p in (1, 2, 3, INF, -INF)
    ),
    function("norm/all", lambda torch, x: (x.norm(), torch.norm(x, 0)), normal(3, 4)),
    function("norm/zero", lambda torch, x: x.norm(), values(0.0, 0.0), second="NaN"),
    function("dist", lambda torch, a, b: torch.dist(a, b, 2), normal(4), normal(4)),
    function("renorm", lambda torch, x: torch.renorm(x, 2, 0, 1.0), normal(3, 4)),
    function(
        "cdist",
        lambda torch, a, b: torch.cdist(a, b),
        normal(3, 2),
        normal(4, 2),
        second="PyTorch's is of another form",
    ),
    function(
        "cdist/1",
        lambda torch, a, b: torch.cdist(a, b, p=1.0),
        normal(2, 3, 2),
        normal(2, 4, 2),
        second="not there",
    ),
    # running
    function("cummax", lambda torch, x: torch.cummax(x, 1), distinct(3, 5)),
    function("cummax/ties", lambda torch, x: x.cummax(0), TIES),
    function("cummin", lambda torch, x: torch.cummin(x, 0), distinct(5, 3)),
    function("cummin/integers", lambda torch, x: x.cummin(-1), integers(-9, 9, 2, 7)),
    function("cummax/nan", lambda torch, x: x.cummax(1), GAPS, gradient="NaN"),
    function("logcumsumexp", lambda torch, x: torch.logcumsumexp(x, 1), normal(3, 6)),
    function(
        "logcumsumexp/wide",
        lambda torch, x: x.logcumsumexp(0),
        values(-200.0, 50.0, 0.0),
    ),
    function(
        "cumsum/dtype",
        lambda torch, x: x.cumsum(0, dtype=torch.float32),
        integers(0, 9, 4),
    ),
    function("diff", lambda torch, x: torch.diff(x, n=2), normal(3, 6)),
    function(
        "diff/ends",
        lambda torch, x, a: x.diff(dim=0, prepend=a, append=a),
        normal(3, 2),
        normal(1, 2),
    ),
    function("diff/booleans", lambda torch, x: x.diff(), booleans(6)),
    function("trapezoid", lambda torch, y: torch.trapezoid(y, dx=0.5), normal(3, 4)),
    function(
        "trapezoid/x",
        lambda torch, y, x: torch.trapezoid(y, x, dim=0),
        normal(4, 2),
        normal(4),
    ),
    function(
        "cumulative_trapezoid",
        lambda torch, y: torch.cumulative_trapezoid(y),
        normal(3, 4),
    ),
    # order
    function("sort/booleans", lambda torch, x: x.sort(stable=True), booleans(7)),
    function("sort/0-d", lambda torch, x: x.sort(), normal()),
    function("msort", lambda torch, x: torch.msort(x), distinct(4, 2)),
    function(
        "topk/smallest", lambda torch, x: x.topk(2, 0, largest=False), distinct(5, 2)
    ),
    function("topk/0-d", lambda torch, x: x.topk(1), normal()),
    function("kthvalue", lambda torch, x: torch.kthvalue(x, 2, 1), distinct(3, 4)),
    function("kthvalue/kept", lambda torch, x: x.kthvalue(1, 0, True), distinct(3, 4)),
    function(
        "searchsorted",
        lambda torch, s, v: (
            torch.searchsorted(s, v),
            torch.searchsorted(s, v, right=True),
        ),
        values(1.0, 2.0, 2.0, 5.0),
        values([0.0, 2.0], [5.0, 9.0]),
        gradient="none",
    ),
    function(
        "searchsorted/rows",
        lambda torch, s, v: torch.searchsorted(s.sort().values, v),
        distinct(2, 7),
        distinct(2, 3),
        gradient="none",
    ),
    function(
        "bucketize",
        lambda torch, v, b: torch.bucketize(v, b),
        normal(3, 2),
        values(-1.0, 0.0, 1.0),
        gradient="none",
    ),
    function(
        "isin",
        lambda torch, a, b: torch.isin(a, b),
        integers(0, 9, 3, 3),
        integers(0, 9, 4),
    ),
    refuses("sum/dim", lambda torch, x: x.sum(2), normal(2, 3)),
    refuses("sum/dim twice", lambda torch, x: x.sum((0, 0)), normal(2, 3)),
    refuses("sum/dim of a type", lambda torch, x: x.sum(1.0), normal(2, 3)),
    refuses("mean/integers", lambda torch, x: x.mean(), integers(0, 3, 3)),
    refuses("max/empty", lambda torch, x: x.max(), normal(0)),
    refuses("argmax/empty dim", lambda torch, x: x.argmax(1), normal(2, 0)),
    refuses("topk/k", lambda torch, x: x.topk(9), normal(3)),
    refuses("topk/k of a type", lambda torch, x: x.topk(2.0), normal(3)),
    refuses("kthvalue/k", lambda torch, x: x.kthvalue(0), normal(3)),
    refuses("quantile/q", lambda torch, x: x.quantile(1.5), normal(3)),
    refuses("quantile/integers", lambda torch, x: x.quantile(0.5), integers(0, 3, 3)),
    refuses(
        "quantile/interpolation",
        lambda torch, x: x.quantile(0.5, interpolation="up"),
        normal(3),
    ),
    refuses("histc/bins", lambda torch, x: x.histc(0), normal(3)),
    refuses("bincount/negative", lambda torch, x: x.bincount(), integers(-5, -1, 3)),
    refuses("var/integers", lambda torch, x: x.var(), integers(0, 3, 3)),
    refuses("norm/integers", lambda torch, x: x.norm(), integers(0, 3, 3)),
    refuses("cumsum/dim", lambda torch, x: x.cumsum(5), normal(3)),
]
