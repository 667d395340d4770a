"""
The operators by themselves: a phantom there and back
=====================================================

f = R* K R f: the transform, the filter of symbol :math:`|\\omega|^{d-1} / (2 (2 \\pi)^{d-1})` and the backprojection
over the whole sphere return the function, in two dimensions and in three. Where directions are few, scipy's solvers do
better; they take the transform as a LinearOperator.
"""

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from scipy.sparse.linalg import lsqr
from skimage.data import shepp_logan_phantom
from skimage.transform import resize

from radon_nn import Directions, Grid, RadonTransform, plot


def main(save: Path | None = None, n: int = 200) -> tuple[float, float, float]:
    """Return root mean square errors: a Gaussian in 3-D, the phantom by filtered backprojection and by lsqr."""
    volume = Grid.cube(n // 4, dim=3)
    ball = volume.sample(lambda x: np.exp(-np.sum(x**2, axis=1) / (2 * 0.2**2)))
    solid = RadonTransform(volume, Directions.product(n // 4, n // 2))
    error3 = float(np.sqrt(np.mean((solid.invert(solid.forward(ball)) - ball) ** 2)))

    phantom = resize(shepp_logan_phantom(), (n, n), anti_aliasing=True).T[:, ::-1]
    many = RadonTransform(Grid.cube(n), Directions.half_circle(2 * n))
    sinogram = many.forward(phantom)
    inverse = many.invert(sinogram, window="shepp-logan")
    few = RadonTransform(Grid.cube(n), Directions.half_circle(n // 4))
    solution = lsqr(few.linear_operator(), few.forward(phantom).ravel(), iter_lim=40)[0].reshape(n, n)
    errors = [float(np.sqrt(np.mean((image - phantom) ** 2))) for image in (inverse, solution)]
    print(f"root mean square errors: 3-D Gaussian {error3:.1e}; phantom {errors[0]:.3f} from {2 * n} directions by")
    print(f"filtered backprojection, {errors[1]:.3f} from {n // 4} directions by 40 steps of lsqr")
    if save is not None:
        figure = Figure(figsize=(16, 4.2), layout="constrained")
        figure.suptitle("Filtered backprojection of many directions and least squares of few return the phantom")
        axes = figure.subplots(1, 4)
        titles = (
            "phantom",
            f"filtered backprojection,\n{2 * n} directions, error {errors[0]:.3f}",
            f"least squares,\n{n // 4} directions, error {errors[1]:.3f}",
        )
        for ax, title, image in zip(axes[[0, 2, 3]], titles, (phantom, inverse, solution), strict=True):
            ax.imshow(image.T, origin="lower", cmap="gray", vmin=0, vmax=1, extent=(-1, 1, -1, 1))
            ax.set(title=title, xlabel="$x_1$", ylabel="$x_2$", xticks=[-1, 0, 1], yticks=[-1, 0, 1])
        plot.SinogramDisplay.from_sinogram(sinogram, transform=many, ax=axes[1])
        axes[1].set_title(f"its sinogram,\n{2 * n} directions")
        figure.savefig(save, dpi=100)
    return error3, errors[0], errors[1]


if __name__ == "__main__":
    main(Path("tomography.png"))
