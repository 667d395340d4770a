"""Training, or a path of fits, as a film: the spikes frame by frame, beside the course of R-TV and of their number."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from matplotlib import rcParams
from matplotlib.collections import PathCollection
from matplotlib.ticker import MaxNLocator

from radon_nn._support import checks
from radon_nn._support.types import Floats
from radon_nn._support.wording import counted
from radon_nn.displays import lettering
from radon_nn.displays.animation import Animated
from radon_nn.displays.canvas import NEGATIVE, POSITIVE, strip_axes
from radon_nn.displays.lettering import panel_size, points, wrapped
from radon_nn.displays.picture import Picture
from radon_nn.displays.signs import LARGEST_MARKER, sign_handles
from radon_nn.displays.strip import angles_and_offsets, require_plane
from radon_nn.fitting.certified_fit import Fit
from radon_nn.fitting.certified_loss_fit import LossFit
from radon_nn.measures.ridge import RidgeMeasure
from radon_nn.networks.deep import DeepNetwork
from radon_nn.tracking import Snapshot

_SEEN = 0.01
"""Offsets of spikes above this fraction of the largest mass are within the frame: lighter ones hardly show."""


class Still(NamedTuple):
    """
    What a frame shows.

    Parameters
    ----------
    at : float
        The step of training, or the weight decay.
    measure : RidgeMeasure
        The spikes.
    rtv : float
        The R-TV.
    spikes : int
        How many distinct spikes there are.
    said : str
        The frame's title.
    """

    at: float
    measure: RidgeMeasure
    rtv: float
    spikes: int
    said: str


class Film(Animated):
    """
    The records of a `SpikeTracker`, or the fits of `fit_path`, as frames.

    Left, the spikes of each: circles are positive masses, squares negative ones, areas are proportional to |mass|.
    Right, R-TV and the number of distinct spikes against the step or the decay, up to the frame's. A notebook shows it
    as a player.

    Parameters
    ----------
    records : sequence of Snapshot, of Fit or of LossFit
        At least one; of functions of one or two inputs. Of deep networks, the first layer is drawn.
    reach : float, optional
        The largest |offset| in the frame; that of the spikes that matter if not given.
    title : str
        A title for the whole.

    Raises
    ------
    ValueError
        If there are no records, or the networks have more than two inputs or a smooth activation.
    """

    def __init__(
        self, records: Sequence[Snapshot | Fit | LossFit], *, reach: float | None = None, title: str = ""
    ) -> None:
        if not records:
            raise ValueError("film: expected records, got none; call the tracker in the training loop")
        self.records = list(records)
        self._stills = [_still(record) for record in self.records]
        self._measures = [still.measure for still in self._stills]
        if self._measures[0].dim != 1:
            require_plane(self._measures[0].dim)
        self._largest = max((measure.sizes.max(initial=0.0) for measure in self._measures), default=0.0) or 1.0
        self._reach = _reach(self._measures) if reach is None else checks.positive(reach, "reach")
        self.figure = Picture(figsize=panel_size(1.9, 1.0), layout="constrained")
        if title:
            room = 0.9 * 72 * self.figure.get_figwidth()
            self.figure.suptitle(wrapped(title, room, points("figure.titlesize")))
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
        still, measure = self._stills[index], self._measures[index]
        across, up = _positions(measure)
        masses = measure.masses[:, 0] if measure.outputs == 1 else measure.sizes
        for markers, chosen in zip(self._markers, (masses > 0, masses < 0), strict=True):
            markers.set_offsets(np.column_stack([across[chosen], up[chosen]]))
            markers.set_sizes(LARGEST_MARKER * measure.sizes[chosen] / self._largest)
        lettering.title(self._strip, still.said)
        until = self._stills[: index % len(self) + 1]
        at = [earlier.at for earlier in until]
        self._lines[0].set_data(at, [earlier.rtv for earlier in until])
        self._lines[1].set_data(at, [earlier.spikes for earlier in until])
        return self.figure

    def _empty_strip(self) -> tuple[PathCollection, PathCollection]:
        """The axes of the spikes, and markers without positions."""
        axes, plane = self._strip, self._measures[0].dim == 2
        if plane:
            strip_axes(axes)
            axes.set_ylim(-self._reach, self._reach)
        else:
            top = 1.1 * self._largest
            lettering.labels(axes, "offset $t$", "mass")
            axes.set(xlim=(-self._reach, self._reach), ylim=(-top, top))
            axes.axhline(0, color="0.8", lw=1)
        lettering.legend_below(axes, sign_handles("area: |mass|"))
        style = {"edgecolors": "white", "linewidths": 0.6, "alpha": 0.8, "zorder": 3}
        made = [axes.scatter([], [], marker=m, color=c, **style) for m, c in (("o", POSITIVE), ("s", NEGATIVE))]
        return made[0], made[1]

    def _empty_course(self) -> tuple[Any, Any]:
        """The axes of R-TV and of the number of spikes, with the limits of the whole film; lines without data."""
        axes = self._course
        beside = axes.twinx()
        at = [still.at for still in self._stills]
        first, last = at[0], at[-1]
        path = not isinstance(self.records[0], Snapshot)
        if path and min(at) > 0:
            axes.set_xscale("log")
        lettering.labels(axes, "weight decay" if path else "step", "R-TV")
        axes.set_xlim(first, last if last != first else first + 1)
        axes.set_ylim(0, 1.05 * max(still.rtv for still in self._stills) or 1.0)
        beside.set_ylabel("distinct spikes")
        beside.yaxis.set_major_locator(MaxNLocator(integer=True))
        beside.set_ylim(0, 1.05 * max(still.spikes for still in self._stills) or 1.0)
        lines = (
            axes.plot([], [], color=rcParams["text.color"], lw=2)[0],
            beside.plot([], [], color="#e08214", lw=2, ls="--")[0],
        )
        axes.legend(lines, ("R-TV", "distinct spikes"), loc="center right")
        return lines


def _still(record: Snapshot | Fit | LossFit) -> Still:
    """The spikes of a fit, or of all neurons of a network's first layer; those that coincide to rounding are one."""
    if not isinstance(record, Snapshot):
        count, rtv = len(record.measure), record.measure.rtv
        said = f"weight decay {record.decay:.3g}: {counted(count, 'spike')}, R-TV {rtv:.4g}"
        return Still(record.decay, record.measure, rtv, count, said)
    network = record.network.layers[0] if isinstance(record.network, DeepNetwork) else record.network
    measure = network.measure()
    measure = measure if record.domain is None else measure.restricted(record.domain)
    said = (
        f"step {record.step}: {counted(record.spikes, 'spike')} of {counted(record.neurons, 'neuron')}, R-TV "
        f"{record.rtv:.4g}"
    )
    return Still(record.step, measure, record.rtv, record.spikes, said)


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
