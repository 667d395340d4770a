"""Arrays of points (..., d) and of row vectors: lengths, the affine design, evaluation in chunks."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from radon_nn._support.types import Floats

_CHUNK_BYTES = 1 << 26
"""What a chunk's hidden layer may take: 64 MiB, small beside any machine's memory and large beside a call's cost."""


def norms(rows: Floats) -> Floats:
    """
    Euclidean norms of rows, without overflow or underflow of the squares.

    Parameters
    ----------
    rows : ndarray, shape (m, d)
        Rows.

    Returns
    -------
    ndarray, shape (m,)
        Their norms, right to rounding wherever they are normal numbers.
    """
    if rows.shape[1] == 1:
        return np.abs(rows[:, 0])
    chunk = max(1, _CHUNK_BYTES // (8 * max(1, rows.shape[1])))
    if len(rows) > chunk:
        return np.concatenate([norms(rows[i : i + chunk]) for i in range(0, len(rows), chunk)])
    largest = np.abs(rows).max(axis=1, initial=0)
    # Powers of two scale without rounding, so that ordinary rows keep the norm they have.
    unit = np.ldexp(1.0, np.frexp(largest)[1] - 1)
    return np.asarray(unit * np.linalg.norm(rows / unit[:, None], axis=1))


def unit_rows(rows: Floats) -> Floats:
    """
    Rows over their norms, of unit length to rounding however small or large they were.

    Parameters
    ----------
    rows : ndarray, shape (m, d)
        Rows, none of them zero.

    Returns
    -------
    ndarray, shape (m, d)
        Unit vectors.
    """
    # Scaled to largest entries of 1 first, since norms of subnormal rows have few digits.
    unit = rows / np.abs(rows).max(axis=1, initial=0)[:, None]
    return np.asarray(unit / np.linalg.norm(unit, axis=1, keepdims=True))


def affine_design(points: Floats) -> Floats:
    """
    The matrix [x, 1] whose columns span the affine functions on points.

    Parameters
    ----------
    points : ndarray, shape (n, d)
        Points x.

    Returns
    -------
    ndarray, shape (n, d + 1)
        The coordinates, and a last column of ones.
    """
    return np.concatenate([points, np.ones((len(points), 1))], axis=1)


def in_chunks(values: Callable[[Floats], Floats], points: Floats, width: int) -> Floats:
    """
    A function at points (n, d), called in chunks so that its intermediate arrays stay within 64 MiB.

    Parameters
    ----------
    values : callable
        Takes points (n, d), returns values (n, o).
    points : ndarray, shape (n, d)
        Points.
    width : int
        Numbers that `values` needs for each point in its largest intermediate array.

    Returns
    -------
    ndarray, shape (n, o)
        The values.
    """
    chunk = max(1, _CHUNK_BYTES // (8 * max(1, width)))
    if len(points) <= chunk:
        return values(points)
    return np.concatenate([values(points[i : i + chunk]) for i in range(0, len(points), chunk)])


def on_leading_axes(values: Callable[[Floats], Floats], points: Floats) -> Floats:
    """
    A function of points (n, d) at points of any leading shape; without the last axis for a single output.

    Parameters
    ----------
    values : callable
        Takes points (n, d), returns values (n, o).
    points : ndarray, shape (..., d)
        Points.

    Returns
    -------
    ndarray, shape (...) or (..., o)
        The values.
    """
    out = values(points.reshape(-1, points.shape[-1]))
    out = out.reshape(*points.shape[:-1], out.shape[-1])
    return out[..., 0] if out.shape[-1] == 1 else out
