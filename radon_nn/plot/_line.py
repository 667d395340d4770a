"""The overview of a function of one variable."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from matplotlib import rcParams
from matplotlib.axes import Axes

from radon_nn._support.types import Floats
from radon_nn._support.wording import counted
from radon_nn.displays.lettering import labels, title
from radon_nn.displays.line import LineDisplay, interval
from radon_nn.displays.line_masses import LineMassDisplay
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
    change = _change_of_slope(f, measure, view.domain)
    LineDisplay.from_function(f, change.spikes, domain=view.domain, ax=above)
    above.set_xlabel("")
    name = (names_of(f, measure).features or ("$x$",))[0]
    if change.sums is None:
        known = RidgeMeasure(np.empty((0, 1)), [], []) if change.spikes is None else change.spikes
        LineMassDisplay.from_measure(known, domain=view.domain, density=change.density, ax=below)
    else:
        _draw_sums(below, *change.sums)
    below.set_xlabel(name)
    title(below, change.panel)
    if view.points is not None:
        above.plot(
            view.points[:, 0], np.zeros(len(view.points)), "|", color="0.5", transform=above.get_xaxis_transform()
        )
    return headed(figure, heading, view.source, change.claim)


class _Change(NamedTuple):
    """
    How the slope changes along an interval, and what is to be said of it.

    Point masses, the density between them (offsets and values), or, of values alone, the change so far at each offset.
    """

    panel: str
    claim: str
    spikes: RidgeMeasure | None = None
    density: tuple[Floats, Floats] | None = None
    sums: tuple[Floats, Floats] | None = None


def _change_of_slope(f: Function, measure: RidgeMeasure | None, domain: Ball) -> _Change:
    low, high = interval(domain)
    if measure is None and isinstance(f, DeepNetwork) and f.piecewise_linear:
        exact = kinks(f, domain)
        measure = RidgeMeasure(np.ones((len(exact), 1)), exact.starts[:, 0], exact.jumps, names=f.names)
    if measure is None and isinstance(f, ShallowNetwork) and f.activation.piecewise_linear:
        measure = f.measure()
    if measure is not None:
        on = measure.restricted(domain)
        claim = f"R-TV {on.rtv:.5g} is how much the slope changes at {counted(len(on), 'kink')}, added up"
        return _Change("The mass of a kink is its change of slope", claim, measure)
    t = np.linspace(low, high, _FINE)
    if isinstance(f, ShallowNetwork):
        fibres = f.fibres()
        which, offsets, masses = fibres.masses()
        points = RidgeMeasure(np.ones((len(which), 1)), offsets, masses) if len(which) else None
        density = fibres.density(t).sum(axis=0)
        costs, _ = fibres.costs(domain)
        claim = f"R-TV {costs.sum():.5g} is how much the slope changes, up or down, added up"
        return _Change("Density of $f''$, exact: how fast the slope changes", claim, points, (t, density))
    step = (high - low) / (_FINE - 1)
    values = BlackBox(f, 1, "choose domain=Ball(radius, center) on which f is defined")(t[:, None])
    sums = np.cumsum(np.abs(np.diff(values, 2))) / step
    claim = f"its slope changes by {sums[-1]:.5g} in all, up and down: R-TV, as far as a step of {step:.2g} shows"
    return _Change("Change of slope so far, up or down, from the left", claim, sums=(t[1:-1], sums))


def _draw_sums(axes: Axes, offsets: Floats, sums: Floats) -> None:
    """The change of slope so far, and where it ends."""
    ink, total = rcParams["text.color"], float(sums[-1])
    axes.plot(offsets, sums, color=ink, lw=1.5)
    axes.axhline(total, color=ink, lw=1.2, ls=":")
    axes.text(0.02, total, f"{total:.5g} in all", transform=axes.get_yaxis_transform(), ha="left", va="bottom")
    axes.set_ylim(0, 1.2 * max(total, 1e-300))
    labels(axes, None, "sum of |change of slope|")
