"""The R-TV of each layer of a deep network beside its path norm."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from radon_nn.displays.canvas import axes_and_figure
from radon_nn.displays.lettering import labels, legend_below, title
from radon_nn.networks.deep import DeepNetwork

_RTV, _PATH = "#1b7837", "#c2a5cf"


@dataclass(frozen=True)
class LayerDisplay:
    """
    The R-TV of each layer and its path norm, as bars.

    Parameters
    ----------
    ax : Axes
        The axes drawn on.
    figure : Figure
        The figure of `ax`.
    rtvs, paths : artists
        One bar for each layer; of height 0 where infinite.
    """

    ax: Axes
    figure: Figure
    rtvs: Any
    paths: Any

    @classmethod
    def from_network(cls, network: DeepNetwork, *, ax: Axes | None = None) -> LayerDisplay:
        """
        Draw the layers of a network.

        Parameters
        ----------
        network : DeepNetwork
            The network, of any dimension.
        ax : Axes, optional
            The axes to draw on; new axes if not given.

        Returns
        -------
        LayerDisplay
            The artists.
        """
        axes, figure = axes_and_figure(ax)
        position = np.arange(1, len(network.layers) + 1)
        heights = (
            [result.value for result in network.layer_rtvs()],
            [layer.path_norm for layer in network.layers],
        )
        bars_drawn = []
        for shift, values, colour, label in zip(
            (-0.2, 0.2), heights, (_RTV, _PATH), ("R-TV", "path norm"), strict=True
        ):
            known = [value if math.isfinite(value) else 0.0 for value in values]
            bars = axes.bar(position + shift, known, width=0.38, color=colour, label=label)
            if len(position) <= 8:
                axes.bar_label(
                    bars, [f"{v:.3g}" if math.isfinite(v) else "∞" for v in values], padding=2, fontsize="small"
                )
            bars_drawn.append(bars)
        axes.set_xticks(
            position,
            [f"{k}\n{layer.dim} → {layer.neurons} → {layer.outputs}" for k, layer in enumerate(network.layers, 1)],
        )
        labels(axes, "layer: inputs → neurons → outputs", "in units of the layer")
        whole = network.compositional_cost()
        ends = f"is finite, in all {whole:.4g}" if math.isfinite(whole) else "is infinite for some"
        title(axes, f"Layer by layer R-TV {ends}")
        axes.margins(y=0.12)
        patches = [Patch(facecolor=colour, label=label) for colour, label in ((_RTV, "R-TV"), (_PATH, "path norm"))]
        legend_below(axes, patches, tick_lines=2)
        return cls(axes, figure, *bars_drawn)
