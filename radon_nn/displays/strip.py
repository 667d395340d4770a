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
        raise ValueError(f"picture: expected a function of 2 variables, got d = {dim}; `plot.overview` serves them all")


def require_line(dim: int) -> None:
    """
    Refuse to draw functions of several variables along a line.

    Parameters
    ----------
    dim : int
        Dimension d.

    Raises
    ------
    ValueError
        If d is not 1.
    """
    if dim != 1:
        raise ValueError(f"picture: expected a function of 1 variable, got d = {dim}; `plot.overview` serves them all")


def require_space(dim: int) -> None:
    """
    Refuse to draw directions of other than three variables on the half sphere.

    Parameters
    ----------
    dim : int
        Dimension d.

    Raises
    ------
    ValueError
        If d is not 3.
    """
    if dim != 3:
        raise ValueError(f"picture: expected a function of 3 variables, got d = {dim}; `plot.overview` serves them all")


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
