"""The R-TV of a smooth function whose transform ends within reach of a grid: waves, and features of different widths.

The samples are transformed once by an FFT, and the transform is interpolated along rays in any direction. Directions
are cells, cut where the variation of G along them needs it: for a Gaussian times a wave all of it lies within a few
tenths of a radian, which product rules over all directions meet with few of their nodes.
"""

from __future__ import annotations

import math
import time
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from radon_nn._support.types import Floats
from radon_nn.measures.result import RTV, Refinement
from radon_nn.variation._direction_cells import DirectionCells
from radon_nn.variation._line_kinks import line_kinks
from radon_nn.variation._oscillations import taken_for_errors
from radon_nn.variation._ray_fft import RayTransform
from radon_nn.variation._ray_spectrum import frequency_rule, total_variation
from radon_nn.variation._refining import Runs
from radon_nn.variation._samples import GridSamples, geometric_error, noise_cost
from radon_nn.variation._sharp import TimeUpError
from radon_nn.variation._unseen import (
    SPARE,
    Lattice,
    compared,
    few_between,
    looked_at,
    many_for,
    wider,
)

_MOST = {2: 1024, 3: 256}
"""Samples along an axis at most: in space their transform takes 1 GiB."""

_FIRST, _RATIO = {2: 64, 3: 48}, {2: 1.5, 3: 1.25}
"""Samples along an axis at first, and by which factor they grow: a step too far costs more in space."""

_ENDS = 0.88
"""The transform must have ended at this fraction of the Nyquist frequency, so that coarser samples nearly hold it."""

_COARSER, _CLOSER = 1.1, 1.15
"""Factors by which samples are coarser and the taper is closer in the runs that give their errors."""

_ENDED = 1e-3
"""Where it ends |w|^(d+1) |f^| has fallen to this fraction of the tolerance, relative to its largest value."""

_SHELLS = 100
"""Shells of frequencies in which the largest value is noted."""

_SMALL, _SLOW = 1e-2, 1.3
"""Once samples hold f, and |f^| is near the Nyquist frequency, to this fraction of the peaks, |f^| must fall at a pace,
as exp(-c |w|), that ends it on a grid at most this many times as large as allowed: that of kinks falls like a power."""

_AGREES = 0.1
"""The difference allowed between f and the polynomial through its samples, in units of `tol`."""

_MISSED = 0.1
"""The largest difference between f and the polynomial through its samples, relative to its peak, that still shows f: a
kink leaves some hundredths."""

_DENSER, _QUINTIC = 2.0, 3e-8
"""Offsets are denser by this factor than for bumps: the quintics between them are then off by up to (pi / 16)^6 / 720 =
8e-8 for a wave at the band limit, where its error is largest, and by a third of that at most on average. With a factor
of 1, as for bumps, a wave of frequency 20 was off by 4e-7."""

_TRIED = 240
"""Directions, chosen by what they contribute, whose variation is computed again to see errors of samples and radius."""

_REPORTED = 1e-2
"""A larger relative error is not reported."""

_ROWS = 1 << 16
"""Frequencies along all rays of a batch."""


class _Step(NamedTuple):
    """Directions so far, the value, and its error."""

    directions: float
    value: float
    error: float


class _Resolved(NamedTuple):
    """Samples fine enough for the transform to end, where it does, and at how many points f was compared with them."""

    samples: GridSamples
    band: float
    seen: Lattice
    oscillating: float
    said: str


def missed(runs: Runs, radius: float) -> bool:
    """
    Whether the first grid misses most of f between its points, so that refinement from coarser ones would be in vain.

    Parameters
    ----------
    runs : Runs
        The function, of two or three variables.
    radius : float
        Half the side of the cube that is sampled.

    Returns
    -------
    bool
        True for waves faster than the grid.
    """
    return few_between(runs.h, runs.samples(_FIRST[runs.dim], radius).tapered(1.0)) > _MISSED


def of_band_limited(runs: Runs, radius: float, tol: float, max_samples: int, assumed: str) -> RTV | None:
    """
    The R-TV of a function whose samples show where its transform ends.

    Parameters
    ----------
    runs : Runs
        The function, of two or three variables, and the time limit.
    radius : float
        Half the side of the cube that is sampled.
    tol : float
        Relative error to reach.
    max_samples : int
        Samples on one grid, at most.
    assumed : str
        Where f is taken as affine.

    Returns
    -------
    RTV or None
        None if the transform does not end, or the error stays large.

    Raises
    ------
    KeyboardInterrupt
        If one comes while the error is still large.
    """
    if runs.dim not in _MOST or line_kinks(runs.h).everywhere:
        return None
    resolved = _resolved(runs, radius, tol, max_samples)
    if resolved is None:
        return None
    steps: list[_Step] = []
    law = ""
    try:
        variation = _Variation(resolved.samples, resolved.band, runs.until)
        cells = DirectionCells(variation, runs.dim, variation.transform.band)
        fixed = _errors(runs, cells, resolved) + _QUINTIC + resolved.oscillating
        noise = noise_cost(resolved.samples, variation.transform.band)
        while True:
            steps.append(_Step(float(variation.count), cells.value, cells.error + fixed * cells.value + noise))
            runs.say(f"{variation.count} directions: {cells.value:.10g} +- {steps[-1].error:.2g}")
            if not cells.refine(tol / 4 * cells.value):
                break
    except TimeUpError:
        law = "time ran out before directions were fine enough"
    except KeyboardInterrupt:
        if not _known(steps):
            raise
        law = "interrupted before directions were fine enough"
    if not _known(steps):
        return None
    found = _result(steps, tol, law, len(resolved.samples.axes[0]), runs.dim, assumed)
    return replace(found, method=f"{found.method}; {looked_at(runs.h, resolved.seen)}{resolved.said}")


def _known(steps: list[_Step]) -> bool:
    """Whether the last error is small enough for a result."""
    return bool(steps) and steps[-1].error <= _REPORTED * steps[-1].value


def _result(steps: list[_Step], tol: float, law: str, n: int, dim: int, assumed: str) -> RTV:
    count, value, error = steps[-1]
    method = f"Fourier transform of {n}^{dim} samples along {count:.0f} rays, denser where needed"
    at, values, errors = zip(*steps, strict=True)
    lower, upper = (tuple(v + s * e for v, e in zip(values, errors, strict=True)) for s in (-1, 1))
    refinement = Refinement("directions", at, values, lower, upper)
    bounds = max(0.0, value - error), value + error
    return RTV(value, *bounds, method, assumed, "estimated", "finite", law, refinement, error <= tol * value)


class _Variation:
    """The density of R-TV over directions: the variation of G along them, in units of x."""

    def __init__(self, samples: GridSamples, band: float, until: float) -> None:
        self.transform, self.turn, self.count, self.until = RayTransform(samples, band), samples.turn, 0, until
        self.dim, self.reach = samples.dim, 1.25 * samples.radius
        self.rule = frequency_rule(self.transform.band, self.reach + samples.radius)

    def __call__(self, directions: Floats) -> Floats:
        """The density in directions (m, d)."""
        w, weights = self.rule
        step = max(1, _ROWS // len(w))
        result = np.zeros(len(directions))
        for begin in range(0, len(directions), step):
            if time.monotonic() > self.until:
                raise TimeUpError
            part = directions[begin : begin + step]
            rays = self.transform.at((w[:, None, None] * part).reshape(-1, self.dim)).reshape(len(w), -1)
            seen, rows = np.any(rays != 0, axis=0), np.any(rays != 0, axis=1)
            if seen.any():
                rays = rays[np.ix_(rows, seen)]
                band = _DENSER * self.transform.band
                found, _ = total_variation(rays, w[rows], weights[rows], self.dim, band, self.reach)
                result[begin : begin + step][seen] = found
        self.count += len(directions)
        return np.asarray(result * np.linalg.norm(directions @ self.turn, axis=1))


def _resolved(runs: Runs, radius: float, tol: float, max_samples: int) -> _Resolved | None:
    """Samples fine enough for the transform to end, and where it does."""
    most = min(_MOST[runs.dim], int(max_samples ** (1 / runs.dim) + 1e-9))
    n, before = float(_FIRST[runs.dim]), None
    while n <= most:
        begin = time.monotonic()
        samples = runs.samples(round(n / 2) * 2, radius).tapered(1.0)
        level = max(_ENDED * tol, 1e-13)
        band, edge, target = _band(samples, level)
        apart = few_between(runs.h, samples)
        allowed = _AGREES * tol + 10 * runs.h.noise / runs.h.peak
        if band <= _ENDS * math.pi / samples.spacing and apart <= allowed:
            spare = SPARE * runs.h.peak + 10 * runs.h.noise
            wide = wider(runs.samples, samples, radius, runs.h.box)
            looked = compared(runs.h, samples, wide, many_for(runs.h.box), spare, allowed * runs.h.peak)
            if looked.off:
                return None  # there are narrower features, which few points miss
            runs.say(f"{len(samples.axes[0])}^{runs.dim} samples hold the transform, which ends at {band:.3g}")
            return _Resolved(samples, band, looked.lattice, *taken_for_errors(runs.h, samples))
        if before is not None and apart < _SMALL and target < edge < before[1] < _SMALL:
            # ln |f^| is convex where f has kinks: its pace on the last two grids is the best that can be hoped for.
            pace = math.log(before[1] / edge) / (n - before[0])
            if n + math.log(edge / target) / pace > _SLOW * most:
                return None
        before = n, edge
        took = time.monotonic() - begin
        # Runs for errors, the transform and directions take some times as long as samples.
        if 4 * took * _RATIO[runs.dim] ** runs.dim > runs.until - time.monotonic():
            return None
        n *= _RATIO[runs.dim]
    return None


def _band(samples: GridSamples, level: float) -> tuple[float, float, float]:
    """Where |w|^(d+1) |f^| has fallen to a level; |f^| / its peak near the Nyquist frequency, and what it should be."""
    dim = samples.dim
    w, size, noise = samples.spectrum()
    unit = math.pi / samples.spacing / _SHELLS
    largest = np.zeros(2 * _SHELLS)
    np.maximum.at(largest, np.minimum((w / unit).astype(np.int64), 2 * _SHELLS - 1).ravel(), size.ravel())
    upper = unit * (np.arange(2 * _SHELLS) + 1)
    weighted = largest * upper ** (dim + 1)
    least = level * float(weighted.max()) / upper ** (dim + 1)
    above = np.flatnonzero(largest > np.maximum(least, noise))
    peak, edge = float(largest.max()), slice(round(_ENDS * _SHELLS), _SHELLS)
    band = float(upper[min(above[-1] + 1, 2 * _SHELLS - 1)]) if len(above) else float(upper[-1])
    return band, float(largest[edge].max()) / peak, float(least[edge].min()) / peak


def _errors(runs: Runs, cells: DirectionCells, made: _Resolved) -> float:
    """Relative errors of samples and radius together, from the directions that contribute most."""
    directions, weights = cells.directions(slice(None))
    n, radius = len(made.samples.axes[0]), made.samples.radius
    count = len(weights) // len(cells.sums)
    order = np.argsort(np.abs(cells.sums))[::-1][: max(1, _TRIED // count)]
    chosen = (order[:, None] * count + np.arange(count)).ravel()
    directions, weights = directions[chosen], weights[chosen]

    def densities(n: int, radius: float, share: float) -> Floats:
        samples = runs.samples(n, radius).tapered(share)
        return _Variation(samples, made.band, runs.until)(directions)

    best = densities(n, radius, 1.0)
    coarser = densities(round(n / _COARSER / 2) * 2, radius, 1.0)
    closest, closer = (densities(n, radius, _CLOSER**-k) for k in (2, 1))
    # The transform has ended, so that coarser samples differ by far more than finer ones would; tails may be slow.
    sampled, before, last = (
        float(weights @ np.abs(a - b)) for a, b in ((coarser, best), (closest, closer), (closer, best))
    )
    return (sampled + geometric_error(last + before, last, 0.0)) / float(weights @ best)
