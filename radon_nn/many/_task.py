"""One model's row: read it, compute its R-TV, and tell whatever goes wrong."""

from __future__ import annotations

import hashlib
import math
import os
import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from radon_nn import __version__
from radon_nn._support import threads
from radon_nn.closed_forms.base import ClosedForm
from radon_nn.io import read
from radon_nn.measures.ridge import RidgeMeasure
from radon_nn.networks.deep import DeepNetwork
from radon_nn.networks.fibres import FibreMeasure
from radon_nn.networks.shallow import ShallowNetwork
from radon_nn.readers.live_models import from_model
from radon_nn.readers.refusals import said
from radon_nn.readers.registry import model_kind
from radon_nn.variation.routes import rtv, used_by

Row = dict[str, Any]

EMPTY: Row = {
    "name": "",
    "rtv": math.nan,
    "lower": math.nan,
    "upper": math.nan,
    "standing": "",
    "verdict": "",
    "converged": False,
    "path_norm": math.nan,
    "kind": "",
    "inputs": math.nan,
    "outputs": math.nan,
    "neurons": math.nan,
    "domain": "",
    "error": "",
    "digest": "",
}
"""The columns in their order, with what stands in a row that failed."""

INTERRUPTED = "Ctrl-C ended the search; the bounds hold"
"""The error of a row whose model was being worked on."""
_READ_BYTES = 2**20
"""Bytes of a file hashed at a time."""


class Task(NamedTuple):
    """A model, its name, the options of `rtv` and of the readers, and its digest unless it is a file."""

    name: str
    model: Any
    options: Mapping[str, Any]
    hints: Mapping[str, Any]
    num_threads: int
    digest: str = ""

    @property
    def is_file(self) -> bool:
        """Whether the model is a path."""
        return isinstance(self.model, str | os.PathLike)


def failed(task: Task, error: Exception | str) -> Row:
    """The row of a model that did not work."""
    text = error if isinstance(error, str) else f"{type(error).__name__}: {said(error)}"
    return EMPTY | {"name": task.name, "error": text}


def row_of(task: Task) -> Row:
    """A model's row; whatever goes wrong is told in it."""
    try:
        with threads.at_most(task.num_threads):
            return EMPTY | {"name": task.name, "digest": digest_of(task)} | _facts(task)
    except Exception as error:
        return failed(task, error)


def _facts(task: Task) -> Row:
    """The columns of a model that worked."""
    f = function_of(task)
    unused = {"tol", "seconds", "rng"} - used_by(f, task.options)
    result = rtv(f, **{name: value for name, value in task.options.items() if name not in unused})
    row = {name: getattr(result, name) for name in ("lower", "upper", "standing", "verdict", "converged")}
    row |= {"rtv": result.value, "domain": result.conditions}
    if "interrupted" in result.law:
        row["error"] = INTERRUPTED
    if isinstance(f, ShallowNetwork | DeepNetwork):
        kind = "shallow" if isinstance(f, ShallowNetwork) else "deep"
        row |= {"path_norm": f.path_norm, "kind": kind, "inputs": f.dim, "outputs": f.outputs, "neurons": f.neurons}
    return row


def function_of(task: Task) -> Any:
    """What `rtv` takes, read from a file or a live model."""
    model, hints = task.model, dict(task.hints)
    if task.is_file:
        return read(model, **hints).network
    if isinstance(model, ShallowNetwork | DeepNetwork | RidgeMeasure | FibreMeasure | ClosedForm):
        return model
    if "activation" in hints or _is_live(model):
        hints.pop("output", None)
        return from_model(model, **hints)
    return model


def _is_live(model: Any) -> bool:
    """Whether it is a framework's model; arrays are samples unless an activation is given."""
    try:
        return model_kind(model) is not None
    except TypeError:
        return False


def digest_of(task: Task) -> str:
    """A hash of a model's content and of the options; empty if there is none to be had, so that it is computed anew."""
    if task.digest:
        return task.digest
    options = __version__, sorted(task.options.items()), sorted(task.hints.items())
    digest = hashlib.sha256(repr(options).encode())
    try:
        if task.is_file:
            if Path(task.model).suffix == ".onnx":
                return ""  # Its weights may stand in other files.
            with open(task.model, "rb") as stream:
                while block := stream.read(_READ_BYTES):
                    digest.update(block)
        elif isinstance(task.model, ShallowNetwork | DeepNetwork | RidgeMeasure | FibreMeasure):
            digest.update(pickle.dumps(task.model))
        else:
            return ""  # A pickle names the code of functions and classes, which may change.
    except Exception:
        return ""
    return digest.hexdigest()[:16]
