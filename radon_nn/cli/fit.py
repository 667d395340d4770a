"""`radon-nn fit`: the best network for a table of data, over all widths, with a bound that proves it."""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from radon_nn._support.types import Floats
from radon_nn._support.wording import counted
from radon_nn.cli.arguments import refuse
from radon_nn.cli.progress import to_stderr
from radon_nn.cli.report import number
from radon_nn.cli.sources import data_table
from radon_nn.fitting.certificate import prepare
from radon_nn.fitting.certified_fit import Fit
from radon_nn.fitting.cross_validation import DecayChoice, choose_decay
from radon_nn.fitting.interpolation import interpolate
from radon_nn.fitting.weight_decay import fit
from radon_nn.geometry.naming import Names
from radon_nn.tables.reading import DataTable

_SECONDS = 60.0
"""The time for the choice of a decay and the fit together, as for `rtv`: as long as a user at a prompt will wait."""
_CHOICE, _LEAST = 0.5, 0.25
"""Parts of that time that the choice may take, and that are left for the fit if the choice ends late."""
_MOST_NAMES = 12
"""Inputs that are named; of more, the others are counted."""
_REMEDY = "; --seconds allows more time"


def run(arguments: argparse.Namespace) -> int:
    """
    Fit a table of data, print the result, and write the network and a picture where asked.

    Parameters
    ----------
    arguments : Namespace
        The command line.

    Returns
    -------
    int
        0, or 3 if the tolerance was not met, or the time was over before all decays were tried.
    """
    _require_names(arguments)
    table = data_table(arguments)
    choice, limit = None, _SECONDS if arguments.seconds is None else arguments.seconds
    if arguments.decay is None:
        prepare(table.points.shape[1])
        begin = time.monotonic()
        choice = choose_decay(table.points, table.values, seconds=limit * _CHOICE, progress=to_stderr)
        limit = max(limit - (time.monotonic() - begin), limit * _LEAST)
    best = _fitted(table, choice.decay if choice is not None else arguments.decay, limit, arguments)
    names = Names(table.features, [table.target])
    best = best.named(names)
    written = _write(best, table, arguments)
    if arguments.json:
        print(json.dumps(_as_json(best, table, choice)))
    else:
        _print(best, table, choice)
        for line in written:
            print(line)
    return 0 if best.converged and (choice is None or choice.complete) else 3


def _require_names(arguments: argparse.Namespace) -> None:
    """Refuse names of files that cannot be written, before the work."""
    if arguments.out is not None and arguments.out.suffix.lower() != ".npz":
        raise ValueError(f"{arguments.out}: expected the name of a network's file, ending in .npz; choose another -o")
    if arguments.plot is not None:
        from radon_nn.cli.pictures import require_picture_name

        require_picture_name(arguments.plot)
    if arguments.decay is not None:
        refuse(arguments, "cv", "a fit whose decay is given")


def _fitted(table: DataTable, decay: float, limit: float, arguments: argparse.Namespace) -> Fit:
    if decay == 0:
        tol = 1e-3 if arguments.tol is None else arguments.tol
        return interpolate(table.points, table.values, tol=tol, seconds=limit, progress=to_stderr)
    tol = 1e-4 if arguments.tol is None else arguments.tol
    return fit(table.points, table.values, decay=decay, tol=tol, seconds=limit, progress=to_stderr)


def _write(best: Fit, table: DataTable, arguments: argparse.Namespace) -> list[str]:
    """Write what was asked for; a line for each file."""
    said = []
    if arguments.out is not None:
        from radon_nn.io import save

        save(arguments.out, best.network)
        said.append(f"network: {arguments.out}")
    if arguments.plot is not None:
        from radon_nn import plot
        from radon_nn.cli.pictures import write

        write(plot.fit_overview(best, table.points, table.values, title=Path(arguments.file).stem), arguments.plot)
        said.append(f"picture: {arguments.plot}")
    return said


def _print(best: Fit, table: DataTable, choice: DecayChoice | None) -> None:
    print(f"inputs: {_listed(table.features)}; value: {table.target}")
    if choice is not None:
        print(
            f"decay {choice.decay:.4g}: cross-validation with {counted(choice.folds, 'part')} tried {_tried(choice)}; "
            f"with this one, predictions of what was left out err least, by {choice.error:.4g} (root mean square)"
        )
        if choice.note:
            print(f"note: this is {choice.note}{_REMEDY if not choice.complete else ''}")
        elif not choice.complete:
            print(f"note: decays that were not tried may predict better{_REMEDY}")
    print(best)


def _listed(names: Sequence[str]) -> str:
    """Names of columns, the first of many."""
    left = len(names) - _MOST_NAMES
    return ", ".join(names) if left <= 1 else f"{', '.join(names[:_MOST_NAMES])} and {left} more"


def _tried(choice: DecayChoice) -> str:
    """How many decays were tried."""
    whole = counted(len(choice.decays), "decay")
    return whole if choice.complete else f"{choice.tried} of {whole} ({choice.stopped})"


def _as_json(best: Fit, table: DataTable, choice: DecayChoice | None) -> dict[str, object]:
    out: dict[str, object] = {"decay": best.decay, "rtv": best.rtv, "objective": best.objective, "lower": best.lower}
    out |= {"certified": best.certified, "converged": best.converged, "settled": best.settled}
    out |= {"neurons": len(best), "misfit": best.misfit, "rows": len(table.values)}
    residual: Floats = table.values - best(table.points)
    out |= {"rms": float(np.sqrt(np.mean(residual**2))), "target": table.target, "features": list(table.features)}
    if choice is not None:
        out["cross_validation"] = {
            "decays": choice.decays.tolist(),
            "errors": [number(float(error)) for error in choice.errors],
            "folds": choice.folds,
            "tried": choice.tried,
            "complete": choice.complete,
            "stopped": choice.stopped,
            "note": choice.note,
        }
    return out
