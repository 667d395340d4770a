"""Neurons as arrays: which are dead, which coincide, which are affine on a domain; each step leaves the function be."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from radon_nn import domains, hyperplanes, lines
from radon_nn.domains import Domain
from radon_nn.profiles import Profile

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

_ROUNDING = np.finfo(np.float64).eps
_CANCELLED = 64 * _ROUNDING


class Neurons(NamedTuple):
    """The function x -> readout' s(weights x + biases) + skip x + constant; readout (k, o) has one row a neuron."""

    weights: Floats
    biases: Floats
    readout: Floats
    skip: Floats
    constant: Floats
    profile: Profile

    def kept(self, keep: Mask, skip: Floats, constant: Floats) -> Neurons:
        """Some of the neurons, with what the others add to the affine part."""
        return Neurons(
            self.weights[keep],
            self.biases[keep],
            self.readout[keep],
            self.skip + skip,
            self.constant + constant,
            self.profile,
        )

    def alive(self) -> Neurons:
        """Without neurons that are constant, or not read out; the constants kept."""
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            offsets = self.biases / norms(self.weights)
        read = np.any(self.readout != 0, axis=1)
        live = read & np.any(self.weights != 0, axis=1) & np.isfinite(offsets)
        level = np.asarray(self.profile(self.biases))
        return self.kept(live, np.zeros_like(self.skip), self.readout[~live & read].T @ level[~live & read])

    def merged(self, tol: float) -> Neurons:
        """
        One neuron for all that have the same z = w.x + b.

        The same up to a positive factor where s is homogeneous, and up to sign where s(-z) = c s(z) + p z + q, whose
        affine rest joins the affine part.

        Parameters
        ----------
        tol : float
            Distance within which they are the same.

        Returns
        -------
        Neurons
            Fewer of them; those that cancel are left out.
        """
        if not len(self.biases):
            return self
        size, degree = norms(self.weights), self.profile.degree
        if degree is None:
            whole = np.column_stack([self.weights, self.biases])
            length = norms(whole)
            # An odd function of (w, b) in which relative changes of its length count.
            unit = whole / length[:, None]
            place = np.column_stack([unit, unit * np.log(length)[:, None]])
        else:
            unit = self.weights / size[:, None]
            place = np.column_stack([unit, hyperplanes.compressed(self.biases / size)])
        if self.profile.mirror is None:
            # A constant coordinate keeps a row from being taken for its negative.
            place = np.column_stack([place, np.ones(len(place))])
        count, label, leader = hyperplanes.clusters(place, tol)
        first = leader[label]
        turned = np.einsum("ki,ki->k", unit, unit[first]) < 0
        c, slope, level = self.profile.mirror or (1.0, 0.0, 0.0)
        factor = np.where(turned, c, 1.0) * (1.0 if degree is None else (size / size[first]) ** degree)
        share = self.readout * factor[:, None]
        total, sizes = np.zeros((count, share.shape[1])), np.zeros((count, share.shape[1]))
        np.add.at(total, label, share)
        np.add.at(sizes, label, np.abs(share))
        keep = np.any(np.abs(total) > _CANCELLED * sizes, axis=1)
        read = self.readout[turned].T
        return Neurons(
            self.weights[leader][keep],
            self.biases[leader][keep],
            total[keep],
            self.skip - slope * read @ self.weights[turned],
            self.constant - slope * read @ self.biases[turned] + level * read.sum(axis=1),
            self.profile,
        )

    def folded(self, domain: Domain) -> Neurons:
        """Without neurons that are affine on the domain, to rounding; they join the affine part."""
        low, high = (end + self.biases for end in domains.extent(domain, self.weights))
        bent = self._bent(low, high)
        at_low, at_high = self.profile(low), self.profile(high)
        # The secant of what is affine to rounding is so, too, however narrow.
        slope = np.divide(at_high - at_low, high - low, out=np.zeros_like(low), where=high > low)
        level = at_low - slope * (low - self.biases)
        out = self.readout[~bent].T
        return self.kept(bent, (out * slope[~bent]) @ self.weights[~bent], out @ level[~bent])

    def _bent(self, low: Floats, high: Floats) -> Mask:
        """Whether s departs from its tangent between z = low and high by more than rounding."""
        profile = self.profile
        bent = np.zeros(len(low), bool)
        for place, _ in profile.kinks:
            bent |= (low < place) & (place < high)
        if profile.law:
            # No measure to integrate: steps are constant on each side, powers affine on the left, sines nowhere.
            if profile.order is None:
                return np.ones(len(low), bool)
            return (high >= 0) & (low < 0) if profile.order == 1 else high > 0
        if not profile.piecewise_linear and len(low):
            column = np.ones((len(low), 1))
            one = lines.Copies(profile.measure, column, 0 * column, column)
            reach = np.maximum(np.abs(profile(low)), np.abs(profile(high)))
            bent |= lines.variation([one], (low, high)) * (high - low) > _ROUNDING * reach
        return bent


def norms(rows: Floats) -> Floats:
    """
    Norms of rows, without overflow or underflow on the way.

    Parameters
    ----------
    rows : ndarray, shape (m, d)
        Rows.

    Returns
    -------
    ndarray, shape (m,)
        Their 2-norms.
    """
    largest = np.abs(rows).max(axis=1, initial=0)
    return np.asarray(largest * np.linalg.norm(rows / np.where(largest > 0, largest, 1.0)[:, None], axis=1))
