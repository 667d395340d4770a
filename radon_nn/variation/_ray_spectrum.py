"""The Fourier transform of samples along rays, and the total variation it gives in each direction.

For a decaying f on R^d, d_t^2 K R f = g has, in each direction a, the transform g^(a, w) = -c_d |w|^(d+1) f^(w a) with
c_d = 1/(2 (2 pi)^(d-1)); R-TV(f) is the integral over the whole sphere of the integral of |g(a, t)| over t.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.special import roots_legendre

from radon_nn._support.types import Floats
from radon_nn.geometry.directions import Directions, inversion_constant

Complex = NDArray[np.complex128]

_BLOCK = 1 << 22
"""Numbers in the largest intermediate array: 32 MiB, so that a block stays near the caches yet feeds the BLAS."""

_OFFSETS = 128
"""Offsets evaluated at a time."""

_DIRECTIONS = 512
"""Directions whose variation is computed at a time: their arrays stay within some tens of MiB."""


def ray_rule(dim: int, count: int) -> Directions:
    """
    Directions over half the sphere, as a product rule of about equal resolution in every angle.

    Parameters
    ----------
    dim : int
        Dimension d, at least 1.
    count : int
        Nodes in each polar angle; the azimuth has twice as many.

    Returns
    -------
    Directions
        One direction for d = 1, 2 `count` for d = 2, 2 `count`^(d-1) in general.
    """
    if dim == 1:
        return Directions([[1.0]])
    return Directions.product(*(count,) * (dim - 2), 2 * count)


@lru_cache(maxsize=32)
def _legendre(count: int) -> tuple[Floats, Floats]:
    """Gauss-Legendre nodes and weights on [-1, 1]."""
    nodes, weights = roots_legendre(count)
    return np.asarray(nodes), np.asarray(weights)


def frequency_rule(band: float, reach: float) -> tuple[Floats, Floats]:
    """
    Gauss-Legendre rule on [0, band] that integrates exp(i w s) to rounding for |s| <= reach.

    f^(w a) is smooth in w on the half line, whereas |w|^(d+1) has a kink at 0 for even d: equally spaced frequencies
    would leave an algebraic error; Gauss nodes on the half line leave none.

    Parameters
    ----------
    band : float
        The band limit W.
    reach : float
        The largest |s|, which is an offset |t| plus a coordinate |x|.

    Returns
    -------
    nodes : ndarray, shape (n,)
        Frequencies.
    weights : ndarray, shape (n,)
        Their weights.
    """
    turns = band * reach / 2
    # Bessel functions of order n and argument z fall superexponentially once n > z + c z^(1/3).
    nodes, weights = _legendre(math.ceil(turns + 5 * turns ** (1 / 3)) + 16)
    return band * (nodes + 1) / 2, band * weights / 2


def _fold(samples: Floats) -> Floats:
    """
    Even and odd parts, along every axis, of samples at coordinates symmetric about 0.

    Shape (n_1, ..., n_d) becomes (2, h_1, ..., 2, h_d), h = (n+1)//2, with the parts at coordinates >= 0; the middle
    sample of an odd count belongs to both halves, and is counted once.
    """
    for axis in range(0, 2 * samples.ndim, 2):
        moved = np.moveaxis(samples, axis, 0)
        n = len(moved)
        upper, lower = moved[n // 2 :], moved[: (n + 1) // 2][::-1]
        both = np.stack([upper + lower, upper - lower])
        if n % 2:
            both[0, 0] *= 0.5
        samples = np.moveaxis(both, (0, 1), (axis, axis + 1))
    return np.ascontiguousarray(samples)


def _angles(directions: Directions) -> list[Floats]:
    """(cos p, sin p) for every angle of a product of directions, in the order of the axes."""
    angles = []
    while directions.factors is not None:
        angles.append(directions.factors[0].normals)
        directions = directions.factors[1]
    return [*angles, directions.normals] if directions.dim == 2 else angles


def ray_spectrum(samples: Floats, axes: Sequence[Floats], frequencies: Floats, directions: Directions) -> Complex:
    """
    f^(w a) = cell volume * sum_x f(x) exp(-i w a.x) on rays: trapezoid sums, spectrally accurate for smooth f.

    The sum over the product grid is done one axis at a time, x_1 against cos and sin of (w cos p_1) x_1 for every
    (w, p_1), then x_2 against those of (w sin p_1 cos p_2) x_2 and so on, as real matrix products on the even and odd
    parts, folded once at the start: about N^(d+2) operations for N samples and directions along each axis.

    Parameters
    ----------
    samples : ndarray, shape (n_1, ..., n_d)
        The function on the product grid.
    axes : sequence of d ndarrays
        Coordinates along each axis, uniform and symmetric about 0.
    frequencies : ndarray, shape (k,)
        Frequencies w >= 0.
    directions : Directions
        For d = 1 the one direction +1; for d >= 2 a product rule, as `ray_rule` makes.

    Returns
    -------
    ndarray, shape (k, m), complex
        The transform at frequencies[i] * directions.normals[j].
    """
    dim = samples.ndim
    angles = _angles(directions)
    cells = math.prod(float(axis[1] - axis[0]) for axis in axes)
    # Directions come in pairs that differ in the sign of cos p: they share every matrix product.
    cosines, places = [], []
    for normals in angles:
        distinct, place = np.unique(np.round(np.abs(normals[:, 0]), 15), return_inverse=True)
        cosines.append(distinct)
        places.append(place)
    sines = [np.sqrt(np.maximum(1 - c**2, 0.0)) for c in cosines]
    halves = [np.maximum(axis[len(axis) // 2 :], 0.0) for axis in axes]
    folded = _fold(samples)
    sizes = [math.prod(len(c) for c in cosines[:j]) * math.prod(folded.shape[2 * j :]) for j in range(1, dim + 1)]
    step = max(1, _BLOCK // max(sizes))
    result = np.empty((len(frequencies), len(directions)), dtype=np.complex128)
    for begin in range(0, len(frequencies), step):
        radii = frequencies[begin : begin + step]
        block, parts = len(radii), [folded.reshape(1, 2, len(halves[0]), -1)]
        for j, (cosine, sine) in enumerate(zip(cosines, sines, strict=True)):
            phase = np.multiply.outer(np.multiply.outer(radii, cosine), halves[j])
            if j == 0:
                phase = phase.reshape(1, -1, phase.shape[-1])
            waves = np.cos(phase), np.sin(phase)
            radii = np.multiply.outer(radii, sine).ravel()
            shape = (len(radii), 2, len(halves[j + 1]), -1)
            parts = [(wave @ part[:, i]).reshape(shape) for part in parts for i, wave in enumerate(waves)]
        phase = np.multiply.outer(radii, halves[-1])
        waves = np.cos(phase), np.sin(phase)
        # Parities are in the order of the axes.
        last = [
            np.einsum("kh,kh->k", wave, np.broadcast_to(part[:, i, :, 0], wave.shape))
            for part in parts
            for i, wave in enumerate(waves)
        ]
        form = (block, *(len(c) for c in cosines), *(2,) * dim)
        whole: Complex = np.stack(last, axis=1).reshape(form).astype(np.complex128)
        for j, place in enumerate(places):
            whole = whole.take(place, axis=1 + j)
            sign = np.where(angles[j][:, 0] < 0, 1j, -1j).reshape(-1, *(1,) * (2 * dim - 3 - 2 * j))
            # From position `dim` on, parities are in the order of the axes; the first of them is that of axis j.
            whole = np.take(whole, 0, axis=dim) + sign * np.take(whole, 1, axis=dim)
        result[begin : begin + step] = (whole[..., 0] - 1j * whole[..., 1]).reshape(block, -1)
    return result * cells


def stationary(left: Floats, right: Floats, step: float) -> Floats:
    """G at its stationary point between two offsets, from the quintic through G, G', G'' (rows) at both."""
    value, slope, bend = left[0], left[1] * step, left[2] * step**2 / 2
    a = right[0] - value - slope - bend
    b = right[1] * step - slope - 2 * bend
    c = right[2] * step**2 / 2 - bend
    cubic, quartic, quintic = 10 * a - 4 * b + c, -15 * a + 7 * b - 2 * c, 6 * a - 3 * b + c
    low, high = np.zeros_like(value), np.ones_like(value)
    for _ in range(30):  # bisection to 1e-9: G is stationary there, so its own error is the square of that
        middle = (low + high) / 2
        derivative = slope + middle * (2 * bend + middle * (3 * cubic + middle * (4 * quartic + middle * 5 * quintic)))
        same = (derivative > 0) == (slope > 0)
        low, high = np.where(same, middle, low), np.where(same, high, middle)
    s = (low + high) / 2
    result: Floats = value + s * (slope + s * (bend + s * (cubic + s * (quartic + s * quintic))))
    return result


def total_variation(
    spectrum: Complex, frequencies: Floats, weights: Floats, dim: int, band: float, reach: float
) -> tuple[Floats, Floats]:
    """
    integral |g(a, t)| dt in each direction: the total variation of G, where G' = g.

    G(a, t) = -(c_d / pi) Im integral_0^W w^d f^(w a) exp(i w t) dw is evaluated on offsets at a quarter of the Nyquist
    distance; between two offsets where g changes sign, G's extreme is read from a quintic. An error in the position of
    a sign change enters squared, since G is stationary there. Beyond +-reach, where g keeps its sign (it decays like
    |t|^-(d+2) for even d and vanishes for odd d), the variation is |G(+-reach)|.

    Parameters
    ----------
    spectrum : ndarray, shape (k, m), complex
        Transform f^(w a), with any window.
    frequencies : ndarray, shape (k,)
        Frequencies w in [0, band].
    weights : ndarray, shape (k,)
        Quadrature weights in w.
    dim : int
        Dimension d.
    band : float
        The band limit W, which sets the spacing of the offsets.
    reach : float
        G is evaluated at offsets in [-reach, reach].

    Returns
    -------
    variation : ndarray, shape (m,)
        The variation in each direction.
    change : ndarray, shape (m,)
        How much the variation changes if offsets end at 0.85 reach: it shows the error of the tail.
    """
    parts = [
        _variation(spectrum[:, i : i + _DIRECTIONS], frequencies, weights, dim, band, reach)
        for i in range(0, spectrum.shape[1], _DIRECTIONS)
    ]
    variation, short = np.concatenate(parts, axis=1)
    return variation, np.abs(variation - short)


def _variation(spectrum: Complex, frequencies: Floats, weights: Floats, dim: int, band: float, reach: float) -> Floats:
    """The variation in some directions, and its value if offsets end at 0.85 reach: (2, m)."""
    count = spectrum.shape[1]
    primitive = (-inversion_constant(dim) / math.pi) * (weights * frequencies**dim)[:, None] * spectrum
    derivatives = np.stack(
        [primitive, 1j * frequencies[:, None] * primitive, -(frequencies**2)[:, None] * primitive], axis=1
    ).reshape(len(frequencies), -1)
    intervals = 2 * math.ceil(4 * band * reach / math.pi)
    step = 2 * reach / intervals
    inner = np.multiply.outer(step * np.arange(_OFFSETS + 1), frequencies)
    basis = np.concatenate([np.sin(inner), np.cos(inner)], axis=1)
    variation, short = np.zeros(count), np.zeros(count)
    for begin in range(0, intervals, _OFFSETS):
        many = min(_OFFSETS, intervals - begin)
        start = begin * step - reach
        shifted = derivatives * np.exp(1j * frequencies * start)[:, None]
        G = (basis[: many + 1] @ np.concatenate([shifted.real, shifted.imag])).reshape(many + 1, 3, count)
        pieces = np.abs(np.diff(G[:, 0], axis=0))
        k, a = np.nonzero((G[:-1, 1] > 0) != (G[1:, 1] > 0))
        extreme = stationary(G[k, :, a].T, G[k + 1, :, a].T, step)
        pieces[k, a] = np.abs(extreme - G[k, 0, a]) + np.abs(extreme - G[k + 1, 0, a])
        middle = np.abs(start + (np.arange(many) + 0.5) * step)
        variation += pieces.sum(axis=0)
        short += pieces[middle < 0.85 * reach].sum(axis=0)
        if begin == 0:
            variation += np.abs(G[0, 0])
        if begin + many == intervals:
            variation += np.abs(G[-1, 0])
        ends = np.flatnonzero(np.diff(middle < 0.85 * reach))
        short += np.abs(G[ends + 1, 0]).sum(axis=0)
    return np.stack([variation, short])
