"""The overview of a function of four variables or more."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes

from radon_nn._support.types import Floats
from radon_nn.displays.canvas import data_dots
from radon_nn.displays.curves import SliceDisplay
from radon_nn.displays.directions import DirectionDisplay
from radon_nn.displays.features import FeatureDisplay, Groups, masses_by_feature
from radon_nn.displays.lettering import NUMBERED, labels, title
from radon_nn.displays.picture import Picture
from radon_nn.geometry.black_box import BlackBox
from radon_nn.geometry.domains import Ball
from radon_nn.geometry.grids import Function
from radon_nn.geometry.naming import Names
from radon_nn.geometry.points import norms
from radon_nn.measures.ridge import RidgeMeasure
from radon_nn.plot._sheet import headed, sheet
from radon_nn.plot._space import caption_of, draw_masses, draw_plane, said_of, sample_points
from radon_nn.plot._spikes import Spikes
from radon_nn.plot._view import View, names_of


def main_plane(measure: RidgeMeasure) -> tuple[Floats, float]:
    """
    The two-dimensional subspace that holds most of the mass: of the largest sum_k |mass_k| |P a_k|^2.

    Parameters
    ----------
    measure : RidgeMeasure
        The spikes, of at least two inputs.

    Returns
    -------
    tuple of ndarray, shape (2, d), and float
        An orthonormal basis, the direction with the larger part first, and the part of the R-TV that it holds.
    """
    second_moment = (measure.directions.T * measure.sizes) @ measure.directions
    values, vectors = np.linalg.eigh(second_moment)
    basis = vectors[:, [-1, -2]].T
    # Of the two signs of an eigenvector, that with a positive largest component.
    largest = np.take_along_axis(basis, np.abs(basis).argmax(axis=1)[:, None], axis=1)
    return basis * np.where(largest < 0, -1.0, 1.0), float(values[-2:].sum() / max(values.sum(), 1e-300))


def features_overview(
    f: Function,
    spikes: Spikes | None,
    view: View,
    n: int,
    groups: Groups | None,
    figsize: tuple[float, float] | None,
    heading: str,
) -> Picture:
    """
    Directions as rows, masses by input and by spike; the plane with most of the mass; curves along the two main inputs.

    Parameters
    ----------
    f : callable
        Takes points (n, d).
    spikes : Spikes, optional
        Its spikes; without them more curves take their panels.
    view : View
        The ball.
    n : int
        Samples along each axis of the plane.
    groups : mapping, optional
        Groups of inputs whose masses are summed.
    figsize : tuple of float, optional
        Of the figure.
    heading : str
        Title of the whole.

    Returns
    -------
    Picture
        The figure.
    """
    figure = sheet(2.4, 1.8, figsize)
    axes = figure.subplots(2, 3)
    if spikes is None:
        _without_spikes(f, view, n, list(axes.flat))
        return headed(figure, heading, caption_of(None, view), said_of(None, ""))
    above, below = axes
    measure = spikes.measure
    DirectionDisplay.from_measure(measure, signed=spikes.signed, ax=above[0])
    FeatureDisplay.from_measure(measure, groups=groups, total=spikes.total, ax=above[1])
    draw_masses(spikes, above[2])
    if len(measure):
        _draw_main_plane(f, spikes, view, n, below[0])
    else:
        below[0].set_axis_off()
    main = np.argsort(-masses_by_feature(measure), kind="stable")[:2]
    for feature, ax in zip(main.tolist(), below[1:], strict=True):
        through = sample_points(view)
        SliceDisplay.from_function(f, through, feature, measure=spikes.kinks, domain=view.domain, ax=ax)
    return headed(figure, heading, caption_of(spikes, view), said_of(spikes, "kink hyperplanes"))


def _draw_main_plane(f: Function, spikes: Spikes, view: View, n: int, ax: Axes) -> None:
    """The function on the plane through the center that holds most of the mass, with the data projected to it."""
    basis, part = main_plane(spikes.measure)
    center = view.domain.center_in(spikes.measure.dim)
    disc = Ball(view.domain.radius, np.zeros(2))
    draw_plane(f, spikes.kinks, center, basis, disc, n, ax)
    if view.points is not None:
        data_dots(ax, (view.points - center) @ basis.T, 3.0)
    names = names_of(f, spikes.measure)
    labels(ax, *(f"{name} = {_combination(row, names)}" for name, row in zip("uv", basis, strict=True)))
    data = "; dots: data, projected" if view.points is not None else ""
    absent = _said_absent(spikes.kinks, basis, center, view.domain.radius)
    title(
        ax, f"f on the plane of the two directions, u and v, that hold most of {spikes.total}: {part:.0%}{data}{absent}"
    )


def _said_absent(kinks: RidgeMeasure | None, basis: Floats, center: Floats, radius: float) -> str:
    """Which of the numbered kinks do not meet a disc of a plane."""
    if kinks is None:
        return ""
    away = np.abs(kinks.offsets - kinks.directions @ center) >= radius * norms(kinks.directions @ basis.T)
    numbers = [str(k + 1) for k in np.flatnonzero(away[:NUMBERED])]
    return f"; not there: {', '.join(numbers)}" if numbers else ""


def _combination(direction: Floats, names: Names) -> str:
    """The three largest terms of a linear combination of inputs."""
    order = np.argsort(-np.abs(direction), kind="stable")[:3]
    known = names.features or [f"$x_{{{k + 1}}}$" for k in range(len(direction))]
    said = " ".join(f"{direction[k]:+.2f}·{known[k]}" for k in order if abs(direction[k]) >= _SAID)
    return said + (" …" if norms(np.delete(direction, order)[None])[0] >= _SAID else "")


_SAID = 0.05
"""Components of a unit vector below this are not named: they hold less than 0.3 % of its square."""


def _without_spikes(f: Function, view: View, n: int, axes: list[Axes]) -> None:
    """Curves along the inputs over which the function varies most, and the plane of the first two of them."""
    dim = view.dim
    through = sample_points(view)
    values = BlackBox(f, dim, "choose domain=Ball(radius, center) on which f is defined")
    variation = []
    for k in range(dim):
        steps = 0.5 * view.domain.radius * np.linspace(-1, 1, 41)[:, None] * np.eye(dim)[k]
        variation.append(sum(float(np.abs(np.diff(values(_inside(view, point) + steps))).sum()) for point in through))
    order = np.argsort(-np.asarray(variation), kind="stable").tolist()
    rows = np.eye(dim)[order[:2]]
    center = view.domain.center_in(dim)
    disc = Ball(view.domain.radius, rows @ center)
    draw_plane(f, None, center - rows.T @ (rows @ center), rows, disc, n, axes[0])
    names = names_of(f, None).features or [f"$x_{{{k + 1}}}$" for k in range(dim)]
    labels(axes[0], *(names[k] for k in order[:2]))
    title(axes[0], "The plane of the two inputs over which f varies most, through the center")
    for ax, feature in zip(axes[1:], order, strict=False):
        SliceDisplay.from_function(f, through, feature, domain=view.domain, ax=ax)
    for ax in axes[1 + dim :]:
        ax.set_axis_off()


def _inside(view: View, point: Floats) -> Floats:
    """Half way to the center, so that half a radius along an input stays within the ball."""
    center = view.domain.center_in(len(point))
    return np.asarray(center + (point - center) / 2)
