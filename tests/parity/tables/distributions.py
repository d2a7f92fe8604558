"""Distributions: log-densities, moments, entropies and divergences."""

from importlib import import_module

from parity.case import (
    ELSEWHERE,
    function,
    integers,
    normal,
    refuses,
    uniform,
    values,
)

TITLE = ("Distributions", "概率分布")

BATCH = 2, 3
BY_NUMPY = "NumPy computes the factorisation"
NO_DIGAMMA = "PyTorch has none"


def of(torch):
    return import_module(f"{torch.__name__}.distributions")


def facts(make, *names, value=True):
    """log_prob and these facts of the distribution of the arguments."""

    def call(torch, *xs):
        xs, x = (xs[:-1], xs[-1]) if value else (xs, None)
        d = make(of(torch), *xs)
        found = [d.log_prob(x)] if value else []
        for name in names:
            fact = getattr(d, name)
            found.append(fact() if name == "entropy" else fact)
        return found

    return call


def row(name, make, names, *draws, **options):
    return function(
        f"distributions.{name}", facts(make, *names.split()), *draws, **options
    )


PLACE, WIDTH, ANY = normal(3), uniform(0.5, 2, 2, 3), normal(2, 3)
ABOVE, SHARE = uniform(0.2, 3, 2, 3), uniform(0.1, 0.9, 2, 3)
ALL = "mean variance stddev entropy"

DENSITIES = [
    row("Normal", lambda d, m, s: d.Normal(m, s), ALL, PLACE, WIDTH, ANY),
    row(
        "LogNormal",
        lambda d, m, s: d.LogNormal(m, s),
        "mean variance entropy mode",
        PLACE,
        uniform(0.3, 0.8, 2, 3),
        ABOVE,
        native=ELSEWHERE,
    ),
    row("Laplace", lambda d, m, s: d.Laplace(m, s), ALL, PLACE, WIDTH, ANY),
    row(
        "Gumbel",
        lambda d, m, s: d.Gumbel(m, s),
        ALL,
        PLACE,
        WIDTH,
        ANY,
        native=ELSEWHERE,
    ),
    row(
        "Cauchy",
        lambda d, m, s: d.Cauchy(m, s),
        "entropy mode",
        PLACE,
        WIDTH,
        ANY,
        native=ELSEWHERE,
    ),
    row("HalfNormal", lambda d, s: d.HalfNormal(s), ALL, WIDTH, ABOVE),
    row(
        "Uniform",
        lambda d, a, b: d.Uniform(a, b + 2.5),
        ALL,
        uniform(-1, 0, 3),
        uniform(0, 1, 2, 3),
        uniform(0.1, 2, 2, 3),
    ),
    row("Exponential", lambda d, r: d.Exponential(r), ALL, WIDTH, ABOVE),
    row(
        "Gamma",
        lambda d, a, b: d.Gamma(a, b),
        "mean variance entropy",
        uniform(1.2, 3, 3),
        WIDTH,
        ABOVE,
    ),
    row(
        "Chi2",
        lambda d, k: d.Chi2(k),
        "mean variance entropy df",
        uniform(1, 4, 2, 3),
        ABOVE,
        native=ELSEWHERE,
    ),
    row(
        "Beta",
        lambda d, a, b: d.Beta(a, b),
        "mean variance entropy",
        uniform(0.5, 3, 3),
        WIDTH,
        SHARE,
    ),
    row(
        "Dirichlet",
        lambda d, a: d.Dirichlet(a),
        "mean variance entropy",
        uniform(0.5, 3, 2, 3),
        values([0.25, 0.25, 0.5], [0.125, 0.5, 0.375]),
        native=ELSEWHERE,
    ),
    row(
        "Bernoulli/probs",
        lambda d, p: d.Bernoulli(p),
        ALL + " logits mode",
        SHARE,
        values([1.0, 0.0, 1.0]),
        native=ELSEWHERE,
    ),
    row(
        "Bernoulli/logits",
        lambda d, x: d.Bernoulli(logits=x),
        ALL + " probs",
        ANY,
        values([1.0, 0.0, 1.0]),
    ),
    row(
        "Geometric",
        lambda d, p: d.Geometric(p),
        "mean variance entropy logits",
        SHARE,
        values([0.0, 3.0, 1.0]),
        native=ELSEWHERE,
    ),
    row(
        "Categorical/logits",
        lambda d, x: d.Categorical(logits=x),
        "entropy probs logits mode",
        normal(2, 4),
        integers(0, 4, 5, 2),
    ),
    row(
        "Categorical/probs",
        lambda d, p: d.Categorical(p),
        "entropy probs logits",
        uniform(0.1, 2, 2, 4),
        integers(0, 4, 2),
        native=ELSEWHERE,
    ),
    row(
        "OneHotCategorical",
        lambda d, x: d.OneHotCategorical(logits=x),
        "mean variance entropy mode",
        normal(2, 3),
        values([0.0, 1.0, 0.0], [1.0, 0.0, 0.0]),
        native=ELSEWHERE,
    ),
    row(
        "Poisson",
        lambda d, r: d.Poisson(r),
        "mean variance",
        ABOVE,
        values([0.0, 3.0, 1.0]),
    ),
    row(
        "MultivariateNormal/scale_tril",
        lambda d, m, a: d.MultivariateNormal(m, scale_tril=lower(a)),
        "mean variance entropy covariance_matrix",
        normal(3),
        normal(3, 3),
        normal(5, 3),
        native=BY_NUMPY,
    ),
    row(
        "MultivariateNormal/covariance",
        lambda d, m, a: d.MultivariateNormal(
            m, a @ a.mT + 0.5 * a.mT.new_ones(3).diag()
        ),
        "variance entropy",
        normal(2, 3),
        normal(2, 3, 3),
        normal(2, 3),
        native=BY_NUMPY,
        second=ELSEWHERE,
    ),
    row(
        "MultivariateNormal/precision",
        lambda d, m, a: d.MultivariateNormal(m, precision_matrix=definite(a)),
        "entropy",
        normal(3),
        normal(3, 3),
        normal(3),
        native=BY_NUMPY,
        second=ELSEWHERE,
    ),
    row(
        "Independent",
        lambda d, m, s: d.Independent(d.Normal(m, s), 1),
        "mean variance entropy",
        PLACE,
        WIDTH,
        ANY,
        native=ELSEWHERE,
    ),
]


def definite(a):
    return a @ a.mT + 0.5 * a.new_ones(3).diag()


def lower(a):
    return a.tril(-1) + (a.diagonal() ** 2 + 0.5).diag()


def distances(name, kind, *draws, more=lambda d: d, **options):
    def call(torch, *xs):
        d, half = of(torch), len(xs) // 2
        p, q = (getattr(d, kind)(*part) for part in (xs[:half], xs[half:]))
        return d.kl_divergence(p, q)

    return function(f"distributions.kl_divergence/{name}", call, *draws, **options)


POSITIVE = uniform(0.5, 3, 2, 3)
DIVERGENCES = [
    distances("Normal", "Normal", PLACE, WIDTH, ANY, POSITIVE),
    distances("Laplace", "Laplace", PLACE, WIDTH, ANY, POSITIVE, native=ELSEWHERE),
    distances("Cauchy", "Cauchy", PLACE, WIDTH, ANY, POSITIVE, native=ELSEWHERE),
    distances("LogNormal", "LogNormal", PLACE, WIDTH, ANY, POSITIVE, native=ELSEWHERE),
    distances("HalfNormal", "HalfNormal", WIDTH, POSITIVE, native=ELSEWHERE),
    distances(
        "Uniform",
        "Uniform",
        uniform(0, 1, 3),
        uniform(2, 3, 3),
        uniform(-1, 0, 3),
        uniform(2.5, 4, 3),
        native=ELSEWHERE,
    ),
    distances("Exponential", "Exponential", WIDTH, POSITIVE, native=ELSEWHERE),
    distances("Gamma", "Gamma", WIDTH, POSITIVE, POSITIVE, WIDTH, native=ELSEWHERE),
    distances("Beta", "Beta", WIDTH, POSITIVE, POSITIVE, WIDTH, native=ELSEWHERE),
    distances("Dirichlet", "Dirichlet", WIDTH, POSITIVE, native=ELSEWHERE),
    distances("Bernoulli", "Bernoulli", SHARE, uniform(0.2, 0.8, 2, 3)),
    distances(
        "Geometric", "Geometric", SHARE, uniform(0.2, 0.8, 2, 3), native=ELSEWHERE
    ),
    distances("Categorical", "Categorical", POSITIVE, SHARE),
    distances("Poisson", "Poisson", POSITIVE, WIDTH, native=ELSEWHERE),
    function(
        "distributions.kl_divergence/MultivariateNormal",
        lambda torch, m, a, n, b: of(torch).kl_divergence(
            of(torch).MultivariateNormal(m, scale_tril=lower(a)),
            of(torch).MultivariateNormal(n, scale_tril=lower(b)),
        ),
        normal(3),
        normal(3, 3),
        normal(2, 3),
        normal(3, 3),
        native=BY_NUMPY,
    ),
    function(
        "distributions.kl_divergence/Independent",
        lambda torch, m, s: of(torch).kl_divergence(
            *(of(torch).Independent(of(torch).Normal(x, s), 1) for x in (m, m.sin()))
        ),
        ANY,
        WIDTH,
        native=ELSEWHERE,
    ),
]

FUNCTIONS = [
    function(
        f"distributions.{kind}/cdf, icdf",
        lambda torch, a, b, x, p, kind=kind: [
            getattr(of(torch), kind)(a, b).cdf(x),
            getattr(of(torch), kind)(a, b).icdf(p),
        ],
        values(-1.5, -2.0, -1.2),
        uniform(0.5, 2, 2, 3),
        uniform(-1, 0.4, 2, 3),
        SHARE,
        native=ELSEWHERE,
    )
    for kind in ("Normal", "Laplace", "Cauchy", "Uniform")
] + [
    function(
        "distributions.Exponential/cdf, icdf, expand",
        lambda torch, r, x, p: [
            of(torch).Exponential(r).expand((2, 3)).cdf(x),
            of(torch).Exponential(r).icdf(p),
        ],
        uniform(0.5, 2, 3),
        ABOVE,
        SHARE,
        native=ELSEWHERE,
    ),
    function(
        "distributions.Categorical/enumerate_support",
        lambda torch, x: [
            of(torch).Categorical(logits=x).enumerate_support(),
            of(torch).Bernoulli(logits=x).enumerate_support(expand=False),
        ],
        normal(2, 3),
        native=ELSEWHERE,
    ),
]

REFUSED = [
    refuses(
        "distributions.Normal/scale",
        lambda torch, m: of(torch).Normal(m, -torch.ones(3)),
        normal(3),
    ),
    refuses(
        "distributions.Uniform/order",
        lambda torch: of(torch).Uniform(2.0, 1.0),
    ),
    refuses(
        "distributions.Bernoulli/above 1",
        lambda torch: of(torch).Bernoulli(torch.tensor([0.5, 1.5])),
    ),
    refuses(
        "distributions.Bernoulli/both",
        lambda torch, x: of(torch).Bernoulli(x, x),
        SHARE,
    ),
    refuses(
        "distributions.Categorical/one number",
        lambda torch: of(torch).Categorical(torch.tensor(0.5)),
    ),
    refuses(
        "distributions.MultivariateNormal/two matrices",
        lambda torch: of(torch).MultivariateNormal(
            torch.zeros(2), torch.eye(2), torch.eye(2)
        ),
    ),
    refuses(
        "distributions.Poisson/rsample",
        lambda torch: of(torch).Poisson(torch.ones(2)).rsample(),
    ),
    refuses(
        "distributions.kl_divergence/no formula",
        lambda torch: of(torch).kl_divergence(
            of(torch).Cauchy(0.0, 1.0), of(torch).Poisson(1.0)
        ),
    ),
    refuses(
        "distributions.Independent/too many",
        lambda torch: of(torch).Independent(of(torch).Normal(0.0, 1.0), 1),
    ),
]

CASES = [*DENSITIES, *DIVERGENCES, *FUNCTIONS, *REFUSED]
