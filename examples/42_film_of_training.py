"""
A film of spikes that merge
===========================

200 neurons learn the elevations at 300 stations by the proximal method, and a `SpikeTracker` records them. The film
shows each neuron as a spike in (angle, offset): within some hundred steps half of them vanish, and the others run
together in a few places, where many neurons act as one. R-TV counts distinct hyperplanes, so it does not see how many
share one.
"""

from pathlib import Path
from typing import Any

import numpy as np

from radon_nn import Ball, SpikeTracker, plot
from radon_nn.io import shipped

try:
    import torch

    from radon_nn.torch import ProximalPathNorm
except ImportError as error:
    raise SystemExit("this example trains with PyTorch; pip install 'radon-nn[torch]'") from error


def main(save: Path | None = None, neurons: int = 200, steps: int = 2400, frames: int = 40) -> Any:
    """Return the table of the record; write the film to `save`."""
    table = np.genfromtxt(shipped("topography.csv"), delimiter=",", names=True)
    x = torch.tensor(np.column_stack([table["x1"], table["x2"]]))
    y = torch.tensor(table["y_hundred_m"] - table["y_hundred_m"].mean())[:, None]
    torch.manual_seed(0)
    net = torch.nn.Sequential(torch.nn.Linear(2, neurons), torch.nn.ReLU(), torch.nn.Linear(neurons, 1)).double()
    sgd = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9)
    optimizer = ProximalPathNorm(sgd, net, decay=4e-3)
    tracker = SpikeTracker(domain=Ball(1.0))
    # Most happens early: records at even distances in the logarithm of the step.
    turns = {0, *np.geomspace(1, steps, frames).astype(int).tolist()}
    for step in range(steps + 1):
        if step in turns:
            tracker(net, step=step)
        optimizer.zero_grad()
        ((net(x) - y).square().mean() / 2).backward()
        optimizer.step()
    record = tracker.to_table()
    for k in (0, len(tracker) // 2, -1):
        print(tracker[k])
    if save is not None:
        plot.film(tracker, title="The proximal method: neurons vanish, the others run together").save(save, fps=6)
    return record


if __name__ == "__main__":
    main(Path("film_of_training.gif"))
