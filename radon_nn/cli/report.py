"""Facts about a network that was read: its layers, its R-TV, and what was folded."""

from __future__ import annotations

import csv
import math
import sys
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from radon_nn._support.wording import counted
from radon_nn.geometry.domains import Domain, extent
from radon_nn.geometry.naming import Names
from radon_nn.measures.result import RTV
from radon_nn.networks.deep import DeepNetwork
from radon_nn.networks.exact import exact_rtv
from radon_nn.networks.shallow import ShallowNetwork
from radon_nn.readers.graph import Understood
from radon_nn.readers.refusals import printable
from radon_nn.variation.routes import rtv

_MOST = 20
"""Outputs whose R-TV is printed one by one; the JSON has all."""


def stages(understood: Understood, domain: Domain | None = None) -> Iterator[dict[str, Any]]:
    """
    What was understood, piece by piece, what takes longest last.

    Parameters
    ----------
    understood : Understood
        A network with its notes.
    domain : Domain, optional
        The domain of the R-TV; all of R^d if not given.

    Yields
    ------
    dict
        Some of the entries of `facts`.
    """
    network = understood.network
    deep = isinstance(network, DeepNetwork)
    if domain is not None:
        # A domain of another dimension is refused before anything is printed.
        extent(domain, np.zeros((0, network.dim)))
    yield {
        "source": understood.source,
        "kind": "deep" if deep else "shallow",
        "inputs": network.dim,
        "outputs": network.outputs,
        "neurons": network.neurons,
        "path_norm": number(network.path_norm),
        **_names(network.names),
    }
    layers = network.layers if isinstance(network, DeepNetwork) else (network,)
    alone = [exact_rtv(layer) for layer in layers]
    yield {"layers": [_layer(layer, own) for layer, own in zip(layers, alone, strict=True)]}
    if isinstance(network, DeepNetwork):
        cost = math.fsum(own.value for own in alone)
        yield {"ranks": list(network.ranks()), "compositional_cost": number(cost)}
    whole = alone[0] if domain is None and not deep else rtv(network, domain=domain)
    yield {"rtv": number(whole.value), "rtv_in_words": str(whole), "rtv_standing": whole.standing}
    if isinstance(network, ShallowNetwork):
        if network.outputs > 1:
            yield {
                "rtv_of_outputs": [number(value) for value in _of_outputs(network, domain)],
                "rtv_standing": whole.standing,
            }
        _, left = network.simplify(domain)
        counts = {name: getattr(left, name) for name in ("before", "after", "dead", "merged", "folded")}
        yield {"simplification": counts}
    yield {"notes": list(understood.notes)}


def _names(names: Names) -> dict[str, Any]:
    """The names of features and outputs, and the folded scaler, as far as they are known."""
    if not names:
        return {}
    about: dict[str, Any] = {"feature_names": names.features, "output_names": names.outputs}
    if names.means is not None and names.deviations is not None:
        about |= {"means": names.means.tolist(), "deviations": names.deviations.tolist()}
    return about


def facts(understood: Understood, domain: Domain | None = None) -> dict[str, Any]:
    """
    What was understood, as numbers and words that JSON can hold.

    Parameters
    ----------
    understood : Understood
        A network with its notes.
    domain : Domain, optional
        The domain of the R-TV; all of R^d if not given.

    Returns
    -------
    dict
        Source, kind, shapes, layers, R-TV, path norm, simplification, and notes. Infinite values are None.
    """
    return {key: value for stage in stages(understood, domain) for key, value in stage.items()}


def lines(about: dict[str, Any]) -> list[str]:
    """
    Facts in words, a line each.

    Parameters
    ----------
    about : dict
        As `facts` makes them, or one of their `stages`.

    Returns
    -------
    list of str
        The lines.
    """
    out: list[str] = []
    if "source" in about:
        out.append(
            f"{about['source']}: a {about['kind']} network of {counted(about['inputs'], 'input')}, "
            f"{counted(about['neurons'], 'neuron')} and {counted(about['outputs'], 'output')}"
        )
    for what in ("feature", "output"):
        if about.get(f"{what}_names"):
            known = about[f"{what}_names"]
            more = f" and {len(known) - _MOST} more" if len(known) > _MOST else ""
            out.append(f"{what}s: {', '.join(map(printable, known[:_MOST]))}{more}")
    if "means" in about:
        out.append("a scaler is folded in: spikes are in the units of the data, tables also in standardised ones")
    for k, layer in enumerate(about.get("layers", ()), 1):
        name = f"layer {k}: " if len(about["layers"]) > 1 else ""
        skip = ", with a skip connection" if layer["skip"] else ""
        cost = "infinite" if layer["rtv"] is None else f"{layer['rtv']:.7g}"
        out.append(
            f"  {name}{layer['inputs']} -> {counted(layer['neurons'], layer['activation'] + ' neuron')} -> "
            f"{layer['outputs']}{skip}"
            f": R-TV {cost}, path norm {_said(layer['path_norm'])}"
        )
    if "ranks" in about:
        out.append(f"  ranks of the matrices between: {', '.join(map(str, about['ranks']))}")
        out.append(f"compositional cost, the sum of the layers' R-TV: {_said(about['compositional_cost'])}")
    if "rtv_in_words" in about:
        out.append(about["rtv_in_words"])
    if "rtv_of_outputs" in about:
        some = about["rtv_of_outputs"]
        more = f" and {len(some) - _MOST} more" if len(some) > _MOST else ""
        own = "each output's own, at most" if about["rtv_standing"] == "upper bound" else "each output's own"
        out.append(f"{own}: {', '.join(map(_said, some[:_MOST]))}{more}")
    if "simplification" in about:
        s = about["simplification"]
        out.append(
            f"exactly simplified: {counted(s['before'], 'neuron')} become{'s' * (s['before'] == 1)} {s['after']} "
            f"({s['dead']} dead, {s['merged']} merged, {s['folded']} affine there)"
        )
    return [*out, *(f"note: {note}" for note in about.get("notes", ()))]


def number(value: float) -> float | None:
    """
    A number as JSON has it, where infinite ones are null.

    Parameters
    ----------
    value : float
        The number.

    Returns
    -------
    float or None
        None if it is infinite.
    """
    return value if math.isfinite(value) else None


def print_csv(table: Mapping[str, NDArray[np.generic]]) -> None:
    """
    Print a table as comma-separated values, numbers with all their digits.

    Parameters
    ----------
    table : mapping of str to ndarray
        Columns of equal length.
    """
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(table)
    writer.writerows(zip(*(column.tolist() for column in table.values()), strict=True))


def _said(value: float | None) -> str:
    return "infinite" if value is None else f"{value:.7g}"


def _layer(layer: ShallowNetwork, own: RTV) -> dict[str, Any]:
    return {
        "inputs": layer.dim,
        "neurons": layer.neurons,
        "outputs": layer.outputs,
        "activation": layer.activation.spelled or layer.activation.name,
        "skip": bool(np.any(layer.skip)),
        "rtv": number(own.value),
        "path_norm": number(layer.path_norm),
    }


def _of_outputs(network: ShallowNetwork, domain: Domain | None) -> list[float]:
    if network.activation.piecewise_linear:
        measure = network.measure() if domain is None else network.measure().restricted(domain)
        return [float(value) for value in measure.output_rtvs]
    alone: list[RTV] = [exact_rtv(network.output(k), domain) for k in range(network.outputs)]
    return [result.value for result in alone]
