"""Whether a network gives what the live model gives from which it was read, up to rounding."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import expit, log_softmax, softmax

from radon_nn._support import checks
from radon_nn._support.public import public
from radon_nn._support.types import Floats
from radon_nn.networks.deep import DeepNetwork
from radon_nn.readers.graph import Network, Understood
from radon_nn.readers.registry import model_kind

# The model may sum in another order than the float32 run that estimates rounding. Of 440 random models of PyTorch and
# scikit-learn, in both precisions, none needed more than 3.0, except PyTorch's Softplus in float64: it is linear above
# 20, an error of exp(-20), 2e-9.
_SLACK = 8.0
_POINTS = 64
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
            f"network and model {verdict} at {self.points} points: largest difference {self.max_error:.2g}, rounding "
            f"allows {self.tolerance:.2g}"
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
        Points; 64 standard normal ones if not given.
    network : ShallowNetwork or DeepNetwork, optional
        The network, giving what the model gives before its last softmax or sigmoid; `from_model(model)` if not given.
    found : Understood, optional
        What a reader understood of the model; read again if not given.
    rng : int or Generator
        Seed of the points.

    Returns
    -------
    Verification
        The largest difference and what rounding of the model's arithmetic allows; true if they agree.

    Raises
    ------
    TypeError
        If there is no live model, only arrays.
    ValueError
        If points or outputs have the wrong shape.
    """
    kind = model_kind(model)
    if kind is None:
        raise TypeError("verify: expected a live model, got arrays, which compute nothing")
    found = kind.read(model) if found is None else found
    compared = found.network if network is None else network
    if X is None:
        points = np.random.default_rng(rng).standard_normal((_POINTS, compared.dim))
    else:
        points = checks.points(X, compared.dim).reshape(-1, compared.dim)
    theirs, precision = kind.evaluate(model, points)
    before = compared(points).reshape(len(points), compared.outputs)
    ours = _LINKS[found.link](before)
    if ours.shape != theirs.shape:
        raise ValueError(f"verify: expected outputs of shape {ours.shape}, got {theirs.shape} from the model")
    error = float(np.abs(ours - theirs).max(initial=0.0))
    # What float32 does to this very network at these points, in proportion to the model's own precision.
    typical = np.abs(_in_single(compared, points) - before).max(initial=0.0) / np.finfo(np.float32).eps
    tolerance = precision * float(_SLACK * (typical + np.abs(before).max(initial=0.0)) + _SLACK)
    return Verification(error, tolerance, len(points))


def _in_single(network: Network, points: Floats) -> Floats:
    """The network in float32, rounded after each step: how far that is off tells what rounding does to it."""
    layers = network.layers if isinstance(network, DeepNetwork) else (network,)
    state = points.astype(np.float32)
    for layer in layers:
        w, b, v, s, c = (
            part.astype(np.float32) for part in (layer.weights, layer.biases, layer.readout, layer.skip, layer.constant)
        )
        hidden = layer.activation((state @ w.T + b).astype(np.float64)).astype(np.float32)
        state = hidden @ v.T + state @ s.T + c
    return state.astype(np.float64)
