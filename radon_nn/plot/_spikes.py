"""The spikes that a picture shows of a network of any kind."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from radon_nn._support.wording import counted
from radon_nn.displays.lettering import NUMBERED
from radon_nn.geometry.domains import Ball
from radon_nn.geometry.grids import Function
from radon_nn.measures.ridge import RidgeMeasure
from radon_nn.networks.deep import DeepNetwork
from radon_nn.networks.shallow import ShallowNetwork

_OFFSETS = 512
"""Offsets at which a density is looked at for its middle."""


class Spikes(NamedTuple):
    """
    Spikes, or directions with their costs where densities stand instead of spikes.

    Parameters
    ----------
    measure : RidgeMeasure
        What meets the domain. Without signs, masses are costs and offsets are the middles of the densities.
    signed : bool
        Whether signs mean anything.
    name : str
        What they are: spikes, directions, or neurons of the first layer.
    title : str
        How many there are, and the R-TV.
    kinks : RidgeMeasure, optional
        The measure whose hyperplanes are the function's kinks, if it has such.
    total : str
        What the sizes add up to.
    """

    measure: RidgeMeasure
    signed: bool
    name: str
    title: str
    kinks: RidgeMeasure | None = None
    total: str = "R-TV"


def spikes_of(f: Function, measure: RidgeMeasure | None, domain: Ball) -> Spikes | None:
    """
    The spikes of a function on a ball.

    Parameters
    ----------
    f : callable
        A network, or anything else.
    measure : RidgeMeasure, optional
        Its spikes, if the caller has them.
    domain : Ball
        The ball.

    Returns
    -------
    Spikes, optional
        None for a function that is no network and comes without a measure.
    """
    if measure is None and isinstance(f, ShallowNetwork) and f.activation.piecewise_linear:
        measure = f.measure()
    if measure is not None:
        on = measure.restricted(domain)
        return Spikes(on, True, counted(len(on), "spike"), f"{counted(len(on), 'spike')}, R-TV {on.rtv:.5g}", on)
    if isinstance(f, ShallowNetwork):
        costs = densities_as_spikes(f, domain)
        directions = counted(len(costs), "direction")
        said = f"{directions}, R-TV at most {costs.rtv:.5g}"
        return Spikes(costs, False, f"{directions} of {f.activation.name} neurons", said, None, "variation")
    if isinstance(f, DeepNetwork):
        layer = f.layers[0]
        if layer.activation.piecewise_linear:
            first = layer.measure().restricted(domain)
            unsigned = RidgeMeasure.trusted(
                first.directions,
                first.offsets,
                first.sizes,
                np.zeros((1, first.dim)),
                np.zeros(1),
                names=f.names.output(0) if f.names.outputs else f.names,
            )
        else:
            unsigned = densities_as_spikes(layer, domain)
        directions = counted(len(unsigned), "direction")
        said = f"Layer 1 of {len(f.layers)}: {directions}, R-TV {unsigned.rtv:.5g}"
        return Spikes(unsigned, False, f"{directions} of layer 1", said, None, "R-TV of layer 1")
    return None


def claim_of(measure: RidgeMeasure, kinks: str) -> str:
    """
    What a picture of spikes says.

    Parameters
    ----------
    measure : RidgeMeasure
        The spikes on the domain.
    kinks : str
        What the kinks are, such as 'kink lines'.

    Returns
    -------
    str
        That kinks are spikes, and what these add up to.
    """
    count = len(measure)
    if count == 0:
        return "no kinks here, so R-TV is 0"
    if count == 1:
        return f"the kink is one spike, whose |mass| is R-TV {measure.rtv:.4g}"
    numbered = f"same number, for the {NUMBERED} heaviest" if count > NUMBERED else "same number"
    return f"each of {count} {kinks} is one spike ({numbered}); their |mass| adds up to R-TV {measure.rtv:.4g}"


def spikes_wanted(dim: int) -> str:
    """
    Why the picture of a function known by its values shows no spikes, and how to find them.

    Parameters
    ----------
    dim : int
        Number of inputs.

    Returns
    -------
    str
        A caption.
    """
    found = f"probe_spikes(f, {dim})"
    return (
        f"If f is a ReLU network with one hidden layer, s = {found} finds its spikes, and overview(f, s.measure) shows "
        "them."
    )


def densities_as_spikes(network: ShallowNetwork, domain: Ball) -> RidgeMeasure:
    """
    The directions of a network of smooth activations, with what each contributes to the R-TV on a ball.

    Parameters
    ----------
    network : ShallowNetwork
        Of any number of inputs and outputs.
    domain : Ball
        The ball.

    Returns
    -------
    RidgeMeasure
        Masses are the costs; offsets are the means of t, weighted by the modulus of the density.
    """
    fibres = network.fibres()
    costs, _ = fibres.costs(domain)
    low, high = domain.extent(fibres.directions)
    offsets = (low + high) / 2
    for k in range(len(fibres)):
        t = np.linspace(low[k], high[k], _OFFSETS)
        weight = np.abs(fibres.density(t)[k]).reshape(_OFFSETS, -1).sum(axis=1)
        if weight.sum() > 0:
            offsets[k] = t @ weight / weight.sum()
    keep = (costs > 0) & np.isfinite(costs)
    names = network.names
    return RidgeMeasure.trusted(
        fibres.directions[keep],
        offsets[keep],
        costs[keep],
        np.zeros((1, network.dim)),
        np.zeros(1),
        names=names.output(0) if names.outputs else names,
    )
