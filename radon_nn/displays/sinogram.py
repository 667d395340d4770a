"""Sinograms: of a function cut to a disc, of an image, or given."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from numpy.typing import ArrayLike, NDArray

from radon_nn._support import checks
from radon_nn._support.types import Array, Floats
from radon_nn._support.wording import counted
from radon_nn.displays._angle_axis import columns_by_angle
from radon_nn.displays.canvas import axes_and_figure, sampled, square_grid, strip_image
from radon_nn.displays.lettering import labels, title
from radon_nn.displays.strip import require_plane
from radon_nn.geometry.directions import Directions
from radon_nn.geometry.domains import Ball
from radon_nn.geometry.grids import Function, Grid, Offsets
from radon_nn.measures.ridge import RidgeMeasure
from radon_nn.operators.transform import RadonTransform
from radon_nn.skimage import radon


@dataclass(frozen=True)
class SinogramDisplay:
    """
    A sinogram: the Radon transform of a function cut to a disc, that of an image, or one that is given.

    The angle of the lines' normals runs to the right. Sinograms of images are oriented as in scikit-image and as imshow
    shows the array of `radon`: angles in degrees, offsets in pixels, growing downwards. Those of functions and of a
    `RadonTransform` have radians, and offsets in units of x, growing upwards.

    Parameters
    ----------
    ax : Axes
        The axes drawn on.
    figure : Figure
        The figure of `ax`.
    image : AxesImage
        The sinogram.
    """

    ax: Axes
    figure: Figure
    image: AxesImage

    @classmethod
    def from_measure(
        cls, measure: RidgeMeasure, *, domain: Ball | None = None, n: int = 256, ax: Axes | None = None
    ) -> SinogramDisplay:
        """
        Transform and draw the function that a measure is.

        Parameters
        ----------
        measure : RidgeMeasure
            With d = 2 and one output.
        domain : Ball, optional
            The disc to which it is cut; the unit disc if not given.
        n : int
            Samples along each axis.
        ax : Axes, optional
            The axes to draw on; new axes if not given.

        Returns
        -------
        SinogramDisplay
            The artists.

        Raises
        ------
        ValueError
            If the measure is not of the plane, or has several outputs.
        """
        require_plane(measure.dim)
        disc = Ball() if domain is None else domain
        return cls.from_function(measure, grid=square_grid(disc, n), domain=disc, ax=ax)

    @classmethod
    def from_function(cls, f: Function, *, grid: Grid, domain: Ball, ax: Axes | None = None) -> SinogramDisplay:
        """
        Transform and draw a function.

        Parameters
        ----------
        f : callable
            Takes points (n, 2), returns n values.
        grid : Grid
            The points to sample.
        domain : Ball
            The disc to which f is cut.
        ax : Axes, optional
            The axes to draw on; new axes if not given.

        Returns
        -------
        SinogramDisplay
            The artists.

        Raises
        ------
        ValueError
            If the grid is not of the plane.
        """
        require_plane(grid.dim)
        axes, figure = axes_and_figure(ax)
        inside = domain.contains(grid.points()).reshape(grid.shape)
        middle = float(np.linalg.norm(domain.center_in(2)))
        step = min(grid.spacing)
        offsets = Offsets(2 * int(np.ceil((domain.radius + middle) / step)) + 1, step)
        transform = RadonTransform(grid, Directions.half_circle(2 * grid.shape[0]), offsets)
        sinogram = transform.forward(np.where(inside, sampled(f, grid), 0.0))
        image = strip_image(axes, sinogram, transform, cmap="viridis")
        bar = figure.colorbar(image, ax=axes, shrink=0.85)
        bar.set_label("Rf")
        title(axes, "Its Radon transform: integrals along lines, in the disc")
        return cls(axes, figure, image)

    @classmethod
    def from_image(cls, image: ArrayLike, theta: ArrayLike | None = None, *, ax: Axes | None = None) -> SinogramDisplay:
        """
        Transform an image as `radon` does, and draw its sinogram.

        Parameters
        ----------
        image : array_like, shape (n_0, n_1)
            The image. If it is not zero outside its circle, there are as many rows as cover every pixel, as with
            `radon`'s ``circle=False``. Whole numbers keep their values.
        theta : array_like, shape (m,), optional
            Angles in degrees; 0, 1, ..., 179 if not given. Angles without views are left blank.
        ax : Axes, optional
            The axes to draw on; new axes if not given.

        Returns
        -------
        SinogramDisplay
            The artists.

        Raises
        ------
        ValueError
            If the image is not a 2-D array of finite numbers.
        """
        pixels = grey_pixels(image, "image")
        angles = np.arange(180.0) if theta is None else theta
        circle = not pixels[_outside_the_circle(pixels.shape)].any()
        return cls.from_sinogram(radon(pixels, angles, circle=circle, preserve_range=True), angles, ax=ax)

    @classmethod
    def from_sinogram(
        cls,
        sinogram: ArrayLike,
        theta: ArrayLike | None = None,
        *,
        transform: RadonTransform | None = None,
        ax: Axes | None = None,
    ) -> SinogramDisplay:
        """
        Draw a sinogram that is given.

        Parameters
        ----------
        sinogram : array_like, shape (n, m) or (m, n)
            With a column for each of m angles, as `radon` returns it; or with a row for each direction of `transform`.
        theta : array_like, shape (m,), optional
            Angles in degrees, in any order; m of them evenly over 180 degrees if not given. Angles without views are
            left blank.
        transform : RadonTransform, optional
            The transform of the plane that made the sinogram, in place of `theta`.
        ax : Axes, optional
            The axes to draw on; new axes if not given.

        Returns
        -------
        SinogramDisplay
            The artists.

        Raises
        ------
        TypeError
            If both `theta` and `transform` are given, or one is not what it should be.
        ValueError
            If the shape is not that of the angles or of the transform.
        """
        if transform is not None:
            if theta is not None:
                raise TypeError("sinogram: expected theta or transform, got both; leave one out")
            values, angles = _of_transform(sinogram, transform)
        else:
            values, angles = _of_angles(sinogram, theta)
        axes, figure = axes_and_figure(ax)
        if transform is None:
            half = len(values) // 2
            edges = -half - 0.5, len(values) - half - 0.5
            image = columns_by_angle(axes, values, angles, edges, 180.0, cmap="viridis")
            axes.set_ylim(edges[1], edges[0])
            labels(axes, "angle of the normal (degrees)", "offset (pixels)")
            if angles.min() >= 0 and 90 <= angles.max() <= 360:
                axes.set_xticks(np.arange(0, angles.max() + 1, 45))
        elif _covers_half_turn(angles):
            image = strip_image(axes, values.T, transform, cmap="viridis")
        else:
            offsets = transform.offsets
            low, high = (offsets.values[[0, -1]] + np.array([-0.5, 0.5]) * offsets.step).tolist()
            image = columns_by_angle(axes, values, angles, (low, high), np.pi, cmap="viridis")
            labels(axes, "angle of the normal (rad)", "offset $t$")
        figure.colorbar(image, ax=axes, shrink=0.85).set_label("integral along the line")
        title(axes, f"Sinogram from {counted(len(angles), 'angle')}")
        return cls(axes, figure, image)


def grey_pixels(values: ArrayLike, name: str) -> Array:
    """
    A 2-D array of finite numbers.

    Parameters
    ----------
    values : array_like
        What the user gave.
    name : str
        What it is called in errors.

    Returns
    -------
    ndarray, shape (n_0, n_1)
        The numbers.

    Raises
    ------
    ValueError
        If it has another number of dimensions, is empty, or not finite.
    """
    array = checks.real_array(values, name)
    if array.ndim == 2 and array.size:
        return array
    remedy = ""
    if array.ndim == 3 and array.shape[-1] in _COLOURS:
        remedy = "; make a colour picture grey first, such as by image[..., :3].mean(axis=-1)"
    elif array.ndim == 3:
        remedy = "; choose one of a stack"
    raise ValueError(f"{name}: expected a 2-D array with at least one row and column, got shape {array.shape}{remedy}")


_COLOURS = 3, 4
"""Channels of a colour picture: red, green and blue, and maybe opacity."""


def _outside_the_circle(shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """Pixels outside the circle in which `radon` expects an image."""
    rows, columns = (np.arange(n) - n // 2 for n in shape)
    return np.asarray(rows[:, None] ** 2 + columns**2 > (min(shape) // 2) ** 2)


def _of_angles(sinogram: ArrayLike, theta: ArrayLike | None) -> tuple[Floats, Floats]:
    """Values (n, m) and m angles in degrees."""
    if isinstance(theta, RadonTransform):
        raise TypeError("theta: expected angles in degrees, got a RadonTransform; write transform=")
    values = grey_pixels(sinogram, "sinogram")
    views = values.shape[1]
    angles = np.arange(views) * (180 / views) if theta is None else checks.shaped_array(theta, "theta", ("m",))
    if len(angles) != views:
        turned = ""
        if len(angles) == len(values):
            turned = "; its rows are as many, so pass sinogram.T, or the transform= that made it"
        raise ValueError(
            f"theta: expected one angle per column of the sinogram, {views} of them, got {len(angles)}{turned}. "
            "The sinogram of an image at chosen angles is drawn by plot.SinogramDisplay.from_image(image, theta)"
        )
    return values.astype(np.float64), angles


def _of_transform(sinogram: ArrayLike, transform: RadonTransform) -> tuple[Floats, Floats]:
    """Values (n, m) and m angles in radians."""
    if not isinstance(transform, RadonTransform):
        raise TypeError(
            f"transform: expected a RadonTransform, got {type(transform).__name__}; angles in degrees are theta="
        )
    require_plane(transform.grid.dim)
    values = grey_pixels(sinogram, "sinogram")
    expected = len(transform.directions.normals), len(transform.offsets.values)
    if values.shape != expected:
        remedy = ""
        if values.shape == transform.grid.shape:
            remedy = "; of an image on the transform's grid, draw transform.forward(image)"
        raise ValueError(f"sinogram: expected shape {expected}, (directions, offsets), got {values.shape}{remedy}")
    normals = transform.directions.normals
    angles = np.arctan2(normals[:, 1], normals[:, 0])
    # Rounding leaves the angle 0 a hair below it.
    angles = np.where(np.abs(angles) < _ROUNDING, 0.0, angles)
    return values.T.astype(np.float64), np.where(angles < 0, angles + 2 * np.pi, angles)


_ROUNDING = 1e-12
"""Angles below this are 0: those of unit normals are correct to a few units of 2e-16."""


def _covers_half_turn(angles: Floats) -> bool:
    """Whether angles are those of `Directions.half_circle`."""
    return bool(np.allclose(angles, np.pi * np.arange(len(angles)) / len(angles), rtol=0, atol=_ROUNDING))
