"""What `rtv` is asked: a function in whatever form, and the options given."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from radon_nn._support.types import Progress
from radon_nn.geometry.domains import Ball, Cuboid, Domain, Hull
from radon_nn.geometry.grids import Grid

_SECONDS = 60.0
"""The time that a user at a prompt will wait."""


@dataclass(frozen=True)
class Question:
    """
    What `rtv` was asked: the function and the options that were given; None stands for one that was not.

    Parameters
    ----------
    f : object
        The function, in whatever form.
    dim, domain, grid, box, tol, seconds, progress, rng : object, optional
        As `rtv` takes them.
    """

    f: Any
    dim: int | None = None
    domain: Domain | None = None
    grid: Grid | None = None
    box: ArrayLike | None = None
    tol: float | None = None
    seconds: float | None = None
    progress: Progress | None = None
    rng: int | np.random.Generator | None = None

    @property
    def dimension(self) -> int | None:
        """The dimension d of a callable: as given, else the callable's or the domain's own; None if none says it."""
        if self.dim is not None or isinstance(self.own_dimension, int):
            return self.own_dimension if self.dim is None else self.dim
        if isinstance(self.domain, Ball):
            return None if self.domain.center is None else len(self.domain.center)
        if isinstance(self.domain, Cuboid):
            return len(self.domain.lower)
        return int(self.domain.points.shape[1]) if isinstance(self.domain, Hull) else None

    @property
    def own_dimension(self) -> int | None:
        """The callable's own, if it has one."""
        own = getattr(self.f, "dim", None)
        return own if isinstance(own, int) else None

    @property
    def needed_dimension(self) -> int:
        """The same, for routes that cannot do without."""
        if self.dimension is None:
            raise TypeError(
                "rtv: expected the dimension of a callable, as dim=2 or a domain with a center, got neither"
            )
        return self.dimension

    @property
    def time(self) -> float | None:
        """Seconds, 60 if not given; None for no limit."""
        limit = _SECONDS if self.seconds is None else self.seconds
        return None if math.isinf(limit) else limit

    @property
    def seed(self) -> int | np.random.Generator:
        """The seed of samples, 0 if not given."""
        return 0 if self.rng is None else self.rng

    def close(self, default: float) -> float:
        """
        The tolerance.

        Parameters
        ----------
        default : float
            The route's own.

        Returns
        -------
        float
            As given, else the route's own.
        """
        return default if self.tol is None else self.tol
