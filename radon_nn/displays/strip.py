"""Spikes of the plane as points of the strip: angle in [0, pi) and offset. Numbers only, nothing is drawn here."""

from __future__ import annotations

import numpy as np

from radon_nn._support.types import Floats
from radon_nn.measures.ridge import RidgeMeasure


def require_plane(dim: int) -> None:
    """
    Refuse to draw functions of other than two variables.

    Parameters
    ----------
    dim : int
        Dimension d.

    Raises
    ------
    ValueError
        If d is not 2.
    """
    if dim != 2:
        raise ValueError(
            f"picture: expected a function of 2 variables, got d = {dim}; `spikes` and `rtv` serve every dimension"
        )


def angles_and_offsets(measure: RidgeMeasure) -> tuple[Floats, Floats]:
    """
    Spikes of the plane as points of the strip: angle in [0, pi), offset with the sign that goes with it.

    Parameters
    ----------
    measure : RidgeMeasure
        A measure with d = 2.

    Returns
    -------
    tuple of ndarray
        Angles in radians, and offsets.

    Raises
    ------
    ValueError
        If d is not 2.
    """
    require_plane(measure.dim)
    angles = np.arctan2(measure.directions[:, 1], measure.directions[:, 0])
    below = angles < 0
    return np.where(below, angles + np.pi, angles), np.where(below, -measure.offsets, measure.offsets)
