"""The exact kinks of a piecewise linear network, deep or shallow, in the plane or on the line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from radon_nn._support import checks, notebooks
from radon_nn._support.public import public
from radon_nn._support.types import Floats, Indices, Progress
from radon_nn.geometry.domains import Ball, Cuboid
from radon_nn.geometry.hyperplanes import chains
from radon_nn.geometry.naming import Table, columns
from radon_nn.geometry.points import norms
from radon_nn.kink_lines._intervals import ROUNDING
from radon_nn.kink_lines._line_kinks import line_kinks
from radon_nn.kink_lines._regions import Cuts, jumps_across, subdivide
from radon_nn.networks.deep import DeepNetwork
from radon_nn.networks.shallow import ShallowNetwork

_NEAR = 1e-9
"""Ends this near each other, relative to the domain, are one point: crossings at an angle of 1e-4 lose that much."""
_PARALLEL = 1e-8
"""Segments go on straight if the sine of their angle is below this: normals are good to 1e-13 times what cancels."""
_EQUAL = 1e-11
"""Jumps are equal if they differ by less than this part of the largest."""
_SEEN = 1e-12
"""Jumps below this part of the terms they are sums of are rounding: neurons that cancel."""


@public
@dataclass(frozen=True, eq=False, repr=False)
class Kinks:
    """
    Where a piecewise linear function has its kinks: segments across which its gradient jumps by jump * normal.

    The second derivative of f is the sum of jump n n^T times length along the segments. A kink that is convex has a
    positive jump, whichever way its normal points. In one dimension the segments are points.

    Parameters
    ----------
    domain : Ball or Cuboid
        The domain on which the kinks were found.
    starts, ends : ndarray, shape (s, d)
        Ends of the segments, d = 1 or 2.
    normals : ndarray, shape (s, d)
        Unit normals.
    jumps : ndarray, shape (s, o)
        Jump of the normal derivative of each output, in units of f per unit of x.
    layer, neuron : ndarray of int, shape (s,)
        The neuron that made it, from 0; the first of those that share the kink.
    rounding : float
        What rounding may change a jump by, at most.
    dropped : float
        The largest jump that was left out since it is small beside the slopes. Kinks of neurons whose pre-activations
        differ by less than 1e-13 of their terms count as one, whose jumps add up.

    See Also
    --------
    kinks : What returns it.

    Examples
    --------
    >>> from radon_nn import Ball, ShallowNetwork
    >>> found = kinks(ShallowNetwork([[1.0, 0.0]], [-0.6], [2.0]), Ball(1.0))
    >>> len(found), float(found.jumps[0, 0])
    (1, 2.0)
    """

    domain: Ball | Cuboid
    starts: Floats
    ends: Floats
    normals: Floats
    jumps: Floats
    layer: Indices
    neuron: Indices
    rounding: float = 0.0
    dropped: float = 0.0

    def __post_init__(self) -> None:
        for name in ("starts", "ends", "normals", "jumps", "layer", "neuron"):
            object.__setattr__(self, name, checks.frozen(getattr(self, name)))

    def __len__(self) -> int:
        return len(self.starts)

    def __repr__(self) -> str:
        return notebooks.one_line(
            f"<Kinks: {len(self)} of total {self.total:.6g} on {self.domain}, {len(self.bends)} bends>"
        )

    def __getitem__(self, index: int | slice | list[int] | NDArray[Any]) -> Kinks:
        """Some of the segments, by a number, a slice, a mask or indices."""
        chosen = [index] if isinstance(index, int | np.integer) else index
        starts, ends, normals, jumps = (x[chosen] for x in (self.starts, self.ends, self.normals, self.jumps))
        rest = self.layer[chosen], self.neuron[chosen], self.rounding, self.dropped
        return Kinks(self.domain, starts, ends, normals, jumps, *rest)

    def __iter__(self) -> Iterator[Kinks]:
        return (self[k] for k in range(len(self)))

    def to_table(self) -> Table:
        """
        The segments as a table, in their order.

        Returns
        -------
        dict of str to ndarray, shape (s,)
            Columns of equal length, as pandas.DataFrame and polars.DataFrame take them: jump, or jump_OUTPUT for each
            output; length; start, end and normal, each followed by _FEATURE for each input; layer; neuron. Outputs and
            features are numbered from 0.
        """
        inputs, outputs = tuple(map(str, range(self.dim))), tuple(map(str, range(self.jumps.shape[1])))
        table: Table = {"jump": self.jumps[:, 0]} if len(outputs) == 1 else columns("jump", self.jumps, outputs)
        table["length"] = self.lengths
        for name in ("start", "end", "normal"):
            table |= columns(name, getattr(self, f"{name}s"), inputs)
        return table | {"layer": self.layer, "neuron": self.neuron}

    def _repr_html_(self) -> str:
        return notebooks.html(repr(self), self.to_table(), self._repr_png_())

    def _repr_png_(self) -> bytes | None:
        return notebooks.picture(self)

    @property
    def dim(self) -> int:
        """Dimension d, 1 or 2."""
        return int(self.starts.shape[1])

    @property
    def sizes(self) -> Floats:
        """|jump| over all outputs, one per segment."""
        return norms(self.jumps)

    @property
    def lengths(self) -> Floats:
        """Lengths of the segments, of d - 1 dimensions: 1 for points."""
        return np.ones(len(self)) if self.dim == 1 else norms(self.ends - self.starts)

    @property
    def total(self) -> float:
        """Sum of |jump| times length, the variation of the gradient on the domain; for d = 1 that is the R-TV there."""
        return float(self.sizes @ self.lengths)

    @cached_property
    def bends(self) -> Floats:
        """Points (b, d) where a kink ends, bends or changes its jump, see `loose_ends`, the largest change first."""
        points, _, strength = self.loose_ends()
        if not len(points):
            return points
        order = np.argsort(-strength, kind="stable")
        near = cKDTree(points[order]).query_pairs(_NEAR * self._scale, output_type="ndarray")
        first = np.full(len(order), True)
        first[near.max(axis=1)] = False
        return np.asarray(points[order[first]])

    def loose_ends(self) -> tuple[Floats, Indices, Floats]:
        """
        Ends of segments inside the domain beyond which the kink does not go on straight with the same jump.

        A function that has one is no shallow network on the domain, and its R-TV there is infinite: kinks of finite
        R-TV are whole lines. On the line, d = 1, there are none.

        Returns
        -------
        points : ndarray, shape (e, d)
            The ends.
        segments : ndarray of int, shape (e,)
            Indices of their segments.
        strength : ndarray, shape (e,)
            Change of |jump| there: all of it where the kink ends or bends.
        """
        if self.dim == 1 or not len(self):
            return np.empty((0, self.dim)), np.empty(0, np.int64), np.empty(0)
        first, second, change = self._continued
        ends = np.concatenate([self.starts, self.ends])
        strength = np.tile(self.sizes, 2)
        np.minimum.at(strength, first, change)
        np.minimum.at(strength, second, change)
        loose = (self.depth(ends) > 2 * _NEAR * self._scale) & (strength > _EQUAL * self.sizes.max(initial=0.0))
        index = np.flatnonzero(loose)
        return ends[index], index % len(self), strength[index]

    def lines(self) -> Kinks:
        """
        The kinks with adjacent collinear pieces of equal jump joined into one.

        Returns
        -------
        Kinks
            The fewest segments: of a shallow network one for each distinct hyperplane that meets the domain.
        """
        if self.dim == 1 or not len(self):
            return self
        n = len(self)
        first, second, change = self._continued
        same = change <= _EQUAL * self.sizes.max()
        count, label = chains(first[same] % n, second[same] % n, n)
        longest = np.lexsort((-self.lengths, label))
        leader = longest[np.searchsorted(label[longest], np.arange(count))]
        ends = np.concatenate([self.starts, self.ends])
        piece = np.tile(label, 2)
        along = np.einsum("ki,ki->k", ends, _turned(self.normals)[leader][piece])
        order = np.lexsort((along, piece))
        low = np.searchsorted(piece[order], np.arange(count))
        high = np.append(low[1:], len(order)) - 1
        starts, stops = ends[order[low]], ends[order[high]]
        normals, jumps, layer, neuron = (
            self.normals[leader],
            self.jumps[leader],
            self.layer[leader],
            self.neuron[leader],
        )
        return Kinks(self.domain, starts, stops, normals, jumps, layer, neuron)

    def depth(self, points: Floats) -> Floats:
        """
        Distance of points from the boundary of the domain.

        Parameters
        ----------
        points : ndarray, shape (n, d)
            Points.

        Returns
        -------
        ndarray, shape (n,)
            Positive inside.
        """
        middle, half = frame(self.domain, self.dim)
        if isinstance(self.domain, Ball):
            return np.asarray(self.domain.radius - norms(points - middle))
        return np.asarray((half - np.abs(points - middle)).min(axis=1))

    @cached_property
    def _continued(self) -> tuple[Indices, Indices, Floats]:
        """Pairs of ends (starts first) where segments continue straight, and the change of the jump at each."""
        n = len(self)
        ends = np.concatenate([self.starts, self.ends])
        tangent = _turned(self.normals)
        forward = np.where(np.einsum("ki,ki->k", self.ends - self.starts, tangent) < 0, -1.0, 1.0)
        inward = np.concatenate([forward[:, None] * tangent, -forward[:, None] * tangent])
        i, j = cKDTree(ends).query_pairs(_NEAR * self._scale, output_type="ndarray").astype(np.int64).T
        cosine = np.einsum("ki,ki->k", inward[i], inward[j])
        sine = np.einsum("ki,ki->k", _turned(inward[i]), inward[j])
        straight = (cosine < 0) & (np.abs(sine) < _PARALLEL) & (i % n != j % n)
        i, j = i[straight], j[straight]
        return i, j, norms(self.jumps[i % n] - self.jumps[j % n])

    @property
    def _scale(self) -> float:
        return float(frame(self.domain, self.dim)[1].max())


def kinks(
    network: DeepNetwork | ShallowNetwork,
    domain: Ball | Cuboid,
    *,
    max_regions: int = 200_000,
    progress: Progress | None = None,
) -> Kinks:
    """
    All kinks of a piecewise linear network of one or two inputs on a domain, exactly, with their jumps.

    The domain is cut into the network's linear regions, layer by layer; where two regions meet, the gradient jumps by
    f'(x; n) + f'(x; -n) along the normal n, from one-sided derivatives at the middle of the segment. Kinks that cancel,
    or that later layers do not pass on, are left out. On the line, places where floating point cannot tell are settled
    in integers.

    Parameters
    ----------
    network : DeepNetwork or ShallowNetwork
        One or two inputs, and activations such as relu, leaky_relu, abs, clip, relu6, hard_tanh, hard_sigmoid. For
        more inputs, take the plane u -> f(origin + u basis): `network.slice(origin, basis)`.
    domain : Ball or Cuboid
        The domain.
    max_regions : int
        The most linear regions to make; a region takes 0.1 to 1 kB.
    progress : callable, optional
        Called with a line of text as long work goes on.

    Returns
    -------
    Kinks
        Segments, their jumps, and the neurons that made them.

    Raises
    ------
    TypeError
        If the network or the domain is of another kind.
    ValueError
        If the network has more than two inputs or a smooth activation, the domain is of another dimension, or there are
        more linear regions than `max_regions` (a `TooManyRegionsError`).

    See Also
    --------
    radon_nn.deep_rtv : R-TV from the kinks.
    radon_nn.plot.KinkDisplay : A picture of them.

    References
    ----------
    A. I. Humayun, R. Balestriero, G. Balakrishnan and R. Baraniuk, SplineCam: exact visualization and characterization
    of deep network geometry and decision boundaries, CVPR (2023).

    Examples
    --------
    >>> fold = ShallowNetwork([[1.0]], [0.0], [1.0], activation="abs")
    >>> zigzag = DeepNetwork([fold, ShallowNetwork([[1.0]], [-1.0], [1.0], activation="abs")])
    >>> found = kinks(zigzag, Ball(2.0)).lines()
    >>> sorted(zip(found.starts[:, 0].tolist(), found.jumps[:, 0].tolist()))
    [(-1.0, 2.0), (0.0, -2.0), (1.0, 2.0)]
    """
    chain = piecewise_linear(network)
    if chain.dim > 2:
        raise ValueError(
            f"network: expected 1 or 2 inputs, got {chain.dim}; take a plane through it, network.slice(origin, basis) "
            f"with two rows in basis"
        )
    middle, half = frame(domain, chain.dim)
    most = checks.count(max_regions, "max_regions")
    if chain.dim == 1:
        return _on_the_line(chain, domain, float(middle[0] - half[0]), float(middle[0] + half[0]))
    scale = float(half.max())
    layers = chain.slice(middle, scale * np.eye(2)).layers
    box = half / scale
    cuts, sizes = subdivide(layers, box, most, progress)
    if isinstance(domain, Ball):
        cuts = _in_disc(cuts)
    middles = (cuts.starts + cuts.ends) / 2
    jumps, terms, paths = jumps_across(layers, middles, cuts.normals, sizes)
    wide = np.any(cuts.starts != cuts.ends, axis=1)
    visible = np.any(np.abs(jumps) > _SEEN * terms, axis=1) & wide
    rounding = ROUNDING * float(norms(paths[wide]).max(initial=0.0))
    dropped = float(norms(jumps[wide & ~visible]).max(initial=0.0))
    starts, ends, normals = cuts.starts[visible], cuts.ends[visible], cuts.normals[visible]
    places = middle + scale * starts, middle + scale * ends
    made_by = cuts.layer[visible], cuts.neuron[visible]
    return Kinks(domain, *places, normals, jumps[visible] / scale, *made_by, rounding / scale, dropped / scale)


def _on_the_line(network: DeepNetwork, domain: Ball | Cuboid, low: float, high: float) -> Kinks:
    """The kinks of a function of one variable, points."""
    found = line_kinks(network.layers, low, high)
    seen = norms(found.jumps) > found.rounding
    places, rounding = found.places[seen, None], float(found.rounding.max(initial=0.0))
    dropped = max(float(norms(found.jumps[~seen]).max(initial=0.0)), found.unsettled)
    made_by = found.layer[seen], found.neuron[seen]
    return Kinks(domain, places, places, np.ones_like(places), found.jumps[seen], *made_by, rounding, dropped)


def piecewise_linear(network: DeepNetwork | ShallowNetwork) -> DeepNetwork:
    """
    A network as a chain of piecewise linear layers.

    Parameters
    ----------
    network : DeepNetwork or ShallowNetwork
        The network.

    Returns
    -------
    DeepNetwork
        The same function.

    Raises
    ------
    TypeError
        If it is no network.
    ValueError
        If an activation is not piecewise linear.
    """
    if isinstance(network, ShallowNetwork):
        network = DeepNetwork([network])
    if not isinstance(network, DeepNetwork):
        raise TypeError(f"network: expected a DeepNetwork or ShallowNetwork, got {type(network).__name__}")
    for index, layer in enumerate(network.layers, 1):
        if not layer.activation.piecewise_linear:
            raise ValueError(
                f"network: expected piecewise linear activations, got {layer.activation.name} in layer {index}, which "
                "has no kinks to be listed; layer_rtvs() of a deep network and fibres() of a shallow one serve smooth "
                "activations"
            )
    return network


def frame(domain: Ball | Cuboid, dim: int) -> tuple[Floats, Floats]:
    """
    The middle of a domain and half the sides of its bounding box.

    Parameters
    ----------
    domain : Ball or Cuboid
        The domain.
    dim : int
        Dimension it should have.

    Returns
    -------
    tuple of ndarray, shape (dim,)
        Middle and half sides.

    Raises
    ------
    TypeError
        If the domain is neither.
    ValueError
        If it is of another dimension.
    """
    if isinstance(domain, Ball):
        return domain.center_in(dim), np.full(dim, domain.radius)
    if not isinstance(domain, Cuboid):
        raise TypeError(f"domain: expected a Ball or a Cuboid, got {_kind(domain)}; take a box that holds it")
    if len(domain.lower) != dim:
        raise ValueError(f"domain: expected a box in R^{dim}, as the network has it, got one in R^{len(domain.lower)}")
    return (domain.lower + domain.upper) / 2, (domain.upper - domain.lower) / 2


def _kind(value: object) -> str:
    return f"the class {value.__name__}" if isinstance(value, type) else type(value).__name__


def _turned(vectors: Floats) -> Floats:
    """Vectors turned by 90 degrees."""
    return np.stack([-vectors[:, 1], vectors[:, 0]], axis=1)


def _in_disc(cuts: Cuts) -> Cuts:
    """The parts of cuts inside the unit disc."""
    starts, step = cuts.starts, cuts.ends - cuts.starts
    square = np.einsum("ki,ki->k", step, step)
    safe = np.where(square > 0, square, 1.0)
    nearest = -np.einsum("ki,ki->k", starts, step) / safe
    foot = starts + nearest[:, None] * step
    half = np.sqrt(np.maximum(1 - np.einsum("ki,ki->k", foot, foot), 0) / safe)
    low, high = np.maximum(nearest - half, 0), np.minimum(nearest + half, 1)
    kept = low < high
    first, last = starts + low[:, None] * step, starts + high[:, None] * step
    return Cuts(first[kept], last[kept], cuts.normals[kept], cuts.layer[kept], cuts.neuron[kept])
