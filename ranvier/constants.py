"""Numbers that hang on the package as in PyTorch."""

from __future__ import annotations

import math
from typing import Final

pi: Final = math.pi
e: Final = math.e
inf: Final = math.inf
nan: Final = math.nan
newaxis: Final = None
