"""Gradients kept small, parameters as one vector, weights by length and direction, and
sequences of different lengths, under PyTorch's names.
"""

from typing import TYPE_CHECKING

from ranvier import absent
from ranvier.nn.utils import parametrizations, parametrize, rnn
from ranvier.nn.utils.clip_grad import (
    clip_grad_norm_,
    clip_grad_value_,
    clip_grads_with_norm_,
    get_total_norm,
)
from ranvier.nn.utils.convert_parameters import (
    parameters_to_vector,
    vector_to_parameters,
)
from ranvier.nn.utils.weight_norm import remove_weight_norm, weight_norm

__all__ = [
    "clip_grad_norm_",
    "clip_grad_value_",
    "clip_grads_with_norm_",
    "get_total_norm",
    "parameters_to_vector",
    "parametrizations",
    "parametrize",
    "remove_weight_norm",
    "rnn",
    "vector_to_parameters",
    "weight_norm",
]

if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        raise absent.unknown(__name__, name, __all__, absent.NN_UTILS)
