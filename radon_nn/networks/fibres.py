"""Networks of any activation in the Radon domain: densities and point masses on fibres {+-a} x R."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from radon_nn._support import checks
from radon_nn._support.types import Floats, Indices
from radon_nn.activations.profile import Profile
from radon_nn.geometry import domains, hyperplanes
from radon_nn.geometry.domains import Domain
from radon_nn.geometry.points import in_chunks, norms, on_leading_axes, unit_rows
from radon_nn.measures import line as lines
from radon_nn.measures.line import Copies, LineMeasure
from radon_nn.networks.neurons import Neurons

_ROUNDING = np.finfo(np.float64).eps
_ROUNDS = 12
"""Halvings of a cell: a zero of the vector density, where its norm has a kink, is then in a cell of 1/4096."""
_LOW_RULE, _HIGH_RULE = np.polynomial.legendre.leggauss(8), np.polynomial.legendre.leggauss(16)
"""Gauss's rules whose difference is the error of a cell."""
_CHORDS, _MOST_AXES = 8, 256
"""Chords along directions and along axes, and the dimension up to which axes are computed: milliseconds each."""
_CHORD = np.linspace(1e-9, 1 - 1e-9, 513)[:, None]
"""Points of a chord, as fractions of it; not its ends, where hyperplanes may touch the domain and cost nothing."""
_MOST_CELLS = 1 << 20
"""Cells at most: 16 nodes each and o outputs take 128 o MiB."""


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

    See Also
    --------
    radon_nn.ShallowNetwork.fibres : The fibre measure of a network.
    radon_nn.RidgeMeasure : The measure of piecewise linear activations, spikes alone.
    """

    directions: Floats
    fibre: Indices
    scales: Floats
    biases: Floats
    readout: Floats
    skip: Floats
    constant: Floats
    profile: Profile

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
        return cls(normals, fibre, scales, biases, readout, skip, constant, live.profile)

    def __repr__(self) -> str:
        return (
            f"<FibreMeasure of {len(self.scales)} {self.profile.name} neurons on {len(self)} directions in "
            f"R^{self.dim}, {self.outputs} outputs>"
        )

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
        return on_leading_axes(self._at, checks.points(points, self.dim))

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
        spikes: list[tuple[Indices, Floats, Floats]] = [
            (self.fibre, (place - self.biases) / self.scales, jump * np.abs(self.scales)[:, None] * self.readout)
            for place, jump in self.profile.kinks
            if jump
        ]
        if not spikes:
            return np.empty(0, np.int64), np.empty(0), np.empty((0, self.outputs))
        fibre, offsets, masses = (np.concatenate(part) for part in zip(*spikes, strict=True))
        order = np.lexsort((offsets, fibre))
        fibre, offsets, masses = fibre[order], offsets[order], masses[order]
        near = hyperplanes.compressed(offsets, hyperplanes.offset_unit(offsets, norms(masses)))
        first = np.append(True, (np.diff(fibre) > 0) | (np.diff(near) > tol))[: len(fibre)]
        starts = np.flatnonzero(first)
        total = np.add.reduceat(masses, starts, axis=0) if len(starts) else masses
        whole = np.add.reduceat(np.abs(masses), starts, axis=0) if len(starts) else masses
        keep = np.any(np.abs(total) > 64 * _ROUNDING * whole, axis=1)
        return fibre[starts][keep], offsets[starts][keep], total[keep]

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
        """
        low, high = self._extent(domain)
        values = self.spike_costs(domain)
        errors = 8 * _ROUNDING * values
        profile = self.profile
        if profile.piecewise_linear:
            return values, errors
        if profile.law and (domain is None or profile.order == 1):
            at = -self.biases / self.scales
            met = (at > low[self.fibre]) & (at < high[self.fibre]) if profile.order == 1 else np.ones(len(at), bool)
            values[self.fibre[met]] = np.inf
            return values, errors
        counts = np.bincount(self.fibre, minlength=len(self))
        for count in np.unique(counts[counts > 0]).tolist():
            chosen = np.flatnonzero(counts == count)
            smooth, change = self._smooth(chosen, count, low[chosen], high[chosen])
            values[chosen] += smooth
            errors[chosen] += change
        return values, errors

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
        low, high = self._extent(domain)
        fibre, offsets, masses = self.masses()
        inside = (offsets > low[fibre]) & (offsets < high[fibre])
        return np.bincount(fibre[inside], norms(masses[inside]), len(self)).astype(np.float64)

    def chord_bound(self, domain: Domain) -> float:
        """
        The largest variation of the derivative of f along some chords of a domain, a lower bound of the R-TV there.

        Whatever measure has the function f on the domain: on a chord p + s u, |u| = 1, each (a.x - t)_+ has a
        derivative in s with one step, of |a.u| <= 1. So the variation of f' along the chord is at most the measure's
        norm. The chords follow the directions of the largest densities and the main axes of their sum; f' is evaluated
        at points, between which its variation is at least its difference.

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
        best = 0.0
        for start, move, length in zip(starts[lengths > 0], moves[lengths > 0], lengths[lengths > 0], strict=True):
            rise = (self.directions @ move)[self.fibre] * self.scales
            z = (self.directions @ start)[self.fibre] * self.scales + self.biases
            weights = (rise / length)[:, None] * self.readout

            def slopes(s: Floats, z: Floats = z, rise: Floats = rise, weights: Floats = weights) -> Floats:
                return np.asarray(self.profile.derivative(z + s * rise) @ weights)

            bends = norms(np.diff(in_chunks(slopes, _CHORD, len(rise)), axis=0)).sum()
            steepest = np.abs(self.profile.derivative(z + _CHORD[[0, -1]] * rise)).max(initial=1.0)
            rounding = 2 * len(_CHORD) * (len(rise) + 8) * _ROUNDING * steepest * float(norms(weights).sum())
            best = max(best, float(bends) - rounding)
        return best

    def _main_directions(self) -> Floats:
        """Directions of the largest single neurons, and the axes in which the sum of their signed masses bends most."""
        sizes = norms(self.readout) * np.abs(self.scales)
        heaviest = self.directions[np.unique(self.fibre[np.argsort(-sizes)[:_CHORDS]])]
        if self.dim > _MOST_AXES:
            return heaviest
        masses = self.readout.sum(axis=1) * np.abs(self.scales)
        a = self.directions[self.fibre]
        values, axes = np.linalg.eigh((masses[:, None] * a).T @ a)
        return np.concatenate([heaviest, axes.T[np.argsort(-np.abs(values))[:_CHORDS]]])

    def _extent(self, domain: Domain | None) -> tuple[Floats, Floats]:
        """The least and largest offset on each fibre of hyperplanes that meet the domain."""
        if domain is None:
            return np.full(len(self), -np.inf), np.full(len(self), np.inf)
        return domains.extent(domain, self.directions)

    def _smooth(self, chosen: Indices, count: int, low: Floats, high: Floats) -> tuple[Floats, Floats]:
        """The integrals of |density| on the directions `chosen`, of `count` neurons each, and their errors."""
        order = np.argsort(self.fibre, kind="stable")
        rows = order[np.isin(self.fibre[order], chosen)].reshape(len(chosen), count)
        line = _Lines.of(self.scales[rows], self.biases[rows], self.readout[rows], low, high)
        measure = self._line_measure(self.scales[rows], self.biases[rows], low, high)
        if count == 1 or self.outputs == 1:
            alpha = np.linalg.norm(line.readout, axis=2) if count == 1 else line.readout[..., 0]
            alpha = alpha / line.sigma**2
            if count == 1 and np.isinf(low).all():
                value = alpha[:, 0] * measure.smooth_variation
            else:
                value = lines.variation([Copies(measure, alpha, line.mu, line.sigma)], line.interval)
            error = 16 * _ROUNDING * (count * np.abs(alpha * line.sigma).sum(axis=1) * self._largest(measure) + value)
            if count > 1:
                finer = lines.variation([Copies(_refined(measure), alpha, line.mu, line.sigma)], line.interval)
                error, value = error + np.abs(finer - value), np.maximum(value, finer)
            return line.unit * value, line.unit * error
        integrals = np.array([line.norm_integral(i, measure) for i in range(len(chosen))])
        return line.unit * integrals[:, 0], line.unit * integrals[:, 1]

    def _largest(self, measure: LineMeasure) -> float:
        """The largest |s'|, in whose rounding differences of antiderivatives err."""
        if not self.profile.law:
            return max(1.0, *map(abs, measure.ends))
        return float(np.abs(measure.integral(measure.mesh)).max())

    def _line_measure(self, scales: Floats, biases: Floats, low: Floats, high: Floats) -> LineMeasure:
        """The measure s'', or if that is not finite on the line, its restriction to the range of z."""
        profile = self.profile
        if not profile.law:
            return profile.measure
        ends = np.stack([scales * low[:, None] + biases, scales * high[:, None] + biases])
        first, last = float(ends.min()), float(ends.max())
        cells = math.ceil(8 * (last - first) / profile.scale) + 2
        checks.fits_memory(8e3 * cells, f"the R-TV of {profile.name} on this domain", "take a smaller domain")
        assert profile.slope is not None
        mesh = np.union1d(np.linspace(first, last, cells), [0.0])
        return LineMeasure(profile.name, profile.curvature, profile.slope, mesh)


class _Lines(NamedTuple):
    """
    Neurons on lines (m, N) in their own units: u = scale (t - mu_0), neuron 0 being the steepest, of weight `scale`.

    There the density is sum_k readout_k / sigma_k^2 s''((u - mu_k) / sigma_k), and the largest 1 / |sigma| and the
    largest |readout| are 1 whatever the units of x and f; times `unit`, its integrals are those of the user's units.
    The mu_k are differences of biases, exact for neurons of one weight, however far away their kinks are.
    """

    mu: Floats
    sigma: Floats
    readout: Floats
    interval: tuple[Floats, Floats]
    unit: Floats

    @classmethod
    def of(cls, scales: Floats, biases: Floats, readout: Floats, low: Floats, high: Floats) -> _Lines:
        """Neurons (m, N), their readout (m, N, o), and the ends (m,) of what the domain sees of each line."""
        steepest = np.argmax(np.abs(scales), axis=1)[:, None]
        first, bias = (np.take_along_axis(x, steepest, axis=1) for x in (scales, biases))
        scale, sign = np.abs(first), np.sign(first)
        slope = scales / scale
        mu = (bias * sign * slope - biases) / slope
        size = np.abs(readout).max(axis=(1, 2))
        interval = scale[:, 0] * low + (sign * bias)[:, 0], scale[:, 0] * high + (sign * bias)[:, 0]
        return cls(mu, 1 / slope, readout / size[:, None, None], interval, size * scale[:, 0])

    def norm_integral(self, i: int, measure: LineMeasure) -> tuple[float, float]:
        """The integral of the density's norm over outputs on line i, and its error."""
        mu, sigma = self.mu[i], self.sigma[i]
        weight = self.readout[i] / sigma[:, None] ** 2

        def density(u: Floats) -> Floats:
            return np.asarray(measure.density((u[:, None] - mu) / sigma) @ weight)

        low, high = (float(end[i]) for end in self.interval)
        return _norm_integral(density, _breaks(measure, mu, sigma, low, high))


def _refined(measure: LineMeasure) -> LineMeasure:
    mesh = measure.mesh
    finer = np.sort(np.concatenate([mesh, (mesh[1:] + mesh[:-1]) / 2]))
    return replace(measure, mesh=finer, atoms=())


def _breaks(measure: LineMeasure, mu: Floats, sigma: Floats, low: float, high: float) -> Floats:
    """Ends of cells on which a sum of copies is smooth, over the part of the interval where it is not zero."""
    mesh = np.sort((mu + sigma * measure.mesh[:, None]).ravel())
    kinks = (mu + sigma * np.array([place for place, _ in measure.atoms])[:, None]).ravel()
    start, stop = max(low, float(mesh[0])), min(high, float(mesh[-1]))
    if not start < stop:
        return np.empty(0)
    inner = np.concatenate([mesh, kinks])
    return np.unique(np.concatenate([[start, stop], inner[(inner > start) & (inner < stop)]]))


def _norm_integral(density: Callable[[Floats], Floats], breaks: Floats) -> tuple[float, float]:
    """The integral of a vector density's norm, by Gauss's rules of 8 and 16 nodes on cells halved where they differ."""
    total, error = 0.0, 0.0
    low, high = breaks[:-1], breaks[1:]
    for level in range(_ROUNDS):
        if not len(low):
            break
        coarse, fine = (_by_rule(density, low, high, rule) for rule in (_LOW_RULE, _HIGH_RULE))
        scale = total + float(fine.sum())
        last = level == _ROUNDS - 1 or 2 * len(low) > _MOST_CELLS
        # 1e-13 of the whole for a cell: less is lost in the rounding of the sum.
        good = (np.abs(fine - coarse) <= 1e-13 * scale) | last
        total += float(fine[good].sum())
        error += float(np.abs(fine - coarse)[good].sum()) + 8 * _ROUNDING * float(fine[good].sum())
        low, high = low[~good], high[~good]
        middle = (low + high) / 2
        low, high = np.concatenate([low, middle]), np.concatenate([middle, high])
    return total, error


def _by_rule(density: Callable[[Floats], Floats], low: Floats, high: Floats, rule: tuple[Floats, Floats]) -> Floats:
    nodes, weights = rule
    half = (high - low)[:, None] / 2
    t = low[:, None] + half * (nodes + 1)
    sizes = np.linalg.norm(density(t.ravel()), axis=1).reshape(t.shape)
    return np.asarray((half * sizes) @ weights)
