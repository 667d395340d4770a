"""The R-TV of a deep network as one function of its input: exact on the line; infinite in d >= 2 once a kink bends."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from radon_nn._support import checks
from radon_nn._support.types import Floats, Indices, Progress
from radon_nn.geometry import domains, hyperplanes
from radon_nn.geometry.domains import Ball, Cuboid, Domain
from radon_nn.geometry.points import norms, unit_rows
from radon_nn.kink_lines import _intervals
from radon_nn.kink_lines._intervals import ROUNDING
from radon_nn.kink_lines._line_kinks import line_kinks
from radon_nn.kink_lines._regions import SNAP, TooManyRegionsError, subdivide
from radon_nn.kink_lines.segments import Kinks, frame, kinks
from radon_nn.measures.result import RTV
from radon_nn.networks.deep import DeepNetwork
from radon_nn.networks.exact import exact_rtv
from radon_nn.networks.shallow import ShallowNetwork
from radon_nn.variation._loose_ends import Witness, confirmed

_SHARES = (2.0**-12, 2.0**-9, 2.0**-6, 2.0**-3, 1.0)
"""Parts of the domain to look at, small first: a generic deep network bends nearly everywhere, and a small part has few
linear regions."""
_CROSSED = (4, 8, 16, 32, 64)
"""Before these, parts that as few kinks of the first layer meet: of several layers of 256 neurons even the least share
of a wide domain is met by hundreds, whose regions take minutes; the first bend is usually among 8."""
_WIDER = 64.0
"""Radius looked at without a domain, relative to the ball that 90 % of the first layer's kinks meet: later layers bend
farther out. Any finite figure proves infinite only; a large one is likelier to hold a bend."""
_SMALLEST = 1e-9
"""Distances below this fraction of a domain are too near rounding (1e-16 each, summed over the inputs) to cut it by."""
_SAME = 1e-8
"""Lines whose middles, lengths and normals agree to this, relative to the domain, may each be given the jump of all:
ties are taken within 4e-13 of the terms of a pre-activation, which may be 1e4 times its slope."""
_BAND = 1e-9
"""Half the width, relative to the domain, of the bands about kink lines in which others may have been joined to them:
lines within 1e-8 of each other that were not joined are in doubt anyway."""
_LONG, _ACROSS = 1e-6, 3
"""Segments shorter than this, relative to the domain, may have another line in their band; of the others on a line the
bands of the longest three are crossed."""
_ANY = 1 << 30
"""Regions to allow where as many have been made before."""
_ROUNDING = 1e-13
"""Weights below this fraction of the terms they are sums of are rounding."""
_EXACT = 1e-9
"""A value is called exact if rounding may change it by less than this fraction, as sums over many layers may."""


def deep_rtv(
    network: DeepNetwork,
    domain: Domain | None = None,
    *,
    slices: int = 3,
    known: Kinks | None = None,
    rng: int | np.random.Generator = 0,
    progress: Progress | None = None,
) -> RTV:
    """
    The R-TV of a deep network as one function of its input: exact for d = 1, a verdict with its proof for d >= 2.

    A piecewise linear function of d >= 2 variables has finite R-TV only if its kinks are whole hyperplanes, cut off by
    nothing but the boundary of the domain. So one point where a kink bends, ends or changes its jump proves infinite
    R-TV. It is searched for among the exact kinks, for d > 2 on random planes, since on a plane, too, the kinks of a
    function of finite R-TV are whole lines. `DeepNetwork.layer_rtvs` measures depth by finite numbers.

    Parameters
    ----------
    network : DeepNetwork
        The network, of any number of outputs.
    domain : Ball or Cuboid, optional
        The domain; a Hull too for d = 1. If not given, all of R^d: for d >= 2 only a wide ball about the kinks of the
        first layer is examined, which can prove the verdict infinite but not a value.
    slices : int
        For d > 2, the number of random planes to examine.
    known : Kinks, optional
        The network's kinks on the domain, for d = 2, if they have been computed already.
    rng : int or Generator
        Seed of the planes.
    progress : callable, optional
        Called with a line of text as long work goes on.

    Returns
    -------
    RTV
        The value if it is finite and known, with a bar where slopes are so large that their rounding matters, and with
        certified bounds where kinks that nearly coincide cancel (for d = 1, opposite kinks within 1e-12 of the terms of
        their pre-activations); infinite, with the bend in `method`; or unresolved, with the reason: smooth activations,
        too many kinks, jumps lost beside the slopes, or no kink certain to bend, where d > 2 or no domain is given
        (then the lower bound is the R-TV of what was looked at).

    Raises
    ------
    TypeError
        If the network is no DeepNetwork, or the domain neither a ball nor a box.
    ValueError
        If the domain is of another dimension, `slices` less than one, or `known` given for d other than 2 or of another
        domain.

    See Also
    --------
    radon_nn.kinks : All kinks, for d <= 2.

    Examples
    --------
    >>> fold = ShallowNetwork([[1.0]], [0.0], [1.0], activation="abs")
    >>> zigzag = DeepNetwork([fold, ShallowNetwork([[1.0]], [-1.0], [1.0], activation="abs")])
    >>> float(deep_rtv(zigzag))
    6.0
    >>> both = ShallowNetwork([[1.0, 0.0], [0.0, 1.0]], [0.0, 0.0], [[1.0, 0.0], [0.0, 1.0]], activation="abs")
    >>> deep_rtv(DeepNetwork([both, ShallowNetwork([[-1.0, -1.0]], [1.0], [1.0])])).verdict
    'infinite'
    """
    if not isinstance(network, DeepNetwork):
        raise TypeError(f"deep_rtv: expected a DeepNetwork, got {type(network).__name__}; rtv(f) serves all others")
    planes = checks.count(slices, "slices")
    if known is not None and (network.dim != 2 or known.domain != domain):
        raise ValueError(f"known: expected the kinks of a network of 2 inputs on {domain}, got {known!r}; leave it out")
    if len(network.layers) == 1:
        return exact_rtv(network.layers[0], domain)
    where = f"R^{network.dim}" if domain is None else str(domain)
    if not network.piecewise_linear:
        return _smooth(network, where)
    if network.dim == 1:
        return _on_the_line(network, domain, where)
    # `frame` says what is wrong with a domain of another kind.
    random = checks.generator(rng)
    looked_at = _middle_ball(network.layers, random) if domain is None else domain
    middle, half = frame(looked_at, network.dim)  # type: ignore[arg-type]
    assert isinstance(looked_at, Ball | Cuboid)
    if network.dim == 2:
        seen = _look(network, looked_at, progress) if known is None else _look_at(known)
        return _in_the_plane(network, seen, looked_at, where, whole=domain is not None)
    bases = [np.linalg.qr(random.standard_normal((network.dim, 2)))[0].T for _ in range(planes)]
    radius, lower, doubts = float(half.min()), 0.0, 0
    for basis in bases:
        seen = _look(network.slice(middle, basis), Ball(radius, np.zeros(2)), progress)
        if seen.witness is not None:
            return _infinite(seen.witness, middle + seen.witness.point @ basis, where)
        if not seen.doubt:
            lower = max(lower, seen.value - seen.error)
        doubts += bool(seen.doubt)
    method = (
        f"no kink is certain to bend on {planes} random discs of radius {radius:.4g} about the middle of "
        f"{'the kinks of the first layer' if domain is None else 'the domain'}, which does not prove that none does; "
        f"the bound is the largest R-TV on a plane{f', without {doubts} that are undecided' if doubts else ''}"
    )
    return _unresolved(method, where, lower)


@dataclass(frozen=True)
class _Look:
    """
    What was seen of the plane: a witness, or the sum over lines and its error.

    `doubt` says why the sum is not to be relied on.
    """

    witness: Witness | None = None
    value: float = 0.0
    error: float = 0.0
    lines: int = 0
    doubt: str = ""


def _smooth(network: DeepNetwork, where: str) -> RTV:
    smooth = sorted({layer.activation.name for layer in network.layers if not layer.activation.piecewise_linear})
    return _unresolved(
        f"nothing computed: the activation {', '.join(smooth)} is not piecewise linear. "
        f"rtv(lambda x: network(x), dim={network.dim}, domain=Ball(...)) bounds R-TV on a ball, and "
        "network.layer_rtvs() has it layer by layer",
        where,
    )


def _on_the_line(network: DeepNetwork, domain: Domain | None, where: str) -> RTV:
    low, high = -math.inf, math.inf
    if domain is not None:
        ends = domains.extent(domain, np.ones((1, 1)))
        low, high = float(ends[0][0]), float(ends[1][0])
        if not low < high:
            return _exact(0.0, 0.0, 0, where)
    found = line_kinks(network.layers, low, high)
    groups = np.flatnonzero(np.append(True, ~found.near)[: len(found.places)])
    value, bar, count = _summed(found.jumps, found.rounding, groups)
    apart = float(norms(found.jumps).sum()) + float(found.rounding.sum())
    if found.unsettled > _EXACT * value:
        method = f"from the weights, {count} distinct kinks, of which some are nearer than rounding"
        return RTV(value, max(value - bar, 0.0), max(apart, value + bar) + found.unsettled, method, where, "estimated")
    if apart > value + bar + _EXACT * value:
        method = f"certified, from the weights, {count} distinct kinks; some nearly cancel: they almost coincide"
        return RTV(value, max(value - bar, 0.0), apart, method, where, "certified")
    return _exact(value, bar, count, where)


def _summed(jumps: Floats, rounding: Floats, groups: Indices) -> tuple[float, float, int]:
    """The sum of |jump| over groups of neighbouring kinks, its bar, and how many groups have a jump."""
    if not len(jumps):
        return 0.0, 0.0, 0
    sizes, bars = norms(np.add.reduceat(jumps, groups, axis=0)), np.add.reduceat(rounding, groups)
    seen = sizes > bars
    return float(sizes[seen].sum()), float(bars.sum() + sizes[~seen].sum()), int(seen.sum())


def _in_the_plane(network: DeepNetwork, seen: _Look, looked_at: Ball | Cuboid, where: str, *, whole: bool) -> RTV:
    """What was seen, as a result on the domain, or on the plane if that was not `whole` looked at."""
    if seen.witness is not None:
        return _infinite(seen.witness, seen.witness.point, where)
    if seen.doubt:
        return _unresolved(seen.doubt, where)
    if whole:
        apart, same = _unjoined(network, looked_at)
        if apart > seen.value + seen.error:
            low, why = max(seen.value - seen.error, 0.0), "some nearly cancel: their kink lines almost coincide"
            if not same:
                return _unresolved(f"{why}, and if they are distinct they are no whole lines", where, low)
            method = f"certified, from the weights, {seen.lines} distinct kink lines; {why}"
            return RTV(seen.value, low, apart, method, where, "certified")
        snapped = f"{where}, pre-activations below {SNAP:.0g} of their terms being zero"
        return _exact(seen.value, seen.error, seen.lines, snapped, "; all of them are whole lines there")
    return _unresolved(
        f"on {looked_at}, taken wide about the kinks of the first layer, all {seen.lines} kink lines are whole, and "
        f"R-TV is {seen.value:.10g}; that none bends farther out is not proved",
        where,
        max(seen.value - seen.error, 0.0),
    )


def _unjoined(network: DeepNetwork, domain: Ball | Cuboid) -> tuple[float, bool]:
    """
    The sum over lines if those that almost coincide are distinct, and whether they are whole lines then, too.

    The network is followed across each line, also where jumps cancel, as networks of one input are.
    """
    middle, half = frame(domain, 2)
    scale, total, whole = float(half.max()), 0.0, True
    cuts, _ = subdivide(network.slice(middle, scale * np.eye(2)).layers, half / scale, _ANY)
    ends = middle + scale * cuts.starts, middle + scale * cuts.ends
    seen = _cut(Kinks(domain, *ends, cuts.normals, np.ones((len(ends[0]), 1)), cuts.layer, cuts.neuron), domain)
    middles, lengths = (seen.starts + seen.ends) / 2, seen.lengths / scale
    offsets = np.einsum("ki,ki->k", middles - middle, seen.normals) / scale
    _, label, _ = hyperplanes.clusters(np.column_stack([seen.normals, offsets]), _BAND)
    order = np.lexsort((-lengths, label))
    order = order[lengths[order] > _LONG]
    near = ROUNDING * (scale + float(np.abs(middle).max()))
    for chosen in np.split(order, np.flatnonzero(np.diff(label[order])) + 1):
        sums, bars = [0.0], [0.0]
        for k in chosen[:_ACROSS]:
            across = network.slice(middles[k], seen.normals[k][None])
            pieces = _intervals.pieces(across.layers, -_BAND * scale, _BAND * scale)
            jumps, paths = np.diff(pieces.slopes, axis=0), norms(pieces.paths)
            if len(jumps):
                groups = np.flatnonzero(np.append(True, np.diff(pieces.breaks) > near))
                value, bar, _ = _summed(jumps, ROUNDING * (paths[1:] + paths[:-1]), groups)
                sums.append(value)
                bars.append(bar)
        total += max(sums)
        whole &= max(sums) - min(sums[1:], default=0.0) <= 2 * max(bars)
    return total, whole


def _look(plane: DeepNetwork, domain: Ball | Cuboid, progress: Progress | None) -> _Look:
    """Subdivide larger and larger parts of the domain until a kink bends."""
    seen = _Look()
    for share in _parts(plane, domain):
        try:
            found = kinks(plane, _part(domain, share), progress=progress)
        except TooManyRegionsError as error:
            return _Look(doubt=f"no kink that bends was found before the limit; {error}")
        seen = _seen(found)
        if seen.witness is not None:
            return seen
    return seen


def _parts(plane: DeepNetwork, domain: Ball | Cuboid) -> list[float]:
    """Parts of the domain to look at: first those that few kinks of the first layer meet, then given shares."""
    middle, half = frame(domain, 2)
    normals, offsets = _first_kinks(plane.layers)
    apart = np.sort(np.abs(normals @ middle - offsets)) / float(half.min())
    few = [float(apart[count]) for count in _CROSSED if count < len(apart)]
    # Kinks through the middle itself leave no part that only few of them meet.
    few = [part for part in few if _SMALLEST < part < 1]
    return few + [share for share in _SHARES if share > max(few, default=0.0)]


def _look_at(known: Kinks) -> _Look:
    """The same from the kinks on the whole domain, cut to each part: among fewer a bend stands clear sooner."""
    for share in _SHARES[:-1]:
        witness = confirmed(_cut(known, _part(known.domain, share)))
        if witness is not None:
            return _Look(witness)
    return _seen(known)


def _seen(found: Kinks) -> _Look:
    witness = confirmed(found)
    if witness is not None:
        return _Look(witness)
    lines = found.lines()
    doubt = "kinks cross too nearly in parallel to tell whether they bend" if len(found.bends) else ""
    scale = float(frame(found.domain, 2)[1].max())
    # Squares of the normals, for -n to be n; the constant column keeps a row from being taken for its negative.
    turned = lines.normals[:, [0]] * lines.normals, np.ones(len(lines))
    places = np.column_stack([(lines.starts + lines.ends) / (2 * scale), lines.lengths / scale, *turned])
    if hyperplanes.clusters(places, _SAME)[0] < len(lines):
        doubt = "kinks are too near each other to tell their jumps apart"
    if found.dropped > found.rounding:
        doubt = f"jumps of the slope up to {found.dropped:.3g} are too small beside the slopes to be followed"
    error = found.rounding * (len(lines) + 1)
    return _Look(None, float(lines.sizes.sum()), error, len(lines), doubt)


def _part(domain: Ball | Cuboid, share: float) -> Ball | Cuboid:
    if share == 1:
        return domain
    middle, half = frame(domain, 2)
    return (
        Ball(share * domain.radius, middle)
        if isinstance(domain, Ball)
        else Cuboid(middle - share * half, middle + share * half)
    )


def _cut(known: Kinks, part: Ball | Cuboid) -> Kinks:
    """The pieces of segments within a part of the domain."""
    middle, half = frame(part, 2)
    starts, step = known.starts - middle, known.ends - known.starts
    if isinstance(part, Ball):
        square = np.maximum(np.sum(step**2, axis=1), 1e-300)
        nearest = -np.sum(starts * step, axis=1) / square
        foot = np.sum((starts + nearest[:, None] * step) ** 2, axis=1)
        reach = np.sqrt(np.maximum(part.radius**2 - foot, 0) / square)
        low, high = nearest - reach, nearest + reach
    else:
        with np.errstate(divide="ignore", invalid="ignore"):
            sides = np.stack([(-half - starts) / step, (half - starts) / step])
        # A segment along an axis never meets two of the sides: it lies between them, or nowhere within.
        along = np.where(step == 0, np.where(np.abs(starts) <= half, np.inf, -np.inf), sides.max(axis=0))
        low = np.where(step == 0, -np.inf, sides.min(axis=0)).max(axis=1)
        high = along.min(axis=1)
    low, high = np.maximum(low, 0.0), np.minimum(high, 1.0)
    kept = low < high
    first, last = (known.starts[kept] + end[kept, None] * step[kept] for end in (low, high))
    fields = known.normals[kept], known.jumps[kept], known.layer[kept], known.neuron[kept]
    return Kinks(part, first, last, *fields, known.rounding, known.dropped)


def _middle_ball(layers: Sequence[ShallowNetwork], rng: np.random.Generator) -> Ball:
    """A wide ball about a point near the kinks of the first layer that has any."""
    directions, offsets = _first_kinks(layers)
    dim = layers[0].dim
    if not len(offsets):
        return Ball(_WIDER, np.zeros(dim))
    center = np.linalg.lstsq(directions, offsets)[0]
    size = float(norms(np.asarray(center[None], np.float64))[0])
    radius = 1.5 * float(np.quantile(np.abs(directions @ center - offsets), 0.9))
    scale = max(radius, size) or 1.0
    if dim > 2 and radius < _SMALLEST * scale:
        # Fewer kinks than inputs all pass through that point, and through every disc about it.
        center = center + scale * unit_rows(rng.standard_normal((1, dim)))[0]
    return Ball(_WIDER * scale, np.asarray(center, np.float64))


def _first_kinks(layers: Sequence[ShallowNetwork]) -> tuple[Floats, Floats]:
    """Unit normals and offsets of the kinks of the first layer that has any."""
    linear, shift = np.eye(layers[0].dim), np.zeros(layers[0].dim)
    directions, offsets = np.zeros((0, layers[0].dim)), np.zeros(0)
    for layer in layers:
        first = layer is layers[0]
        weights = layer.weights if first else layer.weights @ linear
        biases = layer.biases if first else layer.weights @ shift + layer.biases
        size = norms(weights)
        live = size > _ROUNDING * norms(layer.weights) * norms(linear.reshape(1, -1))
        places = [place for place, _ in layer.activation.kinks]
        if live.any() and places:
            directions = np.concatenate([unit_rows(weights[live])] * len(places))
            offsets = np.concatenate([(place - biases[live]) / size[live] for place in places])
            break
        # All that bends in this layer is constant.
        slope, _ = layer.activation.pieces
        linear = layer.skip @ linear + slope * layer.readout @ weights
        shift = np.reshape(layer(shift[None]), -1)
    return directions, offsets


def _exact(value: float, error: float, count: int, where: str, more: str = "") -> RTV:
    kind = "distinct kinks" if not more else "distinct kink lines"
    if error > _EXACT * value:
        method = f"from the weights, {count} {kind}{more}; the bar is the rounding of the slopes"
        return RTV(value, max(value - error, 0.0), value + error, method, where, "estimated")
    return RTV(value, value, value, f"exact, from the weights, {count} {kind}{more}", where)


def _infinite(witness: Witness, point: Floats, where: str) -> RTV:
    shown = ", ".join(f"{float(p):.6g}" for p in point[:6]) + (", ..." if len(point) > 6 else "")
    method = (
        "from its exact kinks: a piecewise linear function has finite R-TV only if its kinks are whole hyperplanes, "
        f"and here the kink of neuron {witness.neuron + 1} in layer {witness.layer + 1}, of jump {witness.jump:.4g}, "
        f"bends, ends or changes its jump at x = [{shown}]"
    )
    law = "depth is measured layer by layer, see layer_rtvs()"
    return RTV(math.inf, math.inf, math.inf, method, where, verdict="infinite", law=law)


def _unresolved(method: str, where: str, lower: float = 0.0) -> RTV:
    return RTV(lower, lower, math.inf, method, where, "certified", "unresolved")
