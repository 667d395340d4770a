"""What `SpikeTracker` adds to an epoch of training: CPU seconds with and without, in turn.

`python benchmarks/tracker.py` trains 200 ReLU neurons of two inputs on 1000 points in batches of 32, with SGD and with
Adam, and prints for each way of recording once an epoch the median CPU seconds of an epoch, and their ratio to an epoch
without a record. Epochs with and without records alternate, so that a busy machine slows both. The last way writes each
record to TensorBoard, where it is installed, and computes the spikes at once.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch

from radon_nn import SpikeTracker

NEURONS, POINTS, BATCH = 200, 1000, 32


def epoch(module: torch.nn.Module, optimizer: torch.optim.Optimizer, x: torch.Tensor, y: torch.Tensor) -> float:
    """Train for an epoch; the last loss."""
    last = 0.0
    for rows in torch.randperm(len(x)).split(BATCH):
        optimizer.zero_grad()
        loss = torch.nn.functional.mse_loss(module(x[rows]), y[rows])
        loss.backward()
        optimizer.step()
        last = loss.item()
    return last


@contextmanager
def recordings() -> Iterator[dict[str, Callable[[torch.nn.Module, float], Any]]]:
    """Ways to record a step, by name."""
    ways: dict[str, Callable[[torch.nn.Module, float], Any]] = {}
    plain, read = SpikeTracker(), SpikeTracker()
    ways["recorded"] = lambda module, loss: plain(module, loss=loss)
    ways["recorded, spikes counted at once"] = lambda module, loss: read.record(module, loss=loss).spikes
    with tempfile.TemporaryDirectory() as folder:
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ImportError:
            print("TensorBoard is not installed: left out")
            yield ways
            return
        with SummaryWriter(folder) as writer:
            written = SpikeTracker(writer=writer)
            ways["recorded, and written to TensorBoard"] = lambda module, loss: written(module, loss=loss)
            yield ways


def main(epochs: int) -> None:
    """Print medians and ratios."""
    torch.manual_seed(0)
    torch.set_num_threads(1)
    x = torch.rand(POINTS, 2) * 2 - 1
    y = torch.sin(3 * x[:, :1]) * x[:, 1:]
    for name, optimizer_class in (("SGD", torch.optim.SGD), ("Adam", torch.optim.Adam)):
        module = torch.nn.Sequential(torch.nn.Linear(2, NEURONS), torch.nn.ReLU(), torch.nn.Linear(NEURONS, 1))
        optimizer = optimizer_class(module.parameters(), lr=1e-3)
        with recordings() as ways:
            seconds: dict[str, list[float]] = {"": [], **{way: [] for way in ways}}
            for record in ways.values():
                record(module, epoch(module, optimizer, x, y))
            for _ in range(epochs):
                for way, spent in seconds.items():
                    begun = time.process_time()
                    loss = epoch(module, optimizer, x, y)
                    if way:
                        ways[way](module, loss)
                    spent.append(time.process_time() - begun)
        base = statistics.median(seconds.pop(""))
        print(f"{name}: an epoch without a record {1e3 * base:.2f} ms of CPU time")
        for way, spent in seconds.items():
            median = statistics.median(spent)
            print(f"  {way}: {1e3 * median:.2f} ms, {median / base:.3f} of it")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--epochs", type=int, default=100)
    main(parser.parse_args().epochs)
