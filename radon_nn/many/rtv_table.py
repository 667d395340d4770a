"""The R-TV of many networks as one table: a row for each, on several processes or on the workers of a Dask client."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from radon_nn._support import checks, clients, threads
from radon_nn._support.types import Progress
from radon_nn.geometry.domains import Domain
from radon_nn.geometry.naming import Table
from radon_nn.many._rows import Rows, reusable
from radon_nn.many._spread import on_processes, on_workers, spread
from radon_nn.many._task import Task, row_of

_HINTS = ("activation", "layout", "layers", "order", "prefix", "logits", "output")


def map_rtv(
    models: Iterable[Any] | Mapping[str, Any],
    /,
    *,
    domain: Domain | None = None,
    route: str | None = None,
    tol: float | None = None,
    seconds: float | None = None,
    rng: int | None = None,
    n_jobs: int = 1,
    client: clients.Client | None = None,
    resume: Mapping[str, Any] | str | os.PathLike[str] | None = None,
    out: str | os.PathLike[str] | None = None,
    progress: Progress | None = None,
    **hints: Any,
) -> Table:
    """
    The R-TV of each of many networks, as a table: one row for each, in the order given.

    A model that cannot be read, or whose R-TV cannot be computed, leaves numbers out of its own row only; the column
    `error` says why. Ctrl-C ends the call with the rows there are; the others say "not reached".

    Parameters
    ----------
    models : iterable, or mapping of str to model
        Paths of files that `load` reads, live models that `from_model` reads, or anything that `rtv` takes. A row's
        name is the path, the key, or the position.
    domain : Ball, Cuboid or Hull, optional
        The domain of the R-TV; all of R^d if not given.
    route, tol, seconds, rng : optional
        As `rtv` takes them, `seconds` for each model. Models whose route uses no `tol`, `seconds` or `rng` do without.
    n_jobs : int
        Processes to use; -1 for as many as there are processors. More than one needs joblib, and starting them takes
        about a second. Within `joblib.parallel_config` its backend is used, such as threads. What cannot be pickled,
        such as a lambda, is computed in this process.
    client : dask.distributed.Client, optional
        Use its workers instead. They must see the files under the same paths.
    resume : table or path, optional
        A table from an earlier call, or the CSV file of one. Its rows are taken over where name, content and options
        are the same and there is no error. Functions, other people's models and ONNX files, whose content may stand
        elsewhere, are computed anew.
    out : path, optional
        A CSV file to which the table is written, whole or not at all: every ten seconds and at the end.
    progress : callable, optional
        Called with a line of text as rows are completed, once a second at most.
    **hints
        Options of `load` and `from_model`, such as activation='relu', for all models that take them.

    Returns
    -------
    dict of str to ndarray
        Columns of equal length, as pandas.DataFrame and polars.DataFrame take them: name; rtv, lower, upper, standing,
        verdict and converged as in `RTV`; path_norm, kind ('shallow' or 'deep'), inputs, outputs and neurons of a
        network; domain, what the value depends on; error, empty if there was none; digest, a hash of content and
        options.

    Raises
    ------
    ImportError
        If n_jobs is not 1, and joblib is not installed.
    TypeError
        If an option is of the wrong type or unknown, or the client is none.
    ValueError
        If `resume` is no such table, or `tol` or `seconds` is not positive.
    FileNotFoundError
        If the folder of `out` or the file of `resume` does not exist.
    KeyboardInterrupt
        If Ctrl-C came before the first row.

    See Also
    --------
    rtv : One of them, with its provenance in full.

    Examples
    --------
    >>> from radon_nn import ShallowNetwork
    >>> table = map_rtv({"one": ShallowNetwork([[3.0, 4.0]], [1.0], [2.0]), "none": "no_such_file.npz"})
    >>> table["rtv"].tolist(), table["error"][1][:16]
    ([10.0, nan], 'FileNotFoundErro')
    """
    _require_known(hints)
    _require_valid(tol, seconds, rng)
    named = {"domain": domain, "route": route, "tol": tol, "seconds": seconds, "rng": rng}
    options = {name: value for name, value in named.items() if value is not None}
    processes = _processes(n_jobs)
    if client is not None:
        clients.require_client(client)
    share = 1 if client is not None else max(1, threads.resolve(None) // processes)
    tasks = [Task(name, model, options, hints, share) for name, model in _named(models)]
    rows = Rows(tasks, None if out is None else Path(out), progress)
    if resume is not None:
        rows.take_over(reusable(resume))
    left = {k: tasks[k] for k in rows.left}
    if client is not None:
        rows.fill(spread(left, lambda sent: on_workers(client, sent)))
    elif processes > 1 and len(left) > 1:
        rows.fill(spread(left, lambda sent: on_processes(processes, sent)))
    else:
        rows.fill((k, row_of(task)) for k, task in left.items())
    return rows.finished()


def _require_known(hints: Mapping[str, Any]) -> None:
    for name in hints:
        if name not in _HINTS:
            raise TypeError(
                f"map_rtv: expected options of its own or of load ({', '.join(_HINTS)}), got {name}"
                f"{checks.near(name, _HINTS)}"
            )


def _require_valid(tol: float | None, seconds: float | None, rng: int | None) -> None:
    """Refuse what no route takes, even where no model's route uses it."""
    if tol is not None:
        checks.positive(tol, "tol")
    checks.time_limit(seconds)
    checks.generator(rng)  # says what is wrong with it


def _named(models: Iterable[Any] | Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Models with their names."""
    if isinstance(models, str | os.PathLike) or not isinstance(models, Iterable):
        raise TypeError(
            f"map_rtv: expected a list of models or files, got {type(models).__name__}; write map_rtv([model])"
        )
    if isinstance(models, Mapping):
        yield from ((str(name), model) for name, model in models.items())
        return
    for k, model in enumerate(models):
        yield os.fspath(model) if isinstance(model, str | os.PathLike) else str(k), model


def _processes(n_jobs: int) -> int:
    if n_jobs == -1:
        return threads.resolve(None)
    return checks.count(n_jobs, "n_jobs")
