"""Save and load networks: npz, safetensors, Keras, ONNX and PyTorch files; no pickles, files whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from radon_nn._support.files import shipped, whole_file
from radon_nn.networks.deep import DeepNetwork
from radon_nn.networks.shallow import ShallowNetwork
from radon_nn.readers.files.archives import existing
from radon_nn.readers.files.native import FORMAT, from_arrays, is_own, to_arrays
from radon_nn.readers.files.npz import read_npz
from radon_nn.readers.files.tensors import read_safetensors, read_state, write_safetensors
from radon_nn.readers.graph import Network, Understood
from radon_nn.readers.keras.models import read_keras_file
from radon_nn.readers.named_arrays import read_arrays
from radon_nn.readers.onnx.files import read_onnx_file

__all__ = ["FORMAT", "load", "read", "save", "shipped"]


_FOREIGN = (".h5", ".hdf5", ".joblib", ".keras", ".onnx", ".pickle", ".pkl", ".pt", ".pth")
_PICKLED = "expected npz, safetensors, keras, onnx or pt, got a pickle, which would run code; use from_model(model)"
_OLD = "expected npz, safetensors, keras, onnx or pt, got HDF5; write it with Keras 3 as model.save('name.keras')"
_REFUSED = {".h5": _OLD, ".hdf5": _OLD, ".joblib": _PICKLED, ".pickle": _PICKLED, ".pkl": _PICKLED}


def save(path: str | os.PathLike[str], network: Network) -> None:
    """
    Write a network to a file, whole or not at all: safetensors if the name ends so, npz otherwise.

    Parameters
    ----------
    path : str or path
        Where; an existing file is replaced once the new one is complete.
    network : ShallowNetwork or DeepNetwork
        The network.

    Raises
    ------
    ImportError
        If the name ends in .safetensors, and that package is not installed.
    TypeError
        If it is no network.
    ValueError
        If an activation has no name by which to load it again, or the file's name ends as another format's.
    OSError
        If the file cannot be written.

    See Also
    --------
    load : Read it back.
    """
    if not isinstance(network, ShallowNetwork | DeepNetwork):
        raise TypeError(
            f"save: expected a path and a ShallowNetwork or DeepNetwork, got a {type(network).__name__}; from_model "
            "makes one of a trained model"
        )
    kind = Path(path).suffix.lower()
    if kind in _FOREIGN:
        raise ValueError(f"{path}: expected a name ending in .npz or .safetensors, got {kind}, which others write")
    arrays, words = to_arrays(network)
    with whole_file(path) as temporary:
        if kind == ".safetensors":
            write_safetensors(temporary, arrays, words)
            return
        with open(temporary, "wb") as stream:
            contents: dict[str, Any] = {name: np.array(word) for name, word in words.items()} | arrays
            np.savez(stream, **contents)


def load(
    path: str | os.PathLike[str],
    *,
    activation: str | Sequence[str] | None = None,
    layout: str | None = None,
    order: Sequence[str] | None = None,
    logits: bool = True,
) -> Network:
    """
    Read a network from a file, by the kind its name ends in.

    ==================  ============================================================================================
    file                what is read
    ==================  ============================================================================================
    npz, any other      what `save` writes, or arrays by name; object arrays, which are pickles, are refused
    safetensors         what `save` writes, or tensors by name; the activation may stand in the metadata
    keras               Keras 3's archive: layers, activations and weights
    onnx                Gemm, MatMul, Add and their like, and activations
    pt, pth             a state dict, with PyTorch, weights only
    ==================  ============================================================================================

    Parameters
    ----------
    path : str or path
        The file. An npz has arrays `weights` (k, d), `biases` (k,), `readout` (o, k), and optionally `skip` (o, d),
        `constant` (o,) and `activation` (a string, relu if absent); or layers by name, as `from_model` takes them.
    activation : str or sequence of str, optional
        For tensors by name, which do not say: one for all, or one for each hidden layer.
    layout : {'out_in', 'in_out'}, optional
        For tensors by name, where neither the file nor their shapes say.
    order : sequence of str, optional
        For tensors by name: the layers, first to last, where their names do not tell.
    logits : bool
        Leave off a final sigmoid or softmax; otherwise a sigmoid is kept as a layer, and a softmax refused.

    Returns
    -------
    ShallowNetwork or DeepNetwork
        The network.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ImportError
        If the package that reads this kind of file is not installed; the error gives the line that installs it.
    ValueError
        If the file is damaged, of another format, not understood, or needs to be told something.
    MemoryError
        If the arrays it declares would not fit into memory.

    See Also
    --------
    save : Write one.
    from_model : The same from live models.
    """
    return read(path, activation=activation, layout=layout, order=order, logits=logits).network


def read(
    path: str | os.PathLike[str],
    *,
    activation: str | Sequence[str] | None = None,
    layout: str | None = None,
    order: Sequence[str] | None = None,
    logits: bool = True,
) -> Understood:
    """
    Read a network from a file, with notes of what was understood; see `load`.

    Parameters
    ----------
    path : str or path
        The file.
    activation, layout, order : str or sequence of str, optional
        For tensors by name.
    logits : bool
        Leave off a final sigmoid or softmax.

    Returns
    -------
    Understood
        Network, source and notes.

    Raises
    ------
    ValueError
        As `load`.
    """
    where = existing(path, "a network's file")
    if where.suffix.lower() in _REFUSED:
        raise ValueError(f"{where}: {_REFUSED[where.suffix.lower()]}")
    kind, told = where.suffix.lower(), {"activation": activation, "layout": layout, "order": order}
    if kind == ".keras":
        _says_itself(where, told)
        return read_keras_file(where, logits=logits)
    if kind == ".onnx":
        _says_itself(where, told)
        return read_onnx_file(where, logits=logits)
    if kind in (".pt", ".pth"):
        state = read_state(where)
        return _by_name(where, state, activation, layout or "out_in", order, "PyTorch state dict")
    if kind == ".safetensors":
        arrays, words = read_safetensors(where)
        if words.get("format", "").startswith("radon_nn."):
            _says_itself(where, told)
            return Understood(from_arrays(arrays, words, str(where)), "safetensors of radon_nn")
        rows = layout or ("out_in" if words.get("format") == "pt" else None)
        return _by_name(where, arrays, activation or words.get("activation"), rows, order, "safetensors")
    found = read_npz(where)
    if not is_own(found):
        return _by_name(where, found, activation, layout, order, "npz of arrays by name")
    _says_itself(where, told)
    texts = {name: str(array) for name, array in found.items() if name.split(".")[-1] in ("format", "activation")}
    numbers = {name: array for name, array in found.items() if name not in texts}
    return Understood(from_arrays(numbers, texts, str(where)), "npz of radon_nn")


def _by_name(
    where: Path,
    arrays: object,
    activation: str | Sequence[str] | None,
    layout: str | None,
    order: Sequence[str] | None,
    source: str,
) -> Understood:
    try:
        found = read_arrays(arrays, activation=activation, layout=layout, order=order, source=source)
    except (ValueError, TypeError) as error:
        raise type(error)(f"{where}: {error}") from error
    return found


def _says_itself(where: Path, told: dict[str, str | Sequence[str] | None]) -> None:
    for name, given in told.items():
        if given is not None:
            raise ValueError(f"{where}: expected no {name}, which this file says itself, got {given!r}; leave it out")
