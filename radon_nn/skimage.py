"""Scikit-image's `radon` and `iradon` on top of `RadonTransform`: change the import, keep the call.

Pixel (i, j) of an image of shape (n_0, n_1) is the point x = (i - n_0//2, j - n_1//2), with pixels as the unit of
length. Row k of a sinogram with n rows has the offset t = k - n//2. The column at angle p (in degrees, as in
scikit-image) belongs to the normal a = (-sin p, cos p): at p = 0 the lines run down the image's columns.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from radon_nn._support import checks
from radon_nn._support.scaling import scaled, unscaled
from radon_nn._support.types import Array, Floats
from radon_nn.geometry.black_box import framework_of
from radon_nn.operators import filters
from radon_nn.operators.pixels import INTERPOLATIONS, Geometry, Window, filtered_backprojection, pixel_transform

_ORDER = 3
"""Degree of the splines in `radon`, which walks rows one by one: bundles take a third of the time, but on images with
edges their error can exceed scikit-image's, as that of degree 1 can."""
_FILTERS = ("ramp", "shepp-logan", "cosine", "hamming", "hann")
_MARGIN = 16
"""Zeros kept around an image, and samples of a sinogram beyond its rim: there the tails of splines have decayed to
1e-9, or 1e-6 for degree 5."""
_KNOTS = 2049
"""Frequencies at which a window of the caller's is sampled, for a sharp cutoff to be sharp."""
_KEPT = 8
"""Number of geometries whose transforms are kept, for the next slice of a stack."""


def radon(
    image: ArrayLike,
    theta: ArrayLike | None = None,
    circle: bool | str = True,
    *,
    preserve_range: bool = False,
    center: ArrayLike | None = None,
    num_threads: int | None = None,
) -> Array:
    r"""
    Radon transform of an image, called as `skimage.transform.radon` is.

    The sinogram is g(k, p) = integral of the image over the line {x : -x_0 sin p + x_1 cos p = k - n//2}, where x is
    counted in pixels from pixel ``(image.shape[0] // 2, image.shape[1] // 2)``, the center of rotation.

    Parameters
    ----------
    image : array_like, shape (..., n_0, n_1)
        The image, zero outside its pixels; leading axes are a stack of images.
    theta : array_like, shape (m,), optional
        Angles p in degrees, in any order and over any number of turns; ``np.arange(180)`` if not given.
    circle : bool or 'mask'
        Whether the image vanishes outside the circle about its center with radius ``min(image.shape) // 2``; 'mask'
        sets it to zero there. The sinogram then has n = ``min(image.shape)`` rows, and pixels beyond the square around
        the circle are left out, unless `center` is given; otherwise it has n = ceil(sqrt(2) max(image.shape)) rows,
        which cover every pixel at every angle.
    preserve_range : bool
        Whether whole numbers keep their values; otherwise their type's largest value becomes 1, as in
        `skimage.util.img_as_float`.
    center : (float, float), optional
        The center of rotation, in pixels from pixel (0, 0); (n_0 // 2, n_1 // 2) if not given.
        For ``circle=False`` there are as many rows as cover every pixel at every angle, an odd number.
    num_threads : int, optional
        Threads to use in this call, at most; if not given, see `radon_nn.operators`.

    Returns
    -------
    ndarray, shape (..., n, m)
        The sinogram: float32 for images in float16 or float32, float64 otherwise.

    Raises
    ------
    ValueError
        If the image has fewer than two dimensions, is empty, masked or not finite, or `theta` is empty, not finite or
        not one-dimensional, or `circle` or `center` cannot be what they should.
    TypeError
        If the image or `theta` are not real numbers, the image is a model or a function, or `theta` is a single number.

    Warns
    -----
    UserWarning
        If `circle` is True and the image is not zero outside the circle.

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
    pixels, _ = _real_images(image, "image", preserve_range)
    angles = _angles(np.arange(180) if theta is None else theta)
    shape = pixels.shape[-2:]
    if circle not in (True, False, "mask"):
        raise ValueError(f"circle: expected True, False or 'mask', got {circle!r}")
    middle: tuple[float, ...] = tuple(n // 2 for n in shape)
    if center is not None:
        middle = tuple(checks.shaped_array(center, "center", (2,)).tolist())
    if circle:
        count, radius = min(shape), min(shape) // 2
        outside = _outside(shape, radius, middle)
        if circle == "mask":
            pixels = np.where(outside, 0, pixels)
        elif pixels[..., outside].any():
            at = ", ".join(f"{coordinate:.6g}" for coordinate in middle)
            warnings.warn(
                f"image: expected zeros outside the reconstruction circle of radius {radius} about pixel ({at}); "
                "set them to zero, as circle='mask' does, or pass circle=False",
                stacklevel=2,
            )
        if center is None:
            rows, columns = (slice(n // 2 - radius, n // 2 + radius + 1) for n in shape)
            pixels = pixels[..., rows, columns]
            middle = (radius, radius)
    elif center is None:
        count = math.ceil(math.sqrt(2) * max(shape))
    else:
        reach = math.hypot(*(max(abs(k), abs(n - 1 - k)) for n, k in zip(shape, middle, strict=True)))
        count = 2 * math.ceil(reach) + 1
    padded = np.pad(pixels, [(0, 0)] * (pixels.ndim - 2) + [(_MARGIN, _MARGIN)] * 2)
    about = tuple(k + _MARGIN for k in middle)
    transform = pixel_transform(angles.tobytes(), padded.shape[-2:], about, count, count // 2, _ORDER, "direct")
    sinogram = transform.forward(padded, num_threads=num_threads)
    return np.ascontiguousarray(np.swapaxes(sinogram, -1, -2))


def iradon(
    radon_image: ArrayLike,
    theta: ArrayLike | None = None,
    output_size: int | None = None,
    filter_name: str | ArrayLike | Callable[[Floats], ArrayLike] | None = "ramp",
    interpolation: str = "linear",
    circle: bool = True,
    preserve_range: bool = True,
    *,
    center: float | None = None,
    cutoff: float = 1.0,
    padding: str = "zeros",
    num_threads: int | None = None,
) -> Array:
    r"""
    Filtered backprojection of a sinogram, called as `skimage.transform.iradon` is.

    f(x) = sum over the angles p of w_p (K g)(-x_0 sin p + x_1 cos p, p), with the filter K of symbol \|w\| / (4 pi)
    times the window, and weights w_p that integrate over the circle and add up to 2 pi.

    Parameters
    ----------
    radon_image : array_like, shape (..., n, m)
        The sinogram, with one column per angle; leading axes are a stack of sinograms.
    theta : array_like, shape (m,), optional
        Angles p in degrees, in any order and over any number of turns; m of them evenly over 180 degrees if not given.
    output_size : int, optional
        Rows and columns of the result; if not given n for ``circle=True``, otherwise n / sqrt(2) rounded down (but at
        least 1).
    filter_name : {'ramp', 'shepp-logan', 'cosine', 'hamming', 'hann', None}, callable or array_like
        Window W that multiplies the ramp; None for no filter, which gives pi / 2 times the mean of g over the lines
        through x. A callable takes frequencies u from 0 to 1, where 1 is the highest, and returns W(u); an array holds
        W at evenly spaced u from 0 to 1, and is linear in between.
    interpolation : {'linear', 'nearest', 'cubic'}
        'linear' overshoots edges, and lets noise through, as little as scikit-image's, with low frequencies restored;
        'cubic' takes splines of degree 5, which are sharper and better for smooth images, but overshoot. 'nearest' is
        the same as 'linear'. For more than 2^26 pixels times angles 'linear' takes splines of degree 3, two to four
        times as fast, which overshoot by up to a tenth of the image's range more.
    circle : bool
        Whether the result is set to zero outside the circle about its center with radius ``output_size // 2``.
    preserve_range : bool
        Whether whole numbers keep their values; otherwise their type's largest value becomes 1.
    center : float, optional
        The row of the sinogram that the center of rotation projects to; ``n // 2`` if not given.
    cutoff : float
        Fraction of the highest frequency beyond which the filter is zero; the window is compressed to end there.
    padding : {'zeros', 'ellipse'}
        What the sinogram is beyond its rows: zero, or, for projections that the detector truncates, what it would be
        if there the object were an ellipse about the detector's middle, by the outermost values and their slopes. This
        is not linear in the sinogram.
    num_threads : int, optional
        Threads to use in this call, at most; if not given, see `radon_nn.operators`.

    Returns
    -------
    ndarray, shape (..., output_size, output_size)
        The image: float32 for sinograms in float16 or float32, float64 otherwise. The center of rotation is pixel
        ``(output_size // 2, output_size // 2)``.

    Raises
    ------
    ValueError
        If the sinogram has fewer than two dimensions, is empty, masked or not finite, `theta` is not one finite angle
        per column, a name is unknown, `output_size` is not positive, or `cutoff` not between 0 and 1.
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
      cancel). Elsewhere it is not. Errors on twelve Gaussians, by 'cubic': ``np.linspace(0, 180, 61)``, with both ends,
      0.0002 against 0.034; 100 golden angles 0.0017 against 0.038; 40 of 60 angles in the first 45 degrees 0.022
      against 0.76.
    - No cut at the detector's last row, and linear interpolation without its blur of low frequencies: on images with
      edges, 20 to 720 angles, the error is at most 1.003 times scikit-image's, and the overshoot 0.008 of the image's
      range more than its (`benchmarks/few_angles.py`); white noise comes through as loud as with scikit-image (0.994
      to 1.004 times). Errors of ``iradon(radon(image))`` at 180 angles by 'linear', 'cubic', and scikit-image: twelve
      Gaussians 0.0011, 0.00005, 0.0063; a disc 0.031, 0.023, 0.038; Shepp-Logan's phantom 0.117, 0.075, 0.151; a disc
      of zeros and ones 0.054, 0.046, 0.060.
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
    >>> back = iradon(radon(image), interpolation="cubic")
    >>> bool(np.abs(back - image).max() < 1e-4)
    True
    """
    sinogram, largest = _real_images(radon_image, "radon_image", preserve_range)
    count, views = sinogram.shape[-2:]
    angles = _angles(np.arange(views) * (180 / views) if theta is None else theta)
    if len(angles) != views:
        raise ValueError(f"theta: expected one angle per column of radon_image, {views} of them, got {len(angles)}")
    checks.one_of(interpolation, "interpolation", tuple(INTERPOLATIONS))
    checks.one_of(padding, "padding", ("zeros", "ellipse"))
    window = _window(filter_name, cutoff)
    if output_size is None:
        output_size = count if circle else max(1, math.floor(math.sqrt(count**2 / 2)))
    size = checks.count(output_size, "output_size")
    axis = float(count // 2) if center is None else checks.finite(center, "center")

    batch = sinogram.shape[:-2]
    sinogram, exponent = scaled(sinogram, largest)
    lines = np.swapaxes(sinogram.reshape(-1, count, views), 1, 2)
    if padding == "ellipse":
        lines, axis = _lengthened(lines), axis + count
    reach = math.ceil(size // 2 * (1 if circle else math.sqrt(2))) + _MARGIN
    last = lines.shape[-1] - 1
    pad = max(0, math.ceil(reach - axis)), max(0, math.ceil(reach - (last - axis)))
    geometry = Geometry(angles.tobytes(), size, pad[0] + last + 1 + pad[1], pad[0] + axis, bool(circle))
    images = filtered_backprojection(lines, geometry, interpolation, window, pad, num_threads)
    return unscaled(images, exponent, "radon_image").reshape(*batch, size, size)


def _window(chosen: Any, cutoff: float) -> Window:
    """The window, by its values where it is the caller's own, or ends before the highest frequency."""
    limit = checks.positive(cutoff, "cutoff")
    if limit > 1:
        raise ValueError(f"cutoff: expected a fraction of the highest frequency, at most 1, got {cutoff!r}")
    if chosen is None or isinstance(chosen, str):
        if chosen is not None:
            checks.one_of(chosen, "filter_name (or None)", _FILTERS)
        if limit == 1 or chosen is None:
            return Window(chosen)
    u = np.linspace(0, 1, _KNOTS)
    part = np.minimum(u / limit, 1)
    if isinstance(chosen, str):
        values = filters.window_gains(chosen, part)
    elif callable(chosen):
        values = checks.shaped_array(chosen(part), "filter_name", (_KNOTS,))
    else:
        samples = checks.shaped_array(chosen, "filter_name", ("k",))
        if len(samples) < 2:
            raise ValueError(f"filter_name: expected at least two values of a window, got {len(samples)}")
        values = np.interp(part, np.linspace(0, 1, len(samples)), samples)
    return Window("ramp", tuple(np.where(u <= limit, values, 0.0).tolist()))


def _lengthened(lines: Array) -> Array:
    """Lines (..., n) with n more numbers at both ends: chords sqrt(a - b t^2) of an ellipse about the middle.

    Its value and slope are the lines' there; where they rise outwards b is 0. In the outer half numbers fall to zero.
    """
    n = lines.shape[-1]
    middle, rows = (n - 1) / 2, max(1, min(n - 1, n // 10))
    outward = np.arange(middle + 1, middle + n + 1)
    fall = np.clip(2 - 2 * (outward - middle) / (n + 1), 0, 1)
    ends = []
    for side in (lines, lines[..., ::-1]):
        edge, inside = side[..., :1], side[..., [min(rows, n - 1)]]
        slope = np.maximum(np.sign(edge) * (inside - edge), 0) / rows
        b = 2 * np.abs(edge) * slope / max(2 * middle, 1)
        squares = edge**2 + b * (middle**2 - outward**2)
        ends.append(np.sign(edge) * np.sqrt(np.maximum(squares, 0)) * (0.5 - 0.5 * np.cos(np.pi * fall)))
    return np.concatenate([ends[0][..., ::-1], lines, ends[1]], axis=-1, dtype=lines.dtype)


def _real_images(values: ArrayLike, name: str, preserve_range: bool) -> tuple[Array, float]:
    """Finite float32 or float64 images (..., n_0, n_1), by scikit-image's `img_as_float`, and the largest magnitude."""
    _require_no_function(values, name)
    array = checks.plain_array(values, name)
    if array.ndim < 2 or 0 in array.shape[-2:]:
        raise ValueError(
            f"{name}: expected a 2-D array with at least one row and column, or a stack of them along leading axes, "
            f"got shape {array.shape}"
        )
    if array.dtype.kind in "iu" and not preserve_range:
        array = np.maximum(array * (1 / np.iinfo(array.dtype).max), -1.0)
    return checks.real_array_and_size(array, name)


def _require_no_function(values: object, name: str) -> None:
    """Refuse models, networks and functions, which have to be sampled first, and can be drawn."""
    if hasattr(values, "__array__"):
        return
    kind = type(values).__name__
    if framework_of(values) is not None:
        raise TypeError(f"{name}: expected a 2-D array, got a model, {kind}; plot.overview(from_model(model)) draws it")
    if callable(values):
        raise TypeError(
            f"{name}: expected a 2-D array, got a function, {kind}; pass its samples, Grid.cube(256).sample(f), or "
            "draw it by plot.sinogram(f)"
        )


def _angles(theta: ArrayLike) -> Floats:
    """A list of angles, in degrees."""
    if checks.real_array(theta, "theta").ndim == 0:
        raise TypeError(f"theta: expected a list or array of angles in degrees, such as [45], got {theta!r}")
    angles = checks.shaped_array(theta, "theta", ("m",))
    if angles.size == 0:
        raise ValueError("theta: expected at least one angle, got none")
    return angles


@lru_cache(maxsize=_KEPT)
def _outside(shape: tuple[int, ...], radius: int, middle: tuple[float, ...]) -> NDArray[np.bool_]:
    """Pixels further from the center of rotation than `radius`."""
    rows, columns = (np.arange(n) - k for n, k in zip(shape, middle, strict=True))
    return np.asarray(rows[:, None] ** 2 + columns**2 > radius**2)
