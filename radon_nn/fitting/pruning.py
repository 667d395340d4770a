"""Small networks: few of a network's neurons, refitted to it, with a bound on how far the function moves."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from radon_nn._support import checks
from radon_nn._support.blas import one_blas_thread
from radon_nn._support.public import public
from radon_nn._support.types import Floats
from radon_nn._support.wording import counted
from radon_nn.fitting._refinement import Observations, fit_masses, refine
from radon_nn.geometry import domains
from radon_nn.geometry.domains import Ball, Cuboid, Domain, Hull
from radon_nn.geometry.points import affine_design
from radon_nn.measures.difference import Difference
from radon_nn.measures.ridge import RidgeMeasure
from radon_nn.networks.shallow import ShallowNetwork

_SAMPLES = 3000
"""Points of the domain to which small networks are refitted: ten for each of 300 spikes."""
_CHECKED = 20_000
"""Points for the root mean square, as many as `distance` takes: the refit knows none of them."""
_MERGED = (1e-3, 1e-2, 3e-2, 0.1)
"""Distances within which spikes are merged to make candidates: one spike may stand for a cluster of neurons."""
_MOST_RTV = 1.05
"""How much larger than that of the network the R-TV of a small one may be: its masses make up for what is left out."""
_STEPS = 40
"""Steps of the refinement of directions and offsets; most fits stop before."""
_DEPENDENT = 1e-10
"""A column whose part outside those chosen is below this fraction of it adds nothing but rounding."""


@public
@dataclass(frozen=True, eq=False)
class Pruning:
    """
    A small network, and how far it is from the one it stands for.

    Parameters
    ----------
    network : ShallowNetwork
        The small network: ReLU neurons, balanced, and the affine part.
    before, after : int
        Numbers of spikes that meet the domain.
    error : Difference
        The largest |small(x) - network(x)| over the domain: the maximum for d = 1, and for d = 2 up to 400 kinks
        (on a Ball, with one output); otherwise an upper bound of it.
    rms : float
        The root mean square of the difference over the domain, from points drawn in it (of a Hull, weighted means of
        its points, and these), or over the data.
    domain : Ball, Cuboid or Hull
        The domain.
    rtv : tuple of float
        R-TV on the domain, before and after.
    rms_error : float
        The standard error of `rms`, as the points are a sample; 0 over data.

    See Also
    --------
    prune : What returns it.

    Examples
    --------
    >>> from radon_nn import Ball, ShallowNetwork, prune
    >>> network = ShallowNetwork([[1.0], [1.0]], [0.0, 0.001], [1.0, 1.0])
    >>> small = prune(network, max_error=0.1, domain=Ball(1.0, [0.0]))
    >>> small.network.neurons
    1
    """

    network: ShallowNetwork
    before: int
    after: int
    error: Difference
    rms: float
    domain: Domain
    rtv: tuple[float, float]
    rms_error: float = 0.0

    @property
    def measure(self) -> RidgeMeasure:
        """The spikes of the small network."""
        return self.network.measure()

    def __str__(self) -> str:
        about = f" (standard error {self.rms_error:.1g})" if self.rms_error else ""
        return (
            f"{counted(self.before, 'spike')} became {self.after} on {self.domain}: f moves by {self.error}, "
            f"{self.rms:.3g} in root mean square{about}; R-TV {self.rtv[0]:.4g} became {self.rtv[1]:.4g}"
        )


@one_blas_thread()
def prune(
    network: ShallowNetwork | RidgeMeasure | Any,
    *,
    k: int | None = None,
    max_error: float | None = None,
    domain: Domain | None = None,
    data: ArrayLike | None = None,
    rng: int | np.random.Generator = 0,
) -> Pruning:
    """
    A network of few neurons near a given one on a domain: spikes chosen one by one, then refitted.

    Candidates are the network's spikes, and means of those near each other. They are taken greedily, each the one that
    lowers the squared difference most once all masses are fitted anew (orthogonal least squares); the affine part is
    free. Then directions and offsets move too, where that helps. The R-TV grows by 5 % at most: fewer spikes are kept
    where they would nearly cancel. The error is not that of the samples but a bound for
    the whole domain, see `RidgeMeasure.difference`.

    Parameters
    ----------
    network : ShallowNetwork, RidgeMeasure or a result with a measure
        The network; its activation must be piecewise linear.
    k : int, optional
        The number of spikes to keep at most, at least 0. Give this or `max_error`.
    max_error : float, optional
        The largest error over the domain: as few spikes are kept as are found to stay within it, at most all.
    domain : Ball, Cuboid or Hull, optional
        Where the two are compared. Give this or `data`.
    data : array_like, shape (n, d), optional
        Points to which the small network is refitted; the error is a bound on their convex hull.
    rng : int or Generator
        Seed of the points drawn from the domain.

    Returns
    -------
    Pruning
        The small network and its error.

    Raises
    ------
    TypeError
        If it is no shallow network.
    ValueError
        If not one of `k` and `max_error`, and one of `domain` and `data` are given, or the activation is smooth.

    See Also
    --------
    radon_nn.ShallowNetwork.simplify : The same function with fewer neurons.
    radon_nn.distance : How far two networks are apart.

    Examples
    --------
    >>> net = ShallowNetwork([[1.0], [1.0], [1.0]], [0.0, 0.001, -0.5], [1.0, 1.0, -1.0])
    >>> small = prune(net, k=2, domain=Ball(1.0))
    >>> small.after, small.error.exact, small.error.largest < 1e-3
    (2, True, True)
    """
    measure = _measure_of(network)
    if (k is None) == (max_error is None) or (domain is None) == (data is None):
        raise ValueError("prune: expected one of k and max_error, and one of domain and data; got both or neither")
    if data is not None:
        points = checks.points(data, measure.dim, measure.names.features).reshape(-1, measure.dim)
        region: Domain = Hull(points)
    else:
        assert domain is not None
        region = domain
    # In coordinates in which the domain has its middle at 0 and size 1, far places and other units change nothing.
    near, middle, unit = _centered(region, measure.dim)
    random = checks.generator(rng)
    given = near.points if data is not None and isinstance(near, Hull) else None
    points = _drawn(near, random, _SAMPLES) if given is None else given
    whole = measure.placed(1 / unit, -middle / unit).restricted(near).merged()
    search = _Search(whole, Observations.of(points, whole.at(points)), near)
    if k is not None:
        small = search.of_size(checks.count(k, "k", least=0))
    else:
        assert max_error is not None
        small = search.within(checks.at_least_zero(max_error, "max_error"))
    # Others than the small network was fitted to, where it may be nearer.
    others = _drawn(near, random, _CHECKED) if given is None else given
    squares = np.sum((small.at(others) - whole.at(others)) ** 2, axis=1)
    rms, rms_error = float(np.sqrt(squares.mean())), 0.0
    if given is None and rms:
        rms_error = float(squares.std()) / np.sqrt(len(squares)) / (2 * rms)
    error = search.error(small)
    if error.at is not None:
        error = replace(error, at=middle + unit * error.at)
    made = ShallowNetwork.from_measure(small.placed(unit, middle))
    made = made.named(measure.names) if measure.names else made
    return Pruning(
        made, len(whole), len(small), error, rms, region, (whole.rtv / unit, small.rtv / unit), float(rms_error)
    )


def _centered(domain: Domain, dim: int) -> tuple[Ball | Cuboid | Hull, Floats, float]:
    """The domain about its middle, in units of its size; the middle and the size."""
    domains.extent(domain, np.eye(dim))  # which says what was expected
    if isinstance(domain, Ball):
        return Ball(1.0, np.zeros(dim)), domain.center_in(dim), domain.radius
    if isinstance(domain, Cuboid):
        middle = np.asarray(domain.lower + (domain.upper - domain.lower) / 2)
        unit = float((domain.upper - domain.lower).max()) / 2
        return Cuboid((domain.lower - middle) / unit, (domain.upper - middle) / unit), middle, unit
    if isinstance(domain, Hull):
        middle = np.asarray(domain.points[0] + (domain.points - domain.points[0]).mean(axis=0))
        unit = float(np.abs(domain.points - middle).max()) or 1.0
        return Hull((domain.points - middle) / unit), middle, unit
    raise TypeError(f"domain: expected a Ball, a Cuboid or a Hull, got {type(domain).__name__}")


class _Search:
    """Small functions near one, of any size, on the way to the whole."""

    def __init__(self, whole: RidgeMeasure, samples: Observations, region: Domain) -> None:
        self.whole, self.samples, self.region = whole, samples, region
        near = [whole.merged(tol) for tol in _MERGED] if len(whole) else []
        every = [whole, *(measure for measure in near if len(measure) < len(whole))]
        self.directions = np.concatenate([measure.directions for measure in every])
        self.offsets = np.concatenate([measure.offsets for measure in every])
        self._found: dict[int, RidgeMeasure] = {}
        self.order = _Greedy(self.directions, self.offsets, samples)

    def error(self, small: RidgeMeasure) -> Difference:
        """The largest difference on the domain, or a bound."""
        return small.difference(self.whole, self.region)

    def of_size(self, count: int) -> RidgeMeasure:
        """The best function of so many spikes that is found; the whole one if it has no more."""
        if count >= len(self.whole):
            return self.whole
        if count not in self._found:
            self._found[count] = self._refitted(count)
        return self._found[count]

    def _refitted(self, count: int) -> RidgeMeasure:
        chosen = self.order.first(count)
        start = fit_masses(self.directions[chosen], self.offsets[chosen], self.samples)
        if not count:
            return start
        moved = refine(start, self.samples, steps=_STEPS).restricted(self.region).merged()
        small = [found for found in (start, moved) if found.rtv <= _MOST_RTV * self.whole.rtv]
        # Spikes beside each other that nearly cancel lower the error a little and cost much: one fewer is better.
        return min(small, key=lambda found: self.error(found).largest) if small else self.of_size(count - 1)

    def within(self, most: float) -> RidgeMeasure:
        """A function within an error, of the fewest spikes that are found."""
        low, high, best = 0, len(self.whole), self.whole
        # The error falls with the size, by and large; where it does not, a larger one is taken.
        while low < high:
            middle = (low + high) // 2
            small = self.of_size(middle)
            if self.error(small).largest <= most:
                high, best = middle, small
            else:
                low = middle + 1
        return best


class _Greedy:
    """Candidates by orthogonal least squares, in the order in which they are taken, as far as was asked for."""

    def __init__(self, directions: Floats, offsets: Floats, samples: Observations) -> None:
        basis = np.linalg.qr(affine_design(samples.points))[0]
        columns = np.maximum(samples.points @ directions.T - offsets, 0)
        self._least = _DEPENDENT * np.einsum("nk,nk->k", columns, columns)
        self._columns = columns - basis @ (basis.T @ columns)
        self._rest = samples.values - basis @ (basis.T @ samples.values)
        self._left = np.ones(len(offsets), bool)
        self._order: list[int] = []

    def first(self, count: int) -> list[int]:
        """The first so many; fewer if the others depend on them."""
        while len(self._order) < count:
            sizes = np.einsum("nk,nk->k", self._columns, self._columns)
            self._left &= sizes > self._least
            if not self._left.any():
                break
            gains = np.sum((self._columns.T @ self._rest) ** 2, axis=1) / np.where(self._left, sizes, 1.0)
            best = int(np.argmax(np.where(self._left, gains, -1.0)))
            self._order.append(best)
            self._left[best] = False
            unit = self._columns[:, best] / np.sqrt(sizes[best])
            self._columns -= np.outer(unit, unit @ self._columns)
            self._rest = self._rest - np.outer(unit, unit @ self._rest)
        return self._order[:count]


def _measure_of(network: Any) -> RidgeMeasure:
    if isinstance(network, ShallowNetwork):
        return network.measure()
    measure = getattr(network, "measure", None)
    if not isinstance(measure, RidgeMeasure):
        raise TypeError(
            f"prune: expected a ShallowNetwork, or a fit of one hidden layer, got {type(network).__name__}; of a deep "
            "network, prune its layers one by one"
        )
    return measure


def _drawn(domain: Ball | Cuboid | Hull, rng: np.random.Generator, count: int) -> Floats:
    """Points of a domain: evenly in a ball or a box; weighted means of the points of a hull, and the points."""
    if isinstance(domain, Ball):
        assert domain.center is not None
        middle = np.asarray(domain.center, np.float64)
        normals = rng.standard_normal((count, len(middle)))
        lengths = np.linalg.norm(normals, axis=1, keepdims=True)
        radii = domain.radius * rng.random((count, 1)) ** (1 / len(middle))
        return np.asarray(middle + radii * normals / lengths)
    if isinstance(domain, Cuboid):
        return np.asarray(domain.lower + (domain.upper - domain.lower) * rng.random((count, len(domain.lower))))
    dim = domain.points.shape[1]
    corners = domain.points[rng.integers(len(domain.points), size=(count, dim + 1))]
    means = np.einsum("nk,nkd->nd", rng.dirichlet(np.ones(dim + 1), count), corners)
    return np.concatenate([means, domain.points[:count]])
