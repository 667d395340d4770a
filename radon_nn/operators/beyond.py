"""The two steps of an inversion: the filter, with its tails beyond the offsets, and the transform that reaches them."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from radon_nn._support import checks, threads
from radon_nn._support.scaling import unscaled
from radon_nn._support.types import Array
from radon_nn.operators import filters
from radon_nn.operators._arguments import stack_of
from radon_nn.operators.transform import RadonTransform


def beyond(transform: RadonTransform) -> tuple[RadonTransform, tuple[int, int]]:
    """
    The transform whose offsets reach as far as the grid does in any of the directions.

    Parameters
    ----------
    transform : RadonTransform
        The transform.

    Returns
    -------
    RadonTransform
        Its backprojection of `filtered_beyond` is what `transform.invert` returns.
    tuple of int
        How many offsets it has more, before the first and after the last.
    """
    return transform._extended


def filtered_beyond(
    transform: RadonTransform,
    sinogram: ArrayLike,
    window: str,
    derivative: int,
    pad: tuple[int, int],
    num_threads: int | None = None,
) -> Array:
    """
    Filtered sinograms of any of the transform's directions, as `RadonTransform.filter` returns them, and their tails.

    Parameters
    ----------
    transform : RadonTransform
        The transform, of which only the offsets and the dimension matter.
    sinogram : array_like, shape (..., n)
        Sinograms.
    window : str
        Apodisation.
    derivative : int
        Order of the derivative.
    pad : tuple of int
        How many offsets more to return before the first, and after the last.
    num_threads : int, optional
        Threads to use, at most.

    Returns
    -------
    ndarray, shape (..., pad[0] + n + pad[1])
        The filtered sinograms.
    """
    rows, batch, exponent = stack_of(sinogram, "sinogram", (transform.offsets.count,))
    chosen = transform._filter(window, checks.count(derivative, "derivative", least=0))
    out = np.empty((len(rows), pad[0] + transform.offsets.count + pad[1]), rows.dtype)
    threads.run(filters.stage(rows, transform.offsets.step, chosen, pad=pad, out=out), threads.resolve(num_threads))
    return unscaled(out, exponent, "sinogram").reshape(*batch, out.shape[-1])
