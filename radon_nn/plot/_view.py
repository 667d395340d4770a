"""What a picture looks at: the number of inputs, the ball, and where the ball was taken from."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from radon_nn._support import checks
from radon_nn._support.types import Floats
from radon_nn._support.wording import counted
from radon_nn.geometry.black_box import framework_of
from radon_nn.geometry.domains import Ball, Cuboid, Domain, Hull
from radon_nn.geometry.grids import Function
from radon_nn.geometry.naming import Names
from radon_nn.measures.ridge import RidgeMeasure
from radon_nn.plot._outline import ball_about, ball_around, outline_of

_DEVIATIONS = 2.0
"""Radius of the ball about a scaler's means, in lengths of the vector of deviations: data are farther from their means
with a probability of at most 1/4 (Markov's inequality for the squared distance), and most data never."""


class View(NamedTuple):
    """
    A ball to look at.

    Parameters
    ----------
    domain : Ball
        The ball.
    dim : int
        Number of inputs.
    source : str
        Where it was taken from, to be said in the picture; empty if the caller named it.
    points : ndarray, shape (n, d), optional
        The data, if there are any.
    outline : ndarray, shape (k, 2), optional
        The boundary of the domain in the plane, if it is no disc.
    """

    domain: Ball
    dim: int
    source: str = ""
    points: Floats | None = None
    outline: Floats | None = None


def dimension_of(
    f: object, measure: RidgeMeasure | None, domain: object, data: ArrayLike | None, dim: int | None
) -> int:
    """
    The number of inputs, from whatever knows it.

    Parameters
    ----------
    f : object
        The function; its attribute `dim` counts, if it is a number.
    measure : RidgeMeasure, optional
        Its spikes.
    domain : object
        The domain; the length of its center counts.
    data : array_like, optional
        Data of shape (n, d).
    dim : int, optional
        What the caller says.

    Returns
    -------
    int
        The number d.

    Raises
    ------
    TypeError
        If nothing says how many inputs there are, or `f` is no function.
    ValueError
        If two disagree.
    """
    if framework_of(f) is not None and not hasattr(f, "__array__"):
        raise TypeError(
            f"overview: expected a network or a function, got a model, {type(f).__name__}; write "
            "overview(from_model(model))"
        )
    if not callable(f):
        raise TypeError(
            f"overview: expected a network or a function of points (n, d), got {type(f).__name__}; an image with its "
            "sinogram is drawn by plot.sinogram(image)"
        )
    known: dict[str, int] = {}
    if isinstance(getattr(f, "dim", None), int):
        known["the function"] = f.dim  # type: ignore[attr-defined]
    if measure is not None:
        known["the measure"] = measure.dim
    if isinstance(domain, Ball) and domain.center is not None:
        known["the domain's center"] = len(domain.center)
    if isinstance(domain, Cuboid):
        known["the domain"] = len(domain.lower)
    if isinstance(domain, Hull):
        known["the domain"] = domain.points.shape[1]
    if data is not None:
        known["data"] = points_of(data).shape[1]
    if dim is not None:
        known["dim"] = checks.count(dim, "dim")
    if not known:
        raise TypeError(
            f"overview: expected the number of inputs, got {type(f).__name__}, which does not tell it; pass dim=2, or "
            "domain=Ball(radius, center)"
        )
    first, inputs = next(iter(known.items()))
    for who, other in known.items():
        if other != inputs:
            raise ValueError(f"overview: expected one number of inputs, got {inputs} of {first} and {other} of {who}")
    return inputs


def points_of(data: ArrayLike) -> Floats:
    """
    Data as points.

    Parameters
    ----------
    data : array_like, shape (n, d) or (n,)
        The data; of one input they may be a list of numbers.

    Returns
    -------
    ndarray, shape (n, d)
        The points.

    Raises
    ------
    ValueError
        If there are none.
    """
    array = np.asarray(data, np.float64)
    points = checks.shaped_array(array[:, None] if array.ndim == 1 else array, "data", ("n", "d"))
    if not len(points):
        raise ValueError("data: expected at least one point, got none; leave data out")
    return points


def view_of(names: Names, dim: int, domain: Domain | None, data: ArrayLike | None) -> View:
    """
    The ball to look at: the one asked for, else one about the data, else the unit ball.

    Parameters
    ----------
    names : Names
        Of the function; means and deviations of a scaler that was folded into it stand for the data.
    dim : int
        Number of inputs.
    domain : Ball, Cuboid, Hull or None
        The domain asked for.
    data : array_like or None
        Data.

    Returns
    -------
    View
        The ball, where it came from, and the data.

    Raises
    ------
    TypeError
        If the domain is no ball, box or hull.
    """
    points = None if data is None else points_of(data)
    if domain is not None:
        return asked(domain, dim)._replace(points=points)
    if points is not None:
        ball = ball_about(points)
        said = f"Domain: the ball about the {counted(len(points), 'data point')}, {_in_words(ball, dim)}"
        return View(ball, dim, said, points)
    if names.means is not None and names.deviations is not None:
        ball = Ball(_DEVIATIONS * float(np.linalg.norm(names.deviations)), names.means)
        return View(ball, dim, f"Domain: the ball about the means of the inputs as scaled, {_in_words(ball, dim)}")
    return View(Ball(), dim, f"Domain: the {_UNIT.get(dim, 'unit ball')}, since no data and no domain were given")


def asked(domain: Domain | None, dim: int) -> View:
    """
    The ball asked for, or the one about the box or hull asked for.

    Parameters
    ----------
    domain : Ball, Cuboid, Hull or None
        What the caller gave.
    dim : int
        Number of inputs.

    Returns
    -------
    View
        The unit ball for None.

    Raises
    ------
    TypeError
        If it is no such domain.
    ValueError
        If a box or hull has another dimension.
    """
    if domain is None:
        return View(Ball(), dim)
    if isinstance(domain, Ball):
        return View(domain, dim)
    if not isinstance(domain, Cuboid | Hull):
        remedy = f"Ball({domain})" if isinstance(domain, int | float) else "Ball(radius, center)"
        raise TypeError(f"domain: expected a Ball, Cuboid or Hull, got {type(domain).__name__}; write domain={remedy}")
    domain.extent(np.empty((0, dim)))
    ball = ball_around(domain)
    said = ""
    if dim > 1:
        kind = "cuboid" if isinstance(domain, Cuboid) else "hull"
        drawn = " (dotted)" if dim == 2 else ""
        round_it = "disc" if dim == 2 else "ball"
        said = (
            f"Domain: the {round_it} about the {kind}{drawn}, {_in_words(ball, dim)}; kinks and R-TV are those of the "
            f"{round_it}, and rtv(..., domain=) gives that of the {kind}"
        )
    return View(ball, dim, said, None, outline_of(domain))


def names_of(f: object, measure: RidgeMeasure | None) -> Names:
    """
    The names that a function or its measure has.

    Parameters
    ----------
    f : object
        The function.
    measure : RidgeMeasure, optional
        Its spikes.

    Returns
    -------
    Names
        Those of the measure, if it has any; else those of the function.
    """
    if measure is not None and measure.names:
        return measure.names
    known = getattr(f, "names", None)
    return known if isinstance(known, Names) else Names()


def require_one_output(f: Function) -> None:
    """
    Refuse to draw several outputs as one.

    Parameters
    ----------
    f : callable
        The function.

    Raises
    ------
    ValueError
        If it says that it has several.
    """
    outputs = getattr(f, "outputs", 1)
    if isinstance(outputs, int) and outputs != 1:
        raise ValueError(f"picture: expected one output, got {outputs}; choose one of them, network.output(0)")


_UNIT = {1: "interval [-1, 1]", 2: "unit disc"}


def _in_words(ball: Ball, dim: int) -> str:
    center = ball.center_in(dim)
    about_it = f" about ({', '.join(f'{c:.3g}' for c in center.tolist())})" if dim <= _MOST_COORDINATES else ""
    return f"of radius {ball.radius:.3g}{about_it}"


_MOST_COORDINATES = 4
"""Coordinates of a center that a caption gives: as many as one reads."""
