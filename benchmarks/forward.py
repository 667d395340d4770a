"""The forward transform beside scikit-image's `radon`, in one run: times, ratio, errors, and the first call's cost.

    python benchmarks/forward.py [--n 512] [--angles 512] [--repeats 7]

Both transform a Gaussian, float32, at the same angles; errors are against the closed form (for even n
scikit-image's center of rotation lies half a pixel from the grid's, which is most of its error). Times are medians.
Compilation is reported apart, with and without the disk cache.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable

import numba
import numpy as np
from numpy.typing import NDArray
from skimage.transform import radon

from radon_nn import Ball, Directions, Grid, Offsets, RadonTransform

WIDTH = 0.15


def median_seconds(run: Callable[[], object], repeats: int) -> float:
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def first_call_seconds(cache: str) -> float:
    """Seconds of the first `forward` in a fresh process, imports aside, with the given cache folder."""
    program = (
        "import time, numpy as np\n"
        "from radon_nn import Directions, Grid, RadonTransform\n"
        "transform = RadonTransform(Grid.cube(64), Directions.half_circle(8))\n"
        "image = np.ones((64, 64), np.float32)\n"
        "start = time.perf_counter(); transform.forward(image); print(time.perf_counter() - start)\n"
    )
    environment = {**os.environ, "NUMBA_CACHE_DIR": cache}
    return float(
        subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, check=True).stdout
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--n", type=int, default=512)
    parser.add_argument("--angles", type=int, default=512)
    parser.add_argument("--repeats", type=int, default=7)
    arguments = parser.parse_args()
    n, angles = arguments.n, arguments.angles

    grid = Grid.cube(n)
    disc = Ball(0.9).contains(grid.points()).reshape(grid.shape)
    gaussian = grid.sample(lambda x: np.exp(-np.sum(x**2, axis=1) / (2 * WIDTH**2)))
    image = np.where(disc, gaussian, 0).astype(np.float32)
    offsets = Offsets(n, grid.spacing[0])
    transform = RadonTransform(grid, Directions.half_circle(angles), offsets)
    exact = np.sqrt(2 * np.pi) * WIDTH * np.exp(-(offsets.values**2) / (2 * WIDTH**2))
    theta = np.arange(angles) * 180 / angles

    def error(sinogram: NDArray[np.floating]) -> float:
        return float(np.abs(sinogram - exact).max() / exact.max())

    ours = transform.forward(image)
    peer = radon(image, theta, circle=True).T * grid.spacing[0]

    with tempfile.TemporaryDirectory() as cache:
        cold, warm = first_call_seconds(cache), first_call_seconds(cache)
    fast = median_seconds(lambda: transform.forward(image), 5 * arguments.repeats)
    adjoint = median_seconds(lambda: transform.adjoint(ours), 5 * arguments.repeats)
    slow = median_seconds(lambda: radon(image, theta, circle=True), arguments.repeats)

    print(f"{n}^2 pixels x {angles} angles, float32, {numba.get_num_threads()} threads, medians")
    print(f"{'':<22}{'ms':>10}{'Gpixel/s':>10}{'max error':>12}")
    for name, seconds, deviation in (
        ("radon_nn forward", fast, f"{error(ours):.1e}"),
        ("radon_nn adjoint", adjoint, "-"),
        ("scikit-image radon", slow, f"{error(peer):.1e}"),
    ):
        print(f"{name:<22}{1e3 * seconds:>10.2f}{n * n * angles / seconds / 1e9:>10.2f}{deviation:>12}")
    print(f"ratio scikit-image / radon_nn forward: {slow / fast:.0f}")
    print(f"first call: {cold:.1f} s compiling, {warm:.2f} s from the disk cache in a new process")


if __name__ == "__main__":
    main()
