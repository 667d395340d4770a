"""Filters in the offset variable: K with symbol c_d |w|^(d-1), its derivatives, and the windows.

The discrete filter is built from samples of the *band-limited kernel*, the inverse Fourier integral of the symbol
over |w| < pi/step, and applied by linear convolution (zero padding to at least twice the length). Sampling the symbol
itself at the discrete frequencies would wrap the kernel's long tails around and get the mean wrong.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numba import get_num_threads
from numpy.typing import NDArray
from scipy import fft
from scipy.special import sici

from radon_nn._support import checks, scratch
from radon_nn._support import threads as _threads
from radon_nn._support.types import Floats
from radon_nn.geometry.directions import inversion_constant as inversion_constant
from radon_nn.operators import _sharpening
from radon_nn.operators._kernels import spectra as _line_kernels

Complexes = NDArray[np.complex128]

_BLOCK_BYTES = 1 << 20
"""Lines a thread filters at a time: about 1 MiB, which its cache holds."""
_LEAST_BYTES = 1 << 18
"""What is worth a thread."""

WINDOWS = ("ramp", "none", "shepp-logan", "cosine", "hamming", "hann")
"""Windows in u = |w| step / pi: 1 (ramp, none), sinc(u/2), cos(pi u/2), a + (1 - a) cos(pi u) with a = 0.54, 0.5."""


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
    at = np.where(x == 0, 1.0, x)
    sin, cos = np.sin(np.pi * at), np.cos(np.pi * at)
    cosine, sine = sin / at, (1 - cos) / at
    for p in range(1, power + 1):
        cosine, sine = (np.pi**p * sin - p * sine) / at, (-(np.pi**p) * cos + p * cosine) / at
    cosine = np.where(x == 0, np.pi ** (power + 1) / (power + 1), cosine)
    sine = np.where(x == 0, 0.0, sine)
    return np.asarray((cosine, -sine, -cosine, sine)[quarter_turns % 4] / np.pi)


def apply(
    sinogram: NDArray[np.floating],
    step: float,
    *,
    power: int,
    derivative: int = 0,
    window: str = "ramp",
    rolloff: float = 0.0,
    scale: float = 1.0,
    spline: int = 1,
    pad: tuple[int, int] = (0, 0),
    num_threads: int = -1,
    out: NDArray[np.floating] | None = None,
) -> NDArray[np.floating]:
    """
    Apply scale |w|^power (i w)^derivative W(w) (1 - rolloff sin^5(w step / 2)) along the last axis, W being the window.

    Parameters
    ----------
    sinogram : ndarray, shape (..., n)
        Samples in the offset variable, taken as zero outside.
    step : float
        Distance of the samples.
    power : int
        Power of |w|.
    derivative : int
        Order m of the derivative d_t^m.
    window : {'ramp', 'none', 'shepp-logan', 'cosine', 'hamming', 'hann'}
        Apodisation; 'ramp' and 'none' are no window at all.
    rolloff : float
        What is taken off the highest frequency; low ones keep their strength to fifth order.
    scale : float
        A factor.
    spline : {1, 3, 5}
        Degree of the splines through the filtered samples whose coefficients to return: of degree 1, the samples. Close
        to either end of what is returned they are no better than their neighbours beyond, which are not the filter's.
    pad : tuple of int
        How many more values, beyond the first and the last sample, to return.
    num_threads : int
        Threads to use; -1 for Numba's present number.
    out : ndarray, shape (..., pad[0] + n + pad[1]), optional
        Where to write the filtered samples: C-ordered, of the sinogram's dtype.

    Returns
    -------
    ndarray, shape (..., pad[0] + n + pad[1])
        The filtered samples, in the same dtype.

    Raises
    ------
    ValueError
        If the window is unknown.

    References
    ----------
    F. Natterer, The Mathematics of Computerized Tomography, section V.1.
    """
    first, last = pad
    count = sinogram.shape[-1]
    n = first + count + last
    half = fft.next_fast_len((count + n) // 2)
    lags = n - first, first + count
    weights = _weights(step, power, derivative, window, rolloff, scale, spline, *lags, 2 * half, sinogram.dtype)
    if out is None:
        out = np.empty((*sinogram.shape[:-1], n), sinogram.dtype)
    values, filtered = sinogram.reshape(-1, count), out.reshape(-1, n)
    line_bytes = 2 * half * sinogram.itemsize
    threads = get_num_threads() if num_threads < 1 else num_threads
    threads = max(1, min(threads, len(values) * line_bytes // _LEAST_BYTES))
    share = max(1, -(-len(values) // threads))
    block = -(-share // max(1, round(share * line_bytes / _BLOCK_BYTES)))
    room = scratch.empty("lines", (threads, block, 2 * half), sinogram.dtype)

    def work(thread: int, part: slice) -> None:
        """Filter a part of the lines in this thread's memory."""
        for begin in range(part.start, part.stop, block):
            here = slice(begin, min(begin + block, part.stop))
            lines = room[thread, : here.stop - here.start]
            spectra = lines.view(np.result_type(sinogram.dtype, np.complex64))
            _line_kernels.fill(values[here], first, lines)
            fft.fft(spectra, axis=-1, overwrite_x=True)
            _line_kernels.combine(lines, *weights)
            fft.ifft(spectra, axis=-1, overwrite_x=True)
            filtered[here] = lines[:, :n]

    _threads.share(work, len(values), threads)
    return out


@lru_cache(maxsize=8)
def _weights(
    step: float,
    power: int,
    derivative: int,
    window: str,
    rolloff: float,
    scale: float,
    spline: int,
    ahead: int,
    behind: int,
    length: int,
    dtype: np.dtype[Any],
) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
    """What `_line_kernels.combine` weighs the spectra of `length` samples with, for lags of -behind < lag < ahead."""
    samples = kernel(power, derivative, max(ahead, behind), window)
    response = np.zeros(length)
    response[:ahead] = samples[:ahead]
    response[length - behind + 1 :] = samples[behind - 1 : 0 : -1] * (-1 if derivative % 2 else 1)
    transfer = fft.fft(response) * (scale / step ** (power + derivative))
    angles = 2 * np.pi * np.arange(length) / length
    transfer *= 1 - rolloff * np.sin(angles / 2) ** 5
    middle, *outer = _sharpening.SPLINE_AT_INTEGERS[spline]
    transfer /= middle + 2 * sum(part * np.cos((j + 1) * angles) for j, part in enumerate(outer))
    own, mirrored = (checks.frozen(part.view(np.float64).astype(dtype)) for part in _halved(transfer))
    return own, mirrored


def _halved(transfer: Complexes) -> tuple[Complexes, Complexes]:
    """
    Weights own, mirrored that filter 2 M real samples x as M complex ones, z[j] = x[2 j] + i x[2 j + 1].

    For the filter with values H at 2 M frequencies, z^[k] becomes own[k] z^[k] + mirrored[k] conj(z^[-k]): the parts of
    x at even and odd places are filtered by A = (H[k] + H[k + M]) / 2, and each takes over from the other, a sample
    ahead or behind, by B = (H[k] - H[k + M]) / 2; own = A - B sin(pi k / M), mirrored = i B cos(pi k / M).
    """
    first, second = transfer.reshape(2, -1)
    angle = np.pi * np.arange(len(first)) / len(first)
    across = (first - second) / 2
    return (first + second) / 2 - across * np.sin(angle), 1j * across * np.cos(angle)
