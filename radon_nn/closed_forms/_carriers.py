"""Parts of sums gathered by the directions that carry them, and merged where they are equal to the bit."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from radon_nn._support.types import Floats
from radon_nn.closed_forms._rounding import ROUNDED, gap, one_measure
from radon_nn.closed_forms._waves import Jump, Part, Wave

_CANCELLED = 64 * float(np.finfo(np.float64).eps)
"""A sum of amplitudes below this fraction of the sum of their moduli is rounding."""


class Carrier(NamedTuple):
    """
    What a sum of parts has on one subspace of directions.

    `basis` (k, d) spans it; waves and jumps are in R^k. Waves that are equal to the bit are merged, and those that
    cancel left out; `lost` is what rounding of their amplitudes may leave of them, as an R-TV. `joined` tells whether
    the subspaces of the parts differ in the last digits.
    """

    basis: Floats
    waves: list[Wave]
    jumps: list[Jump]
    lost: float
    joined: bool


def gathered(parts: Sequence[Part], same: float = ROUNDED) -> list[Carrier]:
    """
    Parts grouped by the subspace of directions that carries them, and merged where only their amplitudes differ.

    A function of P x, P with orthonormal rows, has its measure on the directions in the row space of P. Measures on
    different subspaces are mutually singular: a density, or a mass on a graph t = a.c + e, is zero on a smaller one.

    Parameters
    ----------
    parts : sequence of Part
        All in one R^d.
    same : float
        Subspaces within this are one: bases were computed. With 0 only those that are equal to the bit.

    Returns
    -------
    list of Carrier
        One for each subspace.
    """
    groups: list[list[Part]] = []
    for part in parts:
        group = next((known for known in groups if _same_space(known[0].basis, part.basis, same)), None)
        if group is None:
            groups.append([part])
        else:
            group.append(part)
    carriers = []
    for group in groups:
        basis = group[0].basis
        contents = [_moved(part, basis) for part in group]
        waves, lost = _merged([content for content in contents if isinstance(content, Wave)])
        jumps = [content for content in contents if isinstance(content, Jump)]
        joined = not all(_same_space(basis, part.basis, 0.0) for part in group)
        carriers.append(Carrier(basis, waves, jumps, lost, joined))
    return carriers


def _moved(part: Part, basis: Floats) -> Wave | Jump:
    """What a part contains, in the coordinates of a basis of the same subspace."""
    if np.array_equal(part.basis, basis):
        return part.content
    turn = np.sign(part.basis @ basis.T) if len(basis) == 1 else part.basis @ basis.T
    return part.content.composed(turn, np.zeros(len(basis)))


def _same_space(one: Floats, other: Floats, same: float) -> bool:
    """Whether orthonormal rows span the same space, to rounding or, where `same` is 0, for certain."""
    if len(one) != len(other):
        return False
    if len(one) == one.shape[1] or np.array_equal(one, other) or (len(one) == 1 and np.array_equal(one, -other)):
        return True
    # The distance of the rows from the other space: sines of angles, where cosines would lose half of the digits.
    return same > 0 and bool(np.abs(one - (one @ other.T) @ other).max() <= same)


def _merged(waves: Sequence[Wave]) -> tuple[list[Wave], float]:
    """
    Waves joined that share measure, center and square (on the line, the signed scale) to the bit, and what that loses.

    Only pairs of opposites given by the same numbers cancel without rounding: others may have been equal by rounding.
    """
    groups: list[list[Wave]] = []
    for wave in waves:
        group = next((known for known in groups if _alike(wave, known[0])), None)
        if group is None:
            groups.append([wave])
        else:
            group.append(wave)
    kept, lost = [], 0.0
    for group in groups:
        amplitudes = [wave.amplitude for wave in group]
        if Counter((w.amplitude, w.given) for w in group) == Counter((-w.amplitude, w.given) for w in group):
            continue
        total, size = math.fsum(amplitudes), math.fsum(map(abs, amplitudes))
        if abs(total) > _CANCELLED * size:
            kept.append(replace(group[0], amplitude=total))
            rounding = 4 * np.finfo(np.float64).eps * size if abs(total) < size else 0.0
        else:
            rounding = abs(total) + 4 * np.finfo(np.float64).eps * size
        if rounding and not group[0].measure.law:
            lost += replace(group[0], amplitude=float(rounding)).total()
    return kept, lost


def _alike(wave: Wave, other: Wave) -> bool:
    """Whether two waves differ in amplitude alone."""
    return gap(wave, other) == 0 and one_measure(wave.measure, other.measure)
