"""Pictures that move: training as a film, and the kink planes of three inputs turning."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from radon_nn._support import checks
from radon_nn.displays.film import Film
from radon_nn.displays.turntable import Turntable
from radon_nn.fitting.certified_fit import Fit
from radon_nn.fitting.certified_loss_fit import LossFit
from radon_nn.geometry.domains import Domain
from radon_nn.measures.ridge import RidgeMeasure
from radon_nn.networks.shallow import ShallowNetwork
from radon_nn.plot._view import asked
from radon_nn.tracking import SpikeTracker


def film(
    tracker: SpikeTracker | Sequence[Fit] | Sequence[LossFit],
    *,
    frames: int = 200,
    reach: float | None = None,
    title: str | None = None,
) -> Film:
    """
    A film of spikes in the course of training, or along a path of decays.

    Spikes of two inputs lie in (angle, offset), those of one input in (offset, mass).

    Parameters
    ----------
    tracker : SpikeTracker or sequence of Fit
        Its records, of networks of one or two inputs; of deep ones, the first layer is drawn. Or what `fit_path`
        returned.
    frames : int
        The most frames; of more records, as many are taken at even distances, the first and the last among them.
    reach : float, optional
        The largest |offset| in the frame; that of the spikes that matter in the end if not given.
    title : str, optional
        A title for the whole; what it shows if not given.

    Returns
    -------
    Film
        `save("film.gif")` or `save("film.html")` writes it, `frame(k)` is one picture, and a notebook plays it.

    Raises
    ------
    ValueError
        If there are no records, or the networks have more than two inputs or a smooth activation.
    """
    most = checks.count(frames, "frames")
    chosen = np.unique(np.linspace(0, len(tracker) - 1, min(most, len(tracker))).astype(int))
    if title is None:
        title = "Spikes while learning" if isinstance(tracker, SpikeTracker) else "Spikes as weight decay changes"
    return Film([tracker[int(k)] for k in chosen], reach=reach, title=title)


def turntable(
    network: ShallowNetwork | RidgeMeasure,
    *,
    domain: Domain | None = None,
    planes: int = 9,
    frames: int = 48,
    title: str = "",
) -> Turntable:
    """
    The heaviest kink planes of a function of three variables, each cut to a ball, turning.

    Parameters
    ----------
    network : ShallowNetwork or RidgeMeasure
        Of three inputs and a piecewise linear activation, or its measure.
    domain : Ball, Cuboid or Hull, optional
        The ball to show, or a domain whose surrounding ball is shown; the unit ball if not given.
    planes : int
        The most planes, the heaviest.
    frames : int
        Frames of a whole turn.
    title : str
        A title for the whole.

    Returns
    -------
    Turntable
        `save("turntable.gif")` or `save("turntable.html")` writes it, `frame(k)` is one picture, and a notebook plays
        it.

    Raises
    ------
    ValueError
        If the function is not of three variables, or has a smooth activation.
    """
    measure = network if isinstance(network, RidgeMeasure) else network.measure()
    return Turntable(measure, domain=asked(domain, 3).domain, planes=planes, frames=frames, title=title)
