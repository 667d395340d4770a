"""Deep networks: compositions of vector-valued shallow networks with skip connections."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from radon_nn._support import checks, notebooks
from radon_nn._support.public import public
from radon_nn._support.types import Floats
from radon_nn._support.wording import counted
from radon_nn.geometry.domains import Domain
from radon_nn.geometry.naming import Names
from radon_nn.geometry.points import in_chunks, on_leading_axes
from radon_nn.measures.result import RTV
from radon_nn.networks.exact import exact_rtv
from radon_nn.networks.neurons import Simplification
from radon_nn.networks.shallow import ShallowNetwork

_RANK = 1e-10
"""Singular values below this fraction of the largest are rounding of products in float64, with room."""


@public
@dataclass(frozen=True, eq=False)
class DeepNetwork:
    """
    The composition f = f_L o ... o f_1 of layers, each a vector-valued shallow network with its skip connection.

    A layer's input is the vector passed on between activations: the hidden neurons of the layer before; a narrower
    vector, where the weight matrix between the activations is a product of two (a bottleneck, its rank at most this
    width); or a residual stream, which goes through the skip connection. Each f_l is a function of bounded variation in
    the Radon domain, and regularity is measured layer by layer. As a function on R^d, d >= 2, a generic deep ReLU
    network has infinite R-TV: its kinks bend, and only kinks along whole hyperplanes have finite R-TV.

    Parameters
    ----------
    layers : sequence of ShallowNetwork
        The layers, first to last; each has as many inputs as the one before has outputs.

    Raises
    ------
    ValueError
        If there are no layers, or their sizes do not fit.
    TypeError
        If a layer is not a ShallowNetwork.

    See Also
    --------
    radon_nn.ShallowNetwork : A layer.
    radon_nn.deep_rtv : R-TV, infinite in general.
    radon_nn.kinks : Its kinks in the plane.

    Examples
    --------
    >>> fold = ShallowNetwork([[1.0]], [0.0], [1.0], activation="abs")
    >>> DeepNetwork([fold, ShallowNetwork([[1.0]], [-1.0], [1.0], activation="abs")])([[-3.0], [0.5]])
    array([2. , 0.5])
    """

    layers: tuple[ShallowNetwork, ...]

    def __init__(self, layers: Sequence[ShallowNetwork]) -> None:
        if not isinstance(layers, Iterable):
            raise TypeError(
                f"layers: expected a list of ShallowNetworks, got {type(layers).__name__}; write one as [net]"
            )
        chain = tuple(layers)
        if not chain:
            raise ValueError("layers: expected at least one ShallowNetwork, got none")
        for layer in chain:
            if not isinstance(layer, ShallowNetwork):
                raise TypeError(f"layers: expected ShallowNetworks, got {type(layer).__name__}")
        for k, (before, after) in enumerate(pairwise(chain), 1):
            if after.dim != before.outputs:
                raise ValueError(
                    f"layers: expected layer {k + 1} to take the {counted(before.outputs, 'output')} of layer {k}, "
                    f"got one of {counted(after.dim, 'input')}"
                )
        object.__setattr__(self, "layers", chain)

    def __repr__(self) -> str:
        layers = [repr(layer) for layer in self.layers]
        whole = not any(layer.startswith("<") for layer in layers)
        return notebooks.rebuilt_or(f"DeepNetwork([{', '.join(layers)}])" if whole else "", str(self))

    def __str__(self) -> str:
        return f"DeepNetwork of {counted(len(self.layers), 'layer')}: " + "; ".join(map(str, self.layers))

    def __getattr__(self, name: str) -> Any:
        if name == "measure":
            raise AttributeError(
                f"measure: expected a network of one hidden layer, got {len(self.layers)}; network.layer_rtvs() has "
                "the cost of each, and network.layers their measures"
            )
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, DeepNetwork) and self.layers == other.layers

    __hash__ = None  # type: ignore[assignment]

    @property
    def dim(self) -> int:
        """Dimension d of the input."""
        return self.layers[0].dim

    @property
    def outputs(self) -> int:
        """Number of outputs o."""
        return self.layers[-1].outputs

    @property
    def names(self) -> Names:
        """Names of the inputs and outputs, those of the first and the last layer."""
        first, last = self.layers[0].names, self.layers[-1].names
        return Names(first.features, last.outputs, first.means, first.deviations)

    def named(self, names: Names) -> DeepNetwork:
        """
        The same network with names for its inputs and outputs, which tables and pictures use.

        Parameters
        ----------
        names : Names
            The names.

        Returns
        -------
        DeepNetwork
            Equal to this one.

        Raises
        ------
        ValueError
            If there are not as many names as inputs or outputs.
        """
        Names.of(names).checked(self.dim, self.outputs)
        first, *rest = self.layers
        if not rest:
            return DeepNetwork([first.named(names)])
        ends = (
            first.named(Names(names.features, None, names.means, names.deviations)),
            rest[-1].named(Names(outputs=names.outputs)),
        )
        return DeepNetwork([ends[0], *rest[:-1], ends[1]])

    @property
    def neurons(self) -> int:
        """Number of hidden neurons, in all layers."""
        return sum(layer.neurons for layer in self.layers)

    @property
    def path_norm(self) -> float:
        """The sum over layers of sum_k |v_k| |w_k| TV(s'), before neurons are merged."""
        return math.fsum(layer.path_norm for layer in self.layers)

    @property
    def piecewise_linear(self) -> bool:
        """Whether all activations, and hence f, are piecewise linear."""
        return all(layer.activation.piecewise_linear for layer in self.layers)

    def __call__(self, points: ArrayLike, /) -> Floats:
        """f at points (..., d): values (...), or (..., o) for several outputs."""
        return on_leading_axes(self._at, checks.points(points, self.dim, self.names.features))

    def _at(self, points: Floats) -> Floats:
        return in_chunks(self._values, points, max(layer.neurons for layer in self.layers))

    def _values(self, points: Floats) -> Floats:
        return reduce(lambda state, layer: layer(state).reshape(len(points), layer.outputs), self.layers, points)

    def layer_rtvs(self) -> tuple[RTV, ...]:
        """
        The R-TV of each layer as a function of its own input on all of R^(d_l), all outputs together.

        On the whole space the sum over fibres is the R-TV for any activation, so no layer is an upper bound only.

        Returns
        -------
        tuple of RTV
            First layer to last; `compositional_cost` is their sum.
        """
        return tuple(exact_rtv(layer) for layer in self.layers)

    def compositional_cost(self) -> float:
        """
        The compositional regulariser sum_l R-TV(f_l), for the layers as they are.

        It depends on how f is split into layers; the norm of f is its infimum over all splits.

        Returns
        -------
        float
            The sum, in units of the layers.

        References
        ----------
        R. Parhi and R. Nowak, What kinds of functions do deep neural networks learn? Insights from variational spline
        theory, SIAM J. Math. Data Sci. (2022).
        """
        return math.fsum(r.value for r in self.layer_rtvs())

    def links(self) -> tuple[Floats, ...]:
        """
        Singular values of the weight matrices between activations, W_(l+1) V_l, largest first.

        Returns
        -------
        tuple of ndarray
            One array between each layer and the next; see `ranks`.
        """
        return tuple(
            np.linalg.svd(after.weights @ before.readout, compute_uv=False).astype(np.float64)
            for before, after in pairwise(self.layers)
        )

    def ranks(self, tol: float = _RANK) -> tuple[int, ...]:
        """
        Ranks of the weight matrices between activations: singular values above `tol` times the largest.

        Parameters
        ----------
        tol : float
            Relative threshold.

        Returns
        -------
        tuple of int
            One between each layer and the next.
        """
        threshold = checks.at_least_zero(tol, "tol")
        return tuple(int(np.sum(s > threshold * s.max(initial=0))) for s in self.links())

    def output(self, index: int) -> DeepNetwork:
        """
        The network of one output alone.

        Parameters
        ----------
        index : int
            Which output, from 0.

        Returns
        -------
        DeepNetwork
            A network with one output.

        Raises
        ------
        IndexError
            If there is no such output.
        """
        return DeepNetwork([*self.layers[:-1], self.layers[-1].output(index)])

    def slice(self, origin: ArrayLike, basis: ArrayLike) -> DeepNetwork:
        """
        The network on an affine subspace of input space: u -> f(origin + u_1 basis_1 + ... + u_k basis_k).

        Parameters
        ----------
        origin : array_like, shape (d,)
            The point u = 0.
        basis : array_like, shape (k, d)
            Rows that span it.

        Returns
        -------
        DeepNetwork
            A network of k inputs.

        Raises
        ------
        ValueError
            If a shape is wrong.
        """
        return DeepNetwork([self.layers[0].slice(origin, basis), *self.layers[1:]])

    def simplify(
        self, domain: Domain | None = None, tol: float = 1e-12
    ) -> tuple[DeepNetwork, tuple[Simplification, ...]]:
        """
        The same function, its layers simplified one by one: dead neurons dropped, coincident ones merged.

        Parameters
        ----------
        domain : Ball, Cuboid or Hull, optional
            Where the two agree; neurons of the first layer that are affine there are folded. All of R^d if not given.
        tol : float
            Neurons within this distance coincide.

        Returns
        -------
        network : DeepNetwork
            The network with simplified layers.
        reports : tuple of Simplification
            The report of each layer.

        Raises
        ------
        ValueError
            If the domain is of another dimension, or `tol` is negative.
        """
        first, *rest = self.layers
        done = [first.simplify(domain, tol), *(layer.simplify(tol=tol) for layer in rest)]
        return DeepNetwork([layer for layer, _ in done]), tuple(report for _, report in done)
