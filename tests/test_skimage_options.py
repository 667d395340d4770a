"""What `radon` and `iradon` offer beyond scikit-image's: centers, stacks, windows, cutoffs, padding, masks."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import laws
from radon_nn import shepp_logan
from radon_nn.skimage import iradon, radon

THETA = np.arange(0, 180, 6.0)
KINDS = ("linear", "cubic")


def gaussian(shape: tuple[int, int], at: Any, s: float) -> Any:
    rows, columns = np.ogrid[: shape[0], : shape[1]]
    return np.exp(-((rows - at[0]) ** 2 + (columns - at[1]) ** 2) / (2 * s**2))


def profiles(count: int, zero: float, at: Any, s: float) -> Any:
    """The sinogram of a Gaussian at `at` from the center, (count, m), whose offset 0 is in row `zero`."""
    p = np.deg2rad(THETA)
    t = np.arange(count)[:, None] - zero - (np.cos(p) * at[1] - np.sin(p) * at[0])
    return np.sqrt(2 * np.pi) * s * np.exp(-(t**2) / (2 * s**2))


# center


@pytest.mark.parametrize("circle", [True, False])
@pytest.mark.parametrize("seed", range(4))
def test_radon_turns_about_any_center(seed: int, circle: bool) -> None:
    """Against the closed form, at centers between pixels, wherever the Gaussian stands in the image."""
    rng = np.random.default_rng(seed)
    shape, center = (34, 40), rng.uniform(12, 24, 2)
    at = np.array(shape) / 2 + rng.uniform(-3, 3, 2)
    image = gaussian(shape, at, 2.0)
    sinogram = radon(image, THETA, "mask" if circle else False, center=center)
    n = len(sinogram)
    assert n == 34 if circle else n % 2 == 1
    expected = profiles(n, n // 2, at - center, 2.0)
    seen = expected.max(0) > 1
    assert np.abs(sinogram - expected)[:, seen].max() < (0.35 if circle else 2e-3) * expected.max()
    if not circle:
        assert_allclose(sinogram.sum(0), image.sum(), rtol=2e-3)


def test_the_center_given_may_be_the_usual_one() -> None:
    """To the transform's error: images are cropped only if no center is given, so other points are interpolated."""
    image = gaussian((24, 29), (13.3, 15.1), 2.0)
    expected = radon(image, THETA, "mask")
    assert_allclose(radon(image, THETA, "mask", center=(12, 14)), expected, atol=2e-3 * expected.max())


def test_every_pixel_is_seen_from_any_center() -> None:
    """Also from one outside the image: no row of the sinogram is missing, but for splines' tails of 1.2 %."""
    image = np.zeros((9, 12))
    image[0, 0] = image[8, 11] = 1
    for center in ((0, 0), (4, 5.5), (-3, 20), (8, 11)):
        assert_allclose(radon(image, [0, 90], False, center=center).sum(0), 2, atol=0.03)


@pytest.mark.parametrize("interpolation", KINDS)
@pytest.mark.parametrize("circle", [True, False])
@pytest.mark.parametrize("before", [0, 3, 8])
def test_rows_of_zeros_move_the_center_only(before: int, circle: bool, interpolation: str) -> None:
    sinogram = np.random.default_rng(before).standard_normal((15, 11))
    longer = np.pad(sinogram, ((before, 5), (0, 0)))
    options = {"output_size": 17, "circle": circle, "interpolation": interpolation}
    expected = iradon(sinogram, **options)
    # The tails of splines and of the low pass are cut 16 samples beyond the image.
    tolerance = 1e-8 if interpolation == "linear" else 2e-5
    found = iradon(longer, center=7 + before, **options)
    assert np.abs(found - expected).max() < tolerance * np.abs(expected).max()


@pytest.mark.parametrize("seed", range(4))
def test_the_axis_may_lie_between_rows(seed: int) -> None:
    rng = np.random.default_rng(seed)
    zero, at = rng.uniform(10, 22), rng.uniform(-3, 3, 2)
    image = iradon(profiles(40, zero, at, 2.5), THETA, 21, interpolation="cubic", center=zero)
    expected = gaussian((21, 21), at + 10, 2.5)
    inside = image != 0
    assert np.abs(image - expected)[inside].max() < 5e-3


def test_wrong_centers_are_named() -> None:
    for bad in ((1, 2, 3), 4.0, (np.nan, 0)):
        with pytest.raises(ValueError, match=r"^center: expected"):
            radon(np.zeros((4, 4)), center=bad)
    with pytest.raises(ValueError, match=r"^center: expected a finite number"):
        iradon(np.zeros((4, 4)), center=np.inf)


# Stacks


@pytest.mark.parametrize("circle", [True, False])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_leading_axes_are_a_loop(circle: bool, dtype: Any) -> None:
    stack = np.random.default_rng(0).standard_normal((5, 13, 10)).astype(dtype)
    laws.batch_is_loop(lambda image: radon(image, THETA[:7], "mask" if circle else False), stack, 2)
    for kind in KINDS:
        laws.batch_is_loop(lambda sinogram, kind=kind: iradon(sinogram, circle=circle, interpolation=kind), stack, 2)
    laws.batch_is_loop(lambda sinogram: iradon(sinogram, filter_name=None, padding="ellipse"), stack, 2)


@pytest.mark.parametrize("count", [1, 2, 3, 7])
def test_threads_do_not_change_the_bits(count: int) -> None:
    sinogram = np.random.default_rng(1).standard_normal((2, 101, 90))
    for kind in KINDS:
        expected = iradon(sinogram, interpolation=kind, num_threads=1)
        assert_array_equal(iradon(sinogram, interpolation=kind, num_threads=count), expected)


# Windows and cutoffs


def quiet_noise(seed: int = 0) -> Any:
    return np.random.default_rng(seed).standard_normal((24, 18))


@pytest.mark.parametrize("interpolation", KINDS)
def test_a_window_of_ones_is_the_ramp(interpolation: str) -> None:
    expected = iradon(quiet_noise(), interpolation=interpolation)
    for window in (np.ones_like, np.ones(2), [1, 1, 1]):
        assert_array_equal(iradon(quiet_noise(), None, None, window, interpolation), expected)


@pytest.mark.parametrize("interpolation", KINDS)
@pytest.mark.parametrize("seed", range(3))
def test_the_image_is_linear_in_the_window(seed: int, interpolation: str) -> None:
    rng = np.random.default_rng(seed)
    first, second = rng.standard_normal((2, 9))
    a, b = (iradon(quiet_noise(seed), None, None, window, interpolation) for window in (first, second))
    both = iradon(quiet_noise(seed), None, None, 2 * first - 3 * second, interpolation)
    laws.same(both, 2 * a - 3 * b)


def test_functions_and_their_samples_agree() -> None:
    """An array is linear between its values."""
    by_array = iradon(quiet_noise(), filter_name=[1, 0.25, 0])
    by_function = iradon(quiet_noise(), filter_name=lambda u: np.interp(u, [0, 0.5, 1], [1, 0.25, 0]))
    laws.same(by_array, by_function)


WINDOWS: dict[str, Callable[[Any], Any]] = {
    "shepp-logan": lambda u: np.sinc(u / 2),
    "cosine": lambda u: np.cos(np.pi * u / 2),
    "hamming": lambda u: 0.54 + 0.46 * np.cos(np.pi * u),
    "hann": lambda u: 0.5 + 0.5 * np.cos(np.pi * u),
}


@pytest.mark.parametrize("name", WINDOWS)
def test_named_windows_are_their_formulas(name: str) -> None:
    """To 2e-3: kernels of named windows are exact, others are sampled at discrete frequencies."""
    named, formula = (iradon(quiet_noise(), filter_name=window) for window in (name, WINDOWS[name]))
    assert np.abs(named - formula).max() < 2e-3 * np.abs(named).max()
    shorter, formula = (iradon(quiet_noise(), filter_name=window, cutoff=0.6) for window in (name, WINDOWS[name]))
    laws.same(shorter, formula)


@pytest.mark.parametrize("cutoff", [0.3, 0.5, 0.8])
def test_waves_beyond_the_cutoff_vanish_and_others_stay(cutoff: float) -> None:
    t, envelope = np.arange(-150, 151.0), np.exp(-(np.arange(-150, 151.0) ** 2) / (2 * 30**2))
    for factor, stays in ((0.8, True), (1.2, False)):
        wave = (envelope * np.cos(np.pi * cutoff * factor * t))[:, None]
        whole, cut = iradon(wave, [0], 41), iradon(wave, [0], 41, cutoff=cutoff)
        expected = whole if stays else 0 * whole
        assert np.abs(cut - expected).max() < 5e-3 * np.abs(whole).max()
    assert_array_equal(iradon(quiet_noise(), cutoff=1), iradon(quiet_noise()))


def test_wrong_windows_and_cutoffs_are_named() -> None:
    for bad in (0, -1, 1.5, np.nan):
        with pytest.raises(ValueError, match=r"^cutoff: expected"):
            iradon(np.zeros((4, 4)), cutoff=bad)
    for window in ([1.0], np.ones((2, 2)), [1, np.nan], lambda u: u[:5], lambda u: 1.0):
        with pytest.raises(ValueError, match=r"^filter_name: expected"):
            iradon(np.zeros((4, 4)), filter_name=window)
    with pytest.raises(TypeError, match=r"^filter_name: expected real numbers"):
        iradon(np.zeros((4, 4)), filter_name=lambda u: u + 1j)
    with pytest.raises(ValueError, match=r"^padding: expected one of zeros, ellipse"):
        iradon(np.zeros((4, 4)), padding="wrap")


# Truncated projections


@pytest.mark.parametrize("interpolation", KINDS)
@pytest.mark.parametrize("seed", range(6))
def test_ellipses_mend_truncated_projections(seed: int, interpolation: str) -> None:
    """An ellipse wider than the detector with a Gaussian in it: a quarter of the error, and within 0.1 of the level."""
    rng = np.random.default_rng(seed)
    n, at, off = 61, rng.uniform(-8, 8, 2), rng.uniform(-3, 3, 2)
    a, b = rng.uniform(36, 70, 2)
    t, p = np.arange(n)[:, None] - n // 2, np.deg2rad(THETA)
    squares = (a * np.sin(p)) ** 2 + (b * np.cos(p)) ** 2
    moved = t - (np.cos(p) * off[1] - np.sin(p) * off[0])
    sinogram = 2 * a * b * np.sqrt(np.maximum(squares - moved**2, 0)) / squares + profiles(n, n // 2, at, 3.0)
    expected = 1 + gaussian((n, n), at + n // 2, 3.0)
    rows, columns = np.ogrid[:n, :n]
    inside = (rows - n // 2) ** 2 + (columns - n // 2) ** 2 < 25**2
    zeros, ellipse = (
        (iradon(sinogram, THETA, interpolation=interpolation, padding=padding) - expected)[inside]
        for padding in ("zeros", "ellipse")
    )
    assert np.std(ellipse) < 0.25 * np.std(zeros)
    assert abs(np.mean(ellipse)) < 0.1


def test_padding_scales_with_the_sinogram() -> None:
    sinogram = np.random.default_rng(0).standard_normal((20, 9))
    image = iradon(sinogram, padding="ellipse")
    for factor in (-1, 8, 1e-3):
        laws.same(iradon(factor * sinogram, padding="ellipse"), factor * image)
    assert iradon(np.ones((1, 4)), padding="ellipse").shape == (1, 1)
    assert iradon(np.ones((2, 4)), padding="ellipse").shape == (2, 2)


@pytest.mark.parametrize("interpolation", KINDS)
def test_projections_that_end_with_zeros_need_no_padding(interpolation: str) -> None:
    sinogram = np.random.default_rng(0).standard_normal((20, 9))
    sinogram[[0, -1]] = 0
    for filter_name in ("ramp", None):
        images = (iradon(sinogram, None, None, filter_name, interpolation, padding=p) for p in ("zeros", "ellipse"))
        assert_allclose(*images, atol=1e-4 if interpolation == "cubic" else 1e-8)


# Masks


def test_a_mask_is_zeros_outside_the_circle() -> None:
    for seed, shape in enumerate(((11, 11), (12, 12), (9, 14), (14, 9))):
        image = np.random.default_rng(seed).standard_normal(shape)
        rows, columns = np.ogrid[: shape[0], : shape[1]]
        outside = (rows - shape[0] // 2) ** 2 + (columns - shape[1] // 2) ** 2 > (min(shape) // 2) ** 2
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            masked = radon(image, THETA, "mask")
            assert_array_equal(masked, radon(np.where(outside, 0, image), THETA))
        with pytest.warns(UserWarning, match="reconstruction circle"):
            radon(image, THETA)
    with pytest.raises(ValueError, match="circle: expected True, False or 'mask', got 'inside'"):
        radon(np.zeros((4, 4)), circle="inside")


@pytest.mark.parametrize("transform", [radon, iradon])
def test_models_and_functions_are_told_how_to_be_sampled_or_drawn(transform: Any) -> None:
    model = type("Sequential", (), {"__module__": "torch.nn.modules", "__len__": lambda _: 3})()
    with pytest.raises(TypeError, match=r"got a model, Sequential; plot\.overview\(from_model\(model\)\)"):
        transform(model)
    with pytest.raises(TypeError, match=r"got a function, Sum; pass its samples.*plot\.sinogram\(f\)"):
        transform(shepp_logan())


def test_an_array_of_a_framework_is_an_array() -> None:
    values = np.eye(8)
    tensor = type("Tensor", (), {"__module__": "torch", "__array__": lambda _, dtype=None, copy=None: values})()
    np.testing.assert_array_equal(radon(tensor, circle=False), radon(values, circle=False))
