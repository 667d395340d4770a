"""The weight decay that predicts best what a fit has not seen, by cross-validation."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from time import monotonic

import numpy as np
from numpy.typing import ArrayLike, NDArray

from radon_nn._support import checks, notebooks
from radon_nn._support.blas import one_blas_thread
from radon_nn._support.public import public
from radon_nn._support.types import Floats, Indices, Progress
from radon_nn._support.wording import counted
from radon_nn.fitting._problem import Problem
from radon_nn.fitting._pursuit import Pursuit
from radon_nn.fitting.many_outputs import Limits, options_of
from radon_nn.fitting.weight_decay import fits_at

_DECAYS = np.geomspace(0.3, 3e-4, 10)
"""Decays tried, as fractions of the least at which the fit is affine: factors of two, as finely as folds tell apart."""
_ROUGH = 1e-2
"""Gap of the fits that are only compared: a hundredth of the objective moves predictions less than folds differ."""


@public
@dataclass(frozen=True, eq=False, repr=False)
class DecayChoice:
    """
    Weight decays compared by cross-validation.

    Parameters
    ----------
    decay : float
        The decay of least error.
    decays : ndarray, shape (k,)
        The decays tried, largest first.
    errors : ndarray, shape (k,)
        Root mean square error of prediction at points left out, in units of the values.
    folds : int
        Number of parts of the data, each of which was left out once.
    complete : bool
        Whether all folds and decays were tried before the time was over.

    See Also
    --------
    choose_decay : What returns it.

    Examples
    --------
    >>> import numpy as np
    >>> from radon_nn import choose_decay
    >>> x = np.linspace(-1, 1, 21)
    >>> choice = choose_decay(x, np.abs(x), decays=[0.001, 0.1, 10.0])
    >>> choice.decay
    0.001
    """

    decay: float
    decays: Floats
    errors: Floats
    folds: int
    complete: bool

    def __repr__(self) -> str:
        best = float(np.min(self.errors))
        short = "" if self.complete else "; the time was over before all were tried"
        found = (
            f"{self.decay:.4g} of {counted(len(self.decays), 'decay')}, error {best:.4g} in {self.folds} folds{short}"
        )
        return notebooks.one_line(f"<DecayChoice: {found}>")

    def to_table(self) -> dict[str, NDArray[np.generic]]:
        """
        The comparison as a table: a row for each decay.

        Returns
        -------
        dict of str to ndarray, shape (k,)
            Columns decay and error.
        """
        return {"decay": self.decays, "error": self.errors}


@one_blas_thread()
def choose_decay(
    points: ArrayLike,
    values: ArrayLike,
    *,
    decays: Sequence[float] | None = None,
    folds: int = 5,
    seconds: float | None = None,
    progress: Progress | None = None,
    rng: int | np.random.Generator = 0,
) -> DecayChoice:
    """
    Choose the weight decay of `fit` by cross-validation.

    The data are split at random into parts of equal size; copies of one point stay together. For each part, `fit_path`
    is run on the others and its predictions are compared with the values of that part.

    Parameters
    ----------
    points : array_like, shape (n, d) or (n,)
        Points.
    values : array_like, shape (n,)
        Values.
    decays : sequence of float, optional
        Decays to try; if not given, ten from 0.3 to 3e-4 times the least decay at which the fit is affine.
    folds : int
        Number of parts.
    seconds : float, optional
        Stop after this time, with the folds done until then.
    progress : callable, optional
        Called with a line of text after each fold.
    rng : int or Generator
        Seed of the split.

    Returns
    -------
    DecayChoice
        The decay of least error, and the errors of all.

    Raises
    ------
    ValueError
        If shapes disagree, or there are too few points to leave a part out.

    See Also
    --------
    fit : Fit with the decay chosen.

    Examples
    --------
    >>> x = np.linspace(-1, 1, 21)
    >>> choose_decay(x, np.abs(x), decays=[0.001, 0.1, 10.0]).decay
    0.001
    """
    problem = Problem.of(points, values, averaging=True)
    parts = checks.count(folds, "folds", least=2)
    x, y = np.asarray(points, np.float64), np.asarray(values, np.float64).reshape(-1)
    x = x[:, None] if x.ndim == 1 else x
    fold = _folds(x, parts, problem, rng)
    if decays is None:
        tried = affine_decay(problem) * _DECAYS
    else:
        tried = np.array(sorted({checks.positive(float(decay), "decay") for decay in decays}, reverse=True))
    squares, done, count, begin = np.zeros(len(tried)), 0, 0, monotonic()
    limit = checks.time_limit(seconds)
    for part in range(parts):
        left = max(limit - (monotonic() - begin), 1e-3) / (parts - part)
        out = fold == part
        # The sum of squares is over fewer points: a decay for all of them is that much smaller here.
        kept = float(np.count_nonzero(~out)) / len(x)
        limits = Limits(_ROUGH, left, prove=False)
        options = options_of(x, "squared", True, 0.0, None)
        fits = fits_at(x[~out], y[~out], (kept * tried).tolist(), options, None, limits, None, None)
        if any(each.stopped == "interrupted" for each in fits):
            raise KeyboardInterrupt
        squares += [float(np.sum((each(x[out]) - y[out]) ** 2)) for each in fits]
        done, count = part + 1, count + int(out.sum())
        spent = monotonic() - begin
        if progress is not None:
            errors = np.sqrt(squares / count)
            progress(
                f"part {done} of {parts} left out: decay {tried[np.argmin(errors)]:.3g} predicts best so far, error "
                f"{errors.min():.3g}; about {spent / done * (parts - done):.0f} s left"
            )
        if spent > limit:
            break
    errors = np.sqrt(squares / count)
    return DecayChoice(float(tried[np.argmin(errors)]), tried, errors, parts, done == parts)


def affine_decay(problem: Problem) -> float:
    """
    The least decay at which the fit is affine.

    Parameters
    ----------
    problem : Problem
        The data.

    Returns
    -------
    float
        The decay, in units of f times x; positive.
    """
    top = Pursuit(problem, seconds=None, progress=None, rng=0).start()
    return top * problem.unit * problem.scale if top > 0 else 1.0


def _folds(x: Floats, parts: int, problem: Problem, rng: int | np.random.Generator) -> Indices:
    """The part of each point; copies share theirs, and any part can be left out."""
    distinct, back = np.unique(x, axis=0, return_inverse=True)
    least = problem.dim + 2 + math.ceil(len(distinct) / parts)
    if len(distinct) < max(least, parts):
        raise ValueError(
            f"points: expected at least {max(least, parts)} distinct ones, to leave out one of "
            f"{counted(parts, 'part')}, got {len(distinct)}; give a decay, decay=0.1, instead"
        )
    order = np.random.default_rng(rng).permutation(len(distinct))
    label = np.empty(len(distinct), np.int64)
    label[order] = np.arange(len(distinct)) % parts
    return label[back.reshape(-1)]
