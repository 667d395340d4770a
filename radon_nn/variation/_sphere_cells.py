"""Integrals over half the sphere of functions of the direction, on cells that are halved where the function changes.

Half the sphere is d faces of a cube: on face i, b is proportional to e_i + sum_j tan(u_j) e_j, |u_j| <= pi / 4. Each
cell of a face has a product of Gauss nodes in u, and is compared with its 2^(d-1) halves.
"""

from __future__ import annotations

import itertools
import math
import time
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from radon_nn._support.types import Floats

_NODES = {1: 1, 2: 4, 3: 3, 4: 2}
"""Gauss nodes in each angle of a cell: at least 24 directions in the plane, 135 in space, 288 in R^4."""

Variations = Callable[[Floats], Floats]
"""Takes directions (m, d), returns values (scales, m)."""


def turned_frame(dim: int) -> Floats:
    """
    A rotation of the cells' frame: a second integral, independent of where the cells of the first have their nodes.

    A kink between a cell's outermost nodes and its edge is not seen by comparing the cell with its halves: |a.b| in the
    plane was off by 3e-4 when 1e-6 was claimed. Turned cells have other edges.

    Parameters
    ----------
    dim : int
        Dimension d.

    Returns
    -------
    ndarray, shape (d, d)
        An orthogonal matrix.
    """
    # In the plane it turns by 0.43 of the eighth of a circle that the first cells' halves span, at any level far from
    # dyadic fractions; beyond, any matrix in general position will do.
    if dim == 2:
        angle = (math.sqrt(3) - 1.3) * math.pi / 4
        return np.array([[math.cos(angle), math.sin(angle)], [-math.sin(angle), math.cos(angle)]])
    return np.asarray(np.linalg.qr(np.random.default_rng(31).standard_normal((dim, dim)))[0])


class Cell(NamedTuple):
    """A cell of a face: its middle and half its side in u, its integral, and that of its halves less its own."""

    face: int
    middle: tuple[float, ...]
    half: float
    fine: Floats
    change: Floats
    children: tuple[tuple[tuple[float, ...], Floats], ...]


def cell_rule(face: int, middle: tuple[float, ...], half: float) -> tuple[Floats, Floats]:
    """
    Directions of a cell, with weights that count each and its antipode.

    Parameters
    ----------
    face : int
        The axis of the face.
    middle : tuple of d - 1 floats
        The middle of the cell, in u.
    half : float
        Half its side.

    Returns
    -------
    normals : ndarray, shape (m, d)
        Directions.
    weights : ndarray, shape (m,)
        Their weights.
    """
    dim = len(middle) + 1
    if dim == 1:
        return np.ones((1, 1)), np.array([2.0])
    x, v = np.polynomial.legendre.leggauss(_NODES[dim])
    slopes = np.array(list(itertools.product(*(np.tan(m + half * x) for m in middle)))).reshape(-1, dim - 1)
    weights = np.array([math.prod(half * w for w in part) for part in itertools.product(v, repeat=dim - 1)])
    square = 1 + np.sum(slopes**2, axis=1)
    # The sphere's measure is du_1 ... du_(d-1) times the product of 1 + tan(u_j)^2, over (1 + |tan u|^2)^(d/2).
    weights = 2 * weights * np.prod(1 + slopes**2, axis=1) / square ** (dim / 2)
    return np.insert(slopes, face, 1.0, axis=1) / np.sqrt(square)[:, None], weights


class HalfSphere:
    """
    The integral over the whole sphere of even functions of the direction.

    Parameters
    ----------
    dim : int
        Dimension d.
    variations : callable
        The functions: takes directions (m, d), returns values (k, m).
    judged : int
        The first functions, this many, decide which cells are halved.
    """

    def __init__(self, dim: int, variations: Variations, judged: int) -> None:
        self.dim, self.variations, self.judged, self.count = dim, variations, judged, 0
        corner = [(face, (0.0,) * (dim - 1), math.pi / 4) for face in range(dim)]
        if dim == 1:
            values = self._integrals([(0, (), 0.0)])
            self.cells = [Cell(0, (), 0.0, values[0], np.zeros_like(values[0]), ())]
        else:
            self.cells = self._compared(corner, self._integrals(corner))

    @property
    def value(self) -> Floats:
        """The integrals, (k,)."""
        return np.asarray(sum(cell.fine for cell in self.cells))

    def turned(self, gain: float) -> float:
        """
        The largest relative error of the functions that are judged.

        Parameters
        ----------
        gain : float
            How much smaller the error is than what the last halving of each cell changed.

        Returns
        -------
        float
            The error.
        """
        change = np.asarray(sum(np.abs(cell.change) for cell in self.cells)) / gain
        return float(np.max((change / np.maximum(self.value, 1e-300))[: self.judged]))

    def refine_to(self, aim: float, gain: float, most: int, until: float = math.inf) -> None:
        """
        Halve cells until the error is small, as long as directions and time allow.

        Parameters
        ----------
        aim : float
            Relative error to reach.
        gain : float
            As for `turned`.
        most : int
            Directions, at most.
        until : float
            The time, by `time.monotonic`, at which to end.
        """
        took = 0.0
        while self.turned(gain) > aim and self.count < most and time.monotonic() + 2 * took < until:
            begin = time.monotonic()
            self.refine()
            took = time.monotonic() - begin

    def refine(self) -> None:
        """Halve the cells whose values changed most at the last halving: those of nine tenths of the error."""
        size = np.maximum(self.value, 1e-300)
        share = np.array([float(np.max((np.abs(cell.change) / size)[: self.judged])) for cell in self.cells])
        order = np.argsort(-share)
        many = int(np.searchsorted(np.cumsum(share[order]), 0.9 * share.sum())) + 1
        chosen = set(order[:many].tolist())
        parts = [
            (cell.face, middle, cell.half / 2, values)
            for k, cell in enumerate(self.cells)
            if k in chosen
            for middle, values in cell.children
        ]
        rest = [cell for k, cell in enumerate(self.cells) if k not in chosen]
        self.cells = rest + self._compared([part[:3] for part in parts], [part[3] for part in parts])

    def _integrals(self, cells: list[tuple[int, tuple[float, ...], float]]) -> list[Floats]:
        """The integral over each cell, (k,)."""
        rules = [cell_rule(*cell) for cell in cells]
        values = self.variations(np.concatenate([normals for normals, _ in rules]))
        self.count += values.shape[1]
        ends = np.cumsum([len(weights) for _, weights in rules])[:-1]
        return [part @ weights for part, (_, weights) in zip(np.split(values, ends, axis=1), rules, strict=True)]

    def _compared(self, cells: list[tuple[int, tuple[float, ...], float]], coarse: list[Floats]) -> list[Cell]:
        """Cells with the integrals over their halves, and how these differ from their own."""
        signs = list(itertools.product((-1, 1), repeat=self.dim - 1))
        halves = [
            (face, tuple(m + s * half / 2 for m, s in zip(middle, sign, strict=True)), half / 2)
            for face, middle, half in cells
            for sign in signs
        ]
        values, result = self._integrals(halves), []
        for k, (face, middle, half) in enumerate(cells):
            own = slice(k * len(signs), (k + 1) * len(signs))
            fine = np.asarray(sum(values[own]))
            children = tuple((middle_, value) for (_, middle_, _), value in zip(halves[own], values[own], strict=True))
            result.append(Cell(face, middle, half, fine, fine - coarse[k], children))
        return result


def independent_error(sphere: HalfSphere, own: Floats, check: HalfSphere) -> float:
    """
    The relative error of an integral from a second one on turned cells.

    Parameters
    ----------
    sphere : HalfSphere
        The integral.
    own : ndarray, shape (k,)
        Its values of the functions that the second one has.
    check : HalfSphere
        The second integral.

    Returns
    -------
    float
        What the last halvings of both changed, and three times the largest difference of their values. For |a.b| in 400
        random directions, this missed the error in 2 cases at most, its last halvings alone in 180.
    """
    apart = np.max((np.abs(check.value - own) / np.maximum(np.abs(own), 1e-300))[: check.judged], initial=0.0)
    return sphere.turned(1.0) + check.turned(1.0) + 3 * float(apart)
