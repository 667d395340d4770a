"""`radon-nn show`: a network of two inputs as a picture in (angle, offset)."""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from radon_nn import plot
from radon_nn.cli.arguments import refuse
from radon_nn.cli.network import ball_asked, entry_asked, is_black_box, spikes_asked, understood
from radon_nn.cli.pictures import require_picture_name, write
from radon_nn.geometry.domains import Ball
from radon_nn.kink_lines.segments import kinks
from radon_nn.measures.ridge import RidgeMeasure
from radon_nn.networks.deep import DeepNetwork
from radon_nn.networks.exact import exact_rtv
from radon_nn.networks.shallow import ShallowNetwork
from radon_nn.variation.deep import deep_rtv


def run(arguments: argparse.Namespace) -> int:
    """
    Draw a network of two inputs.

    Parameters
    ----------
    arguments : Namespace
        The command line.

    Returns
    -------
    int
        0, or 3 if Ctrl-C ended a search for spikes, and the picture has those found until then.
    """
    code = 0
    out = Path(Path(arguments.file).stem + ".png") if arguments.out is None else arguments.out
    require_picture_name(out)
    network = _drawn(arguments)
    n, title = 256 if arguments.n is None else arguments.n, Path(arguments.file).stem
    domain = ball_asked(arguments)
    ball = domain or Ball(1.0)
    if isinstance(network, DeepNetwork):
        refuse(
            arguments,
            "from-transform by-probing merge",
            "a deep network",
            "leave it out, or choose a --layer of 2 inputs",
        )
        known = kinks(network, ball) if network.piecewise_linear else None
        write(plot.deep_overview(network, domain=ball, n=n, title=title, known=known), out)
        print(deep_rtv(network, ball, known=known))
    elif not network.activation.piecewise_linear and not is_black_box(arguments):
        refuse(arguments, "merge", "a network of smooth activations, which has densities instead of spikes")
        write(plot.fibre_overview(network, domain=ball, n=n, title=title), out)
        print(exact_rtv(network, domain))
    else:
        found = spikes_asked(arguments, network)
        code = 3 if found.partial else 0
        write(plot.overview(network, found.measure, domain=ball, n=n, title=title), out)
        print(found.summary)
        _print_what_is_not_drawn(found.measure, ball)
    print(f"picture: {out}")
    return code


def _drawn(arguments: argparse.Namespace) -> ShallowNetwork | DeepNetwork:
    """The network, or the output of it that was asked for."""
    network = understood(arguments).network
    if network.dim != 2:
        raise ValueError(
            f"show: expected a network of 2 inputs, got {network.dim}; `radon-nn spikes`, `radon-nn rtv` and "
            "`radon-nn info` serve it"
        )
    entry = entry_asked(arguments)
    if network.outputs == 1:
        if entry is not None:
            refuse(arguments, "output", "a network of one output")
        return network
    if entry is None:
        raise ValueError(
            f"show: expected one output, got {network.outputs}; choose one with --output 0 to {network.outputs - 1}"
        )
    return network.output(entry)


def _print_what_is_not_drawn(measure: RidgeMeasure, ball: Ball) -> None:
    on = measure.restricted(ball)
    if len(on) == len(measure):
        return
    # A millionth of the largest mass is invisible in the picture, and may lie arbitrarily far out.
    heavy = measure.sizes > 1e-6 * measure.sizes.max()
    reach = float(np.abs(measure.offsets[heavy]).max())
    print(
        f"drawn: the disc {'|x|' if ball.center is None else '|x - c|'} <= {ball.radius:g}, with {len(on)} of "
        f"{len(measure)} spikes and R-TV {on.rtv:.10g}; "
        f"{len(measure) - len(on)} spikes miss the disc; --radius {1.05 * reach:.3g} shows all but negligible ones"
    )
