"""The R-TV of a function of one variable: the variation of its slope, on an interval or on the whole line.

f is approximated by polynomials on adaptive pieces. The slope's extremes are read from these, and its jumps from the
polynomials on both sides of a piece that holds a kink. Chords near the extremes bound the variation from below: the
slope of a chord is a mean of f', so for any f the variation of f' is no less than that of the chords.
"""

from __future__ import annotations

import math
import time
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from radon_nn._support import checks
from radon_nn._support.types import Floats, Indices, Progress
from radon_nn._support.wording import counted
from radon_nn.geometry.black_box import BlackBox, TimeUpError
from radon_nn.geometry.domains import Domain
from radon_nn.geometry.grids import Function
from radon_nn.measures.result import RTV, Refinement
from radon_nn.variation._approach import remainder
from radon_nn.variation._chord_bound import certified, weights
from radon_nn.variation._halving import Halving
from radon_nn.variation._pieces import CHORDS, DERIVATIVE, NODES, Level, Pieces, level_of, series
from radon_nn.variation._samples import Assumption, latest, too_slow
from radon_nn.variation._steepening import gathers, growth_of_levels, steepens, still_rises
from radon_nn.variation._views import OCTAVES, View, interval, whole_line

_SAMPLES = 64
"""Intervals of a piece in which a sign change of the second derivative is sought: four times the degree."""

_MOST_TURNS = 20_000
"""With more extremes than this, the lower bound uses only the chords of the pieces, which saves some seconds."""

_SOON = 0.5
"""Seconds for the lower bound after Ctrl-C: it takes some hundredths for a formula, and a user waits."""

_FRESH, _REST = 1 << 16, 0.01
"""Random points at which the polynomials are compared with f: in the interval that holds all of the slope's variation
but for this part at either end, and as far beyond on both sides. A formula takes some milliseconds for these."""
_FRESH_SECONDS = 0.5
"""Of a slow function there are as many as it takes this long for."""

_DROWNED = 1e-3
"""Errors of f that rounding does not explain may move a finite value by this part of it: those of sums in single
precision, 1e-6 of f, do. Oscillations finer than all probes, which look the same, add any amount."""

_HIDDEN = 0.02
"""With a larger part of the variation in doubt, nothing tells a finite value from one that grows on."""

_FAR = 1e-2
"""A slope that still changes by this fraction of the variation over the outermost octave has not settled."""

_GIVE = "give box=(low, high), outside which it is affine, or a domain, such as domain=Ball(1.0, [0.0])"
_REMEDY = "where it is not defined everywhere, give box=(low, high), outside which it is affine, or a domain"


class Slopes(NamedTuple):
    """Slopes of f along the line, all their extremes included: positions, slopes, and errors of the slopes."""

    at: Floats
    slope: Floats
    error: Floats


def line_rtv(
    f: Function,
    domain: Domain | None = None,
    *,
    tol: float = 1e-6,
    box: ArrayLike | None = None,
    seconds: float | None = None,
    progress: Progress | None = None,
) -> RTV:
    """
    R-TV of a black box of one variable, with a certified lower bound and an estimate.

    Parameters
    ----------
    f : callable
        Takes points (n, 1), returns n real values.
    domain : Ball, Cuboid or Hull, optional
        An interval; the whole line if not given, where f must become affine far away on both sides.
    tol : float
        Relative error to reach.
    box : array_like, shape (2,) or (2, 1), optional
        Ends of an interval outside which f is affine; not evaluated there. Needed if f bends only in an interval
        narrow compared with its distance from 0.
    seconds : float, optional
        Time after which halving ends and the result uses the pieces so far; None for no limit.
    progress : callable, optional
        Called with a line of text now and then.

    Returns
    -------
    RTV
        `lower` is a theorem if rounding moves f's values by no more than four times the larger of
        eps (abs(f(x)) + abs(x) max abs(f')) and what values at neighbouring floats show; value and upper are estimates,
        which hold if f has no feature narrower than the probes resolve. The verdict is 'infinite', with the law of
        growth, if slopes rise by more in each octave than in the one before, down to rounding, and 'unresolved' if
        that cannot be decided, as with logarithms.

    Raises
    ------
    TypeError
        If `f` cannot be called or returns numbers that are not real.
    ValueError
        If `f` fails, returns values of another shape or not finite, or, without a domain, does not become affine or
        shows nothing but an affine function.

    Examples
    --------
    >>> from radon_nn import Ball
    >>> result = line_rtv(lambda x: np.sin(x[:, 0]), Ball(np.pi, [0.0]))
    >>> round(result.value, 9), result.lower <= 4 <= result.upper
    (4.0, True)
    """
    begin = time.monotonic()
    if domain is not None and box is not None:
        raise TypeError("line_rtv: expected a domain or a box, got both; leave one out")
    close = checks.positive(tol, "tol")
    limit = math.inf if seconds is None else checks.positive(seconds, "seconds")
    view = whole_line() if domain is None and box is None else interval(domain, box)
    if len(view.probes) == 0:
        return RTV(0.0, 0.0, 0.0, "an interval without interior", view.assumed)
    black_box = BlackBox(f, 1, _REMEDY, until=latest(begin, limit))
    try:
        return _halved(black_box, view, domain is None and box is None, close, begin, limit, progress)
    except TimeUpError:
        return too_slow(black_box, view.assumed)


def _halved(
    f: BlackBox, view: View, endless: bool, close: float, begin: float, limit: float, progress: Progress | None
) -> RTV:
    """The R-TV by halving pieces; TimeUpError if not even the first were known in time."""
    halving = Halving(f, view.probes, close / 100, view.finest)
    if endless:
        _require_affine_ends(halving)
    say = progress if progress is not None else lambda line: None
    at_probes = halving.variation
    pieces, levels, why = halving.run(view.edges, begin + 0.8 * limit, say)
    slopes, rough = _slopes(pieces)
    fresh = _fresh(slopes, halving.f.affordable(_FRESH, _FRESH_SECONDS))
    if not why and len(fresh) and not halving.predicted(pieces, fresh).all():
        say(f"f is not what is expected at all of {len(fresh)} points: {len(pieces.low)} pieces are halved again")
        halving = Halving(halving.f, np.unique(np.concatenate([view.probes, fresh])), close / 100, view.finest)
        pieces, levels, why = halving.run(view.edges, begin + 0.8 * limit, say)
    pieces = halving.revised(pieces)
    slopes, rough = _slopes(pieces)
    turns = _turns(slopes)
    value = float(np.abs(np.diff(slopes.slope[turns])).sum())
    # Changes of the slope between turns are below their own error, or noise.
    passed_over = float(np.abs(np.diff(slopes.slope)).sum()) - value
    error = float(weights(len(turns)) @ slopes.error[turns]) + passed_over
    # Polynomials on both sides of x^(1/2) meet in a kink at any width: only the rise of the slopes tells it from |x|.
    rough = rough or (not pieces.resolved.all() and still_rises(levels))
    beside = remainder(pieces, value)
    rough = rough or math.isinf(beside)
    error += 0.0 if rough else 2 * beside
    supposed, looked = view.supposed, ""
    if len(fresh) > 1 and not why and not rough:
        gap = 4 * float(np.ptp(fresh)) / len(fresh)
        looked = f"; compared at {len(fresh)} points from {fresh[0]:.3g} to {fresh[-1]:.3g}; features narrower than "
        looked += f"{gap:.2g} between them would be missed"
    if halving.unexplained and (rough or error > _DROWNED * value):
        why = why or f"values vary by about {halving.floor:.2g} over the least steps, more than rounding explains"
    elif halving.unexplained:
        supposed += (f"f's values have errors of about {halving.floor:.2g}",)
    if not why and not rough and error > _HIDDEN * value > 0:
        why = f"rounding and truncation hide {min(error / value, 1.0):.0%} of the slopes' variation"
    if endless and not why:
        _require_settled_ends(slopes, len(turns) > 1)
    known = None
    if len(turns) < _MOST_TURNS:
        until = time.monotonic() + _SOON if why == "interrupted" else begin + limit
        known = certified(halving, pieces, slopes.at[turns], slopes.slope[turns], until)
    lower = min(level_of(pieces).least if known is None else known, value)
    method = (
        f"the variation of the slope over {counted(len(pieces.low), 'polynomial')}, from "
        f"{counted(halving.f.count, 'value')}; the lower bound is certified{looked}"
    )
    if why or rough:
        made = Assumption(method, view.assumed)
        found = _rough(value, lower, error, made, levels, at_probes, why, close, halving, pieces)
        return replace(found, supposed=supposed)
    return RTV(
        value,
        lower,
        value + error,
        method,
        view.assumed,
        "estimated",
        refinement=_refinement(levels),
        converged=max(error, value - lower) <= close * value or len(turns) == 1,
        supposed=supposed,
    )


def _fresh(slopes: Slopes, count: int) -> Floats:
    """Random points, rising, where the slope varies, and beside: none if it does not."""
    rises = np.cumsum(np.abs(np.diff(slopes.slope)))
    if not rises[-1] > 0:
        return np.empty(0)
    low, high = slopes.at[np.searchsorted(rises, np.array([_REST, 1 - _REST]) * rises[-1])]
    most = slopes.at[0], slopes.at[-1]
    beside = max(high - low, 1e-6 * (abs(low) + abs(high)))
    low, high = max(low - beside, most[0]), min(high + beside, most[1])
    return np.unique(np.random.default_rng(29).uniform(low, high, count))


def _slopes(pieces: Pieces) -> tuple[Slopes, bool]:
    """Slopes along the line, and whether some pieces are neither resolved nor part of a single kink."""
    good = pieces.resolved.astype(bool)
    at, slope, error = [], [], []
    index = np.flatnonzero(good)
    smooth = pieces.take(index)
    first = smooth.coefficients @ DERIVATIVE
    for end in (-1.0, 1.0):
        at.append(smooth.middle + end * smooth.half)
        slope.append(series(first, np.full(len(index), end)) / smooth.half)
        error.append(smooth.slope_error)
    k, u = _stationary(first @ DERIVATIVE)
    at.append(smooth.middle[k] + u * smooth.half[k])
    slope.append(series(first[k], u) / smooth.half[k])
    error.append(smooth.slope_error[k])
    keys = [index, index + 0.9, index[k] + 0.45 + 0.4 * u]
    rough = False
    bad = np.flatnonzero(~good)
    for run in np.split(bad, np.flatnonzero(np.diff(bad) > 1) + 1) if len(bad) else []:
        kink = _kink(pieces, run)
        rough |= kink is None
        x, s, e = _chords(pieces, run) if kink is None else kink
        at.append(x)
        slope.append(s)
        error.append(e)
        keys.append(run[0] + np.linspace(0.0, 0.9, len(x)))
    order = np.argsort(np.concatenate(keys), kind="stable")
    return Slopes(*(np.concatenate(part)[order] for part in (at, slope, error))), bool(rough)


def _stationary(second: Floats) -> tuple[Indices, Floats]:
    """Zeros of second derivatives (k, 17) inside pieces: the index of the piece, and the position -1 < u < 1."""
    grid = -np.cos(np.pi * np.arange(_SAMPLES + 1) / _SAMPLES)
    basis = np.polynomial.chebyshev.chebvander(grid, second.shape[1] - 1)
    values = second @ basis.T
    k, j = np.nonzero((values[:, 1:] > 0) != (values[:, :-1] > 0))
    low, high = grid[j], grid[j + 1]
    before, after = values[k, j], values[k, j + 1]
    u = low - before * (high - low) / np.where(after == before, 1.0, after - before)
    third = second @ DERIVATIVE
    for _ in range(2):  # Newton from a secant 1/40 long: squared twice, below rounding
        steep = series(third[k], u)
        u = np.clip(u - series(second[k], u) / np.where(steep == 0, np.inf, steep), low, high)
    return k, u


def _kink(pieces: Pieces, run: Indices) -> Slopes | None:
    """The slopes on both sides of a kink in unresolved pieces, or None if the polynomials beside do not meet in one."""
    left, right = int(run[0]) - 1, int(run[-1]) + 1
    if left < 0 or right >= len(pieces.low):
        return None
    sides = pieces.take([left, right])
    first = sides.coefficients @ DERIVATIVE
    a, b = float(pieces.low[run[0]]), float(pieces.high[run[-1]])

    def both(x: float) -> tuple[Floats, Floats]:
        """Values and slopes of both polynomials."""
        u = np.asarray((x - sides.middle) / sides.half)
        return series(sides.coefficients, u), np.asarray(series(first, u) / sides.half)

    values, slopes = both((a + b) / 2)
    gap, angle = values[0] - values[1], slopes[0] - slopes[1]
    at = min(max((a + b) / 2 - gap / angle, a), b) if angle else (a + b) / 2
    x = (pieces.middle[run, None] + pieces.half[run, None] * NODES).ravel()
    side = np.where(x < at, 0, 1)
    predicted = series(sides.coefficients[side], (x - sides.middle[side]) / sides.half[side])
    off = np.abs(predicted - pieces.values[run].ravel()).max()
    noise = float(max(pieces.noise[run].max(), sides.noise.max()))
    # Besides the noise, a hundredth of the kink's height over the pieces is allowed: two kinks would differ by more.
    if off > 32 * noise + 1e-2 * abs(angle) * (b - a):
        return None
    _, slopes = both(at)
    return Slopes(np.array([at, at]), slopes, sides.slope_error + 2 * noise / (2 * sides.half))


def _chords(pieces: Pieces, run: Indices) -> Slopes:
    """Slopes of chords in unresolved pieces."""
    some = pieces.take(run)
    places = (NODES[CHORDS][1:] + NODES[CHORDS][:-1]) / 2
    at = some.middle[:, None] + some.half[:, None] * places
    error = 2 * some.noise[:, None] / (some.half[:, None] * np.diff(NODES[CHORDS]))
    return Slopes(at.ravel(), some.chords.ravel(), error.ravel())


def _turns(slopes: Slopes) -> Indices:
    """Indices of the first slope, the extremes that stand clear of their errors, and the last extreme."""
    turns, best, rising = [0], 0, 0
    slope, error = slopes.slope.tolist(), slopes.error.tolist()
    for i in range(1, len(slope)):
        step = slope[i] - slope[best]
        if rising == 0:
            if abs(step) > error[i] + error[best]:
                rising, best = (1 if step > 0 else -1), i
        elif step * rising >= 0:
            best = i
        elif abs(step) > error[i] + error[best]:
            turns.append(best)
            best, rising = i, -rising
    return np.array([*turns, best] if best else turns)


def _require_affine_ends(halving: Halving) -> None:
    """Refuse functions on the whole line that oscillate, or grow faster than linearly, over the outermost octaves."""
    rest, outer = np.zeros(len(halving.probes)), np.abs(halving.probes) >= 2.0 ** (OCTAVES - 1)
    for side in (halving.probes < 0, halving.probes > 0):
        x, y = (part[side & outer] for part in (halving.probes, halving.at_probes))
        slope, intercept = np.polyfit(x / 2.0**OCTAVES, y, 1)
        rest[side] = (halving.at_probes - slope * halving.probes / 2.0**OCTAVES - intercept)[side]
    noise = 32 * float(halving.noise_at(halving.probes[outer], halving.at_probes[outer]).max())
    worst = int(np.argmax(np.abs(rest) * outer))
    if abs(rest[worst]) > max(_FAR * float(np.abs(rest).max()), noise):
        raise ValueError(
            f"f: expected a function that becomes affine far away, got another one; {_GIVE}; f differs by "
            f"{abs(rest[worst]):.3g} from the best affine fit beyond {2.0 ** (OCTAVES - 1):.2g}, at "
            f"{[float(halving.probes[worst])]}"
        )


def _require_settled_ends(slopes: Slopes, bends: bool) -> None:
    """Refuse functions on the whole line whose slope has no limit, or that are affine everywhere."""
    variation = float(np.abs(np.diff(slopes.slope)).sum())
    outer = np.abs(slopes.at) >= 2.0 ** (OCTAVES - 1)
    drift = max(
        float(np.ptp(slopes.slope[outer & (slopes.at < 0)])), float(np.ptp(slopes.slope[outer & (slopes.at > 0)]))
    )
    noise = float((slopes.error[outer]).max())
    if drift > max(_FAR * (variation - drift), 2 * noise):
        raise ValueError(
            f"f: expected a function that becomes affine far away, got another one; {_GIVE}; the slope of f still "
            f"changes by {drift:.3g} between {2.0 ** (OCTAVES - 1):.2g} and {2.0**OCTAVES:.2g}"
        )
    if not bends:
        raise ValueError(
            f"f: nothing but an affine function was seen at distances {2.0**-OCTAVES:.1g} to {2.0**OCTAVES:.2g} from "
            "the origin; if it is affine, its R-TV is 0; if not, give a box=(low, high) that holds what bends it"
        )


def _refinement(levels: list[Level]) -> Refinement | None:
    """The chords' variation as pieces narrow: apart from rounding, a lower bound."""
    at = tuple(level.width for level in levels)
    value = tuple(level.variation for level in levels)
    lower = tuple(level.least for level in levels)
    upper = tuple(level.variation + level.rounding for level in levels)
    return Refinement("width of the narrowest piece", at, value, lower, upper)


def _rough(
    value: float,
    lower: float,
    error: float,
    made: Assumption,
    levels: list[Level],
    at_probes: float,
    why: str,
    close: float,
    halving: Halving,
    pieces: Pieces,
) -> RTV:
    """The verdict if some pieces were not resolved at the least width, or the budget was used up."""
    refinement = _refinement(levels)
    value = max(value, lower)
    growth = growth_of_levels(levels)
    if growth is None or why or growth.kind == "unclear" or (growth.grows and not growth.possible_in(1)):
        law = why or ("slopes change on every scale" if growth is None else str(growth))
        return RTV(value, lower, math.inf, *made, "estimated", "unresolved", law, refinement, False)
    if growth.grows and levels[-1].variation < at_probes:
        # Beside a large constant pieces end wider than a bump, which at these widths looks like a jump.
        law = f"rounding hides slopes over the distances at which those between probes vary by {at_probes:.3g}"
        return RTV(value, lower, math.inf, *made, "estimated", "unresolved", law, refinement, False)
    if growth.grows and not (gathers(levels) and steepens(halving, pieces)):
        # x log|x| looks like sign(x) |x|^p for p little above 1, whose variation is finite.
        return RTV(value, lower, math.inf, *made, "estimated", "unresolved", str(growth), refinement, False)
    if growth.grows:
        return RTV(math.inf, lower, math.inf, *made, "estimated", "infinite", str(growth), refinement, True)
    # The law's rise above the chords of the last level is added to the value: the rest of f no longer changes.
    rest = max(growth.limit - levels[-1].variation, 0.0)
    limit, above = value + rest, value + 1.5 * rest + growth.spread + error
    met = max(above - limit, limit - lower) <= close * limit
    if not met:
        return RTV(limit, lower, math.inf, *made, "estimated", "unresolved", str(growth), refinement, False)
    return RTV(limit, lower, above, *made, "estimated", "finite", str(growth), refinement, True)
