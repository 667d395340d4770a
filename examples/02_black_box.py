"""
Find a trained network's neurons without its weights
====================================================

Each network that comes with the package is taken as a black box on the unit disc: it is sampled and transformed, spikes
above the noise are located, and their places are refined beyond the grid against the function itself. The R-TV of these
spikes is compared with the exact one. An exact spike counts as missed if no located one lies within one grid spacing of
it; neurons closer together than that appear as one.
"""

import sys

import numpy as np
from scipy.spatial import cKDTree

from radon_nn import Ball, Grid, RidgeMeasure, find_spikes, load
from radon_nn.io import shipped


def unmatched(exact: RidgeMeasure, found: RidgeMeasure, tol: float) -> RidgeMeasure:
    """The exact spikes that no spike of `found` matches to `tol` in direction and offset, antipodes included."""
    lines = np.column_stack([found.directions, found.offsets])
    distance, _ = cKDTree(np.concatenate([lines, -lines])).query(np.column_stack([exact.directions, exact.offsets]))
    return RidgeMeasure(*(field[distance > tol] for field in (exact.directions, exact.offsets, exact.masses)))


def main(
    names: tuple[str, ...] = ("terrain", "tumour", "topography_decay", "topography_nodecay"), n: int = 256
) -> list[tuple[float, float]]:
    """Return the exact R-TV and the black box's for each network, on the unit disc."""
    disc, results = Ball(1.0), []
    print(
        f"{'network':<20} {'exact R-TV':>11} {'black box':>11} {'difference':>11} "
        f"{'spikes':>7} {'found':>6} {'missed':>7}"
    )
    for name in names:
        network = load(shipped(f"{name}.npz"))
        exact = network.measure().merged(1e-6, unit=1.0).restricted(disc)
        fit = find_spikes(network, Grid.cube(n), domain=disc)
        missed = unmatched(exact, fit.measure, tol=2 / n)
        results.append((exact.rtv, fit.measure.rtv))
        difference = fit.measure.rtv / exact.rtv - 1
        print(
            f"{name:<20} {exact.rtv:>11.6f} {fit.measure.rtv:>11.6f} {difference:>11.1e} {len(exact):>7} "
            f"{len(fit.measure):>6} {len(missed):>7}   relative error of f {fit.relative_error:.1e}"
        )
        if len(missed):
            lines = np.column_stack([exact.directions, exact.offsets])
            tree = cKDTree(np.concatenate([lines, -lines]))
            gaps = tree.query(np.column_stack([missed.directions, missed.offsets]), k=2)[0][:, 1]
            close, cap = gaps < 8 / n, disc.depth(missed.directions, missed.offsets) < 8 / n
            print(
                f"{'':<20} missed: {close.sum()} within four grid spacings of another spike, {(cap & ~close).sum()} "
                f"cutting off less than four spacings of the disc, {(~cap & ~close).sum()} else; median mass "
                f"{np.median(missed.sizes):.2g}"
            )
    return results


if __name__ == "__main__":
    main(tuple(sys.argv[1:]) or ("terrain", "tumour", "topography_decay"))
