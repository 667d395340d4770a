"""The shallow ReLU network behind a black box, in any dimension, by probing along lines.

Along a line a ReLU network is straight except for kinks, one for each neuron whose hyperplane the line crosses. Each
kink leads to a hyperplane, which is measured at many points, and its neuron is subtracted; further lines are searched
in the rest until no kink remains. Every decision rests on the measured rounding of the values.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from radon_nn._support import checks
from radon_nn._support.types import Floats
from radon_nn._support.wording import counted
from radon_nn.geometry.black_box import pointwise
from radon_nn.geometry.domains import Ball
from radon_nn.geometry.points import affine_design
from radon_nn.measures.ridge import RidgeMeasure
from radon_nn.spikes.probing._chords import (
    INNER,
    SURE,
    ChordKinks,
    Lines,
    Queries,
    SpentError,
    find_kinks,
    unit_vectors,
)
from radon_nn.spikes.probing._hyperplanes import NEAR, Candidates, candidates, located
from radon_nn.spikes.probing._measured_neurons import MeasuredNeurons
from radon_nn.spikes.probing._robust import least_squares, robust_fit
from radon_nn.spikes.probing.probe_fit import ProbeFit, points_of_each_kind

_CLEAN = 6
"""After this many lines in a row without a kink the rest is taken to be affine, until the values at random points say
otherwise: a hyperplane that half of all lines cross is missed once in 64 times, and the points are the second check."""
_BARREN = 8
"""Give up after this many rounds in a row with kinks and no neuron: chosen, not tuned."""
_ATTEMPTS, _ABREAST = 24, 3
"""Kinks examined in a round after one that found nothing, and lines searched at a time, after the first."""
_SLIP = 50.0
"""Masses known only to more than this, in standard deviations of the noise per radius, are measured again once their
neighbours are known."""
_WORST = 100.0
"""Errors above this many standard deviations of the noise count as explained only if `tol` allows them."""
_SAME = 1e-3
"""Candidates of two lines closer than this, in (a, t) and units of the radius, are measured one at a time."""


def probe_spikes(
    f: Callable[[Floats], ArrayLike],
    dim: int,
    *,
    domain: Ball | None = None,
    tol: float = 1e-9,
    max_queries: int = 2_000_000,
    max_spikes: int = 1000,
    rng: int | np.random.Generator = 0,
    progress: Callable[[str], None] | None = None,
    vectorize: bool = False,
) -> ProbeFit:
    """
    The shallow ReLU network behind a black box of any dimension, to the precision of its values.

    Finds f(x) = sum_k m_k (a_k.x - t_k)_+ + affine by the kinks of f on random lines. A neuron takes about 12 d + 500
    queries: 4 d for the gradients on both sides of a kink, the rest to measure its hyperplane at 1.5 d + 16 other
    points and to confirm that it is one. Where hyperplanes are crowded it may take a few times more.

    Parameters
    ----------
    f : callable
        The function: takes points (n, d), returns values (n,) or (n, o).
    dim : int
        Dimension d.
    domain : Ball, optional
        Where f is evaluated and spikes are sought; spikes whose hyperplane misses it go into the affine part. If not
        given, the ball about the origin of radius 10 (3 + sqrt(d)): neurons with weights and biases of
        order one have |t| of about 1 / sqrt(d), and half of all lines through a ball of radius r cross
        {a.x = t} if |t| < r / sqrt(d).
    tol : float
        The function counts as explained at this relative error, or at the rounding of its values.
    max_queries : int
        The most points at which to evaluate f.
    max_spikes : int
        Give up beyond this number of spikes.
    rng : int or numpy.random.Generator
        Seed of the lines.
    progress : callable, optional
        Called with one line of text a round.
    vectorize : bool
        Whether f takes a single point (d,): it is called for each point in turn.

    Returns
    -------
    ProbeFit
        The spikes whose hyperplane meets the domain, the affine part, how well they explain f, and what is unresolved.
        An interrupt from the keyboard returns what was found so far.

    Raises
    ------
    TypeError
        If f cannot be called, or its values are not real.
    ValueError
        If `dim`, `tol`, or `max_queries` is too small, or f fails, or its values are not finite or of another shape.

    See Also
    --------
    radon_nn.find_spikes : From samples on a grid, in two or three dimensions; noise is welcome there.
    radon_nn.ShallowNetwork.measure : The exact spikes, where the weights are known.

    Notes
    -----
    A spike that cuts off a small cap of the domain can be missed, since no query may fall there; the result says of how
    much of the ball and of its surface that is excluded. Nearly parallel
    neurons come out as one, with the R-TV of one, where rounding hides the wedge between them. Neurons on one
    hyperplane, antipodes included, are one spike as well.

    References
    ----------
    N. Carlini, M. Jagielski, I. Mironov, Cryptanalytic extraction of neural network models, CRYPTO 2020.
    D. Rolnick, K. Kording, Reverse-engineering deep ReLU networks, ICML 2020.

    Examples
    --------
    >>> from radon_nn import ShallowNetwork
    >>> hidden = ShallowNetwork([[1.0, 0.5], [-0.3, 1.0]], [0.2, -0.1], [1.0, -2.0])
    >>> found = probe_spikes(lambda x: hidden(x), 2)
    >>> len(found), bool(abs(found.measure.rtv - hidden.measure().rtv) < 1e-9)
    (2, True)
    """
    dim = checks.count(dim, "dim")
    tol = checks.positive(tol, "tol")
    max_spikes = checks.count(max_spikes, "max_spikes", least=0)
    # Queries kept back for the affine part, for the verdict, and for measuring the rounding.
    reserve = 2 * _checked(dim) + 2000
    max_queries = checks.count(max_queries, "max_queries", least=2 * reserve)
    ball = Ball(10 * (3 + math.sqrt(dim))) if domain is None else domain
    generator = checks.generator(rng)
    own = getattr(f, "dim", None)
    if isinstance(own, int) and own != dim:
        raise ValueError(f"dim: expected {own}, as the function has it, got {dim}")
    search = _Search(Queries(pointwise(f) if vectorize else f, dim, ball, generator), generator, max_spikes)
    search.box.limit = max_queries - _checked(dim)
    try:
        search.run(progress)
    except KeyboardInterrupt:
        search.unresolved = ("interrupted",)
    except SpentError:
        search.unresolved = (f"{max_queries} queries were not enough: raise max_queries", *search.unresolved)
    search.box.limit = max_queries
    return _report(search, ball, tol)


def _checked(dim: int) -> int:
    """The number of points that the verdict rests on."""
    return 3 * points_of_each_kind(dim)


@dataclass
class _Search:
    """The state of a search: the neurons found, the affine part, and what is left."""

    box: Queries
    rng: np.random.Generator
    max_spikes: int
    known: MeasuredNeurons = field(init=False)
    affine: Floats = field(init=False)
    lines: int = 0
    unresolved: tuple[str, ...] = ()
    clean: bool = False

    def __post_init__(self) -> None:
        outputs = self.box.outputs or 1
        self.known = MeasuredNeurons.none(self.box.dim, outputs)
        self.affine = np.zeros((self.box.dim + 1, outputs))

    def residual(self, points: Floats) -> tuple[Floats, Floats]:
        """The values less the neurons known, and the standard deviation of their errors."""
        return self.box(points) - self.known(points), self.error(points)

    def error(self, points: Floats) -> Floats:
        # Small errors of the masses leave the rest straight, so only rounding counts, that of the measure included.
        return 2 * self.box.noise(np.maximum(np.linalg.norm(points, axis=1), NEAR))

    def spread(self, points: Floats) -> Floats:
        """Standard deviation of f - measure, once masses are fitted to values everywhere."""
        return np.asarray(self.error(points) * math.sqrt(1 + 0.25 * float(self.known.errors @ self.known.errors)))

    def run(self, progress: Callable[[str], None] | None) -> None:
        quiet = barren = 0
        guided: Lines | None = None
        while barren < _BARREN and len(self.known) <= self.max_spikes:
            lines = self._random_lines(_ABREAST if self.lines else 1) if guided is None else guided
            kinks = find_kinks(self.residual, lines, self.rng, 256 + 2 * self.max_spikes)
            self.lines += len(lines.points)
            gained, seen = self._extend(lines, kinks, few=barren > 0)
            bare = bool(seen.all()) and not gained and not kinks.crowded.any()
            quiet = quiet + len(lines.points) if bare and guided is None else 0
            barren = 0 if gained else barren + (not bare or guided is not None)
            self.unresolved = self._remains(lines, kinks, seen)
            if progress is not None:
                found = (
                    f"{counted(self.lines, 'line')}: {counted(len(self.known), 'spike')}, "
                    f"{counted(len(kinks), 'kink')} on the last"
                )
                progress(f"{found}, {counted(self.box.count, 'query')}")
            guided = None
            if gained:
                self._measure_anew(self.known.slips > _SLIP)
            if quiet >= _CLEAN or (barren and bare):
                worst, guided = self._strays()
                if guided is None:
                    self.unresolved, self.clean = (), True
                    return
                self.unresolved = (worst,)
        if len(self.known) > self.max_spikes:
            self.unresolved = (f"more than {counted(self.max_spikes, 'spike')}: raise max_spikes", *self.unresolved)

    def _random_lines(self, count: int) -> Lines:
        reach = INNER * 10 ** (-2 * self.rng.random((count, 1)))
        points = reach * self.rng.random((count, 1)) * unit_vectors(self.rng, (count,), self.box.dim)
        return Lines(points, unit_vectors(self.rng, (count,), self.box.dim))

    def _extend(self, lines: Lines, kinks: ChordKinks, *, few: bool) -> tuple[int, NDArray[np.bool_]]:
        """Add the neurons that the kinks belong to; returns their number, and which kinks they explain."""
        seen = self._expected(lines, kinks)
        keep = np.flatnonzero(~seen)
        if few and len(keep) > _ATTEMPTS:
            keep = np.sort(self.rng.choice(keep, _ATTEMPTS, replace=False))
        if not len(keep):
            return 0, seen
        part = ChordKinks(kinks.line[keep], kinks.place[keep], kinks.jump[keep], kinks.room[keep], kinks.crowded)
        found = candidates(self.residual, lines, part)
        found = found[np.argsort(found.neurons.errors, kind="stable")]
        line = part.line[found.kink]
        near = found.neurons.distances(found.neurons) < _SAME
        chosen = np.ones(len(found), bool)
        for i in range(len(found)):
            chosen[i] = not np.any(near[i, :i] & chosen[:i] & (line[:i] != line[i]))
        found = found[chosen]
        neurons, fine = located(self.residual, found, self.known, self.rng)
        # Beside unknown hyperplanes only short steps agree, and they tell little: such neurons wait for a later round.
        fine &= neurons.slips <= max(_SLIP, 4 * neurons.slips[fine].min(initial=np.inf))
        blur = 1e-13 + 3 * SURE / np.linalg.norm(self.known.masses, axis=1)
        apart = np.where(fine[:, None], neurons.distances(self.known), found.neurons.distances(self.known)) - blur
        apart -= np.where(fine, 0.0, 4 * found.neurons.errors)[:, None]
        again = np.any(apart < 0, axis=1)
        stale = np.unique(np.argmin(apart[again], axis=1)) if again.any() else np.empty(0, np.intp)
        new = fine & ~again
        self.known = self.known + neurons[new]
        # A kink that remains on a known hyperplane means that its neuron was measured badly.
        better = self._measure_anew(np.isin(np.arange(len(self.known)), stale))
        seen[keep[found.kink[new]]] = True
        return int(np.count_nonzero(new)) + better, seen

    def _expected(self, lines: Lines, kinks: ChordKinks) -> NDArray[np.bool_]:
        """Which kinks lie on known hyperplanes and are within the errors of their masses."""
        x, u, known = lines.at(kinks.line, kinks.place), lines.directions[kinks.line], self.known
        rate = np.abs(u @ known.directions.T)
        size = np.linalg.norm(kinks.jump, axis=1)[:, None]
        off = np.abs(x @ known.directions.T - known.offsets)
        at = off * size <= 4 * SURE * rate * self.error(x)[:, None]
        return np.asarray(np.any(at & (size <= SURE * rate * known.slips), axis=1))

    def _measure_anew(self, which: NDArray[np.bool_]) -> int:
        """Measure neurons again, now that others are known; returns how many of their errors were halved."""
        if not which.any():
            return 0
        whole, old = self.known, self.known[which]
        aim = MeasuredNeurons(old.directions, old.offsets, old.masses, np.zeros(len(old)), old.slips)
        start = Candidates(aim, old.offsets[:, None] * old.directions, np.ones(len(old)), np.arange(len(old)))
        self.known = whole[~which]
        try:
            new, fine = located(self.residual, start, self.known, self.rng)
        finally:
            self.known = whole
        better = fine & (new.slips < old.slips)
        self.known = whole[~which] + old[~better] + new[better]
        return int(np.count_nonzero(fine & (new.slips < 0.5 * old.slips)))

    def _remains(self, lines: Lines, kinks: ChordKinks, seen: NDArray[np.bool_]) -> tuple[str, ...]:
        """What the last lines showed that no neuron explains, in words."""
        said = []
        if kinks.crowded.any():
            line = int(np.argmax(kinks.crowded))
            said.append(
                f"on {kinks.crowded.sum()} of {len(lines.points)} lines the function is not made of few straight "
                f"pieces, such as on the line through {self._named(lines.points[line])} along "
                f"{np.round(lines.directions[line][:4], 4).tolist()}{'...' if self.box.dim > 4 else ''}"
            )
        for at in lines.at(kinks.line[~seen][:1], kinks.place[~seen][:1]):
            count = int(np.count_nonzero(~seen))
            said.append(
                f"{counted(count, 'kink')} belong{'s' * (count == 1)} to no hyperplane that could be measured, such "
                f"as at {self._named(at)}"
            )
        return tuple(said)

    def _named(self, point: Floats) -> str:
        return f"x = {np.array2string(self.box.outside(point), precision=6, threshold=8, max_line_width=10**6)}"

    def points(self, count: int) -> Floats:
        """
        Random points: a third uniform in the ball, a third closer to its center, a third on its surface.

        A cap of depth h is h^((d+1)/2) of the ball and h^((d-1)/2) of its surface, to a factor.
        """
        far = self.rng.random((count, 1)) ** (1 / self.box.dim)
        near = 10 ** (-3 * self.rng.random((count, 1)))
        kind = np.arange(count)[:, None] % 3
        reach = INNER * np.select([kind == 0, kind == 1], [near, far], 1.0)
        return np.asarray(reach * unit_vectors(self.rng, (count,), self.box.dim))

    def _strays(self) -> tuple[str, Lines | None]:
        """Fit the affine part and the masses; the worst point not explained, in words, and lines through such."""
        points = self.points(_checked(self.box.dim) + 4 * len(self.known))
        values, error = self.residual(points)[0], self.spread(points)
        terms = np.maximum(points @ self.known.directions.T - self.known.offsets, 0)
        fit, slack = robust_fit(np.concatenate([affine_design(points), terms], axis=1), values, error, self.known.slips)
        miss = np.abs(values - affine_design(points) @ fit[: self.box.dim + 1] - terms @ fit[self.box.dim + 1 :])
        out = miss.max(axis=1) / (SURE * error * slack)
        if np.all(out <= 1):
            self.affine = fit[: self.box.dim + 1]
            self.known = replace(self.known, masses=self.known.masses + fit[self.box.dim + 1 :])
            return "", None
        worst = np.argsort(-out)[: _ABREAST + 1]
        worst = worst[out[worst] > 1]
        start = 0.02 * self.rng.random((len(worst), 1)) * unit_vectors(self.rng, (len(worst),), self.box.dim)
        way = points[worst] - start
        way /= np.maximum(np.linalg.norm(way, axis=1, keepdims=True), 1e-300)
        return self.difference((miss * self.box.units)[worst[0]], points[worst[0]]), Lines(points[worst], way)

    def difference(self, miss: Floats, point: Floats) -> str:
        return f"the function differs from what was found by {np.abs(miss).max():.3g} at {self._named(point)}"


def _report(search: _Search, ball: Ball, tol: float) -> ProbeFit:
    """The neurons in the user's coordinates and units, and the verdict at fresh points."""
    box, known = search.box, search.known
    points = search.points(_checked(box.dim))
    values, error = box(points), search.spread(points)
    if not search.clean:
        search.affine = robust_fit(affine_design(points), values - known(points), error, np.empty(0))[0]
    affine = search.affine * box.units
    found = RidgeMeasure(known.directions, known.offsets, known.masses * box.units, affine[:-1].T, affine[-1])
    measure = found.placed(ball.radius, ball.center_in(box.dim)).merged()
    miss = values * box.units - measure(box.outside(points)).reshape(values.shape)
    system = affine_design(points)
    spread = (values - system @ least_squares(system, values)) * box.units
    # The measure is evaluated in the user's coordinates, and rounded like the function.
    sure = 2 * SURE * np.minimum(error, _WORST * box.noise(np.linalg.norm(points, axis=1)))
    if np.all(np.abs(spread / box.units).max(axis=1) <= sure):
        relative = 0.0
    else:
        relative = float(np.linalg.norm(miss) / np.linalg.norm(spread))
    off = np.abs(miss / box.units).max(axis=1)
    agree = bool(np.all(off <= sure)) or relative <= tol
    unresolved = search.unresolved
    if not agree and search.clean:
        worst = int(np.argmax(off / error))
        unresolved = (search.difference(miss[worst], points[worst]),)
    exact = agree and search.clean
    return ProbeFit(measure, ball, box.count, search.lines, relative, float(np.abs(miss).max()), unresolved, exact)
