"""Classification by networks of least R-TV."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit, softmax
from sklearn.base import ClassifierMixin
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted

from radon_nn._support.types import Floats
from radon_nn.estimators._base import Data, RTVEstimator, compared
from radon_nn.fitting.losses import Loss

AFFINE_DECAY = 1e-4
"""Bounds the affine part where it separates the classes: scores of n separable points end near log(1/1e-4) = 9, and
probabilities near 0.9999. Where classes overlap it changes probabilities by some 1e-4."""


def _has_probabilities(estimator: RTVClassifier) -> bool:
    return isinstance(estimator.loss, str) and estimator.loss == "log_loss"


class RTVClassifier(ClassifierMixin, RTVEstimator):
    """
    The network of least loss plus weight decay over all widths, sum_i w_i l(f(x_i), y_i) + decay R-TV(f).

    For two classes f is one score. For more, one for each class, with neurons shared between them. Points in a subspace
    are fitted within it. Where they span at most three dimensions the optimum is certified; beyond, the search is a
    heuristic, for which `radon_nn.fit` seeks a proof in up to six.

    Parameters
    ----------
    decay : float
        Weight decay, for the sum of losses.
    loss : {'log_loss', 'hinge', 'squared_hinge'}
        'log_loss' is the logistic loss for two classes, the cross entropy of the softmax for more. For more than two
        classes the hinges are summed over classes, each against all others.
    affine : True or 'constant'
        See `radon_nn.fit`.
    affine_decay : float
        Adds affine_decay/2 times the sum of squares of the affine part at the points, which bounds it where classes
        can be separated; the certificate is for the objective with this. 0 is an error for such classes.
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
    classes_ : ndarray, shape (k,)
        The classes.
    network_ : ShallowNetwork
        The network, whose outputs are scores; `radon_nn.save` takes it.
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
    RTVClassifierCV : Chooses the decay.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.linspace(-1, 1, 30)[:, None]
    >>> model = RTVClassifier(decay=0.1).fit(x, np.where(abs(x[:, 0]) < 0.5, "in", "out"))
    >>> model.score(x, np.where(abs(x[:, 0]) < 0.5, "in", "out"))
    1.0
    """

    def __init__(
        self,
        decay: float = 1.0,
        *,
        loss: str | Loss = "log_loss",
        affine: bool | str = True,
        affine_decay: float = AFFINE_DECAY,
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
        y : array_like, shape (n,)
            Classes, at least two of them.
        sample_weight : array_like, shape (n,), optional
            Weights >= 0.

        Returns
        -------
        RTVClassifier
            Itself.
        """
        data, _ = self._data(X, y, sample_weight)
        self._fitted(data, self.decay, self._outputs())
        return self

    def _loss(self) -> str | Loss:
        if isinstance(self.loss, str) and self.loss == "log_loss":
            return "logistic" if len(self.classes_) == 2 else "cross_entropy"
        return self.loss

    def _outputs(self) -> list[str]:
        return [str(each) for each in (self.classes_[1:] if len(self.classes_) == 2 else self.classes_)]

    def _data(self, X: Any, y: Any, sample_weight: ArrayLike | None) -> tuple[Data, NDArray[Any]]:
        X, y, weights = self._checked(X, y, sample_weight)
        check_classification_targets(y)
        self.classes_, code = np.unique(y, return_inverse=True)
        present = np.unique(code[weights > 0])
        if len(present) < 2:
            raise ValueError(
                f"y: expected samples of at least two classes, got one class, {self.classes_[present].tolist()}; "
                "no network tells it from others"
            )
        if len(self.classes_) == 2:
            return Data(X, code.astype(np.float64), weights), y
        return Data(X, np.eye(len(self.classes_))[code], weights), y

    def decision_function(self, X: Any) -> Floats:
        """
        The scores of the classes.

        Parameters
        ----------
        X : array_like, shape (n, d)
            Points.

        Returns
        -------
        ndarray, shape (n,) or (n, k)
            For two classes the score of the second, positive if it is the likelier one; otherwise one for each class.
        """
        return self._scores(X)

    def predict(self, X: Any) -> NDArray[Any]:
        """
        Predict classes.

        Parameters
        ----------
        X : array_like, shape (n, d)
            Points.

        Returns
        -------
        ndarray, shape (n,)
            The classes of highest score.
        """
        scores = self._scores(X)
        best = (scores > 0).astype(int) if scores.ndim == 1 else scores.argmax(axis=1)
        classes: NDArray[Any] = self.classes_[best]
        return classes

    @available_if(_has_probabilities)
    def predict_proba(self, X: Any) -> Floats:
        """
        The probabilities of the classes; for 'log_loss' only.

        Parameters
        ----------
        X : array_like, shape (n, d)
            Points.

        Returns
        -------
        ndarray, shape (n, k)
            One column for each class.
        """
        check_is_fitted(self, "fit_")
        scores = self._scores(X)
        if scores.ndim == 1:
            return np.column_stack([expit(-scores), expit(scores)])
        return np.asarray(softmax(scores, axis=1))


class RTVClassifierCV(RTVClassifier):
    """
    `RTVClassifier` with the decay chosen by cross-validation along a path.

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
        How to split, as scikit-learn takes it; five parts with the classes in proportion if not given.
    loss, affine, affine_decay, metric, tol, seconds, random_state : object
        As for `RTVClassifier`; `seconds` holds for each path.

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
    classes_, network_, certificate_, spikes_, fit_, stopped_, n_features_in_, feature_names_in_, n_iter_
        As for `RTVClassifier`.

    See Also
    --------
    RTVClassifier : One decay.
    radon_nn.choose_decay : The same choice for functions.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.linspace(-1, 1, 30)[:, None]
    >>> RTVClassifierCV(decays=5).fit(x, abs(x[:, 0]) < 0.5).score(x, abs(x[:, 0]) < 0.5)
    1.0
    """

    def __init__(
        self,
        decays: int | Iterable[float] = 20,
        *,
        eps: float = 1 / 30,
        cv: Any = None,
        loss: str | Loss = "log_loss",
        affine: bool | str = True,
        affine_decay: float = AFFINE_DECAY,
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
        y : array_like, shape (n,)
            Classes, at least two of them.
        sample_weight : array_like, shape (n,), optional
            Weights >= 0.

        Returns
        -------
        RTVClassifierCV
            Itself.
        """
        data, labels = self._data(X, y, sample_weight)
        path = compared(self, data, labels, self.decays, self.eps, self.cv)
        self.decays_, self.cv_losses_, self.decay_ = *path, path.best
        self._fitted(data, self.decay_, self._outputs())
        return self
