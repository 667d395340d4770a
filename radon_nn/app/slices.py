"""A network from a file, looked at on planes through its input space."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from radon_nn._support.types import Floats
from radon_nn.app.messages import MOST_INPUTS, Slice
from radon_nn.app.networks import packed
from radon_nn.geometry.domains import Cuboid
from radon_nn.kink_lines.segments import kinks
from radon_nn.networks.deep import DeepNetwork
from radon_nn.networks.shallow import ShallowNetwork

_SIDE = 97
_MOST_REGIONS = 20_000
"""Linear regions on a slice: some 0.5 s and 20 MB; beyond that kinks are a grey mass on the screen."""
_MOST_SPIKES = 1000


@dataclass(frozen=True)
class SlicedNetwork:
    """
    A network of one output, and where it came from.

    Parameters
    ----------
    network : ShallowNetwork or DeepNetwork
        The network.
    source : str
        The name of its file, without the folder.
    """

    network: ShallowNetwork | DeepNetwork
    source: str

    def __post_init__(self) -> None:
        if self.network.outputs != 1 or not 2 <= self.network.dim <= MOST_INPUTS:
            raise ValueError(
                f"{self.source}: expected a network of one output and 2 to {MOST_INPUTS} inputs, got "
                f"{self.network.outputs} and {self.network.dim}; choose an output by --output"
            )

    def about(self) -> dict[str, Any]:
        """
        What the page shows of the network as a whole.

        Returns
        -------
        dict
            'source', 'dim', 'inputs' (names), 'text'.
        """
        names = list(self.network.names.features or ())
        inputs = names or [f"x{k + 1}" for k in range(self.network.dim)]
        return {"source": self.source, "dim": self.network.dim, "inputs": inputs, "text": str(self.network)}

    def drawn(self, plane: Slice) -> dict[str, Any]:
        """
        The network on a plane, in units in which the picture is the square [-1, 1]^2.

        Parameters
        ----------
        plane : Slice
            Which plane.

        Returns
        -------
        dict
            'values' on a grid of the square with its corners, rows along the first input; 'kinks' as rows (x1, y1, x2,
            y2, jump), and 'spikes' as rows (angle, offset, mass): None where there are none to tell, or too many.

        Raises
        ------
        ValueError
            If the plane does not lie in the input space, or values are not finite.
        """
        dim = self.network.dim
        if max(plane.axes) >= dim or len(plane.center) not in (0, dim):
            raise ValueError(f"slice: expected inputs 0 to {dim - 1} and a center of {dim} numbers, got others")
        center = plane.center if len(plane.center) else np.zeros(dim)
        section = self.network.slice(center, plane.radius * np.eye(dim)[list(plane.axes)])
        axis = np.linspace(-1.0, 1.0, _SIDE)
        values = section(np.stack(np.meshgrid(axis, axis, indexing="ij"), axis=-1))
        if not np.isfinite(values).all():
            raise ValueError("slice: expected finite values, got others; choose a smaller radius")
        return {"values": packed(values), "kinks": _kinks(section), "spikes": _spikes(section)}


def _kinks(section: ShallowNetwork | DeepNetwork) -> list[list[float]] | None:
    try:
        found = kinks(section, Cuboid([-1.0, -1.0], [1.0, 1.0]), max_regions=_MOST_REGIONS).lines()
    except ValueError:
        # Smooth activations have no kinks, and too many regions no use.
        return None
    rows: Floats = np.column_stack([found.starts, found.ends, found.jumps[:, 0]])
    return rows.tolist()  # type: ignore[no-any-return]


def _spikes(section: ShallowNetwork | DeepNetwork) -> list[list[float]] | None:
    if not isinstance(section, ShallowNetwork) or not section.activation.piecewise_linear:
        return None
    measure = section.measure()[:_MOST_SPIKES]
    angles = np.arctan2(measure.directions[:, 1], measure.directions[:, 0])
    rows: Floats = np.column_stack([angles, measure.offsets, measure.masses[:, 0]])
    return rows.tolist()  # type: ignore[no-any-return]
