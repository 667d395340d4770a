"""Names of features and outputs that models, data frames and ONNX graphs carry, and the scaler before a network."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from radon_nn.geometry.naming import NO_NAMES, Names
from radon_nn.readers.graph import Network, Understood

_LARGEST = 1 << 26
"""Bytes of an ONNX file whose names are read: the graph is parsed once more for them, 0.1 s for 64 MiB."""


def names_read(found: Understood) -> Names:
    """
    The names of the inputs, and the normalisation that was folded, as a reader found them.

    Parameters
    ----------
    found : Understood
        What was read.

    Returns
    -------
    Names
        What is known.
    """
    return Names(_fitting(found.inputs or None, found.network.dim), None, *(found.scaling or (None, None)))


def names_of_model(model: Any, found: Understood) -> Names:
    """
    The names in a fitted scikit-learn estimator: of the columns it was fitted to, its classes, and its scaler.

    Parameters
    ----------
    model : object
        The model; one of another framework has no names.
    found : Understood
        What was read from it.

    Returns
    -------
    Names
        What is known.
    """
    model, network, known = getattr(model, "best_estimator_", model), found.network, names_read(found)
    features = getattr(model, "feature_names_in_", None)
    classes = getattr(model, "classes_", None)
    outputs = None
    if isinstance(classes, np.ndarray) and classes.ndim == 1:
        # Of two classes there is one logit, that of the second.
        labels = [str(label) for label in (classes[1:] if len(classes) == 2 else classes)]
        outputs = labels if len(labels) == network.outputs else None
    return Names(known.features or _fitting(features, network.dim), outputs, known.means, known.deviations)


def names_given(names: Names, features: Sequence[str] | None, outputs: Sequence[str] | None) -> Names:
    """
    Names with some of them replaced by those the user gives.

    Parameters
    ----------
    names : Names
        The names found.
    features, outputs : sequence of str, optional
        The names given.

    Returns
    -------
    Names
        Both together.
    """
    if features is None and outputs is None:
        return names
    return Names(
        names.features if features is None else list(features),
        names.outputs if outputs is None else list(outputs),
        names.means,
        names.deviations,
    )


def names_of_onnx(where: Path, network: Network) -> Names:
    """
    The names in an ONNX graph: of inputs that are one number each or of the entries of one input, and of its output.

    Parameters
    ----------
    where : Path
        The file, which was read before.
    network : ShallowNetwork or DeepNetwork
        The network read from it.

    Returns
    -------
    Names
        What is known; nothing for a large file.
    """
    if where.stat().st_size > _LARGEST:
        return NO_NAMES
    import onnx

    graph = onnx.ModelProto.FromString(where.read_bytes()).graph
    stored = {tensor.name for tensor in graph.initializer}
    inputs = [value.name for value in graph.input if value.name not in stored]
    outputs = [value.name for value in graph.output]
    return Names(_entries(inputs, network.dim), _entries(outputs, network.outputs))


def _entries(names: list[str], count: int) -> list[str] | None:
    """A name for each number: the names themselves, or the entries of the only one."""
    if len(names) == count:
        return names if len(set(names)) == count else None
    return [f"{names[0]}[{k}]" for k in range(count)] if len(names) == 1 else None


def _fitting(names: Any, count: int) -> list[str] | None:
    if names is None or len(names) != count:
        return None
    words = [str(name) for name in names]
    return words if len(set(words)) == count else None


def to_text(names: Names) -> str:
    """
    Names as a text, which `from_text` reads back.

    Parameters
    ----------
    names : Names
        The names.

    Returns
    -------
    str
        JSON.
    """
    numbers = {part: getattr(names, part) for part in ("means", "deviations")}
    lists = {part: None if values is None else values.tolist() for part, values in numbers.items()}
    return json.dumps({"features": names.features, "outputs": names.outputs, **lists})


def from_text(text: str, where: str) -> Names:
    """
    Names that were written as a text.

    Parameters
    ----------
    text : str
        As `to_text` makes it.
    where : str
        The file, for errors.

    Returns
    -------
    Names
        The names.

    Raises
    ------
    ValueError
        If it is no such text.
    """
    try:
        parts = json.loads(text)
        return Names(parts["features"], parts["outputs"], parts["means"], parts["deviations"])
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise ValueError(
            f"{where}: expected names as radon_nn.save writes them, got other text; save it again"
        ) from error
