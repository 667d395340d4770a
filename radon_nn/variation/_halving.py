"""Pieces of the line halved until each is resolved, or too narrow to resolve beside the rounding of f.

A piece is resolved if its Chebyshev coefficients have fallen to rounding, or so far that its slope is known to the
tolerance, and if the polynomial agrees with f at all probes inside. Pieces that hold kinks and jumps are halved down to
the width at which the rounding of f hides their slopes.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.polynomial import chebyshev
from numpy.typing import NDArray

from radon_nn._support.types import Floats
from radon_nn.geometry.black_box import BlackBox, TimeUpError
from radon_nn.variation._pieces import CHORDS, DEGREE, NODES, Level, Pieces, joined, level_of, series

_TO_COEFFICIENTS: Floats = np.asarray(np.linalg.inv(chebyshev.chebvander(NODES, DEGREE)).T, dtype=np.float64)

_CHOPPED = 2.0
"""Coefficients after the last above this many times the noise are dropped: noise in c_k is a quarter of that in f."""

_NARROW = 64.0
"""Least widths in units of noise / sqrt(precision); chosen by hand, not measured. At 1 the rounding of a slope equals
its change over the piece at curvature 1. Wider pieces suffice, since kinks are extrapolated from both sides, which does
not halve the digits."""

LOUD = 1024.0
"""Rounding of f that is allowed for where its noise is measured, in units of what values and slopes tell: sums of terms
that cancel far away round by more. At 4 the noise at 1e13 was taken for that of a bend near 0 (seen once in 120)."""

_ROUNDING = 8.0
"""Coefficients up to this many times the noise of f count as noise: the largest of 17 normal deviations is below 4."""

_NEAR: Floats = np.array([-0.437, 0.053, 0.571])
"""Where a piece's noise is measured, in half widths from its middle."""
_NEIGHBOURS: Floats = np.arange(-4.0, 5.0)
_SIXTH: Floats = np.stack([np.convolve([1.0, -6, 15, -20, 15, -6, 1], row) for row in np.eye(3)]) / math.sqrt(924)
"""Three sixth differences of nine values, which have the size of the noise in a value."""

_TELLS = 4.0
"""Noise in the last three of 17 coefficients is about a third of that in f; the largest of them about half."""

_PLACES, _AROUND = 1024, 8
"""Probes at which noise is measured at first, and over how many of these on both sides the largest is taken: where
terms cancel, only some values in fifty are off."""

_GRANULES, _OF_TWO, _TINY = 64.0, 4096.0, 2.0**-16
"""If all values at the probes are multiples of a power of two, and up to at least so many times it, that is the last
place of a larger number which was added and taken away. Functions with steps have coarser ones, and of two values, 0
and 1000 say, more is asked; but none are multiples of a power of two as small as the last of these numbers."""

_MOST_PIECES = 1 << 15
"""The most pieces halved at a time: a million values of f, a second or two for a formula."""


@dataclass
class Halving:
    """
    The state of the halving of pieces.

    Parameters
    ----------
    f : BlackBox
        The function, d = 1.
    probes : ndarray, shape (m,)
        Distinct points, rising, with which polynomials are compared.
    close : float
        Relative error of the variation at which a piece is resolved.
    finest : float
        The least width of a piece, needed near x = 0 and f = 0, where rounding sets no limit.
    """

    f: BlackBox
    probes: Floats
    close: float
    finest: float

    def __post_init__(self) -> None:
        self.pace = 0.0
        """Seconds for a value of f, in the latest call."""
        self.at_probes = self(self.probes)
        self.floor = self.steepest = self.variation = 0.0
        self.places, self.noises = self._sampled()
        self.unexplained = False
        """Whether the measured errors of f are larger than rounding explains."""
        gaps = np.diff(self.probes)
        bend = self._bend(gaps, LOUD)
        self.floor = max(self._measured(bend * np.minimum(gaps[1:], gaps[:-1])), self._granule())
        # The variation of the chords through the probes, less what rounding explains, is a lower bound.
        self.variation = float(self._bend(gaps).sum())
        near = np.minimum(np.append(np.inf, gaps), np.append(gaps, np.inf))
        noise = self.noise_at(self.probes, self.at_probes)
        self.allowed = np.maximum(4 * _ROUNDING * noise, 0.1 * self.close * self.variation * near)
        self.near, self.known = near, np.full(len(near), False)

    def _bend(self, gaps: Floats, safety: float = 4.0) -> Floats:
        """The least by which the slopes of the chords at each inner probe differ; also sets `steepest`."""
        x, y = np.abs(self.probes), np.abs(self.at_probes)
        slopes = np.diff(self.at_probes) / gaps
        size = self.f.precision * (np.maximum(y[1:], y[:-1]) + np.maximum(x[1:], x[:-1]) * np.abs(slopes))
        rounding = safety * np.maximum(size, self.floor) / gaps
        self.steepest = float(np.maximum(np.abs(slopes) - rounding, 0.0).max())
        return np.asarray(np.maximum(np.abs(np.diff(slopes)) - rounding[1:] - rounding[:-1], 0.0))

    def __call__(self, x: Floats) -> Floats:
        """f at points (n,)."""
        begin = time.monotonic()
        values = self.f(x.reshape(-1, 1))
        self.pace = (time.monotonic() - begin) / max(len(x), 1)
        return values

    def noise_at(self, x: Floats, values: Floats) -> Floats:
        """The size of f's errors: as measured, or, if larger, rounding of its values plus that of x times the slope."""
        rounding = self.f.precision * (np.abs(values) + np.abs(x) * self.steepest)
        place = np.clip(np.searchsorted(self.places, x), 0, len(self.places) - 1)
        return np.maximum(np.maximum(rounding, self.floor), self.noises[place])

    def _granule(self) -> float:
        """The power of two of which all values at the probes are multiples; 0 if rounding of f explains it."""
        size = float(np.abs(self.at_probes).max())
        different = len(np.unique(self.at_probes))
        if different < 2:
            return 0.0
        fewest = _GRANULES if different > 2 else _OF_TWO
        # A float whose last k bits are 0 is a multiple of 2^k times its spacing.
        spacing = 2.0 ** math.frexp(size * self.f.precision)[1]
        while size > spacing and not np.fmod(self.at_probes, 2 * spacing).any():
            spacing *= 2
        granule = 0.0 if spacing > max(size / fewest, _TINY) or np.fmod(self.at_probes, spacing).any() else spacing
        self.unexplained |= granule > LOUD * self.f.precision * size
        return granule

    def _nearby(self, x: Floats, room: Floats) -> Floats:
        """
        Noise of f at points (...,), from neighbouring floats within `room` on both sides.

        Near 0 neighbours are as far apart as near the ends of the interval, for f rounds what it adds to x.
        """
        step = np.minimum(np.maximum(2.0**-51 * np.abs(x), 8 * self.finest), room / 32)
        # With powers of two the neighbours are floats: rounding of x would count as noise.
        step = 2.0 ** np.floor(np.log2(step))
        near = x[..., None] + step[..., None] * _NEIGHBOURS
        sixth = self(near.ravel()).reshape(near.shape) @ _SIXTH.T
        return 2 * np.asarray(np.sqrt(np.mean(sixth**2, axis=-1)))

    def _sampled(self) -> tuple[Floats, Floats]:
        """Noise of f along the line: places, rising, and the largest seen about each."""
        gaps = np.diff(self.probes)
        index = np.unique(np.linspace(1, len(gaps) - 1, min(_PLACES, len(gaps) - 1)).astype(int))
        noise = self._nearby(self.probes[index], np.minimum(gaps[index - 1], gaps[index]))
        windows = sliding_window_view(np.pad(noise, _AROUND), 2 * _AROUND + 1)
        return self.probes[index], np.asarray(windows.max(axis=1))

    def _on(self, low: Floats, high: Floats) -> Floats:
        """Noise of f on pieces: the largest at three places."""
        half = (high - low)[:, None] / 2
        at = (high + low)[:, None] / 2 + half * _NEAR
        return np.asarray(self._nearby(at, np.broadcast_to(half / 4, at.shape)).max(axis=1))

    def _measured(self, bend: Floats) -> float:
        """
        f's own errors where it bends, from sixth differences at many step sizes.

        Near x = 0 the rounding of offsets inside f cannot be predicted from x. Steps too small for these errors give
        exactly 0; steps near a feature's size, and at a singularity all steps, give differences of f itself. The errors
        are taken as the smallest differences that are not 0.
        """
        total = np.cumsum(bend)
        if total[-1] == 0:
            return 0.0
        at = np.searchsorted(total, total[-1] * (np.arange(24) + 0.5) / 24) + 1
        at = np.minimum(at, len(self.probes) - 1)
        centers = self.probes[at]
        widest = max(float(np.abs(centers).max()), float((centers - self.probes[at - 1]).max()))
        steps = min(widest, float(self.probes[-1] - self.probes[0])) * 2.0 ** -np.arange(12.0, 52.0)
        x = centers[:, None, None] + steps[:, None] * (np.arange(7) - 3.0)
        x = np.clip(x, self.probes[0], self.probes[-1])
        sixth = np.abs(self(x.ravel()).reshape(x.shape) @ np.array([1.0, -6, 15, -20, 15, -6, 1])) / math.sqrt(924)
        # A tenth of normal deviations are below an eighth of their size.
        found = [8 * float(np.quantile(row[row > 0], 0.1)) for row in sixth if (row > 0).sum() > 4]
        # Twice, since the rounding of nearby values is not independent.
        floor = 2 * float(np.median(found)) if 2 * len(found) > len(centers) else 0.0
        rise = np.abs((self.at_probes[at] - self.at_probes[at - 1]) / (self.probes[at] - self.probes[at - 1]))
        size = self.f.precision * (np.abs(self.at_probes[at]) + np.abs(centers) * rise)
        self.unexplained = floor > LOUD * float(size.max())
        return floor

    def fitted(self, low: Floats, high: Floats) -> Pieces:
        """Polynomials on pieces, and whether they agree with f."""
        x = (low + high)[:, None] / 2 + (high - low)[:, None] / 2 * NODES
        x[:, 0], x[:, -1] = low, high
        values = self(x.ravel()).reshape(x.shape)
        coefficients = values @ _TO_COEFFICIENTS
        far = np.abs(x).max(axis=1)
        # Rounding of the nodes counts by the slope here, which may be far larger than those known so far. At a jump
        # one chord is steep, and the others are not.
        chords = np.abs(np.diff(values[:, CHORDS], axis=1) / ((high - low)[:, None] / 2 * np.diff(NODES[CHORDS])))
        steep = np.sort(chords, axis=1)[:, -2]
        noise = self.noise_at(far, np.abs(values).max(axis=1))
        noise = np.maximum(noise, self.f.precision * far * steep)
        pieces = self._fitted(low, high, values, coefficients, noise)
        tail = np.abs(coefficients[:, -3:]).max(axis=1)
        doubtful = ~pieces.resolved.astype(bool) | (tail > _ROUNDING * noise)
        if doubtful.any():
            noise[doubtful] = np.maximum(noise[doubtful], self._on(low[doubtful], high[doubtful]))
            pieces = self._fitted(low, high, values, coefficients, noise)
        # Where the last coefficients are noise, they tell how large it is.
        return pieces._replace(noise=np.where(tail <= _ROUNDING * noise, np.maximum(noise, _TELLS * tail), noise))

    def _fitted(self, low: Floats, high: Floats, values: Floats, coefficients: Floats, noise: Floats) -> Pieces:
        """Polynomials on pieces at known values, of which some part is noise."""
        coefficients = coefficients.copy()
        half = (high - low) / 2
        tail = np.abs(coefficients[:, -3:]).max(axis=1)
        # A slope multiplies c_k by k^2; the sum over k > 16 is up to 16 times its first term where c_k falls like k^-4,
        # as beside a weak singularity. At x^2 log x twice this was 2.3 times too little.
        truncated = 8 * DEGREE**3 * tail / half
        truncated[tail <= _ROUNDING * noise] = 0.0
        significant = np.abs(coefficients) > _CHOPPED * noise[:, None]
        degree = np.where(significant.any(axis=1), DEGREE - np.argmax(significant[:, ::-1], axis=1), 0)
        degree = np.where(truncated > 0, DEGREE, degree)
        coefficients[np.arange(DEGREE + 1) > degree[:, None]] = 0.0
        slope_error = truncated + 2 * _CHOPPED * noise * (degree + 1) ** 2 / half
        # The error allowed at an extreme of the slope is relative to the piece's own part of the variation, since there
        # may be thousands of extremes.
        chords = np.diff(values[:, CHORDS], axis=1) / (half[:, None] * np.diff(NODES[CHORDS]))
        own = np.maximum(np.ptp(chords, axis=1), self.variation / 256)
        resolved = truncated <= self.close * own
        pieces = Pieces(low, high, values, coefficients, noise, slope_error, resolved)
        return pieces._replace(resolved=resolved & self._agree(pieces))

    def revised(self, pieces: Pieces) -> Pieces:
        """The pieces with what rounding may amount to now that the steepest slopes are known."""
        steep = np.sort(np.abs(pieces.chords), axis=1)[:, -2]
        self.steepest = max(self.steepest, float(steep.max()))
        far = np.maximum(np.abs(pieces.low), np.abs(pieces.high))
        noise = np.maximum(pieces.noise, self.noise_at(far, np.abs(pieces.values).max(axis=1)))
        more = 2 * _CHOPPED * (noise - pieces.noise) / pieces.half
        return pieces._replace(noise=noise, slope_error=pieces.slope_error + more)

    def _agree(self, pieces: Pieces) -> Floats:
        """Whether resolved pieces agree with f at the probes inside."""
        begin, end = np.searchsorted(self.probes, pieces.low), np.searchsorted(self.probes, pieces.high)
        count = np.where(pieces.resolved, end - begin, 0)
        piece = np.repeat(np.arange(len(count)), count)
        probe = np.arange(len(piece)) - np.repeat(np.cumsum(count) - count, count) + begin[piece]
        u = (self.probes[probe] - pieces.middle[piece]) / pieces.half[piece]
        off = np.abs(self.at_probes[probe] - series(pieces.coefficients[piece], u))
        doubtful = np.unique(probe[(off > self.allowed[probe]) & ~self.known[probe]])
        if len(doubtful):
            self.known[doubtful] = True
            noise = self._nearby(self.probes[doubtful], self.near[doubtful])
            self.allowed[doubtful] = np.maximum(self.allowed[doubtful], 4 * _ROUNDING * noise)
        # One probe off is enough: a missed feature may rise and fall between two neighbours of that probe.
        agree = np.full(len(count), True)
        agree[piece[off > self.allowed[probe]]] = False
        return agree

    def predicted(self, pieces: Pieces, x: Floats) -> NDArray[np.bool_]:
        """Whether polynomials agree with f at other points (m,), rising, as well as at the probes."""
        piece = np.clip(np.searchsorted(pieces.low, x, side="right") - 1, 0, len(pieces.low) - 1)
        values = self(x)
        u = (x - pieces.middle[piece]) / pieces.half[piece]
        off = np.abs(values - series(pieces.coefficients[piece], u))
        gap = pieces.slope_error[piece] * pieces.half[piece]
        allowed = 4 * _ROUNDING * np.maximum(self.noise_at(x, values), pieces.noise[piece]) + gap
        return np.asarray((off <= allowed) | ~pieces.resolved[piece].astype(bool))

    def narrowest(self, pieces: Pieces) -> Floats:
        """Widths at which rounding hides what halving would show, of the order of the root of the precision."""
        if self.variation == 0:
            return np.full(len(pieces.low), np.inf)
        hidden = _NARROW * pieces.noise / (math.sqrt(self.f.precision) * self.variation)
        # Below that, the nodes themselves are rounded.
        distance = np.maximum(np.abs(pieces.low), np.abs(pieces.high))
        return np.maximum(hidden, np.maximum(self.finest, 2.0**-40 * distance))

    def run(self, edges: Floats, until: float, say: Callable[[str], object]) -> tuple[Pieces, list[Level], str]:
        """
        Halve pieces until all are resolved or too narrow, or the budget is used up.

        The first pieces are fitted whatever the time: without any there is no result.

        Parameters
        ----------
        edges : ndarray
            Ends of the first pieces, rising.
        until : float
            The time to end at, by `time.monotonic`.
        say : callable
            Called with a line of text now and then.

        Returns
        -------
        pieces : Pieces
            In order; those not resolved at the end have the least width, unless the budget was used up.
        levels : list of Level
            One for each halving.
        why : str
            Why it ended early, or ''.
        """
        ends = edges[:-1], edges[1:]
        done: list[Pieces] = []
        levels: list[Level] = []
        left: list[Pieces] = []
        why, pace = "", 0.0
        try:
            while len(ends[0]):
                begin = time.monotonic()
                if levels and begin + pace * len(ends[0]) > until:
                    done.extend(left)
                    why = "the time was over"
                    break
                pieces = self.fitted(*ends)
                final = pieces.resolved.astype(bool) | (pieces.high - pieces.low <= self.narrowest(pieces))
                if len(pieces.low) > _MOST_PIECES:
                    why = "features on too many scales"
                    final[:] = True
                done.append(pieces.take(final))
                rest = pieces.take(~final)
                left = [rest]
                levels.append(level_of(joined([*done, rest])))
                self.variation = max(self.variation, levels[-1].variation - levels[-1].rounding)
                known = np.abs(pieces.chords[pieces.resolved.astype(bool)])
                self.steepest = max(self.steepest, float(known.max(initial=0.0)))
                if len(levels) % 8 == 0:
                    say(
                        f"{sum(len(p.low) for p in done)} pieces, {len(rest.low)} to halve: {levels[-1].variation:.10g}"
                    )
                ends = np.concatenate([rest.low, rest.middle]), np.concatenate([rest.middle, rest.high])
                pace = (time.monotonic() - begin) / len(pieces.low)
        except (KeyboardInterrupt, TimeUpError) as stop:
            if not levels:
                raise
            done.extend(left)
            why = "interrupted" if isinstance(stop, KeyboardInterrupt) else "the time was over"
        return joined(done), levels, why
