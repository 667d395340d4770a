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

from radon_nn import Fit, SpikeTracker, fit
from radon_nn.io import shipped

try:
    import torch

    from radon_nn.torch import ProximalPathNorm
except ImportError as error:
    raise ImportError("this example trains with PyTorch; pip install 'radon-nn[torch]'") from error

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
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # the matrices are small; threads would wait for one another
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
    torch.set_num_threads(threads)
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
        draw(records, courses, best, len(X)).savefig(save, dpi=100)
    return found


# %%
# Left, the objective that both are to minimise; right, how many spikes are left.
def draw(records: dict[str, Any], courses: dict[str, Any], best: Fit, count: int) -> Figure:
    """Objectives and distinct spikes, step by step."""
    figure = Figure(figsize=(12.8, 7.2), layout="constrained")
    title = "Proximal steps reach the certified minimum, with few neurons left; AdamW does neither"
    figure.suptitle(title, fontsize=19)
    left, right = figure.subplots(1, 2)
    for name, colour, style in (("proximal", "#d55e00", "-"), ("AdamW", "#0072b2", "--")):
        left.plot(records[name]["step"], courses[name], style, color=colour, lw=4, label=name)
        spikes = records[name]["spikes"]
        right.plot(records[name]["step"], spikes, style, color=colour, lw=4, label=f"{name}: {int(spikes[-1])} left")
    left.axhline(best.lower / count, color="black", ls=":", lw=3, label="no network is below this")
    right.axhline(len(best.measure), color="black", ls=":", lw=3, label=f"the certified optimum: {len(best.measure)}")
    left.set(ylim=(0, 1.05 * max(course[0] for course in courses.values())))
    left.set_title("What both are to minimise", fontsize=16)
    left.set_ylabel("error + decay x path norm", fontsize=15)
    right.set(ylim=(0, None))
    right.set_title("Neurons that differ: spikes", fontsize=16)
    right.set_ylabel("spikes that differ by a thousandth or more", fontsize=15)
    for axes in (left, right):
        axes.set_xlabel("step", fontsize=15)
        axes.tick_params(labelsize=14)
        axes.legend(fontsize=15)
    return figure


# %%
# Exercises
# ---------
# 1. One neuron of one input has w = 3 and v = 1. What do its path norm and half its squares become when w is divided
# by c and v multiplied by c, and for which c is the second least?
#
# *Answer.* The path norm stays 3. Half the squares, (9/c^2 + c^2)/2, are least at c = sqrt(3), and then 3 as well.
#
# >>> c = np.linspace(1, 3, 20001)
# >>> squares = (9 / c**2 + c**2) / 2
# >>> round(float(squares.min()), 6), round(float(c[squares.argmin()]), 3)
# (3.0, 1.732)
#
# 2. Take 60 proximal steps with 30 neurons. Is a neuron exactly zero already?
#
# *Answer.* Yes: the step sets small ones to zero, and does not only shrink them.
#
# >>> x = torch.tensor(np.random.default_rng(0).uniform(-1, 1, (40, 2)))
# >>> record = train(x, x[:, :1].abs(), "proximal", neurons=30, steps=60).to_table()
# >>> bool(record["spikes"][-1] < record["spikes"][0])
# True


if __name__ == "__main__":
    main(Path("proximal_step.png"))
