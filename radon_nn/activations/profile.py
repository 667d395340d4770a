"""Activation profiles s, with s'' as a measure on the line: its variation is the R-TV of a neuron of unit weights."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, fields
from functools import cached_property

import numpy as np

from radon_nn._support import checks
from radon_nn._support.public import public
from radon_nn._support.types import Floats
from radon_nn.activations.catalogue import TABLE, none
from radon_nn.measures.line import Function, LineMeasure

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(16)
"""Gauss's rule on cells an eighth of the profile's scale wide, where 16 nodes leave rounding."""


@public
@dataclass(frozen=True, eq=False, repr=False)
class Profile:
    """
    A function s of one variable whose second derivative is a measure: a density and point masses.

    A neuron v s(w.x - b) has R-TV |v| |w| TV(s'), TV(s') being the total variation of s''; the affine part of s costs
    nothing. `Profile.of` knows the usual activations by name.

    Parameters
    ----------
    name : str
        A name; profiles of one name are taken to be equal.
    value : callable
        The function s, of arrays.
    curvature : callable
        The density of s'', of arrays.
    slope : callable, optional
        The derivative s', of arrays; if not given, the density is integrated, which determines it up to a constant.
    kinks : tuple of (float, float)
        The point masses of s'': (position, jump of s') each.
    scale : float
        The length on which the density varies: meshes have eight cells to it.
    reach : float
        The density is zero to rounding beyond |u| = reach * scale.
    law : str
        If s'' is not a finite measure: why.
    mirror : tuple of float, optional
        (c, p, q) if s(-u) = c s(u) + p u + q for all u: then antipodal neurons can be merged.
    degree : int, optional
        The p, if any, with s(c u) = c^p s(u) for all c > 0: then neurons can be rescaled.
    order : int, optional
        The m of the truncated power u_+^(m-1) / (m-1)!: ReLU is 2, the step is 1.

    Raises
    ------
    ValueError
        If scale or reach is not positive, or a kink not finite.

    See Also
    --------
    radon_nn.ShallowNetwork : Takes one as its activation.
    radon_nn.Ridge : One neuron.

    Examples
    --------
    >>> round(Profile.of("gelu").variation, 6)
    1.515617
    >>> cosh = Profile("log cosh", lambda u: np.logaddexp(u, -u), lambda u: 1 / np.cosh(u) ** 2, scale=1.0)
    >>> round(cosh.variation, 9)
    2.0
    """

    name: str
    value: Function
    curvature: Function
    slope: Function | None = None
    kinks: tuple[tuple[float, float], ...] = ()
    scale: float = 1.0
    reach: float = 40.0
    law: str = ""
    mirror: tuple[float, float, float] | None = None
    degree: int | None = None
    order: int | None = None
    _recipe: tuple[str, tuple[float, ...]] | None = field(default=None)

    def __post_init__(self) -> None:
        checks.positive(self.scale, "scale")
        checks.positive(self.reach, "reach")
        for place, jump in self.kinks:
            checks.finite(place, "kinks")
            checks.finite(jump, "kinks")

    @classmethod
    def of(cls, name: str, *parameters: float) -> Profile:
        """
        The activation of a name.

        Parameters
        ----------
        name : {'abs', 'clip', 'elu', 'gelu', 'gelu_tanh', 'hard_sigmoid', 'hard_silu', 'hard_tanh', 'identity', \
'leaky_relu', 'relu', 'relu6', 'selu', 'sigmoid', 'silu', 'sine', 'softplus', 'step', 'tanh', 'truncated_power'}
            As in the frameworks: 'gelu' is u Phi(u), 'gelu_tanh' its approximation, 'silu' is u sigmoid(u).
        *parameters : float
            For 'leaky_relu' the slope on the left (0.01), for 'elu' alpha (1), for 'clip' the bounds (0, 1), for
            'truncated_power' the order m (2).

        Returns
        -------
        Profile
            The activation.

        Raises
        ------
        ValueError
            If the name is unknown, or takes fewer parameters.
        """
        make, most = TABLE[checks.one_of(name, "activation", sorted(TABLE))]
        if len(parameters) > most:
            raise ValueError(
                f"parameters: expected at most {most} for {name!r}, got {len(parameters)}; leave out the others"
            )
        given = tuple(checks.finite(p, "parameters") for p in parameters)
        recipe = make(*given)
        made = cls(**recipe._asdict())
        defaults = make.__defaults__ or ()
        while given and given[-1] == defaults[len(given) - 1]:
            given = given[:-1]
        object.__setattr__(made, "_recipe", (recipe.name, ()) if recipe.name in TABLE else (name, given))
        return made

    @classmethod
    def coerce(cls, activation: object) -> Profile:
        """
        The profile itself, or the one of a name, which parameters may follow as in 'leaky_relu 0.1'.

        Parameters
        ----------
        activation : str or Profile
            The activation, as the user gave it.

        Returns
        -------
        Profile
            The activation.

        Raises
        ------
        ValueError
            If the name is unknown, or its parameters are not valid.
        """
        if isinstance(activation, Profile):
            return activation
        if not isinstance(activation, str) or not activation.split():
            names = ", ".join(sorted(TABLE))
            raise ValueError(f"activation: expected one of {names}; got {activation!r}; write a Profile for any other")
        name, *parameters = activation.split()
        try:
            given = [float(p) for p in parameters]
        except ValueError as error:
            raise ValueError(
                f"activation: expected a name and numbers, such as 'leaky_relu 0.1', got {activation!r}"
            ) from error
        return cls.of(name.lower(), *given)

    @property
    def spelled(self) -> str | None:
        """The text that `coerce` turns back into it; None for a user-defined profile."""
        if self._recipe is None:
            return None
        return " ".join([self._recipe[0], *map(repr, self._recipe[1])])

    @property
    def piecewise_linear(self) -> bool:
        """Whether s is affine between its kinks."""
        return self.curvature is none and not self.law

    @cached_property
    def pieces(self) -> tuple[float, float]:
        """Slope p and level q of s(u) = p u + q left of all kinks, where s is piecewise linear."""
        place = np.array([min((place for place, _ in self.kinks), default=0.0) - 1])
        assert self.slope is not None
        slope = float(self.slope(place)[0])
        return slope, float(self(place)[0]) - slope * float(place[0])

    @cached_property
    def measure(self) -> LineMeasure:
        """The second derivative s'' as a measure."""
        if self.law:
            return LineMeasure(self.name, self.curvature, self.value, np.empty(0), law=self.law)
        kinks = tuple(sorted((float(place), float(jump)) for place, jump in self.kinks if jump))
        if self.reach == 0 or self.curvature is none:
            return LineMeasure(self.name, none, none, np.empty(0), atoms=kinks)
        end = self.reach * self.scale
        even = np.linspace(-end, end, 2 * math.ceil(8 * self.reach) + 1)
        mesh = np.union1d(even, [place for place, _ in kinks])
        integral = _integrated(self.curvature, mesh) if self.slope is None else _without_jumps(self.slope, kinks)
        low, high = integral(np.array([-end, end])).tolist()
        breaks = tuple(place for place, _ in self.kinks)
        return LineMeasure(self.name, self.curvature, integral, mesh, (low, high), atoms=kinks, breaks=breaks)

    @property
    def variation(self) -> float:
        """The variation TV(s'), the R-TV of a neuron of unit weights; infinite if s'' is no finite measure."""
        return math.inf if self.law else self.measure.variation

    @property
    def steepest(self) -> float:
        """An upper bound of |s'|, its limit at -infinity plus TV(s'); infinite if s'' is no finite measure."""
        if self.law:
            return math.inf
        far = self.reach * self.scale + max((abs(place) for place, _ in self.kinks), default=0.0)
        left = self(np.array([-2 * far, -far]))
        return abs(float(left[1] - left[0])) / far + self.variation

    def derivative(self, u: Floats) -> Floats:
        """
        The derivative s', up to a constant if no slope was given.

        Parameters
        ----------
        u : ndarray
            Arguments.

        Returns
        -------
        ndarray
            Values of s', at a kink the limit from the right.
        """
        if self.slope is not None:
            return np.asarray(self.slope(u), np.float64)
        steps = (jump * (u >= place) for place, jump in self.kinks)
        return np.asarray(self.measure.integral(u) + sum(steps, np.zeros_like(u)))

    def __call__(self, u: Floats) -> Floats:
        """The values s(u)."""
        return np.asarray(self.value(u), np.float64)

    def __repr__(self) -> str:
        if self._recipe:
            return f"Profile.of({', '.join(map(repr, (self._recipe[0], *self._recipe[1])))})"
        more = "" if not self.kinks else f", kinks={self.kinks!r}"
        return f"Profile({self.name!r}, {self.value!r}, {self.curvature!r}, scale={self.scale!r}{more})"

    def __reduce__(self) -> tuple[object, ...]:
        if self._recipe:
            return Profile.of, (self._recipe[0], *self._recipe[1])
        return Profile, tuple(getattr(self, part.name) for part in fields(self) if part.name != "_recipe")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Profile) and repr(self) == repr(other)

    def __hash__(self) -> int:
        return hash(repr(self))


def _without_jumps(slope: Function, kinks: tuple[tuple[float, float], ...]) -> Function:
    """The slope less the jumps up to u: an antiderivative of the density alone."""

    def integral(u: Floats) -> Floats:
        steps = (jump * (u >= place) for place, jump in kinks)
        return slope(u) - sum(steps, np.zeros_like(u))

    return integral


def _integrated(density: Function, mesh: Floats) -> Function:
    """The integral of a density from mesh[0], by Gauss's rule on the cells."""

    def between(low: Floats, high: Floats) -> Floats:
        half = (high - low)[..., None] / 2
        return np.asarray((half * density(low[..., None] + half * (_NODES + 1))) @ _WEIGHTS)

    whole = np.concatenate([[0.0], np.cumsum(between(mesh[:-1], mesh[1:]))])

    def integral(u: Floats) -> Floats:
        x = np.clip(u, mesh[0], mesh[-1])
        cell = np.clip(np.searchsorted(mesh, x, "right") - 1, 0, len(mesh) - 2)
        return np.asarray(whole[cell] + between(mesh[cell], x))

    return integral
