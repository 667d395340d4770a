"""The transform as an operator on dask arrays, and conjugate gradients on its normal equations, out of core."""

from __future__ import annotations

import math
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dask
import dask.array as da
import numpy as np

from radon_nn._support import checks
from radon_nn._support.types import Progress
from radon_nn.dask.arrays import adjoint, forward
from radon_nn.dask.files import load, save
from radon_nn.operators.transform import RadonTransform

Keep = Callable[[str, da.Array], da.Array]


@dataclass(frozen=True)
class Operator:
    """
    A transform as a linear operator on dask arrays, of shape (m n, grid.size).

    Parameters
    ----------
    transform : RadonTransform
        The transform.
    memory : int or str, optional
        Private memory that a worker process may use, in bytes or as '3 GB': see `layout`.

    See Also
    --------
    cgls : Least squares with it.
    radon_nn.RadonTransform.linear_operator : The same for SciPy's solvers.

    Examples
    --------
    >>> from radon_nn import Directions, Grid
    >>> A = Operator(RadonTransform(Grid.cube(16), Directions.half_circle(20)))
    >>> A.shape, A.rmatvec(A.matvec(da.ones((16, 16)))).shape, A.matvec(da.ones(256)).shape
    ((480, 256), (16, 16), (480,))
    """

    transform: RadonTransform
    memory: str | float | None = None

    @property
    def shape(self) -> tuple[int, int]:
        """Shape (m n, grid.size) of the matrix."""
        return math.prod(self.transform.sinogram_shape), self.transform.grid.size

    def matvec(self, x: da.Array) -> da.Array:
        """
        Apply `forward` to samples, raveled or not.

        Parameters
        ----------
        x : dask.array.Array, shape (grid.size,) or (..., *grid.shape)
            Samples.

        Returns
        -------
        dask.array.Array, shape (m n,) or (..., m, n)
            Raveled as the samples are.
        """
        if x.ndim == 1 and self.transform.grid.dim > 1:
            return forward(self.transform, x.reshape(self.transform.grid.shape), memory=self.memory).ravel()
        return forward(self.transform, x, memory=self.memory)

    def rmatvec(self, y: da.Array) -> da.Array:
        """
        Apply `adjoint` to sinograms, raveled or not.

        Parameters
        ----------
        y : dask.array.Array, shape (m n,) or (..., m, n)
            Sinograms.

        Returns
        -------
        dask.array.Array, shape (grid.size,) or (..., *grid.shape)
            Raveled as the sinograms are.
        """
        if y.ndim == 1:
            return adjoint(self.transform, y.reshape(self.transform.sinogram_shape), memory=self.memory).ravel()
        return adjoint(self.transform, y, memory=self.memory)


def cgls(
    operator: Operator,
    sinogram: da.Array,
    *,
    iterations: int = 30,
    tol: float = 1e-6,
    damp: float = 0.0,
    folder: str | Path | None = None,
    progress: Progress | None = None,
) -> tuple[da.Array, list[float]]:
    """
    Minimise |A x - b|^2 + damp^2 |x|^2 by conjugate gradients, for few or uneven directions.

    Parameters
    ----------
    operator : Operator
        A; anything with its `matvec` and `rmatvec` on arrays of natural shape.
    sinogram : dask.array.Array, shape (..., m, n)
        The data b.
    iterations : int
        Steps at most; each takes a forward transform and an adjoint.
    tol : float
        Ends when |A'(b - A x) - damp^2 x| has fallen to this fraction of |A' b|.
    damp : float
        Weight of the norm of x, at least 0.
    folder : str or Path, optional
        Where the iterates are written, as zarr arrays in a temporary folder, and the result as 'x.zarr': nothing the
        size of a volume then stays in memory. If not given they stay in the workers' memory.
    progress : callable, optional
        Called with a sentence after each step.

    Returns
    -------
    x : dask.array.Array, shape (..., *grid.shape)
        The last iterate, computed: in memory, or in the file 'x.zarr' of the folder.
    residuals : list of float
        |b - A x| at the beginning, and after each step.

    Raises
    ------
    ValueError
        If `tol` or `damp` is negative.
    FileExistsError
        If the folder has a result already.

    See Also
    --------
    Operator : The operator of the equations.
    invert : Filtered backprojection.

    References
    ----------
    A. Bjorck, Numerical Methods for Least Squares Problems, 1996, section 7.4.

    Examples
    --------
    >>> import dask.array as da
    >>> from radon_nn import Directions, Grid, RadonTransform
    >>> A = Operator(RadonTransform(Grid.cube(8), Directions.half_circle(6)))
    >>> sinogram = A.matvec(da.ones((8, 8))).compute()
    >>> image, residuals = cgls(A, da.from_array(sinogram), iterations=3)
    >>> image.shape, residuals[-1] < residuals[0]
    ((8, 8), True)
    """
    checks.count(iterations, "iterations")
    weight, least = checks.at_least_zero(damp, "damp") ** 2, checks.at_least_zero(tol, "tol") ** 2
    if folder is not None and (Path(folder) / "x.zarr").exists():
        raise FileExistsError(
            f"folder: expected one without an earlier result, got {str(folder)!r} with 'x.zarr'; choose another folder"
        )
    work = None if folder is None else Path(tempfile.mkdtemp(prefix="cgls-", dir=folder))
    keep = _in_memory if work is None else _in_files(work)
    try:
        r = keep("r", sinogram)
        s = keep("s", operator.rmatvec(r))
        p, x = s, None
        gamma, norm = _squares(s, r)
        first, residuals = gamma, [math.sqrt(norm)]
        for step in range(iterations):
            if gamma <= least * first:
                break
            q = keep("q", operator.matvec(p))
            steep, size = _squares(q, p)
            alpha = gamma / (steep + weight * size)
            x = keep("x", p * _like(alpha, p) if x is None else x + p * _like(alpha, p))
            r = keep("r", r - q * _like(alpha, q))
            s = operator.rmatvec(r)
            s = keep("s", s - x * _like(weight, x) if weight else s)
            before = gamma
            gamma, norm = _squares(s, r)
            residuals.append(math.sqrt(norm))
            p = keep("p", s + p * _like(gamma / before, p))
            if progress is not None:
                progress(f"step {step + 1} of {iterations}: residual {residuals[-1]:.3e} of {residuals[0]:.3e}")
        x = da.zeros_like(s) if x is None else x
        if folder is not None:
            save(Path(folder) / "x.zarr", x)
            x = load(Path(folder) / "x.zarr")
        return x, residuals
    finally:
        if work is not None:
            shutil.rmtree(work, ignore_errors=True)


def _like(number: float, array: da.Array) -> Any:
    """A number that does not change an array's dtype."""
    return array.dtype.type(number)


def _squares(*arrays: da.Array) -> tuple[float, ...]:
    """Sums of squares, in double precision."""
    return tuple(map(float, dask.compute(*(((a.astype(np.float64)) ** 2).sum() for a in arrays))))


def _in_memory(name: str, array: da.Array) -> da.Array:
    """The array, computed, in the workers' memory."""
    return array.persist()


def _in_files(folder: Path) -> Keep:
    """What keeps each named array in a file, written beside its predecessor, which is removed then."""
    numbers: dict[str, int] = {}

    def keep(name: str, array: da.Array) -> da.Array:
        numbers[name] = numbers.get(name, 0) + 1
        save(folder / f"{name}{numbers[name]}.zarr", array)
        # Two steps old: p is s in the first step, and both may still read the last one.
        shutil.rmtree(folder / f"{name}{numbers[name] - 2}.zarr", ignore_errors=True)
        return load(folder / f"{name}{numbers[name]}.zarr")

    return keep
