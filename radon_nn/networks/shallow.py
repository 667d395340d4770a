"""Shallow networks, with the frameworks' sign of the bias."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from radon_nn._support import checks, notebooks
from radon_nn._support.public import public
from radon_nn._support.types import Floats
from radon_nn._support.wording import counted
from radon_nn.activations.profile import Profile
from radon_nn.geometry.domains import Domain
from radon_nn.geometry.naming import Names
from radon_nn.geometry.points import in_chunks, norms, on_leading_axes
from radon_nn.measures.ridge import RidgeMeasure
from radon_nn.networks.fibres import FibreMeasure
from radon_nn.networks.neurons import Neurons, Simplification

_FIELDS = ("weights", "biases", "readout", "skip", "constant")


@public
@dataclass(frozen=True, eq=False)
class ShallowNetwork:
    """
    A network with one hidden layer, f(x) = readout s(weights x + biases) + skip x + constant.

    Biases have the frameworks' sign: the kink of neuron k is {x : a.x = t} with a = w/|w|, t = -bias/|w|.

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
    activation : str or Profile
        The activation s: a name that `Profile.coerce` takes, such as 'relu', 'gelu' or 'leaky_relu 0.1', or a profile.
    names : Names, optional
        Names of the inputs and outputs, for tables and pictures.

    Raises
    ------
    ValueError
        If shapes disagree, an entry is not finite, or the activation is unknown.

    See Also
    --------
    radon_nn.from_model : Networks from live models.
    radon_nn.load : Networks from files.
    radon_nn.rtv : R-TV, also on a domain.
    radon_nn.DeepNetwork : Several layers.

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
    activation: Profile
    names: Names

    def __init__(
        self,
        weights: ArrayLike,
        biases: ArrayLike,
        readout: ArrayLike,
        skip: ArrayLike | None = None,
        constant: ArrayLike | None = None,
        activation: str | Profile = "relu",
        names: Names | None = None,
    ) -> None:
        hidden = checks.shaped_array(weights, "weights", ("k", "d"))
        neurons, dim = hidden.shape
        if dim == 0:
            raise ValueError(f"weights: expected shape (k, d) with d >= 1, got {hidden.shape}")
        bias = checks.real_array(biases, "biases").astype(np.float64)
        if bias.shape != (neurons,):
            raise ValueError(
                f"biases: expected an array of shape ({neurons},), got shape {bias.shape}, with weights of shape "
                f"{hidden.shape}; weights have one row per neuron, so transpose them if they have one column per neuron"
            )
        out = np.atleast_2d(checks.real_array(readout, "readout").astype(np.float64))
        if out.ndim != 2 or out.shape[1] != neurons or out.shape[0] == 0:
            raise ValueError(
                f"readout: expected shape (outputs, {neurons}) or ({neurons},), got {np.shape(readout)}; one row "
                "per output, so transpose it if it has one column per output"
            )
        outputs = len(out)
        linear = np.zeros((outputs, dim)) if skip is None else checks.shaped_array(skip, "skip", (outputs, dim))
        level = np.zeros(outputs) if constant is None else checks.shaped_array(constant, "constant", (outputs,))
        object.__setattr__(self, "weights", checks.frozen(hidden))
        object.__setattr__(self, "biases", checks.frozen(bias))
        object.__setattr__(self, "readout", checks.frozen(out))
        object.__setattr__(self, "skip", checks.frozen(linear))
        object.__setattr__(self, "constant", checks.frozen(level))
        object.__setattr__(self, "activation", Profile.coerce(activation))
        object.__setattr__(self, "names", Names.of(names).checked(dim, outputs))

    @classmethod
    def from_measure(cls, measure: RidgeMeasure) -> ShallowNetwork:
        """
        The balanced ReLU network of a measure, with |v_k| = |w_k|: one neuron for each spike.

        Parameters
        ----------
        measure : RidgeMeasure
            The measure.

        Returns
        -------
        ShallowNetwork
            The same function.
        """
        if not isinstance(measure, RidgeMeasure):
            raise TypeError(f"measure: expected a RidgeMeasure, got {type(measure).__name__}; write network.measure()")
        root = np.sqrt(measure.sizes)
        safe = np.where(root > 0, root, 1.0)
        return cls(
            measure.directions * root[:, None],
            -measure.offsets * root,
            (measure.masses / safe[:, None]).T,
            measure.skip,
            measure.constant,
            names=measure.names,
        )

    def named(self, names: Names) -> ShallowNetwork:
        """
        The same network with names for its inputs and outputs, which tables and pictures use.

        Parameters
        ----------
        names : Names
            The names.

        Returns
        -------
        ShallowNetwork
            Equal to this one.

        Raises
        ------
        ValueError
            If there are not as many names as inputs or outputs.
        """
        return ShallowNetwork(self.weights, self.biases, self.readout, self.skip, self.constant, self.activation, names)

    def __repr__(self) -> str:
        rebuilding, size = "", sum(getattr(self, name).size for name in _FIELDS)
        if size < notebooks.LONGEST:
            activation = self.activation.spelled or self.activation
            arrays = ", ".join(f"{name}={getattr(self, name).tolist()}" for name in _FIELDS)
            rebuilding = f"ShallowNetwork({arrays}, activation={activation!r})"
        return notebooks.rebuilt_or(rebuilding, str(self))

    def __str__(self) -> str:
        skip = ", with a skip connection" if np.any(self.skip) else ""
        name = self.activation.spelled or self.activation.name
        return (
            f"ShallowNetwork of {counted(self.dim, 'input')}, {counted(self.neurons, f'{name} neuron')} and "
            f"{counted(self.outputs, 'output')}{skip}"
        )

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, ShallowNetwork)
            and self.activation == other.activation
            and all(np.array_equal(getattr(self, name), getattr(other, name)) for name in _FIELDS)
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
        """sum_k |v_k| |w_k| TV(s') over neurons, the R-TV before merging; TV(s') is 1 for ReLU and 2 for abs."""
        paths = float(norms(self.readout.T) @ norms(self.weights))
        return self.activation.variation * paths if paths else 0.0

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
            Values; without the last axis for a single output.
        """
        return on_leading_axes(self._at, checks.points(points, self.dim, self.names.features))

    def _at(self, points: Floats) -> Floats:
        return in_chunks(self._values, points, self.neurons)

    def _values(self, points: Floats) -> Floats:
        hidden = self.activation(points @ self.weights.T + self.biases)
        return np.asarray(points @ self.skip.T + self.constant + hidden @ self.readout.T)

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
        which = checks.index(index, "output", self.outputs)
        one = slice(which, which + 1)
        return ShallowNetwork(
            self.weights,
            self.biases,
            self.readout[one],
            self.skip[one],
            self.constant[one],
            self.activation,
            self.names.output(which),
        )

    def measure(self, tol: float = 1e-12) -> RidgeMeasure:
        """
        The exact measure d_t^2 K R f of the network: its spikes, merged, and its affine part.

        For each kink of s, at u with jump j of the slope, neuron k has the mass j v_k |w_k| at (w_k/|w_k|,
        (u - bias_k)/|w_k|); ReLU has one kink, u = 0 and j = 1. Masses on one hyperplane, antipodes included, are
        added. Dead neurons (w = 0, v = 0, or cancelled) have none; the affine part is complete.

        Parameters
        ----------
        tol : float
            Hyperplanes coincide within this distance; see `RidgeMeasure.merged`. With a tolerance that joins different
            ones, `network.measure(tol).difference(network.measure(), domain)` says how far the function moves.

        Returns
        -------
        RidgeMeasure
            A measure that evaluates to the network's function, to `tol`.

        Raises
        ------
        ValueError
            If `tol` is negative, or the activation is not piecewise linear.
        """
        measure = self._neurons().spikes().merged(tol)
        return measure.named(self.names) if self.names else measure

    def fibres(self, tol: float = 1e-12) -> FibreMeasure:
        """
        The exact d_t^2 K R f of the network, for any activation: densities and point masses for each direction.

        Parameters
        ----------
        tol : float
            Directions within this distance, up to sign, coincide.

        Returns
        -------
        FibreMeasure
            A measure that evaluates to the network's function.

        Raises
        ------
        ValueError
            If `tol` is negative.
        """
        fibres = FibreMeasure.of(self._neurons(), checks.at_least_zero(tol, "tol"))
        return replace(fibres, names=self.names) if self.names else fibres

    def order_rtv(self, domain: Domain | None = None, tol: float = 1e-12) -> float:
        """
        The R-TV of order m, || d_t^m K R f ||, for truncated powers u_+^(m-1) / (m-1)!.

        A neuron is a spike of mass v |w|^(m-1). Spikes are even for even m and odd for odd m: antipodal masses of odd
        order are subtracted. The null space is that of polynomials of degree below m. ReLU has m = 2, the step m = 1.

        Parameters
        ----------
        domain : Ball, Cuboid or Hull, optional
            Where f is restricted to; all of R^d if not given.
        tol : float
            Hyperplanes coincide within this distance.

        Returns
        -------
        float
            The sum of |mass| over distinct hyperplanes, in units of f per unit of x to the power m - 1.

        Raises
        ------
        ValueError
            If the activation is no truncated power, or `tol` is negative.
        """
        return self._neurons().order_rtv(domain, checks.at_least_zero(tol, "tol"))

    def simplify(self, domain: Domain | None = None, tol: float = 1e-12) -> tuple[ShallowNetwork, Simplification]:
        """
        The same function on a domain, to rounding and `tol`, with fewer neurons.

        Dead neurons become constants. Neurons with the same hyperplane (the same w.x + b, if the activation is not
        homogeneous), antipodes included, are merged. Neurons that are affine on the domain, since their kinks miss it,
        join the skip connection.

        Parameters
        ----------
        domain : Ball, Cuboid or Hull, optional
            Where the two agree, to rounding, such as `Hull(data)`; all of R^d if not given.
        tol : float
            Neurons within this distance coincide.

        Returns
        -------
        network : ShallowNetwork
            The smaller network, of the same activation.
        report : Simplification
            How many neurons were dropped, merged and folded, and how far the function moves on the domain: exactly
            where only copies were merged, and for piecewise linear activations where `RidgeMeasure.difference` is
            exact; otherwise at most. `report.exact` says which.

        Raises
        ------
        ValueError
            If the domain is of another dimension, or `tol` is negative.

        Examples
        --------
        >>> net = ShallowNetwork([[1.0], [-1.0], [1.0]], [0.0, 0.0, 5.0], [1.0, 1.0, 1.0])
        >>> from radon_nn import Cuboid
        >>> small, report = net.simplify(Cuboid([-1.0], [1.0]))
        >>> small.neurons, report.dead, report.merged, report.folded
        (1, 0, 1, 1)
        """
        live = self._neurons().alive()
        merged = live.merged(checks.at_least_zero(tol, "tol"))
        left = merged if domain is None else merged.folded(domain)
        counts = [len(step.biases) for step in (live, merged, left)]
        small, dead, joined = self._with(left), self.neurons - counts[0], counts[0] - counts[1]
        moved, exact = live.moved_by_merging(tol, domain), False
        if moved == 0:
            exact = True
        elif domain is not None and self.dim <= 2 and self.activation.piecewise_linear:
            found = small.measure().difference(self.measure(), domain)
            moved, exact = (found.largest, True) if found.exact else (min(moved, found.largest), False)
        return small, Simplification(self.neurons, counts[2], dead, joined, domain, moved, exact)

    def balance(self) -> ShallowNetwork:
        """
        The same function with |v_k| = |w_k|, neural balance.

        For activations of degree 1, such as ReLU, this minimises half the sum of squared weights over all rescalings of
        neurons, and the minimum is the sum of |v_k| |w_k|.

        Returns
        -------
        ShallowNetwork
            Each neuron rescaled, v s(w.x + b) = v c^-p s(c (w.x + b)) with p the degree of s; dead neurons unchanged.

        Raises
        ------
        ValueError
            If the activation is not homogeneous.
        """
        return self._with(self._neurons().balanced())

    def slice(self, origin: ArrayLike, basis: ArrayLike) -> ShallowNetwork:
        """
        The network on an affine subspace of input space: u -> f(origin + u_1 basis_1 + ... + u_k basis_k).

        Parameters
        ----------
        origin : array_like, shape (d,)
            The point u = 0.
        basis : array_like, shape (k, d)
            Rows that span it, orthonormal if R-TV is to keep the unit of x: lengths of u are in units of the rows'.

        Returns
        -------
        ShallowNetwork
            A network of k inputs.

        Raises
        ------
        ValueError
            If a shape is wrong.
        """
        start, rows = checks.subspace(origin, basis, self.dim)
        return ShallowNetwork(
            self.weights @ rows.T,
            self.biases + self.weights @ start,
            self.readout,
            self.skip @ rows.T,
            self.constant + self.skip @ start,
            self.activation,
            Names(outputs=self.names.outputs),
        )

    def _neurons(self) -> Neurons:
        return Neurons(self.weights, self.biases, self.readout.T, self.skip, self.constant, self.activation)

    def _with(self, neurons: Neurons) -> ShallowNetwork:
        """A network of other neurons of the same inputs and outputs."""
        weights, biases, readout, skip, constant, profile = neurons
        return ShallowNetwork(weights, biases, readout.T, skip, constant, profile, self.names)
