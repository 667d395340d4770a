"""How often the truth lies within the bars of `rtv`: random functions of known R-TV, in random units, as black boxes.

    python benchmarks/calibration.py [--seed 1000] [--only gaussians] [--dim 2] [--limit 20] [--quick]

For each class and dimension it prints the functions, the part of them with an answer (a verdict other than unresolved),
the part whose truth lies within the bar, the median relative width of the bars, and the time. Results are appended to a
file of JSON lines. Functions found there are not run again, so that a run can be stopped and resumed, and `--limit`
does some of the work at a time. Seeds from 0 on were used for tuning; those from 1000 on were not.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from _calibration_truths import DRAWN, Case, case

from radon_nn import rtv

COUNTS = {1: 35, 2: 30, 3: 15}
"""Functions of each class: 210 on the line, 150 in the plane, 75 in space."""
SECONDS = {1: 10.0, 2: 20.0, 3: 20.0}
"""Time limit of each call."""


def judged(one: Case, seconds: float) -> dict[str, object]:
    """What `rtv` says, and whether that is right."""
    begin = time.perf_counter()
    try:
        result = rtv(one.f, dim=one.dim, domain=one.domain, seconds=seconds)
    except ValueError as error:
        return {"verdict": "refused", "inside": True, "seconds": time.perf_counter() - begin, "said": str(error)[:200]}
    took = time.perf_counter() - begin
    if result.verdict == "infinite" or math.isinf(one.truth):
        inside = math.isinf(one.truth) and result.verdict != "finite"
    else:
        inside = result.lower - one.error <= one.truth <= result.upper + one.error
    width = (result.upper - result.lower) / one.truth if result.verdict == "finite" else math.inf
    return {
        "verdict": result.verdict,
        "inside": bool(inside),
        "width": width,
        "off": result.value / one.truth - 1 if math.isfinite(one.truth) else math.nan,
        "truth": one.truth,
        "lower": result.lower,
        "upper": result.upper,
        "converged": result.converged,
        "seconds": took,
        "said": str(result)[:300],
    }


def wanted(options: argparse.Namespace) -> Iterator[tuple[str, int, int]]:
    """Class, dimension and seed of each function, all classes in turn."""
    most = 2 if options.quick else max(COUNTS.values())
    for index in range(most):
        for kind, (_, dims, _) in DRAWN.items():
            for dim in dims:
                if options.only not in (None, kind) or options.dim not in (None, dim):
                    continue
                if index < (2 if options.quick else COUNTS[dim]):
                    yield kind, dim, options.seed + index


def table(records: list[dict]) -> list[str]:
    """A line for each class and dimension, and one for all."""
    lines = [f"{'class':<24}{'d':>2}{'functions':>11}{'answered':>10}{'inside':>8}{'median width':>14}{'seconds':>9}"]
    groups: dict[tuple[str, int], list[dict]] = {}
    for record in records:
        groups.setdefault((record["kind"], record["dim"]), []).append(record)
        groups.setdefault(("all", record["dim"]), []).append(record)
    order = [*DRAWN, "all"]
    for (kind, dim), group in sorted(groups.items(), key=lambda item: (order.index(item[0][0]), item[0][1])):
        answers = [r for r in group if r["verdict"] in ("finite", "infinite")]
        widths = [r["width"] for r in answers if math.isfinite(r["width"])]
        width = f"{np.median(widths):.1e}" if widths else "-"
        good = sum(r["inside"] for r in group)
        took = sum(r["seconds"] for r in group)
        parts = f"{kind:<24}{dim:>2}{len(group):>11}{len(answers) / len(group):>10.0%}{good / len(group):>8.1%}"
        lines.append(f"{parts}{width:>14}{took:>9.0f}")
    return lines


def main() -> None:
    """Run what is wanted and not known yet, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1000, help="the first seed")
    parser.add_argument("--only", choices=list(DRAWN), help="one class")
    parser.add_argument("--dim", type=int, choices=(1, 2, 3), help="one dimension")
    parser.add_argument("--limit", type=int, default=None, help="run at most so many functions now")
    parser.add_argument("--seconds", type=float, default=None, help="time limit of each call")
    parser.add_argument("--quick", action="store_true", help="two functions of each class, two seconds each")
    parser.add_argument("--out", type=Path, default=None, help="file of results; none with --quick unless given")
    options = parser.parse_args()
    out = options.out if options.out or options.quick else Path("calibration.jsonl")
    records = [json.loads(line) for line in out.read_text().splitlines()] if out and out.exists() else []
    chosen = list(wanted(options))
    known = {(r["kind"], r["dim"], r["seed"]) for r in records}
    todo = [key for key in chosen if key not in known][: options.limit]
    for kind, dim, seed in todo:
        seconds = options.seconds or (2.0 if options.quick else SECONDS[dim])
        record = {"kind": kind, "dim": dim, "seed": seed, **judged(case(kind, dim, seed), seconds)}
        records.append(record)
        if out:
            with out.open("a") as file:
                file.write(json.dumps(record) + "\n")
        if not record["inside"]:
            print(f"missed: {kind}, d = {dim}, seed {seed}: {record.get('truth')}; {record['said']}", flush=True)
    shown = [r for r in records if (r["kind"], r["dim"], r["seed"]) in set(chosen)]
    print("\n".join(table(shown)))


if __name__ == "__main__":
    main()
