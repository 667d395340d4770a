"""Files of named arrays as networks: the package's own, or layers by name as other libraries write them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from radon_nn.readers.files.native import from_arrays, is_own
from radon_nn.readers.files.npz import read_npz
from radon_nn.readers.files.safetensors import read_safetensors
from radon_nn.readers.files.torch_states import read_state
from radon_nn.readers.graph import Understood
from radon_nn.readers.hints import Hints
from radon_nn.readers.named_arrays import read_arrays

_TEXTS = ("format", "activation", "names")
"""How names of texts in an npz of our own end."""


def refuse_hints(where: Path, hints: Hints) -> None:
    """
    Refuse hints about a file that says everything itself.

    Parameters
    ----------
    where : path
        The file.
    hints : Hints
        The hints.

    Raises
    ------
    ValueError
        If there is one.
    """
    given = hints.first_given()
    if given is not None:
        raise ValueError(
            f"{where}: expected no {given[0]}, which this file says itself, got {given[1]!r}; leave it out"
        )


def read_npz_file(where: Path, hints: Hints, logits: bool) -> Understood:
    """
    The network in an npz file.

    Parameters
    ----------
    where : path
        The file.
    hints : Hints
        What arrays by name do not say. The order in which they were given to `numpy.savez` is the writer's own.
    logits : bool
        Not used: these files have no final sigmoid or softmax.

    Returns
    -------
    Understood
        The network.
    """
    found = read_npz(where)
    if not is_own(found):
        return _by_name(where, found, hints, "npz of arrays by name", trusted=True)
    refuse_hints(where, hints)
    texts = {name: str(array) for name, array in found.items() if name.split(".")[-1] in _TEXTS}
    numbers = {name: array for name, array in found.items() if name not in texts}
    return Understood(from_arrays(numbers, texts, str(where)), "npz of radon_nn")


def read_safetensors_file(where: Path, hints: Hints, logits: bool) -> Understood:
    """
    The network in a safetensors file.

    Parameters
    ----------
    where : path
        The file.
    hints : Hints
        What arrays by name do not say. The format sorts the names, so that their order in the file says nothing.
    logits : bool
        Not used: these files have no final sigmoid or softmax.

    Returns
    -------
    Understood
        The network.
    """
    arrays, words = read_safetensors(where)
    if words.get("format", "").startswith("radon_nn."):
        refuse_hints(where, hints)
        return Understood(from_arrays(arrays, words, str(where)), "safetensors of radon_nn")
    layout = hints.layout or ("out_in" if words.get("format") == "pt" else None)
    told = Hints(hints.activation or words.get("activation"), layout, hints.layers, hints.prefix)
    return _by_name(where, arrays, told, "safetensors", trusted=False)


def read_state_file(where: Path, hints: Hints, logits: bool) -> Understood:
    """
    The network in a PyTorch state dict.

    Parameters
    ----------
    where : path
        The file.
    hints : Hints
        What arrays by name do not say. The order of a state dict is that in which the module defined its layers.
    logits : bool
        Not used: these files have no final sigmoid or softmax.

    Returns
    -------
    Understood
        The network.
    """
    told = Hints(hints.activation, hints.layout or "out_in", hints.layers, hints.prefix)
    tensors, source = read_state(where)
    return _by_name(where, tensors, told, source, trusted=True)


def _by_name(where: Path, arrays: Any, hints: Hints, source: str, *, trusted: bool) -> Understood:
    try:
        return read_arrays(arrays, hints, source=source, trusted=trusted)
    except (ValueError, TypeError) as error:
        raise type(error)(f"{where}: {error}") from error
