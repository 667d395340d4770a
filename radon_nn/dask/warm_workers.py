"""Compiled kernels on every worker before its first task."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from radon_nn.operators import ahead_of_time


def warm_up(client: Any, dtypes: Iterable[str] = ("float32", "float64")) -> None:
    """
    Compile what most transforms need on each worker of a client, now and when one joins or starts anew.

    Without it, each worker compiles at its first task, or loads from disk what another process compiled.

    Parameters
    ----------
    client : distributed.Client
        The client.
    dtypes : iterable of str
        For which of float32 and float64.

    See Also
    --------
    radon_nn.warm_up : The same for one process.

    Examples
    --------
    >>> import distributed
    >>> warm_up(distributed.Client("scheduler-address:8786"))  # doctest: +SKIP
    """
    from distributed.diagnostics.plugin import WorkerPlugin

    class Warm(WorkerPlugin):  # type: ignore[misc, unused-ignore]
        """Compiles where a worker starts."""

        name = "radon_nn-warm-up"
        kinds = tuple(dtypes)

        def setup(self, worker: Any) -> None:
            """
            Compile.

            Parameters
            ----------
            worker : distributed.Worker
                The worker.
            """
            ahead_of_time.warm_up(self.kinds)

    client.register_plugin(Warm())
