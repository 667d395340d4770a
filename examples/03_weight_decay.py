"""
Weight decay leaves few spikes
==============================

A network of 256 neurons was trained twice on the same elevations at 300 stations, without weight decay and with it.
Weight decay is R-TV regularisation: half the sum of the squared weights is at least the sum of :math:`|v| |w|`, with
equality at a minimum. The representer theorem promises a minimiser with at most N - (d+1) = 297 spikes; there are far
fewer.
"""

from pathlib import Path

from radon_nn import Ball, load, plot
from radon_nn.io import shipped


def main(save: Path | None = None, n: int = 256) -> dict[str, tuple[int, float]]:
    """Return spikes and R-TV on the unit disc, without and with decay; write the picture to `save`."""
    networks = {
        title: load(shipped(name))
        for title, name in (("no decay", "topography_nodecay.npz"), ("weight decay", "topography_decay.npz"))
    }
    measures = {
        title: network.measure().merged(1e-6, unit=1.0).restricted(Ball(1.0)) for title, network in networks.items()
    }
    for title, measure in measures.items():
        print(f"{title}: {networks[title].neurons} neurons, {len(measure)} spikes, R-TV {measure.rtv:.4f}")
    if save is not None:
        panels = [(title, networks[title], measures[title]) for title in networks]
        plot.comparison(panels, domain=Ball(1.0), n=n).savefig(save, dpi=80)
    return {title: (len(measure), measure.rtv) for title, measure in measures.items()}


if __name__ == "__main__":
    main(Path("weight_decay.png"))
