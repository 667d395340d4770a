"""R-TV of a black box on a ball, a box or a hull: samples, refined until the certified bounds meet."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass

import numpy as np

from radon_nn._support import checks
from radon_nn._support.types import Floats, Progress
from radon_nn._support.wording import counted
from radon_nn.fitting._polish import DEFAULT_MISFIT
from radon_nn.fitting.certificate import prepare
from radon_nn.fitting.certified_fit import Fit
from radon_nn.fitting.interpolation import interpolate
from radon_nn.geometry.black_box import BlackBox
from radon_nn.geometry.domains import Domain
from radon_nn.geometry.grids import Function
from radon_nn.measures.result import HARDLY_FINITE, RTV, Refinement
from radon_nn.variation._domain_samples import DomainSamples

_REMEDY = "choose a domain on which it is defined"
_FIRST = {1: 33, 2: 100, 3: 60}
_FIRST_BEYOND = 100
_MOST = {1: 1 << 17, 2: 6400, 3: 960}
_MOST_BEYOND = 800
"""Samples of the last round; chosen by hand, not measured, as were the counts of the first round. The exact search is
O(n^2 log n) in d = 2 and O(n^3) in d = 3, so a further doubling multiplies its time by more than 4 and by 8."""
_STILL = 2
"""Doublings over which the bound must not have grown: over one, it may stay the same by luck in where samples fall."""
_SAME = 1e-9
"""A network this near f at all fresh points, relative to f's bend, needs no more samples. Chosen by hand, well above
rounding and well below the tolerances that users ask for."""
_EQUAL = 16
"""A network this near f, in units of the rounding of f's values, may be f; of six networks of three neurons, with
100 added to their values or not, the farthest was 3.1 away."""
_ROUNDED = 1e-12
"""What rounding may add to the norm of a network that equals f, relative to it: up to 6e-15 in 8 random networks."""
_CAUTION = 3.0
"""What the bound still lacks, in units of what the last doublings added: 1 if errors fall like the inverse root of the
count; set higher because where samples fall is a matter of luck."""
_CLOSER = 20_000
"""Further fresh points once the network seems to equal f: 20 fall where a kink cuts off a thousandth of the ball."""
_FRESH = 4
"""Fresh points per sample, at which the interpolant is compared with f."""
_WORST_MISFIT = 0.1
"""The largest misfit of the interpolant, relative to f's bend, that is allowed on account of rounding in f's values."""
_NEAR_ABOVE = "the bound by samples is as near the upper bound as asked"


def bounded_rtv(
    f: Function,
    domain: Domain,
    dim: int,
    *,
    tol: float = 1e-3,
    seconds: float | None = 60.0,
    progress: Progress | None = None,
    rng: int | np.random.Generator = 0,
    most: int | None = None,
    above: float = math.inf,
) -> RTV:
    """
    R-TV of f on a domain, from its values alone, between a certified bound below and a network's norm above.

    The least R-TV of all functions through n samples of f is a lower bound of f's, and increases to it as the samples
    fill the domain. What is certified of it is tight for d <= 3, and up to d = 6 where a search with a budget ends. The
    function that attains it is a network; if it agrees with f at fresh points too, its norm is an upper bound of the
    R-TV of a function that equals f at all points evaluated.

    Parameters
    ----------
    f : callable
        Takes points (n, d), returns n values.
    domain : Ball, Cuboid or Hull
        The domain to sample.
    dim : int
        Dimension d.
    tol : float
        Stop when lower and upper bound differ by at most this fraction, and f and the network by at most this fraction
        of the largest departure of f from an affine function.
    seconds : float, optional
        Stop after this time with the best bounds so far; None for no limit.
    progress : callable, optional
        Called with a line of text after each round.
    rng : int or Generator
        Seed of the samples.
    most : int, optional
        Start no further round once there are as many samples.
    above : float
        An upper bound known otherwise, which the result does not take over: stop when the lower one is as near to it as
        `tol` asks. A lower bound above it refutes it; it is then ignored.

    Returns
    -------
    RTV
        `lower` is certified, tight for d <= 3, with an allowance for rounding of f's values. `upper` is the network's
        norm if the network equals f, to rounding, at over 20 000 fresh points: a theorem, if f is the network between
        them. If the network agrees with f only within `tol`, `upper` is an estimate: three times what the last
        doublings of the samples added is added to the norm, if that is less than `HARDLY_FINITE` of it. Otherwise
        `upper` is infinite. The refinement is over the number of samples.

    Raises
    ------
    ValueError
        If f does not return one finite number for each point, or the domain has another dimension.

    See Also
    --------
    radon_nn.interpolate : The network through one set of samples.

    References
    ----------
    R. Parhi and R. Nowak, Banach space representer theorems for neural networks and ridge splines, JMLR 22 (2021).
    """
    d = checks.count(dim, "dim")
    close = checks.positive(tol, "tol")
    prepare(d)
    until = math.inf if seconds is None else time.monotonic() + checks.positive(seconds, "seconds")
    samples = _first_samples(f, domain, d, checks.generator(rng))
    rounds: list[_Round] = []
    try:
        while True:
            last, fresh = _round(samples, close, until)
            rounds.append(last)
            if progress is not None:
                progress(str(last))
            if last.fitted.stopped == "interrupted":
                raise KeyboardInterrupt
            why = _ended(rounds, _MOST.get(d, _MOST_BEYOND) if most is None else most, close, until)
            if last.lower > above:
                above = math.inf
            elif why != "" and last.lower >= above * (1 - close):
                why = _NEAR_ABOVE
            if why is not None:
                break
            _double(samples, *fresh)
    except (KeyboardInterrupt, MemoryError) as stop:
        if not rounds:
            raise
        why = "interrupted" if isinstance(stop, KeyboardInterrupt) else "the memory was full"
    return _result(rounds, domain, d, close, why)


def _first_samples(f: Function, domain: Domain, d: int, rng: np.random.Generator) -> DomainSamples:
    samples = DomainSamples(BlackBox(f, d, _REMEDY), domain, d, rng)
    count = _FIRST.get(d, max(_FIRST_BEYOND, 10 * d))
    # Enough on the sphere that the gaps there equal those inside.
    rim = samples.rim(math.ceil(min(count / 3, 3.5 * math.sqrt(count))) if d > 1 else 2)
    points = np.concatenate([rim, samples.inside(count - len(rim))])
    samples.add(points, samples.f(points))
    return samples


def _round(samples: DomainSamples, close: float, until: float) -> tuple[_Round, tuple[Floats, Floats, Floats]]:
    """The network through the samples; with it the fresh points, f there, and the network's error at each."""
    left = None if until == math.inf else max(until - time.monotonic(), 0.1)
    rounding, bend = 4 * samples.f.rounding, samples.bend
    misfit = min(max(DEFAULT_MISFIT, rounding / bend), _WORST_MISFIT) if bend > 0 else DEFAULT_MISFIT
    fitted = interpolate(samples.points, samples.values, tol=close / 2, misfit=misfit, seconds=left)
    fresh = samples.inside(_FRESH * len(samples.points))
    values = samples.f(fresh)
    off = np.abs(values - fitted(fresh))
    if off.max() <= _SAME * bend + rounding:
        # Nearly certain; a closer look costs little beside the search.
        more = np.concatenate([samples.inside(_CLOSER), samples.near_rim(_CLOSER // 10)])
        more_values = samples.f(more)
        fresh, values = np.concatenate([fresh, more]), np.concatenate([values, more_values])
        off = np.abs(values - fitted(fresh))
    # What rounding may add to the lower bound, dual.values; if not subtracted, the bound is the rounded function's.
    spread = samples.f.rounding * float(np.abs(fitted.dual).sum())
    lower = max(0.0, fitted.lower - spread)
    made = _Round(len(samples.points), len(fresh), fitted, lower, spread, float(off.max()), bend, rounding)
    return made, (fresh, values, off)


def _ended(rounds: list[_Round], most: int, close: float, until: float) -> str | None:
    """Why no further round is started ('' if the bounds have met), or None if another one follows."""
    last = rounds[-1]
    if _met(rounds, close):
        return ""
    if last.spread > close * last.fitted.lower:
        return "the function's values are rounded too coarsely for more"
    if last.count >= most:
        return f"{last.count} samples were not enough"
    return "the time was over" if time.monotonic() >= until else None


def _double(samples: DomainSamples, fresh: Floats, values: Floats, off: Floats) -> None:
    """Double the samples: half of the new ones where the network was worst, the others from the sequence."""
    worst = np.argsort(-off)[: len(samples.points) // 2]
    rest = samples.inside(len(samples.points) - len(worst))
    samples.add(np.concatenate([fresh[worst], rest]), np.concatenate([values[worst], samples.f(rest)]))


@dataclass(frozen=True)
class _Round:
    """The result of one round: the network, its largest error at fresh points, a lower bound, and how much f bends."""

    count: int
    fresh: int
    fitted: Fit
    lower: float
    spread: float
    off: float
    bend: float
    rounding: float

    def agrees(self, tol: float) -> bool:
        """Whether the network equals f at fresh points, to within `tol` of f's bend."""
        return self.off <= tol * self.bend + self.rounding

    @property
    def equals(self) -> bool:
        """Whether the network equals f at fresh points to rounding, so that it may be f."""
        return self.off <= _EQUAL * self.rounding

    def __str__(self) -> str:
        return (
            f"{self.count} samples: R-TV at least {self.lower:.6g}, the network's {self.fitted.rtv:.6g}, off by "
            f"{self.off:.2g} at {self.fresh} fresh points"
        )


def _met(rounds: list[_Round], tol: float) -> bool:
    """Whether the bounds meet: the network equals f, or nearly so and the bound has not grown over two doublings."""
    last = rounds[-1]
    spread = last.fitted.lower - last.lower
    known = last.fitted.presumed_lower - spread
    if not (last.agrees(tol) and last.fitted.settled and last.fitted.rtv - known <= tol * last.fitted.rtv):
        return False
    growth = last.lower - rounds[-1 - _STILL].lower if len(rounds) > _STILL else math.inf
    still = growth <= tol * last.lower and _CAUTION * growth < HARDLY_FINITE * last.lower
    return last.agrees(_SAME) or still


def _result(rounds: list[_Round], domain: Domain, dim: int, tol: float, why: str) -> RTV:
    last = rounds[-1]
    lower = max(one.lower for one in rounds)
    known = last.fitted.settled
    value = max(last.fitted.rtv, lower) if known else lower
    growth = lower - rounds[-1 - _STILL].lower if len(rounds) > _STILL else math.inf
    supposed: tuple[str, ...] = ()
    upper, meaning = math.inf, "is not yet f"
    if known and last.equals:
        supposed = ("f equals the fitted network between the samples, too",)
        upper, meaning = value * (1 + _ROUNDED), "equals f"
    elif known and last.agrees(tol):
        meaning = "is nearly f"
        # Samples do not tell what a difference costs that is too small to matter and too large for rounding.
        error = min(tol, HARDLY_FINITE / 2) * value if last.agrees(_SAME) else _CAUTION * growth
        if error < HARDLY_FINITE * value:
            upper = value + error
    grew = 0 < growth < math.inf and lower > 0
    law = f"{_STILL} doublings of the samples raised the bound by {growth / lower:.1%}" if grew else ""
    proof = "the lower bound is certified"
    if not last.fitted.certified:
        proof += ", but crude"
    if not last.fitted.certified and last.fitted.presumed_lower > last.fitted.lower:
        proof += f"; a heuristic search, not certified, suggests {last.fitted.presumed_lower:.7g}"
    theorem = last.fitted.certified and (last.equals or math.isinf(upper))
    norms = tuple(one.fitted.rtv for one in rounds)
    tops = tuple(
        one.fitted.rtv if one.fitted.settled and (one.equals if theorem else one.agrees(tol)) else math.inf
        for one in rounds
    )
    return RTV(
        value=value,
        lower=lower,
        upper=upper,
        method=f"least R-TV through {last.count} samples, a network of "
        f"{counted(len(last.fitted.measure), 'neuron')}, which {meaning} (within "
        f"{last.off:.1g} at {last.fresh} fresh points); {proof}",
        assumed=f"{domain}, d = {dim}",
        standing="certified" if theorem else "estimated",
        verdict="finite" if math.isfinite(upper) else "unresolved",
        law="; ".join(part for part in (law, why) if part),
        refinement=Refinement(
            "samples", tuple(float(one.count) for one in rounds), norms, tuple(one.lower for one in rounds), tops
        ),
        converged=not why and math.isfinite(upper),
        supposed=supposed,
    )
