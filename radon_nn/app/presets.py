"""What the page begins with: the first idea of each lesson that fits into the plane."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from radon_nn._support.files import shipped
from radon_nn._support.types import Floats
from radon_nn.io import load
from radon_nn.networks.shallow import ShallowNetwork

_STATIONS = 60
_LOWEST_ROW = 1
"""The table's first row holds names."""


def preset(name: str, title: str, text: str, *, turns: bool = False, **state: Any) -> dict[str, Any]:
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
    turns : bool
        Whether the page begins by turning a line about a datum.
    **state : Any
        What differs from an empty playground: mode, data, decay, neurons, activation, background, or the target
        whose values new data take.

    Returns
    -------
    dict
        As the page takes it.
    """
    return {"name": name, "title": title, "text": text, "turns": turns, "state": state}


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


def _noise(count: int) -> list[float]:
    """Normal random numbers, which the slider of the noise scales."""
    noise: list[float] = np.round(np.random.default_rng(3).normal(size=count), 3).tolist()
    return noise


def _stations() -> list[list[float]]:
    with shipped("topography.csv").open(encoding="utf-8") as file:
        table = np.loadtxt(file, delimiter=",", skiprows=_LOWEST_ROW, usecols=(0, 1, 2), max_rows=_STATIONS)
    return _rows(table[:, :2], table[:, 2] - table[:, 2].mean())


def _tumours() -> list[list[float]]:
    """Every ninth tumour of the table: 1 malignant, -1 benign."""
    with shipped("tumour.csv").open(encoding="utf-8") as file:
        table = np.loadtxt(file, delimiter=",", skiprows=_LOWEST_ROW, usecols=(0, 1, 2))[::9]
    return _rows(table[:, :2], 2 * table[:, 2] - 1)


def _classifier() -> dict[str, Any]:
    """The shipped classifier's spikes with a mass above 1, and its affine part; the others' masses add up to 0.8."""
    network = load(shipped("tumour.npz"))
    if not isinstance(network, ShallowNetwork):
        raise TypeError(f"tumour.npz: expected a ShallowNetwork, got {type(network).__name__}; make it anew")
    measure = network.measure()
    angles = np.arctan2(measure.directions[:, 1], measure.directions[:, 0])
    spikes = np.column_stack([angles, measure.offsets, measure.masses[:, 0]])
    return {
        "neurons": np.round(spikes[np.abs(spikes[:, 2]) > 1], 4).tolist(),
        "skip": np.round(measure.skip[0], 4).tolist(),
        "constant": round(float(measure.constant[0]), 4),
    }


def _plane(rows: list[list[float]]) -> dict[str, Any]:
    """The affine function nearest to data, as the start of a network by hand."""
    data = np.array(rows)
    constant, *skip = np.linalg.lstsq(np.column_stack([np.ones(len(data)), data[:, :2]]), data[:, 2], rcond=None)[0]
    return {"skip": np.round(skip, 6).tolist(), "constant": round(float(constant), 6)}


@lru_cache(maxsize=1)
def presets() -> list[dict[str, Any]]:
    """
    All presets.

    Returns
    -------
    list of dict
        In the order of the menu.
    """
    # Longer than other bodies, as a table of texts and data is: it reads best in one piece.
    few, more = _points(7, 1), _points(24, 2)
    pyramid = np.maximum(0.8 - np.abs(more).sum(axis=1), 0.0)
    coarse = np.round(more, 2)  # values of an affine function there have three digits, and are not rounded
    rows = np.array([[x, y] for x in np.linspace(-0.9, 0.9, 7) for y in (-0.6, 0.0, 0.6)])
    line = np.maximum(0.6 - np.abs(rows[:, 0]), 0.0)
    waves = _rows(few, np.sin(3 * few[:, 0]) + few[:, 1] ** 2)
    return [
        preset(
            "datum",
            "What a datum is",
            "A line is two numbers: the angle it faces and its offset, its distance from the centre, negative behind "
            "it. So a line on the left is a point on the right. Turn the purple line about its datum (drag its small "
            "square): the point runs along a curve, which is all lines through that datum. Now drag data. The dots "
            "and diamonds are the network's kinks: they stay on curves, for the best network bends at data.",
            turns=True,
            data=waves,
            decay=0.02,
        ),
        preset(
            "neuron",
            "One neuron is one spike",
            "One neuron is flat on one side of its kink and slopes on the other (here the side its angle points "
            "to). Its spike says which line, by its angle and offset (purple), and how sharply it bends (its mass). "
            "Drag the middle of the kink to shift it, the small square to turn it, or drag the spike: both are the "
            "same neuron. Then change its mass.",
            mode="network",
            neurons=[[0.93, 0.25, 1.5]],
        ),
        preset(
            "decay",
            "What weight decay does",
            "Decay is the price of bending: cost = loss + decay \N{MULTIPLICATION SIGN} total bend (R-TV). Why "
            "bending, when weight decay charges squared weights? A ReLU can double its inner weights and halve its "
            "outer one; at the cheapest split the squares cost exactly its bend. Raise the decay: spikes lose mass and "
            "vanish, until a plane is left, and the data are fitted less well.",
            data=_rows(more, np.cos(3 * more[:, 0]) * more[:, 1]),
            decay=0.1,
        ),
        preset(
            "optimum",
            "The global optimum",
            "Elevations at sixty places in the Appalachians, in hundreds of metres from their mean. Behind the spikes "
            "is the certificate F: what a small new neuron on a line would save in loss, over what it would cost in "
            "decay. Point at the right picture: in the plot at the bottom right the saving never rises above the "
            "price. So no new neuron pays anywhere, and the network is the best of all widths.",
            data=_stations(),
            decay=0.1,
            background="certificate",
        ),
        preset(
            "proof",
            "Build the proof yourself",
            "A network by hand that has no neuron yet. Where its F is beyond 1 or -1 (striped), a new neuron saves "
            "more than it costs. Press “Add where it pays”, and again (or double click where you choose), and "
            "watch the cost fall to what is proven least. When the stripes are gone, no neuron pays: that is the "
            "proof.",
            mode="network",
            data=waves,
            **_plane(waves),
            decay=0.02,
            background="certificate",
        ),
        preset(
            "views",
            "Tomography and networks",
            "A scanner measures sums along lines, the sinogram; sharpened (filtered) and smeared back along those "
            "lines, they give the picture. Press play below the left picture, and it grows angle by angle. Then set "
            "angles to 4: only the neuron at angle 2.4 still bends the colours at its kink, as it faces nearly one of "
            "the four; the other two are lost among streaks.",
            mode="network",
            neurons=[[0.4, 0.3, 2.0], [1.3, -0.4, -2.0], [2.4, 0.1, 1.5]],
            background="sinogram",
            view="backprojection",
        ),
        preset(
            "line",
            "One dimension",
            "Three equal rows of data, whose values depend on x1 alone, and so does the best network: its kinks are "
            "upright lines, its spikes stand at angle 0. Drag a datum on a kink sideways, and the symmetry breaks; "
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
            "of flat pieces: its edges end, whole-line kinks do not. Add data (double click) and lower the decay, and "
            "R-TV keeps growing.",
            data=_rows(more, pyramid),
            target="pyramid",
            decay=0.002,
        ),
        preset(
            "depth",
            "Depth: kinks that bend",
            "Data from a network of two hidden layers, max(0, min(x1, x2)); a new datum takes its value too. Its kink "
            "runs down the upright axis and turns a corner. A kink of one hidden layer is a whole line, so corners "
            "take ever more spikes: add data (double click), lower the decay, and R-TV keeps growing.",
            data=_rows(more, np.maximum(more.min(axis=1), 0.0)),
            target="corner",
            decay=0.002,
        ),
        preset(
            "hidden",
            "A hidden direction",
            "The values, with noise, depend on 0.8 x1 + 0.6 x2 alone. Nobody tells the network, yet its spikes gather "
            "at that angle, 0.64. Raise the noise, and they stray; raise the decay, and they come back. Among many "
            "inputs, this is why a network needs fewer data than methods that look in all directions alike.",
            data=[[*row, z] for row, z in zip(_rows(more, np.abs(more @ [0.8, 0.6])), _noise(len(more)), strict=True)],
            target="ridge",
            noise=0.05,
            decay=0.05,
        ),
        preset(
            "tumours",
            "A real classifier",
            "A trained network: benign (blue) or malignant (orange), from the radius of a tumour's cells (across) and "
            "their texture (up). Of its 24 neurons these 8 matter. Press a spike: its line says where the verdict "
            "changes its slope, and its mass how fast. Change a mass, and the border between the two moves.",
            mode="network",
            **_classifier(),
        ),
        preset(
            "certified",
            "A classifier with a certificate",
            "Every ninth tumour of the table: 1 is malignant, -1 benign. Unlike training, this ends with a proof: no "
            "network of any width has a lower cost. It is about these tumours, not new ones. Raise the decay: fewer "
            "neurons draw a plainer border.",
            data=_tumours(),
            decay=0.5,
            background="certificate",
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
            "Two neurons with opposite masses and one kink: together they are nothing, and R-TV is 0 while the "
            "weights are not. Drag one of them away from the other.",
            mode="network",
            neurons=[[0.8, 0.1, 1.5], [0.8, 0.1, -1.5]],
        ),
    ]
