"""What the estimators share: a fit, its attributes, and the choice of a decay along a path."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import check_cv
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from radon_nn._support import checks
from radon_nn._support.types import Floats
from radon_nn.fitting._loss_problem import LossProblem
from radon_nn.fitting._vector_pursuit import LossStoppedError
from radon_nn.fitting.certified_loss_fit import LossFit
from radon_nn.fitting.losses import Loss
from radon_nn.fitting.many_outputs import Limits, fit_losses, largest_useful_decay, options_of
from radon_nn.geometry.naming import Names, Table
from radon_nn.networks.shallow import ShallowNetwork

_ROUGH = 1e-2
"""Gap of the fits that are only compared: a hundredth of the objective moves predictions less than folds differ."""
_TOO_SHORT = (
    "seconds: expected enough for one decay to be tried on all parts, which was not so ({}); allow more time, "
    "seconds=600, or give a decay to RTVRegressor or RTVClassifier"
)


class Bound(NamedTuple):
    """
    What is known of the optimum.

    Parameters
    ----------
    lower : float
        A lower bound for the objective of every network of any width.
    objective : float
        The objective of the network.
    gap : float
        Their difference.
    certified : bool
        Whether the search behind the bound is exact, so that the gap can close: the points span at most three
        dimensions.

    See Also
    --------
    RTVRegressor : Has one as certificate_.
    radon_nn.LossFit.certificate : The search anew.

    Examples
    --------
    >>> import numpy as np
    >>> from radon_nn.estimators import RTVRegressor
    >>> x = np.linspace(-1, 1, 31)[:, None]
    >>> bound = RTVRegressor(decay=0.01).fit(x, np.abs(x[:, 0])).certificate_
    >>> bound.lower <= bound.objective, bound.certified
    (True, True)
    """

    lower: float
    objective: float
    gap: float
    certified: bool


class Data(NamedTuple):
    """
    Training data as the fits take it.

    Parameters
    ----------
    points : ndarray, shape (n, d)
        Points.
    targets : ndarray, shape (n,) or (n, o)
        Targets.
    weights : ndarray, shape (n,)
        Weights.
    """

    points: Floats
    targets: Floats
    weights: Floats

    def part(self, rows: NDArray[np.intp]) -> Data:
        """Some of the rows."""
        return Data(self.points[rows], self.targets[rows], self.weights[rows])


class RTVEstimator(BaseEstimator):
    """A network of least loss plus weight decay, over all widths; `RTVRegressor` and `RTVClassifier` derive from it."""

    loss: str | Loss
    affine: bool | str
    affine_decay: float
    metric: ArrayLike | None
    tol: float
    seconds: float | None
    random_state: int | None

    def _loss(self) -> str | Loss:
        """The loss of the fit."""
        return self.loss

    def _checked(self, X: Any, y: Any, sample_weight: ArrayLike | None, **options: Any) -> tuple[Floats, Any, Floats]:
        """The data, checked as scikit-learn does."""
        X, y = validate_data(self, X, y, dtype=np.float64, **options)
        return X, y, _check_sample_weight(sample_weight, X, dtype=np.float64)

    def _problem(self, data: Data) -> LossProblem:
        options = options_of(data.points, self._loss(), self.affine, self.affine_decay, self.metric)
        return LossProblem.of(data.points, data.targets, data.weights, options)

    def _limits(self, tol: float) -> Limits:
        seed = self.random_state
        return Limits(tol, self.seconds, None, 0 if seed is None else seed, prove=False)

    def _fitted(self, data: Data, decay: float, outputs: Sequence[str] | None = None) -> None:
        """Fit, and set the attributes."""
        self._take(fit_losses(self._problem(data), [decay], self._limits(self.tol))[0], outputs)

    def _take(self, result: LossFit, outputs: Sequence[str] | None) -> None:
        features = getattr(self, "feature_names_in_", None)
        names = Names(None if features is None else list(map(str, features)), outputs)
        result = result.named(names) if names else result
        self.fit_, self.network_ = result, result.network
        self.certificate_ = Bound(result.lower, result.objective, result.gap, result.certified)
        self.stopped_ = "" if result.settled else result.stopped
        self.n_iter_ = max(1, int(result.refinement.at[-1]))
        if not result.settled:
            warnings.warn(
                f"{type(self).__name__}: the gap is {result.gap:.3g} of {result.objective:.6g}: {result.stopped}",
                ConvergenceWarning,
                stacklevel=3,
            )

    @property
    def spikes_(self) -> Table:
        """The neurons as a table: a column each for masses, offsets and directions, as pandas.DataFrame takes it."""
        check_is_fitted(self, "fit_")
        table: Table = self.fit_.to_table()
        return table

    def _scores(self, X: Any) -> Floats:
        """The network's outputs at checked points, (n,) or (n, o)."""
        check_is_fitted(self, "fit_")
        X = validate_data(self, X, dtype=np.float64, reset=False)
        network: ShallowNetwork = self.network_
        return network(X)


class Path(NamedTuple):
    """
    Decays compared by cross-validation.

    Parameters
    ----------
    decays : ndarray, shape (k,)
        The decays, largest first.
    losses : ndarray, shape (k, folds)
        Mean loss at the points left out; NaN where the fit did not reach its tolerance.
    """

    decays: Floats
    losses: Floats

    @property
    def best(self) -> float:
        """The decay of least mean loss, of those whose losses are all known."""
        return float(self.decays[np.nanargmin(self.losses.mean(axis=1))])


def compared(
    estimator: RTVEstimator, data: Data, labels: Any, decays: int | Iterable[float], eps: float, cv: Any
) -> Path:
    """
    Mean losses at points left out, for decays along one path for each part.

    Parameters
    ----------
    estimator : RTVEstimator
        Says what is minimised.
    data : Data
        The data.
    labels : array_like, shape (n,) or (n, o)
        The targets as given, by which classifiers are split.
    decays : int or iterable of float
        The decays, or how many from `decay_max` down.
    eps : float
        The smallest of so many, relative to the largest.
    cv : int, splitter or iterable
        How to split, as scikit-learn takes it.

    Returns
    -------
    Path
        The comparison.

    Raises
    ------
    ValueError
        If no decay was tried on all parts in time.
    """
    whole = estimator._problem(data)
    if isinstance(decays, (int, np.integer)):
        try:
            top = largest_useful_decay(whole, estimator._limits(_ROUGH))
        except LossStoppedError as stop:
            raise ValueError(_TOO_SHORT.format(stop)) from None
        # Affine data: the fit is the same at any decay.
        top = top if top > 0 else 1.0
        tried = np.geomspace(top, checks.positive(eps, "eps") * top, checks.count(int(decays), "decays"))
    else:
        tried = np.array(sorted({checks.positive(each, "decays") for each in decays}, reverse=True))
    loss, total, columns, why = whole.options.loss, data.weights.sum(), [], ""
    targets = loss.targets(data.targets)
    for train, test in check_cv(cv, labels, classifier=hasattr(estimator, "decision_function")).split(
        data.points, labels
    ):
        part = data.part(train)
        # The sum of losses is over fewer points: a decay for all of them is that much smaller here.
        share = part.weights.sum() / total
        fits = fit_losses(estimator._problem(part), (share * tried).tolist(), estimator._limits(_ROUGH))
        if any(each.stopped.startswith("interrupted") for each in fits):
            raise KeyboardInterrupt
        why = next((each.stopped for each in fits if not each.settled), why)
        seen, weights = targets[test], data.weights[test]
        columns.append([_mean_loss(loss, each, data.points[test], seen, weights) for each in fits])
    path = Path(tried, np.array(columns).T)
    left = int(np.count_nonzero(np.isnan(path.losses).any(axis=1)))
    if left == len(tried):
        raise ValueError(_TOO_SHORT.format(why))
    if left:
        warnings.warn(
            f"{type(estimator).__name__}: {left} of {len(tried)} decays could not be tried on all parts ({why}); the "
            f"best of the others, {path.best:.3g}, is taken",
            ConvergenceWarning,
            stacklevel=3,
        )
    return path


def _mean_loss(loss: Loss, fitted: LossFit, points: Floats, targets: Floats, weights: Floats) -> float:
    if not fitted.settled:
        return math.nan
    values = loss.value(fitted(points).reshape(len(points), -1), targets)
    total = float(weights.sum())
    return float(weights @ values) / total if total > 0 else 0.0
