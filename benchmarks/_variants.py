"""What file_variants.py's kinds have in common: a variant, and whether the network read is the framework's."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from read_models import LINKS, SCALES

from radon_nn.io import read
from radon_nn.readers.graph import Understood
from radon_nn.readers.hints import Hints
from radon_nn.readers.live_models import understood
from radon_nn.readers.named_arrays import read_arrays
from radon_nn.readers.registry import model_kind

Floats = NDArray[np.float64]
CLOSE = 1e-5
"""Rounding of float32 through a few layers, of the largest input or output; a wrong network differs at order one."""


class Variant(NamedTuple):
    """
    One form of a kind of file.

    Parameters
    ----------
    name : str
        What sets it apart from the others of its kind: layers, names, prefix, biases, precision, options.
    write : callable
        From a folder to the file written there, or to the live object.
    outputs : callable
        The framework's own outputs at points (n, inputs).
    inputs : int
        The number of inputs.
    told : dict
        What `load` or `from_model` must be told.
    refused : str
        A part of the message, if it is to be refused; '' if it is to be read.
    points : array, shape (n, inputs), optional
        The points of which the outputs are known; random ones of several sizes if None.
    """

    name: str
    write: Callable[[Path], Any]
    outputs: Callable[[Floats], Floats]
    inputs: int
    told: dict[str, Any] = {}  # noqa: RUF012
    refused: str = ""
    points: Floats | None = None


def found_in(written: Any, told: dict[str, Any]) -> Understood:
    """What is read of a file, a live model or arrays."""
    if isinstance(written, Path):
        return read(written, **told)
    return understood(written) if model_kind(written) else read_arrays(written, Hints(**told))


def error_of(variant: Variant, found: Understood) -> float:
    """The largest difference from the framework's own outputs, relative to the largest input or output, or to 1."""
    rng = np.random.default_rng(0)
    drawn = [scale * rng.standard_normal((32, variant.inputs)) for scale in SCALES]
    # NumPy's maximum, for a difference that is no number is the largest.
    worst = np.float64(0)
    for points in drawn if variant.points is None else [variant.points]:
        points = points.astype(np.float32).astype(np.float64)
        theirs = variant.outputs(points)
        ours = LINKS[found.link](found.network(points).reshape(len(points), -1))
        if ours.shape != theirs.shape:
            return float("inf")
        size = max(1.0, float(np.abs(points).max()), float(np.abs(theirs).max()))
        worst = np.maximum(worst, np.abs(ours - theirs).max() / size)
    return float(worst)
