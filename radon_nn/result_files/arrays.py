"""Measures and fits as named arrays, and back: what `save` writes to an npz file beside networks; no pickles."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from radon_nn._support.wording import counted
from radon_nn.activations.profile import Profile
from radon_nn.fitting._cap_search import rounding_of
from radon_nn.fitting.certified_fit import Fit, about_mean, dual_value, moments_of
from radon_nn.fitting.certified_loss_fit import LossFit
from radon_nn.geometry.domains import Ball
from radon_nn.measures.ridge import RidgeMeasure
from radon_nn.networks.fibres import FibreMeasure
from radon_nn.networks.shallow import ShallowNetwork
from radon_nn.readers.files.npz import read_npz
from radon_nn.result_files import _loss_fits
from radon_nn.result_files._claims import (
    is_searched,
    require_answers,
    require_bound,
    require_cost,
    require_feasible,
    slack_of,
)
from radon_nn.result_files._parts import (
    ANSWERS,
    NAMES,
    STEPS,
    Arrays,
    claims_from,
    finite_array,
    names_from,
    names_to,
    number_from_zero,
    refinement_from,
    refinement_to,
    whole_number,
)
from radon_nn.spikes.probing.probe_fit import ProbeFit
from radon_nn.spikes.spike_fit import SpikeErrors, SpikeFit

Result = RidgeMeasure | FibreMeasure | Fit | LossFit | SpikeFit | ProbeFit
"""The results that are saved, beside networks."""

_FORMAT = "result_format"
_MEASURE = ("directions", "offsets", "masses", "skip", "constant")
_FIBRES = ("directions", "fibre", "scales", "biases", "readout", "skip", "constant")
_FIT_ARRAYS = ("dual", "points", "values", "counts")
_FIT_NUMBERS = ("objective", "lower", "misfit", "decay", "presumed_lower", "scatter")
_ERRORS = tuple(f"errors.{name}" for name in SpikeErrors._fields)

_SEARCH = ("radius", "center", "relative_error", "max_error", "exact")
_TEXTS = (_FORMAT, "activation", "loss", "stopped", "refinement.name", "names.features", "names.outputs", "unresolved")
_TRUTHS = (*ANSWERS, "linear", "exact", "interrupted")
_SINGLE = (
    *(_FORMAT, "activation", "stopped", "refinement.name", "radius", "relative_error", "max_error"),
    *("samples", "rounds", "noise", "queries", "lines", *_FIT_NUMBERS, *_TRUTHS, *_loss_fits.SINGLE),
)
_TABLES = (
    *("measure.directions", "measure.masses", "measure.skip", "directions", "readout", "skip", "points"),
    *("errors.masses", *_loss_fits.TABLES),
)
"""Arrays of rows and columns; the others that are not single have rows only."""
_REAL = ("fiu", "real numbers")
_COMMON = (_FORMAT, *(f"measure.{name}" for name in _MEASURE), *(f"names.{part}" for part in NAMES))
_KNOWN: Mapping[str, tuple[str, ...]] = {
    "RidgeMeasure": _COMMON,
    "FibreMeasure": (_FORMAT, "activation", *_FIBRES, *(f"names.{part}" for part in NAMES)),
    "Fit": (
        *(*_COMMON, *_FIT_ARRAYS, *_FIT_NUMBERS, *ANSWERS, "stopped", "refinement.name"),
        *(f"refinement.{name}" for name in STEPS),
    ),
    "LossFit": (_FORMAT, *_loss_fits.KNOWN),
    "SpikeFit": (*_COMMON, *_SEARCH, "samples", "rounds", "interrupted", "noise", "queries", *_ERRORS),
    "ProbeFit": (*_COMMON, *_SEARCH, "queries", "lines", "unresolved"),
}
_UNIT = 1e-9
"""How far lengths of directions may be from 1: saving and rounding leave 1e-15, damage far more."""


def to_arrays(result: Result) -> Arrays:
    """
    A result as named arrays, which `from_arrays` reads back.

    Parameters
    ----------
    result : RidgeMeasure, FibreMeasure, Fit, LossFit, SpikeFit or ProbeFit
        The result.

    Returns
    -------
    dict of str to ndarray
        Numbers, truth values and texts; no objects.

    Raises
    ------
    ValueError
        If the activation of a FibreMeasure, or the loss of a LossFit, has no name.
    """
    arrays: dict[str, Any] = {_FORMAT: f"radon_nn.{type(result).__name__}/1"}
    if isinstance(result, FibreMeasure):
        if result.profile.spelled is None:
            raise ValueError(
                f"activation: expected one that Profile.of knows by name, got {result.profile.name!r}, whose functions "
                "no file can hold; save the network's arrays instead"
            )
        arrays |= {name: getattr(result, name) for name in _FIBRES} | {"activation": result.profile.spelled}
        return _as_arrays(arrays | names_to(result.names))
    if isinstance(result, LossFit):
        return _as_arrays(arrays | _loss_fits.to_arrays(result))
    measure = result.measure
    arrays |= {f"measure.{name}": getattr(measure, name) for name in _MEASURE} | names_to(measure.names)
    if isinstance(result, Fit):
        arrays |= {name: getattr(result, name) for name in (*_FIT_ARRAYS, *_FIT_NUMBERS, *ANSWERS, "stopped")}
        arrays |= refinement_to(result.refinement)
    elif isinstance(result, SpikeFit | ProbeFit):
        arrays |= {"radius": result.domain.radius, "center": result.domain.center_in(measure.dim)}
        arrays |= {name: getattr(result, name) for name in ("relative_error", "max_error", "exact")}
        if isinstance(result, ProbeFit):
            arrays |= {name: getattr(result, name) for name in ("queries", "lines")}
            arrays["unresolved"] = np.array(result.unresolved, np.str_)
        else:
            arrays |= {name: getattr(result, name) for name in ("samples", "rounds", "interrupted", "noise", "queries")}
            arrays |= dict(zip(_ERRORS, result.errors or (), strict=False))
    return _as_arrays(arrays)


def _as_arrays(values: Mapping[str, Any]) -> Arrays:
    return {name: np.asarray(value) for name, value in values.items()}


def is_result(where: Path) -> bool:
    """
    Whether a file holds a result that `save` wrote, by the names in it.

    Parameters
    ----------
    where : path
        The file.

    Returns
    -------
    bool
        False for networks, and for files of any other kind.
    """
    try:
        with zipfile.ZipFile(where) as archive:
            return f"{_FORMAT}.npy" in archive.namelist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return False


def read_result(where: Path) -> Result:
    """
    The result in a file.

    Parameters
    ----------
    where : path
        The file.

    Returns
    -------
    RidgeMeasure, FibreMeasure, Fit, LossFit, SpikeFit or ProbeFit
        The result.

    Raises
    ------
    ValueError
        If arrays are missing or damaged, or a newer version wrote it.
    """
    arrays = read_npz(where)
    declared = str(arrays[_FORMAT])
    reader = _READERS.get(declared)
    if reader is None:
        raise ValueError(
            f"{where}: expected one of {', '.join(_READERS)}, got {declared[:80]!r}; a newer radon_nn may read it"
        )
    try:
        _require_kinds(arrays, declared)
        # What overflows is refused by the checks of what comes out.
        with np.errstate(all="ignore"):
            return reader(arrays)
    except KeyError as error:
        raise ValueError(
            f"{where}: expected an array {error.args[0]!r}, got {', '.join(sorted(arrays))}; save the result again"
        ) from error
    except (ValueError, TypeError, IndexError) as error:
        raise ValueError(f"{where}: {error}; save the result again") from error


def _require_kinds(arrays: Arrays, declared: str) -> None:
    """Refuse arrays that the format does not have, and those that are not of the kind that it has."""
    known = _KNOWN[declared.removeprefix("radon_nn.").removesuffix("/1")]
    unknown = [name for name in arrays if name not in known]
    if unknown:
        raise ValueError(f"expected arrays among {', '.join(known)}, got also {', '.join(sorted(unknown)[:6])}")
    for name, array in arrays.items():
        kinds, what = ("US", "text") if name in _TEXTS else ("b", "a truth value") if name in _TRUTHS else _REAL
        # An empty list of texts is saved as one of numbers.
        if array.dtype.kind not in kinds and array.size:
            raise ValueError(f"{name}: expected {what}, got {array.dtype}")
        axes = 0 if name in _SINGLE else 2 if name in _TABLES else 1
        if array.ndim != axes:
            what = ("one value", "a row of values", "a table, of shape (rows, columns)")[axes]
            raise ValueError(f"{name}: expected {what}, got shape {array.shape}")


def network_of(result: Result) -> ShallowNetwork:
    """
    The function of a result as a network.

    Parameters
    ----------
    result : RidgeMeasure, FibreMeasure, Fit, LossFit, SpikeFit or ProbeFit
        The result.

    Returns
    -------
    ShallowNetwork
        One neuron for each spike; that of the fit under a loss; or those of the fibres.
    """
    if isinstance(result, LossFit):
        return result.network
    if not isinstance(result, FibreMeasure):
        return ShallowNetwork.from_measure(result.measure)
    weights = result.scales[:, None] * result.directions[result.fibre]
    return ShallowNetwork(weights, result.biases, result.readout.T, result.skip, result.constant, result.profile)


def _measure(arrays: Arrays) -> RidgeMeasure:
    fields = {name: arrays[f"measure.{name}"] for name in _MEASURE}
    dim, outputs = fields["skip"].shape[1], len(fields["constant"])
    spikes = len(fields["offsets"])
    shaped = fields["directions"].reshape(spikes, dim), fields["offsets"], fields["masses"].reshape(spikes, outputs)
    checked = RidgeMeasure(*shaped, fields["skip"], fields["constant"], names_from(arrays))
    # The constructor divides by lengths that are one to rounding: the numbers as they were saved, bit by bit.
    return RidgeMeasure.trusted(*shaped, fields["skip"], fields["constant"], names=checked.names)


def _fit(arrays: Arrays) -> Fit:
    numbers = claims_from(arrays, ("objective", "lower"), ("misfit", "decay", "scatter"))
    measure, count = _measure(arrays), len(arrays["points"])
    points = finite_array(arrays, "points", (count, measure.dim))
    dual, values, counts = (finite_array(arrays, name, (count,)) for name in ("dual", "values", "counts"))
    if not count or (counts < 1).any():
        raise ValueError(f"counts: expected numbers >= 1, one a point, got {counts.min(initial=0.0):g}")
    fit = Fit(
        measure=measure,
        dual=dual,
        points=points,
        values=values,
        counts=counts,
        stopped=str(arrays["stopped"]),
        refinement=refinement_from(arrays),
        **numbers,
    )
    _require_true(fit, numbers)
    return fit


def _require_true(fit: Fit, numbers: Mapping[str, Any]) -> None:
    """Refuse costs, bounds and answers that are not those of the function, the data and the dual."""
    if fit.measure.outputs != 1:
        raise ValueError(f"measure.masses: expected one output, got {fit.measure.outputs}")
    off = np.asarray(fit.measure.at(fit.points), np.float64)[:, 0] - fit.values
    cost, misfit, size = fit.rtv, float(np.abs(off).max()), float(np.abs(fit.values).max())
    if fit.decay > 0:
        cost = 0.5 * float(fit.counts @ off**2) + fit.scatter + fit.decay * cost
    slack = slack_of(numbers, size)
    require_cost(numbers, cost, slack)
    if not abs(misfit - fit.misfit) <= slack:
        raise ValueError(f"misfit: expected that of the function, {misfit:g}, got {fit.misfit:g}")
    require_answers(numbers, fit.measure.dim, fit.stopped)
    if (fit.points == fit.points[0]).all():
        raise ValueError("points: expected distinct points, got one")
    near, scale = about_mean(fit.points)
    value, rounding = dual_value(near, fit.values, fit.counts, fit.dual, fit.decay, fit.scatter), rounding_of(fit.dual)
    require_bound(numbers, value, slack + rounding * size * (fit.decay or 1.0))
    largest = fit.certificate().largest if is_searched(fit.measure.dim, len(near)) else 0.0
    require_feasible(largest, moments_of(near, fit.dual), scale * rounding)


def _search(arrays: Arrays) -> dict[str, Any]:
    """What the results of both searches have in common."""
    return {
        "measure": _measure(arrays),
        "domain": Ball(float(arrays["radius"]), arrays["center"] if np.any(arrays["center"]) else None),
        "relative_error": number_from_zero(arrays, "relative_error"),
        "max_error": number_from_zero(arrays, "max_error"),
        "exact": bool(arrays["exact"]),
    }


def _spike_fit(arrays: Arrays) -> SpikeFit:
    common: dict[str, Any] = _search(arrays) | {name: whole_number(arrays, name) for name in ("samples", "rounds")}
    # Files of earlier versions have none of the following.
    errors, shape = None, common["measure"].masses.shape
    if any(name in arrays for name in _ERRORS):
        errors = SpikeErrors(*(arrays[name].astype(np.float64) for name in _ERRORS))
        if not errors.directions.shape == errors.offsets.shape == shape[:1] or errors.masses.shape != shape:
            raise ValueError(
                f"errors: expected those of {counted(shape[0], 'spike')}, got {[part.shape for part in errors]}"
            )
    noise = number_from_zero(arrays, "noise") if "noise" in arrays else 0.0
    if noise and common["exact"]:
        raise ValueError(f"noise: expected 0 where the spikes explain the function exactly, got {noise:g}")
    return SpikeFit(
        **common,
        interrupted=bool(arrays["interrupted"]),
        noise=noise,
        queries=whole_number(arrays, "queries") if "queries" in arrays else 0,
        errors=errors,
    )


def _probe_fit(arrays: Arrays) -> ProbeFit:
    counts = {name: whole_number(arrays, name) for name in ("queries", "lines")}
    unresolved, common = tuple(arrays["unresolved"].tolist()), _search(arrays)
    if unresolved and common["exact"]:
        raise ValueError(f"unresolved: expected nothing where the function is explained, got {'; '.join(unresolved)}")
    return ProbeFit(**common | counts, unresolved=unresolved)


def _fibre_measure(arrays: Arrays) -> FibreMeasure:
    fields: dict[str, Any] = {name: arrays[name] for name in _FIBRES}
    directions, fibre = arrays["directions"], arrays["fibre"]
    lengths = np.sqrt((np.asarray(directions, np.float64) ** 2).sum(axis=-1))
    if directions.ndim != 2 or not (abs(lengths - 1) <= _UNIT).all():
        raise ValueError(f"directions: expected unit vectors in rows, got shape {directions.shape} or other lengths")
    if fibre.ndim != 1 or (fibre.size and (fibre.dtype.kind not in "iu" or fibre.min() < 0)):
        raise ValueError(f"fibre: expected whole numbers >= 0, got {fibre.dtype} of shape {fibre.shape}")
    if fibre.size and fibre.max() >= len(directions):
        raise ValueError(f"fibre: expected rows of {counted(len(directions), 'direction')}, got {fibre.max()}")
    profile = Profile.coerce(str(arrays["activation"]))
    measure = FibreMeasure(**fields, profile=profile, names=names_from(arrays))
    network_of(measure)  # its constructor checks that shapes agree
    return measure


_READERS: dict[str, Callable[[Arrays], Result]] = {
    "radon_nn.RidgeMeasure/1": _measure,
    "radon_nn.FibreMeasure/1": _fibre_measure,
    "radon_nn.Fit/1": _fit,
    "radon_nn.LossFit/1": _loss_fits.from_arrays,
    "radon_nn.SpikeFit/1": _spike_fit,
    "radon_nn.ProbeFit/1": _probe_fit,
}
