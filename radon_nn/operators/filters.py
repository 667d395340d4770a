"""Filters in the offset variable: K with symbol c_d |w|^(d-1), its derivatives, and the windows.

The discrete filter is built from samples of the *band-limited kernel*, the inverse Fourier integral of the symbol
over |w| < pi/step, and applied by linear convolution: of short lines as a sum, of others by Fourier transforms of lines
filled up with zeros. Sampling the symbol itself at the discrete frequencies would wrap the kernel's long tails around
and get the mean wrong.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import fft
from scipy.special import sici

from radon_nn._support import checks, scratch, threads
from radon_nn._support.types import Floats
from radon_nn.geometry.directions import inversion_constant as inversion_constant
from radon_nn.operators import _sharpening
from radon_nn.operators._kernels import spectra
from radon_nn.operators._kernels.spectra import SPREAD
from radon_nn.operators._stacks import flat, strides
from radon_nn.operators.interpolation import average_loss

Complexes = NDArray[np.complex128]

_BLOCK_BYTES = 1 << 20
"""Size of the lines that a thread filters at a time: about 1 MiB, which fits its cache."""
_FILTER_NS = 8.0
"""Nanoseconds to filter a number in float32, including two Fourier transforms: measured on one core."""
_MULTIPLE = 16
"""Transforms have a multiple of this many complex numbers, which are taken four or eight at a time at first: of 640
numbers they take 0.67 ms for 512 lines in float32, of 630, 625 and 648 numbers 0.80, 0.76 and 0.76 ms."""
_SHORT = 48
"""Short lines are filtered by a sum over their values, where that takes up to this many products for each number of the
Fourier transform that it saves. On one core both take as long at 58, 55 and 78 products for lines of 28, 64 and 128
values in float32; at 53, 50 and 63 in float64."""
_TAP_NS = 0.016
"""Nanoseconds for each byte of such a product: 0.065 in float32 for lines of 28 values."""

WINDOWS = ("ramp", "none", "shepp-logan", "cosine", "hamming", "hann")
"""Windows in u = |w| step / pi: 1 (ramp, none), sinc(u/2), cos(pi u/2), a + (1 - a) cos(pi u) with a = 0.54, 0.5."""


def window_gains(window: str, u: Floats) -> Floats:
    """
    The windows' values.

    Parameters
    ----------
    window : {'ramp', 'none', 'shepp-logan', 'cosine', 'hamming', 'hann'}
        Apodisation.
    u : ndarray
        Frequencies, as fractions of the highest.

    Returns
    -------
    ndarray
        W(u), as for `WINDOWS`.
    """
    if window == "shepp-logan":
        return np.sinc(u / 2)
    if window == "cosine":
        return np.asarray(np.cos(np.pi * u / 2))
    level = {"hamming": 0.54, "hann": 0.5}.get(window, 1.0)
    return np.asarray(level + (1 - level) * np.cos(np.pi * u))


def kernel(power: int, derivative: int, count: int, window: str = "ramp") -> Floats:
    """
    Samples k(n), n = 0 .. count-1, of the band-limited kernel with symbol |w|^power (i w)^derivative, for unit step.

    k(n) = (1/pi) integral_0^pi w^p W(w/pi) cos(w n + derivative pi/2) dw with p = power + derivative and the window W,
    in closed form: cosine windows are means of shifted kernels, and the sinc lowers the power by one. The kernel is
    even for even `derivative` and odd for odd `derivative`.

    Parameters
    ----------
    power : int
        Power of |w|, at least 0.
    derivative : int
        Order of the derivative, at least 0.
    count : int
        Number of samples.
    window : {'ramp', 'none', 'shepp-logan', 'cosine', 'hamming', 'hann'}
        Apodisation.

    Returns
    -------
    ndarray, shape (count,)
        The samples.

    Raises
    ------
    ValueError
        If the window is unknown.
    """
    checks.one_of(window, "window", WINDOWS)
    p, n = power + derivative, np.arange(count, dtype=np.float64)
    if window == "shepp-logan":
        if p == 0:
            return np.asarray(np.diff([sici(np.pi * (n + shift))[0] for shift in (-0.5, 0.5)], axis=0)[0] / np.pi)
        return _integral(p - 1, derivative - 1, n + 0.5) - _integral(p - 1, derivative - 1, n - 0.5)
    if window == "cosine":
        return (_integral(p, derivative, n + 0.5) + _integral(p, derivative, n - 0.5)) / 2
    level = {"hamming": 0.54, "hann": 0.5}.get(window, 1.0)
    samples = level * _integral(p, derivative, n)
    if level < 1:
        samples += (1 - level) / 2 * (_integral(p, derivative, n + 1) + _integral(p, derivative, n - 1))
    return samples


def _integral(power: int, quarter_turns: int, x: Floats) -> Floats:
    """(1/pi) integral_0^pi w^power cos(x w + quarter_turns pi/2) dw, by parts."""
    nonzero = np.where(x == 0, 1.0, x)
    sin, cos = np.sin(np.pi * nonzero), np.cos(np.pi * nonzero)
    cosine, sine = sin / nonzero, (1 - cos) / nonzero
    for p in range(1, power + 1):
        cosine, sine = (np.pi**p * sin - p * sine) / nonzero, (-(np.pi**p) * cos + p * cosine) / nonzero
    cosine = np.where(x == 0, np.pi ** (power + 1) / (power + 1), cosine)
    sine = np.where(x == 0, 0.0, sine)
    return np.asarray((cosine, -sine, -cosine, sine)[quarter_turns % 4] / np.pi)


@dataclass(frozen=True)
class Filter:
    """
    The filter scale |w|^power (i w)^derivative W(w) (1 - rolloff sin^5(w step / 2)), W being the window.

    Parameters
    ----------
    power : int
        Power of |w|.
    derivative : int
        Order m of the derivative d_t^m.
    window : {'ramp', 'none', 'shepp-logan', 'cosine', 'hamming', 'hann'}
        Apodisation; 'ramp' and 'none' both mean that there is no window.
    rolloff : float
        Fraction by which the highest frequency is damped; low frequencies are unchanged to fifth order.
    scale : float
        A constant factor.
    spline : {1, 3, 5}
        If 3 or 5, return the coefficients of the spline of this degree through the filtered samples; if 1, return the
        samples. Close to either end the coefficients are less exact, because they depend on filtered samples beyond
        it, which the filter leaves out.
    linear : bool
        Whether to make up for what `LinearBackprojection` loses at low frequencies.
    gains : tuple of float
        Further factors at evenly spaced frequencies from 0 to the highest, linear in between; none if empty.

    Raises
    ------
    ValueError
        If the window is unknown.
    """

    power: int
    derivative: int = 0
    window: str = "ramp"
    rolloff: float = 0.0
    scale: float = 1.0
    spline: int = 1
    linear: bool = False
    gains: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        checks.one_of(self.window, "window", WINDOWS)


def apply(
    sinogram: NDArray[np.floating],
    step: float,
    chosen: Filter,
    *,
    pad: tuple[int, int] = (0, 0),
    num_threads: int | None = None,
    out: NDArray[np.floating] | None = None,
) -> NDArray[np.floating]:
    """
    Apply a filter along the last axis.

    Parameters
    ----------
    sinogram : ndarray, shape (..., n)
        Samples in the offset variable, taken as zero outside.
    step : float
        Spacing of the samples.
    chosen : Filter
        The filter.
    pad : tuple of int
        How many values to return before the first sample, and after the last.
    num_threads : int, optional
        Threads to use, at most; if not given, see `radon_nn.operators`.
    out : ndarray, shape (..., pad[0] + n + pad[1]), optional
        Where to write the filtered samples: C-ordered, of the sinogram's dtype.

    Returns
    -------
    ndarray, shape (..., pad[0] + n + pad[1])
        The filtered samples, in the same dtype.

    References
    ----------
    F. Natterer, The Mathematics of Computerized Tomography, section V.1.
    """
    if out is None:
        out = np.empty((*sinogram.shape[:-1], pad[0] + sinogram.shape[-1] + pad[1]), sinogram.dtype)
    threads.run(stage(sinogram, step, chosen, pad=pad, out=out), threads.resolve(num_threads))
    return out


def stage(
    sinogram: NDArray[np.floating],
    step: float,
    chosen: Filter,
    *,
    pad: tuple[int, int] = (0, 0),
    out: NDArray[np.floating],
) -> threads.Stage:
    """
    The work of `apply`, as a stage of a program.

    Parameters
    ----------
    sinogram : ndarray, shape (..., n)
        Samples in the offset variable; this and the other parameters are as for `apply`.
    step : float
        Spacing of the samples.
    chosen : Filter
        The filter.
    pad : tuple of int
        How many values to return before the first sample, and after the last.
    out : ndarray, shape (..., pad[0] + n + pad[1])
        Where to write the filtered samples.

    Returns
    -------
    Stage
        The stage; each of its tasks is a line.
    """
    first, last = pad
    count = sinogram.shape[-1]
    n = first + count + last
    half = _MULTIPLE * fft.next_fast_len(-(-(count + n) // (2 * _MULTIPLE)))
    dtype, lags = sinogram.dtype, (n - first, first + count)
    values, filtered = sinogram.reshape(-1, count), out.reshape(-1, n)
    if min(values.strides) < 0:  # `flat`, and blocks that begin at a multiple of a stride, need memory run forwards.
        values = np.ascontiguousarray(values)
    memory, (across, along), least = flat(values), strides(values), np.finfo(dtype).tiny
    if count * n <= _SHORT * 2 * half:
        taps = _taps(chosen, step, lags, 2 * half, dtype)

        def convolve(begin: int, end: int) -> None:
            """Filter lines by sums."""
            room = scratch.empty("line", (count + SPREAD - 1,), dtype)
            spectra.convolve(memory, (across, along), count, taps, room, filtered.reshape(-1), (begin, end, n))

        return threads.Stage(convolve, len(values), _TAP_NS * count * n * dtype.itemsize)
    weights = _weights(chosen, step, lags, 2 * half, dtype)
    complexes = np.result_type(dtype, np.complex64)

    def work(begin: int, end: int) -> None:
        """Filter a block of lines in this thread's memory."""
        lines = scratch.empty("lines", (most, 2 * half), dtype)[: end - begin]
        spectra.fill_lines(memory[begin * across :], (across, along), count, first, least, lines)
        fft.fft(lines.view(complexes), axis=-1, overwrite_x=True)
        real, imaginary = (scratch.empty(name, (half + 1,), dtype) for name in ("real parts", "imaginary parts"))
        spectra.combine(lines, weights, real, imaginary)
        fft.ifft(lines.view(complexes), axis=-1, overwrite_x=True)
        filtered[begin:end] = lines[:, :n]

    most = max(1, min(len(values), _BLOCK_BYTES // (2 * half * dtype.itemsize)))
    return threads.Stage(work, len(values), _FILTER_NS * 2 * half * dtype.itemsize / 4, most)


@lru_cache(maxsize=8)
def _weights(
    chosen: Filter, step: float, lags: tuple[int, int], length: int, dtype: np.dtype[Any]
) -> NDArray[np.floating]:
    """The weights (4, length / 2) that `combine` needs for spectra of `length` samples."""
    own, mirrored = _halved(_transfer(chosen, step, lags, length))
    return checks.frozen(np.array([own.real, own.imag, mirrored.real, mirrored.imag], dtype))


@lru_cache(maxsize=8)
def _taps(
    chosen: Filter, step: float, lags: tuple[int, int], length: int, dtype: np.dtype[Any]
) -> NDArray[np.floating]:
    """What `convolve` sums lines with: the filter at lags 1 - lags[1] .. lags[0] - 1, after SPREAD - 1 zeros."""
    response = fft.ifft(_transfer(chosen, step, lags, length)).real
    taps = response[np.arange(1 - lags[1], lags[0]) % length]
    return checks.frozen(np.concatenate([np.zeros(SPREAD - 1), taps]).astype(dtype))


def _transfer(chosen: Filter, step: float, lags: tuple[int, int], length: int) -> Complexes:
    """The filter at `length` frequencies, from its kernel at the lags -lags[1] < lag < lags[0]."""
    ahead, behind = lags
    samples = kernel(chosen.power, chosen.derivative, max(ahead, behind), chosen.window)
    response = np.zeros(length)
    response[:ahead] = samples[:ahead]
    response[length - behind + 1 :] = samples[behind - 1 : 0 : -1] * (-1 if chosen.derivative % 2 else 1)
    transfer = fft.fft(response) * (chosen.scale / step ** (chosen.power + chosen.derivative))
    angles = 2 * np.pi * np.arange(length) / length
    transfer *= 1 - chosen.rolloff * np.sin(angles / 2) ** 5
    if chosen.gains:
        knots = np.linspace(0, np.pi, len(chosen.gains))
        transfer *= np.interp(np.pi - np.abs(np.pi - angles), knots, chosen.gains)
    if chosen.linear:
        transfer *= average_loss(np.pi - np.abs(np.pi - angles))
    middle, *outer = _sharpening.SPLINE_AT_INTEGERS[chosen.spline]
    transfer /= middle + 2 * sum(value * np.cos((j + 1) * angles) for j, value in enumerate(outer))
    return np.asarray(transfer)


def _halved(transfer: Complexes) -> tuple[Complexes, Complexes]:
    """
    Weights own, mirrored that filter 2 M real samples x as M complex ones, z[j] = x[2 j] + i x[2 j + 1].

    For the filter with values H at 2 M frequencies, z^[k] becomes own[k] z^[k] + mirrored[k] conj(z^[-k]): the parts of
    x at even and odd indices are each filtered by A = (H[k] + H[k + M]) / 2, and each is added to the other, a sample
    ahead or behind, filtered by B = (H[k] - H[k + M]) / 2; own = A - B sin(pi k / M), mirrored = i B cos(pi k / M).
    """
    first, second = transfer.reshape(2, -1)
    angle = np.pi * np.arange(len(first)) / len(first)
    across = (first - second) / 2
    return (first + second) / 2 - across * np.sin(angle), 1j * across * np.cos(angle)
