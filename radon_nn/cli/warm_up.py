"""`radon-nn warm-up`: compile ahead of time."""

from __future__ import annotations

import argparse
import time


def run(arguments: argparse.Namespace) -> None:
    """
    Compile what the first transforms need, and say how long it took.

    Parameters
    ----------
    arguments : Namespace
        The command line.
    """
    begin = time.monotonic()
    from radon_nn.operators.ahead_of_time import warm_up  # imported here, so that --help does not import Numba

    warm_up()
    print(f"compiled, or found compiled, in {time.monotonic() - begin:.1f} s; later processes load it from disk")
