"""The fully corrective step: the best masses on given atoms, min 1/2 |target - columns c|^2 + penalty sum c, c >= 0."""

from __future__ import annotations

import numpy as np
import scipy.linalg
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_DEPENDENT = 1e-13
_SPOILT = 1e-9
_PASSES = 20
_GREED = 0.3
"""Columns are taken in together, if their gain is at least this part of the largest."""


def best_masses(columns: Floats, target: Floats, penalty: float, start: Floats) -> Floats:
    """
    Minimise 1/2 |target - columns c|^2 + penalty sum(c) over c >= 0, by active sets.

    As Lawson and Hanson's NNLS, with a linear term and a warm start: solve for the masses in use; where some would turn
    negative, go as far as the first zero and drop it; where none would, take in the columns whose correlations
    with the residual exceed the penalty most, until none does.

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
    gram, pull = columns.T @ columns, columns.T @ target - penalty
    system = _System(gram, np.flatnonzero(c > 0))
    slack = 1e-9 * penalty
    for _ in range(_PASSES * (len(c) + 5)):
        active = system.active
        z = system.solve(pull)
        if np.all(z > 0):
            c[active] = z
            gain = pull - gram @ c
            gain[active] = -np.inf
            if not gain.size or gain.max() <= slack:
                break
            best = int(gain.argmax())
            if not system.add(best):
                _pivot(system, c, best)
                continue
            for k in np.flatnonzero(gain >= _GREED * gain.max()):
                if k != best:
                    system.add(int(k))
            continue
        now, falling = c[active], z <= 0
        share = np.where(falling, now / np.maximum(now - z, 1e-300), np.inf)
        first = share.min()
        c[active] = np.maximum(now + first * (z - now), 0)
        for k in active[share <= first]:
            c[k] = 0
            system.drop(int(k))
    return c


def _pivot(system: _System, c: Floats, k: int) -> None:
    """Take in a column that depends on those in use, at the cost of the first whose mass it brings to zero.

    The residual stays as it is while the sum of the masses falls.
    """
    active, along = system.active, system.combination(k)
    share = np.where(along > 0, c[active] / np.where(along > 0, along, 1), np.inf)
    first = int(share.argmin())
    c[active] = np.maximum(c[active] - share[first] * along, 0)
    c[k] = share[first]
    c[active[first]] = 0
    system.drop(int(active[first]))
    system.add(k)


class _System:
    """Normal equations of the columns in use, their inverse kept up to date as columns come and go."""

    def __init__(self, gram: Floats, columns: NDArray[np.intp]) -> None:
        self._gram, self._inverse = gram, np.empty_like(gram)
        self._list = np.empty(len(gram), np.intp)
        self._size = len(columns)
        self._list[: self._size] = columns
        self._invert()

    @property
    def active(self) -> NDArray[np.intp]:
        """The columns in use."""
        return self._list[: self._size].copy()

    def combination(self, k: int) -> Floats:
        """A column as the nearest combination of those in use."""
        n = self._size
        return np.asarray(self._inverse[:n, :n] @ self._gram[self._list[:n], k])

    def add(self, k: int) -> bool:
        """Take a column in, unless it depends on those in use."""
        n, inside = self._size, self._list[: self._size]
        along = self.combination(k)
        rest = self._gram[k, k] - self._gram[inside, k] @ along
        if rest <= _DEPENDENT * self._gram[k, k]:
            return False
        self._inverse[:n, :n] += np.outer(along / rest, along)
        self._inverse[:n, n] = self._inverse[n, :n] = -along / rest
        self._inverse[n, n] = 1 / rest
        self._list[n] = k
        self._size += 1
        return True

    def drop(self, k: int) -> None:
        """Give a column up."""
        last = self._size - 1
        place = int(np.flatnonzero(self._list[: self._size] == k)[0])
        swap = [place, last]
        self._list[swap] = self._list[swap[::-1]]
        whole = self._inverse[: last + 1, : last + 1]
        whole[swap] = whole[swap[::-1]]
        whole[:, swap] = whole[:, swap[::-1]]
        edge = whole[:last, last]
        whole[:last, :last] -= np.outer(edge / whole[last, last], edge)
        self._size = last

    def solve(self, right: Floats) -> Floats:
        """The masses of the columns in use, refined once; the inverse is made anew where updates have spoilt it."""
        inside = self._list[: self._size]
        matrix, wanted = self._gram[np.ix_(inside, inside)], right[inside]
        for _ in range(2):
            inverse = self._inverse[: self._size, : self._size]
            z = inverse @ wanted
            z += inverse @ (wanted - matrix @ z)
            if np.abs(wanted - matrix @ z).max(initial=0.0) <= _SPOILT * np.abs(wanted).max(initial=0.0):
                break
            self._invert()
        return np.asarray(z)

    def _invert(self) -> None:
        if not self._size:
            return
        inside = self._list[: self._size]
        matrix, ridge = self._gram[np.ix_(inside, inside)], 0.0
        for _ in range(20):
            factor, wrong = scipy.linalg.lapack.dpotrf(matrix + ridge * np.eye(len(matrix)))
            if not wrong:
                upper, _ = scipy.linalg.lapack.dpotri(factor)
                self._inverse[: self._size, : self._size] = np.triu(upper) + np.triu(upper, 1).T
                return
            ridge = max(10 * ridge, 1e-15 * np.trace(matrix) / len(matrix))
        raise np.linalg.LinAlgError("the atoms' Gram matrix is not positive definite")


def thinned(columns: Floats, masses: Floats) -> Floats:
    """
    The same sum with linearly independent columns and no more mass (Caratheodory).

    Parameters
    ----------
    columns : ndarray, shape (n, k)
        Atoms on the data, with their signs.
    masses : ndarray, shape (k,)
        Masses >= 0.

    Returns
    -------
    ndarray, shape (k,)
        Masses >= 0, zero but for independent columns; columns @ masses is kept to rounding.
    """
    c = masses.copy()
    for _ in range(len(c)):
        active = np.flatnonzero(c > 0)
        _, sizes, right = np.linalg.svd(columns[:, active], full_matrices=True)
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
