"""The benchmark's part beyond the plane: product directions, finufft in 3-D, memory in a fresh process, and growth.

Run as a script, `python _peers_volume.py METHOD DIM N`, it prints one JSON line with the seconds and the peak memory.
"""

from __future__ import annotations

import json
import math
import resource
import statistics
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from _peers_common import THREADS, Array, Method, Rays, load, race, seconds
from _peers_libraries import FourierSlice, ours_forward
from scipy import fft
from scipy.special import roots_gegenbauer

from radon_nn import Directions, Grid, Offsets, RadonTransform


def product_directions(counts: Sequence[int]) -> Directions:
    """
    Polar angles p_1 .. p_(d-2) and an azimuth q in [0, pi): a = (cos p_1, sin p_1 cos p_2, ..., sin p_1 .. sin q).

    `counts` are the numbers of nodes, polar angles first: Gauss-Gegenbauer in cos p, uniform in q.
    """
    return Directions.product(*counts)


def product_counts(dim: int, n: int) -> tuple[int, ...]:
    """n polar nodes for each polar angle and 2n azimuths; n angles in the plane."""
    return (n,) if dim == 2 else (n,) * (dim - 2) + (2 * n,)


def ours(dim: int, n: int, counts: Sequence[int], order: int = 1, method: str = "auto") -> RadonTransform:
    """radon_nn on [-1, 1]^dim, with n offsets."""
    directions = Directions.half_circle(*counts) if dim == 2 else product_directions(counts)
    return RadonTransform(Grid.cube(n, dim), directions, Offsets(n, 2 / n), order=order, method=method)


class PlainFourierSlice:
    """The 3-D transform by finufft as its manual calls it: `nufft3d2` on whole lines, nothing made beforehand."""

    def __init__(self, n: int, normals: Array, *, eps: float, threads: int) -> None:
        self.count, self.eps, self.threads = n, eps, threads
        self.frequency = 2 * np.pi * fft.fftfreq(n)
        self.points = [np.outer(a, self.frequency).ravel().astype(np.float32) for a in normals.T]
        middle = (n + 1) % 2 / 2 * normals.sum(axis=1)
        phase = np.exp(-1j * self.frequency * (middle[:, None] + (n - 1) / 2))
        self.phase = ((2 / n) ** 2 * phase).astype(np.complex64)

    def forward(self, image: Array) -> Array:
        finufft = load("finufft")
        assert finufft is not None
        values = finufft.nufft3d2(
            *self.points, image.astype(np.complex64), eps=self.eps, nthreads=self.threads, isign=-1
        )
        lines = values.reshape(self.phase.shape) * self.phase
        return np.asarray(fft.ifft(lines, axis=-1, workers=self.threads).real)


class FactoredFourierSlice:
    """The 3-D transform as two passes of 2-D Fourier slices, as radon_nn factors it: normals run azimuth first."""

    def __init__(self, n: int, counts: Sequence[int], **options: Any) -> None:
        cosine, _ = roots_gegenbauer(counts[0], 0.5)
        polar = np.stack([cosine, np.sqrt(1 - cosine**2)], axis=1)
        azimuth = Directions.half_circle(counts[1]).normals
        self.inner = FourierSlice((n, n), 2 / n, azimuth, n, batch=n, **options)
        self.outer = FourierSlice((n, n), 2 / n, polar, n, batch=counts[1], **options)
        rest = polar[None, :, 1:] * azimuth[:, None, :]
        first = np.broadcast_to(polar[None, :, :1], (*rest.shape[:2], 1))
        self.normals = np.concatenate([first, rest], axis=2).reshape(-1, 3)

    def forward(self, image: Array) -> Array:
        found = self.outer.forward(self.inner.forward(image).swapaxes(0, 1))
        return found.reshape(len(self.normals), -1)


def volume_methods(n: int, counts: Sequence[int], threads: int) -> list[Method]:
    """radon_nn and finufft, direct and factored, on the same product directions."""
    transforms = [ours(3, n, counts, order) for order in (1, 3, 5)]
    methods = [ours_forward(transform) for transform in transforms]
    if load("finufft") is None:
        return methods
    normals, offsets = transforms[0].directions.normals, transforms[0].offsets
    for eps in (1e-3, 1e-6):
        plain = PlainFourierSlice(n, normals, eps=eps, threads=threads)
        rays = Rays.of(normals, offsets)
        methods.append(Method(f"finufft 3-D, plainly called, eps {eps:.0e}", plain.forward, rays))
        peer = FourierSlice((n,) * 3, 2 / n, normals, n, eps=eps, threads=threads)
        methods.append(Method(f"finufft 3-D, eps {eps:.0e}", peer.forward, Rays.of(normals, offsets)))
        passes = FactoredFourierSlice(n, counts, eps=eps, threads=threads)
        rays = Rays.of(passes.normals, offsets)
        methods.append(Method(f"finufft in two 2-D passes, eps {eps:.0e}", passes.forward, rays))
    return methods


@dataclass(frozen=True)
class MemoryRow:
    """Seconds (second call) and peak memory of a fresh process, the libraries' own share apart."""

    method: str
    dim: int
    n: int
    directions: int
    seconds: float | None = None
    input_mib: float | None = None
    output_mib: float | None = None
    before_mib: float | None = None
    peak_mib: float | None = None


def _peak_mib() -> float:
    """
    Peak resident memory of this process.

    Linux's own mark is preferred: what `getrusage` returns there includes the parent's memory before `exec`.
    """
    status = Path("/proc/self/status")
    if status.exists():
        return float(status.read_text().split("VmHWM:")[1].split()[0]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 1024)


def _memory_job(method: str, dim: int, n: int) -> dict[str, float]:
    def build(size: int, counts: Sequence[int]) -> Callable[[Array], Array]:
        if method == "radon_nn":
            return ours(dim, size, counts).forward
        if method == "finufft two-pass":
            return FactoredFourierSlice(size, counts, **lean).forward
        return FourierSlice((size,) * dim, 2 / size, product_directions(counts).normals, size, **lean).forward

    lean: Any = {"eps": 1e-3, "threads": THREADS, "upsamplings": (1.25,)}

    build(8, product_counts(dim, 8))(np.ones((8,) * dim, np.float32))
    before = _peak_mib()
    run, image = build(n, product_counts(dim, n)), np.ones((n,) * dim, np.float32)
    shape = run(image).shape
    elapsed = seconds(lambda: run(image))
    sizes = {"input_mib": image.nbytes / 2**20, "output_mib": 4 * math.prod(shape) / 2**20}
    return {"seconds": elapsed, **sizes, "before_mib": before, "peak_mib": _peak_mib()}


def memory_rows(sizes: Sequence[tuple[int, int]]) -> list[MemoryRow]:
    """One process a method and size, given as (dim, n)."""
    rows = []
    for dim, n in sizes:
        peers = ["finufft", "finufft two-pass"] if dim == 3 else []
        for method in ["radon_nn", *peers]:
            name = f"{method}, order 1" if method == "radon_nn" else f"{method}, eps 1e-03"
            directions = math.prod(product_counts(dim, n))
            if method != "radon_nn" and load("finufft") is None:
                rows.append(MemoryRow("finufft: not installed", dim, n, directions))
                continue
            command = [sys.executable, __file__, method, str(dim), str(n)]
            done = subprocess.run(command, capture_output=True, text=True)
            if done.returncode:
                rows.append(MemoryRow(f"{name}: failed (exit {done.returncode})", dim, n, directions))
                print(done.stderr, file=sys.stderr)
                continue
            rows.append(MemoryRow(name, dim, n, directions, **json.loads(done.stdout.splitlines()[-1])))
    return rows


@dataclass(frozen=True)
class GrowthRow:
    """A sweep of radon_nn's forward and the exponent of the straight line through it, log against log.

    The sizes take turns, so that a busy moment of the machine does not weigh on one of them.
    """

    sweep: str
    sizes: str
    ms: str
    exponent: float
    expected: int


def _growth_row(sweep: str, sizes: Sequence[int], make: Callable[[int], RadonTransform], expected: int) -> GrowthRow:
    transforms = [make(size) for size in sizes]
    images = [np.ones(transform.grid.shape, np.float32) for transform in transforms]
    turns = [lambda t=t, x=x: t.forward(x) for t, x in zip(transforms, images, strict=True)]
    medians = [statistics.median(times) for times in race(turns, 5)]
    slope = float(np.polyfit(np.log(sizes), np.log(medians), 1)[0])
    times = " ".join(f"{1e3 * value:.3g}" for value in medians)
    return GrowthRow(sweep, " ".join(map(str, sizes)), times, slope, expected)


def growth_rows(quick: bool) -> list[GrowthRow]:
    """Growth with N in d = 2, 3, 4, with and without bundles, and with the number of directions at fixed N.

    Sizes are multiples of 16, which fill all lanes: 56 slabs take as long as 64.
    """
    by_n: dict[int, tuple[int, ...]] = {2: (512, 768, 1024, 1536, 2048), 3: (128, 192, 256, 320), 4: (64, 80, 96, 112)}
    flat, deep, views, polar = 512, 64, (256, 512, 1024, 2048, 4096), (64, 96, 128, 192, 256)
    if quick:
        by_n, flat, deep, views, polar = {2: (32, 48), 3: (8, 12), 4: (4, 6)}, 32, 8, (16, 32), (8, 16)
    rows = [
        _growth_row(
            f"d = {dim}, N, {method}",
            sizes,
            lambda n, dim=dim, method=method: ours(dim, n, product_counts(dim, n), method=method),
            dim + 1,
        )
        for method in ("auto", "rows")
        for dim, sizes in by_n.items()
    ]
    rows.append(_growth_row(f"d = 2, N = {flat}, directions", views, lambda m: ours(2, flat, (m,)), 1))
    halves = {2 * k * k: k for k in polar}
    name = f"d = 3, N = {deep}, directions"
    rows.append(_growth_row(name, list(halves), lambda m: ours(3, deep, (halves[m], 2 * halves[m])), 1))
    return rows


if __name__ == "__main__":
    print(json.dumps(_memory_job(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))))
