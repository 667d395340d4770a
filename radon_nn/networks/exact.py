"""The exact R-TV of networks and measures, of whatever activation, on all of R^d or on a domain."""

from __future__ import annotations

import math

from radon_nn.geometry.domains import Domain
from radon_nn.measures.result import RTV
from radon_nn.measures.ridge import RidgeMeasure
from radon_nn.networks.fibres import FibreMeasure
from radon_nn.networks.shallow import ShallowNetwork

_ROUNDING = 1e-13
"""An error at this fraction of the value is that of float64's sums."""


def exact_rtv(f: ShallowNetwork | RidgeMeasure | FibreMeasure, domain: Domain | None = None) -> RTV:
    """
    The R-TV of a network or measure: the sum over distinct hyperplanes, or the integral over distinct fibres.

    Parameters
    ----------
    f : ShallowNetwork, RidgeMeasure or FibreMeasure
        The function.
    domain : Ball, Cuboid or Hull, optional
        Where it is looked at; all of R^d if not given.

    Returns
    -------
    RTV
        Exact for spikes; to the error of a one-dimensional quadrature for densities; infinite where s'' is no measure.
    """
    source = f"from the weights of {f.neurons} neurons" if isinstance(f, ShallowNetwork) else "from the spikes"
    if isinstance(f, ShallowNetwork):
        f = f.measure() if f.activation.piecewise_linear else f.fibres()
    where = f"R^{f.dim}" if domain is None else str(domain)
    if isinstance(f, FibreMeasure):
        return _of_fibres(f, domain, source, where)
    measure = f.merged() if domain is None else f.merged().restricted(domain)
    return RTV(measure.rtv, measure.rtv, measure.rtv, f"exact, {source}, {len(measure)} distinct spikes", where)


def _of_fibres(f: FibreMeasure, domain: Domain | None, source: str, where: str) -> RTV:
    costs, errors = f.costs(domain)
    if math.isinf(costs.sum()):
        law = f"the activation {f.profile.name}: {f.profile.law}"
        return RTV(math.inf, math.inf, math.inf, source.replace("spikes", "fibres"), where, verdict="infinite", law=law)
    value, error = math.fsum(costs), math.fsum(errors)
    method = f"{source}, densities on {len(f)} distinct directions"
    if error <= _ROUNDING * value:
        return RTV(value, value, value, f"exact, {method}", where)
    return RTV(value, max(value - error, 0.0), value + error, f"{method}, by quadrature", where, "estimated")
