"""Search of a residual for spikes: peaks of its filtered transform, confirmed, pruned and tested by the samples."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.ndimage import maximum_filter1d

from radon_nn._support.types import Floats, Indices
from radon_nn.fitting._affine import affine_fit
from radon_nn.fitting._covariance import uncertainty
from radon_nn.fitting._refinement import Observations, fit_masses, refine
from radon_nn.geometry.domains import Ball
from radon_nn.geometry.grids import Function, Grid
from radon_nn.geometry.hyperplanes import SignedTree
from radon_nn.measures.ridge import RidgeMeasure
from radon_nn.spikes import _hyperplane_pairs as pairs
from radon_nn.spikes._significance import Tents, threshold, white_noise
from radon_nn.spikes._values import Values, fails_at_center, values_in
from radon_nn.spikes.filtered import SpikeTransform

APART = 4.0
"""Peaks, and spikes, closer than this many grid spacings are one: the filtered spline of a unit spike is four wide."""
_RELATIVE = 0.1
"""Peaks below this fraction of the highest wait until the higher ones are subtracted: side lobes of the Hann filter and
of unequal cuts reach some hundredths."""
_NOISE = 8.0
"""Peaks exceed this many standard deviations of the transform, measured by its median: noise on 1e6 samples of it
reaches 5, and its correlation from sample to sample adds some."""
_SHALLOWEST = 0.05
"""Hyperplanes whose cut through the domain is below this fraction of the largest are not searched: the response, which
peaks are divided by, is a few samples there."""
_FEW = 4
"""Spikes that cut off up to this many samples for each of their d + 1 numbers are tried without: at the edge of the
domain refinement can leave one that the samples do not demand."""
_ALIKE = 4.0
"""Rounding to single or half precision counts as independent noise this many times its size, since neighbours are
rounded alike: over 40 networks the errors of 640 directions and offsets reached 11 times those of noise of its size,
and one spike of six of its standard errors was invented."""
_LOSS = 0.02
"""Two spikes become one if the misfit beyond noise grows by this fraction at most: while others are still to be found
it says little, and a joint that was wrong shows in the next residual."""
_DOUBT, _STEPS = 4.0, 20
"""Spikes are tried without where the curvature of the misfit gives them up to this many times the threshold, since it
is of first order only; the others then take this many steps, which is more than they need beside one that is left."""
_DEVIATIONS = 5.0
"""A residual is white noise if its variance is within this many standard deviations of that of its differences."""
_CONSISTENT = 0.3
"""A candidate is kept if its fitted mass is at least this fraction of its peak's height: side lobes and noise
have next to no mass in the fit."""


@dataclass(frozen=True)
class Candidates:
    """Peaks of the filtered transform, highest first, in units of mass."""

    directions: Floats
    offsets: Floats
    heights: Floats

    def __getitem__(self, keep: NDArray[np.bool_] | slice) -> Candidates:
        return Candidates(self.directions[keep], self.offsets[keep], self.heights[keep])


@dataclass(frozen=True)
class Search:
    """What stays the same from round to round: the samples, the transform, and the neighbours of each direction."""

    samples: Observations
    affine: Floats
    given: Values
    view: SpikeTransform
    neighbours: tuple[Indices, ...]
    tents: Tents
    demand: float

    @classmethod
    def over(cls, f: Function | ArrayLike, grid: Grid, ball: Ball) -> Search:
        """The search in coordinates (x - center) / radius, the affine part taken off."""
        center = ball.center_in(grid.dim)
        fails_at_center(f, grid, ball)
        spacing = np.array(grid.spacing) / ball.radius
        view = SpikeTransform.over(Grid(grid.shape, spacing, (np.array(grid.center) - center) / ball.radius), Ball(1.0))
        inside = view.inside.ravel()
        least = 4 * (grid.dim + 1)
        if inside.sum() < least:
            raise ValueError(
                f"domain: expected at least {least} samples in it, got {inside.sum()} in {ball!r}; take a finer grid "
                "or a larger ball"
            )
        points = view.transform.grid.points()[inside]
        given = values_in(f, grid, ball, points, inside)
        affine, rest = affine_fit(points, given.values)
        return cls(
            Observations.of(points, rest),
            affine,
            given,
            view,
            tuple(SignedTree(view.transform.directions.normals).neighbours(APART * spacing.max())),
            Tents(view, points),
            threshold(math.prod(view.transform.sinogram_shape), grid.dim + rest.shape[1]),
        )

    @property
    def alike(self) -> float:
        """Standard errors over those of independent noise."""
        return _ALIKE if self.given.coarse else 1.0

    @property
    def width(self) -> float:
        """Distance within which peaks, and spikes, are one."""
        return APART * max(self.view.transform.grid.spacing)

    def variance(self, model: RidgeMeasure) -> float:
        """Variance of the noise of one value: that which the residual shows, at least the values' own."""
        noise = max(white_noise(self.samples.residual(model), self.view.inside), self.given.rounding)
        return float(noise**2 / self.samples.values.shape[1])

    def candidates(self, model: RidgeMeasure) -> Candidates:
        """Peaks of the filtered transform of the residual, above the noise and the side lobes of higher peaks."""
        transform, response = self.view.transform, self.view.response
        square = np.zeros(transform.sinogram_shape)
        for column in self.samples.residual(model).T:
            image = np.zeros(transform.grid.shape)
            image[self.view.inside] = column
            square += self.view(image) ** 2
        signal = np.sqrt(square)
        signal[response < _SHALLOWEST * response.max()] = 0
        floor = _NOISE * float(np.median(signal[signal > 0])) / 0.6745 if np.any(signal > 0) else np.inf
        reach = max(1, round(self.width / transform.offsets.step))
        around = maximum_filter1d(signal, 2 * reach + 1, axis=1, mode="constant")
        lowest = max(_RELATIVE * float(signal.max()), floor)
        peaks = [
            (signal[i, j], i, j)
            for i, j in np.argwhere((signal >= lowest) & (signal >= around))
            if self._highest(around, i, j, signal[i, j])
        ]
        peaks.sort(key=lambda peak: -peak[0])
        rows, columns = [p[1] for p in peaks], [p[2] for p in peaks]
        return Candidates(
            transform.directions.normals[rows],
            transform.offsets.values[columns],
            np.array([p[0] for p in peaks]) / response[rows, columns],
        )

    def strongest(self, model: RidgeMeasure) -> Candidates:
        """The spike that would lower the misfit most, at no height; none if noise alone might make it."""
        best = self.tents.strongest(self.samples.residual(model))
        if best.gain <= self.alike**2 * self.demand * self.variance(model):
            return Candidates(np.empty((0, model.dim)), np.empty(0), np.empty(0))
        return Candidates(best.direction[None], np.array([best.offset]), np.zeros(1))

    def far(self, model: RidgeMeasure, found: Candidates) -> NDArray[np.bool_]:
        """Which candidates are not near the model's own spikes."""
        return np.asarray(pairs.distance(found.directions, found.offsets, model) > self.width)

    def _highest(self, around: Floats, i: int, j: int, value: float) -> bool:
        """Whether no neighbouring direction, antipodes included, has a larger value near the same hyperplane."""
        near, m = self.neighbours[i], len(self.neighbours)
        mirrored = around.shape[1] - 1 - j
        return bool(np.all(around[near % m, np.where(near < m, j, mirrored)] <= value))

    def extended(self, model: RidgeMeasure, found: Candidates, *, free: bool) -> RidgeMeasure | None:
        """The model and the candidates whose masses a fit confirms; those near its own spikes only if `free`."""
        if len(found.offsets) == 0:
            return None
        far = self.far(model, found)
        chosen = found[far] if far.any() and not free else found[:30]
        directions = np.concatenate([model.directions, chosen.directions])
        offsets = np.concatenate([model.offsets, chosen.offsets])
        fitted = _masses_at(directions, offsets, self.samples)
        sure = np.append(np.ones(len(model), bool), fitted[len(model) :] >= _CONSISTENT * chosen.heights)
        if sure.sum() == len(model):
            if not free:
                return None
            sure[:] = True
        return fit_masses(directions[sure], offsets[sure], self.samples)

    def supported(self, model: RidgeMeasure) -> RidgeMeasure:
        """The same function at the samples; spikes with all samples on one side go into the affine part."""
        on = self._samples_above(model)
        split, above = (on > 0) & (on < len(self.samples.points)), on > 0
        outside = ~split & above
        return RidgeMeasure(
            model.directions[split],
            model.offsets[split],
            model.masses[split],
            model.skip + model.masses[outside].T @ model.directions[outside],
            model.constant - model.masses[outside].T @ model.offsets[outside],
        )

    def demanded(self, model: RidgeMeasure, floor: float) -> RidgeMeasure:
        """The model without spikes that cut off a few samples only, where the others explain these as well."""
        if self.samples.misfit(model) > floor:
            return model
        on = self._samples_above(model)
        cut = np.minimum(on, len(self.samples.points) - on)
        keep = np.ones(len(model), bool)
        for k in np.argsort(cut)[: np.count_nonzero(cut <= _FEW * (model.dim + 1))]:
            keep[k] = False
            fewer = fit_masses(model.directions[keep], model.offsets[keep], self.samples)
            keep[k] = self.samples.misfit(fewer) > floor
        if keep.all():
            return model
        return refine(fit_masses(model.directions[keep], model.offsets[keep], self.samples), self.samples, steps=30)

    def _samples_above(self, model: RidgeMeasure) -> Indices:
        """How many samples lie above each hyperplane."""
        on = np.zeros(len(model), np.int64)
        for begin in range(0, len(self.samples.points), 8192):
            on += (self.samples.points[begin : begin + 8192] @ model.directions.T > model.offsets).sum(axis=0)
        return on

    def pruned(self, model: RidgeMeasure, width: float, floor: float) -> RidgeMeasure:
        """Fold spikes that left the domain, and join close ones where that costs 2 % of the misfit, or noise."""
        model = self.supported(model)
        keep = model.sizes > 1e-9 * model.sizes.max(initial=0)
        if not keep.all():
            model = refine(
                fit_masses(model.directions[keep], model.offsets[keep], self.samples), self.samples, steps=10
            )
        misfit, variance = self.samples.misfit(model), self.variance(model)
        by_noise = self.alike**2 * self.demand * variance / len(self.samples.points)
        failed: set[bytes] = set()
        while len(model) > 1:
            pair = pairs.closest_pair(model, width, failed)
            if pair is None:
                break
            joined = refine(pairs.joined(model, *pair), self.samples, steps=10, stop=0.5).restricted(self.view.domain)
            now = self.samples.misfit(joined)
            beyond = max(misfit - variance * model.outputs, 0.0)
            if now <= max(floor, misfit + _LOSS * beyond + by_noise):
                model, misfit = joined, now
            else:
                failed.add(pairs.key(model, *pair))
        return model

    def significant(self, model: RidgeMeasure) -> RidgeMeasure:
        """The model without spikes that noise alone would make, where little but noise is left; refined each time."""
        while len(model) and self.nearly_noise(model):
            significance = uncertainty(model, self.samples, np.zeros(model.dim)).significance
            misfit, allowed = self.samples.misfit(model), self.alike**2 * self.demand * self.residual_variance(model)
            for k in np.argsort(significance)[: np.count_nonzero(significance < _DOUBT * allowed)]:
                keep = np.arange(len(model)) != k
                fewer = fit_masses(model.directions[keep], model.offsets[keep], self.samples)
                fewer = refine(fewer, self.samples, steps=_STEPS)
                if len(self.samples.points) * (self.samples.misfit(fewer) - misfit) <= allowed:
                    model = self.supported(fewer)
                    break
            else:
                break
        return model

    def residual_variance(self, model: RidgeMeasure) -> float:
        """Variance of the residual of one value, at least that of the values' rounding."""
        values = self.samples.values
        fitted = len(model) * (model.dim + model.outputs) + (model.dim + 1) * model.outputs
        square = float(np.sum(self.samples.residual(model) ** 2)) / max(values.size - fitted, 1)
        return max(square, self.given.rounding**2 / model.outputs)

    def nearly_noise(self, model: RidgeMeasure) -> bool:
        """Whether the variance of the residual is that of the white noise it shows."""
        # The median of n / 3 independent differences is good to 2 / sqrt(n) of itself, the variance to twice that.
        slack = _DEVIATIONS * 4 / math.sqrt(len(self.samples.points))
        return self.residual_variance(model) <= self.variance(model) * (1 + slack)

    def noise_left(self, model: RidgeMeasure) -> float:
        """Standard deviation of the residual if it looks like white noise with no spike in it; otherwise 0."""
        alone = self.nearly_noise(model) and len(self.strongest(model).offsets) == 0
        return math.sqrt(self.residual_variance(model)) if alone else 0.0


def _masses_at(directions: Floats, offsets: Floats, samples: Observations) -> Floats:
    """|mass| fitted at each hyperplane, in the order given."""
    fitted = fit_masses(directions, offsets, samples)
    return fitted.sizes[pairs.search_tree(fitted).nearest(pairs.places(directions, offsets))[1]]
