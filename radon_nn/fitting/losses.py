"""Convex losses: what a fit needs to know of one, and the losses by name."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from radon_nn._support import checks
from radon_nn._support.public import public
from radon_nn._support.types import Floats

_STEP = 1e-6
"""Step of difference quotients of gradients and of proximal points, relative to the argument and the unit of
predictions: the third root of eps, where rounding and curvature err alike."""
_NEWTON, _ENOUGH = 60, 1e-14
"""Steps of Newton's method for a proximal point, at most, and the relative step at which it ends."""

_SQUARED = "'squared', half the squared errors"
_ABSOLUTE = "'quantile', half the absolute errors"
_LOG = "'logistic' for labels -1 and 1, 'cross_entropy' for classes 0, 1, ..."
_ELSEWHERE = {
    **dict.fromkeys(("mse", "l2", "squared_error", "squared_loss", "mean_squared_error"), _SQUARED),
    **dict.fromkeys(("mae", "l1", "absolute", "absolute_error", "mean_absolute_error"), _ABSOLUTE),
    **dict.fromkeys(("bce", "log", "log_loss", "binary_cross_entropy", "binary_crossentropy"), _LOG),
    **dict.fromkeys(("softmax", "nll", "categorical_crossentropy", "sparse_categorical_crossentropy"), _LOG),
    **dict.fromkeys(("smooth_l1", "huber_loss"), "'huber'"),
    "pinball": "'quantile'",
}
"""Names of other libraries, and what to take instead."""


@public
class Loss:
    """
    A convex loss l(p, y) of a prediction p in R^o and a target y; derive from it to fit with a loss of your own.

    A smooth loss overrides `value`, `gradient` and `conjugate`; a loss with kinks sets `smooth = False` and overrides
    `value`, `prox` and `conjugate`. Override `domain` where the conjugate is not finite everywhere. `curvature` and the
    other of `gradient` and `prox` follow from these. Predictions (n, o) and targets (n, o) come as arrays of rows.

    Attributes
    ----------
    name : str
        What messages call it.
    smooth : bool
        Whether it has a gradient everywhere.
    attains : bool
        Whether the sum over data is always least at some affine function, as for losses made of pieces of lines and
        parabolas. Otherwise a fit checks whether a minimiser exists.
    translates : bool
        Whether it depends on p - y only.
    balanced : bool
        Whether adding one number to all outputs of a prediction changes nothing, so that gradients sum to zero.

    See Also
    --------
    radon_nn.fit : Takes one as its loss.

    Examples
    --------
    A smooth approximation of |p - y|, with the curvature left to differences of the gradient:

    >>> import numpy as np
    >>> class LogCosh(Loss):
    ...     name, translates = "log_cosh", True
    ...     def value(self, p, y):
    ...         return np.log(np.cosh(p - y)).sum(axis=1)
    ...     def gradient(self, p, y):
    ...         return np.tanh(p - y)
    ...     def conjugate(self, z, y):
    ...         s = np.clip(z, -1, 1)
    ...         e = sum(np.where(c > 0, c * np.log(np.maximum(c, 1e-300)), 0) for c in (1 + s, 1 - s)) / 2
    ...         return np.where(abs(z) <= 1, z * y + e, np.inf).sum(axis=1)
    ...     def domain(self, y):
    ...         return np.full(y.shape, -1.0), np.full(y.shape, 1.0)
    >>> from radon_nn import fit
    >>> fit([0.0, 1.0, 2.0, 3.0], [0.0, 1.0, 0.0, 0.0], decay=0.1, loss=LogCosh()).converged
    True
    """

    name = "loss"
    smooth = True
    attains = False
    translates = False
    balanced = False

    def targets(self, y: Floats) -> Floats:
        """Targets (n, o) for values as they were given, (n,) or (n, o); ValueError if the loss cannot take them."""
        return y[:, None] if y.ndim == 1 else y

    def value(self, p: Floats, y: Floats) -> Floats:
        """The losses (n,) of predictions p (n, o)."""
        raise NotImplementedError

    def gradient(self, p: Floats, y: Floats) -> Floats:
        """The gradients (n, o) with respect to p; a subgradient at a kink."""
        step = _STEP * (unit_of(self, y) + np.abs(p))
        return np.asarray((p - self.prox(p, y, step)) / step)

    def curvature(self, p: Floats, y: Floats) -> Floats:
        """The second derivatives at p: the diagonals (n, o) if outputs do not mix, otherwise matrices (n, o, o)."""
        return _derivative(lambda q: self.gradient(q, y), p, unit_of(self, y))

    def prox(self, p: Floats, y: Floats, step: Floats) -> Floats:
        """The minimisers (n, o) over q of l(q, y) + |q - p|^2 / (2 step), for steps (n, 1) or (n, o)."""
        q: Floats = p.copy()
        for _ in range(_NEWTON):
            off = q - p + step * self.gradient(q, y)
            bend = self.curvature(q, y)
            if bend.ndim == 2:
                move: Floats = np.asarray(off / (1 + step * bend))
            else:
                matrices = np.eye(p.shape[1]) + step[..., None] * bend
                move = np.asarray(np.linalg.solve(matrices, off[..., None])[..., 0], np.float64)
            # A step of Newton's on a convex function overshoots at most where it bends; half of it then does.
            share = np.ones((len(p), 1))
            for _ in range(_NEWTON):
                trial = q - share * move
                worse = np.linalg.norm(trial - p + step * self.gradient(trial, y), axis=1) > np.linalg.norm(off, axis=1)
                if not worse.any():
                    break
                share[worse] /= 2
            q = q - share * move
            if np.abs(share * move).max(initial=0.0) <= _ENOUGH * (unit_of(self, y) + np.abs(q).max(initial=0.0)):
                break
        return q

    def conjugate(self, z: Floats, y: Floats) -> Floats:
        """The conjugates (n,), sup over p of z.p - l(p, y); infinite outside the domain."""
        raise NotImplementedError

    def domain(self, y: Floats) -> tuple[Floats, Floats]:
        """The least and the largest z (n, o) where the conjugate is finite; rows of a balanced loss sum to 0 too."""
        return np.full(y.shape, -np.inf), np.full(y.shape, np.inf)

    def start(self, y: Floats, weights: Floats) -> Floats:
        """A constant prediction (o,) to start from."""
        return np.asarray(weights @ y / weights.sum()) if self.translates else np.zeros(y.shape[1])

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


def unit_of(loss: Loss, y: Floats) -> float:
    """
    The size of predictions: that of the targets for a loss of p - y, whatever units they are in, and 1 for any other.

    Parameters
    ----------
    loss : Loss
        The loss.
    y : ndarray, shape (n, o)
        Targets.

    Returns
    -------
    float
        The mean modulus, or 1; 1 if all targets are zero.
    """
    return (float(np.abs(y).mean()) or 1.0) if loss.translates and y.size else 1.0


def _derivative(function: Callable[[Floats], Floats], p: Floats, unit: float) -> Floats:
    """The derivatives of a function of rows by central differences: (n, o) if outputs do not mix, else (n, o, o)."""
    n, outputs = p.shape
    step = _STEP * (unit + np.abs(p))
    whole = np.empty((n, outputs, outputs))
    for k in range(outputs):
        move = np.zeros_like(p)
        move[:, k] = step[:, k]
        whole[:, :, k] = (function(p + move) - function(p - move)) / (2 * step[:, k, None])
    diagonal: Floats = np.einsum("ikk->ik", whole)
    if outputs == 1 or not np.any(whole - diagonal[:, :, None] * np.eye(outputs)):
        return np.maximum(diagonal, 0)
    return (whole + whole.transpose(0, 2, 1)) / 2


class Envelope:
    """
    A loss smoothed by the proximal map, and shifted: min over q of l(q) + |q - p - step shift|^2 / (2 step).

    Its gradient at p is a subgradient of the loss at the minimiser q, so in the domain of the conjugate.

    Parameters
    ----------
    loss : Loss
        The loss.
    y : ndarray, shape (n, o)
        Targets.
    step : float
        How far it smooths.
    shift : ndarray, shape (n, o)
        An estimate of the subgradient; if it is right, the minimiser over p is that of the loss itself.
    """

    def __init__(self, loss: Loss, y: Floats, step: float, shift: Floats) -> None:
        self._loss, self._y, self._step, self._shift = loss, y, np.full((len(y), 1), step), shift

    def value(self, p: Floats) -> Floats:
        """The values (n,)."""
        moved = p + self._step * self._shift
        q = self._loss.prox(moved, self._y, self._step)
        return np.asarray(self._loss.value(q, self._y) + np.sum((q - moved) ** 2 / (2 * self._step), axis=1))

    def gradient(self, p: Floats) -> Floats:
        """The gradients (n, o)."""
        moved = p + self._step * self._shift
        return np.asarray((moved - self._loss.prox(moved, self._y, self._step)) / self._step)

    def curvature(self, p: Floats) -> Floats:
        """The second derivatives, (n, o) or (n, o, o); at their jumps a value between."""
        return _derivative(self.gradient, p, unit_of(self._loss, self._y))


def loss_named(loss: str | Loss) -> Loss:
    """
    A loss by its name, or itself.

    Parameters
    ----------
    loss : str or Loss
        The loss.

    Returns
    -------
    Loss
        The loss.

    Raises
    ------
    TypeError
        If it is neither.
    ValueError
        If there is no loss of that name.
    """
    if isinstance(loss, Loss):
        return loss
    if not isinstance(loss, str):
        raise TypeError(f"loss: expected a name or a Loss, got {type(loss).__name__}; derive from radon_nn.Loss")
    known = registry()
    if loss not in known and loss.lower() in _ELSEWHERE:
        raise ValueError(
            f"loss: expected one of {', '.join(known)}; got {loss!r}; here it is {_ELSEWHERE[loss.lower()]}, summed "
            "over the data"
        )
    return known[checks.one_of(loss, "loss", list(known))]()


def registry() -> dict[str, type[Loss]]:
    """
    The losses by name.

    Returns
    -------
    dict of str to type
        The classes; those with a parameter have a default.
    """
    from radon_nn.fitting import _losses_of_classes, _losses_of_values

    classes: tuple[type[Loss], ...] = (*_losses_of_values.ALL, *_losses_of_classes.ALL)
    return {each.name: each for each in classes}


def checked_targets(loss: Loss, values: ArrayLike, count: int) -> Floats:
    """
    Targets for a loss.

    Parameters
    ----------
    loss : Loss
        The loss.
    values : array_like, shape (n,) or (n, o)
        As given.
    count : int
        How many there should be.

    Returns
    -------
    ndarray, shape (n, o)
        The targets.

    Raises
    ------
    ValueError
        If the shape is another, an entry is not finite, or the loss cannot take them.
    """
    y = checks.real_array(values, "values").astype(np.float64)
    if y.ndim not in (1, 2) or len(y) != count or y.size == 0:
        raise ValueError(f"values: expected shape ({count},) or ({count}, o), got {y.shape}; one row for each point")
    return loss.targets(y)
