"""
Which reader takes which file and which object: two tables. To add a reader, write it and give it a line here.

`radon_nn.load`, `save` and `from_model` and their errors follow these tables; tests hold their docstrings to them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from radon_nn._support.types import Floats
from radon_nn.networks.deep import DeepNetwork
from radon_nn.networks.shallow import ShallowNetwork
from radon_nn.readers._categories import Front
from radon_nn.readers.array_files import (
    read_npz_file,
    read_safetensors_file,
    read_state_file,
    refuse_hints,
)
from radon_nn.readers.exported_programs import read_exported_file
from radon_nn.readers.files.contents import kind_by_content
from radon_nn.readers.graph import Understood
from radon_nn.readers.hints import Hints
from radon_nn.readers.keras.hdf5_files import read_keras_h5_file
from radon_nn.readers.keras.models import evaluate_keras, read_keras, read_keras_file
from radon_nn.readers.nnet_files import read_nnet_file
from radon_nn.readers.onnx.files import read_onnx_file
from radon_nn.readers.pytorch import evaluate_torch, read_torch
from radon_nn.readers.scikit_learn import evaluate_sklearn, read_sklearn, sklearn_front


class FileKind(NamedTuple):
    """
    A kind of file.

    Parameters
    ----------
    name : str
        What errors call it.
    suffixes : tuple of str
        How its name ends.
    contents : str
        What is read, in one line.
    read : callable
        From the path, the hints and whether to leave off a final sigmoid or softmax, to what was understood.
    written : bool
        Whether `save` writes it.
    outputs : bool
        Whether it names its outputs, of which one is read.
    """

    name: str
    suffixes: tuple[str, ...]
    contents: str
    read: Callable[[Path, Hints, bool], Understood]
    written: bool = False
    outputs: bool = False


class ModelKind(NamedTuple):
    """
    A kind of live model.

    Parameters
    ----------
    name : str
        What errors call it.
    packages : tuple of str
        The packages from one of which its class, or an ancestor, comes.
    objects : str
        The objects that are read, with their article.
    read : callable
        From the model, and whether to leave off a final sigmoid or softmax, to what was understood.
    evaluate : callable
        From the model and points (n, d) to its outputs (n, o) and the relative precision of its arithmetic.
    front : callable, optional
        From the model to how its own inputs become those of its network, or None if they are the same.
    """

    name: str
    packages: tuple[str, ...]
    objects: str
    read: Callable[..., Understood]
    evaluate: Callable[[Any, Floats], tuple[Floats, float]]
    front: Callable[[Any], Front | None] = lambda model: None


def _without_hints(read: Callable[..., Understood]) -> Callable[[Path, Hints, bool], Understood]:
    """A reader of files that say everything themselves."""

    def reader(where: Path, hints: Hints, logits: bool) -> Understood:
        refuse_hints(where, hints)
        return read(where, logits=logits)

    return reader


def _with_output(where: Path, hints: Hints, logits: bool) -> Understood:
    """The reader of ONNX files, which say everything but which of several outputs is wanted."""
    refuse_hints(where, replace(hints, output=None))
    return read_onnx_file(where, logits=logits, output=hints.output)


FILES = (
    FileKind(
        "npz",
        (".npz",),
        "what `save` writes, or arrays by name; object arrays are pickles, refused",
        read_npz_file,
        written=True,
    ),
    FileKind(
        "safetensors",
        (".safetensors",),
        "what `save` writes, or tensors by name; the metadata may give the activation",
        read_safetensors_file,
        written=True,
    ),
    FileKind(
        "keras",
        (".keras",),
        "Keras 3's archive: layers, activations and weights",
        _without_hints(read_keras_file),
    ),
    FileKind(
        "h5",
        (".h5", ".hdf5"),
        "Keras 2's and 3's whole models in HDF5",
        _without_hints(read_keras_h5_file),
    ),
    FileKind(
        "onnx",
        (".onnx",),
        "Gemm, MatMul, Add and the like, and activations",
        _with_output,
        outputs=True,
    ),
    FileKind(
        "nnet",
        (".nnet",),
        "text of the verification community; scaling is folded",
        _without_hints(read_nnet_file),
    ),
    FileKind(
        "pt",
        (".pt", ".pth", ".ckpt", ".bin", ".tar"),
        "PyTorch's state dicts, checkpoints, TorchScript's, Stable-Baselines3's",
        read_state_file,
    ),
    FileKind("pt2", (".pt2",), "programs of torch.export, as their graph", _without_hints(read_exported_file)),
)
"""The kinds of files that are read; a name that ends otherwise is taken for npz, unless the content says otherwise."""

# Keras first: with PyTorch as its backend, its models are torch modules too.
MODELS = (
    ModelKind("keras", ("keras", "tf_keras"), "a Keras model", read_keras, evaluate_keras),
    ModelKind("torch", ("torch",), "a torch.nn.Module", read_torch, evaluate_torch),
    ModelKind("sklearn", ("sklearn",), "a scikit-learn MLP or pipeline", read_sklearn, evaluate_sklearn, sklearn_front),
)
"""The kinds of live models that are read."""


def names(kinds: tuple[FileKind, ...] = FILES) -> str:
    """
    The names of kinds of files, for errors.

    Parameters
    ----------
    kinds : tuple of FileKind
        The kinds.

    Returns
    -------
    str
        As in 'npz, safetensors or pt'.
    """
    *others, last = [kind.name for kind in kinds]
    return f"{', '.join(others)} or {last}" if others else last


_PICKLE = f"expected {names()}, got a pickle, which would run code; use from_model(model)"
_TAR = "a tar archive, as PyTorch wrote before 0.2; load it with PyTorch 1 and save its state dict"
REFUSED: Mapping[str, str] = dict.fromkeys((".joblib", ".pickle", ".pkl"), _PICKLE)
"""How the names of files end that are never read, and why."""


def file_kind(where: Path) -> FileKind:
    """
    The kind of file that a name says.

    Parameters
    ----------
    where : path
        The file.

    Returns
    -------
    FileKind
        The kind.

    Raises
    ------
    ValueError
        If files of that kind are never read.
    """
    suffix = where.suffix.lower()
    if suffix in REFUSED:
        raise ValueError(f"{where}: {REFUSED[suffix]}")
    return next((kind for kind in FILES if suffix in kind.suffixes), FILES[0])


def kind_of_file(where: Path) -> FileKind:
    """
    The kind of a file: by its name, or by its content where names of that end say little (.bin, .zip, .tar, none).

    Parameters
    ----------
    where : path
        A plain file.

    Returns
    -------
    FileKind
        The kind.

    Raises
    ------
    ValueError
        If files of that kind are never read.
    """
    kind = file_kind(where)
    if kind.name not in ("pt", "pt2") and where.suffix.lower() in kind.suffixes:
        return kind
    content = kind_by_content(where)
    if content == "tar":
        raise ValueError(f"{where}: expected {names()}, got {_TAR}")
    return next((other for other in FILES if other.name == content), kind)


def model_kind(model: Any) -> ModelKind | None:
    """
    The kind of a live model, by the packages of its class and their ancestors; nothing is imported.

    Parameters
    ----------
    model : object
        Anything.

    Returns
    -------
    ModelKind, optional
        The kind; None for arrays: a mapping, a sequence or a dataclass.

    Raises
    ------
    TypeError
        If it is none of these.
    """
    if hasattr(model, "__array__") and hasattr(model, "dtype"):
        raise TypeError(
            f"from_model: expected a model, got numbers, {type(model).__name__} of shape {tuple(model.shape)}; for "
            "samples write rtv(points, values)"
        )
    packages = {base.__module__.partition(".")[0] for base in type(model).__mro__}
    for kind in MODELS:
        if packages.intersection(kind.packages):
            return kind
    if isinstance(model, ShallowNetwork | DeepNetwork):
        raise TypeError(f"from_model: expected a framework's model, got a {type(model).__name__}, a network already")
    if isinstance(model, str | Path):
        raise TypeError(f"from_model: expected a model, got the path {str(model)!r}; radon_nn.load reads a file")
    if isinstance(model, Mapping | list | tuple) or hasattr(model, "__dataclass_fields__"):
        return None
    raise TypeError(
        f"from_model: expected {', '.join(kind.objects for kind in MODELS)}, or a nested dict of arrays, got "
        f"{type(model).__module__}.{type(model).__name__}"
    )
