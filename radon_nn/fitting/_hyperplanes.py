"""Hyperplanes with |F_r| on each, and the choice of some that differ."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from radon_nn._support.types import Floats


@dataclass(frozen=True)
class Hyperplanes:
    """
    Hyperplanes {x : a.x = t} with |F_r| on each.

    Parameters
    ----------
    strength : ndarray, shape (k,)
        |F_r(a, t)|.
    directions : ndarray, shape (k, d)
        Unit normals a.
    offsets : ndarray, shape (k,)
        Offsets t.
    """

    strength: Floats
    directions: Floats
    offsets: Floats

    def and_others(self, others: Hyperplanes) -> Hyperplanes:
        """
        These and others.

        Parameters
        ----------
        others : Hyperplanes
            The others.

        Returns
        -------
        Hyperplanes
            All of them.
        """
        return Hyperplanes(
            np.concatenate([self.strength, others.strength]),
            np.concatenate([self.directions, others.directions]),
            np.concatenate([self.offsets, others.offsets]),
        )

    def apart(self, above: float, most: int, distance: float) -> Hyperplanes:
        """
        The strongest that differ.

        Parameters
        ----------
        above : float
            Keep those with |F_r| above this.
        most : int
            How many to keep, at most.
        distance : float
            How far each is, at least, in (a, t) up to sign, from all stronger ones that are kept.

        Returns
        -------
        Hyperplanes
            In order of falling strength.
        """
        order = np.argsort(-self.strength)
        order = order[self.strength[order] > above]
        planes = np.column_stack([self.directions, self.offsets])
        kept: list[int] = []
        for k in order:
            if len(kept) == most:
                break
            near = planes[kept]
            gaps = np.minimum(np.abs(near - planes[k]).sum(axis=1), np.abs(near + planes[k]).sum(axis=1))
            if gaps.size == 0 or gaps.min() >= distance:
                kept.append(int(k))
        return Hyperplanes(self.strength[kept], self.directions[kept], self.offsets[kept])
