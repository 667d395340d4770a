"""The exact search for max |F_r|, its pivots spread over the workers of a Dask client; the same maximum to the bit."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from typing import Any

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
"""Points from which on workers are used: a search then takes 70 ms of one thread in the plane, 0.7 s in space, beside
5 to 10 ms for handing out the work and collecting the results. For d = 1 and d > 3 nothing is spread."""
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


_Part = tuple[Callable[..., tuple[Floats, Floats]], "clients.Future | float | None", int, int]


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
        self._orders: list[clients.Future] | None = None
        self._last: Sequence[clients.Future] = ()
        self._threads: list[str] = []
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
        threads = self._threads or clients.threads_of(self._client)
        cuts = self._cuts(len(threads))
        if self.dim == 2:
            tasks = [(_sweep, order, *cut) for order, cut in zip(self._sorted_parts(cuts, threads), cuts, strict=True)]
            value, normals = self._collected(tasks, threads, r, until)
            return Hyperplanes(value, normals, self._offsets(normals)), float(value.max(initial=floor))
        value, planes = self._collected([(_visit, floor, *cut) for cut in cuts], threads, r, until)
        on, normals, upper = value > 0, planes[:, :3], planes[:, 3]
        bound = float(upper.max(initial=max(floor, rounding_of(r))))
        return Hyperplanes(value[on], normals[on], self._offsets(normals)[on]), bound

    def _cuts(self, threads: int) -> list[tuple[int, int]]:
        """The pivots first .. last - 1 of each part."""
        n = len(self.points)
        parts = max(threads * _PARTS[self.dim], math.ceil(n * self._nanoseconds() * _NS / _PART_SECONDS))
        ends = [part * n // min(n, parts) for part in range(min(n, parts) + 1)]
        return list(itertools.pairwise(ends))

    def _sorted_parts(self, cuts: list[tuple[int, int]], threads: list[str]) -> list[clients.Future | None]:
        """The sorted points about the pivots of each part, on the workers; None where they would take too much."""
        if 4.0 * len(self.points) ** 2 > _KEPT_BYTES * len(threads):
            return [None] * len(cuts)
        if self._orders is None or len(self._orders) != len(cuts):
            self._orders = [self._submit(k, threads, _sort, self._sent, *cut) for k, cut in enumerate(cuts)]
        return list(self._orders)

    def _collected(self, tasks: Sequence[_Part], threads: list[str], r: Floats, until: float) -> tuple[Floats, Floats]:
        """The results of all parts, in the order of the pivots."""
        client = self._client
        sent = client.submit(np.asarray, r, pure=False) if r.nbytes * len(tasks) > _MANY_BYTES else r
        if all(order is not None and task is _sweep for task, order, _, _ in tasks):
            # One message, as a client sends one in 10 ms. Each part goes to the worker that holds its sorted points.
            _, orders, firsts, lasts = zip(*tasks, strict=True)
            points, residuals = [self._sent] * len(tasks), [sent] * len(tasks)
            futures = client.map(_sweep, points, orders, residuals, firsts, lasts, pure=False)
        else:
            futures = [
                self._submit(k, threads, task, self._sent, order, sent, first, last)
                for k, (task, order, first, last) in enumerate(tasks)
            ]
        self._last = futures  # Releasing futures is a message too: those of the last search are released here.
        self._threads = clients.threads_now(client)  # For the next search, asked for while the workers compute.
        for _ in clients.completed(client, futures, until):
            pass
        found = client.gather(futures)
        return np.concatenate([value for value, _ in found]), np.concatenate([planes for _, planes in found])

    def _submit(self, k: int, threads: list[str], task: Callable[..., Any], *args: Any) -> clients.Future:
        """Hand out a task of part k, always to the same worker: left to itself, Dask may choose one for all parts."""
        worker = threads[k % len(threads)]
        return self._client.submit(task, *args, pure=False, workers=[worker], allow_other_workers=True)


def _writable(array: Floats) -> Floats:
    """An array as kernels were compiled for: what arrives from another process may be read-only."""
    return np.require(array, requirements=["C", "W"])


def _sort(points: Floats, first: int, last: int) -> NDArray[np.int32]:
    """The other points about pivots first .. last - 1, in the order of their angles."""
    points = _writable(points)
    blocks = [sorted_about(points, begin, min(begin + _ROWS, last)) for begin in range(first, last, _ROWS)]
    return np.concatenate(blocks)


def _sweep(points: Floats, order: NDArray[np.int32] | None, r: Floats, first: int, last: int) -> tuple[Floats, Floats]:
    """The largest |F_r| over lines through each of the pivots first .. last - 1, and the line's normal."""
    points, r = _writable(points), _writable(r)
    value, normals = np.empty(last - first), np.empty((last - first, 2))
    if order is not None:
        kernels.strongest_in_plane(points, r, order, value, normals, first, first, last)
        return value, normals
    for begin in range(first, last, _ROWS):
        end = min(begin + _ROWS, last)
        part = slice(begin - first, end - first)
        sorted_ = sorted_about(points, begin, end)
        kernels.strongest_in_plane(points, r, sorted_, value[part], normals[part], begin, begin, end)
    return value, normals


def _visit(points: Floats, floor: float, r: Floats, first: int, last: int) -> tuple[Floats, Floats]:
    """The largest |F_r| over planes through each of the pivots first .. last - 1, the plane's normal, and a bound."""
    points, r = _writable(points), _writable(r)
    search = Caps(points, r[:, None], floor=floor, crude=largest_at_most(points, r))
    search.visit(np.arange(first, last), CapLimits(), 1)
    value, normal, upper, _ = search.results
    return value[first:last], np.column_stack([normal, upper])[first:last]
