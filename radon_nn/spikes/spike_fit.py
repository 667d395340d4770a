"""The result of a search in the transform: spikes, their standard errors, and how well they explain the function."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from radon_nn._support import notebooks
from radon_nn._support.public import public
from radon_nn._support.types import Floats
from radon_nn._support.wording import counted
from radon_nn.geometry.domains import Ball
from radon_nn.measures.ridge import RidgeMeasure
from radon_nn.measures.spike_list import SpikeResult


@public
class SpikeErrors(NamedTuple):
    """
    Standard errors of spikes: what noise of the stated size in the samples does to a least-squares fit.

    Parameters
    ----------
    directions : ndarray, shape (s,)
        Root mean square errors of the directions, in radians.
    offsets : ndarray, shape (s,)
        Standard errors of the offsets, in the units of x.
    masses : ndarray, shape (s, o)
        Standard errors of the masses.

    See Also
    --------
    radon_nn.SpikeFit : The spikes and their errors.

    Examples
    --------
    >>> import numpy as np
    >>> errors = SpikeErrors(np.array([0.01]), np.array([0.005]), np.array([[0.2]]))
    >>> errors.masses.shape
    (1, 1)
    """

    directions: Floats
    offsets: Floats
    masses: Floats


@public
@dataclass(frozen=True)
class SpikeFit(SpikeResult):
    """
    The result of `find_spikes`: the spikes, and how well they explain the function.

    Parameters
    ----------
    measure : RidgeMeasure
        The spikes and the affine part.
    domain : Ball
        The domain searched.
    samples : int
        Number of samples used.
    relative_error : float
        Root mean square of f - measure over that of f - its best affine fit.
    max_error : float
        Largest |f - measure| at a sample, in units of f.
    rounds : int
        Number of times the residual was searched.
    exact : bool
        Whether the relative error is at most the tolerance asked for, or the misfit at most the noise of the values
        as measured or as their type rounds them.
    interrupted : bool
        Whether the search was interrupted from the keyboard, and the spikes are those found until then.
    queries : int
        Number of further points at which the function was evaluated, by probing along lines.
    noise : float
        Standard deviation of the samples' noise, where the spikes leave nothing else: what is left over looks like
        white noise, and no further spike would be significant. Otherwise 0.
    errors : SpikeErrors, optional
        Standard errors of the spikes, in their order; they hold where the function is explained.

    See Also
    --------
    find_spikes : What returns it.

    Notes
    -----
    "Explained" is said of the samples, and is no theorem about the function: a neuron that no sample met is missed.
    `docs/words.md` says what the words of other results mean.

    Examples
    --------
    >>> from radon_nn import Grid, ShallowNetwork, find_spikes
    >>> hidden = ShallowNetwork([[1.0, 0.5], [-0.3, 1.0]], [0.2, -0.1], [1.0, -2.0])
    >>> found = find_spikes(lambda x: hidden(x), Grid.cube(64))
    >>> len(found), found.exact
    (2, True)
    """

    measure: RidgeMeasure
    domain: Ball
    samples: int
    relative_error: float
    max_error: float
    rounds: int
    exact: bool
    interrupted: bool = False
    queries: int = 0
    noise: float = 0.0
    errors: SpikeErrors | None = None

    @property
    def explained(self) -> bool:
        """Whether the spikes explain the function, exactly or up to noise."""
        return self.exact or self.noise > 0

    def __repr__(self) -> str:
        return notebooks.one_line(f"<SpikeFit: {self}>")

    def __str__(self) -> str:
        verdict = f"NOT fully explained{' (interrupted)' * self.interrupted}"
        if self.exact:
            verdict = "explained"
        elif self.noise > 0:
            verdict = f"explained up to noise of standard deviation {self.noise:.2g}"
        return (
            f"{counted(len(self.measure), 'spike')}, R-TV {self.measure.rtv:.6g}, on {self.domain!r}; the samples are "
            f"{verdict}: relative error {self.relative_error:.2g}, largest error {self.max_error:.2g} at "
            f"{counted(self.samples, 'sample')}" + f" and {counted(self.queries, 'further point')}" * (self.queries > 0)
        )
