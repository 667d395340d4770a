"""The R-TV of wide networks batch by batch: neurons whose hyperplane no other can share need no merging."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from radon_nn._support.types import Floats, Indices
from radon_nn.geometry import hyperplanes
from radon_nn.geometry.domains import Domain
from radon_nn.geometry.points import norms
from radon_nn.measures.ridge import RidgeMeasure
from radon_nn.networks._endless import SAME
from radon_nn.networks.neurons import Neurons

WIDE = 1 << 26
"""Bytes of weights above which memory counts: merging all neurons at once takes six to seven times the weights."""
_BATCH = 1 << 23
"""Bytes of weights merged at once: a batch then takes some 60 MiB, small beside a wide network."""
_TOL = 1e-12
"""Distance within which hyperplanes coincide, as in `ShallowNetwork.measure`."""
_ROUNDING = 1e-13
"""Rounding of a projection is below the number of inputs times eps; 1e-13 times its root leaves room up to 400^2."""


def batched_rtv(neurons: Neurons, domain: Domain | None) -> tuple[float, float, float, int]:
    """
    The sum of |mass| over the distinct hyperplanes of a piecewise linear network, in little memory.

    Coincident directions, up to sign, have equal moduli of their projections onto any vector. So neurons are sorted by
    one projection, and only runs of nearly equal ones are merged. A run longer than a batch is merged whole.

    Parameters
    ----------
    neurons : Neurons
        Of an activation with one kink, so that the spikes of one neuron do not coincide.
    domain : Domain, optional
        Only hyperplanes that meet it are counted; all of R^d if not given.

    Returns
    -------
    value : float
        The sum.
    least : float
        The sum less rounding of masses that cancel.
    apart : float
        The sum over hyperplanes that are apart by more than rounding, and rounding of masses that cancel: at least so
        much.
    count : int
        The number of distinct hyperplanes.
    """
    sizes = norms(neurons.weights)
    ((place, jump),) = neurons.profile.kinks
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        offsets = (place - neurons.biases) / sizes
        masses = abs(jump) * norms(neurons.readout) * sizes
    live = np.flatnonzero((sizes > 0) & np.isfinite(offsets) & (masses != 0))
    if not len(live):
        return 0.0, 0.0, 0.0, 0
    unit = hyperplanes.offset_unit(offsets[live], masses[live])
    # Arbitrary, and orthogonal to nothing that networks are made of.
    normal = np.cos(np.arange(1.0, neurons.weights.shape[1] + 1) ** 2)
    along = np.abs(neurons.weights @ (normal / np.linalg.norm(normal)))[live] / sizes[live]
    order = np.argsort(along)
    values, least, apart, count = [], [], [], 0
    for batch in _batches(live[order], along[order], neurons.weights.shape[1]):
        part = neurons._replace(
            weights=neurons.weights[batch], biases=neurons.biases[batch], readout=neurons.readout[batch]
        )
        spikes = part.spikes()
        spikes = spikes if domain is None else spikes.restricted(domain)
        measure, low, most = spread_of(spikes, unit)
        values.append(measure.rtv)
        least.append(low)
        apart.append(most)
        count += len(measure)
    return math.fsum(values), math.fsum(least), math.fsum(apart), count


def spread_of(spikes: RidgeMeasure, unit: float | None = None) -> tuple[RidgeMeasure, float, float]:
    """
    The distinct spikes, their least R-TV, and the largest, if hyperplanes that nearly coincide are different ones.

    Parameters
    ----------
    spikes : RidgeMeasure
        Spikes, as neurons have them.
    unit : float, optional
        Unit of offsets, as in `RidgeMeasure.merged`.

    Returns
    -------
    measure : RidgeMeasure
        Merged within 1e-12.
    least : float
        Its R-TV, less the rounding of masses that cancel.
    most : float
        The R-TV if only hyperplanes that agree to rounding are merged, with the rounding of masses that cancel.
    """
    with np.errstate(over="ignore"):
        measure, gone = spikes._joined(_TOL, unit)
        if spikes.rtv <= measure.rtv * (1 + _ROUNDING):
            return measure, measure.rtv, measure.rtv
        close, lost = spikes._joined(SAME, unit)
        return measure, max(measure.rtv - gone, 0.0), max(close.rtv, measure.rtv) + lost


def _batches(rows: Indices, along: Floats, dim: int) -> Iterator[Indices]:
    """Rows sorted by their projections, in batches between which projections differ by more than rounding."""
    gap = _TOL + _ROUNDING * math.sqrt(dim)
    ends = np.append(np.flatnonzero(np.diff(along) > gap) + 1, len(rows))
    most, begin = max(1, _BATCH // (8 * dim)), 0
    while begin < len(rows):
        # The last end within reach of a batch, or the end of a longer run.
        k = max(int(np.searchsorted(ends, begin + most, "right")) - 1, int(np.searchsorted(ends, begin, "right")))
        yield rows[begin : ends[k]]
        begin = int(ends[k])
