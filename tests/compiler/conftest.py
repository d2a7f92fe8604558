"""What the tests of the compiler share: targets, native runs, and the bound on
errors.
"""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import ranvier as rv


@pytest.fixture
def one_thread():
    """Programs of `plan` use the threads of their target and no others."""
    before = rv.get_num_threads()
    rv.set_num_threads(1)
    yield
    rv.set_num_threads(before)
