"""`radon-nn info`: what a file holds."""

from __future__ import annotations

import argparse
import json

from radon_nn.cli.network import understood
from radon_nn.cli.report import facts, lines


def run(arguments: argparse.Namespace) -> None:
    """
    Print what was understood of a file.

    Parameters
    ----------
    arguments : Namespace
        The command line.
    """
    about = facts(understood(arguments), arguments.domain)
    print(json.dumps(about, indent=1) if arguments.json else "\n".join(lines(about)))
