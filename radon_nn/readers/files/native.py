"""The package's own format: a network as named arrays and words, the same in npz and safetensors files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from radon_nn.networks.deep import DeepNetwork
from radon_nn.networks.shallow import ShallowNetwork
from radon_nn.readers.feature_names import from_text, to_text
from radon_nn.readers.graph import Network

Array = NDArray[np.generic]

FORMAT = "radon_nn.ShallowNetwork/1"
DEEP_FORMAT = "radon_nn.DeepNetwork/1"

_FIELDS = ("weights", "biases", "readout", "skip", "constant")
_REQUIRED = ("weights", "biases", "readout")


def to_arrays(network: Network) -> tuple[dict[str, NDArray[np.float64]], dict[str, str]]:
    """
    A network as arrays and words, which `from_arrays` reads back.

    Parameters
    ----------
    network : ShallowNetwork or DeepNetwork
        The network; the names of a deep one's arrays begin with the layer's number and a dot.

    Returns
    -------
    arrays : dict of str to ndarray
        Weights, biases, readout, skip, constant.
    words : dict of str to str
        The format and the activation.

    Raises
    ------
    ValueError
        If an activation is not one that has a name.
    """
    deep = isinstance(network, DeepNetwork)
    arrays: dict[str, NDArray[np.float64]] = {}
    words = {"format": DEEP_FORMAT if deep else FORMAT}
    for k, layer in enumerate(network.layers if isinstance(network, DeepNetwork) else [network]):
        prefix = f"{k}." if deep else ""
        if layer.activation.spelled is None:
            raise ValueError(
                f"activation: expected one that Profile.of knows by name, got {layer.activation.name!r}, whose "
                "functions no file can hold; save the arrays and give the profile again after loading"
            )
        words[f"{prefix}activation"] = layer.activation.spelled
        arrays |= {f"{prefix}{name}": np.ascontiguousarray(getattr(layer, name)) for name in _FIELDS}
    if network.names:
        words["names"] = to_text(network.names)
    return arrays, words


def is_own(names: Mapping[str, object]) -> bool:
    """
    Whether arrays are those of `to_arrays`, perhaps with some missing.

    Parameters
    ----------
    names : mapping
        By name.

    Returns
    -------
    bool
        True if any of its names is present.
    """
    return not names or any(name in names for name in (*_REQUIRED, "format", "activation"))


def from_arrays(arrays: Mapping[str, Array], words: Mapping[str, str], where: str) -> Network:
    """
    The network that was written as arrays and words.

    Parameters
    ----------
    arrays : mapping of str to ndarray
        As `to_arrays` makes them; skip and constant may be missing.
    words : mapping of str to str
        Likewise; the format, and the activation of a shallow network (relu), may be missing.
    where : str
        The file, for errors.

    Returns
    -------
    ShallowNetwork or DeepNetwork
        The network.

    Raises
    ------
    ValueError
        If arrays are missing, unknown, or make no network.
    """
    declared = words.get("format", FORMAT)
    if "names" in words and declared in (FORMAT, DEEP_FORMAT):
        names = from_text(words["names"], where)
        network = from_arrays(arrays, {name: word for name, word in words.items() if name != "names"}, where)
        try:
            return network.named(names)
        except ValueError as error:
            raise ValueError(f"{where}: {error}") from error
    if declared == DEEP_FORMAT:
        return _deep(arrays, words, where)
    if declared != FORMAT:
        raise ValueError(f"{where}: expected format {FORMAT!r}, got {declared!r}; a newer radon_nn may read it")
    return _layer(arrays, words.get("activation", "relu"), where)


def _deep(arrays: Mapping[str, Array], words: Mapping[str, str], where: str) -> DeepNetwork:
    parts: dict[str, dict[str, Array]] = {}
    for name, array in arrays.items():
        number, _, field = name.partition(".")
        parts.setdefault(number, {})[field] = array
    numbers = [str(k) for k in range(len(parts))]
    if sorted(parts) != sorted(numbers) or not parts:
        raise ValueError(
            f"{where}: expected arrays of layers numbered from 0, got {', '.join(sorted(parts)) or 'none'}"
        )
    missing = [number for number in numbers if f"{number}.activation" not in words]
    if missing:
        raise ValueError(f"{where}: expected an activation for each layer, got none for {', '.join(missing)}")
    layers = [_layer(parts[k], words[f"{k}.activation"], f"{where}, layer {k}") for k in numbers]
    try:
        return DeepNetwork(layers)
    except ValueError as error:
        raise ValueError(f"{where}: {error}") from error


def _layer(arrays: Mapping[str, Array], activation: str, where: str) -> ShallowNetwork:
    missing = [name for name in _REQUIRED if name not in arrays]
    if missing:
        raise ValueError(
            f"{where}: expected arrays {', '.join(_REQUIRED)} (and optionally skip, constant, activation), got "
            f"{', '.join(sorted(arrays)) or 'none'}; write it with radon_nn.save"
        )
    unknown = [name for name in arrays if name not in _FIELDS]
    if unknown:
        raise ValueError(
            f"{where}: expected arrays {', '.join(_FIELDS)}, activation and format only, got also "
            f"{', '.join(map(repr, unknown))}; a misspelt name would be another network"
        )
    try:
        fields: dict[str, Any] = dict(arrays)
        return ShallowNetwork(**fields, activation=activation)
    except (ValueError, TypeError) as error:
        raise type(error)(f"{where}: {error}") from error
