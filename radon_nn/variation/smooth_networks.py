"""R-TV of smooth shallow networks on a ball, from the densities on their fibres: two bounds, without a sample of f.

The density on the fibre over a direction a is known in closed form, and so are all coefficients that f fixes: the
integral of g_a(t) P_j(t) times Y_k(a). A polynomial F of these alone bounds the R-TV from below, whatever the degree of
f; from above, the norm of a density with the same coefficients, and what the densities' polynomials leave of them.
"""

from __future__ import annotations

import math
import time
from dataclasses import replace

import numpy as np

from radon_nn._support import checks
from radon_nn._support.types import Floats, Progress
from radon_nn.geometry.domains import Ball
from radon_nn.measures.result import RTV, Refinement, Standing
from radon_nn.networks.exact import exact_rtv
from radon_nn.networks.fibres import FibreMeasure
from radon_nn.networks.shallow import ShallowNetwork
from radon_nn.variation._basis_pursuit import Pursuit
from radon_nn.variation._fibre_moments import STEEPEST, FibreMoments
from radon_nn.variation._proven_peak import proven_peak
from radon_nn.variation._spectral import GRIDS, NO_FINER, SEARCHED, Continued, pursuit_of

_LOSS = 0.25
"""Part of the tolerance that the proof of sup |F| may cost."""
_CONTRADICTED = 1e-9
"""A lower bound above an upper one by this fraction is more than the rounding of both."""


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
        Bounds. In the plane, and for activations of a name, they are certified: the dual function's largest value is
        proven, and the error of the coefficients, integrals by Gauss's rule on cells cut where a density jumps, is
        charged. In space that value is found by a search, and a user's activation does not say where its density
        jumps: then they are estimated.

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
    close = checks.positive(tol, "tol")
    until = math.inf if seconds is None else time.monotonic() + checks.positive(seconds, "seconds")
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
    found = _by_densities(_on_unit_ball(measure, domain), domain.radius, spikes, summed, (close, until), progress)
    if measure.profile.spelled is None and found.standing == "certified":
        method = f"{found.method}; integrals of the density of {measure.profile.name}, whose jumps are not known"
        return replace(found, standing="estimated", method=method)
    return found


def _on_unit_ball(measure: FibreMeasure, ball: Ball) -> FibreMoments:
    """The densities of u -> f(center + radius u)."""
    center = ball.center_in(measure.dim)
    shift = measure.scales * (measure.directions @ center)[measure.fibre]
    moved = replace(measure, scales=measure.scales * ball.radius, biases=measure.biases + shift)
    steepest = float(np.abs(moved.scales).max(initial=0.0))
    if steepest > STEEPEST:
        raise ValueError(
            f"f: expected |w| times the radius up to {STEEPEST:g}, got {steepest:.3g}; the densities are then spikes, "
            "whose sum the route 'weights' gives"
        )
    return FibreMoments.of(moved, np.abs(measure.biases) + np.abs(shift))


def _by_densities(
    fibres: FibreMoments,
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
    how, more = "searched for", ""
    standing: Standing = "estimated"
    if dim == 2:
        how, standing = "proven", "certified"
    if lower > upper * (1 + _CONTRADICTED):
        more, standing = "; the lower bound came out above the upper one, so that one of them is wrong", "estimated"
    lower, upper = min(lower, upper), max(lower, upper)
    met = upper - lower <= tol * upper
    nodes, lowers, uppers = (tuple(column) for column in zip(*steps, strict=True))
    why = "interrupted" if interrupted else "the time was over" if time.monotonic() > until else ""
    return RTV(
        value=(lower + upper) / 2,
        lower=lower,
        upper=upper,
        method=f"bounds from densities on {len(fibres.directions)} directions by polynomials on {int(nodes[-1])} nodes "
        f"in t, the dual function's largest value {how}; their sum is {summed.upper:.7g}{more}",
        assumed=summed.assumed,
        standing=standing,
        law="" if met else why or NO_FINER,
        refinement=Refinement(
            "nodes in t", nodes, tuple((a + b) / 2 for a, b in zip(lowers, uppers, strict=True)), lowers, uppers
        ),
        converged=met,
    )


def _charged(pursuit: Pursuit, fibres: FibreMoments, dual: Floats, count: int) -> float:
    """What errors of the moments may add to <h, F>: their sum times the moduli of F's coefficients on each fibre."""
    waves = pursuit.basis.at(fibres.directions)
    on_fibres = np.zeros((len(waves), count))
    for first in (0, 1):
        on_fibres[:, first::2] = np.einsum("nmkc,mkcq->nq", waves[:, :, first::2], dual[:, first::2], optimize=True)
    return float(np.sum(np.abs(on_fibres) * fibres.moment_errors(count)))
