"""The linear regions of a piecewise linear network of two inputs, layer by layer, and the jumps between them."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from radon_nn._support.types import Floats, Indices, Progress
from radon_nn.kink_lines._polygons import Polygons
from radon_nn.networks.shallow import ShallowNetwork

SNAP = 1e-13
"""Pre-activations below this, relative to the largest sum of their terms on the domain, are zero: 450 eps, for sums of
thousands of terms through several layers."""
_TIE = 4 * SNAP
"""Middles of segments lie on the kink to within this: corners to `SNAP`, and another evaluation on top."""
_CHUNK_BYTES = 1 << 26
_SECOND = 1.0
"""Seconds between lines of progress."""


class TooManyRegionsError(ValueError):
    """A network has more linear regions on a domain than were allowed."""


class Cuts(NamedTuple):
    """
    Edges of linear regions that neurons made, each segment once.

    Parameters
    ----------
    starts, ends : ndarray, shape (s, 2)
        Ends.
    normals : ndarray, shape (s, 2)
        Unit normals, in the direction in which the neuron's pre-activation grows.
    layer, neuron : ndarray of int, shape (s,)
        The neuron that made each, from 0.
    """

    starts: Floats
    ends: Floats
    normals: Floats
    layer: Indices
    neuron: Indices


def jumps_across(
    layers: Sequence[ShallowNetwork], points: Floats, normals: Floats, sizes: Sequence[Floats]
) -> tuple[Floats, Floats, Floats]:
    """
    Jumps of the normal derivative, f'(x; n) + f'(x; -n), from one-sided derivatives by the chain rule.

    Where a neuron's pre-activation is at a kink, to rounding, the sign of its directional derivative selects the slope.

    Parameters
    ----------
    layers : sequence of ShallowNetwork
        Piecewise linear layers.
    points, normals : ndarray, shape (s, d)
        Points on kinks, and unit normals across them.
    sizes : sequence of ndarray
        For each layer, the largest sums of moduli in its pre-activations, as `subdivide` returns them.

    Returns
    -------
    jumps : ndarray, shape (s, o)
        The jumps; positive across a convex kink.
    terms : ndarray, shape (s, o)
        The sum of moduli in each, over the last layer alone.
    paths : ndarray, shape (s, o)
        The sum of moduli over all paths through the layers, which the rounding of the jump is relative to.
    """
    jumps, terms, paths = np.empty((3, len(points), layers[-1].outputs))
    widest = max(max(layer.neurons, layer.outputs, layer.dim) for layer in layers)
    chunk = max(1, _CHUNK_BYTES // (8 * widest))
    for begin in range(0, len(points), chunk):
        part = slice(begin, begin + chunk)
        state, ahead, behind = points[part], normals[part], -normals[part]
        moduli = np.abs(ahead), np.abs(behind)
        for layer, size in zip(layers, sizes, strict=True):
            z = state @ layer.weights.T + layer.biases
            tangents = zip((ahead, behind), moduli, strict=True)
            (ahead, some, left), (behind, more, right) = (_pushed(layer, z, *both, size) for both in tangents)
            moduli = left, right
            state = layer.activation(z) @ layer.readout.T + state @ layer.skip.T + layer.constant
        jumps[part], terms[part], paths[part] = ahead + behind, some + more, moduli[0] + moduli[1]
    return jumps, terms, paths


def subdivide(
    layers: Sequence[ShallowNetwork], half: Floats, max_regions: int, progress: Progress | None = None
) -> tuple[Cuts, list[Floats]]:
    """
    Cut a rectangle about the origin by the kinks of all neurons, layer by layer.

    On each region the layer's input is affine, so the kinks of its neurons are lines there. A kink through a corner
    cuts at the corner; a kink along an edge coincides with it.

    Parameters
    ----------
    layers : sequence of ShallowNetwork
        Piecewise linear layers; the first takes two inputs.
    half : ndarray, shape (2,)
        Half the sides of the rectangle.
    max_regions : int
        The most regions to make.
    progress : callable, optional
        Called with a line of text as long work goes on.

    Returns
    -------
    cuts : Cuts
        The edges inside the rectangle.
    sizes : list of ndarray, shape (k,)
        For each layer, the largest sums of moduli in its pre-activations, which their rounding is relative to.

    Raises
    ------
    TooManyRegionsError
        If there are more regions.
    """
    cells = Polygons.rectangle(half)
    # The layer's input as an affine map for each owner: rows are slopes along x_1 and x_2, and the value at 0.
    maps = np.concatenate([np.eye(2), np.zeros((1, 2))])[None]
    normals, layer_of, neuron_of = [np.empty((0, 2))], [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    made, told, sizes = 0, time.monotonic(), []
    for index, layer in enumerate(layers):
        size = np.abs(layer.weights) @ _reach(cells, maps) + np.abs(layer.biases)
        sizes.append(size)
        z = maps @ layer.weights.T
        z[:, 2] += layer.biases
        for k, place, _ in _breaks(layer):
            affine = z[cells.owners, :, k]
            affine[:, 2] -= place
            values = cells.values(affine)
            signs = np.where(np.abs(values) <= SNAP * (size[k] + abs(place)), 0, np.sign(values)).astype(np.int8)
            which = np.flatnonzero((signs.max(axis=1) > 0) & (signs.min(axis=1) < 0))
            if len(cells) + len(which) > max_regions:
                raise TooManyRegionsError(
                    f"kinks: expected at most max_regions = {max_regions} linear regions, got more at neuron {k + 1} "
                    f"of {layer.neurons} in layer {index + 1} of {len(layers)}; simplify() the network, take a smaller "
                    "domain, or raise max_regions"
                )
            if len(which):
                cells = cells.cut(which, values[which], signs[which], made + 1 + np.arange(len(which)))
                normals.append(affine[which, :2] / np.hypot(affine[which, 0], affine[which, 1])[:, None])
                layer_of.append(np.full(len(which), index))
                neuron_of.append(np.full(len(which), k))
                made += len(which)
            if progress is not None and time.monotonic() - told > _SECOND:
                progress(f"kinks: neuron {k + 1} of {layer.neurons} in layer {index + 1}: {len(cells)} linear regions")
                told = time.monotonic()
        if index + 1 < len(layers):
            maps = _outputs(layer, cells, z, maps)
            cells = Polygons(cells.corners, cells.counts, cells.edges, np.arange(len(cells)))
        if progress is not None:
            progress(f"kinks: layer {index + 1} of {len(layers)}: {len(cells)} linear regions")
    starts, ends, labels = cells.sides()
    cut = labels - 1
    layer_index, neuron_index = np.concatenate(layer_of)[cut], np.concatenate(neuron_of)[cut]
    return Cuts(starts, ends, np.concatenate(normals)[cut], layer_index, neuron_index), sizes


def _outputs(layer: ShallowNetwork, cells: Polygons, z: Floats, maps: Floats) -> Floats:
    """The affine maps of a layer's outputs, one per polygon, from those of its pre-activations and inputs."""
    slope, level = layer.activation.pieces
    slopes = np.full((len(cells), layer.neurons), slope)
    levels = np.full((len(cells), layer.neurons), level)
    for k, place, jump in _breaks(layer):
        values = cells.values(z[cells.owners, :, k]) - place
        # The corner of a sliver that is farther from the kink tells its side; the middle may be lost in rounding.
        above = values.max(axis=1) + values.min(axis=1) > 0
        slopes[above, k] += jump
        levels[above, k] -= jump * place
    out = (slopes[:, None] * z[cells.owners]) @ layer.readout.T + maps[cells.owners] @ layer.skip.T
    out[:, 2] += levels @ layer.readout.T + layer.constant
    return np.asarray(out)


def _breaks(layer: ShallowNetwork) -> Iterator[tuple[int, float, float]]:
    """Neuron, place and jump of every kink that is read out.

    Neurons of weight zero are among them: they cut nothing, but on which side of the kink they are decides the constant
    that they add.
    """
    for k in np.flatnonzero(np.any(layer.readout != 0, axis=0)):
        for place, jump in layer.activation.kinks:
            if jump:
                yield int(k), place, jump


def _reach(cells: Polygons, maps: Floats) -> Floats:
    """The largest modulus of each entry of a layer's input, at the corners of all polygons."""
    columns = (np.abs(cells.values(maps[cells.owners, :, i])).max(initial=0.0) for i in range(maps.shape[2]))
    return np.fromiter(columns, np.float64)


def _pushed(
    layer: ShallowNetwork, z: Floats, tangent: Floats, moduli: Floats, size: Floats
) -> tuple[Floats, Floats, Floats]:
    """
    One-sided derivative of a layer's outputs along `tangent`, the derivative of its inputs.

    And its sum of moduli, over this layer alone and over all paths, from the `moduli` of the inputs.
    """
    rate = tangent @ layer.weights.T
    slopes = np.full_like(z, layer.activation.pieces[0])
    for place, jump in layer.activation.kinks:
        tie = _TIE * (size + abs(place))
        slopes += jump * ((z > place + tie) | ((z >= place - tie) & (rate > 0)))
    out = np.asarray((slopes * rate) @ layer.readout.T + tangent @ layer.skip.T)
    weights, readout, skip = (np.abs(part).T for part in (layer.weights, layer.readout, layer.skip))
    terms, paths = ((np.abs(slopes) * (part @ weights)) @ readout + part @ skip for part in (np.abs(tangent), moduli))
    return out, np.asarray(terms), np.asarray(paths)
