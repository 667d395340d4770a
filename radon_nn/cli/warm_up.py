"""`radon-nn warm-up`: compile ahead of time."""

from __future__ import annotations

import argparse
import time
from importlib import import_module


def run(arguments: argparse.Namespace) -> None:
    """
    Compile what the first transforms need, and say how long it took.

    Parameters
    ----------
    arguments : Namespace
        The command line.
    """
    begin = time.monotonic()
    import_module("radon_nn.operators._warm_up").warm_up()
    print(f"compiled, or found compiled, in {time.monotonic() - begin:.1f} s; later processes load it from disk")
