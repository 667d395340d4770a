"""
Work handed to the workers of a Dask client that a caller passes.

Dask is not imported: a client brings its own. A task may run twice, where a worker died, so tasks only return values.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from queue import Empty, SimpleQueue
from typing import Any, Protocol

_WAIT_SECONDS = 0.1
"""How long to sleep at a stretch: on Windows a queue cannot be interrupted while it is waited for."""


_CALLS = ("submit", "gather", "run", "cancel", "ncores")
"""What is called of a client."""


class Future(Protocol):
    """The result of a task that may not have run yet, as `distributed.Future` has it."""

    @property
    def key(self) -> str:
        """The name under which a worker holds the result."""

    def result(self) -> Any:
        """The result, or the error that the task raised."""

    def add_done_callback(self, fn: Callable[[Any], object]) -> object:
        """Call a function, given the future, once the task has ended in whatever way."""


class Worker(Protocol):
    """What is used of a `distributed.Worker`, which Dask passes to functions that a client runs on it."""

    @property
    def address(self) -> str:
        """Its address, as in `Client.ncores`."""

    @property
    def data(self) -> Mapping[str, Any]:
        """The results that it holds."""

    @property
    def executors(self) -> Mapping[str, Executor]:
        """The threads in which its tasks run: "default"."""


class Client(Protocol):
    """What is used of a `distributed.Client`."""

    def submit(
        self,
        func: Callable[..., Any],
        *args: Any,
        pure: bool = ...,
        workers: Sequence[str] | None = ...,
        allow_other_workers: bool = ...,
    ) -> Future:
        """Have a worker call a function; futures among its arguments arrive as their results."""

    def gather(self, futures: Sequence[Future]) -> Any:
        """The results of several futures."""

    def run(
        self, function: Callable[..., Any], *args: Any, workers: Sequence[str] | None = ..., on_error: str = ...
    ) -> dict[str, Any]:
        """Call a function on each worker, at once and beside its tasks; with "return", errors are among the results."""

    def cancel(self, futures: Sequence[Future]) -> object:
        """Forget tasks that have not begun."""

    def ncores(self) -> dict[str, int]:
        """The number of threads of each worker."""


def require_client(client: object) -> None:
    """Raise TypeError unless this is a Dask client whose calls wait for their results."""
    if not all(callable(getattr(client, name, None)) for name in _CALLS):
        raise TypeError(
            f"client: expected a dask.distributed.Client, got {type(client).__name__}; for this machine alone write "
            "Client(n_workers=2, threads_per_worker=1)"
        )
    if getattr(client, "asynchronous", False):
        raise TypeError("client: expected one whose calls wait for results, got an asynchronous one; leave that out")


def threads_of(client: Client) -> list[str]:
    """The address of each thread's worker, one thread of each worker first; RuntimeError if there are no workers."""
    threads = [(k, address) for address, count in sorted(client.ncores().items()) for k in range(count)]
    if not threads:
        raise RuntimeError("client: expected workers, got none; start some, or wait with client.wait_for_workers(1)")
    return [address for _, address in sorted(threads)]


def completed(client: Client, futures: Sequence[Future], until: float = math.inf) -> Iterator[int]:
    """
    The indices of futures in the order in which their tasks end.

    Whatever is left when the caller stops asking, or is interrupted, is cancelled. TimeoutError is raised at `until`,
    by `time.monotonic`.
    """
    ended: SimpleQueue[int] = SimpleQueue()
    for k, future in enumerate(futures):
        future.add_done_callback(lambda _, k=k: ended.put(k))  # type: ignore[misc]
    left = set(range(len(futures)))
    try:
        while left:
            if time.monotonic() > until:
                raise TimeoutError("the time was over")
            try:
                k = ended.get(timeout=_WAIT_SECONDS)
            except Empty:
                continue
            left.discard(k)
            yield k
    finally:
        if left:
            client.cancel([futures[k] for k in left])
