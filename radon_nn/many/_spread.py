"""Where rows are computed: on processes of this machine by joblib, or on the workers of a Dask client."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator, Mapping

from radon_nn._support import clients
from radon_nn.many._task import Row, Task, digest_of, failed, function_of, row_of

_DIED = "the process that computed it ended, as when memory runs out or compiled code crashes"
_CLOSED = "the cluster closed before this was computed; go on with resume= and another client"
_AHEAD = 2
"""Models handed out for each process before results are awaited; those are the suspects if a process dies."""


def spread(
    tasks: Mapping[int, Task], run: Callable[[Mapping[int, Task]], Iterator[tuple[int, Row]]]
) -> Iterator[tuple[int, Row]]:
    """
    Rows of what can be sent to other processes, by `run`, then of the rest, from this one.

    Parameters
    ----------
    tasks : mapping of int to Task
        What to do, by number.
    run : callable
        Yields the rows of tasks in other processes.

    Yields
    ------
    tuple of int and dict
        The number of a task, and its row. Of live models, the network is sent.
    """
    sent, kept = {}, {}
    for k, task in tasks.items():
        if task.is_file:
            sent[k] = task
            continue
        try:
            ready = task._replace(model=function_of(task), hints={}, digest=digest_of(task))
        except Exception as error:
            yield k, failed(task, error)
            continue
        try:
            pickle.dumps(ready)
            sent[k] = ready
        except Exception:
            kept[k] = ready
    yield from run(sent)
    yield from ((k, row_of(task)) for k, task in kept.items())


def on_workers(client: clients.Client, tasks: Mapping[int, Task]) -> Iterator[tuple[int, Row]]:
    """Rows as the workers of a client complete them; a model that kills its workers costs its own row only."""
    clients.threads_of(client)
    numbers = list(tasks)
    futures = [client.submit(row_of, task, pure=False) for task in tasks.values()]
    for done in clients.completed(client, futures):
        k = numbers[done]
        try:
            yield k, futures[done].result()
        except Exception as error:
            # Dask's class is not imported: it raises a `FutureCancelledError`.
            yield k, failed(tasks[k], _CLOSED if type(error).__name__.endswith("CancelledError") else error)


def on_processes(processes: int, tasks: Mapping[int, Task]) -> Iterator[tuple[int, Row]]:
    """Rows as processes complete them. Where one dies, each model that may have killed it gets a process for itself."""
    try:
        import joblib
        from joblib.externals.loky.process_executor import TerminatedWorkerError
    except ImportError as error:
        raise ImportError(
            "n_jobs: expected joblib for more than one process, which is not installed: pip install 'radon-nn[many]', "
            "or take n_jobs=1"
        ) from error
    waiting = list(tasks)
    while waiting:
        parallel = joblib.Parallel(
            processes, return_as="generator_unordered", batch_size=1, pre_dispatch=_AHEAD * processes
        )
        results = parallel(joblib.delayed(_numbered)(k, tasks[k]) for k in tuple(waiting))
        try:
            for k, row in results:
                waiting.remove(k)
                yield k, row
            return
        except TerminatedWorkerError:
            suspects = waiting[: _AHEAD * processes]
        finally:
            results.close()
        for k in suspects:
            waiting.remove(k)
            try:
                # Two, since a single job would run in this process.
                yield from joblib.Parallel(2)([joblib.delayed(_numbered)(k, tasks[k])])
            except TerminatedWorkerError:
                yield k, failed(tasks[k], _DIED)


def _numbered(k: int, task: Task) -> tuple[int, Row]:
    return k, row_of(task)
