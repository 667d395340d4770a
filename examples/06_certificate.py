"""
A certificate closes in on a network
====================================

Of all functions through n samples of f, the one of least R-TV is a network, and its R-TV is at most that of f. The dual
problem, :math:`\\max \\{ r \\cdot y : |\\sum_i r_i (a \\cdot x_i - t)_+| \\le 1` for all :math:`(a, t) \\}`, bounds it
from below. Its constraint is checked exactly over all hyperplanes, so that the bound is a proof. As the samples fill
the disc, both close in on R-TV(f).
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from radon_nn import Ball, ShallowNetwork, interpolate


def network() -> ShallowNetwork:
    """Six neurons whose kinks all cross the unit disc."""
    rng = np.random.default_rng(2)
    angles = rng.uniform(0, np.pi, 6)
    normals = np.column_stack([np.cos(angles), np.sin(angles)])
    return ShallowNetwork(normals, rng.uniform(-0.6, 0.6, 6), rng.choice([-1, 1], 6) * rng.uniform(0.5, 2, 6))


def main(save: Path | None = None, counts: Sequence[int] = (20, 30, 45, 70, 100, 200, 400)) -> tuple[float, float]:
    """Return the bound at the last count, and the exact R-TV; write the picture to `save`."""
    f, rng = network(), np.random.default_rng(0)
    truth = f.measure().restricted(Ball(1.0)).rtv
    angle, radius = rng.uniform(0, 2 * np.pi, max(counts)), np.sqrt(rng.uniform(0, 1, max(counts)))
    points = np.column_stack([radius * np.cos(angle), radius * np.sin(angle)])
    fits = [interpolate(points[:n], f(points[:n])) for n in counts]
    print(f"R-TV of the network on the disc: {truth:.6f}")
    for n, fit in zip(counts, fits, strict=True):
        print(f"{n:>5} samples: at least {fit.lower:.6f}, least norm {fit.rtv:.6f}, {len(fit.measure):>3} neurons")
    if save is not None:
        figure = Figure(figsize=(12.8, 7.2), layout="constrained")
        axes = figure.add_subplot()
        axes.axhline(truth, color="black", ls=":", lw=3, label=f"R-TV of the network: {truth:.4f}")
        least, lower = [fit.rtv for fit in fits], [fit.lower for fit in fits]
        rings = {"ms": 17, "mfc": "none", "mew": 3, "color": "#d55e00"}
        axes.semilogx(counts, least, "s", **rings, label="least R-TV through the samples")
        axes.semilogx(
            counts, lower, "o-", ms=8, lw=3, color="#0072b2", label="proved: no function through them has less"
        )
        for n, fit in zip(counts, fits, strict=True):
            name = f"{len(fit.measure)} neurons"
            axes.annotate(name, (n, fit.lower), (4, -30), textcoords="offset points", fontsize=14)
        title = "Samples prove a lower bound, which rises to the R-TV of the network behind them"
        axes.set_title(title, fontsize=19)
        axes.set_xlabel("samples of a network of six neurons", fontsize=16)
        axes.set_ylabel("R-TV on the disc", fontsize=16)
        axes.set_xticks(counts, [str(n) for n in counts], minor=False)
        axes.set(ylim=(0, 1.15 * truth), xlim=(17, 600))
        axes.minorticks_off()
        axes.tick_params(labelsize=14)
        axes.legend(loc="lower right", fontsize=15)
        figure.savefig(save, dpi=100)
    return fits[-1].lower, truth


if __name__ == "__main__":
    main(Path("certificate.png"))
