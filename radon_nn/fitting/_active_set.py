"""The best masses on given atoms: min 1/2 |target - columns c|^2 + penalty sum c over c >= 0."""

from __future__ import annotations

import numpy as np
import scipy.linalg
from numpy.typing import NDArray

from radon_nn._support.types import Floats

_EPS = float(np.finfo(np.float64).eps)
_EQUAL = 1e-13
"""A correlation above the penalty by less than this part of it is equal to it."""
_DEPENDENT = 1e-8
"""A column this near, in proportion, to the span of those in use depends on them: half the digits, for masses come from
squares of what is left of it."""
_PASSES = 20
"""Steps allowed per column; each column comes and goes a few times at most, and rounding must not cycle for ever."""
_GREED = 0.3
"""Columns are added together if their gain is at least this part of the largest: one factorisation serves several."""


def best_masses(columns: Floats, target: Floats, penalty: float, start: Floats) -> Floats:
    """
    Minimise 1/2 |target - columns c|^2 + penalty sum(c) over c >= 0, by active sets.

    Lawson and Hanson's NNLS with a linear term and a warm start: solve for the masses in use. If some would turn
    negative, go as far as the first zero and drop it; otherwise add the columns whose correlations with the residual
    exceed the penalty most, until none does.

    Parameters
    ----------
    columns : ndarray, shape (n, k)
        Atoms on the data, with their signs.
    target : ndarray, shape (n,)
        Data.
    penalty : float
        Positive.
    start : ndarray, shape (k,)
        Masses >= 0 to start from.

    Returns
    -------
    ndarray, shape (k,)
        The minimiser; the columns it uses are linearly independent.

    References
    ----------
    C. Lawson and R. Hanson, *Solving Least Squares Problems*, 1974, chapter 23.
    """
    c = start.copy()
    used = _Used(columns, np.flatnonzero(c > 0))
    # Columns that depend on those before them are not in use, so their masses would never be solved for.
    c[np.setdiff1d(np.arange(len(c)), used.list)] = 0
    # Correlations are rounded by some eps |column| |target|; without slack a column would come and go for ever.
    rounding = 2 * _EPS * float(np.linalg.norm(target) * np.linalg.norm(columns, axis=0).max(initial=0.0))
    slack = rounding + _EQUAL * penalty
    for _ in range(_PASSES * (len(c) + 5)):
        active = used.list.copy()
        z = used.minimiser(target, penalty)
        if np.all(z > 0):
            c[active] = z
            gain = columns.T @ (target - columns[:, active] @ z) - penalty
            gain[active] = -np.inf
            if not gain.size or gain.max() <= slack:
                break
            best = int(gain.argmax())
            if not used.add(best):
                _pivot(used, c, best)
                continue
            for k in np.flatnonzero(gain >= _GREED * gain.max()):
                if k != best:
                    used.add(int(k))
            continue
        now, falling = c[active], z <= 0
        share = np.where(falling, now / np.maximum(now - z, 1e-300), np.inf)
        first = share.min()
        c[active] = np.maximum(now + first * (z - now), 0)
        for k in active[share <= first]:
            c[k] = 0
            used.drop(int(k))
    return c


def _pivot(used: _Used, c: Floats, k: int) -> None:
    """Add a column that depends on those in use, and drop the first of these whose mass reaches zero.

    The residual does not change, and the sum of the masses falls.
    """
    active, along = used.list.copy(), used.combination(k)
    share = np.where(along > 0, c[active] / np.where(along > 0, along, 1), np.inf)
    first = int(share.argmin())
    c[active] = np.maximum(c[active] - share[first] * along, 0)
    c[k] = share[first]
    c[active[first]] = 0
    used.drop(int(active[first]))
    if not used.add(k):
        c[k] = 0


class _Used:
    """The columns in use and their QR factors, updated as columns come and go."""

    def __init__(self, columns: Floats, which: NDArray[np.intp]) -> None:
        self._columns = columns
        n = len(columns)
        self.list: NDArray[np.intp] = np.empty(0, np.intp)
        self._q, self._r = np.empty((n, 0)), np.empty((0, 0))
        if len(which) <= n:
            q, r = np.linalg.qr(columns[:, which])
            sizes = np.linalg.norm(columns[:, which], axis=0)
            if np.all(np.abs(np.diag(r)) > _DEPENDENT * sizes):
                self.list, self._q, self._r = which, q, r
                return
        for k in which:
            self.add(int(k))

    def minimiser(self, target: Floats, penalty: float) -> Floats:
        """The masses, of any sign, that minimise 1/2 |target - columns c|^2 + penalty sum c over the columns in use."""
        slope = scipy.linalg.solve_triangular(self._r, np.full(len(self.list), penalty), trans=1)
        return np.asarray(scipy.linalg.solve_triangular(self._r, self._q.T @ target - slope))

    def combination(self, k: int) -> Floats:
        """A column as the nearest combination of those in use."""
        return np.asarray(scipy.linalg.solve_triangular(self._r, self._q.T @ self._columns[:, k]))

    def add(self, k: int) -> bool:
        """Add a column, unless it depends on those in use."""
        column = self._columns[:, k]
        shares = self._q.T @ column
        rest = column - self._q @ shares
        again = self._q.T @ rest
        rest -= self._q @ again
        size = float(np.linalg.norm(rest))
        if size <= _DEPENDENT * float(np.linalg.norm(column)):
            return False
        m = len(self.list)
        r = np.zeros((m + 1, m + 1))
        r[:m, :m], r[:m, m], r[m, m] = self._r, shares + again, size
        self._q, self._r = np.column_stack([self._q, rest / size]), r
        self.list = np.append(self.list, k)
        return True

    def drop(self, k: int) -> None:
        """Drop a column."""
        index = int(np.flatnonzero(self.list == k)[0])
        self.list = np.delete(self.list, index)
        m = len(self.list)
        # For a square Q scipy updates the full factorisation, which has more columns than are needed.
        q, r = scipy.linalg.qr_delete(self._q, self._r, index, which="col") if m else (self._q, self._r)
        self._q, self._r = np.asarray(q[:, :m], np.float64), np.asarray(r[:m, :m], np.float64)


def thinned(columns: Floats, masses: Floats) -> Floats:
    """
    The same sum from linearly independent columns at no more mass (Caratheodory).

    Parameters
    ----------
    columns : ndarray, shape (n, k)
        Atoms on the data, with their signs.
    masses : ndarray, shape (k,)
        Masses >= 0.

    Returns
    -------
    ndarray, shape (k,)
        Masses >= 0, zero except on independent columns; columns @ masses stays the same to rounding.
    """
    c = masses.copy()
    for _ in range(len(c)):
        active = np.flatnonzero(c > 0)
        # The triangular factor has the same singular values, and a small U.
        triangle = np.linalg.qr(columns[:, active], mode="r")
        _, sizes, right = np.linalg.svd(triangle, full_matrices=True)
        rank = int(np.sum(sizes > 1e-12 * sizes.max(initial=0.0)))
        if rank == len(active):
            break
        along = right[-1] if right[-1].sum() <= 0 else -right[-1]
        falling = along < 0
        share = np.where(falling, c[active] / np.where(falling, -along, 1), np.inf)
        first = int(share.argmin())
        c[active] = np.maximum(c[active] + share[first] * along, 0)
        c[active[first]] = 0
    return c
