"""Filters in the offset variable: K with symbol c_d |w|^(d-1), its derivatives, and the windows.

The discrete filter is built from samples of the *band-limited kernel*, the inverse Fourier integral of the symbol
over |w| < pi/step, and applied by linear convolution (zero padding to at least twice the length). Sampling the symbol
itself at the discrete frequencies would wrap the kernel's long tails around and get the mean wrong.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from radon_nn import _checks

Floats = NDArray[np.float64]

WINDOWS: dict[str, Callable[[Floats], Floats]] = {
    "ramp": np.ones_like,
    "none": np.ones_like,
    "shepp-logan": lambda u: np.sinc(u / 2),
    "cosine": lambda u: np.cos(np.pi * u / 2),
    "hamming": lambda u: 0.54 + 0.46 * np.cos(np.pi * u),
    "hann": lambda u: 0.5 + 0.5 * np.cos(np.pi * u),
}
"""Windows as functions of u = |w| step / pi in [0, 1], all 1 at u = 0."""


def inversion_constant(dim: int) -> float:
    """
    The constant c_d = 1 / (2 (2 pi)^(d-1)) of the filter K, for which f = R* K R f.

    Parameters
    ----------
    dim : int
        Dimension d.

    Returns
    -------
    float
        The constant c_d.
    """
    return float(1 / (2 * (2 * math.pi) ** (dim - 1)))


def kernel(power: int, derivative: int, count: int) -> Floats:
    """
    Samples k(n), n = 0 .. count-1, of the band-limited kernel with symbol |w|^power (i w)^derivative, for unit step.

    k(n) = (1/pi) integral_0^pi w^p cos(w n + derivative pi/2) dw with p = power + derivative, by parts in closed form.
    The kernel is even for even `derivative` and odd for odd `derivative`.

    Parameters
    ----------
    power : int
        Power of |w|, at least 0.
    derivative : int
        Order of the derivative, at least 0.
    count : int
        Number of samples.

    Returns
    -------
    ndarray, shape (count,)
        The samples.
    """
    n = np.arange(1, count, dtype=np.float64)
    sign = np.where(np.arange(1, count) % 2, -1.0, 1.0)
    cosine, sine = np.zeros_like(n), (1 - sign) / n
    for p in range(1, power + derivative + 1):
        cosine, sine = -p / n * sine, (-(np.pi**p) * sign + p * cosine) / n
    even = np.append(np.pi ** (power + derivative + 1) / (power + derivative + 1), cosine)
    odd = np.append(0.0, sine)
    samples = (even, -odd, -even, odd)[derivative % 4]
    return samples[:count] / np.pi


def apply(
    sinogram: NDArray[np.floating], step: float, *, power: int, derivative: int = 0, window: str = "ramp"
) -> NDArray[np.floating]:
    """
    Apply |w|^power (i w)^derivative along the last axis.

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

    Returns
    -------
    ndarray, shape (..., n)
        The filtered samples, in the same dtype.

    Raises
    ------
    ValueError
        If the window is unknown.

    References
    ----------
    F. Natterer, The Mathematics of Computerized Tomography, section V.1.
    """
    weight = WINDOWS[_checks.one_of(window, "window", tuple(WINDOWS))]
    n = sinogram.shape[-1]
    length = fft.next_fast_len(2 * n - 1, real=True)
    half = kernel(power, derivative, n)
    response = np.zeros(length)
    response[:n] = half
    if n > 1:
        response[-(n - 1) :] = half[:0:-1] * (-1 if derivative % 2 else 1)
    transfer = fft.rfft(response) * weight(np.linspace(0, 1, length // 2 + 1) if length % 2 == 0 else _unit(length))
    transfer = (transfer / step ** (power + derivative)).astype(np.result_type(sinogram.dtype, np.complex64))
    filtered = fft.irfft(fft.rfft(sinogram, length, axis=-1, workers=-1) * transfer, length, axis=-1, workers=-1)
    return np.ascontiguousarray(filtered[..., :n]).astype(sinogram.dtype, copy=False)


def _unit(length: int) -> Floats:
    return 2 * fft.rfftfreq(length)
