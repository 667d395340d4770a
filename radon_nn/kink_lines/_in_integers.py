"""The affine pieces of a network of one input on a short interval, without rounding: in integers."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from radon_nn._support.types import Floats, Indices
from radon_nn.networks.shallow import ShallowNetwork

Whole = NDArray[Any]
"""An array of Python's integers, which have as many digits as they need."""


class SparseMatrix(NamedTuple):
    """A matrix of integers by its entries other than 0, row by row."""

    rows: int
    columns: Indices
    values: Whole
    filled: Indices
    starts: Indices

    @classmethod
    def of(cls, matrix: Floats, bits: int) -> SparseMatrix:
        """
        A matrix times 2^bits.

        Parameters
        ----------
        matrix : ndarray, shape (m, n)
            Floating-point numbers.
        bits : int
            Enough for all of them to become integers.

        Returns
        -------
        SparseMatrix
            The integers.
        """
        row, column = np.nonzero(matrix)
        filled, starts = np.unique(row, return_index=True)
        return cls(len(matrix), column, _whole(matrix[row, column], bits), filled, starts)

    def times(self, vector: Whole) -> Whole:
        """
        The product with a vector.

        Parameters
        ----------
        vector : ndarray of int, shape (n,)
            Integers.

        Returns
        -------
        ndarray of int, shape (m,)
            Integers.
        """
        out = np.full(self.rows, 0, object)
        if len(self.starts):
            out[self.filled] = np.add.reduceat(self.values * vector[self.columns], self.starts)
        return out


class IntegerLayer(NamedTuple):
    """A layer, every number in it times 2^bits."""

    bits: int
    weights: SparseMatrix
    biases: Whole
    readout: SparseMatrix
    skip: SparseMatrix
    constant: Whole
    slope: int
    level: int
    kinks: list[list[int]]
    read: NDArray[np.bool_]

    @classmethod
    def of(cls, layer: ShallowNetwork) -> IntegerLayer:
        """
        The layer, as it is in floating point.

        Parameters
        ----------
        layer : ShallowNetwork
            A piecewise linear layer.

        Returns
        -------
        IntegerLayer
            Its numbers.
        """
        arrays = layer.weights, layer.biases, layer.readout, layer.skip, layer.constant
        profile = layer.activation
        kinks = [number for kink in profile.kinks for number in kink]
        numbers = np.concatenate([np.ravel(part) for part in (*arrays, profile.pieces, kinks)])
        bits = _bits(numbers)
        weights, readout, skip = (SparseMatrix.of(part, bits) for part in (layer.weights, layer.readout, layer.skip))
        biases, constant = _whole(layer.biases, bits), _whole(layer.constant, bits)
        slope, level = _whole(np.array(profile.pieces), bits)
        places = _whole(np.array(kinks, np.float64), bits).reshape(-1, 2).tolist()
        read = np.any(layer.readout != 0, axis=0)
        return cls(bits, weights, biases, readout, skip, constant, slope, level, places, read)


class ExactPieces(NamedTuple):
    """
    The affine pieces of a function of one variable.

    Parameters
    ----------
    breaks : list of Fraction
        Inner ends of the pieces, in order; never two at one place.
    jumps : ndarray, shape (m, o)
        Jumps of the slope, each rounded once.
    layer, neuron : ndarray of int, shape (m,)
        A neuron that makes each break, from 0.
    """

    breaks: list[Fraction]
    jumps: Floats
    layer: Indices
    neuron: Indices


def exact_pieces(layers: Sequence[IntegerLayer], low: Fraction, high: Fraction, most: float) -> ExactPieces | None:
    """
    The affine pieces of the network whose numbers are exactly these, on an interval.

    Parameters
    ----------
    layers : sequence of IntegerLayer
        Layers; the first takes one input.
    low, high : Fraction
        The interval.
    most : float
        The most pieces to make.

    Returns
    -------
    ExactPieces or None
        The pieces, or None if there are more.
    """
    starts, made_by = [low], [(-1, -1)]
    states = [(np.array([1], object), np.array([0], object))]
    exponent = 0  # states are slope and level at 0, times 2^exponent
    for index, layer in enumerate(layers):
        old = list(zip(starts, [*starts[1:], high], states, made_by, strict=True))
        starts, states, made_by = [], [], []
        for left, right, (rate, shift), by in old:
            z_rate = layer.weights.times(rate)
            z_shift = layer.weights.times(shift) + _shifted(layer.biases, exponent)
            cuts = {left: by}
            for place, _ in layer.kinks:
                above = z_shift - (place << exponent)
                for neuron in np.flatnonzero(layer.read & (z_rate != 0)):
                    at = Fraction(-above[neuron], z_rate[neuron])
                    if left < at < right:
                        cuts.setdefault(at, (index, int(neuron)))
            inner = sorted(cuts)
            for start, stop in zip(inner, [*inner[1:], right], strict=True):
                middle = (start + stop) / 2
                steep = np.full(len(z_rate), layer.slope, object)
                level = np.full(len(z_rate), layer.level << (layer.bits + exponent), object)
                for place, jump in layer.kinks:
                    on = z_rate * middle.numerator + (z_shift - (place << exponent)) * middle.denominator > 0
                    on = on.astype(object)
                    steep = steep + jump * on
                    level = level - jump * (place << exponent) * on
                out_rate = layer.readout.times(steep * z_rate) + _shifted(layer.skip.times(rate), 2 * layer.bits)
                out_shift = layer.readout.times(steep * z_shift + level) + _shifted(
                    layer.skip.times(shift), 2 * layer.bits
                )
                out_shift = out_shift + _shifted(layer.constant, exponent + 2 * layer.bits)
                starts.append(start)
                states.append((out_rate, out_shift))
                made_by.append(cuts[start])
            if len(starts) > most:
                return None
        exponent += 3 * layer.bits
    one = 1 << exponent
    jumps = np.array([[number / one for number in after - before] for (before, _), (after, _) in pairwise(states)])
    makers = np.array(made_by[1:], np.int64).reshape(-1, 2)
    return ExactPieces(starts[1:], jumps.reshape(len(makers), len(states[0][0])), makers[:, 0], makers[:, 1])


def _bits(numbers: Floats) -> int:
    """The least k for which every number times 2^k is whole."""
    return max((float(x).as_integer_ratio()[1].bit_length() - 1 for x in numbers), default=0)


def _whole(array: Floats, bits: int) -> Whole:
    """An array times 2^bits, in integers."""
    out = np.empty(array.shape, object)
    for index, x in np.ndenumerate(array):
        numerator, denominator = float(x).as_integer_ratio()
        out[index] = (numerator << bits) // denominator
    return out


def _shifted(array: Whole, bits: int) -> Whole:
    return array * (1 << bits)
