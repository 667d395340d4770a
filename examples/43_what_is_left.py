"""
What weight decay, the proximal step, pruning and `fit` leave of the same data
==============================================================================

300 elevations, and four ways to a small network. Weight decay in the loss (half the squared weights, by Adam) has the
same minimum as the path norm, but its neurons only shrink. The proximal step sets them to zero. `prune` takes the
network of weight decay and keeps as few spikes as stay within 10 m of it, on the whole disc: that is a bound, not an
estimate. `fit` finds the minimum over all networks, with its certificate, and needs no training.
"""

from pathlib import Path
from typing import Any

import numpy as np

from radon_nn import Ball, Hull, RidgeMeasure, distance, fit, from_model, plot, prune
from radon_nn.io import shipped

try:
    import torch

    from radon_nn.torch import ProximalPathNorm
except ImportError as error:
    raise SystemExit("this example trains with PyTorch; pip install 'radon-nn[torch]'") from error

DECAY = 4e-3
NEAR = 0.1
"""Hundred metres: how far the pruned network may be from the trained one."""


def train(x: Any, y: Any, name: str, neurons: int, steps: int) -> RidgeMeasure:
    """The spikes of a trained network, those that coincide to 1e-3 merged."""
    torch.manual_seed(0)
    net = torch.nn.Sequential(torch.nn.Linear(2, neurons), torch.nn.ReLU(), torch.nn.Linear(neurons, 1)).double()
    optimizer: Any = torch.optim.Adam(net.parameters(), lr=5e-3)
    if name == "proximal":
        sgd = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9)
        optimizer = ProximalPathNorm(sgd, net, decay=DECAY)
    for _ in range(steps):
        optimizer.zero_grad()
        loss = (net(x) - y).square().mean() / 2
        if name == "weight decay":
            loss = loss + DECAY / 2 * (net[0].weight.square().sum() + net[2].weight.square().sum())
        loss.backward()
        optimizer.step()
    network: Any = from_model(net)
    measure: RidgeMeasure = network.measure(1e-3)
    return measure


def main(save: Path | None = None, neurons: int = 200, steps: int = 3000, n: int = 200) -> dict[str, tuple[int, float]]:
    """Return the number of spikes on the disc and the penalised objective of each of the four."""
    table = np.genfromtxt(shipped("topography.csv"), delimiter=",", names=True)
    X, elevation = np.column_stack([table["x1"], table["x2"]]), table["y_hundred_m"] - table["y_hundred_m"].mean()
    x, y = torch.tensor(X), torch.tensor(elevation)[:, None]
    disc = Ball(1.0)
    measures = {name: train(x, y, name, neurons, steps).restricted(disc) for name in ("weight decay", "proximal")}
    small = prune(measures["weight decay"], max_error=NEAR, domain=disc)
    best = fit(X, elevation, decay=DECAY * len(X))
    measures |= {"pruned": small.measure, "fit": best.measure.restricted(disc)}
    found = {}
    for name, measure in measures.items():
        objective = float(np.mean((measure(X) - elevation) ** 2) / 2 + DECAY * measure.rtv)
        apart = distance(measure, best, Hull(X))
        found[name] = len(measure), objective
        print(f"{name:>12}: {len(measure):3} spikes, objective {objective:.5f}; from the optimum: {apart}")
    print(small)
    if save is not None:
        panels = [(name, measure, measure) for name, measure in measures.items()]
        plot.comparison(panels, domain=disc, n=n).savefig(save, dpi=70)
    return found


if __name__ == "__main__":
    main(Path("what_is_left.png"))
