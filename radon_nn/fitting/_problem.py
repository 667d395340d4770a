"""Data to be fitted, brought to one form: distinct points about the origin, affine functions projected out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from radon_nn._support import checks
from radon_nn._support.types import Floats
from radon_nn.geometry.points import affine_design
from radon_nn.measures.ridge import RidgeMeasure

_FLAT = 1e-9
_SIZES = (1e-100, 1e100)


@dataclass(frozen=True)
class Problem:
    """
    Points and values with multiplicities, in units in which both are of size one.

    Columns and targets are rows scaled by the square roots of the multiplicities, less their affine part. Then
    r = weights * residual is orthogonal to affine functions of the points, as the dual requires.

    Parameters
    ----------
    points : ndarray, shape (n, d)
        Distinct points, (x - center) / scale.
    weights : ndarray, shape (n,)
        Square roots of how often each point was given.
    target : ndarray, shape (n,)
        The values, weights * values / unit, less their affine part; of size one.
    center : ndarray, shape (d,)
        Mean of the points given.
    scale : float
        Largest distance from it.
    unit : float
        Size of the values, less their affine part; 1 if they are affine.
    scatter : float
        Half the sum of squares of values about the means at their points.
    given : ndarray, shape (n, d)
        The distinct points as they were given.
    values : ndarray, shape (n,)
        Their values, means where there were several.
    """

    points: Floats
    weights: Floats
    target: Floats
    center: Floats
    scale: float
    unit: float
    scatter: float
    given: Floats
    values: Floats
    _affine: Floats

    @classmethod
    def of(cls, points: ArrayLike, values: ArrayLike, *, averaging: bool) -> Problem:
        """
        Check the data and normalise it.

        Parameters
        ----------
        points : array_like, shape (n, d) or (n,)
            Points.
        values : array_like, shape (n,) or (n, 1)
            Values.
        averaging : bool
            Whether values that differ at one point are allowed.

        Returns
        -------
        Problem
            The data.

        Raises
        ------
        ValueError
            If shapes disagree, an entry is not finite, points do not span space or are fewer than d + 2, or values
            differ at one point and may not.
        """
        x = checks.real_array(points, "points").astype(np.float64)
        x = checks.shaped_array(x[:, None] if x.ndim == 1 else x, "points", ("n", "d"))
        y = checks.real_array(values, "values").astype(np.float64)
        if y.shape == (len(x), 1):
            y = y[:, 0]
        if y.shape != (len(x),):
            raise ValueError(
                f"values: expected one number a point, shape ({len(x)},), got {y.shape}; fit outputs one by one"
            )
        n, dim = x.shape
        if dim == 0:
            raise ValueError("points: expected shape (n, d) with d >= 1, got d = 0")
        center = x.mean(axis=0) if n else np.zeros(dim)
        reach = float(np.abs(x - center).max(initial=0.0))
        distinct, back = np.unique(x, axis=0, return_inverse=True)
        back = back.reshape(-1)
        if len(distinct) < dim + 2:
            raise ValueError(
                f"points: expected at least d + 2 = {dim + 2} distinct points, got {len(distinct)}; an affine function "
                "passes through fewer, so they say nothing"
            )
        _usable(reach, "points")
        scale = float(np.linalg.norm(x - center, axis=1).max())
        count = np.bincount(back).astype(np.float64)
        mean = np.bincount(back, y) / count
        count = count if averaging else np.ones_like(count)
        apart = np.abs(y - mean[back])
        if not averaging and np.any(apart > 1e-12 * np.abs(y).max()):
            worst = x[int(apart.argmax())]
            raise ValueError(
                f"values: expected one value at each point, got values {apart.max():.3g} from their mean at "
                f"{worst.tolist()}; average them, or use fit, which allows for noise"
            )
        near = (distinct - center) / scale
        thickness = np.linalg.svd(near - near.mean(axis=0), compute_uv=False)
        if thickness[-1] < _FLAT * thickness[0]:
            raise ValueError(
                f"points: expected points that span R^{dim}, got all on one hyperplane; hand over their coordinates "
                "within it, in fewer columns"
            )
        root = np.sqrt(count)
        affine = np.linalg.qr(root[:, None] * affine_design(near))[0]
        target = root * mean
        size = float(np.abs(target).max())
        target = _less(affine, target)
        unit = float(np.abs(target).max())
        if unit <= 1e-13 * size or unit == 0:
            target, unit = np.zeros_like(target), 1.0
        _usable(unit, "values")
        scatter = float(np.sum((y - mean[back]) ** 2)) / 2
        return cls(near, root, target / unit, center, scale, unit, scatter, distinct, mean, affine)

    @property
    def dim(self) -> int:
        """Dimension d."""
        return int(self.points.shape[1])

    @property
    def rank(self) -> int:
        """n - (d + 1): what a network's atoms may number."""
        return len(self.points) - self.dim - 1

    def projected(self, columns: Floats) -> Floats:
        """Columns, or one, less their affine part."""
        return _less(self._affine, columns)

    def columns(self, directions: Floats, offsets: Floats) -> Floats:
        """
        Neurons of unit mass on the data.

        Parameters
        ----------
        directions : ndarray, shape (k, d)
            Unit normals.
        offsets : ndarray, shape (k,)
            Offsets.

        Returns
        -------
        ndarray, shape (n, k)
            The columns weights * (a.x - t)_+, less their affine part.
        """
        return self.projected(self.weights[:, None] * np.maximum(self.points @ directions.T - offsets, 0))

    def function(self, directions: Floats, offsets: Floats, masses: Floats) -> RidgeMeasure:
        """
        The function of the user's x, its affine part fitted to what the atoms leave.

        Parameters
        ----------
        directions : ndarray, shape (k, d)
            Unit normals, here.
        offsets : ndarray, shape (k,)
            Offsets, here.
        masses : ndarray, shape (k,)
            Masses, here.

        Returns
        -------
        RidgeMeasure
            In the user's units.
        """
        none = np.zeros((1, self.dim))
        bare = RidgeMeasure.trusted(directions.reshape(-1, self.dim), offsets, self.unit * masses, none, [0.0])
        x, y = self.given, self.values
        bent = bare.placed(self.scale, self.center)
        design = self.weights[:, None] * affine_design(self.points)
        slope = np.linalg.lstsq(design, self.weights * (y - bent.at(x)[:, 0]), rcond=None)[0]
        skip, constant = slope[:-1] / self.scale, slope[-1] - slope[:-1] @ self.center / self.scale
        return RidgeMeasure.trusted(
            bent.directions, bent.offsets, bent.masses, bent.skip + skip, bent.constant + constant
        )

    def misfit(self, function: RidgeMeasure) -> Floats:
        """Values less the function, at the distinct points, in the user's units."""
        return np.asarray(self.values - function.at(self.given)[:, 0])


def _less(basis: Floats, columns: Floats) -> Floats:
    once = columns - basis @ (basis.T @ columns)
    return np.asarray(once - basis @ (basis.T @ once))


def _usable(spread: float, name: str) -> None:
    low, high = _SIZES
    if not low < spread < high:
        raise ValueError(
            f"{name}: expected a spread between {low:g} and {high:g}, got {spread:.3g}; change the unit of measurement"
        )
