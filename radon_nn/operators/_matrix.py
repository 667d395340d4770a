"""The transform as a matrix: scipy's LinearOperator, and the test that the adjoint is its transpose."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy.sparse.linalg import LinearOperator

from radon_nn._support import checks
from radon_nn._support.types import Array
from radon_nn.operators.transform import RadonTransform


def linear_operator(transform: RadonTransform, kind: np.dtype[Any]) -> LinearOperator:
    """
    The transform on raveled arrays; see `RadonTransform.linear_operator`.

    Parameters
    ----------
    transform : RadonTransform
        The transform.
    kind : dtype
        Either float32 or float64.

    Returns
    -------
    scipy.sparse.linalg.LinearOperator
        Of shape (m n, grid.size).
    """
    grid, rows = transform.grid, transform.sinogram_shape

    def matvec(x: Array) -> Array:
        return transform.forward(checks.real_array(x, "x").astype(kind).reshape(grid.shape)).ravel()

    def rmatvec(y: Array) -> Array:
        return transform.adjoint(checks.real_array(y, "y").astype(kind).reshape(rows)).ravel()

    return LinearOperator((math.prod(rows), grid.size), matvec=matvec, rmatvec=rmatvec, dtype=kind)


def dot_test(transform: RadonTransform, generator: np.random.Generator, dtype: np.dtype[Any]) -> float:
    """
    Mismatch of <forward(u), v> and <u, adjoint(v)>; see `RadonTransform.dot_test`.

    Parameters
    ----------
    transform : RadonTransform
        The transform.
    generator : numpy.random.Generator
        Source of randomness.
    dtype : dtype
        Either float32 or float64.

    Returns
    -------
    float
        Relative to |forward(u)| |v|.
    """
    u = generator.standard_normal(transform.grid.shape).astype(dtype)
    v = generator.standard_normal(transform.sinogram_shape).astype(dtype)
    image = transform.forward(u)
    left = float(np.vdot(image.astype(np.float64), v.astype(np.float64)))
    right = float(np.vdot(u.astype(np.float64), transform.adjoint(v).astype(np.float64)))
    scale = float(np.linalg.norm(image) * np.linalg.norm(v))
    return abs(left - right) / scale if scale else abs(left - right)
