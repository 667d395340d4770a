"""How much of the R-TV each input has, or each group of inputs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from radon_nn._support.types import Floats
from radon_nn._support.wording import counted
from radon_nn.displays.canvas import axes_and_figure
from radon_nn.displays.lettering import labels, points, title, width_of
from radon_nn.geometry.domains import Ball
from radon_nn.geometry.points import norms
from radon_nn.measures.ridge import RidgeMeasure

Groups = Mapping[str, Sequence[int | str]]
"""Names of groups and the inputs in each, by number from 0 or by name."""


def masses_by_feature(measure: RidgeMeasure) -> Floats:
    """
    The part of the R-TV that belongs to each input: sum_k |mass_k| a_ki^2, which adds up to the R-TV.

    Parameters
    ----------
    measure : RidgeMeasure
        The spikes. Where inputs were standardised (`Names.deviations`), directions and masses are those in units of the
        deviations.

    Returns
    -------
    ndarray, shape (d,)
        The parts.
    """
    directions, masses = measure.directions, measure.masses
    scaled = measure.names.standardised(directions, measure.offsets, masses)
    if scaled is not None:
        directions, _, masses = scaled
    return np.asarray(norms(masses) @ directions**2)


@dataclass(frozen=True)
class FeatureDisplay:
    """
    The masses summed by input or by group: sum_k |mass_k| a_ki^2. The bars add up to the R-TV.

    Parameters
    ----------
    ax : Axes
        The axes drawn on.
    figure : Figure
        The figure of `ax`.
    bars : artists
        One bar for each input or group, the largest on top.
    """

    ax: Axes
    figure: Figure
    bars: Any

    @classmethod
    def from_measure(
        cls,
        measure: RidgeMeasure,
        *,
        groups: Groups | None = None,
        domain: Ball | None = None,
        rows: int = 12,
        total: str = "R-TV",
        ax: Axes | None = None,
    ) -> FeatureDisplay:
        """
        Draw the sums.

        Parameters
        ----------
        measure : RidgeMeasure
            Merged spikes, of any dimension.
        groups : mapping of str to sequence of int or str, optional
            Inputs to be summed, by number from 0 or by name; each input alone if not given. Inputs in no group are
            summed as 'the rest'.
        domain : Ball, optional
            Only spikes that meet it count; all if not given.
        rows : int
            The most bars; smaller ones are summed.
        total : str
            What the bars add up to.
        ax : Axes, optional
            The axes to draw on; new axes if not given.

        Returns
        -------
        FeatureDisplay
            The artists.

        Raises
        ------
        ValueError
            If a group names an input that there is not, or one that another group has.
        """
        axes, figure = axes_and_figure(ax)
        spikes = measure if domain is None else measure.restricted(domain)
        parts = masses_by_feature(spikes)
        sums = _singles(spikes, parts) if groups is None else _summed(spikes, parts, groups)
        order = sorted(sums, key=lambda name: -sums[name])
        if len(order) > rows:
            rest = order[rows - 1 :]
            sums[counted(len(rest), "other")] = sum(sums[name] for name in rest)
            order = [*order[: rows - 1], counted(len(rest), "other")]
        heights = [sums[name] for name in order]
        bars = axes.barh(np.arange(1, len(order) + 1), heights, color="0.45", height=0.75)
        whole = float(parts.sum())
        axes.bar_label(bars, [f"{height / (whole or 1.0):.0%}" for height in heights], padding=3)
        axes.set_yticks(range(1, len(order) + 1), order)
        axes.set(ylim=(len(order) + 0.6, 0.4), xlim=(0, 1.2 * max(heights, default=0.0) or 1.0))
        scaled = ", inputs in units of their deviations" if spikes.names.deviations is not None else ""
        labels(axes, r"held by input $i$: $\sum_k|m_k|a_{ki}^2$")
        longest = max((width_of(name, points("ytick.labelsize")) for name in order), default=0.0)
        held_by = "each input" if groups is None else "each group of inputs"
        said = f"What {held_by} holds of {total} {whole:.4g}{scaled}"
        title(axes, said, beside=longest)
        return cls(axes, figure, bars)


def _singles(spikes: RidgeMeasure, parts: Floats) -> dict[str, float]:
    names = spikes.names.features or [f"$x_{{{i + 1}}}$" for i in range(spikes.dim)]
    return dict(zip(names, parts.tolist(), strict=True))


def _summed(spikes: RidgeMeasure, parts: Floats, groups: Groups) -> dict[str, float]:
    names = spikes.names.features or ()
    left = dict(enumerate(parts.tolist()))
    sums: dict[str, float] = {}
    for group, members in groups.items():
        sums[group] = 0.0
        for member in members:
            index = names.index(member) if isinstance(member, str) and member in names else member
            if not isinstance(index, int) or not 0 <= index < spikes.dim:
                known = f"one of {', '.join(names)}" if names else f"0 to {spikes.dim - 1}"
                raise ValueError(f"groups: expected inputs, {known}, got {member!r} in {group!r}; correct it")
            if index not in left:
                raise ValueError(f"groups: expected each input in one group, got {member!r} in two; leave one out")
            sums[group] += left.pop(index)
    if left:
        sums["the rest"] = sum(left.values())
    return sums
