"""What a measure and the results that hold one have in common: spikes one by one, as a table, and in a notebook."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple, overload

import numpy as np
from numpy.typing import NDArray

from radon_nn._support import notebooks
from radon_nn._support.public import public
from radon_nn._support.types import Floats
from radon_nn.geometry.naming import Table, spike_columns

if TYPE_CHECKING:
    from radon_nn.measures.ridge import RidgeMeasure


@public
class Spike(NamedTuple):
    """
    One spike: the function mass (direction.x - offset)_+.

    Parameters
    ----------
    direction : ndarray, shape (d,)
        Unit normal; for d = 2 its angle lies in [0, pi), otherwise its last coordinate that is not zero is positive.
    offset : float
        Offset, in the units of x.
    mass : float or ndarray, shape (o,)
        Mass; a number where there is one output.

    See Also
    --------
    radon_nn.RidgeMeasure : The list of spikes it belongs to.

    Examples
    --------
    >>> from radon_nn import ShallowNetwork
    >>> spike = ShallowNetwork([[3.0, 4.0]], [1.0], [2.0]).measure()[0]
    >>> spike.direction, spike.offset, spike.mass
    (array([0.6, 0.8]), -0.2, 10.0)
    """

    direction: Floats
    offset: float
    mass: float | Floats


class SpikeList:
    """Spikes in order of falling |mass|: their number, each of them, slices, and a table; `measure` holds them."""

    if TYPE_CHECKING:

        @property
        def measure(self) -> RidgeMeasure:
            """The spikes and the affine part."""

    def __len__(self) -> int:
        return len(self.measure.offsets)

    def __iter__(self) -> Iterator[Spike]:
        return (self[k] for k in range(len(self)))

    @overload
    def __getitem__(self, index: int) -> Spike: ...

    @overload
    def __getitem__(self, index: slice | list[int] | NDArray[Any]) -> RidgeMeasure: ...

    def __getitem__(self, index: int | slice | list[int] | NDArray[Any]) -> Spike | RidgeMeasure:
        """One spike, or the measure of some, by a slice, a mask or indices; the affine part stays."""
        measure = self.measure
        if isinstance(index, int | np.integer):
            if not -len(self) <= index < len(self):
                raise IndexError(f"spikes: expected an index from 0 to {len(self) - 1}, got {index}")
            mass = measure.masses[index]
            return Spike(
                measure.directions[index], float(measure.offsets[index]), float(mass[0]) if len(mass) == 1 else mass
            )
        return type(measure).trusted(
            measure.directions[index],
            measure.offsets[index],
            measure.masses[index],
            measure.skip,
            measure.constant,
            names=measure.names,
        )

    def to_table(self) -> Table:
        """
        The spikes as a table, largest first.

        Returns
        -------
        dict of str to ndarray, shape (s,)
            Columns of equal length, as pandas.DataFrame and polars.DataFrame take them: mass, or mass_OUTPUT for each
            output and size, their 2-norm; offset; angle where d = 2; direction_FEATURE for each input. Outputs and
            features are numbered from 0 where they have no names. If a scaler was folded in, the same columns follow in
            standardised units, their names beginning with standardised_.
        """
        measure = self.measure
        return spike_columns(measure.directions, measure.offsets, measure.masses, measure.names)

    def _repr_html_(self) -> str:
        return notebooks.html(str(self), self.to_table(), self._repr_png_())

    def _repr_png_(self) -> bytes | None:
        return notebooks.picture(self)


class SpikeResult(SpikeList):
    """A result that holds a measure: its arrays are at hand without asking for the measure."""

    def _repr_html_(self) -> str:
        name = f"{type(self).__module__}.{type(self).__name__}"
        return notebooks.html(str(self), self.to_table(), self._repr_png_(), help_of=name)

    @property
    def directions(self) -> Floats:
        """Unit normals of the spikes, (s, d)."""
        return self.measure.directions

    @property
    def offsets(self) -> Floats:
        """Offsets of the spikes, (s,)."""
        return self.measure.offsets

    @property
    def masses(self) -> Floats:
        """Masses of the spikes, (s,) where there is one output, else (s, o)."""
        masses = self.measure.masses
        return masses[:, 0] if masses.shape[1] == 1 else masses
