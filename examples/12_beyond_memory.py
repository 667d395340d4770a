"""
Beyond memory and beyond one machine: the transform on Dask
===========================================================

Two processes of one thread each, as a cluster has them, transform a volume that is cut into chunks and invert its
sinogram: the numbers are those of one process. For a real cluster, write Client("scheduler-address:8786") in place of
the LocalCluster; nothing else changes.
"""

import numpy as np

from radon_nn import Directions, Grid, RadonTransform


def main(n: int = 48, processes: bool = True) -> tuple[float, float]:
    """Return how far sinogram and inverse are from those of one process, relative to the largest value."""
    try:
        import dask.array as da
        from distributed import Client, LocalCluster

        from radon_nn import dask as beyond
    except ImportError:
        print("this example needs Dask: pip install 'radon-nn[dask]'")
        return 0.0, 0.0
    transform = RadonTransform(Grid.cube(n, dim=3), Directions.product(n, 2 * n))
    volume = np.random.default_rng(0).standard_normal(transform.grid.shape)
    print("in one process:", transform.estimate())
    with (
        LocalCluster(n_workers=2, threads_per_worker=1, processes=processes, dashboard_address=":0") as cluster,
        Client(cluster),
    ):
        print("on the cluster:", beyond.layout(transform))
        sinogram = beyond.forward(transform, da.from_array(volume, chunks=n // 2)).persist()
        inverse = beyond.invert(transform, sinogram).compute()
        rows = sinogram.compute()
    differences = []
    for name, mine, expected in (
        ("sinogram", rows, transform.forward(volume)),
        ("inverse", inverse, transform.invert(transform.forward(volume))),
    ):
        differences.append(float(np.abs(mine - expected).max() / np.abs(expected).max()))
        print(f"{name}: differs by {differences[-1]:.1e} of its largest value")
    return differences[0], differences[1]


if __name__ == "__main__":
    main()
