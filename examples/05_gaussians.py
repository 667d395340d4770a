"""
One number for a function: Gaussians in one to four dimensions
==============================================================

R-TV(f) is the integral over all directions and offsets of :math:`|\\partial_t^2 K R f|`. For :math:`e^{-|x|^2/2}` it is
known in closed form. Here f is a black box, of which only its decay is known: its Fourier transform along rays gives
the value, and refinement an estimate of the error.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from radon_nn import Gaussian, rtv

Floats = NDArray[np.float64]


def black_box(x: Floats) -> Floats:
    """A Gaussian, which `rtv` can only evaluate."""
    return np.asarray(np.exp(-np.sum(x**2, axis=1) / 2))


def main(save: Path | None = None, dims: Sequence[int] = (1, 2, 3, 4)) -> list[tuple[float, float, float]]:
    """Return value, estimated error and closed form for each dimension; write the picture to `save`."""
    results = []
    for d in dims:
        result, closed = rtv(black_box, dim=d, tol=1e-6 if d < 4 else 1e-5), Gaussian(np.zeros(d))
        exact = closed.rtv().value
        results.append((result.value, result.error, exact))
        print(f"d = {d}: {result.value:.8f} +- {result.error:.1e}, closed form {exact:.8f}")
    if save is not None:
        figure = Figure(figsize=(7, 4.5), layout="constrained")
        axes = figure.add_subplot()
        t = np.linspace(-6, 6, 601)
        for d, (_, _, exact) in zip(dims, results, strict=True):
            wave = Gaussian(np.zeros(d)).filtered(np.eye(d)[:1], t)[0]
            axes.plot(t, wave / np.abs(wave).max(), lw=2, label=f"d = {d}: R-TV {exact:.4f}")
        axes.axhline(0, color="black", lw=0.6)
        axes.set(
            xlabel="offset t",
            ylabel=r"$\partial_t^2 K R f$, scaled to peak 1",
            title="Gaussian bumps: R-TV integrates the modulus of these",
        )
        axes.legend()
        figure.savefig(save, dpi=100)
    return results


if __name__ == "__main__":
    main(Path("gaussians.png"))
