"""What the pictures of a path of fits read from it: decays, penalties, losses, and the lines that bound these."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from radon_nn._support.types import Floats
from radon_nn.fitting.certified_fit import Fit
from radon_nn.fitting.certified_loss_fit import LossFit


class Course(NamedTuple):
    """
    A path by falling decays.

    Parameters
    ----------
    fits : list of Fit or of LossFit
        The fits.
    decays, penalties : ndarray, shape (n,)
        Their decays and penalties.
    losses : ndarray, shape (n,)
        Their losses, with what `affine_decay` adds.
    """

    fits: list[Fit | LossFit]
    decays: Floats
    penalties: Floats
    losses: Floats

    @classmethod
    def of(cls, path: Sequence[Fit] | Sequence[LossFit]) -> Course:
        """
        The course of a path.

        Parameters
        ----------
        path : sequence of Fit or of LossFit
            Fits to the same data, in any order.

        Returns
        -------
        Course
            Sorted.

        Raises
        ------
        ValueError
            If there are no fits, or one has no decay.
        """
        fits: list[Fit | LossFit] = sorted(path, key=lambda fit: -fit.decay)
        if not fits or not fits[-1].decay > 0:
            got = "none" if not fits else "an interpolation, whose decay is 0"
            raise ValueError(f"path: expected fits of positive decays, got {got}; `fit_path` makes them")
        decays = np.array([fit.decay for fit in fits])
        penalties = np.array([fit.penalty if isinstance(fit, LossFit) else fit.rtv for fit in fits])
        objectives = np.array([fit.objective for fit in fits])
        return cls(fits, decays, penalties, objectives - decays * penalties)

    def supports(self) -> Floats:
        """
        The lines of slope -decay through the dots (penalty, loss), each between its crossings with others.

        Returns
        -------
        ndarray, shape (n, 2, 2)
            The ends of each.
        """
        objectives = self.losses + self.decays * self.penalties
        with np.errstate(divide="ignore", invalid="ignore"):
            crossings = np.diff(objectives) / np.diff(self.decays)
        # Equal decays have one line; fits with gaps may cross a little beside their dots.
        between = np.where(np.isfinite(crossings), crossings, self.penalties[1:])
        begins = np.minimum(np.append(self.penalties[0], between), self.penalties)
        ends = np.maximum(np.append(between, self.penalties[-1]), self.penalties)
        x = np.stack([begins, ends], axis=1)
        return np.stack([x, objectives[:, None] - self.decays[:, None] * x], axis=2)
