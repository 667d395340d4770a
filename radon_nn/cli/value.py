"""`radon-nn rtv`: the R-TV of a network, of a function in a Python file, or of samples in a table."""

from __future__ import annotations

import argparse
import contextlib
import json
import sys
from pathlib import Path

from radon_nn._support.wording import counted
from radon_nn.cli.arguments import refuse
from radon_nn.cli.network import ball_asked, understood
from radon_nn.cli.progress import set_limit, to_stderr
from radon_nn.cli.report import number
from radon_nn.cli.sources import data_table, function_in, require_one_value_each
from radon_nn.geometry.domains import Ball
from radon_nn.measures.result import RTV
from radon_nn.networks.shallow import ShallowNetwork
from radon_nn.readers.graph import Network
from radon_nn.tables.reading import FRAMES, TEXT
from radon_nn.variation.routes import rtv


def run(arguments: argparse.Namespace) -> int:
    """
    Print an R-TV with what it is worth.

    Parameters
    ----------
    arguments : Namespace
        The command line.

    Returns
    -------
    int
        0, or 3 if the tolerance was not met.
    """
    if arguments.csv:
        # Imported for many files only: it brings whatever computes an R-TV.
        from radon_nn.cli.many import table_of

        return table_of(arguments)
    refuse(arguments, "jobs resume", "one file", "add --csv for a table")
    if len(arguments.files) > 1:
        raise ValueError(f"FILE: expected one, got {len(arguments.files)}; add --csv for a table with a row for each")
    arguments.file = arguments.files[0]
    domain = ball_asked(arguments)
    if arguments.out is not None:
        # Imported for pictures only, as below: matplotlib takes longer to import than many values to compute.
        from radon_nn.cli.pictures import require_picture_name

        require_picture_name(arguments.out)
    network = None
    if _is_table(arguments.file) or is_function(arguments.file):
        # What a user's function prints must not end up in the answer.
        set_limit(60.0 if arguments.seconds is None else arguments.seconds)
        with contextlib.redirect_stdout(sys.stderr):
            result = _of_function(arguments, domain) if is_function(arguments.file) else _of_table(arguments, domain)
    else:
        refuse(arguments, "tol seconds", "a network, whose R-TV is computed from its weights")
        refuse(arguments, f"vectorize {_OF_TABLES}", "a network")
        network = understood(arguments).network
        _require_dim(arguments.dim, network.dim, "a network")
        result = rtv(network, domain=domain)
    drawn = arguments.out is not None and _draw(result, arguments.out)
    if arguments.json:
        print(json.dumps(_as_json(result, network, domain)))
    else:
        _print(result, network)
        if drawn:
            print(f"picture: {arguments.out}")
    return 0 if result.converged else 3


def _is_table(file: str) -> bool:
    return Path(file).suffix.lower() in (*TEXT, *FRAMES)


def is_function(file: str) -> bool:
    """
    Whether a source on the command line is a function in a Python file.

    Parameters
    ----------
    file : str
        What was given as FILE.

    Returns
    -------
    bool
        True for FILE.py:NAME, and for FILE.py, whose remedy is the name.
    """
    return (".py:" in file and not Path(file).exists()) or file.endswith(".py")


OF_NETWORKS = "activation layout layers prefix output keep-sigmoid layer"
"""Options that only networks understand."""
_OF_TABLES = "target columns drop-missing"


def _of_function(arguments: argparse.Namespace, domain: Ball | None) -> RTV:
    refuse(arguments, f"{OF_NETWORKS} {_OF_TABLES}", "a function in a Python file")
    f = function_in(arguments.file)
    return rtv(
        f,
        dim=arguments.dim,
        domain=domain,
        tol=arguments.tol,
        seconds=arguments.seconds,
        progress=to_stderr,
        vectorize=arguments.vectorize,
    )


def _of_table(arguments: argparse.Namespace, domain: Ball | None) -> RTV:
    refuse(arguments, f"{OF_NETWORKS} vectorize", "a table of samples")
    table = data_table(arguments)
    require_one_value_each(table, arguments.file)
    points, values = table
    _require_dim(arguments.dim, points.shape[1], "samples")
    return rtv((points, values), domain=domain, tol=arguments.tol, seconds=arguments.seconds, progress=to_stderr)


def _require_dim(asked: int | None, dim: int, what: str) -> None:
    if asked is not None and asked != dim:
        raise ValueError(f"--dim: expected {dim}, as {what} in the file has it, got {asked}; leave it out")


def _draw(result: RTV, out: Path) -> bool:
    """Whether there was anything to draw; if not, it is said why."""
    if result.refinement is None:
        print("radon-nn: no picture: an exact value has no refinement to draw", file=sys.stderr)
        return False
    from matplotlib.figure import Figure

    from radon_nn.cli.pictures import write
    from radon_nn.displays.refinement import RefinementDisplay

    figure = Figure(figsize=(7, 4.5), layout="constrained")
    RefinementDisplay.from_result(result, ax=figure.add_subplot())
    write(figure, out)
    return True


def _print(result: RTV, network: Network | None) -> None:
    print(result)
    if network is not None:
        meaning = "an upper bound" if isinstance(network, ShallowNetwork) else "layer by layer"
        print(
            f"path norm {network.path_norm:.10g} (all {counted(network.neurons, 'neuron')} before merging, on "
            f"R^{network.dim}: {meaning})"
        )


def _as_json(result: RTV, network: Network | None, domain: Ball | None) -> dict[str, object]:
    """The result and facts about the network; infinite values, which JSON lacks, are null, and the verdict says so."""
    out: dict[str, object] = {
        key: number(value) for key, value in (("rtv", result.value), ("lower", result.lower), ("upper", result.upper))
    }
    out |= {"verdict": result.verdict, "standing": result.standing, "converged": result.converged}
    if network is not None:
        out |= {"path_norm": number(network.path_norm), "neurons": network.neurons}
        out |= {"dim": network.dim, "outputs": network.outputs}
    if isinstance(network, ShallowNetwork) and network.activation.piecewise_linear:
        measure = network.measure() if domain is None else network.measure().restricted(domain)
        out |= {"spikes": len(measure)}
    return out | {"method": result.method, "domain": result.conditions, "law": result.law}
