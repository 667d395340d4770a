"""The kink planes of a function of three variables in their ball, turning."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib import rcParams
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.patheffects import withStroke
from mpl_toolkits.mplot3d.art3d import Poly3DCollection  # type: ignore[import-untyped]

from radon_nn._support import checks
from radon_nn._support.types import Floats
from radon_nn.displays.animation import Animated
from radon_nn.displays.canvas import NEGATIVE, POSITIVE
from radon_nn.displays.lettering import NUMBERED, panel_size, points, wrapped
from radon_nn.displays.picture import Picture
from radon_nn.displays.signs import positive
from radon_nn.displays.strip import require_space
from radon_nn.geometry.domains import Ball
from radon_nn.measures.ridge import RidgeMeasure

_CORNERS = 48
"""Corners of a drawn disc: at 8 degrees each, a circle to the eye."""
_ELEVATION = 22.0
"""Degrees above the plane of the first two axes from which it is seen."""


class Turntable(Animated):
    """
    The heaviest kink planes, each cut to the ball, turning about the third axis.

    Red discs with solid edges are positive masses (convex kinks), blue ones with dashed edges negative; light ones
    are pale. A notebook shows it as a player.

    Parameters
    ----------
    measure : RidgeMeasure
        With d = 3; of several outputs the sum of the masses gives the sign.
    domain : Ball, optional
        The ball to show; the unit ball if not given.
    planes : int
        The most planes, the heaviest.
    frames : int
        Frames of a whole turn.
    title : str
        A title for the whole.

    Raises
    ------
    ValueError
        If the measure is not of three variables.
    """

    def __init__(
        self, measure: RidgeMeasure, *, domain: Ball | None = None, planes: int = 9, frames: int = 48, title: str = ""
    ) -> None:
        require_space(measure.dim)
        self.domain = Ball() if domain is None else domain
        on = measure.restricted(self.domain)
        self.measure = on[: checks.count(planes, "planes")]
        self._frames = checks.count(frames, "frames")
        self.figure = Picture(figsize=panel_size(1.1, 1.4), layout="constrained")
        self.axes: Any = self.figure.add_subplot(projection="3d")
        names = measure.names.features or ("$x_1$", "$x_2$", "$x_3$")
        middle, r = self.domain.center_in(3), self.domain.radius
        sides = dict(zip(("xlim", "ylim", "zlim"), zip(middle - r, middle + r, strict=True), strict=True))
        self.axes.set(xlabel=names[0], ylabel=names[1], zlabel=names[2], **sides)
        self.axes.locator_params(nbins=4)
        self.axes.set_box_aspect((1, 1, 1), zoom=0.95)
        self._draw()
        some = f"The {len(self.measure)} heaviest of {len(on)}" if len(self.measure) < len(on) else f"All {len(on)}"
        planes_said = "kink plane" if len(on) == 1 else "kink planes"
        said = title or f"{some} {planes_said} in the ball of radius {r:g}, numbered by |mass|"
        width = 72 * self.figure.get_figwidth()
        self.figure.suptitle(wrapped(said, 0.9 * width, points("figure.titlesize")))

    def __len__(self) -> int:
        return self._frames

    def frame(self, index: int) -> Picture:
        """
        Turn the ball.

        Parameters
        ----------
        index : int
            Which frame of the turn, from 0; negative ones from the end.

        Returns
        -------
        Picture
            The figure; the next frame is drawn on the same one.

        Raises
        ------
        IndexError
            If there is no such frame.
        """
        if not -len(self) <= index < len(self):
            raise IndexError(f"frame: expected 0 to {len(self) - 1}, got {index}")
        self.axes.view_init(elev=_ELEVATION, azim=30 + 360 * index / len(self))
        return self.figure

    def _draw(self) -> None:
        for name, circle in enumerate(_meridians(self.domain)):
            self.axes.plot(*circle.T, color="0.8", lw=0.8, label=f"_{name}")
        largest = self.measure.sizes.max(initial=1e-300)
        up = positive(self.measure)
        written: list[Floats] = []
        rim = [withStroke(linewidth=3, foreground=rcParams["axes.facecolor"])]
        for k, corners in enumerate(discs(self.measure, self.domain)):
            colour, edge = (POSITIVE, "-") if up[k] else (NEGATIVE, "--")
            strength = float(self.measure.sizes[k] / largest)
            self.axes.add_collection3d(Poly3DCollection([corners], facecolor=colour, alpha=0.05 + 0.3 * strength))
            self.axes.plot(*np.append(corners, corners[:1], axis=0).T, color=colour, ls=edge, lw=0.8 + 1.6 * strength)
            if k < NUMBERED:
                # On the rim, where the numbers before it are farthest.
                apart = [min((float(np.linalg.norm(c - w)) for w in written), default=0.0) for c in corners]
                written.append(corners[int(np.argmax(apart))])
                self.axes.text(*written[-1], str(k + 1), fontweight="bold", path_effects=rim, zorder=6)
        self.figure.legend(
            handles=[
                Patch(facecolor=POSITIVE, alpha=0.5, label="mass > 0"),
                Line2D([], [], color=NEGATIVE, ls="--", label="mass < 0"),
                Line2D([], [], ls="", label="fainter: smaller |mass|"),
            ],
            loc="outside lower center",
            ncols=3 if points("legend.fontsize") < 14 else 1,
            frameon=False,
        )
        self.frame(0)


def discs(measure: RidgeMeasure, domain: Ball) -> Floats:
    """
    The corners of each kink plane's disc in a ball.

    Parameters
    ----------
    measure : RidgeMeasure
        With d = 3, of spikes that meet the ball.
    domain : Ball
        The ball.

    Returns
    -------
    ndarray, shape (s, 48, 3)
        Points of the circles.
    """
    normals = measure.directions
    distance = measure.offsets - normals @ domain.center_in(3)
    # Any axis that is not nearly the normal spans the plane together with it.
    axis = np.eye(3)[np.argmin(np.abs(normals), axis=1)] if len(normals) else np.empty((0, 3))
    first = np.cross(normals, axis)
    first /= np.linalg.norm(first, axis=1)[:, None]
    second = np.cross(normals, first)
    half = np.sqrt(np.maximum(domain.radius**2 - distance**2, 0))
    angles = np.linspace(0, 2 * np.pi, _CORNERS, endpoint=False)
    around = np.cos(angles)[:, None] * first[:, None] + np.sin(angles)[:, None] * second[:, None]
    foot = domain.center_in(3) + distance[:, None] * normals
    return np.asarray(foot[:, None] + half[:, None, None] * around)


def _meridians(domain: Ball) -> list[Floats]:
    """Three great circles in the planes of the axes."""
    angles = np.linspace(0, 2 * np.pi, 2 * _CORNERS)
    flat = domain.radius * np.stack([np.cos(angles), np.sin(angles), np.zeros_like(angles)], axis=1)
    return [np.roll(flat, k, axis=1) + domain.center_in(3) for k in range(3)]
