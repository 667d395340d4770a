"""Growth of the plane transform with the number of directions, beside finufft's; adrt's number is fixed."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from _peers_common import Method, load, phantoms, race
from _peers_libraries import adrt_methods, finufft_methods, ours_forward

from radon_nn import Directions, Grid, Offsets, RadonTransform


@dataclass(frozen=True)
class DirectionsRow:
    """
    A method's times at one image size, and their exponents in the number of directions.

    `exponent` is that of the straight line through all times, log against log; `last` that between the two largest
    numbers of directions.
    """

    method: str
    n: int
    directions: str
    ms: str
    exponent: float | None = None
    last: float | None = None


def directions_rows(n: int, counts: Sequence[int], repeats: int, threads: int) -> list[DirectionsRow]:
    """All methods and numbers of directions take turns, so that a busy moment does not weigh on one of them."""
    grid = Grid.cube(n)
    image = phantoms(2)[0].image(grid)
    families: list[tuple[Sequence[int], list[Method]]] = []
    for order in (1, 3):
        transforms = [RadonTransform(grid, Directions.half_circle(m), Offsets(n, 2 / n), order) for m in counts]
        families.append((counts, [ours_forward(transform) for transform in transforms]))
    if load("finufft") is not None:
        families.append((counts, [finufft_methods("forward", (1e-4,), n, m, threads)[0] for m in counts]))
    if load("adrt") is not None:
        families.append(((4 * n - 4,), adrt_methods(n)))
    turns = [lambda run=method.run: run(image) for _, methods in families for method in methods]
    medians = iter([statistics.median(times) for times in race(turns, repeats)])
    return [_row(methods[0].name, n, sizes, [next(medians) for _ in sizes]) for sizes, methods in families]


def _row(method: str, n: int, sizes: Sequence[int], times: Sequence[float]) -> DirectionsRow:
    texts = " ".join(map(str, sizes)), " ".join(f"{1e3 * time:.3g}" for time in times)
    if len(sizes) < 2:
        return DirectionsRow(method, n, *texts)
    slope = float(np.polyfit(np.log(sizes), np.log(times), 1)[0])
    last = float(np.diff(np.log(times[-2:]))[0] / np.diff(np.log(sizes[-2:]))[0])
    return DirectionsRow(method, n, *texts, slope, last)
