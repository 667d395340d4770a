"""Spikes of either sign, told apart by shape and by colour."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PathCollection
from matplotlib.lines import Line2D
from matplotlib.text import Text
from numpy.typing import NDArray

from radon_nn._support.types import Floats
from radon_nn.displays.canvas import NEGATIVE, POSITIVE
from radon_nn.displays.lettering import NUMBERED, numbers
from radon_nn.measures.ridge import RidgeMeasure

LARGEST_MARKER = 260.0
"""Area of the heaviest spike's marker in square points: 18 points across, a fifth of an inch."""


def positive(measure: RidgeMeasure) -> NDArray[np.bool_]:
    """
    Which spikes are positive; of several outputs the sum of the masses gives the sign.

    Parameters
    ----------
    measure : RidgeMeasure
        The spikes.

    Returns
    -------
    ndarray of bool, shape (s,)
        True for convex kinks.
    """
    return np.asarray(measure.masses.sum(axis=1) > 0)


def marker_areas(measure: RidgeMeasure, heaviest: float | None = None) -> Floats:
    """
    Areas of markers, proportional to |mass|.

    Parameters
    ----------
    measure : RidgeMeasure
        The spikes.
    heaviest : float, optional
        The |mass| of the largest marker; the largest if not given.

    Returns
    -------
    ndarray, shape (s,)
        Square points.
    """
    largest = measure.sizes.max(initial=1e-300) if heaviest is None else heaviest
    return np.asarray(LARGEST_MARKER * measure.sizes / largest)


def number_spikes(
    axes: Axes,
    places: Floats,
    measure: RidgeMeasure,
    heaviest: float | None = None,
    *,
    toward: tuple[float, float] = (0.8, 0.6),
) -> list[Text]:
    """
    Numbers beside the markers of the heaviest spikes, from 1.

    Parameters
    ----------
    axes : Axes
        The axes.
    places : ndarray, shape (s, 2)
        Where the markers are.
    measure : RidgeMeasure
        The spikes.
    heaviest : float, optional
        The |mass| of the largest marker; the largest if not given.
    toward : tuple of float
        The direction from a marker to its number.

    Returns
    -------
    list of Text
        The numbers.
    """
    few = min(len(measure), NUMBERED)
    radii = np.sqrt(marker_areas(measure, heaviest)[:few]) / 2
    return numbers(axes, places[:few], range(1, few + 1), toward=toward, clear=radii)


def scatter_by_sign(
    axes: Axes,
    places: Floats,
    measure: RidgeMeasure,
    heaviest: float | None = None,
    *,
    signed: bool = True,
    **style: Any,
) -> tuple[PathCollection, PathCollection]:
    """
    Circles for positive spikes and squares for negative ones, of areas proportional to |mass|.

    Parameters
    ----------
    axes : Axes
        The axes to draw on.
    places : ndarray, shape (s, 2)
        Where the spikes are in the picture.
    measure : RidgeMeasure
        The spikes.
    heaviest : float, optional
        The |mass| of the largest marker; the largest if not given.
    signed : bool
        Whether signs mean anything; if not, all are grey circles.
    **style : Any
        Passed on to `Axes.scatter`; arrays of length s as `c` are divided among the two.

    Returns
    -------
    tuple of PathCollection
        The positive and the negative ones.
    """
    area = marker_areas(measure, heaviest)
    filled = style.pop("c", None)
    look: dict[str, Any] = {"linewidths": 1.6, "clip_on": False, "zorder": 4} | style
    if filled is None:
        look["facecolors"] = "none"
    drawn = []
    up = positive(measure) | (not signed)
    for chosen, marker, colour in ((up, "o", POSITIVE if signed else "0.4"), (~up, "s", NEGATIVE)):
        x, y = places[chosen].T
        inside: dict[str, Any] = {} if filled is None else {"c": filled[chosen]}
        drawn.append(axes.scatter(x, y, s=area[chosen], marker=marker, edgecolors=colour, **(look | inside)))
    return drawn[0], drawn[1]


def sign_handles(*more: str) -> list[Line2D]:
    """
    Entries of a legend: the marker of either sign, and lines of text.

    Parameters
    ----------
    *more : str
        What else there is to say, such as 'area: |mass|'.

    Returns
    -------
    list of Line2D
        The entries.
    """
    return [
        Line2D([], [], marker="o", ls="", mfc="none", mec=POSITIVE, mew=1.6, label="mass > 0"),
        Line2D([], [], marker="s", ls="", mfc="none", mec=NEGATIVE, mew=1.6, label="mass < 0"),
        *(Line2D([], [], ls="", label=text) for text in more),
    ]
