"""What an optimiser is given."""

import pytest

from ranvier import nn, optim
from ranvier.errors import DTypeError


def test_a_model_in_place_of_its_parameters():
    with pytest.raises(
        DTypeError, match=r"Adam: got Linear; give model.parameters\(\)"
    ):
        optim.Adam(nn.Linear(1, 1), lr=0.1)
