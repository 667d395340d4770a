"""`radon-nn completion`: a script with which a shell completes commands and options."""

from __future__ import annotations

import argparse

from radon_nn.cli.arguments import command_parser


def run(arguments: argparse.Namespace) -> None:
    """
    Print the script of a shell.

    Parameters
    ----------
    arguments : Namespace
        The command line.

    Raises
    ------
    ImportError
        If shtab is not installed.
    """
    try:
        import shtab
    except ImportError as error:
        raise ImportError(
            "completion: expected the package shtab, which writes the script, got none; install it by "
            "`pip install shtab`, or 'radon-nn[completion]'"
        ) from error
    parser = command_parser()
    for command in parser.commands():
        for action in command._actions:
            if action.dest in ("file", "out", "plot"):
                action.complete = shtab.FILE  # type: ignore[attr-defined]
    print(shtab.complete(parser, arguments.shell))
