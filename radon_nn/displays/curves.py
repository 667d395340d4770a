"""A function of many variables along one input, through several points."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.typing import ArrayLike, NDArray

from radon_nn._support import checks
from radon_nn._support.types import Floats
from radon_nn._support.wording import counted
from radon_nn.displays import lettering
from radon_nn.displays.canvas import axes_and_figure
from radon_nn.displays.cut import cut
from radon_nn.displays.signs import positive
from radon_nn.geometry.black_box import BlackBox
from radon_nn.geometry.domains import Ball
from radon_nn.geometry.grids import Function
from radon_nn.geometry.naming import NO_NAMES
from radon_nn.measures.ridge import RidgeMeasure

_SAMPLES = 401
"""Points of a curve besides its kinks, of which all are drawn."""
_SHADES = "cividis"
_TICKS = 3.0
"""Width of the ticks' labels at the left, such as '-0.25', in font sizes: they move the axes and their title aside."""


@dataclass(frozen=True)
class SliceDisplay:
    """
    A function along one input, a curve through each of several points: a dot is the point, marks are kinks.

    Parallel curves mean an input that acts alone; curves of different shapes mean that it acts together with others.

    Parameters
    ----------
    ax : Axes
        The axes drawn on.
    figure : Figure
        The figure of `ax`.
    curves : list of Line2D
        One for each point.
    """

    ax: Axes
    figure: Figure
    curves: list[Line2D]

    @classmethod
    def from_measure(
        cls,
        measure: RidgeMeasure,
        points: ArrayLike,
        feature: int,
        *,
        domain: Ball | None = None,
        ax: Axes | None = None,
    ) -> SliceDisplay:
        """
        Draw the function that a measure is.

        Parameters
        ----------
        measure : RidgeMeasure
            Of one output.
        points : array_like, shape (k, d)
            Points that the curves pass through.
        feature : int
            The input along which they run, from 0.
        domain : Ball, optional
            Curves end where they leave it; the unit ball if not given.
        ax : Axes, optional
            The axes to draw on; new axes if not given.

        Returns
        -------
        SliceDisplay
            The artists.

        Raises
        ------
        ValueError
            If a shape is wrong, or there is no such input.
        """
        return cls.from_function(measure, points, feature, measure=measure, domain=domain, ax=ax)

    @classmethod
    def from_function(
        cls,
        f: Function,
        points: ArrayLike,
        feature: int,
        *,
        measure: RidgeMeasure | None = None,
        domain: Ball | None = None,
        ax: Axes | None = None,
    ) -> SliceDisplay:
        """
        Draw a function.

        Parameters
        ----------
        f : callable
            Takes points (n, d), returns n values.
        points : array_like, shape (k, d)
            Points of the domain that the curves pass through.
        feature : int
            The input along which they run, from 0.
        measure : RidgeMeasure, optional
            Its spikes, for the kinks: an upward triangle where the slope rises, a downward one where it falls.
        domain : Ball, optional
            Curves end where they leave it; the unit ball if not given.
        ax : Axes, optional
            The axes to draw on; new axes if not given.

        Returns
        -------
        SliceDisplay
            The artists.

        Raises
        ------
        ValueError
            If a shape is wrong, there is no such input, or a point is not in the domain.
        """
        axes, figure = axes_and_figure(ax)
        given = checks.shaped_array(points, "points", ("n", "d"))
        dim = given.shape[1]
        if not 0 <= feature < dim:
            raise ValueError(f"feature: expected 0 to {dim - 1}, got {feature}")
        ball = Ball() if domain is None else domain
        values = BlackBox(f, dim, "choose domain=Ball(radius, center) on which f is defined")
        colours = _shades(len(given))
        curves = []
        for point, colour in zip(given, colours, strict=True):
            low, high = _chord(ball, point, feature)
            x = np.linspace(low, high, _SAMPLES)
            t, up = _kinks(measure, point, feature, low, high)
            x = np.sort(np.concatenate([x, t, [point[feature]]]))
            curves += axes.plot(x, values(_moved(point, feature, x)), color=colour, lw=1.4)
            axes.plot(*_at(values, point, feature, point[feature : feature + 1]), "o", color=colour, ms=7)
            for chosen, mark in ((up, "^"), (~up, "v")):
                axes.plot(*_at(values, point, feature, t[chosen]), mark, color=colour, mfc="none", ms=5)
        axes.locator_params(axis="x", nbins=5)
        known = NO_NAMES if measure is None else measure.names
        name = known.features[feature] if known.features else f"$x_{{{feature + 1}}}$"
        lettering.labels(axes, name, (known.outputs or ("$f(x)$",))[0])
        marks = "" if measure is None else "; triangles: kinks, up or down"
        said = f"f along {name}, through {counted(len(given), 'point')} (dots){marks}"
        lettering.title(axes, said, beside=_TICKS * lettering.points("ytick.labelsize"))
        return cls(axes, figure, curves)


def _shades(count: int) -> list[object]:
    from matplotlib import colormaps

    return [colormaps[_SHADES](share) for share in np.linspace(0.0, 0.85, count)]


def _chord(ball: Ball, point: Floats, feature: int) -> tuple[float, float]:
    """Where the line through a point along an input enters and leaves the ball."""
    away = point - ball.center_in(len(point))
    inside = ball.radius**2 - float(away @ away) + float(away[feature]) ** 2
    if inside <= 0 or abs(away[feature]) > np.sqrt(inside) * (1 + 1e-9):
        raise ValueError(f"points: expected points of {ball!r}, got {point.tolist()}; take a larger domain")
    half = float(np.sqrt(inside))
    middle = float(ball.center_in(len(point))[feature])
    return middle - half, middle + half


def _moved(point: Floats, feature: int, x: Floats) -> Floats:
    moved = np.tile(point, (len(x), 1))
    moved[:, feature] = x
    return moved


def _at(values: BlackBox, point: Floats, feature: int, x: Floats) -> tuple[Floats, Floats]:
    return x, values(_moved(point, feature, x))


def _kinks(
    measure: RidgeMeasure | None, point: Floats, feature: int, low: float, high: float
) -> tuple[Floats, NDArray[np.bool_]]:
    """The kinks on the chord, and whether each is convex."""
    if measure is None:
        return np.empty(0), np.empty(0, bool)
    start = point.copy()
    start[feature] = 0.0
    on = cut(measure, start, np.eye(len(point))[feature : feature + 1]).measure
    seen = (on.offsets > low) & (on.offsets < high)
    return on.offsets[seen], positive(on)[seen]
