"""`radon-nn rtv --csv`: the R-TV of many networks as a table, printed or written to a file."""

from __future__ import annotations

import argparse
import sys

from radon_nn._support.wording import counted
from radon_nn.cli.arguments import refuse
from radon_nn.cli.network import ball_asked
from radon_nn.cli.progress import to_stderr
from radon_nn.cli.report import print_csv
from radon_nn.many.rtv_table import map_rtv

_HINTS = ("activation", "layout", "layers", "prefix")


def table_of(arguments: argparse.Namespace) -> int:
    """
    Print or write the table.

    Parameters
    ----------
    arguments : Namespace
        The command line.

    Returns
    -------
    int
        0 if every file worked; 3 if some did, or a tolerance was not met; 1 if none did.

    Raises
    ------
    ValueError
        If an option has no use here.
    """
    refuse(arguments, "tol seconds dim", "networks, whose R-TV is computed from their weights")
    refuse(arguments, "vectorize target columns drop-missing layer", "a table of networks")
    if arguments.resume and arguments.out is None:
        raise ValueError("--resume: expected the table to go on with, as -o TABLE.csv, got none; name it")
    outputs = arguments.output or []
    if len(outputs) > 1:
        raise ValueError(f"--output: expected one, got {', '.join(outputs)}; leave out the others")
    hints = {name: getattr(arguments, name) for name in _HINTS if getattr(arguments, name) is not None}
    if outputs:
        hints["output"] = outputs[0]
    if arguments.keep_sigmoid:
        hints["logits"] = False
    started = arguments.resume and arguments.out.exists()
    table = map_rtv(
        arguments.files,
        domain=ball_asked(arguments),
        n_jobs=1 if arguments.jobs is None else arguments.jobs,
        resume=arguments.out if started else None,
        out=arguments.out,
        progress=to_stderr,
        **hints,
    )
    if arguments.out is None:
        print_csv(table)
    worked = table["error"] == ""
    if not worked.all():
        print(
            f"radon-nn: {(~worked).sum()} of {counted(len(worked), 'file')} failed; the column error says why",
            file=sys.stderr,
        )
    if not worked.any():
        return 1
    return 0 if table["converged"].all() else 3
