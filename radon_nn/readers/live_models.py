"""From a live model to its network, checked against the model's own outputs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from radon_nn.readers.feature_names import names_given, names_of_model
from radon_nn.readers.graph import Network, Understood
from radon_nn.readers.hints import Hints
from radon_nn.readers.named_arrays import read_arrays
from radon_nn.readers.registry import model_kind
from radon_nn.readers.verification import verify


def from_model(
    model: Any,
    /,
    *,
    activation: str | Sequence[str] | None = None,
    layout: str | None = None,
    layers: Sequence[str] | None = None,
    order: Sequence[str] | None = None,
    prefix: str | Sequence[str] | None = None,
    logits: bool = True,
    check: bool = True,
    feature_names: Sequence[str] | None = None,
    output_names: Sequence[str] | None = None,
) -> Network:
    """
    The network of a trained model: a ShallowNetwork, or a DeepNetwork if it has several layers of activations.

    No framework is imported: a PyTorch module, a Keras model or a scikit-learn estimator brings its own. Scalers and
    batch normalisation are folded, dropout is passed over, and a final softmax or sigmoid is left off.

    Parameters
    ----------
    model : a Keras model, a torch.nn.Module, a scikit-learn MLP or pipeline, or a nested dict of arrays
        The model. Arrays (a state dict, parameters as JAX libraries keep them, a list of (W, b), lists of weights and
        of biases, coefs_ and intercepts_) need `activation`, and `layout`, `layers` or `prefix` where their names and
        shapes do not say these.
    activation : str or sequence of str, optional
        For arrays: the activation between layers, or one for each hidden layer.
    layout : {'out_in', 'in_out'}, optional
        For arrays: whether matrices have one row per output (PyTorch, Equinox), or one column (Keras, Flax).
    layers : sequence of str, optional
        For arrays: the layers' names, first to last, where their numbers do not say their order.
    order : sequence of str, optional
        The older name of `layers`.
    prefix : str or sequence of str, optional
        For arrays of several networks: how the names of one begin ('q'), or those of its parts in the order of
        computation (['encoder', 'decoder']).
    logits : bool
        Leave off a final sigmoid or softmax; otherwise a sigmoid is kept as a layer, and a softmax refused.
    check : bool
        Compare outputs with the live model's, as `verify` does, at random points of several sizes.
    feature_names, output_names : sequence of str, optional
        Names of the inputs and outputs, such as `frame.columns`; those in the model if not given. scikit-learn keeps
        the columns it was fitted to, its classes, and the means and deviations of a scaler.

    Returns
    -------
    ShallowNetwork or DeepNetwork
        The network, in float64.

    Raises
    ------
    TypeError
        If it is none of these models.
    ValueError
        If a layer is not supported, something is missing, an array has no meaning in a chain of layers, or outputs
        disagree.

    See Also
    --------
    radon_nn.load : The same from files.
    radon_nn.verify : Compare at given points.

    Examples
    --------
    >>> import numpy as np
    >>> params = {"Dense_0": {"kernel": np.eye(2), "bias": np.zeros(2)}, "Dense_1": {"kernel": np.ones((2, 1))}}
    >>> from_model(params, activation="relu").measure().rtv
    2.0
    """
    hints = Hints.of(activation, layout, layers, order, prefix)
    network = understood(model, hints, logits=logits, check=check).network
    names = names_given(network.names, feature_names, output_names)
    return network.named(names) if names else network


def understood(model: Any, hints: Hints | None = None, *, logits: bool = True, check: bool = False) -> Understood:
    """
    The network of a model, with notes of what was folded or passed over; see `from_model`.

    Parameters
    ----------
    model : object
        The model.
    hints : Hints, optional
        For arrays: what they do not say.
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
        If it is no model known to the readers.
    ValueError
        As `from_model`.
    """
    hints = Hints() if hints is None else hints
    kind = model_kind(model)
    if kind is None:
        return read_arrays(model, hints)
    given = hints.first_given()
    if given is not None:
        raise ValueError(f"{given[0]}: expected for arrays only; a {kind.name} model says so itself; leave it out")
    found = kind.read(model, logits=logits)
    if check:
        agreement = verify(model, found=found)
        if not agreement:
            raise ValueError(f"{found.source}: {agreement}; check=False returns the network all the same")
    names = names_of_model(model, found)
    return replace(found, network=found.network.named(names)) if names else found
