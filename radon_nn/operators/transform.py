"""The Radon transform on a grid: forward, its exact transpose, weighted backprojection, filter and inverse."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse.linalg import LinearOperator

from radon_nn._support import checks, threads
from radon_nn._support.properties import cached_property
from radon_nn._support.public import public
from radon_nn._support.scaling import unscaled
from radon_nn._support.types import Array
from radon_nn.geometry.directions import Directions
from radon_nn.geometry.domains import Ball
from radon_nn.geometry.grids import Grid, Offsets
from radon_nn.operators import filters
from radon_nn.operators._arguments import outside_of, require_kinds, stack_of
from radon_nn.operators._direct import Direct
from radon_nn.operators._engines import Engine
from radon_nn.operators._factors import engine
from radon_nn.operators._reach import extended

if TYPE_CHECKING:
    from radon_nn.operators.accuracies import Accuracy
    from radon_nn.operators.estimates import Estimate


@public
@dataclass(frozen=True)
class RadonTransform:
    """
    The Radon transform between samples on a grid and sinograms, in any dimension d >= 1.

    Rf(a, t) = integral of f over the hyperplane {x : a.x = t}, with (d-1)-dimensional surface measure. Samples are
    taken as zero outside the grid and interpolated by splines of degree `order` along the axis nearest the normal,
    summed by the rectangle rule along the others; the error on smooth functions is O(h^(order + 1)). Where several axes
    are the nearest, the mean is taken of the sums along each, so that the transform is as symmetric as its grid.

    Where it saves work, directions that are a product (`Directions.product`) are transformed one factor at a time, and
    images in the plane by bundles of rows, to the same order or better; `accuracy` states the error. Edges are blurred
    a little more: by a twentieth of the root mean square error of a disc. `adjoint` is the exact transpose either way.

    Parameters
    ----------
    grid : Grid
        Where functions are sampled.
    directions : Directions
        The unit normals a, m of them.
    offsets : Offsets, optional
        The offsets t, n of them; if not given, those that cover the grid at its smallest spacing.
    order : {1, 3, 5}
        Degree of the splines.
    method : {'auto', 'rows', 'direct'}
        'auto' takes whatever is cheapest; 'rows' walks every row, but product directions one factor at a time;
        'direct' walks every row for every direction.

    Raises
    ------
    ValueError
        If the grid and the directions are of different dimensions.

    See Also
    --------
    radon_nn.find_spikes : Neurons from the filtered transform.

    Examples
    --------
    >>> T = RadonTransform(Grid.cube(64), Directions.half_circle(90))
    >>> disc = np.hypot(*np.meshgrid(*T.grid.axes)) < 0.9
    >>> bool(abs(T.forward(disc)[0].max() - 1.8) < 0.05)
    True
    """

    grid: Grid
    directions: Directions
    offsets: Offsets = None  # type: ignore[assignment]
    order: int = 1
    method: str = "auto"

    def __post_init__(self) -> None:
        require_kinds(self.grid, self.directions)
        if self.order not in (1, 3, 5) or isinstance(self.order, float):
            raise ValueError(f"order: expected 1, 3 or 5, got {self.order!r}")
        checks.one_of(self.method, "method", ("auto", "rows", "direct"))
        if self.offsets is None:
            object.__setattr__(self, "offsets", Offsets.covering(self.grid))  # type: ignore[unreachable]

    def __getstate__(self) -> dict[str, object]:
        """The parameters alone: what was computed from them is computed anew where it is needed."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    @cached_property
    def accuracy(self) -> Accuracy:
        """Its error for white noise and for smooth functions, computed from its weights in some seconds."""
        from radon_nn.operators import accuracies  # which needs this class

        return accuracies.stated(self)

    @property
    def sinogram_shape(self) -> tuple[int, int]:
        """Shape (directions, offsets) of one sinogram."""
        return len(self.directions), self.offsets.count

    def part(
        self, box: slice | Sequence[slice] | None = None, directions: slice | ArrayLike | None = None
    ) -> RadonTransform:
        """
        The same transform of a box of the grid, to some of the directions: for volumes beyond memory, and for clusters.

        Its lattices, sharpening and engine are those of the whole. Hence `forward` of the whole is the sum of that of
        boxes, and `adjoint` and `backproject` are those of boxes put together, to rounding; directions the other way
        round. Cut product directions by azimuths or boxes along the first axis: octants cost twice the whole or more.

        Parameters
        ----------
        box : slice or sequence of slice, optional
            The samples along each axis, as `image[box]` takes them; axes that are not named are taken whole.
        directions : slice or array_like, optional
            Indices of directions, or a mask; all of them if not given.

        Returns
        -------
        RadonTransform
            Its `grid` and `directions` are the part's. A pickle of it holds the parameters of the whole.

        Raises
        ------
        ValueError
            If the box holds no samples, a step is not 1, or a direction is named twice or does not exist.

        Examples
        --------
        >>> T = RadonTransform(Grid.cube(64), Directions.half_circle(90))
        >>> disc = np.hypot(*np.meshgrid(*T.grid.axes)) < 0.9
        >>> upper, lower = np.s_[:20], np.s_[20:]
        >>> halves = T.part(upper).forward(disc[upper]) + T.part(lower).forward(disc[lower])
        >>> bool(np.allclose(halves, T.forward(disc), rtol=0, atol=1e-12))
        True
        """
        from radon_nn.operators import _parts  # which derives from this class

        return _parts.cut(self, box, directions)

    def forward(self, samples: ArrayLike, /, *, num_threads: int | None = None) -> Array:
        """
        Rf for samples of f.

        Parameters
        ----------
        samples : array_like, shape (..., *grid.shape)
            Samples; leading axes are batch. Integers and bools are taken as float64.
        num_threads : int, optional
            Threads to use in this call, at most; if not given, see `radon_nn.operators`.

        Returns
        -------
        ndarray, shape (..., m, n)
            Sinograms, in the samples' dtype (float32 or float64).

        Raises
        ------
        ValueError
            If the samples are not finite or not of the grid's shape.
        MemoryError
            If the machine cannot hold the sinograms.

        See Also
        --------
        adjoint : The exact transpose.
        invert : The inverse.
        """
        images, batch, exponent = stack_of(samples, "samples", self.grid.shape)
        checks.fits_memory(
            float(len(images)) * math.prod(self.sinogram_shape) * images.itemsize,
            f"a sinogram of {len(self.directions)} directions and {self.offsets.count} offsets",
            "take fewer directions or offsets",
        )
        out = np.empty((len(images), *self.sinogram_shape), images.dtype)
        engine, count = self._engine, threads.resolve(num_threads)
        if isinstance(engine, Direct):
            engine.run(images, out, count)
        else:
            program = threads.Program(count)
            engine.forward(images, out, program)
            program.run()
        return unscaled(out, exponent, "samples").reshape(*batch, *self.sinogram_shape)

    def adjoint(self, sinogram: ArrayLike, /, *, num_threads: int | None = None) -> Array:
        """
        Apply the exact transpose of `forward`'s matrix: <forward(u), v> = <u, adjoint(v)> to rounding.

        Parameters
        ----------
        sinogram : array_like, shape (..., m, n)
            Sinograms; leading axes are batch.
        num_threads : int, optional
            Threads to use in this call, at most; if not given, see `radon_nn.operators`.

        Returns
        -------
        ndarray, shape (..., *grid.shape)
            In the sinogram's dtype.

        Raises
        ------
        ValueError
            If the sinogram is not finite or not of shape (..., m, n).

        See Also
        --------
        backproject : The weighted integral over the sphere, which is another operator.
        """
        sinograms, batch, exponent = stack_of(sinogram, "sinogram", self.sinogram_shape)
        images = self._gather(sinograms, num_threads, weighted=False)
        return unscaled(images, exponent, "sinogram").reshape(*batch, *self.grid.shape)

    def backproject(
        self, sinogram: ArrayLike, /, *, within: Ball | None = None, num_threads: int | None = None
    ) -> Array:
        """
        Backprojection R*g(x) = integral over the whole sphere of g(a, a.x) da, with the directions' weights.

        Parameters
        ----------
        sinogram : array_like, shape (..., m, n)
            Samples of an even g; taken as zero beyond the offsets.
        within : Ball, optional
            The part of the grid that is wanted, such as the disc that all directions see; other samples are zero.
        num_threads : int, optional
            Threads to use in this call, at most; if not given, see `radon_nn.operators`.

        Returns
        -------
        ndarray, shape (..., *grid.shape)
            R*g at the grid's points.

        Raises
        ------
        ValueError
            If the sinogram is not finite or not of shape (..., m, n), or the ball's center not of the grid's dimension.
        TypeError
            If `within` is no ball.

        See Also
        --------
        adjoint : The transpose of `forward`'s matrix, without quadrature weights.
        """
        sinograms, batch, exponent = stack_of(sinogram, "sinogram", self.sinogram_shape)
        images = self._backproject(sinograms, within, num_threads)
        return unscaled(images, exponent, "sinogram").reshape(*batch, *self.grid.shape)

    def filter(
        self, sinogram: ArrayLike, /, *, window: str = "ramp", derivative: int = 0, num_threads: int | None = None
    ) -> Array:
        """
        Apply d_t^derivative K, of symbol c_d |w|^(d-1) (i w)^derivative, c_d = 1 / (2 (2 pi)^(d-1)).

        Parameters
        ----------
        sinogram : array_like, shape (..., m, n)
            Sinograms, taken as zero beyond the offsets.
        window : {'ramp', 'none', 'shepp-logan', 'cosine', 'hamming', 'hann'}
            Apodisation of the highest frequencies.
        derivative : int
            Order of the further derivative; 2 turns Rf of a network into its spikes.
        num_threads : int, optional
            Threads to use in this call, at most; if not given, see `radon_nn.operators`.

        Returns
        -------
        ndarray, shape (..., m, n)
            The filtered sinograms.

        Raises
        ------
        ValueError
            If the window is unknown, or the sinogram not finite or of the wrong shape.
        """
        sinograms, batch, exponent = stack_of(sinogram, "sinogram", self.sinogram_shape)
        chosen = self._filter(window, checks.count(derivative, "derivative", least=0))
        filtered = filters.apply(sinograms, self.offsets.step, chosen, num_threads=num_threads)
        return unscaled(filtered, exponent, "sinogram").reshape(*batch, *self.sinogram_shape)

    def invert(
        self,
        sinogram: ArrayLike,
        /,
        *,
        window: str = "ramp",
        within: Ball | None = None,
        num_threads: int | None = None,
    ) -> Array:
        """
        Filtered backprojection f = R* K g, the inverse of the Radon transform.

        K g has tails beyond the offsets, of which as much is kept as the grid reaches.

        Parameters
        ----------
        sinogram : array_like, shape (..., m, n)
            Sinograms of functions that vanish outside the grid.
        window : {'ramp', 'none', 'shepp-logan', 'cosine', 'hamming', 'hann'}
            Apodisation.
        within : Ball, optional
            As for `backproject`.
        num_threads : int, optional
            Threads to use in this call, at most; if not given, see `radon_nn.operators`.

        Returns
        -------
        ndarray, shape (..., *grid.shape)
            Samples of f.

        Raises
        ------
        ValueError
            As for `filter` and `backproject`.
        """
        sinograms, batch, exponent = stack_of(sinogram, "sinogram", self.sinogram_shape)
        whole, pad = self._extended
        filtered = np.empty((*sinograms.shape[:-1], whole.offsets.count), sinograms.dtype)
        step = filters.stage(sinograms, self.offsets.step, self._filter(window), pad=pad, out=filtered)
        images = whole._backproject(filtered, within, num_threads, before=step)
        return unscaled(images, exponent, "sinogram").reshape(*batch, *self.grid.shape)

    def linear_operator(self, dtype: Any = np.float64) -> LinearOperator:
        """
        The transform as a scipy LinearOperator of shape (m n, grid.size), for scipy's solvers.

        Parameters
        ----------
        dtype : dtype
            Either float32 or float64.

        Returns
        -------
        scipy.sparse.linalg.LinearOperator
            Its `matvec` is `forward` and its `rmatvec` is `adjoint`, on raveled arrays.
        """
        from radon_nn.operators import _matrix  # which needs this class

        return _matrix.linear_operator(self, checks.real_dtype(dtype))

    def estimate(self, dtype: Any = np.float64, *, num_threads: int | None = None) -> Estimate:
        """
        Time, memory and engine of a transform of one image before the work, from small pieces timed on this machine.

        Parameters
        ----------
        dtype : dtype
            Either float32 or float64.
        num_threads : int, optional
            Threads of the transform, at most; if not given, see `radon_nn.operators`.

        Returns
        -------
        Estimate
            In seconds and bytes; printed, it is a sentence.
        """
        from radon_nn.operators import estimates  # which needs this class

        return estimates.estimated(estimates.plan_for(self), dtype, num_threads)

    def dot_test(self, rng: np.random.Generator | int | None = None, dtype: Any = np.float64) -> float:
        """
        Mismatch of <forward(u), v> and <u, adjoint(v)> for random u, v, relative to |forward(u)| |v|.

        Parameters
        ----------
        rng : numpy.random.Generator or int, optional
            Source of randomness, or its seed.
        dtype : dtype
            Either float32 or float64.

        Returns
        -------
        float
            About the rounding error of `dtype`.
        """
        from radon_nn.operators import _matrix  # which needs this class

        return _matrix.dot_test(self, checks.generator(rng), checks.real_dtype(dtype))

    @cached_property
    def _engine(self) -> Engine:
        return engine(self.grid, self.directions, self.offsets, self.order, self.method)

    @cached_property
    def _extended(self) -> tuple[RadonTransform, tuple[int, int]]:
        """The transform with offsets as far as the grid reaches, and how many were added before and after."""
        offsets, pad = extended(self.grid, self.directions, self.offsets, self.order)
        return (replace(self, offsets=offsets) if any(pad) else self), pad

    def _filter(self, window: str, derivative: int = 0) -> filters.Filter:
        dim = self.grid.dim
        return filters.Filter(dim - 1, derivative, window=window, scale=filters.inversion_constant(dim))

    def _backproject(
        self,
        sinograms: Array,
        within: Ball | None,
        num_threads: int | None,
        *,
        splines: bool = False,
        before: threads.Stage | None = None,
    ) -> Array:
        """As `backproject`, of samples (B, m, n) or of spline coefficients; a stage `before` is what writes them."""
        outside = None if within is None else outside_of(within, self.grid, self._masks)
        images = self._gather(sinograms, num_threads, before, weighted=True, splines=splines, within=within)
        if outside is not None:
            np.copyto(images, 0, where=outside)
        return images

    def _gather(
        self, sinograms: Array, num_threads: int | None, before: threads.Stage | None = None, **options: Any
    ) -> Array:
        checks.fits_memory(
            float(len(sinograms)) * self.grid.size * sinograms.itemsize,
            f"an image on a {self.grid.shape} grid",
            "take fewer samples along each axis",
        )
        out = np.zeros((len(sinograms), *self.grid.shape), sinograms.dtype)
        engine, count = self._engine, threads.resolve(num_threads)
        if isinstance(engine, Direct):
            engine.run_gather(sinograms, out, count, before, **options)
            return out
        program = threads.Program(count)
        if before is not None:
            program.add(before)
        engine.gather(sinograms, out, program, **options)
        program.run()
        return out

    @cached_property
    def _masks(self) -> dict[Ball, NDArray[np.bool_]]:
        return {}
