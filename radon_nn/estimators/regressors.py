"""Regression by networks of least R-TV."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import MultiOutputMixin, RegressorMixin

from radon_nn._support.types import Floats
from radon_nn.estimators._base import Data, RTVEstimator, compared
from radon_nn.fitting.losses import Loss


class RTVRegressor(MultiOutputMixin, RegressorMixin, RTVEstimator):
    """
    The network of least loss plus weight decay over all widths, sum_i w_i l(f(x_i), y_i) + decay R-TV(f).

    Points in a subspace are fitted within it. Where they span at most three dimensions the optimum is certified;
    beyond, the search is a heuristic, for which `radon_nn.fit` seeks a proof in up to six.

    Parameters
    ----------
    decay : float
        Weight decay, for the sum of losses.
    loss : {'squared', 'huber', 'quantile', 'poisson'} or Loss
        The loss. With 'poisson' predictions are means, exp(f).
    affine : True or 'constant'
        See `radon_nn.fit`.
    affine_decay : float
        See `radon_nn.fit`.
    metric : array_like, optional
        See `radon_nn.fit`.
    tol : float
        Stop when the bound is within this fraction of the objective.
    seconds : float, optional
        Stop after this time with the best network so far; so does an interrupt from the keyboard.
    random_state : int, optional
        Seed of the starts of the search, beyond two dimensions.

    Attributes
    ----------
    network_ : ShallowNetwork
        The network, which `radon_nn.save` takes.
    certificate_ : Bound
        The lower bound, objective, gap, and whether they are certified.
    spikes_ : dict of str to ndarray
        The neurons as a table.
    fit_ : LossFit
        The whole result, which `radon_nn.save` takes too: `fit_.certificate()` computes the bound anew.
    stopped_ : str
        Why the search stopped early, if it did.
    n_features_in_ : int
        Number of features.
    feature_names_in_ : ndarray of str
        Their names, if they have any.
    n_iter_ : int
        Searches of all hyperplanes.

    See Also
    --------
    RTVRegressorCV : Chooses the decay.
    radon_nn.fit : The function behind it, with the meaning of decay in other libraries.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.linspace(-1, 1, 31)[:, None]
    >>> model = RTVRegressor(decay=0.01).fit(x, np.abs(x[:, 0]))
    >>> model.network_.neurons, model.certificate_.certified
    (1, True)
    """

    def __init__(
        self,
        decay: float = 1.0,
        *,
        loss: str | Loss = "squared",
        affine: bool | str = True,
        affine_decay: float = 0.0,
        metric: ArrayLike | None = None,
        tol: float = 1e-4,
        seconds: float | None = None,
        random_state: int | None = 0,
    ) -> None:
        self.decay = decay
        self.loss = loss
        self.affine = affine
        self.affine_decay = affine_decay
        self.metric = metric
        self.tol = tol
        self.seconds = seconds
        self.random_state = random_state

    def fit(self, X: Any, y: Any, sample_weight: ArrayLike | None = None) -> Self:
        """
        Fit to data.

        Parameters
        ----------
        X : array_like, shape (n, d)
            Points.
        y : array_like, shape (n,) or (n, o)
            Values.
        sample_weight : array_like, shape (n,), optional
            Weights >= 0.

        Returns
        -------
        RTVRegressor
            Itself.
        """
        data = self._data(X, y, sample_weight)
        self._fitted(data, self.decay)
        return self

    def _data(self, X: Any, y: Any, sample_weight: ArrayLike | None) -> Data:
        X, y, weights = self._checked(X, y, sample_weight, multi_output=True, y_numeric=True)
        self._flat = np.ndim(y) == 1
        return Data(X, np.asarray(y, np.float64), weights)

    def predict(self, X: Any) -> Floats:
        """
        Predict values.

        Parameters
        ----------
        X : array_like, shape (n, d)
            Points.

        Returns
        -------
        ndarray, shape (n,) or (n, o)
            Values; for 'poisson' the means.
        """
        scores = self._scores(X)
        scores = np.exp(scores) if self.fit_.loss.name == "poisson" else scores
        return scores if self._flat else scores.reshape(len(scores), -1)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.positive_only = self.loss == "poisson"
        return tags


class RTVRegressorCV(RTVRegressor):
    """
    `RTVRegressor` with the decay chosen by cross-validation along a path.

    For each part of the data, one path of fits with falling decays, each started from the last, is compared with that
    part by the mean loss; then all data are fitted with the best decay. Decays are for all data: those of parts are
    smaller in proportion to their weight.

    Parameters
    ----------
    decays : int or iterable of float
        The decays, or how many from `decay_max` down.
    eps : float
        The smallest of so many, relative to the largest.
    cv : int, splitter or iterable, optional
        How to split, as scikit-learn takes it; five parts if not given.
    loss, affine, affine_decay, metric, tol, seconds, random_state : object
        As for `RTVRegressor`; `seconds` holds for each path.

    Attributes
    ----------
    decay_ : float
        The decay chosen, of those tried on all parts. If it is the first or the last of them, decays beyond it may
        predict better.
    decays_ : ndarray, shape (k,)
        Those compared, largest first.
    cv_losses_ : ndarray, shape (k, folds)
        Mean losses at the points left out; NaN where a fit did not reach its tolerance, for lack of time or by
        rounding.
    network_, certificate_, spikes_, fit_, stopped_, n_features_in_, feature_names_in_, n_iter_
        As for `RTVRegressor`.

    See Also
    --------
    RTVRegressor : One decay.
    radon_nn.choose_decay : The same choice for functions.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.linspace(-1, 1, 30)[:, None]
    >>> model = RTVRegressorCV(decays=5).fit(x, np.abs(x[:, 0]))
    >>> bool(model.decay_ == model.decays_[-1])
    True
    """

    def __init__(
        self,
        decays: int | Iterable[float] = 20,
        *,
        eps: float = 1 / 30,
        cv: Any = None,
        loss: str | Loss = "squared",
        affine: bool | str = True,
        affine_decay: float = 0.0,
        metric: ArrayLike | None = None,
        tol: float = 1e-4,
        seconds: float | None = None,
        random_state: int | None = 0,
    ) -> None:
        self.decays = decays
        self.eps = eps
        self.cv = cv
        self.loss = loss
        self.affine = affine
        self.affine_decay = affine_decay
        self.metric = metric
        self.tol = tol
        self.seconds = seconds
        self.random_state = random_state

    def fit(self, X: Any, y: Any, sample_weight: ArrayLike | None = None) -> Self:
        """
        Choose the decay, and fit to all data.

        Parameters
        ----------
        X : array_like, shape (n, d)
            Points.
        y : array_like, shape (n,) or (n, o)
            Values.
        sample_weight : array_like, shape (n,), optional
            Weights >= 0.

        Returns
        -------
        RTVRegressorCV
            Itself.
        """
        data = self._data(X, y, sample_weight)
        path = compared(self, data, y, self.decays, self.eps, self.cv)
        self.decays_, self.cv_losses_, self.decay_ = *path, path.best
        self._fitted(data, self.decay_)
        return self
