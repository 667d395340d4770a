"""What probing along lines found: the spikes, and how well they explain the function."""

from __future__ import annotations

from dataclasses import dataclass

from radon_nn._support import notebooks
from radon_nn._support.public import public
from radon_nn._support.wording import counted
from radon_nn.geometry.domains import Ball
from radon_nn.measures.ridge import RidgeMeasure
from radon_nn.measures.spike_list import SpikeResult

CONFIDENCE = 0.95
"""Of the statement about what no fresh point met."""


def points_of_each_kind(dim: int) -> int:
    """
    The number of fresh points in the ball, near its center, and on its surface, that a verdict rests on.

    Parameters
    ----------
    dim : int
        Dimension d.

    Returns
    -------
    int
        Enough for an affine fit, and for a statement about all but 1.2 % of the ball.
    """
    return 256 + 2 * (dim + 1)


@public
@dataclass(frozen=True)
class ProbeFit(SpikeResult):
    """
    The result of `probe_spikes`: the spikes, and how well they explain the function.

    Parameters
    ----------
    measure : RidgeMeasure
        The spikes and the affine part.
    domain : Ball
        The domain searched.
    queries : int
        Number of points at which the function was evaluated.
    lines : int
        Number of lines searched.
    relative_error : float
        Root mean square of f - measure over that of f - its best affine fit, at fresh points of the domain, of which a
        third lies on its surface.
    max_error : float
        Largest |f - measure| at these points, in units of f.
    unresolved : tuple of str
        What could not be resolved, and where, in words; empty if everything is explained.
    exact : bool
        Whether the last lines showed nothing more, and fresh points agree to the tolerance asked for, or to rounding.

    See Also
    --------
    probe_spikes : What returns it.

    Notes
    -----
    "Explained" is measured at random points that the fit did not use, in the ball, near its center and on its surface.
    A neuron that none of them met is missed, such as one that cuts a small cap off the ball. Where n points of a kind
    are drawn, the error exceeds the largest one found on less than 1 - 0.05^(1/n) of the ball, or of its surface, with
    95 % confidence. `docs/words.md` says what the words of other results mean.

    Examples
    --------
    >>> from radon_nn import ShallowNetwork, probe_spikes
    >>> hidden = ShallowNetwork([[1.0, 0.5], [-0.3, 1.0]], [0.2, -0.1], [1.0, -2.0])
    >>> found = probe_spikes(lambda x: hidden(x), 2)
    >>> len(found), found.exact
    (2, True)
    """

    measure: RidgeMeasure
    domain: Ball
    queries: int
    lines: int
    relative_error: float
    max_error: float
    unresolved: tuple[str, ...]
    exact: bool

    @property
    def interrupted(self) -> bool:
        """Whether the search was interrupted from the keyboard, and the spikes are those found until then."""
        return "interrupted" in self.unresolved

    def __repr__(self) -> str:
        return notebooks.one_line(f"<ProbeFit: {self}>")

    def __str__(self) -> str:
        each = points_of_each_kind(self.measure.dim)
        verdict = f"NOT fully explained ({'; '.join(self.unresolved)}): "
        sure = ""
        if self.exact:
            verdict = f"explained at {3 * each} fresh points: "
            missed = 1 - (1 - CONFIDENCE) ** (1 / each)
            sure = (
                f", and no larger on all but {missed:.2g} of the ball and of its surface ({CONFIDENCE:.0%} confidence)"
            )
        return (
            f"{counted(len(self.measure), 'spike')}, R-TV {self.measure.rtv:.6g}, on {self.domain!r}; the function is "
            f"{verdict}relative error {self.relative_error:.2g}, largest error {self.max_error:.2g}{sure}, by "
            f"{counted(self.queries, 'query')} on and beside {counted(self.lines, 'line')}"
        )
