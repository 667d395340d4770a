"""Training as a film: the spikes in (angle, offset) step by step, beside the course of R-TV and of their number."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.collections import PathCollection

from radon_nn._support import checks
from radon_nn._support.types import Floats
from radon_nn.displays.animation import Animated
from radon_nn.displays.canvas import NEGATIVE, POSITIVE, strip_axes
from radon_nn.displays.picture import Picture
from radon_nn.displays.signs import LARGEST_MARKER
from radon_nn.displays.strip import angles_and_offsets, require_plane
from radon_nn.measures.ridge import RidgeMeasure
from radon_nn.networks.deep import DeepNetwork
from radon_nn.tracking import Snapshot

_SEEN = 0.01
"""Offsets of spikes above this fraction of the largest mass are within the frame: lighter ones hardly show."""


class Film(Animated):
    """
    The records of a `SpikeTracker` as frames.

    Left, the spikes of each step: circles are positive masses, squares negative ones, areas are proportional to |mass|.
    Right, R-TV and the number of distinct spikes against the step, up to the frame's. A notebook shows it as a player.

    Parameters
    ----------
    records : sequence of Snapshot
        At least one; of networks of one or two inputs. Of deep ones, the first layer is drawn.
    reach : float, optional
        The largest |offset| in the frame; that of the spikes that matter if not given.
    title : str
        A title for the whole.

    Raises
    ------
    ValueError
        If there are no records, or the networks have more than two inputs or a smooth activation.
    """

    def __init__(self, records: Sequence[Snapshot], *, reach: float | None = None, title: str = "") -> None:
        if not records:
            raise ValueError("film: expected records, got none; call the tracker in the training loop")
        self.records = list(records)
        self._measures = [_measure(record) for record in self.records]
        if self._measures[0].dim != 1:
            require_plane(self._measures[0].dim)
        self._largest = max((measure.sizes.max(initial=0.0) for measure in self._measures), default=0.0) or 1.0
        self._reach = _reach(self._measures) if reach is None else checks.positive(reach, "reach")
        self.figure = Picture(figsize=(11, 4.6), layout="constrained")
        self.figure.suptitle(title)
        self._strip, self._course = self.figure.subplots(1, 2, width_ratios=(5, 4))
        self._markers = self._empty_strip()
        self._lines = self._empty_course()

    def __len__(self) -> int:
        return len(self.records)

    def frame(self, index: int) -> Picture:
        """
        Draw one frame.

        Parameters
        ----------
        index : int
            Which record, from 0; negative ones from the end.

        Returns
        -------
        Picture
            The film's figure; the next frame is drawn on the same one.

        Raises
        ------
        IndexError
            If there is no such record.
        """
        record, measure = self.records[index], self._measures[index]
        across, up = _positions(measure)
        masses = measure.masses[:, 0] if measure.outputs == 1 else measure.sizes
        for markers, chosen in zip(self._markers, (masses > 0, masses < 0), strict=True):
            markers.set_offsets(np.column_stack([across[chosen], up[chosen]]))
            markers.set_sizes(LARGEST_MARKER * measure.sizes[chosen] / self._largest)
        name = f"step {record.step}: {record.spikes} spikes of {record.neurons} neurons, R-TV {record.rtv:.4g}"
        self._strip.set_title(name)
        until = self.records[: index % len(self.records) + 1]
        steps = [r.step for r in until]
        self._lines[0].set_data(steps, [r.rtv for r in until])
        self._lines[1].set_data(steps, [r.spikes for r in until])
        return self.figure

    def _empty_strip(self) -> tuple[PathCollection, PathCollection]:
        """The axes of the spikes, and markers without positions."""
        axes, plane = self._strip, self._measures[0].dim == 2
        if plane:
            strip_axes(axes)
            axes.set_ylim(-self._reach, self._reach)
        else:
            top = 1.1 * self._largest
            axes.set(xlabel="offset $t$", ylabel="mass", xlim=(-self._reach, self._reach), ylim=(-top, top))
            axes.axhline(0, color="0.8", lw=1)
        style = {"edgecolors": "white", "linewidths": 0.6, "alpha": 0.8, "zorder": 3}
        made = [axes.scatter([], [], marker=m, color=c, **style) for m, c in (("o", POSITIVE), ("s", NEGATIVE))]
        return made[0], made[1]

    def _empty_course(self) -> tuple[Any, Any]:
        """The axes of R-TV and of the number of spikes, with the limits of the whole film; lines without data."""
        axes = self._course
        beside = axes.twinx()
        steps = [record.step for record in self.records]
        first, last = min(steps), max(steps)
        axes.set(xlabel="step", ylabel="R-TV", xlim=(first, last if last > first else first + 1))
        axes.set_ylim(0, 1.05 * max(record.rtv for record in self.records) or 1.0)
        beside.set_ylabel("distinct spikes")
        beside.set_ylim(0, 1.05 * max(record.spikes for record in self.records) or 1.0)
        lines = axes.plot([], [], color="0.2", lw=2)[0], beside.plot([], [], color="#e08214", lw=2, ls="--")[0]
        axes.legend(lines, ("R-TV", "distinct spikes"), loc="center right")
        return lines


def _measure(record: Snapshot) -> RidgeMeasure:
    """The spikes of all neurons of the first layer; those that coincide to rounding are one."""
    network = record.network.layers[0] if isinstance(record.network, DeepNetwork) else record.network
    measure = network.measure()
    return measure if record.domain is None else measure.restricted(record.domain)


def _positions(measure: RidgeMeasure) -> tuple[Floats, Floats]:
    """Where the markers are: angle and offset in the plane, offset and mass on the line."""
    if measure.dim == 2:
        return angles_and_offsets(measure)
    return measure.offsets, measure.masses[:, 0] if measure.outputs == 1 else measure.sizes


def _reach(measures: Sequence[RidgeMeasure]) -> float:
    """The largest |offset| of the spikes that matter in the last frame, and a margin."""
    last = measures[-1] if len(measures[-1]) else max(measures, key=len)
    seen = np.abs(last.offsets[last.sizes >= _SEEN * last.sizes.max(initial=0.0)])
    return 1.15 * float(seen.max(initial=0.0)) or 1.0
