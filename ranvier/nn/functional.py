"""Layers, activations and losses as functions.

The names, and nothing else: the functions stand in `ranvier.nn.functions`, one file a
kind, and the losses in the files `loss_*.py`. They write nodes directly and few of
them: in a plain loop that is what a step costs in Python. Reductions keep their
dimensions, so that nothing stands between them and what uses them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ranvier import absent
from ranvier.nn.functions.activation import (
    celu,
    elu,
    gelu,
    glu,
    leaky_relu,
    logsigmoid,
    mish,
    prelu,
    relu,
    rrelu,
    selu,
    sigmoid,
    silu,
    softplus,
    tanh,
)
from ranvier.nn.functions.adaptive import (
    adaptive_avg_pool1d,
    adaptive_avg_pool2d,
    adaptive_avg_pool3d,
    adaptive_max_pool1d,
    adaptive_max_pool2d,
    adaptive_max_pool3d,
)
from ranvier.nn.functions.attention import (
    scaled_dot_product_attention,
)
from ranvier.nn.functions.bags import (
    embedding_bag,
)
from ranvier.nn.functions.columns import (
    fold,
    unfold,
)
from ranvier.nn.functions.convolution import (
    conv1d,
    conv2d,
    conv3d,
    conv_transpose1d,
    conv_transpose2d,
    conv_transpose3d,
)
from ranvier.nn.functions.distance import (
    pdist,
)
from ranvier.nn.functions.dropout import (
    alpha_dropout,
    dropout,
    dropout1d,
    dropout2d,
    dropout3d,
    feature_alpha_dropout,
)
from ranvier.nn.functions.embedding import (
    embedding,
    one_hot,
)
from ranvier.nn.functions.grid import (
    affine_grid,
    grid_sample,
)
from ranvier.nn.functions.linear import (
    bilinear,
    linear,
)
from ranvier.nn.functions.normalization import (
    batch_norm,
    group_norm,
    instance_norm,
    layer_norm,
    local_response_norm,
    normalize,
    rms_norm,
)
from ranvier.nn.functions.padding import (
    pad,
)
from ranvier.nn.functions.piecewise import (
    hardshrink,
    hardsigmoid,
    hardswish,
    hardtanh,
    relu6,
    softshrink,
    softsign,
    tanhshrink,
    threshold,
)
from ranvier.nn.functions.pooling import (
    avg_pool1d,
    avg_pool2d,
    avg_pool3d,
    lp_pool1d,
    lp_pool2d,
    lp_pool3d,
    max_pool1d,
    max_pool2d,
    max_pool3d,
)
from ranvier.nn.functions.resize import (
    interpolate,
    upsample,
    upsample_bilinear,
    upsample_nearest,
)
from ranvier.nn.functions.shuffle import (
    channel_shuffle,
    pixel_shuffle,
    pixel_unshuffle,
)
from ranvier.nn.functions.softmax import (
    gumbel_softmax,
    log_softmax,
    softmax,
    softmin,
)
from ranvier.nn.functions.surrogate import (
    sign,
    step,
)
from ranvier.nn.functions.unpool import (
    max_unpool1d,
    max_unpool2d,
    max_unpool3d,
)
from ranvier.nn.loss_binary import (
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    hinge_loss,
    multilabel_soft_margin_loss,
    soft_margin_loss,
)
from ranvier.nn.loss_classes import (
    cross_entropy,
    multi_margin_loss,
    nll_loss,
)
from ranvier.nn.loss_ctc import (
    ctc_loss,
)
from ranvier.nn.loss_distance import (
    cosine_embedding_loss,
    cosine_similarity,
    pairwise_distance,
    triplet_margin_loss,
    triplet_margin_with_distance_loss,
)
from ranvier.nn.loss_likelihood import (
    gaussian_nll_loss,
    kl_div,
    poisson_nll_loss,
)
from ranvier.nn.loss_margin import (
    hinge_embedding_loss,
    margin_ranking_loss,
    multilabel_margin_loss,
)
from ranvier.nn.loss_regression import (
    huber_loss,
    l1_loss,
    mse_loss,
    smooth_l1_loss,
)

__all__ = [
    "adaptive_avg_pool1d",
    "adaptive_avg_pool2d",
    "adaptive_avg_pool3d",
    "adaptive_max_pool1d",
    "adaptive_max_pool2d",
    "adaptive_max_pool3d",
    "affine_grid",
    "alpha_dropout",
    "avg_pool1d",
    "avg_pool2d",
    "avg_pool3d",
    "batch_norm",
    "bilinear",
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "celu",
    "channel_shuffle",
    "conv1d",
    "conv2d",
    "conv3d",
    "conv_transpose1d",
    "conv_transpose2d",
    "conv_transpose3d",
    "cosine_embedding_loss",
    "cosine_similarity",
    "cross_entropy",
    "ctc_loss",
    "dropout",
    "dropout1d",
    "dropout2d",
    "dropout3d",
    "elu",
    "embedding",
    "embedding_bag",
    "feature_alpha_dropout",
    "fold",
    "gaussian_nll_loss",
    "gelu",
    "glu",
    "grid_sample",
    "group_norm",
    "gumbel_softmax",
    "hardshrink",
    "hardsigmoid",
    "hardswish",
    "hardtanh",
    "hinge_embedding_loss",
    "hinge_loss",
    "huber_loss",
    "instance_norm",
    "interpolate",
    "kl_div",
    "l1_loss",
    "layer_norm",
    "leaky_relu",
    "linear",
    "local_response_norm",
    "log_softmax",
    "logsigmoid",
    "lp_pool1d",
    "lp_pool2d",
    "lp_pool3d",
    "margin_ranking_loss",
    "max_pool1d",
    "max_pool2d",
    "max_pool3d",
    "max_unpool1d",
    "max_unpool2d",
    "max_unpool3d",
    "mish",
    "mse_loss",
    "multi_margin_loss",
    "multilabel_margin_loss",
    "multilabel_soft_margin_loss",
    "nll_loss",
    "normalize",
    "one_hot",
    "pad",
    "pairwise_distance",
    "pdist",
    "pixel_shuffle",
    "pixel_unshuffle",
    "poisson_nll_loss",
    "prelu",
    "relu",
    "relu6",
    "rms_norm",
    "rrelu",
    "scaled_dot_product_attention",
    "selu",
    "sigmoid",
    "sign",
    "silu",
    "smooth_l1_loss",
    "soft_margin_loss",
    "softmax",
    "softmin",
    "softplus",
    "softshrink",
    "softsign",
    "step",
    "tanh",
    "tanhshrink",
    "threshold",
    "triplet_margin_loss",
    "triplet_margin_with_distance_loss",
    "unfold",
    "upsample",
    "upsample_bilinear",
    "upsample_nearest",
]

if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        raise absent.unknown(__name__, name, __all__, absent.FUNCTIONAL)
