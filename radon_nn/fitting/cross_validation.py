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
from radon_nn.fitting._pursuit import LATE, Pursuit, StoppedError
from radon_nn.fitting._squares_path import SquaresPath
from radon_nn.fitting.certificate import prepare

_DECAYS = np.geomspace(0.3, 3e-4, 10)
"""Decays tried, as fractions of the least at which the fit is affine: factors of two, as finely as folds tell apart."""
_ROUGH = 1e-2
"""Gap of the fits that are only compared: a hundredth of the objective moves predictions less than folds differ."""
_NO_TIME = 1e-3
"""Seconds for a path where none are left: it looks at the clock once, and says so."""
_MANY = 4000
"""Points from which on the orders of all angles about all points, 64 MB or more, are kept for one path at a time."""


@public
@dataclass(frozen=True, eq=False, repr=False)
class DecayChoice:
    """
    Weight decays compared by cross-validation.

    Parameters
    ----------
    decay : float
        The decay of least error, of those whose error is known.
    decays : ndarray, shape (k,)
        The decays to try, largest first.
    errors : ndarray, shape (k,)
        Root mean square error of prediction at points left out, in units of the values; NaN, for not known, where the
        fit without some part of the data was not made, or did not reach its tolerance.
    folds : int
        Number of parts of the data, each of which was left out once.
    complete : bool
        Whether all errors are known: at each decay, the fit without each part reached its tolerance.
    stopped : str
        Why errors are missing, if some are.

    See Also
    --------
    choose_decay : What returns it.

    Examples
    --------
    >>> import numpy as np
    >>> from radon_nn import choose_decay
    >>> x = np.linspace(-1, 1, 21)
    >>> choice = choose_decay(x, np.abs(x), decays=[0.001, 0.1, 10.0])
    >>> choice.decay, choice.complete
    (0.001, True)
    >>> choice.note
    'the least decay of those tried; smaller ones may predict better'
    """

    decay: float
    decays: Floats
    errors: Floats
    folds: int
    complete: bool
    stopped: str = ""

    @property
    def tried(self) -> int:
        """How many decays have an error that is known."""
        return int(np.count_nonzero(np.isfinite(self.errors)))

    @property
    def error(self) -> float:
        """The error of the decay chosen."""
        return float(np.nanmin(self.errors))

    @property
    def note(self) -> str:
        """What to know of a choice that is the least or the largest decay tried; otherwise empty."""
        known = self.decays[np.isfinite(self.errors)]
        if self.tried == len(self.decays) and self.error == np.max(self.errors):
            # One decay, or data that are affine: there is nothing to compare.
            return ""
        if self.decay == known.min():
            return "the least decay of those tried; smaller ones may predict better"
        if self.decay == known.max():
            return "the largest decay of those tried; larger ones may predict better"
        return ""

    def __repr__(self) -> str:
        return notebooks.one_line(f"<DecayChoice: {self}>")

    def __str__(self) -> str:
        among = counted(self.tried, "decay")
        if not self.complete:
            among += f" tried, of {len(self.decays)} ({self.stopped})"
        note = f"; {self.note}" if self.note else ""
        return f"best of {among}: {self.decay:.4g}, error {self.error:.4g} in {self.folds} folds{note}"

    def to_table(self) -> dict[str, NDArray[np.generic]]:
        """
        The comparison as a table: a row for each decay.

        Returns
        -------
        dict of str to ndarray, shape (k,)
            Columns decay and error; NaN where the error is not known.
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

    The data are split at random into parts of equal size; copies of one point stay together. Without each part a path
    of fits is followed, from the largest decay down, and their predictions are compared with the values of that part.
    All paths take a step before any takes the next, so that a limit of time leaves out the smallest decays only.

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
        Stop after this time, with the decays tried until then.
    progress : callable, optional
        Called with a line of text after each decay.
    rng : int or Generator
        Seed of the split.

    Returns
    -------
    DecayChoice
        The decay of least error, and the errors of all that were tried.

    Raises
    ------
    ValueError
        If shapes disagree, there are too few points to leave a part out, or no decay was tried on all parts in time.

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
    limit = checks.time_limit(seconds)
    prepare(problem.dim)
    begin = monotonic()
    if decays is None:
        tried = _default_decays(problem, seconds)
    else:
        tried = np.array(sorted(set(checks.positives(decays, "decays", least=1)), reverse=True))
    paths: list[_PathWithoutPart] = []
    errors, why = np.full(len(tried), np.nan), ""
    for k, decay in enumerate(tried):
        last, squares = monotonic(), 0.0
        for part in range(parts):
            if part == len(paths):
                left = max(limit - (monotonic() - begin), _NO_TIME)
                paths.append(_PathWithoutPart.of(x, y, fold == part, float(tried[0]), left))
            missed, stopped = paths[part].error_at(float(decay))
            squares, why = squares + missed, stopped or why
            if why == LATE:
                break
        if why == LATE:
            break
        errors[k] = math.sqrt(squares / len(x))
        if progress is not None and not np.isnan(errors).all():
            best, more = tried[np.nanargmin(errors)], len(tried) - k - 1
            rest = f"; at least about {(monotonic() - last) * more:.0f} s left" if more else ""
            progress(
                f"decay {decay:.3g} tried, {k + 1} of {len(tried)}: error {errors[k]:.3g}; decay {best:.3g} predicts "
                f"best so far{rest}"
            )
    if np.isnan(errors).all():
        raise ValueError(_too_short(parts, why))
    complete = not np.isnan(errors).any()
    return DecayChoice(float(tried[np.nanargmin(errors)]), tried, errors, parts, complete, "" if complete else why)


def _too_short(parts: int, why: str) -> str:
    """What to do where no decay was tried."""
    return (
        f"seconds: expected enough for one decay to be tried on all {parts} parts, which was not so ({why}); allow "
        "more time, seconds=600, or give a decay, decay=0.1"
    )


@dataclass
class _PathWithoutPart:
    """The fits without one part of the data, at falling decays."""

    path: SquaresPath
    pursuit: Pursuit
    points: Floats
    values: Floats
    share: float

    @classmethod
    def of(cls, x: Floats, y: Floats, out: NDArray[np.bool_], first: float, seconds: float) -> _PathWithoutPart:
        """The path from a first decay down, within a time."""
        problem = Problem.of(x[~out], y[~out], averaging=True)
        pursuit = Pursuit(problem, seconds=seconds, progress=None, rng=0)
        pursuit.proving = False
        # The sum of squares is over fewer points: a decay for all of them is that much smaller here.
        share = float(np.count_nonzero(~out)) / len(x)
        return cls(SquaresPath(pursuit, _ROUGH, share * first, None), pursuit, x[out], y[out], share)

    def error_at(self, decay: float) -> tuple[float, str]:
        """The sum of squared errors at the part left out, or NaN and why the fit did not reach its tolerance."""
        fitted = self.path.fit(self.share * decay)
        if len(self.pursuit.problem.points) > _MANY:
            self.pursuit.search.forget()
        if fitted.stopped.startswith("interrupted"):
            raise KeyboardInterrupt
        if not fitted.settled:
            return math.nan, LATE if self.pursuit.late() else fitted.stopped
        return float(np.sum((fitted(self.points) - self.values) ** 2)), ""


def _default_decays(problem: Problem, seconds: float | None) -> Floats:
    """Decays relative to the one from which on the fit is affine."""
    try:
        # From three dimensions on, what ascents find will do: within 3e-5, for 60 and 400 points in d = 3, 4 and 6.
        top = Pursuit(problem, seconds=seconds, progress=None, rng=0).start(goal=0.0)
    except StoppedError as late:
        raise ValueError(
            f"seconds: expected enough to find decays to try, which was not so ({late}); allow more time, "
            "seconds=600, or give a decay, decay=0.1"
        ) from None
    return np.asarray((top * problem.unit * problem.scale if top > 0 else 1.0) * _DECAYS)


def _folds(x: Floats, parts: int, problem: Problem, rng: int | np.random.Generator) -> Indices:
    """The part of each point; copies share theirs, and any part can be left out."""
    distinct, back = np.unique(x, axis=0, return_inverse=True)
    least = problem.dim + 2 + math.ceil(len(distinct) / parts)
    if len(distinct) < max(least, parts):
        raise ValueError(
            f"points: expected at least {max(least, parts)} distinct ones, to leave out one of "
            f"{counted(parts, 'part')}, got {len(distinct)}; give a decay, decay=0.1, instead"
        )
    order = checks.generator(rng).permutation(len(distinct))
    label = np.empty(len(distinct), np.int64)
    label[order] = np.arange(len(distinct)) % parts
    return label[back.reshape(-1)]
