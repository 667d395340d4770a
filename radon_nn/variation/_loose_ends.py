"""A loose end among the kinks of a network: a point where a kink bends, ends or changes its jump, and stands clear."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from radon_nn._support.types import Floats
from radon_nn.geometry.points import norms
from radon_nn.kink_lines.segments import Kinks, frame

_STEPS = (1e-1, 1e-2, 1e-3)
"""How far before and beyond a loose end to look for other kinks, relative to the domain: where kinks are crowded, only
the shortest step stands clear of the next crossing."""
_TRIALS = 32
"""Loose ends to confirm; the strongest of a generic network are confirmed at once."""
_CLEAR = 1e-5
"""Half the width of the strip that counts as "on the line", relative to the step: kinks that cross at a smaller angle
are not told apart."""
_NARROW = 1e-11
"""Strips narrower than ten times this, relative to the domain, are no wider than the rounding of the kinks' ends."""
_CHANGE = 1e-6
"""A jump that changes by less than this fraction may be the rounding of one-sided derivatives in deep networks.

That of sums beside large slopes is measured, see `Kinks.rounding`: a change is four times as large, or no proof."""


@dataclass(frozen=True)
class Witness:
    """
    Where a kink bends, ends or changes its jump.

    Parameters
    ----------
    point : ndarray, shape (2,)
        The point.
    jump : float
        The kink's jump of slope.
    layer, neuron : int
        Whose kink it is, from 0.
    """

    point: Floats
    jump: float
    layer: int
    neuron: int


def confirmed(found: Kinks) -> Witness | None:
    """
    The strongest loose end that stands clear of other kinks, so that no nearly parallel kink can be mistaken for it.

    Before the end there is nothing near but its own segment; beyond it, straight on, nothing or one of another jump.

    Parameters
    ----------
    found : Kinks
        The kinks on a part of the plane.

    Returns
    -------
    Witness or None
        None if no loose end stands clear.
    """
    points, segments, strength = found.loose_ends()
    order = np.argsort(-strength, kind="stable")[:_TRIALS]
    points, segments = points[order], segments[order]
    if not len(points):
        return None
    scale = float(frame(found.domain, 2)[1].max())
    inward = (found.starts + found.ends)[segments] / 2 - points
    length = norms(inward)
    inward /= np.maximum(length, 1e-300)[:, None]
    jumps = found.jumps[segments]
    sure = np.full(len(points), False)
    for step in _STEPS:
        room = np.minimum(step * scale, np.minimum(length, found.depth(points) / 2))
        width = _CLEAR * room
        before, beyond = (
            _distances(points + sign * room[:, None] * inward, found) <= width[:, None] for sign in (1.0, -1.0)
        )
        # One kink near the point beyond, or none: then argmax finds it, or any, and `count` says which.
        count, other = beyond.sum(axis=1), found.jumps[beyond.argmax(axis=1)]
        change = norms(np.where(count[:, None] == 0, 0.0, other) - jumps)
        least = np.maximum(_CHANGE * norms(jumps), 4 * (found.rounding + found.dropped))
        changed = (count <= 1) & (change > least)
        sure |= changed & (before.sum(axis=1) == 1) & (width > 10 * _NARROW * scale)
    if not sure.any():
        return None
    first = int(sure.argmax())
    k = segments[first]
    return Witness(points[first], float(found.sizes[k]), int(found.layer[k]), int(found.neuron[k]))


def _distances(points: Floats, found: Kinks) -> Floats:
    """Of points (q, 2) from segments, (q, s)."""
    step = found.ends - found.starts
    apart = points[:, None] - found.starts
    share = np.clip(np.einsum("qsi,si->qs", apart, step) / np.maximum(found.lengths**2, 1e-300), 0, 1)
    return np.asarray(np.linalg.norm(apart - share[..., None] * step, axis=2))
