"""Ridge measures: spikes on S^(d-1) x R modulo antipodes, and an affine part; a shallow ReLU network is one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from radon_nn._support import checks, notebooks
from radon_nn._support.public import public
from radon_nn._support.types import Floats
from radon_nn._support.wording import counted
from radon_nn.geometry import domains, hyperplanes
from radon_nn.geometry.domains import Domain
from radon_nn.geometry.naming import NO_NAMES, Names
from radon_nn.geometry.points import in_chunks, norms, on_leading_axes
from radon_nn.measures.difference import Difference, largest_difference
from radon_nn.measures.spike_list import SpikeList

_CANCELLED = 64 * np.finfo(np.float64).eps
"""A sum of masses below this fraction of the sum of their moduli is rounding: room for some 64 additions."""


@public
@dataclass(frozen=True, eq=False)
class RidgeMeasure(SpikeList):
    """
    The function f(x) = sum_k masses_k (a_k.x - t_k)_+ + skip x + constant, as spikes in the Radon domain.

    Its measure is d_t^2 K R f = sum_k masses_k [delta_(a_k, t_k) + delta_(-a_k, -t_k)]/2,
    and the affine part is its null space. Directions lie in a half sphere (the last coordinate that is not zero is
    positive; for d = 2 angles lie in [0, pi)), and spikes are sorted by decreasing |mass|. `len(measure)` is their
    number, `measure[0]` the largest spike, `measure[:5]` the measure of the largest five.

    Parameters
    ----------
    directions : array_like, shape (s, d)
        Unit normals a_k.
    offsets : array_like, shape (s,)
        Offsets t_k, in the units of x.
    masses : array_like, shape (s,) or (s, o)
        Masses, in units of f per unit of x. The attribute always has shape (s, o), as `skip` has (o, d), so that code
        for several outputs holds for one; plain numbers, where there is one output, are `measure[k].mass`, the column
        mass of `to_table()` and `masses` of the results of fits and of `find_spikes`.
    skip : array_like, shape (o, d), optional
        Linear part; zero if not given.
    constant : array_like, shape (o,), optional
        Constant part; zero if not given.
    names : Names, optional
        Names of the inputs and outputs, for tables.

    Raises
    ------
    ValueError
        If shapes disagree, an entry is not finite, or a direction is not of unit length.

    See Also
    --------
    radon_nn.ShallowNetwork.measure : The measure of a network, merged.

    Examples
    --------
    >>> RidgeMeasure([[1, 0], [1, 0]], [0.5, 0.5], [1, 2]).merged().rtv
    3.0
    """

    directions: Floats
    offsets: Floats
    masses: Floats
    skip: Floats
    constant: Floats
    names: Names

    def __init__(
        self,
        directions: ArrayLike,
        offsets: ArrayLike,
        masses: ArrayLike,
        skip: ArrayLike | None = None,
        constant: ArrayLike | None = None,
        names: Names | None = None,
    ) -> None:
        unit = checks.real_array(directions, "directions")
        if unit.size == 0 and skip is not None:
            unit = np.empty((0, np.shape(skip)[-1]))
        unit = checks.shaped_array(unit, "directions", ("s", "d"))
        levels = checks.shaped_array(offsets, "offsets", (len(unit),))
        mass = checks.real_array(masses, "masses").astype(np.float64)
        if mass.size == 0 and constant is not None:
            mass = np.empty((0, np.size(constant)))
        mass = mass[:, None] if mass.ndim == 1 else mass
        if mass.ndim != 2 or len(mass) != len(unit):
            raise ValueError(f"masses: expected shape ({len(unit)},) or ({len(unit)}, outputs), got {mass.shape}")
        outputs, dim = mass.shape[1], unit.shape[1]
        lengths = checks.unit_lengths(unit, "directions")
        linear = np.zeros((outputs, dim)) if skip is None else checks.shaped_array(skip, "skip", (outputs, dim))
        level = np.zeros(outputs) if constant is None else checks.shaped_array(constant, "constant", (outputs,))
        self._settle(unit / lengths[:, None], levels / lengths, mass * lengths[:, None], linear, level)
        object.__setattr__(self, "names", Names.of(names).checked(dim, outputs))

    @classmethod
    def trusted(
        cls,
        directions: Floats,
        offsets: Floats,
        masses: Floats,
        skip: ArrayLike,
        constant: ArrayLike,
        *,
        names: Names | None = None,
    ) -> RidgeMeasure:
        """
        The measure of numbers that were computed from checked ones: as the constructor makes it, without its checks.

        Parameters
        ----------
        directions : ndarray, shape (s, d)
            Unit normals, in either half sphere.
        offsets : ndarray, shape (s,)
            Offsets.
        masses : ndarray, shape (s,) or (s, o)
            Masses.
        skip : array_like, shape (o, d)
            Linear part.
        constant : array_like, shape (o,)
            Constant part.
        names : Names, optional
            Names of the inputs and outputs.

        Returns
        -------
        RidgeMeasure
            The measure; its arrays are copies.
        """
        made = object.__new__(cls)
        made._settle(directions, offsets, masses if masses.ndim == 2 else masses[:, None], skip, constant)
        object.__setattr__(made, "names", names or NO_NAMES)
        return made

    def _settle(
        self, directions: Floats, offsets: Floats, masses: Floats, skip: ArrayLike, constant: ArrayLike
    ) -> None:
        """Turn directions into the half sphere, sort by mass and freeze copies."""
        flip = hyperplanes.lower_half(directions)
        linear, level = np.array(skip, np.float64), np.array(constant, np.float64)
        if flip.any():
            linear = linear + masses[flip].T @ directions[flip]
            level = level - masses[flip].T @ offsets[flip]
            sign = np.where(flip, -1.0, 1.0)
            directions, offsets = directions * sign[:, None], offsets * sign
        order = np.argsort(-norms(masses), kind="stable")
        for name, array in (
            ("directions", directions[order]),
            ("offsets", offsets[order]),
            ("masses", masses[order]),
            ("skip", linear),
            ("constant", level),
        ):
            settled = np.ascontiguousarray(array) + 0.0  # no -0.0, which would show in tables
            settled.flags.writeable = False
            object.__setattr__(self, name, settled)

    def __repr__(self) -> str:
        rebuilding, size = "", len(self) + self.dim * self.outputs
        if size < notebooks.LONGEST:
            fields = ("directions", "offsets", "masses", "skip", "constant")
            arrays = ", ".join(f"{name}={getattr(self, name).tolist()}" for name in fields)
            rebuilding = f"RidgeMeasure({arrays})"
        return notebooks.rebuilt_or(rebuilding, str(self))

    def __str__(self) -> str:
        return (
            f"RidgeMeasure of {counted(len(self), 'spike')} in R^{self.dim}, {counted(self.outputs, 'output')}, "
            f"R-TV {self.rtv:.7g}"
        )

    def __eq__(self, other: object) -> bool:
        fields = ("directions", "offsets", "masses", "skip", "constant")
        return isinstance(other, RidgeMeasure) and all(
            np.array_equal(getattr(self, name), getattr(other, name)) for name in fields
        )

    __hash__ = None  # type: ignore[assignment]

    @property
    def measure(self) -> RidgeMeasure:
        """The measure itself, as the results that hold one have it."""
        return self

    def named(self, names: Names) -> RidgeMeasure:
        """
        The same function with names for its inputs and outputs.

        Parameters
        ----------
        names : Names
            The names, which tables and pictures use.

        Returns
        -------
        RidgeMeasure
            Equal to this one.

        Raises
        ------
        ValueError
            If there are not as many names as inputs or outputs.
        """
        return RidgeMeasure(
            self.directions, self.offsets, self.masses, self.skip, self.constant, names.checked(self.dim, self.outputs)
        )

    @property
    def dim(self) -> int:
        """Dimension d of the input."""
        return int(self.directions.shape[1])

    @property
    def outputs(self) -> int:
        """Number of outputs o."""
        return int(self.masses.shape[1])

    @property
    def sizes(self) -> Floats:
        """|mass| of each spike; the 2-norm over the outputs."""
        return norms(self.masses)

    @property
    def rtv(self) -> float:
        """The sum of |mass|: the R-TV, once coincident spikes are merged."""
        return float(self.sizes.sum())

    def __call__(self, points: ArrayLike, /) -> Floats:
        """
        Evaluate the function.

        Parameters
        ----------
        points : array_like, shape (..., d)
            Points.

        Returns
        -------
        ndarray, shape (...) or (..., o)
            Values; without the last axis for a single output.
        """
        return on_leading_axes(self.at, checks.points(points, self.dim, self.names.features))

    def at(self, points: Floats) -> Floats:
        """
        All outputs at points, unchecked: for loops over points that were checked before.

        Parameters
        ----------
        points : ndarray, shape (n, d)
            Points.

        Returns
        -------
        ndarray, shape (n, o)
            Values.
        """
        return in_chunks(self._values, points, len(self))

    def _values(self, points: Floats) -> Floats:
        affine = points @ self.skip.T + self.constant
        return np.asarray(affine + np.maximum(points @ self.directions.T - self.offsets, 0) @ self.masses)

    def merged(self, tol: float = 1e-12, *, unit: float | None = None) -> RidgeMeasure:
        """
        Join spikes on the same hyperplane, and drop those whose masses cancel.

        Parameters
        ----------
        tol : float
            Hyperplanes coincide if their (a, t / unit), up to sign, differ by at most tol, or t by tol |t| beyond the
            unit. A chain of such neighbours becomes one spike at the |mass|-weighted mean, and what that changes about
            the origin, within spikes beyond the unit, joins the affine part. On a ball of radius r about the origin
            the function changes by at most (unit + 2 r) (exp(L) - 1) times the masses joined, L being the length of
            the chain.
        unit : float, optional
            The unit of length for offsets. If not given it follows the offsets: 10 % of the spikes, or of the mass, lie
            within it, so that scaling x changes nothing.

        Returns
        -------
        RidgeMeasure
            The same function, to `tol`.

        Raises
        ------
        ValueError
            If `tol` is negative, or `unit` not positive.
        """
        return self._joined(checks.at_least_zero(tol, "tol"), unit)[0]

    def _joined(self, tol: float, unit: float | None = None) -> tuple[RidgeMeasure, float]:
        """`merged`, and what rounding may leave of masses that cancel, as an R-TV."""
        if len(self) == 0:
            return self, 0.0
        unit = hyperplanes.offset_unit(self.offsets, self.sizes) if unit is None else checks.positive(unit, "unit")
        place = np.column_stack([self.directions, hyperplanes.compressed(self.offsets, unit)])
        clusters, label, leader = hyperplanes.clusters(place, tol)
        sign = np.where(np.einsum("ki,ki->k", self.directions, self.directions[leader[label]]) < 0, -1.0, 1.0)
        # Relative sizes, for no product with them to underflow; those that are 0 still need a mean.
        weight = np.maximum(self.sizes / max(self.sizes.max(), 1e-300), np.finfo(np.float64).tiny)

        def total(values: Floats) -> Floats:
            out = np.zeros((clusters, values.shape[1]))
            np.add.at(out, label, values)
            return out

        weights = (weight * sign)[:, None] / total(weight[:, None])[label]
        normals, offsets = total(weights * self.directions), total(weights * self.offsets[:, None])[:, 0]
        alone = np.bincount(label, minlength=clusters) == 1
        normals[alone], offsets[alone] = self.directions[leader[alone]], self.offsets[leader[alone]]
        lengths = np.linalg.norm(normals, axis=1)
        normals, offsets = normals / lengths[:, None], offsets / lengths
        flipped = sign < 0
        skip = self.skip + self.masses[flipped].T @ self.directions[flipped]
        constant = self.constant - self.masses[flipped].T @ self.offsets[flipped]
        masses = total(self.masses)
        # Far spikes that are active about the origin move by tol |t| there, which may be large.
        signed, target = sign * self.offsets, offsets[label]
        far = (signed < -unit) & (target < 0)
        skip = skip + self.masses[far].T @ (sign[:, None] * self.directions - normals[label])[far]
        constant = constant - self.masses[far].T @ (signed - target)[far]
        left, moduli = norms(masses), total(_CANCELLED * self.sizes[:, None])[:, 0]  # their sum itself may overflow
        keep = left > moduli
        lost = np.where(keep, moduli / 16, left + moduli / 16)[(left > 0) & (moduli > 2 * _CANCELLED * left)].sum()
        joined = RidgeMeasure.trusted(normals[keep], offsets[keep], masses[keep], skip, constant, names=self.names)
        return joined, float(lost)

    def placed(self, scale: float, center: Floats) -> RidgeMeasure:
        """
        The measure of x -> f((x - center) / scale).

        Parameters
        ----------
        scale : float
            Positive; masses fall, and offsets grow, in proportion.
        center : ndarray, shape (d,)
            The new position of the origin.

        Returns
        -------
        RidgeMeasure
            Masses / scale at offsets scale t + a.center.
        """
        skip = self.skip / scale
        return RidgeMeasure.trusted(
            self.directions,
            scale * self.offsets + self.directions @ center,
            self.masses / scale,
            skip,
            self.constant - skip @ center,
            names=Names(self.names.features, self.names.outputs),
        )

    def restricted(self, domain: Domain) -> RidgeMeasure:
        """
        The same function on a domain, with only the spikes whose hyperplane meets its interior.

        A neuron whose kink misses the domain is affine there: it costs nothing and joins the affine part.

        Parameters
        ----------
        domain : Ball, Cuboid or Hull
            The domain.

        Returns
        -------
        RidgeMeasure
            Equal to this one on the domain.
        """
        low, high = domains.extent(domain, self.directions)
        on = self.offsets <= low
        out = on | (self.offsets >= high)
        return RidgeMeasure.trusted(
            self.directions[~out],
            self.offsets[~out],
            self.masses[~out],
            self.skip + self.masses[on].T @ self.directions[on],
            self.constant - self.masses[on].T @ self.offsets[on],
            names=self.names,
        )

    def difference(self, other: RidgeMeasure, domain: Domain) -> Difference:
        """
        How far this function and another are apart on a domain, at most.

        `measure.merged(tol).difference(measure, domain)` says how far merging moves the function.

        Parameters
        ----------
        other : RidgeMeasure
            The other function.
        domain : Ball, Cuboid or Hull
            The domain.

        Returns
        -------
        Difference
            The largest |f - g|: exact for d = 1, and for d = 2 with one output or on a polygon up to 400 kinks in which
            the two differ; otherwise an upper bound.

        Raises
        ------
        ValueError
            If the functions are of different dimensions or numbers of outputs.
        """
        return largest_difference(self, other, domain)

    @property
    def output_rtvs(self) -> Floats:
        """The R-TV of each output alone, (o,); that of all together lies between their maximum and their sum."""
        sums: Floats = np.abs(self.masses).sum(axis=0)
        return sums
