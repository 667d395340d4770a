"""The least L1 norm of a density on the unit ball whose fixed part is given: bounds by Douglas-Rachford iteration.

The dual functions F(a, t) of a ball are those with the integral of F t^j dt a polynomial of degree j + 2 in a. So f
fixes the part P_j(t) Y_k of its density h for k <= j + 2, j = k mod 2, and no other; R-TV is the least || h ||_1 of
those with that part. A density on the nodes of a quadrature rule that agrees in all fixed parts carried represents the
same polynomial f: its norm is an upper bound. A polynomial F of fixed parts alone gives the lower bound
<h, F> / sup |F|.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from radon_nn._support.blas import one_blas_thread
from radon_nn._support.types import Floats
from radon_nn.variation._harmonics import Harmonics, harmonics, legendre

_STEP, _THRESHOLD = 1.7, 15.0
"""Over-relaxation, and the threshold relative to the mean of |h|: the best of those tried on six functions; thresholds
of 5 and 40 gave bounds within 2e-4 of those."""
_CARRIED = 0.75
"""Degrees in t of the dual functions, as part of those of the grid: on a grid finer than what it carries, F overshoots
less between nodes. 0.5 to 0.8 were tried: losses of 0.25, 0.1, 0.08 and 0.1 % for a Gaussian, 0.4 to 0.25 % for
networks."""
_DAMPED_LOW = (0.8, 0.9, 1.0, 1.15, 1.3, 1.5)
"""Widths of the Gaussian by which F is damped to take its overshoot away, relative to the degrees carried."""
_DAMPED_HIGH = (0.35, 0.5, 0.7, 1.0, 1.4, np.inf)
"""Widths of the Gaussian by which the free part of h is damped, relative to its degrees in t."""
_CELLS = 8
"""Cells in t per degree: the error of the norm is of fourth order in their width, 1e-8 of it at 8."""
_PEAKS = 40
"""Maxima of |F| on the grid from which a search starts; the highest is found from the first ten."""
_CHUNK = 1 << 21
"""Values of F held at a time: 16 MiB."""


class Bounds(NamedTuple):
    """Bounds, in units of the density, and the dual function of the lower one."""

    lower: float
    upper: float
    dual: Floats


@dataclass(eq=False)
class Pursuit:
    """
    A grid of directions and offsets, and the iteration on it.

    Parameters
    ----------
    dim : int
        Dimension d, 2 or 3.
    half : int
        Positive Gauss-Legendre nodes T in t: polynomials of degree 2T - 1, harmonics of degree 2T + 1.
    """

    dim: int
    half: int

    def __post_init__(self) -> None:
        self.basis: Harmonics = harmonics(self.dim, 2 * self.half + 1)
        t, weights = np.polynomial.legendre.leggauss(2 * self.half)
        self.t, self.weights = t[self.half :], weights[self.half :]
        polynomials = legendre(2 * self.half, self.t)
        self._to_nodes = polynomials[0::2].copy(), polynomials[1::2].copy()
        self._to_parts = tuple((2 * table * self.weights).T.copy() for table in self._to_nodes)
        k = np.arange(self.basis.degree + 1)[:, None, None]
        self.j = 2 * np.arange(self.half) + k % 2
        self.k = np.broadcast_to(k, self.j.shape)
        self.fixed = (self.k <= self.j + 2).astype(np.float64)
        self.carried = self.fixed * (self.j <= _CARRIED * 2 * self.half)

    def analyse(self, values: Floats) -> Floats:
        """Coefficients (orders, degrees, 2, T) of an even function at the nodes (directions, T)."""
        return self._by_parity(self.basis.analyse(values), *self._to_parts)

    def synthesise(self, parts: Floats) -> Floats:
        """The function at the nodes (directions, T)."""
        return self.basis.synthesise(self._by_parity(parts, *self._to_nodes))

    def inner(self, first: Floats, second: Floats) -> float:
        """The integral of the product of two even functions, from their coefficients."""
        return float(np.sum(self.basis.copies * first * second))

    def at_offsets(self, parts: Floats, table: Floats) -> Floats:
        """Coefficients of the harmonics at offsets, from a table of Legendre polynomials there (2T, offsets)."""
        return self._by_parity(parts, table[0::2], table[1::2])

    def of_fibres(self, directions: Floats, moments: Floats) -> Floats:
        """
        Coefficients of densities on single directions, each half on a and half, mirrored, on -a.

        Parameters
        ----------
        directions : ndarray, shape (m, d)
            The directions a.
        moments : ndarray, shape (m, 2T)
            Integrals of the densities times the orthonormal Legendre polynomials.

        Returns
        -------
        ndarray, shape (orders, degrees, 2, T)
            The coefficients, zero where f does not fix them.
        """
        waves = self.basis.at(directions) / self.basis.copies[..., 0]
        parts = np.empty((*waves.shape[1:], self.half))
        for first in (0, 1):
            parts[:, first::2] = np.einsum("nmkc,nq->mkcq", waves[:, :, first::2], moments[:, first::2], optimize=True)
        return parts * self.fixed

    def plain_norm(self, values: Floats) -> float:
        """The norm by the nodes' weights."""
        return float(2 * self.basis.weights @ np.abs(values) @ self.weights)

    def norm(self, values: Floats) -> float:
        """
        The L1 norm of the density: the variation of its antiderivative over cells in t, direction by direction.

        A cell on which the density changes sign counts as if it were linear there.

        Parameters
        ----------
        values : ndarray, shape (directions, T)
            The density at the nodes.

        Returns
        -------
        float
            The norm of the polynomials through them.
        """
        even, odd = self._parities(values)
        t, jump, area = self._cells
        at = even @ jump[0] + odd @ jump[1]
        over = even @ area[0] + odd @ area[1]
        first, second = at[:, :-1], at[:, 1:]
        sizes = np.abs(first) + np.abs(second)
        crossing = np.minimum(np.abs(first), np.abs(second)) ** 2 / np.where(sizes > 0, sizes, 1.0) * np.diff(t)
        cells = np.abs(over) + np.where(first * second < 0, crossing, 0.0)
        return float(2 * self.basis.weights @ cells.sum(axis=1))

    def iterate(self, target: Floats, fixed: Floats, start: Floats | None) -> Iterator[tuple[Floats, Floats]]:
        """
        Douglas and Rachford's iteration towards the least norm among densities with the target's fixed part.

        Parameters
        ----------
        target : ndarray, shape (orders, degrees, 2, T)
            Coefficients.
        fixed : ndarray
            1 for the coefficients to keep, 0 for free ones.
        start : ndarray, shape (directions, T), optional
            Where to start; the target itself if not given.

        Yields
        ------
        tuple of two ndarrays, shape (directions, T)
            A density with that part, and the iterate; its cut, divided by the threshold, tends to the dual function.
        """
        state = self.synthesise(target * self.fixed) if start is None else start
        limit = self.threshold(target)
        while True:
            cut = np.clip(state, -limit, limit)
            ahead = state - 2 * cut
            density = ahead + self.synthesise(fixed * (target - self.analyse(ahead)))
            state = state + _STEP * (density - (state - cut))
            yield density, state

    def threshold(self, target: Floats) -> float:
        """The threshold of the iteration, a multiple of the mean of |h|."""
        return (
            _THRESHOLD * self.plain_norm(self.synthesise(target * self.fixed)) / (2 * float(self.basis.weights.sum()))
        )

    @one_blas_thread()
    def solve(
        self, target: Floats, start: Floats | None, rounds: tuple[int, int], until: float
    ) -> tuple[Bounds, Floats]:
        """
        Both bounds.

        Parameters
        ----------
        target : ndarray, shape (orders, degrees, 2, T)
            Coefficients of h, of which the fixed ones count.
        start : ndarray, optional
            The last iterate of an earlier call.
        rounds : tuple of int
            Iterations for the lower bound, and further ones for the upper.
        until : float
            When to stop (`time.monotonic`).

        Returns
        -------
        Bounds
            Lower and upper bound, and the dual function's coefficients.
        ndarray
            The last iterate.
        """
        density, state = self._run(target, self.carried, start, rounds[0], until)
        limit = self.threshold(target)
        lower, dual = self._lower(target, np.clip(state, -limit, limit) / limit)
        upper = self._upper(target, density)
        density, after = self._run(target, self.fixed, state, rounds[1], until)
        return Bounds(lower, min(upper, self._upper(target, density)), dual), after

    def taken_over(self, other: Pursuit, state: Floats) -> Floats:
        """The iterate of a coarser grid on this one: the same polynomial."""
        parts, old = np.zeros((*self._shape, 2, self.half)), other.analyse(state)
        parts[: old.shape[0], : old.shape[1], :, : old.shape[3]] = old
        return self.synthesise(parts)

    @property
    def _shape(self) -> tuple[int, int]:
        return (1 if self.dim == 2 else self.basis.degree + 1), self.basis.degree + 1

    def target(self, h: Floats) -> Floats:
        """Coefficients of another number of harmonics, cut or filled with zeros to those of the grid."""
        parts = np.zeros((*self._shape, 2, self.half))
        orders, degrees = min(h.shape[0], self._shape[0]), min(h.shape[1], self._shape[1])
        parts[:orders, :degrees] = h[:orders, :degrees]
        return parts * self.fixed

    def _run(
        self, target: Floats, fixed: Floats, start: Floats | None, rounds: int, until: float
    ) -> tuple[Floats, Floats]:
        for count, (density, state) in enumerate(self.iterate(target, fixed, start), 1):  # noqa: B007
            if count >= rounds or (count % 16 == 0 and time.monotonic() > until):
                break
        return density, state

    def _lower(self, target: Floats, nodes: Floats) -> tuple[float, Floats]:
        """The best lower bound from a function at the nodes, its fixed part damped; and from F = 1 or -1."""
        parts = self.analyse(nodes) * self.carried
        one = np.zeros_like(parts)
        one[0, 0, 0, 0] = np.sqrt(2 * self.basis.weights.sum())
        value = self.inner(target, one)
        best, dual = abs(value), one * np.sign(value)
        tried = []
        for width in _DAMPED_LOW:
            size = width * _CARRIED * 2 * self.half
            damped = parts * np.exp(
                -2 * self.j * (self.j + 1) / size**2 - 2 * self.k * (self.k + 1) / (1.25 * size) ** 2
            )
            tried.append((self.inner(target, damped) / self.grid_peak(damped)[0], damped))
        for _, damped in sorted(tried, key=lambda pair: -pair[0])[:2]:
            peak = self.peak(damped)
            value = self.inner(target, damped) / peak
            if value > best:
                best, dual = value, damped / peak
        return best, dual

    def _upper(self, target: Floats, density: Floats) -> float:
        """The least norm of the density, its free part damped by several widths and its fixed part restored."""
        even, odd = self._parities(density)
        norms = []
        for width in _DAMPED_HIGH:
            size = width * 2 * self.half
            j = 2 * np.arange(self.half)
            first, second = np.exp(-2 * j * (j + 1) / size**2), np.exp(-2 * (j + 1) * (j + 2) / size**2)
            damped = (even * first) @ self._to_nodes[0] + (odd * second) @ self._to_nodes[1]
            norms.append(self.norm(damped + self.synthesise(self.fixed * (target - self.analyse(damped)))))
        return min(norms)

    def grid_peak(self, parts: Floats) -> tuple[float, Floats, Floats]:
        """The largest |F| on a finer grid, and the directions and offsets of its highest maxima."""
        fine, tau = self._fine
        t = np.cos(tau)
        table = legendre(2 * self.half, t)
        chunk = max(1, _CHUNK // fine.size)
        best, top, where = np.empty(0), 0.0, np.empty((0, 2), np.intp)
        for begin in range(0, len(t), chunk):
            some = table[:, begin : begin + chunk]
            sizes = np.abs(fine.synthesise(self.at_offsets(parts, some)))
            top = max(top, float(sizes.max()))
            # One maximum for each direction of the chunk; enough, since the search climbs from each.
            column = sizes.argmax(axis=1)
            rows = np.argsort(-sizes[np.arange(len(column)), column])[:_PEAKS]
            best = np.concatenate([best, sizes[rows, column[rows]]])
            where = np.concatenate([where, np.column_stack([rows, begin + column[rows]])])
        order = np.argsort(-best)[:_PEAKS]
        return top, fine.directions[where[order, 0]], tau[where[order, 1]]

    def peak(self, parts: Floats) -> float:
        """The largest |F|: on a finer grid, then by a pattern search from the highest maxima found there."""
        top, directions, tau = self.grid_peak(parts)
        step = np.full(len(tau), np.pi / (2 * self._over * 2 * self.half))
        sizes = np.abs(self._at(parts, directions, tau))
        for _ in range(6):
            for axis in range(self.dim):
                for sign in (-1.0, 1.0):
                    there, angle = self._moved(directions, tau, axis, sign * step)
                    tried = np.abs(self._at(parts, there, angle))
                    better = tried > sizes
                    directions[better], tau[better], sizes[better] = there[better], angle[better], tried[better]
            step /= 2
        return max(top, float(sizes.max()))

    def _moved(self, directions: Floats, tau: Floats, axis: int, step: Floats) -> tuple[Floats, Floats]:
        """Points moved by angles along tau (axis 0) or along one of d - 1 great circles."""
        if axis == 0:
            return directions, tau + step
        if self.dim == 2:
            side = np.column_stack([-directions[:, 1], directions[:, 0]])
        else:
            flat = np.eye(3)[np.argmin(np.abs(directions), axis=1)]
            side = np.cross(directions, flat)
            side /= np.linalg.norm(side, axis=1, keepdims=True)
            side = side if axis == 1 else np.cross(directions, side)
        return directions * np.cos(step)[:, None] + side * np.sin(step)[:, None], tau

    def _at(self, parts: Floats, directions: Floats, tau: Floats) -> Floats:
        """F at points, each with its offset cos(tau)."""
        table = legendre(2 * self.half, np.cos(tau))
        waves = self.basis.at(directions)
        even = np.einsum("nmkc,mkcq,qn->n", waves[:, :, 0::2], parts[:, 0::2], table[0::2], optimize=True)
        odd = np.einsum("nmkc,mkcq,qn->n", waves[:, :, 1::2], parts[:, 1::2], table[1::2], optimize=True)
        return np.asarray(even + odd)

    def _parities(self, values: Floats) -> tuple[Floats, Floats]:
        """Legendre coefficients in t of each direction, the even and the odd ones, (directions, T) each."""
        other = self.basis.antipodes(values)
        return (values + other) @ self._to_parts[0] / 2, (values - other) @ self._to_parts[1] / 2

    @property
    def _over(self) -> int:
        """Oversampling of the grid on which |F| is searched: 4 in the plane, 2 in space, each before the search."""
        return 4 if self.dim == 2 else 2

    @cached_property
    def _fine(self) -> tuple[Harmonics, Floats]:
        count = self._over * 2 * self.half
        return self.basis.finer(self._over), (np.arange(count // 2 + 1)) * np.pi / count

    @cached_property
    def _cells(self) -> tuple[Floats, tuple[Floats, Floats], tuple[Floats, Floats]]:
        """Edges of cells in 0 <= t <= 1; Legendre polynomials there, and their integrals over the cells, by parity."""
        count = _CELLS * 2 * self.half
        t = np.sin(np.arange(count // 2 + 1) * np.pi / count)
        n = 2 * self.half
        table = legendre(n + 1, t)
        plain = table / np.sqrt(np.arange(n + 1) + 0.5)[:, None]
        antiderivative = np.concatenate([t[None], (plain[2:] - plain[:-2]) / (2 * np.arange(1, n) + 1)[:, None]])
        areas = np.diff(antiderivative * np.sqrt(np.arange(n) + 0.5)[:, None], axis=1)
        return t, (table[0:n:2], table[1:n:2]), (areas[0::2], areas[1::2])

    def _by_parity(self, parts: Floats, even: Floats, odd: Floats) -> Floats:
        """The matrices applied to the last axis: `even` where the degree k is even, `odd` where it is odd."""
        result = np.empty((*parts.shape[:3], even.shape[1]))
        for first, matrix in ((0, even), (1, odd)):
            some = np.ascontiguousarray(parts[:, first::2])
            product = some.reshape(-1, some.shape[-1]) @ matrix
            result[:, first::2] = product.reshape(*some.shape[:3], -1)
        return result
