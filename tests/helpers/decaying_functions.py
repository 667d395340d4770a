"""Functions that decay on R^d, their R-TV, and whether a result covers it."""

import math

import numpy as np

# 4/sqrt(e) on the line; the others to the digits known.
UNIT = {1: 4 / math.sqrt(math.e), 2: 4.768562, 3: 7.020064, 4: 9.283235}
"""R-TV of exp(-|x|^2/2)."""


def gaussian(center=0.0, widths=1.0, factor=1.0):
    return lambda x: factor * np.exp(-np.sum(((x - center) / widths) ** 2, axis=1) / 2)


def pyramid(x):
    return np.maximum(1 - np.abs(x).sum(axis=1), 0)


def covers(result, truth: float, slack: float = 0.0) -> bool:
    return result.lower - slack <= truth <= result.upper + slack
