"""`radon-nn spikes`: a network's spikes, or its directions if activations are smooth."""

from __future__ import annotations

import argparse
import json
import sys
from typing import cast

import numpy as np

from radon_nn._support.wording import counted
from radon_nn.cli.arguments import refuse
from radon_nn.cli.network import Spikes, ball_asked, is_black_box, spikes_asked, understood
from radon_nn.cli.report import number, print_csv
from radon_nn.geometry import hyperplanes
from radon_nn.measures.ridge import RidgeMeasure
from radon_nn.networks.deep import DeepNetwork
from radon_nn.networks.exact import exact_rtv
from radon_nn.networks.shallow import ShallowNetwork
from radon_nn.readers.refusals import printable


def run(arguments: argparse.Namespace) -> int:
    """
    List a network's spikes, or its directions if activations are smooth.

    Parameters
    ----------
    arguments : Namespace
        The command line.

    Returns
    -------
    int
        0, or 3 if Ctrl-C ended the search, and the list is what was found until then.
    """
    network = understood(arguments).network
    if not arguments.from_transform:
        refuse(arguments, "n", "spikes that need no grid", "leave it out, or add --from-transform")
    if is_black_box(arguments):
        return _list(spikes_asked(arguments, cast(ShallowNetwork, network)), arguments)
    if isinstance(network, DeepNetwork):
        raise ValueError(
            f"spikes: expected a shallow network, got {counted(len(network.layers), 'layer')}, which has none; "
            f"--layer 1 to {len(network.layers)} lists those of a layer, `radon-nn info` the cost of each"
        )
    if not network.activation.piecewise_linear:
        refuse(arguments, "merge", "a network of smooth activations, which has densities instead of spikes")
        _list_directions(arguments, network)
        return 0
    return _list(spikes_asked(arguments, network), arguments)


def _list(found: Spikes, arguments: argparse.Namespace) -> int:
    """Print spikes in the form asked for; returns the exit status."""
    code, measure = 3 if found.partial else 0, found.measure
    if arguments.csv:
        if found.partial:
            print(f"radon-nn: {found.summary}", file=sys.stderr)
        print_csv(measure.to_table())
        return code
    angles = hyperplanes.angles(measure.directions) if measure.dim == 2 else None
    if arguments.json:
        spikes = [
            {"direction": spike.direction.tolist()}
            | ({} if angles is None else {"angle": float(angles[k])})
            | {"offset": spike.offset, "mass": measure.masses[k].tolist()}
            for k, spike in enumerate(measure)
        ]
        affine = {"skip": measure.skip.tolist(), "constant": measure.constant.tolist()}
        about = {"summary": found.summary, "partial": found.partial, "rtv": measure.rtv}
        print(json.dumps({**about, "spikes": spikes, **affine}, indent=1))
        return code
    print(found.summary)
    print(f"{'':>5}  {'offset':>12}  {'mass':>24}{'' if angles is None else '  angle/rad'}  {_heading(measure)}")
    for k, spike in enumerate(measure):
        mass = " ".join(f"{m:+.6g}" for m in measure.masses[k])
        angle = "" if angles is None else f"  {angles[k]:9.6f}"
        direction = " ".join(f"{a:+.6f}" for a in spike.direction)
        if measure.names.features is not None:
            direction = printable(measure.names.main_features(spike.direction))
        print(f"{k + 1:>5}  {spike.offset:>+12.6f}  {mass:>24}{angle}  {direction}")
    return code


def _heading(measure: RidgeMeasure) -> str:
    if measure.names.features is None:
        return "direction"
    units = "" if measure.names.deviations is None else ", in standardised units"
    return f"features of the direction{units}, largest first"


def _list_directions(arguments: argparse.Namespace, network: ShallowNetwork) -> None:
    """The directions of a network of smooth activations, by what they cost."""
    domain = ball_asked(arguments)
    fibres = network.fibres()
    table = fibres.to_table(domain)
    if arguments.csv:
        print_csv(table)
        return
    costs, counts = table["rtv"], table["neurons"]
    order = np.argsort(-fibres.costs(domain)[0], kind="stable")
    summary = str(exact_rtv(network, domain))
    if arguments.json:
        directions = [
            {
                "direction": fibres.directions[k].tolist(),
                "neurons": int(counts[rank]),
                "rtv": number(float(costs[rank])),
            }
            for rank, k in enumerate(order)
        ]
        print(json.dumps({"summary": summary, "rtv": number(float(costs.sum())), "directions": directions}, indent=1))
        return
    print(summary)
    print(f"{'':>5}  {'R-TV':>12}  {'neurons':>8}  direction (its density stands where a spike would)")
    for rank, k in enumerate(order):
        direction = " ".join(f"{a:+.6f}" for a in fibres.directions[k])
        print(f"{rank + 1:>5}  {costs[rank]:>12.6g}  {counts[rank]:>8}  {direction}")
