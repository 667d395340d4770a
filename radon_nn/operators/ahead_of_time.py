"""Compiling ahead of time: the first call of a transform takes seconds, and so it may be made before it matters."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from radon_nn.geometry.directions import Directions
from radon_nn.geometry.grids import Grid, Offsets
from radon_nn.operators.pixels import Geometry, Window, filtered_backprojection
from radon_nn.operators.transform import RadonTransform

_SIDE, _ANGLES, _MANY = 160, 300, 4000
"""Samples along a side and angles for which bundles save work, with linear and with cubic splines; with `_MANY` angles
they are put together to longer ones, and with `_FEW` there are none."""
_FEW = 4


def warm_up(dtypes: Iterable[Any] = ("float32", "float64")) -> None:
    """
    Compile what most calls need, unless that is on disk already.

    That is, for single images: `RadonTransform` of orders 1 and 3 in any dimension, forward, adjoint, backprojection,
    filter and inverse; and with them `radon_nn.skimage.radon` and `radon_nn.skimage.iradon`. Stacks of images, and
    splines of order 5, compile further variants at their own first use, a few seconds each.

    Parameters
    ----------
    dtypes : iterable of dtype
        For which of float32 and float64.

    See Also
    --------
    RadonTransform : What is compiled.

    Examples
    --------
    >>> warm_up()  # doctest: +SKIP
    """
    grid, offsets = Grid.cube(_SIDE), Offsets(_SIDE, 2 / _SIDE)
    pixels = Geometry(np.zeros(1).tobytes(), 8, 8, 4.0, False)
    for dtype in dtypes:
        filtered_backprojection(np.zeros((1, 1, 8), dtype), pixels, "linear", Window("ramp"), (0, 0), 1)
        for order in (1, 3):
            for angles in (_FEW, _ANGLES, _MANY):
                transform = RadonTransform(grid, Directions.half_circle(angles), offsets, order)
                sinogram = transform.forward(np.zeros(grid.shape, dtype))
                transform.adjoint(sinogram)
                transform.invert(sinogram)
