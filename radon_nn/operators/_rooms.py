"""Arguments of the kernels besides data: this thread's working memory, and the choice between compiled versions."""

from __future__ import annotations

from typing import Any

import numpy as np

from radon_nn._support import scratch
from radon_nn._support.types import Array
from radon_nn.operators._kernels.layout import CHUNK, DIRECTIONS, GATHERED_ROWS, GROUP, HALO, PACKED_ROWS
from radon_nn.operators._kernels.rows import WalkRoom
from radon_nn.operators._kernels.sinograms import Readout, ReadoutRoom, halo_points, whole_lines


def interleaving(lanes: int) -> bool | None:
    """
    The argument that chooses between kernels compiled for one lane and for several.

    Parameters
    ----------
    lanes : int
        Images in a group.

    Returns
    -------
    bool, optional
        True for several; None for one.
    """
    return None if lanes == 1 else True


def prefilter(order: int) -> bool | None:
    """
    The argument that chooses between kernels compiled with and without the filters for spline coefficients.

    Parameters
    ----------
    order : {1, 3, 5}
        Degree of the splines.

    Returns
    -------
    bool, optional
        True for degrees 3 and 5; None for 1, where values are coefficients.
    """
    return None if order == 1 else True


def taps_at_once(order: int) -> tuple[bool | None, bool | None]:
    """
    The argument `orders` of `gather_rows`: whether to take taps four at a time, and whether two at a time.

    Parameters
    ----------
    order : {1, 3, 5}
        Degree of the splines.

    Returns
    -------
    tuple of (bool, optional)
        True for yes, None for no; for degree 5 both are True.
    """
    return None if order == 1 else True, None if order == 3 else True


def packing_room() -> Array:
    """
    This thread's working memory for `pack` and `unpack`.

    Returns
    -------
    ndarray of uint64, shape (PACKED_ROWS,)
        The memory.
    """
    return scratch.empty("row begins", (PACKED_ROWS,), np.dtype(np.uint64))


def walk_room(order: int, rows: int, length: int, lanes: int, dtype: np.dtype[Any]) -> WalkRoom:
    """
    This thread's working memory for `walk_rows`.

    Parameters
    ----------
    order : {1, 3, 5}
        Degree of the splines.
    rows : int
        Rows of an image.
    length : int
        Lattice points.
    lanes : int
        Images in a group.
    dtype : dtype
        Type of the numbers.

    Returns
    -------
    WalkRoom
        The memory.
    """
    return _landing_room("walked", DIRECTIONS, rows, order, DIRECTIONS * (order + 1) * length * lanes, dtype)


def gather_room(order: int, directions: int, lanes: int, dtype: np.dtype[Any]) -> WalkRoom:
    """
    This thread's working memory for `gather_rows`.

    Parameters
    ----------
    order : {1, 3, 5}
        Degree of the splines.
    directions : int
        Number of lattices in a set.
    lanes : int
        Images in a group.
    dtype : dtype
        Type of the numbers.

    Returns
    -------
    WalkRoom
        The memory.
    """
    some = max(1, GATHERED_ROWS // (order + 1))
    acc = some * (order + 1) * whole_lines(CHUNK + order * lanes)
    return _landing_room("gathered", GATHERED_ROWS, directions + GROUP, order, acc, dtype)


def _landing_room(name: str, outer: int, inner: int, order: int, acc: int, dtype: np.dtype[Any]) -> WalkRoom:
    def make() -> WalkRoom:
        """Make the arrays."""
        return WalkRoom(
            scratch.empty(f"{name} fractions", (inner,), np.dtype(np.float64)),
            scratch.empty(f"{name} shifts", (outer, inner), np.dtype(np.int64)),
            scratch.empty(f"{name} weights", (outer, order + 1, inner), dtype),
            scratch.empty(f"{name} sums", (acc,), dtype),
        )

    return scratch.room(name, (outer, inner, order, acc, dtype), make)


def readout_room(readout: Readout, dtype: np.dtype[Any], interpolating: int | None = None) -> ReadoutRoom:
    """
    This thread's working memory for `read_lattices` and `spread`, or for `interpolate`.

    Parameters
    ----------
    readout : Readout
        How lattices are aligned with the rows of sinograms.
    dtype : dtype
        Type of the numbers.
    interpolating : int, optional
        For `interpolate`, the number of points beyond either end of a lattice that its filters reach.

    Returns
    -------
    ReadoutRoom
        The memory.
    """
    taps, lanes, count, reach = len(readout.pieces), readout.lanes, readout.offsets, readout.reach

    def make() -> ReadoutRoom:
        """Make the arrays."""
        if interpolating is None:
            whole = readout.length + 2 * reach + 2 * halo_points(taps)
            positions, buffer, values, filtered = count, whole, count * lanes, whole + 2 * reach + 2 * HALO
        else:
            positions, buffer, filtered = readout.length + 2 * interpolating, count + 2 * taps, 0
            values = 3 * whole_lines((positions + 4 * interpolating) * lanes)
        return ReadoutRoom(
            scratch.empty("fractions read", (positions,), dtype),
            scratch.empty("indices read", (positions,), np.dtype(np.uint64)),
            scratch.empty("taps read", (taps, positions), dtype),
            scratch.empty("sharpened", (buffer * lanes,), dtype),
            scratch.empty("values read", (values,), dtype),
            scratch.empty("values filtered", (2 * whole_lines(filtered * lanes) if reach else 1,), dtype),
        )

    return scratch.room("readout", (taps, lanes, count, reach, readout.length, interpolating, dtype), make)
