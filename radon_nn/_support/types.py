"""Types that every package shares."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
"""Double precision: what everything but the operators computes in."""

Array = NDArray[np.floating[Any]]
"""Single or double precision, as the user handed it over."""

Indices = NDArray[np.int64]

Progress = Callable[[str], object]
"""Told, in words, how far a long computation has come; what it returns is ignored."""
