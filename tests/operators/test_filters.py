"""The filters in the offset variable against numerical integrals of their symbols and closed forms."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import reference
from radon_nn import Directions, Grid, Offsets, RadonTransform
from radon_nn.operators import filters

APODISING = ("shepp-logan", "cosine", "hamming", "hann")


@pytest.mark.parametrize("derivative", range(4))
@pytest.mark.parametrize("power", range(5))
def test_kernel_is_the_fourier_integral_of_its_symbol(power: int, derivative: int) -> None:
    expected = reference.band_limited_kernel(power, derivative, 40)
    assert_allclose(filters.kernel(power, derivative, 40), expected, rtol=0, atol=1e-13 * np.abs(expected).max())


def test_kernel_of_the_ramp_is_the_textbook_one() -> None:
    n = np.arange(1, 9)
    assert_allclose(filters.kernel(1, 0, 9), [math.pi / 2, *np.where(n % 2, -2 / (math.pi * n**2), 0)], atol=1e-15)


def test_kernel_of_no_filter_is_a_delta() -> None:
    assert_allclose(filters.kernel(0, 0, 6), [1, 0, 0, 0, 0, 0], atol=1e-15)


@pytest.mark.parametrize("count", [0, 1, 2])
def test_kernel_may_be_short(count: int) -> None:
    assert_allclose(filters.kernel(2, 1, count), filters.kernel(2, 1, 9)[:count], rtol=1e-15)


@pytest.mark.parametrize(("dim", "constant"), [(1, 0.5), (2, 1 / (4 * math.pi)), (3, 1 / (8 * math.pi**2))])
def test_inversion_constants(dim: int, constant: float) -> None:
    assert filters.inversion_constant(dim) == pytest.approx(constant, rel=1e-15)


@pytest.mark.parametrize("dim", range(2, 7))
def test_inversion_constant_from_polar_coordinates(dim: int) -> None:
    """At the center of a Gaussian, f(0) = |S^(d-1)| c_d (1/2 pi) integral |w|^(d-1) f^(w) dw has to be 1."""
    w, dw = reference.half_line(14)
    radial = (2 * math.pi) ** (dim / 2) / math.pi * (w ** (dim - 1) * np.exp(-(w**2) / 2)) @ dw
    assert filters.inversion_constant(dim) * reference.sphere_area(dim) * radial == pytest.approx(1, rel=1e-9)


def convolved(values: reference.Floats, step: float, power: int, derivative: int, window: str) -> reference.Floats:
    """Convolution of rows, zero beyond their ends, with the band-limited windowed kernel."""
    n = values.shape[-1]
    kernel = reference.band_limited_kernel(power, derivative, n, reference.WINDOWS[window])
    full = [np.convolve(row, reference.two_sided(kernel, derivative)) for row in values]
    return np.array(full)[:, n - 1 : 2 * n - 1] / step ** (power + derivative)


@pytest.fixture(params=[0, math.inf], ids=["by Fourier transforms", "by sums"])
def kind(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Which lines are taken for short ones: none, or all."""
    monkeypatch.setattr(filters, "_SHORT", request.param)


@pytest.mark.usefixtures("kind")
@pytest.mark.parametrize(("power", "derivative"), [(0, 0), (0, 1), (1, 0), (2, 2), (3, 1)])
@pytest.mark.parametrize("n", [1, 2, 16, 33])
def test_apply_is_the_linear_convolution(n: int, power: int, derivative: int) -> None:
    values = np.random.default_rng(n).standard_normal((3, n))
    expected = convolved(values, 0.7, power, derivative, "ramp")
    rounding = 1e-13 * (math.pi / 0.7) ** (power + derivative) * np.abs(values).sum()
    for name in ("ramp", "none"):
        actual = filters.apply(values, 0.7, filters.Filter(power=power, derivative=derivative, window=name))
        assert_allclose(actual, expected, rtol=0, atol=rounding)


@pytest.mark.parametrize("window", APODISING)
@pytest.mark.parametrize(("power", "derivative"), [(1, 0), (1, 1)])
@pytest.mark.parametrize("n", [1, 33])
def test_windowed_apply_is_the_linear_convolution(n: int, power: int, derivative: int, window: str) -> None:
    """The tolerance leaves room for a kernel integrated numerically."""
    values = np.random.default_rng(n).standard_normal((3, n))
    expected = convolved(values, 0.7, power, derivative, window)
    actual = filters.apply(values, 0.7, filters.Filter(power=power, derivative=derivative, window=window))
    assert_allclose(actual, expected, rtol=0, atol=1e-8)


@pytest.mark.parametrize("window", filters.WINDOWS)
def test_zeros_appended_change_nothing(window: str) -> None:
    """Samples are zero beyond the offsets whatever the window, and nothing wraps around."""
    values = np.random.default_rng(1).standard_normal(33)
    longer = filters.apply(np.append(values, np.zeros(60)), 0.5, filters.Filter(power=1, window=window))[:33]
    assert_allclose(filters.apply(values, 0.5, filters.Filter(power=1, window=window)), longer, rtol=0, atol=1e-8)


@pytest.mark.usefixtures("kind")
@pytest.mark.parametrize("derivative", [0, 1])
@pytest.mark.parametrize("pad", [(0, 0), (5, 0), (3, 40)])
def test_lines_are_filtered_one_by_one_however_they_lie(
    pad: tuple[int, int], derivative: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A few lines at a time, from any layout, into memory of the caller's; what is added is what zeros would get."""
    lines = np.random.default_rng(3).standard_normal((20, 37)).T
    monkeypatch.setattr(filters, "_BLOCK_BYTES", 10_000)
    out = np.empty((37, pad[0] + 20 + pad[1]))
    found = filters.apply(lines, 0.5, filters.Filter(power=1, derivative=derivative), pad=pad, out=out)
    assert found is out
    for line, filtered in zip(lines, found, strict=True):
        alone = filters.apply(np.pad(line, pad), 0.5, filters.Filter(power=1, derivative=derivative))
        assert_allclose(filtered, alone, rtol=0, atol=1e-12)


@pytest.mark.parametrize("window", filters.WINDOWS)
def test_windows_shape_the_response_to_a_wave(window: str) -> None:
    """Under a slow envelope cos(w t) becomes |w| W(w) cos(w t), up to the envelope's share of other frequencies."""
    t, w = np.arange(-300, 301) * 0.5, 2.1
    envelope = np.exp(-((t / 40) ** 2) / 2)
    gain = w * float(np.broadcast_to(reference.WINDOWS[window](np.array([w * 0.5 / math.pi])), 1)[0])
    filtered = filters.apply(envelope * np.cos(w * t), 0.5, filters.Filter(power=1, window=window))
    assert_allclose(filtered, gain * envelope * np.cos(w * t), rtol=0, atol=0.03)


def test_ramp_of_a_constant_is_the_hilbert_transform_of_its_edges() -> None:
    """|w| = H d_t turns the indicator of [-A, A] into 1 / (pi (A + t)) + 1 / (pi (A - t)): its mean is not lost."""
    n, step = 401, 0.02
    t = (np.arange(n) - n // 2) * step
    A = n * step / 2
    filtered = filters.apply(np.ones(n), step, filters.Filter(power=1))
    middle = np.abs(t) < A / 2
    expected = (1 / (A + t) + 1 / (A - t)) / math.pi
    assert np.all(filtered[middle] > 0)
    assert_allclose(filtered[middle], expected[middle], rtol=2 / n)


@pytest.mark.parametrize("power", range(5))
@pytest.mark.parametrize("derivative", range(4))
def test_symbols_compose_on_band_limited_samples(power: int, derivative: int) -> None:
    """|w|^p (i w)^m of a Gaussian with negligible spectrum beyond the Nyquist frequency, by a Fourier integral."""
    s, step = 0.5, 0.125
    t = (np.arange(81) - 40) * step
    w, dw = reference.half_line(20)
    symbol = w ** (power + derivative) * 1j**derivative * s * math.sqrt(2 * math.pi) * np.exp(-((s * w) ** 2) / 2)
    expected = (np.exp(1j * w * t[:, None]) @ (symbol * dw)).real / math.pi
    filtered = filters.apply(np.exp(-((t / s) ** 2) / 2), step, filters.Filter(power=power, derivative=derivative))
    rounding = 1e-14 * (math.pi / step) ** (power + derivative)
    assert_allclose(filtered, expected, rtol=0, atol=1e-9 * np.abs(expected).max() + rounding)


@pytest.mark.parametrize("derivative", range(3))
@pytest.mark.parametrize("dim", range(1, 6))
def test_k_of_a_gaussian_transform(dim: int, derivative: int) -> None:
    """The amplification (pi s / step)^p = 12^p of rounding is the only error: spectrum and tails are below 1e-20."""
    gaussian = reference.Gaussian((0.1,) * dim, 0.3)
    directions = reference.sphere_rule(dim, 2, 3)
    transform = RadonTransform(Grid.cube(3, dim), directions, Offsets(81, 0.08))
    sinogram = gaussian.radon(directions.normals, transform.offsets.values)
    expected = gaussian.filtered(directions.normals, transform.offsets.values, derivative)
    rounding = 1e-14 * 12 ** (dim - 1 + derivative) + 1e-12
    actual = transform.filter(sinogram, derivative=derivative)
    assert_allclose(actual, expected, rtol=0, atol=rounding * np.abs(expected).max())


@pytest.mark.parametrize("dim", [3, 5])
def test_k_is_local_in_odd_dimensions(dim: int) -> None:
    """|w|^(d-1) = (-1)^((d-1)/2) d_t^(d-1): K agrees with the derivative filter, and vanishes beyond the support."""
    x = np.random.default_rng(dim).standard_normal((2, 24))
    transform = RadonTransform(Grid.cube(2, dim), Directions.random(2, dim, np.random.default_rng(0)), Offsets(24, 0.5))
    derivative = filters.apply(x, 0.5, filters.Filter(power=0, derivative=dim - 1))
    expected = (-1) ** ((dim - 1) // 2) * filters.inversion_constant(dim) * derivative
    assert_allclose(transform.filter(x), expected, rtol=0, atol=1e-12 * np.abs(expected).max())
    t = (np.arange(161) - 80) * 0.1
    bump = np.exp(-(t**2) / (2 * 0.25))
    far = np.abs(filters.apply(bump, 0.1, filters.Filter(power=dim - 1)))[np.abs(t) > 6.5]
    assert far.max() < 1e-7 < 1e-4 < np.abs(filters.apply(bump, 0.1, filters.Filter(power=dim))[np.abs(t) > 6.5]).max()


def test_filtered_and_differentiated_decaying_functions_have_zero_mean() -> None:
    """The integral over t of d_t^2 K R f is the symbol at w = 0; beyond |t| = 12 lie 1e-3 of it."""
    gaussian = reference.Gaussian((0.2, -0.1), 0.5)
    directions = reference.sphere_rule(2, 2, 5)
    transform = RadonTransform(Grid.cube(3), directions, Offsets(241, 0.1))
    filtered = transform.filter(gaussian.radon(directions.normals, transform.offsets.values), derivative=2)
    assert np.all(np.abs(filtered.sum(1)) < 1e-3 * np.abs(filtered).sum(1))


@pytest.mark.parametrize("window", ["Ramp", "", "gauss"])
def test_unknown_windows_name_the_known(window: str) -> None:
    with pytest.raises(ValueError, match="shepp-logan, cosine, hamming, hann"):
        filters.apply(np.ones(4), 1.0, filters.Filter(power=1, window=window))


@pytest.mark.usefixtures("kind")
def test_single_precision_stays_and_agrees() -> None:
    x = np.random.default_rng(5).standard_normal((2, 3, 20))
    exact, single = (
        filters.apply(x, 0.3, filters.Filter(power=2)),
        filters.apply(x.astype(np.float32), 0.3, filters.Filter(power=2)),
    )
    assert single.dtype == np.float32
    assert_allclose(single, exact, rtol=0, atol=1e-6 * np.abs(exact).max())


@pytest.mark.parametrize("turn", [np.s_[::-1, :], np.s_[:, ::-1], np.s_[::-1, ::-1], np.s_[::-2, ::3]])
@pytest.mark.parametrize("transposed", [False, True])
def test_lines_that_run_backwards_through_memory(turn: tuple[slice, slice], transposed: bool) -> None:
    """More lines than a block has: a block must not begin at the wrong end of memory."""
    whole = np.random.default_rng(0).standard_normal((700, 600))
    lines = (whole.T if transposed else whole)[turn]
    expected = filters.apply(np.ascontiguousarray(lines), 0.1, filters.Filter(1))
    assert_array_equal(filters.apply(lines, 0.1, filters.Filter(1)), expected)


@pytest.mark.parametrize("spline", [1, 3, 5])
@pytest.mark.parametrize("derivative", [0, 1])
@pytest.mark.parametrize("n", [1, 3, 5, 40])
def test_sums_are_what_fourier_transforms_give(
    n: int, derivative: int, spline: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For all that a filter may do besides, to 100 roundings of the largest number."""
    rng = np.random.default_rng(n)
    chosen = filters.Filter(1, derivative, "hann", 0.3, 2.0, spline, gains=tuple(rng.random(5)))
    lines, pad, found = rng.standard_normal((5, n))[::-1, ::-1], (int(rng.integers(9)), int(rng.integers(9))), []
    for short in (0, math.inf):
        monkeypatch.setattr(filters, "_SHORT", short)
        found.append(filters.apply(lines, 0.5, chosen, pad=pad))
    assert_allclose(found[1], found[0], rtol=0, atol=100 * np.finfo(float).eps * np.abs(found[0]).max())
