"""`radon-nn info`: what a file holds."""

from __future__ import annotations

import argparse
import json

from radon_nn.cli.network import understood
from radon_nn.cli.report import facts, lines, stages


def run(arguments: argparse.Namespace) -> None:
    """
    Print what was understood of a file.

    Parameters
    ----------
    arguments : Namespace
        The command line.
    """
    found = understood(arguments)
    if arguments.json:
        print(json.dumps(facts(found, arguments.domain), indent=1))
        return
    for stage in stages(found, arguments.domain):
        for line in lines(stage):
            print(line, flush=True)
