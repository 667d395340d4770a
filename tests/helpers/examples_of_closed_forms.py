"""Random closed forms of every kind, with what tests know of them: mass, extent, and where Rf is not smooth."""

import itertools
import math

import numpy as np

from radon_nn import Box, ClosedForm, Ellipsoid, Gaussian, Sum

KINDS = ("gaussian", "ellipsoid", "box", "sum")


def orthogonal(rng: np.random.Generator, dim: int) -> np.ndarray:
    return np.linalg.qr(rng.standard_normal((dim, dim)))[0]


def example(kind: str, seed: int, dim: int, turn: np.ndarray | None = None, shift: np.ndarray | float = 0):
    """A random function f of a kind; with `turn` and `shift`, x -> f(turn^-1 (x - shift))."""
    rng = np.random.default_rng(seed)
    turn = np.eye(dim) if turn is None else turn
    here, there = (turn @ rng.uniform(-0.5, 0.5, dim) + shift for _ in range(2))
    sizes, q, weight = rng.uniform(0.4, 1.2, dim), turn @ orthogonal(rng, dim), float(rng.uniform(0.5, 2))
    if kind == "sum":
        return weight * Gaussian(here, 0.1) - Ellipsoid(there, sizes, q) + Box(here, sizes, q) / 2
    if kind == "gaussian":
        half = q * sizes / 2
        return Gaussian(here, half @ half.T, weight)
    return {"ellipsoid": Ellipsoid, "box": Box}[kind](here, sizes, q, weight)


def matrix(f: Gaussian) -> np.ndarray:
    """The covariance, written out."""
    return f.covariance * np.eye(f.dim) if isinstance(f.covariance, float) else f.covariance


def mass(f: ClosedForm) -> float:
    """The integral of f over R^d."""
    if isinstance(f, Sum):
        return sum(mass(term) for term in f.terms)
    if isinstance(f, Gaussian):
        return f.amplitude * math.sqrt(np.linalg.det(2 * math.pi * matrix(f)))
    if isinstance(f, Ellipsoid):
        return f.value * math.pi ** (f.dim / 2) / math.gamma(f.dim / 2 + 1) * float(np.prod(f.semiaxes))
    return f.value * float(np.prod(f.widths))


def furthest(f: Ellipsoid | Box, normal: np.ndarray) -> np.ndarray:
    """From the center of a solid to its furthest point along a normal."""
    b = f.rotation.T @ normal
    if isinstance(f, Box):
        return f.rotation @ (np.sign(b) * f.widths / 2)
    return f.rotation @ (f.semiaxes**2 * b) / np.linalg.norm(f.semiaxes * b)


def kinks(f: ClosedForm, normal: np.ndarray) -> list[float]:
    """The offsets where Rf is not smooth, and for a Gaussian those between which all but 1e-16 of it lies."""
    if isinstance(f, Sum):
        return sorted(set(itertools.chain(*(kinks(term, normal) for term in f.terms))))
    if isinstance(f, Gaussian):
        ends = np.array([-9, -1, 1, 9]) * math.sqrt(normal @ matrix(f) @ normal)
    elif isinstance(f, Ellipsoid):
        ends = np.array([-1, 1]) * (normal @ furthest(f, normal))
    else:
        ends = np.array(list(itertools.product([-0.5, 0.5], repeat=f.dim))) @ (f.widths * (f.rotation.T @ normal))
    return sorted((normal @ f.center + ends).tolist())
