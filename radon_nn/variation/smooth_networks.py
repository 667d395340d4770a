"""R-TV of smooth shallow networks on a ball, from the densities on their fibres: two bounds, without a sample of f.

The density on the fibre over a direction a is known in closed form, and so are all coefficients that f fixes: the
integral of g_a(t) P_j(t) times Y_k(a). A polynomial F of these alone bounds the R-TV from below, whatever the degree of
f; from above, the norm of a density with the same coefficients, and what the densities' polynomials leave of them.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, replace

import numpy as np
from numpy.polynomial.legendre import leggauss

from radon_nn._support import checks
from radon_nn._support.types import Floats, Progress
from radon_nn.geometry.domains import Ball
from radon_nn.measures.result import RTV, Refinement
from radon_nn.networks.exact import exact_rtv
from radon_nn.networks.fibres import FibreMeasure
from radon_nn.networks.shallow import ShallowNetwork
from radon_nn.variation._basis_pursuit import Pursuit
from radon_nn.variation._harmonics import legendre
from radon_nn.variation._proven_peak import proven_peak
from radon_nn.variation._spectral import GRIDS, SEARCHED, Continued, pursuit_of

_NODES = 16
"""Nodes of Gauss's rule on each panel in t."""
_PANELS, _PER_SCALE, _MOST_PANELS = 64, 2.0, 1 << 13
"""Panels at least, panels per unit of the largest |w| times the radius, and the most. Activations vary over lengths of
about 1 of their argument: a panel covers one, whose 16 nodes leave 1e-13; polynomials of degree 250 take 64."""
_CHANGED = 8.0
"""The error of a moment is taken as this times its change from half the panels, and is then far smaller than it."""
_LOSS = 0.25
"""Part of the tolerance that the proof of sup |F| may cost."""
_ROUNDING = 64 * np.finfo(np.float64).eps
"""Rounding of a moment, relative to its terms: 1.8 eps at most against 64-bit mantissas, in 6 tanh networks with up to
7280 nodes and 120 polynomials each."""


@dataclass(frozen=True, eq=False)
class _Fibres:
    """Densities on fibres of the unit ball: moments by Legendre polynomials, their error, and L1 norms of the rest."""

    directions: Floats
    nodes: Floats
    weights: Floats
    density: Floats
    coarse: tuple[Floats, Floats, Floats]

    def moments(self, count: int) -> Floats:
        """Integrals of the densities times the first `count` polynomials: (m, count)."""
        return np.asarray((self.density * self.weights) @ legendre(count, self.nodes).T)

    def moment_errors(self, count: int) -> Floats:
        """Bounds of the errors of the moments."""
        nodes, weights, density = self.coarse
        changed = np.abs(self.moments(count) - (density * weights) @ legendre(count, nodes).T)
        size = (np.abs(self.density) * self.weights).sum(axis=1)
        return np.asarray(_CHANGED * changed + _ROUNDING * size[:, None] * np.sqrt(np.arange(count) + 0.5))

    def left(self, moments: Floats) -> float:
        """The L1 norm of the densities less their polynomials."""
        rest = np.abs(self.density - moments @ legendre(moments.shape[1], self.nodes))
        return float(np.sum(rest @ self.weights))


def smooth_network_rtv(
    f: ShallowNetwork | FibreMeasure,
    domain: Ball,
    *,
    tol: float = 1e-3,
    seconds: float | None = 60.0,
    progress: Progress | None = None,
) -> RTV:
    """
    R-TV of a shallow network on a disc or ball, where smooth densities on different directions may cancel.

    Parameters
    ----------
    f : ShallowNetwork or FibreMeasure
        The network, of 2 or 3 inputs and one output.
    domain : Ball
        The domain.
    tol : float
        Relative gap between the bounds at which to stop.
    seconds : float, optional
        Start no finer grid after this time; None for no limit.
    progress : callable, optional
        Called with a line of text after each grid.

    Returns
    -------
    RTV
        Bounds. In the plane they are certified: the dual function's largest value is proven, and the error of the
        coefficients, which are integrals by Gauss's rule, is charged. In space that value is found by a search.

    Raises
    ------
    ValueError
        If the network has another number of inputs or outputs, or weights too large for the rule.

    See Also
    --------
    radon_nn.networks.exact.exact_rtv : The sum over fibres, an upper bound.

    Examples
    --------
    >>> import radon_nn
    >>> net = radon_nn.ShallowNetwork([[1.0, 0.0], [0.0, 1.0]], [0.0, 0.5], [1.0, -1.0], activation="tanh")
    >>> result = smooth_network_rtv(net, Ball(1.0), tol=0.02)
    >>> result.standing, result.converged
    ('certified', True)
    """
    close = checks.positive(float(tol), "tol")
    until = math.inf if seconds is None else time.monotonic() + checks.positive(float(seconds), "seconds")
    summed = exact_rtv(f, domain)
    if summed.standing != "upper bound":
        return summed
    measure = f.simplify()[0].fibres() if isinstance(f, ShallowNetwork) else f
    if measure.dim not in (2, 3) or measure.outputs != 1:
        raise ValueError(
            f"f: expected a network of 2 or 3 inputs and one output, got {measure.dim} and {measure.outputs}; leave "
            "out route='densities' for the sum over its directions, an upper bound"
        )
    spikes = math.fsum(measure.spike_costs(domain))
    return _by_densities(_on_unit_ball(measure, domain), domain.radius, spikes, summed, (close, until), progress)


def _on_unit_ball(measure: FibreMeasure, ball: Ball) -> _Fibres:
    """The densities of u -> f(center + radius u)."""
    center = ball.center_in(measure.dim)
    shift = measure.scales * (measure.directions @ center)[measure.fibre]
    moved = replace(measure, scales=measure.scales * ball.radius, biases=measure.biases + shift)
    panels = max(_PANELS, math.ceil(_PER_SCALE * float(np.abs(moved.scales).max(initial=0.0))))
    if panels > _MOST_PANELS:
        raise ValueError(
            f"f: expected |w| times the radius up to {_MOST_PANELS / _PER_SCALE:g}, got "
            f"{np.abs(moved.scales).max():.3g}; the densities are then spikes, whose sum the route 'weights' gives"
        )
    (nodes, weights), coarse = _rule(panels), _rule(panels // 2)
    return _Fibres(moved.directions, nodes, weights, moved.density(nodes), (*coarse, moved.density(coarse[0])))


def _rule(panels: int) -> tuple[Floats, Floats]:
    """Nodes and weights of Gauss's rule on equal panels of (-1, 1)."""
    x, w = leggauss(_NODES)
    middle = (2 * np.arange(panels) + 1) / panels - 1
    return (middle[:, None] + x / panels).ravel(), np.tile(w / panels, panels)


def _by_densities(
    fibres: _Fibres,
    radius: float,
    spikes: float,
    summed: RTV,
    limits: tuple[float, float],
    progress: Progress | None,
) -> RTV:
    """Bounds on finer and finer grids; the spikes' part, which is known, is added to both."""
    tol, until = limits
    dim = fibres.directions.shape[1]
    lower, upper, interrupted = summed.lower, summed.upper, False
    continued = Continued(until)
    steps: list[tuple[float, float, float]] = []
    for half, first, second in GRIDS[dim]:
        if steps and (upper - lower <= tol * upper or time.monotonic() > until):
            break
        try:
            pursuit = pursuit_of(dim, half)
            moments = fibres.moments(2 * half)
            target = pursuit.of_fibres(fibres.directions, moments)
            found = continued.solve(pursuit, target, (first, second))
            proven = proven_peak(pursuit, found.dual, _LOSS * tol) if dim == 2 else 1 + SEARCHED
            low = (found.lower - _charged(pursuit, fibres, found.dual, moments.shape[1])) / max(proven, 1.0)
            high = found.upper * (1 + SEARCHED) + fibres.left(moments)
        except KeyboardInterrupt:
            interrupted = True
            break
        lower, upper = max(lower, low / radius + spikes), min(upper, high / radius + spikes)
        steps.append((2.0 * half, lower, upper))
        if progress is not None:
            progress(f"{2 * half} nodes in t: {lower:.7g} to {upper:.7g}")
    if not steps:
        return replace(summed, law="interrupted", converged=False)
    met = upper - lower <= tol * upper
    nodes, lowers, uppers = (tuple(column) for column in zip(*steps, strict=True))
    why = "interrupted" if interrupted else "the time was over" if time.monotonic() > until else ""
    how = "proven" if dim == 2 else "searched for"
    return RTV(
        value=(lower + upper) / 2,
        lower=min(lower, upper),
        upper=upper,
        method=f"bounds from densities on {len(fibres.directions)} directions by polynomials on {int(nodes[-1])} nodes "
        f"in t, the dual function's largest value {how}; their sum is {summed.upper:.7g}",
        assumed=summed.assumed,
        standing="certified" if dim == 2 else "estimated",
        law="" if met else why or "no finer grid is carried",
        refinement=Refinement(
            "nodes in t", nodes, tuple((a + b) / 2 for a, b in zip(lowers, uppers, strict=True)), lowers, uppers
        ),
        converged=met,
    )


def _charged(pursuit: Pursuit, fibres: _Fibres, dual: Floats, count: int) -> float:
    """What errors of the moments may add to <h, F>: their sum times the moduli of F's coefficients on each fibre."""
    waves = pursuit.basis.at(fibres.directions)
    on_fibres = np.zeros((len(waves), count))
    for first in (0, 1):
        on_fibres[:, first::2] = np.einsum("nmkc,mkcq->nq", waves[:, :, first::2], dual[:, first::2], optimize=True)
    return float(np.sum(np.abs(on_fibres) * fibres.moment_errors(count)))
