"""The profile of a radial function as polynomials on panels, halved until they equal it to rounding at fresh radii."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.polynomial import chebyshev

from radon_nn._support.types import Floats

NODES = 24
"""Chebyshev nodes on each panel."""
_PANELS = 12
"""Panels at first, each about half as wide as the one before: singularities at the center are resolved, and second
derivatives keep 1e-16 * 24^4 / 2^-12 = 1e-7 of their size."""
_CUT = 0.4837
"""Where panels are cut. If in the middle, kinks at round numbers would lie on edges, where no polynomial meets them."""
_HALVED = 12
"""A panel is halved at most this often: the last ones are 1e-4 of the reach wide, near the sphere. What is rough on
them is a kink, a jump, or narrower."""
_MOST = 112
"""Panels at most, so that the plane, where time grows like their square, takes a second at worst: a kink or narrow ring
takes up to 24 beyond the first, cos(300 r) takes 69 and 0.2 to 0.4 s."""
FRESH = 4000
"""Radii at which the polynomials are compared with the profile, evenly spread but for chance within each step: a ring
of relative size 1e-3 shows up to 7 of its standard widths away, so that one of width 1e-4 meets a radius for sure."""
_TAIL, _OFF = 4.0, 32.0
"""The last coefficients of a panel, and its distance from the profile at fresh radii, in units of the noise of values:
interpolation multiplies that by up to 3, and the largest of 4000 is 4 times the root mean square."""
_CLUSTERS = np.array([0.13, 0.31, 0.52, 0.71, 0.9])
_CLUSTER = 1e-3
"""Where the noise is measured, as parts of the reach, and the width: coefficients from 12 on are noise there. The
second largest of five counts: a kink may fall on one."""
MOST_NOISE = 1e-9
"""The largest noise, relative to the profile's departure from a constant, with which a profile is sought: with more,
third derivatives on the widest panel are known to 1e-9 * 24^6 / 3, some tenths, at best."""
_SLOWLY, _HIDDEN = 64.0, 20.0
"""The error of a polynomial falls by 2 with each halving at a kink, more or less as that lies in the panel (by up to 61
of 400), and by thousands where g is smooth. So a kink hides in noise where the halving before the last one took less
than `_SLOWLY` from the error, and left at most `_HIDDEN` times the allowed one. Of 1500 smooth profiles with features
of width 3e-4 to 0.3 this discards 17."""
_JOINED = 20.0
"""A step of g' between panels that counts as a kink, in units of noise times 24^2 over the half width, by which
derivatives at ends of panels exceed values: those of 400 smooth profiles stay below 8."""
_KINK = 5e5
"""The least kink that shows beyond a tenth of the reach, in units of noise: of 2400 larger ones, sizes 1e-9 to 1e-4 and
places random or at round numbers, three were missed."""


class Panels(NamedTuple):
    """Edges of panels, derivatives of the polynomials on them by the radius (degree, panels), and g's noise on each."""

    edges: Floats
    first: Floats
    second: Floats
    noise: Floats

    @property
    def unseen(self) -> float:
        """The least kink that shows beyond a tenth of the reach."""
        return _KINK * float(self.noise.max())


class Rough(NamedTuple):
    """A radius at or near which a profile is not smooth, and the width of the panel there."""

    radius: float
    width: float


def panels_of(
    profile: Callable[[Floats], Floats], reach: float, rounding: Callable[[], float], offset: float = 0.0
) -> Panels | Rough | None:
    """
    Polynomials that equal a profile to rounding.

    Parameters
    ----------
    profile : callable
        Takes radii (n,), returns g (n,).
    reach : float
        The largest radius.
    rounding : callable
        Returns the rounding error of g's values so far.
    offset : float
        What is added to radii before g is evaluated, about: radii are rounded together with it.

    Returns
    -------
    Panels, Rough or None
        `Rough` if g has a kink or a narrower feature; None if g is constant, too noisy, or rough in too many places.
    """
    edges = reach * _CUT ** np.arange(_PANELS + 1.0)[::-1]
    radii = edges[0] + (reach - edges[0]) * (np.arange(FRESH) + np.random.default_rng(11).random(FRESH)) / FRESH
    values = profile(radii)
    size, plain = float(np.ptp(values)), max(noise_of(profile, reach), rounding())
    if size == 0 or plain > MOST_NOISE * size:
        return None
    given = _Given(profile, radii, values, plain, offset)
    pieces = _refined(given, edges[:-1], edges[1:])
    return pieces if pieces is None or isinstance(pieces, Rough) else _joined(pieces)


def nodes_of(low: Floats, high: Floats) -> Floats:
    """
    The Chebyshev nodes of panels.

    Parameters
    ----------
    low, high : ndarray, shape (panels,)
        Their ends.

    Returns
    -------
    ndarray, shape (panels, NODES)
        The nodes, from below.
    """
    x = np.cos(np.pi * (np.arange(NODES) + 0.5) / NODES)[::-1]
    return np.asarray((low + high)[:, None] / 2 + (high - low)[:, None] / 2 * x)


def series_of(values: Floats) -> Floats:
    """
    Chebyshev coefficients of the polynomials through values at the nodes of panels.

    Parameters
    ----------
    values : ndarray, shape (panels, NODES)
        The values.

    Returns
    -------
    ndarray, shape (NODES, panels)
        The coefficients.
    """
    x = np.cos(np.pi * (np.arange(NODES) + 0.5) / NODES)[::-1]
    weights = chebyshev.chebvander(x, NODES - 1).T * (2 / NODES)
    weights[0] /= 2
    # Without the constant, whose rounding would show in all coefficients.
    constant = values[:, NODES // 2]
    series = np.asarray(weights @ (values.T - constant))
    series[0] += constant
    return series


def noise_of(profile: Callable[[Floats], Floats], reach: float) -> float:
    """
    The error of single values of a profile, measured.

    Parameters
    ----------
    profile : callable
        Takes radii (n,), returns g (n,).
    reach : float
        The largest radius.

    Returns
    -------
    float
        The error, about; that of rounding may be larger.
    """
    low = _CLUSTERS * reach
    at = nodes_of(low, low + _CLUSTER * reach)
    tails = np.abs(series_of(profile(at.ravel()).reshape(at.shape))[NODES // 2 :]).max(axis=0)
    return float(np.sort(tails)[-2])


class _Given(NamedTuple):
    """A profile, its values at fresh radii, the noise of its values, and what is added to radii."""

    profile: Callable[[Floats], Floats]
    radii: Floats
    values: Floats
    noise: float
    offset: float


class _Pieces(NamedTuple):
    """Ends of panels in any order, g's noise on each, and the series (degree, panels)."""

    low: Floats
    high: Floats
    noise: Floats
    series: Floats


def _refined(given: _Given, low: Floats, high: Floats) -> _Pieces | Rough | None:
    """Panels halved until their polynomials equal the profile."""
    # Errors of the panels that these are halves of, and of those before them.
    before = np.full((2, len(low)), np.inf)
    done: list[_Pieces] = []
    for halved in range(_HALVED + 1):
        series, noise, error = _fitted(given, low, high)
        rough = error > 1
        hidden = ~rough & (before[0] < _HIDDEN) & (before[1] < _SLOWLY * before[0])
        if np.any(hidden) or (halved == _HALVED and np.any(rough)):
            at = int(np.argmax(np.where(hidden, np.inf, error)))
            return Rough(float(low[at] + high[at]) / 2, float(high[at] - low[at]))
        done.append(_Pieces(low[~rough], high[~rough], noise[~rough], series[:, ~rough]))
        low, high, before = low[rough], high[rough], np.stack([error, before[0]])[:, rough]
        if not len(low):
            break
        if sum(len(part.low) for part in done) + 2 * len(low) > _MOST:
            return None
        cut = low + _CUT * (high - low)
        low, high, before = np.concatenate([low, cut]), np.concatenate([cut, high]), np.tile(before, 2)
    return _Pieces(*(np.concatenate(parts, axis=-1) for parts in zip(*done, strict=True)))


def _joined(pieces: _Pieces) -> Panels | Rough:
    """The panels in order, unless the slope steps between them."""
    order = np.argsort(pieces.low)
    edges, noise = np.append(pieces.low[order], pieces.high.max()), pieces.noise[order]
    half, series = np.diff(edges) / 2, pieces.series[:, order]
    first, second = chebyshev.chebder(series) / half, chebyshev.chebder(series, 2) / half**2
    ends, starts = (np.asarray(chebyshev.chebval(side, first), np.float64) for side in (1.0, -1.0))
    excess = np.abs(ends[:-1] - starts[1:]) / np.maximum((noise / half)[1:], (noise / half)[:-1])
    if excess.max() > _JOINED * NODES**2:
        at = int(np.argmax(excess))
        return Rough(float(edges[at + 1]), 2 * float(half[at : at + 2].min()))
    return Panels(edges, first, second, noise)


def _fitted(given: _Given, low: Floats, high: Floats) -> tuple[Floats, Floats, Floats]:
    """The series on panels, the noise of values there, and the error of each in units of the allowed one."""
    at = nodes_of(low, high)
    nodal = given.profile(at.ravel()).reshape(at.shape)
    steepest = np.abs(np.diff(nodal, axis=1) / np.diff(at, axis=1)).max(axis=1)
    noise = given.noise + np.finfo(np.float64).eps * (high + given.offset) * steepest
    series = series_of(nodal)
    error = np.abs(series[-3:]).max(axis=0) / (_TAIL * noise)
    for panel in range(len(low)):
        inside = slice(*np.searchsorted(given.radii, (low[panel], high[panel])))
        if inside.start < inside.stop:
            u = (2 * given.radii[inside] - low[panel] - high[panel]) / (high[panel] - low[panel])
            off = float(np.abs(chebyshev.chebval(u, series[:, panel]) - given.values[inside]).max())
            error[panel] = max(error[panel], off / (_OFF * noise[panel]))
    return series, noise, error
