"""How far two networks are apart: as functions on a domain, and in the Radon domain."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

import numpy as np
import scipy.linalg

from radon_nn._support import checks
from radon_nn._support.public import public
from radon_nn._support.types import Floats
from radon_nn.geometry import domains
from radon_nn.geometry.domains import Ball, Cuboid, Domain, Hull
from radon_nn.geometry.points import norms
from radon_nn.kink_lines.segments import kinks
from radon_nn.measures.difference import without
from radon_nn.measures.ridge import RidgeMeasure
from radon_nn.networks.deep import DeepNetwork
from radon_nn.networks.exact import exact_rtv
from radon_nn.networks.shallow import ShallowNetwork
from radon_nn.variation.deep import deep_rtv

_SAMPLES = 20_000
"""Points for the root mean square beyond one dimension: its standard error is then below a hundredth, as a rule."""


@public
@dataclass(frozen=True, eq=False)
class Distance:
    """
    How far two functions a and b are apart on a domain; |a - b| is the 2-norm over the outputs.

    Parameters
    ----------
    sup : float
        The largest |a - b|, or an upper bound of it.
    exact : bool
        Whether `sup` is the maximum, to rounding.
    seen : float
        The largest |a - b| at the points that were looked at: a lower bound of the maximum.
    rms : float
        The root mean square of |a - b|: the L2 norm over the root of the domain's volume. Over the convex hull of
        data it is that over the data.
    rms_error : float
        Its standard error; 0 where it is exact, for d = 1, and over data.
    rtv : float or None
        The R-TV of a - b on the domain; an upper bound for smooth activations. Hyperplanes of a and b within 1e-12 of
        each other, see `RidgeMeasure.merged`, are taken for one, so that one function in other weights is at distance
        0; were they distinct, the R-TV would be that of a plus that of b. None for deep networks of two or more
        inputs, whose difference has none as a rule.

    See Also
    --------
    distance : What returns it.

    Notes
    -----
    "At most" stands before an upper bound; `docs/words.md` says what the words mean.

    Examples
    --------
    >>> from radon_nn import Cuboid, ShallowNetwork
    >>> a, b = ShallowNetwork([[1.0]], [0.0], [1.0]), ShallowNetwork([[1.0]], [0.0], [3.0])
    >>> float(distance(a, b, Cuboid([-1.0], [1.0])).rtv)
    2.0
    """

    sup: float
    exact: bool
    seen: float
    rms: float
    rms_error: float
    rtv: float | None

    def __str__(self) -> str:
        rtv = "none" if self.rtv is None else f"{self.rtv:.4g}"
        about = f" (standard error {self.rms_error:.1g})" if self.rms_error else ""
        return (
            f"sup {'' if self.exact else 'at most '}{self.sup:.4g}, at least {self.seen:.4g}; root mean square "
            f"{self.rms:.4g}{about}; R-TV of the difference {rtv}"
        )


def distance(a: Any, b: Any, domain: Domain, *, rng: int | np.random.Generator = 0) -> Distance:
    """
    How far two networks are apart on a domain: the largest difference, the root mean square, and R-TV(a - b).

    The largest difference is exact for piecewise linear networks with one hidden layer where `RidgeMeasure.difference`
    is (in one dimension, and in two up to 400 kinks, on a Ball with one output), and for deep ones on an interval or a
    rectangle, where a - b is affine on the cells between its kinks and is evaluated at their corners. Otherwise it is
    an upper bound: for one hidden layer each spike is compared with the nearest one, for others intervals are carried
    through the layers, which is crude.

    Parameters
    ----------
    a, b : ShallowNetwork, DeepNetwork, RidgeMeasure or a result with a measure
        The networks, of the same numbers of inputs and outputs.
    domain : Ball, Cuboid or Hull
        Where they are compared.
    rng : int or Generator
        Seed of the points for the root mean square.

    Returns
    -------
    Distance
        The numbers.

    Raises
    ------
    TypeError
        If one is no network.
    ValueError
        If they are of different dimensions or numbers of outputs.

    See Also
    --------
    radon_nn.prune : A small network near another one.
    radon_nn.verify : A network compared with the model it came from.

    Examples
    --------
    >>> fold = ShallowNetwork([[1.0]], [0.0], [1.0], activation="abs")
    >>> kink = ShallowNetwork([[1.0]], [0.0], [2.0])
    >>> print(distance(fold, kink, Cuboid([-1.0], [1.0])))
    sup 1, at least 1; root mean square 0.5774; R-TV of the difference 0
    """
    first, second = (_network(f, name) for f, name in ((a, "a"), (b, "b")))
    if (first.dim, first.outputs) != (second.dim, second.outputs):
        raise ValueError(
            f"distance: expected networks of the same inputs and outputs, got {first.dim} and {first.outputs}, and "
            f"{second.dim} and {second.outputs}"
        )
    domains.extent(domain, np.eye(first.dim))
    shallow = [f for f in (first, second) if isinstance(f, ShallowNetwork)]
    bent = [f for f in shallow if f.activation.piecewise_linear]
    points = _points(domain, first.dim, checks.generator(rng))
    sizes = _sizes(first, second, points)
    rms, error = math.sqrt(float(np.mean(sizes**2))), 0.0
    if not isinstance(domain, Hull) and rms:
        error = float(np.std(sizes**2)) / math.sqrt(len(sizes)) / (2 * rms)
    seen = float(sizes.max())
    rtv: float | None
    if len(bent) == 2:
        found = bent[0].measure().difference(bent[1].measure(), domain)
        apart = without(bent[0].measure(), bent[1].measure()).merged()
        sup, exact, rtv = found.largest, found.exact, exact_rtv(apart, domain).value
        ends: Floats = apart.restricted(domain).offsets
    else:
        sup, exact, rtv, ends = _of_others(first, second, domain)
    if exact and first.dim == 1 and not isinstance(domain, Hull):
        rms, error = _exact_rms(first, second, domain, ends), 0.0
    sup = max(sup, seen)
    return Distance(sup, exact, sup if exact else seen, rms, error, rtv)


def _network(f: Any, name: str) -> ShallowNetwork | DeepNetwork:
    if isinstance(f, ShallowNetwork | DeepNetwork):
        return f
    measure = getattr(f, "measure", None)
    if isinstance(measure, RidgeMeasure):
        return ShallowNetwork.from_measure(measure)
    raise TypeError(
        f"{name}: expected a ShallowNetwork, a DeepNetwork, a RidgeMeasure or a fit, got {type(f).__name__}"
    )


def _sizes(first: Any, second: Any, points: Floats) -> Floats:
    """|a - b| at points."""
    return norms(np.asarray(first(points) - second(points), np.float64).reshape(len(points), -1))


def _of_others(first: Any, second: Any, domain: Domain) -> tuple[float, bool, float | None, Floats]:
    """sup, whether it is exact, R-TV and the kinks on the line, where one network is deep or smooth."""
    deep = [f if isinstance(f, DeepNetwork) else DeepNetwork([f]) for f in (first, second)]
    if all(f.piecewise_linear for f in deep):
        apart = difference_network(*deep)
        if apart.dim == 1 or (apart.dim == 2 and isinstance(domain, Cuboid)):
            low, high = domains.extent(domain, np.eye(apart.dim))
            box = Cuboid(low, high)
            found = kinks(apart, box)
            corners = np.stack(np.meshgrid(*zip(low, high, strict=True)), axis=-1).reshape(-1, apart.dim)
            places = np.concatenate([found.starts, found.ends, corners])
            sizes = norms(np.asarray(apart(places)).reshape(len(places), -1))
            # Kinks that both networks have, apart by rounding, are one there and cancel.
            rtv = deep_rtv(apart, box).value if apart.dim == 1 else None
            return float(sizes.max()), True, rtv, found.starts[:, 0]
        return _interval_bound([apart], domain), False, None, np.empty(0)
    rtv = None
    if isinstance(first, ShallowNetwork) and isinstance(second, ShallowNetwork):
        rtv = exact_rtv(first, domain).value + exact_rtv(second, domain).value
        if first.activation == second.activation:
            rtv = exact_rtv(_side_by_side(first, second), domain).value
            return _interval_bound([DeepNetwork([_side_by_side(first, second)])], domain), False, rtv, np.empty(0)
    return _interval_bound(deep, domain), False, rtv, np.empty(0)


def _side_by_side(first: ShallowNetwork, second: ShallowNetwork) -> ShallowNetwork:
    """The network a - b of two of one activation."""
    return ShallowNetwork(
        np.concatenate([first.weights, second.weights]),
        np.concatenate([first.biases, second.biases]),
        np.concatenate([first.readout, -second.readout], axis=1),
        first.skip - second.skip,
        first.constant - second.constant,
        first.activation,
    )


def difference_network(first: DeepNetwork, second: DeepNetwork) -> DeepNetwork:
    """
    The network a - b of two piecewise linear ones, of any depths: both side by side, of ReLU neurons.

    Parameters
    ----------
    first, second : DeepNetwork
        The networks a and b, of the same inputs and outputs.

    Returns
    -------
    DeepNetwork
        As many layers as the deeper one has.
    """
    # Every piecewise linear activation is a sum of ReLUs, so that the two may differ.
    chains = [[ShallowNetwork.from_measure(layer.measure()) for layer in f.layers] for f in (first, second)]
    depth = max(map(len, chains))
    identity = ShallowNetwork(np.empty((0, first.outputs)), [], np.empty((first.outputs, 0)), np.eye(first.outputs))
    layers = []
    for level, (one, other) in enumerate(zip_longest(*chains, fillvalue=identity)):
        begins, ends = level == 0, level == depth - 1
        stacked = np.concatenate if begins else lambda parts: scipy.linalg.block_diag(*parts)
        readout = scipy.linalg.block_diag(one.readout, other.readout)
        skip, constant = stacked([one.skip, other.skip]), np.concatenate([one.constant, other.constant])
        if ends:
            minus = np.concatenate([np.eye(first.outputs), -np.eye(first.outputs)], axis=1)
            readout, skip, constant = minus @ readout, minus @ skip, minus @ constant
        weights = stacked([one.weights, other.weights])
        layers.append(ShallowNetwork(weights, np.concatenate([one.biases, other.biases]), readout, skip, constant))
    return DeepNetwork(layers)


def _interval_bound(parts: list[DeepNetwork], domain: Domain) -> float:
    """An upper bound of |a - b|, or of |a| where a - b is one network, by intervals carried through the layers."""
    low, high = domains.extent(domain, np.eye(parts[0].dim))
    ranges = [_range(f, (low + high) / 2, (high - low) / 2) for f in parts]
    middle = ranges[0][0] - (ranges[1][0] if len(ranges) > 1 else 0)
    return float(np.linalg.norm(np.abs(middle) + sum(half for _, half in ranges)))


def _range(network: DeepNetwork, middle: Floats, half: Floats) -> tuple[Floats, Floats]:
    """The outputs on a box lie within half of the middle, entry by entry."""
    for layer in network.layers:
        z, reach = layer.weights @ middle + layer.biases, np.abs(layer.weights) @ half
        s = layer.activation
        spread = np.abs(layer.readout) @ (s.steepest * reach) if len(z) else 0.0
        center = layer.readout @ s(z) + layer.skip @ middle + layer.constant
        middle, half = center, spread + np.abs(layer.skip) @ half
    return middle, half


def _points(domain: Domain, dim: int, rng: np.random.Generator) -> Floats:
    """Points drawn evenly from a ball or a box; those of a hull."""
    if isinstance(domain, Hull):
        return domain.points
    if isinstance(domain, Ball):
        normals = rng.standard_normal((_SAMPLES, dim))
        lengths = np.linalg.norm(normals, axis=1, keepdims=True)
        radii = domain.radius * rng.random((_SAMPLES, 1)) ** (1 / dim)
        return np.asarray(domain.center_in(dim) + radii * normals / lengths)
    low, high = domain.extent(np.eye(dim))
    return np.asarray(low + (high - low) * rng.random((_SAMPLES, dim)))


def _exact_rms(first: Any, second: Any, domain: Domain, ends: Floats) -> float:
    """The root mean square of a piecewise affine function of one variable: three points a piece (Simpson) are exact."""
    (low,), (high,) = domain.extent(np.ones((1, 1)))
    breaks = np.unique(np.concatenate([[low, high], ends[(ends > low) & (ends < high)]]))
    middles = (breaks[1:] + breaks[:-1]) / 2
    at_ends, inside = (_sizes(first, second, x[:, None]) ** 2 for x in (breaks, middles))
    pieces = np.diff(breaks) * (at_ends[1:] + at_ends[:-1] + 4 * inside) / 6
    return math.sqrt(float(pieces.sum()) / float(high - low))
