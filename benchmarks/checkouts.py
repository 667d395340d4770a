"""The transforms of two checkouts, timed in turns: is any of peers.py's rows slower than it was?

    python benchmarks/checkouts.py OLD NEW [--rows TEXT ...] [--rounds 40] [--limit 1.05]

Both run in the present environment, each in a process of its own that sleeps while the other is timed. In each round
a row is timed in one checkout, then at once in the other, and the order changes from round to round. A round
takes the least of its calls, about 0.1 s of them. Reported are the medians over rounds and the median of the rounds'
ratios new / old, with the interval that holds that median in 95 of 100 cases (order statistics). Compilation is not
timed. Threads of OpenMP sleep while they wait, as in peers.py, unless OMP_WAIT_POLICY says otherwise. Exits with 1 if
the whole interval of a row lies above the limit.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import _peers_openmp  # noqa: F401
import numpy as np
from scipy import stats

SECONDS = 0.1
Call = Callable[[], Any]


def rows() -> dict[str, Call]:
    """The calls that are timed, by name."""
    from radon_nn import Directions, Grid, Offsets, RadonTransform
    from radon_nn.skimage import iradon, radon

    rng = np.random.default_rng(0)

    def noise(*shape: int) -> np.ndarray:
        return rng.random(shape, dtype=np.float32)

    def plane(n: int, m: int, order: int = 1, method: str = "auto") -> RadonTransform:
        return RadonTransform(Grid.cube(n), Directions.half_circle(m), Offsets(n, 2 / n), order=order, method=method)

    def product(n: int, counts: tuple[int, ...], order: int = 1) -> RadonTransform:
        directions = Directions.product(*counts)
        return RadonTransform(Grid.cube(n, directions.dim), directions, Offsets(n, 2 / n), order=order)

    calls: dict[str, Call] = {}
    image, sinogram = noise(512, 512), noise(512, 512)
    by_order = {order: plane(512, 512, order) for order in (1, 3, 5)}
    for order, transform in by_order.items():
        calls[f"forward 512, order {order}"] = lambda t=transform: t.forward(image)
    for order in (1, 3):
        direct = plane(512, 512, order, "direct")
        calls[f"forward 512, order {order}, direct"] = lambda t=direct: t.forward(image)
    calls["adjoint 512"] = lambda: by_order[1].adjoint(sinogram)
    for order in (1, 3):
        calls[f"backproject 512, order {order}"] = lambda t=by_order[order]: t.backproject(sinogram)
    calls["invert 512"] = lambda: by_order[1].invert(sinogram)
    theta = np.arange(512) * 180 / 512
    calls["iradon 512"] = lambda: iradon(sinogram, theta)
    calls["radon 512"] = lambda: radon(image, theta, circle=False)
    large = noise(1024, 1024)
    for order in (1, 3):
        digital = plane(1024, 4096, order)
        calls[f"forward 1024 x 4096, order {order}"] = lambda t=digital: t.forward(large)
    volume, space = noise(128, 128, 128), noise(128 * 256, 128)
    for order in (1, 3, 5):
        cube = product(128, (128, 256), order)
        calls[f"forward 128^3, order {order}"] = lambda t=cube: t.forward(volume)
    solid, hyper, four = product(128, (128, 256)), noise(24, 24, 24, 24), product(24, (16, 16, 32))
    calls["backproject 128^3"] = lambda: solid.backproject(space)
    calls["forward 24^4"] = lambda: four.forward(hyper)
    small, sixty, few = noise(256, 256), plane(256, 60), noise(60, 256)
    degrees = np.arange(60) * 3.0
    padded = radon(small, degrees, circle=False)
    calls["radon 256 x 60"] = lambda: radon(small, degrees, circle=False)
    calls["iradon 256 x 60"] = lambda: iradon(padded, degrees, circle=False)
    calls["forward 256 x 60"] = lambda: sixty.forward(small)
    calls["adjoint 256 x 60"] = lambda: sixty.adjoint(few)
    calls["backproject 256 x 60"] = lambda: sixty.backproject(few)
    calls["invert 256 x 60"] = lambda: sixty.invert(few)
    digit, digits, tiny = noise(28, 28), noise(256, 28, 28), plane(28, 28)
    calls["one of 28 x 28"] = lambda: tiny.forward(digit)
    calls["256 of 28 x 28"] = lambda: tiny.forward(digits)
    calls["256 of 28 x 28, invert"] = lambda: tiny.invert(digits)
    stack, wide = noise(32, 256, 256), plane(256, 180)
    calls["32 of 256 x 180"] = lambda: wide.forward(stack)
    return calls


def serve(wanted: Sequence[str]) -> None:
    """Time a row each time its name comes in on standard input; answer with the least seconds of a call."""
    calls = {name: call for name, call in rows().items() if not wanted or any(text in name for text in wanted)}
    for call in calls.values():
        call()
        call()
    print(json.dumps(list(calls)), flush=True)
    for line in sys.stdin:
        call, least, end = calls[line.strip()], np.inf, time.perf_counter() + SECONDS
        call()
        while True:
            start = time.perf_counter()
            call()
            now = time.perf_counter()
            least = min(least, now - start)
            if now > end:
                break
        print(json.dumps(least), flush=True)


class Checkout:
    """A process that times the calls of one checkout."""

    def __init__(self, root: Path, wanted: Sequence[str]) -> None:
        if not (root / "radon_nn").is_dir():
            raise SystemExit(f"expected a checkout with a folder radon_nn, got {root}")
        environment = os.environ | {"PYTHONPATH": str(root.resolve())}
        command = [sys.executable, str(Path(__file__).resolve()), "--serve", "--rows", *wanted]
        self._process = subprocess.Popen(
            command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=root
        )
        self.names: list[str] = self._answer()

    def _answer(self) -> Any:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise SystemExit("a checkout's process ended; its message is above")
        return json.loads(line)

    def time(self, name: str) -> float:
        assert self._process.stdin is not None
        self._process.stdin.write(name + "\n")
        self._process.stdin.flush()
        return float(self._answer())


def interval(ratios: np.ndarray) -> tuple[float, float]:
    """The order statistics that enclose the median with probability 0.95 at least."""
    n = len(ratios)
    rank = max(int(stats.binom.ppf(0.025, n, 0.5)), 1)
    ordered = np.sort(ratios)
    return float(ordered[rank - 1]), float(ordered[n - rank])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkouts", nargs="*", type=Path, metavar="OLD NEW")
    parser.add_argument("--rows", nargs="*", default=[], help="only rows whose name contains one of these")
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--limit", type=float, default=1.05)
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        serve(options.rows)
        return 0
    if len(options.checkouts) != 2:
        parser.error("expected two checkouts, OLD and NEW")
    old, new = (Checkout(root, options.rows) for root in options.checkouts)
    slower = 0
    print(f"{'row':32s} {'old ms':>9s} {'new ms':>9s} {'ratio':>6s}   95 % interval")
    for name in old.names:
        times = np.empty((options.rounds, 2))
        for k in range(options.rounds):
            for j in (0, 1) if k % 2 else (1, 0):
                times[k, j] = (old, new)[j].time(name)
        low, high = interval(times[:, 1] / times[:, 0])
        ratio = float(np.median(times[:, 1] / times[:, 0]))
        slow = low > options.limit
        slower += slow
        before, after = np.median(times, axis=0) * 1e3
        print(
            f"{name:32s} {before:9.3f} {after:9.3f} {ratio:6.2f}   {low:.2f} to {high:.2f}{'  slower' * slow}",
            flush=True,
        )
    return int(slower > 0)


if __name__ == "__main__":
    raise SystemExit(main())
