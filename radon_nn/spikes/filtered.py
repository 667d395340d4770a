"""The filtered transform in which spikes are peaks: d_t^2 K R f of a function known on a ball, from its Laplacian."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from radon_nn._support import checks
from radon_nn._support.types import Floats
from radon_nn.geometry.directions import Directions
from radon_nn.geometry.domains import Ball
from radon_nn.geometry.grids import Grid, Offsets
from radon_nn.operators.transform import RadonTransform


def laplacian(samples: NDArray[np.floating], grid: Grid, inside: NDArray[np.bool_]) -> tuple[Floats, NDArray[np.bool_]]:
    """
    The (2d+1)-point Laplacian where its stencil lies inside a domain, and zero elsewhere.

    Parameters
    ----------
    samples : ndarray, shape grid.shape
        Samples of f.
    grid : Grid
        The grid.
    inside : ndarray of bool, shape grid.shape
        Where f was sampled.

    Returns
    -------
    tuple of ndarray
        The Laplacian, in units of f per area, and where it was formed.
    """
    whole = inside.copy()
    out = np.zeros(grid.shape)
    for axis, step in enumerate(grid.spacing):
        known, formed = np.moveaxis(inside, axis, 0), np.moveaxis(whole, axis, 0)
        formed[[0, -1]] = False
        formed[1:-1] &= known[2:] & known[:-2]
        f = np.moveaxis(samples, axis, 0)
        np.moveaxis(out, axis, 0)[1:-1] += (f[2:] - 2 * f[1:-1] + f[:-2]) / step**2
    out[~whole] = 0
    return out, whole


@dataclass(frozen=True)
class SpikeTransform:
    """
    d_t^2 K R f on (direction, offset), from the Laplacian inside a ball, and its height at a unit spike.

    Parameters
    ----------
    transform : RadonTransform
        The directions and offsets.
    domain : Ball
        The ball on which f is known.
    inside : ndarray of bool, shape grid.shape
        The samples in the domain.
    response : ndarray, shape (m, n)
        Height of the peak of a spike of unit mass at each (direction, offset): it falls with the measure of the
        hyperplane's cut through the domain.
    """

    transform: RadonTransform
    domain: Ball
    inside: NDArray[np.bool_]
    response: Floats

    @classmethod
    def over(cls, grid: Grid, domain: Ball | None = None) -> SpikeTransform:
        """
        Prepare the transform for a domain, with about two directions and one offset per grid spacing.

        Parameters
        ----------
        grid : Grid
            Where to sample, d = 2 or 3.
        domain : Ball, optional
            Where to look; the largest ball in the grid's box if not given.

        Returns
        -------
        SpikeTransform
            To be called with samples.

        Raises
        ------
        ValueError
            If the grid is not of dimension 2 or 3, or the domain does not lie in its box.
        MemoryError
            If the machine cannot hold it.
        """
        ball = ball_in(grid, domain)
        middle = ball.center_in(grid.dim)
        step = min(grid.spacing)
        across = math.ceil(2 * ball.radius / step)
        count = 2 * across if grid.dim == 2 else math.ceil(math.pi / 2 * across**2)
        offsets = Offsets(across + 1 + 2 * math.ceil(float(np.linalg.norm(middle)) / step), step)
        checks.fits_memory(
            8.0 * (count * offsets.count * 6 + grid.size * (grid.dim + 4)),
            f"the spike transform of a {grid.shape} grid",
            "take fewer samples along each axis",
        )
        directions = Directions.half_circle(count) if grid.dim == 2 else Directions.fibonacci(count)
        transform = RadonTransform(grid, directions, offsets)
        inside = ball.contains(grid.points()).reshape(grid.shape)
        _, formed = laplacian(np.zeros(grid.shape), grid, inside)
        cut = transform.forward(formed.astype(np.float64)).astype(np.float64)
        return cls(transform, ball, inside, cut * _unit_peak(transform))

    def __call__(self, image: Floats) -> Floats:
        """
        The filtered transform of samples of f.

        Parameters
        ----------
        image : ndarray, shape grid.shape
            Samples of f; only those in the domain are used.

        Returns
        -------
        ndarray, shape (m, n)
            Its peaks are the spikes' masses times `response`.
        """
        bent, _ = laplacian(image, self.transform.grid, self.inside)
        filtered: Floats = self.transform.filter(self.transform.forward(bent), window="hann").astype(np.float64)
        return filtered


def ball_in(grid: Grid, domain: Ball | None) -> Ball:
    """
    The domain, checked to lie in the grid's box, or the largest ball that does.

    Parameters
    ----------
    grid : Grid
        A grid, d = 2 or 3.
    domain : Ball or None
        The ball asked for.

    Returns
    -------
    Ball
        The ball.

    Raises
    ------
    ValueError
        If the grid is not of dimension 2 or 3, or the domain does not lie in its box.
    """
    if grid.dim not in (2, 3):
        raise ValueError(
            f"grid: expected dimension 2 or 3 for a transform on a grid, got {grid.dim}; restrict the function to "
            "a plane first"
        )
    half = np.array(grid.shape) * np.array(grid.spacing) / 2
    if domain is None:
        return Ball(half.min(), np.array(grid.center)) if any(grid.center) else Ball(half.min())
    if np.any(np.abs(domain.center_in(grid.dim) - grid.center) + domain.radius > half * (1 + 1e-9)):
        raise ValueError(f"domain: expected a ball inside the grid's box, got {domain!r} for {grid!r}")
    return domain


def _unit_peak(transform: RadonTransform) -> float:
    """Height of the Hann-filtered transform at a spike of unit mass, per unit measure of its cut.

    The Laplacian spreads a kink over one cell and the transform interpolates over one more: the peak is that of a
    filtered quadratic B-spline of unit integral.
    """
    step = max(transform.grid.spacing)
    t = np.arange(-32, 33) * transform.offsets.step
    u = np.abs(t) / step
    spline = np.where(u < 0.5, 0.75 - u**2, np.where(u < 1.5, 0.5 * (1.5 - u) ** 2, 0)) / step
    filtered = RadonTransform(
        transform.grid, Directions(np.eye(transform.grid.dim)[:1], [1.0]), Offsets(len(t), transform.offsets.step)
    ).filter(spline[None], window="hann")
    return float(np.abs(filtered).max())
