"""The largest modulus of a dual function in the plane, proven: from a grid, by Bernstein's inequality."""

from __future__ import annotations

import math

import numpy as np
from scipy import fft

from radon_nn._support.types import Floats
from radon_nn.variation._basis_pursuit import Pursuit
from radon_nn.variation._harmonics import Circle, legendre

_CHUNK = 1 << 21
"""Values of F held at a time: 16 MiB."""
_MOST = 45_000_000
"""Points of the grid, at most: about three CPU seconds."""


def proven_peak(pursuit: Pursuit, parts: Floats, loss: float) -> float:
    """
    An upper bound of the largest |F|, a polynomial of degree J in t whose angular degree is K, in the plane.

    F(phi, cos tau) is a trigonometric polynomial of degrees K and J. One of degree n whose largest modulus is at x is
    at least cos(n |y - x|) times that at all y with n |y - x| <= pi / 2 (Bernstein and Szego). So on a grid of M K and
    M J points over half a turn the largest value is at least cos(pi / (2 M))^2 times the largest |F|.

    Parameters
    ----------
    pursuit : Pursuit
        The grid of the dual function, for d = 2.
    parts : ndarray, shape (1, degrees, 2, T)
        Its coefficients.
    loss : float
        The relative excess of the bound to allow, at the price of points; more if they would be above 45 million.

    Returns
    -------
    float
        The bound.
    """
    used = parts != 0
    if not used.any():
        return 0.0
    turns = max(1, int(pursuit.k[:, 0][np.any(used[0], axis=1)].max()))
    degree = max(1, int(pursuit.j[:, 0][np.any(used[0], axis=1)].max()))
    # cos(pi / (2 M))^-2 is 1 + loss at M = pi / (2 sqrt(loss)). By evenness half of the offsets suffice.
    finer = min(math.pi / (2 * math.sqrt(loss)), math.sqrt(_MOST / (turns * degree)))
    angles = fft.next_fast_len(math.ceil(2 * finer * turns), real=True) // 2 * 2 + 2
    offsets = math.ceil(finer * degree)
    circle = Circle(pursuit.basis.degree, max(angles, 2 * pursuit.basis.degree + 2))
    tau = np.arange(offsets // 2 + 1) * (np.pi / offsets)
    table, largest = legendre(2 * pursuit.half, np.cos(tau)), 0.0
    chunk = max(1, _CHUNK // circle.size)
    for begin in range(0, len(tau), chunk):
        values = circle.synthesise(pursuit.at_offsets(parts, table[:, begin : begin + chunk]))
        largest = max(largest, float(np.abs(values).max()))
    return largest / (math.cos(turns * math.pi / circle.size) * math.cos(degree * math.pi / (2 * offsets)))
