"""The shallow network behind samples on a grid: peaks of the filtered transform, refined against the function.

The function is sampled on a grid over a ball; its discrete Laplacian, formed only *inside* the ball so that the edge is
never differentiated, is transformed and filtered: K R (Laplacian f) = d_t^2 K R f. A neuron is a peak there, of height
proportional to its mass and to the measure of its hyperplane's cut through the ball. Peaks are located on the grid,
masses fitted, all parameters refined off the grid, the model subtracted, and the residual searched again, as in radio
astronomers' CLEAN, until it is explained.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.ndimage import maximum_filter1d

from radon_nn._support import checks, notebooks
from radon_nn._support.public import public
from radon_nn._support.types import Floats, Indices
from radon_nn.fitting._affine import affine_fit
from radon_nn.fitting._refinement import Observations, fit_masses, refine
from radon_nn.geometry.black_box import BlackBox, pointwise
from radon_nn.geometry.domains import Ball
from radon_nn.geometry.grids import Function, Grid
from radon_nn.geometry.hyperplanes import SignedTree
from radon_nn.measures.ridge import RidgeMeasure
from radon_nn.measures.spike_list import SpikeResult
from radon_nn.spikes import _hyperplane_pairs as pairs
from radon_nn.spikes._noise import cubic_residuals
from radon_nn.spikes.filtered import SpikeTransform, ball_in
from radon_nn.spikes.probing._chords import unit_vectors

_APART = 4.0
"""Peaks, and spikes, closer than this many grid spacings are one: the filtered spline of a unit spike is four wide."""
_RELATIVE = 0.1
"""Peaks below this fraction of the highest wait until the higher ones are subtracted: side lobes of the Hann filter and
of unequal cuts reach some hundredths."""
_NOISE = 8.0
"""Peaks exceed this many standard deviations of the transform, measured by its median: noise on 1e6 samples of it
reaches 5, and its correlation from sample to sample adds some."""
_SHALLOWEST = 0.05
"""Hyperplanes whose cut through the domain is below this fraction of the largest are not searched: the response, which
peaks are divided by, is a few samples there."""
_CREEP = 1e-3
"""Between rounds a refinement ends when a step gains less than this fraction: a neuron not yet found holds it up."""
_ROUNDING = 1e-14
"""Misfit at this fraction of the values' root mean square is rounding in double precision: 45 eps, for sums of several
terms."""
_STRETCHES, _QUIET, _MARGIN = 96, 0.75, 1.7
"""Short stretches on which the noise of a function's values is measured. This quantile (a quarter may have a kink)
times this margin is the floor of the misfit: over 60 networks in single precision, 1.5 to 2.2 times their noise."""
_PROGRESS = 0.9
"""A round that leaves more than this fraction of the mean square misfit has stalled; the next one accepts more."""
_FEW = 4
"""Spikes that cut off up to this many samples for each of their d + 1 numbers are tried without: at the edge of the
domain refinement can leave one that the samples do not demand."""
_STALLS = 5
"""Give up after this many stalled rounds in a row: chosen, not tuned."""
_REMEDY = "choose a grid or domain=Ball(radius, center) on which f is defined"
_CONSISTENT = 0.3
"""A candidate is kept if its fitted mass is at least this fraction of its peak's height: side lobes and noise
have next to no mass in the fit."""


@public
@dataclass(frozen=True)
class SpikeFit(SpikeResult):
    """
    The result of `find_spikes`: the spikes, and how well they explain the function.

    Parameters
    ----------
    measure : RidgeMeasure
        The spikes and the affine part.
    domain : Ball
        The domain searched.
    samples : int
        Number of samples used.
    relative_error : float
        Root mean square of f - measure over that of f - its best affine fit.
    max_error : float
        Largest |f - measure| at a sample, in units of f.
    rounds : int
        Number of times the residual was searched.
    exact : bool
        Whether the relative error is at most the tolerance asked for, or the misfit at most the noise of the values.
    interrupted : bool
        Whether the search was interrupted from the keyboard, and the spikes are those found until then.
    """

    measure: RidgeMeasure
    domain: Ball
    samples: int
    relative_error: float
    max_error: float
    rounds: int
    exact: bool
    interrupted: bool = False

    def __repr__(self) -> str:
        return notebooks.one_line(f"<SpikeFit: {self}>")

    def __str__(self) -> str:
        verdict = "explained" if self.exact else f"NOT fully explained{' (interrupted)' * self.interrupted}"
        return (
            f"{len(self.measure)} spikes, R-TV {self.measure.rtv:.6g}, on {self.domain!r}; the function is {verdict}: "
            f"relative error {self.relative_error:.2g}, largest error {self.max_error:.2g} at {self.samples} samples"
        )


def find_spikes(
    f: Function | ArrayLike,
    grid: Grid,
    *,
    domain: Ball | None = None,
    tol: float = 1e-9,
    max_spikes: int = 1000,
    max_rounds: int = 30,
    progress: Callable[[str], None] | None = None,
    vectorize: bool = False,
) -> SpikeFit:
    """
    The shallow ReLU network behind a black box, from the peaks of d_t^2 K R f.

    Parameters
    ----------
    f : callable or array_like
        The function: a callable of points (n, d), returning (n,) or (n, o) values; or its samples on the grid, of
        shape `grid.shape` or (o, *grid.shape). Only points in the domain are used.
    grid : Grid
        Where to sample, d = 2 or 3. Spikes closer than about a spacing, in direction and offset, cannot be told apart.
    domain : Ball, optional
        Where to look; the largest ball in the grid's box if not given.
    tol : float
        The function counts as explained at this relative error, or at the noise of its values: of a callable it is
        measured, at some 800 more points; of samples it is the rounding of their type.
    max_spikes : int
        Give up beyond this number of spikes.
    max_rounds : int
        The most times that the residual is searched.
    progress : callable, optional
        Called with one line of text a round.
    vectorize : bool
        Whether a callable takes a single point (d,): it is called for each point in turn.

    Returns
    -------
    SpikeFit
        The spikes whose hyperplane meets the domain, the affine part, and how well they explain f. An interrupt from
        the keyboard returns what was found so far.

    Raises
    ------
    ValueError
        If the grid is not of dimension 2 or 3, the domain does not lie in it, or values are not finite.
    MemoryError
        If the machine cannot hold the grid.

    See Also
    --------
    radon_nn.ShallowNetwork.measure : The exact spikes, where the weights are known.

    Notes
    -----
    Samples determine spikes only so far: neurons closer together than the grid's spacing may come out merged, and those
    that cut off only a few samples at the edge of the domain may be missed.
    """
    if not isinstance(grid, Grid):
        raise TypeError(f"grid: expected a Grid, such as Grid.cube(256), got {type(grid).__name__}")
    checks.positive(tol, "tol")
    ball = ball_in(grid, domain)
    own = getattr(f, "dim", None)
    if isinstance(own, int) and own != grid.dim:
        raise ValueError(
            f"grid: expected dimension {own}, as the function has it, got {grid.dim}; Grid.cube(64, {own})"
        )
    if vectorize:
        f = pointwise(f)  # type: ignore[arg-type]
    center = ball.center_in(grid.dim)
    search, affine, noise = _Search.over(f, grid, ball)
    samples, spacing = search.samples, max(search.view.transform.grid.spacing)
    width = _APART * spacing
    model = RidgeMeasure(np.empty((0, grid.dim)), [], np.empty((0, affine.shape[1])))
    floor = max(tol**2 * samples.variance, noise**2)
    misfit, rounds, stalled, interrupted = samples.variance, 0, 0, False
    try:
        while misfit > floor and rounds < max_rounds and len(model) < max_spikes and stalled < _STALLS:
            rounds += 1
            found = search.candidates(model, width)
            candidate = search.extended(model, found, width, free=stalled > 0)
            if candidate is None:
                stalled += 1
                continue
            held = refine(candidate, samples, steps=6, reach=0.5 * spacing, stop=_CREEP)
            freed = search.pruned(refine(held, samples, steps=30, stop=_CREEP), width / 2, floor)
            held_misfit, freed_misfit = samples.misfit(held), samples.misfit(freed)
            better = freed_misfit <= floor or freed_misfit < 0.25 * held_misfit or stalled > 0
            model, now = (freed, freed_misfit) if better else (held, held_misfit)
            stalled = 0 if now < _PROGRESS * misfit else stalled + 1
            misfit = now
            if progress is not None:
                error = math.sqrt(misfit / samples.variance)
                progress(f"round {rounds} of at most {max_rounds}: {len(model)} spikes, relative error {error:.2g}")
        model = search.pruned(refine(model, samples, steps=30), width, floor)
    except KeyboardInterrupt:
        interrupted = True
    model = search.demanded(search.supported(model), floor)
    residual = samples.residual(model)
    misfit = float(np.mean(np.sum(residual**2, axis=1)))
    whole = RidgeMeasure(
        model.directions, model.offsets, model.masses, model.skip + affine[:-1].T, model.constant + affine[-1]
    )
    return SpikeFit(
        whole.placed(ball.radius, center),
        ball,
        len(samples.points),
        math.sqrt(misfit / samples.variance) if samples.variance > noise**2 else 0.0,
        float(np.abs(residual).max()),
        rounds,
        misfit <= floor,
        interrupted,
    )


@dataclass(frozen=True)
class _Candidates:
    """Peaks of the filtered transform, highest first, in units of mass."""

    directions: Floats
    offsets: Floats
    heights: Floats

    def __getitem__(self, keep: NDArray[np.bool_] | slice) -> _Candidates:
        return _Candidates(self.directions[keep], self.offsets[keep], self.heights[keep])


@dataclass(frozen=True)
class _Search:
    """What stays the same from round to round: the samples, the transform, and the neighbours of each direction."""

    samples: Observations
    view: SpikeTransform
    neighbours: tuple[Indices, ...]

    @classmethod
    def over(cls, f: Function | ArrayLike, grid: Grid, ball: Ball) -> tuple[_Search, Floats, float]:
        """The search in coordinates (x - center) / radius, the affine part taken off, and the noise of the values."""
        center = ball.center_in(grid.dim)
        spacing = np.array(grid.spacing) / ball.radius
        nearest = np.array([axis[np.argmin(np.abs(axis - x))] for axis, x in zip(grid.axes, center, strict=True)])[None]
        if callable(f) and ball.contains(nearest).all() and _fails(f, nearest):
            BlackBox(f, grid.dim, _REMEDY, several=True)(
                nearest
            )  # a function of another dimension fails before the work
        view = SpikeTransform.over(Grid(grid.shape, spacing, (np.array(grid.center) - center) / ball.radius), Ball(1.0))
        inside = view.inside.ravel()
        least = 4 * (grid.dim + 1)
        if inside.sum() < least:
            raise ValueError(
                f"domain: expected at least {least} samples in it, got {inside.sum()} in {ball!r}; take a finer grid "
                "or a larger ball"
            )
        points = view.transform.grid.points()[inside]
        if callable(f):
            black_box = BlackBox(f, grid.dim, _REMEDY, several=True)
            values = black_box(center + ball.radius * points)
            measured = _measured_noise(lambda y: black_box(center + ball.radius * y), points)
        else:
            values, measured = _given_samples(f, grid, inside), 0.0
        size = float(np.sqrt(np.mean(np.sum(values**2, axis=1))))
        noise = max(measured, _ROUNDING * size, 0.0 if callable(f) else _precision(f) * size)
        affine, rest = affine_fit(points, values)
        samples = Observations.of(points, rest)
        normals = view.transform.directions.normals
        neighbours = tuple(SignedTree(normals).neighbours(_APART * spacing.max()))
        return cls(samples, view, neighbours), affine, noise

    def candidates(self, model: RidgeMeasure, width: float) -> _Candidates:
        """Peaks of the filtered transform of the residual, above the noise and the side lobes of higher peaks."""
        transform, response = self.view.transform, self.view.response
        square = np.zeros(transform.sinogram_shape)
        for column in self.samples.residual(model).T:
            image = np.zeros(transform.grid.shape)
            image[self.view.inside] = column
            square += self.view(image) ** 2
        signal = np.sqrt(square)
        signal[response < _SHALLOWEST * response.max()] = 0
        floor = _NOISE * float(np.median(signal[signal > 0])) / 0.6745 if np.any(signal > 0) else np.inf
        reach = max(1, round(width / transform.offsets.step))
        around = maximum_filter1d(signal, 2 * reach + 1, axis=1, mode="constant")
        lowest = max(_RELATIVE * float(signal.max()), floor)
        peaks = [
            (signal[i, j], i, j)
            for i, j in np.argwhere((signal >= lowest) & (signal >= around))
            if self._highest(around, i, j, signal[i, j])
        ]
        peaks.sort(key=lambda peak: -peak[0])
        rows, columns = [p[1] for p in peaks], [p[2] for p in peaks]
        return _Candidates(
            transform.directions.normals[rows],
            transform.offsets.values[columns],
            np.array([p[0] for p in peaks]) / response[rows, columns],
        )

    def _highest(self, around: Floats, i: int, j: int, value: float) -> bool:
        """Whether no neighbouring direction, antipodes included, has a larger value near the same hyperplane."""
        near, m = self.neighbours[i], len(self.neighbours)
        mirrored = around.shape[1] - 1 - j
        return bool(np.all(around[near % m, np.where(near < m, j, mirrored)] <= value))

    def extended(self, model: RidgeMeasure, found: _Candidates, width: float, *, free: bool) -> RidgeMeasure | None:
        """The model and the candidates whose masses a fit confirms; those near its own spikes only if `free`."""
        if len(found.offsets) == 0:
            return None
        far = pairs.distance(found.directions, found.offsets, model) > width
        chosen = found[far] if far.any() and not free else found[:30]
        directions = np.concatenate([model.directions, chosen.directions])
        offsets = np.concatenate([model.offsets, chosen.offsets])
        fitted = _masses_at(directions, offsets, self.samples)
        sure = np.append(np.ones(len(model), bool), fitted[len(model) :] >= _CONSISTENT * chosen.heights)
        if sure.sum() == len(model):
            if not free:
                return None
            sure[:] = True
        return fit_masses(directions[sure], offsets[sure], self.samples)

    def supported(self, model: RidgeMeasure) -> RidgeMeasure:
        """The same function at the samples; spikes with all samples on one side go into the affine part."""
        on = self._samples_above(model)
        split, above = (on > 0) & (on < len(self.samples.points)), on > 0
        outside = ~split & above
        return RidgeMeasure(
            model.directions[split],
            model.offsets[split],
            model.masses[split],
            model.skip + model.masses[outside].T @ model.directions[outside],
            model.constant - model.masses[outside].T @ model.offsets[outside],
        )

    def demanded(self, model: RidgeMeasure, floor: float) -> RidgeMeasure:
        """The model without spikes that cut off a few samples only, where the others explain these as well."""
        if self.samples.misfit(model) > floor:
            return model
        on = self._samples_above(model)
        cut = np.minimum(on, len(self.samples.points) - on)
        keep = np.ones(len(model), bool)
        for k in np.argsort(cut)[: np.count_nonzero(cut <= _FEW * (model.dim + 1))]:
            keep[k] = False
            fewer = fit_masses(model.directions[keep], model.offsets[keep], self.samples)
            keep[k] = self.samples.misfit(fewer) > floor
        if keep.all():
            return model
        return refine(fit_masses(model.directions[keep], model.offsets[keep], self.samples), self.samples, steps=30)

    def _samples_above(self, model: RidgeMeasure) -> Indices:
        """How many samples lie above each hyperplane."""
        on = np.zeros(len(model), np.int64)
        for begin in range(0, len(self.samples.points), 8192):
            on += (self.samples.points[begin : begin + 8192] @ model.directions.T > model.offsets).sum(axis=0)
        return on

    def pruned(self, model: RidgeMeasure, width: float, floor: float) -> RidgeMeasure:
        """Fold spikes that left the domain, and join close ones where that raises the misfit by 2 % at most."""
        model = self.supported(model)
        keep = model.sizes > 1e-9 * model.sizes.max(initial=0)
        if not keep.all():
            model = refine(
                fit_masses(model.directions[keep], model.offsets[keep], self.samples), self.samples, steps=10
            )
        misfit = self.samples.misfit(model)
        failed: set[bytes] = set()
        while len(model) > 1:
            pair = pairs.closest_pair(model, width, failed)
            if pair is None:
                break
            joined = refine(pairs.joined(model, *pair), self.samples, steps=10, stop=0.5).restricted(self.view.domain)
            now = self.samples.misfit(joined)
            if now <= max(floor, 1.02 * misfit):
                model, misfit = joined, now
            else:
                failed.add(pairs.key(model, *pair))
        return model


def _fails(f: Function, points: Floats) -> bool:
    """Whether a function raises an error, as one of another dimension does."""
    try:
        with np.errstate(all="ignore"):
            f(points.copy())
    except (Exception, SystemExit):
        return True
    return False


def _given_samples(values: ArrayLike, grid: Grid, inside: NDArray[np.bool_]) -> Floats:
    """The samples (n, o) in the domain."""
    shape = np.shape(values)
    if shape[-grid.dim :] != grid.shape or len(shape) > grid.dim + 1:
        raise ValueError(f"samples: expected shape {grid.shape} or (outputs, *{grid.shape}), got {shape}")
    array = np.asarray(values).reshape(-1, grid.size).T[inside]
    return checks.real_array(array, "samples in the domain").astype(np.float64)


def _precision(samples: ArrayLike) -> float:
    """Relative rounding of samples in single or half precision, 2 eps as of a few terms; 0 for others."""
    kind = np.asarray(samples).dtype
    return 2 * float(np.finfo(kind).eps) if kind in (np.float16, np.float32) else 0.0


def _measured_noise(f: Callable[[Floats], Floats], points: Floats) -> float:
    """Root mean square noise of a function on the unit ball, with a margin, from short stretches at sampled points."""
    rng = np.random.default_rng(0)
    chosen = points[rng.integers(len(points), size=_STRETCHES)]
    deviations, _ = cubic_residuals(f, (1 - 2e-4) * chosen, unit_vectors(rng, (_STRETCHES,), points.shape[1]))
    return _MARGIN * float(np.linalg.norm(np.quantile(deviations, _QUIET, axis=0)))


def _masses_at(directions: Floats, offsets: Floats, samples: Observations) -> Floats:
    """|mass| fitted at each hyperplane, in the order given."""
    fitted = fit_masses(directions, offsets, samples)
    return fitted.sizes[pairs.search_tree(fitted).nearest(pairs.places(directions, offsets))[1]]
