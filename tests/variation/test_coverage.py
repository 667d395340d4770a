"""Intervals of R-TV on R^d hold the truth for random functions: powers, Gaussians times waves, and exp(-r), turned.

All are h(A (x - c)) with h radial, or a Gaussian times a wave. R-TV(f) is the integral over directions b of |A' b|
times the variation of h along b, which closed forms or the transform of h give.
"""

import math

import numpy as np
import pytest
from scipy.interpolate import CubicSpline

from decaying_functions import UNIT
from radon_nn import Bump
from radon_nn.geometry.directions import sphere_area
from radon_nn.variation.decaying import decaying_rtv

pytestmark = [pytest.mark.full, pytest.mark.slow]

CUSP = {2: 6.376577, 3: 8 + 4 * math.exp(-3)}
"""R-TV of exp(-r): in the plane from its transform 2 pi (1 + w^2)^(-3/2), to the digits known; in space from
(t exp(-t))''."""


def directions(dim: int) -> tuple[np.ndarray, np.ndarray]:
    """Directions on the sphere with weights, exact to rounding for smooth functions."""
    if dim == 2:
        angle = 2 * np.pi * (np.arange(720) + 0.5) / 720
        return np.stack([np.cos(angle), np.sin(angle)], axis=1), np.full(720, 2 * np.pi / 720)
    z, v = np.polynomial.legendre.leggauss(60)
    angle = 2 * np.pi * (np.arange(120) + 0.5) / 120
    z, angle = (x.ravel() for x in np.meshgrid(z, angle, indexing="ij"))
    r = np.sqrt(1 - z**2)
    return np.stack([r * np.cos(angle), r * np.sin(angle), z], axis=1), np.repeat(v, 120) * 2 * np.pi / 120


def variation_of_wave(along: np.ndarray, k: float, dim: int) -> np.ndarray:
    """Variation of exp(-|x|^2/2) cos(k.x) in directions with b.k = `along`: G on a fine grid from its transform."""
    w = (np.arange(800) + 0.5) * ((k + 9) / 800)
    t = np.linspace(-9, 9, 6001)
    # (2 pi)^(d/2) / 2 times Gaussians about k and -k, on the ray through b.
    spectrum = sum(np.exp(-(w**2 + k**2) / 2 + s * np.abs(along)[:, None] * w) for s in (-1, 1)) / 2
    factor = (2 * np.pi) ** (dim / 2) / (2 * (2 * np.pi) ** (dim - 1)) / np.pi * (k + 9) / 800
    G = factor * (spectrum * w**dim) @ np.sin(np.multiply.outer(w, t))
    return np.abs(np.diff(G, axis=1)).sum(axis=1) + np.abs(G[:, 0]) + np.abs(G[:, -1])


def random_case(seed: int, dim: int):
    """A function, its R-TV, and how well that is known, relative."""
    rng = np.random.default_rng(seed)
    kind = rng.choice(["power", "power", "wave", "cusp", "gaussian"])
    turn = np.linalg.qr(rng.standard_normal((dim, dim)))[0]
    ratios = np.exp(rng.uniform(-0.6, 0.6, dim)) if rng.random() < 0.7 else np.ones(dim)
    A = ratios[:, None] * turn * np.exp(rng.uniform(-1, 1))
    center, size = rng.uniform(-2, 2, dim), np.exp(rng.uniform(-2, 2))
    b, weights = directions(dim)
    mean = float(np.linalg.norm(b @ A, axis=1) @ weights) / sphere_area(dim)
    p = rng.uniform(1.75, 4.0) if dim == 2 else rng.uniform(2.25, 4.0)
    slack = 1e-6
    if kind == "wave":
        k = rng.standard_normal(dim) * rng.uniform(0.5, 2.5)
        long = float(np.linalg.norm(k))
        table = np.linspace(0, long, 401)
        variation = CubicSpline(table, variation_of_wave(table, long, dim))(np.abs(b @ k))
        truth, slack = float(variation @ (np.linalg.norm(b @ A, axis=1) * weights)), 1e-4
        h = lambda y: np.exp(-np.sum(y**2, axis=1) / 2) * np.cos(y @ k)  # noqa: E731
    elif kind == "power":
        truth = mean * Bump(np.zeros(dim), 1.0, p).rtv().value
        h = lambda y: np.maximum(1 - np.sum(y**2, axis=1), 0) ** p  # noqa: E731
    elif kind == "cusp":
        truth = mean * CUSP[dim]
        h = lambda y: np.exp(-np.linalg.norm(y, axis=1))  # noqa: E731
    else:
        truth = mean * UNIT[dim]
        h = lambda y: np.exp(-np.sum(y**2, axis=1) / 2)  # noqa: E731
    name = f"{kind} {p:.2f} {np.round(ratios, 2)}"
    return name, lambda x: size * h((x - center) @ A.T), size * truth, slack


@pytest.mark.parametrize(("dim", "seed"), [(2, 5000), (2, 5001), (2, 5002), (2, 5003), (3, 5100), (3, 5101)])
def test_intervals_hold_the_truth(dim: int, seed: int) -> None:
    _, f, truth, slack = random_case(seed, dim)
    result = decaying_rtv(f, dim, max_samples=1 << 19)
    assert result.verdict != "infinite"
    assert result.lower - slack * truth <= truth <= result.upper + slack * truth
