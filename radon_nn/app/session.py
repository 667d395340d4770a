"""A session: answers to the requests of a page, each from the last one's fit; no server is needed."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from radon_nn._support.types import Floats
from radon_nn.app import messages, networks, presets
from radon_nn.app.messages import Data, Request
from radon_nn.app.slices import SlicedNetwork
from radon_nn.fitting.certified_fit import Fit
from radon_nn.fitting.weight_decay import fit

_SECONDS = 2.0
"""The most time for an answer. 60 points take some 0.02 s; 200 points at the least decay reach this limit."""
_TOL = 1e-4
"""The gap between objective and bound, relative: `fit`'s own, and less than the page shows digits."""

Answer = dict[str, Any]


class Session:
    """
    What the server knows of a page: the last fit, from which the next begins.

    Parameters
    ----------
    opened : SlicedNetwork, optional
        The network of the file that the playground was started with.
    """

    def __init__(self, opened: SlicedNetwork | None = None) -> None:
        self._opened = opened
        self._last: Fit | None = None

    @property
    def best(self) -> Fit | None:
        """The last fit; None before the first."""
        return self._last

    def answer(self, text: str | bytes) -> Answer:
        """
        The answer to a request as text.

        Parameters
        ----------
        text : str or bytes
            JSON; anything else gets an answer of type 'error', and changes nothing.

        Returns
        -------
        dict
            What JSON can hold, with finite numbers only: 'type', 'id', and what was asked for.
        """
        return self._guarded(lambda: messages.parsed(text), messages.id_of(text))

    def reply(self, content: object) -> Answer:
        """
        The answer to a request that was already decoded, as Jupyter gives it.

        Parameters
        ----------
        content : object
            A dictionary; anything else gets an answer of type 'error'.

        Returns
        -------
        dict
            As `answer` gives it.
        """
        number = content.get("id") if isinstance(content, dict) else None
        return self._guarded(lambda: messages.asked(content), number if type(number) is int else None)

    def _guarded(self, read: Callable[[], Request], number: int | None) -> Answer:
        try:
            request = read()
            return {**self._answered(request), "id": request.id}
        except ValueError as error:
            return {"type": "error", "id": number, "text": str(error)}
        except Exception as error:
            # The page and the other sessions must outlive whatever goes wrong in one request.
            self._last = None
            return {"type": "error", "id": number, "text": f"the request failed with {type(error).__name__}: {error}"}

    def _answered(self, request: Request) -> Answer:
        if request.type == "hello":
            network = None if self._opened is None else self._opened.about()
            return {"type": "hello", "presets": presets.presets(), "network": network}
        if request.slice is not None:
            if self._opened is None:
                raise ValueError("slice: expected a network, got none; start `radon-nn playground FILE`")
            return {"type": "slice", **self._opened.drawn(request.slice)}
        if request.type == "background" and request.drawn is not None:
            return {"type": "background", **networks.background(request.drawn, request.kind)}
        if request.drawn is not None:
            return {"type": "network", **networks.measured(request.drawn, request.data)}
        if request.data is None:
            raise ValueError(f"{request.type}: expected data, got none; add points")
        begin = time.perf_counter()
        best = self._fitted(request.data, request.type == "fit")
        answer = {"type": request.type, **_described(best)} if request.type == "fit" else {"type": "path"}
        return {**answer, **_figures(best), "seconds": time.perf_counter() - begin}

    def _fitted(self, data: Data, keep: bool) -> Fit:
        _require_plane(data.points)
        best = fit(data.points, data.values, decay=data.decay, start=self._last, tol=_TOL, seconds=_SECONDS)
        if keep:
            self._last = best
        return best


def _require_plane(points: Floats) -> None:
    distinct = np.unique(points, axis=0)
    # Nearer to a line than this, relative to their extent, points fix an affine function to few digits only.
    if len(distinct) < 4 or np.linalg.svd(distinct - distinct.mean(axis=0), compute_uv=False)[1] < 1e-6:
        raise ValueError(
            f"data: expected at least 4 points that do not lie on one line, got {len(distinct)} distinct ones; add data"
        )


def _figures(best: Fit) -> Answer:
    return {
        "decay": best.decay,
        "objective": best.objective,
        "lower": best.lower,
        "gap": best.gap,
        "rtv": best.rtv,
        "loss": best.objective - best.decay * best.rtv,
        "neurons": len(best),
        "converged": best.converged,
    }


def _described(best: Fit) -> Answer:
    measure = best.measure
    angles = np.arctan2(measure.directions[:, 1], measure.directions[:, 0])
    return {
        "spikes": np.column_stack([angles, measure.offsets, measure.masses[:, 0]]).tolist(),
        "skip": measure.skip[0].tolist(),
        "constant": float(measure.constant[0]),
        "dual": np.column_stack([best.points, best.dual]).tolist(),
        "largest": best.certificate().largest,
        "misfit": best.misfit,
    }
