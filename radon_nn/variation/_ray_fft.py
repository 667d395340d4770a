"""The Fourier transform of samples along any rays: one FFT on a finer grid of frequencies, interpolated from there.

A sum over n^d samples for each frequency costs n^d; this costs P^d with a window of P frequencies along each axis, once
the FFT is done. The samples are divided by the transform of the window, exp(b sqrt(1 - z^2) - b) for z in [-1, 1].
"""

from __future__ import annotations

import math

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from scipy import fft
from scipy.ndimage import maximum_filter

from radon_nn._support import checks
from radon_nn._support.types import Floats
from radon_nn.variation._samples import GridSamples

Complex = NDArray[np.complex128]

_FINER = {2: 2.0, 3: 1.5}
"""Frequencies are finer than those of the samples' own FFT by this factor s; less in space, which saves memory."""

_WINDOW = {2: 14, 3: 10}
"""Frequencies P in the window along each axis: its error, about exp(-pi P sqrt(1 - 1/s)), is 3e-14 and 1e-8."""

_BLOCK = 1 << 20
"""Numbers gathered at a time: 16 MiB."""

_BYTES = 56.0
"""Memory for each of the count^d / 2 complex frequencies at the peak, measured as 52 at most: 16 each for the FFT, its
copy turned about the grid's middle and that copy with its mirror image, and a margin beyond the grid's edges."""

_FAINT = 1e-13
"""The transform counts as 0 where, weighted by |w|^(d+1), it is below this fraction of its largest value within a block
of `_CELLS` frequencies and all blocks around: over the whole ball of frequencies this is 1e-8 of the R-TV at most."""

_CELLS = 8


class RayTransform:
    """
    f^ at any frequencies up to a band limit.

    Parameters
    ----------
    samples : GridSamples
        Samples of f, in two or three dimensions, that fall to 0 towards the faces of the grid.
    band : float
        The largest |w|; it is lowered to what the samples allow.
    """

    def __init__(self, samples: GridSamples, band: float) -> None:
        dim, n = samples.dim, len(samples.axes[0])
        self.window = _WINDOW[dim]
        count = fft.next_fast_len(max(math.ceil(_FINER[dim] * n), 8 * self.window), real=True)
        count += count % 2
        checks.fits_memory(_BYTES * (count**dim / 2), f"the transform of {n}^{dim} samples", "lower max_samples")
        self.unit = 2 * math.pi / (count * samples.spacing)
        self.steepness = 0.98 * math.pi * self.window * (1 - 0.5 / _FINER[dim])
        self.band = min(band, self.unit * (count / 2 - self.window / 2 - 2))
        weighted = samples.values * samples.spacing**dim
        transform = 1 / self._transformed(samples.axes[0] * self.unit)
        for axis in range(dim):
            weighted = weighted * transform.reshape(-1, *(1,) * (dim - 1 - axis))
        self.values = self._laid_out(fft.rfftn(weighted, (count,) * dim), n, count)
        self.cells = self._sizes()

    def _transformed(self, s: Floats) -> Floats:
        """The transform of the window at s, by Gauss's rule: 64 nodes are right to rounding for s up to pi."""
        z, weights = np.polynomial.legendre.leggauss(64)
        half = self.window / 2
        return np.asarray(np.cos(np.multiply.outer(s, half * z)) @ (half * weights * self._shape(z)))

    def _shape(self, z: Floats) -> Floats:
        return np.exp(self.steepness * (np.sqrt(np.maximum(1 - z**2, 0.0)) - 1))

    def _laid_out(self, transform: Complex, n: int, count: int) -> Complex:
        """The transform about the grid's middle, at whole frequencies in rising order, the last one from -P/2 on."""
        dim, margin = transform.ndim, self.window // 2 + 1
        most = math.ceil(self.band / self.unit) + margin
        self.first = np.array([-most] * (dim - 1) + [-margin])
        k = np.arange(-most, most + 1)
        for axis in range(dim - 1):
            transform = np.take(transform, k, axis=axis, mode="wrap")
            turned = np.exp(1j * math.pi * (n - 1) / count * k)
            transform *= turned.reshape(-1, *(1,) * (dim - 1 - axis))
        last = np.arange(most + 1)
        transform = transform[..., : most + 1] * np.exp(1j * math.pi * (n - 1) / count * last)
        # f is real: f^(-w) is the conjugate of f^(w).
        mirror = np.flip(transform[..., 1 : margin + 1], axis=tuple(range(dim))).conj()
        return np.ascontiguousarray(np.concatenate([mirror, transform], axis=-1))

    def _sizes(self) -> Floats:
        """The largest |w|^(d+1) |f^| of blocks and those around them, as a fraction of the largest of all."""
        power = (self.values.ndim + 1) / 2
        squares = [
            ((np.arange(size) + first) * self.unit).reshape(-1, *(1,) * (self.values.ndim - 1 - axis)) ** 2
            for axis, (size, first) in enumerate(zip(self.values.shape, self.first, strict=True))
        ]
        sizes = np.abs(self.values)
        sizes *= np.asarray(sum(squares)) ** power
        for axis in range(sizes.ndim):
            sizes = np.maximum.reduceat(sizes, np.arange(0, sizes.shape[axis], _CELLS), axis=axis)
        sizes = maximum_filter(sizes, 3, mode="constant")
        return np.asarray(sizes / max(float(sizes.max()), 1e-300))

    def at(self, points: Floats) -> Complex:
        """
        f^ at frequencies.

        Parameters
        ----------
        points : ndarray, shape (m, d)
            Frequencies w, |w| <= band.

        Returns
        -------
        ndarray, shape (m,), complex
            The transform; 0 where it is negligible.
        """
        dim = points.shape[1]
        lower = points[:, -1] < 0
        places = np.where(lower[:, None], -points, points) / self.unit - self.first
        near = np.minimum(np.rint(places).astype(np.int64) // _CELLS, np.array(self.cells.shape) - 1)
        kept = np.flatnonzero(self.cells[tuple(near.T)] > _FAINT)
        result = np.zeros(len(points), dtype=np.complex128)
        runs = sliding_window_view(self.values, self.window, axis=-1)
        step = max(1, _BLOCK // self.window**dim)
        for begin in range(0, len(kept), step):
            part = kept[begin : begin + step]
            result[part] = self._interpolated(runs, places[part])
        return np.where(lower, result.conj(), result)

    def _interpolated(self, runs: Complex, places: Floats) -> Complex:
        dim = places.shape[1]
        start = np.ceil(places - self.window / 2).astype(np.int64)
        index = start[..., None] + np.arange(self.window)
        weights = self._shape((index - places[..., None]) / (self.window / 2))
        if dim == 2:
            block = runs[index[:, 0], start[:, 1, None]]
        else:
            block = runs[index[:, 0, :, None], index[:, 1, None, :], start[:, 2, None, None]]
        block = (block.reshape(len(places), -1, self.window) @ weights[:, -1, :, None].astype(np.complex128))[..., 0]
        for axis in range(dim - 2, -1, -1):
            block = block.reshape(len(places), -1, self.window)
            block = np.einsum("mij,mj->mi", block, weights[:, axis])
        return np.asarray(block[:, 0])
