"""The path norm of weights that are a framework's own arrays: a penalty which their framework differentiates."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from radon_nn.activations.profile import Profile
from radon_nn.readers.hints import Hints
from radon_nn.readers.live_weights import Block, Diagonal, LiveGraph, LiveNeurons
from radon_nn.readers.named_arrays import chain_of_arrays
from radon_nn.readers.pytorch import traced
from radon_nn.readers.registry import model_kind


def path_norm(
    model: Any,
    readout: Any = None,
    /,
    *,
    activation: str | Sequence[str] | None = None,
    layout: str | None = None,
    layers: Sequence[str] | None = None,
    prefix: str | Sequence[str] | None = None,
) -> Any:
    """
    The path norm sum_k |v_k| |w_k| TV(s') of a model, as a number that the model's framework differentiates.

    With one hidden layer it is the R-TV, unless hyperplanes coincide: then it is larger, since the R-TV adds the masses
    on one hyperplane before it takes their modulus. Deep models are measured layer by layer, as
    `from_model(model).path_norm`. Half the sum of squared weights (weight decay) is at least the path norm of one
    hidden layer, with equality where |v_k| = |w_k|. Where a norm is zero, its derivative is taken as zero.

    Only arithmetic, `@` and sums of the arrays are used, so that torch and JAX differentiate it; nothing is imported.

    Parameters
    ----------
    model : a torch.nn.Module, a nested dict of arrays, or an array of shape (k, d)
        What `from_model` reads of these; or the weights of one hidden layer, one row for each neuron.
    readout : array, shape (o, k) or (k,), optional
        The output weights, where the first argument is a layer's weights.
    activation : str or sequence of str, optional
        For arrays: the activation between layers, or one for each hidden layer. TV(s') is 1 for ReLU. Of a single
        hidden layer, 'relu' if not given.
    layout : {'out_in', 'in_out'}, optional
        For a dict of arrays, as for `from_model`.
    layers : sequence of str, optional
        Likewise.
    prefix : str or sequence of str, optional
        Likewise.

    Returns
    -------
    scalar of the arrays' framework
        The path norm, in units of f per unit of x for one hidden layer.

    Raises
    ------
    TypeError
        If the model is none of these, or its weights are not real numbers.
    ValueError
        If a layer is not supported, or the path norm of an activation is infinite (step, sine).

    See Also
    --------
    radon_nn.from_model : The network, and its R-TV with coincident hyperplanes merged.

    Examples
    --------
    >>> import numpy as np
    >>> path_norm(np.array([[3.0, 4.0], [0.0, 1.0]]), np.array([[2.0, -1.0]])).item()
    11.0
    """
    if readout is not None:
        return _of_pair(model, readout, activation, (layout, layers, prefix))
    graph, parts = live_layers(model, Hints(activation, layout, layers, prefix))
    return sum((_of_neurons(neurons) for layer in parts for neurons in layer), start=0.0 * graph.like.sum())


def live_layers(model: Any, hints: Hints) -> tuple[LiveGraph, list[list[LiveNeurons]]]:
    """
    The layers of a model, with the framework's own arrays as weights.

    Parameters
    ----------
    model : a torch.nn.Module or a nested dict of arrays
        The model.
    hints : Hints
        For arrays: what they do not say.

    Returns
    -------
    graph : LiveGraph
        The computation.
    layers : list of list of LiveNeurons
        The neurons of each layer.

    Raises
    ------
    TypeError
        If it is no such model.
    ValueError
        If a layer is not supported.
    """
    kind = model_kind(model)
    if kind is None:
        graph, output = chain_of_arrays(model, hints, "arrays", LiveGraph, read=_real)
    elif kind.name == "torch":
        given = hints.first_given()
        if given is not None:
            raise ValueError(f"{given[0]}: expected for arrays only; a torch module says so itself; leave it out")
        graph, output = traced(model, LiveGraph, _real)
    else:
        raise TypeError(
            f"path_norm: expected a torch.nn.Module or arrays, got {kind.objects}; from_model(model).path_norm is its "
            "path norm as a number"
        )
    return graph, graph.layers(output)


def _real(leaf: Any, path: str = "weights", source: str = "path_norm") -> Any:
    """The array itself, if its numbers are real."""
    if "complex" in str(getattr(leaf, "dtype", "")) or getattr(leaf, "is_quantized", False):
        raise TypeError(f"{source}: {path}: expected real numbers, got {leaf.dtype}")
    return leaf


def _of_pair(weights: Any, readout: Any, activation: str | Sequence[str] | None, others: Sequence[Any]) -> Any:
    if any(other is not None for other in others):
        raise ValueError("path_norm: expected layout, layers and prefix for a dict of arrays only; leave them out")
    for name, array in (("weights", weights), ("readout", readout)):
        if not hasattr(array, "shape"):
            raise TypeError(
                f"path_norm: expected arrays, got {type(array).__name__} as {name}; use numpy.asarray or torch.tensor"
            )
    outer = readout if len(readout.shape) == 2 else readout[None, :]
    if len(weights.shape) != 2 or outer.shape[1] != weights.shape[0]:
        raise ValueError(
            f"path_norm: expected weights of shape (k, d) and a readout of shape (o, k), got {tuple(weights.shape)} "
            f"and {tuple(readout.shape)}; PyTorch's Linear layers have these shapes"
        )
    names = ["relu"] if activation is None else [activation] if isinstance(activation, str) else list(activation)
    if len(names) != 1:
        raise ValueError(
            f"activation: expected one for one hidden layer, got {names}; hand over a dict of arrays for a deep network"
        )
    pair = (_real(weights),), (_real(outer),)
    return _of_neurons(LiveNeurons(Profile.coerce(names[0]), int(weights.shape[0]), *pair, None))


def _of_neurons(neurons: LiveNeurons) -> Any:
    """The sum over neurons of |v| |w| TV(s')."""
    variation = neurons.profile.variation
    if not math.isfinite(variation):
        raise ValueError(
            f"path_norm: expected activations of finite R-TV, got {neurons.profile.name}: {neurons.profile.law}"
        )
    inner = _norms(neurons.weights, 1)
    outer = _norms(neurons.readout, 0)
    paths = inner * outer
    # Diagonal blocks of one number stand for equal norms of all neurons.
    one = not hasattr(paths, "shape") or paths.shape in ((), (1,))
    return variation * (paths * neurons.size if one else paths.sum())


def _norms(blocks: Sequence[Block], axis: int) -> Any:
    """The norm of each row (axis 1) or column (axis 0), in units of the largest entry: its square may overflow."""
    size = max((_largest(block) for block in blocks), default=0.0)
    scale = size if 0 < size < math.inf else 1.0
    return scale * _root(sum(_squares(block, axis, scale) for block in blocks))


def _largest(block: Block) -> float:
    """The modulus of the largest entry as a plain number; 1 where a transformation (jit, vmap) withholds it."""
    entries = block.entries if isinstance(block, Diagonal) else block
    if not hasattr(entries, "shape"):
        return abs(float(entries))
    if math.prod(entries.shape) == 0:
        return 0.0
    try:
        return float(abs(getattr(entries, "detach", lambda: entries)()).max())
    except (TypeError, RuntimeError):
        return 1.0


def _squares(block: Block, axis: int, scale: float) -> Any:
    """The sum of squares of each row (axis 1) or column (axis 0), in units of the scale."""
    return (block.entries / scale) ** 2 if isinstance(block, Diagonal) else ((block / scale) ** 2).sum(axis)


def _root(squares: Any) -> Any:
    """The square root, with derivative zero at zero, where that of the root itself is not finite."""
    zero = squares == 0
    return (squares + zero) ** 0.5 * (1 - 1.0 * zero)
