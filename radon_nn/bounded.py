"""R-TV of a black box on a ball: samples, refined until the certified bounds meet."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import qmc

from radon_nn import _checks
from radon_nn.directions import Directions
from radon_nn.fit import Fit, interpolate
from radon_nn.geometry import Ball, Function, evaluate
from radon_nn.pursuit import Progress
from radon_nn.verdict import RTV, Refinement

Floats = NDArray[np.float64]

_FIRST = {1: 33, 2: 100, 3: 60}
_FIRST_BEYOND = 100
_MOST = {1: 1 << 17, 2: 6400, 3: 960}
_MOST_BEYOND = 800
_FRESH = 4
"""Fresh points, for each sample, on which the interpolant is compared with f."""


@dataclass
class _Samples:
    """Points of a ball, from a low-discrepancy sequence and from its sphere, and f there."""

    f: Function
    ball: Ball
    dim: int
    rng: np.random.Generator

    def __post_init__(self) -> None:
        self._sequence = qmc.Halton(self.dim, rng=self.rng)
        self.points, self.values = np.empty((0, self.dim)), np.empty(0)

    def inside(self, count: int) -> Floats:
        """The next points of the sequence inside the ball."""
        found = np.empty((0, self.dim))
        while len(found) < count:
            cube = 2 * self._sequence.random(2 * count) - 1
            found = np.concatenate([found, cube[np.linalg.norm(cube, axis=1) < 1]])
        return self._placed(found[:count])

    def rim(self, count: int) -> Floats:
        """Points on the sphere, so that the samples' convex hull all but fills the ball."""
        if self.dim == 1:
            return self._placed(np.array([[-1.0], [1.0]]))
        if self.dim == 2:
            angle = 2 * np.pi * (np.arange(count) + self.rng.random()) / count
            return self._placed(np.column_stack([np.cos(angle), np.sin(angle)]))
        if self.dim == 3:
            half = Directions.fibonacci(max(1, count // 2)).normals
            return self._placed(np.concatenate([half, -half]))
        random = self.rng.standard_normal((count, self.dim))
        return self._placed(random / np.linalg.norm(random, axis=1, keepdims=True))

    def ask(self, points: Floats) -> Floats:
        """f at points, one output."""
        values = evaluate(self.f, points)
        if values.ndim != 1:
            raise ValueError(
                f"f: expected a function of one output, got {values.shape[1]}; take them one by one, as "
                "lambda x: f(x)[:, 0]"
            )
        return values

    def add(self, points: Floats, values: Floats) -> None:
        """Take samples in."""
        self.points = np.concatenate([self.points, points])
        self.values = np.concatenate([self.values, values])

    def _placed(self, unit: Floats) -> Floats:
        return np.asarray(self.ball.center_in(self.dim) + self.ball.radius * unit)


def bounded_rtv(
    f: Function,
    domain: Ball,
    dim: int,
    *,
    tol: float = 1e-3,
    seconds: float | None = 60.0,
    progress: Progress | None = None,
    rng: int | np.random.Generator = 0,
) -> RTV:
    """
    R-TV of f on a ball, from its values alone, between a certified bound below and a network's norm above.

    The least R-TV of all functions through n samples of f is a lower bound of f's, for d <= 3 a certified one, and
    increases to it as the samples fill the ball. The function that attains it is a network; where it agrees with f at
    fresh points too, its norm bounds from above the R-TV of a function equal to f as far as was seen.

    Parameters
    ----------
    f : callable
        Takes points (n, d), returns n values.
    domain : Ball
        Where to sample.
    dim : int
        Dimension d.
    tol : float
        Stop when lower and upper bound are within this fraction, and f and the network within this fraction of the
        largest departure of f from an affine function.
    seconds : float, optional
        Stop after about this time with the best bounds so far; None for no limit.
    progress : callable, optional
        Called with a line of text after each round.
    rng : int or Generator
        Seed of the samples.

    Returns
    -------
    RTV
        Certified for d <= 3: `lower` is a theorem; `upper` is for functions that agree with the network where f was
        asked for, and infinite if f does not to within `tol`. The refinement is over the number of samples.

    Raises
    ------
    ValueError
        If f returns what is not one finite number a point, or the domain is of another dimension.

    See Also
    --------
    radon_nn.interpolate : What is done with each set of samples.

    References
    ----------
    R. Parhi and R. Nowak, Banach space representer theorems for neural networks and ridge splines, JMLR 22 (2021).
    """
    d = _checks.count(dim, "dim")
    close = _checks.positive(float(tol), "tol")
    until = math.inf if seconds is None else time.monotonic() + _checks.positive(float(seconds), "seconds")
    samples = _Samples(f, domain, d, np.random.default_rng(rng))
    count = _FIRST.get(d, max(_FIRST_BEYOND, 10 * d))
    rim = samples.rim(math.ceil(min(count / 3, 3.5 * math.sqrt(count))) if d > 1 else 2)
    first = np.concatenate([rim, samples.inside(count - len(rim))])
    samples.add(first, samples.ask(first))
    rounds: list[tuple[int, Fit, float]] = []
    met, why = False, f"{_MOST.get(d, _MOST_BEYOND)} samples were not enough"
    lower = 0.0
    while True:
        left = until - time.monotonic()
        fitted = interpolate(
            samples.points, samples.values, tol=close / 2, seconds=max(left, 0.1) if left < math.inf else None, rng=0
        )
        fresh = samples.inside(_FRESH * len(samples.points))
        values = samples.ask(fresh)
        off = np.abs(values - fitted(fresh))
        size = _bend(samples)
        rounds.append((len(samples.points), fitted, float(off.max())))
        agrees = bool(off.max() <= close * size)
        lower = max(lower, fitted.lower) if fitted.certified else fitted.lower
        if progress is not None:
            progress(
                f"{len(samples.points)} samples: R-TV at least {lower:.6g}, network's {fitted.rtv:.6g}, off by "
                f"{off.max():.2g} at {len(fresh)} fresh points"
            )
        met = agrees and fitted.converged and fitted.rtv - lower <= close * fitted.rtv and _settled(rounds, close)
        if met or len(samples.points) >= _MOST.get(d, _MOST_BEYOND):
            break
        if fitted.stopped == "interrupted" or time.monotonic() >= until:
            why = fitted.stopped if fitted.stopped == "interrupted" else "the time was over"
            break
        worst = np.argsort(-off)[: len(samples.points) // 2]
        rest = samples.inside(len(samples.points) - len(worst))
        samples.add(np.concatenate([fresh[worst], rest]), np.concatenate([values[worst], samples.ask(rest)]))
    return _result(rounds, domain, d, lower, agrees, met, why)


def _bend(samples: _Samples) -> float:
    """Largest departure of the samples from an affine function."""
    design = np.column_stack([samples.points, np.ones(len(samples.points))])
    rest = samples.values - design @ np.linalg.lstsq(design, samples.values, rcond=None)[0]
    return float(np.abs(rest).max())


def _settled(rounds: list[tuple[int, Fit, float]], tol: float) -> bool:
    """Whether f is the network itself, to rounding, or the bound has stopped growing."""
    _, last, off = rounds[-1]
    if off <= 1e-9 * max(1e-300, float(np.abs(last.measure(last.points)).max())):
        return True
    return len(rounds) > 1 and last.lower - rounds[-2][1].lower <= tol * last.lower


def _result(
    rounds: list[tuple[int, Fit, float]], domain: Ball, dim: int, lower: float, agrees: bool, met: bool, why: str
) -> RTV:
    count, last, off = rounds[-1]
    growth = last.lower / rounds[-2][1].lower - 1 if len(rounds) > 1 and rounds[-2][1].lower > 0 else 0.0
    law = f"the bound grew by {100 * growth:.2g} % over the last doubling of the samples; {why}" if growth > 0 else why
    norms = tuple(fitted.rtv for _, fitted, _ in rounds)
    record = Refinement(
        "samples", tuple(float(n) for n, _, _ in rounds), norms, tuple(fit.lower for _, fit, _ in rounds), norms
    )
    certified = "certified" if last.certified else "not certified: for d > 3 the search is a heuristic"
    return RTV(
        value=max(last.rtv, lower),
        lower=lower,
        upper=max(last.rtv, lower) if agrees else math.inf,
        method=f"least R-TV through {count} samples, a network of {len(last.measure)} neurons, {certified}",
        assumed=f"{domain!r}, d = {dim}; the network is within {off:.2g} of f at {_FRESH * count} fresh points",
        standing="certified" if last.certified else "estimated",
        verdict="finite" if agrees else "unresolved",
        law=law if not met else "",
        refinement=record,
        converged=met,
    )
