"""Spikes of the plane as points of the strip: angle in [0, pi) and offset. Numbers only, nothing is drawn here."""

from __future__ import annotations

from radon_nn._support.types import Floats
from radon_nn.geometry import hyperplanes
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
        Angles in radians, and offsets: those of the measure, whose normals have such angles.

    Raises
    ------
    ValueError
        If d is not 2.
    """
    require_plane(measure.dim)
    return hyperplanes.angles(measure.directions), measure.offsets
