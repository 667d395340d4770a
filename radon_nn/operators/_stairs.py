"""The steps from one tier of bundles' sums to the next, and back: see `radon_nn.operators._tiers`."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from radon_nn._support import scratch
from radon_nn._support.threads import Stage
from radon_nn._support.types import Array
from radon_nn.operators import _walks as walks
from radon_nn.operators._kernels.bundles import BundleRoom, Interpolation
from radon_nn.operators._kernels.layout import BLOCK_BUNDLES, GROUP, MOVES, NODES, RAISED, SPAN
from radon_nn.operators._kernels.raising import RaiseShape, raise_bundles
from radon_nn.operators._kernels.unbundling import SumShape, UnbundleRoom, gather_bundles
from radon_nn.operators._tiers import Tier


class Raising:
    """
    The step from the sums of a tier to those of the next.

    Parameters
    ----------
    below, tier : Tier
        The tiers.
    lanes : int
        Images in a group.
    dtype : dtype
        Type of the numbers.
    """

    def __init__(self, below: Tier, tier: Tier, lanes: int, dtype: np.dtype[Any]) -> None:
        self._begins, self._dtype, self._walk = tier.begins, dtype, _interpolation(below, tier)
        self._most, self._room = int(np.diff(self._begins).max()), ((below.width + 2 * MOVES) * lanes + SPAN,)
        below_shape, shape = (below.bundles, below.number, below.width), (tier.bundles, tier.number, tier.width)
        self._shape = RaiseShape(*below_shape, *shape, lanes)
        self.tasks = tier.bundles * -(-tier.number // RAISED)
        updates = RAISED * self._most * below.width * lanes * (NODES + MOVES) / 2
        self.task_ns = walks.UPDATE_NS * dtype.itemsize * updates

    def add(self, sums: Array, raised: Array, first: int, last: int, zero: int) -> None:
        """
        Make sums of longer bundles.

        Parameters
        ----------
        sums, raised : ndarray
            Flat sums of the tier below, and of this one; they begin with those of group `zero`.
        first, last : int
            The tasks: `RAISED` slopes of a bundle each.
        zero : int
            The group.
        """
        room = BundleRoom(
            scratch.empty("points raised", (RAISED, 2), np.dtype(np.int64)),
            scratch.empty("shifts raised", (RAISED, self._most), np.dtype(np.int64)),
            scratch.empty("moves raised", (RAISED, self._most, MOVES), self._dtype),
            scratch.empty("bundle raised", self._room, self._dtype),
        )
        raise_bundles(sums, self._walk, self._begins, self._shape, room, raised, (first, last, zero))

    def stage(self, sums: Array, raised: Array, groups: int) -> Stage:
        """
        The stage that does so for all groups of images.

        Parameters
        ----------
        sums, raised : ndarray
            Flat sums of the tier below, and of this one.
        groups : int
            Groups of images.

        Returns
        -------
        Stage
            The stage.
        """
        return Stage(lambda first, last: self.add(sums, raised, first, last, 0), groups * self.tasks, self.task_ns)


def lowering(
    below: Tier, tier: Tier, sums: Array, lowered: Array, wanted: NDArray[np.int64], stack: tuple[int, int]
) -> Stage:
    """
    The stage that gathers the sums of a tier from those of the next: the transpose of `Raising`.

    Parameters
    ----------
    below, tier : Tier
        The tiers.
    sums, lowered : ndarray
        Flat sums of `tier`, and those of `below`, which are overwritten.
    wanted : ndarray of int, shape (bundles below, 2)
        First point, and last + 1, that are needed of each bundle's sums.
    stack : tuple of int
        Groups of images, and images in a group.

    Returns
    -------
    Stage
        The stage; a task is a bundle of `tier` of a group.
    """
    groups, lanes = stack
    walk, begins = _interpolation(below, tier), tier.begins
    shape = SumShape(below.bundles, below.number, below.width, tier.width, 1, lanes)

    def lower(first: int, last: int) -> None:
        """Gather the sums of the bundles that make up some longer ones."""
        room = unbundle_room(tier.number, MOVES, lowered.dtype)
        for task in range(first, last):
            group, bundle = divmod(task, tier.bundles)
            begin, end = int(begins[bundle]), int(begins[bundle + 1])
            at = (task, begin, end, group * below.bundles + begin, True)
            gather_bundles(sums, walk, shape, True, wanted[begin:end], room, lowered, at)

    parts = float(np.diff(begins).max())
    updates = tier.number * parts * below.width * lanes * (NODES + MOVES) / 2
    return Stage(lower, groups * tier.bundles, walks.UPDATE_NS * lowered.itemsize * updates)


def unbundle_room(directions: int, taps: int, dtype: np.dtype[Any]) -> UnbundleRoom:
    """
    This thread's working memory for `gather_bundles`.

    Parameters
    ----------
    directions : int
        Number of lattices.
    taps : int
        Points that bundles are moved by.
    dtype : dtype
        Type of the numbers.

    Returns
    -------
    UnbundleRoom
        The memory.
    """
    return UnbundleRoom(
        scratch.empty("shifts gathered", (directions, BLOCK_BUNDLES), np.dtype(np.int64)),
        scratch.empty("moves gathered", (directions, BLOCK_BUNDLES, taps), dtype),
        scratch.empty("lattices gathered", (GROUP, taps), np.dtype(np.uint64)),
        scratch.empty("slopes gathered", (GROUP, NODES), dtype),
    )


def _interpolation(below: Tier, tier: Tier) -> Interpolation:
    """How a tier's sums are interpolated from those below: its slopes are the directions, its sums the lattices."""
    assert tier.blend is not None
    assert tier.grouping is not None
    slopes = np.ascontiguousarray(tier.slopes)
    starts, extent = np.full(tier.number, float(tier.margin)), tier.blend.union(below.extents)
    return Interpolation(tier.blend.node, tier.blend.weights, extent, starts, slopes, tier.grouping.away, below.margin)
