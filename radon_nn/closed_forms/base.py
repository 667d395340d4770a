"""The base of closed forms, f with Rf, d_t^2 K R f and R-TV; their sums and affine changes of variable."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from functools import reduce
from numbers import Real
from typing import Self

import numpy as np
from numpy.typing import ArrayLike

from radon_nn._support import checks
from radon_nn._support.public import public
from radon_nn._support.types import Floats
from radon_nn.closed_forms import _sums
from radon_nn.closed_forms._on_balls import known_on_ball
from radon_nn.closed_forms._waves import Part
from radon_nn.geometry.directions import Directions
from radon_nn.geometry.domains import Ball, Domain
from radon_nn.geometry.grids import Offsets
from radon_nn.measures.result import RTV


@public
@dataclass(frozen=True, eq=False, repr=False)
class ClosedForm(ABC):
    """
    A function f on R^d with its exact hyperplane integrals Rf, its d_t^2 K R f and its R-TV, wherever they exist.

    So are f + g, f - g, -f, 2.0 * f and f / 2, and affine changes of variable, f.compose(A, c).

    See Also
    --------
    radon_nn.RadonTransform : Rf of samples on a grid.

    Examples
    --------
    >>> from radon_nn import Gaussian, Norm
    >>> f = Gaussian([0.0, 0.0]) + 2.0 * Norm([1.0, 0.0])
    >>> f([[1.0, 0.0]]).round(6)
    array([0.606531])
    >>> f.dim
    2
    """

    __array_ufunc__ = None

    @property
    @abstractmethod
    def dim(self) -> int:
        """Dimension d."""

    def __call__(self, points: ArrayLike, /) -> Floats:
        """f at points (..., d): values of shape (...)."""
        return self._values(checks.points(points, self.dim))

    def radon(self, directions: Directions | ArrayLike, offsets: Offsets | ArrayLike) -> Floats:
        """
        Rf(a, t), the integral of f over the hyperplane {x : a.x = t} by surface measure; f(t a) if d = 1.

        Parameters
        ----------
        directions : Directions or array_like, shape (m, d)
            Unit normals a.
        offsets : Offsets or array_like, shape (n,)
            Offsets t, in the units of x.

        Returns
        -------
        ndarray, shape (m, n)
            Rf, in units of f times length^(d-1).

        Raises
        ------
        ValueError
            If the directions are not unit vectors in R^d, an offset is not finite, or Rf does not exist.
        MemoryError
            If the result would not fit the machine's memory.
        """
        normals, places = self._hyperplanes(directions, offsets, "Rf")
        if self.dim == 1:
            return self._values((normals * places)[..., None])
        return self._radon(normals, places)

    def filtered(self, directions: Directions | ArrayLike, offsets: Offsets | ArrayLike) -> Floats:
        """
        The density d_t^2 K R f = K R (Laplacian f) at (a, t), where the filter K has the symbol c_d |w|^(d-1).

        In t its Fourier transform is -c_d |w|^(d+1) f^(w a). The R-TV is the integral of its modulus over the whole
        sphere and all t.

        Parameters
        ----------
        directions : Directions or array_like, shape (m, d)
            Unit normals a.
        offsets : Offsets or array_like, shape (n,)
            Offsets t, in the units of x.

        Returns
        -------
        ndarray, shape (m, n)
            The density per da dt, in units of f / length^2.

        Raises
        ------
        ValueError
            If d_t^2 K R f has no density, being a measure with masses on points, graphs or fibres, or no measure; if
            the directions are not unit vectors in R^d; or if an offset is not finite.
        MemoryError
            If the result would not fit the machine's memory.
        """
        normals, places = self._hyperplanes(directions, offsets, "d_t^2 K R f")
        return _sums.density(self._parts(), normals, places)

    def rtv(
        self,
        *,
        domain: Ball | None = None,
        tol: float = 1e-9,
        rng: np.random.Generator | int | None = None,
        max_directions: int = 1 << 14,
    ) -> RTV:
        """
        R-TV(f) = || d_t^2 K R f ||_M, the total variation of the measure over the whole sphere and all offsets.

        It is exact for every single closed form, and for sums of terms that are equal up to a factor in every direction
        or mutually singular, unless they nearly cancel: then the value has a bar of rounding, and is estimated. Only
        terms of equal parameters cancel exactly. For other sums the integral over t is exact to rounding for each
        direction, and that over directions, whose integrand has kinks, is adaptive quadrature for d <= 3 and importance
        sampling for d >= 4.

        On a ball it is known, and exact, for functions that are radial about its center, for those of an orthogonal
        projection that is radial about the center's, and for sums of ridges along orthogonal directions.

        Parameters
        ----------
        domain : Ball, optional
            Where f is restricted to; all of R^d if not given.
        tol : float
            Relative error of the integral over directions.
        rng : numpy.random.Generator or int, optional
            Source of sampled directions, for d >= 4; the same seed each time if not given.
        max_directions : int
            Largest number of directions, at least 1024.

        Returns
        -------
        RTV
            The value with its error and standing, or the verdict infinite with the reason.

        Raises
        ------
        ValueError
            If `tol` is not positive, `max_directions` is below 1024, or the R-TV on the domain is not known.

        See Also
        --------
        radon_nn.rtv : The R-TV of networks and measures.

        Examples
        --------
        >>> from radon_nn import Ball, Gaussian
        >>> Gaussian([0.0, 0.0]).rtv()
        R-TV 4.768562044 on R^2: exact, from the closed form
        >>> Gaussian([0.0, 0.0]).rtv(domain=Ball(1.0))
        R-TV 2.146330908 on Ball(radius=1.0): exact, from the closed form
        """
        close = checks.positive(tol, "tol")
        if domain is not None:
            known = self.rtv_on(domain)
            if known is None:
                raise ValueError(
                    "domain: expected a Ball about whose center f is radial, or a function of orthogonal axes, got "
                    f"{domain!r}; rtv(f, domain=..., route='ball') bounds the R-TV of any function there"
                )
            return known
        return _sums.rtv(
            self._parts(),
            self.dim,
            tol=close,
            most=checks.count(max_directions, "max_directions", least=1024),
            rng=np.random.default_rng(0 if rng is None else rng),
        )

    def rtv_on(self, domain: Domain) -> RTV | None:
        """
        R-TV(f) on a domain, if it is known in closed form.

        Parameters
        ----------
        domain : Ball, Cuboid or Hull
            Where f is restricted to.

        Returns
        -------
        RTV or None
            The exact value on a ball where `rtv` knows it, else None.
        """
        return known_on_ball(self._parts(), domain) if isinstance(domain, Ball) else None

    def compose(self, matrix: ArrayLike, shift: ArrayLike | None = None) -> ClosedForm:
        """
        The function x -> f(A x + c).

        R-TV(f(A . + c)) is the integral of |A^T a| against |d_t^2 K R f|; for orthonormal rows it is R-TV(f).

        Parameters
        ----------
        matrix : array_like, shape (d, n)
            A, of rank d <= n; the new function lives on R^n.
        shift : array_like, shape (d,), optional
            Shift c; zero if not given.

        Returns
        -------
        ClosedForm
            A closed form of the same kind where there is one, `Composed` otherwise.

        Raises
        ------
        ValueError
            If A does not have full row rank, or a shape is wrong.

        Examples
        --------
        >>> from radon_nn import Gaussian
        >>> Gaussian([1.0, 0.0]).compose([[2.0, 0.0], [0.0, 2.0]])
        Gaussian(center=[0.5, 0.0], covariance=0.25, amplitude=1.0)
        """
        return Composed(self, matrix, shift)

    def _hyperplanes(
        self, directions: Directions | ArrayLike, offsets: Offsets | ArrayLike, what: str
    ) -> tuple[Floats, Floats]:
        """Normals and offsets as arrays, after a check that their product fits the memory."""
        if not isinstance(directions, Directions):
            normals = checks.shaped_array(directions, "directions", ("m", self.dim))
            directions = Directions(normals, np.ones(len(normals)))
        if directions.dim != self.dim:
            raise ValueError(
                f"directions: expected normals in the function's dimension {self.dim}, got {directions.dim}"
            )
        places = offsets.values if isinstance(offsets, Offsets) else checks.shaped_array(offsets, "offsets", ("n",))
        checks.fits_memory(8.0 * len(directions) * len(places), what, "ask for fewer directions or offsets at a time")
        return directions.normals, places

    @abstractmethod
    def _values(self, points: Floats) -> Floats:
        """f at points (..., d)."""

    @abstractmethod
    def _radon(self, normals: Floats, offsets: Floats) -> Floats:
        """Rf for d >= 2, (m, n)."""

    @abstractmethod
    def _parts(self) -> tuple[Part, ...]:
        """The waves and jumps that d_t^2 K R f is the sum of."""

    @abstractmethod
    def _scaled(self, factor: float) -> Self:
        """The function times a number."""

    def __add__(self, other: object) -> Sum:
        return Sum((self, other)) if isinstance(other, ClosedForm) else NotImplemented

    def __sub__(self, other: object) -> Sum:
        return Sum((self, -other)) if isinstance(other, ClosedForm) else NotImplemented

    def __mul__(self, factor: object) -> Self:
        return self._scaled(checks.finite(float(factor), "factor")) if isinstance(factor, Real) else NotImplemented

    __rmul__ = __mul__

    def __truediv__(self, divisor: object) -> Self:
        return self * (1 / float(divisor)) if isinstance(divisor, Real) else NotImplemented

    def __neg__(self) -> Self:
        return self._scaled(-1.0)

    def __repr__(self) -> str:
        given = {part.name: getattr(self, part.name) for part in fields(self) if part.init}
        plain = {name: x.tolist() if isinstance(x, np.ndarray) else x for name, x in given.items() if x is not None}
        return f"{type(self).__name__}({', '.join(f'{name}={x!r}' for name, x in plain.items())})"

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and repr(self) == repr(other)

    def __hash__(self) -> int:
        return hash(repr(self))


@public
@dataclass(frozen=True, eq=False, repr=False)
class Sum(ClosedForm):
    """
    A sum of functions, as f + g and f - g return it.

    Parameters
    ----------
    terms : sequence of ClosedForm
        The functions, at least one, all of one dimension; sums among them are replaced by their terms.

    Raises
    ------
    ValueError
        If there are no terms, or their dimensions differ.
    TypeError
        If a term is not a closed form.

    See Also
    --------
    ClosedForm : What can be added.

    Examples
    --------
    >>> from radon_nn import Ellipsoid
    >>> ring = Ellipsoid.ball([0.0, 0.0], 1.0) - Ellipsoid.ball([0.0, 0.0], 0.5)
    >>> ring([[0.0, 0.0], [0.7, 0.0]])
    array([0., 1.])
    """

    terms: tuple[ClosedForm, ...]

    def __init__(self, terms: Sequence[ClosedForm]) -> None:
        flat: list[ClosedForm] = []
        for term in terms:
            if not isinstance(term, ClosedForm):
                raise TypeError(f"terms: expected closed forms such as Gaussian or Ellipsoid, got {term!r}")
            flat.extend(term.terms if isinstance(term, Sum) else [term])
        dims = sorted({term.dim for term in flat})
        if len(dims) != 1:
            raise ValueError(f"terms: expected at least one function, all of one dimension, got dimensions {dims}")
        object.__setattr__(self, "terms", tuple(flat))

    @property
    def dim(self) -> int:
        """Dimension d."""
        return self.terms[0].dim

    def compose(self, matrix: ArrayLike, shift: ArrayLike | None = None) -> ClosedForm:
        """The function x -> f(A x + c), term by term."""
        return Sum([term.compose(matrix, shift) for term in self.terms])

    def _values(self, points: Floats) -> Floats:
        return reduce(np.add, (term._values(points) for term in self.terms))

    def _radon(self, normals: Floats, offsets: Floats) -> Floats:
        return reduce(np.add, (term._radon(normals, offsets) for term in self.terms))

    def _parts(self) -> tuple[Part, ...]:
        return tuple(part for term in self.terms for part in term._parts())

    def _scaled(self, factor: float) -> Self:
        return replace(self, terms=tuple(term._scaled(factor) for term in self.terms))


@public
@dataclass(frozen=True, eq=False, repr=False)
class Composed(ClosedForm):
    """
    The function x -> f(A x + c) on R^n, A of shape (d, n) and rank d, as f.compose(A, c) returns it.

    For invertible A, with n_a = |A^-T a| and b = A^-T a / n_a, the hyperplane (a, t) goes to (b, t / n_a + b.c), so
    R(f(A . + c))(a, t) = Rf(b, t / n_a + b.c) / (|det A| n_a). For d < n the function is constant along the kernel of
    A: its hyperplane integrals diverge, and its measure lives on the directions in the row space of A.

    Parameters
    ----------
    inner : ClosedForm
        The function f on R^d.
    matrix : array_like, shape (d, n)
        A.
    shift : array_like, shape (d,), optional
        Shift c; zero if not given.

    Raises
    ------
    ValueError
        If A does not have full row rank, or a shape is wrong.

    See Also
    --------
    ClosedForm.compose : How to make one.

    Examples
    --------
    >>> from radon_nn import Gaussian
    >>> trough = Gaussian([0.0, 0.0]).compose([[1.0, 0.0, 0.0], [0.0, 0.6, 0.8]])
    >>> trough.rtv()
    R-TV 4.768562044 on R^3: exact, from the closed form
    """

    inner: ClosedForm
    matrix: Floats
    shift: Floats

    def __init__(self, inner: ClosedForm, matrix: ArrayLike, shift: ArrayLike | None = None) -> None:
        linear, move = checks.affine(matrix, shift, inner.dim)
        object.__setattr__(self, "inner", inner)
        object.__setattr__(self, "matrix", checks.frozen(linear))
        object.__setattr__(self, "shift", checks.frozen(move))

    @property
    def dim(self) -> int:
        """Dimension n."""
        return int(self.matrix.shape[1])

    def compose(self, matrix: ArrayLike, shift: ArrayLike | None = None) -> ClosedForm:
        """The function x -> f(A (B x + e) + c), for matrix B and shift e."""
        linear, move = checks.affine(matrix, shift, self.dim)
        return self.inner.compose(self.matrix @ linear, self.matrix @ move + self.shift)

    def _values(self, points: Floats) -> Floats:
        return self.inner._values(points @ self.matrix.T + self.shift)

    def _radon(self, normals: Floats, offsets: Floats) -> Floats:
        if self.inner.dim < self.dim:
            raise ValueError(
                f"radon: expected a function that decays, got one of {self.inner.dim} linear forms in R^{self.dim}, "
                f"constant along the rest, so its hyperplane integrals diverge; inner.radon is the transform in "
                f"R^{self.inner.dim}"
            )
        pulled = np.linalg.solve(self.matrix.T, normals.T).T
        length = np.linalg.norm(pulled, axis=1)
        volume = np.exp(np.linalg.slogdet(self.matrix)[1])
        rows = [
            self.inner.radon([b / n], (offsets + b @ self.shift) / n) / (volume * n)
            for b, n in zip(pulled, length.tolist(), strict=True)
        ]
        return np.concatenate(rows) if rows else np.empty((0, len(offsets)))

    def _parts(self) -> tuple[Part, ...]:
        return tuple(part.composed(self.matrix, self.shift) for part in self.inner._parts())

    def _scaled(self, factor: float) -> Self:
        return replace(self, inner=self.inner._scaled(factor))
