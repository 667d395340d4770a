"""Shallow networks, with the frameworks' sign of bias, and their measures."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from radon_nn import _checks
from radon_nn.measure import RidgeMeasure

Floats = NDArray[np.float64]

ACTIVATIONS: dict[str, tuple[float, float]] = {"relu": (1.0, 0.0), "abs": (2.0, -1.0), "identity": (0.0, 1.0)}
"""Activations s(z) = kink z_+ + slope z, by name: (kink, slope)."""

_CHUNK_BYTES = 1 << 26


@dataclass(frozen=True, eq=False)
class ShallowNetwork:
    """
    A network with one hidden layer, f(x) = readout s(weights x + biases) + skip x + constant.

    The biases have the frameworks' sign: neuron k has its kink on {x : a.x = t} with a = w/|w|, t = -bias/|w|.

    Parameters
    ----------
    weights : array_like, shape (k, d)
        Input weights, one row per neuron.
    biases : array_like, shape (k,)
        Biases.
    readout : array_like, shape (o, k) or (k,)
        Output weights, one row per output.
    skip : array_like, shape (o, d), optional
        Skip connection; zero if not given.
    constant : array_like, shape (o,), optional
        Output bias; zero if not given.
    activation : {'relu', 'abs', 'identity'}
        The activation s.

    Raises
    ------
    ValueError
        If shapes disagree, an entry is not finite, or the activation is unknown.

    Examples
    --------
    >>> net = ShallowNetwork([[1.0], [-1.0]], [0.0, 0.0], [1.0, -1.0])
    >>> net.path_norm, net.measure().rtv
    (2.0, 0.0)
    """

    weights: Floats
    biases: Floats
    readout: Floats
    skip: Floats
    constant: Floats
    activation: str

    def __init__(
        self,
        weights: ArrayLike,
        biases: ArrayLike,
        readout: ArrayLike,
        skip: ArrayLike | None = None,
        constant: ArrayLike | None = None,
        activation: str = "relu",
    ) -> None:
        hidden = _checks.shaped_array(weights, "weights", ("k", "d"))
        neurons, dim = hidden.shape
        if dim == 0:
            raise ValueError(f"weights: expected shape (k, d) with d >= 1, got {hidden.shape}")
        bias = _checks.real_array(biases, "biases").astype(np.float64)
        if bias.shape != (neurons,):
            raise ValueError(
                f"biases: expected an array of shape ({neurons},), got shape {bias.shape}, with weights of shape "
                f"{hidden.shape}; weights have one row per neuron, so transpose them if they have one column per neuron"
            )
        out = np.atleast_2d(_checks.real_array(readout, "readout").astype(np.float64))
        if out.ndim != 2 or out.shape[1] != neurons or out.shape[0] == 0:
            raise ValueError(
                f"readout: expected shape (outputs, {neurons}) or ({neurons},), got {np.shape(readout)}; one row "
                "per output, so transpose it if it has one column per output"
            )
        outputs = len(out)
        linear = np.zeros((outputs, dim)) if skip is None else _checks.shaped_array(skip, "skip", (outputs, dim))
        level = np.zeros(outputs) if constant is None else _checks.shaped_array(constant, "constant", (outputs,))
        _checks.one_of(activation, "activation", tuple(ACTIVATIONS))
        object.__setattr__(self, "weights", _checks.frozen(hidden))
        object.__setattr__(self, "biases", _checks.frozen(bias))
        object.__setattr__(self, "readout", _checks.frozen(out))
        object.__setattr__(self, "skip", _checks.frozen(linear))
        object.__setattr__(self, "constant", _checks.frozen(level))
        object.__setattr__(self, "activation", activation)

    @classmethod
    def from_measure(cls, measure: RidgeMeasure) -> ShallowNetwork:
        """
        The balanced ReLU network of a measure: one neuron a spike, with |v_k| = |w_k|.

        Parameters
        ----------
        measure : RidgeMeasure
            The measure.

        Returns
        -------
        ShallowNetwork
            The same function.
        """
        root = np.sqrt(measure.sizes)
        safe = np.where(root > 0, root, 1.0)
        return cls(
            measure.directions * root[:, None],
            -measure.offsets * root,
            (measure.masses / safe[:, None]).T,
            measure.skip,
            measure.constant,
        )

    def __repr__(self) -> str:
        fields = ("weights", "biases", "readout", "skip", "constant")
        arrays = ", ".join(f"{name}={getattr(self, name).tolist()}" for name in fields)
        return f"ShallowNetwork({arrays}, activation={self.activation!r})"

    def __eq__(self, other: object) -> bool:
        fields = ("weights", "biases", "readout", "skip", "constant")
        return (
            isinstance(other, ShallowNetwork)
            and self.activation == other.activation
            and all(np.array_equal(getattr(self, name), getattr(other, name)) for name in fields)
        )

    __hash__ = None  # type: ignore[assignment]

    @property
    def dim(self) -> int:
        """Dimension d of the input."""
        return int(self.weights.shape[1])

    @property
    def outputs(self) -> int:
        """Number of outputs o."""
        return int(self.readout.shape[0])

    @property
    def neurons(self) -> int:
        """Number of hidden neurons k."""
        return int(self.weights.shape[0])

    @property
    def path_norm(self) -> float:
        """sum_k kink |v_k| |w_k| over neurons, the R-TV before merging; kink is 1 for ReLU and 2 for abs."""
        kink, _ = ACTIVATIONS[self.activation]
        return float(kink * _norms(self.readout.T) @ _norms(self.weights))

    def __call__(self, points: ArrayLike, /) -> Floats:
        """
        Evaluate the network.

        Parameters
        ----------
        points : array_like, shape (..., d)
            Points.

        Returns
        -------
        ndarray, shape (...) or (..., o)
            Values; a single output has no axis of its own.
        """
        x = _checks.points(points, self.dim)
        flat = x.reshape(-1, self.dim)
        kink, slope = ACTIVATIONS[self.activation]
        values = flat @ self.skip.T + self.constant
        chunk = max(1, _CHUNK_BYTES // (8 * max(1, self.neurons)))
        for begin in range(0, len(flat), chunk):
            part = slice(begin, begin + chunk)
            z = flat[part] @ self.weights.T + self.biases
            values[part] += (kink * np.maximum(z, 0) + slope * z) @ self.readout.T
        values = values.reshape(*x.shape[:-1], self.outputs)
        return values[..., 0] if self.outputs == 1 else values

    def output(self, index: int) -> ShallowNetwork:
        """
        The network of one output alone.

        Parameters
        ----------
        index : int
            Which output, from 0.

        Returns
        -------
        ShallowNetwork
            A network with one output.

        Raises
        ------
        IndexError
            If there is no such output.
        """
        if not 0 <= index < self.outputs:
            raise IndexError(f"output: expected 0 to {self.outputs - 1}, got {index}")
        one = slice(index, index + 1)
        return ShallowNetwork(
            self.weights, self.biases, self.readout[one], self.skip[one], self.constant[one], self.activation
        )

    def measure(self, tol: float = 1e-12) -> RidgeMeasure:
        """
        The exact measure d_t^2 K R f of the network: its spikes, merged, and its affine part.

        Neuron k has mass kink v_k |w_k| at (w_k/|w_k|, -bias_k/|w_k|). Neurons on one hyperplane, antipodes included,
        are added; dead neurons (w = 0, v = 0, or cancelled) are dropped; whatever is affine is kept as such.

        Parameters
        ----------
        tol : float
            Hyperplanes coincide within this distance; see `RidgeMeasure.merged`.

        Returns
        -------
        RidgeMeasure
            A measure that evaluates to the network's function.

        Raises
        ------
        ValueError
            If `tol` is negative.
        """
        kink, slope = ACTIVATIONS[self.activation]
        skip = self.skip + slope * self.readout @ self.weights
        constant = self.constant + slope * self.readout @ self.biases
        largest, norms = np.abs(self.weights).max(axis=1, initial=0), _norms(self.weights)
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            offsets = -self.biases / norms
        spikes = (norms > 0) & np.isfinite(offsets) & (kink != 0) & np.any(self.readout != 0, axis=0)
        on = ~spikes & (self.biases > 0)
        skip = skip + kink * self.readout[:, on] @ self.weights[on]
        constant = constant + kink * self.readout[:, on] @ self.biases[on]
        unit = self.weights[spikes] / largest[spikes, None]
        unit /= np.linalg.norm(unit, axis=1, keepdims=True)
        masses = kink * self.readout[:, spikes].T * norms[spikes, None]
        return RidgeMeasure(unit, offsets[spikes], masses, skip, constant).merged(tol)


def _norms(rows: Floats) -> Floats:
    """Norms of rows, without overflow or underflow on the way."""
    largest = np.abs(rows).max(axis=1, initial=0)
    return np.asarray(largest * np.linalg.norm(rows / np.where(largest > 0, largest, 1.0)[:, None], axis=1))
