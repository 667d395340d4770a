"""`radon-nn show`: a network, or a function in a Python file, as a picture; for any number of inputs."""

from __future__ import annotations

import argparse
import contextlib
import sys
from pathlib import Path

import numpy as np

from radon_nn import plot
from radon_nn._support.types import Floats
from radon_nn._support.wording import counted
from radon_nn.cli.arguments import refuse
from radon_nn.cli.network import ball_asked, entry_asked, is_black_box, spikes_asked, understood
from radon_nn.cli.pictures import require_picture_name, write
from radon_nn.cli.sources import function_in
from radon_nn.cli.value import OF_NETWORKS, is_function
from radon_nn.cli.wording import in_words_of_the_shell
from radon_nn.geometry.black_box import pointwise
from radon_nn.geometry.domains import Ball
from radon_nn.kink_lines.segments import kinks
from radon_nn.measures.ridge import RidgeMeasure
from radon_nn.networks.deep import DeepNetwork
from radon_nn.networks.exact import exact_rtv
from radon_nn.networks.shallow import ShallowNetwork
from radon_nn.plot import ball_about
from radon_nn.tables.reading import read_table
from radon_nn.variation.deep import deep_rtv


def run(arguments: argparse.Namespace) -> int:
    """
    Draw a network or a function.

    Parameters
    ----------
    arguments : Namespace
        The command line.

    Returns
    -------
    int
        0, or 3 if Ctrl-C ended a search for spikes, and the picture has those found until then.
    """
    source = str(arguments.file)
    stem = Path(source.rpartition(":")[0] or source).stem if is_function(source) else Path(source).stem
    out = Path(stem + ".png") if arguments.out is None else arguments.out
    require_picture_name(out)
    domain = ball_asked(arguments)
    data = None if arguments.data is None else _points(arguments)
    options = {"domain": domain, "data": data, "n": 256 if arguments.n is None else arguments.n}
    if is_function(source):
        options["title"] = source.rpartition(":")[2]
        code = _draw_function(arguments, options, out)
    else:
        refuse(arguments, "dim vectorize", "a network")
        options["title"] = stem
        code = _draw_network(arguments, options, out)
    print(f"picture: {out}")
    return code


def _points(arguments: argparse.Namespace) -> Floats:
    """The points of the table of data."""
    table = read_table(
        arguments.data, target=arguments.target, columns=arguments.columns, drop_missing=arguments.drop_missing
    )
    for note in table.notes:
        print(f"radon-nn: {in_words_of_the_shell(note)}", file=sys.stderr)
    return table.points


def _draw_function(arguments: argparse.Namespace, options: dict[str, object], out: Path) -> int:
    refuse(arguments, f"{OF_NETWORKS} merge from-transform by-probing", "a function in a Python file")
    # What a user's function prints must not be taken for ours.
    with contextlib.redirect_stdout(sys.stderr):
        f = function_in(str(arguments.file))
        f = pointwise(f) if arguments.vectorize else f
        picture = plot.overview(f, dim=arguments.dim, **options)  # type: ignore[arg-type]
    write(picture, out)
    return 0


def _draw_network(arguments: argparse.Namespace, options: dict[str, object], out: Path) -> int:
    network = _drawn(arguments)
    data = options["data"]
    if arguments.domain is None and arguments.radius is None and data is not None:
        # Spikes are looked for, and counted, where the picture is.
        arguments.domain = ball_about(data)  # type: ignore[arg-type]
    ball = ball_asked(arguments) or Ball(1.0)
    if isinstance(network, DeepNetwork):
        refuse(
            arguments,
            "from-transform by-probing merge",
            "a deep network",
            "leave it out, or choose a --layer",
        )
        if network.dim == 2 and network.piecewise_linear:
            known = kinks(network, ball)
            write(plot.overview(network, known=known, **options), out)  # type: ignore[arg-type]
            print(deep_rtv(network, ball, known=known))
            return 0
        write(plot.overview(network, **options), out)  # type: ignore[arg-type]
        print(f"sum of the layers' R-TV {network.compositional_cost():.10g}")
        return 0
    if not network.activation.piecewise_linear and not is_black_box(arguments):
        refuse(arguments, "merge", "a network of smooth activations, which has densities instead of spikes")
        write(plot.overview(network, **options), out)  # type: ignore[arg-type]
        print(exact_rtv(network, ball_asked(arguments)))
        return 0
    found = spikes_asked(arguments, network)
    write(plot.overview(network, found.measure, **options), out)  # type: ignore[arg-type]
    print(found.summary)
    _print_what_is_not_drawn(found.measure, ball)
    return 3 if found.partial else 0


def _drawn(arguments: argparse.Namespace) -> ShallowNetwork | DeepNetwork:
    """The network, or the output of it that was asked for."""
    network = understood(arguments).network
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
    kind = {1: "interval", 2: "disc"}.get(measure.dim, "ball")
    missed = len(measure) - len(on)
    print(
        f"drawn: the {kind} {'|x|' if ball.center is None else '|x - c|'} <= {ball.radius:g}, with {len(on)} of "
        f"{counted(len(measure), 'spike')} and R-TV {on.rtv:.10g}; "
        f"{counted(missed, 'spike')} miss{'es' * (missed == 1)} the {kind}; --radius {1.05 * reach:.3g} shows all but "
        "negligible ones"
    )
