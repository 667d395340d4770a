"""
Files of PyTorch, known by their content and read without PyTorch: archives checked, pickles taken as data.

`torch.save` writes an uncompressed zip archive since PyTorch 1.6: the bytes of each storage, and a pickle that says
which tensors lie in it; before 1.6, pickles one after the other. TorchScript's archives have the same pickle, of a
module, and code beside it; Stable-Baselines3's have an archive of `torch.save` within.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from radon_nn.readers.files.archives import Archive, opened
from radon_nn.readers.files.legacy_states import BEGIN, legacy_object
from radon_nn.readers.files.pickles import LONGEST, Attributes, Opaque
from radon_nn.readers.files.storages import TIED, Storages
from radon_nn.readers.refusals import naming

Array = NDArray[np.generic]

_STATES = ("state_dict", "model_state_dict", "model")
KIND = "a state dict as torch.save writes it"
REMEDY = "write it with torch.save(model.state_dict(), ...), or hand the live model to radon_nn.from_model"
_PLAIN = ("version", "byteorder", ".format_version", ".storage_alignment", ".data/serialization_id")
# What TorchScript's archives have beside: code, which is not read, and what it was traced with.
_CODE = ("code/", "traced_inputs/", "extra/")
_SCRIPTED = ("constants.pkl", "traced_inputs.pkl")
_POLICY = "policy.pth"
# How deep a state dict may lie in other dicts, set by hand: those of trainers lie one or two deep.
_NESTED = 8
# Nested dicts of models are some ten deep, and large checkpoints have some ten thousand entries.
_DEEPEST = 50
_MOST = 200_000
# Functions that make tensors of a kind that is not read: parameters with attributes, sparse and quantised tensors.
_TENSORS = ("torch._utils", "torch._tensor", "torch.nn.parameter")
# What training writes beside a state dict, in lower case; tensors in them are scores, random states and the like.
_BESIDE = (
    *("callbacks", "loops", "lr_scheduler", "lr_schedulers", "scheduler", "schedulers", "scaler", "grad_scaler"),
    *("amp", "native_amp_scaling_state", "mixedprecision", "hyper_parameters", "hparams", "args", "config", "metrics"),
    *("history", "rng", "rng_state", "rng_states", "datamodule"),
)


class State(NamedTuple):
    """The tensors of a file by name, in dicts as they were written, and what kind of file it is."""

    tensors: dict[str, Any]
    source: str


def read_state(where: Path) -> State:
    """
    The state dict in a file of PyTorch.

    Parameters
    ----------
    where : path
        A file that `torch.save(model.state_dict(), ...)` wrote, by any version of PyTorch since 0.2; a checkpoint that
        has one under the name state_dict, model_state_dict or model; an archive of TorchScript, of which the code is
        not read; or an archive of Stable-Baselines3, of which the policy is read.

    Returns
    -------
    State
        The tensors by name, in the order of the dict, and other entries as they are.

    Raises
    ------
    ValueError
        If the file is damaged, or holds anything but tensors in dicts.
    MemoryError
        If what it declares would not fit into memory.
    """
    with open(where, "rb") as stream:
        old = stream.read(len(BEGIN)) == BEGIN
    malformed = f"expected {KIND}, got a malformed one; {REMEDY}"
    if old:
        with naming(where, malformed):
            return _state(where, legacy_object(where.read_bytes(), REMEDY), "PyTorch state dict of before 1.6")
    with opened(where, KIND, REMEDY) as archive:
        if any(entry.filename == _POLICY for entry in archive.entries):
            policy = next(entry for entry in archive.entries if entry.filename == _POLICY)
            with opened(where, "a policy of Stable-Baselines3", REMEDY, archive.content(policy)) as inner:
                return _of_archive(where, inner, malformed, "Stable-Baselines3 policy")
        return _of_archive(where, archive, malformed, "PyTorch state dict")


def _of_archive(where: Path, archive: Archive, malformed: str, source: str) -> State:
    with naming(where, malformed):
        found = _object(archive)
        scripted = isinstance(found, Attributes)
        unknown = _contents(found).unknown if scripted else []
        if unknown:
            raise ValueError(f"expected modules of TorchScript with their tensors, got also {unknown[0]}; {REMEDY}")
        return _state(where, _scripted(found) if scripted else found, "TorchScript's state" if scripted else source)


def _state(where: Path, found: Any, source: str) -> State:
    """The state dict among the objects of a file."""
    inner: list[str] = []
    for _ in range(_NESTED):
        inner = [key for key in _STATES if isinstance(found.get(key), dict)] if isinstance(found, dict) else []
        # A dict of settings may have such a name too.
        inner = [key for key in inner if len(inner) == 1 or _contents(found[key]).arrays]
        if not inner:
            break
        beside = [str(key) for key, part in found.items() if isinstance(part, np.ndarray)]
        if beside:
            raise ValueError(f"expected one state dict, got {inner[0]} and {', '.join(beside[:6])} beside it; {REMEDY}")
        rivals = {key: part for key, part in found.items() if key != inner[0] and _is_state(key, part)}
        if rivals:
            # Which of them is meant, the caller says by a prefix.
            found = {inner[0]: found[inner[0]], **rivals}
            break
        found = found[inner[0]]
    whole = _contents(found)
    _require_known(found, whole)
    if not whole.arrays or not isinstance(found, dict):
        raise ValueError(f"expected a dict of tensors, got {type(found).__name__}; {REMEDY}")
    # One tensor under many names lies in the file once; each name takes memory of its own later.
    if sum(array.nbytes for array in whole.arrays) > TIED * where.stat().st_size:
        raise ValueError("expected tensors no larger than the file, got one storage under many names")
    return State({str(name): part for name, part in found.items()}, source)


def _require_known(found: Any, whole: _Contents) -> None:
    """Refuse objects among the tensors of a network, which may be tensors too: one with attributes of its own is."""
    unknown = list(whole.unknown)
    if isinstance(found, dict) and not any(isinstance(part, np.ndarray) for part in found.values()) and whole.arrays:
        # Entries beside networks may be anything but tensors; a network's own may not.
        unknown = []
        for key, part in found.items():
            within = _contents(part)
            if not _is_optimizer(key, part):
                unknown += [name for name in within.unknown if within.arrays or name.startswith(_TENSORS)]
    if unknown:
        raise ValueError(f"expected a state dict, which has tensors only, got also {unknown[0]}; {REMEDY}")


def _is_state(key: Any, part: Any) -> bool:
    """Whether an entry beside a state dict may be that of another network: dicts with tensors, but of no optimizer."""
    known = _is_optimizer(key, part) or str(key).lower() in _BESIDE
    return not known and isinstance(part, dict | list | tuple) and bool(_contents(part).arrays)


def _is_optimizer(key: Any, part: Any) -> bool:
    """Whether an entry is the state of an optimizer, or of several in a list or a dict, by name and content."""
    if isinstance(part, dict) and "param_groups" in part:
        return True
    within = list(part.values()) if isinstance(part, dict) else part if isinstance(part, list | tuple) else []
    if within and all(isinstance(inner, dict) and "param_groups" in inner for inner in within):
        return True
    # An optimizer without groups: a dict of settings and moments, such as {'state': {}}.
    return str(key).lower().startswith("optim") and isinstance(part, dict) and set(part) <= {"state", "defaults"}


class _Contents(NamedTuple):
    """The tensors in dicts and lists, and the names of the objects among them."""

    arrays: list[Array]
    unknown: list[str]


def _contents(tree: Any) -> _Contents:
    """What is in dicts and lists within each other; a pickle of few bytes can hold one in a million places."""
    found = _Contents([], [])
    left = [(tree, 0)]
    for _ in range(_MOST):
        if not left:
            return found
        part, depth = left.pop()
        if isinstance(part, np.ndarray):
            found.arrays.append(part)
        elif isinstance(part, Opaque):
            found.unknown.append(part.name)
        elif isinstance(part, dict | list | tuple):
            if depth > _DEEPEST:
                break
            inner = part.values() if isinstance(part, dict) else part
            left += [(x, depth + 1) for x in inner if isinstance(x, dict | list | tuple | np.ndarray | Opaque)]
    raise ValueError(
        f"expected a dict of tensors, with at most {_MOST} entries nested at most {_DEEPEST} deep, got more; {REMEDY}"
    )


def _scripted(module: Mapping[str, Any]) -> dict[str, Any]:
    """
    The parameters and buffers of a TorchScript module and of those within it.

    Whether it trains, hooks and texts change nothing; a number may, and is kept to be refused.
    """
    kept: dict[str, Any] = {}
    for name, part in module.items():
        found = _scripted(part) if isinstance(part, Attributes) else part
        if not (found is None or isinstance(found, bool | str) or (isinstance(found, dict) and not found)):
            kept[name] = found
    return kept


def _object(archive: Archive) -> Any:
    """The object in an archive of torch.save or TorchScript."""
    names = [entry.filename for entry in archive.entries]
    root = next(iter(names), "").partition("/")[0]
    parts = {entry.filename.removeprefix(f"{root}/"): entry for entry in archive.entries}
    scripted = any(name.startswith("code/") for name in parts)
    known = (*_PLAIN, *(_SCRIPTED if scripted else ()))
    folders = ("data/", *(_CODE if scripted else ()))
    others = [name for name in parts if name not in ("data.pkl", *known) and not name.startswith(folders)]
    if "data.pkl" not in parts or others:
        raise ValueError(
            f"expected {KIND}, got an archive of {', '.join(sorted(others or names)[:6])}"
            f"{'; constants in the code of TorchScript are not read' if scripted else ''}; {REMEDY}"
        )
    read = [name for name in parts if name in ("data.pkl", "byteorder") or name.startswith("data/")]
    if any(parts[name].compress_type for name in parts if not (scripted and name.startswith("code/"))):
        raise ValueError(f"expected uncompressed tensors, as torch.save writes them, got others; {REMEDY}")
    # Members that are not used are read too, so that their checksums are held against their bytes.
    content = {name: archive.content(entry) for name, entry in parts.items()}
    data = {name.removeprefix("data/"): content[name] for name in read if name.startswith("data/")}
    order = ">" if content.get("byteorder", b"little").strip() == b"big" else "<"
    if len(content["data.pkl"]) > LONGEST:
        raise ValueError(f"data.pkl: expected at most {LONGEST} bytes, got {len(content['data.pkl'])}")
    return Storages(data, archive.size, REMEDY, order).object(content["data.pkl"])
