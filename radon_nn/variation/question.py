"""The arguments of `rtv`: a function in any form, and the options given."""

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
"""The default time limit: about as long as a user at a prompt will wait."""


@dataclass(frozen=True)
class Question:
    """
    The arguments of `rtv`: the function, and the options, each None if it was not given.

    Parameters
    ----------
    f : object
        The function, in any form that `rtv` takes.
    dim, domain, grid, box, tol, seconds, progress, rng, extends : object, optional
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
    extends: bool | None = None

    @property
    def dimension(self) -> int | None:
        """The dimension d of a callable: as given, else that of the callable or of the domain; None if unknown."""
        if self.dim is not None or isinstance(self.own_dimension, int):
            return self.own_dimension if self.dim is None else self.dim
        if isinstance(self.domain, Ball):
            return None if self.domain.center is None else len(self.domain.center)
        if isinstance(self.domain, Cuboid):
            return len(self.domain.lower)
        return int(self.domain.points.shape[1]) if isinstance(self.domain, Hull) else None

    @property
    def own_dimension(self) -> int | None:
        """The callable's attribute `dim`, if it is an integer, else None."""
        own = getattr(self.f, "dim", None)
        return own if isinstance(own, int) else None

    @property
    def needed_dimension(self) -> int:
        """The dimension d, for routes that need it."""
        if self.dimension is None:
            raise TypeError(
                "rtv: expected the dimension of a callable, as dim=2 or a domain with a center, got neither"
            )
        return self.dimension

    @property
    def time(self) -> float | None:
        """The time limit in seconds, 60 if not given; None for no limit."""
        limit = _SECONDS if self.seconds is None else self.seconds
        return None if math.isinf(limit) else limit

    @property
    def seed(self) -> int | np.random.Generator:
        """The seed of the samples, 0 if not given."""
        return 0 if self.rng is None else self.rng

    def close(self, default: float) -> float:
        """
        The tolerance.

        Parameters
        ----------
        default : float
            The route's default.

        Returns
        -------
        float
            The tolerance as given, else the route's default.
        """
        return default if self.tol is None else self.tol
