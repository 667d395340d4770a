"""The filtered transform of a function near a disc, without the rim of the disc in it."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from radon_nn._support.types import Floats
from radon_nn.closed_forms.base import ClosedForm
from radon_nn.displays.canvas import sampled
from radon_nn.geometry.domains import Ball
from radon_nn.geometry.grids import Function, Grid
from radon_nn.measures.ridge import RidgeMeasure
from radon_nn.networks.deep import DeepNetwork
from radon_nn.networks.shallow import ShallowNetwork
from radon_nn.operators.transform import RadonTransform
from radon_nn.spikes.filtered import SpikeTransform, laplacian

_OUTWARDS, _INWARDS = 1.0, 0.3
"""Widths of the taper in radii. Cut off sharply, the Laplacian of a smooth function gives ridges of 1/sqrt(distance) at
the rim: of softplus(8 x_1) on 128^2 samples, 81 % of the largest value, and more on finer grids. A taper outside leaves
19, 11, 10 and 10 % at widths of 0.25, 0.5, 1 and 2, and beside the function's own ridge, 28, 24, 18 and 11 %. One
inside leaves 50, 32, 23 and 16 % at widths of 0.1, 0.2, 0.3 and 0.5, which take away more and more of the function."""


class Filtered(NamedTuple):
    """
    d_t^2 K R f on (angle, offset), in units of mass.

    Parameters
    ----------
    values : ndarray, shape (m, n)
        The filtered transform; a spike in the middle of the disc has a peak of its mass.
    transform : RadonTransform
        Its directions and offsets.
    inwards : bool
        Whether f was faded out within the disc, since it may not be defined outside.
    """

    values: Floats
    transform: RadonTransform
    inwards: bool


def filtered(f: Function, grid: Grid, domain: Ball) -> Filtered:
    """
    Sample, fade out, transform and filter a function.

    Parameters
    ----------
    f : callable
        Takes points (n, 2), returns n values. Networks, measures and closed forms are defined everywhere and fade out
        beyond the disc; whatever else is called, within it.
    grid : Grid
        The points to sample; where f is defined everywhere, more of them around.
    domain : Ball
        The disc.

    Returns
    -------
    Filtered
        The picture.
    """
    everywhere = isinstance(f, ShallowNetwork | DeepNetwork | RidgeMeasure | ClosedForm)
    inner = domain.radius * (1.0 if everywhere else 1 - _INWARDS)
    outer = domain.radius * (1 + _OUTWARDS if everywhere else 1.0)
    if everywhere:
        more = [math.ceil(_OUTWARDS * domain.radius / step) for step in grid.spacing]
        size = tuple(count + 2 * extra for count, extra in zip(grid.shape, more, strict=True))
        grid = Grid(size, grid.spacing, grid.center)
    ball = Ball(outer, domain.center)
    view = SpikeTransform.over(grid, ball)
    samples = np.where(view.inside, sampled(f, grid), 0.0)
    bent, formed = laplacian(samples, grid, view.inside)
    distance = np.linalg.norm(grid.points() - domain.center_in(grid.dim), axis=-1).reshape(grid.shape)
    faded = _smooth_step((outer - distance) / (outer - inner))
    transform = view.transform
    peak = view.response.max() / transform.forward(formed.astype(np.float64)).max()
    unit = peak * transform.forward(formed * faded).max()
    values = transform.filter(transform.forward(bent * faded), window="hann").astype(np.float64)
    return Filtered(values / unit, transform, not everywhere)


def _smooth_step(u: Floats) -> Floats:
    """0 below 0, 1 above 1, and twice differentiable between: 6 u^5 - 15 u^4 + 10 u^3."""
    u = np.clip(u, 0, 1)
    return np.asarray(u**3 * (10 - 15 * u + 6 * u**2))
