"""Random functions of known R-TV for `calibration.py`: each with its R-TV by independent means, and its domain.

Functions are drawn at unit scale, then x -> size f((x - shift) / unit) + affine, of size / unit times the R-TV of
f. R-TV of radial functions and of functions with an axis comes from one spectrum per angle with the axis: with
f^(w a) = S(w, cos), G(t) = -(c_d / pi) Im integral_0^inf w^d S(w, cos) exp(i w t) dw, the variation of G over t is
integrated over cos. `error` is the change when half the angles are taken.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import gamma, kv

from radon_nn import Ball, Bump, ClosedForm, Gaussian, ShallowNetwork, rtv

Floats = NDArray[np.float64]
Complex = NDArray[np.complex128]
Function = Callable[[Floats], Floats]
_POINTS, _PARABOLAS = 96, 3e-7
"""Offsets per shortest wave, and the relative error of extremes from parabolas then. It was measured with 48: 2e-7 for
the Gaussian's 4 / sqrt e on the line, 8e-8 for 4.768562 in the plane, 4e-7 for 7.020064 in space (of which the last
digit is not known), and 4e-7 for a wave in the plane, more than the bar of `rtv`, which held the truth from 192."""


@dataclass(frozen=True)
class Case:
    """A function of known R-TV."""

    f: Function
    dim: int
    truth: float
    error: float
    smooth: bool
    domain: Ball | None = None


def axial(spectrum: Callable[[Floats, float], Complex], dim: int, band: float, reach: float, angles: int) -> float:
    """R-TV from the spectrum S(w, cos) along directions at an angle with an axis, d = 1, 2 or 3."""
    count = math.ceil(band * reach / 2 + 5 * (band * reach / 2) ** (1 / 3)) + 32
    nodes, weights = np.polynomial.legendre.leggauss(count)
    w, weights = band * (nodes + 1) / 2, band * weights / 2
    t = np.linspace(-reach, reach, 2 * math.ceil(_POINTS * band * reach / (2 * math.pi)) + 1)
    if dim == 1:
        cosines, sphere = np.ones(1), np.array([2.0])
    elif dim == 2:
        x, v = np.polynomial.legendre.leggauss(angles)
        angle = math.pi / 4 * (x + 1)
        cosines, sphere = np.cos(angle), 4 * math.pi / 4 * v
    else:
        x, v = np.polynomial.legendre.leggauss(angles)
        cosines, sphere = (x + 1) / 2, 4 * math.pi * v / 2
    moved = np.stack([(weights * w**dim) * spectrum(w, float(c)) for c in cosines], axis=1)
    constant = -1 / (2 * (2 * math.pi) ** (dim - 1)) / math.pi
    variation = np.zeros(len(cosines))
    last = np.empty((0, len(cosines)))
    for begin in range(0, len(t), 2048):
        phase = np.multiply.outer(t[begin : begin + 2048], w)
        G = np.concatenate([last, constant * (np.sin(phase) @ moved.real + np.cos(phase) @ moved.imag)])
        variation += _variation(G)
        if begin == 0:
            variation += np.abs(G[0]) + np.abs(G[1] - G[0])
        last = G[-2:]
    return float(sphere @ (variation + np.abs(last[-1])))


def _variation(G: Floats) -> Floats:
    """The variation of columns but for the first step, with extremes from parabolas through three values."""
    step = np.diff(G, axis=0)
    a, b = np.abs(step[:-1]), np.abs(step[1:])
    # The parabola through -a, 0 and -b has its peak at (a - b)^2 / (8 (a + b)), which counts up and down.
    turn = (step[:-1] > 0) != (step[1:] > 0)
    peak = np.divide((a - b) ** 2, 8 * (a + b), out=np.zeros_like(a), where=turn & (a + b > 0))
    return np.asarray((b + 2 * peak).sum(axis=0))


def _with_error(
    spectrum: Callable[[Floats, float], Complex], dim: int, band: float, reach: float
) -> tuple[float, float]:
    """With 240 angles; the error is the change with half as many, and in the plane that with half the reach.

    There G falls like a power of 1/t, and may turn once more where f has vanished: two Gaussians of opposite signs
    (seed 8005) turned at 25 widths, which added 1.4e-6, more than the bar of `rtv`, which held the truth.
    """
    # In space G vanishes where f does.
    far = 2 * reach if dim == 2 else reach
    fine, coarse = (axial(spectrum, dim, band, far, n) for n in (240, 120))
    nearer = abs(coarse - axial(spectrum, dim, band, reach, 120)) if dim == 2 else 0.0
    # Moments of f rule G there, so that another turn adds less than the last, by a factor of 8 and more.
    return fine, abs(fine - coarse) + nearer / 8 + _PARABOLAS * fine


def on_line(first: Function, second: Function, reach: float) -> tuple[float, float]:
    """The variation of f' on the line, where it is 0 at both ends: zeros of f'' by bisection on a fine grid."""
    t = np.linspace(-reach, reach, 200_001)
    sign = second(t) > 0
    change = np.flatnonzero(sign[1:] != sign[:-1])
    low, high, rising = t[change], t[change + 1], sign[change]
    for _ in range(60):
        middle = (low + high) / 2
        before = (second(middle) > 0) == rising
        low, high = np.where(before, middle, low), np.where(before, high, middle)
    slopes = np.concatenate([[0.0], first(low), [0.0]])
    value = float(np.abs(np.diff(slopes)).sum())
    return value, 1e-12 * value


def gaussians(rng: np.random.Generator, dim: int) -> tuple[Function, float, float]:
    """Two round Gaussians of either sign; on the line, and every other time in the plane, three of any shape."""
    if dim == 1 or (dim == 2 and rng.random() < 0.5):
        roots = [np.linalg.qr(rng.standard_normal((dim, dim)))[0] * rng.uniform(0.5, 1.5, dim) for _ in range(3)]
        factors = (1, *rng.uniform(-1, 1, 2))
        parts = [Gaussian(rng.standard_normal(dim), r @ r.T, a) for r, a in zip(roots, factors, strict=True)]
        f: ClosedForm = parts[0] + parts[1] + parts[2]
        result = f.rtv(tol=1e-7)
        return lambda x: np.asarray(f(x)), result.value, result.error
    width, factor = rng.uniform(0.6, 1.6, 2), np.array([1.0, rng.choice([-1, 1]) * rng.uniform(0.2, 1.0)])
    axis, apart = _direction(rng, dim), rng.uniform(0.3, 3.0)
    places = np.array([-0.5, 0.5]) * apart

    def spectrum(w: Floats, c: float) -> Complex:
        return sum(
            a * (2 * math.pi) ** (dim / 2) * s**dim * np.exp(-((s * w) ** 2) / 2 - 1j * w * c * z)
            for a, s, z in zip(factor, width, places, strict=True)
        )

    def f2(x: Floats) -> Floats:
        return sum(
            a * np.exp(-np.sum((x - z * axis) ** 2, axis=1) / (2 * s**2))
            for a, s, z in zip(factor, width, places, strict=True)
        )

    return f2, *_with_error(spectrum, dim, 9 / width.min(), 14 * width.max() + apart)


def oscillations(rng: np.random.Generator, dim: int) -> tuple[Function, float, float]:
    """exp(-|x|^2 / 2) cos(k.x + phase), |k| from 1 to 12."""
    k, phase, axis = 10 ** rng.uniform(0, math.log10(12)), rng.uniform(0, math.pi), _direction(rng, dim)

    def spectrum(w: Floats, c: float) -> Complex:
        near, far = (np.exp(-(w**2 - 2 * sign * w * k * c + k**2) / 2) for sign in (1, -1))
        return (2 * math.pi) ** (dim / 2) / 2 * (np.exp(1j * phase) * near + np.exp(-1j * phase) * far)

    def f(x: Floats) -> Floats:
        return np.exp(-np.sum(x**2, axis=1) / 2) * np.cos(k * (x @ axis) + phase)

    if dim == 1:
        # exp(-x^2 / 2 + i y), y = k x axis + phase: its derivatives are polynomials times itself.
        turn = k * axis[0]

        def derivative(x: Floats, order: int) -> Floats:
            rate = -x + 1j * turn
            factor = rate if order == 1 else rate**2 - 1
            return np.asarray((factor * np.exp(-(x**2) / 2 + 1j * (turn * x + phase))).real)

        return f, *on_line(lambda x: derivative(x, 1), lambda x: derivative(x, 2), 12.0)
    return f, *_with_error(spectrum, dim, k + 9, 15)


def tails(rng: np.random.Generator, dim: int) -> tuple[Function, float, float]:
    """(1 + |x|^2)^-s, whose transform is a Bessel function K; s from d/2 + 1/4 to d/2 + 3."""
    s = dim / 2 + rng.uniform(0.25, 3.0)
    if dim == 1:
        # f'' vanishes at x^2 = 1 / (2 s + 1).
        x = 1 / math.sqrt(2 * s + 1)
        value = 8 * s * x * (1 + x**2) ** (-s - 1)
        return lambda x: (1 + x[:, 0] ** 2) ** -s, value, 1e-12 * value
    factor = 2 ** (1 - s) * (2 * math.pi) ** (dim / 2) / gamma(s)

    def spectrum(w: Floats, c: float) -> Complex:
        return (factor * w ** (s - dim / 2) * kv(abs(s - dim / 2), w)).astype(complex)

    values = [axial(spectrum, dim, 40, reach, 1) for reach in (40, 30)]
    return lambda x: (1 + np.sum(x**2, axis=1)) ** -s, values[0], abs(values[0] - values[1]) + 1e-6 * values[0]


def bumps(rng: np.random.Generator, dim: int) -> tuple[Function, float, float]:
    """(1 - |x|^2)_+^p, whose R-TV is infinite for small p; in the plane, sometimes a sum of two."""
    power = float(rng.choice([1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0]))
    f: ClosedForm = Bump(np.zeros(dim), 1.0, power)
    if dim < 3 and power >= 3 and rng.random() < 0.5:
        f = f + Bump(0.7 * _direction(rng, dim), rng.uniform(0.6, 1.4), 4.0, rng.uniform(-1, 1))
    result = f.rtv(tol=1e-6)
    return lambda x: np.asarray(f(x)), result.value, result.error if math.isfinite(result.value) else 0.0


def relu_networks(rng: np.random.Generator, dim: int) -> tuple[Function, float, float]:
    """Two to four ReLU neurons that meet the unit ball."""
    count = int(rng.integers(2, 5))
    w = np.stack([_direction(rng, dim) for _ in range(count)]) * rng.uniform(0.5, 2, count)[:, None]
    net = ShallowNetwork(w, rng.uniform(-0.8, 0.8, count) * np.linalg.norm(w, axis=1), rng.standard_normal(count))
    return lambda x: np.asarray(net(x)), rtv(net, domain=Ball(1.0)).value, 0.0


def smooth_networks(rng: np.random.Generator, dim: int) -> tuple[Function, float, float]:
    """Sums of tanh, softplus or GELU neurons on the line."""
    w, b, v = rng.standard_normal((6, 1)) * 2, rng.standard_normal(6), rng.standard_normal(6)
    net = ShallowNetwork(w, b, v, activation=str(rng.choice(["tanh", "softplus", "gelu"])))
    result = rtv(net)
    return lambda x: np.asarray(net(x)), result.value, result.error + 1e-9 * result.value


DRAWN = {
    "gaussians": (gaussians, (1, 2, 3), True),
    "oscillations": (oscillations, (1, 2, 3), True),
    "tails": (tails, (1, 2, 3), True),
    "bumps": (bumps, (1, 2, 3), False),
    "relu networks on balls": (relu_networks, (1, 2, 3), False),
    "smooth networks": (smooth_networks, (1,), True),
}
"""How to draw a function of each class, its dimensions, and whether it is smooth."""


def case(kind: str, dim: int, seed: int) -> Case:
    """The function of a class, a dimension and a seed, in random units, at a random place, with an affine part."""
    draw, _, smooth = DRAWN[kind]
    rng = np.random.default_rng([seed, dim, list(DRAWN).index(kind)])
    f, truth, error = draw(rng, dim)
    unit, size = 10 ** rng.uniform(-3, 3, 2)
    shift, slope, level = (
        unit * rng.uniform(-2, 2, dim),
        size / unit * rng.uniform(-1, 1, dim),
        size * rng.uniform(-1, 1),
    )

    def moved(x: Floats) -> Floats:
        return size * f((x - shift) / unit) + (x - shift) @ slope + level

    domain = Ball(unit, shift) if kind.endswith("balls") else None
    return Case(moved, dim, size / unit * truth, size / unit * error, smooth, domain)


def _direction(rng: np.random.Generator, dim: int) -> Floats:
    a = rng.standard_normal(dim)
    return np.asarray(a / np.linalg.norm(a))
