"""`radon-nn spikes`: a network's spikes, or its directions if activations are smooth."""

from __future__ import annotations

import argparse
import json
from typing import cast

import numpy as np

from radon_nn.cli.arguments import refuse
from radon_nn.cli.network import ball_asked, is_black_box, spikes_asked, understood
from radon_nn.cli.report import number
from radon_nn.displays.strip import angles_and_offsets
from radon_nn.measures.ridge import RidgeMeasure
from radon_nn.networks.deep import DeepNetwork
from radon_nn.networks.exact import exact_rtv
from radon_nn.networks.shallow import ShallowNetwork


def run(arguments: argparse.Namespace) -> None:
    """
    List a network's spikes, or its directions if activations are smooth.

    Parameters
    ----------
    arguments : Namespace
        The command line.
    """
    network = understood(arguments).network
    if not arguments.from_transform:
        refuse(arguments, "n", "spikes that need no grid", "leave it out, or add --from-transform")
    if is_black_box(arguments):
        _list(*spikes_asked(arguments, cast(ShallowNetwork, network)), as_json=arguments.json)
        return
    if isinstance(network, DeepNetwork):
        raise ValueError(
            f"spikes: expected a shallow network, got {len(network.layers)} layers, which has none; --layer 1 to "
            f"{len(network.layers)} lists those of a layer, `radon-nn info` the cost of each"
        )
    if not network.activation.piecewise_linear:
        _list_directions(arguments, network)
        return
    _list(*spikes_asked(arguments, network), as_json=arguments.json)


def _list(measure: RidgeMeasure, summary: str, *, as_json: bool) -> None:
    if as_json:
        spikes = [
            {"direction": a.tolist(), "offset": float(t), "mass": m.tolist()}
            for a, t, m in zip(measure.directions, measure.offsets, measure.masses, strict=True)
        ]
        affine = {"skip": measure.skip.tolist(), "constant": measure.constant.tolist()}
        print(json.dumps({"summary": summary, "rtv": measure.rtv, "spikes": spikes, **affine}, indent=1))
        return
    print(summary)
    angle = "  angle/rad" if measure.dim == 2 else ""
    print(f"{'':>5}  {'offset':>12}  {'mass':>24}{angle}  direction")
    in_strip = angles_and_offsets(measure) if measure.dim == 2 else None
    for k in range(len(measure)):
        mass = " ".join(f"{m:+.6g}" for m in measure.masses[k])
        offset = measure.offsets[k] if in_strip is None else in_strip[1][k]
        angle = "" if in_strip is None else f"  {in_strip[0][k]:9.6f}"
        # Both numbers of a line name the hyperplane with the same sign.
        sign = 1 if offset == measure.offsets[k] else -1
        direction = " ".join(f"{sign * a:+.6f}" for a in measure.directions[k])
        print(f"{k + 1:>5}  {offset:>+12.6f}  {mass:>24}{angle}  {direction}")


def _list_directions(arguments: argparse.Namespace, network: ShallowNetwork) -> None:
    """The directions of a network of smooth activations, by what they cost."""
    domain = ball_asked(arguments)
    fibres = network.fibres()
    costs, _ = fibres.costs(domain)
    order = np.argsort(-costs, kind="stable")
    counts = np.bincount(fibres.fibre, minlength=len(fibres))
    summary = str(exact_rtv(network, domain))
    if arguments.json:
        directions = [
            {"direction": fibres.directions[k].tolist(), "neurons": int(counts[k]), "rtv": number(float(costs[k]))}
            for k in order
        ]
        print(json.dumps({"summary": summary, "rtv": number(float(costs.sum())), "directions": directions}, indent=1))
        return
    print(summary)
    print(f"{'':>5}  {'R-TV':>12}  {'neurons':>8}  direction (its density stands where a spike would)")
    for rank, k in enumerate(order, 1):
        direction = " ".join(f"{a:+.6f}" for a in fibres.directions[k])
        print(f"{rank:>5}  {costs[k]:>12.6g}  {counts[k]:>8}  {direction}")
