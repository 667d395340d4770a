"""
One neuron is one spike
=======================

A ReLU neuron :math:`f(x) = v\\,(w \\cdot x + b)_+` is flat on either side of a line. Its Laplacian vanishes outside
that line, the Radon transform integrates over lines, and the filter :math:`K` undoes the blur of these integrals.
Together,

.. math:: \\partial_t^2 K R f = K R \\Delta f = v\\,\\|w\\| \\; \\delta_{(w/\\|w\\|,\\; -b/\\|w\\|)},

(and its antipode): one spike, at the line's angle and offset. When the neuron moves, so does its spike: shift the line,
and the spike moves up; turn the line about a point p, and the spike runs along the sinusoid t = a.p.
"""

from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray
from scipy.ndimage import gaussian_laplace

from radon_nn import Directions, Grid, Offsets, RadonTransform, ShallowNetwork

Floats = NDArray[np.float64]
WEIGHTS, BIAS, READOUT = np.array([1.2, 1.6]), -0.5, 0.75
PIVOT = np.array([0.3, -0.45])
BLUR = 2.0  # grid spacings: a spike is seen as a Gaussian of this width


# %%
# Three lines from the neuron to its spike. The Laplacian is seen through a Gaussian of width s, and a window :math:`(1
# - |x|^2/r^2)^2` that fades out at the rim. A spike of mass m at offset t is then a peak of height m L / (4 pi^2 s^2),
# where L = 16/15 r (1 - t^2/r^2)^(5/2) is the window's integral along the kink.
def spike_picture(f: ShallowNetwork, radon: RadonTransform, window: Floats) -> tuple[Floats, Floats]:
    """Laplacian and filtered transform."""
    bent = gaussian_laplace(radon.grid.sample(f), BLUR, truncate=6) / radon.grid.spacing[0] ** 2
    return window * bent, np.asarray(radon.filter(radon.forward(window * bent)))


# %%
# The spike is at the highest point of the picture; a parabola places it between samples.
def locate(picture: Floats, radon: RadonTransform, radius: float) -> Floats:
    """Angle, offset and mass of the highest peak."""
    i, j = np.unravel_index(np.abs(picture).argmax(), picture.shape)
    low, high = picture[[i - 1, i], [j, j - 1]], picture[[i + 1, i], [j, j + 1]]
    step = (low - high) / (2 * (low - 2 * picture[i, j] + high))
    height = picture[i, j] + (step * (high - low)).sum() / 4
    offset = radon.offsets.values[j] + step[1] * radon.offsets.step
    chord = 16 / 15 * radius * (1 - (offset / radius) ** 2) ** 2.5
    s = BLUR * radon.grid.spacing[0]
    return np.array([np.pi * (i + step[0]) / len(picture), offset, height * (2 * np.pi * s) ** 2 / chord])


# %%
# Turn the neuron about a point, then shift it, and follow the spike.
def main(save: Path | None = None, n: int = 256, frames: int = 7) -> tuple[Floats, Floats]:
    """Return (angle, offset, mass) of each frame, measured and by theory; write the picture to `save`."""
    grid = Grid.cube(n)
    fine = Offsets.covering(grid, grid.spacing[0] / 2)
    radon = RadonTransform(grid, Directions.half_circle(4 * n), fine, order=3)
    radius = 1 - 3.5 * BLUR * grid.spacing[0]
    window = grid.sample(lambda x: np.maximum(1 - (x**2).sum(axis=1) / radius**2, 0) ** 2)
    size, angle = np.linalg.norm(WEIGHTS), np.arctan2(WEIGHTS[1], WEIGHTS[0])
    moves = [(angle, -BIAS / size)]
    moves += [(p, np.cos(p) * PIVOT[0] + np.sin(p) * PIVOT[1]) for p in np.linspace(0.35, 2.8, frames)]
    moves += [(angle, t) for t in np.linspace(-0.6, 0.6, frames)]
    seen = []
    for p, t in moves:
        f = ShallowNetwork([[size * np.cos(p), size * np.sin(p)]], [-size * t], [READOUT])
        seen.append(locate(spike_picture(f, radon, window)[1], radon, radius))
    theory = np.array([(p, t, READOUT * size) for p, t in moves])
    off = np.abs(np.array(seen) - theory).max(axis=0)
    print("the neuron's spike: angle {:.4f}, offset {:.4f}, mass {:.4f}".format(*seen[0]))
    print("theory:             angle {:.4f}, offset {:.4f}, mass {:.4f}".format(*theory[0]))
    print("over {} frames off by at most {:.1e} rad, {:.1e}, and {:.1e}".format(len(moves), *off))
    if save is not None:
        with matplotlib.rc_context({"font.size": 15, "axes.titlesize": 17}):
            draw(radon, window, np.array(seen), frames).savefig(save, dpi=100)
    return np.array(seen), theory


def draw(radon: RadonTransform, window: Floats, seen: Floats, frames: int) -> Figure:
    """Above: the neuron, its Laplacian, its sinogram, its spike. Below: two moves, in plane and (angle, offset)."""
    f = ShallowNetwork([WEIGHTS], [BIAS], [READOUT])
    values = radon.grid.sample(f)
    bent, picture = spike_picture(f, radon, window)
    figure = Figure(figsize=(19, 10), layout="constrained")
    figure.suptitle("One neuron is one spike; drag the neuron, and the spike goes along", fontsize=24)
    axes = figure.subplots(2, 4)
    strip = {"extent": (0, np.pi, *radon.offsets.values[[0, -1]]), "aspect": "auto"}
    for ax, image, title, name, colours in (
        (axes[0, 0], np.where(window > 0, values, np.nan), "1. A neuron: a bent plane", "$f$", "Greys_r"),
        (axes[0, 1], np.where(window > 0, bent, np.nan), "2. Laplacian: only the kink", r"$\Delta f$", "RdBu_r"),
        (axes[0, 2], radon.forward(np.where(window > 0, values, 0)), "3. Sums along lines", "$Rf$", "cividis"),
        (axes[0, 3], picture, "4. Filtered: one spike", r"$\partial_t^2 K R f$", "RdBu_r"),
    ):
        reach = np.nanmax(np.abs(image)) / (3 if image is picture else 1)
        limits = {"vmin": -reach, "vmax": reach} if colours == "RdBu_r" else {}
        place = strip if image.shape == picture.shape else {"extent": (-1, 1, -1, 1)}
        shown = ax.imshow(image.T, origin="lower", cmap=colours, **limits, **place)
        ends = "both" if image is picture else "neither"
        figure.colorbar(shown, ax=ax, location="bottom", shrink=0.8, extend=ends, ticks=MaxNLocator(3), label=name)
        ax.set_title(title)
    p, t, mass = seen[0]
    axes[0, 3].plot(p, t, "o", ms=32, mfc="none", mec="black", mew=2)
    axes[0, 3].text(0.9, -0.9, f"angle {p:.3f} rad\noffset {t:.3f}\nmass {mass:.2f} ($v\\,|w|$ = 1.5)", fontsize=16)
    shades = matplotlib.colormaps["plasma"](np.linspace(0, 0.85, frames))
    drags = (("Turn it about a point …", seen[1 : frames + 1]), ("Shift it …", seen[frames + 1 :]))
    for plane, spikes, (title, path) in zip(axes[1, ::2], axes[1, 1::2], drags, strict=True):
        for (p, t, _), colour in zip(path, shades, strict=True):
            normal, along = np.array([np.cos(p), np.sin(p)]), np.array([-np.sin(p), np.cos(p)])
            plane.axline(t * normal, t * normal + along, color=colour, lw=4)
            spikes.plot(p, t, "o", ms=16, color=colour)
        plane.set_title(title)
        plane.set(xlim=(-1, 1), ylim=(-1, 1), aspect="equal")
    p = np.linspace(0, np.pi, 200)
    axes[1, 0].plot(*PIVOT, "ko", ms=12)
    axes[1, 1].plot(p, np.cos(p) * PIVOT[0] + np.sin(p) * PIVOT[1], "k--", lw=2, zorder=0)
    axes[1, 1].set_title("… the spike runs on a sinusoid")
    axes[1, 3].axvline(np.arctan2(WEIGHTS[1], WEIGHTS[0]), color="k", ls="--", lw=2, zorder=0)
    axes[1, 3].set_title("… the spike moves up")
    for ax in (axes[0, 0], axes[0, 1], axes[1, 0], axes[1, 2]):
        ax.set(xlabel="$x_1$", ylabel="$x_2$", xticks=(-1, 0, 1), yticks=(-1, 0, 1))
    for ax in (axes[0, 2], axes[0, 3], axes[1, 1], axes[1, 3]):
        ax.set(xlabel="angle of the normal (rad)", ylabel="offset $t$", xlim=(0, np.pi), ylim=(-1, 1))
        ax.set_xticks([0, np.pi / 2, np.pi], ["0", "π/2", "π"])
        ax.set_yticks([-1, 0, 1])
    return figure


# %%
# Exercises
# ---------
# 1. Where is the spike of 3 (x_1 - x_2 + 1)_+, and what is its mass?
#
# *Answer.* The normal (1, -1) has length sqrt(2): angle -pi/4 and offset -1/sqrt(2), which is the same line as angle 3
# pi/4 and offset 1/sqrt(2); mass 3 sqrt(2).
#
# >>> spike = ShallowNetwork([[1.0, -1.0]], [1.0], [3.0]).measure()
# >>> np.round([*spike.directions[0], spike.offsets[0], spike.masses[0, 0]], 4).tolist()
# [-0.7071, 0.7071, 0.7071, 4.2426]
#
# 2. What becomes of the spike when w and b are doubled and v is halved? And when w and b are turned around, to -w and
# -b?
#
# *Answer.* Nothing in the first case: the function is the same. In the second the function differs by v (w.x + b),
# which is affine, and the Laplacian does not see it: the same spike again, at the antipode.
#
# >>> one, two = ShallowNetwork([WEIGHTS], [BIAS], [READOUT]), ShallowNetwork([2 * WEIGHTS], [2 * BIAS], [READOUT / 2])
# >>> one.measure() == two.measure()
# True
# >>> other = ShallowNetwork([-WEIGHTS], [-BIAS], [READOUT]).measure()
# >>> bool(np.allclose(other.offsets, one.measure().offsets) and np.allclose(other.masses, one.measure().masses))
# True


if __name__ == "__main__":
    main(Path("one_neuron.png"))
