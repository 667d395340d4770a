"""radon_nn beside its peers, in one run: times, ratios, errors against closed forms, memory, growth.

    python benchmarks/peers.py [--quick] [--sections forward adjoint ...] [--figure PATH] [--json PATH]

Peers are scikit-image, ASTRA's CPU projectors, adrt, and finufft (Fourier slices); one that is not installed is
reported so and skipped. All transform the same float32 image: a Gaussian and a disc (cell averages), both off the
origin. Errors are relative to the largest exact value, and taken at each library's own directions and offsets.
What a library lets one prepare (plans, projectors, nodes) is prepared outside of the timed part, and its first call,
which may compile, is listed apart. Times are medians; radon_nn takes its turn before every peer's.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import _peers_openmp  # noqa: F401
import numpy as np
from _peers_common import INSIDE, THREADS, Array, Method, Rays, Row, Section, absent, contest, load, processor, race
from _peers_directions import directions_rows
from _peers_libraries import (
    adrt_methods,
    astra_methods,
    finufft_methods,
    ours_forward,
    skimage_iradon,
    skimage_radon,
)
from _peers_limit import pixels_per_second
from _peers_volume import growth_rows, memory_rows, product_counts, volume_methods

from radon_nn import Directions, Grid, Offsets, RadonTransform

PACKAGES = ("radon-nn", "numba", "scikit-image", "astra-toolbox", "adrt", "finufft")


@dataclass(frozen=True)
class Scale:
    """Sizes of a run, and repeats."""

    n: int = 512
    angles: int = 512
    digital: int = 1024
    many: int = 2048
    directions: tuple[int, ...] = (512, 1024, 2048, 4096, 8192)
    volume: int = 128
    memory: tuple[tuple[int, int], ...] = ((3, 256), (4, 48))
    sweeps: int = 4000
    repeats: int = 5
    quick: bool = False


QUICK = Scale(32, 24, 16, 32, (16, 32), 8, ((3, 12), (4, 8)), 50, 1, True)


def plane(n: int, m: int, order: int = 1, method: str = "auto") -> RadonTransform:
    return RadonTransform(Grid.cube(n), Directions.half_circle(m), Offsets(n, 2 / n), order=order, method=method)


def forward_contest(methods: Sequence[Method], grid: Grid, repeats: int) -> list[Row]:
    return contest(
        methods, lambda _, phantom: phantom.image(grid), lambda method, phantom: method.rays.exact(phantom), repeats,
        dim=grid.dim,
    )  # fmt: skip


def forward(scale: Scale, threads: int) -> Section:
    n, m = scale.n, scale.angles
    methods = [ours_forward(plane(n, m, order)) for order in (1, 3, 5)]
    methods += [ours_forward(plane(n, m, order, "direct")) for order in (1, 3)]
    methods += skimage_radon(n, m) + astra_methods("FP", ("linear", "line", "strip"), n, m, threads)
    methods += finufft_methods("forward", (1e-4, 1e-6), n, m, threads)
    rows = forward_contest(methods, Grid.cube(n), scale.repeats) + absent(("skimage", "astra", "finufft"))
    remarks = ["strip: against means over its detector bins; all others: at the offsets themselves"]
    return Section(f"1. Forward, {n}^2 pixels x {m} angles", rows, remarks)


def adjoint(scale: Scale, threads: int) -> Section:
    n, m, grid = scale.n, scale.angles, Grid.cube(scale.n)
    points = grid.points().reshape(n, n, 2)
    transform, per_line = plane(n, m), 2 * np.pi / m / (2 / n)
    rays = Rays.of(transform.directions.normals, transform.offsets)
    methods = [
        Method("radon_nn adjoint, order 1", transform.adjoint, rays, physical=lambda x: per_line * x),
        Method("radon_nn backproject, order 1", transform.backproject, rays),
        Method("radon_nn backproject, order 3", plane(n, m, 3).backproject, rays),
    ]
    methods += astra_methods("BP", ("linear", "strip"), n, m, threads, scale=per_line)
    methods += finufft_methods("adjoint", (1e-4, 1e-6), n, m, threads)
    rows = contest(
        methods, lambda method, phantom: method.rays.exact(phantom).astype(np.float32),
        lambda _, phantom: phantom.backprojection(points), scale.repeats, where=within(points, INSIDE),
    )  # fmt: skip
    remarks = [
        f"exact sinograms in; errors against R*Rf within |x| < {INSIDE}. Adjoints are scaled to the integral; those",
        "of interpolating projectors (radon_nn's, ASTRA's linear) are no quadratures and need not converge to it.",
    ]
    return Section(f"2a. Backprojection, {n}^2 x {m} angles", rows + absent(("astra", "finufft")), remarks)


def inverse(scale: Scale, threads: int) -> Section:
    n, m, grid = scale.n, scale.angles, Grid.cube(scale.n)
    transform = plane(n, m)
    rays = Rays.of(transform.directions.normals, transform.offsets)
    methods = skimage_iradon("radon_nn.skimage.iradon", load("radon_nn.skimage"), n, m)
    methods.append(Method("radon_nn invert, order 1", transform.invert, rays))
    methods += skimage_iradon("scikit-image iradon", load("skimage.transform"), n, m)
    methods += astra_methods("FBP", ("linear", "strip"), n, m, threads)
    rows = contest(
        methods, lambda method, phantom: method.rays.exact(phantom).astype(np.float32),
        lambda _, phantom: phantom.image(grid), scale.repeats, where=within(grid.points().reshape(n, n, 2), INSIDE),
    )  # fmt: skip
    remarks = [f"exact sinograms in; ramp filter; errors against f within |x| < {INSIDE}"]
    return Section(f"2b. Filtered backprojection, {n}^2 x {m} angles", rows + absent(("skimage", "astra")), remarks)


def within(points: Array, radius: float) -> Any:
    return np.sum(points**2, axis=-1) <= radius**2


def digital(scale: Scale, threads: int) -> Section:
    return many_directions("3a", scale.digital, scale.repeats, threads)


def many(scale: Scale, threads: int) -> Section:
    return many_directions("3b", scale.many, scale.repeats, threads)


def many_directions(number: str, n: int, repeats: int, threads: int) -> Section:
    m = 4 * n
    methods = [ours_forward(plane(n, m, order)) for order in (1, 3)]
    methods += adrt_methods(n) + finufft_methods("forward", (1e-4,), n, m, threads)
    rows = forward_contest(methods, Grid.cube(n), repeats) + absent(("adrt", "finufft"))
    module = load("adrt")
    parallel = "threads" if module is not None and module.core.threading_enabled() else "one thread (as built)"
    remarks = [
        f"adrt: its own {4 * n - 4} distinct angles and {2 * n - 1} offsets, {parallel}; others: {m} uniform angles,",
        f"{n} offsets. Its digital lines wander about the straight ones, which is its error, of first order in h.",
    ]
    return Section(f"{number}. Many directions, and digital lines, {n}^2 pixels", rows, remarks)


def directions(scale: Scale, threads: int) -> Section:
    sides = scale.digital, scale.many
    rows = [row for n in sides for row in directions_rows(n, scale.directions, scale.repeats, threads)]
    remarks = [
        "exponent: of the time in the number of directions, by least squares, and between the two largest numbers;",
        "adrt has no choice: it transforms to all of its distinct angles. finufft at eps 1e-04, its plans made before.",
    ]
    return Section("3c. Growth with the number of directions, forward", rows, remarks)


def volume(scale: Scale, threads: int) -> Section:
    n, counts = scale.volume, product_counts(3, scale.volume)
    rows = forward_contest(volume_methods(n, counts, threads), Grid.cube(n, 3), max(1, scale.repeats // 2))
    title = f"4a. Forward in 3-D, {n}^3 samples x {counts[0]} x {counts[1]} directions"
    return Section(title, rows + absent(("finufft",)))


def memory(scale: Scale, threads: int) -> Section:
    remarks = ["a fresh process each; 'before' is its peak after imports and a tiny run; input and output included"]
    return Section("4b. Memory of the forward transform", memory_rows(scale.memory), remarks)


def growth(scale: Scale, threads: int) -> Section:
    remarks = [
        "ms: medians, the sizes taking turns; auto: rows in bundles where that saves work; in d = 3 with directions,",
        "the first of two passes grows with the azimuths alone",
    ]
    return Section("5. Growth of radon_nn's forward, order 1", growth_rows(scale.quick), remarks)


@dataclass(frozen=True)
class LimitRow:
    """Throughput, one pixel being one multiply-add for each of two taps."""

    loop: str
    gpixel_per_s: float
    radon_nn_over_this: float | None = None


def limit(scale: Scale, threads: int) -> Section:
    transform = plane(scale.n, scale.angles)
    image = np.ones((scale.n, scale.n), np.float32)
    (times,) = race([lambda: transform.forward(image)], 5 * scale.repeats)
    ours = scale.n**2 * scale.angles / statistics.median(times) / 1e9
    rows = [LimitRow(f"radon_nn forward, {scale.n}^2 x {scale.angles}", ours)]
    for kind in ("one row", "four rows"):
        loop = pixels_per_second(kind, threads, scale.sweeps, scale.repeats) / 1e9
        rows.append(LimitRow(f"two taps in the first-level cache, {kind} a pass", loop, ours / loop))
    return Section(
        "6. The two-tap limit, order 1", rows, ["radon_nn's includes all it does besides: filling, resampling"]
    )


SECTIONS: dict[str, Callable[[Scale, int], Section]] = {
    f.__name__: f for f in (forward, adjoint, inverse, digital, many, directions, volume, memory, growth, limit)
}


def draw(rows: Sequence[Row], path: str) -> None:
    """Error against time, one panel a phantom, of the forward section; ASTRA on all threads where it was split."""
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    looks = {"radon_nn": ("o", "C0"), "scikit-image": ("s", "C1"), "ASTRA": ("^", "C2"), "finufft": ("D", "C3")}
    labels = {"radon_nn": "radon_nn, by order (d: direct)"}
    split = {row.method.split(", split")[0] for row in rows if ", split" in row.method}
    shown = [row for row in rows if row.ms is not None and row.method not in split]
    figure, panels = plt.subplots(1, 2, figsize=(10, 4.6), layout="constrained")
    for panel, name in zip(panels, ("gauss_rms", "disc_rms"), strict=True):
        for family, (marker, color) in looks.items():
            mine = [row for row in shown if row.method.startswith(family)]
            if mine:
                panel.loglog(
                    [r.ms for r in mine],
                    [getattr(r, name) for r in mine],
                    marker,
                    color=color,
                    label=labels.get(family, family),
                )
            mine.sort(key=lambda r: getattr(r, name))
            for k, row in enumerate(mine):
                text = row.method.removeprefix(family).split(", split")[0]
                text = text.split("forward, ")[-1].removeprefix(" FP").strip()
                below, above = {"xytext": (0, -13), "ha": "center"}, {"xytext": (0, 7), "ha": "center"}
                aside = {"xytext": (7, -3), "ha": "left"}
                place = below if k == 0 else above if k == len(mine) - 1 else aside
                if family == "radon_nn":
                    place = {"order 1, direct": aside, "order 3, direct": below}.get(text, above)
                    text = text.removeprefix("order ").replace(", direct", "d")
                elif family == "finufft":
                    place = {"xytext": (-7, -11 if k == 0 else 4), "ha": "right"}
                at = (row.ms, getattr(row, name))
                panel.annotate(text, at, fontsize=8, color=color, textcoords="offset points", **place)
        panel.set(xlabel="median time, ms", title={"gauss_rms": "Gaussian", "disc_rms": "disc"}[name])
        panel.margins(x=0.2, y=0.15)
        panel.grid(alpha=0.3)
    panels[0].set_ylabel("RMS error / largest exact value")
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside upper center", ncols=len(looks), frameon=False)
    figure.savefig(path, dpi=150)


def heading(threads: int, scale: Scale) -> str:
    found = []
    for name in PACKAGES:
        try:
            found.append(f"{name} {metadata.version(name)}")
        except metadata.PackageNotFoundError:
            continue
    size = "a smoke test: the times mean nothing" if scale.quick else f"{scale.repeats} rounds"
    waiting = f"OMP_WAIT_POLICY={os.environ['OMP_WAIT_POLICY']}"
    return f"{processor()}, {threads} threads, {waiting}, float32, medians, {size}\n{', '.join(found)}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="tiny sizes, seconds: does the script run?")
    parser.add_argument("--sections", nargs="+", choices=SECTIONS, default=list(SECTIONS), metavar="NAME")
    parser.add_argument("--figure", metavar="PATH", help="draw error against time (needs section forward)")
    parser.add_argument("--json", metavar="PATH", help="write the tables' numbers")
    arguments = parser.parse_args()
    if arguments.figure and "forward" not in arguments.sections:
        parser.error("--figure: expected section forward among --sections; add it")
    scale, threads = QUICK if arguments.quick else Scale(), THREADS

    print(heading(threads, scale))
    found: dict[str, Section] = {}
    for name in arguments.sections:
        found[name] = SECTIONS[name](scale, threads)
        print(f"\n{found[name].text()}", flush=True)
    if arguments.figure:
        draw(found["forward"].rows, arguments.figure)
    if arguments.json:
        Path(arguments.json).write_text(json.dumps({name: asdict(s) for name, s in found.items()}, indent=1))


if __name__ == "__main__":
    main()
