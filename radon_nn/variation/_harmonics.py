"""Orthonormal harmonics on the circle and the sphere: analysis and synthesis by fast transforms, and Legendre in t.

Coefficients are real arrays (orders, degrees, 2, n): for the circle one row of orders, for the sphere the orders m of
each degree k; the third axis holds real and imaginary parts, the last one whatever the functions depend on besides the
direction. Those of negative orders are conjugates and are not stored, so inner products count the others twice.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np
from numpy.polynomial.legendre import leggauss
from scipy import fft

from radon_nn._support.types import Floats

_ROOT = float(np.sqrt(2 * np.pi))


def legendre(count: int, t: Floats) -> Floats:
    """
    The Legendre polynomials of degrees 0 to count - 1, orthonormal on (-1, 1).

    Parameters
    ----------
    count : int
        How many.
    t : ndarray, shape (n,)
        Where to evaluate them.

    Returns
    -------
    ndarray, shape (count, n)
        The values sqrt(j + 1/2) P_j(t).
    """
    values = np.ones((max(count, 2), len(t)))
    values[1] = t
    for j in range(1, count - 1):
        values[j + 1] = ((2 * j + 1) * t * values[j] - j * values[j - 1]) / (j + 1)
    roots: Floats = np.sqrt(np.arange(count) + 0.5)[:, None]
    return values[:count] * roots


class Circle:
    """
    Harmonics exp(i k phi) / sqrt(2 pi) up to a degree, and functions at equally spaced angles.

    Parameters
    ----------
    degree : int
        The largest degree K.
    size : int
        Number of angles, even and above 2 K.
    """

    dim = 2

    def __init__(self, degree: int, size: int) -> None:
        self.degree, self.size = degree, size
        self.weights = np.full(size, 2 * np.pi / size)
        self.copies = np.where(np.arange(degree + 1) > 0, 2.0, 1.0)[None, :, None, None]

    @property
    def directions(self) -> Floats:
        """The unit vectors (size, 2)."""
        angle = 2 * np.pi * np.arange(self.size) / self.size
        return np.column_stack([np.cos(angle), np.sin(angle)])

    def finer(self, factor: int) -> Circle:
        """The same harmonics with this factor times as many angles."""
        return Circle(self.degree, fft.next_fast_len(factor * 2 * (self.degree + 1), real=True) // 2 * 2)

    def analyse(self, values: Floats) -> Floats:
        """Coefficients (1, degree + 1, 2, n) of functions (size, n)."""
        modes = fft.rfft(values, axis=0, norm="forward")[: self.degree + 1] * _ROOT
        return np.stack([modes.real, modes.imag], axis=1)[None]

    def synthesise(self, coefficients: Floats) -> Floats:
        """Functions (size, n) with these coefficients."""
        modes = np.zeros((self.size // 2 + 1, coefficients.shape[-1]), np.complex128)
        modes[: self.degree + 1].real = coefficients[0, :, 0]
        modes[: self.degree + 1].imag = coefficients[0, :, 1]
        return np.asarray(fft.irfft(modes / _ROOT, self.size, axis=0, norm="forward"))

    def antipodes(self, values: Floats) -> Floats:
        """The functions (size, n) at opposite directions."""
        return np.roll(values, self.size // 2, axis=0)

    def at(self, directions: Floats) -> Floats:
        """
        The harmonics at directions (n, 2), their multiplicity included: (n, 1, degree + 1, 2), to be summed over.
        """
        turn = np.arctan2(directions[:, 1], directions[:, 0])[:, None] * np.arange(self.degree + 1)
        values = np.stack([np.cos(turn), -np.sin(turn)], axis=-1)[:, None] / _ROOT
        return np.asarray(values * self.copies[..., 0])


class Sphere:
    """
    Spherical harmonics up to a degree K, and functions on Gauss-Legendre latitudes times equally spaced longitudes.

    Parameters
    ----------
    degree : int
        The largest degree K.
    factor : int
        Oversampling: factor (K + 1) latitudes and twice as many longitudes, a quadrature rule that is exact to degree
        2 K + 1 at least.
    """

    dim = 3

    def __init__(self, degree: int, factor: int = 1) -> None:
        self.degree = degree
        self._lat, self._lon = factor * (degree + 1), 2 * factor * (degree + 1)
        self.size = self._lat * self._lon
        self._height, weights = leggauss(self._lat)
        self._weights = weights
        self.weights = np.repeat(weights * 2 * np.pi / self._lon, self._lon)
        self.copies = np.where(np.arange(degree + 1) > 0, 2.0, 1.0)[:, None, None, None]

    @cached_property
    def _table(self) -> Floats:
        """Normalised associated Legendre functions (orders, degrees, latitudes)."""
        return _associated(self.degree, self._height)

    @cached_property
    def _weighted(self) -> Floats:
        return self._table * self._weights

    @property
    def directions(self) -> Floats:
        """The unit vectors (size, 3)."""
        angle = 2 * np.pi * np.arange(self._lon) / self._lon
        level = np.sqrt(1 - self._height**2)[:, None]
        x, y = level * np.cos(angle), level * np.sin(angle)
        return np.stack([x, y, np.broadcast_to(self._height[:, None], x.shape)], axis=-1).reshape(-1, 3)

    def finer(self, factor: int) -> Sphere:
        """The same harmonics with this factor times as many latitudes and longitudes."""
        return Sphere(self.degree, factor)

    def analyse(self, values: Floats) -> Floats:
        """Coefficients (degree + 1, degree + 1, 2, n) of functions (size, n)."""
        n = values.shape[-1]
        modes = fft.rfft(values.reshape(self._lat, self._lon, n), axis=1, norm="forward")[:, : self.degree + 1]
        planes = np.empty((self.degree + 1, self._lat, 2, n))
        planes[:, :, 0], planes[:, :, 1] = modes.real.swapaxes(0, 1), modes.imag.swapaxes(0, 1)
        found = _ROOT * (self._weighted @ planes.reshape(self.degree + 1, self._lat, 2 * n))
        return found.reshape(self.degree + 1, self.degree + 1, 2, n)

    def synthesise(self, coefficients: Floats) -> Floats:
        """Functions (size, n) with these coefficients."""
        n = coefficients.shape[-1]
        flat = coefficients.reshape(self.degree + 1, self.degree + 1, 2 * n)
        planes = (self._table.swapaxes(1, 2) @ flat).reshape(self.degree + 1, self._lat, 2, n)
        modes = np.zeros((self._lat, self._lon // 2 + 1, n), np.complex128)
        modes[:, : self.degree + 1].real = planes[:, :, 0].swapaxes(0, 1)
        modes[:, : self.degree + 1].imag = planes[:, :, 1].swapaxes(0, 1)
        return np.asarray(fft.irfft(modes / _ROOT, self._lon, axis=1, norm="forward").reshape(-1, n))

    def antipodes(self, values: Floats) -> Floats:
        """The functions (size, n) at opposite directions."""
        planes = values.reshape(self._lat, self._lon, -1)
        return np.roll(planes[::-1], self._lon // 2, axis=1).reshape(values.shape)

    def at(self, directions: Floats) -> Floats:
        """The harmonics at directions (n, 3), as `Circle.at`: (n, degree + 1, degree + 1, 2)."""
        turn = np.arctan2(directions[:, 1], directions[:, 0])[:, None] * np.arange(self.degree + 1)
        waves = np.stack([np.cos(turn), -np.sin(turn)], axis=-1)[:, :, None] / _ROOT
        table = _associated(self.degree, np.clip(directions[:, 2], -1, 1))
        return np.asarray(table.transpose(2, 0, 1)[..., None] * waves * self.copies[..., 0])


def _associated(degree: int, height: Floats) -> Floats:
    """Associated Legendre functions of unit norm on (-1, 1), for 0 <= m <= k <= degree: (orders, degrees, n)."""
    table = np.zeros((degree + 1, degree + 1, len(height)))
    level, m = np.sqrt(1 - height**2), np.arange(degree + 1)
    table[0, 0] = np.sqrt(0.5)
    for k in range(1, degree + 1):
        table[k, k] = np.sqrt((2 * k + 1) / (2 * k)) * level * table[k - 1, k - 1]
        table[k - 1, k] = np.sqrt(2 * k + 1) * height * table[k - 1, k - 1]
        low = m[: k - 1, None]
        if len(low):
            a = np.sqrt((4 * k**2 - 1) / (k**2 - low**2))
            b = np.sqrt(((k - 1) ** 2 - low**2) / (4 * (k - 1) ** 2 - 1))
            table[: k - 1, k] = a * (height * table[: k - 1, k - 1] - b * table[: k - 1, k - 2])
    return table


Harmonics = Circle | Sphere


def harmonics(dim: int, degree: int, factor: int = 1) -> Harmonics:
    """
    The harmonics of the unit sphere in R^dim with directions enough for products of two of them.

    Parameters
    ----------
    dim : int
        2 or 3.
    degree : int
        The largest degree.
    factor : int
        How many times more directions.

    Returns
    -------
    Circle or Sphere
        The harmonics.
    """
    if dim == 3:
        return Sphere(degree, factor)
    return Circle(degree, fft.next_fast_len(factor * 2 * (degree + 1), real=True) // 2 * 2)
