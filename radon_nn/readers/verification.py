"""Whether a network gives what the live model gives from which it was read, up to rounding."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import expit, log_softmax, softmax

from radon_nn._support import checks
from radon_nn._support.public import public
from radon_nn._support.types import Floats
from radon_nn._support.wording import counted
from radon_nn.networks.deep import DeepNetwork
from radon_nn.networks.shallow import ShallowNetwork
from radon_nn.readers._categories import Front
from radon_nn.readers.graph import Network, Understood
from radon_nn.readers.registry import model_kind

# The model may sum in another order than the float32 run that estimates rounding. Of the first 600 random modules of
# benchmarks/read_models.py, in both precisions, none needed more than a quarter of what this allows; without the size
# of the points in the sum, 3 of 2000 needed more than all of it.
_SLACK = 8.0
# Points of each size, set by hand: a unit that bends the output on a tenth of them is missed once in 800 times.
_POINTS = 64
# Standard deviations of the points: activations have thresholds and saturate at different sizes of their arguments.
# At 1 alone a softplus that PyTorch makes linear above 5 instead of 20 passed, 2.4e-3 off.
_SCALES = (0.1, 1.0, 10.0, 100.0)
# PyTorch's softplus, and Keras's on PyTorch, is linear above this; exp(-20) is 2e-9, more than rounding in float64.
_LINEAR_ABOVE = 20.0
_LINKS: dict[str, Callable[[Floats], Floats]] = {
    "": lambda z: z,
    "sigmoid": expit,
    "softmax": lambda z: softmax(z, axis=1),
    "log_softmax": lambda z: log_softmax(z, axis=1),
}


@public
@dataclass(frozen=True)
class Verification:
    """
    How far a network is from the live model it came from.

    Parameters
    ----------
    max_error : float
        The largest difference of outputs, after the model's own last function (softmax, sigmoid).
    tolerance : float
        What rounding of the model's arithmetic allows.
    points : int
        The number of points compared.

    See Also
    --------
    verify : What returns it.

    Examples
    --------
    >>> from sklearn.neural_network import MLPRegressor
    >>> from radon_nn import verify
    >>> X, y = np.arange(20.0).reshape(10, 2), np.arange(10.0)
    >>> verify(MLPRegressor(hidden_layer_sizes=[3], solver="lbfgs", max_iter=9000).fit(X, y), X).agrees
    True
    """

    max_error: float
    tolerance: float
    points: int

    @property
    def agrees(self) -> bool:
        """Whether the difference is rounding."""
        return self.max_error <= self.tolerance

    def __bool__(self) -> bool:
        return self.agrees

    def __str__(self) -> str:
        verdict = "agree" if self.agrees else "DO NOT agree"
        return (
            f"network and model {verdict} at {counted(self.points, 'point')}: largest difference "
            f"{self.max_error:.2g}, rounding allows {self.tolerance:.2g}"
        )


def verify(
    model: Any,
    X: ArrayLike | None = None,
    *,
    network: Network | None = None,
    found: Understood | None = None,
    rng: int | np.random.Generator = 0,
) -> Verification:
    """
    Compare a live model's outputs with those of the network read from it.

    Parameters
    ----------
    model : torch.nn.Module, keras.Model or scikit-learn estimator
        The model.
    X : array_like, shape (n, d), optional
        Points, or (n, ...) in the shape that the model takes; if not given, 64 normal ones of each of the standard
        deviations 0.1, 1, 10 and 100.
    network : ShallowNetwork or DeepNetwork, optional
        The network, giving what the model gives before its last softmax or sigmoid; `from_model(model)` if not given.
    found : Understood, optional
        What a reader understood of the model; read again if not given.
    rng : int or Generator
        Seed of the points.

    Returns
    -------
    Verification
        The largest difference and what rounding of the model's arithmetic allows, for the standard deviation where
        the difference is largest relative to that; true if they agree.

    Raises
    ------
    TypeError
        If there is no live model, only arrays.
    ValueError
        If points or outputs have the wrong shape, or the model itself refuses the points.

    See Also
    --------
    radon_nn.from_model : The network of a model.
    radon_nn.load : The network of a file.

    Examples
    --------
    >>> from sklearn.neural_network import MLPRegressor
    >>> X, y = np.arange(20.0).reshape(10, 2), np.arange(10.0)
    >>> verify(MLPRegressor(hidden_layer_sizes=[3], solver="lbfgs", max_iter=9000).fit(X, y), X).agrees
    True
    """
    if isinstance(model, ShallowNetwork | DeepNetwork):
        raise TypeError("verify: expected the model first, got its network; write verify(model, X)")
    kind = model_kind(model)
    if kind is None:
        raise TypeError("verify: expected a live model, got arrays, which compute nothing")
    found = kind.read(model) if found is None else found
    compared = found.network if network is None else network
    given, points, groups = _points(X, compared.dim, kind.front(model), rng)
    theirs, precision = kind.evaluate(model, given)
    ours = _LINKS[found.link](compared(points).reshape(len(points), compared.outputs))
    if ours.shape != theirs.shape:
        raise ValueError(f"verify: expected outputs of shape {ours.shape}, got {theirs.shape} from the model")
    parts = zip(*(np.split(array, groups) for array in (points, ours, theirs)), strict=True)
    errors = [
        (float(np.abs(here - there).max(initial=0.0)), precision * _rounding(compared, at) + 4 * _linear(compared, at))
        for at, here, there in parts
    ]
    # A difference that is no number is the worst there is.
    error, tolerance = max(errors, key=lambda pair: math.inf if math.isnan(pair[0]) else pair[0] / pair[1])
    return Verification(error, tolerance, len(points))


def _points(X: Any, dim: int, front: Front | None, rng: int | np.random.Generator) -> tuple[Any, Floats, int]:
    """The points as the model takes them, as the network does, and how many groups of one size they are."""
    if X is None:
        random = checks.generator(rng)
        width = dim if front is None else front.width
        normal = random.standard_normal((len(_SCALES), _POINTS, width))
        points = (np.array(_SCALES)[:, None, None] * normal).reshape(-1, width)
        given = points if front is None else front.data(random, points)
        return given, points if front is None else front.rows(given), len(_SCALES)
    if front is not None:
        return X, front.rows(X), 1
    given = np.asarray(X)
    if given.ndim > 2 and given.shape[-1] != dim == math.prod(given.shape[1:]):
        points = checks.points(given.reshape(len(given), -1), dim)
        return points.reshape(given.shape), points, 1
    points = checks.points(X, dim).reshape(-1, dim)
    return points, points, 1


def _rounding(network: Network, points: Floats) -> float:
    """What float32 does to this very network at these points, in units of its precision."""
    values = network(points).reshape(len(points), network.outputs)
    typical = np.abs(_in_steps(network, points, np.float32) - values).max(initial=0.0) / np.finfo(np.float32).eps
    # The model may add and subtract numbers as large as the points before they cancel; folded, they have cancelled.
    sizes = np.abs(values).max(initial=0.0) + np.abs(points).max(initial=0.0)
    return float(_SLACK * (typical + sizes) + _SLACK)


def _linear(network: Network, points: Floats) -> float:
    """What changes if softplus is linear far to the right, as PyTorch has it."""
    layers = network.layers if isinstance(network, DeepNetwork) else (network,)
    if all(layer.activation.spelled != "softplus" for layer in layers):
        return 0.0
    changed = _in_steps(network, points, np.float64, linear_above=_LINEAR_ABOVE)
    return float(np.abs(changed - _in_steps(network, points, np.float64)).max(initial=0.0))


def _in_steps(
    network: Network, points: Floats, dtype: type[np.floating[Any]], *, linear_above: float = math.inf
) -> Floats:
    """The network rounded after each step: how far that is off in float32 tells what rounding does to it."""
    layers = network.layers if isinstance(network, DeepNetwork) else (network,)
    state = points.astype(dtype)
    for layer in layers:
        w, b, v, s, c = (
            part.astype(dtype) for part in (layer.weights, layer.biases, layer.readout, layer.skip, layer.constant)
        )
        z = (state @ w.T + b).astype(np.float64)
        hidden = layer.activation(z)
        if layer.activation.spelled == "softplus":
            hidden = np.where(z > linear_above, z, hidden)
        state = hidden.astype(dtype) @ v.T + state @ s.T + c
    return state.astype(np.float64)
