"""What the engines of the transform have in common: the direct sum, and the chain of factors."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from radon_nn._support.threads import Program
from radon_nn._support.types import Array
from radon_nn.geometry.directions import Directions
from radon_nn.geometry.domains import Ball
from radon_nn.geometry.grids import Box, Offsets


class Engine(Protocol):
    """Transforms stacks of images, by stages of a program that is run later."""

    @property
    def directions(self) -> Directions:
        """The unit normals."""

    @property
    def cost(self) -> float:
        """Updates of an accumulator by a number, for one image."""

    @property
    def one_by_one(self) -> bool:
        """Whether the images of a stack are transformed one after the other, not many at a time."""

    def part(self, box: Box, kept: NDArray[np.int64], offsets: Offsets) -> Engine:
        """The same transform of a box of the grid to some of the directions, at some of the offsets."""

    def forward(self, images: Array, out: Array, program: Program) -> None:
        """Transform images (B, *shape), of any layout, to sinograms (B, m, n), of any layout, which are overwritten."""

    def gather(
        self,
        sinograms: Array,
        out: Array,
        program: Program,
        *,
        weighted: bool,
        splines: bool = False,
        within: Ball | None = None,
    ) -> None:
        """Add the transpose of `forward`, or the weighted backprojection, of sinograms to images."""


def spline_degree(order: int) -> int:
    """
    Degree of the splines through the samples of a sinogram.

    Parameters
    ----------
    order : {1, 3, 5}
        Degree of the splines along rows.

    Returns
    -------
    int
        The degree, at least 3.
    """
    return max(order, 3)
