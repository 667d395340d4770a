"""Data and a loss in normal form: distinct points about the origin, rows with weights, an orthonormal affine design."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import linprog

from radon_nn._support import checks
from radon_nn._support.types import Floats, Indices
from radon_nn.fitting.loss_data import Frame, LossData, Options
from radon_nn.networks.shallow import ShallowNetwork

Flags = NDArray[np.bool_]
_FEASIBLE = 1e-10
"""Tolerance of a linear program, the least that its solver takes: classes that overlap by less are separable."""
_INDEPENDENT = 1e-12
"""Singular values below this part of the largest are rounding of zero."""

_ROUNDED = 16 * float(np.finfo(np.float64).eps)
"""What targets less their trend are rounded by, relative to the largest: some operations on each."""


class Score(NamedTuple):
    """
    What a network costs.

    Parameters
    ----------
    objective : float
        Losses, decay times penalty, and what `affine_decay` adds.
    penalty : float
        The sum of |v| |A' w|.
    affine : ndarray, shape (q, o)
        Its affine part.
    """

    objective: float
    penalty: float
    affine: Floats


@dataclass(frozen=True)
class LossProblem:
    """
    Rows (x_i, y_i) with weights, and what is to be minimised.

    Parameters
    ----------
    options : Options
        What to minimise.
    data : LossData
        The rows in the user's units.
    frame : Frame
        How the points were moved.
    points : ndarray, shape (m, k)
        Distinct points, moved.
    at : ndarray, shape (n,)
        The point of each row.
    targets : ndarray, shape (n, o)
        Targets, less `trend` at the points.
    weights : ndarray, shape (n,)
        Positive weights.
    design : ndarray, shape (n, q)
        Affine functions at the rows, orthonormal under the weights.
    to_affine : ndarray, shape (q, q)
        [x, 1] = design @ to_affine for moved x; [1] where the affine part is a constant.
    trend : ndarray, shape (q, o)
        The affine part that was taken off the targets, in terms of the design; zero unless the loss translates.
    """

    options: Options
    data: LossData
    frame: Frame
    points: Floats
    at: Indices
    targets: Floats
    weights: Floats
    design: Floats
    to_affine: Floats
    trend: Floats

    @classmethod
    def of(cls, points: ArrayLike, values: ArrayLike, sample_weight: ArrayLike | None, options: Options) -> LossProblem:
        """
        Check the data and normalise it.

        Parameters
        ----------
        points : array_like, shape (n, d) or (n,)
            Points.
        values : array_like, shape (n,) or (n, o)
            Targets.
        sample_weight : array_like, shape (n,), optional
            Weights >= 0; 1 if not given.
        options : Options
            What to minimise.

        Returns
        -------
        LossProblem
            The data; rows that are equal are one, with the sum of their weights.

        Raises
        ------
        ValueError
            If shapes disagree, an entry is not finite, or the loss cannot take the values.
        """
        return cls.of_data(LossData.of(points, values, sample_weight, options.loss), options)

    @classmethod
    def of_data(cls, data: LossData, options: Options) -> LossProblem:
        """
        Normalise data that were checked.

        Parameters
        ----------
        data : LossData
            The data.
        options : Options
            What to minimise.

        Returns
        -------
        LossProblem
            Its rows are those of the data.
        """
        x, y, w = data
        distinct, at = np.unique(x, axis=0, return_inverse=True)
        at = at.reshape(-1)
        frame = Frame.of(distinct, options.metric)
        near = distinct @ frame.linear - frame.shift
        columns = np.ones((len(y), 1))
        if options.affine:
            columns = np.concatenate([near[at], columns], axis=1)
        triangle: Floats = np.linalg.qr(np.sqrt(w)[:, None] * columns)[1]
        design = columns @ np.linalg.inv(triangle)
        trend = np.zeros((design.shape[1], y.shape[1]))
        if options.loss.translates and not options.affine_decay:
            trend = design.T @ (w[:, None] * y)
            rest = y - design @ trend
            more = design.T @ (w[:, None] * rest)
            trend, y = trend + more, rest - design @ more
        return cls(options, data, frame, near, at, y, w, design, triangle, trend)

    def scored(self, network: ShallowNetwork, decay: float) -> Score:
        """
        The objective of any network, with its parts.

        Parameters
        ----------
        network : ShallowNetwork
            Of the user's x.
        decay : float
            Weight decay.

        Returns
        -------
        Score
            The score; its `affine` is in terms of the design, less the trend.
        """
        x, y, w = self.data
        options, p = self.options, network(x).reshape(y.shape)
        whole = self.design.T @ (w[:, None] * p)
        metric = np.eye(network.dim) if options.metric is None else options.metric
        sizes = np.linalg.norm(network.readout.T, axis=1) * np.linalg.norm(network.weights @ metric, axis=1)
        penalty, charge = float(sizes.sum()), options.affine_decay / 2 * float(np.sum(whole**2))
        return Score(float(w @ options.loss.value(p, y)) + decay * penalty + charge, penalty, whole - self.trend)

    @property
    def dim(self) -> int:
        """Dimension k of the space that the points span."""
        return int(self.points.shape[1])

    @property
    def outputs(self) -> int:
        """Number of outputs o."""
        return int(self.targets.shape[1])

    def columns(self, directions: Floats, offsets: Floats) -> Floats:
        """Neurons (a.x - t)_+ at the rows (n, k), less their affine part under the weights."""
        raw = np.maximum(self.points @ directions.T - offsets, 0)[self.at]
        raw = raw - self.design @ (self.design.T @ (self.weights[:, None] * raw))
        return np.asarray(raw - self.design @ (self.design.T @ (self.weights[:, None] * raw)))

    def at_points(self, rows: Floats) -> Floats:
        """Sums of rows (n, o) at each of the distinct points (m, o)."""
        out = np.zeros((len(self.points), rows.shape[1]))
        np.add.at(out, self.at, rows)
        return out

    def losses(self, predictions: Floats) -> float:
        """The weighted sum of losses at predictions (n, o)."""
        return float(self.weights @ self.options.loss.value(predictions, self.targets))

    def negligible(self) -> float:
        """
        What data that an affine function fits exactly cost by rounding.

        A loss of p - y sees the rounding of its targets. Any other has no scale but its own: eps times the loss of
        predicting zero.

        Returns
        -------
        float
            In units of the objective.
        """
        loss, y = self.options.loss, self.targets
        if not loss.translates:
            return float(np.finfo(np.float64).eps * (self.weights @ loss.value(np.zeros_like(y), y)))
        moved = _ROUNDED * np.abs(self.data.targets).max(axis=0)
        costs = (loss.value(y + sign * moved, y) - loss.value(y, y) for sign in (1.0, -1.0))
        return max(0.0, *(float(self.weights @ cost) for cost in costs))

    def network(self, directions: Floats, offsets: Floats, masses: Floats, affine: Floats) -> ShallowNetwork:
        """
        The network of the user's x.

        Parameters
        ----------
        directions, offsets : ndarray, shape (k, dim) and (k,)
            Hyperplanes.
        masses : ndarray, shape (k, o)
            Of `columns`.
        affine : ndarray, shape (q, o)
            Coefficients of the design.

        Returns
        -------
        ShallowNetwork
            Balanced under the metric: |v| = |A' w|.
        """
        raw = np.maximum(self.points @ directions.T - offsets, 0)[self.at]
        inner = affine + self.trend - self.design.T @ (self.weights[:, None] * raw) @ masses
        coefficients = np.linalg.solve(self.to_affine, inner)
        skip = np.zeros((self.outputs, self.frame.linear.shape[0]))
        constant = coefficients[-1].copy()
        if self.options.affine:
            skip = coefficients[:-1].T @ self.frame.linear.T
            constant -= self.frame.shift @ coefficients[:-1]
        sizes = np.linalg.norm(masses, axis=1)
        # |A' w| is 1 / scale for a unit normal: both sides get the root of |v| / scale.
        root = np.sqrt(sizes * self.frame.scale)
        safe = np.where(root > 0, root, 1.0)
        return ShallowNetwork(
            root[:, None] * (directions @ self.frame.linear.T),
            -root * (offsets + directions @ self.frame.shift),
            (masses / safe[:, None]).T,
            skip,
            constant,
        )

    def has_minimiser(self, seconds: float | None = None) -> bool:
        """
        Whether some network attains the infimum of the objective.

        Neurons are penalised, so only the affine part can escape to infinity. It does if an affine function g has
        z.g <= 0 for all z in the domain of the conjugate at all rows, and z.g < 0 for some.

        Parameters
        ----------
        seconds : float, optional
            Time for the search of g; no limit if None or infinite.

        Returns
        -------
        bool
            False for classes that an affine function separates and counts that are all zero, for example. True if no
            g was found, be it for lack of time, and for a loss without a lower bound, which is not tested.
        """
        loss = self.options.loss
        if loss.attains or self.options.affine_decay:
            return True
        low, high = loss.domain(self.targets)
        if np.any(low > 0) or np.any(high < 0):
            return True
        begin, limit = time.monotonic(), checks.time_limit(seconds)
        for still, rows in _conditions(self.design, low < 0, high > 0, mixed=loss.balanced):
            left = limit - (time.monotonic() - begin)
            if left <= 0:
                return True
            if _escapes(still, rows, left):
                return False
        return True


def _conditions(design: Floats, falls: Flags, rises: Flags, *, mixed: bool) -> Iterator[tuple[Floats, Floats]]:
    """
    Matrices for which z.g <= 0 at all rows is B c = 0 and A c >= 0, g = design c: for each output, or for all if mixed.

    Entries of z may fall below 0, rise above it, or both. Where they sum to zero (mixed), z.g <= 0 means that no g of
    an entry that rises is above the g of one that falls.
    """
    if not mixed:
        for k in range(falls.shape[1]):
            down, up = falls[:, k], rises[:, k]
            yield design[down & up], np.concatenate([design[down & ~up], -design[up & ~down]])
        return
    outputs, both = np.arange(falls.shape[1]), falls & rises
    rows, above, below = np.nonzero(falls[:, :, None] & rises[:, None, :] & ~np.eye(len(outputs), dtype=bool))
    sides = (above[:, None] == outputs).astype(np.float64) - (below[:, None] == outputs)
    matrix = (sides[:, :, None] * design[rows][:, None, :]).reshape(len(rows), -1)
    equal = both[rows, above] & both[rows, below]
    yield matrix[equal], matrix[~equal]


def _escapes(still: Floats, rows: Floats, seconds: float) -> bool:
    """
    Whether B c = 0 and A c >= 0 for some c with A c not 0.

    The largest sum of A c between 0 and 1 is 0 if not, and at least 1 otherwise, since c may be scaled.
    """
    rows = np.unique(rows, axis=0)
    rows = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    rows = rows @ _parted(still)[1]
    rows = rows[np.linalg.norm(rows, axis=1) > _INDEPENDENT]
    if not rows.size:
        return False
    # In coordinates of the rows' own span, no c is without effect.
    rows = rows @ _parted(rows)[0]
    both = np.concatenate([rows, -rows])
    most = np.concatenate([np.ones(len(rows)), np.zeros(len(rows))])
    solved = linprog(
        -rows.sum(axis=0),
        A_ub=both,
        b_ub=most,
        bounds=(None, None),
        options={"primal_feasibility_tolerance": _FEASIBLE, "time_limit": seconds},
    )
    return bool(solved.status == 0 and solved.x is not None and float(np.sum(rows @ solved.x)) > 0.5)


def _parted(rows: Floats) -> tuple[Floats, Floats]:
    """Orthonormal bases, as columns, of the span of some rows and of what is orthogonal to them."""
    _, sizes, right = np.linalg.svd(np.linalg.qr(rows, mode="r") if len(rows) else rows, full_matrices=True)
    rank = int(np.sum(sizes > _INDEPENDENT * sizes.max(initial=0.0)))
    return right[:rank].T, right[rank:].T
