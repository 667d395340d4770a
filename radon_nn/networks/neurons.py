"""Neurons as arrays, and the steps that leave their function unchanged: drop dead ones, merge, fold, rescale."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from radon_nn._support.public import public
from radon_nn._support.types import Floats, Indices
from radon_nn._support.wording import counted
from radon_nn.activations.profile import Profile
from radon_nn.geometry import domains, hyperplanes
from radon_nn.geometry.domains import Domain
from radon_nn.geometry.points import norms, unit_rows
from radon_nn.measures import line
from radon_nn.measures.ridge import RidgeMeasure

Mask = NDArray[np.bool_]

_ROUNDING = np.finfo(np.float64).eps
_CANCELLED = 64 * _ROUNDING
"""A sum of output weights below this fraction of the sum of their moduli is rounding: room for some 64 additions."""


_SMALL, _LIFT = 1e-250, 700
"""Products below the first are computed times up to 2^700, far from where they are subnormal, and from overflow."""


class _Groups(NamedTuple):
    """Clusters of neurons: |w| of each, its cluster, the first of each cluster, and whether -z stands for z."""

    size: Floats
    label: Indices
    leader: Indices
    turned: Mask


class Neurons(NamedTuple):
    """The function x -> readout^T s(weights x + biases) + skip x + constant; readout (k, o) has a row per neuron."""

    weights: Floats
    biases: Floats
    readout: Floats
    skip: Floats
    constant: Floats
    profile: Profile

    def kept(self, keep: Mask, skip: Floats, constant: Floats) -> Neurons:
        """The neurons `keep`, with what the others contribute to the affine part."""
        return Neurons(
            self.weights[keep],
            self.biases[keep],
            self.readout[keep],
            self.skip + skip,
            self.constant + constant,
            self.profile,
        )

    def alive(self) -> Neurons:
        """Without neurons that are constant or have no output weight; constants join the constant part."""
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            offsets = self.biases / norms(self.weights)
        read = np.any(self.readout != 0, axis=1)
        live = read & np.any(self.weights != 0, axis=1) & np.isfinite(offsets)
        level = np.asarray(self.profile(self.biases))
        return self.kept(live, np.zeros_like(self.skip), self.readout[~live & read].T @ level[~live & read])

    def merged(self, tol: float) -> Neurons:
        """
        One neuron for all that have the same z = w.x + b.

        If s is homogeneous, z need only agree up to a positive factor; if s(-z) = c s(z) + p z + q, up to sign, and
        p z + q joins the affine part.

        Parameters
        ----------
        tol : float
            Distance within which they coincide.

        Returns
        -------
        Neurons
            The distinct neurons, without those whose output weights cancel.
        """
        return self.merged_and_lost(tol)[0]

    def merged_and_lost(self, tol: float) -> tuple[Neurons, Neurons]:
        """
        `merged`, and what rounding may leave of output weights that cancel.

        Parameters
        ----------
        tol : float
            Distance within which they coincide.

        Returns
        -------
        merged : Neurons
            The distinct neurons.
        lost : Neurons
            A neuron wherever output weights cancel but for a remainder. The one output weight of each is the modulus of
            what was dropped and of the rounding of the sum: theirs together bound how far the R-TV is changed.
        """
        if not len(self.biases):
            return self, self
        group = self._grouped(tol)
        size, degree, label, leader, turned = group.size, self.profile.degree, group.label, group.leader, group.turned
        count, first = len(leader), leader[label]
        c, slope, level = self.profile.mirror or (1.0, 0.0, 0.0)
        factor = np.where(turned, c, 1.0) * (1.0 if degree is None else (size / size[first]) ** degree)
        readout = self.readout * factor[:, None]
        total, sizes = np.zeros((count, readout.shape[1])), np.zeros((count, readout.shape[1]))
        np.add.at(total, label, readout)
        np.add.at(sizes, label, _CANCELLED * np.abs(readout))  # before they are added: the sum may overflow
        keep = np.any(np.abs(total) > sizes, axis=1)
        read = self.readout[turned].T
        merged = Neurons(
            self.weights[leader][keep],
            self.biases[leader][keep],
            total[keep],
            self.skip - slope * read @ self.weights[turned],
            self.constant - slope * read @ self.biases[turned] + level * read.sum(axis=1),
            self.profile,
        )
        # As in `RidgeMeasure`: the sum of a few terms errs by 4 eps of their moduli.
        with np.errstate(over="ignore", invalid="ignore"):
            left, moduli = norms(total), norms(sizes)
        near = (left > 0) & (moduli > 2 * _CANCELLED * left)
        least = (np.where(keep, 0.0, left) + moduli / 16)[near, None]
        none = np.zeros((1, self.weights.shape[1])), np.zeros(1)
        return merged, Neurons(self.weights[leader][near], self.biases[leader][near], least, *none, self.profile)

    def moved_by_merging(self, tol: float, domain: Domain | None) -> float:
        """
        How far `merged` moves the function on a domain, at most.

        A neuron v s(z) becomes v s(z') with z' that of the first of its cluster, up to sign and, where s is of degree
        1, up to a factor: |v| sup |s'| sup |z - z'| bounds the change, and |s'| is at most |s'(-inf)| + TV(s').

        Parameters
        ----------
        tol : float
            Distance within which neurons coincide.
        domain : Domain, optional
            The domain; all of R^d if None.

        Returns
        -------
        float
            The bound, of the 2-norm over the outputs; infinite where s' or the domain is unbounded, unless nothing
            moves.
        """
        if not len(self.biases):
            return 0.0
        group = self._grouped(tol)
        first = group.leader[group.label]
        factor = np.ones(len(first)) if self.profile.degree is None else group.size / group.size[first]
        sign = np.where(group.turned, -1.0, 1.0) * factor
        gap = self.weights - sign[:, None] * self.weights[first], self.biases - sign * self.biases[first]
        rounding = 8 * _ROUNDING  # of a product and a difference, with room
        copies = (norms(gap[0]) <= rounding * group.size) & (np.abs(gap[1]) <= rounding * np.abs(self.biases))
        if copies.all():
            return 0.0
        steepest = self.profile.steepest
        if domain is None or not np.isfinite(steepest) or self.profile.degree not in (None, 1):
            return float("inf")
        low, high = (end + gap[1] for end in domains.extent(domain, gap[0]))
        return float(steepest * norms(self.readout) @ np.maximum(np.abs(low), np.abs(high)))

    def _grouped(self, tol: float) -> _Groups:
        """Which neurons have the same z, up to what `merged` allows for."""
        size, degree = norms(self.weights), self.profile.degree
        if degree is None:
            with np.errstate(over="ignore"):
                unit = hyperplanes.offset_unit(self.biases / size, norms(self.readout) * size)
                least, most = unit * size.min(), max(unit * size.max(), np.abs(self.biases).max())
            # A power of two, for no product with a unit from a subnormal bias to underflow.
            lift = 0 if least > _SMALL else int(min(_LIFT, _LIFT - np.frexp(most)[1]))
            whole = np.column_stack([np.ldexp(self.weights, lift) * unit, np.ldexp(self.biases, lift)])
            length = norms(whole)
            # An odd function of (w, b), so that signs pair up; the logarithm makes distances in length relative.
            normal = whole / length[:, None]
            place = np.column_stack([normal, normal * (np.log(length) - lift * np.log(2))[:, None]])
        else:
            normal, offsets = unit_rows(self.weights), self.biases / size
            with np.errstate(over="ignore"):
                unit = hyperplanes.offset_unit(offsets, norms(self.readout) * size**degree)
            place = np.column_stack([normal, hyperplanes.compressed(offsets, unit)])
        if self.profile.mirror is None:
            # A constant coordinate keeps a row from being taken for its negative.
            place = np.column_stack([place, np.ones(len(place))])
        _, label, leader = hyperplanes.clusters(place, tol)
        return _Groups(size, label, leader, np.einsum("ki,ki->k", normal, normal[leader[label]]) < 0)

    def folded(self, domain: Domain) -> Neurons:
        """Without neurons that are affine on the domain to rounding; they join the affine part."""
        low, high = (end + self.biases for end in domains.extent(domain, self.weights))
        bent = self._bent(low, high)
        at_low, at_high = self.profile(low), self.profile(high)
        # Where s is affine to rounding, the secant is it, however short.
        slope = np.divide(at_high - at_low, high - low, out=np.zeros_like(low), where=high > low)
        level = at_low - slope * (low - self.biases)
        out = self.readout[~bent].T
        return self.kept(bent, (out * slope[~bent]) @ self.weights[~bent], out @ level[~bent])

    def spikes(self) -> RidgeMeasure:
        """
        The measure of a piecewise linear activation, its spikes not yet merged.

        Returns
        -------
        RidgeMeasure
            One spike for each neuron and kink; a kink too far away to have an offset joins the affine part.

        Raises
        ------
        ValueError
            If the activation is not piecewise linear, or a mass overflows.
        """
        profile = self.profile
        if not profile.piecewise_linear:
            raise ValueError(
                f"measure: expected a piecewise linear activation, got {profile.name}, which has densities instead of "
                "spikes; use fibres(), or rtv(network)"
            )
        slope, level = profile.pieces
        readout, sizes = self.readout.T, norms(self.weights)
        skip = self.skip + slope * readout @ self.weights
        constant = self.constant + readout @ (slope * self.biases + level)
        spikes = [(np.empty((0, self.weights.shape[1])), np.empty(0), np.empty((0, len(readout))))]
        for place, jump in profile.kinks:
            with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
                offsets = (place - self.biases) / sizes
            bent = (sizes > 0) & np.isfinite(offsets) & (jump != 0) & np.any(self.readout != 0, axis=1)
            on = ~bent & (self.biases > place)
            skip = skip + jump * readout[:, on] @ self.weights[on]
            constant = constant + jump * readout[:, on] @ (self.biases[on] - place)
            with np.errstate(over="ignore"):  # the constructor says so
                masses = jump * self.readout[bent] * sizes[bent, None]
            spikes.append((unit_rows(self.weights[bent]), offsets[bent], masses))
        directions, places, masses = (np.concatenate(part) for part in zip(*spikes, strict=True))
        return RidgeMeasure(directions, places, masses, skip, constant)

    def balanced(self) -> Neurons:
        """
        Neurons rescaled so that |v_k| = |w_k|, for a homogeneous activation; dead ones as they are.

        Returns
        -------
        Neurons
            The same function.

        Raises
        ------
        ValueError
            If the activation is not homogeneous.
        """
        degree = self.profile.degree
        if not degree:
            raise ValueError(
                f"balance: expected a homogeneous activation (relu, leaky_relu, abs, identity, truncated powers), got "
                f"{self.profile.name}, whose neurons cannot be rescaled"
            )
        inner, outer = norms(self.weights), norms(self.readout)
        live = (inner > 0) & (outer > 0)
        c = np.ones(len(self.biases))
        c[live] = np.exp((np.log(outer[live]) - np.log(inner[live])) / (degree + 1))
        return self._replace(
            weights=self.weights * c[:, None], biases=self.biases * c, readout=self.readout / c[:, None] ** degree
        )

    def order_rtv(self, domain: Domain | None, tol: float) -> float:
        """
        The R-TV of order m of truncated powers: the sum of |mass| over distinct hyperplanes.

        Parameters
        ----------
        domain : Domain, optional
            The domain; all of R^d if not given.
        tol : float
            Hyperplanes coincide within this distance.

        Returns
        -------
        float
            See `ShallowNetwork.order_rtv`.

        Raises
        ------
        ValueError
            If the activation is no truncated power.
        """
        order = self.profile.order
        if order is None:
            raise ValueError(
                f"order: expected the activation relu, step or truncated_power, got {self.profile.name}; for others "
                "rtv(network) is of order 2"
            )
        live = self.alive()
        if not len(live.biases):
            return 0.0
        sizes = norms(live.weights)
        directions, offsets = unit_rows(live.weights), -live.biases / sizes
        unit = hyperplanes.offset_unit(offsets, norms(live.readout) * sizes ** (order - 1))
        place = np.column_stack([directions, hyperplanes.compressed(offsets, unit)])
        count, label, leader = hyperplanes.clusters(place, tol)
        turned = np.einsum("ki,ki->k", directions, directions[leader[label]]) < 0
        sign = np.where(turned & (order % 2 == 1), -1.0, 1.0)
        masses = np.zeros((count, live.readout.shape[1]))
        np.add.at(masses, label, (sign * sizes ** (order - 1))[:, None] * live.readout)
        if domain is not None:
            low, high = domains.extent(domain, directions[leader])
            masses = masses[(offsets[leader] > low) & (offsets[leader] < high)]
        return float(norms(masses).sum())

    def _bent(self, low: Floats, high: Floats) -> Mask:
        """Whether s departs from its tangent between z = low and high by more than rounding."""
        profile = self.profile
        bent = np.zeros(len(low), bool)
        for place, _ in profile.kinks:
            bent |= (low < place) & (place < high)
        if profile.law:
            # No measure to integrate: steps are constant on each side, powers zero on the left, sines never affine.
            if profile.order is None:
                return np.ones(len(low), bool)
            return (high >= 0) & (low < 0) if profile.order == 1 else high > 0
        if not profile.piecewise_linear and len(low):
            column = np.ones((len(low), 1))
            one = line.Copies(profile.measure, column, 0 * column, column)
            reach = np.maximum(np.abs(profile(low)), np.abs(profile(high)))
            bent |= line.variation([one], (low, high)) * (high - low) > _ROUNDING * reach
        return bent


@public
@dataclass(frozen=True)
class Simplification:
    """
    The report of `ShallowNetwork.simplify`.

    Parameters
    ----------
    before, after : int
        Numbers of neurons.
    dead : int
        Neurons that were constant or had no output weight.
    merged : int
        Neurons that joined another one, or cancelled.
    domain : Ball, Cuboid or Hull, optional
        Where the networks agree; all of R^d if None.
    moved : float
        How far the function moves on the domain, by merging; 0 where nothing but copies were merged.
    exact : bool
        Whether `moved` is the largest difference, to rounding; otherwise an upper bound, infinite on all of R^d.

    See Also
    --------
    radon_nn.ShallowNetwork.simplify : What it reports.
    radon_nn.prune : Fewer neurons, where the function may move a little.

    Examples
    --------
    >>> from radon_nn import Ball, ShallowNetwork
    >>> network = ShallowNetwork([[1.0], [1.0], [1.0]], [0.0, 0.0, 9.0], [1.0, 2.0, 1.0])
    >>> small, report = network.simplify(Ball(1.0, [0.0]))
    >>> report.before, report.after, report.merged
    (3, 1, 1)
    """

    before: int
    after: int
    dead: int
    merged: int
    domain: Domain | None
    moved: float = 0.0
    exact: bool = True

    @property
    def folded(self) -> int:
        """Number of neurons that are affine on the domain."""
        return self.before - self.after - self.dead - self.merged

    def __str__(self) -> str:
        where = "R^d" if self.domain is None else str(self.domain)
        return (
            f"{counted(self.before, 'neuron')} became {self.after} on {where}: {self.dead} dead, {self.merged} merged, "
            f"{self.folded} affine there and folded into the skip connection; f moves by "
            f"{'' if self.exact else 'at most '}{self.moved:.3g}"
        )
