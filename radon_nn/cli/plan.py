"""`radon-nn plan`: time and memory of a transform before the work."""

from __future__ import annotations

import argparse
import dataclasses
import json


def run(arguments: argparse.Namespace) -> None:
    """
    Print the estimate for one machine, and for several.

    Parameters
    ----------
    arguments : Namespace
        The command line.
    """
    from radon_nn.operators import estimates  # imported here, so that --help does not import Numba

    plan = estimates.plan_of(arguments.shape, arguments.directions, arguments.order)
    one = estimates.estimated(plan, arguments.dtype, arguments.threads)
    workers = 4 if arguments.workers is None else arguments.workers
    several = one.spread(workers)
    if arguments.json:
        facts = {"directions": plan.counts, "offsets": plan.offsets.count}
        print(json.dumps({**facts, "one": dataclasses.asdict(one), str(workers): dataclasses.asdict(several)}))
        return
    shape, counts = (" x ".join(map(str, numbers)) for numbers in (plan.grid.shape, plan.counts))
    print(f"{shape} samples, {counts} directions, {plan.offsets.count} offsets, {arguments.dtype}")
    print(f"one machine: {one}")
    if workers > 1:
        print(f"each of {workers} such machines: {several}")
