"""Which hyperplanes, or directions, coincide up to sign: an R-TV adds masses only after this merging."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from radon_nn._support.types import Floats, Indices

_LOW_QUANTILE = 0.1
"""Low enough for a tenth of the spikes, or of their mass, to set the unit; above the few that are rounding of 0."""
_LEVEL = 4 * float(np.finfo(np.float64).eps)
"""A coordinate of a unit vector below this is rounding of zero. Twice the spacing of numbers at pi, so that the angle
of (-1, c) with c above it is less than pi in double precision as well."""
_LOW = 8
"""Up to this many coordinates a k-d tree finds neighbours, above a sweep along a line.

2000 random unit rows of 8 within 0.05 take 0.10 s by the tree and 0.25 s by the sweep; rows of 32 0.47 and 0.70 s, but
within 1e-3 0.36 and 0.03 s. Within 1e-12 the sweep is faster at any width.
"""


def lower_half(directions: Floats) -> NDArray[np.bool_]:
    """
    Whether the last coordinate that is not zero, to rounding, is negative.

    Of a and -a, which name the same hyperplanes, the package shows the one that is not in the lower half: in the plane
    the one whose angle lies in [0, pi), on the line +1.

    Parameters
    ----------
    directions : ndarray, shape (m, d)
        Unit vectors.

    Returns
    -------
    ndarray of bool, shape (m,)
        True for vectors whose negative stands for them.
    """
    if directions.size == 0:
        return np.zeros(len(directions), bool)
    last = directions.shape[1] - 1 - np.argmax(np.abs(directions[:, ::-1]) > _LEVEL, axis=1)
    return np.asarray(directions[np.arange(len(directions)), last] < 0)


def angles(directions: Floats) -> Floats:
    """
    The angles of unit normals in the plane.

    Parameters
    ----------
    directions : ndarray, shape (m, 2)
        Unit normals, none in the lower half.

    Returns
    -------
    ndarray, shape (m,)
        Angles in [0, pi), in radians.
    """
    return np.asarray(np.maximum(np.arctan2(directions[:, 1], directions[:, 0]), 0.0))


def offset_unit(offsets: Floats, sizes: Floats) -> float:
    """
    The unit of length in which offsets are compared: the lower of two 10 % quantiles of |t| over offsets but 0.

    One quantile is by number, the other by mass. A unit that is too small leaves hyperplanes apart that differ by
    rounding, and the sum of their masses stays a bound; with one that is too large, such as the largest of all offsets,
    a single hyperplane far away would merge all others. Hence the low quantiles.

    Parameters
    ----------
    offsets : ndarray, shape (s,)
        Offsets t.
    sizes : ndarray, shape (s,)
        |mass| of each.

    Returns
    -------
    float
        The unit, proportional to the offsets; 1 if all are 0.
    """
    away = np.abs(offsets[offsets != 0])
    if not len(away):
        return 1.0
    order = np.argsort(away)
    weight = np.cumsum((sizes[offsets != 0] / max(sizes.max(), np.finfo(np.float64).tiny))[order])
    by_mass = int(np.searchsorted(weight, _LOW_QUANTILE * weight[-1]))
    return float(away[order[min(by_mass, int(_LOW_QUANTILE * len(away)))]])


def compressed(offsets: Floats, unit: float = 1.0) -> Floats:
    """
    Offsets in a unit, on a scale on which those beyond it are measured relative to |t|.

    Parameters
    ----------
    offsets : ndarray
        Offsets t.
    unit : float
        Unit of length, see `offset_unit`.

    Returns
    -------
    ndarray
        With u = t / unit: u where |u| <= 1, sign(u) (1 + log |u|) beyond.
    """
    with np.errstate(over="ignore"):
        within = np.clip(offsets / unit, -1, 1)
    size = np.abs(offsets)
    return np.asarray(within + np.sign(offsets) * (np.log(np.maximum(size, unit)) - np.log(unit)))


def clusters(places: Floats, tol: float) -> tuple[int, Indices, Indices]:
    """
    Clusters of rows that are equal up to sign, within a distance; a chain of neighbours is one cluster.

    Parameters
    ----------
    places : ndarray, shape (m, p)
        Rows.
    tol : float
        Distance within which rows are neighbours.

    Returns
    -------
    count : int
        Number of clusters.
    label : ndarray of int, shape (m,)
        Cluster of each row.
    leader : ndarray of int, shape (count,)
        The first row of each cluster.
    """
    if not len(places):
        return 0, np.empty(0, np.int64), np.empty(0, np.int64)
    distinct, back = np.unique(places, axis=0, return_inverse=True)
    n = len(distinct)
    count, component = chains(*_near(distinct, tol), n)
    label = component[back.reshape(-1)]
    _, leader = np.unique(label, return_index=True)
    return count, label, leader.astype(np.int64)


def chains(i: Indices, j: Indices, count: int) -> tuple[int, Indices]:
    """
    What pairs link into one: the connected components of a graph.

    Parameters
    ----------
    i, j : ndarray of int, shape (p,)
        The two ends of each link.
    count : int
        Number of nodes.

    Returns
    -------
    components : int
        Number of components.
    label : ndarray of int, shape (count,)
        Component of each node.
    """
    from scipy.sparse import coo_array  # with what follows 0.3 s to import, which transforms need not wait for
    from scipy.sparse.csgraph import connected_components

    links = coo_array((np.ones(len(i)), (i, j)), shape=(count, count))
    components, label = connected_components(links, directed=False)
    return int(components), label.astype(np.int64)


class SignedTree:
    """
    A k-d tree of rows and of their negatives, for what (a, t) and (-a, -t) name alike.

    Index k stands for row k, and index k + n for its negative, of n rows.

    Parameters
    ----------
    rows : ndarray, shape (n, p)
        Rows.
    """

    def __init__(self, rows: Floats) -> None:
        from scipy.spatial import cKDTree  # imported here as in `chains`

        self._rows, self._tree = rows, cKDTree(np.concatenate([rows, -rows]))

    def nearest(self, rows: Floats) -> tuple[Floats, Indices]:
        """
        The nearest row of the tree, up to sign, to each of some rows.

        Parameters
        ----------
        rows : ndarray, shape (m, p)
            Rows.

        Returns
        -------
        distance : ndarray, shape (m,)
            Distances.
        index : ndarray of int, shape (m,)
            Rows 0 to n - 1 of the tree.
        """
        distance, index = self._tree.query(rows)
        return np.asarray(distance), np.asarray(index, np.int64) % len(self._rows)

    def neighbours(self, reach: float) -> list[Indices]:
        """
        The signed indices 0 to 2 n - 1 within a distance of each row, the row itself among them.

        Parameters
        ----------
        reach : float
            Distance.

        Returns
        -------
        list of ndarray of int
            One array a row.
        """
        return [np.asarray(near, np.int64) for near in self._tree.query_ball_point(self._rows, reach)]

    def pairs(self, reach: float) -> tuple[Indices, Indices, Floats]:
        """
        All pairs of rows within a distance of each other, up to sign.

        Parameters
        ----------
        reach : float
            Distance.

        Returns
        -------
        i, j : ndarray of int, shape (q,)
            Rows 0 to n - 1; each pair comes twice, as (a, b) and as (-a, -b).
        distance : ndarray, shape (q,)
            Distances.
        """
        i, j = self._tree.query_pairs(reach, output_type="ndarray").astype(np.int64).T
        distance = np.linalg.norm(self._tree.data[i] - self._tree.data[j], axis=1)
        return i % len(self._rows), j % len(self._rows), np.asarray(distance)


def _near(rows: Floats, tol: float) -> tuple[Indices, Indices]:
    """Pairs i, j with row i within tol of row j or of its negative."""
    n, width = rows.shape
    if width <= _LOW:
        return SignedTree(rows).pairs(tol)[:2]
    signed = np.concatenate([rows, -rows])
    # No projection onto a unit vector moves rows apart, so only rows with close projections need comparing. The vector
    # is arbitrary, and orthogonal to nothing that networks are made of.
    normal = np.cos(np.arange(1.0, width + 1) ** 2)
    along = signed @ (normal / np.linalg.norm(normal))
    order = np.argsort(along)
    # Rounding of a projection is below width * eps times its largest term; 1e-13 leaves room up to a width of 400^2.
    gap = tol + 1e-13 * np.abs(signed).max(initial=1.0) * np.sqrt(width)
    pairs = [(np.arange(n), np.arange(n))]
    apart = 1
    while apart < 2 * n:
        close = np.flatnonzero(along[order[apart:]] - along[order[:-apart]] <= gap)
        if not len(close):
            break
        i, j = order[close], order[close + apart]
        hit = np.linalg.norm(signed[i] - signed[j], axis=1) <= tol
        pairs.append((i[hit] % n, j[hit] % n))
        apart += 1
    first, second = zip(*pairs, strict=True)
    return np.concatenate(first), np.concatenate(second)
