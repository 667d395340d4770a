"""Save and load networks, measures and fits; nothing in a file is run, files are written whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from radon_nn._support.files import shipped, whole_file
from radon_nn.networks.deep import DeepNetwork
from radon_nn.networks.shallow import ShallowNetwork
from radon_nn.readers import registry
from radon_nn.readers.array_files import refuse_hints
from radon_nn.readers.feature_names import names_of_onnx, names_read
from radon_nn.readers.files.archives import existing
from radon_nn.readers.files.native import FORMAT, to_arrays
from radon_nn.readers.files.safetensors import write_safetensors
from radon_nn.readers.graph import Network, Understood
from radon_nn.readers.hints import Hints
from radon_nn.readers.refusals import printable
from radon_nn.result_files.arrays import Result, is_result, network_of, read_result
from radon_nn.result_files.arrays import to_arrays as to_arrays_of_result

_Read = TypeVar("_Read")

__all__ = ["FORMAT", "load", "read", "save", "shipped"]


def save(path: str | os.PathLike[str], network: Network | Result) -> None:
    """
    Write a network or a result to a file, whole or not at all: safetensors if the name ends so, npz otherwise.

    A Fit and a LossFit keep their data and the dual: `certificate()` proves the lower bound anew after loading.

    Parameters
    ----------
    path : str or path
        The file; an existing one is replaced once the new one is complete.
    network : network, RidgeMeasure, FibreMeasure, Fit, LossFit, SpikeFit or ProbeFit
        A ShallowNetwork or DeepNetwork; results go to npz only.

    Raises
    ------
    ImportError
        If the name ends in .safetensors, and that package is not installed.
    TypeError
        If it is none of these, or the path is no path.
    ValueError
        If an activation or a loss has no name by which to load it again, or the file's name ends as another format's.
    OSError
        If the file cannot be written.

    See Also
    --------
    load : Read it back.

    Examples
    --------
    >>> import tempfile
    >>> from radon_nn import ShallowNetwork
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save(f"{folder}/network.npz", ShallowNetwork([[3.0, 4.0]], [1.0], [2.0]))
    ...     load(f"{folder}/network.npz").measure().rtv
    10.0
    """
    _require_path(path, "save", "save('file.npz', network)")
    if not isinstance(network, ShallowNetwork | DeepNetwork | Result):
        raise TypeError(
            "save: expected a path and a ShallowNetwork or DeepNetwork, a measure or a fit, got "
            f"{type(network).__name__}; from_model makes a network of a trained model"
        )
    suffix = Path(path).suffix.lower()
    if suffix in registry.REFUSED or not registry.file_kind(Path(path)).written:
        raise ValueError(
            f"{path}: expected a name ending in .npz or .safetensors, got {suffix}, a format of other programs"
        )
    if isinstance(network, Result):
        if suffix == ".safetensors":
            raise ValueError(f"{path}: expected a name ending in .npz for a {type(network).__name__}, got {suffix}")
        with whole_file(path) as temporary, open(temporary, "wb") as stream:
            named: dict[str, Any] = to_arrays_of_result(network)
            np.savez(stream, **named)
        return
    arrays, words = to_arrays(network)
    with whole_file(path) as temporary:
        if suffix == ".safetensors":
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
    layers: Sequence[str] | None = None,
    order: Sequence[str] | None = None,
    prefix: str | Sequence[str] | None = None,
    logits: bool = True,
    output: str | None = None,
) -> Any:
    """
    Read a network or a result from a file, of the kind that its name's suffix says.

    ============================  ==================================================================================
    file                          what is read
    ============================  ==================================================================================
    npz, any other                what `save` writes, or arrays by name; object arrays are pickles, refused
    safetensors                   what `save` writes, or tensors by name; the metadata may give the activation
    keras                         Keras 3's archive: layers, activations and weights
    h5, hdf5                      Keras 2's and 3's whole models in HDF5
    onnx                          Gemm, MatMul, Add and the like, and activations
    nnet                          text of the verification community; scaling is folded
    pt, pth, ckpt, bin, tar       PyTorch's state dicts, checkpoints, TorchScript's, Stable-Baselines3's
    pt2                           programs of torch.export, as their graph
    ============================  ==================================================================================

    Files of PyTorch are known by their content; so is any whose name ends otherwise, such as .zip. Nothing in a file
    is run: pickles are taken as data, and the code of TorchScript is not read. The archives (npz, keras, pt and pt2)
    have checksums. safetensors, h5, onnx, nnet and what PyTorch wrote before 1.6 have none: there a changed byte of a
    number is another number, and only a wrong structure is noticed.

    Of a Fit and a LossFit, the objective and the value of the dual are computed anew and held against what the file
    says. Whether the dual is feasible is only found where that takes no longer than a tenth of a second: up to 400
    points of the plane and 50 of space. So the bound of a file from others is proved by `certificate()` alone: call it,
    and take its `lower`.

    Parameters
    ----------
    path : str or path
        The file. An npz has arrays `weights` (k, d), `biases` (k,), `readout` (o, k), and optionally `skip` (o, d),
        `constant` (o,) and `activation` (a string, relu if absent); or layers by name, as `from_model` takes them.
    activation : str or sequence of str, optional
        For arrays by name, which do not say it: one for all, or one for each hidden layer.
    layout : {'out_in', 'in_out'}, optional
        For arrays by name, where neither the file nor their shapes say it.
    layers : sequence of str, optional
        For arrays by name: the layers, first to last, where the numbers in their names do not say their order. The
        order of a state dict or an npz, in which the writer gave them, is taken only where no other order fits their
        sizes; that of safetensors, which sorts names, never.
    order : sequence of str, optional
        The older name of `layers`.
    prefix : str or sequence of str, optional
        For arrays of several networks: how the names of one begin, or those of its parts in the order of computation.
    logits : bool
        Leave off a final sigmoid or softmax; otherwise a sigmoid is kept as a layer, and a softmax refused.
    output : str, optional
        For ONNX files of several outputs: the name of the one to read.

    Returns
    -------
    ShallowNetwork or DeepNetwork, or RidgeMeasure, FibreMeasure, Fit, LossFit, SpikeFit or ProbeFit
        The network, or what was saved.

    Raises
    ------
    TypeError
        If the path is no path.
    FileNotFoundError
        If there is no such file.
    ImportError
        If the package that reads this kind of file is not installed; the error gives the line that installs it.
    ValueError
        If the file is damaged, of another format or not understood, or does not say something that is needed.
    MemoryError
        If the arrays it declares would not fit into memory.

    See Also
    --------
    save : Write one.
    from_model : The same from live models.

    Examples
    --------
    >>> load(shipped("terrain.npz")).measure().rtv > 246
    True
    """
    _require_path(path, "load", "load('file.npz')")
    where = existing(path, "a network's file")
    hints = Hints.of(activation, layout, layers, order, prefix)
    if is_result(where):
        refuse_hints(where, hints)
        return _printable_errors(lambda: read_result(where))
    return read(
        path,
        activation=activation,
        layout=layout,
        layers=layers,
        order=order,
        prefix=prefix,
        logits=logits,
        output=output,
    ).network


def read(
    path: str | os.PathLike[str],
    *,
    activation: str | Sequence[str] | None = None,
    layout: str | None = None,
    layers: Sequence[str] | None = None,
    order: Sequence[str] | None = None,
    prefix: str | Sequence[str] | None = None,
    logits: bool = True,
    output: str | None = None,
) -> Understood:
    """
    Read a network from a file, with notes of what was understood; see `load`.

    Parameters
    ----------
    path : str or path
        The file.
    activation, layout, layers, order, prefix : str or sequence of str, optional
        For arrays by name.
    logits : bool
        Leave off a final sigmoid or softmax.
    output : str, optional
        For ONNX files of several outputs.

    Returns
    -------
    Understood
        Network, source and notes.

    Raises
    ------
    ValueError
        As `load`.

    See Also
    --------
    radon_nn.load : The network alone, or a result that was saved.

    Examples
    --------
    >>> read(shipped("terrain.npz")).network.neurons
    56
    """
    hints = replace(Hints.of(activation, layout, layers, order, prefix), output=output)
    where = existing(path, "a network's file")
    if is_result(where):
        refuse_hints(where, hints)
        result = _printable_errors(lambda: read_result(where))
        return Understood(network_of(result), f"{where}, a {type(result).__name__}")
    kind = registry.kind_of_file(where)
    if output is not None and not kind.outputs:
        raise ValueError(
            f"{where}: expected no output (output=, --output), which only ONNX files name, got {output!r}; leave it out"
        )
    found = _printable_errors(lambda: kind.read(where, hints, logits))
    if found.network.names:
        return found
    names = names_of_onnx(where, found.network) if kind.name == "onnx" else names_read(found)
    return replace(found, network=found.network.named(names)) if names else found


def _require_path(path: object, function: str, example: str) -> None:
    if not isinstance(path, str | os.PathLike):
        raise TypeError(f"{function}: expected the path of a file, got {type(path).__name__}; write {example}")


def _printable_errors(read_file: Callable[[], _Read]) -> _Read:
    """What a reader returns; its errors name arrays as a terminal can print them."""
    try:
        return read_file()
    except (ValueError, TypeError, MemoryError) as error:
        # Names of arrays come from the file, and may hold sequences that a terminal would obey.
        if str(error).isprintable():
            raise
        raise type(error)(printable(str(error))) from error
