"""The transform for product directions as a chain of plane transforms: about d N^(d+1) operations, not N^(2d-1).

For a = (cos p, sin p b), Rf(a, t) is the Radon transform in the plane, at angle p, of the image
(x_1, s) -> R[f(x_1, .)](b, s); and R[f(x_1, .)] is again of this kind where b is a product.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from radon_nn._support import scratch
from radon_nn._support.properties import cached_property
from radon_nn._support.threads import Program
from radon_nn._support.types import Array
from radon_nn.geometry.directions import Directions
from radon_nn.geometry.domains import Ball
from radon_nn.geometry.grids import Grid, Offsets
from radon_nn.operators import _stacks as stacks
from radon_nn.operators._direct import Direct
from radon_nn.operators._engines import Engine

_INTERMEDIATE_BYTES = 1 << 25
_LEAST_RIM = 128
"""Size of the parts of the intermediate, where it can be split: 32 MiB of float64, but at least 128 directions, so that
what is done once for each part weighs little."""
_CHAINED_BYTES = 1 << 27
"""The same in d > 3, where earlier passes are repeated for each part: 128 MiB, or twice the size of the sinogram if
that is more. For usual offsets that holds all of the intermediate."""


@dataclass(frozen=True)
class Factored:
    """
    The transform for directions that are a product, in any dimension d >= 3.

    Parameters
    ----------
    grid : Grid
        Where functions are sampled.
    directions : Directions
        A product, (cos p, sin p b) for all p and all b.
    offsets : Offsets
        The offsets.
    order : {1, 3, 5}
        Degree of the splines along rows.
    bundles : bool
        Whether rows may be walked in bundles.
    """

    grid: Grid
    directions: Directions
    offsets: Offsets
    order: int
    bundles: bool = True

    @property
    def cost(self) -> float:
        """Updates of an accumulator by a sample, for one image."""
        first = self._passes[0]
        return self.grid.shape[0] * sum(inner.cost for _, inner, _ in self._passes) + len(self._rim) * first[2].cost

    @property
    def one_by_one(self) -> bool:
        """Whether the images of a stack are transformed one after the other."""
        return True

    def forward(self, images: Array, out: Array, program: Program) -> None:
        """
        Transform a stack of images.

        Parameters
        ----------
        images : ndarray, shape (B, *grid.shape)
            The images, of any layout.
        out : ndarray, shape (B, m, n)
            Overwritten; of any layout.
        program : Program
            What the stages are added to.
        """
        room = self._room(images.dtype)
        for image, sinogram in zip(images, self._by_rim(out), strict=True):
            for part, inner, outer in self._passes:
                slabs = self._slabs(room, part)
                inner.forward(image, slabs, program)
                outer.forward(slabs.transpose(1, 0, 2), sinogram[part], program)

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
        """
        Add the transpose of `forward`, or the weighted backprojection, to a stack of images.

        Parameters
        ----------
        sinograms : ndarray, shape (B, m, n)
            The sinograms, of any layout.
        out : ndarray, shape (B, *grid.shape)
            Added to; of any layout.
        program : Program
            What the stages are added to.
        weighted : bool
            Whether to integrate over the sphere, with the directions' weights, or to transpose.
        splines : bool
            Whether the numbers are coefficients of splines, as for `Direct.gather`.
        within : Ball, optional
            Where the result is wanted; it is computed everywhere.
        """
        room = self._room(out.dtype)
        for sinogram, image in zip(self._by_rim(sinograms), out, strict=True):
            for part, inner, outer in self._passes:
                slabs = self._slabs(room, part)
                stacks.clear(slabs, program)
                outer.gather(sinogram[part], slabs.transpose(1, 0, 2), program, weighted=weighted, splines=splines)
                inner.gather(slabs, image, program, weighted=weighted)

    @property
    def _rim(self) -> Directions:
        """The directions b."""
        assert self.directions.factors is not None
        return self.directions.factors[1]

    @cached_property
    def _passes(self) -> tuple[tuple[slice, Engine, Direct], ...]:
        """Parts of the rim; for each, the slabs' transform, and the plane transform of (x_1, s)."""
        assert self.directions.factors is not None
        polar, rim = self.directions.factors
        slab = Grid(self.grid.shape[1:], self.grid.spacing[1:], self.grid.center[1:])
        covering = Offsets.covering(slab)
        heights = Offsets(covering.count + 2 * (self.order + 1), covering.step)
        plane = Grid(
            (self.grid.shape[0], heights.count), (self.grid.spacing[0], heights.step), (self.grid.center[0], 0.0)
        )
        outer = Direct(plane, polar, self.offsets, self.order, self.bundles)
        method = "auto" if self.bundles else "rows"
        chained = max(_CHAINED_BYTES, 16 * len(self.directions) * self.offsets.count)
        limit = _INTERMEDIATE_BYTES if rim.factors is None else chained
        parts = math.ceil(8 * plane.size * len(rim) / limit)
        return tuple(
            (part, engine(slab, chosen, heights, self.order, method), outer)
            for part, chosen in rim.split(min(parts, len(rim) // _LEAST_RIM))
        )

    def _room(self, dtype: np.dtype[Any]) -> Array:
        """Memory for the largest part's slabs, used for one part after the other."""
        largest = max(part.stop - part.start for part, _, _ in self._passes)
        return scratch.empty(f"slabs in {self.grid.dim}", (largest * self._passes[0][2].grid.size,), dtype)

    def _slabs(self, room: Array, part: slice) -> Array:
        """
        The intermediate (x_1, b, s) of a part of the rim: x_1 along memory if slabs are transformed many at a time.

        Where they are transformed one by one, every number would be fetched from memory by itself.
        """
        count, (first, heights) = part.stop - part.start, self._passes[0][2].grid.shape
        values = room[: count * heights * first]
        if self._passes[0][1].one_by_one:
            return values.reshape(first, count, heights)
        return values.reshape(count, heights, first).transpose(2, 0, 1)

    def _by_rim(self, sinograms: Array) -> Array:
        """(B, polar and rim, n) seen as (B, rim, polar, n)."""
        batch, m, n = sinograms.shape
        rim = len(self._rim)
        return sinograms.reshape(batch, m // rim, rim, n).transpose(0, 2, 1, 3)


def engine(grid: Grid, directions: Directions, offsets: Offsets, order: int, method: str = "auto") -> Engine:
    """
    The cheaper engine: factored where the directions are a product and it saves work, else direct.

    Parameters
    ----------
    grid : Grid
        Where functions are sampled.
    directions : Directions
        The unit normals.
    offsets : Offsets
        The offsets.
    order : {1, 3, 5}
        Degree of the splines along rows.
    method : {'auto', 'rows', 'direct'}
        Whether to look for savings of both kinds, by factors only, or not at all.

    Returns
    -------
    Direct or Factored
        The engine.
    """
    direct = Direct(grid, directions, offsets, order, bundles=method == "auto")
    if directions.factors is None or method == "direct":
        return direct
    factored = Factored(grid, directions, offsets, order, bundles=method == "auto")
    return factored if factored.cost < direct.cost else direct
