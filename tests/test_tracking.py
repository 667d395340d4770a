"""Spikes recorded in the course of training."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from radon_nn import Ball, DeepNetwork, ShallowNetwork, Snapshot, SpikeTracker, deep_rtv, fit, rtv

NET = ShallowNetwork([[1.0, 0.0], [1.0, 1e-5], [0.0, 2.0], [0.0, 1.0]], [0.0, 0.0, -1.0, 0.0], [1.0, 2.0, -1.0, 0.0])


def scaled(factor: float) -> ShallowNetwork:
    return ShallowNetwork(NET.weights, NET.biases, factor * NET.readout)


def test_every_so_many_calls_are_recorded() -> None:
    tracker = SpikeTracker(every=3)
    for k in range(8):
        tracker(scaled(k + 1.0), loss=0.5**k)
    table = tracker.to_table()
    assert table["step"].tolist() == [0, 3, 6]
    np.testing.assert_allclose(table["rtv"], [5, 20, 35])
    np.testing.assert_allclose(table["loss"], [1, 0.5**3, 0.5**6])
    assert table["spikes"].tolist() == [2, 2, 2]
    assert table["neurons"].tolist() == [3, 3, 3]
    np.testing.assert_allclose(table["largest_mass"], [3, 12, 21])
    assert len(tracker) == 3
    assert isinstance(tracker[-1], Snapshot)
    assert "2 spikes of 3 neurons" in str(tracker[0])


def test_a_record_out_of_turn_and_values_that_come_later() -> None:
    tracker = SpikeTracker(every=100)
    tracker(NET)
    tracker.record(NET, step=7, accuracy=0.5)
    table = tracker.to_table()
    assert table["step"].tolist() == [0, 7]
    assert np.isnan(table["accuracy"][0])
    assert table["accuracy"][1] == 0.5


def test_numbers_are_those_of_the_network() -> None:
    rng = np.random.default_rng(0)
    net = ShallowNetwork(rng.standard_normal((9, 2)), rng.standard_normal(9), rng.standard_normal((2, 9)))
    record = SpikeTracker().record(net)
    assert record.rtv == net.measure().rtv
    assert record.path_norm == net.path_norm
    assert record.measure == net.measure(1e-3)
    ball = Ball(0.3)
    inside = SpikeTracker(domain=ball).record(net)
    assert inside.rtv == pytest.approx(rtv(net, domain=ball).value, rel=1e-12)
    assert inside.spikes == len(net.measure(1e-3).restricted(ball))
    heavy = SpikeTracker(floor=0.5).record(net)
    assert heavy.spikes == np.sum(record.masses >= 0.5 * record.masses.max())


def test_deep_and_smooth_networks() -> None:
    rng = np.random.default_rng(1)
    layers = [
        ShallowNetwork(rng.standard_normal((4, 2)), rng.standard_normal(4), rng.standard_normal((3, 4))),
        ShallowNetwork(rng.standard_normal((5, 3)), rng.standard_normal(5), rng.standard_normal((1, 5))),
    ]
    record = SpikeTracker().record(DeepNetwork(layers))
    assert record.rtv == pytest.approx(DeepNetwork(layers).compositional_cost(), rel=1e-12)
    assert record.spikes == 9
    assert record.measure is None
    smooth = ShallowNetwork(NET.weights, NET.biases, NET.readout, activation="gelu")
    record = SpikeTracker().record(smooth)
    assert record.rtv == pytest.approx(rtv(smooth).value, rel=1e-9)
    assert record.spikes == 3
    assert deep_rtv(DeepNetwork(layers)).verdict == "infinite"


def test_dicts_of_arrays_and_fits() -> None:
    tracker = SpikeTracker(activation="relu", layout="out_in")
    tracker({"w1": np.eye(2), "b1": np.zeros(2), "w2": np.ones((1, 2))})
    assert tracker[0].rtv == 2
    tracker(fit([0.0, 1.0, 2.0], [0.0, 1.0, 0.0], decay=0.1))
    assert tracker[1].rtv == pytest.approx(1.4)


class Writer:
    """TensorBoard's writer, as far as it is used."""

    def __init__(self) -> None:
        self.scalars: list[tuple[str, float, int]] = []
        self.histograms: list[tuple[str, int, int]] = []

    def add_scalar(self, name: str, value: float, step: int) -> None:
        self.scalars.append((name, value, step))

    def add_histogram(self, name: str, values: Any, step: int) -> None:
        self.histograms.append((name, len(values), step))


def test_a_writer_gets_every_record() -> None:
    writer = Writer()
    SpikeTracker(writer=writer)(NET, loss=0.25)
    assert ("radon_nn/rtv", pytest.approx(5.0), 0) in writer.scalars
    assert ("radon_nn/loss", 0.25, 0) in writer.scalars
    assert writer.histograms == [("radon_nn/masses", 2, 0)]


@pytest.mark.slow
@pytest.mark.filterwarnings("default")  # what TensorBoard itself warns of is not ours
def test_tensorboard_reads_what_was_written(tmp_path: Path) -> None:
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    summary = pytest.importorskip("torch.utils.tensorboard")
    with summary.SummaryWriter(str(tmp_path)) as writer:
        tracker = SpikeTracker(writer=writer)
        for loss in (0.5, 0.25):
            tracker(NET, loss=loss)
    events = EventAccumulator(str(tmp_path), size_guidance={"histograms": 0})
    events.Reload()
    assert [event.value for event in events.Scalars("radon_nn/loss")] == [0.5, 0.25]
    assert [event.value for event in events.Scalars("radon_nn/rtv")] == pytest.approx([rtv(NET).value] * 2)
    assert [event.step for event in events.Histograms("radon_nn/masses")] == [0, 1]


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"every": 0}, ValueError, "every"),
        ({"every": 1.5}, TypeError, "every"),
        ({"tol": -1.0}, ValueError, "tol"),
        ({"writer": object()}, TypeError, "add_scalar"),
    ],
)
def test_what_is_refused(options: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        SpikeTracker(**options)


@pytest.mark.parametrize("module", ["radon_nn", "radon_nn.tracking"])
def test_no_framework_is_imported(module: str) -> None:
    code = (
        f"import sys, {module}; print([n for n in ('torch', 'sklearn', 'matplotlib', 'lightning') if n in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_scikit_learns_partial_fit() -> None:
    sklearn = pytest.importorskip("sklearn.neural_network")
    rng = np.random.default_rng(2)
    X, model, tracker = (
        rng.standard_normal((40, 2)),
        sklearn.MLPRegressor(hidden_layer_sizes=(6,), random_state=0),
        SpikeTracker(),
    )
    for _ in range(3):
        assert tracker.partial_fit(model, X, X[:, 0]) is model
    table = tracker.to_table()
    assert table["loss"][-1] == model.loss_
    assert len(set(table["rtv"].tolist())) == 3


def test_torch_modules_are_traced_once_and_read_anew() -> None:
    torch = pytest.importorskip("torch")
    nn, tracker = torch.nn, SpikeTracker()
    module = nn.Sequential(nn.Linear(2, 5), nn.ReLU(), nn.Linear(5, 1))
    tracker(module)
    first = tracker._traced
    with torch.no_grad():
        module[2].weight.mul_(2)
    tracker(module)
    assert tracker._traced is first
    assert tracker[1].rtv == pytest.approx(2 * tracker[0].rtv, rel=1e-6)
    module[0], module[2] = nn.Linear(2, 7), nn.Linear(7, 1)
    tracker(module)
    assert tracker[2].network.neurons == 7


@pytest.mark.slow
def test_lightning(tmp_path: Any) -> None:
    lightning = pytest.importorskip("lightning.pytorch")
    import torch

    class Model(lightning.LightningModule):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.net = torch.nn.Sequential(torch.nn.Linear(2, 5), torch.nn.ReLU(), torch.nn.Linear(5, 1))

        def training_step(self, batch: Any, _: int) -> Any:
            loss = self.net(batch[0]).square().mean()
            self.log("train_loss", loss)
            return loss

        def configure_optimizers(self) -> Any:
            return torch.optim.SGD(self.parameters(), lr=0.1)

    data = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(torch.randn(16, 2)), batch_size=8)
    tracker = SpikeTracker()
    trainer = lightning.Trainer(
        max_epochs=3,
        callbacks=[tracker.lightning_callback("net")],
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        accelerator="cpu",
        default_root_dir=tmp_path,
    )
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # on the number of workers and the like
        trainer.fit(Model(), data)
    table = tracker.to_table()
    assert table["step"].tolist() == [0, 1, 2]
    assert np.all(np.diff(table["rtv"]) < 0)
    assert np.isfinite(table["loss"]).all()
