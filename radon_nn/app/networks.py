"""What a network drawn by hand is: its R-TV, its spikes, its cost on the data, and its transform as a picture."""

from __future__ import annotations

import base64
from functools import lru_cache
from typing import Any

import numpy as np
from scipy.ndimage import gaussian_laplace

from radon_nn._support.types import Array, Floats
from radon_nn.app.messages import Data, Drawn
from radon_nn.geometry.directions import Directions
from radon_nn.geometry.grids import Grid, Offsets
from radon_nn.networks.exact import exact_rtv
from radon_nn.networks.shallow import ShallowNetwork
from radon_nn.operators.transform import RadonTransform

REACH = 2.0
"""The grid of transforms is [-2, 2]^2: at the corners of the square [-1, 1]^2, at 1.41, the window's integral along a
kink is still a sixth of the largest. At 1.5 it was a thousandth, and rounding at the rim outshone the spikes."""
_SIDE = 128
_ANGLES = 90
_BLUR = 1.5
"""Width of the Gaussian through which spikes are seen, in grid spacings: at 1 the grid shows through as streaks."""
_RIM = 1e-2
"""Heights are divided by the window's integral along the kink, but by no less than this part of the largest: nearer to
the rim rounding would be all that is seen."""


def network_of(drawn: Drawn) -> ShallowNetwork:
    """
    The network that a page describes.

    Parameters
    ----------
    drawn : Drawn
        Its neurons and affine part.

    Returns
    -------
    ShallowNetwork
        The same function.
    """
    normals = np.column_stack([np.cos(drawn.angles), np.sin(drawn.angles)])
    gain = drawn.steepness
    return ShallowNetwork(
        gain * normals,
        -gain * drawn.offsets,
        drawn.masses / gain,
        drawn.skip[None],
        [drawn.constant],
        activation=drawn.activation,
    )


def measured(drawn: Drawn, data: Data | None) -> dict[str, Any]:
    """
    What the page shows of a network drawn by hand.

    Parameters
    ----------
    drawn : Drawn
        The network.
    data : Data, optional
        Data to compare it with.

    Returns
    -------
    dict
        R-TV on R^2, path norm, and for piecewise linear activations the merged spikes; with data also loss and
        objective.
    """
    network = network_of(drawn)
    out: dict[str, Any] = {"path_norm": network.path_norm, "spikes": None}
    if network.activation.piecewise_linear:
        measure = network.measure()
        angles = np.arctan2(measure.directions[:, 1], measure.directions[:, 0])
        out["spikes"] = np.column_stack([angles, measure.offsets, measure.masses[:, 0]]).tolist()
        out["rtv"] = measure.rtv
    else:
        out["rtv"] = exact_rtv(network).value
    if data is not None and len(data.points):
        out["loss"] = float(((network(data.points) - data.values) ** 2).sum() / 2)
        out["objective"] = out["loss"] + data.decay * out["rtv"]
    return out


@lru_cache(maxsize=1)
def transform() -> RadonTransform:
    """
    The transform of the pictures.

    Returns
    -------
    RadonTransform
        From the square to angles in [0, pi) and offsets.
    """
    grid = Grid.cube(_SIDE, radius=REACH)
    return RadonTransform(grid, Directions.half_circle(_ANGLES), Offsets.covering(grid))


def background(drawn: Drawn, kind: str) -> dict[str, Any]:
    """
    The transform of a network as a picture.

    Parameters
    ----------
    drawn : Drawn
        The network.
    kind : str
        'sinogram': integrals of f over the chords of the disc of radius 2. 'filtered': d_t^2 K R f, seen through a
        Gaussian, in which a spike of mass m is a peak of height about m.

    Returns
    -------
    dict
        'kind', 'values' (see `packed`), the rows' angles from 0 in steps of pi over their number, and the offsets'
        first and step.
    """
    network, radon = network_of(drawn), transform()
    radius = np.sqrt((radon.grid.points() ** 2).sum(axis=-1)).reshape(radon.grid.shape)
    samples = radon.grid.sample(network)
    if kind == "sinogram":
        picture = radon.forward(np.where(radius < REACH, samples, 0.0))
    else:
        picture = _filtered(samples, radius, radon)
    offsets = radon.offsets
    return {"kind": kind, "values": packed(picture), "first": float(offsets.values[0]), "step": float(offsets.step)}


def _filtered(samples: Floats, radius: Floats, radon: RadonTransform) -> Floats:
    """The Laplacian times (1 - |x|^2/r^2)^2, filtered: at (a, t) a spike's mass times 16/15 r (1 - t^2/r^2)^(5/2)."""
    spacing = radon.grid.spacing[0]
    window = np.where(radius < REACH, (1 - (radius / REACH) ** 2) ** 2, 0.0)
    picture = np.asarray(radon.filter(radon.forward(window * gaussian_laplace(samples, _BLUR) / spacing**2)))
    chord = (16 / 15) * REACH * np.maximum(1 - (radon.offsets.values / REACH) ** 2, 0.0) ** 2.5
    return np.asarray(picture * (2 * np.pi * _BLUR * spacing) ** 2 / np.maximum(chord, _RIM * chord.max()))


def packed(values: Array) -> dict[str, Any]:
    """
    An array as JSON: its shape, and float32 numbers of the least significant byte first, in base 64.

    Parameters
    ----------
    values : ndarray
        The array.

    Returns
    -------
    dict
        'shape' and 'base64'.
    """
    content = np.ascontiguousarray(values, dtype="<f4").tobytes()
    return {"shape": list(values.shape), "base64": base64.b64encode(content).decode("ascii")}
