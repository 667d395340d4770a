"""A black box on a ball, and how far to go: what each route on balls is asked."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

from radon_nn._support import checks
from radon_nn._support.types import Progress
from radon_nn.geometry.domains import Ball
from radon_nn.geometry.grids import Function

UNDEFINED = "choose a domain on which it is defined"
"""What to do where f has no values."""


@dataclass(frozen=True)
class BallQuestion:
    """
    A black box on a ball, and how far to go.

    Parameters
    ----------
    f : callable
        Takes points (n, d), returns n values.
    ball : Ball
        The ball.
    dim : int
        Dimension d, at least 2.
    tol : float
        Relative gap between the bounds to reach.
    until : float
        When to stop (`time.monotonic`).
    say : callable
        Called with lines of text.
    """

    f: Function
    ball: Ball
    dim: int
    tol: float
    until: float
    say: Callable[[str], object]

    @classmethod
    def of(
        cls, f: Function, ball: Ball, dim: int, tol: float, seconds: float | None, progress: Progress | None
    ) -> BallQuestion:
        """The question with its options checked, from now on."""
        close = checks.positive(tol, "tol")
        limit = math.inf if seconds is None else checks.positive(seconds, "seconds")
        ball.center_in(checks.count(dim, "dim"))
        say = progress if progress is not None else lambda line: None
        return cls(f, ball, dim, close, time.monotonic() + limit, say)

    @property
    def left(self) -> float | None:
        """Seconds left, a tenth at least; None without a limit."""
        return None if math.isinf(self.until) else max(self.until - time.monotonic(), 0.1)

    @property
    def where(self) -> str:
        """The domain in words."""
        return f"{self.ball!r}, d = {self.dim}"
