"""Whether a sum of neurons whose densities are no finite measures has infinite R-TV on R^d, or may cancel."""

from __future__ import annotations

from typing import Literal

import numpy as np

from radon_nn._support.types import Floats, Indices
from radon_nn.activations.profile import Profile
from radon_nn.geometry import hyperplanes
from radon_nn.geometry.points import norms

_CANCELS = 1e-9
"""A sum above this fraction of its terms' moduli is not zero: far above rounding, for biases up to 1e6."""
_EQUAL = 1e-12
"""Frequencies, and the places of jumps, are told apart by more than this fraction."""
_EPS = float(np.finfo(np.float64).eps)
_ROUNDING = 64 * _EPS
"""Waves cancel if their sum is below this fraction of their moduli, and of |bias| rounded: room for 64 additions."""
SAME = 16 * _EPS
"""Neurons and directions are joined within this distance: twice the rounding of unit vectors and of quotients. The
densities of neurons farther apart do not cancel, however near they are: sin(t) - sin((1 + 5e-13) t) is a beat."""


def fate(
    profile: Profile, fibre: Indices, scales: Floats, biases: Floats, readout: Floats
) -> Literal["infinite", "open", "zero"]:
    """
    What the R-TV of neurons without finite measures is, each at its fibre.

    Steps jump at distinct places, and a function of finite R-TV is continuous. Sines of one direction and frequency
    are one wave, sum v sin(w t + b) = Im(exp(i w t) sum v exp(i b)), and waves of different frequencies cannot cancel.
    Densities of higher truncated powers are polynomials far away, one on each side. Ridge polynomials of different
    directions may add up to 0, but only those that are one polynomial on both sides: where the leading coefficients of
    the two sides differ, R-TV is infinite. Of several neurons of other activations nothing is known.

    Parameters
    ----------
    profile : Profile
        The activation.
    fibre : ndarray of int, shape (k,)
        The direction of each neuron.
    scales, biases : ndarray, shape (k,)
        Signed weights along the direction, not zero, and biases.
    readout : ndarray, shape (k, o)
        Output weights.

    Returns
    -------
    str
        'infinite' if it certainly is; 'zero' if all waves cancel to rounding; 'open' if sums may cancel.
    """
    if profile.name == "sine":
        return _of_waves(fibre, scales, biases, readout)
    if profile.order is None:
        return "infinite" if len(scales) == 1 else "open"
    if profile.order == 1:
        label, terms = _places(fibre, -biases / scales, readout), np.sign(scales)[:, None] * readout
    else:
        # Relative to the largest, since powers of the weights may leave the floats.
        power = profile.order - 1
        leading = (readout / np.abs(readout).max()) * (np.abs(scales[:, None]) / np.abs(scales).max()) ** power
        label, terms = fibre, np.where(scales[:, None] > 0, 1.0, -((-1.0) ** power)) * leading
    return "infinite" if np.any(_sums(label, terms) > _CANCELS * _sums(label, np.abs(terms))) else "open"


def _sums(label: Indices, terms: Floats) -> Floats:
    """The modulus of the sum of the rows of each label."""
    total = np.zeros((int(label.max(initial=-1)) + 1, terms.shape[1]), terms.dtype)
    np.add.at(total, label, terms)
    return norms(np.abs(total))


def _places(fibre: Indices, offsets: Floats, readout: Floats) -> Indices:
    """A label for each jump, the same for those that are not told apart."""
    near = hyperplanes.compressed(offsets, hyperplanes.offset_unit(offsets, norms(readout)))
    order = np.lexsort((near, fibre))
    new = (np.diff(fibre[order]) > 0) | (np.diff(near[order]) > _EQUAL)
    label = np.empty(len(order), np.int64)
    label[order] = np.cumsum(np.append(False, new))
    return label


def _of_waves(fibre: Indices, scales: Floats, biases: Floats, readout: Floats) -> Literal["infinite", "open", "zero"]:
    order = np.lexsort((np.abs(scales), fibre))
    size = np.abs(scales[order])
    change = np.diff(size) / size[1:]
    new = (np.diff(fibre[order]) > 0) | (change > _EQUAL)
    label = np.cumsum(np.append(False, new))
    sign = np.sign(scales[order])
    # Relative to the largest, since sums of the moduli may overflow.
    readout = readout[order] / np.abs(readout).max()
    phases = (sign * np.exp(1j * sign * biases[order]))[:, None] * readout
    left, whole = _sums(label, phases), _sums(label, np.abs(phases))
    if np.any(left > _CANCELS * whole):
        return "infinite"
    far = np.abs(biases[order])
    if np.any(~new & (change > SAME)) or np.any(far * _EPS > _CANCELS):
        return "open"
    rounding = _ROUNDING * _sums(label, (1 + far)[:, None] * np.abs(readout))
    return "zero" if np.all(left <= rounding) else "open"
