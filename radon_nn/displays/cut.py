"""A measure on a plane through its space: what each spike is there. Numbers only, nothing is drawn here."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from radon_nn._support import checks
from radon_nn.geometry.domains import Domain
from radon_nn.geometry.points import norms
from radon_nn.measures.ridge import RidgeMeasure

_PARALLEL = 1e-9
"""Normals with a smaller part along the plane are orthogonal to it but for rounding: the spike is constant there."""


class Cut(NamedTuple):
    """
    A measure restricted to an affine subspace, and which spike of the whole space each of its spikes is.

    Parameters
    ----------
    measure : RidgeMeasure
        The function u -> f(origin + u basis), by decreasing |mass|.
    numbers : ndarray of int, shape (s,)
        The spikes' places from 1 in the measure that was cut.
    """

    measure: RidgeMeasure
    numbers: NDArray[np.intp]

    def restricted(self, domain: Domain) -> Cut:
        """
        Only what meets a domain.

        Parameters
        ----------
        domain : Ball, Cuboid or Hull
            In the coordinates u of the subspace.

        Returns
        -------
        Cut
            The same function there.
        """
        low, high = domain.extent(self.measure.directions)
        meets = (self.measure.offsets > low) & (self.measure.offsets < high)
        return Cut(self.measure.restricted(domain), self.numbers[meets])


def cut(measure: RidgeMeasure, origin: ArrayLike, basis: ArrayLike) -> Cut:
    """
    Restrict a measure to an affine subspace.

    Parameters
    ----------
    measure : RidgeMeasure
        Of any dimension d.
    origin : array_like, shape (d,)
        The point u = 0.
    basis : array_like, shape (k, d)
        Orthonormal rows that span it.

    Returns
    -------
    Cut
        Masses are those of the whole space times the part of the normal that lies in the subspace.

    Raises
    ------
    ValueError
        If a shape is wrong.
    """
    start, rows = checks.subspace(origin, basis, measure.dim)
    along = measure.directions @ rows.T
    lengths = norms(along)
    seen = lengths > _PARALLEL
    # What is constant on the subspace joins the affine part.
    level = np.maximum(measure.directions[~seen] @ start - measure.offsets[~seen], 0) @ measure.masses[~seen]
    masses = measure.masses[seen] * lengths[seen, None]
    order = np.argsort(-norms(masses), kind="stable")
    return Cut(
        RidgeMeasure.trusted(
            along[seen][order] / lengths[seen][order, None],
            ((measure.offsets[seen] - measure.directions[seen] @ start) / lengths[seen])[order],
            masses[order],
            measure.skip @ rows.T,
            measure.constant + measure.skip @ start + level,
        ),
        np.flatnonzero(seen)[order] + 1,
    )
