"""The R-TV of samples in scaled coordinates: its error, its growth, and the verdict.

In the coordinates y = B (x - c) the sampled function is roughly a unit bump. R-TV(f) is the integral over directions b
of |B' b| times the total variation of the samples' transform along b. If the value does not settle with finer samples,
f is smoothed by Gaussians of scale h, and the law by which its R-TV settles or grows as h falls gives the verdict.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from scipy import fft

from radon_nn._support import checks
from radon_nn._support.types import Floats
from radon_nn._support.wording import counted
from radon_nn.geometry.black_box import BlackBox
from radon_nn.geometry.directions import inversion_constant, sphere_area
from radon_nn.measures.result import RTV, Refinement
from radon_nn.variation._ray_spectrum import frequency_rule, ray_rule, ray_spectrum, total_variation
from radon_nn.variation._survey import smooth_step
from radon_nn.variation.growth import growth_of

TAPER = 0.75
"""Fraction of the radius at which the taper of the samples to 0 begins."""

COARSER = {"samples": 1.25, "radius": 1.15, "directions": 1.5}
"""Factors by which each is refined; its error is estimated from runs that are one and two factors coarser."""

WORK = 1e11
"""Multiplications allowed in one transform: about ten seconds on two cores."""

_MOST = {1: 1 << 11, 2: 400, 3: 256, 4: 64}
"""Most samples along an axis: with these the work in the plane is that of `WORK`, and the memory in space some GiB."""

MOST_DIRECTIONS = {1: 1, 2: 2048, 3: 160, 4: 40}
"""Most directions per angle, set by hand: 4096, 51 200 and 128 000 rays. With the most samples, too, a transform takes
2.4, 10 and 0.6 times `WORK`, which ends the refinement sooner."""

_NOISE = 6.0
"""Standard deviations of f's errors that a value of their transform exceeds nowhere among 1e7 values."""

ROUNDING = 1e-8
"""Relative error allowed for reading G's extremes from quintics: tested to be below 4e-9 for Gaussians."""

_SPACINGS = 3.0
"""The finest scale h in spacings: exp(-(w h)^2 / 2) is then below 1e-19 at w = pi / spacing, where aliasing begins."""

AS_SEEN = "at the scales seen, or settles by a small power of h: these cannot be told apart"

_RELIABLE = 3e-3
"""A value at scale h is used if its error, estimated from coarser samples and noise, is at most this fraction of it."""


@dataclass(frozen=True, eq=False)
class GridSamples:
    """Samples of h on a product grid centered at 0 in the coordinates y; `noise` is the size of f's own errors."""

    values: Floats
    axes: tuple[Floats, ...]
    radius: float
    turn: Floats
    noise: float

    @property
    def dim(self) -> int:
        """Dimension d."""
        return self.values.ndim

    @property
    def spacing(self) -> float:
        """Distance of neighbouring samples, the same along every axis."""
        return float(self.axes[0][1] - self.axes[0][0])

    def spectrum(self) -> tuple[Floats, Floats, float]:
        """|w| and |h^(w)| at the frequencies of the grid, and what f's own errors exceed nowhere in h^."""
        sizes = np.abs(fft.rfftn(self.values)) * self.spacing**self.dim
        k = [2 * math.pi * fft.fftfreq(n, self.spacing) for n in self.values.shape]
        k[-1] = k[-1][: sizes.shape[-1]]
        w = np.sqrt(sum(np.square(x).reshape(-1, *(1,) * (self.dim - 1 - i)) for i, x in enumerate(k)))
        noise = _NOISE * self.noise * self.spacing**self.dim * math.sqrt(self.values.size)
        return w, sizes, noise

    def tapered(self, share: float) -> GridSamples:
        """The samples tapered smoothly to 0 between `TAPER` * `share` and `share` of the radius."""
        parts = [axis.reshape(-1, *(1,) * (self.dim - 1 - i)) for i, axis in enumerate(self.axes)]
        radius = share * self.radius
        step = smooth_step((1 - np.sqrt(sum(part**2 for part in parts)) / radius) / (1 - TAPER))
        return replace(self, values=self.values * step, radius=radius)


def geometric_error(coarsest: float, coarser: float, value: float) -> float:
    """The error of the last of three values if they converge geometrically, but at least the last difference."""
    last, before = abs(value - coarser), abs(coarser - coarsest)
    ratio = min(last / before, 0.9) if before else 0.0
    return last * max(1.0, 2 * ratio / (1 - ratio))


def settling_error(values: Sequence[float]) -> float:
    """The error of the last of three or more values on ever finer grids."""
    error = geometric_error(*values[-3:])
    if len(values) < 4:
        return error
    # The error of a function with a weak singularity changes its sign from grid to grid, so one small difference can be
    # luck: (1 - |x|^2)^5_+ was off by 12 times the last one. The ratio of differences of analytic functions falls too,
    # but to its square rather than at once.
    first, before, _ = np.abs(np.diff(values[-4:]))
    ratio = min(before / first, 1.0) if first else 0.0
    return max(error, float(before * ratio**2))


def erratic_error(*values: float) -> float:
    """The error of the last of three values or more, computed with ever finer rules over directions."""
    # Where two zeros of g(b, t) merge as b turns, the variation in direction b has a kink of power 3/2. The error then
    # falls only algebraically, by 0.36 for 1.5 times as many directions, and by factors that depend on where the nodes
    # lie: small differences can be luck, even two in a row (three Gaussians of the calibration, seed 8012).
    last = np.abs(np.diff(values[-4:]))[::-1]
    return 2 * float(np.max(last * np.array([1.0, 1 / 2, 1 / 8])[: len(last)]))


def noise_cost(samples: GridSamples, band: float) -> float:
    """Approximate bound of what independent errors of the samples add to the R-TV up to a band limit W."""
    d, length = samples.dim, 2 * samples.radius
    # In each direction g has variance noise^2 spacing^(2d) count / length times the integral of the squared kernel of
    # c_d |w|^(d+1), |w| < W; |g| adds its mean modulus over all offsets.
    kernel = inversion_constant(d) * math.sqrt(band ** (2 * d + 3) / (math.pi * (2 * d + 3) * length))
    size = samples.noise * samples.spacing**d * math.sqrt(samples.values.size) * kernel
    return sphere_area(d) * float(np.linalg.norm(samples.turn, 2)) * length * size


def band_limit(samples: GridSamples) -> float:
    """The band limit: pi / spacing, or less if the transform beyond it consists of f's own errors."""
    most = math.pi / samples.spacing
    w = np.linspace(0.02, 1.0, 50) * most
    size = np.abs(ray_spectrum(samples.values, samples.axes, w, ray_rule(samples.dim, 3))).max(axis=1)
    # The modulus of such errors exceeds four standard deviations once in 1e7.
    level = 4 * samples.noise * samples.spacing**samples.dim * math.sqrt(samples.values.size)
    above = np.flatnonzero(size > level)
    return float(w[min(int(above[-1]) + 1, len(w) - 1)]) if len(above) else most


def windowed_values(samples: GridSamples, count: int, windows: Sequence[tuple[float, float]]) -> list[float]:
    """R-TV with `count` directions per angle, for each pair of a band limit and a window's scale h (0: no window)."""
    dim, reach = samples.dim, 1.25 * samples.radius
    rule = ray_rule(dim, count)
    w, weights = frequency_rule(max(band for band, _ in windows), reach + samples.radius)
    checks.fits_memory(
        16.0 * len(w) * len(rule) * 4 + 8.0 * samples.values.size * 6,
        f"the transform of {samples.values.shape} samples in {len(rule)} directions",
        "lower max_samples",
    )
    spectrum = ray_spectrum(samples.values, samples.axes, w, rule)
    stretch = np.linalg.norm(rule.normals @ samples.turn, axis=1) * rule.weights
    values = []
    for band, h in windows:
        keep = w <= band
        faded = spectrum[keep] * np.exp(-((w[keep] * h) ** 2) / 2)[:, None]
        variation, _ = total_variation(faded, w[keep], weights[keep], dim, band, reach)
        values.append(float(stretch @ variation))
    return values


def plain_value(samples: GridSamples, count: int) -> tuple[float, float]:
    """R-TV with `count` directions per angle, and what f's own errors may have added to it."""
    band = band_limit(samples)
    return windowed_values(samples, count, [(band, 0.0)])[0], noise_cost(samples, band)


def work(dim: int, n: int, count: int) -> float:
    """Multiplications in a transform of n^dim samples."""
    angles = [max(count // 2, 1)] * (dim - 2) + [count] * (dim > 1)
    return 1.8 * n * float(sum(math.prod(angles[: j + 1]) * n ** (dim - j) for j in range(max(len(angles), 1))))


def most_samples(dim: int, max_samples: int, count: Callable[[int], int], budget: float = WORK) -> int:
    """The largest even number of samples along an axis that the budget allows, at least 8."""
    n = min(_MOST[dim], int(max_samples ** (1 / dim) + 1e-9)) // 2 * 2
    while n > 8 and work(dim, n, count(n)) > budget:
        n -= 2
    return n


def ladder(
    fine: GridSamples, coarse: GridSamples, trust: float, count: int, say: Callable[[str], object]
) -> Refinement | None:
    """V(h) for h from a quarter of the radius to three spacings, as far as coarser samples confirm it."""
    finest = _SPACINGS * fine.spacing
    steps = max(0, math.floor(2 * math.log2(fine.radius / 4 / finest)))
    scales = [finest * 2 ** (k / 2) for k in range(min(steps, 12), -1, -1)]
    unit = float(abs(np.linalg.det(fine.turn))) ** (-1 / fine.dim)
    say(f"values at {len(scales)} scales from {scales[0] * unit:.3g} to {finest * unit:.3g}")
    most = math.pi / fine.spacing
    found = [windowed_values(samples, count, [(min(7 / h, most), h) for h in scales]) for samples in (fine, coarse)]
    value = np.array(found[0])
    errors = (
        ROUNDING * value
        + trust * np.abs(value - found[1])
        + np.array([noise_cost(fine, min(2 / h, most)) for h in scales])
    )
    wrong = np.flatnonzero(errors > _RELIABLE * np.abs(value))
    # Values at the coarsest scales may be small and ill determined; only the fine end limits the ladder.
    good = np.flatnonzero(errors <= _RELIABLE * np.abs(value))
    end = int(good[-1]) + 1 if len(good) else 0
    begin = int(wrong[wrong < end][-1]) + 1 if np.any(wrong < end) else 0
    if end - begin < 6:
        return None
    chosen = slice(begin, end)
    v, e = value[chosen], errors[chosen]
    return Refinement(
        "scale h",
        tuple(h * unit for h in scales[chosen]),
        tuple(v.tolist()),
        tuple((v - e).tolist()),
        tuple((v + e).tolist()),
    )


class Assumption(NamedTuple):
    """The method that computed a value, and what it assumes."""

    method: str
    assumed: str


def refuted(upper: float, lower: float) -> float:
    """An upper bound; where a lower bound refutes it, as far above that as it was below."""
    return upper if lower <= upper else 2 * lower - upper


def latest(begin: float, seconds: float) -> float:
    """
    When no further call of a function may begin: somewhat later than asked, for the last comparisons.

    Parameters
    ----------
    begin : float
        When the work began (`time.monotonic`).
    seconds : float
        The time limit.

    Returns
    -------
    float
        The time.
    """
    return begin + 1.5 * seconds + 0.25


def too_slow(f: BlackBox, where: str) -> RTV:
    """
    The verdict if the time was over before there was any value.

    Parameters
    ----------
    f : BlackBox
        The function, as far as it was called.
    where : str
        The domain in words.

    Returns
    -------
    RTV
        Unresolved, with what a value of f took.
    """
    law = (
        f"the time was over after {counted(f.count, 'value')}, which took {f.seconds / max(f.count, 1):.2g} s each: "
        "give more seconds, or compute many points at once"
    )
    return RTV(0.0, 0.0, math.inf, "nothing was computed", where, "unknown", "unresolved", law, None, False)


def on_the_way(name: str, steps: Sequence[tuple[float, float]], last: float, error: float) -> Refinement:
    """The refinement of values that settled; the uncertainty of each is its distance from the last, plus `error`."""
    at, values = zip(*steps, strict=True)
    away = [abs(value - last) + error for value in values]
    lower = tuple(value - e for value, e in zip(values, away, strict=True))
    upper = tuple(value + e for value, e in zip(values, away, strict=True))
    return Refinement(name, at, values, lower, upper)


def verdict_of(found: Refinement | None, last: float, error: float, made: Assumption, dim: int) -> RTV:
    """The verdict from values at falling scales (None if too few are reliable); `last` is that without a window."""

    def unresolved(value: float, lower: float, law: str) -> RTV:
        """The verdict where the samples do not decide."""
        return RTV(value, lower, math.inf, *made, "estimated", "unresolved", law, found, False)

    if found is None:
        return unresolved(last, max(0.0, last - error), "the samples are too few to see a law")
    growth = growth_of(found)
    floor = max(found.lower)
    if growth.kind == "unclear":
        return unresolved(found.value[-1], floor, str(growth))
    if growth.grows and not growth.possible_in(dim):
        return unresolved(
            found.value[-1], floor, f"{growth}, faster than any bounded function's: finer samples are needed"
        )
    if growth.grows and not growth.evident:
        return unresolved(found.value[-1], floor, f"{growth} {AS_SEEN}")
    if growth.grows:
        return RTV(math.inf, floor, math.inf, *made, "estimated", "infinite", str(growth), found, True)
    # Smoothing never increases R-TV, so the finest value is a lower bound. The upper bound allows for half the distance
    # of the limit from that value, and for the change of the limit when the finest scale is left out.
    limit = max(growth.limit, floor)
    above = limit + growth.spread + (limit - found.value[-1]) / 2
    below = max(floor, limit - growth.spread) if growth.exponent == 0 else floor
    return RTV(limit, below, above, *made, "estimated", "finite", str(growth), found, False)
