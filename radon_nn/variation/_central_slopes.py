"""How the slope of a radial function behaves towards its center, where no polynomial resolves powers of the distance.

Gradients differ by at most R-TV, so that a slope g' that grows without bound makes R-TV infinite. For g(r) = r^p the
density is a multiple of |t|^(p - 2) (of a delta for p = 1): R-TV is finite from p = 1 on, and infinite below and for
r log r. Mean slopes S_k over the octaves [r / 2, r], r = r_0 2^-k, tell these apart: S_(k+1) - S_k is a multiple of
2^(k (1 - p)), the same at every k for r log r, and falls like 2^-k where g is smooth.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from radon_nn._support.types import Floats
from radon_nn.measures.result import Refinement
from radon_nn.variation._profile_panels import MOST_NOISE, noise_of
from radon_nn.variation._profiles import Center, Probe

_OCTAVES = 100
"""Octaves, down to 1e-30 of the distance to the sphere, which rounding ends sooner unless f is small at the center."""
_KNOWN = 0.01
"""A change of the slope is used if its error is at most this part of it: exponents over four octaves are then known to
log2((1 + 0.01) / (1 - 0.01)) / 4 = 0.007 at worst."""
_LAST = 5
"""The exponent is that of the last five known changes; the five before them, of which one is shared, tell its drift."""
_GROWS, _SETTLES = 0.02, -0.04
"""Exponents that mean growth, and settling: those of r^0.98 and r^1.04. Between them are the logarithms: r log r has 0,
and r log(1/r)^(1/2) has -0.7 / k at the octave k, which is -0.02 at the 30th."""
_STEADY = 0.3
"""Growth is evident if the exponent drifts by less than this part of it. r log(1/r)^2 drifts by 0.1 to 0.2."""
_TURNING = -0.6
"""Exponents above this may be on their way from -1, which smooth terms have, to that of a weak singularity."""


class Central(NamedTuple):
    """Slopes that do not settle towards the center; in units of f per radius."""

    grows: bool
    exponent: float
    lower: float
    slopes: Refinement


def unsettled_slopes(probe: Probe, about: Center) -> Central | None:
    """
    The slopes of a radial function towards its center, unless they settle.

    Parameters
    ----------
    probe : Probe
        The function.
    about : Center
        Where it is radial.

    Returns
    -------
    Central or None
        Whether the slopes evidently grow without bound, like the distance to the power of minus `exponent`; twice the
        largest of them, which bounds R-TV from below; and all. None if they settle, or too few are known.
    """
    dim, size = probe.f.dim, float(np.linalg.norm(about.center))
    reach = (1 - size) / 2
    rays = np.concatenate([np.eye(dim), -np.eye(dim)])
    r = reach * 2.0 ** -np.arange(_OCTAVES + 1.0)
    points = about.center + r[:, None, None] * rays
    values = probe.values(points.reshape(-1, dim)).reshape(len(r), -1) - points @ about.slope

    def profile(s: Floats) -> Floats:
        """G along the first ray."""
        at = about.center + s[:, None] * rays[0]
        return np.asarray(probe.values(at) - at @ about.slope)

    noise = max(noise_of(profile, reach), probe.f.rounding)
    if noise > MOST_NOISE * float(np.ptp(values)):
        return None
    widths = -np.diff(r)
    each = -np.diff(values, axis=0) / widths[:, None]
    slope = each.mean(axis=1)
    # Points are rounded together with the ball's center.
    moved = np.finfo(np.float64).eps * (size + probe.offset + r[:-1])
    error = 2 * (noise + moved * np.abs(each).max(axis=1)) / widths
    change, change_error = np.diff(slope), error[1:] + error[:-1]
    # A center off by e changes slopes along opposite rays by parts e / r of opposite signs: their mean by its square.
    uneven = np.abs(np.diff(each, axis=0) - change[:, None]).max(axis=1)
    safe = np.where(change == 0, 1.0, np.abs(change))
    change_error = change_error + uneven**2 / safe
    known = np.flatnonzero((change_error <= _KNOWN * np.abs(change)) & (uneven < safe))
    if len(known) < 2 * _LAST - 1:
        return None
    logs = np.log2(np.abs(change[known]))
    late, early = (
        float(np.polyfit(known[part], logs[part], 1)[0])
        for part in (slice(-_LAST, None), slice(1 - 2 * _LAST, 1 - _LAST))
    )
    last = float((logs[-1] - logs[-2]) / (known[-1] - known[-2]))
    drift = late - early
    if max(late, last, late + 2 * drift if late > _TURNING else late) < _SETTLES:
        return None
    seen = slice(0, int(known[-1]) + 2)
    twice, off = 2 * np.abs(slope[seen]), 2 * error[seen]
    grows = late >= _GROWS and abs(drift) <= _STEADY * late and len(np.unique(np.sign(change[known[-_LAST:]]))) == 1
    columns = (r[seen], twice, np.maximum(twice - off, 0.0), twice + off)
    steps = Refinement("distance from the center", *(tuple(x.tolist()) for x in columns))
    return Central(grows, late, max(steps.lower), steps)
