"""Slow, obvious oracles in plain NumPy: definitions as dense matrices, closed forms, numerical Fourier integrals."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from functools import cache

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.interpolate import make_interp_spline
from scipy.special import roots_gegenbauer

from radon_nn import Directions, Grid

Floats = NDArray[np.float64]


def sphere_area(dim: int) -> float:
    """|S^(d-1)| by the recursion |S^(d-1)| = 2 pi |S^(d-3)| / (d - 2) from 2 points and a circle."""
    return {1: 2.0, 2: 2 * math.pi}[dim] if dim < 3 else 2 * math.pi / (dim - 2) * sphere_area(dim - 2)


def sphere_rule(dim: int, heights: int, azimuths: int) -> Directions:
    """Product quadrature over the sphere, a = (z, sqrt(1 - z^2) b): Gauss-Gegenbauer in z, uniform in azimuth.

    Exact for even polynomials of degree below 2 * heights and 2 * azimuths.
    """
    if dim == 1:
        return Directions(np.ones((1, 1)), [2.0])
    angles = np.pi * (np.arange(azimuths) + 0.5) / azimuths
    normals, weights = np.stack([np.cos(angles), np.sin(angles)], 1), np.full(azimuths, 2 * np.pi / azimuths)
    for d in range(3, dim + 1):
        z, share = roots_gegenbauer(heights, (d - 2) / 2)
        share = share * (sphere_area(d) / sphere_area(d - 1) / share.sum())
        rim = np.sqrt(1 - z**2)[:, None, None] * normals
        normals = np.concatenate([np.broadcast_to(z[:, None, None], (*rim.shape[:2], 1)), rim], 2).reshape(-1, d)
        weights = np.outer(share, weights).ravel()
    return Directions(normals, weights)


def hat_matrix(grid: Grid, direction: Floats, offsets: Floats) -> Floats:
    """The definition: linear interpolation along the main axis, the rectangle rule along the others, (n, grid.size).

    On the line along the main axis j through sample x, the hyperplane passes (t - a.x) / (a_j h_j) samples further.
    """
    step = np.abs(direction * grid.spacing).max()
    away = (np.asarray(offsets)[:, None] - grid.points() @ direction) / step
    return np.maximum(0, 1 - np.abs(away)) * grid.cell_volume / step


def spline_matrix(grid: Grid, direction: Floats, offsets: Floats, order: int) -> Floats:
    """The same for splines of any odd degree, (n, grid.size); where axes tie, the mean over them.

    The spline through samples that are 1 at one point and 0 at all others is sampled by the hyperplane.
    """
    reach = 80
    cardinal = make_interp_spline(np.arange(-reach, reach + 1.0), np.arange(-reach, reach + 1) == 0, k=order)
    steps = np.abs(direction * grid.spacing)
    ties, away = np.flatnonzero(steps > 0.99999 * steps.max()), np.asarray(offsets)[:, None] - grid.points() @ direction
    matrix = np.zeros(away.shape)
    for step in steps[ties]:
        matrix += np.nan_to_num(cardinal(away / step, extrapolate=False)) * grid.cell_volume / step / len(ties)
    return matrix


def sharpened(values: Floats, grid: Grid, direction: Floats, phase: float) -> Floats:
    """Less what sharing samples blurs on the mean, along the lattice phase + k |a_j| h_j (axis 0).

    A sample a fraction f past a point leaves 1 - f there, at distance -f from itself, and f at distance 1 - f. The
    symmetric filter of seven points is the one whose even moments, with the mean moments of these shares, up to the
    sixth, make those of the identity: as independent displacements, m_n = sum of binomial(n, k) p_k q_(n-k).
    """
    step = np.abs(direction * grid.spacing).max()
    past = (grid.points() @ direction - phase) / step % 1
    shares = [((1 - past) * past**k + past * (1 - past) ** k).mean() for k in (0, 2, 4, 6)]
    away = np.arange(-3, 4)
    mirror = np.array([[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]])[np.abs(away)]
    moments = np.array([(mirror.T @ away**k) for k in (0, 2, 4, 6)], float)
    sums = [[math.comb(2 * n, 2 * k) * shares[n - k] if k <= n else 0 for k in range(4)] for n in range(4)]
    weights = mirror @ np.linalg.solve(np.array(sums) @ moments, [1, 0, 0, 0])
    padded = np.pad(values, [(3, 3)] + [(0, 0)] * (values.ndim - 1))
    return sum(w * padded[3 + j : len(padded) - 3 + j] for j, w in zip(away, weights, strict=True))


def lagrange_matrix(positions: Floats, count: int, taps: int) -> Floats:
    """Interpolation of samples 0 .. count-1 (zero outside) by the polynomial through the `taps` nearest, (n, count)."""
    out = np.zeros((len(positions), count))
    for row, position in zip(out, positions, strict=True):
        nodes = math.floor(position) + np.arange(taps) + 1 - taps // 2
        for node in nodes[(nodes >= 0) & (nodes < count)]:
            others = nodes[nodes != node]
            row[node] = np.prod((position - others) / (node - others))
    return out


def forward_matrix(grid: Grid, direction: Floats, offsets: Floats, phase: float) -> Floats:
    """`hat_matrix` on the lattice phase + k |a_j| h_j, sharpened, cubically interpolated at the offsets wanted."""
    step = np.abs(direction * grid.spacing).max()
    reach = np.abs(grid.points() @ direction - phase).max() + np.abs(offsets - phase).max()
    below = math.ceil(reach / step) + 4
    lattice = phase + step * np.arange(-below, below + 1)
    matrix = sharpened(hat_matrix(grid, direction, lattice), grid, direction, phase)
    return lagrange_matrix((offsets - lattice[0]) / step, len(lattice), 4) @ matrix


def backprojection(
    points: Floats, directions: Directions, g: Callable[[Floats, Floats], ArrayLike], block: int = 1024
) -> Floats:
    """R*g at points for a function g(normals, offsets), by the directions' quadrature."""
    total = np.zeros(len(points))
    for start in range(0, len(directions), block):
        part = slice(start, start + block)
        normals = directions.normals[part]
        total += np.asarray(g(normals[:, None], normals @ points.T)).T @ directions.weights[part]
    return total


@cache
def half_line(end: float, count: int = 400) -> tuple[Floats, Floats]:
    """Gauss-Legendre nodes and weights on [0, end]: |w|^p is smooth on either side of 0, not across it."""
    nodes, weights = np.polynomial.legendre.leggauss(count)
    return (nodes + 1) * end / 2, weights * end / 2


class Gaussian:
    """f(x) = exp(-|x - center|^2 / (2 s^2)) on R^d, and what the operators make of it."""

    def __init__(self, center: Sequence[float], s: float) -> None:
        self.center, self.s = np.asarray(center, float), s

    @property
    def dim(self) -> int:
        return len(self.center)

    def __call__(self, points: Floats) -> Floats:
        return np.exp(-(((points - self.center) / self.s) ** 2).sum(-1) / 2)

    def laplacian(self, points: Floats) -> Floats:
        square = (((points - self.center) / self.s) ** 2).sum(-1)
        return (square - self.dim) / self.s**2 * self(points)

    def _scaled(self, normals: Floats, offsets: Floats) -> Floats:
        return (np.atleast_1d(offsets) - (normals @ self.center)[..., None]) / self.s

    def radon(self, normals: Floats, offsets: Floats) -> Floats:
        """Rf, shape (m, n): the d-1 coordinates along the hyperplane each integrate to s sqrt(2 pi)."""
        return (2 * math.pi * self.s**2) ** ((self.dim - 1) / 2) * np.exp(-(self._scaled(normals, offsets) ** 2) / 2)

    def radon_second_derivative(self, normals: Floats, offsets: Floats) -> Floats:
        return (self._scaled(normals, offsets) ** 2 - 1) / self.s**2 * self.radon(normals, offsets)

    def filtered(self, normals: Floats, offsets: Floats, derivative: int = 0) -> Floats:
        """d_t^m K R f, by the Fourier integral of |w|^(d-1) (i w)^m c_d times (2 pi s^2)^(d/2) exp(-s^2 w^2 / 2)."""
        w, dw = half_line(14)
        symbol = w ** (self.dim - 1 + derivative) * np.exp(-(w**2) / 2) * dw
        u = self._scaled(normals, offsets)
        waves = np.cos(u[..., None] * w + derivative * math.pi / 2) @ symbol / math.pi
        c = 1 / (2 * (2 * math.pi) ** (self.dim - 1))
        return c * (2 * math.pi) ** (self.dim / 2) * self.s**-derivative * waves


def filtered_by_fourier(
    radon: Callable[[Floats], Floats], dim: int, offsets: Floats, ends: tuple[float, float], highest: float
) -> Floats:
    """d_t^2 K R f along one direction from Rf on [ends], by two Fourier integrals with the symbol -c_d |w|^(d+1)."""
    count = int(highest * (ends[1] - ends[0]) / 2) + 200
    t, dt = half_line(ends[1] - ends[0], count)
    t = t + ends[0]
    reach = max(np.abs(np.asarray(ends)).max(), np.abs(offsets).max())
    w, dw = half_line(highest, int(highest * reach) + 200)
    spectrum = np.exp(-1j * np.outer(w, t)) @ (radon(t) * dt)
    c = 1 / (2 * (2 * math.pi) ** (dim - 1))
    return -c / math.pi * (np.exp(1j * np.outer(offsets, w)) @ (w ** (dim + 1) * spectrum * dw)).real


def laplacian(f: Callable[[Floats], Floats], points: Floats, step: float) -> Floats:
    """By central differences of sixth order."""
    stencil = np.array([2, -27, 270, -490, 270, -27, 2]) / 180
    shifts = step * np.arange(-3, 4)
    moved = (f(points + np.multiply.outer(shifts, e)[:, None]) for e in np.eye(points.shape[1]))
    return sum(stencil @ values for values in moved) / step**2


def ball_radon(dim: int, offsets: Floats) -> Floats:
    """Rf of the unit ball's indicator: the volume of a (d-1)-ball of radius sqrt(1 - t^2), for d = 2, 3."""
    half = np.sqrt(np.maximum(0, 1 - np.asarray(offsets) ** 2))
    return {2: 2 * half, 3: math.pi * half**2}[dim]


def band_limited_kernel(
    power: int, derivative: int, count: int, window: Callable[[Floats], Floats] = np.ones_like
) -> Floats:
    """(1 / 2 pi) integral over |w| < pi of |w|^power (i w)^derivative window(|w| / pi) exp(i w n), n = 0 .. count-1."""
    w, dw = half_line(np.pi, 2 * count + 60)
    symbol = w ** (power + derivative) * 1j**derivative * window(w / np.pi)
    return (np.exp(1j * np.outer(np.arange(count), w)) @ (symbol * dw)).real / np.pi


def two_sided(kernel: Floats, derivative: int) -> Floats:
    """The kernel at n = -(count-1) .. count-1: even for even derivatives, odd for odd ones."""
    return np.concatenate([(-1) ** derivative * kernel[:0:-1], kernel])


def order(errors: Sequence[float], ratio: float = 2.0) -> float:
    """The observed order of convergence, averaged over refinements by `ratio`."""
    return math.log(errors[0] / errors[-1]) / math.log(ratio) / (len(errors) - 1)


WINDOWS = {
    "ramp": np.ones_like,
    "none": np.ones_like,
    "shepp-logan": lambda u: np.sinc(u / 2),
    "cosine": lambda u: np.cos(np.pi * u / 2),
    "hamming": lambda u: 0.54 + 0.46 * np.cos(np.pi * u),
    "hann": lambda u: 0.5 + 0.5 * np.cos(np.pi * u),
}
"""The windows of |w| step / pi in [0, 1], as scikit-image and the textbooks define them."""


def neuron_sum(points: Floats, r: Floats, direction: Floats, offset: float) -> float:
    """F_r(a, t) = sum_i r_i (a.x_i - t)_+, term by term."""
    return float(sum(weight * max(float(direction @ x) - offset, 0.0) for weight, x in zip(r, points, strict=True)))


def largest_by_enumeration(points: Floats, r: Floats) -> float:
    """max |F_r|_2 over all oriented hyperplanes, over all faces of all cells of normals about points; r (n, o).

    A largest normal is stationary on its face, where F_r is linear: the top right singular vector of U, restricted to
    the orthogonal complement of the differences that it is orthogonal to. All sums U are tried, of a cell or not, and
    |F_r| is evaluated at the normals that come out: so none is above the maximum, and one attains it.
    """
    (n, dim), best = points.shape, 0.0
    counting = np.array(list(itertools.product((0.0, 1.0), repeat=n - 1)))
    for i in range(n):
        v, others = np.delete(points - points[i], i, axis=0), np.delete(r, i, axis=0)
        sums = np.einsum("pj,jk,jd->pkd", counting, others, v)
        for size in range(dim):
            for chosen in itertools.combinations(range(n - 1), size):
                basis = np.linalg.qr(v[list(chosen)].T)[0]
                normals = np.linalg.svd(sums - sums @ basis @ basis.T, full_matrices=False)[2][:, 0]
                for side in (1.0, -1.0):
                    sizes = np.linalg.norm(np.maximum(side * normals @ v.T, 0) @ others, axis=1)
                    best = max(best, float(sizes.max()))
    return best


def strongest_by_scan(points: Floats, r: Floats, directions: Floats) -> float:
    """max |F_r| over the directions given, each with all offsets a.x_i."""
    best = 0.0
    for a in directions:
        heights = points @ a
        kinks = np.maximum(heights[:, None] - heights, 0)
        best = max(best, float(np.abs(r @ kinks).max()))
    return best


def affine_free(points: Floats, r: Floats) -> Floats:
    """r less its part along affine functions of the points."""
    basis = np.linalg.qr(np.column_stack([np.ones(len(points)), points]))[0]
    once = r - basis @ (basis.T @ r)
    return once - basis @ (basis.T @ once)
