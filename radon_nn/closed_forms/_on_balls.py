"""The R-TV of closed forms on a ball, where rotations or orthogonal axes leave no freedom: exact.

On a ball f fixes its density h only modulo a null space; but all parts of h of angular degree 0 are fixed. For f radial
about the ball's center, the mean of a density over rotations represents f too and has no larger norm, so the radial
density is least: that of R^d, cut to the hyperplanes that meet the ball. The same holds for g(P x), P with orthonormal
rows, with the projected ball in the place of the ball, since restriction to the plane of P x cannot raise the norm. A
ridge costs the variation of its slope; so do sums of ridges over orthogonal axes, term by term.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from radon_nn._support.types import Floats
from radon_nn.closed_forms._sums import gathered
from radon_nn.closed_forms._waves import Part, Wave
from radon_nn.geometry.directions import sphere_area
from radon_nn.geometry.domains import Ball
from radon_nn.measures.line import Copies, merged_atoms, variation

_SAME = 1e-12
"""Centers, roots and axes that agree within this, relative to the radius or to 1, are equal: as in sums."""


def known_on_ball(parts: Sequence[Part], ball: Ball) -> float | None:
    """
    The R-TV of a sum of parts on a ball.

    Parameters
    ----------
    parts : sequence of Part
        All in one R^d.
    ball : Ball
        The domain, in R^d.

    Returns
    -------
    float or None
        None if the sum is neither radial about the ball's center, nor that of an orthogonal projection, nor a sum of
        ridges along orthogonal directions, or if its measure is not finite.
    """
    carriers = gathered(parts)
    if any(jumps or any(wave.measure.law for wave in waves) for _, waves, jumps in carriers):
        return None
    carriers = [carrier for carrier in carriers if carrier[1]]
    if len(carriers) > 1:
        axes = np.concatenate([basis for basis, _, _ in carriers])
        if any(len(basis) > 1 for basis, _, _ in carriers) or not _orthonormal(axes):
            return None
    total = 0.0
    for basis, waves, _ in carriers:
        center = basis @ ball.center_in(basis.shape[1])
        if len(basis) > 1 and not all(_radial(wave, center, ball.radius) for wave in waves):
            return None
        total += _along_one_direction(waves, center, ball.radius)
    return total


def _orthonormal(axes: Floats) -> bool:
    return bool(np.abs(axes @ axes.T - np.eye(len(axes))).max() <= _SAME)


def _radial(wave: Wave, center: Floats, radius: float) -> bool:
    """Whether a wave is that of a radial function about a center."""
    square = wave.square
    unit = float(np.trace(square)) / wave.dim
    round_ = np.abs(square - unit * np.eye(wave.dim)).max() <= _SAME * unit
    return bool(round_ and np.linalg.norm(wave.center - center) <= _SAME * radius)


def _along_one_direction(waves: Sequence[Wave], center: Floats, radius: float) -> float:
    """The norm of densities that are the same in all directions, or live on one, over the offsets that meet a ball."""
    dim = len(center)
    normal = np.eye(dim)[:1]
    middle = float(normal[0] @ center)
    interval = np.array([middle - radius]), np.array([middle + radius])
    copies, places, masses = [], [], []
    for wave in waves:
        alpha, mu, sigma = wave.placed(normal)
        if len(wave.measure.mesh):
            copies.append(Copies(wave.measure, alpha[None], mu[None], sigma[None]))
        for place, mass in wave.measure.atoms:
            at = float(mu[0] + sigma[0] * place)
            if abs(at - middle) < radius * (1 - _SAME):
                places.append(at)
                masses.append(float(alpha[0] * abs(sigma[0]) * mass))
    smooth = float(variation(copies, interval)[0]) if copies else 0.0
    spikes = merged_atoms(np.array(places), np.array(masses), np.abs(places) + radius) if places else 0.0
    return sphere_area(dim) * math.fsum([smooth, spikes])
