"""Files of named tensors: safetensors, and PyTorch's own, which is read without running what is pickled in it."""

from __future__ import annotations

import importlib
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.generic]

_STATES = ("state_dict", "model_state_dict", "model")


def read_safetensors(where: Path) -> tuple[dict[str, Array], dict[str, str]]:
    """
    The tensors and the metadata of a safetensors file.

    Parameters
    ----------
    where : path
        The file.

    Returns
    -------
    arrays : dict of str to ndarray
        By name.
    words : dict of str to str
        The metadata.

    Raises
    ------
    ImportError
        If the package safetensors is not installed.
    ValueError
        If the file is damaged, or a dtype is none of NumPy's.
    """
    library = _library("safetensors", "safetensors")
    try:
        with library.safe_open(where, framework="numpy") as file:
            words = dict(file.metadata() or {})
            return {name: file.get_tensor(name) for name in file.keys()}, words  # noqa: SIM118
    except (library.SafetensorError, TypeError, ValueError, OSError, KeyError, AttributeError) as error:
        raise ValueError(
            f"{where}: expected a safetensors file of float16, float32 or float64 tensors, got "
            f"{where.stat().st_size} bytes that are not one ({' '.join(str(error).split())[:200]}); save it again"
        ) from error


def write_safetensors(where: Path, arrays: Mapping[str, Array], words: Mapping[str, str]) -> None:
    """
    Write tensors and metadata.

    Parameters
    ----------
    where : path
        The file.
    arrays : mapping of str to ndarray
        By name.
    words : mapping of str to str
        The metadata.

    Raises
    ------
    ImportError
        If the package safetensors is not installed.
    """
    _library("safetensors", "safetensors")
    importlib.import_module("safetensors.numpy").save_file(dict(arrays), where, dict(words))


def read_state(where: Path) -> dict[str, Any]:
    """
    The state dict of a .pt file, by torch's weights-only reader: nothing pickled is run.

    Parameters
    ----------
    where : path
        A file that `torch.save(model.state_dict(), ...)` wrote, or a checkpoint that has one.

    Returns
    -------
    dict of str to Tensor
        The tensors, by name.

    Raises
    ------
    ImportError
        If PyTorch is not installed.
    ValueError
        If the file is damaged, or holds anything but tensors in dicts.
    """
    size = where.stat().st_size
    remedy = "write it with torch.save(model.state_dict(), ...), or hand the live model to radon_nn.from_model"
    try:
        with zipfile.ZipFile(where) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError) as error:
        raise ValueError(
            f"{where}: expected a state dict as torch.save writes it, got {size} bytes that are no zip; {remedy}"
        ) from error
    if sum(entry.file_size for entry in entries) > size or any(e.compress_type for e in entries):
        raise ValueError(f"{where}: expected uncompressed tensors, as torch.save writes them, got others; {remedy}")
    torch = _library("torch", "torch")
    try:
        found = torch.load(where, map_location="cpu", weights_only=True)
    except Exception as error:
        raise ValueError(
            f"{where}: expected a state dict, which has tensors only, got a file that torch's weights-only reader "
            f"refuses ({type(error).__name__}); {remedy}"
        ) from error
    while isinstance(found, Mapping) and any(isinstance(found.get(key), Mapping) for key in _STATES):
        found = next(found[key] for key in _STATES if isinstance(found.get(key), Mapping))
    if not isinstance(found, Mapping) or not any(isinstance(part, torch.Tensor) for part in found.values()):
        raise ValueError(f"{where}: expected a dict of tensors, got {type(found).__name__}; {remedy}")
    for name, tensor in found.items():
        if isinstance(tensor, torch.Tensor) and (tensor.is_sparse or tensor.is_quantized or tensor.is_complex()):
            raise ValueError(f"{where}: expected dense real tensors, got {name} of {tensor.dtype}, {tensor.layout}")
        # A stride of zero declares any size upon one number.
        if isinstance(tensor, torch.Tensor) and tensor.numel() * tensor.element_size() > size:
            raise ValueError(f"{where}: expected tensors no larger than the file, got {name} {tuple(tensor.shape)}")
    return dict(found)


def _library(name: str, extra: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        line = "torch" if extra == "torch" else f"'radon-nn[{extra}]'"
        raise ImportError(f"{name} is needed to read or write such a file; pip install {line}") from error
