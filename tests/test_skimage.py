"""scikit-image's `radon` and `iradon`: their manners kept, their errors not."""

from __future__ import annotations

import inspect
import itertools
import math
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from numpy.typing import ArrayLike, DTypeLike
from skimage import transform as peer
from skimage.data import shepp_logan_phantom
from skimage.util import img_as_float

import laws
import reference
from radon_nn.skimage import iradon, radon

FILTERS = ("ramp", "shepp-logan", "cosine", "hamming", "hann", None)
INTERPOLATIONS = ("nearest", "linear", "cubic")
SHAPES = ((31, 31), (32, 32), (24, 32), (32, 24), (23, 32), (32, 23), (24, 31), (31, 24), (23, 31))
ANGLES = (0, 10, 33.3, 45, 71, 90, 110, 135, 160, 180, 250, -20)
UNEVEN = {
    "both ends": np.linspace(0, 180, 37),
    "beyond a turn": np.linspace(0, 360, 37),
    "golden": np.arange(60) * 180 * (math.sqrt(5) - 1) / 2,
    "crowded": np.concatenate([np.arange(40) * 45 / 40, 45 + np.arange(20) * 135 / 20]),
}


def axes(shape: tuple[int, int]) -> tuple[reference.Floats, reference.Floats]:
    """Coordinates of the pixels, from the center of rotation."""
    rows, columns = (np.arange(n, dtype=float) - n // 2 for n in shape)
    return rows[:, None], columns[None]


def inside(shape: tuple[int, int], margin: float = 0.0) -> reference.Floats:
    """One in the circle, zero outside."""
    rows, columns = axes(shape)
    return (rows**2 + columns**2 <= (min(shape) // 2 - margin) ** 2).astype(float)


def gaussian(shape: tuple[int, int], at: tuple[float, float], s: float) -> reference.Floats:
    rows, columns = axes(shape)
    return np.exp(-((rows - at[0]) ** 2 + (columns - at[1]) ** 2) / (2 * s**2))


def places(theta: ArrayLike, count: int, at: tuple[float, float]) -> reference.Floats:
    """Offsets of a sinogram's entries from a point's line, (count, m)."""
    p = np.deg2rad(theta)
    return np.arange(count)[:, None] - count // 2 - (np.cos(p) * at[1] - np.sin(p) * at[0])


def gaussian_sinogram(theta: ArrayLike, count: int, at: tuple[float, float], s: float) -> reference.Floats:
    return math.sqrt(2 * math.pi) * s * np.exp(-(places(theta, count, at) ** 2) / (2 * s**2))


def disc(n: int, at: tuple[float, float], radius: float, parts: int = 8) -> reference.Floats:
    """The share of each pixel that the disc covers, from parts x parts samples of it."""
    fine = (np.arange(n * parts) - (parts - 1) / 2) / parts - n // 2
    covered = (fine[:, None] - at[0]) ** 2 + (fine - at[1]) ** 2 < radius**2
    return covered.reshape(n, parts, n, parts).mean((1, 3))


def disc_sinogram(theta: ArrayLike, count: int, at: tuple[float, float], radius: float) -> reference.Floats:
    return radius * reference.ball_radon(2, places(theta, count, at) / radius)


def blobs(n: int) -> reference.Floats:
    """Twelve Gaussians inside the circle, resolved by the pixels; on 128 x 128 those of the docstring."""
    rng = np.random.default_rng(0)
    reach, widths = (35.0, (2.0, 8.0)) if n >= 128 else (5.0, (1.5, 2.2))
    spots = [(rng.uniform(-reach, reach, 2), rng.uniform(*widths), rng.uniform(0.3, 1)) for _ in range(12)]
    return inside((n, n)) * sum(mass * gaussian((n, n), (at[0], at[1]), s) for at, s, mass in spots)


def phantom(n: int) -> reference.Floats:
    """Shepp and Logan's, averaged over squares; n divides 384."""
    return shepp_logan_phantom()[8:392, 8:392].reshape(n, 384 // n, n, 384 // n).mean((1, 3)) * inside((n, n))


def rms(difference: reference.Floats) -> float:
    return float(np.sqrt(np.mean(difference**2)))


def noise(shape: tuple[int, int], margin: float = 0.0) -> reference.Floats:
    return np.random.default_rng(5).standard_normal(shape) * inside(shape, margin)


def quietly(function: Callable[..., Any], *args: Any, **options: Any) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return function(*args, **options)


def warned(function: Callable[..., Any], *args: Any, **options: Any) -> list[warnings.WarningMessage]:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        function(*args, **options)
    return caught


# The call


@pytest.mark.parametrize(("ours", "theirs"), [(radon, peer.radon), (iradon, peer.iradon)])
def test_signatures_are_scikit_images(ours: Callable[..., Any], theirs: Callable[..., Any]) -> None:
    def call(function: Callable[..., Any]) -> list[tuple[str, Any, Any]]:
        return [(p.name, p.default, p.kind) for p in inspect.signature(function).parameters.values()]

    mine, same = call(ours), call(theirs)
    assert mine[: len(same)] == same
    assert mine[-1] == ("num_threads", None, inspect.Parameter.KEYWORD_ONLY)
    assert {kind for *_, kind in mine[len(same) :]} == {inspect.Parameter.KEYWORD_ONLY}


def test_angles_default_to_scikit_images() -> None:
    image = noise((8, 8))
    assert_array_equal(radon(image), radon(image, np.arange(180)))
    sinogram = np.random.default_rng(0).standard_normal((9, 7))
    assert_array_equal(iradon(sinogram), iradon(sinogram, np.linspace(0, 180, 7, endpoint=False)))


# radon: geometry


@pytest.mark.parametrize("circle", [True, False])
@pytest.mark.parametrize("shape", SHAPES)
def test_gaussians_off_center_match_the_closed_form(shape: tuple[int, int], circle: bool) -> None:
    """To 1.5e-3 of the peak at a width of two pixels, some fifteen times closer than scikit-image, which is within 3 %,
    or a whole pixel off where its crop moves the center."""
    at, s = (2.2, -2.9), 2.0
    image = inside(shape) * gaussian(shape, at, s)
    ours, theirs = radon(image, ANGLES, circle), peer.radon(image, ANGLES, circle)
    exact = gaussian_sinogram(ANGLES, len(ours), at, s)
    error, naive = (np.abs(sinogram - exact).max() / exact.max() for sinogram in (ours, theirs))
    assert ours.shape == theirs.shape
    assert error < 1.5e-3
    assert 15 * error < naive
    moved = circle and min(shape) % 2 == 0 and max(shape) % 2 == 1
    assert naive > 0.2 if moved else naive < 0.03


@pytest.mark.full
@pytest.mark.parametrize("circle", [True, False])
@pytest.mark.parametrize(
    ("shape", "limit"), [((64, 64), 1e-4), ((65, 65), 1e-4), ((80, 64), 1e-4), ((256, 256), 1e-6), ((255, 255), 1e-6)]
)
def test_gaussians_off_center_at_full_size(shape: tuple[int, int], limit: float, circle: bool) -> None:
    n = min(shape)
    at, s = (0.1 * n, -0.13 * n), n / 16
    ours = quietly(radon, gaussian(shape, at, s), ANGLES, circle)
    exact = gaussian_sinogram(ANGLES, len(ours), at, s)
    assert np.abs(ours - exact).max() < limit * exact.max()


@pytest.mark.parametrize("circle", [True, False])
@pytest.mark.parametrize("shape", SHAPES)
def test_projections_balance_about_the_documented_center(shape: tuple[int, int], circle: bool) -> None:
    """Center of mass, image and sinogram: the rotation axis is pixel (n_0 // 2, n_1 // 2) and row n // 2."""
    at = (-2.3, 1.6)
    sinogram = radon(inside(shape) * gaussian(shape, at, 2.0), ANGLES, circle)
    moments = (places(ANGLES, len(sinogram), at) * sinogram).sum(0) / sinogram.sum(0)
    assert np.abs(moments).max() < 2e-3


@pytest.mark.parametrize("n", [8, 9])
@pytest.mark.parametrize("circle", [True, False])
def test_quarter_turns_are_scikit_images_to_rounding(n: int, circle: bool) -> None:
    """There neither interpolates. Orientation, center and order of rows are all fixed by it."""
    image, theta = noise((n, n), 1), [0, 90, 180, 270, 360, -90, 450]
    assert_allclose(radon(image, theta, circle), peer.radon(image, theta, circle), atol=1e-12)


@pytest.mark.parametrize("circle", [True, False])
@pytest.mark.parametrize("shape", [(32, 32), (31, 31), (24, 32), (31, 23)])
def test_values_are_scikit_images_within_its_error(shape: tuple[int, int], circle: bool) -> None:
    """On noise smoothed to two pixels; the closed forms above say whose the difference is."""
    waves = np.fft.rfft2(np.random.default_rng(0).standard_normal(shape))
    square = np.fft.fftfreq(shape[0])[:, None] ** 2 + np.fft.rfftfreq(shape[1]) ** 2
    image = np.fft.irfft2(waves * np.exp(-2 * (2 * np.pi) ** 2 * square), shape)
    rim = np.clip(min(shape) // 2 - 1 - np.hypot(*axes(shape)), 0, 4) / 4
    image *= np.sin(np.pi / 2 * rim) ** 2
    theirs = peer.radon(image, ANGLES, circle)
    assert np.abs(radon(image, ANGLES, circle) - theirs).max() < 0.04 * np.abs(theirs).max()


@pytest.mark.parametrize("n", [31, 32, pytest.param(128, marks=pytest.mark.full)])
def test_discs_come_closer_to_the_chord_than_scikit_images(n: int) -> None:
    at, radius, theta = (0.05 * n, -0.08 * n), 0.35 * n, np.arange(0, 180, 7)
    image, exact = disc(n, at, radius), disc_sinogram(theta, n, at, radius)
    error, naive = (rms(function(image, theta) - exact) for function in (radon, peer.radon))
    assert error < 0.95 * naive
    assert error < 0.02 * exact.max()


@pytest.mark.parametrize("n", [32, 33])
def test_mass_is_kept(n: int) -> None:
    """Every projection sums to the image's sum: a disc's to 1e-3, where rotation by interpolation loses 4e-3."""
    image, theta = disc(n, (0, 0), n / 3, 1), np.arange(1, 180, 2)
    error, naive = (np.abs(f(image, theta).sum(0) / image.sum() - 1).max() for f in (radon, peer.radon))
    assert error < 1e-3
    assert naive > 3e-3


def test_undershoot_is_as_documented() -> None:
    """The price of splines: 3 % of the peak beside edges, 17 % beside one bright pixel."""
    edge, pixel = radon(disc(32, (1, 2), 10, 1), ANGLES), np.zeros((9, 9))
    pixel[4, 4] = 1
    assert -0.03 < edge.min() / edge.max() < 0
    beside = radon(pixel, np.arange(180))
    assert -0.17 < beside.min() / beside.max() < 0


def test_lines_through_images_that_fill_the_square_are_whole() -> None:
    """Of the diagonal of ones, sqrt(2) n long, scikit-image keeps n."""
    image = np.ones((17, 17))
    ours, theirs = quietly(radon, image, [45]), quietly(peer.radon, image, [45])
    assert_allclose(ours[8], 17 * math.sqrt(2), rtol=0.03)
    assert_allclose(theirs[8], 17, rtol=0.03)


@pytest.mark.parametrize("n", [8, 32])
def test_no_pixel_of_the_circle_is_lost_on_its_line(n: int) -> None:
    """The first pixel of the middle column of an even image stands one further from the center than the last."""
    image = np.zeros((n, n))
    image[0, n // 2] = 1
    assert_allclose(radon(image, [0, 180])[n // 2], [1, 1], atol=1e-4)
    assert_allclose(peer.radon(image, [0, 180])[n // 2], [1, 0], atol=1e-12)


@pytest.mark.parametrize("shape", [(8, 10), (10, 8), (8, 9), (9, 8), (7, 9), (7, 8)])
def test_the_crop_keeps_the_whole_circle(shape: tuple[int, int]) -> None:
    """Every pixel in the circle is seen from where its offset is zero, and none beyond the square is from anywhere."""
    radius = min(shape) // 2
    for row, column in itertools.product(*map(range, shape)):
        y, x = row - shape[0] // 2, column - shape[1] // 2
        image = np.zeros(shape)
        image[row, column] = 1
        seen = quietly(radon, image, [math.degrees(math.atan2(x, y))])
        if x**2 + y**2 <= radius**2:
            assert seen[radius] > 0.75
        if max(abs(x), abs(y)) > radius:
            assert not seen.any()


def test_scikit_images_crop_loses_a_pixel_of_the_circle() -> None:
    """The last one along the longer of two even sides; it crosses the detector's middle at 90 degrees."""
    image = np.zeros((8, 10))
    image[4, 9] = 1
    assert_allclose(radon(image, [90])[4], 1, rtol=1e-4)
    assert not peer.radon(image, [0, 45, 90]).any()


# radon: angles


@pytest.mark.parametrize(
    "theta",
    [[30], [90, 60.5, 10], [45, 45, 0, 45], (170, -20, 350, 530), range(3), np.array([7, 3], np.uint8), [-1000.25]],
)
def test_each_column_belongs_to_its_angle(theta: Any) -> None:
    image = noise((9, 9))
    sinogram = radon(image, theta)
    assert sinogram.shape == (9, len(theta))
    for column, angle in zip(sinogram.T, theta, strict=True):
        assert_allclose(column, radon(image, [float(angle) % 360])[:, 0], atol=1e-10)


def test_half_a_turn_reverses_the_offsets() -> None:
    image, theta = noise((9, 9)), np.array([0, 20, 45.5, 90, 133])
    assert_allclose(radon(image, theta + 180), radon(image, theta)[::-1], atol=1e-12)


@pytest.mark.parametrize(
    ("theta", "error", "message"),
    [
        ([], ValueError, "theta: expected at least one angle"),
        ([0, np.nan], ValueError, "theta: expected finite numbers"),
        ([np.inf, 0], ValueError, "theta: expected finite numbers"),
        (30.0, TypeError, "theta: expected a list or array of angles"),
        (np.array(30), TypeError, "theta: expected a list or array of angles"),
        ([[0, 1], [2, 3]], ValueError, r"theta: expected an array of shape \(m,\)"),
        (["0"], TypeError, "theta: expected real numbers"),
        ([1j], TypeError, "theta: expected real numbers"),
        ([[0], [1, 2]], ValueError, "theta: expected a regular array"),
    ],
)
def test_wrong_angles_are_named(theta: Any, error: type[Exception], message: str) -> None:
    for call in (lambda: radon(np.zeros((4, 4)), theta), lambda: iradon(np.zeros((4, 2)), theta)):
        with pytest.raises(error, match=message):
            call()


# Types and layouts


@pytest.mark.parametrize("preserve_range", [False, True])
@pytest.mark.parametrize("dtype", [bool, np.uint8, np.int8, np.uint16, np.int32, np.int64, *"efd"])
def test_types_follow_scikit_image(dtype: DTypeLike, preserve_range: bool) -> None:
    """Results in its dtype, at its scale; whole numbers exactly those of its own conversion."""
    values = np.random.default_rng(0).integers(0, 2, (8, 8)) * inside((8, 8))
    image = values.astype(dtype)
    if image.dtype.kind in "iu":
        image *= np.iinfo(dtype).max
    for call, theirs, argument in ((radon, peer.radon, ANGLES), (iradon, peer.iradon, np.arange(8) * 22.5)):
        ours = call(image, argument, preserve_range=preserve_range)
        expected = theirs(image, argument, preserve_range=preserve_range)
        assert ours.dtype == expected.dtype
        assert np.abs(ours - expected).max() < 0.3 * np.abs(expected).max()
        if image.dtype.kind in "iu":
            converted = image.astype(float) if preserve_range else img_as_float(image)
            assert_array_equal(ours, call(converted, argument))


def test_the_most_negative_whole_number_is_minus_one() -> None:
    image = np.zeros((5, 5), np.int8)
    image[2, 2] = -128
    assert_allclose(radon(image, [0])[2], -1, rtol=1e-14)
    assert_allclose(radon(image, [0], preserve_range=True)[2], -128, rtol=1e-14)
    assert_array_equal(iradon(image), iradon(image.astype(float)))


def test_float32_keeps_its_accuracy() -> None:
    image = noise((32, 32))
    laws.dtype_kept(lambda values: radon(values, ANGLES), image)
    laws.dtype_kept(lambda values: iradon(values, np.arange(32) * 5), image)


@pytest.mark.parametrize("circle", [True, False])
def test_memory_layout_does_not_matter(circle: bool) -> None:
    laws.any_layout(lambda image: radon(image, ANGLES, circle), noise((9, 12)))
    laws.any_layout(lambda sinogram: iradon(sinogram, circle=circle), noise((9, 12)))


def test_results_are_new_c_ordered_writable_arrays() -> None:
    image = noise((8, 8))
    for result in (radon(image, ANGLES), iradon(image), radon(image, ANGLES, False)):
        assert result.flags.c_contiguous
        assert result.flags.writeable
        assert not np.shares_memory(result, image)


def test_lists_are_taken_too() -> None:
    image = noise((5, 5))
    assert_array_equal(radon(image.tolist(), [0, 30]), radon(image, [0, 30]))
    assert_array_equal(iradon(image.tolist()), iradon(image))


def test_both_are_linear() -> None:
    u, v = noise((8, 8)), noise((8, 8))[::-1] * inside((8, 8))
    laws.linear(lambda image: radon(image, ANGLES), u, v)
    laws.linear(iradon, u, v)


@pytest.mark.parametrize(("name", "call"), [("image", radon), ("radon_image", iradon)])
def test_wrong_images_are_named(name: str, call: Callable[..., Any]) -> None:
    for bad in (np.zeros(4), np.zeros((2, 0, 4)), np.float64(1), np.zeros((0, 4)), np.zeros((4, 0))):
        with pytest.raises(ValueError, match=f"^{name}: expected a 2-D array"):
            call(bad)
    broken = np.zeros((4, 5))
    broken[1, 3] = np.nan
    with pytest.raises(ValueError, match=rf"^{name}: expected finite numbers.*\(1, 3\)"):
        call(broken)
    for worse in (np.zeros((4, 4), complex), np.zeros((4, 4), object), np.zeros((4, 4), str)):
        with pytest.raises(TypeError, match=f"^{name}: expected real numbers"):
            call(worse)


# Shapes and warnings


@pytest.mark.parametrize("circle", [True, False])
@pytest.mark.parametrize("shape", [(2, 2), (3, 3), (2, 3), (5, 2), (7, 4), (4, 11)])
def test_shapes_are_scikit_images(shape: tuple[int, int], circle: bool) -> None:
    image = np.ones(shape)
    ours, theirs = quietly(radon, image, [0, 45, 90], circle), quietly(peer.radon, image, [0, 45, 90], circle)
    assert ours.shape == theirs.shape


@pytest.mark.parametrize("shape", [(1, 1), (1, 5), (6, 1)])
def test_images_of_one_row_or_column(shape: tuple[int, int]) -> None:
    """For circle=True, where scikit-image fails if it is a row, the pixel at the center is left."""
    image = np.zeros(shape)
    image[shape[0] // 2, shape[1] // 2] = 3
    assert_allclose(radon(image, [0, 90]), [[3, 3]], rtol=1e-5)
    if shape[0] == 1:
        with pytest.raises((IndexError, ValueError)):
            peer.radon(image, [0, 90])
    ours, theirs = radon(image, [0, 90], circle=False), peer.radon(image, [0, 90], circle=False)
    assert_allclose(ours, theirs, atol=1e-4)


def test_sinograms_of_one_row() -> None:
    ones = np.ones((1, 4))
    assert_allclose(iradon(ones, filter_name=None), peer.iradon(ones, filter_name=None), rtol=1e-12)
    assert iradon(ones, circle=False).shape == (1, 1)


@pytest.mark.parametrize("shape", [(8, 8), (9, 9), (8, 11), (11, 8), (9, 12)])
def test_pixels_outside_the_circle_warn_as_in_scikit_image(shape: tuple[int, int]) -> None:
    for row, column in itertools.product(*map(range, shape)):
        image = np.zeros(shape)
        image[row, column] = 1
        ours, theirs = warned(radon, image, [0]), warned(peer.radon, image, [0])
        assert [w.category for w in ours] == [w.category for w in theirs]
    assert warned(radon, np.ones(shape), [0], circle=False) == []


def test_the_warning_says_what_to_do_and_points_at_the_caller() -> None:
    with pytest.warns(UserWarning, match=r"image: .*radius 4 about pixel \(5, 4\).*circle=False") as caught:
        radon(np.ones((10, 8)), [0])
    assert caught[0].filename == __file__


# iradon


@pytest.mark.parametrize(("interpolation", "limit", "ratio"), [("cubic", 0.005, 0.3), ("linear", 0.018, 1.0)])
@pytest.mark.parametrize("circle", [True, False])
@pytest.mark.parametrize(("count", "size"), [(31, None), (32, None), (32, 9), (31, 20), (31, 48), (32, 49)])
def test_inverse_of_the_exact_sinogram(
    count: int, size: int | None, circle: bool, interpolation: str, limit: float, ratio: float
) -> None:
    """Shape, center, orientation and scale, also where the image is larger than the detector.

    The Gaussian is 2.5 pixels wide, which linear interpolation blurs: that is what keeps it from overshooting at edges.
    """
    at, s, theta = (1.3, -2.1), 2.5, np.arange(0, 180, 4)
    sinogram = gaussian_sinogram(theta, count, at, s)
    ours = iradon(sinogram, theta, size, circle=circle, interpolation=interpolation)
    theirs = peer.iradon(sinogram, theta, size, circle=circle)
    assert ours.shape == theirs.shape
    expected = gaussian(ours.shape, at, s)
    expected[(np.hypot(*axes(ours.shape)) > len(ours) // 2) & circle] = 0
    error, naive = np.abs(ours - expected).max(), np.abs(theirs - expected).max()
    assert error < limit
    assert error < ratio * naive


@pytest.mark.parametrize("filter_name", FILTERS)
@pytest.mark.parametrize("interpolation", INTERPOLATIONS)
def test_every_filter_and_interpolation_is_near_scikit_images(filter_name: str | None, interpolation: str) -> None:
    """Within 1.5 % for its cubic interpolation, the closest it has; linear interpolation loses 1.6 % of the peak."""
    theta = np.arange(0, 180, 6)
    sinogram = gaussian_sinogram(theta, 32, (3.0, -4.0), 2.5)
    ours = iradon(sinogram, theta, None, filter_name, interpolation)
    theirs = peer.iradon(sinogram, theta, None, filter_name, "cubic")
    assert np.abs(ours - theirs).max() < (0.015 if interpolation == "cubic" else 0.016) * np.abs(theirs).max()


def test_windows_smooth_more_and_more() -> None:
    sinogram = disc_sinogram(np.arange(0, 180, 6), 32, (1, 2), 9)
    edges = [rms(np.diff(iradon(sinogram, filter_name=name))) for name in FILTERS[:-1]]
    assert edges == sorted(edges, reverse=True)


def test_without_filter_it_is_a_mean_over_lines() -> None:
    """pi / 2 times: scikit-image's scale."""
    sinogram = np.tile([1.0, 2.0, 6.0], (61, 1))
    assert_allclose(iradon(sinogram, filter_name=None)[30, 30], np.pi / 2 * 3, rtol=1e-12)


@pytest.mark.parametrize("n", [32, pytest.param(128, marks=[pytest.mark.full, pytest.mark.slow])])
@pytest.mark.parametrize("interpolation", ["linear", "cubic"])
@pytest.mark.parametrize("what", ["blobs", "disc", "hard disc", "shepp-logan"])
def test_round_trips_err_less_than_scikit_images(what: str, interpolation: str, n: int) -> None:
    image = {
        "blobs": lambda: blobs(n),
        "disc": lambda: disc(n, (3.3, -5.1), 0.35 * n),
        "hard disc": lambda: disc(n, (3.3, -5.1), 0.35 * n, 1),
        "shepp-logan": lambda: phantom(n),
    }[what]() * inside((n, n))
    theta = np.arange(0, 180, 5 if n < 100 else 1)
    ours, theirs = radon(image, theta), peer.radon(image, theta)
    for name in FILTERS[:-1]:
        error = rms(iradon(ours, theta, None, name, interpolation) - image)
        assert error <= rms(peer.iradon(theirs, theta, None, name, interpolation) - image), name


def test_nearest_errs_less_than_scikit_images_on_smooth_images() -> None:
    image, theta = blobs(32), np.arange(0, 180, 3)
    ours, theirs = radon(image, theta), peer.radon(image, theta)
    for name in FILTERS[:-1]:
        error = rms(iradon(ours, theta, None, name, "nearest") - image)
        assert error < rms(peer.iradon(theirs, theta, None, name, "nearest") - image), name


@pytest.mark.full
def test_the_errors_documented() -> None:
    """Relative, 128 x 128 pixels, 180 angles; ours by 'linear' and 'cubic' interpolation, then scikit-image's."""
    theta = np.arange(180)
    table = {
        "blobs": (blobs(128), 0.00107, 0.000052, 0.0063),
        "disc": (disc(128, (3.3, -5.1), 44.8), 0.0307, 0.0225, 0.0380),
        "shepp-logan": (phantom(128), 0.117, 0.0749, 0.151),
        "hard disc": (disc(128, (3.3, -5.1), 44.8, 1), 0.0536, 0.0460, 0.0604),
    }
    for what, (image, *expected) in table.items():
        sinogram = radon(image, theta)
        backs = [iradon(sinogram, theta, interpolation=name) for name in ("linear", "cubic")]
        backs.append(peer.iradon(peer.radon(image, theta), theta))
        for back, value in zip(backs, expected, strict=True):
            assert rms(back - image) / rms(image) == pytest.approx(value, rel=0.05), what


@pytest.mark.full
def test_noise_comes_through_as_documented() -> None:
    sinogram = noise((128, 180))
    ratios = {
        name: rms(iradon(sinogram, filter_name=name)) / rms(peer.iradon(sinogram, filter_name=name))
        for name in FILTERS[:-1]
    }
    assert ratios["ramp"] == min(ratios.values()) == pytest.approx(0.994, abs=0.005)
    assert max(ratios.values()) == ratios["hann"] == pytest.approx(1.004, abs=0.005)


@pytest.mark.full
@pytest.mark.parametrize(
    ("n", "at", "radius"), [(128, (3.3, -5.1), 44.8), (128, (0.4, 10.2), 20.3), (256, (3.3, -5.1), 80)]
)
def test_discs_from_their_chords_err_as_documented(n: int, at: tuple[float, float], radius: float) -> None:
    theta, image = np.arange(n) * 180 / n, disc(n, at, radius)
    sinogram = disc_sinogram(theta, n, at, radius)
    ours, theirs = (rms(function(sinogram, theta) - image) for function in (iradon, peer.iradon))
    assert ours < theirs


def test_the_last_geometries_are_kept() -> None:
    """A stack of slices is transformed by one transform."""
    from radon_nn.operators import pixels

    pixels.pixel_transform.cache_clear()
    pixels._linear_backprojection.cache_clear()
    for _ in range(3):
        iradon(noise((8, 8)))
        iradon(noise((8, 8)), interpolation="cubic")
    assert pixels.pixel_transform.cache_info().misses == 2
    assert pixels._linear_backprojection.cache_info().misses == 1


def test_interpolation_orders_converge() -> None:
    """Degrees 3, 3 and 5 on a smooth sinogram."""
    theta = np.arange(0, 180, 6)
    sinogram = gaussian_sinogram(theta, 32, (1.5, -2.0), 2.2)
    expected = gaussian((32, 32), (1.5, -2.0), 2.2)
    errors = [np.abs(iradon(sinogram, theta, interpolation=i) - expected)[6:-6, 6:-6].max() for i in INTERPOLATIONS]
    assert errors[1] == errors[0]
    assert errors[2] < 0.2 * errors[1]


@pytest.mark.parametrize("circle", [True, False])
def test_output_sizes_are_scikit_images(circle: bool) -> None:
    for count in range(2, 30):
        sinogram = np.zeros((count, 1))
        assert iradon(sinogram, circle=circle).shape == peer.iradon(sinogram, circle=circle).shape
    assert iradon(sinogram, output_size=np.int64(5), circle=circle).shape == (5, 5)


@pytest.mark.parametrize("size", [1, 2, 7, 8])
def test_the_circle_is_scikit_images(size: int) -> None:
    """To the pixel; all other values are as without it."""
    sinogram = noise((8, 6)) + 1
    ours, theirs = (f(sinogram, output_size=size, filter_name=None) for f in (iradon, peer.iradon))
    assert_array_equal(ours == 0, theirs == 0)
    full = iradon(sinogram, output_size=size, filter_name=None, circle=False)
    assert_allclose(ours[ours != 0], full[ours != 0], atol=1e-12)


def test_shapes_round_trip() -> None:
    for n, circle in itertools.product(range(2, 12), (True, False)):
        image = np.zeros((n, n))
        assert iradon(radon(image, [0, 60, 120], circle), [0, 60, 120], circle=circle).shape == (n, n)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"theta": [0, 1]}, ValueError, "theta: expected one angle per column of radon_image, 3 of them, got 2"),
        ({"interpolation": "spline"}, ValueError, "interpolation: expected one of .*, linear, cubic; got 'spline'"),
        ({"filter_name": "box"}, ValueError, r"filter_name \(or None\): expected one of ramp, .*; got 'box'"),
        ({"filter_name": "none"}, ValueError, "filter_name"),
        ({"output_size": 0}, ValueError, "output_size: expected at least 1"),
        ({"output_size": -3}, ValueError, "output_size: expected at least 1"),
        ({"output_size": 8.0}, TypeError, "output_size: expected a whole number"),
    ],
)
def test_wrong_options_are_named(options: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        iradon(np.zeros((8, 3)), **options)


# iradon: the angles' weights


def weights(theta: ArrayLike) -> reference.Floats:
    """What each angle counts for in the middle of a backprojection, in units of the mean."""
    views = len(np.asarray(theta))
    return np.array(
        [iradon(row * np.ones((59, 1)), theta, 1, None, "nearest")[0, 0] * 2 / np.pi * views for row in np.eye(views)]
    )


@pytest.mark.parametrize(
    "theta",
    [
        np.arange(0, 180, 10),
        np.arange(0, 360, 24),
        np.arange(0, 360, 30),
        np.arange(3, 543, 36)[::-1],
        [77],
        [0, 90],
        [10, 40],
        np.arange(0, 90, 9),
        np.arange(-60, 61, 10),
        [20, 30, 40],
        np.concatenate([np.arange(0, 50, 5), np.arange(90, 140, 5)]),
        [5, 5, 5],
        [5, 185, -175],
        np.random.default_rng(0).permutation(np.arange(0, 120, 8)),
        np.arange(0, 360, 30, dtype=np.float32) * np.float32(1.1) / np.float32(1.1),
    ],
    ids=str,
)
def test_even_angles_weigh_alike_on_part_of_the_circle_too(theta: ArrayLike) -> None:
    assert_allclose(weights(theta), 1, rtol=1e-4)


@pytest.mark.parametrize(
    ("theta", "expected"),
    [
        (np.linspace(0, 180, 7), [0.5, 1, 1, 1, 1, 1, 0.5]),
        ([0, 45, 45, 90, 135, 405], [1, 1 / 3, 1 / 3, 1, 1, 1 / 3]),
        ([0, 180 - 1e-9, 60, 120], [0.5, 0.5, 1, 1]),
        ([0, 30, 90], [60, 45, 75]),
        ([90, 30, 180], [75, 45, 60]),
        ([0, 10, 20, 30, 40, 50, 60, 80, 100, 120, 140, 160], [15, 10, 10, 10, 10, 10, 15, 20, 20, 20, 20, 20]),
    ],
    ids=str,
)
def test_uneven_angles_weigh_as_their_gaps(theta: ArrayLike, expected: list[float]) -> None:
    assert_allclose(weights(theta), np.array(expected) / np.mean(expected), rtol=1e-6)


def test_weights_belong_to_angles_not_to_places() -> None:
    rng = np.random.default_rng(0)
    theta = rng.uniform(-400, 400, 12)
    order = rng.permutation(12)
    assert_allclose(weights(theta[order]), weights(theta)[order], rtol=1e-9)
    assert_allclose(weights(theta + 180 * rng.integers(-3, 3, 12)), weights(theta), rtol=1e-9)
    assert_allclose(weights(theta).sum(), 12, rtol=1e-12)


def test_repeated_angles_are_averaged() -> None:
    """Two noisy views of one angle, here as a half turn apart, are worth their mean."""
    theta, rng = np.arange(0, 180, 15), np.random.default_rng(0)
    sinogram, again = rng.standard_normal((9, 12)), rng.standard_normal((9, 1))
    mean = sinogram.copy()
    mean[:, 3:4] = (sinogram[:, 3:4] + again) / 2
    twice = iradon(np.concatenate([sinogram, again[::-1]], axis=1), np.append(theta, 180 + theta[3]))
    assert_allclose(twice, iradon(mean, theta), atol=1e-12)


@pytest.mark.parametrize("name", UNEVEN)
def test_uneven_angles_invert_better_than_with_equal_weights(name: str) -> None:
    """Small images ask little of the angles; scikit-image errs by their uneven weights alone."""
    theta, image = UNEVEN[name], blobs(32)
    ours, theirs = iradon(radon(image, theta), theta), peer.iradon(peer.radon(image, theta), theta)
    error, naive = rms(ours - image) / rms(image), rms(theirs - image) / rms(image)
    assert error < 0.02
    assert naive > 2 * error


@pytest.mark.full
@pytest.mark.parametrize(
    ("theta", "linear", "cubic", "theirs"),
    [
        (np.linspace(0, 180, 61), 1.2e-3, 2.2e-4, 0.03),
        (np.arange(100) * 111.246117975, 0.0021, 0.0019, 0.03),
        (UNEVEN["crowded"], 0.023, 0.023, 0.7),
    ],
)
def test_uneven_angles_as_documented(theta: reference.Floats, linear: float, cubic: float, theirs: float) -> None:
    image = blobs(128)
    sinogram = radon(image, theta)
    assert rms(iradon(sinogram, theta) - image) < linear * rms(image)
    assert rms(iradon(sinogram, theta, interpolation="cubic") - image) < cubic * rms(image)
    assert rms(peer.iradon(peer.radon(image, theta), theta) - image) > theirs * rms(image)


@pytest.mark.parametrize("theta", [np.arange(0, 90, 3), np.arange(-60, 61, 4), [30]], ids=str)
def test_limited_angles_keep_scikit_images_scale(theta: ArrayLike) -> None:
    sinogram = gaussian_sinogram(theta, 32, (3.0, -4.0), 2.5)
    ours, theirs = iradon(sinogram, theta), peer.iradon(sinogram, theta, interpolation="cubic")
    assert np.abs(ours - theirs).max() < 0.03 * np.abs(theirs).max()
