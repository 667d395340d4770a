"""The playground as a widget in Jupyter: the page's own JavaScript, and a session in the notebook's kernel."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from radon_nn._support import checks
from radon_nn.app import assets
from radon_nn.app.messages import MOST_POINTS
from radon_nn.app.session import Session
from radon_nn.app.slices import SlicedNetwork
from radon_nn.fitting.certified_fit import Fit
from radon_nn.networks.deep import DeepNetwork
from radon_nn.networks.shallow import ShallowNetwork

try:
    import anywidget
    import traitlets
except ImportError as error:
    raise ImportError(
        "widget: expected the package anywidget, got none; install it by `pip install 'radon-nn[widget]'`"
    ) from error


class Playground(anywidget.AnyWidget):
    """
    A playground in a notebook: drag data, kinks and spikes; `best` is the certified fit of what is shown.

    Parameters
    ----------
    points : array_like, shape (n, 2), optional
        Data to begin with, in the square [-1, 1]^2; the first lesson if not given.
    values : array_like, shape (n,), optional
        Their values, of modulus at most 50.
    decay : float
        The weight decay to begin with.
    network : ShallowNetwork or DeepNetwork, optional
        A network of one output to look at on slices.

    Raises
    ------
    ValueError
        If data are too many, not in the square, or not finite.

    See Also
    --------
    radon_nn.app.serving.serve : The same in a window of the browser.

    Examples
    --------
    >>> playground = Playground([[0.0, 0.0], [0.5, 0.0], [0.0, 0.5]], [1.0, 0.0, 0.0], decay=0.05)
    >>> playground.best is None  # until the notebook shows it
    True
    """

    _esm = assets.playground()
    _css = assets.text("style.css")
    state = traitlets.Dict(allow_none=True, default_value=None).tag(sync=True)

    def __init__(
        self,
        points: ArrayLike | None = None,
        values: ArrayLike | None = None,
        *,
        decay: float = 0.1,
        network: ShallowNetwork | DeepNetwork | None = None,
    ) -> None:
        self._session = Session(None if network is None else SlicedNetwork(network, "network"))
        state = None if points is None else {"data": _rows(points, values), "decay": checks.positive(decay, "decay")}
        super().__init__(state=state)
        self.on_msg(self._asked)

    @property
    def best(self) -> Fit | None:
        """The last certified fit; None before the first."""
        return self._session.best

    def _asked(self, widget: object, content: Any, buffers: object) -> None:
        self.send(self._session.reply(content))


def _rows(points: ArrayLike, values: ArrayLike | None) -> list[list[float]]:
    at = checks.shaped_array(points, "points", ("n", 2))
    if values is None:
        raise ValueError("values: expected a value for each point, got none; pass them after the points")
    heights = checks.shaped_array(values, "values", (len(at),))
    if len(at) > MOST_POINTS or np.abs(at).max(initial=0) > 1 or np.abs(heights).max(initial=0) > 50:
        raise ValueError(
            f"points: expected at most {MOST_POINTS} in the square [-1, 1]^2 with values from -50 to 50, got "
            f"{len(at)} up to {np.abs(at).max(initial=0):.3g} and {np.abs(heights).max(initial=0):.3g}; rescale them"
        )
    # The last column is the noise that the slider scales.
    rows: list[list[float]] = np.column_stack([at, heights, np.random.default_rng(0).normal(size=len(at))]).tolist()
    return rows
