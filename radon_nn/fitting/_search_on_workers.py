"""The exact search for max |F_r|, its pivots spread over the workers of a Dask client; the same maximum to the bit."""

from __future__ import annotations

import asyncio
import itertools
import math
import time
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from radon_nn._support import clients
from radon_nn._support.types import Floats
from radon_nn.fitting import certificate
from radon_nn.fitting._cap_search import CapLimits, Caps, rounding_of
from radon_nn.fitting._dual_bounds import largest_at_most
from radon_nn.fitting._hyperplane_search import sorted_about
from radon_nn.fitting._hyperplanes import Hyperplanes
from radon_nn.fitting._kernels import plane as kernels
from radon_nn.fitting.certificate import HyperplaneSearch

FEWEST = {2: 3000, 3: 250}
"""Points from which on workers are used: a search then takes 130 ms of one thread in the plane, 0.4 s in space, beside
5 to 15 ms for handing out the work and collecting the results. For d = 1 and d > 3 nothing is spread."""
_PART_SECONDS = 2.0
"""Longest part: how late a search ends after its time limit."""
_NS = 1e-9
_PARTS = {2: 1, 3: 8}
"""Parts for each thread of a worker. In space parts differ in length, and one more costs nothing beside its time."""
_ROWS = 64
"""Pivots whose points are sorted at a time: keys and their order take 16 bytes for each point and pivot."""
_KEPT_BYTES = 2**30
"""Memory for sorted points for each thread of a worker; machines have 2 to 4 GiB for each. If they would take more,
they are sorted anew in each search, which then takes ten times as long."""
_MANY_BYTES = 2**20
"""Copies of r for all parts together that are sent with the tasks; Dask warns from 10 MiB on. More are sent once."""


_Cut = tuple[int, int]
"""Pivots first .. last - 1 of a part."""
_Found = tuple[Floats, Floats]
"""For each pivot of a part, the largest |F_r| and where."""


class _Sorted(NamedTuple):
    """Points, and the others about each pivot of a part in the order of their angles."""

    points: Floats
    order: NDArray[np.int32]


def search_for(points: Floats, client: clients.Client | None) -> HyperplaneSearch:
    """
    The search for these points: on the workers of a client where there is one, and where that pays.

    Parameters
    ----------
    points : ndarray, shape (n, d)
        Distinct points.
    client : dask.distributed.Client, optional
        The client.

    Returns
    -------
    HyperplaneSearch
        The search.
    """
    if client is not None:
        clients.require_client(client)
        n, dim = points.shape
        if n >= FEWEST.get(dim, math.inf):
            return SearchOnWorkers(points, client)
    return HyperplaneSearch(points)


class SearchOnWorkers(HyperplaneSearch):
    """
    The search of `HyperplaneSearch` with its pivots spread over the workers of a client.

    What is found for a pivot does not depend on who searches, so results are equal to the bit. A part whose worker dies
    is searched again by another.

    Parameters
    ----------
    points : ndarray, shape (n, d)
        Distinct points of size about one, d = 2 or 3.
    client : dask.distributed.Client
        The client.
    """

    def __init__(self, points: Floats, client: clients.Client) -> None:
        super().__init__(points)
        self._client = client
        # A task, which Dask repeats where its result is lost, unlike data that were scattered.
        self._sent = client.submit(np.asarray, self.points, pure=False)
        self._threads: list[str] = []
        self._sorted_parts: list[clients.Future] = []
        self._last: Sequence[clients.Future] = ()
        client.run(certificate.prepare, self.dim)

    def _require_memory(self) -> None:
        """The sorted points are on the workers."""

    def largest(self, r: Floats, until: float = math.inf, floor: float = 0.0) -> tuple[Hyperplanes, float]:
        """
        The best hyperplanes of n parts of the search, and max |F_r|.

        Parameters
        ----------
        r : ndarray, shape (n,)
            Orthogonal to affine functions.
        until : float
            When to give up, by `time.monotonic`.
        floor : float
            What is not stronger may be left out.

        Returns
        -------
        tuple of Hyperplanes and float
            Those of `HyperplaneSearch.largest`, to the bit.

        Raises
        ------
        TimeoutError
            If the search has not ended by `until`.
        RuntimeError
            If the client has no workers.
        """
        if time.monotonic() > until:
            raise TimeoutError("the time was over")
        threads = clients.threads_of(self._client)
        cuts = self._cuts(len(threads))
        if self.dim == 2:
            value, normals = _joined(self._swept(cuts, threads, r, until))
            return Hyperplanes(value, normals, self._offsets(normals)), float(value.max(initial=floor))
        sent = self._sent_with(r, len(cuts))
        tasks = [self._submit(k, threads, _visit, self._sent, sent, floor, *cut) for k, cut in enumerate(cuts)]
        value, planes = _joined(self._results(tasks, until))
        on, normals, upper = value > 0, planes[:, :3], planes[:, 3]
        bound = float(upper.max(initial=max(floor, rounding_of(r))))
        return Hyperplanes(value[on], normals[on], self._offsets(normals)[on]), bound

    def _cuts(self, threads: int) -> list[_Cut]:
        """The pivots first .. last - 1 of each part."""
        n = len(self.points)
        parts = max(threads * _PARTS[self.dim], math.ceil(n * self._nanoseconds() * _NS / _PART_SECONDS))
        ends = [part * n // min(n, parts) for part in range(min(n, parts) + 1)]
        return list(itertools.pairwise(ends))

    def _swept(self, cuts: list[_Cut], threads: list[str], r: Floats, until: float) -> list[_Found]:
        """What each part of the plane's search found."""
        sent = self._sent_with(r, len(cuts))
        if 4.0 * len(self.points) ** 2 > _KEPT_BYTES * len(threads):
            tasks = [self._submit(k, threads, _sort_and_sweep, self._sent, sent, *cut) for k, cut in enumerate(cuts)]
            return self._results(tasks, until)
        if self._threads == threads and len(cuts) == len(threads):
            found = self._swept_in_place(cuts, r)
        else:
            self._sort_on(threads, cuts)
            found = [None] * len(cuts)
        left = [k for k, part in enumerate(found) if part is None]
        tasks = [self._submit(k, threads, _sweep, self._sorted_parts[k], sent, *cuts[k]) for k in left]
        for k, part in zip(left, self._results(tasks, until), strict=True):
            found[k] = part
        return [part for part in found if part is not None]

    def _sort_on(self, threads: list[str], cuts: list[_Cut]) -> None:
        """Have the workers sort the points about the pivots of each part, and keep them."""
        self._sorted_parts = [self._submit(k, threads, _sort, self._sent, *cut) for k, cut in enumerate(cuts)]
        self._threads = threads

    def _swept_in_place(self, cuts: list[_Cut], r: Floats) -> list[_Found | None]:
        """
        What each part found, one for each thread, asked of the worker that holds its sorted points; None if none does.

        One message to each worker and one back, instead of Dask's six or so for a task: these take 10 ms of a search of
        70 ms. Nothing comes from a worker that holds none, as Dask has moved them, or dies meanwhile.
        """
        parts: dict[str, list[tuple[int, str, _Cut]]] = {}
        for k, (address, future, cut) in enumerate(zip(self._threads, self._sorted_parts, cuts, strict=True)):
            parts.setdefault(address, []).append((k, future.key, cut))
        replies = self._client.run(_sweep_held, parts, r, workers=list(parts), on_error="return")
        found: list[_Found | None] = [None] * len(cuts)
        for reply in replies.values():
            if isinstance(reply, dict):
                for k, part in reply.items():
                    found[k] = part
        return found

    def _sent_with(self, r: Floats, parts: int) -> Floats | clients.Future:
        """r as an argument of so many tasks: itself, or a task that holds it."""
        return self._client.submit(np.asarray, r, pure=False) if r.nbytes * parts > _MANY_BYTES else r

    def _results(self, futures: Sequence[clients.Future], until: float) -> list[_Found]:
        """The results of tasks, in their order."""
        self._last = futures  # Releasing futures is a message too: those of the last search are released here.
        for _ in clients.completed(self._client, futures, until):
            pass
        return list(self._client.gather(futures))

    def _submit(self, k: int, threads: list[str], task: Callable[..., Any], *args: Any) -> clients.Future:
        """Hand out a task of part k, always to the same worker: left to itself, Dask may choose one for all parts."""
        worker = threads[k % len(threads)]
        return self._client.submit(task, *args, pure=False, workers=[worker], allow_other_workers=True)


def _writable(array: NDArray[Any]) -> NDArray[Any]:
    """An array as kernels were compiled for: what arrives from another process may be read-only."""
    return np.require(array, requirements=["C", "W"])


def _joined(found: Sequence[_Found]) -> _Found:
    """The results of all parts, in the order of the pivots."""
    return np.concatenate([value for value, _ in found]), np.concatenate([planes for _, planes in found])


def _sort(points: Floats, first: int, last: int) -> _Sorted:
    """The points, sorted about pivots first .. last - 1."""
    points = _writable(points)
    blocks = [sorted_about(points, begin, min(begin + _ROWS, last)) for begin in range(first, last, _ROWS)]
    return _Sorted(points, np.concatenate(blocks))


def _sweep(part: _Sorted, r: Floats, first: int, last: int) -> _Found:
    """The largest |F_r| over lines through each of the pivots first .. last - 1, and the line's normal."""
    value, normals = np.empty(last - first), np.empty((last - first, 2))
    points, order = _writable(part.points), _writable(part.order)
    kernels.strongest_in_plane(points, _writable(r), order, value, normals, first, first, last)
    return value, normals


def _sort_and_sweep(points: Floats, r: Floats, first: int, last: int) -> _Found:
    """Those of `_sweep`; no more than a few points are sorted at a time."""
    ends = [*range(first, last, _ROWS), last]
    return _joined([_sweep(_sort(points, *cut), r, *cut) for cut in itertools.pairwise(ends)])


async def _sweep_held(
    parts: dict[str, list[tuple[int, str, _Cut]]], r: Floats, dask_worker: clients.Worker
) -> dict[int, _Found]:
    """Those of `_sweep` for each part whose points this worker holds under their key, in the worker's threads."""
    loop, held = asyncio.get_running_loop(), dask_worker.data
    sweeps = {
        k: loop.run_in_executor(dask_worker.executors["default"], _sweep, held[key], r, *cut)
        for k, key, cut in parts[dask_worker.address]
        if key in held
    }
    return dict(zip(sweeps, await asyncio.gather(*sweeps.values()), strict=True))


def _visit(points: Floats, r: Floats, floor: float, first: int, last: int) -> _Found:
    """The largest |F_r| over planes through each of the pivots first .. last - 1, the plane's normal, and a bound."""
    points, r = _writable(points), _writable(r)
    search = Caps(points, r[:, None], floor=floor, crude=largest_at_most(points, r))
    search.visit(np.arange(first, last), CapLimits(), 1)
    value, normal, upper, _ = search.results
    return value[first:last], np.column_stack([normal, upper])[first:last]
