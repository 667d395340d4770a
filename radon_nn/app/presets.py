"""What the page begins with: the first idea of each lesson that fits into the plane."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from radon_nn._support.files import shipped
from radon_nn._support.types import Floats

_STATIONS = 60
_LOWEST_ROW = 1
"""The table's first row holds names."""


def preset(name: str, title: str, text: str, **state: Any) -> dict[str, Any]:
    """
    One preset.

    Parameters
    ----------
    name : str
        By which links name it.
    title : str
        A few words.
    text : str
        What to try, and what is to be seen.
    **state : Any
        What differs from an empty playground: mode, data, decay, neurons, activation, background, or the target
        whose values new data take.

    Returns
    -------
    dict
        As the page takes it.
    """
    return {"name": name, "title": title, "text": text, "state": state}


def _rows(points: Floats, values: Floats) -> list[list[float]]:
    """Data of the page: four digits are finer than a pixel."""
    rows: list[list[float]] = np.round(np.column_stack([points, values]), 4).tolist()
    return rows


def _points(count: int, seed: int) -> Floats:
    """Random points with some room between them: of each of 20 candidates the farthest from the others."""
    rng = np.random.default_rng(seed)
    chosen = [rng.uniform(-0.9, 0.9, 2)]
    while len(chosen) < count:
        candidates = rng.uniform(-0.9, 0.9, (20, 2))
        nearest = np.linalg.norm(candidates[:, None] - np.array(chosen), axis=2).min(axis=1)
        chosen.append(candidates[nearest.argmax()])
    return np.array(chosen)


def _stations() -> list[list[float]]:
    with shipped("topography.csv").open(encoding="utf-8") as file:
        table = np.loadtxt(file, delimiter=",", skiprows=_LOWEST_ROW, usecols=(0, 1, 2), max_rows=_STATIONS)
    return _rows(table[:, :2], table[:, 2] - table[:, 2].mean())


@lru_cache(maxsize=1)
def presets() -> list[dict[str, Any]]:
    """
    All presets.

    Returns
    -------
    list of dict
        In the order of the menu.
    """
    few, more = _points(7, 1), _points(24, 2)
    pyramid = np.maximum(0.8 - np.abs(more).sum(axis=1), 0.0)
    coarse = np.round(more, 2)  # values of an affine function there have three digits, and are not rounded
    rows = np.array([[x, y] for x in np.linspace(-0.9, 0.9, 7) for y in (-0.6, 0.0, 0.6)])
    line = np.maximum(0.6 - np.abs(rows[:, 0]), 0.0)
    return [
        preset(
            "datum",
            "What a datum is",
            "A point of the right picture is a line of the left one: across, the direction it faces; up, its distance "
            "from the centre. All lines through one datum make one curve: press a datum, and its curve turns purple. "
            "Where the network bends, along a kink, there is a spike. Drag a datum: spikes stay on curves, for kinks "
            "of the best network run through data.",
            data=_rows(few, np.sin(3 * few[:, 0]) + few[:, 1] ** 2),
            decay=0.02,
        ),
        preset(
            "neuron",
            "One neuron is one spike",
            "One neuron is flat on one side of its kink and slopes on the other. Its spike says which line (its "
            "place) and how sharply it bends (its mass). Drag the middle of the kink to shift it, the ring to turn "
            "it, or drag the spike: both are the same neuron. Then change its mass.",
            mode="network",
            neurons=[[0.93, 0.25, 1.5]],
        ),
        preset(
            "decay",
            "What weight decay does",
            "Decay is the price of bending: cost = loss + decay x R-TV. R-TV, the total bend, is half the sum of the "
            "squared weights, each neuron scaled at its best: what weight decay charges. Raise it: spikes lose mass "
            "and vanish, until a plane is left, and the data are fitted less well.",
            data=_rows(more, np.cos(3 * more[:, 0]) * more[:, 1]),
            decay=0.1,
        ),
        preset(
            "optimum",
            "The global optimum",
            "Elevations at sixty places in the Appalachians, in hundreds of metres from their mean. Behind the spikes "
            "is the certificate F: what a small new neuron on that line would save in loss, divided by what it would "
            "cost in decay. Nowhere is it beyond -1 or 1: no new neuron pays, so no network of any width costs less.",
            data=_stations(),
            decay=0.1,
            background="certificate",
        ),
        preset(
            "views",
            "Tomography and networks",
            "A scanner measures sums along lines, the sinogram; filtered and smeared back along those lines, they give "
            "the picture. Press play below the left picture, and it grows angle by angle. Then take fewer angles: "
            "neurons that face none of them are missing.",
            mode="network",
            neurons=[[0.4, 0.3, 2.0], [1.3, -0.4, -2.0], [2.4, 0.1, 1.5]],
            background="sinogram",
            view="backprojection",
        ),
        preset(
            "line",
            "One dimension",
            "Three equal rows of data, whose values depend on x1 alone, and so does the best network: its kinks "
            "are upright lines, its spikes stand at angle 0. Drag a datum on a kink sideways, and the symmetry breaks; "
            "drag it up or down, and the spikes stay.",
            data=_rows(rows, line),
            decay=0.005,
        ),
        preset(
            "skip",
            "What costs nothing",
            "Data on a tilted plane: the free linear part passes through them, no neuron is needed, and R-TV is 0. "
            "Press a datum and raise its Value by 0.5 (slider on the right): now bending pays.",
            data=_rows(coarse, 0.8 * coarse[:, 0] - 0.5 * coarse[:, 1]),
            decay=0.02,
        ),
        preset(
            "pyramid",
            "Finite or infinite",
            "Data from a pyramid; a new datum takes its value too. The pyramid's R-TV is infinite, though it is made "
            "of flat pieces: add data (double click) and lower the decay, and R-TV keeps growing.",
            data=_rows(more, pyramid),
            target="pyramid",
            decay=0.002,
        ),
        preset(
            "smooth",
            "Smooth activations",
            "Three neurons with tanh: no kinks, but bands in which they bend; the spikes are smeared out along the "
            "offset, as the filtered sinogram behind them shows. Change the activation and its steepness.",
            mode="network",
            neurons=[[0.5, 0.2, 1.5], [1.6, -0.3, -1.5], [2.6, 0.2, 1.0]],
            activation="tanh",
            background="filtered",
        ),
        preset(
            "cancel",
            "Neurons that cancel",
            "Two neurons with opposite masses and one kink: together they are nothing, and R-TV is 0 while the weights "
            "are not. Drag one of them away from the other.",
            mode="network",
            neurons=[[0.8, 0.1, 1.5], [0.8, 0.1, -1.5]],
        ),
    ]
