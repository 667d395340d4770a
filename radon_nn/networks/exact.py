"""The R-TV of networks and measures, of any activation, on R^d and on domains: exact, or an upper bound."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from radon_nn._support.wording import counted
from radon_nn.geometry.domains import Ball, Domain
from radon_nn.geometry.points import norms
from radon_nn.measures.result import RTV, Standing
from radon_nn.measures.ridge import RidgeMeasure
from radon_nn.networks._endless import SAME, fate
from radon_nn.networks._in_batches import WIDE, batched_rtv, spread_of
from radon_nn.networks.fibres import FibreMeasure
from radon_nn.networks.neurons import Neurons
from radon_nn.networks.shallow import ShallowNetwork

_ROUNDING = 1e-13
"""An error below this fraction of the value is that of sums in float64: 450 roundings."""


def exact_rtv(f: ShallowNetwork | RidgeMeasure | FibreMeasure, domain: Domain | None = None) -> RTV:
    """
    The R-TV of a network or measure: the sum over distinct hyperplanes, or the integral over distinct fibres.

    The measure of f on R^d is unique, so its total variation is the R-TV. On a bounded domain spikes are still unique,
    see `FibreMeasure.spike_costs`, but densities on more than one direction are not: they have a null space there. On
    the unit disc, h(x1) + h(x2) - h((x1 + x2) / sqrt 2) with h(u) = u^2/2 for |u| < 2 is the quadratic (x1 - x2)^2 / 4,
    of R-TV 2, and its three fibres add up to 6. In that case the sum is an upper bound; spikes alone, and variations
    along chords (`FibreMeasure.chord_bound`), are lower ones.

    Parameters
    ----------
    f : ShallowNetwork, RidgeMeasure or FibreMeasure
        The function.
    domain : Ball, Cuboid or Hull, optional
        Where f is restricted to; all of R^d if not given.

    Returns
    -------
    RTV
        Exact for spikes, unless masses cancel on hyperplanes that are neither the same to rounding of the weights (16
        eps) nor 1e-12 apart, or to rounding of their moduli: then between bounds. For densities, exact to the error of
        a one-dimensional quadrature on R^d, for d = 1 and where they lie on one direction (see
        `FibreMeasure.chord_bound`), and otherwise an upper bound; infinite where s'' is no measure, or unresolved if
        such neurons may cancel. Never above the path norm, which bounds the R-TV too.
    """
    source = "from the spikes"
    where = f"R^{f.dim}" if domain is None else str(domain)
    with np.errstate(over="ignore"):
        bound = f.rtv if isinstance(f, RidgeMeasure) else f.path_norm
    if isinstance(f, ShallowNetwork):
        source = f"from the weights of {counted(f.neurons, 'neuron')}"
        if f.weights.nbytes > WIDE and f.activation.piecewise_linear and len(f.activation.kinks) == 1:
            value, least, apart, count = batched_rtv(f._neurons(), domain)
            return _of_spikes((value, least, apart), bound, f"{source}, {counted(count, 'distinct spike')}", where)
        # Neurons that cancel must go before the fibres: their densities would leave rounding, or an infinity. Two kinks
        # of one neuron may be too near each other for the offsets of a measure of spikes.
        one_kink = f.activation.piecewise_linear and len(f.activation.kinks) <= 1
        if one_kink:
            f = f._neurons().spikes()
        elif f.activation.law and (domain is None or f.activation.order == 1):
            f = f.simplify(tol=SAME)[0].fibres(SAME)
        else:
            merged, lost = f._neurons().alive().merged_and_lost(SAME)
            found = _of_directions(f._with(merged), domain, bound, source, where)
            return _widened(found, lost, domain, bound)
    if isinstance(f, FibreMeasure):
        return _of_fibres(f, domain, bound, source, where)
    measure, least, apart = spread_of(f if domain is None else f.restricted(domain))
    with np.errstate(over="ignore"):
        value = measure.rtv
    return _of_spikes((value, least, apart), bound, f"{source}, {counted(len(measure), 'distinct spike')}", where)


def _of_spikes(sums: tuple[float, float, float], bound: float, source: str, where: str) -> RTV:
    """The sum over distinct spikes, the same less rounding, and over those that differ by more than rounding."""
    value, least, apart = (min(total, bound) for total in sums)
    _require_finite(apart)
    if apart <= value * (1 + _ROUNDING):
        return RTV(value, value, value, f"exact, {source}", where)
    method = f"certified, {source}; some nearly cancel: their hyperplanes almost coincide, or masses to rounding"
    return RTV(value, least, apart, method, where, "certified")


def _of_directions(f: ShallowNetwork, domain: Domain | None, bound: float, source: str, where: str) -> RTV:
    """The R-TV of a network by its fibres; with directions and masses that nearly coincide as one, and apart."""
    whole = _of_fibres(f.fibres(), domain, bound, source, where)
    if whole.verdict != "finite" or bound <= whole.upper * (1 + _ROUNDING):
        return whole
    apart = _of_fibres(f.fibres(SAME), domain, bound, source, where)
    if apart.upper <= whole.upper * (1 + _ROUNDING) + whole.error:
        return whole
    method = f"{whole.method.removeprefix('exact, ')}; some nearly cancel: their hyperplanes almost coincide"
    standing: Standing = "certified" if {whole.standing, apart.standing} == {"exact"} else "estimated"
    lower, upper = min(whole.lower, apart.upper), apart.upper
    value = apart.upper if apart.standing == "upper bound" else min(whole.value, upper)
    standing = apart.standing if apart.standing == "upper bound" else standing
    method = f"certified, {method}" if standing == "certified" else method
    return RTV(value, lower, upper, method, where, standing)


def _widened(found: RTV, lost: Neurons, domain: Domain | None, bound: float) -> RTV:
    """A result with what was lost where output weights cancel, if that is more than rounding."""
    if not len(lost.biases):
        return found
    sizes, rows = norms(lost.weights), np.arange(len(lost.biases))
    # Each on a fibre of its own, so that none cancels another.
    alone = FibreMeasure(lost.weights / sizes[:, None], rows, sizes, *lost[1:])
    more = math.fsum(np.concatenate(alone.costs(domain)))
    if found.verdict != "finite" or more <= _ROUNDING * found.upper:
        return found
    lower, upper = max(found.lower - more, 0.0), min(found.upper + more, bound)
    method = f"{found.method.removeprefix('exact, ')}; some nearly cancel: their output weights to rounding"
    if found.standing == "exact":
        return RTV(found.value, lower, upper, f"certified, {method}", found.assumed, "certified")
    value = upper if found.standing == "upper bound" else found.value
    return replace(found, value=value, lower=lower, upper=upper, method=method)


def _require_finite(value: float) -> None:
    if not math.isfinite(value):
        raise ValueError("rtv: expected masses whose sum is a float64, got a sum above 1.8e308; scale the outputs down")


def _of_fibres(f: FibreMeasure, domain: Domain | None, bound: float, source: str, where: str) -> RTV:
    """The R-TV, no larger than a bound that is known, the path norm."""
    costs, errors = f.costs(domain)
    if np.isinf(costs).any():
        law = f"the activation {f.profile.name}: {f.profile.law}"
        met = f.neurons_without_measure(domain)
        kind = fate(f.profile, f.fibre[met], f.scales[met], f.biases[met], f.readout[met])
        if kind == "zero":
            return RTV(0.0, 0.0, 0.0, f"exact, {source}, all waves cancel to rounding", where)
        if kind == "open":
            method = f"{source.replace('spikes', 'fibres')}, each of infinite R-TV, which may cancel"
            return RTV(math.inf, 0.0, math.inf, method, where, "estimated", "unresolved", law, converged=False)
        return RTV(math.inf, math.inf, math.inf, source.replace("spikes", "fibres"), where, verdict="infinite", law=law)
    with np.errstate(over="ignore"):
        _require_finite(float(costs.sum()))
    value, error = min(math.fsum(costs), bound), math.fsum(errors)
    if f.profile.piecewise_linear:
        return RTV(value, value, value, f"exact, {source}, {counted(f.spike_count(domain), 'distinct spike')}", where)
    method = f"{source}, densities on {counted(len(f), 'distinct direction')}"
    known = error <= _ROUNDING * value
    spikes = f.spike_costs(domain)
    if domain is not None and f.dim > 1 and np.count_nonzero(costs > spikes) > 1:
        method = f"upper bound, {method}{'' if known else ', by quadrature'}; on a bounded domain they may cancel"
        if isinstance(domain, Ball) and f.dim in (2, 3) and f.outputs == 1:
            method += ", and route='densities' of rtv finds how far"
        upper = value if known else min(value + error, bound)
        lower = min(max(math.fsum(spikes), f.chord_bound(domain)), upper)
        return RTV(upper, lower, upper, method, where, "upper bound")
    if known:
        return RTV(value, value, value, f"exact, {method}", where)
    upper = min(value + error, bound)
    return RTV(value, max(value - error, 0.0), upper, f"{method}, by quadrature", where, "estimated")
