"""B-splines: their weights at a fraction, and samples turned into coefficients."""

import numpy as np

from radon_nn._support.compiled import compiled


@compiled(fast=True)
def spline_weights(fraction, order, weights, k):
    """B-spline weights of degree `order` at fractions in [0, 1) to weights[k, :, columns], by Cox and de Boor."""
    count = fraction.size
    for column in range(count):
        weights[k, 0, column] = 1.0 - fraction[column]
        weights[k, 1, column] = fraction[column]
    for degree in range(2, order + 1):
        for column in range(count):
            weights[k, degree, column] = weights[k, degree - 1, column] * fraction[column] / degree
        for r in range(degree - 1, 0, -1):
            for column in range(count):
                f = fraction[column]
                total = weights[k, r, column] * (r + 1 - f) + weights[k, r - 1, column] * (f + degree - r)
                weights[k, r, column] = total / degree
        for column in range(count):
            weights[k, 0, column] *= (1.0 - fraction[column]) / degree


@compiled(fast=True)
def solve_splines(lines, begins, size, width, factors):
    """Samples to spline coefficients, in place, by the factors L D L' of the system.

    `factors` (bands, size) holds 1/D and the subdiagonals of L, aligned with the row they stand in. At each of `begins`
    in the flat `lines` stand `width` lines side by side, (size, width): the recurrences run along them, so that the
    lines are worked in vectors, and several begins in turn, so that no step waits for the one before.
    """
    bands, across, count = factors.shape[0], np.uint64(width), begins.size
    for k in range(1, size):
        for j in range(1, min(bands, k + 1)):
            factor = factors[j, k]
            for g in range(count):
                at = begins[g] + np.uint64(k) * across
                before = at - np.uint64(j) * across
                for line in range(width):
                    s = np.uint64(line)
                    lines[at + s] -= factor * lines[before + s]
    for k in range(size - 1, -1, -1):
        scale = factors[0, k]
        for g in range(count):
            at = begins[g] + np.uint64(k) * across
            for line in range(width):
                lines[at + np.uint64(line)] *= scale
        for j in range(1, min(bands, size - k)):
            factor = factors[j, k + j]
            for g in range(count):
                at = begins[g] + np.uint64(k) * across
                after = at + np.uint64(j) * across
                for line in range(width):
                    s = np.uint64(line)
                    lines[at + s] -= factor * lines[after + s]
