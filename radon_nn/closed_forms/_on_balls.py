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
from dataclasses import replace

import numpy as np

from radon_nn._support.types import Floats
from radon_nn.closed_forms._carriers import gathered
from radon_nn.closed_forms._rounding import LOSS, ROUNDED, barred, losses_nearby
from radon_nn.closed_forms._waves import Part, Wave
from radon_nn.geometry.directions import sphere_area
from radon_nn.geometry.domains import Ball
from radon_nn.measures.line import Copies, merged_atoms, variation
from radon_nn.measures.result import RTV


def known_on_ball(parts: Sequence[Part], ball: Ball) -> RTV | None:
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
    RTV or None
        With its bar of rounding, where terms cancel or the ball is small; None if the sum is neither radial about the
        ball's center, nor that of an orthogonal projection, nor a sum of ridges along orthogonal directions, or if its
        measure is not finite.
    """
    carriers = gathered(parts)
    if any(c.joined or c.jumps or any(wave.measure.law for wave in c.waves) for c in carriers):
        return None
    lost = math.fsum(carrier.lost for carrier in carriers)
    carriers = [carrier for carrier in carriers if carrier.waves]
    if len(carriers) > 1:
        axes = np.concatenate([carrier.basis for carrier in carriers])
        if any(len(carrier.basis) > 1 for carrier in carriers) or not _orthonormal(axes):
            return None
    value, down, up = 0.0, lost, lost
    for basis, waves, *_ in carriers:
        center = basis @ ball.center_in(basis.shape[1])
        if len(basis) > 1 and not all(_radial(wave, center, ball.radius) for wave in waves):
            return None
        found, below, above = _along_one_direction(waves, center, ball.radius)
        value, down, up = value + found, down + below, up + above
    return replace(barred(value, down, up, "exact, from the closed form"), assumed=str(ball))


def _orthonormal(axes: Floats) -> bool:
    return bool(np.abs(axes @ axes.T - np.eye(len(axes))).max() <= ROUNDED)


def _radial(wave: Wave, center: Floats, radius: float) -> bool:
    """Whether a wave is that of a radial function about a center."""
    square = wave.square
    unit = float(np.trace(square)) / wave.dim
    round_ = np.abs(square - unit * np.eye(wave.dim)).max() <= ROUNDED * unit
    return bool(round_ and np.linalg.norm(wave.center - center) <= ROUNDED * radius)


def _along_one_direction(waves: Sequence[Wave], center: Floats, radius: float) -> tuple[float, float, float]:
    """The norm, over offsets that meet a ball, of densities alike in all directions, or on one; bars down and up."""
    dim = len(center)
    normal = np.eye(dim)[:1]
    middle = float(normal[0] @ center)
    interval = np.array([middle - radius]), np.array([middle + radius])
    copies, places, masses = [], [], []
    rounded = 0.0
    for wave in waves:
        alpha, mu, sigma = wave.placed(normal)
        if len(wave.measure.mesh):
            copy = Copies(wave.measure, alpha[None], mu[None], sigma[None])
            copies.append(copy)
            # Antiderivatives are subtracted, and the place of a wave along one direction was computed.
            end = np.abs(copy.integral(np.arange(1), interval[0][:, None]))[0, 0]
            rounded += float(variation([copy], interval)[0] + end)
            width, moved = float(abs(sigma[0])), float(abs(mu[0])) + abs(middle)
            near = min(1.0, (width + radius) / max(abs(float(mu[0]) - middle), 1e-300))
            rounded += float(abs(alpha[0])) * wave.measure.smooth_variation * moved * near * (dim == 1)
        for place, mass in wave.measure.atoms:
            at = float(mu[0] + sigma[0] * place)
            if abs(at - middle) < radius * (1 - ROUNDED):
                places.append(at)
                masses.append(float(alpha[0] * abs(sigma[0]) * mass))
    smooth = float(variation(copies, interval)[0]) if copies else 0.0
    points = np.array(places), np.array(masses), np.abs(places) + radius
    spikes, apart = (merged_atoms(*points, same) if places else 0.0 for same in (ROUNDED, 0.0))
    below, above = losses_nearby(waves)
    area, bar = sphere_area(dim), LOSS * float(np.finfo(np.float64).eps) * (rounded + math.fsum(map(abs, masses)))
    return area * math.fsum([smooth, spikes]), area * bar + below, area * (bar + apart - spikes) + above
