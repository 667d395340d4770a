"""Moments of densities on the fibres of the unit ball by Legendre polynomials, with their error; L1 norms of the rest.

Gauss's rule converges fast only where the density is smooth, and those of ELU, SELU and hard SiLU jump. So each fibre
has even cells, but for those in which one of its own densities jumps: these are cut there.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.polynomial.legendre import leggauss

from radon_nn._support.types import Floats, Indices
from radon_nn.activations.profile import Profile
from radon_nn.networks.fibres import FibreMeasure
from radon_nn.variation._harmonics import legendre

_X, _W = leggauss(8)
_CELLS, _PER_UNIT, _MOST_CELLS = 256, 8.0, 1 << 15
"""Even cells at least, cells per unit of the largest |w| times the radius, and the most. Named activations vary over
lengths of about 1 of their argument, and are analytic within 0.9 of it: a cell covers 1/4, whose 8 nodes leave 1e-14.
Polynomials of degree 250 turn by 2 radians in one of 256 cells, whose 8 nodes leave 1e-13 of their squares."""
STEEPEST = _MOST_CELLS / _PER_UNIT
"""The largest |w| times the radius that is carried."""
_CHANGED = 8.0
"""The error of a moment is taken as this times its change from half the cells, and is then far smaller than it."""
_ROUNDING = 64 * np.finfo(np.float64).eps
"""Rounding of a moment, relative to its terms: 1.8 eps at most against 64-bit mantissas, in 6 tanh networks with up to
7280 nodes and 120 polynomials each."""
_CHUNK = 512
"""Cut cells whose polynomials are evaluated at once: 8 MiB at degree 250."""


def jumps(profile: Profile) -> Floats:
    """
    Where the density of s'', or a derivative of it, jumps.

    Parameters
    ----------
    profile : Profile
        The activation s; one of a name, for those of users need not say where they jump.

    Returns
    -------
    ndarray
        Arguments u.
    """
    places = [place for place, _ in profile.kinks]
    return np.unique([*places, 0.0] if profile.order is not None else places).astype(np.float64)


@dataclass(frozen=True, eq=False)
class _Cells:
    """
    Densities at Gauss's nodes: even cells, zero in those that are cut, and the parts of the cut ones.

    Arrays are `even` (m, cells, 8), `whole` (m, cells), and for the parts, in the order of their fibres, `fibre` (e,),
    `middle` (e,), `half` (e,) and `part` (e, 8).
    """

    even: Floats
    whole: Indices
    fibre: Indices
    middle: Floats
    half: Floats
    part: Floats

    @classmethod
    def of(cls, measure: FibreMeasure, cells: int) -> _Cells:
        fibre, low, high = _cut(measure, cells)
        fibres = len(measure)
        whole = np.ones((fibres, cells), np.int64)
        middle, half = (low + high) / 2, (high - low) / 2
        whole[fibre, np.clip(((middle + 1) * (cells / 2)).astype(np.int64), 0, cells - 1)] = 0
        even, part = np.zeros((fibres, cells * len(_X))), np.zeros((len(fibre), len(_X)))
        first = np.searchsorted(fibre, np.arange(fibres + 1))
        nodes, inner = _nodes(cells), middle[:, None] + half[:, None] * _X
        profile = measure.profile
        for row, scale, bias, read in zip(
            measure.fibre, measure.scales, measure.biases, measure.readout[:, 0], strict=True
        ):
            mine = slice(first[row], first[row + 1])
            even[row] += read * scale**2 * profile.curvature(scale * nodes + bias)
            part[mine] += read * scale**2 * profile.curvature(scale * inner[mine] + bias)
        even = even.reshape(fibres, cells, len(_X)) * whole[:, :, None]
        return cls(even, whole, fibre, middle, half, part)

    def moments(self, count: int) -> Floats:
        fibres, cells = self.whole.shape
        out = (self.even * (_W / cells)).reshape(fibres, -1) @ legendre(count, _nodes(cells)).T
        for some, table in self._tables(count):
            weighted = self.part[some] * (self.half[some, None] * _W)
            np.add.at(out, self.fibre[some], np.einsum("en,qen->eq", weighted, table))
        return np.asarray(out)

    def left(self, moments: Floats) -> float:
        count, (_, cells) = moments.shape[1], self.whole.shape
        smooth, total = legendre(count, _nodes(cells)), 0.0
        for row, density, whole in zip(moments, self.even, self.whole, strict=True):
            rest = density - (row @ smooth).reshape(cells, -1)
            total += float(np.sqrt(rest**2 @ _W * whole).sum()) * np.sqrt(2) / cells
        for some, table in self._tables(count):
            rest = self.part[some] - np.einsum("eq,qen->en", moments[self.fibre[some]], table)
            total += float(np.sqrt(2 * (rest**2 @ _W)) @ self.half[some])
        return total

    def _tables(self, count: int) -> list[tuple[slice, Floats]]:
        """The polynomials at the nodes of the parts, (count, parts, 8), chunk by chunk."""
        chunks = [slice(begin, begin + _CHUNK) for begin in range(0, len(self.fibre), _CHUNK)]
        inner = self.middle[:, None] + self.half[:, None] * _X
        return [(some, legendre(count, inner[some].ravel()).reshape(count, -1, len(_X))) for some in chunks]


@dataclass(frozen=True, eq=False)
class FibreMoments:
    """
    Densities on fibres of the unit ball.

    Parameters
    ----------
    directions : ndarray, shape (m, d)
        The fibres' directions.
    fine, coarse : _Cells
        The densities at the nodes of two rules.
    sizes : ndarray, shape (m,)
        The sum over a fibre's neurons of the L1 norms of their densities, each with what rounding of its argument adds.
    """

    directions: Floats
    fine: _Cells
    coarse: _Cells
    sizes: Floats

    @classmethod
    def of(cls, measure: FibreMeasure, terms: Floats) -> FibreMoments:
        """
        The densities of a measure, from -1 to 1.

        Parameters
        ----------
        measure : FibreMeasure
            A function of one output, with weights up to `STEEPEST`.
        terms : ndarray, shape (k,)
            The sum of the moduli of the numbers whose sum each bias is.

        Returns
        -------
        FibreMoments
            Its densities at the nodes.
        """
        steepest = float(np.abs(measure.scales).max(initial=0.0))
        cells = max(_CELLS, 2 * int(np.ceil(_PER_UNIT * steepest / 2)))
        profile, t = measure.profile, _nodes(_CELLS)
        sizes = np.zeros(len(measure))
        for row, scale, bias, read, term in zip(
            measure.fibre, measure.scales, measure.biases, measure.readout[:, 0], terms, strict=True
        ):
            if profile.law:
                norm = scale**2 * np.abs(profile.curvature(scale * t + bias)) @ np.tile(_W / _CELLS, _CELLS)
            else:
                norm = abs(scale) * profile.measure.smooth_variation
            # A density varies over about 1 of its argument, of which 4 eps may be rounding.
            sizes[row] += abs(read) * norm * (1 + (abs(scale) + term) / 16)
        return cls(measure.directions, _Cells.of(measure, cells), _Cells.of(measure, cells // 2), sizes)

    def moments(self, count: int) -> Floats:
        """
        Integrals of the densities times orthonormal Legendre polynomials.

        Parameters
        ----------
        count : int
            How many polynomials, from degree 0 on.

        Returns
        -------
        ndarray, shape (m, count)
            The integrals.
        """
        return self.fine.moments(count)

    def moment_errors(self, count: int) -> Floats:
        """
        Bounds of the errors of the moments.

        Parameters
        ----------
        count : int
            How many polynomials, from degree 0 on.

        Returns
        -------
        ndarray, shape (m, count)
            The bounds: the change from half the cells, with room, and rounding.
        """
        changed = np.abs(self.fine.moments(count) - self.coarse.moments(count))
        return np.asarray(_CHANGED * changed + _ROUNDING * self.sizes[:, None] * np.sqrt(np.arange(count) + 0.5))

    def left(self, moments: Floats) -> float:
        """
        The L1 norm of the densities less polynomials, at most.

        On each cell it is at most the root of the cell's length times the integral of the square (Cauchy and Schwarz),
        which Gauss's rule takes without the corners of a modulus.

        Parameters
        ----------
        moments : ndarray, shape (m, count)
            The polynomials' coefficients.

        Returns
        -------
        float
            The sum over the fibres.
        """
        return self.fine.left(moments)


def _nodes(cells: int) -> Floats:
    """Gauss's nodes on equal cells of (-1, 1), one cell after the other."""
    middle = (2 * np.arange(cells) + 1) / cells - 1
    return np.asarray((middle[:, None] + _X / cells).ravel())


def _cut(measure: FibreMeasure, cells: int) -> tuple[Indices, Floats, Floats]:
    """Fibre, low and high end of the parts of those cells in which a density jumps, in the order of the fibres."""
    at = (jumps(measure.profile)[:, None] - measure.biases) / measure.scales
    fibre = np.broadcast_to(measure.fibre, at.shape)[np.abs(at) < 1]
    at = at[np.abs(at) < 1]
    edges = np.linspace(-1.0, 1.0, cells + 1)
    key = fibre * cells + np.clip(np.searchsorted(edges, at, "right") - 1, 0, cells - 1)
    cut = np.unique(key)
    keys, places = np.concatenate([key, cut, cut]), np.concatenate([at, edges[cut % cells], edges[cut % cells + 1]])
    order = np.lexsort((places, keys))
    keys, places = keys[order], places[order]
    part = (keys[1:] == keys[:-1]) & (places[1:] > places[:-1])
    return keys[:-1][part] // cells, places[:-1][part], places[1:][part]
