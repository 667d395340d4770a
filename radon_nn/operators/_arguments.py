"""What a transform is made of, checked where it comes in."""

from __future__ import annotations

from radon_nn.geometry.directions import Directions
from radon_nn.geometry.grids import Grid


def require_kinds(grid: object, directions: object) -> None:
    """
    Refuse numbers where a grid and directions belong.

    Parameters
    ----------
    grid, directions : object
        What the user gave.

    Raises
    ------
    TypeError
        If one is of another kind.
    """
    if not isinstance(grid, Grid):
        remedy = f"Grid.cube({grid})" if isinstance(grid, int) else "Grid(shape, spacing)"
        raise TypeError(f"grid: expected a Grid, got {type(grid).__name__}; write {remedy}")
    if not isinstance(directions, Directions):
        many = directions if isinstance(directions, int) else "count"
        remedy = {2: f"Directions.half_circle({many})", 3: f"Directions.fibonacci({many})"}.get(
            grid.dim, "Directions(normals, weights)"
        )
        raise TypeError(f"directions: expected Directions, got {type(directions).__name__}; write {remedy}")
