"""The fully corrective step: the best masses on given atoms, min 1/2 |target - columns c|^2 + penalty sum c, c >= 0."""

from __future__ import annotations

import numpy as np
import scipy.linalg
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_RIDGE = 1e-14
_PASSES = 20


def best_masses(columns: Floats, target: Floats, penalty: float, start: Floats) -> Floats:
    """
    Minimise 1/2 |target - columns c|^2 + penalty sum(c) over c >= 0, by active sets.

    As Lawson and Hanson's NNLS, with a linear term and a warm start: solve for the masses in use; where some would turn
    negative, go as far as the first zero and drop it; where none would, take in the column whose correlation with
    the residual exceeds the penalty most, until none does.

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
    used = c > 0
    slack = 1e-9 * penalty
    for _ in range(_PASSES * (len(c) + 5)):
        active = np.flatnonzero(used)
        z = _solve(gram[np.ix_(active, active)], pull[active])
        if np.all(z > 0):
            c[active] = z
            gain = np.where(used, -np.inf, pull - gram @ c)
            if not gain.size or gain.max() <= slack:
                break
            used[gain.argmax()] = True
            continue
        now, falling = c[active], z <= 0
        share = np.where(falling, now / np.maximum(now - z, 1e-300), np.inf)
        first = int(share.argmin())
        c[active] = np.maximum(now + share[first] * (z - now), 0)
        c[active[first]] = 0
        used = c > 0
    return c


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


def _solve(gram: Floats, right: Floats) -> Floats:
    if not len(right):
        return right
    ridge = _RIDGE * np.trace(gram) / len(gram)
    for _ in range(20):
        try:
            factor = scipy.linalg.cho_factor(gram + ridge * np.eye(len(gram)), check_finite=False)
            return np.asarray(scipy.linalg.cho_solve(factor, right, check_finite=False))
        except np.linalg.LinAlgError:
            ridge *= 10
    raise np.linalg.LinAlgError("the atoms' Gram matrix is not positive definite")
