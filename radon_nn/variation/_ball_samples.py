"""Samples of a black box on a ball."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from radon_nn._support.types import Floats
from radon_nn.geometry.black_box import BlackBox
from radon_nn.geometry.directions import Directions
from radon_nn.geometry.domains import Ball
from radon_nn.geometry.points import affine_design


@dataclass
class BallSamples:
    """
    Points of a ball, from a low-discrepancy sequence and from its sphere, and f there.

    Parameters
    ----------
    f : BlackBox
        The function.
    ball : Ball
        The ball.
    dim : int
        Dimension d.
    rng : Generator
        For the sequence, and for points on the sphere.
    """

    f: BlackBox
    ball: Ball
    dim: int
    rng: np.random.Generator

    def __post_init__(self) -> None:
        from scipy.stats import qmc  # takes 0.3 to 0.8 s to import, and only this route needs it

        self._sequence = qmc.Halton(self.dim, rng=self.rng)
        self.points, self.values = np.empty((0, self.dim)), np.empty(0)

    def inside(self, count: int) -> Floats:
        """
        The next points of the sequence inside the ball.

        Parameters
        ----------
        count : int
            How many.

        Returns
        -------
        ndarray, shape (count, d)
            The points.
        """
        unit = np.empty((0, self.dim))
        while len(unit) < count:
            cube = 2 * self._sequence.random(2 * count) - 1
            unit = np.concatenate([unit, cube[np.linalg.norm(cube, axis=1) < 1]])
        return self._scaled(unit[:count])

    def rim(self, count: int) -> Floats:
        """
        Points on the sphere, so that the samples' convex hull nearly fills the ball.

        Parameters
        ----------
        count : int
            How many, about.

        Returns
        -------
        ndarray, shape (m, d)
            The points.
        """
        if self.dim == 1:
            return self._scaled(np.array([[-1.0], [1.0]]))
        if self.dim == 2:
            angle = 2 * np.pi * (np.arange(count) + self.rng.random()) / count
            return self._scaled(np.column_stack([np.cos(angle), np.sin(angle)]))
        if self.dim == 3:
            half = Directions.fibonacci(max(1, count // 2)).normals
            return self._scaled(np.concatenate([half, -half]))
        random = self.rng.standard_normal((count, self.dim))
        return self._scaled(random / np.linalg.norm(random, axis=1, keepdims=True))

    def near_rim(self, count: int) -> Floats:
        """
        Random points within a tenth of the radius of the sphere, where few points of the sequence lie.

        Parameters
        ----------
        count : int
            How many.

        Returns
        -------
        ndarray, shape (count, d)
            The points.
        """
        center = self.ball.center_in(self.dim)
        random = self.rng.standard_normal((count, self.dim))
        random /= np.linalg.norm(random, axis=1, keepdims=True)
        return np.asarray(center + self.ball.radius * random * self.rng.uniform(0.9, 1, (count, 1)))

    def add(self, points: Floats, values: Floats) -> None:
        """
        Keep samples.

        Parameters
        ----------
        points : ndarray, shape (n, d)
            The points.
        values : ndarray, shape (n,)
            Values of f there.
        """
        self.points = np.concatenate([self.points, points])
        self.values = np.concatenate([self.values, values])

    @property
    def bend(self) -> float:
        """Largest departure of the samples from an affine function."""
        design = affine_design(self.points)
        rest = self.values - design @ np.linalg.lstsq(design, self.values, rcond=None)[0]
        return float(np.abs(rest).max())

    def _scaled(self, unit: Floats) -> Floats:
        return np.asarray(self.ball.center_in(self.dim) + self.ball.radius * unit)
