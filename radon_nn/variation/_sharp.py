"""Values V(h) of the R-TV after smoothing by Gaussians of falling scales h, from fine grids.

Samples are transformed by the operators' splines of degree 5, one direction after another at a few milliseconds each,
so that grids have thousands of samples along each axis in the plane. Directions are added where the values change.
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from radon_nn._support.types import Floats
from radon_nn.geometry.black_box import TimeUpError as TimeUpError
from radon_nn.geometry.directions import Directions
from radon_nn.geometry.grids import Grid, Offsets
from radon_nn.measures.result import Refinement
from radon_nn.operators.transform import RadonTransform
from radon_nn.variation._samples import GridSamples, noise_cost
from radon_nn.variation._smoothing import Smoothing
from radon_nn.variation._sphere_cells import HalfSphere, independent_error, turned_frame

_FINEST = 1.5
"""The finest scale h in spacings. The sums of samples are exact for a band of pi / spacing; at 1.5 spacings the
Gaussian leaves 1.5e-5 at that frequency. Measured for (1 - |x|^2)_+^1.75 on 2048^2 samples, the error is 1e-5 there."""

_COARSEST = 8.0
"""The coarsest scale is the radius over this: at wider scales no law holds, and the taper is smoothed too."""

_COARSER = math.sqrt(2)
"""Each value is compared with that from a grid coarser by this: one step of the scale."""

_TRUST = 0.5
"""An error is taken as this fraction of the difference from the coarser grid: measured for kinks, it falls by 0.3 or
more from there to the finer grid, and so is at most 0.4 times the difference. That of steps falls more slowly; their
values differ so much that they are hardly ever used (`_RELIABLE`)."""

_PLAIN = 2.0
"""The error without smoothing in units of the difference from the coarser grid: 1 where it falls like the square of the
spacing, as that of (1 - |x|^2)_+^4 in space does, 0.4 at its third power; what falls more slowly does not settle."""

_RELIABLE = 3e-3
"""A value at scale h is used if its error is at most this fraction of it."""

_FADED = 0.8
"""The error of what is cut off is that of a taper at this fraction of the radius."""

_HALVED = 4.0
"""How much more the integral over a cell is wrong than that over its halves, at least. Gauss rules of order 4 and up
gain 16 and more where the variation is smooth in direction, 5.6 at its kinks of power 3/2, 4 at plain kinks."""


_BLOCK = 8
"""Directions transformed between looks at the clock: about a second on 4096^2 samples, which a thread computes at
once."""


class Sharp(NamedTuple):
    """V(h) at falling scales, with errors; the value without smoothing; relative errors that all scales share."""

    ladder: Refinement | None
    plain: float
    plain_error: float
    cut: float
    turned: float
    directions: int


class _Grid:
    """Samples on one grid, ready for any direction."""

    def __init__(self, samples: GridSamples, scales: Sequence[float], until: float) -> None:
        self.samples, self.until, n = samples, until, len(samples.axes[0])
        # Splines spread samples by up to half a support of six; the samples vanish outside the ball.
        self.offsets = Offsets(n + 8, samples.spacing)
        count = n if samples.dim == 1 else n + 8
        self.smoothing = Smoothing(count, samples.spacing, scales, samples.dim, 1.25 * samples.radius)

    def variations(self, normals: Floats) -> Floats:
        """As `_variations`, a few directions at a time; `TimeUpError` when the time is over."""
        parts = []
        for begin in range(0, len(normals), _BLOCK):
            if time.monotonic() > self.until:
                raise TimeUpError
            parts.append(self._variations(normals[begin : begin + _BLOCK]))
        return np.concatenate(parts, axis=1)

    def _variations(self, normals: Floats) -> Floats:
        """Variations at each scale for each direction, times the stretch |B' b| of the coordinates."""
        samples = self.samples
        if samples.dim == 1:
            profiles = samples.values[None]
        else:
            grid = Grid(samples.values.shape, samples.spacing)
            directions = Directions(normals, np.ones(len(normals)))
            profiles = np.asarray(
                RadonTransform(grid, directions, self.offsets, order=5).forward(samples.values), float
            )
        stretch: Floats = np.linalg.norm(normals @ samples.turn, axis=1)
        return self.smoothing.variations(profiles) * stretch


def scales_of(n: int, spacing: float) -> list[float]:
    """
    Scales from the radius over `_COARSEST` to `_FINEST` spacings, falling by sqrt 2.

    Parameters
    ----------
    n : int
        Samples along each axis.
    spacing : float
        Their distance.

    Returns
    -------
    list of float
        The scales.
    """
    steps = max(0, math.floor(2 * math.log2(n / (2 * _COARSEST * _FINEST))))
    return [_FINEST * spacing * 2 ** (k / 2) for k in range(steps, -1, -1)]


def sharp_values(fine: GridSamples, coarse: GridSamples, cut: bool, aim: float, most: int, until: float) -> Sharp:
    """
    V(h) from a grid, a coarser one that tells its error, and that tapered further in.

    Parameters
    ----------
    fine, coarse : GridSamples
        Samples on grids of equal radius, the second `_COARSER` times coarser.
    cut : bool
        Whether the samples were cut off where the function has not vanished.
    aim : float
        Relative error of the directions to reach.
    most : int
        Directions, at most.
    until : float
        The time, by `time.monotonic`, from which on no directions are computed.

    Returns
    -------
    Sharp
        The values.

    Raises
    ------
    TimeUpError
        If the time is over before there are values.
    """
    n, dim = len(fine.axes[0]), fine.dim
    scales = scales_of(n, fine.spacing)
    many = len(scales)
    # Not at the last scale, which is too fine for the coarser grid.
    grids = [_Grid(fine, [*scales, 0.0], until), _Grid(coarse, [*scales[:-1], 0.0], until)]
    if cut:
        grids.append(_Grid(coarse.tapered(_FADED), [*scales[:-1], 0.0], until))
    sphere = HalfSphere(dim, lambda normals: np.concatenate([grid.variations(normals) for grid in grids]), many)
    sphere.refine_to(aim, _HALVED, most, until)
    turned = sphere.turned(_HALVED)
    if dim > 1 and many > 1:
        # Values of the coarser grid alone: half the work in the plane, a third in space.
        check = HalfSphere(dim, lambda normals: grids[1].variations(normals @ turned_frame(dim)), many - 1)
        check.refine_to(aim, _HALVED, most, until)
        turned = independent_error(sphere, sphere.value[many + 1 : 2 * many + 1], check)
    fine_v, coarse_v, *faded = np.split(sphere.value, [many + 1, 2 * many + 1][: len(grids) - 1])
    plain_error = _PLAIN * abs(float(fine_v[-1] - coarse_v[-1]))
    values, noise = fine_v[:-1], math.pi / fine.spacing
    errors = np.abs(values[:-1] - coarse_v[:-1]) * _TRUST
    # At the last scale errors are up to four times as large as at the one before: measured for jumps, the worst.
    errors = np.append(errors, 4 * errors[-1:]) if many > 1 else np.full(1, math.inf)
    errors += [noise_cost(fine, min(2 / h, noise)) for h in scales]
    lost = float(np.max(np.abs(faded[0] - coarse_v)[-3:] / np.maximum(coarse_v[-3:], 1e-300))) if faded else 0.0
    unit = float(abs(np.linalg.det(fine.turn))) ** (-1 / dim)
    return Sharp(
        _reliable(np.asarray(scales) * unit, values, errors),
        float(fine_v[-1]),
        plain_error + noise_cost(fine, noise),
        lost,
        turned,
        sphere.count,
    )


def _reliable(scales: Floats, values: Floats, errors: Floats) -> Refinement | None:
    """The finest scales at which values are good, down to the last of them; None if there are fewer than six."""
    good = errors <= _RELIABLE * np.abs(values)
    if not good.any():
        return None
    end = int(np.flatnonzero(good)[-1]) + 1
    wrong = np.flatnonzero(~good[:end])
    chosen = slice(int(wrong[-1]) + 1 if len(wrong) else 0, end)
    h, v, e = scales[chosen], values[chosen], errors[chosen]
    if len(h) < 6:
        return None
    return Refinement("scale h", *(tuple(x.tolist()) for x in (h, v, v - e, v + e)))
