"""Scikit-image's `radon` and `iradon` on top of `RadonTransform`: change the import, keep the call.

Pixel (i, j) of an image of shape (n_0, n_1) is the point x = (i - n_0//2, j - n_1//2), with pixels as the unit of
length. Row k of a sinogram with n rows has the offset t = k - n//2. The column at angle p (in degrees, as in
scikit-image) belongs to the normal a = (-sin p, cos p): at p = 0 the lines run down the image's columns.
"""

from __future__ import annotations

import math
import warnings
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from radon_nn._support import checks, scratch
from radon_nn._support.types import Array, Floats
from radon_nn.geometry.directions import Directions
from radon_nn.geometry.domains import Ball
from radon_nn.geometry.grids import Grid, Offsets
from radon_nn.operators import filters
from radon_nn.operators._engines import spline_degree
from radon_nn.operators.transform import RadonTransform

_ORDER = 3
"""Degree of the splines in `radon`, which walks rows one by one: bundles take a third of the time, but on images with
edges their error can exceed scikit-image's, as that of degree 1 can."""
_ORDERS = {"nearest": 3, "linear": 3, "cubic": 5}
"""Degree of the splines in `iradon`, by the interpolation."""
_ROLLOFF = {"nearest": 0.32, "linear": 0.32, "cubic": 0.0}
"""Fraction by which `iradon` damps the highest frequency, by the interpolation. Scikit-image's linear interpolation
damps it by 0.6, and low frequencies somewhat too; with a third, white noise comes through about as loud as with
scikit-image, and the error for the benchmark's disc is no larger, on average and at the worst pixel."""
_FILTERS = ("ramp", "shepp-logan", "cosine", "hamming", "hann")
_MARGIN = 16
"""Zeros kept around an image, and samples of a sinogram beyond its rim: there the tails of splines have decayed to
1e-9, or 1e-6 for degree 5."""
_KEPT = 8
"""Number of geometries whose transforms are kept, for the next slice of a stack."""
_SAME = 1e-3
"""Angles closer than this fraction of the mean gap count as one angle."""
_WEDGE = 3.0
"""A gap more than this many times as wide as its neighbours is a missing wedge. Measured on Shepp-Logan's phantom,
giving the ends of a gap their full weight beats leaving it out up to 3 times the usual gap where views are few, and up
to 12 where they are many and free of noise; golden-angle sets stay below 2.5."""


def radon(
    image: ArrayLike,
    theta: ArrayLike | None = None,
    circle: bool = True,
    *,
    preserve_range: bool = False,
    num_threads: int | None = None,
) -> Array:
    r"""
    Radon transform of an image, called as `skimage.transform.radon` is.

    The sinogram is g(k, p) = integral of the image over the line {x : -x_0 sin p + x_1 cos p = k - n//2}, where x is
    counted in pixels from pixel ``(image.shape[0] // 2, image.shape[1] // 2)``, the center of rotation.

    Parameters
    ----------
    image : array_like, shape (n_0, n_1)
        The image, zero outside its pixels.
    theta : array_like, shape (m,), optional
        Angles p in degrees, in any order and over any number of turns; ``np.arange(180)`` if not given.
    circle : bool
        Whether the image vanishes outside the circle about its center with radius ``min(image.shape) // 2``. The
        sinogram then has n = ``min(image.shape)`` rows, and pixels beyond the square around the circle are left out;
        otherwise it has n = ceil(sqrt(2) max(image.shape)) rows, which cover every pixel at every angle.
    preserve_range : bool
        Whether whole numbers keep their values; otherwise their type's largest value becomes 1, as in
        `skimage.util.img_as_float`.
    num_threads : int, optional
        Threads to use in this call, at most; if not given, see `radon_nn.operators`.

    Returns
    -------
    ndarray, shape (n, m)
        The sinogram: float32 for images in float16 or float32, float64 otherwise.

    Raises
    ------
    ValueError
        If the image is not two-dimensional, is empty or not finite, or `theta` is empty, not finite or not
        one-dimensional.
    TypeError
        If the image or `theta` are not real numbers, or `theta` is a single number.

    Warns
    -----
    UserWarning
        If `circle` is true and the image is not zero outside the circle.

    See Also
    --------
    iradon : The inverse.
    radon_nn.RadonTransform : The operator itself, in any dimension, with its exact adjoint.

    Notes
    -----
    Differences from scikit-image 0.26, all deliberate:

    - Rows are interpolated by cubic splines and integrated, where scikit-image rotates the image by bilinear
      interpolation and sums. For a Gaussian four pixels wide on 64 x 64 pixels the largest error, relative to the
      peak, is 3e-5 against 7e-3; the sums over t of a disc on 32 x 32 pixels vary by 0.05 % against 0.4 %. The price
      of splines: the sinogram of an image that is nowhere negative may undershoot zero, by up to 3 % of its peak
      on discs and Shepp-Logan's phantom, and 17 % beside a single bright pixel.
    - If the image's shorter side is even and the longer one odd, scikit-image's crop for ``circle=True`` puts the
      center of rotation one pixel from where its documentation, its warning and ``circle=False`` put it. Here it does
      not move. The crop keeps the whole circle; if both sides are even, scikit-image's loses the last pixel along
      the longer one.
    - Images of one row are transformed for ``circle=True`` too; there scikit-image raises an IndexError or ValueError.
    - Lines are integrated through the whole square, also where the image is not zero outside the circle in spite of
      ``circle=True`` (set it to zero there if you mean to invert). Scikit-image cuts them off at the n samples nearest
      the center: of an image of ones the diagonal keeps 71 %, and of images of even size pixel (0, n // 2), which
      the circle holds, is lost at 180 degrees.
    - Values that are not finite, and `theta` without angles, raise an error.

    The center of rotation of images of even size is scikit-image's, half a pixel off the image's middle [1]_.

    References
    ----------
    .. [1] https://github.com/scikit-image/scikit-image/issues/6425

    Examples
    --------
    >>> import numpy as np
    >>> from radon_nn.skimage import radon
    >>> image = np.zeros((5, 5))
    >>> image[1, 2] = 1.0
    >>> radon(image, theta=[0, 90]).round(6) + 0.0
    array([[0., 0.],
           [0., 0.],
           [1., 0.],
           [0., 1.],
           [0., 0.]])
    """
    pixels = _real_image(image, "image", preserve_range)
    angles = _angles(np.arange(180) if theta is None else theta)
    shape = pixels.shape
    if circle:
        count = min(shape)
        radius = count // 2
        if pixels[_outside(shape, radius)].any():
            warnings.warn(
                f"image: expected zeros outside the circle of radius {radius} about pixel "
                f"({shape[0] // 2}, {shape[1] // 2}); set them to zero, or pass circle=False",
                stacklevel=2,
            )
        pixels = pixels[tuple(slice(n // 2 - radius, n // 2 + radius + 1) for n in shape)]
        middle = (radius, radius)
    else:
        count = math.ceil(math.sqrt(2) * max(shape))
        middle = (shape[0] // 2, shape[1] // 2)
    padded = np.pad(pixels, _MARGIN)
    middle = (middle[0] + _MARGIN, middle[1] + _MARGIN)
    transform = _transform(angles.tobytes(), padded.shape, middle, count, count // 2, _ORDER, "direct")
    return np.ascontiguousarray(transform.forward(padded, num_threads=num_threads).T)


def iradon(
    radon_image: ArrayLike,
    theta: ArrayLike | None = None,
    output_size: int | None = None,
    filter_name: str | None = "ramp",
    interpolation: str = "linear",
    circle: bool = True,
    preserve_range: bool = True,
    *,
    num_threads: int | None = None,
) -> Array:
    r"""
    Filtered backprojection of a sinogram, called as `skimage.transform.iradon` is.

    f(x) = sum over the angles p of w_p (K g)(-x_0 sin p + x_1 cos p, p), with the filter K of symbol \|w\| / (4 pi)
    times the window, and weights w_p that integrate over the circle and add up to 2 pi.

    Parameters
    ----------
    radon_image : array_like, shape (n, m)
        The sinogram, with one column per angle and the center of rotation in row ``n // 2``; zero beyond its rows.
    theta : array_like, shape (m,), optional
        Angles p in degrees, in any order and over any number of turns; m of them evenly over 180 degrees if not given.
    output_size : int, optional
        Rows and columns of the result; if not given n for ``circle=True``, otherwise n / sqrt(2) rounded down (but at
        least 1).
    filter_name : {'ramp', 'shepp-logan', 'cosine', 'hamming', 'hann', None}
        Window of the filter; None for no filter, which gives pi / 2 times the mean of g over the lines through x.
    interpolation : {'linear', 'nearest', 'cubic'}
        Splines of degree 3, 3 and 5: scikit-image's names for the accuracy, not for the method. 'nearest' is the same
        as 'linear', which costs no more here.
    circle : bool
        Whether the result is set to zero outside the circle about its center with radius ``output_size // 2``.
    preserve_range : bool
        Whether whole numbers keep their values; otherwise their type's largest value becomes 1.
    num_threads : int, optional
        Threads to use in this call, at most; if not given, see `radon_nn.operators`.

    Returns
    -------
    ndarray, shape (output_size, output_size)
        The image: float32 for sinograms in float16 or float32, float64 otherwise. The center of rotation is pixel
        ``(output_size // 2, output_size // 2)``.

    Raises
    ------
    ValueError
        If the sinogram is not two-dimensional, is empty or not finite, `theta` is not one finite angle per column,
        a name is unknown, or `output_size` is not positive.
    TypeError
        If the sinogram or `theta` are not real numbers, `theta` is a single number or `output_size` not a whole one.

    See Also
    --------
    radon : The transform.
    radon_nn.RadonTransform.invert : The same in any dimension.

    Notes
    -----
    Differences from scikit-image 0.26, all deliberate; the errors are relative, on 128 x 128 pixels:

    - The angles' weights are half the gaps to their neighbours modulo 180 degrees, divided among repeated angles, then
      scaled to 2 pi; but a gap more than three times as wide as the six around it is a missing wedge, and counts as
      one of them. Scikit-image weights all angles equally. Where they are evenly spaced, over the half-circle or a part
      of it, that is right, and the scale is the same here (scikit-image's doubled ramp [1]_ and halved sum [2]_
      cancel). Elsewhere it is not. Errors on twelve Gaussians: ``np.linspace(0, 180, 61)``, with both ends, 0.0002
      against 0.034; 100 golden angles 0.0017 against 0.038; 40 of 60 angles in the first 45 degrees 0.022 against 0.76.
    - Sharpened cubic splines instead of linear interpolation, and no cut at the detector's last row. Linear
      interpolation damps the highest frequency by 0.6, and low ones too; here 'linear' damps the highest by a third
      and low ones to fifth order only, so that white noise comes through as loud as with scikit-image (0.96 times
      with the ramp, 1.09 times with 'hann'). Errors of ``iradon(radon(image))`` at 180 angles: twelve Gaussians 0.0001
      against 0.0063; a disc 0.030 against 0.038; Shepp-Logan's phantom 0.107 against 0.151; a disc of zeros and ones
      0.056 against 0.060. From exact chord lengths, not a transform of pixels, the error for discs is up to a tenth
      above scikit-image's.
    - Values that are not finite, a sinogram without columns and an image of no pixels raise an error.

    References
    ----------
    .. [1] https://github.com/scikit-image/scikit-image/issues/6174
    .. [2] https://github.com/scikit-image/scikit-image/issues/6916

    Examples
    --------
    >>> import numpy as np
    >>> from radon_nn.skimage import iradon, radon
    >>> x, y = np.ogrid[-32:32, -32:32]
    >>> image = np.exp(-((x - 5) ** 2 + (y + 3) ** 2) / 50) * (x**2 + y**2 < 900)
    >>> back = iradon(radon(image))
    >>> bool(np.abs(back - image).max() < 1e-3)
    True
    """
    sinogram = _real_image(radon_image, "radon_image", preserve_range)
    count, views = sinogram.shape
    angles = _angles(np.arange(views) * (180 / views) if theta is None else theta)
    if len(angles) != views:
        raise ValueError(f"theta: expected one angle per column of radon_image, {views} of them, got {len(angles)}")
    checks.one_of(interpolation, "interpolation", tuple(_ORDERS))
    if filter_name is not None:
        checks.one_of(filter_name, "filter_name (or None)", _FILTERS)
    if output_size is None:
        output_size = count if circle else max(1, math.floor(math.sqrt(count**2 / 2)))
    size = checks.count(output_size, "output_size")

    reach = math.ceil(size // 2 * (1 if circle else math.sqrt(2))) + _MARGIN
    pad = max(0, reach - count // 2), max(0, reach - (count - 1) // 2)
    middle, zero = (size // 2, size // 2), pad[0] + count // 2
    order, total = _ORDERS[interpolation], pad[0] + count + pad[1]
    transform = _transform(angles.tobytes(), (size, size), middle, total, zero, order, "auto")
    before, filtered = None, np.empty(0, sinogram.dtype)
    if filter_name is None:
        filtered = np.pad(sinogram.T / 4, ((0, 0), pad))
    else:
        filtered = scratch.empty("filtered", (views, total), sinogram.dtype)
        rolloff, scale = _ROLLOFF[interpolation], filters.inversion_constant(2)
        chosen = filters.Filter(1, 0, filter_name, rolloff, scale, spline_degree(order))
        before = filters.stage(sinogram.T, 1.0, chosen, pad=pad, out=filtered)
    within = Ball(max(size // 2, 0.5)) if circle else None
    images = transform._backproject(filtered[None], within, num_threads, splines=filter_name is not None, before=before)
    return images.reshape(size, size)


def _real_image(values: ArrayLike, name: str, preserve_range: bool) -> Array:
    """A finite, two-dimensional float32 or float64 array, by the rules of scikit-image's `img_as_float`."""
    array = np.asarray(values)
    if array.ndim != 2 or array.size == 0:
        raise ValueError(f"{name}: expected a 2-D array with at least one row and column, got shape {array.shape}")
    if array.dtype.kind in "iu" and not preserve_range:
        array = np.maximum(array * (1 / np.iinfo(array.dtype).max), -1.0)
    return checks.real_array(array, name)


def _angles(theta: ArrayLike) -> Floats:
    """A list of angles, in degrees."""
    if checks.real_array(theta, "theta").ndim == 0:
        raise TypeError(f"theta: expected a list or array of angles in degrees, such as [45], got {theta!r}")
    angles = checks.shaped_array(theta, "theta", ("m",))
    if angles.size == 0:
        raise ValueError("theta: expected at least one angle, got none")
    return angles


@lru_cache(maxsize=_KEPT)
def _transform(
    angles: bytes, shape: tuple[int, int], middle: tuple[int, int], count: int, zero: int, order: int, method: str
) -> RadonTransform:
    """The transform of unit pixels, centered on the one at `middle`; offset number `zero` is 0; angles are float64."""
    theta = np.frombuffer(angles)
    radians = np.deg2rad(theta)
    directions = Directions(np.stack([-np.sin(radians), np.cos(radians)], axis=1), _weights(theta))
    grid = Grid(shape, 1.0, [(n - 1) / 2 - k for n, k in zip(shape, middle, strict=True)])
    return RadonTransform(grid, directions, Offsets(count, 1.0, (count - 1) / 2 - zero), order=order, method=method)


def _weights(angles: Floats) -> Floats:
    """Half of both adjacent gaps modulo 180 degrees, missing wedges aside, scaled to 2 pi; equal angles divide it."""
    folded = np.mod(angles, 180)
    order = np.argsort(folded)
    gaps = np.diff(folded[order], append=folded[order[0]] + 180)
    last = gaps > _SAME * 180 / len(angles)
    distinct = gaps[last]
    label = (np.cumsum(last) - last) % len(distinct)
    reach = min(3, (len(distinct) - 1) // 2)
    if reach:
        around = [np.roll(distinct, shift) for shift in range(-reach, reach + 1) if shift]
        usual = np.mean(around, axis=0)
        distinct = np.where(distinct > _WEDGE * usual, usual, distinct)
    mean_gap = (distinct + np.roll(distinct, 1)) / np.bincount(label)
    weights = np.empty(len(angles))
    weights[order] = mean_gap[label] * (2 * np.pi / mean_gap[label].sum())
    return weights


@lru_cache(maxsize=_KEPT)
def _outside(shape: tuple[int, ...], radius: int) -> NDArray[np.bool_]:
    """Pixels further from the center of rotation than `radius`."""
    rows, columns = (np.arange(n) - n // 2 for n in shape)
    return np.asarray(rows[:, None] ** 2 + columns**2 > radius**2)
