"""Boxes and hulls in pictures, which are drawn on a ball: the ball about them, and their outline in the plane."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from matplotlib import rcParams
from matplotlib.axes import Axes

from radon_nn._support.types import Floats
from radon_nn.geometry.domains import Ball, Cuboid, Hull


def ball_about(points: Floats) -> Ball:
    """
    The ball about the middle of the data's box that reaches the farthest point.

    Parameters
    ----------
    points : ndarray, shape (n, d)
        The data.

    Returns
    -------
    Ball
        Of radius 1 if all points are one.
    """
    middle = (points.max(axis=0) + points.min(axis=0)) / 2
    return Ball(float(np.linalg.norm(points - middle, axis=1).max()) or 1.0, middle)


def ball_around(domain: Cuboid | Hull) -> Ball:
    """
    The ball in which a box or a hull is shown.

    Parameters
    ----------
    domain : Cuboid or Hull
        The domain.

    Returns
    -------
    Ball
        Of a box, the smallest that holds it.
    """
    corners = np.stack([domain.lower, domain.upper]) if isinstance(domain, Cuboid) else domain.points
    return ball_about(corners)


def outline_of(domain: Cuboid | Hull) -> Floats | None:
    """
    The boundary of a domain of the plane.

    Parameters
    ----------
    domain : Cuboid or Hull
        The domain.

    Returns
    -------
    ndarray, shape (k, 2), optional
        The corners in turn, the first one again at the end; None in other dimensions.
    """
    if isinstance(domain, Cuboid):
        if len(domain.lower) != 2:
            return None
        (left, low), (right, high) = domain.lower, domain.upper
        return np.array([[left, low], [right, low], [right, high], [left, high], [left, low]])
    return _hull(domain.points) if domain.points.shape[1] == 2 else None


def draw_outline(axes: Axes, outline: Floats | None) -> None:
    """
    Draw a boundary as a dotted line.

    Parameters
    ----------
    axes : Axes
        The axes of the plane.
    outline : ndarray, shape (k, 2), optional
        The corners; nothing is drawn for None.
    """
    if outline is not None:
        axes.plot(*outline.T, ":", color=rcParams["text.color"], lw=1.8, zorder=2.5, label="domain")


def _hull(points: Floats) -> Floats:
    """The convex hull of points of the plane, counterclockwise, by Andrew's two monotone chains."""
    ordered = np.unique(points, axis=0).tolist()
    return np.array([*_chain(ordered), *_chain(reversed(ordered))[1:]])


def _chain(ordered: Iterable[list[float]]) -> list[list[float]]:
    """The corners at which points in order of their first coordinate turn left."""
    chain: list[list[float]] = []
    for x, y in ordered:
        while len(chain) > 1:
            (x0, y0), (x1, y1) = chain[-2:]
            if (x1 - x0) * (y - y0) > (y1 - y0) * (x - x0):
                break
            chain.pop()
        chain.append([x, y])
    return chain
