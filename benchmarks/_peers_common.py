"""What the side-by-side benchmarks share: closed forms, methods and where their samples lie, timing, and tables."""

from __future__ import annotations

import importlib
import itertools
import math
import os
import platform
import statistics
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from types import ModuleType
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy import special

from radon_nn import Grid, Offsets

Array = NDArray[np.floating[Any]]

THREADS = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
"""Threads each contestant is given: as many as there are processors, which is radon_nn's own choice."""

INSIDE = 0.95
"""Images are compared within this radius: the sinograms end at |t| = 1."""


class Phantom(Protocol):
    """A function with its transform, both exact."""

    def image(self, grid: Grid) -> Array:
        """Samples, float32."""

    def sinogram(self, normals: Array, offsets: Array) -> Array:
        """Rf at normals (m, d) and offsets (m or 1, n)."""

    def backprojection(self, points: Array) -> Array:
        """R*Rf at points (..., 2), for d = 2."""


@dataclass(frozen=True)
class Gaussian:
    """exp(-|x - center|^2 / (2 width^2)), off the origin; zero where below 1e-10, so it ends inside |x| < 0.93."""

    center: tuple[float, ...]
    width: float = 0.1

    def image(self, grid: Grid) -> Array:
        image = _by_axes(grid, self.center, lambda square: np.exp(-square / (2 * self.width**2)))
        return np.where(image < 1e-10, 0, image).astype(np.float32)

    def sinogram(self, normals: Array, offsets: Array) -> Array:
        shift = offsets - (normals @ np.array(self.center))[:, None]
        mass = (math.sqrt(2 * math.pi) * self.width) ** (normals.shape[1] - 1)
        return np.asarray(mass * np.exp(-(shift**2) / (2 * self.width**2)))

    def backprojection(self, points: Array) -> Array:
        u = np.sum((points - np.array(self.center)) ** 2, axis=-1) / (4 * self.width**2)
        return np.asarray((2 * math.pi) ** 1.5 * self.width * special.ive(0, u))


@dataclass(frozen=True)
class Disc:
    """The indicator of a ball off the origin, each sample being the mean over its cell (by `fine`^d points)."""

    center: tuple[float, ...]
    radius: float = 0.4
    fine: int = 8

    def image(self, grid: Grid) -> Array:
        parts = (np.arange(self.fine) + 0.5) / self.fine - 0.5
        out = np.zeros(grid.shape, np.float32)
        for part in itertools.product(parts, repeat=grid.dim):
            moved = tuple(c - p * h for c, p, h in zip(self.center, part, grid.spacing, strict=True))
            out += _by_axes(grid, moved, lambda square: square <= self.radius**2)
        return out / np.float32(self.fine**grid.dim)

    def sinogram(self, normals: Array, offsets: Array) -> Array:
        power = (normals.shape[1] - 1) / 2
        shift = offsets - (normals @ np.array(self.center))[:, None]
        volume = math.pi**power / math.gamma(power + 1)
        return np.asarray(volume * np.maximum(self.radius**2 - shift**2, 0) ** power)

    def backprojection(self, points: Array) -> Array:
        r2 = np.sum((points - np.array(self.center)) ** 2, axis=-1)
        small = np.minimum(r2, self.radius**2) / np.maximum(r2, self.radius**2)
        outside = 8 * np.sqrt(r2) * (special.ellipe(small) - (1 - small) * special.ellipk(small))
        return np.where(r2 <= self.radius**2, 8 * self.radius * special.ellipe(small), outside)


def phantoms(dim: int) -> tuple[Gaussian, Disc]:
    """The two test functions in R^dim; the disc's cells are sampled more coarsely where there are more of them."""
    return Gaussian((0.21, -0.13, 0.08)[:dim]), Disc((-0.2, 0.25, 0.1)[:dim], fine={2: 8, 3: 4}[dim])


def _by_axes(grid: Grid, center: Sequence[float], value: Callable[[Array], Array]) -> Array:
    squares = [(axis - c) ** 2 for axis, c in zip(grid.axes, center, strict=True)]
    return value(sum(np.meshgrid(*squares, indexing="ij", sparse=True), np.zeros(())))


@dataclass(frozen=True)
class Rays:
    """
    Where one library's sinogram samples lie, in coordinates whose axis i is array axis i of the image.

    With a positive `bin` each sample is the mean over a detector bin of that width, as the library defines it.
    """

    normals: Array
    offsets: Array
    bin: float = 0.0

    @classmethod
    def of(cls, normals: Array, offsets: Offsets) -> Rays:
        return cls(normals, offsets.values[None])

    def exact(self, phantom: Phantom) -> Array:
        if self.bin == 0:
            return phantom.sinogram(self.normals, self.offsets)
        nodes, weights = np.polynomial.legendre.leggauss(8)
        pairs = zip(nodes, weights / 2, strict=True)
        return np.asarray(sum(w * phantom.sinogram(self.normals, self.offsets + x * self.bin / 2) for x, w in pairs))


def same(values: Any) -> Any:
    """No conversion."""
    return values


@dataclass(frozen=True)
class Method:
    """
    One contestant: `run` alone is timed.

    `prepare` brings the input into the library's own layout, and `physical` its output into (directions, offsets) or
    the image's layout, in physical units.
    """

    name: str
    run: Callable[[Any], Any]
    rays: Rays
    prepare: Callable[[Array], Any] = same
    physical: Callable[[Any], Array] = same


@dataclass(frozen=True)
class Row:
    """A contestant's result: milliseconds, ratio to radon_nn's first row, errors over the largest exact value."""

    method: str
    ms: float | None = None
    ratio: float | None = None
    first_ms: float | None = None
    gauss_max: float | None = None
    gauss_rms: float | None = None
    disc_max: float | None = None
    disc_rms: float | None = None


@dataclass(frozen=True)
class Section:
    """A titled table with remarks."""

    title: str
    rows: list[Any]
    remarks: list[str] = field(default_factory=list)

    def text(self) -> str:
        names = [f.name for f in fields(self.rows[0])] if self.rows else []
        cells = [[name.replace("_", " ") for name in names]]
        cells += [[_cell(name, value) for name, value in asdict(row).items()] for row in self.rows]
        widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
        lines = [self.title]
        for row in cells:
            first, *rest = zip(row, widths, strict=True)
            lines.append("  ".join([first[0].ljust(first[1]), *(text.rjust(width) for text, width in rest)]).rstrip())
        return "\n".join([*lines, *(f"  {remark}" for remark in self.remarks)])


def _cell(name: str, value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:.1e}" if name.endswith(("_max", "_rms")) else f"{value:.2f}" if value < 1000 else f"{value:.0f}"
    return str(value)


def load(name: str) -> ModuleType | None:
    """A peer's module, or None where it is not installed."""
    try:
        return importlib.import_module(name)
    except ImportError:
        return None


def absent(names: Iterable[str]) -> list[Row]:
    """A row for each of the modules that is not installed."""
    return [Row(f"{name}: not installed") for name in names if load(name) is None]


def seconds(run: Callable[[], object]) -> float:
    """How long one call takes."""
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def race(runs: Sequence[Callable[[], object]], repeats: int) -> list[list[float]]:
    """
    Times of each run, the first one taking its turn before every other.

    A turn of a quick run is an untimed call, which wakes its threads and fills the caches, and three timed ones.
    """
    pilot = [min(seconds(run), seconds(run)) for run in runs]
    times: list[list[float]] = [[] for _ in runs]
    for _ in range(repeats):
        for i in range(min(1, len(runs) - 1), len(runs)):
            for j in sorted({0, i}):
                quick = pilot[j] < 0.25
                if quick:
                    runs[j]()
                times[j] += [seconds(runs[j]) for _ in range(3 if quick else 1)]
    return times


def contest(
    methods: Sequence[Method],
    given: Callable[[Method, Phantom], Array],
    exact: Callable[[Method, Phantom], Array],
    repeats: int,
    *,
    where: NDArray[np.bool_] | None = None,
    dim: int = 2,
) -> list[Row]:
    """Errors of every method on both phantoms, then the race on the Gaussian; the first method sets the ratio's one."""
    inputs, first, errors = [], [], []
    for method in methods:
        found: list[float] = []
        for phantom in phantoms(dim):
            value = method.prepare(given(method, phantom))
            start = time.perf_counter()
            result = method.run(value)
            if not found:
                first.append(time.perf_counter() - start)
                inputs.append(value)
            found += _errors(method.physical(result), exact(method, phantom), where)
        errors.append(found)
    turns = [lambda m=m, x=x: m.run(x) for m, x in zip(methods, inputs, strict=True)]
    medians = [statistics.median(times) for times in race(turns, repeats)]
    return [
        Row(method.name, 1e3 * median, median / medians[0], 1e3 * cold, *error)
        for method, median, cold, error in zip(methods, medians, first, errors, strict=True)
    ]


def _errors(found: Array, exact: Array, where: NDArray[np.bool_] | None) -> tuple[float, float]:
    error = (np.asarray(found, np.float64) - exact) / np.abs(exact).max()
    error = error if where is None else error[where]
    return float(np.abs(error).max()), float(np.sqrt(np.mean(error**2)))


def processor() -> str:
    """The processor's name, as the machine gives it."""
    listing = Path("/proc/cpuinfo")
    if listing.exists():
        names = [line.split(":", 1)[1].strip() for line in listing.read_text().splitlines() if "model name" in line]
        if names:
            return f"{names[0]} ({len(names)} cores seen)"
    return platform.processor() or platform.machine()
