"""Data to be fitted in normal form: distinct points about the origin, values without their affine part."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from radon_nn._support import checks
from radon_nn._support.types import Floats
from radon_nn.fitting._affine import affine_fit
from radon_nn.geometry.points import affine_design
from radon_nn.measures.ridge import RidgeMeasure

_FLAT = 1e-9
"""Points thinner than this, relative to their width, lie on one hyperplane: the affine part's coefficients would lose
nine of sixteen digits, and |F_r| likewise."""
_SIZES = (1e-100, 1e100)
"""Spreads whose squares, and products with each other, are normal numbers."""
_ONE_VALUE = 1e-12
"""Values at one point that differ by less than this, relative to the largest, are rounded copies of one."""
_AFFINE = 1e-13
"""Departures from an affine function below this, relative to the values, are rounding: some hundred eps, as sums of a
thousand terms make them."""


@dataclass(frozen=True)
class Problem:
    """
    Points with multiplicities and their values, scaled so that both are of size one.

    Rows of columns and targets are scaled by the square roots of the multiplicities, and the affine part is taken off.
    Then r = weights * residual is orthogonal to affine functions of the points, as the dual requires.

    Parameters
    ----------
    points : ndarray, shape (n, d)
        Distinct points, (x - center) / scale.
    weights : ndarray, shape (n,)
        Square roots of the number of times each point was given.
    target : ndarray, shape (n,)
        The rows weights * values / unit, less their affine part; the largest modulus is 1.
    center : ndarray, shape (d,)
        Mean of the points given.
    scale : float
        Largest distance from it.
    unit : float
        Largest modulus of weights * values less its affine part; 1 if the values are affine.
    scatter : float
        Half the sum of squares of values about the means at their points.
    given : ndarray, shape (n, d)
        The distinct points as they were given.
    values : ndarray, shape (n,)
        Their values, or the means of several.
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
        x, y = _checked(points, values)
        n, dim = x.shape
        center = x.mean(axis=0) if n else np.zeros(dim)
        distinct, back = np.unique(x, axis=0, return_inverse=True)
        back = back.reshape(-1)
        if len(distinct) < dim + 2:
            raise ValueError(
                f"points: expected at least d + 2 = {dim + 2} distinct points, got {len(distinct)}; an affine function "
                "passes through fewer, so they say nothing"
            )
        _usable(float(np.abs(x - center).max(initial=0.0)), "points")
        scale = float(np.linalg.norm(x - center, axis=1).max())
        count = np.bincount(back).astype(np.float64)
        mean = np.bincount(back, y) / count
        scatter = float(np.sum((y - mean[back]) ** 2)) / 2
        if not averaging:
            _one_value_each(x, y, mean[back])
            count = np.ones_like(count)
        near = (distinct - center) / scale
        thickness = np.linalg.svd(near - near.mean(axis=0), compute_uv=False)
        if thickness[-1] < _FLAT * thickness[0]:
            raise ValueError(
                f"points: expected points that span R^{dim}, got all on one hyperplane; hand over their coordinates "
                "within it, in fewer columns"
            )
        root = np.sqrt(count)
        affine = np.linalg.qr(root[:, None] * affine_design(near))[0]
        target, unit = _bent_part(affine, root * mean)
        return cls(near, root, target, center, scale, unit, scatter, distinct, mean, affine)

    @property
    def dim(self) -> int:
        """Dimension d."""
        return int(self.points.shape[1])

    @property
    def rank(self) -> int:
        """n - (d + 1), the most atoms that are linearly independent on the data."""
        return len(self.points) - self.dim - 1

    def projected(self, columns: Floats) -> Floats:
        """One column or several, with their affine part taken off."""
        return _less(self._affine, columns)

    def columns(self, directions: Floats, offsets: Floats) -> Floats:
        """
        Neurons of unit mass, evaluated on the data.

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
        The function of the user's x, with the affine part that fits best what the atoms leave of the values.

        Parameters
        ----------
        directions : ndarray, shape (k, d)
            Unit normals.
        offsets : ndarray, shape (k,)
            Offsets, in the problem's units.
        masses : ndarray, shape (k,)
            Masses, in the problem's units.

        Returns
        -------
        RidgeMeasure
            In the user's units.
        """
        none = np.zeros((1, self.dim))
        bare = RidgeMeasure.trusted(directions.reshape(-1, self.dim), offsets, self.unit * masses, none, [0.0])
        return self.with_affine(bare.placed(self.scale, self.center))

    def with_affine(self, bent: RidgeMeasure) -> RidgeMeasure:
        """
        A function of the user's x plus the affine part that fits best what it leaves of the values.

        Parameters
        ----------
        bent : RidgeMeasure
            A function of the user's x.

        Returns
        -------
        RidgeMeasure
            The sum.
        """
        slope, _ = affine_fit(self.points, self.values[:, None] - bent.at(self.given), self.weights)
        skip = slope[:-1, 0] / self.scale
        constant = slope[-1, 0] - skip @ self.center
        return RidgeMeasure.trusted(
            bent.directions, bent.offsets, bent.masses, bent.skip + skip, bent.constant + constant
        )

    def misfit(self, function: RidgeMeasure) -> Floats:
        """Values less the function, at the distinct points, in the user's units."""
        return np.asarray(self.values - function.at(self.given)[:, 0])


def _checked(points: ArrayLike, values: ArrayLike) -> tuple[Floats, Floats]:
    """Points (n, d), d >= 1, and values (n,)."""
    x = checks.real_array(points, "points").astype(np.float64)
    x = checks.shaped_array(x[:, None] if x.ndim == 1 else x, "points", ("n", "d"))
    y = checks.real_array(values, "values").astype(np.float64)
    if y.shape == (len(x), 1):
        y = y[:, 0]
    if y.shape != (len(x),):
        remedy = "take outputs one by one" if y.ndim == 2 and len(y) == len(x) else "each point needs its value"
        raise ValueError(f"values: expected one number a point, shape ({len(x)},), got {y.shape}; {remedy}")
    if x.shape[1] == 0:
        raise ValueError("points: expected shape (n, d) with d >= 1, got d = 0; add a column of coordinates")
    return x, y


def _one_value_each(points: Floats, values: Floats, means: Floats) -> None:
    apart = np.abs(values - means)
    if np.any(apart > _ONE_VALUE * np.abs(values).max()):
        worst = points[int(apart.argmax())]
        raise ValueError(
            f"values: expected one value at each point, got values {apart.max():.3g} from their mean at "
            f"{worst.tolist()}; average them, or use fit, which allows for noise"
        )


def _bent_part(affine: Floats, values: Floats) -> tuple[Floats, float]:
    """Values less their affine part in units of its largest modulus, and that unit; zeros and 1 for affine values."""
    target = _less(affine, values)
    unit = float(np.abs(target).max())
    if unit <= _AFFINE * float(np.abs(values).max()) or unit == 0:
        return np.zeros_like(target), 1.0
    _usable(unit, "values")
    return target / unit, unit


def _less(basis: Floats, columns: Floats) -> Floats:
    """Columns less their part in the span of an orthonormal basis; twice, so that only rounding of the rest is left."""
    once = columns - basis @ (basis.T @ columns)
    return np.asarray(once - basis @ (basis.T @ once))


def _usable(spread: float, name: str) -> None:
    low, high = _SIZES
    if not low < spread < high:
        raise ValueError(
            f"{name}: expected a spread between {low:g} and {high:g}, got {spread:.3g}; change the unit of measurement"
        )
