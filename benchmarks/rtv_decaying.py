"""R-TV of well-known functions on R^d, as black boxes, beside truths derived twice.

    python benchmarks/rtv_decaying.py [--only NAME] [--dim 2] [--seconds 60]

For each function it prints the truth, the interval, its width, the verdict, the exponents of growth that the values
support, and the time. Radial functions f = phi(|x|) have one variation for all directions, that of G = F', computed two
ways:

- in the plane, F(t) = [phi(0) + t integral_0^(pi/2) phi'(t sin a) da] / (2 pi), and R-TV = 2 pi V(F');
- in space, R-TV = V((t phi)''), the filter being local;

and, as the second way, from f's Fourier transform where it is known, from a closed form of G, or from the package's
closed form. A Gaussian times a wave has, in the direction at an angle a to the wave's, exp(-(k sin a)^2 / 2) times the
filtered transform of exp(-t^2/2) cos(k cos(a) t): an integral over a, whose integrand comes from an FFT, or from
Hermite polynomials, since all frequencies of exp(-t^2/2 + i k t) are positive up to exp(-k^2/2).
"""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.special import dawsn, ive, k0

from radon_nn import Bump, rtv
from radon_nn.variation.growth import growth_of

Floats = NDArray[np.float64]
CENTER = 0.013
"""Functions are moved by this along each axis, so that nothing lies on a lattice."""


def radius(x: Floats) -> Floats:
    """|x - c|."""
    return np.asarray(np.linalg.norm(x - CENTER, axis=1))


def variation(values: Floats) -> float:
    """The total variation on the whole line of an odd function with values at rising t > 0, with its step at 0."""
    return float(2 * (np.abs(np.diff(values)).sum() + abs(values[0]) + abs(values[-1])))


def plane(first: Callable[[Floats], Floats], second: Callable[[Floats], Floats], far: float, edge: float) -> float:
    """R-TV in the plane from phi' and phi''; `edge` is where phi is not smooth, or 0."""
    x, w = np.polynomial.legendre.leggauss(400)
    u = np.concatenate([np.geomspace(1e-11, 1, 2500)[::-1], np.linspace(0, 1, 1500)])
    t = np.unique(np.abs(np.concatenate([edge - edge * u, edge + (far - edge) * u, far * u])))
    t = t[t > 1e-11 * far]
    total = np.zeros_like(t)
    cut = np.where(t > edge, np.arcsin(np.minimum(edge / t, 1)), math.pi / 2) if edge else np.full_like(t, math.pi / 2)
    for low, high in ((np.zeros_like(t), cut), (cut, np.full_like(t, math.pi / 2))):
        # With v = ((x + 1) / 2)^4 from the end where phi'' may be singular, the integrand is smooth.
        v, jacobian = ((x + 1) / 2) ** 4, 2 * ((x + 1) / 2) ** 3
        towards, away = (high, low) if low is not cut else (low, high)
        angle = towards[:, None] + (away - towards)[:, None] * v
        sine = np.sin(angle)
        values = first(t[:, None] * sine) + t[:, None] * sine * second(t[:, None] * sine)
        total += (high - low) * (values @ (w * jacobian))
    return 2 * math.pi * variation(total / (2 * math.pi))


def space(second: Callable[[Floats], Floats], far: float) -> float:
    """R-TV in space from (t phi)''."""
    t = np.concatenate([np.geomspace(1e-9, 1e-2, 2000) * far, np.linspace(1e-2, 1, 400_001)[1:] * far])
    return variation(second(t))


def from_transform(
    spectrum: Callable[[Floats], Floats], dim: int, band: float, reach: float, limit: float = 0.0
) -> float:
    """R-TV of a radial function from f^(w): that of w^d f^(w) -> limit / w, whose G steps at 0, in closed form."""
    x, v = np.polynomial.legendre.leggauss(6000)
    w, v = band * (x + 1) / 2, band * v / 2
    t = np.concatenate([np.geomspace(1e-11, 1e-2, 900) * reach, np.linspace(1e-2, 1, 10_001)[1:] * reach])
    rest = v * (w**dim * spectrum(w) - limit * w / (1 + w**2))
    G = np.concatenate([np.sin(np.multiply.outer(part, w)) @ rest for part in np.array_split(t, 40)])
    # integral of w sin(w t) / (1 + w^2) is pi / 2 exp(-t).
    G = G + limit * math.pi / 2 * np.exp(-t)
    area = {2: 2 * math.pi, 3: 4 * math.pi}[dim]
    return area * variation(G) / (2 * (2 * math.pi) ** (dim - 1)) / math.pi


def extremes(G: Floats) -> Floats:
    """The extremes of equally spaced values, by parabolas."""
    left, middle, right = G[:-2], G[1:-1], G[2:]
    turns = (middle - left) * (right - middle) < 0
    left, middle, right = left[turns], middle[turns], right[turns]
    return np.asarray(middle - (right - left) ** 2 / 8 / (right - 2 * middle + left))


def wave(k: float, dim: int) -> tuple[float, float]:
    """R-TV of exp(-|x|^2/2) cos(k x1), k large, from FFTs and Gauss's rule, and from Hermite polynomials and sums."""
    t, step = np.linspace(-16, 16, 1 << 16, endpoint=False, retstep=True)
    w = 2 * math.pi * np.fft.fftfreq(len(t), step)

    def by_fft(k: float) -> float:
        transform = np.fft.fft(np.exp(-(t**2) / 2) * np.cos(k * t)) * (np.abs(w) < k + 10)
        turns = extremes(np.fft.ifft(-1j * np.sign(w) * np.abs(w) ** dim * transform).real)
        return float(np.abs(np.diff(turns)).sum())

    def by_hermite(k: float) -> float:
        z = t - 1j * k
        hermite = z**2 - 1 if dim == 2 else z**3 - 3 * z
        G = hermite * np.exp(-(t**2) / 2 + 1j * k * t)
        # The d-th derivative of exp(-t^2/2 + i k t) is (-1)^d He_d(t - i k) times it; for d = 2, Hilbert's transform.
        return float(np.abs(np.diff(extremes(G.imag if dim == 2 else G.real))).sum())

    x, weights = np.polynomial.legendre.leggauss(60)
    far = 8.5 / k
    # In the plane the integrand is even about a = 0 and falls to rounding: sums converge. In space cos(a) is uniform.
    height = 1 - (1 - math.cos(far)) * (x + 1) / 2
    rules = {
        "gauss": (far * (x + 1) / 2, far * weights / 2),
        2: (far * (np.arange(120) + 0.5) / 120, np.full(120, far / 120)),
        3: (np.arccos(height), (1 - math.cos(far)) * weights / 2 / np.sqrt(1 - height**2)),
    }
    results = []
    for rule, of in (("gauss", by_fft), (dim, by_hermite)):
        angle, weight = rules[rule]
        around = 4.0 if dim == 2 else 4 * math.pi * np.sin(angle)
        values = np.array([of(k * math.cos(a)) for a in angle]) * np.exp(-((k * np.sin(angle)) ** 2) / 2)
        results.append(float(np.sum(weight * around * values)) / 2 / (2 * math.pi) ** ((dim - 1) / 2))
    return results[0], results[1]


def humps(dim: int) -> dict[str, tuple[Callable[[Floats], Floats], float, float]]:
    """Radial functions other than powers, from their profiles and from their transforms or G in closed form."""
    gauss = "r gaussian"

    def hump(x: Floats) -> Floats:
        return np.asarray(radius(x) * np.exp(-(radius(x) ** 2) / 2))

    def tent(x: Floats) -> Floats:
        return np.asarray(np.maximum(1 - radius(x), 0) ** 2)

    if dim == 2:

        def spectrum(w: Floats) -> Floats:
            # 2 pi (pi/2)^(1/2) M(3/2, 1, -u), u = w^2 / 2, by Bessel functions.
            u = w**2 / 2
            return np.asarray(2 * math.pi * math.sqrt(math.pi / 2) * ((1 - u) * ive(0, u / 2) + u * ive(1, u / 2)))

        by_formula = plane(
            lambda r: (1 - r**2) * np.exp(-(r**2) / 2), lambda r: (r**3 - 3 * r) * np.exp(-(r**2) / 2), 15.0, 0.0
        )
        return {
            gauss: (hump, by_formula, from_transform(spectrum, 2, 400.0, 12.0, -2 * math.pi)),
            "(1-r)^2_+": (tent, plane(lambda r: -2 * (1 - r) * (r < 1), lambda r: 2.0 * (r < 1), 4000.0, 1.0), 16.0),
            "1/(1+r^2)": (
                lambda x: 1 / (1 + radius(x) ** 2),
                plane(lambda r: -2 * r / (1 + r**2) ** 2, lambda r: (6 * r**2 - 2) / (1 + r**2) ** 3, 200.0, 0.0),
                from_transform(lambda w: 2 * math.pi * k0(w), 2, 60.0, 30.0),
            ),
        }

    def transform(w: Floats) -> Floats:
        # 8 pi M(2, 3/2, -w^2/2) by Dawson's integral.
        u = w / math.sqrt(2)
        return np.asarray(8 * math.pi * (0.5 + dawsn(u) / (2 * u) - u * dawsn(u)))

    by_profile = space(lambda t: (2 - 5 * t**2 + t**4) * np.exp(-(t**2) / 2), 40.0)
    return {
        gauss: (hump, by_profile, from_transform(transform, 3, 400.0, 12.0, -8 * math.pi)),
        "(1-r)^2_+": (tent, space(lambda t: (6 * t - 4) * (t < 1), 1.5), 24.0),
    }


def bump(p: float, dim: int) -> tuple[Callable[[Floats], Floats], float, float]:
    """(1 - |x|^2)^p_+."""

    def phi(r: Floats) -> Floats:
        return np.maximum(1 - r**2, 0) ** p

    inside = 1e-300

    def first(r: Floats) -> Floats:
        return -2 * p * r * np.maximum(1 - r**2, inside) ** (p - 1) * (r < 1)

    def second(r: Floats) -> Floats:
        base = np.maximum(1 - r**2, inside)
        return (-2 * p * base ** (p - 1) + 4 * p * (p - 1) * r**2 * base ** (p - 2)) * (r < 1)

    by_formula = plane(first, second, 40.0, 1.0) if dim == 2 else space(lambda t: 2 * first(t) + t * second(t), 1.5)
    return lambda x: phi(radius(x)), by_formula, Bump(np.zeros(dim), 1.0, p).rtv().value


def functions(dim: int) -> dict[str, tuple[Callable[[Floats], Floats], float, float]]:
    """Each function with its R-TV, from two derivations; infinite where the exponent of growth is known."""
    inf = math.inf
    listed: dict[str, tuple[Callable[[Floats], Floats], float, float]] = {}
    powers = (1.75, 2.0, 2.5, 3.0, 4.0) if dim == 2 else (2.0, 2.5, 3.0, 4.0)
    for p in powers:
        listed[f"(1-r^2)^{p:g}_+"] = bump(p, dim)
    if dim == 2:
        smooth = from_transform(lambda w: 2 * math.pi * (1 + w**2) ** -1.5, 2, 200.0, 40.0, 2 * math.pi)
        listed["exp(-r)"] = (
            lambda x: np.exp(-radius(x)),
            plane(lambda r: -np.exp(-r), lambda r: np.exp(-r), 60.0, 0.0),
            smooth,
        )
    else:
        smooth = from_transform(lambda w: 8 * math.pi * (1 + w**2) ** -2, 3, 200.0, 40.0, 8 * math.pi)
        listed["exp(-r)"] = (lambda x: np.exp(-radius(x)), space(lambda t: (t - 2) * np.exp(-t), 60.0), smooth)
        listed["1/(1+r^2)"] = (
            lambda x: 1 / (1 + radius(x) ** 2),
            space(lambda t: 2 * t * (t**2 - 3) / (1 + t**2) ** 3, 4000.0),
            from_transform(lambda w: 2 * math.pi**2 * np.exp(-w) / w, 3, 60.0, 100.0),
        )
    listed |= humps(dim)
    for k in ((30.0, 0.0), (12.0, 16.0)) if dim == 2 else ((20.0, 0.0, 0.0),):
        name = f"wave {math.hypot(*k):g} gaussian"
        listed[name] = (
            lambda x, k=k: np.exp(-(radius(x) ** 2) / 2) * np.cos((x - CENTER) @ np.array(k)),
            *wave(math.hypot(*k), dim),
        )
    listed["step"] = (lambda x: (radius(x) < 1) * 1.0, inf, inf)
    listed["sqrt(r) gaussian"] = (lambda x: np.sqrt(radius(x)) * np.exp(-(radius(x) ** 2) / 2), inf, inf)
    listed["relu(x1) gaussian"] = (lambda x: np.maximum(x[:, 0], 0) * np.exp(-(radius(x) ** 2) / 2), inf, inf)
    listed["exp(-|x|_1)"] = (lambda x: np.exp(-np.abs(x - CENTER).sum(axis=1)), inf, inf)
    listed["pyramid"] = (lambda x: np.maximum(1 - np.abs(x - CENTER).sum(axis=1), 0), inf, inf)
    if dim == 2:
        listed["cone"] = (lambda x: np.maximum(1 - radius(x), 0), inf, inf)
    else:
        listed["(1-r^2)^1.75_+"] = (lambda x: np.maximum(1 - radius(x) ** 2, 0) ** 1.75, inf, inf)
    return listed


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", help="one function, by name")
    parser.add_argument("--dim", type=int, choices=(2, 3), help="one dimension")
    parser.add_argument("--seconds", type=float, default=60.0, help="time limit of each call")
    options = parser.parse_args()
    print(f"{'function':<20}{'d':>2}{'truth':>11}{'again':>11}{'lower':>11}{'upper':>11}{'width':>9} verdict, law, s")
    for dim in (2, 3):
        if options.dim not in (None, dim):
            continue
        for name, (f, truth, again) in functions(dim).items():
            if options.only not in (None, name):
                continue
            begin = time.perf_counter()
            result = rtv(f, dim=dim, seconds=options.seconds)
            took = time.perf_counter() - begin
            width = (result.upper - result.lower) / result.value if math.isfinite(result.upper) else math.inf
            exponent = ""
            if result.verdict == "infinite" and result.refinement is not None:
                growth = growth_of(result.refinement)
                low, high = growth.exponent_range
                exponent = f", exponent {low:.3g} to {high:.3g}" if growth.kind == "power" else ""
            numbers = f"{truth:>11.6g}{again:>11.6g}{result.lower:>11.6g}{result.upper:>11.6g}{width:>9.1e}"
            print(f"{name:<20}{dim:>2}{numbers} {result.verdict}, {result.law}{exponent}, {took:.1f}", flush=True)


if __name__ == "__main__":
    main()
