"""Types that every package shares."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
"""Double precision, in which everything but the operators computes."""

Array = NDArray[np.floating[Any]]
"""Single or double precision, as the user chose."""

Indices = NDArray[np.int64]

Progress = Callable[[str], object]
"""Called with a sentence on how far a long computation has come; its result is ignored."""
