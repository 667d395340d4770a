"""What the command line accepts: the commands, their options, and what an option's text may be."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from radon_nn import __version__
from radon_nn.cli.parser import Parser

if TYPE_CHECKING:
    from radon_nn.geometry.domains import Ball

    Commands = argparse._SubParsersAction[Parser]

FILES = "npz, safetensors, keras, h5, onnx, nnet, pt, pt2"
TABLES = "csv, txt, tsv, dat; parquet and xlsx with pandas"
EXIT_CODES = """exit status:
  0  it worked
  1  the input or the machine was at fault, or Ctrl-C left nothing to print
  2  the command line was at fault
  3  the best result so far: the tolerance was not met, Ctrl-C ended the search, or some of many files failed
"""

PLAYGROUND = """\
The page is served from this machine alone, at an address with a token in it; nothing is fetched from elsewhere.

On another machine, over ssh: start `radon-nn playground --no-browser --port 8765` there, run
`ssh -N -L 8765:127.0.0.1:8765 NAME` here, and open the address that was printed.

Behind JupyterHub with jupyter-server-proxy: start it with --no-browser --port 8765 --root-path /user/YOU/proxy/8765
--allow-host HUB, and open https://HUB/user/YOU/proxy/8765/?token=... with the token that was printed. In a notebook,
radon_nn.app.widget.Playground() is the same page as a widget, and needs no port.

--host 0.0.0.0 serves a network: name the machine by --allow-host. Whoever has the token can use it; traffic is not
encrypted, so put a proxy with TLS before it.
"""


def command_parser() -> Parser:
    """
    The parser of the whole command line.

    Returns
    -------
    Parser
        It sets `command` to the command's name.
    """
    parser = Parser(
        prog="radon-nn",
        description="Look inside a fitted network through the Radon transform.",
        epilog=f"FILE is a network: {FILES}. An npz or safetensors file is either what radon_nn.save wrote or layers\n"
        f"by name; the latter need --activation. Start with: radon-nn demo\n\n{EXIT_CODES}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"radon-nn {__version__}")
    commands = parser.add_subparsers(title="commands", dest="command", required=True, metavar="COMMAND")

    about = _of_network(commands, "info", "what a file holds: layers, activation, R-TV, and what was folded")
    about.add_argument("--json", action="store_true", help="print JSON")
    _add_domain(about)

    _add_show(commands)

    listed = _of_network(commands, "spikes", "list of a network's spikes: direction, offset, mass")
    form = listed.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print JSON")
    form.add_argument("--csv", action="store_true", help="print a table: comma-separated values, a row for each spike")
    listed.add_argument(
        "--n", type=int, help="with --from-transform: samples along each axis (256 for 2 inputs, 64 for 3)"
    )
    _add_looking(listed)

    _add_rtv(commands)
    _add_fit(commands)
    _add_plan(commands)
    _add_demo(commands)
    _add_playground(commands)
    completion = commands.add_parser(
        "completion",
        help="print a script that completes commands and options in a shell",
        description="Print a script that completes commands, options and files; it needs the package shtab. For bash: "
        'eval "$(radon-nn completion bash)"; for zsh: write it as _radon-nn into a folder of $fpath; for fish: write '
        "it to ~/.config/fish/completions/radon-nn.fish.",
    )
    completion.add_argument("shell", choices=("bash", "zsh", "fish"), help="the shell")
    summary = "compile ahead of time what the first transforms would otherwise wait for"
    commands.add_parser("warm-up", help=summary, description=summary[0].upper() + summary[1:] + ".")
    return parser


def _add_show(commands: Commands) -> None:
    draw = commands.add_parser(
        "show",
        help="picture of a network of any number of inputs, or of a function in a Python file",
        description=f"Picture of a network ({FILES}), or of a function in a Python file (FILE.py:NAME; it is run). "
        "One input: kinks and masses along one axis. Two: spikes in (angle, offset). Three: directions on the half "
        "sphere, and planes through the ball. More: directions as rows, masses by input, the plane that holds most of "
        "the mass, and curves along the main inputs.",
    )
    draw.add_argument("file", metavar="FILE", type=Path, help=f"the network ({FILES}), or FILE.py:NAME")
    _add_source(draw)
    draw.add_argument("-o", "--out", type=Path, help="the picture (png, pdf or svg); default: FILE's name with .png")
    draw.add_argument("--n", type=int, help="samples along each axis of the grid (256)")
    draw.add_argument("--dim", type=int, help="number of inputs of a function")
    draw.add_argument(
        "--vectorize",
        action="store_true",
        help="the function takes one point, an array of d numbers: call it in a loop",
    )
    draw.add_argument(
        "--data", type=Path, metavar="TABLE", help=f"the data ({TABLES}): drawn, and the domain is the ball about them"
    )
    _add_columns(draw)
    _add_looking(draw)


def _add_rtv(commands: Commands) -> None:
    value = commands.add_parser(
        "rtv",
        help="R-TV of a network, a function or samples, with its error or bounds; --csv: of many networks",
        description=f"R-TV of a network ({FILES}), of a function in a Python file (FILE.py:NAME; the file is run), or "
        f"of the least function through samples (a table: {TABLES}). Exit status 3 says that the "
        "tolerance was not met; the best result so far is printed. With --csv: a table of the R-TV of any number "
        "of networks, in which a file that cannot be read leaves a row with the reason (exit status 3).",
        epilog="What exact, certified, estimated, unresolved and the like mean: help(radon_nn.RTV) in Python, or the "
        "page docs/words.md.",
    )
    value.add_argument(
        "files", metavar="FILE", nargs="+", help="network.npz, FILE.py:NAME, or a table such as samples.csv"
    )
    value.add_argument(
        "--vectorize",
        action="store_true",
        help="the function takes one point, an array of d numbers: call it in a loop",
    )
    _add_columns(value)
    _add_source(value)
    form = value.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print JSON")
    form.add_argument(
        "--csv", action="store_true", help="a table of networks, a row for each FILE; printed, or written to OUT whole"
    )
    value.add_argument("--jobs", type=int, help="with --csv: processes to use (1); -1 for one a processor")
    value.add_argument(
        "--resume", action="store_true", help="with --csv: take over what OUT already has of these files and options"
    )
    _add_domain(value)
    value.add_argument("--radius", type=float, help="the same as --domain RADIUS")
    value.add_argument("--dim", type=int, help="number of inputs of the function")
    value.add_argument("--tol", type=_positive, help="relative error, or gap between bounds, to reach")
    value.add_argument(
        "--seconds",
        type=_time_limit,
        help="time for a function or samples, after which the best result so far counts (60; or inf)",
    )
    value.add_argument(
        "-o", "--out", type=Path, help="picture of value and bounds as they were refined; with --csv: the table"
    )


def _add_fit(commands: Commands) -> None:
    fitted = commands.add_parser(
        "fit",
        help="fit a network to a table of data, to the optimum over all widths",
        description=f"Fit a ReLU network to a table of data ({TABLES}): the global optimum of training with weight "
        "decay, over all widths, with a bound that proves it. Exit status 3 says that the tolerance was not met, or "
        "that the time was over before all decays were tried.",
    )
    fitted.add_argument("file", metavar="FILE", help="a table such as data.csv: a sample a row")
    _add_columns(fitted)
    how = fitted.add_mutually_exclusive_group()
    how.add_argument("--decay", type=_at_least_zero, metavar="D", help="the weight decay; 0 passes through every value")
    how.add_argument("--cv", action="store_true", help="choose the decay by cross-validation, as without --decay")
    fitted.add_argument("-o", "--out", type=Path, metavar="NETWORK.npz", help="write the network")
    fitted.add_argument("--plot", type=Path, metavar="PICTURE", help="draw data and network (png, pdf or svg)")
    fitted.add_argument("--json", action="store_true", help="print JSON")
    fitted.add_argument("--tol", type=_positive, help="gap between the objective and its bound to reach (1e-4)")
    fitted.add_argument("--seconds", type=_time_limit, help="time for the choice of the decay and the fit (60; or inf)")


def _add_plan(commands: Commands) -> None:
    plan = commands.add_parser(
        "plan",
        help="time and memory of a transform before the work, on this machine and on several",
        description="Time and memory of a Radon transform to product directions, from pieces of it that are timed on "
        "this machine, for one machine and for several like it.",
    )
    plan.add_argument("--shape", type=_counts, required=True, metavar="N,N,N", help="samples along each axis")
    plan.add_argument("--directions", type=_whole, required=True, metavar="M", help="number of directions, such as 1e6")
    plan.add_argument("--workers", type=_whole, metavar="K", help="machines like this one (4)")
    plan.add_argument("--threads", type=_whole, help="threads of each (all processors)")
    plan.add_argument("--dtype", choices=("float32", "float64"), default="float32", help="kind of numbers (float32)")
    plan.add_argument("--order", type=int, choices=(1, 3, 5), default=1, help="degree of the splines (1)")
    plan.add_argument("--json", action="store_true", help="print JSON")


def _add_columns(parser: argparse.ArgumentParser) -> None:
    """Options about which columns of a table mean what."""
    parser.add_argument("--target", metavar="NAME", help="of a table: the column of values, by name or number from 1")
    parser.add_argument(
        "--columns",
        type=_names,
        metavar="NAME[,NAME...]",
        help="of a table: the columns of coordinates; --columns=-NAME[,-NAME...] takes all others",
    )
    parser.add_argument(
        "--drop-missing", action="store_true", help="of a table: leave out rows in which a value is missing"
    )


def _add_demo(commands: Commands) -> None:
    demo = commands.add_parser(
        "demo",
        help="draw four networks fitted to real data, which come with the package; or run a lesson",
        description="Draw four networks fitted to real data, and print a table of their spikes and R-TV. Or run a "
        "lesson, which tells its story, prints numbers and draws one picture.",
    )
    demo.add_argument("--format", choices=("png", "pdf", "svg"), help="kind of the pictures (png)")
    demo.add_argument("lesson", nargs="?", metavar="LESSON", help="a lesson to run; `radon-nn demo --list` names them")
    demo.add_argument("--list", action="store_true", help="list the lessons only")
    demo.add_argument("--answers", action="store_true", help="print the lesson's exercises with their answers")
    demo.add_argument("--notebook", type=Path, metavar="FILE", help="write the lesson as a notebook, FILE.ipynb")
    demo.add_argument("--out", type=Path, help="folder for the pictures (radon-nn-demo)")
    demo.add_argument("--n", type=int, help="samples along each axis of the four networks' pictures (256)")


def _add_playground(commands: Commands) -> None:
    page = commands.add_parser(
        "playground",
        help="a page in the browser: drag data, kinks and spikes, and see the certificate follow",
        description="Serve a page on which data, kinks and spikes are dragged while the best network is solved anew.",
        epilog=PLAYGROUND,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    page.add_argument("file", metavar="FILE", type=Path, nargs="?", help=f"a network to look at on slices: {FILES}")
    page.add_argument("--port", type=_port, help="the port (one that is free)")
    page.add_argument("--host", help="the address to listen at (127.0.0.1: this machine only)")
    page.add_argument("--no-browser", action="store_true", help="open no browser, and print the address only")
    page.add_argument("--allow-host", action="append", metavar="NAME", help="a name by which browsers call the server")
    page.add_argument("--root-path", metavar="PREFIX", help="the prefix of a proxy: /user/YOU/proxy/8765")
    page.add_argument(
        "--export",
        type=Path,
        metavar="FOLDER",
        help="write a simple page that needs no Python, and end",
    )
    _add_source(page)


def _of_network(commands: Commands, name: str, summary: str) -> argparse.ArgumentParser:
    parser = commands.add_parser(name, help=summary, description=summary[0].upper() + summary[1:] + ".")
    parser.add_argument("file", metavar="FILE", type=Path, help=f"the network: {FILES}")
    _add_source(parser)
    return parser


def _add_source(parser: argparse.ArgumentParser) -> None:
    """Options about what a file does not say of its network."""
    parser.add_argument("--activation", help="the activation, if the file does not say: relu, gelu, leaky_relu 0.1")
    parser.add_argument(
        "--layout",
        type=_layout,
        metavar="{out_in,in_out}",
        help="rows of matrices, if the file does not say: out_in as in PyTorch",
    )
    parser.add_argument(
        "--layers",
        type=_names,
        metavar="NAME[,NAME...]",
        help="layers in the order of computing, if the file holds weights by name and their order cannot be told",
    )
    parser.add_argument(
        "--prefix",
        type=_names,
        metavar="PREFIX[,PREFIX...]",
        help="which network to read from a file that holds several, or several in a row: encoder,decoder",
    )
    parser.add_argument(
        "--output",
        action="append",
        metavar="NAME|NUMBER",
        help="which output to read from an ONNX file of several, by name; for show also which entry of it to draw, by "
        "number from 0 (both: --output NAME --output NUMBER)",
    )
    parser.add_argument("--keep-sigmoid", action="store_true", help="keep a final sigmoid instead of giving logits")
    parser.add_argument("--layer", type=int, help="take one layer of a deep network alone, from 1")


def _add_domain(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--domain",
        type=_ball_named,
        metavar="RADIUS[,C1,...,Cd]",
        help="restrict to the ball of this radius about the origin or a center; for a function: certified bounds there",
    )


def _add_looking(parser: argparse.ArgumentParser) -> None:
    """Options about where and how to look for spikes."""
    _add_domain(parser)
    parser.add_argument("--radius", type=float, help="the same as --domain RADIUS")
    parser.add_argument(
        "--merge",
        type=_positive,
        metavar="TOL",
        help="join spikes closer than this, in direction and in offset per radius of the ball; says how far f moves",
    )
    how = parser.add_mutually_exclusive_group()
    how.add_argument(
        "--from-transform",
        action="store_true",
        help="treat the network as a black box: find the spikes in its transform, on the ball of radius 1 or RADIUS; "
        "takes seconds, or minutes for a hundred neurons",
    )
    how.add_argument(
        "--by-probing",
        action="store_true",
        help="treat the network as a black box: find the spikes by probing along lines, for any number of inputs",
    )


# Types import what they check with when an option is given, so that --help imports nothing of the kind.


def _layout(text: str) -> str:
    from radon_nn.readers.hints import LAYOUTS

    if text not in LAYOUTS:
        raise argparse.ArgumentTypeError(f"expected {' or '.join(LAYOUTS)}, got {text!r}")
    return text


def _names(text: str) -> list[str]:
    names = text.split(",")
    if not all(names):
        raise argparse.ArgumentTypeError(f"expected names separated by commas, got {text!r}")
    return names


def _whole(text: str) -> int:
    try:
        number = float(text)
        if number >= 1 and number == int(number):
            return int(number)
    except (ValueError, OverflowError):
        pass
    raise argparse.ArgumentTypeError(f"expected a whole number of at least 1, such as 8 or 1e6, got {text!r}")


def _port(text: str) -> int:
    if text.isdecimal() and len(text) < 6 and int(text) < 65536:
        return int(text)
    raise argparse.ArgumentTypeError(f"expected a port from 0 to 65535, got {text!r}")


def _counts(text: str) -> list[int]:
    return [_whole(part) for part in text.split(",")]


def _ball_named(text: str) -> Ball:
    from radon_nn.geometry.domains import Ball

    try:
        radius, *center = [float(part) for part in text.split(",")]
        return Ball(radius, center if center else None)  # type: ignore[arg-type]
    except ValueError as error:
        raise argparse.ArgumentTypeError(
            f"expected a radius, or a radius and a center as 1,0.5,-2 (--domain=-... for a leading minus), got {text!r}"
        ) from error


def _positive(text: str) -> float:
    from radon_nn._support import checks

    try:
        return checks.positive(float(text), "")
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"expected a positive number, got {text!r}") from error


def _time_limit(text: str) -> float:
    from radon_nn._support import checks

    try:
        return checks.time_limit(float(text))
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"expected a positive number, or inf for no limit, got {text!r}") from error


def _at_least_zero(text: str) -> float:
    from radon_nn._support import checks

    try:
        return checks.at_least_zero(checks.finite(float(text), ""), "")
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"expected a number that is not negative, got {text!r}") from error


def refuse(arguments: argparse.Namespace, names: str, user: str, remedy: str = "leave it out") -> None:
    """
    Refuse options that were given but would be ignored.

    Parameters
    ----------
    arguments : Namespace
        The command line.
    names : str
        The options that cannot be used, without dashes, separated by spaces.
    user : str
        What it is that cannot use them: 'a table of samples'.
    remedy : str
        What to do instead.

    Raises
    ------
    ValueError
        If one of them was given.
    """
    for name in names.split():
        given = getattr(arguments, name.replace("-", "_"), None)
        if given is not None and given is not False:
            raise ValueError(f"--{name}: expected no such option for {user}, which cannot use it; {remedy}")


Run = Callable[[argparse.Namespace], "int | None"]
"""A command: 0 or None if it worked, else an exit status."""
