"""Networks of any activation in the Radon domain: densities and point masses on fibres {+-a} x R."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from radon_nn._support import checks, notebooks
from radon_nn._support.public import public
from radon_nn._support.types import Floats, Indices
from radon_nn._support.wording import counted
from radon_nn.activations.profile import Profile
from radon_nn.geometry import domains, hyperplanes
from radon_nn.geometry.domains import Domain
from radon_nn.geometry.naming import NO_NAMES, Names, Table, direction_columns
from radon_nn.geometry.points import in_chunks, norms, on_leading_axes, unit_rows
from radon_nn.networks._densities import density_variation
from radon_nn.networks.neurons import Neurons

_ROUNDING = np.finfo(np.float64).eps
_CHORDS, _MOST_AXES = 8, 256
"""Chords along directions and along axes, and the dimension up to which axes are computed: milliseconds each."""
_CHORD = np.linspace(1e-9, 1 - 1e-9, 513)[:, None]
"""Points of a chord, as fractions of it; not its ends, where hyperplanes may touch the domain and cost nothing."""
_MOST_COMPONENTS = 1 << 23
"""Components of all neurons' gradients at most: 64 MiB."""


def _finite(values: Floats) -> Floats:
    """The values themselves, which overflowed if they are not finite."""
    if not np.isfinite(values).all():
        raise ValueError("fibres: expected masses |v| |w| that are float64s, got one above 1.8e308; scale weights down")
    return values


@public
@dataclass(frozen=True, eq=False, repr=False)
class FibreMeasure:
    """
    The function f(x) = sum_k readout_k s(scales_k a_k.x + biases_k) + skip x + constant, grouped by directions a.

    d_t^2 K R f lives on the *fibres* {+-a} x R. Over a it is half of g_a(t) = sum_k readout_k scales_k^2
    s''(scales_k t + biases_k), summed over the neurons of that direction, and over -a the mirror image. On R^d, R-TV is
    the sum over directions of the integral of |g_a(t)|, the 2-norm over outputs; densities add before the modulus is
    taken. For ReLU g_a is a sum of spikes.

    Parameters
    ----------
    directions : ndarray, shape (m, d)
        Unit normals a, distinct up to sign, in a half sphere.
    fibre : ndarray of int, shape (k,)
        The row of each neuron's direction.
    scales : ndarray, shape (k,)
        |w| of each neuron, negative if w points along -a.
    biases : ndarray, shape (k,)
        Biases.
    readout : ndarray, shape (k, o)
        Output weights.
    skip : ndarray, shape (o, d)
        Linear part.
    constant : ndarray, shape (o,)
        Constant part.
    profile : Profile
        The activation s.
    names : Names
        Names of the inputs and outputs, for tables.
    tol : float
        Point masses within it, or within 1e-12 if that is less, are one; see `masses`.

    See Also
    --------
    radon_nn.ShallowNetwork.fibres : The fibre measure of a network.
    radon_nn.RidgeMeasure : The measure of piecewise linear activations, spikes alone.

    Examples
    --------
    >>> from radon_nn import ShallowNetwork
    >>> fibres = ShallowNetwork([[1.0, 0.0], [2.0, 0.0]], [0.0, 1.0], [1.0, -1.0], activation="tanh").fibres()
    >>> len(fibres.directions)
    1
    """

    directions: Floats
    fibre: Indices
    scales: Floats
    biases: Floats
    readout: Floats
    skip: Floats
    constant: Floats
    profile: Profile
    names: Names = NO_NAMES
    tol: float = 1e-12

    @classmethod
    def of(cls, neurons: Neurons, tol: float) -> FibreMeasure:
        """
        The measure of neurons; dead ones join the constant.

        Parameters
        ----------
        neurons : Neurons
            The network.
        tol : float
            Directions within this distance, up to sign, are one.

        Returns
        -------
        FibreMeasure
            The same function, to `tol`.
        """
        live = neurons.alive()
        size, unit = norms(live.weights), unit_rows(live.weights)
        _, label, leader = hyperplanes.clusters(unit, tol)
        directions = unit[leader]
        directions = np.where(hyperplanes.lower_half(directions)[:, None], -directions, directions)
        sign = np.where(np.einsum("ki,ki->k", unit, directions[label]) < 0, -1.0, 1.0)
        fields = directions, label, sign * size, live.biases, live.readout, live.skip, live.constant
        normals, fibre, scales, biases, readout, skip, constant = (checks.frozen(x) for x in fields)
        return cls(normals, fibre, scales, biases, readout, skip, constant, live.profile, tol=tol)

    def __repr__(self) -> str:
        neurons, directions = counted(len(self.scales), f"{self.profile.name} neuron"), counted(len(self), "direction")
        outputs = counted(self.outputs, "output")
        return notebooks.one_line(f"<FibreMeasure of {neurons} on {directions} in R^{self.dim}, {outputs}>")

    def _repr_html_(self) -> str:
        return notebooks.html(str(self), self.to_table(), self._repr_png_())

    def _repr_png_(self) -> bytes | None:
        return notebooks.picture(self)

    def to_table(self, domain: Domain | None = None) -> Table:
        """
        The directions as a table, the costliest first.

        Parameters
        ----------
        domain : Ball, Cuboid or Hull, optional
            The domain of the R-TV; all of R^d if not given.

        Returns
        -------
        dict of str to ndarray, shape (m,)
            Columns of equal length, as pandas.DataFrame and polars.DataFrame take them: rtv, what each direction adds
            to the R-TV; neurons, how many share it; angle where d = 2; direction_FEATURE for each input.
        """
        costs, _ = self.costs(domain)
        order = np.argsort(-costs, kind="stable")
        counts = np.bincount(self.fibre, minlength=len(self))
        table: Table = {"rtv": costs[order], "neurons": counts[order]}
        return table | direction_columns(self.directions[order], self.names.feature_labels(self.dim))

    def __len__(self) -> int:
        return len(self.directions)

    @property
    def dim(self) -> int:
        """Dimension d of the input."""
        return int(self.directions.shape[1])

    @property
    def outputs(self) -> int:
        """Number of outputs o."""
        return int(self.readout.shape[1])

    @property
    def path_norm(self) -> float:
        """sum_k |readout_k| |scales_k| TV(s'), the sum over neurons one by one: an upper bound on the R-TV."""
        paths = float(norms(self.readout) @ np.abs(self.scales))
        return self.profile.variation * paths if paths else 0.0

    def __call__(self, points: ArrayLike, /) -> Floats:
        """f at points (..., d): values (...), or (..., o) for several outputs."""
        return on_leading_axes(self._at, checks.points(points, self.dim, self.names.features))

    def _at(self, points: Floats) -> Floats:
        return in_chunks(self._values, points, len(self.scales))

    def _values(self, points: Floats) -> Floats:
        z = (points @ self.directions.T)[:, self.fibre] * self.scales + self.biases
        return np.asarray(points @ self.skip.T + self.constant + self.profile(z) @ self.readout)

    def density(self, offsets: ArrayLike) -> Floats:
        """
        The densities g_a(t), twice d_t^2 K R f on the fibre over a, without the point masses.

        Parameters
        ----------
        offsets : array_like, shape (n,)
            Offsets t, in the units of x.

        Returns
        -------
        ndarray, shape (m, n) or (m, n, o)
            Mass per unit of t on each direction; a single output has no axis of its own.

        Raises
        ------
        MemoryError
            If the result would not fit the machine's memory.
        """
        t = checks.shaped_array(offsets, "offsets", ("n",))
        checks.fits_memory(8.0 * len(self) * len(t) * self.outputs, "the densities", "ask for fewer offsets at a time")
        out = np.zeros((len(self), len(t), self.outputs))
        for k in range(len(self.scales)):
            curve = self.scales[k] ** 2 * np.asarray(self.profile.curvature(self.scales[k] * t + self.biases[k]))
            out[self.fibre[k]] += curve[:, None] * self.readout[k]
        return out[..., 0] if self.outputs == 1 else out

    def masses(self, tol: float = 1e-12) -> tuple[Indices, Floats, Floats]:
        """
        The point masses, one for each neuron and kink of the activation, merged where they coincide.

        Parameters
        ----------
        tol : float
            Offsets within tol times a unit, or times |t| beyond it, are one; see `RidgeMeasure.merged`.

        Returns
        -------
        fibre : ndarray of int, shape (s,)
            Row of each mass's direction.
        offsets : ndarray, shape (s,)
            Offsets.
        masses : ndarray, shape (s, o)
            Masses; those that cancel are left out.
        """
        kinks = [(place, jump) for place, jump in self.profile.kinks if jump]
        if not kinks or not len(self.scales):
            return np.empty(0, np.int64), np.empty(0), np.empty((0, self.outputs))
        neuron = np.tile(np.arange(len(self.scales)), len(kinks))
        place, jump = np.repeat(np.array(kinks).T, len(self.scales), axis=1)
        fibre, offsets = self.fibre[neuron], (place - self.biases[neuron]) / self.scales[neuron]
        with np.errstate(over="ignore"):
            masses = _finite((jump * np.abs(self.scales[neuron]))[:, None] * self.readout[neuron])
        order = np.lexsort((offsets, fibre))
        near = hyperplanes.compressed(offsets[order], hyperplanes.offset_unit(offsets, norms(masses)))
        new = (np.diff(fibre[order]) > 0) | (np.diff(near) > tol)
        label = np.empty(len(order), np.int64)
        label[order] = np.cumsum(np.append(False, new))
        if len(kinks) > 1:
            label = self._kinks_apart(label, neuron, place, tol)
        count = int(label.max()) + 1
        total, whole = np.zeros((count, self.outputs)), np.zeros((count, self.outputs))
        with np.errstate(over="ignore"):
            np.add.at(total, label, masses)
        np.add.at(whole, label, 64 * _ROUNDING * np.abs(masses))
        first = np.unique(label, return_index=True)[1]
        keep = np.any(np.abs(total) > whole, axis=1)
        first, total = first[keep], _finite(total[keep])
        order = np.lexsort((offsets[first], fibre[first]))
        return fibre[first][order], offsets[first][order], total[order]

    def _kinks_apart(self, label: Indices, neuron: Indices, place: Floats, tol: float) -> Indices:
        """
        Labels of spikes that coincide, with different ones for different kinks of one neuron.

        Offsets t = (place - bias) / scale round two kinks of a neuron of large bias, or weight, to one. They are told
        apart in the coordinate u = scale t + bias of the steepest neuron that has such kinks.
        """
        label, least = label.copy(), np.diff(sorted({float(p) for p in place})).min()
        todo = list(np.unique(label))
        while todo:
            spikes = np.flatnonzero(label == todo.pop())
            same, times = np.unique(neuron[spikes], return_counts=True)
            if times.max() == 1:
                continue
            twice = same[times > 1]
            steepest = twice[np.argmax(np.abs(self.scales[twice]))]
            slope = self.scales[neuron[spikes]] / self.scales[steepest]
            # Differences of biases are exact where the weights are equal, however large the biases are.
            u = place[spikes] / slope + (self.biases[steepest] * slope - self.biases[neuron[spikes]]) / slope
            order = np.argsort(u)
            part = np.cumsum(np.append(False, np.diff(hyperplanes.compressed(u[order], least)) > tol))
            label[spikes[order]] = np.where(part == 0, label[spikes[order]], label.max() + part)
            todo += [kind for kind in np.unique(label[spikes]) if part[-1]]
        return label

    def costs(self, domain: Domain | None = None) -> tuple[Floats, Floats]:
        """
        The integral of |g_a| for each direction, and an estimate of its error.

        Their sum is the R-TV on R^d, for d = 1, for a single direction, and for spikes. On a bounded domain in d >= 2
        it is an upper bound only: densities on different directions have a null space there, and may cancel.

        Parameters
        ----------
        domain : Ball, Cuboid or Hull, optional
            Where f is restricted to; all of R^d if not given.

        Returns
        -------
        values : ndarray, shape (m,)
            The integral of |g_a| over the offsets of hyperplanes that meet the domain; infinite if g_a is no finite
            measure.
        errors : ndarray, shape (m,)
            The change under refinement, plus rounding.

        Raises
        ------
        ValueError
            If an integral of a finite measure overflows.
        """
        low, high = self._extent(domain)
        values = _finite(self.spike_costs(domain))
        errors = 8 * _ROUNDING * values
        profile = self.profile
        if profile.piecewise_linear:
            return values, errors
        if profile.law and (domain is None or profile.order == 1):
            values[self.fibre[self.neurons_without_measure(domain)]] = np.inf
            return values, errors
        counts = np.bincount(self.fibre, minlength=len(self))
        order = np.argsort(self.fibre, kind="stable")
        for count in np.unique(counts[counts > 0]).tolist():
            chosen = np.flatnonzero(counts == count)
            rows = order[counts[self.fibre[order]] == count].reshape(len(chosen), count)
            neurons = self.scales[rows], self.biases[rows], self.readout[rows]
            with np.errstate(over="ignore"):
                smooth, change = density_variation(profile, *neurons, low[chosen], high[chosen])
                values[chosen] += smooth
            errors[chosen] += change
        return _finite(values), errors

    def neurons_without_measure(self, domain: Domain | None = None) -> NDArray[np.bool_]:
        """
        Which neurons have a second derivative on a domain that is no finite measure.

        Parameters
        ----------
        domain : Ball, Cuboid or Hull, optional
            Where f is restricted to; all of R^d if not given.

        Returns
        -------
        ndarray of bool, shape (k,)
            On R^d all or none; on a bounded domain steps that jump there.
        """
        if self.profile.order != 1:
            return np.full(len(self.scales), bool(self.profile.law) and domain is None)
        low, high = self._extent(domain)
        at = -self.biases / self.scales
        return np.asarray((at > low[self.fibre]) & (at < high[self.fibre]))

    def spike_costs(self, domain: Domain | None = None) -> Floats:
        """
        The part of `costs` in point masses, whose sum is a lower bound of the R-TV, on bounded domains too.

        A measure whose function is f on the domain has the same mass on each hyperplane that meets it: all others
        together give the second derivative of f no mass there, since they meet it in d - 2 dimensions.

        Parameters
        ----------
        domain : Ball, Cuboid or Hull, optional
            Where f is restricted to; all of R^d if not given.

        Returns
        -------
        ndarray, shape (m,)
            The sum of |mass| for each direction.
        """
        fibre, masses = self._spikes(domain)
        return np.bincount(fibre, norms(masses), len(self)).astype(np.float64)

    def spike_count(self, domain: Domain | None = None) -> int:
        """
        The number of distinct point masses.

        Parameters
        ----------
        domain : Ball, Cuboid or Hull, optional
            Where f is restricted to; all of R^d if not given.

        Returns
        -------
        int
            How many hyperplanes that meet the domain have a mass.
        """
        return len(self._spikes(domain)[0])

    def _spikes(self, domain: Domain | None) -> tuple[Indices, Floats]:
        """The fibre and mass of each spike whose hyperplane meets the domain."""
        low, high = self._extent(domain)
        fibre, offsets, masses = self.masses(min(self.tol, 1e-12))
        inside = (offsets > low[fibre]) & (offsets < high[fibre])
        return fibre[inside], masses[inside]

    def chord_bound(self, domain: Domain) -> float:
        """
        The largest variation of the gradient of f along some chords of a domain, a lower bound of the R-TV there.

        Whatever measure has the function f on the domain: along a chord the gradient of each (a.x - t)_+ has at most
        one step, of |a| = 1. So the variation of the gradient of f along the chord is at most the measure's norm; for f
        with densities on one direction it is equal to it on a chord between the extremes of that direction. The chords
        follow the directions of the largest densities and the main axes of their sum. The gradient is evaluated at
        points; between two of them it varies by at least its difference. Where its components would take too much
        memory, only the one along the chord is used.

        Parameters
        ----------
        domain : Ball, Cuboid or Hull
            Where f is restricted to.

        Returns
        -------
        float
            The bound, less rounding; 0 if it is below that, or nothing but extents is known of the domain.
        """
        starts, ends = domains.chords(domain, self._main_directions())
        moves = ends - starts
        lengths = norms(moves)
        gradients = self._gradients() if self.readout.size * self.dim <= _MOST_COMPONENTS else None
        best = 0.0
        for start, move, length in zip(starts[lengths > 0], moves[lengths > 0], lengths[lengths > 0], strict=True):
            rise = (self.directions @ move)[self.fibre] * self.scales
            z = (self.directions @ start)[self.fibre] * self.scales + self.biases
            weights = gradients if gradients is not None else (rise / length)[:, None] * self.readout

            def slopes(s: Floats, z: Floats = z, rise: Floats = rise, weights: Floats = weights) -> Floats:
                return np.asarray(self.profile.derivative(z + s * rise) @ weights)

            bends = norms(np.diff(in_chunks(slopes, _CHORD, len(rise)), axis=0)).sum()
            steepest = np.abs(self.profile.derivative(z + _CHORD[[0, -1]] * rise)).max(initial=1.0)
            rounding = 2 * len(_CHORD) * (len(rise) + 8) * _ROUNDING * steepest * float(norms(weights).sum())
            best = max(best, float(bends) - rounding)
        return best

    def _gradients(self) -> Floats:
        """The gradient of each neuron where s' = 1, for all outputs, (k, o d)."""
        normals = self.scales[:, None] * self.directions[self.fibre]
        return np.asarray(np.einsum("ko,kd->kod", self.readout, normals).reshape(len(normals), -1))

    def _main_directions(self) -> Floats:
        """Directions of the largest single neurons, and the axes in which the sum of their signed masses bends most."""
        sizes = norms(self.readout) * np.abs(self.scales)
        heaviest = self.directions[np.unique(self.fibre[np.argsort(-sizes)[:_CHORDS]])]
        if self.dim > _MOST_AXES:
            return heaviest
        masses, a = self.readout.sum(axis=1) * np.abs(self.scales), self.directions[self.fibre]
        values, axes = np.linalg.eigh((masses[:, None] * a).T @ a)
        return np.concatenate([heaviest, axes.T[np.argsort(-np.abs(values))[:_CHORDS]]])

    def _extent(self, domain: Domain | None) -> tuple[Floats, Floats]:
        """The least and largest offset on each fibre of hyperplanes that meet the domain."""
        if domain is None:
            return np.full(len(self), -np.inf), np.full(len(self), np.inf)
        return domains.extent(domain, self.directions)
