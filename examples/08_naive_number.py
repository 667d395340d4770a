"""
The naive number goes wrong
===========================

Take the Laplacian of a function inside a disc, its Radon transform, the filter and the L1 norm. This looks like the
R-TV, but the kinks are cut off at the rim, the filter rings there, and the number grows like log^2 of the resolution.
The picture is still right, since the spikes tower over the ringing; the number is not.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from radon_nn import Ball, Grid, ShallowNetwork, interpolate, rtv
from radon_nn.spikes.filtered import SpikeTransform


def naive(f: ShallowNetwork, n: int) -> float:
    """L1 norm, over the circle and all offsets, of the picture that shows the spikes, from an n x n grid."""
    picture = SpikeTransform.over(Grid.cube(n))
    density = np.abs(picture(picture.transform.grid.sample(f)))
    return float(picture.transform.directions.weights @ density.sum(axis=1) * picture.transform.offsets.step)


def main(save: Path | None = None, sizes: Sequence[int] = (32, 64, 128, 256, 512)) -> tuple[list[float], float, float]:
    """Return the naive numbers, a certified bound from 200 samples and the exact R-TV; write the picture to `save`."""
    f = ShallowNetwork([[0.8, 0.6]], [-0.1], [1.0])
    truth = float(rtv(f, domain=Ball(1.0)))
    numbers = [naive(f, n) for n in sizes]
    rng = np.random.default_rng(0)
    points = rng.uniform(-1, 1, (200, 2))
    points = points[np.linalg.norm(points, axis=1) < 1]
    bound = interpolate(points, f(points)).lower
    print(f"one neuron on the disc, R-TV {truth:g}; certified from {len(points)} samples: at least {bound:.6f}")
    print("naive: " + ", ".join(f"{number:.2f} at n = {n}" for n, number in zip(sizes, numbers, strict=True)))
    if save is not None:
        figure = Figure(figsize=(7, 4.5), layout="constrained")
        axes = figure.add_subplot()
        axes.semilogx(sizes, numbers, "o-", color="#b2182b", label="L1 norm of the filtered sinogram")
        axes.axhline(bound, color="#2166ac", lw=3, label=f"certified lower bound from {len(points)} samples")
        axes.axhline(truth, color="black", ls=":", lw=2, label="R-TV, from the weights")
        axes.set_xticks(sizes, [str(n) for n in sizes])
        axes.minorticks_off()
        axes.set(xlabel="samples along each axis", ylabel="of one neuron, on the unit disc")
        axes.set_title("The L1 norm of a filtered sinogram grows with the samples: it is not R-TV")
        axes.set_ylim(0)
        axes.legend()
        figure.savefig(save, dpi=100)
    return numbers, bound, truth


if __name__ == "__main__":
    main(Path("naive_number.png"))
