"""Whether a sum of neurons whose densities are no finite measures has infinite R-TV on R^d, or may cancel."""

from __future__ import annotations

from typing import Literal

import numpy as np

from radon_nn._support.types import Floats, Indices
from radon_nn.activations.profile import Profile
from radon_nn.geometry.points import norms

_CANCELS = 1e-9
"""A sum below this fraction of its terms' moduli is not told from zero: far above rounding, for biases up to 1e6."""
_EQUAL = 1e-12
"""Frequencies are equal within this fraction."""


def fate(
    profile: Profile, fibre: Indices, scales: Floats, biases: Floats, readout: Floats
) -> Literal["infinite", "open", "zero"]:
    """
    What the R-TV on R^d of neurons without finite measures is, each at its fibre.

    Steps jump at distinct places, and a function of finite R-TV is continuous. Sines of one direction and frequency
    are one wave, sum v sin(w t + b) = Im(exp(i w t) sum v exp(i b)), and waves of different frequencies cannot cancel.
    Densities of higher truncated powers are polynomials far away, where they vanish only if their leading
    coefficients do, as those of splines. Of other activations nothing is known unless one stands alone on its fibre.

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
        'infinite' if it certainly is; 'zero' if all waves cancel; 'open' if sums may cancel.
    """
    if profile.order == 1:
        return "infinite"
    if profile.name == "sine":
        return _of_waves(fibre, scales, biases, readout)
    alone = np.bincount(fibre)[fibre] == 1
    if alone.any():
        return "infinite"
    if profile.order is not None:
        for side in (scales > 0, scales < 0):
            leading = readout[side] * np.abs(scales[side, None]) ** (profile.order - 1)
            if np.any(_sums(fibre[side], leading) > _CANCELS * _sums(fibre[side], np.abs(leading))):
                return "infinite"
    return "open"


def _sums(label: Indices, terms: Floats) -> Floats:
    """The modulus of the sum of the rows of each label."""
    total = np.zeros((int(label.max(initial=-1)) + 1, terms.shape[1]), terms.dtype)
    np.add.at(total, label, terms)
    return norms(np.abs(total))


def _of_waves(fibre: Indices, scales: Floats, biases: Floats, readout: Floats) -> Literal["infinite", "open", "zero"]:
    order = np.lexsort((np.abs(scales), fibre))
    size = np.abs(scales[order])
    new = (np.diff(fibre[order]) > 0) | (np.diff(size) > _EQUAL * size[1:])
    label = np.cumsum(np.append(False, new))
    sign = np.sign(scales[order])
    phases = (sign * np.exp(1j * sign * biases[order]))[:, None] * readout[order]
    left, whole = _sums(label, phases), _sums(label, np.abs(phases))
    if np.any(left > _CANCELS * whole):
        return "infinite"
    far = np.abs(biases) * np.finfo(np.float64).eps > _CANCELS
    return "open" if far.any() else "zero"
