"""The command radon-nn: printing and files only, no mathematics."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

import radon_nn
from radon_nn import plot
from radon_nn._support import checks
from radon_nn._support.files import shipped, whole_file
from radon_nn.cli.lesson_scripts import Lesson, give, lesson, lessons
from radon_nn.cli.network import (
    FILES,
    add_source,
    ball_asked,
    can_be_picture,
    info,
    show,
    spikes,
    understood,
    write,
)
from radon_nn.cli.report import number
from radon_nn.cli.sources import function_in, samples_in
from radon_nn.geometry.domains import Ball
from radon_nn.io import load
from radon_nn.measures.result import RTV
from radon_nn.networks.shallow import ShallowNetwork
from radon_nn.readers.graph import Network
from radon_nn.variation.routes import rtv

_SHIPPED = ("terrain", "tumour", "topography_nodecay", "topography_decay")


def main(argv: Sequence[str] | None = None) -> int:
    """
    Run the command.

    Parameters
    ----------
    argv : sequence of str, optional
        Arguments; those of the process if not given.

    Returns
    -------
    int
        0 if it worked, 1 if the input or the machine was at fault, 2 if the arguments were, 3 if the tolerance asked
        for was not met: the best bounds so far are printed.
    """
    try:
        arguments = _parser().parse_args(argv)
    except SystemExit as stop:
        return int(stop.code or 0)
    run: Callable[[argparse.Namespace], int | None] = arguments.run
    try:
        return run(arguments) or 0
    except BrokenPipeError:
        # Whoever read the output has seen enough; what is left in the buffer must not complain at the exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (ValueError, TypeError, IndexError, ArithmeticError, MemoryError, OSError, ImportError) as error:
        print(f"radon-nn: error: {' '.join(str(error).split())}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("radon-nn: interrupted; nothing was written", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="radon-nn",
        description="Look inside a fitted network through the Radon transform.",
        epilog=f"FILE is a network: {FILES}. An npz or safetensors may be what radon_nn.save wrote, or layers by name, "
        "which need --activation. Start with: radon-nn demo",
    )
    parser.add_argument("--version", action="version", version=f"radon-nn {radon_nn.__version__}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")

    about = _command(commands, "info", info, "what was understood of a file: layers, activation, R-TV, what was folded")
    about.add_argument("--json", action="store_true", help="print JSON")
    _domain(about)

    draw = _command(commands, "show", show, "picture of the network in (angle, offset), for two inputs")
    draw.add_argument(
        "-o", "--out", type=Path, help="the picture (png, pdf or svg); FILE's name with .png if not given"
    )
    draw.add_argument("--output", type=int, help="which output to draw, from 0, where there are several")
    _looking(draw)

    listed = _command(commands, "spikes", spikes, "list of the network's spikes: direction, offset, mass")
    listed.add_argument("--json", action="store_true", help="print JSON")
    _looking(listed)

    value = commands.add_parser(
        "rtv",
        help="R-TV of a network, a function or samples, with its error or bounds",
        description=f"R-TV of a network ({FILES}), of a function in a Python file (FILE.py:NAME; the file is run), or "
        "of the least function through samples (a table: coordinates, then the value). Exit status 3 says that the "
        "tolerance was not met: what was found so far is printed.",
    )
    value.add_argument("file", metavar="FILE", help="network.npz, FILE.py:NAME, or a table such as samples.csv")
    value.set_defaults(run=_rtv)
    add_source(value)
    value.add_argument("--json", action="store_true", help="print JSON")
    _domain(value)
    value.add_argument("--radius", type=float, help="the same as --domain RADIUS")
    value.add_argument("--dim", type=int, help="number of inputs of the function")
    value.add_argument("--tol", type=_positive, help="relative error, or gap between bounds, to reach")
    value.add_argument("--seconds", type=_positive, default=60.0, help="time for finding bounds (%(default)s)")
    value.add_argument("-o", "--out", type=Path, help="picture of value and bounds as they were refined")

    demo = commands.add_parser(
        "demo",
        help="draw four networks fitted to real data, which come with the package; or give a lesson",
        description=_demo.__doc__,
    )
    demo.add_argument("lesson", nargs="?", metavar="LESSON", help="a lesson to give; `radon-nn demo --list` names them")
    demo.add_argument("--list", action="store_true", help="list the lessons only")
    demo.add_argument("--out", type=Path, default=Path("radon-nn-demo"), help="folder for the pictures (%(default)s)")
    demo.add_argument("--n", type=int, default=256, help="samples along each axis (%(default)s)")
    demo.set_defaults(run=_demo)
    return parser


def _command(
    commands: argparse._SubParsersAction[argparse.ArgumentParser],
    name: str,
    run: Callable[[argparse.Namespace], int | None],
    summary: str,
) -> argparse.ArgumentParser:
    parser = commands.add_parser(name, help=summary, description=summary[0].upper() + summary[1:] + ".")
    parser.add_argument("file", metavar="FILE", type=Path, help=f"the network: {FILES}")
    add_source(parser)
    parser.set_defaults(run=run)
    return parser


def _domain(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--domain",
        type=_ball_named,
        metavar="RADIUS[,C1,...,Cd]",
        help="look at the ball of this radius only, about the origin or a center; for a function, certified bounds",
    )


def _looking(parser: argparse.ArgumentParser) -> None:
    _domain(parser)
    parser.add_argument("--radius", type=float, help="the same as --domain RADIUS")
    parser.add_argument(
        "--n", type=int, default=None, help="samples along each axis of a grid (256 for 2 inputs, 64 for 3)"
    )
    parser.add_argument(
        "--from-transform",
        action="store_true",
        help="take the network as a black box: find the spikes in its transform, on the ball of radius 1 or RADIUS; "
        "takes seconds, or minutes for a hundred neurons",
    )
    parser.add_argument(
        "--by-probing",
        action="store_true",
        help="take the network as a black box: find the spikes by probing along lines, in any number of inputs",
    )


def _ball_named(text: str) -> Ball:
    try:
        radius, *center = [float(part) for part in text.split(",")]
        return Ball(radius, np.array(center) if center else None)
    except ValueError as error:
        raise argparse.ArgumentTypeError(
            f"expected a radius, or a radius and a center as 1,0.5,-2 (--domain=-... for a leading minus), got {text!r}"
        ) from error


def _positive(text: str) -> float:
    try:
        return checks.positive(float(text), "")
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"expected a positive number, got {text!r}") from error


def _rtv(arguments: argparse.Namespace) -> int:
    domain = ball_asked(arguments)
    if arguments.out is not None:
        can_be_picture(arguments.out)
    network = None if _is_no_network(arguments.file) else understood(arguments).network
    if network is not None:
        _dim_agrees(arguments.dim, network.dim, "a network")
        result = rtv(network, domain=domain)
    else:
        # What a user's function prints must not end up in the answer.
        with contextlib.redirect_stdout(sys.stderr):
            result = _of_source(arguments, domain)
    picture = None
    if arguments.out is not None and result.refinement is None:
        print("radon-nn: no picture: an exact value has no refinement to draw", file=sys.stderr)
    elif arguments.out is not None:
        picture = _draw_refinement(result, arguments.out)
    if arguments.json:
        print(json.dumps(_as_json(result, network, domain)))
    else:
        print(result)
        if network is not None:
            layers = "an upper bound" if isinstance(network, ShallowNetwork) else "layer by layer"
            print(
                f"path norm {network.path_norm:.10g} (all {network.neurons} neurons before merging, on "
                f"R^{network.dim}: {layers})"
            )
        if picture is not None:
            print(f"picture: {picture}")
    return 0 if result.converged else 3


def _of_source(arguments: argparse.Namespace, domain: Ball | None) -> RTV:
    """Of a function in a Python file, or of samples in a table."""

    def progress(line: str) -> None:
        print(line, file=sys.stderr)

    if ".py:" in arguments.file:
        f = function_in(arguments.file)
        return rtv(f, dim=arguments.dim, domain=domain, tol=arguments.tol, seconds=arguments.seconds, progress=progress)
    points, values = samples_in(Path(arguments.file))
    _dim_agrees(arguments.dim, points.shape[1], "samples")
    return rtv((points, values), domain=domain, tol=arguments.tol, seconds=arguments.seconds, progress=progress)


def _dim_agrees(asked: int | None, given: int, what: str) -> None:
    if asked is not None and asked != given:
        raise ValueError(f"--dim: expected {given}, as {what} in the file has it, got {asked}; leave it out")


def _is_no_network(file: str) -> bool:
    """Whether the name is a function's or a table's."""
    path = Path(file)
    return path.suffix.lower() in (".csv", ".txt", ".tsv", ".dat") or (".py:" in file and not path.exists())


def _draw_refinement(result: RTV, out: Path) -> Path:
    figure = Figure(figsize=(7, 4.5), layout="constrained")
    plot.RefinementDisplay.from_result(result, ax=figure.add_subplot())
    write(figure, out)
    return out


def _as_json(result: RTV, network: Network | None, domain: Ball | None) -> dict[str, object]:
    """Infinite values, which JSON does not have, are null: the verdict tells."""
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
    return out | {"method": result.method, "domain": result.assumed, "law": result.law}


def _demo(arguments: argparse.Namespace) -> None:
    """See four networks fitted to real data: pictures, a table of spikes and R-TV, and where they are. Or a lesson."""
    if arguments.list:
        _list_lessons()
        return
    if arguments.lesson is not None:
        _give(lesson(arguments.lesson), arguments.out)
        return
    if arguments.out.exists() and not arguments.out.is_dir():
        raise NotADirectoryError(
            f"{arguments.out}: expected a folder for the pictures, got a file; choose another --out"
        )
    arguments.out.mkdir(parents=True, exist_ok=True)
    ball, pictures = Ball(1.0), []
    lines = [f"{'network':<20} {'neurons':>8} {'spikes':>7} {'path norm':>10} {'R-TV':>10}   (on the unit disc)"]
    seen = []
    for name in _SHIPPED:
        network = load(shipped(f"{name}.npz"))
        assert isinstance(network, ShallowNetwork)
        measure = network.measure(1e-6).restricted(ball)
        seen.append((f"{name}: {network.neurons} neurons", network, measure))
        lines.append(
            f"{name:<20} {network.neurons:>8} {len(measure):>7} {network.path_norm:>10.4f} {measure.rtv:>10.4f}"
        )
        pictures.append(arguments.out / f"{name}.png")
        write(plot.overview(network, measure, domain=ball, n=arguments.n, title=seen[-1][0]), pictures[-1])
        print(f"drawn: {pictures[-1]}", file=sys.stderr)
    pictures.append(arguments.out / "weight_decay.png")
    write(plot.comparison(seen[2:], domain=ball, n=arguments.n), pictures[-1])
    table = arguments.out / "table.txt"
    with whole_file(table) as temporary:
        temporary.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print("\n".join(lines))
    print("The last two are one network, trained on the same data without and with weight decay: decay leaves few")
    print(f"distinct spikes and a small R-TV. See {pictures[-1]}")
    print(f"table: {table}")
    print("pictures: " + ", ".join(map(str, pictures)))
    print()
    _list_lessons()


def _list_lessons() -> None:
    print("lessons, each a claim of the theory, a number and a picture: radon-nn demo LESSON")
    for one in lessons():
        print(f"  {one.name:<28} {one.title}")


def _give(one: Lesson, folder: Path) -> None:
    if folder.exists() and not folder.is_dir():
        raise NotADirectoryError(f"{folder}: expected a folder for the picture, got a file; choose another --out")
    folder.mkdir(parents=True, exist_ok=True)
    picture = folder / f"{one.name}.png"
    print(f"{one.title}\n")
    with whole_file(picture) as temporary:
        give(one, temporary)
    print(f"\npicture: {picture}")


if __name__ == "__main__":
    sys.exit(main())
