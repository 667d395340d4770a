"""An upper bound of the R-TV on a ball of functions with cusps: theirs, and that of what is left without them.

R-TV is a seminorm, so that the sum bounds it. |x - c| costs pi on a disc and 4 on a ball, wherever c lies inside: each
hyperplane of its measure passes through c.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from typing import NamedTuple

import numpy as np

from radon_nn._support.types import Floats
from radon_nn.geometry.black_box import BlackBox
from radon_nn.geometry.domains import Ball
from radon_nn.geometry.points import affine_design
from radon_nn.variation._cusps import cusps_in_words, slopes_of
from radon_nn.variation._sharp import TimeUpError
from radon_nn.variation._spectral import spectral_bounds

_COST = {2: np.pi, 3: 4.0}
"""R-TV of |x - c|."""
_INSIDE = 0.95
"""Cusps are looked for up to this part of the radius."""
_AFFINE = 1e-8
"""What is left counts as affine if it departs from that by at most this part of f's departure: slopes and places of
cusps are known to 1e-12, and to 1e-10 if f's values are a thousand times as large as what bends."""
_FRESH = 4000
"""Points at which f is compared with its cusps and an affine function: a bump 0.01 of the radius wide meets 9 on a disc
if it is 1e-3 of f's size."""
_ROUNDING = 1e-7
"""The bound is raised by this part, for what is left then."""


class Above(NamedTuple):
    """An upper bound; in words, the cusps it is made of, and what f is taken to be without them."""

    upper: float
    named: str
    rest: str


class _OnBall:
    """A function in coordinates of the unit ball, beyond which it is constant along rays."""

    def __init__(self, f: BlackBox, ball: Ball) -> None:
        self.f, self.ball, self.dim = f, ball, f.dim
        rng = np.random.default_rng(27)
        points = rng.standard_normal((_FRESH, self.dim))
        points *= (rng.random(_FRESH) ** (1 / self.dim) / np.linalg.norm(points, axis=1))[:, None]
        self.points = points
        self.peak = self.bend(self(points))

    def bend(self, values: Floats) -> float:
        """The largest departure of values at the points from an affine function."""
        design = affine_design(self.points)
        return float(np.abs(values - design @ np.linalg.lstsq(design, values, rcond=None)[0]).max())

    def __call__(self, y: Floats) -> Floats:
        """Values at points (n, d)."""
        length = np.maximum(np.linalg.norm(y, axis=1, keepdims=True), 1.0)
        return self.f(self.ball.center_in(self.dim) + self.ball.radius * y / length)


def cusps_on_ball(f: BlackBox, ball: Ball, tol: float, until: float, say: Callable[[str], object]) -> Above | None:
    """
    The sum of the R-TV of a function's cusps and of a bound for what is left.

    Parameters
    ----------
    f : BlackBox
        The function, of 2 or 3 variables.
    ball : Ball
        The ball.
    tol : float
        Relative gap to reach.
    until : float
        When to stop (`time.monotonic`).
    say : callable
        Called with lines of text.

    Returns
    -------
    Above or None
        None if f has no cusps, the expansion of what is left does not converge, or the time is over before that.

    Raises
    ------
    KeyboardInterrupt
        On Ctrl-C.
    """
    dim = f.dim
    if dim not in _COST or time.monotonic() > until:
        return None
    around = _OnBall(f, ball)
    slopes = slopes_of(around, _INSIDE, until)
    if slopes is None or time.monotonic() > until:
        return None
    middle, radius = ball.center_in(dim), ball.radius

    def rest(x: Floats) -> Floats:
        """F without its cusps."""
        y = (x - middle) / radius
        total = f(x)
        for slope in slopes:
            total = total - slope.first * np.linalg.norm(y - slope.center, axis=1)
        return total

    more, kind = 0.0, "an affine function"
    if around.bend(rest(middle + radius * around.points)) > _AFFINE * around.peak:
        left = BlackBox(rest, dim, "choose a domain on which it is defined")
        bounds = None
        with suppress(TimeUpError):
            bounds = spectral_bounds(left, ball, tol, until, say)
        if bounds is None:
            return None
        if bounds.interrupted:
            raise KeyboardInterrupt
        more, kind = bounds.upper, "a polynomial"
    own = _COST[dim] * sum(abs(slope.first) for slope in slopes)
    words = cusps_in_words([middle + radius * slope.center for slope in slopes], radius)
    named = f"{words}, of R-TV {own / radius:.7g}"
    say(f"{named}, and what is left at most {more / radius:.7g}")
    return Above((own + more) / radius * (1 + _ROUNDING), named, kind)
