"""Where a function of one variable is looked at: the ends of the first pieces, and probes between them."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from radon_nn._support import checks
from radon_nn._support.types import Floats
from radon_nn.geometry import domains
from radon_nn.geometry.domains import Domain

OCTAVES = 46
"""Without a domain f is probed from 2^-46 to 2^46 of the user's unit, and taken as affine beyond."""

_PER_OCTAVE = 96
"""Probes per octave on each side of 0: features wider than a hundredth of their distance from 0 are seen."""

_ON_INTERVAL = 1 << 14
"""Probes on an interval: features wider than 1/16384 of it are seen. A formula takes about a millisecond for these."""

_GOLDEN = (math.sqrt(5) - 1) / 2
"""Multiples of this, modulo 1, leave no gap wider than 2.6 times the mean, and avoid the dyadic ends of pieces."""


class View(NamedTuple):
    """Where f is evaluated: the ends of the first pieces, probes in between, rising, and the least width of pieces."""

    edges: Floats
    probes: Floats
    finest: float
    assumed: str
    supposed: tuple[str, ...] = ()


def whole_line() -> View:
    """
    The whole line, on which f becomes affine far away on both sides.

    Returns
    -------
    View
        With probes at both sides of 0, as many in each octave of the distance from 0.
    """
    k = np.arange(2 * OCTAVES * _PER_OCTAVE)
    radii = 2.0 ** (-OCTAVES + (k + (k * _GOLDEN) % 1) / _PER_OCTAVE)
    most = 2.0**OCTAVES
    # The outermost octaves are pieces of their own, so that a slope that still changes there is seen.
    edges = np.array([-most, -most / 2, 0.0, most / 2, most])
    # Kinks of the narrowest functions that the probes see are resolved to 2^-24 of their width.
    finest = 2.0 ** -(OCTAVES + 24)
    supposed = f"f is affine farther than {most:.2g} from 0, where no point was looked at"
    return View(edges, np.concatenate([-radii[::-1], radii]), finest, "R^1", (supposed,))


def interval(domain: Domain | None, box: ArrayLike | None) -> View:
    """
    An interval: a domain, or a box outside which f is affine.

    Parameters
    ----------
    domain : Ball, Cuboid or Hull, optional
        The domain.
    box : array_like, shape (2,) or (2, 1), optional
        The ends, if no domain is given.

    Returns
    -------
    View
        Without probes if the interval has no interior.

    Raises
    ------
    ValueError
        If the ends of the box are not in order.
    """
    if domain is not None:
        ends = domains.extent(domain, np.ones((1, 1)))
        low, high, assumed = float(ends[0][0]), float(ends[1][0]), f"{domain}, d = 1"
        supposed: tuple[str, ...] = ()
        if not low < high:
            return View(np.empty(0), np.empty(0), 0.0, assumed)
    else:
        shape = (2,) if np.ndim(box) == 1 else (2, 1)  # type: ignore[arg-type]
        low, high = (float(end) for end in checks.shaped_array(box, "box", shape).ravel())  # type: ignore[arg-type]
        if not low < high:
            raise ValueError(f"box: expected low < high, got {low:g} and {high:g}")
        assumed, supposed = "R^1", (f"f is affine outside the interval {[low, high]}",)
    inside = (np.arange(_ON_INTERVAL) + (np.arange(_ON_INTERVAL) * _GOLDEN) % 1) / _ON_INTERVAL
    # Layers at the ends may be far narrower than the gaps between probes.
    layers = 2.0 ** -np.arange(12.0, 40.0, 0.25)
    # Far from 0 neighbouring probes may round to one.
    probes = np.unique(low + (high - low) * np.concatenate([inside, layers, 1 - layers]))
    return View(np.array([low, high]), probes, (high - low) * 2.0**-52, assumed, supposed)
