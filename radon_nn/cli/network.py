"""The commands about one network, from any kind of file: info, show and spikes."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import cast

import numpy as np
from matplotlib.figure import Figure

from radon_nn import plot
from radon_nn._support.files import whole_file
from radon_nn.cli.report import facts, lines, number
from radon_nn.geometry.domains import Ball
from radon_nn.geometry.grids import Grid
from radon_nn.io import read
from radon_nn.measures.ridge import RidgeMeasure
from radon_nn.networks.deep import DeepNetwork
from radon_nn.networks.exact import exact_rtv
from radon_nn.networks.shallow import ShallowNetwork
from radon_nn.readers.graph import Network, Understood
from radon_nn.readers.hints import LAYOUTS
from radon_nn.spikes.from_transform import find_spikes
from radon_nn.spikes.probing.probe import probe_spikes

FILES = "npz, safetensors, keras, onnx, pt"


def add_source(parser: argparse.ArgumentParser) -> None:
    """
    Options about what a file does not say of its network.

    Parameters
    ----------
    parser : ArgumentParser
        Where they go.
    """
    parser.add_argument("--activation", help="the activation, where the file does not say: relu, gelu, leaky_relu 0.1")
    parser.add_argument(
        "--layout", choices=LAYOUTS, help="rows of matrices, where the file does not say: out_in as PyTorch has them"
    )
    parser.add_argument("--keep-sigmoid", action="store_true", help="keep a final sigmoid instead of giving logits")
    parser.add_argument("--layer", type=int, help="look at one layer of a deep network alone, from 1")


def understood(arguments: argparse.Namespace) -> Understood:
    """
    What the named file holds.

    Parameters
    ----------
    arguments : Namespace
        With `file` and the options of `add_source`.

    Returns
    -------
    Understood
        The network, or the layer asked for, and notes.

    Raises
    ------
    ValueError
        If the file is not understood, or there is no such layer.
    """
    found = read(
        arguments.file,
        activation=arguments.activation,
        layout=arguments.layout,
        logits=not arguments.keep_sigmoid,
    )
    if arguments.layer is None:
        return found
    layers = found.network.layers if isinstance(found.network, DeepNetwork) else (found.network,)
    if not 1 <= arguments.layer <= len(layers):
        raise ValueError(f"--layer: expected 1 to {len(layers)}, got {arguments.layer}")
    return Understood(layers[arguments.layer - 1], f"{found.source}, layer {arguments.layer}", found.notes)


def info(arguments: argparse.Namespace) -> None:
    """
    Print what was understood of a file.

    Parameters
    ----------
    arguments : Namespace
        The command line.
    """
    about = facts(understood(arguments), arguments.domain)
    print(json.dumps(about, indent=1) if arguments.json else "\n".join(lines(about)))


def show(arguments: argparse.Namespace) -> None:
    """
    Draw a network of two inputs.

    Parameters
    ----------
    arguments : Namespace
        The command line.
    """
    out = Path(Path(arguments.file).stem + ".png") if arguments.out is None else arguments.out
    can_be_picture(out)
    network = understood(arguments).network
    if network.dim != 2:
        raise ValueError(
            f"show: expected a network of 2 inputs, got {network.dim}; `radon-nn spikes`, `radon-nn rtv` and "
            "`radon-nn info` serve it, and network.slice(origin, basis) is a plane through it"
        )
    if network.outputs > 1:
        if arguments.output is None:
            raise ValueError(
                f"show: expected one output, got {network.outputs}; choose one with --output 0 to {network.outputs - 1}"
            )
        network = network.output(arguments.output)
    n, title = 256 if arguments.n is None else arguments.n, Path(arguments.file).stem
    domain = ball_asked(arguments)
    ball = domain or Ball(1.0)
    if isinstance(network, DeepNetwork):
        write(plot.deep_overview(network, domain=ball, n=n, title=title), out)
        print(facts(Understood(network, ""), ball)["rtv_in_words"])
    elif not network.activation.piecewise_linear and not _black_box(arguments):
        write(plot.fibre_overview(network, domain=ball, n=n, title=title), out)
        print(exact_rtv(network, domain))
    else:
        measure, line = _found(arguments, network)
        write(plot.overview(network, measure, domain=ball, n=n, title=title), out)
        print(line)
        _say_what_is_not_drawn(measure, ball)
    print(f"picture: {out}")


def spikes(arguments: argparse.Namespace) -> None:
    """
    List a network's spikes, or its directions where activations are smooth.

    Parameters
    ----------
    arguments : Namespace
        The command line.
    """
    network = understood(arguments).network
    if isinstance(network, DeepNetwork) and not _black_box(arguments):
        raise ValueError(
            f"spikes: expected a shallow network, got {len(network.layers)} layers, which has none; --layer 1 to "
            f"{len(network.layers)} lists those of a layer, `radon-nn info` the cost of each"
        )
    if isinstance(network, ShallowNetwork) and not network.activation.piecewise_linear and not _black_box(arguments):
        _directions(arguments, network)
        return
    measure, line = _found(arguments, network)
    if arguments.json:
        found = [
            {"direction": a.tolist(), "offset": float(t), "mass": m.tolist()}
            for a, t, m in zip(measure.directions, measure.offsets, measure.masses, strict=True)
        ]
        affine = {"skip": measure.skip.tolist(), "constant": measure.constant.tolist()}
        print(json.dumps({"summary": line, "rtv": measure.rtv, "spikes": found, **affine}, indent=1))
        return
    print(line)
    angle = "  angle/rad" if measure.dim == 2 else ""
    print(f"{'':>5}  {'offset':>12}  {'mass':>24}{angle}  direction")
    degrees = plot.angles_and_offsets(measure) if measure.dim == 2 else None
    for k in range(len(measure)):
        mass = " ".join(f"{m:+.6g}" for m in measure.masses[k])
        offset = measure.offsets[k] if degrees is None else degrees[1][k]
        where = "" if degrees is None else f"  {degrees[0][k]:9.6f}"
        sign = 1 if degrees is None or offset == measure.offsets[k] else -1
        direction = " ".join(f"{sign * a:+.6f}" for a in measure.directions[k])
        print(f"{k + 1:>5}  {offset:>+12.6f}  {mass:>24}{where}  {direction}")


def ball_asked(arguments: argparse.Namespace) -> Ball | None:
    """
    The ball that --domain or --radius names.

    Parameters
    ----------
    arguments : Namespace
        The command line.

    Returns
    -------
    Ball, optional
        None if neither is given.

    Raises
    ------
    ValueError
        If both are.
    """
    if arguments.radius is not None and arguments.domain is not None:
        raise ValueError("--radius and --domain: expected one of the two, got both")
    found: Ball | None = Ball(arguments.radius) if arguments.radius is not None else arguments.domain
    return found


def can_be_picture(out: Path) -> None:
    """
    Refuse a name or a folder that a picture cannot have, before the work of drawing it.

    Parameters
    ----------
    out : Path
        The file to be.

    Raises
    ------
    ValueError
        If the name ends in nothing that can be drawn.
    FileNotFoundError
        If the folder does not exist.
    """
    kinds = sorted(plot.file_types())
    if out.suffix.lstrip(".").lower() not in kinds:
        raise ValueError(f"{out}: expected a picture name ending in one of .{', .'.join(kinds)}")
    if not out.parent.is_dir():
        raise FileNotFoundError(f"{out}: the folder {out.parent} does not exist; make it first")


def write(figure: Figure, out: Path) -> None:
    """
    Save a figure, whole or not at all.

    Parameters
    ----------
    figure : Figure
        The figure.
    out : Path
        The file.
    """
    with whole_file(out) as temporary:
        figure.savefig(temporary, dpi=120)


def _black_box(arguments: argparse.Namespace) -> bool:
    return bool(arguments.from_transform or arguments.by_probing)


def _found(arguments: argparse.Namespace, network: Network) -> tuple[RidgeMeasure, str]:
    """The spikes, exact or from values alone, and a line that says which."""

    def progress(line: str) -> None:
        print(line, file=sys.stderr)

    domain = ball_asked(arguments)
    if arguments.by_probing:
        probed = probe_spikes(network, network.dim, domain=domain, progress=progress)
        return probed.measure, str(probed)
    if arguments.from_transform:
        ball = domain or Ball(1.0)
        n = arguments.n if arguments.n is not None else 256 if network.dim == 2 else 64
        fit = find_spikes(network, Grid.cube(n, network.dim, ball.radius), domain=ball, progress=progress)
        return fit.measure, str(fit)
    shallow = cast(ShallowNetwork, network)
    measure = shallow.measure()
    measure = measure if domain is None else measure.restricted(domain)
    return measure, str(exact_rtv(shallow, domain))


def _directions(arguments: argparse.Namespace, network: ShallowNetwork) -> None:
    """The fibres of a network of smooth activations, by what they cost."""
    domain = ball_asked(arguments)
    fibres = network.fibres()
    costs, _ = fibres.costs(domain)
    order = np.argsort(-costs, kind="stable")
    counts = np.bincount(fibres.fibre, minlength=len(fibres))
    line = str(exact_rtv(network, domain))
    if arguments.json:
        found = [
            {"direction": fibres.directions[k].tolist(), "neurons": int(counts[k]), "rtv": number(float(costs[k]))}
            for k in order
        ]
        print(json.dumps({"summary": line, "rtv": number(float(costs.sum())), "directions": found}, indent=1))
        return
    print(line)
    print(f"{'':>5}  {'R-TV':>12}  {'neurons':>8}  direction (its density stands where a spike would)")
    for place, k in enumerate(order, 1):
        direction = " ".join(f"{a:+.6f}" for a in fibres.directions[k])
        print(f"{place:>5}  {costs[k]:>12.6g}  {counts[k]:>8}  {direction}")


def _say_what_is_not_drawn(measure: RidgeMeasure, ball: Ball) -> None:
    on = measure.restricted(ball)
    if len(on) < len(measure):
        heavy = measure.sizes > 1e-6 * measure.sizes.max()
        reach = float(np.abs(measure.offsets[heavy]).max())
        print(
            f"drawn: the disc {'|x|' if ball.center is None else '|x - c|'} <= {ball.radius:g}, with {len(on)} of "
            f"{len(measure)} spikes and R-TV {on.rtv:.10g}; "
            f"{len(measure) - len(on)} spikes miss the disc; --radius {1.05 * reach:.3g} shows all but negligible ones"
        )
