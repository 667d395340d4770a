"""What a fit minimises, its data with equal rows taken together, and the map of points into the unit ball."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from radon_nn._support import checks
from radon_nn._support.types import Floats
from radon_nn.fitting.losses import Loss, checked_targets

_FLAT = 1e-9
"""Thinner directions, relative to the widest, are below the rounding of what is solved: they are refused, or left out
where points lie in a subspace to their own rounding."""
_SIZES = (1e-100, 1e100)
"""Spreads whose squares, and products with each other, are normal numbers."""


class Options(NamedTuple):
    """
    What a fit minimises, beside the decay.

    Parameters
    ----------
    loss : Loss
        The loss.
    affine : bool
        Whether the affine part has a linear part, beside the constant.
    affine_decay : float
        Half of this times the weighted sum of squares of the affine part at the points is added to the objective.
    metric : ndarray, shape (d, d), optional
        A of the penalty sum |v| |A' w|.
    """

    loss: Loss
    affine: bool = True
    affine_decay: float = 0.0
    metric: Floats | None = None


class LossData(NamedTuple):
    """
    Data as a loss takes them, equal rows taken together: sorted, and no two the same.

    Parameters
    ----------
    points : ndarray, shape (n, d)
        Points, in the user's units; with different targets they occur several times.
    targets : ndarray, shape (n, o)
        Values or counts; labels as -1 and 1; classes as rows of shares.
    weights : ndarray, shape (n,)
        Positive weights; of rows that were equal, the sum.
    """

    points: Floats
    targets: Floats
    weights: Floats

    @classmethod
    def of(cls, points: ArrayLike, values: ArrayLike, sample_weight: ArrayLike | None, loss: Loss) -> LossData:
        """Check points (n, d) or (n,), values (n,) or (n, o) and weights, and take equal rows together."""
        x = checks.real_array(points, "points").astype(np.float64)
        x = checks.shaped_array(x[:, None] if x.ndim == 1 else x, "points", ("n", "d"))
        if x.size == 0:
            raise ValueError(f"points: expected at least one point of at least one coordinate, got shape {x.shape}")
        y = checked_targets(loss, values, len(x))
        w = _weights(sample_weight, len(x))
        x, y, w = x[w > 0], y[w > 0], w[w > 0]
        rows, back = np.unique(np.concatenate([x, y], axis=1), axis=0, return_inverse=True)
        w = np.asarray(np.bincount(back.reshape(-1), w), np.float64)
        return cls(rows[:, : x.shape[1]], rows[:, x.shape[1] :], w)


@dataclass(frozen=True)
class Frame:
    """
    The map x -> (x A^-T - center) basis / scale of points into the unit ball of the space that they span.

    Parameters
    ----------
    linear : ndarray, shape (d, k)
        A^-T basis / scale.
    shift : ndarray, shape (k,)
        The center, as basis / scale.
    scale : float
        Largest distance from the center.
    """

    linear: Floats
    shift: Floats
    scale: float

    @classmethod
    def of(cls, x: Floats, metric: Floats | None) -> Frame:
        """The frame of points (n, d)."""
        inverse = np.eye(x.shape[1]) if metric is None else np.linalg.inv(metric).T
        moved = x @ inverse
        center = moved.mean(axis=0)
        about = moved - center
        scale = float(np.linalg.norm(about, axis=1).max(initial=0.0))
        # A spread within the rounding of coordinates far from the origin is none.
        if scale <= 64 * np.finfo(np.float64).eps * float(np.abs(moved).max(initial=0.0)):
            return cls(np.zeros((x.shape[1], 0)), np.zeros(0), 1.0)
        low, high = _SIZES
        if not low < scale < high:
            raise ValueError(
                f"points: expected a spread between {low:g} and {high:g}, got {scale:.3g}; change the unit of "
                "measurement"
            )
        _, sizes, right = np.linalg.svd(about / scale, full_matrices=False)
        basis = right[sizes > _FLAT * sizes[0]].T
        if basis.shape[1] < _rank(about, moved):
            raise ValueError(
                f"points: expected directions in which points spread alike, got one in which they spread less than "
                f"{_FLAT:g} of the widest; divide each column by its standard deviation, or leave such columns out"
            )
        if basis.shape[1] == x.shape[1]:
            basis = np.eye(x.shape[1])
        return cls(inverse @ basis / scale, center @ basis / scale, scale)


def _rank(about: Floats, points: Floats) -> int:
    """The dimension of the space that centered points span, whatever the units of columns, up to rounding of points."""
    widths, sizes = np.abs(about).max(axis=0), np.abs(points).max(axis=0)
    eps = 64 * np.finfo(np.float64).eps
    wide = widths > eps * sizes
    spreads = np.linalg.svd(about[:, wide] / widths[wide], compute_uv=False)
    return int(np.sum(spreads > eps * float((sizes[wide] / widths[wide]).max()) * spreads[0]))


def _weights(sample_weight: ArrayLike | None, count: int) -> Floats:
    if sample_weight is None:
        return np.ones(count)
    w = checks.real_array(sample_weight, "sample_weight").astype(np.float64)
    if w.shape != (count,):
        raise ValueError(f"sample_weight: expected shape ({count},), one a point, got {w.shape}")
    if np.any(w < 0) or not np.any(w > 0):
        raise ValueError("sample_weight: expected numbers >= 0, not all 0, got others; leave out points instead")
    return w
