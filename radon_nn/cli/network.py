"""The network that a command line names: read from its file, and its spikes, exact or from values alone."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, NamedTuple

from radon_nn._support.wording import counted
from radon_nn.cli.progress import to_stderr
from radon_nn.geometry.domains import Ball
from radon_nn.io import read
from radon_nn.networks.deep import DeepNetwork
from radon_nn.networks.exact import exact_rtv
from radon_nn.readers.graph import Understood

if TYPE_CHECKING:
    from radon_nn.measures.ridge import RidgeMeasure
    from radon_nn.networks.shallow import ShallowNetwork
    from radon_nn.spikes.probing.probe_fit import ProbeFit
    from radon_nn.spikes.spike_fit import SpikeFit


def understood(arguments: argparse.Namespace) -> Understood:
    """
    What the named file holds.

    Parameters
    ----------
    arguments : Namespace
        With `file`, `activation`, `layout`, `layers`, `prefix`, `output`, `keep_sigmoid` and `layer`.

    Returns
    -------
    Understood
        The network, or the layer asked for, and notes.

    Raises
    ------
    ValueError
        If the file is not understood, or there is no such layer.
    """
    network = read(
        arguments.file,
        activation=arguments.activation,
        layout=arguments.layout,
        layers=arguments.layers,
        prefix=arguments.prefix,
        logits=not arguments.keep_sigmoid,
        output=_only([text for text in arguments.output or () if not _is_entry(arguments, text)]),
    )
    if arguments.layer is None:
        return network
    layers = network.network.layers if isinstance(network.network, DeepNetwork) else (network.network,)
    if not 1 <= arguments.layer <= len(layers):
        raise ValueError(f"--layer: expected 1 to {len(layers)}, got {arguments.layer}")
    return Understood(layers[arguments.layer - 1], f"{network.source}, layer {arguments.layer}", network.notes)


def entry_asked(arguments: argparse.Namespace) -> int | None:
    """
    The entry of the output that --output names by its number.

    Parameters
    ----------
    arguments : Namespace
        The command line.

    Returns
    -------
    int, optional
        None if no number is given.
    """
    entry = _only([text for text in arguments.output or () if _is_entry(arguments, text)])
    return None if entry is None else int(entry)


def _is_entry(arguments: argparse.Namespace, text: str) -> bool:
    """Only pictures show one entry; elsewhere a number may be an output's name, as older exporters of PyTorch give."""
    return arguments.command == "show" and text.isdecimal()


def _only(given: list[str]) -> str | None:
    if len(given) > 1:
        raise ValueError(f"--output: expected one of a kind, got {', '.join(map(repr, given))}; leave out the others")
    return given[0] if given else None


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
    ball: Ball | None = Ball(arguments.radius) if arguments.radius is not None else arguments.domain
    return ball


def is_black_box(arguments: argparse.Namespace) -> bool:
    """
    Whether the network is to be known by its values alone.

    Parameters
    ----------
    arguments : Namespace
        The command line.

    Returns
    -------
    bool
        True with --from-transform or --by-probing.
    """
    return bool(arguments.from_transform or arguments.by_probing)


class Spikes(NamedTuple):
    """
    A network's spikes.

    Parameters
    ----------
    measure : RidgeMeasure
        The spikes.
    summary : str
        What they are worth, in a line.
    partial : bool
        Whether Ctrl-C ended the search for them.
    """

    measure: RidgeMeasure
    summary: str
    partial: bool = False


def spikes_asked(arguments: argparse.Namespace, network: ShallowNetwork) -> Spikes:
    """
    A network's spikes, exact or from values alone as the command line asks.

    Parameters
    ----------
    arguments : Namespace
        The command line.
    network : ShallowNetwork
        The network.

    Returns
    -------
    Spikes
        The spikes, what they are worth, and whether they are only some.
    """
    found = _unmerged(arguments, network)
    if arguments.merge is None:
        return found
    ball = ball_asked(arguments) or Ball(1.0)
    merged = found.measure.merged(arguments.merge, unit=ball.radius)
    moved = merged.difference(found.measure, ball)
    before = len(found.measure)
    said = (
        f"{found.summary}\nmerged within {arguments.merge:g}: {counted(before, 'spike')} become{'s' * (before == 1)} "
        f"{len(merged)}, R-TV {found.measure.rtv:.6g} becomes {merged.rtv:.6g}, and f moves by {moved} on {ball}"
    )
    return Spikes(merged, said, found.partial)


def _unmerged(arguments: argparse.Namespace, network: ShallowNetwork) -> Spikes:
    """The spikes as they are, or as they are found."""
    domain = ball_asked(arguments)
    # Imported for black boxes only: both searches bring compiled kernels with them.
    if arguments.by_probing:
        from radon_nn.spikes.probing.probe import probe_spikes

        probed = probe_spikes(network, network.dim, domain=domain, progress=to_stderr)
        return _found(probed)
    if arguments.from_transform:
        from radon_nn.geometry.grids import Grid
        from radon_nn.spikes.from_transform import find_spikes

        ball = domain or Ball(1.0)
        n = arguments.n if arguments.n is not None else 256 if network.dim == 2 else 64
        fit = find_spikes(network, Grid.cube(n, network.dim, ball.radius), domain=ball, progress=to_stderr)
        return _found(fit)
    measure = network.measure()
    measure = measure if domain is None else measure.restricted(domain)
    return Spikes(measure, str(exact_rtv(network, domain)))


def _found(result: SpikeFit | ProbeFit) -> Spikes:
    if result.interrupted:
        return Spikes(result.measure, f"PARTIAL, interrupted by Ctrl-C: {result}", True)
    return Spikes(result.measure, str(result))
