"""The R-TV of functions with cusps, d = 2 or 3: what is left without the cusps from grids, and these in closed form.

The densities of both are added before the variation is taken, in each direction: at the offset of a cusp the
antiderivative G of the density steps, and grids would smear the step over their spacing.
"""

from __future__ import annotations

import math
import time
from dataclasses import replace

import numpy as np

from radon_nn._support.types import Floats
from radon_nn.geometry.directions import Directions
from radon_nn.geometry.grids import Grid, Offsets
from radon_nn.measures.result import RTV, Refinement
from radon_nn.operators.transform import RadonTransform
from radon_nn.variation._cusps import Cusp, cusp_profile, cusped_values, cusps_in_words, cusps_of
from radon_nn.variation._refining import Runs, even
from radon_nn.variation._samples import ROUNDING, TAPER, GridSamples
from radon_nn.variation._smoothing import Smoothing
from radon_nn.variation._sphere_cells import HalfSphere, independent_error, turned_frame
from radon_nn.variation._unseen import SPARE, compared, looked_at, many_for, narrower, wider

_SIZES = {2: (256, 512, 1024, 2048), 3: (96, 160, 256)}
"""Samples along each axis, in turn, until the error settles."""
_COARSER = 1.4142
"""Each value is compared with that from a grid coarser by this, and that with one coarser again."""
_PLAIN = 3.0
"""The error in units of the difference from the coarser grid. That of the roughest term that may be left about a cusp,
r^2 times a function of the direction, falls like the spacing and is 2.4 differences; that of r^5, what is left of
exp(-r), is 0.3."""
_EARLIER = 0.5
"""The error is at least this much of the difference before that: four times as large where what is left is smooth, and
about as large beside another rough place, where one small difference may be luck."""
_FADED, _FADED_BY, _HALVED = 0.8, 2.0, 4.0
"""As those of `_fine_grids` and `_sharp`: the error of what is cut off, and of directions."""
_AIM, _MOST = 1e-4, 1000
"""Relative error of the directions to reach, and how many there are at most."""
_CLEAR = 10.0
"""f's errors are allowed for this many times their size where f is compared with what is left: as in `decaying`."""
_BLOCK = 8
"""Directions transformed at a time."""
_CREDIBLE = 5e-3
"""A value with a larger relative error is left to the other grids, which extrapolate."""
_SETTLES = 0.4
"""So is a function whose error by the spacing does not fall to this part from one grid to the next: it falls to a
quarter per doubling where what is left is smooth, and to 0.6 beside the rim of (1 - |x|)^2_+."""


def cusped_rtv(runs: Runs, tol: float, max_samples: int, assumed: str) -> RTV | None:
    """
    The R-TV of a function with cusps, from larger and larger grids as long as the time allows.

    Parameters
    ----------
    runs : Runs
        The function, and the time limit.
    tol : float
        Relative error to reach.
    max_samples : int
        Samples on one grid, at most.
    assumed : str
        Where f is taken as affine.

    Returns
    -------
    RTV or None
        None if f has no cusps, or other singularities, beside which the error does not fall fast enough.
    """
    h, dim = runs.h, runs.dim
    sizes = [n for n in _SIZES.get(dim, ()) if n**dim <= max_samples]
    if not sizes:
        return None
    scale = abs(float(np.linalg.det(h.turn))) ** (1 / dim)
    # Cusps are round in the user's coordinates.
    longer = scale * float(np.linalg.norm(np.linalg.inv(h.turn), 2))
    round_h = replace(h, turn=scale * np.eye(dim))
    cusps = cusps_of(round_h, runs.until)
    if cusps is None or time.monotonic() > runs.until:
        return None
    named = cusps_in_words([h.center + cusp.center / scale for cusp in cusps], 1 / scale)
    runs.say(named)
    # As far as exp(-r) has fallen to 1e-6, from all cusps.
    far = max(float(np.linalg.norm(cusp.center)) for cusp in cusps) + 14.0
    radius = max(far, longer * min(h.extent(1e-6), max(h.extent(1e-3), 12.0))) / TAPER
    smooth = Runs(round_h, runs.say, runs.until)
    steps: list[tuple[int, float, float]] = []
    took = before = 0.0
    for k, n in enumerate(sizes):
        begin = time.monotonic()
        if k and took * (n / sizes[k - 1]) ** dim > runs.until - begin:
            break
        value, sampled, common, rest = _on_grid(smooth, cusps, n, radius)
        error = sampled + common
        took = time.monotonic() - begin
        runs.say(f"{n}^{dim} samples of f without its cusps: {value:.10g} +- {error:.2g}")
        # Of two grids that disagree neither is right.
        if steps and abs(value - steps[-1][1]) > error + steps[-1][2]:
            return None
        if steps and sampled > max(_SETTLES * before, _AIM * value):
            return None
        before = sampled
        steps.append((n, value, error))
        # What is cut off and directions cost the same on a finer grid.
        if error <= max(tol, _AIM) * value or sampled <= common / 4:
            break
    n, value, error = min(steps, key=lambda step: step[2])
    if error > _CREDIBLE * value:
        return None
    columns = [(float(n), v, v - e, v + e) for n, v, e in steps]
    refinement = Refinement("samples along each axis", *(tuple(column) for column in zip(*columns, strict=True)))
    method = f"{named}, in closed form, and the Radon transform of {n}^{dim} samples of the rest"
    spare = _CLEAR * h.noise + SPARE * h.peak
    wide = wider(lambda n, radius: _rest(smooth, cusps, n, radius), rest, radius, h.box)
    looked = compared(lambda y: round_h(y) - cusped_values(cusps, y), rest, wide, many_for(h.box), spare)
    if looked.off:
        law = narrower(looked.off, h.peak)
        return RTV(value, 0.0, math.inf, method, assumed, "unknown", "unresolved", law, refinement, False)
    bounds, met = (max(value - error, 0.0), value + error), error <= tol * value
    method += f"; {looked_at(round_h, looked.lattice)}"
    return RTV(value, *bounds, method, assumed, "estimated", "finite", "", refinement, met)


def _on_grid(runs: Runs, cusps: list[Cusp], n: int, radius: float) -> tuple[float, float, float, GridSamples]:
    """The R-TV, its error by the spacing, that by what is cut off and directions, and the samples of what is left."""
    fine, coarse, coarsest = (_rest(runs, cusps, even(n / _COARSER**k), radius) for k in range(3))
    parts = (fine.tapered(1.0), coarse.tapered(1.0), coarse.tapered(_FADED), coarsest.tapered(1.0))
    grids = [_Cusped(samples, cusps) for samples in parts]
    dim = runs.dim
    sphere = HalfSphere(dim, lambda b: np.stack([grid.variations(b) for grid in grids]), 1)
    sphere.refine_to(_AIM, _HALVED, _MOST, runs.until)
    check = HalfSphere(dim, lambda b: grids[1].variations(b @ turned_frame(dim))[None], 1)
    check.refine_to(_AIM, _HALVED, _MOST, runs.until)
    turned = independent_error(sphere, sphere.value[1:2], check)
    value, other, faded, third = (float(v) for v in sphere.value)
    sampled = max(_PLAIN * abs(value - other), _EARLIER * abs(other - third))
    return value, sampled, _FADED_BY * abs(faded - other) + (turned + ROUNDING) * value, parts[0]


def _rest(runs: Runs, cusps: list[Cusp], n: int, radius: float) -> GridSamples:
    samples = runs.samples(n, radius)
    places = np.stack(np.meshgrid(*samples.axes, indexing="ij"), axis=-1).reshape(-1, runs.dim)
    inside = np.sum(places**2, axis=1) < radius**2
    rest = samples.values.ravel().copy()
    rest[inside] -= cusped_values(cusps, places[inside])
    return replace(samples, values=rest.reshape(samples.values.shape))


class _Cusped:
    """What is left on a grid, and the cusps, ready for any direction."""

    def __init__(self, samples: GridSamples, cusps: list[Cusp]) -> None:
        self.samples, self.cusps, n = samples, cusps, len(samples.axes[0])
        # Splines spread samples by up to half a support of six.
        self.offsets = Offsets(n + 8, samples.spacing)
        self.smoothing = Smoothing(n + 8, samples.spacing, [0.0], samples.dim, 1.25 * samples.radius)

    def variations(self, normals: Floats) -> Floats:
        """The variation of G in each direction, times the scale of the coordinates: (m,)."""
        samples, values = self.samples, []
        grid = Grid(samples.values.shape, samples.spacing)
        for begin in range(0, len(normals), _BLOCK):
            part = normals[begin : begin + _BLOCK]
            directions = Directions(part, np.ones(len(part)))
            profiles = np.asarray(
                RadonTransform(grid, directions, self.offsets, order=5).forward(samples.values), np.float64
            )
            t, G = self.smoothing.finest(profiles)
            values += [self._variation(t, row, normal) for row, normal in zip(G, part, strict=True)]
        return float(samples.turn[0, 0]) * np.array(values)

    def _variation(self, t: Floats, rest: Floats, normal: Floats) -> float:
        """Of the sum of both: at each cusp's offset G has a value on either side."""
        places = np.array([float(cusp.center @ normal) for cusp in self.cusps])
        offsets = np.concatenate([t, places, places])
        sides = np.concatenate([np.zeros(len(t)), -np.ones(len(places)), np.ones(len(places))])
        order = np.lexsort([sides, offsets])
        offsets, sides = offsets[order], sides[order]
        G = np.interp(offsets, t, rest)
        for cusp, place in zip(self.cusps, places, strict=True):
            away = offsets - place
            sign = np.where(away == 0, sides, np.sign(away))
            G += sign * cusp_profile(cusp.factors, np.abs(away), self.samples.dim)
        return float(np.abs(np.diff(G)).sum() + abs(G[0]) + abs(G[-1]))
