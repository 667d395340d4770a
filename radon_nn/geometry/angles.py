"""Weights of projection angles in any order, some of which may be missing or repeated."""

from __future__ import annotations

import numpy as np

from radon_nn._support.types import Floats

_SAME = 1e-3
"""Angles closer than this fraction of the mean gap count as one angle."""
_WEDGE = 3.0
"""A gap more than this many times as wide as its neighbours is a missing wedge. Measured on Shepp-Logan's phantom,
giving the ends of a gap their full weight beats leaving it out up to 3 times the usual gap where views are few, and up
to 12 where they are many and free of noise; golden-angle sets stay below 2.5."""


def angle_weights(angles: Floats) -> Floats:
    """
    Half of both adjacent gaps modulo 180 degrees, missing wedges aside, scaled to 2 pi; equal angles divide it.

    Parameters
    ----------
    angles : ndarray, shape (m,)
        Angles in degrees.

    Returns
    -------
    ndarray, shape (m,)
        The weights.
    """
    folded = np.mod(angles, 180)
    order = np.argsort(folded)
    gaps = np.diff(folded[order], append=folded[order[0]] + 180)
    last = gaps > _SAME * 180 / len(angles)
    distinct = gaps[last]
    label = (np.cumsum(last) - last) % len(distinct)
    reach = min(3, (len(distinct) - 1) // 2)
    if reach:
        around = [np.roll(distinct, shift) for shift in range(-reach, reach + 1) if shift]
        usual = np.mean(around, axis=0)
        distinct = np.where(distinct > _WEDGE * usual, usual, distinct)
    mean_gap = (distinct + np.roll(distinct, 1)) / np.bincount(label)
    weights = np.empty(len(angles))
    weights[order] = mean_gap[label] * (2 * np.pi / mean_gap[label].sum())
    return weights
