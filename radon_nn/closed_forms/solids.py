"""Solids: ellipsoids and boxes, whose hyperplane integrals are exact and whose R-TV is infinite."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import reduce
from typing import Self

import numpy as np
from numpy.typing import ArrayLike

from radon_nn._support import checks
from radon_nn._support.public import public
from radon_nn._support.types import Floats
from radon_nn.closed_forms import _box_spline
from radon_nn.closed_forms._waves import Jump, Part
from radon_nn.closed_forms.base import ClosedForm
from radon_nn.geometry.directions import sphere_area

_ORTHOGONAL = 1e-10
"""Q^T Q may differ from the identity by this: products of rotations do by 1e-15, printed digits or float32 by more."""
_CHUNK = 1 << 14
_STATES = 1 << 22
"""Values of Rf computed at a time, and numbers of the recursion's state among them: 3^d a value, 32 MiB."""
_INSIDE = 256
"""Points by which sums of solids are tested for jumps that cancel."""


class _Solid(ClosedForm):
    """The common part of ellipsoids and boxes: a value inside, a center, and axes with a rotation."""

    center: Floats
    rotation: Floats | None
    value: float

    def _place(self, center: ArrayLike, name: str, sizes: ArrayLike, rotation: ArrayLike | None, value: float) -> None:
        middle = checks.center(center)
        lengths = checks.shaped_array(sizes, name, (len(middle),))
        checks.positive(float(lengths.min()), name)
        object.__setattr__(self, "center", middle)
        object.__setattr__(self, name, checks.frozen(lengths))
        object.__setattr__(self, "rotation", None if rotation is None else _orthogonal(rotation, len(middle)))
        object.__setattr__(self, "value", checks.finite(value, "value"))

    @property
    def dim(self) -> int:
        """Dimension d."""
        return len(self.center)

    def _turned(self, vectors: Floats) -> Floats:
        """Q^T applied to vectors (..., d)."""
        return vectors if self.rotation is None else vectors @ self.rotation

    def _jump(self, inside: Floats) -> tuple[Part, ...]:
        """The jump at the surface; `inside` are interior points in the solid's own axes, about its center."""
        if self.value == 0:
            return ()
        points = self.center + (inside if self.rotation is None else inside @ self.rotation.T)
        return (Part(np.eye(self.dim), Jump(self._values, points)),)


@public
@dataclass(frozen=True, eq=False, repr=False)
class Ellipsoid(_Solid):
    """
    The indicator of a solid ellipsoid, times a value: {center + Q D y : |y| <= 1}, D = diag(semiaxes).

    With s = |D Q^T a| and V_k the volume of the unit ball in R^k,
    Rf(a, t) = value prod(semiaxes) / s V_(d-1) (1 - ((t - a.center) / s)^2)_+^((d-1)/2). The R-TV is infinite.

    Parameters
    ----------
    center : array_like, shape (d,)
        The midpoint.
    semiaxes : array_like, shape (d,)
        Positive half lengths.
    rotation : array_like, shape (d, d), optional
        Orthogonal Q, whose columns are the axes' directions; the identity if not given.
    value : float
        The value inside and on the boundary.

    Raises
    ------
    ValueError
        If a semiaxis is not positive, the rotation not orthogonal, or the shapes disagree.

    See Also
    --------
    Box : The indicator of a box.
    radon_nn.shepp_logan : A sum of ellipsoids.

    Examples
    --------
    >>> disc = Ellipsoid.ball([0.0, 0.0], 1.0)
    >>> disc
    Ellipsoid(center=[0.0, 0.0], semiaxes=[1.0, 1.0], value=1.0)
    >>> disc.radon([[1.0, 0.0]], [0.0, 0.6, 2.0])
    array([[2. , 1.6, 0. ]])
    """

    center: Floats
    semiaxes: Floats
    rotation: Floats | None
    value: float

    def __init__(
        self, center: ArrayLike, semiaxes: ArrayLike, rotation: ArrayLike | None = None, value: float = 1.0
    ) -> None:
        self._place(center, "semiaxes", semiaxes, rotation, value)

    @classmethod
    def ball(cls, center: ArrayLike, radius: float, value: float = 1.0) -> Self:
        """
        A ball's indicator, times a value; `radon_nn.Ball` is the domain.

        Parameters
        ----------
        center : array_like, shape (d,)
            The midpoint.
        radius : float
            Positive radius.
        value : float
            The value inside and on the boundary.

        Returns
        -------
        Ellipsoid
            With all semiaxes equal.
        """
        return cls(center, np.full(np.shape(center), checks.positive(radius, "radius")), value=value)

    def _values(self, points: Floats) -> Floats:
        y = self._turned(points - self.center) / self.semiaxes
        return np.asarray(self.value * (np.einsum("...i,...i->...", y, y) <= 1))

    def _radon(self, normals: Floats, offsets: Floats) -> Floats:
        s = np.linalg.norm(self._turned(normals) * self.semiaxes, axis=1)[:, None]
        u = (offsets - (normals @ self.center)[:, None]) / s
        through_center = np.prod(self.semiaxes) / s * sphere_area(self.dim - 1) / (self.dim - 1)
        return np.asarray(self.value * through_center * np.maximum((1 - u) * (1 + u), 0) ** ((self.dim - 1) / 2))

    def _parts(self) -> tuple[Part, ...]:
        rng = np.random.default_rng(0)
        y = rng.standard_normal((_INSIDE, self.dim))
        radius = 0.999 * rng.random((_INSIDE, 1)) ** (1 / self.dim)
        return self._jump(radius * y / np.linalg.norm(y, axis=1, keepdims=True) * self.semiaxes)

    def _scaled(self, factor: float) -> Self:
        return replace(self, value=factor * self.value)


@public
@dataclass(frozen=True, eq=False, repr=False)
class Box(_Solid):
    """
    The indicator of a solid box, times a value: {center + Q y : |y_i| <= widths_i / 2}.

    Rf(a, t) = value prod(widths) M(t - a.center), where M, a univariate box spline, is the density of the sum of d
    independent uniform variables on [-c_i/2, c_i/2], c_i = |(Q^T a)_i| widths_i. It is continuous in t unless a lies
    along an axis; then Rf at a jump is the value on the inner side, since the boundary belongs to the box. The R-TV is
    infinite.

    Parameters
    ----------
    center : array_like, shape (d,)
        The midpoint.
    widths : array_like, shape (d,)
        Positive side lengths.
    rotation : array_like, shape (d, d), optional
        Orthogonal Q, whose columns are the edges' directions; the identity if not given.
    value : float
        The value inside and on the boundary.

    Raises
    ------
    ValueError
        If a width is not positive, the rotation not orthogonal, or the shapes disagree.

    See Also
    --------
    Ellipsoid : The indicator of an ellipsoid.
    radon_nn.Cuboid : A box as a domain.

    Notes
    -----
    Evaluated by the recursion for box splines [1]_, here M_S(x) = sum over i in S of
    (p M_(S-i)(x + c_i/2) + q M_(S-i)(x - c_i/2)) / ((|S| - 1) (p + q)), p and q being the distances from x to the ends
    of M_S. All terms are >= 0, so nothing cancels however small some c_i are; truncated powers lose a factor
    prod(max c / c_i). The distances, from t to the offsets of the vertices, are taken to 106 bits: where c_i is 1e-9,
    rounding them to 53 would move Rf by 1e-7 of its maximum. The work is 3^d per value: 0.3 microseconds for d = 2, 3
    for d = 5.

    References
    ----------
    .. [1] C. de Boor, K. Hoellig, S. Riemenschneider, *Box Splines*, Springer, 1993, chapter I.

    Examples
    --------
    >>> Box([0.0, 0.0], [2.0, 1.0]).radon([[1.0, 0.0], [0.6, 0.8]], [0.0, 1.0])
    array([[1.        , 1.        ],
           [1.66666667, 0.        ]])
    """

    center: Floats
    widths: Floats
    rotation: Floats | None
    value: float

    def __init__(
        self, center: ArrayLike, widths: ArrayLike, rotation: ArrayLike | None = None, value: float = 1.0
    ) -> None:
        self._place(center, "widths", widths, rotation, value)

    def _values(self, points: Floats) -> Floats:
        y = self._turned(points - self.center)
        return np.asarray(self.value * np.all(np.abs(y) <= self.widths / 2, axis=-1))

    def _radon(self, normals: Floats, offsets: Floats) -> Floats:
        d, m, n = self.dim, len(normals), len(offsets)
        edges = normals, np.zeros_like(normals)
        if self.rotation is not None:
            edges = reduce(
                _box_spline.plus, (_box_spline.product(normals[:, j, None], self.rotation[j]) for j in range(d))
            )
        sign = np.copysign(1.0, edges[0])
        high, low = _box_spline.product(sign * edges[0], self.widths / 2)
        halves = high, low + sign * edges[1] * self.widths / 2
        middle = reduce(_box_spline.plus, (_box_spline.product(normals[:, j], self.center[j]) for j in range(d)))
        out = np.empty(m * n)
        step = max(64, min(_CHUNK, _STATES // 3**d))
        for begin in range(0, m * n, step):
            part = slice(begin, min(begin + step, m * n))
            a, t = np.divmod(np.arange(part.start, part.stop), n)
            place = _box_spline.plus((offsets[t], np.zeros(len(t))), (-middle[0][a], -middle[1][a]))
            out[part] = _box_spline.density_of_uniforms(place, (halves[0][a], halves[1][a]))
        return np.asarray(self.value * np.prod(self.widths) * out.reshape(m, n))

    def _parts(self) -> tuple[Part, ...]:
        y = np.random.default_rng(0).uniform(-0.5, 0.5, (_INSIDE, self.dim))
        return self._jump(0.999 * y * self.widths)

    def _scaled(self, factor: float) -> Self:
        return replace(self, value=factor * self.value)


def _orthogonal(rotation: ArrayLike, dim: int) -> Floats:
    turn = checks.shaped_array(rotation, "rotation", (dim, dim))
    away = np.abs(turn.T @ turn - np.eye(dim)).max()
    if away > _ORTHOGONAL:
        raise ValueError(
            f"rotation: expected an orthogonal matrix, got Q^T Q off the identity by {away:.3g}; "
            "np.linalg.qr(rotation)[0] is orthogonal"
        )
    return checks.frozen(turn)
