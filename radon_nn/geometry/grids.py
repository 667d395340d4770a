"""Regular grids of samples, and of offsets: frozen values whose ``repr`` rebuilds them, in the user's units."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike

from radon_nn._support import checks
from radon_nn._support.public import public
from radon_nn._support.types import Floats
from radon_nn._support.wording import counted
from radon_nn.geometry.black_box import BlackBox

Function = Callable[[Floats], ArrayLike]
Box = tuple[tuple[int, int], ...]
"""First sample and last + 1 along each axis of a grid."""

_REMEDY = "choose a grid on which f is defined"


@public
@dataclass(frozen=True, eq=False, repr=False)
class Grid:
    """
    A regular grid of samples in R^d.

    Sample k = (k_1, ..., k_d) lies at center_i + (k_i - (n_i - 1)/2) spacing_i along axis i: array axis i is
    coordinate x_i, and samples stand at the centers of cells of volume prod(spacing).

    Parameters
    ----------
    shape : sequence of int
        Samples along each axis, n_1, ..., n_d.
    spacing : float or sequence of float
        Distance between neighbouring samples along each axis, positive.
    center : sequence of float, optional
        The grid's midpoint; the origin if not given.

    Raises
    ------
    ValueError
        If a length or spacing is not positive, or shape, spacing and center differ in length.

    See Also
    --------
    Offsets : Samples in the offset.
    radon_nn.RadonTransform : Integrals of what is sampled on a grid.

    Examples
    --------
    >>> Grid.cube(4).axes[0]
    array([-0.75, -0.25,  0.25,  0.75])
    """

    shape: tuple[int, ...]
    spacing: tuple[float, ...]
    center: tuple[float, ...]

    def __init__(self, shape: Sequence[int], spacing: ArrayLike, center: ArrayLike | None = None) -> None:
        if np.ndim(shape) != 1:
            raise TypeError(f"shape: expected one length per axis, such as (64, 64), got {shape!r}")
        lengths = tuple(checks.count(n, "shape") for n in shape)
        if not lengths:
            raise ValueError("shape: expected at least one axis, got ()")
        steps = np.broadcast_to(spacing, (len(lengths),)) if np.ndim(spacing) == 0 else np.asarray(spacing)
        middle = (
            (0.0,) * len(lengths) if center is None else tuple(checks.finite(c, "center") for c in np.asarray(center))
        )
        if len(steps) != len(lengths) or len(middle) != len(lengths):
            raise ValueError(
                f"grid: expected one spacing and one center coordinate per axis, got {len(lengths)} axes, "
                f"{len(steps)} spacings, {counted(len(middle), 'center coordinate')}"
            )
        object.__setattr__(self, "shape", lengths)
        object.__setattr__(self, "spacing", tuple(checks.positive(h, "spacing") for h in steps))
        object.__setattr__(self, "center", middle)

    @classmethod
    def cube(cls, n: int, dim: int = 2, radius: float = 1.0) -> Grid:
        """
        Cell-centred samples of the cube [-radius, radius]^dim.

        Parameters
        ----------
        n : int
            Samples along each axis; they lie at (2k + 1 - n) radius / n.
        dim : int
            Dimension d.
        radius : float
            Half the cube's side.

        Returns
        -------
        Grid
            The grid, of spacing 2 radius / n.
        """
        n, dim = checks.count(n, "n"), checks.count(dim, "dim")
        return cls((n,) * dim, 2 * checks.positive(radius, "radius") / n)

    def __repr__(self) -> str:
        spacing = self.spacing[0] if len(set(self.spacing)) == 1 else self.spacing
        center = f", center={self.center}" if any(self.center) else ""
        return f"Grid({self.shape}, {spacing!r}{center})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Grid) and repr(self) == repr(other)

    def __hash__(self) -> int:
        return hash(repr(self))

    @property
    def dim(self) -> int:
        """Dimension d."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """Number of samples."""
        return math.prod(self.shape)

    @property
    def cell_volume(self) -> float:
        """Volume of one cell, prod(spacing)."""
        return math.prod(self.spacing)

    @property
    def axes(self) -> tuple[Floats, ...]:
        """The samples' coordinates along each axis."""
        return tuple(
            np.asarray(c + (np.arange(n) - (n - 1) / 2) * h, dtype=np.float64)
            for n, h, c in zip(self.shape, self.spacing, self.center, strict=True)
        )

    def part(self, box: Box) -> Grid:
        """
        The grid of the samples in a box.

        Parameters
        ----------
        box : sequence of (int, int)
            First sample and last + 1 along each axis.

        Returns
        -------
        Grid
            Of the same spacing; its samples lie where they did, to rounding.
        """
        middle = [
            c + ((start + stop) / 2 - n / 2) * h
            for c, (start, stop), n, h in zip(self.center, box, self.shape, self.spacing, strict=True)
        ]
        return Grid([stop - start for start, stop in box], self.spacing, middle)

    def points(self) -> Floats:
        """
        All sample positions, the last axis fastest (NumPy's order).

        Returns
        -------
        ndarray, shape (size, d)
            The positions.

        Raises
        ------
        MemoryError
            If they would not fit the machine's memory.
        """
        checks.fits_memory(
            8.0 * self.size * self.dim, f"the points of a {self.shape} grid", "take fewer samples along each axis"
        )
        return np.stack(np.meshgrid(*self.axes, indexing="ij"), axis=-1).reshape(-1, self.dim)

    def sample(self, f: Function) -> Floats:
        """
        The values of a function at all sample positions.

        Parameters
        ----------
        f : callable
            Takes points (n, d), returns n values or (n, o) values.

        Returns
        -------
        ndarray, shape `shape` or (o, *shape)
            The samples in float64; if there are several outputs, they are the first axis, a batch.

        Raises
        ------
        ValueError
            If the function fails, or a value is not finite (the error names the point), or the shape is wrong.
        MemoryError
            If the samples would not fit the machine's memory.
        """
        values = BlackBox(f, self.dim, _REMEDY, several=True)(self.points())
        batch = () if values.shape[1] == 1 else values.shape[1:]
        return values.T.reshape(*batch, *self.shape)


@public
@dataclass(frozen=True)
class Offsets:
    """
    Uniformly spaced offsets t = center + (k - (count - 1)/2) step, k = 0 .. count-1.

    Parameters
    ----------
    count : int
        Number of offsets.
    step : float
        Distance between neighbours, positive.
    center : float
        Their midpoint.

    Raises
    ------
    ValueError
        If the count or the step is not positive.

    See Also
    --------
    Grid : Samples in space.
    radon_nn.Directions : The other coordinate of a hyperplane.

    Examples
    --------
    >>> Offsets(3, 0.5).values
    array([-0.5,  0. ,  0.5])
    """

    count: int
    step: float
    center: float = 0.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "count", checks.count(self.count, "count"))
        object.__setattr__(self, "step", checks.positive(self.step, "step"))
        object.__setattr__(self, "center", checks.finite(self.center, "center"))

    def __getstate__(self) -> dict[str, object]:
        """The parameters alone, without the values."""
        return {"count": self.count, "step": self.step, "center": self.center}

    @classmethod
    def covering(cls, grid: Grid, step: float | None = None) -> Offsets:
        """
        The offsets of all hyperplanes that meet a grid's box, in any direction.

        Parameters
        ----------
        grid : Grid
            The grid.
        step : float, optional
            Distance between offsets; the grid's smallest spacing if not given.

        Returns
        -------
        Offsets
            Symmetric about 0, with the parity of the grid's first axis, so that for a centred cubic grid offsets
            and samples coincide along the axes.
        """
        step = min(grid.spacing) if step is None else checks.positive(step, "step")
        half = math.hypot(*(n * h / 2 for n, h in zip(grid.shape, grid.spacing, strict=True)))
        half += math.hypot(*grid.center)
        # Less 1e-9 of a step, so that rounding of `half` adds no offset.
        count = math.ceil(2 * half / step - 1e-9)
        return cls(count + (count - grid.shape[0]) % 2, step)

    @property
    def first(self) -> float:
        """The smallest offset."""
        return self.center - (self.count - 1) / 2 * self.step

    @cached_property
    def values(self) -> Floats:
        """The offsets."""
        return checks.frozen(self.center + (np.arange(self.count) - (self.count - 1) / 2) * self.step)
