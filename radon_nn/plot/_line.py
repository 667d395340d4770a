"""The overview of a function of one variable."""

from __future__ import annotations

import numpy as np

from radon_nn._support.types import Floats
from radon_nn.displays.lettering import title
from radon_nn.displays.line import LineDisplay, LineMassDisplay, interval
from radon_nn.displays.picture import Picture
from radon_nn.geometry.black_box import BlackBox
from radon_nn.geometry.domains import Ball
from radon_nn.geometry.grids import Function
from radon_nn.kink_lines.segments import kinks
from radon_nn.measures.ridge import RidgeMeasure
from radon_nn.networks.deep import DeepNetwork
from radon_nn.networks.shallow import ShallowNetwork
from radon_nn.plot._sheet import headed, sheet
from radon_nn.plot._view import View, names_of

_FINE = 1001
"""Offsets at which densities are drawn."""


def line_overview(
    f: Function, measure: RidgeMeasure | None, view: View, figsize: tuple[float, float] | None, heading: str
) -> Picture:
    """
    The function above, its masses below, along the same axis.

    Parameters
    ----------
    f : callable
        Takes points (n, 1).
    measure : RidgeMeasure, optional
        Its spikes; a network's own if not given.
    view : View
        The interval.
    figsize : tuple of float, optional
        Of the figure.
    heading : str
        Title of the whole.

    Returns
    -------
    Picture
        The figure.
    """
    figure = sheet(1.6, 1.3, figsize)
    above, below = figure.subplots(2, 1, sharex=True)
    spikes, density, said = _second_derivative(f, measure, view.domain)
    drawn = LineDisplay.from_function(f, spikes, domain=view.domain, ax=above)
    above.set_xlabel("")
    known = RidgeMeasure(np.empty((0, 1)), [], []) if spikes is None else spikes
    LineMassDisplay.from_measure(known, domain=view.domain, density=density, ax=below)
    below.set_xlabel((names_of(f, measure).features or ("$x$",))[0])
    above.set_ylabel(drawn.ax.get_ylabel())
    title(below, said)
    if view.points is not None:
        above.plot(
            view.points[:, 0], np.zeros(len(view.points)), "|", color="0.5", transform=above.get_xaxis_transform()
        )
    return headed(figure, heading, view.source)


def _second_derivative(
    f: Function, measure: RidgeMeasure | None, domain: Ball
) -> tuple[RidgeMeasure | None, tuple[Floats, Floats] | None, str]:
    """Point masses and density of f'' on the interval, and what is to be said of them."""
    low, high = interval(domain)
    if measure is None and isinstance(f, DeepNetwork) and f.piecewise_linear:
        exact = kinks(f, domain)
        measure = RidgeMeasure(np.ones((len(exact), 1)), exact.starts[:, 0], exact.jumps, names=f.names)
    if measure is None and isinstance(f, ShallowNetwork) and f.activation.piecewise_linear:
        measure = f.measure()
    if measure is not None:
        on = measure.restricted(domain)
        return measure, None, f"Masses of the {len(on)} kinks: R-TV {on.rtv:.5g} is the sum of their |mass|"
    t = np.linspace(low, high, _FINE)
    if isinstance(f, ShallowNetwork):
        fibres = f.fibres()
        which, offsets, masses = fibres.masses()
        points = RidgeMeasure(np.ones((len(which), 1)), offsets, masses) if len(which) else None
        density = fibres.density(t).sum(axis=0)
        costs, _ = fibres.costs(domain)
        return points, (t, density), f"Density of $f''$, exact: R-TV {costs.sum():.5g} is the integral of its modulus"
    step = (high - low) / (_FINE - 1)
    values = BlackBox(f, 1, "choose domain=Ball(radius, center) on which f is defined")(t[:, None])
    second = np.diff(values, 2) / step**2
    total = float(np.abs(np.diff(values, 2)).sum() / step)
    said = f"Second differences of $f$ at a step of {step:.2g}: their sum, {total:.5g}, approaches R-TV"
    return None, (t[1:-1], second), said
