"""From a live model to its network, and the proof that they agree: each framework's objects go their own way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import expit, log_softmax, softmax

from radon_nn._support import checks
from radon_nn._support.types import Floats
from radon_nn.networks.deep import DeepNetwork
from radon_nn.networks.shallow import ShallowNetwork
from radon_nn.readers.graph import Network, Understood
from radon_nn.readers.keras.models import evaluate_keras, read_keras
from radon_nn.readers.named_arrays import read_arrays
from radon_nn.readers.pytorch import evaluate_torch, read_torch
from radon_nn.readers.scikit_learn import evaluate_sklearn, read_sklearn

_SLACK = 8.0
"""Orders of summation differ: rounding may be so many times what one of them shows."""
_PROBES = 64


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
        At how many points.
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


def from_model(
    model: Any,
    /,
    *,
    activation: str | Sequence[str] | None = None,
    layout: str | None = None,
    order: Sequence[str] | None = None,
    logits: bool = True,
    check: bool = True,
) -> Network:
    """
    The network of a trained model: a ShallowNetwork, or a DeepNetwork if it has several layers of activations.

    No framework is imported: a PyTorch module, a Keras model or a scikit-learn estimator brings its own. Scalers and
    batch normalisation are folded, dropout is passed over, and a final softmax or sigmoid is left off.

    Parameters
    ----------
    model : torch.nn.Module, keras.Model, scikit-learn estimator, or nested dict of arrays
        The model. Arrays (a state dict, parameters as JAX libraries keep them) need `activation`, and `layout` or
        `order` where they do not tell.
    activation : str or sequence of str, optional
        For arrays: the activation between layers, or one for each hidden layer.
    layout : {'out_in', 'in_out'}, optional
        For arrays: what the rows of matrices are.
    order : sequence of str, optional
        For arrays: names of the layers, first to last.
    logits : bool
        Leave off a final sigmoid or softmax; otherwise a sigmoid is kept as a layer, and a softmax refused.
    check : bool
        Compare outputs with the live model's, as `verify` does, at random points.

    Returns
    -------
    ShallowNetwork or DeepNetwork
        The network, in float64.

    Raises
    ------
    TypeError
        If it is no model known here.
    ValueError
        If a layer is not supported, something is missing, or outputs disagree.

    See Also
    --------
    radon_nn.load : The same from files.
    radon_nn.verify : Compare at points of one's own.

    Examples
    --------
    >>> import numpy as np
    >>> params = {"Dense_0": {"kernel": np.eye(2), "bias": np.zeros(2)}, "Dense_1": {"kernel": np.ones((2, 1))}}
    >>> from_model(params, activation="relu").measure().rtv
    2.0
    """
    return understood(model, activation=activation, layout=layout, order=order, logits=logits, check=check).network


def understood(
    model: Any,
    /,
    *,
    activation: str | Sequence[str] | None = None,
    layout: str | None = None,
    order: Sequence[str] | None = None,
    logits: bool = True,
    check: bool = False,
) -> Understood:
    """
    The network of a model, with notes of what was folded or passed over; see `from_model`.

    Parameters
    ----------
    model : object
        The model.
    activation, layout, order : str or sequence of str, optional
        For arrays.
    logits : bool
        Leave off a final sigmoid or softmax.
    check : bool
        Compare with the live model.

    Returns
    -------
    Understood
        Network and notes.

    Raises
    ------
    TypeError
        If it is no model known here.
    ValueError
        As `from_model`.
    """
    kind = framework(model)
    if kind == "arrays":
        return read_arrays(model, activation=activation, layout=layout, order=order)
    for name, given in (("activation", activation), ("layout", layout), ("order", order)):
        if given is not None:
            raise ValueError(f"{name}: expected for arrays only; a {kind} model says so itself; leave it out")
    found: Understood = _READERS[kind](model, logits=logits)
    if check:
        agreement = verify(model, found=found)
        if not agreement:
            raise ValueError(f"{found.source}: {agreement}; check=False returns the network all the same")
    return found


def verify(
    model: Any,
    X: ArrayLike | None = None,
    *,
    network: Network | None = None,
    found: Understood | None = None,
    rng: int | np.random.Generator = 0,
) -> Verification:
    """
    Compare a live model's outputs with those of the network understood from it.

    Parameters
    ----------
    model : torch.nn.Module, keras.Model or scikit-learn estimator
        The model.
    X : array_like, shape (n, d), optional
        Points; standard normal ones if not given.
    network : ShallowNetwork or DeepNetwork, optional
        The network, giving what the model gives before its last softmax or sigmoid; `from_model(model)` if not given.
    found : Understood, optional
        What was understood, if it is at hand.
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
    kind = framework(model)
    if kind == "arrays":
        raise TypeError("verify: expected a live model, got arrays, which compute nothing")
    found = understood(model) if found is None else found
    compared = found.network if network is None else network
    if X is None:
        points = np.random.default_rng(rng).standard_normal((_PROBES, compared.dim))
    else:
        points = checks.points(X, compared.dim).reshape(-1, compared.dim)
    theirs, precision = _EVALUATORS[kind](model, points)
    mine = _LINKS[found.link](compared(points).reshape(len(points), compared.outputs))
    if mine.shape != theirs.shape:
        raise ValueError(f"verify: expected outputs of shape {mine.shape}, got {theirs.shape} from the model")
    error = float(np.abs(mine - theirs).max(initial=0.0))
    # What float32 does to this very network at these points, in proportion to the model's own precision.
    plain = compared(points).reshape(mine.shape)
    typical = np.abs(_in_single(compared, points) - plain).max(initial=0.0) / np.finfo(np.float32).eps
    tolerance = precision * float(_SLACK * (typical + np.abs(plain).max(initial=0.0)) + _SLACK)
    return Verification(error, tolerance, len(points))


def framework(model: Any) -> str:
    """
    Which framework an object came from, by the modules of its class and their ancestors.

    Parameters
    ----------
    model : object
        Anything.

    Returns
    -------
    str
        'torch', 'keras', 'sklearn' or 'arrays'.

    Raises
    ------
    TypeError
        If it is none of these.
    """
    # Keras first: with PyTorch beneath, its models are modules, too.
    roots = [base.__module__.partition(".")[0] for base in type(model).__mro__]
    for name, its in (("keras", ("keras", "tf_keras")), ("torch", ("torch",)), ("sklearn", ("sklearn",))):
        if any(root in its for root in roots):
            return name
    if isinstance(model, ShallowNetwork | DeepNetwork):
        raise TypeError(f"from_model: expected a framework's model, got a {type(model).__name__}, a network already")
    if isinstance(model, Mapping | list | tuple) or hasattr(model, "__dataclass_fields__"):
        return "arrays"
    hint = "; radon_nn.load reads a file" if isinstance(model, str) else ""
    raise TypeError(
        "from_model: expected a torch.nn.Module, a Keras model, a scikit-learn MLP or pipeline, or a nested dict of "
        f"arrays, got {type(model).__module__}.{type(model).__name__}{hint}"
    )


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


_READERS = {"keras": read_keras, "sklearn": read_sklearn, "torch": read_torch}
_EVALUATORS = {"keras": evaluate_keras, "sklearn": evaluate_sklearn, "torch": evaluate_torch}
_LINKS: dict[str, Any] = {
    "": lambda z: z,
    "sigmoid": expit,
    "softmax": lambda z: softmax(z, axis=1),
    "log_softmax": lambda z: log_softmax(z, axis=1),
}
