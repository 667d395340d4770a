"""safetensors files, read and written by the package of that name."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from radon_nn.readers.refusals import library, said

Array = NDArray[np.generic]


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
        By name, sorted: the format keeps no other order.
    words : dict of str to str
        The metadata.

    Raises
    ------
    ImportError
        If the package safetensors is not installed.
    ValueError
        If the file is damaged, or a dtype is none of NumPy's.
    """
    safetensors = library("safetensors", "safetensors", where)
    try:
        with safetensors.safe_open(where, framework="numpy") as file:
            words = dict(file.metadata() or {})
            return {name: file.get_tensor(name) for name in file.keys()}, words  # noqa: SIM118
    except (safetensors.SafetensorError, TypeError, ValueError, OSError, KeyError, AttributeError) as error:
        raise ValueError(
            f"{where}: expected a safetensors file of float16, float32 or float64 tensors, got "
            f"{where.stat().st_size} bytes that are not one ({said(error):.200}); save it again"
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
    library("safetensors.numpy", "safetensors", where).save_file(dict(arrays), where, dict(words))
