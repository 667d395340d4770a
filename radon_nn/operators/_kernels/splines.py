"""B-splines: their weights at a fraction."""

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
