"""The sinogram of an image, of measured data, or of a function of two variables, as one picture."""

from __future__ import annotations

from typing import Any

from numpy.typing import ArrayLike

from radon_nn._support import checks
from radon_nn.displays import lettering
from radon_nn.displays.canvas import square_grid
from radon_nn.displays.function import FunctionDisplay
from radon_nn.displays.picture import Picture
from radon_nn.displays.sinogram import SinogramDisplay, grey_pixels
from radon_nn.displays.strip import require_plane
from radon_nn.geometry.domains import Ball
from radon_nn.geometry.grids import Function
from radon_nn.operators.transform import RadonTransform
from radon_nn.plot._sheet import headed, sheet
from radon_nn.plot._view import dimension_of, names_of, require_one_output, view_of


def sinogram(
    what: ArrayLike | Function,
    theta: ArrayLike | None = None,
    *,
    transform: RadonTransform | None = None,
    domain: Ball | None = None,
    n: int = 256,
    title: str = "",
    figsize: tuple[float, float] | None = None,
) -> Picture:
    """
    Draw a sinogram: of an image, beside it; of a function of two inputs, beside it; or one that is given.

    Sinograms of images are oriented as in scikit-image, and as imshow shows the array that `radon` returns: angles in
    degrees to the right, offsets in pixels downwards; at angle 0 the lines run down the image's columns. Sinograms of a
    `RadonTransform`, and of functions, have the angle of the normal in radians to the right, and offsets upwards.

    Parameters
    ----------
    what : array_like or callable
        An image, shape (n_0, n_1), if it stands alone; with `theta` a sinogram, shape (n, m), as `radon` returns it;
        with `transform` a sinogram, shape (m, n), as the transform returns it; or a function of points (n, 2).
    theta : array_like, shape (m,), optional
        The angles in degrees of a sinogram that is given.
    transform : RadonTransform, optional
        The transform that made the sinogram.
    domain : Ball, optional
        The disc to which a function is cut; the unit disc if not given.
    n : int
        Samples of a function along each axis.
    title : str
        A title for the whole.
    figsize : tuple of float, optional
        Width and height in inches; `figure.figsize` of matplotlib's settings for each panel if not given.

    Returns
    -------
    Picture
        The figure: it shows itself as the value of a notebook's cell, and by `show()`. Pyplot does not know it.

    Raises
    ------
    TypeError
        If arguments are given that do not belong together.
    ValueError
        If shapes disagree, numbers are not finite, or the function is not of two inputs and one output.

    See Also
    --------
    SinogramDisplay : A sinogram on given axes; `from_image` takes an image's angles.
    radon_nn.radon : The sinogram of an image as an array.

    Examples
    --------
    >>> from radon_nn import Grid, radon, shepp_logan
    >>> image = Grid.cube(64).sample(shepp_logan())
    >>> [ax.get_ylabel() for ax in sinogram(image).axes[:2]]
    ['row', 'offset (pixels)']
    >>> theta = range(0, 180, 3)
    >>> sinogram(radon(image, theta), theta).axes[0].get_title()
    'Sinogram from 60 angles'
    """
    if callable(what):
        if theta is not None or transform is not None:
            raise TypeError("sinogram: expected a function alone, or an array with its theta or transform, got both")
        return _of_function(what, domain, n, title, figsize)
    if theta is None and transform is None:
        return _of_image(what, title, figsize)
    figure = sheet(1, 1, figsize)
    SinogramDisplay.from_sinogram(what, theta, transform=transform, ax=figure.subplots())
    return headed(figure, title)


def _of_image(image: ArrayLike, heading: str, figsize: tuple[float, float] | None) -> Picture:
    pixels = grey_pixels(image, "image")
    figure = sheet(2, 1, figsize)
    left, right = figure.subplots(1, 2)
    figure.colorbar(left.imshow(pixels, cmap="gray"), ax=left, shrink=0.85).set_label("value")
    lettering.labels(left, "column", "row")
    lettering.title(left, "The image")
    SinogramDisplay.from_image(pixels, ax=right)
    lettering.title(right, "Its sinogram")
    row, column = (size // 2 for size in pixels.shape)
    caption = (
        f"At 0° the lines run down the columns, and offsets count pixels to the right of column {column}; at 90° they "
        f"run along the rows, and offsets count pixels up from row {row}."
    )
    return headed(figure, heading, caption)


def _of_function(f: Any, domain: Ball | None, n: int, heading: str, figsize: tuple[float, float] | None) -> Picture:
    own = getattr(f, "dim", None)
    require_plane(own if isinstance(own, int) else dimension_of(f, None, domain, None, 2))
    require_one_output(f)
    checks.count(n, "n", least=8)
    grid = None if domain is None else square_grid(domain, n)
    view = view_of(names_of(f, None), 2, domain, None)
    figure = sheet(2, 1, figsize)
    left, right = figure.subplots(1, 2)
    grid = square_grid(view.domain, n) if grid is None else grid
    FunctionDisplay.from_function(f, grid=grid, domain=view.domain, ax=left)
    SinogramDisplay.from_function(f, grid=grid, domain=view.domain, ax=right)
    return headed(figure, heading, view.source)
