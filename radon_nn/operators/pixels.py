"""Sinograms in the plane and images of unit pixels: their transform, and filtered backprojection onto them."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from radon_nn._support import scratch, threads
from radon_nn._support.types import Array
from radon_nn.geometry.angles import angle_weights
from radon_nn.geometry.directions import Directions
from radon_nn.geometry.domains import Ball
from radon_nn.geometry.grids import Grid, Offsets
from radon_nn.operators import filters
from radon_nn.operators.interpolation import LinearBackprojection
from radon_nn.operators.transform import RadonTransform

INTERPOLATIONS = {"nearest": 3, "linear": 3, "cubic": 5}
"""Degree of the splines of each interpolation, where it is not linear."""
_ROLLOFF = {"nearest": 0.32, "linear": 0.32, "cubic": 0.0}
"""Fraction by which the highest frequency is damped before splines interpolate: with a third, white noise comes through
about as loud as by linear interpolation, which damps it by 0.6, and low frequencies somewhat too."""
_LINEAR_UPDATES = 1 << 26
"""Pixels times angles up to which interpolation is linear. It takes two to four times as long as splines, which walk
bundles of rows: 40 ms on one core."""
_KEPT = 8
"""Number of geometries whose transforms are kept, for the next slice of a stack."""


class Geometry(NamedTuple):
    """
    How square images of unit pixels lie to a sinogram's offsets, whose step is 1.

    Parameters
    ----------
    angles : bytes
        The angles in degrees, as float64.
    size : int
        Rows and columns of the images; pixel (size // 2, size // 2) is the origin.
    offsets : int
        Number of offsets.
    zero : float
        The number, counted from 0, of the offset 0.
    circle : bool
        Whether only pixels at most size // 2 from the origin are wanted.
    """

    angles: bytes
    size: int
    offsets: int
    zero: float
    circle: bool

    @property
    def within(self) -> Ball | None:
        """Where the images are wanted."""
        return Ball(max(self.size // 2, 0.5)) if self.circle else None

    def transform(self, order: int) -> RadonTransform:
        """
        The transform of the images.

        Parameters
        ----------
        order : {1, 3, 5}
            Degree of the splines.

        Returns
        -------
        RadonTransform
            The transform.
        """
        shape, middle = (self.size, self.size), (self.size // 2, self.size // 2)
        return pixel_transform(self.angles, shape, middle, self.offsets, self.zero, order, "auto")


class Window(NamedTuple):
    """
    The window of a filter.

    Parameters
    ----------
    name : str, optional
        The window's name; None for no filter at all.
    gains : tuple of float
        Further factors, as of `Filter`.
    """

    name: str | None
    gains: tuple[float, ...] = ()

    def filter(self, rolloff: float, spline: int, linear: bool) -> filters.Filter:
        """
        The ramp with this window.

        Parameters
        ----------
        rolloff : float
            As of `Filter`.
        spline : {1, 3, 5}
            As of `Filter`.
        linear : bool
            As of `Filter`.

        Returns
        -------
        Filter
            The filter.
        """
        scale = filters.inversion_constant(2)
        return filters.Filter(1, 0, self.name or "ramp", rolloff, scale, spline, linear, self.gains)


def filtered_backprojection(
    lines: Array,
    geometry: Geometry,
    interpolation: str,
    window: Window,
    pad: tuple[int, int],
    num_threads: int | None,
) -> Array:
    """
    Filter sinograms and backproject them.

    Parameters
    ----------
    lines : ndarray, shape (B, m, n)
        Sinograms, zero beyond their offsets.
    geometry : Geometry
        The geometry, with n + pad[0] + pad[1] offsets.
    interpolation : {'linear', 'nearest', 'cubic'}
        How filtered samples are interpolated.
    window : Window
        The filter's window.
    pad : tuple of int
        Offsets before the first sample, and after the last.
    num_threads : int, optional
        Threads to use, at most; if not given, see `radon_nn.operators`.

    Returns
    -------
    ndarray, shape (B, size, size)
        The images.
    """
    updates = geometry.size**2 * lines.shape[1]
    if window.name is not None and interpolation != "cubic" and updates <= _LINEAR_UPDATES:
        filtered = np.empty((*lines.shape[:-1], geometry.offsets), lines.dtype)
        program = threads.Program(threads.resolve(num_threads))
        program.add(filters.stage(lines, 1.0, window.filter(0.0, 1, True), pad=pad, out=filtered))
        return _linear_backprojection(geometry).gather(filtered, program)
    order, before = INTERPOLATIONS[interpolation], None
    transform = geometry.transform(order)
    if window.name is None:
        filtered = np.pad(lines / 4, ((0, 0), (0, 0), pad))
    else:
        filtered = scratch.empty("filtered", (*lines.shape[:-1], geometry.offsets), lines.dtype)
        chosen = window.filter(_ROLLOFF[interpolation], order, False)
        before = filters.stage(lines, 1.0, chosen, pad=pad, out=filtered)
    splines = window.name is not None
    return transform._backproject(filtered, geometry.within, num_threads, splines=splines, before=before)


@lru_cache(maxsize=_KEPT)
def pixel_transform(
    angles: bytes, shape: tuple[int, int], middle: tuple[float, float], count: int, zero: float, order: int, method: str
) -> RadonTransform:
    """
    The transform of images of unit pixels.

    Parameters
    ----------
    angles : bytes
        The angles in degrees, as float64.
    shape : tuple of int
        Rows and columns of the images.
    middle : tuple of float
        The pixel at the origin.
    count : int
        Number of offsets, whose step is 1.
    zero : float
        The number, counted from 0, of the offset 0.
    order : {1, 3, 5}
        Degree of the splines.
    method : {'auto', 'rows', 'direct'}
        As of `RadonTransform`.

    Returns
    -------
    RadonTransform
        The transform.
    """
    theta = np.frombuffer(angles)
    radians = np.deg2rad(theta)
    directions = Directions(np.stack([-np.sin(radians), np.cos(radians)], axis=1), angle_weights(theta))
    grid = Grid(shape, 1.0, [(n - 1) / 2 - k for n, k in zip(shape, middle, strict=True)])
    return RadonTransform(grid, directions, Offsets(count, 1.0, (count - 1) / 2 - zero), order=order, method=method)


@lru_cache(maxsize=_KEPT)
def _linear_backprojection(geometry: Geometry) -> LinearBackprojection:
    """The backprojection by linear interpolation."""
    transform = geometry.transform(1)
    return LinearBackprojection(transform.grid, transform.directions, transform.offsets, geometry.within)
