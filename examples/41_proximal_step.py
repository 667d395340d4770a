r"""
A proximal step leaves few spikes, AdamW leaves all
===================================================

Two copies of a network of 200 neurons learn the elevations at 300 stations. Both are to minimise

.. math:: \frac{1}{2 N} \sum_i (f(x_i) - y_i)^2 + \lambda \sum_k |v_k| |w_k|,

the objective whose certified minimum over all networks `fit` returns. One takes gradient steps on the first term and
after each the proximal step of the second, in closed form, which sets neurons to exactly zero. The other is AdamW with
weight decay lambda. The proximal method comes within a few tenths of a per cent of the minimum, and its neurons gather
on some thirty hyperplanes; AdamW's decay, which its step sizes scale away, leaves every neuron alive.
"""

from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from radon_nn import SpikeTracker, fit
from radon_nn.io import shipped

try:
    import torch

    from radon_nn.torch import ProximalPathNorm
except ImportError as error:
    raise SystemExit("this example trains with PyTorch; pip install 'radon-nn[torch]'") from error

DECAY = 4e-3


class Net(torch.nn.Module):
    """One hidden layer, and a skip connection, which costs nothing."""

    def __init__(self, neurons: int) -> None:
        super().__init__()
        self.hidden, self.readout = torch.nn.Linear(2, neurons), torch.nn.Linear(neurons, 1)
        self.skip = torch.nn.Linear(2, 1, bias=False)

    def forward(self, x: Any) -> Any:
        """The outputs."""
        return self.readout(torch.relu(self.hidden(x))) + self.skip(x)


# %%
# Train, and record the spikes.


def train(x: Any, y: Any, name: str, *, neurons: int, steps: int) -> SpikeTracker:
    """The record of one network's training, with the penalised objective beside it."""
    torch.manual_seed(0)
    net = Net(neurons).double()
    optimizer: Any = torch.optim.AdamW(net.parameters(), lr=3e-3, weight_decay=DECAY)
    if name == "proximal":
        sgd = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9)
        optimizer = ProximalPathNorm(sgd, net, decay=DECAY)
    tracker = SpikeTracker(every=max(1, steps // 60))
    for step in range(steps + 1):
        loss = (net(x) - y).square().mean() / 2
        tracker(net, step=step, loss=loss.item())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return tracker


def main(save: Path | None = None, neurons: int = 200, steps: int = 6000) -> dict[str, tuple[float, int]]:
    """Return the objective and the number of distinct spikes: proximal, AdamW, and the certified optimum."""
    table = np.genfromtxt(shipped("topography.csv"), delimiter=",", names=True)
    X, elevation = np.column_stack([table["x1"], table["x2"]]), table["y_hundred_m"] - table["y_hundred_m"].mean()
    x, y = torch.tensor(X), torch.tensor(elevation)[:, None]
    best = fit(X, elevation, decay=DECAY * len(X))
    records = {name: train(x, y, name, neurons=neurons, steps=steps).to_table() for name in ("proximal", "AdamW")}
    courses = {name: record["loss"] + DECAY * record["path_norm"] for name, record in records.items()}
    found = {name: (float(courses[name][-1]), int(record["spikes"][-1])) for name, record in records.items()}
    found["fit"] = best.objective / len(X), len(best.measure)
    for name, (objective, spikes) in found.items():
        print(f"{name:>8}: objective {objective:.5f}, {spikes} distinct spikes")
    print(f"no network of any width is below {best.lower / len(X):.5f}")
    if save is not None:
        figure = Figure(figsize=(11, 4.5), layout="constrained")
        above, below = figure.subplots(1, 2)
        for name, colour in (("proximal", "#b2182b"), ("AdamW", "#2166ac")):
            above.plot(records[name]["step"], courses[name], color=colour, lw=2, label=name)
            below.plot(records[name]["step"], records[name]["spikes"], color=colour, lw=2, label=name)
        above.axhline(best.lower / len(X), color="black", ls="--", label="certified lower bound")
        above.set(yscale="log", xlabel="step", ylabel="penalised objective")
        below.axhline(len(best.measure), color="black", ls="--", label="spikes of the certified optimum")
        below.set(xlabel="step", ylabel="distinct spikes, to 1e-3")
        for axes in (above, below):
            axes.legend()
        figure.savefig(save, dpi=80)
    return found


if __name__ == "__main__":
    main(Path("proximal_step.png"))
