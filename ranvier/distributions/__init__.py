"""`rv.distributions`: numbers drawn by chance, how likely they are, and how far two
distributions are apart, under PyTorch's names.
"""

from typing import TYPE_CHECKING

from ranvier.absent import unknown
from ranvier.distributions.counts import (
    Bernoulli,
    Categorical,
    Geometric,
    OneHotCategorical,
    Poisson,
)
from ranvier.distributions.distribution import Distribution, Independent
from ranvier.distributions.divergence import kl_divergence, register_kl
from ranvier.distributions.located import (
    Cauchy,
    Gumbel,
    HalfNormal,
    Laplace,
    LogNormal,
    Normal,
    Uniform,
)
from ranvier.distributions.multivariate import MultivariateNormal
from ranvier.distributions.positive import Beta, Chi2, Dirichlet, Exponential, Gamma

_INSTEAD = {
    "AffineTransform": "compute loc + scale * x; its log-density is that of x minus "
    "ln |scale|",
    "Binomial": "add up draws of rv.distributions.Bernoulli",
    "HalfCauchy": "use rv.distributions.Cauchy(...).sample().abs()",
    "LowRankMultivariateNormal": "use rv.distributions.MultivariateNormal",
    "MixtureSameFamily": "use rv.logsumexp(mixture.logits + parts.log_prob(x), -1)",
    "Multinomial": "add up draws of rv.distributions.OneHotCategorical",
    "OneHotCategoricalStraightThrough": "use F.gumbel_softmax(logits, hard=True)",
    "RelaxedBernoulli": "use F.gumbel_softmax(logits)",
    "RelaxedOneHotCategorical": "use F.gumbel_softmax(logits)",
    "StudentT": "use rv.distributions.Normal(loc, scale / (Gamma(df / 2, df / 2)"
    ".sample().sqrt()))",
    "TransformedDistribution": "transform the draws, and subtract the logarithm of "
    "the derivative from log_prob",
    "constraints": "distributions check their arguments; leave it out",
    "transforms": "compute with tensors; LogNormal is here",
}
__all__ = [
    "Bernoulli",
    "Beta",
    "Categorical",
    "Cauchy",
    "Chi2",
    "Dirichlet",
    "Distribution",
    "Exponential",
    "Gamma",
    "Geometric",
    "Gumbel",
    "HalfNormal",
    "Independent",
    "Laplace",
    "LogNormal",
    "MultivariateNormal",
    "Normal",
    "OneHotCategorical",
    "Poisson",
    "Uniform",
    "kl_divergence",
    "register_kl",
]

if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        raise unknown(__name__, name, __all__, _INSTEAD)
