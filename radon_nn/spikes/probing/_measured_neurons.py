"""Neurons found by probing, with the errors of their parameters."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from radon_nn._support.types import Floats

GROUP = 1 << 22
"""Numbers in one array at most, 32 MiB."""


@dataclass(frozen=True)
class MeasuredNeurons:
    """
    The function sum_k masses_k (a_k.y - t_k)_+, with the errors of its parameters.

    Parameters
    ----------
    directions : ndarray, shape (s, d)
        Unit normals a.
    offsets : ndarray, shape (s,)
        Offsets t.
    masses : ndarray, shape (s, o)
        Masses.
    errors : ndarray, shape (s,)
        Standard deviations of the kinks' offsets times mass, in units of the noise there; of candidates, those of
        the normals, in radians.
    slips : ndarray, shape (s,)
        Standard deviations of their masses.
    """

    directions: Floats
    offsets: Floats
    masses: Floats
    errors: Floats
    slips: Floats

    @classmethod
    def none(cls, dim: int, outputs: int) -> MeasuredNeurons:
        """The zero function of R^dim to R^outputs."""
        return cls(np.empty((0, dim)), np.empty(0), np.empty((0, outputs)), np.empty(0), np.empty(0))

    def __len__(self) -> int:
        return len(self.offsets)

    def __getitem__(self, keep: NDArray[np.bool_] | NDArray[np.intp]) -> MeasuredNeurons:
        return MeasuredNeurons(*(values[keep] for values in self.fields()))

    def __add__(self, other: MeasuredNeurons) -> MeasuredNeurons:
        return MeasuredNeurons(*(np.concatenate(pair) for pair in zip(self.fields(), other.fields(), strict=True)))

    def fields(self) -> tuple[Floats, ...]:
        """Directions, offsets, masses, errors, slips."""
        return self.directions, self.offsets, self.masses, self.errors, self.slips

    def __call__(self, points: Floats) -> Floats:
        step = max(1, GROUP // (len(self) + 1))
        parts = [
            np.maximum(points[i : i + step] @ self.directions.T - self.offsets, 0) @ self.masses
            for i in range(0, len(points), step)
        ]
        return np.concatenate(parts) if parts else np.empty((0, self.masses.shape[1]))

    def distances(self, other: MeasuredNeurons) -> Floats:
        """
        Distances between hyperplanes in (a, t), up to sign.

        Parameters
        ----------
        other : MeasuredNeurons
            Other neurons.

        Returns
        -------
        ndarray, shape (s, s')
            The distances.
        """
        mine = np.concatenate([self.directions, self.offsets[:, None]], axis=1)
        theirs = np.concatenate([other.directions, other.offsets[:, None]], axis=1)
        out = np.empty((len(mine), len(theirs)))
        for k, place in enumerate(mine):
            out[k] = np.minimum(np.linalg.norm(theirs - place, axis=1), np.linalg.norm(theirs + place, axis=1))
        return out
