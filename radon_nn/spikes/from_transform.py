"""The shallow network behind samples on a grid: peaks of the filtered transform, refined against the function.

The function is sampled on a grid over a ball; its discrete Laplacian, formed only *inside* the ball so that the edge is
never differentiated, is transformed and filtered: K R (Laplacian f) = d_t^2 K R f. A neuron is a peak there, of height
proportional to its mass and to the measure of its hyperplane's cut through the ball. Peaks are located on the grid,
masses fitted, all parameters refined off the grid, the model subtracted, and the residual searched again, as in radio
astronomers' CLEAN, until it is explained. Where peaks of the residual lie beside spikes already found, samples do not
tell what is there, and a function that can be called is probed along lines. In the end every spike is tested against
the noise that the residual shows.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from radon_nn._support import checks
from radon_nn._support.wording import counted
from radon_nn.fitting._covariance import uncertainty
from radon_nn.fitting._refinement import refine
from radon_nn.geometry.black_box import pointwise
from radon_nn.geometry.domains import Ball
from radon_nn.geometry.grids import Function, Grid
from radon_nn.measures.ridge import RidgeMeasure
from radon_nn.spikes._residual_search import Search
from radon_nn.spikes.filtered import ball_in
from radon_nn.spikes.probing.probe import probe_spikes
from radon_nn.spikes.spike_fit import SpikeErrors, SpikeFit

_CREEP = 1e-3
"""Between rounds a refinement ends when a step gains less than this fraction: a neuron not yet found holds it up."""
_PROGRESS = 0.9
"""A round that leaves more than this fraction of the mean square misfit has stalled; the next one accepts more."""
_STALLS = 5
"""Give up after this many stalled rounds in a row: chosen, not tuned."""
_PATIENCE = 6
"""A callable is probed after this many rounds at the latest: masses a tenth of the highest are found in each."""
_LEAST_QUERIES = 8000
"""Probing needs some 6200 evaluations for its verdict in three dimensions, and measures a neuron with 500."""


def find_spikes(
    f: Function | ArrayLike,
    grid: Grid,
    *,
    domain: Ball | None = None,
    tol: float = 1e-9,
    max_spikes: int = 1000,
    max_rounds: int = 30,
    max_queries: int = 2_000_000,
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
        Where to sample, d = 2 or 3. Samples do not tell spikes apart that are closer than about a spacing, in direction
        and offset.
    domain : Ball, optional
        Where to look; the largest ball in the grid's box if not given.
    tol : float
        The function counts as exactly explained at this relative error, or at the rounding of its values: of a callable
        it is measured, at some 800 more points; of samples it is that of their type.
    max_spikes : int
        Give up beyond this number of spikes.
    max_rounds : int
        The most times that the residual is searched.
    max_queries : int
        The most further points at which a callable is evaluated, by probing along lines as `probe_spikes` does, once
        what is left lies beside spikes already found, or searching it gains little: some 1000 for each neuron in the
        plane, ten times as many where neurons crowd. No such points are asked for below 8000, nor of samples.
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
    radon_nn.probe_spikes : By probing alone, in any number of dimensions.
    radon_nn.ShallowNetwork.measure : The exact spikes, where the weights are known.

    Notes
    -----
    Samples determine spikes only so far: neurons closer together than the grid's spacing may come out merged, and those
    that cut off only a few samples at the edge of the domain may be missed.

    White noise in samples, or in a function that returns other values at each call, is measured on what is left over.
    Where little else is left, a spike stays only if the squared misfit without it, over the variance of the noise,
    grows by more than chi-squared, with a degree of freedom for each of its numbers, reaches with a probability of 0.01
    divided by the number of hyperplanes searched. So noise alone makes a spike in at most one search of a hundred, and
    the expected share of false spikes is at most 1 %.

    Examples
    --------
    >>> from radon_nn import ShallowNetwork
    >>> hidden = ShallowNetwork([[1.0, 0.5], [-0.3, 1.0]], [0.2, -0.1], [1.0, -2.0])
    >>> found = find_spikes(lambda x: hidden(x), Grid.cube(64))
    >>> len(found), bool(abs(found.measure.rtv - hidden.measure().rtv) < 1e-9)
    (2, True)
    """
    if not isinstance(grid, Grid):
        raise TypeError(f"grid: expected a Grid, such as Grid.cube(256), got {type(grid).__name__}")
    checks.positive(tol, "tol")
    checks.count(max_queries, "max_queries", least=0)
    ball = ball_in(grid, domain)
    dimension = getattr(f, "dim", None)
    if isinstance(dimension, int) and dimension != grid.dim:
        raise ValueError(
            f"grid: expected dimension {dimension}, as the function has it, got {grid.dim}; Grid.cube(64, {dimension})"
        )
    if vectorize:
        f = pointwise(f)  # type: ignore[arg-type]
    search = Search.over(f, grid, ball)
    floor = max(tol**2 * search.samples.variance, search.given.rounding**2)
    limits = _Limits(max_spikes, max_rounds, max_queries)
    run = _Run(search, f if callable(f) else None, ball, floor, limits, progress)
    try:
        run.rounds_until_explained()
        if run.misfit > run.floor:
            run.probe()
        run.settle()
    except KeyboardInterrupt:
        run.interrupted = True
    return run.report()


class _Limits(NamedTuple):
    """The most spikes, rounds, and further points at which a callable is evaluated."""

    spikes: int
    rounds: int
    queries: int


@dataclass
class _Run:
    """The state of a search: the model and its misfit, what was spent, and what may be."""

    search: Search
    f: Function | None
    ball: Ball
    floor: float
    limits: _Limits
    told: Callable[[str], None] | None
    model: RidgeMeasure = field(init=False)
    misfit: float = field(init=False)
    rounds: int = 0
    stalled: int = 0
    queries: int = 0
    probed: bool = False
    verified: bool = False
    interrupted: bool = False

    def __post_init__(self) -> None:
        samples = self.search.samples
        outputs, dim = samples.values.shape[1], samples.points.shape[1]
        self.model = RidgeMeasure(np.empty((0, dim)), [], np.empty((0, outputs)))
        self.misfit = samples.variance

    def rounds_until_explained(self) -> None:
        """Search the residual until it is explained, noise alone is left, or nothing helps."""
        search, samples = self.search, self.search.samples
        while self.misfit > self.floor and self.rounds < self.limits.rounds and len(self.model) < self.limits.spikes:
            if self.stalled >= _STALLS:
                return
            self.rounds += 1
            found = search.candidates(self.model)
            ambiguous = len(found.offsets) and len(self.model) and not search.far(self.model, found).any()
            if (ambiguous or self.stalled or self.rounds > _PATIENCE) and self.probe():
                return
            if len(found.offsets) == 0 or self.stalled % 2:
                found = search.strongest(self.model)
            if len(found.offsets) == 0:
                return
            candidate = search.extended(self.model, found, free=self.stalled > 0)
            if candidate is None:
                self.stalled += 1
                continue
            held = refine(candidate, samples, steps=6, reach=search.width / 8, stop=_CREEP)
            freed = search.pruned(refine(held, samples, steps=30, stop=_CREEP), search.width / 2, self.floor)
            held_misfit, freed_misfit = samples.misfit(held), samples.misfit(freed)
            better = freed_misfit <= self.floor or freed_misfit < 0.25 * held_misfit or self.stalled > 0
            self.model, now = (freed, freed_misfit) if better else (held, held_misfit)
            self.stalled = 0 if now < _PROGRESS * self.misfit else self.stalled + 1
            self.misfit = now
            self.tell(f"round {self.rounds} of at most {self.limits.rounds}")

    def tell(self, what: str) -> None:
        """One line to the user."""
        if self.told is not None:
            error = math.sqrt(self.misfit / self.search.samples.variance)
            self.told(f"{what}: {counted(len(self.model), 'spike')}, relative error {error:.2g}")

    def probe(self) -> bool:
        """Probe a function that can be called and repeats its values, once; whether what was found explains it."""
        if self.f is None or self.search.given.noisy or self.probed or self.limits.queries < _LEAST_QUERIES:
            return False
        self.probed = True
        fit = probe_spikes(
            self.f,
            self.model.dim,
            domain=self.ball,
            max_queries=self.limits.queries,
            max_spikes=self.limits.spikes,
            progress=self.told,
        )
        self.queries = fit.queries
        inside = fit.measure.placed(1 / self.ball.radius, -self.ball.center_in(self.model.dim) / self.ball.radius)
        affine = self.search.affine
        probed = RidgeMeasure.trusted(
            inside.directions,
            inside.offsets,
            inside.masses,
            inside.skip - affine[:-1].T,
            inside.constant - affine[-1],
        )
        misfit = self.search.samples.misfit(probed)
        if misfit < self.misfit and len(probed) <= self.limits.spikes:
            self.model, self.misfit = probed, misfit
            self.verified = fit.exact and misfit <= self.floor
            self.tell(f"{counted(fit.queries, 'further point')} on lines")
        if fit.interrupted:
            raise KeyboardInterrupt
        return self.verified

    def settle(self) -> None:
        """Refine to the end, and leave out what the samples do not demand."""
        search = self.search
        model = refine(self.model, search.samples, steps=30)
        if search.given.coarse or not self.verified:
            model = search.significant(search.pruned(model, search.width, self.floor))
            model = search.demanded(search.supported(model), self.floor)
        self.model = model

    def report(self) -> SpikeFit:
        """The spikes in the user's coordinates, their errors, and the verdict."""
        search, samples, radius = self.search, self.search.samples, self.ball.radius
        center = self.ball.center_in(self.model.dim)
        model = search.supported(self.model)
        residual = samples.residual(model)
        misfit = float(np.mean(np.sum(residual**2, axis=1)))
        exact = misfit <= self.floor
        noise = 0.0 if exact or self.interrupted else search.noise_left(model)
        spread = search.alike * math.sqrt(search.residual_variance(model))
        errors = uncertainty(model, samples, center / radius)
        affine = search.affine
        whole = RidgeMeasure(
            model.directions, model.offsets, model.masses, model.skip + affine[:-1].T, model.constant + affine[-1]
        )
        return SpikeFit(
            whole.placed(radius, center),
            self.ball,
            len(samples.points),
            math.sqrt(misfit / samples.variance) if samples.variance > search.given.rounding**2 else 0.0,
            float(np.abs(residual).max()),
            self.rounds,
            exact,
            self.interrupted,
            self.queries,
            noise,
            SpikeErrors(spread * errors.directions, spread * radius * errors.offsets, spread / radius * errors.masses),
        )
