"""Functions side by side, in the same scales."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from radon_nn._support.wording import counted
from radon_nn.displays import lettering
from radon_nn.displays.canvas import data_dots, square_grid
from radon_nn.displays.directions import DirectionDisplay, main_features, scaled_directions
from radon_nn.displays.features import masses_by_feature
from radon_nn.displays.function import FunctionDisplay
from radon_nn.displays.line import LineDisplay
from radon_nn.displays.line_masses import LineMassDisplay
from radon_nn.displays.masses import MassDisplay
from radon_nn.displays.picture import Picture
from radon_nn.displays.spikes import SpikeDisplay
from radon_nn.geometry.domains import Domain
from radon_nn.geometry.grids import Function
from radon_nn.geometry.naming import NO_NAMES
from radon_nn.measures.ridge import RidgeMeasure
from radon_nn.networks.shallow import ShallowNetwork
from radon_nn.plot._outline import draw_outline
from radon_nn.plot._sheet import headed, sheet
from radon_nn.plot._view import View, dimension_of, require_one_output, view_of

Compared = Mapping[str, Any] | Sequence[tuple[str, Any] | tuple[str, Function, RidgeMeasure]]
"""What `comparison` takes: {name: network}, or pairs, or triples with a measure."""


_ROWS = 12
"""The most spikes of each network that are rows, in more than two dimensions."""


class Column(NamedTuple):
    """
    One of the functions compared.

    Parameters
    ----------
    name : str
        Its name.
    f : callable
        The function.
    measure : RidgeMeasure
        Its spikes that meet the domain.
    """

    name: str
    f: Function
    measure: RidgeMeasure


def comparison(
    networks: Compared,
    *,
    domain: Domain | None = None,
    data: ArrayLike | None = None,
    n: int = 256,
    title: str = "",
    figsize: tuple[float, float] | None = None,
) -> Picture:
    """
    Functions side by side, a column each, in the same scales: equal grey, width, area or height means an equal value.

    Two inputs: kinks on the domain, spikes in (angle, offset), masses. One: the function and its masses along the same
    axis. More: the directions as rows, of the same inputs, and masses.

    Parameters
    ----------
    networks : mapping or sequence
        {name: network}, pairs (name, network), or triples (name, callable, RidgeMeasure); a fit, or whatever else holds
        a measure, stands for a network. Any number of them, of as many inputs each.
    domain : Ball, Cuboid or Hull, optional
        The ball to look at, or a domain whose surrounding ball is shown, as the picture says; if not given, the one
        about the data, or the unit ball.
    data : array_like, shape (n, d), optional
        Points, which the domain is taken from.
    n : int
        Samples along each axis.
    title : str
        A title for the whole.
    figsize : tuple of float, optional
        Width and height in inches; `figure.figsize` of matplotlib's settings for each panel if not given.

    Returns
    -------
    Picture
        The figure: it shows itself as the value of a notebook's cell, and by `show()`. Pyplot does not know it.

    Raises
    ------
    TypeError
        If one has no spikes, as networks of smooth activations have none.
    ValueError
        If there are none, numbers of inputs disagree, or a function has several outputs.
    MemoryError
        If the machine cannot hold the grid.
    """
    given = list(_columns(networks))
    if not given:
        raise ValueError(
            "comparison: expected at least one network, got none; write comparison([('mine', network)]), "
            "or comparison({'mine': network})"
        )
    dims = {dimension_of(column.f, column.measure, domain, data, None) for column in given}
    if len(dims) > 1:
        raise ValueError(f"comparison: expected as many inputs each, got {sorted(dims)}; compare those of one number")
    view = view_of(NO_NAMES, dims.pop(), domain, data)
    columns = [column._replace(measure=column.measure.restricted(view.domain)) for column in given]
    rows = 3 if view.dim == 2 else 2
    figure = sheet(len(columns), rows, figsize)
    axes = figure.subplots(rows, len(columns), squeeze=False)
    draw = {1: _lines, 2: _planes}.get(view.dim, _rows)
    draw(columns, view, n, axes)
    each = ", ".join(f"{column.measure.rtv:.4g} ({column.name})" for column in columns)
    return headed(figure, title, view.source, f"same scales: R-TV {each}")


def _columns(networks: Compared) -> Iterable[Column]:
    """Names, functions and measures, whichever way they were given."""
    pairs: Iterable[Any] = networks.items() if isinstance(networks, Mapping) else networks
    for entry in pairs:
        if not isinstance(entry, tuple) or len(entry) not in (2, 3) or not isinstance(entry[0], str):
            raise TypeError(
                f"comparison: expected (name, network) or (name, callable, measure), got {type(entry).__name__}; write "
                "comparison({'mine': network})"
            )
        name, f = entry[0], entry[1]
        require_one_output(f)
        yield Column(name, f, entry[2] if len(entry) == 3 else _spikes(name, f))


def _spikes(name: str, f: Any) -> RidgeMeasure:
    own = getattr(f, "measure", None)
    if isinstance(own, RidgeMeasure):
        return own
    if isinstance(f, ShallowNetwork) and f.activation.piecewise_linear:
        return f.measure()
    raise TypeError(
        f"comparison: expected a network that has spikes, got {name!r}, {type(f).__name__}; give its measure as well: "
        "(name, function, measure)"
    )


def _heaviest(columns: Sequence[Column]) -> float:
    return max(float(column.measure.sizes.max(initial=0.0)) for column in columns) or 1.0


def _said(column: Column) -> str:
    return f"{counted(len(column.measure), 'spike')}, R-TV {column.measure.rtv:.4g}"


def _planes(columns: Sequence[Column], view: View, n: int, axes: np.ndarray) -> None:
    grid, ball, heaviest = square_grid(view.domain, n), view.domain, _heaviest(columns)
    functions, filtered, masses = [], [], []
    for k, column in enumerate(columns):
        options: dict[str, Any] = {"grid": grid, "domain": ball, "heaviest": heaviest}
        functions.append(FunctionDisplay.from_function(column.f, column.measure, ax=axes[0, k], **options))
        filtered.append(SpikeDisplay.from_function(column.f, column.measure, ax=axes[1, k], **options))
        masses.append(MassDisplay.from_measure(column.measure, ax=axes[2, k]))
        lettering.title(axes[0, k], column.name)
        lettering.title(axes[1, k], _said(column))
        axes[2, k].set_title("")
        draw_outline(axes[0, k], view.outline)
        if view.points is not None:
            data_dots(axes[0, k], view.points, 2.0)
    for displays in (functions, filtered):
        limits = [display.image.get_clim() for display in displays]
        for display in displays:
            display.image.set_clim(min(low for low, _ in limits), max(high for _, high in limits))
    _share_masses(masses)


def _share_masses(masses: Sequence[MassDisplay]) -> None:
    """As many ranks, and the same heights."""
    _share([display.ax for display in masses], across=True)


def _share(axes: Sequence[Any], *, across: bool = False) -> None:
    drawn = [ax for ax in axes if ax is not None]
    low, high = min(ax.get_ylim()[0] for ax in drawn), max(ax.get_ylim()[1] for ax in drawn)
    right = max(ax.get_xlim()[1] for ax in drawn)
    for ax in drawn:
        ax.set_ylim(low, high)
        if across:
            ax.set_xlim(0, right)


def _lines(columns: Sequence[Column], view: View, _: int, axes: np.ndarray) -> None:
    heaviest = _heaviest(columns)
    for k, column in enumerate(columns):
        above, below = axes[:, k]
        LineDisplay.from_function(column.f, column.measure, domain=view.domain, heaviest=heaviest, ax=above)
        LineMassDisplay.from_measure(column.measure, domain=view.domain, heaviest=heaviest, ax=below)
        lettering.title(above, column.name)
        lettering.title(below, _said(column))
    _share(list(axes[0]))
    _share(list(axes[1]))


def _rows(columns: Sequence[Column], view: View, _: int, axes: np.ndarray) -> None:
    masses = []
    inputs = main_features(sum((masses_by_feature(column.measure) for column in columns), np.zeros(view.dim)), 12)
    shown = [column.measure[:_ROWS] for column in columns]
    largest = max(float(np.abs(scaled_directions(few)[:, inputs]).max(initial=1e-300)) for few in shown)
    for k, column in enumerate(columns):
        DirectionDisplay.from_measure(
            column.measure,
            rows=_ROWS,
            features=inputs.tolist(),
            largest=largest,
            slots=max(map(len, shown)),
            ax=axes[0, k],
        )
        masses.append(MassDisplay.from_measure(column.measure, ax=axes[1, k]))
        lettering.title(axes[0, k], f"{column.name}: {axes[0, k].get_title()}".replace("\n", " "))
        lettering.title(axes[1, k], _said(column))
    _share_masses(masses)
