"""Ridge functions s(w.x - b) in closed form: one neuron of any activation."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import ArrayLike

from radon_nn._support import checks
from radon_nn._support.public import public
from radon_nn._support.types import Floats
from radon_nn.activations.profile import Profile
from radon_nn.closed_forms._waves import Part, Wave
from radon_nn.closed_forms.base import ClosedForm


@public
@dataclass(frozen=True, eq=False, repr=False)
class Ridge(ClosedForm):
    """
    The ridge function f(x) = amplitude s(direction.x - offset): one neuron, its weights not normalised.

    With w the direction, d_t^2 K R f is amplitude |w|^2 s''(|w| t - offset) / 2 on the fibre over w / |w|, and its
    mirror image on the fibre over -w / |w|. R-TV = |amplitude| |w| TV(s'), which for ReLU is |amplitude| |w|. Rf is
    infinite or undefined for d >= 2.

    Parameters
    ----------
    direction : array_like, shape (d,)
        Weights w, of any length but 0.
    offset : float
        Minus the bias.
    profile : str or Profile
        The function s of one variable, or its name for `Profile.of`.
    amplitude : float
        The outer weight.

    Raises
    ------
    ValueError
        If the direction is zero, the profile unknown, or an entry is not finite.

    See Also
    --------
    radon_nn.ShallowNetwork : A sum of ridges, as a network.
    radon_nn.Profile : The activation.

    Examples
    --------
    >>> f = Ridge([3.0, 4.0], 1.0, "relu", 2.0)
    >>> f([[1.0, 1.0]]), float(f.rtv())
    (array([12.]), 10.0)
    >>> float((Ridge([1.0, 0.0]) - Ridge([-1.0, 0.0])).rtv())
    0.0
    """

    direction: Floats
    offset: float
    profile: Profile
    amplitude: float

    def __init__(
        self, direction: ArrayLike, offset: float = 0.0, profile: str | Profile = "relu", amplitude: float = 1.0
    ) -> None:
        weights = checks.shaped_array(direction, "direction", ("d",))
        if not np.linalg.norm(weights) > 0:
            raise ValueError(f"direction: expected a vector that is not zero, got {weights.tolist()}")
        object.__setattr__(self, "direction", checks.frozen(weights))
        object.__setattr__(self, "offset", checks.finite(offset, "offset"))
        object.__setattr__(self, "profile", profile if isinstance(profile, Profile) else Profile.of(profile))
        object.__setattr__(self, "amplitude", checks.finite(amplitude, "amplitude"))

    @property
    def dim(self) -> int:
        """Dimension d."""
        return len(self.direction)

    def compose(self, matrix: ArrayLike, shift: ArrayLike | None = None) -> ClosedForm:
        """The function x -> f(A x + c), a ridge too."""
        linear, move = checks.affine(matrix, shift, self.dim)
        return Ridge(
            linear.T @ self.direction, self.offset - float(self.direction @ move), self.profile, self.amplitude
        )

    def _values(self, points: Floats) -> Floats:
        return np.asarray(self.amplitude * self.profile(points @ self.direction - self.offset))

    def _radon(self, normals: Floats, offsets: Floats) -> Floats:
        raise ValueError(
            f"radon: expected a function with finite hyperplane integrals, got a ridge in R^{self.dim}, which is "
            "constant along hyperplanes; its d_t^2 K R f is a measure: see rtv()"
        )

    def _parts(self) -> tuple[Part, ...]:
        length = float(np.linalg.norm(self.direction))
        center, given = np.array([self.offset / length]), np.append(self.direction, self.offset).tobytes()
        wave = Wave(self.profile.measure, self.amplitude / 2, center, np.eye(1) / length, given)
        return (Part(self.direction[None] / length, wave),)

    def _scaled(self, factor: float) -> Self:
        return replace(self, amplitude=factor * self.amplitude)
