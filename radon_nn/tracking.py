"""Spikes watched while a network learns: R-TV, their number, their masses and snapshots, every so many steps."""

from __future__ import annotations

import importlib
import weakref
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from radon_nn._support import checks
from radon_nn._support.properties import cached_property
from radon_nn._support.public import public
from radon_nn._support.types import Floats
from radon_nn._support.wording import counted
from radon_nn.geometry.domains import Domain
from radon_nn.measures.ridge import RidgeMeasure
from radon_nn.networks.deep import DeepNetwork
from radon_nn.networks.exact import exact_rtv
from radon_nn.networks.shallow import ShallowNetwork
from radon_nn.readers.live_models import from_model
from radon_nn.readers.pytorch import read_torch
from radon_nn.readers.registry import model_kind
from radon_nn.readers.torch_programs import program_of

Network = ShallowNetwork | DeepNetwork


@public
@dataclass(frozen=True, eq=False)
class Snapshot:
    """
    The network at one step of its training, and its spikes, which are computed when they are first asked for.

    Parameters
    ----------
    step : int
        The number of the step.
    network : ShallowNetwork or DeepNetwork
        The network as it was.
    values : dict of str to float
        What else was given, such as the loss.
    tol : float
        Hyperplanes within this distance count as one spike.
    domain : Ball, Cuboid or Hull, optional
        Only spikes that meet it count, of networks with one hidden layer.
    floor : float
        Spikes below this fraction of the largest mass do not count.

    See Also
    --------
    SpikeTracker : What records them.

    Examples
    --------
    >>> from radon_nn import ShallowNetwork, SpikeTracker
    >>> record = SpikeTracker().record(ShallowNetwork([[3.0, 4.0]], [1.0], [2.0]), step=7)
    >>> record.step, record.rtv, record.spikes
    (7, 10.0, 1)
    """

    step: int
    network: Network
    values: dict[str, float]
    tol: float
    domain: Domain | None = None
    floor: float = 0.0

    @property
    def path_norm(self) -> float:
        """The path norm, before neurons are merged; the sum over layers for a deep network."""
        return self.network.path_norm

    @property
    def neurons(self) -> int:
        """Number of neurons with weights on both sides."""
        return sum(_alive(layer) for layer in self._layers)

    @cached_property
    def rtv(self) -> float:
        """The R-TV, on the domain if there is one; the sum over layers for a deep network."""
        return float(sum(exact_rtv(layer, self._own_domain).value for layer in self._layers))

    @cached_property
    def spikes(self) -> int:
        """Number of distinct spikes, in all layers; for smooth activations that of the neurons."""
        return len(self.masses)

    @cached_property
    def masses(self) -> Floats:
        """The sizes |mass| of the distinct spikes, (s,), largest first; for smooth activations |v| |w| TV(s')."""
        if all(layer.activation.piecewise_linear for layer in self._layers):
            sizes = [measure.sizes for measure in self._merged]
        else:
            sizes = [_paths(layer) for layer in self._layers]
        return np.asarray(np.sort(np.concatenate(sizes))[::-1])

    @property
    def measure(self) -> RidgeMeasure | None:
        """The distinct spikes and the affine part, for one hidden layer of a piecewise linear activation; else None."""
        shallow = isinstance(self.network, ShallowNetwork) and self.network.activation.piecewise_linear
        return self._merged[0] if shallow else None

    @property
    def _layers(self) -> tuple[ShallowNetwork, ...]:
        return (self.network,) if isinstance(self.network, ShallowNetwork) else self.network.layers

    @property
    def _own_domain(self) -> Domain | None:
        return self.domain if isinstance(self.network, ShallowNetwork) else None

    @cached_property
    def _merged(self) -> list[RidgeMeasure]:
        """The distinct spikes of each layer."""
        merged = [layer.measure(self.tol) for layer in self._layers]
        if self._own_domain is not None:
            merged = [measure.restricted(self._own_domain) for measure in merged]
        return [m[m.sizes >= self.floor * m.sizes.max(initial=0.0)] if self.floor else m for m in merged]

    def __str__(self) -> str:
        more = "".join(f", {name} {value:.4g}" for name, value in self.values.items())
        return (
            f"step {self.step}: R-TV {self.rtv:.4g}, path norm {self.path_norm:.4g}, {counted(self.spikes, 'spike')} "
            f"of {counted(self.neurons, 'neuron')}{more}"
        )


@public
class SpikeTracker:
    """
    A record of a network's spikes in the course of its training.

    Call it once a step, or once an epoch, with anything that `from_model` reads, or a network: every `every`-th call is
    recorded. The model is read, not changed. Its weights are copied, and spikes computed when they are asked for, or at
    once for a writer. The forward method of a torch module is traced once, and again if it gets other parts.

    Parameters
    ----------
    every : int
        Record one call in so many: the first, and each `every`-th after it.
    tol : float
        Hyperplanes within this distance count as one spike, see `RidgeMeasure.merged`.
    domain : Ball, Cuboid or Hull, optional
        Only spikes that meet it are counted, of networks with one hidden layer; all if not given.
    floor : float
        Spikes below this fraction of the largest mass are not counted as distinct ones; 0 counts all.
    writer : object, optional
        TensorBoard's SummaryWriter, or whatever has `add_scalar(name, value, step)`; each record is written to it, and
        the masses by `add_histogram`, if it has that.
    **options : Any
        Passed on to `from_model`, as `activation` for arrays.

    Raises
    ------
    TypeError
        If `every` is no whole number, or the writer has no `add_scalar`.
    ValueError
        If `every` is below 1, or a tolerance is negative.

    See Also
    --------
    radon_nn.plot.film : The record as a film of the strip.

    Examples
    --------
    >>> tracker = SpikeTracker(every=2)
    >>> for slope in (1.0, 2.0, 3.0):
    ...     tracker(ShallowNetwork([[slope], [1.0]], [0.0, -1.0], [1.0, 1.0]))
    >>> tracker.to_table()["rtv"]
    array([2., 4.])
    """

    def __init__(
        self,
        *,
        every: int = 1,
        tol: float = 1e-3,
        domain: Domain | None = None,
        floor: float = 0.0,
        writer: Any = None,
        **options: Any,
    ) -> None:
        self.every = checks.count(every, "every")
        self.tol, self.floor = checks.at_least_zero(tol, "tol"), checks.at_least_zero(floor, "floor")
        if writer is not None and not hasattr(writer, "add_scalar"):
            raise TypeError(f"writer: expected add_scalar(name, value, step), got a {type(writer).__name__} without it")
        self.domain, self.writer, self.options = domain, writer, options
        self.records: list[Snapshot] = []
        self._calls = 0
        self._traced: tuple[Any, tuple[int, ...], Any] | None = None

    def __call__(self, model: Any, /, *, step: int | None = None, **values: float) -> None:
        """
        Count a step, and record it if it is its turn.

        Parameters
        ----------
        model : object
            The model, or its network.
        step : int, optional
            The number of the step; if not given, that of the call, from 0.
        **values : float
            Numbers to keep beside it, such as loss=0.1.
        """
        turn = self._calls % self.every == 0
        number = self._calls if step is None else int(step)
        self._calls += 1
        if turn:
            self.record(model, step=number, **values)

    def record(self, model: Any, /, *, step: int | None = None, **values: float) -> Snapshot:
        """
        Record a step whether it is its turn or not: the last one, say.

        Parameters
        ----------
        model : object
            The model, or its network.
        step : int, optional
            The number of the step; if not given, the number of calls so far.
        **values : float
            Numbers to keep beside it.

        Returns
        -------
        Snapshot
            What was recorded.
        """
        number = self._calls if step is None else int(step)
        kept = {name: float(value) for name, value in values.items()}
        found = Snapshot(number, self._network(model), kept, self.tol, self.domain, self.floor)
        self.records.append(found)
        if self.writer is not None:
            self._write(found)
        return found

    def __len__(self) -> int:
        return len(self.records)

    def __iter__(self) -> Iterator[Snapshot]:
        return iter(self.records)

    def __getitem__(self, index: int) -> Snapshot:
        return self.records[index]

    def __repr__(self) -> str:
        last = f"; {self.records[-1]}" if self.records else ""
        return f"<SpikeTracker: {counted(len(self.records), 'record')} of {counted(self._calls, 'call')}{last}>"

    def to_table(self) -> dict[str, NDArray[Any]]:
        """
        The records as a table, one row each.

        Returns
        -------
        dict of str to ndarray
            Columns of equal length, as pandas.DataFrame and polars.DataFrame take them: step, rtv, path_norm, spikes,
            neurons, largest_mass, and whatever else was given, NaN where it was not.
        """
        columns: dict[str, NDArray[Any]] = {
            name: np.array([getattr(record, name) for record in self.records])
            for name in ("step", "rtv", "path_norm", "spikes", "neurons")
        }
        columns["largest_mass"] = np.array([record.masses.max(initial=0.0) for record in self.records])
        for name in dict.fromkeys(name for record in self.records for name in record.values):
            columns[name] = np.array([record.values.get(name, np.nan) for record in self.records])
        return columns

    def partial_fit(self, estimator: Any, X: Any, y: Any, **options: Any) -> Any:
        """
        One `partial_fit` of a scikit-learn estimator, and a step of the record.

        Parameters
        ----------
        estimator : object
            An MLPRegressor or MLPClassifier, or whatever else `from_model` reads and has `partial_fit`.
        X, y : array_like
            Data, as its `partial_fit` takes them.
        **options : Any
            Passed on, as `classes` for the first call of a classifier.

        Returns
        -------
        object
            The estimator.
        """
        estimator.partial_fit(X, y, **options)
        loss = getattr(estimator, "loss_", None)
        self(estimator, **({} if loss is None else {"loss": loss}))
        return estimator

    def lightning_callback(self, attribute: str = "") -> Any:
        """
        A callback for Lightning's Trainer that records at the end of each training epoch.

        Parameters
        ----------
        attribute : str
            Which part of the LightningModule is the network, such as 'net'; the whole module if empty.

        Returns
        -------
        lightning.pytorch.Callback
            The callback. The loss is kept where the module logs 'train_loss' or 'loss'.

        Raises
        ------
        ImportError
            If Lightning is not installed.
        """
        base = _lightning().Callback
        tracker = self

        def on_train_epoch_end(_: Any, trainer: Any, pl_module: Any) -> None:
            """Record the module as it is after the epoch."""
            model = pl_module
            for part in filter(None, attribute.split(".")):
                model = getattr(model, part)
            metrics = trainer.callback_metrics
            loss = next((float(metrics[name]) for name in ("train_loss", "loss") if name in metrics), None)
            tracker(model, step=int(trainer.current_epoch), **({} if loss is None else {"loss": loss}))

        return type("SpikeCallback", (base,), {"on_train_epoch_end": on_train_epoch_end})()

    def _network(self, model: Any) -> Network:
        if isinstance(model, ShallowNetwork | DeepNetwork):
            return model
        if isinstance(getattr(model, "measure", None), RidgeMeasure):
            return ShallowNetwork.from_measure(model.measure)
        kind = model_kind(model)
        if kind is None or kind.name != "torch" or self.options.keys() - {"logits"}:
            return from_model(model, check=False, **self.options)
        # Tracing a module takes as long as a few steps of its training, so it is done once.
        parts = tuple(map(id, model.modules()))
        if self._traced is None or self._traced[0]() is not model or self._traced[1] != parts:
            self._traced = weakref.ref(model), parts, program_of(model)
        return read_torch(model, program=self._traced[2], **self.options).network

    def _write(self, record: Snapshot) -> None:
        """Hand a record to TensorBoard's writer."""
        numbers = {"rtv": record.rtv, "path_norm": record.path_norm, "spikes": record.spikes, **record.values}
        for name, value in numbers.items():
            self.writer.add_scalar(f"radon_nn/{name}", value, record.step)
        if len(record.masses) and hasattr(self.writer, "add_histogram"):
            self.writer.add_histogram("radon_nn/masses", record.masses, record.step)


def _alive(layer: ShallowNetwork) -> int:
    return int(np.count_nonzero(np.any(layer.weights != 0, axis=1) & np.any(layer.readout != 0, axis=0)))


def _paths(layer: ShallowNetwork) -> Floats:
    """|v| |w| TV(s') of each neuron."""
    paths = np.linalg.norm(layer.readout, axis=0) * np.linalg.norm(layer.weights, axis=1)
    return np.asarray(paths[paths > 0] * layer.activation.variation)


def _lightning() -> Any:
    for name in ("lightning.pytorch", "pytorch_lightning"):
        try:
            return importlib.import_module(name)
        except ImportError:
            continue
    raise ImportError("lightning_callback: expected Lightning, which is not installed; pip install lightning")
